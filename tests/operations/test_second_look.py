"""Doctor reads its lists again when they contradict each other."""

import pytest

import wfadmin
from tests.operations.engines import at
from wfadmin.adapters.memory import Point, World
from wfadmin.domain.components import Component
from wfadmin.errors import EngineUnreachable

pytestmark = pytest.mark.asyncio


async def codes(world: World) -> list[str]:
    async with wfadmin.connect(world.engine, clock=world.clock) as operator:
        report = await operator.doctor()
    return [one.code.value for one in report.findings]


def two_places() -> World:
    world = World()
    world.deployment("http://old:9080", serves=("Order",))
    return world


def deploy_and_start(world: World) -> None:
    """What somebody else does between our list of deployments and our look at the runs."""
    world.deployment("http://new:9080", serves=("Order",))
    world.workflow("Order").key("o-1").running()


async def test_a_deployment_that_is_registered_meanwhile_makes_no_zombie() -> None:
    world = two_places()
    world.engine.points.hook = at(Point.SURVEY, lambda: deploy_and_start(world))

    assert await codes(world) == ["drained"]


async def test_a_second_look_that_fails_leaves_the_first_one() -> None:
    world = two_places()
    world.engine.points.hook = at(Point.SURVEY, lambda: deploy_and_start(world))
    first = at(
        Point.LIST_DEPLOYMENTS,
        lambda: world.break_component(Component.DEPLOYMENTS, EngineUnreachable("memory", "gone")),
        visit=2,
    )
    second = world.engine.points.hook

    async def hook(point: Point) -> None:
        await first(point)
        await second(point)

    world.engine.points.hook = hook

    assert "zombie" in await codes(world)


async def test_a_zombie_that_is_seen_twice_is_one() -> None:
    world = World()
    old = world.deployment("http://old:9080", serves=("Order",))
    world.workflow("Order").key("o-1").suspended()
    world.deployment("http://new:9080", serves=("Order",))
    world.remove_deployment(old)
    looks: list[Point] = []

    async def hook(point: Point) -> None:
        looks.append(point)

    world.engine.points.hook = hook

    assert await codes(world) == ["zombie"]
    assert [one for one in looks if one is Point.LIST_DEPLOYMENTS] == [Point.LIST_DEPLOYMENTS] * 2
    assert not any(one.is_write for one in looks)
