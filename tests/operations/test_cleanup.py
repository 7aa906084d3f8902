"""Removing deployments: only those that nothing needs, as they stand right before the removal."""

from datetime import timedelta

import pytest

import wfadmin
from tests.operations.engines import BareEngine
from tests.operations.repairs import (
    acts,
    operator_of,
    watch,
    writes,
)
from wfadmin.adapters.memory import Point, World
from wfadmin.adapters.memory.writing import MemoryDeployments
from wfadmin.domain.model import Deployment
from wfadmin.domain.policy import Protection
from wfadmin.domain.results import Effect, Held
from wfadmin.errors import (
    DeploymentInUse,
    DeploymentNotFound,
    EngineRejected,
    NotSupported,
    Sent,
    StalePlan,
)

pytestmark = pytest.mark.asyncio

V1, V2, V3 = "http://v1:9080", "http://v2:9080", "http://v3:9080"


def versions(*urls: str) -> tuple[World, list[Deployment]]:
    """Each serves what the one before it served: only the last one gets new work."""
    world = World()
    return world, [world.deployment(url, serves=("Order",)) for url in urls]


def ids(world: World) -> list[str]:
    return [one.id for one in world.store.registry.deployments]


async def test_a_drained_deployment_is_removed_and_the_kept_one_stays() -> None:
    world, (old, new) = versions(V1, V2)
    points = watch(world)

    result = await operator_of(world).cleanup_stale_deployments("http://V2:9080/")

    assert (result.kept, result.removed, result.held) == ((new.id,), (old.id,), ())
    assert (result.effect, result.warnings, ids(world)) == (Effect.CONFIRMED, (), [new.id])
    places = {Point.LIST_DEPLOYMENTS, Point.LIST_SERVICES, Point.USAGE}
    assert (set(points[:3]), points[3:5]) == (places, [Point.FACTS, Point.DRY_RUN])
    assert (set(points[5:8]), points[8:]) == (places, [Point.REMOVE, Point.LIST_DEPLOYMENTS])


async def test_nothing_stale_is_nothing_to_do() -> None:
    world, (only,) = versions(V1)
    points = watch(world)

    result = await operator_of(world).cleanup_stale_deployments(V1)

    assert (result.kept, result.removed, result.effect) == ((only.id,), (), Effect.NO_CHANGE)
    assert writes(points) == []


async def test_a_url_that_nothing_is_registered_at_touches_nothing() -> None:
    world, _ = versions(V1, V2)
    points = watch(world)

    with pytest.raises(DeploymentNotFound):
        await operator_of(world).cleanup_stale_deployments("http://v9:9080", force_drain=True)

    assert writes(points) == []


async def test_a_draining_deployment_is_kept_and_says_what_holds_it() -> None:
    world, (old, new) = versions(V1, V2)
    world.workflow("Order").key("o-1").running(on=old)

    result = await operator_of(world).cleanup_stale_deployments(V2)

    assert (result.removed, result.effect) == ((), Effect.NO_CHANGE)
    assert result.held == (Held(old.id, ("unfinished runs hold it: 1",)),)
    assert ids(world) == [old.id, new.id]


async def test_a_draining_deployment_is_removed_as_soon_as_it_is_drained() -> None:
    world, (old, new) = versions(V1, V2)
    run = world.workflow("Order").key("o-1").running(on=old)
    watch(world, acts(Point.USAGE, lambda: world.store.succeed(run.id), visit=4))

    result = await operator_of(world).cleanup_stale_deployments(V2, wait=timedelta(seconds=30))

    assert (result.removed, result.held, ids(world)) == ((old.id,), (), [new.id])


async def test_a_deployment_that_does_not_drain_in_time_stays() -> None:
    world, (old, _) = versions(V1, V2)
    world.workflow("Order").key("o-1").running(on=old)
    began = world.clock.monotonic()

    result = await operator_of(world).cleanup_stale_deployments(V2, wait=timedelta(seconds=3))

    assert result.held == (Held(old.id, ("unfinished runs hold it: 1",)),)
    assert world.clock.monotonic() - began == timedelta(seconds=3)


async def test_a_removal_that_would_roll_a_service_back_refuses_the_whole_call() -> None:
    world, (first, last, _) = versions(V1, V2, V3)
    world.deployment(V2, serves=("Order",))  # the newest revision is there now
    before, points = world.store.fingerprint(), watch(world)

    with pytest.raises(DeploymentInUse) as caught:
        await operator_of(world).cleanup_stale_deployments(V3)

    assert (caught.value.deployment_ids, caught.value.services) == ((last.id,), ("Order",))
    assert (world.store.fingerprint(), writes(points)) == (before, [])
    assert first.id in ids(world)


async def test_a_removal_that_would_make_a_service_vanish_refuses_the_whole_call() -> None:
    world, (old, _) = versions(V1, V2)
    cart = world.deployment("http://cart:9080", serves=("Cart",))
    points = watch(world)

    with pytest.raises(DeploymentInUse) as caught:
        await operator_of(world).cleanup_stale_deployments(V2)

    assert (caught.value.deployment_ids, caught.value.services) == ((cart.id,), ("Cart",))
    assert (writes(points), old.id in ids(world)) == ([], True)


async def test_a_kept_deployment_that_is_dead_refuses() -> None:
    world, _ = versions(V1, V2)
    world.stop(V2)
    points = watch(world)

    with pytest.raises(EngineRejected) as caught:
        await operator_of(world).cleanup_stale_deployments(V2, force_drain=True)

    assert (caught.value.sent, writes(points)) == (Sent.NO, [])


@pytest.mark.parametrize("protection", [Protection(urls=(V1,)), Protection(services=("Order",))])
async def test_what_is_protected_stays_whatever_force_says(protection: Protection) -> None:
    world, (old, new) = versions(V1, V2)
    operator = operator_of(world, protection=protection)

    result = await operator.cleanup_stale_deployments(V2, force_drain=True)

    assert (result.removed, ids(world)) == ((), [old.id, new.id])


async def test_force_removes_and_names_what_vanishes_what_falls_back_and_the_orphans() -> None:
    world, (old, _) = versions(V1, V2)
    cart = world.deployment("http://cart:9080", serves=("Cart",))
    world.deployment(V1, serves=("Order",))
    pinned = world.workflow("Order").key("o-1").suspended(on=old)
    waiting = world.workflow("Cart").key("c-1").scheduled()

    result = await operator_of(world).cleanup_stale_deployments(V2, force_drain=True)

    assert result.removed == (old.id, cart.id)
    assert (result.orphaned, result.orphaned_count) == ((pinned.id, waiting.id), 2)
    assert result.warnings == (
        f"Order falls back to revision 2 with {old.id}.",
        f"Cart vanishes with {cart.id}.",
        "Unfinished runs that lose their deployment: 2.",
    )


async def test_at_most_a_hundred_orphans_are_named_and_all_are_counted() -> None:
    world, (old, _) = versions(V1, V2)
    for number in range(102):
        world.workflow("Order").key(f"o-{number}").running(on=old)

    result = await operator_of(world).cleanup_stale_deployments(V2, force_drain=True)

    assert (len(result.orphaned), result.orphaned_count) == (100, 102)


async def test_an_engine_that_lists_no_runs_has_its_orphans_counted() -> None:
    world, (old, _) = versions(V1, V2)
    world.workflow("Order").key("o-1").running(on=old)
    engine = Unlisted(world.engine)

    operator = wfadmin.connect(engine, clock=world.clock)
    result = await operator.cleanup_stale_deployments(V2, force_drain=True)

    assert (result.orphaned, result.orphaned_count) == ((), 1)


class Unlisted(BareEngine):
    """An engine with deployments and without a list of runs."""

    @property
    def deployments(self) -> MemoryDeployments:
        return self.whole.deployments


async def test_an_engine_without_deployments_is_not_supported() -> None:
    world, _ = versions(V1, V2)

    with pytest.raises(NotSupported):
        await wfadmin.connect(BareEngine(world.engine)).cleanup_stale_deployments(V1)


# --- what changes between the plan and the removal -----------------------------------------------


@pytest.mark.parametrize("force_drain", [False, True])
async def test_a_kept_deployment_that_goes_meanwhile_stops_everything(*, force_drain: bool) -> None:
    world, (old, new) = versions(V1, V2)
    points = watch(world, acts(Point.DRY_RUN, lambda: world.remove_deployment(new)))

    with pytest.raises(StalePlan):
        await operator_of(world).cleanup_stale_deployments(V2, force_drain=force_drain)

    assert (writes(points), ids(world)) == ([], [old.id])


async def test_a_deployment_that_is_registered_again_meanwhile_stays() -> None:
    world, (old, _) = versions(V1, V2)
    points = watch(world, acts(Point.DRY_RUN, lambda: world.deployment(V1, serves=("Order",))))

    result = await operator_of(world).cleanup_stale_deployments(V2, force_drain=True)

    assert (writes(points), result.effect) == ([], Effect.NO_CHANGE)
    assert result.held == (Held(old.id, ("it was registered again meanwhile",)),)
    assert (result.orphaned, result.orphaned_count) == ((), 0)


async def test_a_deployment_that_gets_work_meanwhile_stays() -> None:
    world, (old, _) = versions(V1, V2)
    run = world.workflow("Order").key("o-1")
    points = watch(world, acts(Point.DRY_RUN, lambda: run.running(on=old)))

    result = await operator_of(world).cleanup_stale_deployments(V2)

    assert (writes(points), [one.deployment_id for one in result.held]) == ([], [old.id])


async def test_a_deployment_that_serves_by_now_stays_also_with_force() -> None:
    """The kept one no longer serves what the plan relied on."""
    world, (old, _) = versions(V1, V2)
    points = watch(world, acts(Point.DRY_RUN, lambda: world.deployment(V2, serves=("Cart",))))

    result = await operator_of(world).cleanup_stale_deployments(V2, force_drain=True)

    assert (writes(points), ids(world)[0]) == ([], old.id)
    assert result.held == (Held(old.id, ("by now it also serves Order",)),)


async def test_a_deployment_that_serves_by_now_stays() -> None:
    world, (old, _) = versions(V1, V2)
    watch(world, acts(Point.DRY_RUN, lambda: world.deployment(V2, serves=("Cart",))))

    result = await operator_of(world).cleanup_stale_deployments(V2)

    assert result.held == (Held(old.id, ("it serves Order",)),)


async def test_a_deployment_that_another_tool_removes_meanwhile_is_not_counted() -> None:
    world, (old, _) = versions(V1, V2)
    points = watch(world, acts(Point.DRY_RUN, lambda: world.remove_deployment(old)))

    result = await operator_of(world).cleanup_stale_deployments(V2)

    assert (result.removed, result.held, writes(points)) == ((), (), [])


async def test_a_removal_that_finds_nothing_is_confirmed_and_not_counted() -> None:
    world, (old, _) = versions(V1, V2)
    watch(world, acts(Point.REMOVE, lambda: world.remove_deployment(old)))

    result = await operator_of(world).cleanup_stale_deployments(V2)

    assert (result.removed, result.held) == ((), ())
