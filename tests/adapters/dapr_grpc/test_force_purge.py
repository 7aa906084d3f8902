"""A forced purge: only of what was just seen, because it can end the sidecar."""

import pytest

from tests.adapters.dapr_grpc import oracle
from tests.adapters.dapr_grpc.servers import Answered, replaying
from wfadmin.adapters.dapr.grpc.sidecar import DaprSidecar
from wfadmin.domain.answers import Answer
from wfadmin.domain.errors import OutcomeUnknown, StalePlan, UsageError

pytestmark = pytest.mark.asyncio


def look(instance_id: str, data: bytes) -> tuple[str, bytes, Answered]:
    asked = oracle.encoded("GetInstanceRequest", {"instanceId": instance_id})
    return "GetInstance", asked, Answered(data)


def purge(instance_id: str, answered: Answered, **more: bool) -> tuple[str, bytes, Answered]:
    told = {"instanceId": instance_id, "force": True} | more
    return "PurgeInstances", oracle.encoded("PurgeInstancesRequest", told), answered


THERE = oracle.instance("a")
DELETED = Answered(oracle.encoded("PurgeInstancesResponse", {"deletedInstanceCount": 1}))


async def seen_and_purged(
    sidecar: DaprSidecar, *, recursive: bool, instance_id: str = "a"
) -> Answer:
    seen = await sidecar.get_instance(instance_id)
    assert seen is not None
    return await sidecar.force_purge(seen, recursive=recursive)


async def test_a_forced_purge_looks_again_right_before() -> None:
    async with replaying(look("a", THERE), look("a", THERE), purge("a", DELETED)) as (_, sidecar):
        assert await seen_and_purged(sidecar, recursive=False) is Answer.ACCEPTED


async def test_a_forced_purge_with_children_says_so() -> None:
    calls = (look("a", THERE), look("a", THERE), purge("a", DELETED, recursive=True))
    async with replaying(*calls) as (_, sidecar):
        assert await seen_and_purged(sidecar, recursive=True) is Answer.ACCEPTED


@pytest.mark.parametrize("recursive", [True, False])
async def test_what_is_gone_is_not_purged_because_that_ends_the_sidecar(
    recursive: bool,  # noqa: FBT001 - one of the two
) -> None:
    async with replaying(look("a", THERE), look("a", b"")) as (_, sidecar):
        assert await seen_and_purged(sidecar, recursive=recursive) is Answer.NOT_FOUND


async def test_another_run_of_the_id_is_not_purged() -> None:
    newer = oracle.instance("a", createdTimestamp="2026-11-20T23:00:00.000000002Z")
    async with replaying(look("a", THERE), look("a", newer)) as (_, sidecar):
        with pytest.raises(StalePlan, match="another run bears the id now"):
            await seen_and_purged(sidecar, recursive=False)


async def test_what_another_client_saw_is_not_purged() -> None:
    async with replaying(look("a", THERE)) as (_, sidecar):
        seen = await sidecar.get_instance("a")
        assert seen is not None
        with pytest.raises(UsageError, match="it was not read here"):
            await DaprSidecar(sidecar._client).force_purge(seen, recursive=False)


async def test_an_instance_without_an_id_is_not_purged() -> None:
    nameless = oracle.instance("", instanceId=None)
    async with replaying(look("", nameless)) as (_, sidecar):
        with pytest.raises(UsageError, match="it has no id"):
            await seen_and_purged(sidecar, recursive=False, instance_id="")


async def test_what_never_ran_is_only_purged_by_itself() -> None:
    waiting = oracle.instance("a", status="PENDING", createdTimestamp="0001-01-01T00:00:00Z")
    calls = (look("a", waiting),) * 2
    async with replaying(*calls) as (_, sidecar):
        with pytest.raises(UsageError, match="only reached without its children"):
            await seen_and_purged(sidecar, recursive=True)
    async with replaying(*calls, purge("a", DELETED)) as (_, sidecar):
        assert await seen_and_purged(sidecar, recursive=False) is Answer.ACCEPTED


@pytest.mark.parametrize(
    ("answered", "answer"),
    [
        (Answered(), Answer.NOT_FOUND),
        (
            Answered(code="UNKNOWN", details="orchestration has not yet completed"),
            Answer.WRONG_STATUS,
        ),
    ],
)
async def test_a_forced_purge_that_purges_nothing_says_so(
    answered: Answered,
    answer: Answer,
) -> None:
    calls = (look("a", THERE), look("a", THERE), purge("a", answered))
    async with replaying(*calls) as (_, sidecar):
        assert await seen_and_purged(sidecar, recursive=False) is answer


@pytest.mark.parametrize(
    ("answered", "problem"),
    [
        (
            Answered(oracle.encoded("PurgeInstancesResponse", {"isComplete": False})),
            "It says that it did not complete it",
        ),
        (Answered(b"\x0a"), "Its answer cannot be read: it ends in the middle of a number, or a"),
        (Answered(code="UNAVAILABLE", details="Socket closed"), "Socket closed"),
    ],
)
async def test_a_forced_purge_whose_end_nobody_knows(answered: Answered, problem: str) -> None:
    calls = (look("a", THERE), look("a", THERE), purge("a", answered))
    async with replaying(*calls) as (_, sidecar):
        with pytest.raises(OutcomeUnknown) as raised:
            await seen_and_purged(sidecar, recursive=False)

    assert (raised.value.command, raised.value.target) == ("force purge", "a")
    assert raised.value.problem.startswith(problem)
