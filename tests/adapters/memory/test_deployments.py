"""Deployments: registered, superseded, removed with everything that follows from it."""

from datetime import timedelta

import pytest

from tests.adapters.memory.driving import answer_of
from wfadmin.adapters.memory import World
from wfadmin.domain.answers import Answer, Registration
from wfadmin.domain.model import (
    Deployment,
    Handler,
    HandlerKind,
    Service,
    ServiceKind,
    ServiceRevision,
    Usage,
    UsageRow,
)
from wfadmin.errors import DeploymentNotFound, EngineRejected, UsageError

V1, V2 = "http://orders-v1:9080", "http://orders-v2:9080"


def register(
    world: World, service_url: str, *, force: bool = False, dry_run: bool = False
) -> Registration:
    call = world.engine.deployments.register(service_url, force=force, dry_run=dry_run)
    return answer_of(call)


def listed(world: World) -> tuple[Deployment, ...]:
    return answer_of(world.engine.deployments.list())


def routes(world: World) -> dict[str, tuple[str | None, int]]:
    services = answer_of(world.engine.admin.list_services())
    return {one.name: (one.deployment_id, one.revision) for one in services}


def revisions(**numbers: int) -> tuple[ServiceRevision, ...]:
    return tuple(ServiceRevision(name, number) for name, number in numbers.items())


def usage(world: World) -> Usage:
    return answer_of(world.engine.deployments.usage())


# --- registering ---------------------------------------------------------------------------------


def test_a_new_place_is_registered_with_the_next_revision_of_each_service() -> None:
    world = World()
    old = world.deployment(V1, serves=("Order",))
    world.place(V2, serves=("Order", "Cart"))
    world.clock.advance(timedelta(minutes=5))

    registration = register(world, V2)

    assert registration == Registration("dp_2", revisions(Order=2, Cart=1))
    new = Deployment("dp_2", f"{V2}/", f"{V2}/", world.clock.now(), registration.services)
    assert listed(world) == (old, new)
    assert routes(world) == {"Order": ("dp_2", 2), "Cart": ("dp_2", 1)}


def test_a_url_comes_back_with_a_slash_and_without_its_password() -> None:
    world = World()
    world.place("http://ada:secret@orders:9080", serves=("Order",))
    world.place("http://orders:9080/v2", serves=("Cart",))

    register(world, "http://ada:secret@orders:9080")
    register(world, "http://orders:9080/v2")

    urls = [one.service_url for one in listed(world)]
    assert urls == ["http://orders:9080/", "http://orders:9080/v2"]


def test_a_known_url_without_force_changes_nothing_and_is_not_even_called() -> None:
    world = World()
    old = world.deployment(V1, serves=("Order",))
    world.deployment(V2, serves=("Order",))
    world.stop(V1)
    before = world.store.fingerprint()

    assert register(world, f"{V1}/") == Registration(old.id, revisions(Order=1))
    assert register(world, V1, dry_run=True) == Registration(old.id, revisions(Order=1))
    assert world.store.fingerprint() == before


def test_a_known_url_with_force_keeps_its_id_and_bumps_every_revision() -> None:
    world = World()
    old = world.deployment(V1, serves=("Order", "Cart"))
    world.deployment(V2, serves=("Order",))
    world.clock.advance(timedelta(minutes=5))

    registration = register(world, V1, force=True)

    assert registration == Registration(old.id, revisions(Order=3, Cart=2))
    first = listed(world)[0]
    assert (first.id, first.services) == (old.id, registration.services)
    assert first.created_at == world.clock.now()
    assert routes(world) == {"Order": (old.id, 3), "Cart": (old.id, 2)}


def test_a_forced_registration_is_created_later_even_at_the_same_moment() -> None:
    world = World()
    old = world.deployment(V1, serves=("Order",))

    register(world, V1, force=True)

    assert world.deployment(V2, serves=("Order",)).id == "dp_2"
    assert old.created_at is not None
    assert listed(world)[0].created_at == old.created_at + timedelta(milliseconds=1)


def test_with_force_a_place_is_asked_what_it_serves_now() -> None:
    world = World()
    world.deployment(V1, serves=("Order", "Cart"))
    world.place(V1, serves=("Order", "Mailer"))

    assert register(world, V1, force=True).services == revisions(Order=2, Mailer=1)
    assert sorted(routes(world)) == ["Mailer", "Order"]


@pytest.mark.parametrize("force", [True, False])
def test_a_dry_run_of_a_new_place_stores_nothing_and_its_id_is_not_the_one_to_come(
    *, force: bool
) -> None:
    world = World()
    world.deployment(V1, serves=("Order",))
    world.place(V2, serves=("Order",))
    before = world.store.fingerprint()

    rehearsal = register(world, V2, force=force, dry_run=True)

    assert world.store.fingerprint() == before
    assert rehearsal.services == revisions(Order=2)
    assert register(world, V2, force=force).deployment_id != rehearsal.deployment_id


def test_a_dry_run_of_a_known_place_tells_what_force_would_do() -> None:
    world = World()
    old = world.deployment(V1, serves=("Order",))
    before = world.store.fingerprint()

    rehearsal = register(world, V1, force=True, dry_run=True)

    assert rehearsal == Registration(old.id, revisions(Order=2))
    assert world.store.fingerprint() == before


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize("known", [True, False])
def test_a_place_that_does_not_answer_is_rejected(*, known: bool, dry_run: bool) -> None:
    world = World()
    if known:
        world.deployment(V1, serves=("Order",))
        world.stop(V1)
    before = world.store.fingerprint()

    with pytest.raises(EngineRejected) as caught:
        register(world, V1, force=True, dry_run=dry_run)

    assert (caught.value.http_status, caught.value.engine_code) == (500, "META0003")
    assert world.store.fingerprint() == before


def test_what_is_said_about_a_dead_place_holds_no_password() -> None:
    with pytest.raises(EngineRejected) as caught:
        register(World(), "http://ada:secret@orders:9080")

    assert "http://orders:9080" in str(caught.value)
    assert "secret" not in repr(caught.value) + str(caught.value)


@pytest.mark.parametrize("service_url", ["", "orders:9080", "ftp://orders", "http://"])
def test_what_is_no_url_is_rejected(service_url: str) -> None:
    with pytest.raises(EngineRejected) as caught:
        register(World(), service_url)

    assert caught.value.http_status == 422


# --- removing ------------------------------------------------------------------------------------


def remove(world: World, deployment_id: str) -> Answer:
    return answer_of(world.engine.deployments.remove(deployment_id))


def test_a_removal_asks_nothing_and_leaves_zombies() -> None:
    world = World()
    old = world.deployment(V1, serves=("Order",))
    new = world.deployment(V2, serves=("Order",))
    run = world.workflow("Order").key("o-1").suspended(on=old)
    before = run.now

    assert remove(world, old.id) is Answer.ACCEPTED

    assert listed(world) == (new,)
    assert run.now == before
    assert before is not None
    assert before.deployment_id == old.id
    assert usage(world) == Usage((UsageRow("Order", old.id, 1),))


def test_a_service_falls_back_to_its_older_revision() -> None:
    world = World()
    old = world.deployment(V1, serves=("Order",))
    new = world.deployment(V2, serves=("Order", "Cart"))

    remove(world, new.id)

    assert routes(world) == {"Order": (old.id, 1)}


def test_a_revision_comes_again_after_its_removal() -> None:
    world = World()
    world.deployment(V1, serves=("Order",))
    remove(world, world.deployment(V2, serves=("Order",)).id)

    assert register(world, V2).services == revisions(Order=2)


def test_an_unknown_deployment_is_not_found() -> None:
    world = World()
    old = world.deployment(V1, serves=("Order",))
    remove(world, old.id)

    assert [remove(world, old.id), remove(world, "dp_99")] == [Answer.NOT_FOUND] * 2
    with pytest.raises(DeploymentNotFound):
        world.remove_deployment(old)


# --- services ------------------------------------------------------------------------------------


def test_services_are_listed_by_name_with_kind_and_handlers() -> None:
    world = World()
    world.workflow("Order").key("o-1").shared("watch")
    world.virtual_object("Cart", handler="add")
    world.plain("Mailer")

    def service(name: str, kind: ServiceKind, main: str, *shared: str) -> Service:
        handlers = (
            Handler(main, HandlerKind.MAIN),
            *(Handler(each, HandlerKind.SHARED) for each in shared),
        )
        return Service(name, kind, 1, "dp_1", handlers)

    assert answer_of(world.engine.admin.list_services()) == (
        service("Cart", ServiceKind.VIRTUAL_OBJECT, "add"),
        service("Mailer", ServiceKind.PLAIN, "call"),
        service("Order", ServiceKind.WORKFLOW, "run", "watch"),
    )


def test_a_service_that_only_a_deployment_names_is_a_workflow() -> None:
    world = World()
    world.deployment(V1, serves=("Order",))

    (service,) = answer_of(world.engine.admin.list_services())

    assert (service.name, service.kind) == ("Order", ServiceKind.WORKFLOW)


# --- usage ---------------------------------------------------------------------------------------


def test_usage_counts_every_unfinished_run_pinned_or_not_and_no_completed_one() -> None:
    world = World()
    old = world.deployment(V1, serves=("Order", "Cart"))
    new = world.deployment(V2, serves=("Order",))
    order = world.workflow("Order")
    order.key("a").running()
    order.key("b").suspended(on=old)
    order.key("c").paused(on=old)
    order.key("d").scheduled()
    order.key("e").pending()
    order.key("f").submit()
    order.key("g").succeeded(on=old)
    order.key("h").killed()
    cart = world.virtual_object("Cart").key("c-1")
    cart.backing_off()
    cart.pending()

    assert usage(world) == Usage(
        (
            UsageRow("Cart", None, 1),
            UsageRow("Cart", old.id, 1),
            UsageRow("Order", None, 3),
            UsageRow("Order", old.id, 2),
            UsageRow("Order", new.id, 1),
        )
    )


# --- declaring them in a world -------------------------------------------------------------------


def test_a_world_without_a_deployment_gets_one_that_serves_everything() -> None:
    world = World()
    world.workflow("Order")
    world.virtual_object("Cart")

    (default,) = listed(world)

    assert default.service_url == "http://default:9080/"
    assert default.services == revisions(Order=1, Cart=1)


def test_the_default_is_gone_as_soon_as_a_deployment_is_declared() -> None:
    world = World()
    world.workflow("Order")
    world.workflow("Unserved")

    declared = world.deployment(V1, serves=("Order",))

    assert listed(world) == (declared,)
    assert declared.services == revisions(Order=1)
    with pytest.raises(EngineRejected, match="META0003"):
        register(world, "http://default:9080")


def test_the_default_stays_as_the_oldest_if_a_run_is_there_already() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").suspended()

    declared = world.deployment(V1, serves=("Order",))

    assert [one.id for one in listed(world)] == ["dp_1", declared.id]
    assert routes(world) == {"Order": (declared.id, 2)}
    assert run.now is not None
    assert run.now.deployment_id == "dp_1"


def test_a_service_that_is_declared_after_a_deployment_is_not_served_by_itself() -> None:
    world = World()
    world.deployment(V1, serves=("Order",))

    world.workflow("Unserved")

    assert sorted(routes(world)) == ["Order"]


def test_a_deployment_that_is_declared_again_is_registered_by_force() -> None:
    world = World()
    first = world.deployment(V1, serves=("Order",))

    again = world.deployment(V1, serves=("Order", "Cart"))

    assert (again.id, again.services) == (first.id, revisions(Order=2, Cart=1))


def test_a_place_serves_something() -> None:
    with pytest.raises(UsageError, match="at least one service"):
        World().deployment(V1, serves=())


def test_a_service_is_served_once_however_often_it_is_named() -> None:
    assert World().deployment(V1, serves=("Order", "Order")).services == revisions(Order=1)
