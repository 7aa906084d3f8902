"""Removing deployments while the engine does not answer, or says no."""

import attrs
import pytest

from tests.operations.repairs import (
    Later,
    acts,
    fails,
    lost,
    nothing,
    operator_of,
    watch,
    writes,
)
from wfadmin.adapters.memory import Point, World
from wfadmin.adapters.memory.writing import MemoryDeployments
from wfadmin.domain.answers import Answer
from wfadmin.domain.components import Component
from wfadmin.domain.model import Deployment
from wfadmin.domain.results import Effect, Held
from wfadmin.errors import (
    EngineRejected,
    EngineUnreachable,
    OutcomeUnknown,
    Sent,
    UnexpectedAnswer,
)

pytestmark = pytest.mark.asyncio

V1, V2, V3 = "http://v1:9080", "http://v2:9080", "http://v3:9080"


def versions(*urls: str) -> tuple[World, list[Deployment]]:
    """Each serves what the one before it served: only the last one gets new work."""
    world = World()
    return world, [world.deployment(url, serves=("Order",)) for url in urls]


def ids(world: World) -> list[str]:
    return [one.id for one in world.store.registry.deployments]


async def test_work_that_could_not_all_be_counted_holds_a_deployment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, (old, _) = versions(V1, V2)
    whole = MemoryDeployments.usage

    async def partial(self: MemoryDeployments) -> object:
        return attrs.evolve(await whole(self), complete=False)

    monkeypatch.setattr(MemoryDeployments, "usage", partial)

    result = await operator_of(world).cleanup_stale_deployments(V2)

    assert result.held == (Held(old.id, ("not all unfinished work could be counted",)),)


async def test_a_deployment_without_a_url_goes_only_with_force() -> None:
    world, (old, _) = versions(V1, V2)
    arn = attrs.evolve(old, service_url=None, location="arn:aws:lambda:f")
    world.store.registry.keep(arn)

    held = await operator_of(world).cleanup_stale_deployments(V2)
    forced = await operator_of(world).cleanup_stale_deployments(V2, force_drain=True)

    assert held.held == (Held(old.id, ("it has no URL, so it goes only with force",)),)
    assert forced.removed == (old.id,)


@pytest.mark.parametrize(
    "component", [Component.DEPLOYMENTS, Component.SERVICES], ids=["deployments", "services"]
)
async def test_a_list_that_cannot_be_read_is_an_error(component: Component) -> None:
    world, _ = versions(V1, V2)
    world.break_component(component, UnexpectedAnswer("memory", "odd"))
    points = watch(world)

    with pytest.raises(UnexpectedAnswer):
        await operator_of(world).cleanup_stale_deployments(V2)

    assert writes(points) == []


async def test_a_removal_whose_answer_is_lost_is_settled_by_listing() -> None:
    world, (old, _) = versions(V1, V2)
    points = watch(world, lost(Point.REMOVE, lambda: world.remove_deployment(old)))

    result = await operator_of(world).cleanup_stale_deployments(V2)

    assert (result.removed, writes(points)) == ((old.id,), [Point.REMOVE])


async def test_a_removal_that_happens_later_is_confirmed(monkeypatch: pytest.MonkeyPatch) -> None:
    world, (old, _) = versions(V1, V2)
    later = Later(monkeypatch)
    points = watch(world, acts(Point.LIST_DEPLOYMENTS, later.happen, visit=5))

    result = await operator_of(world).cleanup_stale_deployments(V2)

    assert (result.removed, writes(points)) == ((old.id,), [Point.REMOVE])


async def test_a_removal_that_nobody_can_tell_is_unknown_and_names_what_went_before() -> None:
    world, (first, second, _) = versions(V1, V2, V3)
    points = watch(world, lost(Point.REMOVE, nothing, visit=2))

    with pytest.raises(OutcomeUnknown) as caught:
        await operator_of(world).cleanup_stale_deployments(V3)

    assert caught.value.target == second.id
    assert caught.value.also == (f"Removed before that: {first.id}.",)
    assert writes(points) == [Point.REMOVE, Point.REMOVE]


async def test_a_removal_that_the_engine_refuses_is_held_and_the_others_go_on() -> None:
    world, (first, second, _) = versions(V1, V2, V3)
    watch(world, fails(Point.REMOVE, EngineRejected("memory", 500, None, "no")))

    result = await operator_of(world).cleanup_stale_deployments(V3)

    assert (result.removed, result.effect) == ((second.id,), Effect.CONFIRMED)
    assert result.held == (Held(first.id, ("memory answered 500. It says: no.",)),)


async def test_only_refused_removals_are_no_confirmed_cleanup() -> None:
    world, _ = versions(V1, V2)
    watch(world, fails(Point.REMOVE, EngineRejected("memory", 500)))

    result = await operator_of(world).cleanup_stale_deployments(V2)

    assert (result.removed, result.effect) == ((), Effect.ACCEPTED)


async def test_a_removal_that_the_engine_declines_is_held(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, (old, _) = versions(V1, V2)

    async def declines(_: object, __: str) -> Answer:
        return Answer.WRONG_STATUS

    monkeypatch.setattr(MemoryDeployments, "remove", declines)

    result = await operator_of(world).cleanup_stale_deployments(V2)

    assert result.held == (Held(old.id, ("the engine declined",)),)


async def test_an_engine_that_goes_away_before_the_removal_sent_nothing() -> None:
    world, _ = versions(V1, V2)
    watch(world, fails(Point.REMOVE, EngineUnreachable("memory", "refused")))

    with pytest.raises(EngineUnreachable) as caught:
        await operator_of(world).cleanup_stale_deployments(V2)

    assert (caught.value.sent, caught.value.also) == (Sent.NO, ())
