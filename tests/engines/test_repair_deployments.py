"""Redeploy and cleanup on a real Restate, each test from one deployment that serves everything."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.engines.desk import Desk
from tests.engines.restate_lab import EVERYTHING, RestateLab, Run
from tests.engines.restate_server import RestateServer, Row, free_ports
from tests.engines.service_host import ServiceHost
from wfadmin.domain.model import ServiceRevision
from wfadmin.domain.plan import Action, Verb
from wfadmin.domain.results import CleanupResult, Effect, Held
from wfadmin.errors import DeploymentInUse, DeploymentNotFound, EngineRejected, Sent, StalePlan

pytestmark = pytest.mark.engine

HELD_BY_ONE = "unfinished runs hold it: 1"


@pytest.fixture(scope="module")
def shared(restate_binary: Path, restate_version: str) -> Iterator[RestateLab]:
    with (
        RestateServer(restate_binary, version=restate_version) as server,
        RestateLab(server) as lab,
    ):
        yield lab


@pytest.fixture
def places(shared: RestateLab) -> Iterator[RestateLab]:
    """Have a server whose only deployment is the main one, and which holds no unfinished run."""
    yield shared
    shared.only_main()


@pytest.fixture
def unregistered() -> Iterator[ServiceHost]:
    """Have a place that serves Mailer, of which the engine does not know."""
    with ServiceHost("Mailer", revision="2") as host:
        yield host


def registered(lab: RestateLab) -> dict[str, Row]:
    """What the engine lists as deployments, by id."""
    listed = lab.server.admin.get("/deployments").json()["deployments"]
    return {str(each["id"]): each for each in listed}


def routes(lab: RestateLab) -> dict[str, tuple[str, int]]:
    """Where each service goes, and at which revision."""
    listed = lab.server.admin.get("/services").json()["services"]
    return {each["name"]: (each["deployment_id"], each["revision"]) for each in listed}


def everything(lab: RestateLab) -> tuple[dict[str, Row], dict[str, tuple[str, int]]]:
    """All that a redeploy or a cleanup could touch."""
    return registered(lab), routes(lab)


def removal_of(deployment_id: str) -> str:
    return f"DELETE /deployments/{deployment_id}?force=true"


def is_waiting(lab: RestateLab, run: Run) -> bool:
    return str(lab.row(run)["status"]) == "suspended"


# --- redeploy ------------------------------------------------------------------------------------


def test_a_new_url_is_registered_and_its_services_route_to_it(
    places: RestateLab, unregistered: ServiceHost
) -> None:
    revision = routes(places)["Mailer"][1]

    with Desk(places.server) as desk:
        result = desk.operator.force_redeploy(unregistered.url)

    assert places.deployment_of("Mailer") == result.deployment_id != places.main.id
    assert result.services == (ServiceRevision("Mailer", revision + 1),)
    assert (result.effect, result.confirmed, result.warnings) == (Effect.CONFIRMED, True, ())
    assert places.deployments() == {places.main.id, result.deployment_id}
    assert desk.writes == ["POST /deployments"]
    assert desk.outcomes == [("redeploy", None), ("redeploy", "confirmed")]


def test_a_known_url_gets_new_revisions_and_keeps_its_id(places: RestateLab) -> None:
    before = routes(places)

    with Desk(places.server) as desk:
        result = desk.operator.force_redeploy(places.main.url)

    assert (result.deployment_id, result.effect) == (places.main.id, Effect.CONFIRMED)
    assert {one.name for one in result.services} == set(EVERYTHING)
    after = {name: (at, revision + 1) for name, (at, revision) in before.items()}
    assert routes(places) == after


def test_a_known_url_that_is_routed_to_stays_as_it_is_without_force(places: RestateLab) -> None:
    before = everything(places)

    with Desk(places.server) as desk:
        result = desk.operator.force_redeploy(places.main.url, force=False)

    assert (result.deployment_id, result.effect) == (places.main.id, Effect.NO_CHANGE)
    assert desk.writes == []
    assert everything(places) == before


def test_a_known_url_that_was_superseded_is_not_confirmed_without_force(
    places: RestateLab,
) -> None:
    drained, _ = places.drained_deployment()

    with Desk(places.server) as desk:
        result = desk.operator.force_redeploy(drained.url, force=False)

    assert (result.deployment_id, result.confirmed) == (drained.id, False)
    assert result.warnings[-1].startswith("Not routed to it: ")
    assert result.warnings[-1].endswith(" Register it with force.")
    assert desk.writes == []


def test_a_url_where_nobody_answers_is_refused_and_nothing_changes(places: RestateLab) -> None:
    before = everything(places)
    (port,) = free_ports(1)

    with Desk(places.server) as desk, pytest.raises(EngineRejected) as refused:
        desk.operator.force_redeploy(f"http://127.0.0.1:{port}")

    rejection = refused.value
    assert (rejection.http_status, rejection.engine_code) == (500, "META0003")
    assert rejection.sent is Sent.NO
    assert desk.writes == []
    assert everything(places) == before


def test_a_planned_redeploy_stores_nothing_until_it_is_applied(
    places: RestateLab, unregistered: ServiceHost
) -> None:
    before = everything(places)

    with Desk(places.server) as desk:
        plan = desk.operator.plan_redeploy(unregistered.url)
        planned_writes, planned_to = desk.writes, everything(places)
        result = desk.operator.apply(plan)

    assert (planned_writes, planned_to) == ([], before)
    wanted = [(Action.REGISTER, unregistered.url)]
    assert [(step.action, step.target) for step in plan.steps] == wanted
    assert result.effect is Effect.CONFIRMED
    assert places.deployment_of("Mailer") != places.main.id


def test_a_redeploy_warns_of_runs_that_are_pinned_to_the_url(places: RestateLab) -> None:
    places.waiting()

    with Desk(places.server) as desk:
        plan = desk.operator.plan_redeploy(places.main.url)

    assert [one.split(".")[0] for one in plan.warnings] == [
        "Unfinished runs that are pinned to this URL: 1"
    ]


# --- cleanup -------------------------------------------------------------------------------------


def test_a_drained_deployment_goes_and_a_draining_one_stays_with_what_holds_it(
    places: RestateLab,
) -> None:
    drained, _ = places.drained_deployment()
    draining, holder = places.draining_deployment()
    before = routes(places)

    with Desk(places.server) as desk:
        result = desk.operator.cleanup_stale_deployments(places.main.url)

    assert result == CleanupResult(
        kept=(places.main.id,),
        removed=(drained.id,),
        held=(Held(draining.id, (HELD_BY_ONE,)),),
        effect=Effect.CONFIRMED,
    )
    assert desk.writes == [removal_of(drained.id)]
    assert desk.outcomes == [("cleanup", None), ("cleanup", "confirmed")]
    assert places.deployments() == {places.main.id, draining.id}
    assert routes(places) == before
    assert is_waiting(places, holder)


def test_where_everything_is_held_nothing_is_removed(places: RestateLab) -> None:
    draining, _ = places.draining_deployment()

    with Desk(places.server) as desk:
        result = desk.operator.cleanup_stale_deployments(places.main.url)

    assert (result.removed, result.effect) == ((), Effect.NO_CHANGE)
    assert result.held == (Held(draining.id, (HELD_BY_ONE,)),)
    assert desk.writes == []


def test_what_drains_in_time_goes_too(places: RestateLab) -> None:
    draining, holder = places.draining_deployment()
    release = threading.Timer(0.3, places.release, [holder])
    release.start()

    with Desk(places.server) as desk:
        wait = timedelta(seconds=20)
        result = desk.operator.cleanup_stale_deployments(places.main.url, wait=wait)
    release.join()

    assert (result.removed, result.held) == ((draining.id,), ())
    assert places.row(holder)["completion_result"] == "success"


def test_a_deployment_that_older_ones_would_take_over_from_refuses_the_whole_cleanup(
    places: RestateLab,
) -> None:
    drained, _ = places.drained_deployment()
    newer = places.deploy("Mailer")
    before = everything(places)

    with Desk(places.server) as desk, pytest.raises(DeploymentInUse) as refused:
        desk.operator.cleanup_stale_deployments(places.main.url)

    refusal = refused.value
    assert (refusal.deployment_ids, refusal.services) == ((newer.id,), ("Mailer",))
    assert refusal.sent is Sent.NO
    assert desk.writes == []
    assert everything(places) == before
    assert drained.id in before[0]


def test_a_deployment_whose_services_would_vanish_refuses_the_whole_cleanup(
    places: RestateLab,
) -> None:
    newer = places.deploy("Mailer")
    before = everything(places)

    with Desk(places.server) as desk, pytest.raises(DeploymentInUse) as refused:
        desk.operator.cleanup_stale_deployments(newer.url)

    assert refused.value.deployment_ids == (places.main.id,)
    assert set(refused.value.services) == {"Order", "Parent", "Cart"}
    assert desk.writes == []
    assert everything(places) == before


def test_a_forced_cleanup_removes_what_serves_and_names_the_orphans(places: RestateLab) -> None:
    newer = places.deploy("Order")
    revision = routes(places)["Order"][1]
    orphan = places.waiting()

    with Desk(places.server) as desk:
        result = desk.operator.cleanup_stale_deployments(places.main.url, force_drain=True)

    assert result == CleanupResult(
        kept=(places.main.id,),
        removed=(newer.id,),
        held=(),
        orphaned=(orphan.invocation_id,),
        orphaned_count=1,
        effect=Effect.CONFIRMED,
        warnings=(
            f"Order falls back to revision {revision - 1} with {newer.id}.",
            "Unfinished runs that lose their deployment: 1.",
        ),
    )
    assert desk.writes == [removal_of(newer.id)]
    assert routes(places)["Order"] == (places.main.id, revision - 1)
    assert is_waiting(places, orphan)


def test_a_forced_cleanup_says_which_services_vanish(fresh_restate: RestateLab) -> None:
    newer = fresh_restate.deploy("Mailer")

    with Desk(fresh_restate.server) as desk:
        result = desk.operator.cleanup_stale_deployments(newer.url, force_drain=True)

    vanished = ("Cart", "Order", "Parent")
    assert result.warnings == tuple(
        f"{name} vanishes with {fresh_restate.main.id}." for name in vanished
    )
    assert result.removed == (fresh_restate.main.id,)
    assert routes(fresh_restate).keys() == {"Mailer"}


def test_what_is_also_kept_is_neither_removed_nor_in_the_way(places: RestateLab) -> None:
    drained, _ = places.drained_deployment()
    newer = places.deploy("Mailer")

    with Desk(places.server) as desk:
        result = desk.operator.cleanup_stale_deployments(places.main.url, also_keep=(newer.url,))

    assert (set(result.kept), result.removed) == ({places.main.id, newer.id}, (drained.id,))


def test_a_url_that_is_not_registered_is_not_found_and_nothing_goes(places: RestateLab) -> None:
    places.drained_deployment()
    before = everything(places)

    with Desk(places.server) as desk, pytest.raises(DeploymentNotFound) as refused:
        desk.operator.cleanup_stale_deployments("http://127.0.0.1:9")

    assert (refused.value.name, refused.value.sent) == ("http://127.0.0.1:9", Sent.NO)
    assert desk.writes == []
    assert everything(places) == before


def test_nothing_is_removed_in_favour_of_a_place_that_is_dead(places: RestateLab) -> None:
    newer = places.deploy(*EVERYTHING)
    newer.host.stop()
    before = everything(places)

    with Desk(places.server) as desk, pytest.raises(EngineRejected) as refused:
        desk.operator.cleanup_stale_deployments(newer.url)

    assert (refused.value.engine_code, refused.value.sent) == ("META0003", Sent.NO)
    assert desk.writes == []
    assert everything(places) == before


def test_a_planned_cleanup_removes_nothing_until_it_is_applied(places: RestateLab) -> None:
    drained, _ = places.drained_deployment()
    before = everything(places)

    with Desk(places.server) as desk:
        plan = desk.operator.plan_cleanup(places.main.url)
        planned_writes, planned_to = desk.writes, everything(places)
        result = desk.operator.apply(plan)
        again = desk.operator.apply(plan)

    assert (planned_writes, planned_to) == ([], before)
    assert (plan.verb, len(plan.items)) == (Verb.CLEANUP, 1)
    wanted = [(Action.REMOVE, drained.id)]
    assert [(step.action, step.target) for step in plan.steps] == wanted
    assert (result.effect, again.effect) == (Effect.CONFIRMED, Effect.NO_CHANGE)
    assert desk.writes == [removal_of(drained.id)]


def test_a_plan_does_not_remove_what_became_stale_after_it(places: RestateLab) -> None:
    first, _ = places.drained_deployment()

    with Desk(places.server) as desk:
        plan = desk.operator.plan_cleanup(places.main.url)
        second, _ = places.drained_deployment()
        with pytest.raises(StalePlan):
            desk.operator.apply(plan)

    assert desk.writes == []
    assert places.deployments() == {places.main.id, first.id, second.id}
