"""Registering a URL, and proving that its services route to it."""

import pytest

from tests.operations.repairs import Later, acts, fails, lost, nothing, operator_of, watch, writes
from wfadmin.adapters.memory import Point, World
from wfadmin.domain.model import ServiceRevision
from wfadmin.domain.plan import Action
from wfadmin.domain.results import Effect
from wfadmin.errors import (
    EngineRejected,
    EngineUnreachable,
    InvalidServiceUrl,
    OutcomeUnknown,
    Sent,
)
from wfadmin.wire.outcomes import ending_of

pytestmark = pytest.mark.asyncio

OLD, NEW = "http://v1:9080", "http://v2:9080"


def two_places() -> World:
    world = World()
    world.deployment(OLD, serves=("Order",))
    world.place(NEW, serves=("Order", "Cart"))
    return world


async def test_a_new_url_is_registered_and_its_services_route_to_it() -> None:
    world = two_places()
    points = watch(world)

    result = await operator_of(world).force_redeploy(NEW)

    services = (ServiceRevision("Order", 2), ServiceRevision("Cart", 1))
    assert (result.services, result.effect, result.warnings) == (services, Effect.CONFIRMED, ())
    assert points[3:] == [
        Point.FACTS,
        Point.DRY_RUN,
        Point.REGISTER,
        Point.LIST_DEPLOYMENTS,
        Point.LIST_SERVICES,
    ]
    assert set(points[:3]) == {Point.LIST_DEPLOYMENTS, Point.LIST_SERVICES, Point.USAGE}


async def test_with_force_a_known_url_gets_new_revisions_and_keeps_its_id() -> None:
    world = two_places()
    before = world.store.registry.deployments[0]

    result = await operator_of(world).force_redeploy(OLD)

    assert (result.deployment_id, result.services) == (before.id, (ServiceRevision("Order", 2),))


async def test_without_force_a_known_url_is_left_as_it_is() -> None:
    world = two_places()
    points = watch(world)

    result = await operator_of(world).force_redeploy(OLD, force=False)

    assert (result.effect, writes(points)) == (Effect.NO_CHANGE, [])
    assert result.warnings == ("The URL is known: without force nothing is registered again.",)


async def test_without_force_services_that_are_new_at_the_url_are_missed_and_named() -> None:
    world = two_places()
    world.place(OLD, serves=("Order", "Gift"))

    result = await operator_of(world).force_redeploy(OLD, force=False)

    assert result.effect is Effect.ACCEPTED
    assert result.warnings[-1] == "Not routed to it: Gift. Register it with force."


async def test_a_dead_url_is_refused_before_anything_is_sent() -> None:
    world = two_places()
    world.stop(NEW)
    before, points = world.store.fingerprint(), watch(world)

    with pytest.raises(EngineRejected) as caught:
        await operator_of(world).force_redeploy(NEW)

    assert (caught.value.sent, ending_of(caught.value).exit_code) == (Sent.NO, 8)
    assert (world.store.fingerprint(), writes(points)) == (before, [])


async def test_what_is_no_url_is_not_asked_for() -> None:
    world = two_places()
    points = watch(world)

    with pytest.raises(InvalidServiceUrl):
        await operator_of(world).force_redeploy("orders:9080")

    assert points == []


async def test_a_plan_shows_services_and_revisions_and_warns_of_pinned_runs() -> None:
    world = two_places()
    world.workflow("Order").key("o-1").suspended()
    points = watch(world)

    plan = await operator_of(world).plan_redeploy(OLD)

    assert [(one.action, one.detail) for one in plan.steps] == [
        (Action.REGISTER, "force: Order 2"),
    ]
    assert plan.warnings[0].startswith("Unfinished runs that are pinned to this URL: 1.")
    assert writes(points) == []


async def test_a_plan_without_force_shows_only_the_services() -> None:
    plan = await operator_of(two_places()).plan_redeploy(NEW, force=False)

    assert [one.detail for one in plan.steps] == ["Order 2, Cart 1"]


async def test_a_service_that_somebody_takes_over_at_once_is_not_confirmed() -> None:
    world = two_places()
    taken = lambda: world.deployment("http://v3:9080", serves=("Order",))  # noqa: E731
    watch(world, acts(Point.LIST_DEPLOYMENTS, taken, visit=2))

    result = await operator_of(world).force_redeploy(NEW)

    assert (result.effect, result.warnings) == (Effect.ACCEPTED, ("Not routed to it: Order.",))


async def test_a_registration_whose_answer_is_lost_is_settled_by_listing() -> None:
    world = two_places()
    done = lambda: world.deployment(NEW, serves=("Order", "Cart"))  # noqa: E731
    points = watch(world, lost(Point.REGISTER, done))

    result = await operator_of(world).force_redeploy(NEW)

    assert (result.effect, writes(points)) == (Effect.CONFIRMED, [Point.REGISTER])
    assert "was lost; its effect was seen by reading" in result.warnings[0]


@pytest.mark.parametrize("url", [OLD, NEW])
async def test_a_registration_that_is_neither_answered_nor_done_is_unknown(url: str) -> None:
    world = two_places()
    points = watch(world, lost(Point.REGISTER, nothing))

    with pytest.raises(OutcomeUnknown) as caught:
        await operator_of(world).force_redeploy(url)

    assert (caught.value.sent, writes(points)) == (Sent.UNKNOWN, [Point.REGISTER])


async def test_a_registration_that_happens_later_is_confirmed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = two_places()
    later = Later(monkeypatch)
    watch(world, acts(Point.LIST_DEPLOYMENTS, later.happen, visit=4))

    result = await operator_of(world).force_redeploy(NEW)

    assert result.effect is Effect.CONFIRMED


async def test_a_place_that_dies_after_the_dry_run_is_an_error_after_a_write() -> None:
    world = two_places()
    watch(world, acts(Point.REGISTER, lambda: world.stop(NEW)))

    with pytest.raises(EngineRejected) as caught:
        await operator_of(world).force_redeploy(NEW)

    assert (caught.value.sent, ending_of(caught.value).exit_code) == (Sent.YES, 7)


async def test_an_engine_that_goes_away_before_the_registration_sent_nothing() -> None:
    world = two_places()
    watch(world, fails(Point.REGISTER, EngineUnreachable("memory", "refused")))

    with pytest.raises(EngineUnreachable) as caught:
        await operator_of(world).force_redeploy(NEW)

    assert caught.value.sent is Sent.NO
