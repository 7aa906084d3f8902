"""A run that still moves is parked before it is killed, and set going again if it is not."""

from datetime import timedelta

import pytest

from tests.operations.repairs import (
    BACKING_OFF,
    KEY,
    SHARED_TOO,
    Later,
    acts,
    fails,
    lost,
    nothing,
    operator_of,
    watch,
    writes,
)
from wfadmin.adapters.audit_memory import MemoryAuditLog
from wfadmin.adapters.memory import Point, World, words
from wfadmin.adapters.memory.placing import Run
from wfadmin.adapters.memory.store import Store
from wfadmin.domain.answers import Answer
from wfadmin.domain.commands import Pause, Resume
from wfadmin.domain.model import InvocationStatus
from wfadmin.domain.results import Effect
from wfadmin.errors import EngineRejected, EngineUnreachable, OutcomeUnknown, RetryBlocked, Sent

pytestmark = pytest.mark.asyncio


def backing_off(attempts: int = 7) -> tuple[World, Run]:
    world = World()
    key = world.workflow("Order").key("o-1").state({"step": b"pay"})
    return world, key.backing_off(attempts=attempts)


def status(run: Run) -> InvocationStatus | None:
    return None if run.now is None else run.now.status


async def test_a_run_that_backs_off_is_parked_looked_at_killed_and_purged() -> None:
    world, run = backing_off()
    points = watch(world)

    result = await operator_of(world).recover_stuck_workflow(KEY, policy=BACKING_OFF)

    assert (result.killed, result.purged) == ((run.id,), (run.id,))
    assert points[6:] == [
        Point.FOR_KEY,
        Point.PAUSE,
        Point.FOR_KEY,
        Point.CHILDREN,
        Point.FOR_KEY,
        Point.KILL,
        Point.FOR_KEY,
        Point.PURGE,
        Point.READ_STATE,
        Point.FOR_KEY,
    ]


async def test_too_few_attempts_are_not_stuck() -> None:
    world, run = backing_off(attempts=4)
    points = watch(world)

    with pytest.raises(RetryBlocked):
        await operator_of(world).recover_stuck_workflow(KEY, policy=BACKING_OFF)

    assert (writes(points), status(run)) == ([], InvocationStatus.BACKING_OFF)


async def test_a_run_that_gets_on_before_it_is_parked_is_set_going_again() -> None:
    world, run = backing_off()

    def gets_on() -> None:
        world.store.progress(run.id)
        world.store.progress(run.id)

    points = watch(world, acts(Point.PAUSE, gets_on))

    with pytest.raises(RetryBlocked) as caught:
        await operator_of(world).recover_stuck_workflow(KEY, policy=BACKING_OFF)

    assert (caught.value.reason, caught.value.sent) == ("active", Sent.YES)
    assert caught.value.also == ()
    assert writes(points) == [Point.PAUSE, Point.RESUME]
    assert status(run) is InvocationStatus.RUNNING


async def test_a_run_that_calls_a_child_before_it_is_parked_is_set_going_again() -> None:
    world, run = backing_off()
    payment = world.workflow("Payment").key("p-1")
    points = watch(world, acts(Point.PAUSE, lambda: run.child(payment).running()))

    with pytest.raises(RetryBlocked) as caught:
        await operator_of(world).recover_stuck_workflow(KEY, policy=BACKING_OFF)

    assert caught.value.reason == "has_children"
    assert writes(points) == [Point.PAUSE, Point.RESUME]
    assert status(run) is not InvocationStatus.PAUSED


async def test_a_parked_run_that_cannot_be_set_going_is_named_with_the_line_that_does() -> None:
    world, run = backing_off()
    audit = MemoryAuditLog(clock=world.clock)
    payment = world.workflow("Payment").key("p-1")
    watch(
        world,
        acts(Point.PAUSE, lambda: run.child(payment).running()),
        fails(Point.RESUME, EngineRejected("memory", 500)),
    )

    with pytest.raises(RetryBlocked) as caught:
        await operator_of(world, audit=audit).recover_stuck_workflow(KEY, policy=BACKING_OFF)

    (line,) = caught.value.also
    assert line.startswith(f"{run.id} was paused by this operation and may be paused still.")
    assert f"wfadmin runs resume --id={run.id} -- Order o-1" in line
    assert "memory answered 500" in line
    assert line in (audit.records[-1].error or "")
    assert status(run) is InvocationStatus.PAUSED


async def test_a_kill_that_may_land_later_leaves_the_run_parked_and_named() -> None:
    world, run = backing_off()
    points = watch(world, lost(Point.KILL, nothing))

    with pytest.raises(OutcomeUnknown) as caught:
        await operator_of(world).recover_stuck_workflow(KEY, policy=BACKING_OFF)

    assert writes(points) == [Point.PAUSE, Point.KILL]
    assert [one.partition(" ")[0] for one in caught.value.also] == [run.id]
    assert status(run) is InvocationStatus.PAUSED


async def test_an_engine_that_goes_away_before_the_kill_has_the_run_set_going_again() -> None:
    world, run = backing_off()
    points = watch(world, fails(Point.KILL, EngineUnreachable("memory", "refused")))

    with pytest.raises(EngineUnreachable) as caught:
        await operator_of(world).recover_stuck_workflow(KEY, policy=BACKING_OFF)

    assert (caught.value.sent, caught.value.also) == (Sent.YES, ())
    assert writes(points) == [Point.PAUSE, Point.KILL, Point.RESUME]
    assert status(run) is not InvocationStatus.PAUSED


async def test_a_park_that_was_not_sent_leaves_nothing_to_say() -> None:
    world, run = backing_off()
    points = watch(world, fails(Point.PAUSE, EngineUnreachable("memory", "refused")))

    with pytest.raises(EngineUnreachable) as caught:
        await operator_of(world).recover_stuck_workflow(KEY, policy=BACKING_OFF)

    assert (caught.value.sent, caught.value.also) == (Sent.NO, ())
    assert (writes(points), status(run)) == ([Point.PAUSE], InvocationStatus.BACKING_OFF)


async def test_a_park_whose_answer_is_lost_is_settled_by_reading() -> None:
    world, run = backing_off()
    points = watch(world, lost(Point.PAUSE, lambda: world.store.perform(Pause(run.ref))))

    result = await operator_of(world).recover_stuck_workflow(KEY, policy=BACKING_OFF)

    assert result.effect is Effect.CONFIRMED
    assert writes(points) == [Point.PAUSE, Point.KILL, Point.PURGE]


async def test_a_park_that_is_not_seen_in_time_kills_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, run = backing_off()
    Later(monkeypatch)
    points = watch(world)

    with pytest.raises(OutcomeUnknown) as caught:
        await operator_of(world).recover_stuck_workflow(KEY, policy=BACKING_OFF)

    assert writes(points) == [Point.PAUSE]
    assert [one.partition(" ")[0] for one in caught.value.also] == [run.id]


async def test_an_attempt_under_way_is_no_confirmation_of_a_park(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An engine that finishes the attempt first reads as running for a while."""
    world, run = backing_off()
    later = Later(monkeypatch)
    points = watch(
        world,
        acts(Point.PAUSE, lambda: world.store.progress(run.id)),
        acts(Point.FOR_KEY, lambda: world.store.back_off(run.id, "again"), visit=6),
        acts(Point.FOR_KEY, later.happen, visit=7),
        acts(Point.KILL, monkeypatch.undo),
    )

    result = await operator_of(world).recover_stuck_workflow(KEY, policy=BACKING_OFF)

    assert result.killed == (run.id,)
    assert points.index(Point.KILL) - points.index(Point.PAUSE) > 4


async def test_a_parked_run_that_somebody_sets_going_is_not_killed() -> None:
    world, run = backing_off()
    resumed = lambda: world.store.perform(Resume(run.ref))  # noqa: E731
    fail = lambda: world.store.back_off(run.id, "again")  # noqa: E731
    points = watch(
        world,
        acts(Point.FOR_KEY, resumed, visit=5),
        acts(Point.FOR_KEY, fail, visit=5),
    )

    with pytest.raises(RetryBlocked) as caught:
        await operator_of(world).recover_stuck_workflow(KEY, policy=BACKING_OFF)

    assert (caught.value.reason, caught.value.also) == ("active", ())
    assert writes(points) == [Point.PAUSE]
    assert status(run) is InvocationStatus.BACKING_OFF


async def test_a_run_that_is_gone_when_it_is_to_be_resumed_is_not_named() -> None:
    world, run = backing_off()
    payment = world.workflow("Payment").key("p-1")

    def killed_by_another_tool() -> None:
        world.store.kill(run.id)
        world.store.purge(run.id)

    points = watch(
        world,
        acts(Point.PAUSE, lambda: run.child(payment).running()),
        acts(Point.FOR_KEY, killed_by_another_tool, visit=6),
    )

    with pytest.raises(RetryBlocked) as caught:
        await operator_of(world).recover_stuck_workflow(KEY, policy=BACKING_OFF)

    assert (writes(points), caught.value.also) == ([Point.PAUSE], ())


async def test_a_newer_run_that_is_paused_is_not_resumed_in_place_of_ours() -> None:
    world, run = backing_off()
    payment = world.workflow("Payment").key("p-1")

    def replaced_and_paused() -> None:
        world.store.kill(run.id)
        world.store.purge(run.id)
        world.store.submit(KEY)
        assert run.now is not None
        world.store.perform(Pause(run.now.ref))

    points = watch(
        world,
        acts(Point.PAUSE, lambda: run.child(payment).running()),
        acts(Point.FOR_KEY, replaced_and_paused, visit=6),
    )

    with pytest.raises(RetryBlocked):
        await operator_of(world).recover_stuck_workflow(KEY, policy=BACKING_OFF)

    assert (writes(points), status(run)) == ([Point.PAUSE], InvocationStatus.PAUSED)


async def test_a_run_that_gives_up_before_it_is_parked_is_not_parked_by_us(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, run = backing_off()
    monkeypatch.setattr(Store, "perform", lambda *_: Answer.WRONG_STATUS)
    points = watch(world, acts(Point.PAUSE, lambda: world.store.give_up(run.id)))

    with pytest.raises(RetryBlocked) as caught:
        await operator_of(world).recover_stuck_workflow(KEY, policy=BACKING_OFF)

    assert (caught.value.reason, caught.value.also) == ("active", ())
    assert (writes(points), status(run)) == ([Point.PAUSE], InvocationStatus.PAUSED)


async def test_a_park_that_is_declined_again_and_again_kills_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, run = backing_off()
    monkeypatch.setattr(Store, "perform", lambda *_: Answer.WRONG_STATUS)
    points = watch(world)

    with pytest.raises(RetryBlocked) as caught:
        await operator_of(world).recover_stuck_workflow(KEY, policy=BACKING_OFF)

    assert (caught.value.reason, writes(points)) == ("active", [Point.PAUSE])
    assert status(run) is InvocationStatus.BACKING_OFF


async def test_all_that_moves_is_parked_before_anything_is_killed() -> None:
    world, run = backing_off()
    watcher = world.workflow("Order").key("o-1").shared("watch").backing_off(attempts=7)
    points = watch(world)

    result = await operator_of(world).recover_stuck_workflow(KEY, policy=BACKING_OFF)

    assert writes(points) == [Point.PAUSE, Point.PAUSE, Point.KILL, Point.KILL, Point.PURGE]
    assert result.killed == (watcher.id, run.id)


async def test_a_run_between_two_attempts_may_be_parked_although_it_was_attempting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The plan saw it attempt; a park of what is to be killed is never more than was planned."""
    monkeypatch.setattr(words, "PAUSABLE", frozenset({InvocationStatus.BACKING_OFF}))
    world, run = backing_off()
    world.store.progress(run.id)
    points = watch(world, acts(Point.FOR_KEY, lambda: world.store.back_off(run.id, "x"), visit=3))

    await operator_of(world).recover_stuck_workflow(KEY, policy=BACKING_OFF)

    assert writes(points) == [Point.PAUSE, Point.KILL, Point.PURGE]


async def test_a_suspended_run_cannot_be_parked_and_is_killed_as_it_stands() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").suspended(since=timedelta(hours=2))
    points = watch(world)

    result = await operator_of(world).recover_stuck_workflow(KEY, policy=SHARED_TOO)

    assert (writes(points), result.killed) == ([Point.KILL, Point.PURGE], (run.id,))


async def test_a_suspended_run_that_wakes_before_the_kill_is_left_alone() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").suspended(since=timedelta(hours=2))
    points = watch(world, acts(Point.FOR_KEY, lambda: world.store.progress(run.id), visit=3))

    with pytest.raises(RetryBlocked) as caught:
        await operator_of(world).recover_stuck_workflow(KEY, policy=SHARED_TOO)

    assert (caught.value.reason, writes(points)) == ("active", [])
