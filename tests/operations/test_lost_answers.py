"""A write whose answer was lost, and whose effect was seen, is confirmed and says so."""

import pytest

from tests.operations.repairs import BACKING_OFF, KEY, PAUSED, lost, operator_of, watch
from wfadmin.adapters.memory import Point, World
from wfadmin.domain.commands import Pause
from wfadmin.domain.results import Effect

pytestmark = pytest.mark.asyncio

V1, V2 = "http://v1:9080", "http://v2:9080"
TOLD = "The answer to {} of {} was lost; its effect was seen by reading."


async def test_a_removal_says_that_its_answer_was_lost() -> None:
    world = World()
    old = world.deployment(V1, serves=("Order",))
    world.deployment(V2, serves=("Order",))
    watch(world, lost(Point.REMOVE, lambda: world.remove_deployment(old)))

    result = await operator_of(world).cleanup_stale_deployments(V2)

    assert (result.effect, result.warnings) == (
        Effect.CONFIRMED,
        (TOLD.format("remove", old.id),),
    )


async def test_a_clear_of_what_is_left_says_that_its_answer_was_lost() -> None:
    world = World()
    key = world.workflow("Order").key("o-1").state({"step": b"pay"})
    watch(world, lost(Point.CLEAR_STATE, lambda: key.state({})))

    result = await operator_of(world).recover_stuck_workflow(KEY)

    assert result.effect is Effect.CONFIRMED
    assert result.warnings[-1] == TOLD.format("clear_state", "'Order' 'o-1'")


async def test_a_cancel_says_that_its_answer_was_lost() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").running()
    watch(world, lost(Point.CANCEL, lambda: world.store.fail(run.id, "cancelled")))

    result = await operator_of(world).cancel(KEY)

    assert (result.effect, result.warnings) == (
        Effect.CONFIRMED,
        (TOLD.format("cancel", run.id),),
    )


async def test_a_kill_says_that_its_answer_was_lost() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").paused()
    watch(world, lost(Point.KILL, lambda: world.store.kill(run.id)))

    result = await operator_of(world).recover_stuck_workflow(KEY, policy=PAUSED)

    assert result.warnings[-1] == TOLD.format("kill", run.id)


async def test_a_park_says_that_its_answer_was_lost() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").backing_off(attempts=7)
    watch(world, lost(Point.PAUSE, lambda: world.store.perform(Pause(run.ref))))

    result = await operator_of(world).recover_stuck_workflow(KEY, policy=BACKING_OFF)

    assert (result.killed, result.warnings[-1]) == ((run.id,), TOLD.format("pause", run.id))
