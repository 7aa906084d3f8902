"""What tests can say about a log and an engine: it passes exactly when it is so, and explains."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import attrs
import pytest

import wfadmin
from tests.adapters.memory.driving import answer_of
from tests.operations.repairs import KEY, PAUSED, operator_of
from wfadmin.adapters.audit_jsonl import JsonLinesAuditLog
from wfadmin.adapters.audit_memory import MemoryAuditLog
from wfadmin.adapters.memory import World
from wfadmin.commands import Purge
from wfadmin.errors import AuditUnavailable, RetryBlocked
from wfadmin.ports import AuditRecord
from wfadmin.ports.audit import AuditListing
from wfadmin.testing import assert_audited, assert_untouched, snapshot, untouched

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ARGUMENTS = (("service_name", "Order"), ("service_key", "o-1"))
KILL = AuditRecord("op_1", NOON, "ada", "memory", "kill", ARGUMENTS)
STATE = {"stage": b"paying"}


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def log(world: World) -> MemoryAuditLog:
    return MemoryAuditLog(clock=world.clock)


def ended(outcome: str, record: AuditRecord = KILL, *, error: str | None = None) -> AuditRecord:
    at = record.at + timedelta(seconds=1)
    return attrs.evolve(record, outcome=outcome, error=error, at=at)


def listing(*records: AuditRecord) -> AuditListing:
    return AuditListing(records)


def failure(check: Callable[[], object]) -> list[str]:
    """The lines of what a check that does not hold says."""
    with pytest.raises(AssertionError) as caught:
        check()
    return str(caught.value).splitlines()


# --- the audit log: what passes ------------------------------------------------------------------


@pytest.mark.asyncio
async def test_attempts_are_on_record_in_the_order_in_which_they_began(
    world: World, log: MemoryAuditLog
) -> None:
    world.workflow("Order").key("o-1").failed()
    live = world.workflow("Order").key("o-2")
    live.running()
    operator = operator_of(world, audit=log)

    await operator.doctor()
    await operator.plan_recover(KEY)
    await operator.recover_stuck_workflow(KEY)
    with pytest.raises(RetryBlocked):
        await operator.recover_stuck_workflow(live.workflow_key)

    assert_audited(
        log,
        ("doctor", "info"),
        ("plan recover", "planned"),
        ("recover", "confirmed"),
        ("recover", "workflow_retry_blocked"),
    )
    assert_audited(log)


def test_nothing_has_to_be_on_record_where_nothing_is_expected(log: MemoryAuditLog) -> None:
    assert_audited(log)


def test_the_log_of_a_file_is_read_first(tmp_path: Path) -> None:
    async def written() -> AuditListing:
        log = JsonLinesAuditLog(tmp_path / "audit.jsonl")
        await log.intent(KILL)
        await log.outcome(ended("confirmed"))
        return await log.newest()

    assert_audited(anyio.run(written), ("kill", "confirmed"))


def test_a_write_that_somebody_closed_ended_so(log: MemoryAuditLog) -> None:
    answer_of(log.intent(KILL))
    answer_of(log.outcome(ended("unknown")))
    answer_of(log.close("op_1", reason="looked", actor="eve"))

    assert_audited(log, ("kill", "closed"))


def test_writes_that_overlap_go_by_their_intents() -> None:
    other = attrs.evolve(KILL, id="op_2", verb="cancel")

    assert_audited(
        listing(KILL, other, ended("accepted", other), ended("confirmed")),
        ("kill", "confirmed"),
        ("cancel", "accepted"),
    )


def test_an_intent_that_was_stored_twice_is_one_write() -> None:
    assert_audited(listing(KILL, KILL, ended("confirmed")), ("kill", "confirmed"))
    assert_audited(listing(KILL, ended("confirmed"), KILL), ("kill", "confirmed"))


@pytest.mark.parametrize("outcome", ["accepted", "no_change", "stale_plan", "interrupted"])
def test_what_sent_nothing_needs_no_intent(outcome: str) -> None:
    assert_audited(listing(ended(outcome)), ("kill", outcome))


# --- the audit log: what fails -------------------------------------------------------------------


def test_an_intent_without_an_outcome_is_pointed_at() -> None:
    other = attrs.evolve(KILL, id="op_2", verb="cancel")
    records = listing(KILL, other, ended("confirmed", other))

    assert failure(lambda: assert_audited(records)) == [
        "the audit log is not what it should be",
        "  12:00:00 kill service_name=Order service_key=o-1: intent",
        "  ^ its outcome is missing",
        "  12:00:00 cancel service_name=Order service_key=o-1: intent",
        "  12:00:01 cancel service_name=Order service_key=o-1: confirmed",
    ]


def test_one_write_is_pointed_at_once() -> None:
    said = failure(lambda: assert_audited(listing(KILL, KILL)))

    assert [place for place, line in enumerate(said) if line.startswith("  ^")] == [2]


@pytest.mark.asyncio
async def test_an_outcome_that_could_not_be_stored_is_missed(world: World) -> None:
    class Full(MemoryAuditLog):
        async def outcome(self, record: AuditRecord) -> None:
            raise AuditUnavailable(record.verb)

    full = Full(clock=world.clock)
    world.workflow("Order").key("o-1").failed()
    await operator_of(world, audit=full).recover_stuck_workflow(KEY)

    assert failure(lambda: assert_audited(full))[-1] == "  ^ its outcome is missing"


@pytest.mark.parametrize("outcome", ["confirmed", "unknown", "closed"])
def test_an_outcome_that_only_a_write_has_needs_an_intent(outcome: str) -> None:
    assert failure(lambda: assert_audited(listing(ended(outcome)), ("kill", outcome))) == [
        "the audit log is not what it should be",
        f"  12:00:01 kill service_name=Order service_key=o-1: {outcome}",
        "  ^ its intent is missing",
    ]


@pytest.mark.parametrize("outcome", ["accepted", "confirmed"])
def test_an_intent_after_its_outcome_came_too_late(outcome: str) -> None:
    assert failure(lambda: assert_audited(listing(ended(outcome), KILL))) == [
        "the audit log is not what it should be",
        f"  12:00:01 kill service_name=Order service_key=o-1: {outcome}",
        "  ^ its intent comes after it",
        "  12:00:00 kill service_name=Order service_key=o-1: intent",
    ]


def test_other_attempts_than_expected_are_set_against_them() -> None:
    doctor = AuditRecord("op_2", NOON, "ada", "memory", "doctor", outcome="ok")
    records = listing(KILL, ended("retry_blocked", error="it is live\nsince noon"), doctor)

    said = failure(lambda: assert_audited(records, ("kill", "confirmed"), ("doctor", "ok")))

    assert said == [
        "the audit log is not what it should be",
        "  12:00:00 kill service_name=Order service_key=o-1: intent",
        "  12:00:01 kill service_name=Order service_key=o-1: retry_blocked (it is live)",
        "  12:00:00 doctor: ok",
        "verb and outcome of each attempt (- expected, + on record)",
        "  - kill: confirmed",
        "  + kill: retry_blocked",
        "    doctor: ok",
    ]


def test_attempts_in_another_order_are_not_those_expected(log: MemoryAuditLog) -> None:
    for verb in ("doctor", "inspect"):
        answer_of(log.note(AuditRecord(verb, NOON, "ada", "memory", verb, outcome="read")))

    said = failure(lambda: assert_audited(log, ("inspect", "read"), ("doctor", "read")))

    assert said[-3:] == ["  + doctor: read", "    inspect: read", "  - doctor: read"]


def test_an_empty_log_says_so(log: MemoryAuditLog) -> None:
    assert failure(lambda: assert_audited(log, ("recover", "confirmed"))) == [
        "the audit log is not what it should be",
        "  nothing is on record",
        "verb and outcome of each attempt (- expected, + on record)",
        "  - recover: confirmed",
    ]


def test_a_write_that_has_not_ended_is_compared_as_such() -> None:
    said = failure(lambda: assert_audited(listing(KILL), ("kill", "confirmed")))

    assert said[-4:] == [
        "  ^ its outcome is missing",
        "verb and outcome of each attempt (- expected, + on record)",
        "  - kill: confirmed",
        "  + kill: without an outcome",
    ]


def test_what_came_from_outside_stays_on_its_line() -> None:
    hostile = attrs.evolve(KILL, arguments=(("service_key", "o\x1b[31m\n1"),))

    assert failure(lambda: assert_audited(listing(hostile)))[1:] == [
        "  12:00:00 kill service_key=o?[31m 1: intent",
        "  ^ its outcome is missing",
    ]


# --- the engine: what passes ---------------------------------------------------------------------


@pytest.mark.asyncio
async def test_what_only_reads_leaves_the_engine_untouched(world: World) -> None:
    world.workflow("Order").key("o-1").state(STATE).paused(failure="gave up")
    operator = operator_of(world)
    before = snapshot(world)

    with untouched(world):
        await operator.doctor()
        await operator.inspect(KEY, show_state=True)
        await operator.plan_recover(KEY, policy=PAUSED)

    assert_untouched(world, before)
    assert_untouched(world.engine, before)


def test_an_error_comes_out_of_an_engine_that_is_untouched(world: World) -> None:
    with pytest.raises(RetryBlocked), untouched(world):
        raise RetryBlocked("active")


# --- the engine: what fails ----------------------------------------------------------------------


def test_a_run_that_ended_says_all_that_became_different(world: World) -> None:
    run = world.workflow("Order").key("o-1").state(STATE).running()
    before = snapshot(world)
    world.advance(timedelta(seconds=5))

    world.store.kill(run.id)

    assert failure(lambda: assert_untouched(world, before)) == [
        "the engine was touched",
        f"  run Order/o-1 ({run.id})",
        "    status: running -> completed",
        "    outcome: nothing -> killed",
        "    failure: nothing -> [409] killed",
        "    engine status: running -> completed",
        "    modified at: 2026-01-01 12:00:00+00:00 -> 2026-01-01 12:00:05+00:00",
        "    completed at: nothing -> 2026-01-01 12:00:05+00:00",
        "    failure at: nothing -> 2026-01-01 12:00:05+00:00",
    ]


def test_a_purge_says_what_is_gone(world: World) -> None:
    run = world.workflow("Order").key("o-1").state(STATE).failed("card was refused")
    before = snapshot(world)

    world.store.purge(run.id)

    assert failure(lambda: assert_untouched(world.engine, before)) == [
        "the engine was touched",
        (
            f"  run Order/o-1 ({run.id}) is gone, which was: status completed, outcome failed, "
            "failure card was refused, handler name run, service kind workflow, engine status co..."
        ),
        "  state of Order/o-1 is gone, which was: stage b'paying'",
    ]


def test_a_run_that_is_new_is_told_by_what_is_known_of_it(world: World) -> None:
    world.workflow("Order")
    before = snapshot(world)

    run = world.workflow("Order").key("o-1").suspended()

    assert failure(lambda: assert_untouched(world, before)) == [
        "the engine was touched",
        (
            f"  run Order/o-1 ({run.id}) is new: status suspended, handler name run, "
            "service kind workflow, engine status suspended, handler kind unknown, deployment ..."
        ),
    ]


def test_another_run_of_the_same_id_is_another_run(world: World) -> None:
    order = world.workflow("Order").key("o-1")
    run = order.running()
    before = snapshot(world)

    world.store.kill(run.id)
    world.store.purge(run.id)
    order.running()

    assert failure(lambda: assert_untouched(world, before)) == [
        "the engine was touched",
        f"  run Order/o-1 ({run.id})",
        "    created at: 2026-01-01 12:00:00+00:00 -> 2026-01-01 12:00:00.001000+00:00",
        "    modified at: 2026-01-01 12:00:00+00:00 -> 2026-01-01 12:00:00.001000+00:00",
        "    incarnation: 2026-01-01T12:00:00+00:00 -> 2026-01-01T12:00:00.001000+00:00",
    ]


def test_progress_of_a_run_is_a_change(world: World) -> None:
    run = world.plain("Mail").running()
    before = snapshot(world)

    world.store.progress(run.id)

    assert failure(lambda: assert_untouched(world, before)) == [
        "the engine was touched",
        f"  run Mail ({run.id})",
        "    progress: 1 -> 2",
    ]


def store_another_entry(world: World) -> None:
    world.store.store(KEY, {"stage": b"paid", "sum": b"7"})


def let_a_call_wait(world: World) -> None:
    world.virtual_object("Account").key("a-1").pending()


def clear_while_it_is_held(world: World) -> None:
    world.store.clear(wfadmin.WorkflowKey("Account", "a-1"), None)


def stop_the_workers(world: World) -> None:
    world.store.turns.connect(0)


def block_the_code(world: World) -> None:
    world.store.turns.stick("o-1")


def pause_twice(world: World) -> None:
    world.store.turns.pause_again("o-1")


def leave_a_ghost(world: World) -> None:
    world.store.turns.haunt("o-1")


def register_once_more(world: World) -> None:
    world.deployment("http://orders:9080", serves=("Order", "Mail"))


def remove_and_register(world: World) -> None:
    first = world.store.registry.deployments[0]
    world.store.registry.remove(first.id)
    world.store.registry.keep(first)


CHANGES = [
    (store_another_entry, ["state of Order/o-1", "  stage: b'paying' -> b'paid'"]),
    (store_another_entry, ["  sum: nothing -> b'7'"]),
    (let_a_call_wait, ["queue of Account/a-1 is new: holds inv_2"]),
    (clear_while_it_is_held, ["queue of Account/a-1 is new: holds a clear"]),
    (stop_the_workers, ["workers", "  connected: 1 -> 0"]),
    (block_the_code, ["workers", "  code of o-1: nothing -> blocks"]),
    (pause_twice, ["workers", "  pauses of o-1: nothing -> two"]),
    (leave_a_ghost, ["workers", "  ghost of o-1: nothing -> there"]),
    (register_once_more, ["  revision of Mail: nothing -> 1"]),
    (remove_and_register, ["it holds the same, in another order or number"]),
]


@pytest.mark.parametrize(("change", "expected"), CHANGES)
def test_every_change_has_its_words(
    world: World, change: Callable[[World], None], expected: list[str]
) -> None:
    world.deployment("http://orders:9080", serves=("Order",))
    world.deployment("http://accounts:9080", serves=("Account",))
    world.workflow("Order").key("o-1").state(STATE)
    world.virtual_object("Account").key("a-1").running()
    before = snapshot(world)

    change(world)

    said = failure(lambda: assert_untouched(world, before))
    assert [line for line in said if line in {f"  {one}" for one in expected}] == [
        f"  {one}" for one in expected
    ]


def test_a_deployment_that_came_and_one_that_went_are_named(world: World) -> None:
    old = world.deployment("http://orders-v1:9080", serves=("Order",))
    before = snapshot(world)

    world.deployment("http://orders-v2:9080", serves=("Order",))
    world.remove_deployment(old)

    assert failure(lambda: assert_untouched(world, before)) == [
        "the engine was touched",
        (
            "  deployment dp_1 is gone, which was: location http://orders-v1:9080/, "
            "created at 2026-01-01 12:00:00+00:00, revision of Order 1"
        ),
        (
            "  deployment dp_2 is new: location http://orders-v2:9080/, "
            "created at 2026-01-01 12:00:00+00:00, revision of Order 2"
        ),
    ]


@pytest.mark.asyncio
async def test_a_write_that_was_only_accepted_is_a_change() -> None:
    slow = World(acceptance=timedelta(seconds=30))
    run = slow.workflow("Order").key("o-1").failed()
    before = snapshot(slow)

    await slow.engine.control.perform(Purge(run.ref))
    await slow.engine.deployments.remove("dp_1")

    assert failure(lambda: assert_untouched(slow, before)) == [
        "the engine was touched",
        f"  accepted write is new: does purge {run.id}, due at 2026-01-01 12:00:30+00:00",
        (
            "  accepted write is new: does Remove(deployment_id='dp_1'), "
            "due at 2026-01-01 12:00:30+00:00"
        ),
    ]


def test_keys_that_read_alike_are_kept_apart(world: World) -> None:
    world.store.store(wfadmin.WorkflowKey("a/b", "c"), {"x": b"1"})
    world.store.store(wfadmin.WorkflowKey("a", "b/c"), {"x": b"2"})
    before = snapshot(world)

    world.store.store(wfadmin.WorkflowKey("a", "b/c"), {"x": b"3"})

    assert before.changes(snapshot(world)) == ("state of a/b/c", "  x: b'2' -> b'3'")


def test_an_error_does_not_hide_that_the_engine_was_touched(world: World) -> None:
    run = world.workflow("Order").key("o-1").running()

    def killed_and_refused() -> None:
        with untouched(world):
            world.store.kill(run.id)
            raise RetryBlocked("active")

    with pytest.raises(AssertionError, match="status: running -> completed") as caught:
        killed_and_refused()

    assert isinstance(caught.value.__context__, RetryBlocked)


def test_equal_snapshots_differ_in_nothing(world: World) -> None:
    world.workflow("Order").key("o-1").state(STATE).running()

    assert snapshot(world) == snapshot(world.engine)
    assert snapshot(world).changes(snapshot(world)) == ()
