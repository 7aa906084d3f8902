"""A recovery of a key at which others work at the same time."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest

from tests.operations.repairs import (
    KEY,
    PAUSED,
    acts,
    fails_from,
    operator_of,
    watch,
    writes,
)
from wfadmin.adapters.audit_memory import MemoryAuditLog
from wfadmin.adapters.lease_memory import MemoryLease
from wfadmin.adapters.memory import Point, World
from wfadmin.adapters.memory.placing import Run
from wfadmin.adapters.memory.store import Store
from wfadmin.domain.answers import Answer
from wfadmin.domain.commands import Resume
from wfadmin.domain.model import InvocationStatus
from wfadmin.domain.results import Effect, StateAfter
from wfadmin.errors import (
    EngineUnreachable,
    LeaseHeld,
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


# --- a purge that is answered otherwise ----------------------------------------------------------


async def test_a_purge_of_what_another_tool_purged_is_done_and_not_counted() -> None:
    world, run = failed()
    watch(world, acts(Point.PURGE, lambda: world.store.purge(run.id)))

    result = await operator_of(world).recover_stuck_workflow(KEY)

    assert (result.matched, result.purged, result.effect) == (1, (), Effect.CONFIRMED)
    assert result.state is StateAfter.CLEARED


async def test_a_purge_that_meets_a_new_run_stops_and_touches_it_no_more() -> None:
    world, run = failed()
    points = watch(world, acts(Point.PURGE, replaced(world, run)))

    result = await operator_of(world).recover_stuck_workflow(KEY)

    assert (result.purged, result.state) == ((), StateAfter.IN_USE)
    assert writes(points) == [Point.PURGE]
    assert run.now is not None
    assert run.now.status is InvocationStatus.RUNNING


async def test_a_purge_that_the_engine_keeps_declining_is_purge_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, run = failed()
    monkeypatch.setattr(Store, "perform", lambda *_: Answer.WRONG_STATUS)
    points = watch(world)

    with pytest.raises(RetryBlocked) as caught:
        await operator_of(world).recover_stuck_workflow(KEY)

    assert (caught.value.reason, caught.value.invocation_ids) == ("purge_failed", (run.id,))
    assert (caught.value.sent, ending_of(caught.value).exit_code) == (Sent.YES, 6)
    assert writes(points) == [Point.PURGE]


async def test_a_kill_that_comes_too_late_for_a_success_purges_nothing() -> None:
    world, run = paused()

    def wakes_and_succeeds() -> None:
        world.store.perform(Resume(run.ref))
        world.store.succeed(run.id)

    points = watch(world, acts(Point.KILL, wakes_and_succeeds))

    with pytest.raises(RetryBlocked) as caught:
        await operator_of(world).recover_stuck_workflow(KEY, policy=PAUSED)

    assert (caught.value.reason, caught.value.sent) == ("succeeded", Sent.YES)
    assert writes(points) == [Point.KILL]


# --- the key is submitted again ------------------------------------------------------------------


@pytest.mark.parametrize("visit", range(1, 7))
async def test_a_run_that_takes_the_key_over_at_any_look_is_never_touched(visit: int) -> None:
    """Only the moment of a request itself is a declared window."""
    world, run = paused()
    points = watch(world, acts(Point.FOR_KEY, replaced(world, run), visit=visit))

    with suppress(RetryBlocked):
        await operator_of(world).recover_stuck_workflow(KEY, policy=PAUSED)

    assert len(writes(points)) == len(set(writes(points)))
    if visit <= 5:
        assert run.now is not None
        assert run.now.ref != run.ref
        assert run.now.status is InvocationStatus.RUNNING
        assert world.store.state_of(KEY) == {"step": b"new"}


async def test_a_key_that_is_submitted_right_after_the_purge_is_a_success() -> None:
    world, run = failed()
    watch(world, acts(Point.READ_STATE, submit(world), visit=2))

    result = await operator_of(world).recover_stuck_workflow(KEY)

    assert (result.purged, result.state, result.effect) == (
        (run.id,),
        StateAfter.IN_USE,
        Effect.CONFIRMED,
    )
    assert f"A newer run holds the key already: {run.id}." in result.warnings


async def test_a_newer_run_that_has_ended_already_is_named_too() -> None:
    world, run = failed()

    def submits_and_succeeds() -> None:
        submit(world)()
        world.store.succeed(run.id)

    watch(world, acts(Point.READ_STATE, submits_and_succeeds, visit=2))

    result = await operator_of(world).recover_stuck_workflow(KEY)

    assert result.state is StateAfter.IN_USE
    assert f"A newer run holds the key already: {run.id}." in result.warnings


async def test_retention_that_ends_in_between_leaves_nothing_to_send() -> None:
    world, _ = failed()
    points = watch(world, acts(Point.READ_STATE, lambda: world.advance(timedelta(days=2)), visit=1))

    result = await operator_of(world).recover_stuck_workflow(KEY)

    assert (result.matched, result.purged, result.effect) == (1, (), Effect.NO_CHANGE)
    assert (result.state, writes(points)) == (StateAfter.WAS_EMPTY, [])


async def test_retention_that_ends_after_the_state_was_read_shows_it_cleared() -> None:
    world, _ = failed()
    points = watch(world, acts(Point.FOR_KEY, lambda: world.advance(timedelta(days=2)), visit=2))

    result = await operator_of(world).recover_stuck_workflow(KEY)

    assert (result.state, result.purged, writes(points)) == (StateAfter.CLEARED, (), [])


async def test_a_shared_call_that_starts_before_the_purge_stops_it() -> None:
    world, run = failed()
    key = world.workflow("Order").key("o-1")
    points = watch(world, acts(Point.FOR_KEY, lambda: key.shared("watch").running(), visit=2))
    key.shared("watch").succeeded()

    with pytest.raises(RetryBlocked) as caught:
        await operator_of(world).recover_stuck_workflow(KEY)

    assert (caught.value.reason, writes(points)) == ("active", [])
    assert run.now is not None


async def test_a_shared_call_that_starts_in_the_moment_of_the_purge_is_named() -> None:
    world, run = failed()
    key = world.workflow("Order").key("o-1")
    key.shared("watch").succeeded()
    started: list[Run] = []
    watch(world, acts(Point.PURGE, lambda: started.append(key.shared("watch").running())))

    result = await operator_of(world).recover_stuck_workflow(KEY)

    assert result.purged == (run.id,)
    line = f"Shared calls began meanwhile, and may wait for ever: {started[0].id}."
    assert line in result.warnings


async def test_a_run_that_appears_with_the_clear_is_unknown_and_named() -> None:
    world = World()
    key = world.workflow("Order").key("o-1").state({"step": b"pay"})
    points = watch(world, acts(Point.CLEAR_STATE, key.submit))

    with pytest.raises(OutcomeUnknown, match="appeared at the same time"):
        await operator_of(world).recover_stuck_workflow(KEY)

    assert writes(points) == [Point.CLEAR_STATE]


async def test_an_incomplete_reading_does_not_confirm_a_clear() -> None:
    world = World()
    world.workflow("Order").key("o-1").state({"step": b"pay"})
    watch(world, fails_from(Point.FOR_KEY, ODD, visit=3))

    with pytest.raises(OutcomeUnknown):
        await operator_of(world).recover_stuck_workflow(KEY)


# --- a second operator ---------------------------------------------------------------------------


async def test_a_second_operator_on_the_key_is_refused_while_the_first_works() -> None:
    world, run = failed()
    audit, lease = MemoryAuditLog(clock=world.clock), MemoryLease(holder="ada")
    first = operator_of(world, lease=lease)
    second = operator_of(world, lease=lease, audit=audit)
    refused: list[LeaseHeld] = []

    async def tries(point: Point) -> None:
        if point is Point.PURGE:
            with pytest.raises(LeaseHeld) as caught:
                await second.recover_stuck_workflow(KEY)
            refused.append(caught.value)

    points = watch(world, tries)
    result = await first.recover_stuck_workflow(KEY)

    assert (result.purged, refused[0].holder, refused[0].sent) == ((run.id,), "ada", Sent.NO)
    assert writes(points) == [Point.PURGE]
    assert [one.outcome for one in audit.records] == ["lease_held"]


@pytest.mark.parametrize("point", [Point.FOR_KEY, Point.READ_STATE, Point.KILL, Point.PURGE])
async def test_a_second_operator_without_a_common_lease_does_no_harm(point: Point) -> None:
    world, run = paused()
    second = operator_of(world)
    began = False

    async def meddles(reached: Point) -> None:
        nonlocal began
        if reached is point and not began:
            began = True
            await second.recover_stuck_workflow(KEY, policy=PAUSED)

    watch(world, meddles)
    result = await operator_of(world).recover_stuck_workflow(KEY, policy=PAUSED)

    assert result.purged == ()
    assert result.effect in (Effect.CONFIRMED, Effect.NO_CHANGE)
    assert (run.now, world.store.state_of(KEY)) == (None, {})
