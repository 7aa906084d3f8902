"""A recovery whose engine does not answer, or not in words that we understand."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.operations.repairs import (
    KEY,
    PAUSED,
    Later,
    acts,
    fails,
    fails_from,
    lost,
    nothing,
    operator_of,
    watch,
    writes,
)
from wfadmin.adapters.audit_memory import MemoryAuditLog
from wfadmin.adapters.memory import Point, World
from wfadmin.adapters.memory.placing import Run
from wfadmin.domain.components import Component
from wfadmin.domain.results import Effect
from wfadmin.errors import (
    EngineRejected,
    EngineUnreachable,
    OutcomeUnknown,
    RetryBlocked,
    Sent,
    UnexpectedAnswer,
)
from wfadmin.wire.outcomes import ending_of

pytestmark = pytest.mark.asyncio

DEAD = EngineUnreachable("memory", "Connection refused")
ODD = UnexpectedAnswer("memory", "odd")


def failed() -> tuple[World, Run]:
    world = World()
    return world, world.workflow("Order").key("o-1").state({"step": b"pay"}).failed()


def paused() -> tuple[World, Run]:
    world = World()
    return world, world.workflow("Order").key("o-1").state({"step": b"pay"}).paused()


def submit(world: World) -> Callable[[], object]:
    """A client submits the key: its new run runs, and stores something of its own."""

    def happens() -> None:
        submission = world.store.submit(KEY)
        world.store.progress(submission.invocation_id or "")
        world.store.store(KEY, {"step": b"new"})

    return happens


def replaced(world: World, run: Run) -> Callable[[], object]:
    """Another tool purges the key, and a client submits it again: the id comes again."""

    def happens() -> None:
        world.store.kill(run.id)
        world.store.purge(run.id)
        submit(world)()

    return happens


async def test_a_purge_whose_answer_is_lost_is_settled_by_reading() -> None:
    world, run = failed()
    points = watch(world, lost(Point.PURGE, lambda: world.store.purge(run.id)))

    result = await operator_of(world).recover_stuck_workflow(KEY)

    assert (result.purged, result.effect) == ((run.id,), Effect.CONFIRMED)
    lines = [one for one in result.warnings if one.startswith("The answer to purge")]
    assert lines == [f"The answer to purge of {run.id} was lost; its effect was seen by reading."]
    assert writes(points) == [Point.PURGE]


async def test_a_purge_that_was_neither_answered_nor_done_is_unknown_and_never_sent_again() -> None:
    world, run = failed()
    audit = MemoryAuditLog(clock=world.clock)
    points = watch(world, lost(Point.PURGE, nothing))

    with pytest.raises(OutcomeUnknown) as caught:
        await operator_of(world, audit=audit).recover_stuck_workflow(KEY)

    assert (caught.value.command, caught.value.target) == ("purge", run.id)
    assert (caught.value.sent, ending_of(caught.value).exit_code) == (Sent.UNKNOWN, 7)
    assert writes(points) == [Point.PURGE]
    assert audit.records[-1].outcome == "unknown"
    world.clock.advance(timedelta(minutes=5))
    assert len(await audit.open_intents("memory")) == 1


async def test_a_purge_that_is_answered_and_done_later_is_confirmed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, run = failed()
    later = Later(monkeypatch)
    points = watch(world, acts(Point.FOR_KEY, later.happen, visit=6))

    result = await operator_of(world).recover_stuck_workflow(KEY)

    assert (result.purged, result.effect) == ((run.id,), Effect.CONFIRMED)
    assert writes(points) == [Point.PURGE]


async def test_a_purge_that_is_answered_and_never_done_is_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, _ = failed()
    Later(monkeypatch)
    points = watch(world)

    with pytest.raises(OutcomeUnknown) as caught:
        await operator_of(world).recover_stuck_workflow(KEY)

    assert "The engine accepted it; no effect showed within 10 s" in caught.value.problem
    assert (caught.value.sent, writes(points)) == (Sent.YES, [Point.PURGE])


async def test_a_lost_kill_is_settled_and_the_purge_goes_on() -> None:
    world, run = paused()
    points = watch(world, lost(Point.KILL, lambda: world.store.kill(run.id)))

    result = await operator_of(world).recover_stuck_workflow(KEY, policy=PAUSED)

    assert (result.killed, result.purged) == ((run.id,), (run.id,))
    assert writes(points) == [Point.KILL, Point.PURGE]


async def test_an_answer_that_says_nothing_is_a_lost_one() -> None:
    world, run = failed()

    def odd() -> None:
        world.store.purge(run.id)
        raise ODD

    watch(world, acts(Point.PURGE, odd))

    result = await operator_of(world).recover_stuck_workflow(KEY)

    assert (result.purged, result.effect) == ((run.id,), Effect.CONFIRMED)


async def test_an_adapter_that_never_answers_a_write_is_not_waited_for_for_ever() -> None:
    world, _ = failed()
    points = watch(world, acts(Point.PURGE, lambda: world.hang(Component.INVOCATIONS)))

    with pytest.raises(OutcomeUnknown) as caught:
        await operator_of(world, timeout=0.01).recover_stuck_workflow(KEY)

    assert "No answer came within" in caught.value.problem
    assert writes(points) == [Point.PURGE]


async def test_an_engine_that_goes_away_before_a_purge_is_unreachable_and_nothing_was_sent() -> (
    None
):
    world, _ = failed()
    before = world.store.fingerprint()
    watch(world, fails(Point.PURGE, DEAD))

    with pytest.raises(EngineUnreachable) as caught:
        await operator_of(world).recover_stuck_workflow(KEY)

    assert (caught.value.sent, ending_of(caught.value).exit_code) == (Sent.NO, 8)
    assert world.store.fingerprint() == before


async def test_an_engine_that_goes_away_after_the_kill_is_no_unreachable_engine() -> None:
    world, run = paused()
    audit = MemoryAuditLog(clock=world.clock)
    watch(world, fails(Point.PURGE, EngineUnreachable("memory", "Connection refused")))

    with pytest.raises(EngineUnreachable) as caught:
        await operator_of(world, audit=audit).recover_stuck_workflow(KEY, policy=PAUSED)

    assert (caught.value.sent, ending_of(caught.value).exit_code) == (Sent.YES, 7)
    assert audit.records[-1].outcome == "unknown"
    again = await operator_of(world, audit=audit).recover_stuck_workflow(KEY)
    assert again.purged == (run.id,)


async def test_an_engine_that_says_no_is_an_error_after_a_write() -> None:
    world, _ = failed()
    points = watch(world, fails(Point.PURGE, EngineRejected("memory", 500)))

    with pytest.raises(EngineRejected) as caught:
        await operator_of(world).recover_stuck_workflow(KEY)

    assert (caught.value.sent, ending_of(caught.value).exit_code) == (Sent.YES, 7)
    assert writes(points) == [Point.PURGE]


async def test_a_read_that_fails_while_confirming_is_read_again() -> None:
    world, run = failed()
    watch(
        world,
        fails(Point.FOR_KEY, EngineUnreachable("memory", "x"), visit=3),
        fails(Point.READ_STATE, ODD, visit=3),
    )

    result = await operator_of(world).recover_stuck_workflow(KEY)

    assert (result.purged, result.effect) == ((run.id,), Effect.CONFIRMED)


@pytest.mark.parametrize("error", [DEAD, ODD, EngineRejected("memory", 500)])
async def test_reads_that_go_on_failing_while_confirming_leave_it_unknown(
    error: EngineUnreachable,
) -> None:
    world, _ = failed()
    broken = lambda: world.break_component(Component.INVOCATIONS, error)  # noqa: E731
    watch(world, acts(Point.READ_STATE, broken, visit=2))

    with pytest.raises(OutcomeUnknown) as caught:
        await operator_of(world).recover_stuck_workflow(KEY)

    assert "reading it failed" in caught.value.problem
    assert caught.value.sent is Sent.YES


async def test_an_incomplete_reading_never_proves_that_a_run_is_gone() -> None:
    world, _ = failed()
    watch(world, fails_from(Point.FOR_KEY, ODD, visit=3))

    with pytest.raises(OutcomeUnknown):
        await operator_of(world).recover_stuck_workflow(KEY)


async def test_an_incomplete_reading_before_a_step_sends_nothing() -> None:
    world, _ = failed()
    points = watch(world, fails(Point.FOR_KEY, ODD, visit=2))

    with pytest.raises(RetryBlocked) as caught:
        await operator_of(world).recover_stuck_workflow(KEY)

    assert (caught.value.reason, writes(points)) == ("query_failed", [])
