"""All invocations at once: counted exactly, read a few at a time, and never a short list."""

import asyncio
import gc
import tracemalloc
from typing import Any

import pytest

from tests.adapters.dapr_grpc import oracle
from tests.adapters.dapr_grpc.herd import Herd, PaperChannel, every_fifth_waits
from tests.adapters.dapr_grpc.servers import Answered, Asked, client_of, replaying, serving
from tests.adapters.dapr_grpc.test_events import event
from wfadmin.adapters.dapr.grpc.listing import DaprListing
from wfadmin.adapters.dapr.grpc.sidecar import DaprSidecar
from wfadmin.domain.errors import EngineUnreachable, NotSupported
from wfadmin.domain.model import InvocationOutcome, InvocationStatus, StatusCount, Survey

pytestmark = pytest.mark.asyncio

NO_KEYS = "state store postgres.PostgreSQL does not support listing keys"


async def survey(
    herd: Herd,
    *,
    failures: int = 20,
    unfinished: int = 1000,
    **settings: int,
) -> Survey:
    async with serving(herd) as (_, sidecar):
        listing = DaprListing(sidecar, **settings)
        return await listing.survey(failures=failures, unfinished=unfinished)


def ids(found: tuple[Any, ...]) -> list[str]:
    return [one.id for one in found]


async def test_where_there_are_none_the_survey_is_empty_and_complete() -> None:
    assert await survey(Herd(0)) == Survey()


async def test_everything_is_counted_and_what_matters_is_told() -> None:
    herd = Herd(15)
    found = await survey(herd, page_size=4)

    assert found.counts == (
        StatusCount("COMPLETED", 9),
        StatusCount("FAILED", 3),
        StatusCount("RUNNING", 3),
    )
    assert (found.failed, ids(found.failures)) == (3, ["i-10", "i-5", "i-0"])
    assert (found.unfinished_total, ids(found.unfinished)) == (3, ["i-1", "i-6", "i-11"])
    assert (found.usage, found.truncated) == (None, None)
    assert herd.calls == {"ListInstanceIDs": 4, "GetInstance": 18}


async def test_only_the_failures_that_are_told_are_read_with_their_payloads() -> None:
    herd = Herd(100)
    found = await survey(herd, failures=2)

    assert (found.failed, ids(found.failures)) == (20, ["i-95", "i-90"])
    assert [one.failure for one in found.failures] == ["E: i-95", "E: i-90"]
    assert [one.outcome for one in found.failures] == [InvocationOutcome.FAILED] * 2
    assert sorted(herd.payloads) == ["i-90", "i-95"]


async def test_a_failure_that_was_started_again_meanwhile_is_left_out() -> None:
    class Restarted(Herd):
        async def __call__(self, asked: Any) -> Answered:  # noqa: ANN401 - as the herd
            answered = await super().__call__(asked)
            if self.payloads:
                self.answers["i-0"] = Answered(oracle.instance("i-0"))
                self.answers["i-5"] = Answered()
            return answered

    found = await survey(Restarted(20), failures=4)

    # Others may have been read before or after these two: never they themselves, as failures.
    told = {one.id: one.failure for one in found.failures}
    assert told.keys() >= {"i-10", "i-15"}
    assert all(failure == f"E: {one}" for one, failure in told.items())


@pytest.mark.parametrize(
    "now",
    [
        Answered(),
        Answered(oracle.instance("i-0", status="RUNNING")),
        Answered(oracle.instance("i-0", status="FAILED")),
    ],
)
async def test_a_failure_that_stands_no_more_is_not_told(now: Answered) -> None:
    class Changed(Herd):
        async def __call__(self, asked: Any) -> Answered:  # noqa: ANN401 - as the herd
            answered = await super().__call__(asked)
            return now if self.payloads else answered

    found = await survey(Changed(1))

    assert (found.failed, found.failures) == (1, ())


async def test_what_may_need_somebody_is_told_first_and_then_the_oldest() -> None:
    states = [
        {"status": "RUNNING", "createdTimestamp": "2026-11-20T05:00:00Z"},
        {"status": "SUSPENDED", "createdTimestamp": "2026-11-20T06:00:00Z"},
        {"status": "PENDING", "createdTimestamp": "0001-01-01T00:00:00Z", "name": None},
        {"status": "RUNNING", "createdTimestamp": "2026-11-20T04:00:00Z"},
        {"status": "STALLED", "createdTimestamp": "2026-11-20T03:00:00Z"},
        {"status": "TERMINATED"},
        {"status": "CONTINUED_AS_NEW", "createdTimestamp": "2026-11-20T07:00:00Z"},
    ]
    found = await survey(Herd(len(states), make=lambda place: dict(states[place])))

    assert [(one.id, one.status) for one in found.unfinished] == [
        ("i-4", InvocationStatus.STALLED),
        ("i-1", InvocationStatus.PAUSED),
        ("i-6", InvocationStatus.UNKNOWN),
        ("i-2", InvocationStatus.PENDING),
        ("i-3", InvocationStatus.RUNNING),
        ("i-0", InvocationStatus.RUNNING),
    ]


async def test_unfinished_ones_beyond_the_limit_are_counted_and_told_to_be_missing() -> None:
    found = await survey(Herd(50), unfinished=3)

    assert (found.unfinished_total, ids(found.unfinished)) == (10, ["i-1", "i-6", "i-11"])
    assert found.truncated == "Only 3 of 10 unfinished invocations are told in detail"


async def test_of_the_same_age_the_first_in_the_list_is_told() -> None:
    found = await survey(Herd(9, make=lambda _: {"status": "RUNNING"}), unfinished=2)

    assert ids(found.unfinished) == ["i-0", "i-1"]


async def test_every_end_but_a_success_counts_as_a_failure() -> None:
    states = [
        {"status": "TERMINATED", "lastUpdatedTimestamp": "2026-11-21T03:00:00Z"},
        {"status": "COMPLETED", "lastUpdatedTimestamp": "2026-11-21T04:00:00Z"},
        {"status": "CANCELED", "lastUpdatedTimestamp": "2026-11-21T05:00:00Z"},
        {"status": "FAILED", "lastUpdatedTimestamp": "2026-11-21T01:00:00Z"},
        {"status": "RUNNING", "lastUpdatedTimestamp": "2026-11-21T06:00:00Z"},
    ]
    found = await survey(Herd(len(states), make=lambda place: dict(states[place])))

    assert found.failed == 3
    assert [(one.id, one.outcome) for one in found.failures] == [
        ("i-2", InvocationOutcome.CANCELLED),
        ("i-0", InvocationOutcome.KILLED),
        ("i-3", InvocationOutcome.FAILED),
    ]
    assert [one.failure for one in found.failures] == [None, None, "E: i-3"]


async def test_nothing_is_told_where_nothing_is_asked_for() -> None:
    found = await survey(Herd(10), failures=0, unfinished=0)

    assert (found.failures, found.unfinished) == ((), ())
    assert (found.failed, found.unfinished_total) == (2, 2)


@pytest.mark.parametrize("many", [6, 7, 100])
async def test_a_list_beyond_the_bound_is_called_truncated(many: int) -> None:
    herd = Herd(many)
    found = await survey(herd, most=5, page_size=3)

    assert sum(one.count for one in found.counts) == 5
    assert found.truncated == "Only the first 5 instances of the list were read"
    assert herd.calls["GetInstance"] == 6  # and one failure again


@pytest.mark.parametrize(("many", "page_size"), [(5, 3), (5, 5), (4, 3)])
async def test_a_list_up_to_the_bound_is_complete(many: int, page_size: int) -> None:
    found = await survey(Herd(many), most=5, page_size=page_size)

    assert sum(one.count for one in found.counts) == many
    assert found.truncated is None


async def test_what_goes_away_meanwhile_does_not_count() -> None:
    found = await survey(Herd(5, answers={"i-1": Answered(), "i-2": Answered()}))

    assert found.counts == (StatusCount("COMPLETED", 2), StatusCount("FAILED", 1))


async def test_a_read_that_fails_in_the_middle_is_no_short_list() -> None:
    herd = Herd(50, answers={"i-20": Answered(code="UNAVAILABLE", details="gone")})

    with pytest.raises(EngineUnreachable):
        await survey(herd)

    # Nobody goes on where the answer is lost anyway.
    assert herd.calls["GetInstance"] < 50


async def test_a_store_that_cannot_list_is_told_in_its_words() -> None:
    asked = oracle.encoded("ListInstanceIDsRequest", {"pageSize": 1024})
    answered = Answered(code="UNKNOWN", details=NO_KEYS)
    async with replaying(("ListInstanceIDs", asked, answered)) as (_, sidecar):
        with pytest.raises(NotSupported) as raised:
            await DaprListing(sidecar).survey(failures=20, unfinished=1000)

    assert NO_KEYS in raised.value.message


# --- volume --------------------------------------------------------------------------------------


class Together(Herd):
    """Tells an instance only when eight are asked for at once."""

    eight: Any = None

    async def __call__(self, asked: Any) -> Answered:  # noqa: ANN401 - as the herd
        answered = await super().__call__(asked)
        if asked.method == "GetInstance" and not self.payloads:
            self.eight = self.eight or asyncio.Barrier(8)
            await self.eight.wait()
        return answered


async def test_ten_thousand_instances_are_read_eight_at_a_time() -> None:
    herd = Together(10_000)
    async with serving(herd, remembers=False) as (server, sidecar):
        found = await DaprListing(sidecar).survey(failures=20, unfinished=100)

    assert server.at_once == 8
    assert herd.calls == {"ListInstanceIDs": 10, "GetInstance": 10_020}
    assert found.counts == (
        StatusCount("COMPLETED", 6000),
        StatusCount("FAILED", 2000),
        StatusCount("RUNNING", 2000),
    )
    assert ids(found.failures) == [f"i-{place}" for place in range(9995, 9895, -5)]
    assert ids(found.unfinished) == [f"i-{place}" for place in range(1, 501, 5)]


async def test_the_memory_that_a_survey_takes_does_not_grow_with_the_instances() -> None:
    await peak(100)

    few, many = await peak(1_000), await peak(10_000)

    # All 10,000 ids alone would take 550,000 bytes, and their instances several millions.
    assert many - few < 300_000


class Plain(Herd):
    """Tells every instance in no time: its id is appended to what all of a kind have."""

    async def __call__(self, asked: Any) -> Answered:  # noqa: ANN401 - as the herd
        if asked.method != "GetInstance" or asked.request.endswith(b"\x10\x01"):
            return await super().__call__(asked)
        name = asked.request[2:]
        named = b"\x12" + bytes([len(name) + 2]) + asked.request
        return Answered(_KINDS[int(name[2:]) % 5] + named)


_KINDS = [oracle.instance("", **every_fifth_waits(place)) for place in range(5)]


async def peak(many: int) -> int:
    """How many bytes a survey of so many instances takes at most."""
    client = client_of("127.0.0.1:1")
    client._channel = PaperChannel(Plain(many))
    listing = DaprListing(DaprSidecar(client))
    gc.collect()
    tracemalloc.start()
    try:
        await listing.survey(failures=20, unfinished=100)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        await client.aclose()


async def test_the_stalled_ones_that_are_told_say_what_they_want() -> None:
    herd = Herd(3, lambda place: {"status": ("STALLED", "RUNNING", "SUSPENDED")[place]})
    stalled = oracle.history(
        event("executionStalled", reason="VERSION_NOT_AVAILABLE", description="no worker has v1")
    )
    asked: list[bytes] = []

    async def answers(call: Asked) -> Answered:
        if call.method != "GetInstanceHistory":
            return await herd(call)
        asked.append(call.request)
        return Answered(stalled)

    async with serving(answers) as (_, sidecar):
        found = await DaprListing(sidecar).survey(failures=20, unfinished=1000)

    wanted = {one.id: one.failure for one in found.unfinished}
    assert wanted == {"i-0": "VERSION_NOT_AVAILABLE: no worker has v1", "i-1": None, "i-2": None}
    assert asked == [oracle.encoded("GetInstanceHistoryRequest", {"instanceId": "i-0"})]
