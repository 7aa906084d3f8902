"""The incident that the real engines are tested with, in memory: the same story, no server."""

import pytest

import wfadmin
from tests.stories import incident as story
from wfadmin.adapters.memory import World

pytestmark = pytest.mark.asyncio


def bring_about(world: World) -> story.Ill:
    removed = world.deployment("http://removed:9080", serves=("Order",))
    world.workflow("Order").key("zombie").suspended(on=removed)
    drained = world.deployment("http://drained:9080", serves=("Order",))
    draining = world.deployment("http://draining:9080", serves=("Order",))
    world.workflow("Order").key("held").suspended(on=draining)
    world.deployment("http://main:9080", serves=("Order", "Cart"))
    world.remove_deployment(removed)
    order = world.workflow("Order")
    order.key("failed").failed("payment was refused")
    order.key("succeeded").succeeded()
    order.key("waiting").suspended()
    order.key("backing-off").backing_off(attempts=6, failure="no route to host")
    order.key("paused").paused(failure="gave up")
    world.virtual_object("Cart").key("c-1").running()
    keys = {
        name: wfadmin.WorkflowKey("Order", name.replace("_", "-"))
        for name in ("failed", "succeeded", "waiting", "backing_off", "paused", "zombie")
    }
    return story.Ill(
        **keys,
        cart=wfadmin.WorkflowKey("Cart", "c-1"),
        failure="payment was refused",
        draining_id=draining.id,
        drained_id=drained.id,
    )


async def test_doctor_names_every_trouble_with_its_mildest_remedy() -> None:
    world = World()
    ill = bring_about(world)
    async with wfadmin.connect(world.engine, clock=world.clock) as operator:
        report = await story.doctor_names_every_trouble(operator, ill)
        await story.doctor_shows_the_newest_failure(report, ill)


async def test_inspect_says_what_a_recovery_would_do() -> None:
    world = World()
    ill = bring_about(world)
    async with wfadmin.connect(world.engine, clock=world.clock) as operator:
        await story.inspect_says_what_a_recovery_would_do(operator, ill)
