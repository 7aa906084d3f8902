"""Repairs on an engine that accepts first and acts later: what it says is never taken for done."""

from datetime import timedelta

import pytest

import wfadmin
from tests.operations.repairs import KEY, PAUSED, operator_of, watch, writes
from wfadmin.adapters.memory import Point, World
from wfadmin.domain.model import InvocationOutcome
from wfadmin.domain.results import Effect
from wfadmin.errors import OutcomeUnknown, RetryBlocked, Sent

pytestmark = pytest.mark.asyncio

WAIT = timedelta(seconds=2)
V1, V2 = "http://v1:9080", "http://v2:9080"


def slow(wait: timedelta = WAIT) -> World:
    return World(acceptance=wait)


async def test_a_purge_is_confirmed_by_reading_after_it_has_happened() -> None:
    world = slow()
    run = world.workflow("Order").key("o-1").state({"stage": b"paying"}).failed("boom")
    started = world.clock.now()
    points = watch(world)

    result = await operator_of(world).recover_stuck_workflow(KEY)

    assert (result.purged, result.effect) == ((run.id,), Effect.CONFIRMED)
    assert writes(points) == [Point.PURGE]
    assert points[points.index(Point.PURGE) :].count(Point.FOR_KEY) > 1
    assert world.clock.now() - started >= WAIT
    assert world.store.backlog.waiting == ()
    assert run.now is None


async def test_a_purge_comes_only_after_the_kill_was_seen() -> None:
    world = slow()
    run = world.workflow("Order").key("o-1").paused(failure="gave up")
    points = watch(world)

    result = await operator_of(world).recover_stuck_workflow(KEY, policy=PAUSED)

    assert (result.killed, result.purged) == ((run.id,), (run.id,))
    assert writes(points) == [Point.KILL, Point.PURGE]
    between = points[points.index(Point.KILL) : points.index(Point.PURGE)]
    assert between.count(Point.FOR_KEY) > 1


async def test_what_is_not_seen_in_time_is_unknown_and_may_still_happen() -> None:
    world = slow(timedelta(minutes=1))
    run = world.workflow("Order").key("o-1").paused(failure="gave up")
    points = watch(world)

    with pytest.raises(OutcomeUnknown) as caught:
        await operator_of(world).recover_stuck_workflow(KEY, policy=PAUSED)

    assert (writes(points), caught.value.sent) == ([Point.KILL], Sent.YES)
    assert run.now is not None
    assert run.now.outcome is None
    world.settle()
    assert run.now.outcome is InvocationOutcome.KILLED


async def test_a_run_that_ends_well_while_the_kill_is_on_its_way_is_not_purged() -> None:
    world = slow()
    run = world.workflow("Order").key("o-1").paused(failure="gave up")
    before: list[Point] = []

    async def wake(point: Point) -> None:
        # It goes on, and succeeds, after the kill was accepted and before it happens.
        if point is Point.FOR_KEY and Point.KILL in before and run.now and not run.now.is_completed:
            world.store.end(run.now, InvocationOutcome.SUCCEEDED)
        before.append(point)

    world.engine.points.hook = wake
    with pytest.raises(RetryBlocked):
        await operator_of(world).recover_stuck_workflow(KEY, policy=PAUSED)

    assert writes(before) == [Point.KILL]
    assert run.now is not None
    assert run.now.outcome is InvocationOutcome.SUCCEEDED


async def test_a_registration_and_a_removal_are_confirmed_by_listing() -> None:
    world = slow()
    old = world.deployment(V1, serves=("Order",))
    world.place(V2, serves=("Order",))
    operator = operator_of(world)

    registered = await operator.force_redeploy(V2)
    removed = await operator.cleanup_stale_deployments(V2)

    assert (registered.effect, removed.effect) == (Effect.CONFIRMED, Effect.CONFIRMED)
    assert removed.removed == (old.id,)
    assert [one.service_url for one in world.store.registry.deployments] == ["http://v2:9080/"]


async def test_doctor_sees_what_is_so_and_not_what_was_accepted() -> None:
    world = slow()
    run = world.workflow("Order").key("o-1").paused(failure="gave up")
    world.store.kill(run.id)
    operator = operator_of(world)

    early = await operator.inspect(KEY)
    world.advance(WAIT)
    late = await operator.inspect(KEY)

    assert [one.status for one in early.runs] == [wfadmin.InvocationStatus.PAUSED]
    assert [one.status for one in late.runs] == [wfadmin.InvocationStatus.COMPLETED]
