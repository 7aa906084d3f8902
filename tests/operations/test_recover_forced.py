"""The last resort: what no kill and no purge reaches is forgotten by force, and only if told so."""

from datetime import timedelta

import pytest

import wfadmin
from tests.operations.repairs import KEY, acts, lost, nothing, outcomes, watch, writes
from wfadmin.adapters.audit_memory import MemoryAuditLog
from wfadmin.adapters.memory import Point, Submitted, World
from wfadmin.domain.capabilities import CommandName
from wfadmin.domain.model import InvocationStatus
from wfadmin.domain.plan import Action
from wfadmin.domain.policy import Paused, Pending, RecoveryPolicy, Running, Stalled
from wfadmin.domain.results import Effect
from wfadmin.errors import NotReady, NotSupported, OutcomeUnknown, RetryBlocked, Sent

pytestmark = pytest.mark.asyncio

STUCK = RecoveryPolicy((Stalled(), Pending(), Paused()), with_children=True)
FORCED = RecoveryPolicy(STUCK.stuck, with_children=True, force_purge=True)
ALL = frozenset(
    {
        CommandName.PAUSE,
        CommandName.RESUME,
        CommandName.KILL,
        CommandName.PURGE,
        CommandName.FORCE_PURGE,
    }
)
STOPS_NOTHING = "it stops nothing that executes right now"
NO_FENCE = "Nothing tells the run that has not begun from another one of its id."


@pytest.fixture
def world() -> World:
    return World(like="dapr", commands=ALL)


def operator(world: World, audit: MemoryAuditLog | None = None) -> wfadmin.LocalOperator:
    return wfadmin.connect(world.engine, clock=world.clock, audit=audit)


async def test_a_kill_that_would_end_nothing_is_not_sent(world: World) -> None:
    world.workflow("Order").key("o-1").stalled()
    points = watch(world)

    with pytest.raises(RetryBlocked) as caught:
        await operator(world).recover_stuck_workflow(KEY, policy=STUCK)

    assert (caught.value.reason, caught.value.sent) == ("not_killable", Sent.NO)
    assert writes(points) == []


async def test_what_is_stalled_is_forgotten_by_force_and_seen_to_be_gone(world: World) -> None:
    run = world.workflow("Order").key("o-1").stalled()
    points, audit = watch(world), MemoryAuditLog()

    result = await operator(world, audit).recover_stuck_workflow(KEY, policy=FORCED)

    assert (result.effect, result.killed, result.purged) == (Effect.CONFIRMED, (), ("o-1",))
    assert (writes(points), run.now) == ([Point.FORCE_PURGE], None)
    assert outcomes(audit) == [("recover", None), ("recover", "confirmed")]
    assert any(STOPS_NOTHING in one for one in result.warnings)


async def test_a_ghost_of_what_was_stalled_holds_its_id_until_the_workers_connect_anew(
    world: World,
) -> None:
    key = world.workflow("Order").key("o-1")
    key.stalled()
    await operator(world).recover_stuck_workflow(KEY, policy=FORCED)

    assert key.submit().answer is Submitted.NOT_FOUND
    world.connect_workers(0)
    world.connect_workers(1)
    assert key.submit().answer is Submitted.ACCEPTED


async def test_what_has_not_begun_is_forgotten_without_running(world: World) -> None:
    run = world.workflow("Order").key("o-1").scheduled()

    plan = await operator(world).plan_recover(KEY, policy=FORCED)
    result = await operator(world).apply(plan)

    assert [(step.action, step.incarnation) for step in plan.steps] == [(Action.FORCE_PURGE, None)]
    assert NO_FENCE in plan.warnings
    assert (result.effect, run.now) == (Effect.CONFIRMED, None)


async def test_without_a_worker_only_force_gets_through(world: World) -> None:
    run = world.workflow("Order").key("o-1").paused()
    world.connect_workers(0)
    points = watch(world)

    with pytest.raises(NotReady):
        await operator(world).recover_stuck_workflow(KEY, policy=STUCK)
    assert writes(points) == []

    result = await operator(world).recover_stuck_workflow(KEY, policy=FORCED)
    assert (result.killed, result.purged, run.now) == ((), ("o-1",), None)
    assert writes(points) == [Point.FORCE_PURGE]


async def test_a_worker_that_comes_back_after_the_plan_does_not_meet_force(world: World) -> None:
    run = world.workflow("Order").key("o-1").paused()
    world.connect_workers(0)
    points = watch(world, acts(Point.FACTS, lambda: world.connect_workers(1), visit=2))

    with pytest.raises(RetryBlocked) as caught:
        await operator(world).recover_stuck_workflow(KEY, policy=FORCED)

    assert (caught.value.sent, writes(points)) == (Sent.NO, [])
    assert run.now is not None


async def test_with_a_worker_a_policy_that_allows_force_still_kills_what_a_kill_ends(
    world: World,
) -> None:
    world.workflow("Order").key("o-1").paused()
    points = watch(world)

    result = await operator(world).recover_stuck_workflow(KEY, policy=FORCED)

    assert (result.killed, result.purged) == (("o-1",), ("o-1",))
    assert writes(points) == [Point.KILL, Point.PURGE]


async def test_an_engine_without_a_forced_purge_says_what_to_do_instead() -> None:
    world = World(like="dapr")
    world.workflow("Order").key("o-1").stalled()
    points = watch(world)

    with pytest.raises(NotSupported) as caught:
        await operator(world).recover_stuck_workflow(KEY, policy=FORCED)

    assert caught.value.what == "command force_purge"
    assert caught.value.advice == "Over HTTP nothing is purged that has not ended."
    assert writes(points) == []


async def test_what_begins_after_the_plan_is_not_forced(world: World) -> None:
    run = world.workflow("Order").key("o-1").pending()
    # The plan looks twice; then the loop looks once more.
    points = watch(world, acts(Point.FOR_KEY, lambda: world.store.progress("o-1"), visit=3))

    with pytest.raises(RetryBlocked) as caught:
        await operator(world).recover_stuck_workflow(KEY, policy=FORCED)

    assert (caught.value.reason, caught.value.sent) == ("active", Sent.NO)
    assert run.now is not None
    assert (run.now.status, writes(points)) == (InvocationStatus.RUNNING, [])


async def test_a_lost_answer_is_settled_by_reading(world: World) -> None:
    world.workflow("Order").key("o-1").stalled()
    forget = lambda: world.store.forget(world.store.find("o-1"))  # noqa: E731 - as it happens
    points = watch(world, lost(Point.FORCE_PURGE, forget))

    result = await operator(world).recover_stuck_workflow(KEY, policy=FORCED)

    assert (result.purged, writes(points)) == (("o-1",), [Point.FORCE_PURGE])
    assert "The answer to force_purge of o-1 was lost; its effect was seen by reading." in (
        result.warnings
    )


async def test_what_begins_while_the_answer_is_lost_does_not_pass_for_gone(world: World) -> None:
    world.workflow("Order").key("o-1").pending()
    points = watch(world, lost(Point.FORCE_PURGE, lambda: world.store.progress("o-1")))

    with pytest.raises(OutcomeUnknown) as caught:
        await operator(world).recover_stuck_workflow(KEY, policy=FORCED)

    assert (caught.value.command, caught.value.target) == ("force_purge", "o-1")
    assert writes(points) == [Point.FORCE_PURGE]


async def test_a_forced_purge_that_did_not_happen_is_never_sent_again(world: World) -> None:
    world.workflow("Order").key("o-1").stalled()
    points = watch(world, lost(Point.FORCE_PURGE, nothing))

    with pytest.raises(OutcomeUnknown):
        await operator(world).recover_stuck_workflow(KEY, policy=FORCED)

    assert writes(points) == [Point.FORCE_PURGE]


async def test_a_run_that_has_not_moved_for_long_is_killed_without_a_pause(world: World) -> None:
    run = world.workflow("Order").key("o-1").running(since=timedelta(hours=3))
    points = watch(world)

    policy = RecoveryPolicy((Running(timedelta(hours=1)),), with_children=True)
    result = await operator(world).recover_stuck_workflow(KEY, policy=policy)

    assert (result.killed, result.purged, run.now) == (("o-1",), ("o-1",), None)
    assert writes(points) == [Point.KILL, Point.PURGE]
