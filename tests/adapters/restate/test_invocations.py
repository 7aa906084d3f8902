"""Runs by key and by reference: whole, refined, and absent only where that is proven."""

from typing import Any

import pytest

from tests.adapters.restate.fake import (
    KEY,
    KEY_HASH,
    SCOPED,
    V16,
    V17,
    FakeRestate,
    ref,
    row,
    unfinished,
)
from wfadmin.domain.errors import EngineRejected
from wfadmin.domain.keys import Incarnation, WorkflowKey
from wfadmin.domain.model import InvocationOutcome, InvocationStatus

pytestmark = pytest.mark.asyncio

POINT = f"partition_key = {KEY_HASH} and target_service_name = 'Order'"
SAMPLE = "as sample_key from sys_invocation_status"
SCAN = "where target_service_name = 'Order' and target_service_key = 'o-1'"
PROOF = [{"partition_key": 6091931909762340275, "sample_key": "k1"}]
DISPROOF = [{"partition_key": 1, "sample_key": "k1"}]


async def test_completed_runs_take_one_query() -> None:
    fake = FakeRestate(queries=[(POINT, [row("inv_1"), row("inv_2")])])
    engine = fake.engine()
    await engine.facts()
    fake.requests.clear()

    found = await engine.invocations.for_key(KEY)

    assert [one.id for one in found] == ["inv_1", "inv_2"]
    assert len(fake.statements) == len(fake.requests) == 1
    assert "where partition_key" in fake.statements[0]


@pytest.mark.parametrize("version", [V16, V17])
async def test_an_unfinished_run_is_read_again_as_the_view_sees_it(version: Any) -> None:  # noqa: ANN401
    fake = FakeRestate(
        routes={"GET /version": version},
        queries=[
            (POINT, [row("inv_1"), unfinished("inv_2", status="invoked")]),
            (
                "from sys_invocation where id in ('inv_2')",
                [
                    unfinished(
                        "inv_2", status="backing-off", retry_count=2, last_failure="[500] boom"
                    )
                ],
            ),
        ],
    )

    ended, waits = await fake.engine().invocations.for_key(KEY)

    assert (ended.id, ended.outcome) == ("inv_1", InvocationOutcome.SUCCEEDED)
    assert (waits.status, waits.failed_attempts) == (InvocationStatus.BACKING_OFF, 2)
    assert waits.failure == "[500] boom"


async def test_a_run_that_ends_between_the_two_readings_has_ended() -> None:
    fake = FakeRestate(
        queries=[
            (POINT, [unfinished("inv_1", status="invoked")]),
            ("from sys_invocation where", [row("inv_1")]),
        ],
    )

    (found,) = await fake.engine().invocations.for_key(KEY)

    assert found.outcome is InvocationOutcome.SUCCEEDED


async def test_a_run_that_is_gone_between_the_two_readings_is_gone() -> None:
    fake = FakeRestate(
        queries=[
            (POINT, [unfinished("inv_1", status="invoked")]),
            ("from sys_invocation where", []),
        ],
    )

    assert await fake.engine().invocations.for_key(KEY) == ()


async def test_why_a_run_was_paused_is_told_by_its_newest_event() -> None:
    def event(at: str, message: str) -> dict[str, str]:
        told = f'{{"last_failure": {{"error_message": "{message}"}}}}'
        return {"id": "inv_1", "appended_at": at, "event_json": told}

    fake = FakeRestate(
        queries=[
            (POINT, [unfinished("inv_1", status="paused")]),
            ("from sys_invocation where", [unfinished("inv_1", status="paused")]),
            (
                "from sys_journal_events where event_type = 'Paused' and id in ('inv_1')",
                [
                    event("2026-05-09T10:01:00Z", "first"),
                    event("2026-05-09T10:03:00Z", "third"),
                    event("2026-05-09T10:02:00Z", "second"),
                ],
            ),
        ],
    )

    (found,) = await fake.engine().invocations.for_key(KEY)

    assert found.failure == "third"


async def test_a_paused_run_that_tells_its_failure_is_not_asked_again() -> None:
    paused = unfinished("inv_1", status="paused", last_failure="boom", retry_count=3)
    fake = FakeRestate(queries=[(POINT, [paused]), ("from sys_invocation where", [paused])])

    (found,) = await fake.engine().invocations.for_key(KEY)

    assert (found.failure, found.failed_attempts) == ("boom", 3)


# --- absence -------------------------------------------------------------------------------------


async def test_absence_is_proven_by_one_row_that_lies_where_its_hash_says() -> None:
    fake = FakeRestate(queries=[(POINT, []), (SAMPLE, PROOF)])

    assert await fake.engine().invocations.for_key(KEY) == ()
    assert not any(SCAN in statement for statement in fake.statements)


async def test_the_proof_is_made_once_per_engine() -> None:
    fake = FakeRestate(queries=[(POINT, []), (SAMPLE, PROOF)])
    engine = fake.engine()

    for _ in range(3):
        await engine.invocations.for_key(KEY)

    assert sum(SAMPLE in statement for statement in fake.statements) == 1


async def test_nothing_can_be_absent_where_nothing_has_a_key() -> None:
    fake = FakeRestate(queries=[(POINT, []), (SAMPLE, [])])

    assert await fake.engine().invocations.for_key(KEY) == ()


async def test_an_empty_engine_is_asked_again_when_it_may_hold_something() -> None:
    fake = FakeRestate(queries=[(POINT, []), (SAMPLE, [])])
    engine = fake.engine()
    await engine.invocations.for_key(KEY)
    fake.queries = [(POINT, []), (SAMPLE, DISPROOF), (SCAN, [row("inv_9")])]

    (found,) = await engine.invocations.for_key(KEY)

    assert found.id == "inv_9"


async def test_where_keys_lie_elsewhere_everything_is_looked_at() -> None:
    fake = FakeRestate(queries=[(POINT, []), (SAMPLE, DISPROOF), (SCAN, [row("inv_1")])])

    (found,) = await fake.engine().invocations.for_key(KEY)

    assert found.id == "inv_1"


@pytest.mark.parametrize("version", [{"version": "1.8.0"}, {"version": "0.9"}])
async def test_of_an_unknown_version_no_hash_is_trusted(version: Any) -> None:  # noqa: ANN401
    fake = FakeRestate(routes={"GET /version": version}, queries=[(SCAN, [])])

    assert await fake.engine().invocations.for_key(KEY) == ()
    assert all("partition_key =" not in statement for statement in fake.statements)


async def test_an_upgrade_ends_what_was_proven() -> None:
    fake = FakeRestate(queries=[(POINT, []), (SAMPLE, PROOF)])
    engine = fake.engine()
    await engine.invocations.for_key(KEY)
    fake.routes["GET /version"] = {"version": "1.8.0"}
    fake.queries = [(POINT, []), (SCAN, [row("inv_1")])]

    (found,) = await engine.invocations.for_key(KEY)

    assert found.id == "inv_1"


async def test_where_there_are_scopes_only_what_is_in_none_is_the_key() -> None:
    fake = FakeRestate(
        routes={"GET /version": SCOPED},
        queries=[(f"{SCAN} and scope is null", [row("inv_1")])],
    )

    (found,) = await fake.engine().invocations.for_key(KEY)

    assert found.key == KEY
    assert ", scope from sys_invocation_status" in fake.statements[0]


async def test_a_hostile_key_stays_data() -> None:
    key = WorkflowKey("O'; drop --", "%_\\'\n")
    fake = FakeRestate(queries=[("partition_key =", [row()])])

    await fake.engine().invocations.for_key(key)

    assert "target_service_name = 'O''; drop --'" in fake.statements[0]
    assert "target_service_key = '%_\\'' '" in fake.statements[0]  # the line end became a blank


# --- by reference --------------------------------------------------------------------------------


async def test_the_run_that_bears_the_id_now_is_given_whatever_its_incarnation() -> None:
    later = row("inv_1", created_at="2026-05-09T11:00:00Z")
    fake = FakeRestate(queries=[("from sys_invocation where id in ('inv_1')", [later])])

    found = await fake.engine().invocations.get(ref("inv_1"))

    assert found is not None
    assert found.ref.incarnation == Incarnation("2026-05-09T11:00:00+00:00")


async def test_nobody_bears_the_id() -> None:
    fake = FakeRestate(queries=[("from sys_invocation where", [])])

    assert await fake.engine().invocations.get(ref("inv_1")) is None


async def test_an_id_that_the_engine_cannot_read_names_nobody() -> None:
    told = b'{"message": "Datafusion error: External error: non valid invocation id"}'
    fake = FakeRestate(queries=[("from sys_invocation where", (500, told))])

    assert await fake.engine().invocations.get(ref("inv_1")) is None


async def test_another_error_about_an_id_is_an_error() -> None:
    fake = FakeRestate(queries=[("from sys_invocation where", (500, b'{"message": "boom"}'))])

    with pytest.raises(EngineRejected, match="boom"):
        await fake.engine().invocations.get(ref("inv_1"))


@pytest.mark.parametrize("text", ["x' or 1=1", "none-such", " ", "../x", "x" * 500])
async def test_an_id_that_is_none_is_not_looked_for(text: str) -> None:
    fake = FakeRestate()

    assert await fake.engine().invocations.get(ref(text)) is None
    assert fake.requests == []


async def test_children_are_what_a_run_called_and_is_not_over() -> None:
    fake = FakeRestate(
        queries=[
            (
                "where invoked_by_id = 'inv_1' and status <> 'completed'",
                [unfinished("inv_2", status="invoked"), unfinished("inv_3", status="suspended")],
            ),
            (
                "from sys_invocation where id in ('inv_2', 'inv_3')",
                [
                    row("inv_2", invoked_by_id="inv_1"),
                    unfinished("inv_3", status="suspended", invoked_by_id="inv_1"),
                ],
            ),
        ],
    )

    (child,) = await fake.engine().invocations.children(ref("inv_1"))

    assert (child.id, child.parent_id) == ("inv_3", "inv_1")


async def test_a_run_without_children_takes_one_query() -> None:
    fake = FakeRestate(queries=[("where invoked_by_id = 'inv_1'", [])])

    assert await fake.engine().invocations.children(ref("inv_1")) == ()
    assert len(fake.statements) == 1
