"""Cleanups in detail: what is kept, who is orphaned, and what is said of what stays."""

from datetime import timedelta

import attrs
import pytest

from tests.operations.repairs import acts, fails, lost, nothing, operator_of, watch
from tests.operations.test_waiting import Told
from wfadmin.adapters.memory import Point, World
from wfadmin.adapters.memory.writing import MemoryDeployments
from wfadmin.domain.answers import Answer
from wfadmin.domain.model import Deployment
from wfadmin.domain.results import Effect, Held
from wfadmin.errors import EngineRejected, OutcomeUnknown

pytestmark = pytest.mark.asyncio

V1, V2, V3 = "http://v1:9080", "http://v2:9080", "http://v3:9080"


def versions(*services: str) -> tuple[World, Deployment]:
    """An old deployment of these services, and a new one."""
    world = World()
    old = world.deployment(V1, serves=services)
    world.deployment(V2, serves=services)
    return world, old


async def test_a_run_without_a_pin_whose_service_stays_is_no_orphan() -> None:
    world, old = versions("Order")
    pinned = world.workflow("Order").key("o-1").suspended(on=old)
    world.workflow("Order").key("o-2").scheduled()

    result = await operator_of(world).cleanup_stale_deployments(V2, force_drain=True)

    assert (result.orphaned, result.orphaned_count) == ((pinned.id,), 1)


async def test_where_nothing_was_removed_nothing_is_an_orphan() -> None:
    world, _ = versions("Order")
    cart = world.deployment("http://cart:9080", serves=("Cart",))
    world.workflow("Cart").key("c-1").scheduled()
    refusal = EngineRejected("memory", 500)
    watch(world, fails(Point.REMOVE, refusal), fails(Point.REMOVE, refusal))

    result = await operator_of(world).cleanup_stale_deployments(V2, force_drain=True)

    assert (result.removed, len(result.held), result.held[1].deployment_id) == ((), 2, cart.id)
    assert (result.orphaned, result.orphaned_count) == ((), 0)


@pytest.mark.parametrize("answer", [Answer.WRONG_STATUS, Answer.CHANGED])
async def test_a_declined_removal_removes_nothing(
    answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, old = versions("Order")

    async def declined(*_: object) -> Answer:
        return answer

    monkeypatch.setattr(MemoryDeployments, "remove", declined)

    result = await operator_of(world).cleanup_stale_deployments(V2)

    assert (result.removed, result.effect) == ((), Effect.ACCEPTED)
    assert result.held == (Held(old.id, ("the engine declined",)),)


@pytest.mark.parametrize(
    ("force_drain", "why"),
    [(False, "it serves Cart, Order"), (True, "by now it also serves Cart, Order")],
)
async def test_every_service_that_keeps_a_deployment_is_named(
    *, force_drain: bool, why: str
) -> None:
    world, old = versions("Order", "Cart")
    watch(world, acts(Point.DRY_RUN, lambda: world.deployment(V2, serves=("Mail",))))

    result = await operator_of(world).cleanup_stale_deployments(V2, force_drain=force_drain)

    assert result.held == (Held(old.id, (why,)),)


async def test_what_is_to_be_kept_besides_is_kept() -> None:
    world, old = versions("Order")
    cart = world.deployment(V3, serves=("Cart",))

    result = await operator_of(world).cleanup_stale_deployments(V2, also_keep=[V3])

    assert (result.removed, cart.id in result.kept) == ((old.id,), True)


@pytest.mark.parametrize(("wait", "is_planned"), [(0, False), (1, True)])
async def test_what_drains_is_planned_only_where_it_is_waited_for(
    wait: int, *, is_planned: bool
) -> None:
    world, old = versions("Order")
    world.workflow("Order").key("o-1").suspended(on=old)

    plan = await operator_of(world).plan_cleanup(V2, wait=timedelta(seconds=wait))

    assert [one.target for one in plan.items] == ([old.id] if is_planned else [])


async def test_what_nothing_but_force_removes_is_not_planned_by_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, old = versions("Order")
    placeless = attrs.evolve(old, service_url=None)
    whole = MemoryDeployments.list

    async def listed(self: MemoryDeployments) -> tuple[Deployment, ...]:
        return tuple(placeless if one.id == old.id else one for one in await whole(self))

    monkeypatch.setattr(MemoryDeployments, "list", listed)

    plan = await operator_of(world).plan_cleanup(V2, wait=timedelta(seconds=1))

    assert plan.items == ()


async def test_without_force_nobody_looks_for_orphans_and_there_are_none() -> None:
    world = World()
    drained = world.deployment(V1, serves=("Order",))
    held = world.deployment(V2, serves=("Order",))
    world.deployment(V3, serves=("Order",))
    world.workflow("Order").key("o-1").suspended(on=held)
    points = watch(world)

    result = await operator_of(world).cleanup_stale_deployments(V3)

    assert (result.removed, Point.SURVEY in points) == ((drained.id,), False)
    assert (result.orphaned, result.orphaned_count) == ((), 0)


async def test_every_removal_before_a_failure_is_named() -> None:
    world = World()
    first, second, third = (world.deployment(f"http://v{n}", serves=("Order",)) for n in range(3))
    world.deployment(V3, serves=("Order",))
    watch(world, lost(Point.REMOVE, nothing, visit=3))

    with pytest.raises(OutcomeUnknown) as caught:
        await operator_of(world).cleanup_stale_deployments(V3)

    assert caught.value.target == third.id
    assert caught.value.also == (f"Removed before that: {first.id}, {second.id}.",)


async def test_whoever_watches_is_told_what_is_waited_for() -> None:
    world, old = versions("Order")
    world.workflow("Order").key("o-1").suspended(on=old)
    told = Told()

    operator = operator_of(world, observer=told)
    await operator.cleanup_stale_deployments(V2, wait=timedelta(seconds=1))

    fields = {"deployment_id": old.id, "reason": "unfinished runs hold it: 1"}
    assert told.events == [("cleanup.waiting", fields)]
