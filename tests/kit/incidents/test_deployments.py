"""Incidents of deployments: the world is as told, and the naive act does the harm."""

from datetime import timedelta

import pytest

from wfadmin.adapters.memory import Submission, World
from wfadmin.commands import Kill, Purge, Resume
from wfadmin.domain.model import Usage, UsageRow
from wfadmin.errors import EngineRejected
from wfadmin.ports.engine import Engine
from wfadmin.testing.incidents import incident

pytestmark = pytest.mark.asyncio

OLD = "http://orders-v1:9080"


async def routes(engine: Engine) -> dict[str, str | None]:
    """Where new work of each service goes."""
    return {one.name: one.deployment_id for one in await engine.admin.list_services()}


async def usage(engine: Engine) -> Usage:
    assert engine.deployments is not None
    return await engine.deployments.usage()


async def remove(engine: Engine, deployment_id: str) -> None:
    assert engine.deployments is not None
    await engine.deployments.remove(deployment_id)


async def is_lost(engine: Engine, invocation_id: str) -> bool:
    """Whether a run is pinned to a deployment that is not registered."""
    assert engine.deployments is not None
    assert engine.listing is not None
    there = {one.id for one in await engine.deployments.list()}
    survey = await engine.listing.survey(failures=0, unfinished=100)
    run = next(one for one in survey.unfinished if one.id == invocation_id)
    return run.deployment_id is not None and run.deployment_id not in there


def submitted(world: World, service: str, key: str) -> Submission:
    return world.workflow(service).key(key).submit()


# --- ghost-deployment-spiral ---------------------------------------------------------------------


async def test_the_ghost_is_held_by_runs_that_gave_up_on_it() -> None:
    engine = incident("ghost-deployment-spiral").world().engine

    assert engine.deployments is not None
    assert [one.id for one in await engine.deployments.list()] == ["dp_1", "dp_2"]
    assert await routes(engine) == {"Order": "dp_2"}
    assert await usage(engine) == Usage((UsageRow("Order", "dp_1", 2),), complete=True)
    (run,) = await engine.invocations.for_key(incident("ghost-deployment-spiral").key)
    assert (run.status, run.failure, run.deployment_id) == ("paused", "[404] Not Found", "dp_1")


async def test_nothing_answers_at_the_ghost_any_more() -> None:
    engine = incident("ghost-deployment-spiral").world().engine

    assert engine.deployments is not None
    with pytest.raises(EngineRejected, match="META0003"):
        await engine.deployments.register(OLD, force=True, dry_run=True)


async def test_removing_the_ghost_leaves_its_runs_without_any_version() -> None:
    told = incident("ghost-deployment-spiral")
    engine = told.world().engine
    (run,) = await engine.invocations.for_key(told.key)

    await remove(engine, "dp_1")
    await engine.control.perform(Resume(run.ref))

    (now,) = await engine.invocations.for_key(told.key)
    assert (now.status, now.deployment_id) == ("backing_off", "dp_1")
    assert await is_lost(engine, run.id)


# --- unpinned-work-at-drain ----------------------------------------------------------------------


async def test_what_is_not_pinned_yet_is_counted_for_its_service() -> None:
    engine = incident("unpinned-work-at-drain").world().engine

    assert await routes(engine) == {"Invoice": "dp_1", "Order": "dp_2"}
    assert await usage(engine) == Usage((UsageRow("Invoice", None, 2),), complete=True)


async def test_removing_what_no_run_is_pinned_to_leaves_the_work_without_a_place() -> None:
    world = incident("unpinned-work-at-drain").world()
    pinned = {row.deployment_id for row in (await usage(world.engine)).rows}

    assert "dp_1" not in pinned
    await remove(world.engine, "dp_1")
    world.advance(timedelta(hours=3))

    assert await routes(world.engine) == {"Order": "dp_2"}
    (run,) = await world.engine.invocations.for_key(incident("unpinned-work-at-drain").key)
    assert world.store.progress(run.id) is False
    assert run.status == "ready"
    assert submitted(world, "Invoice", "i-3").answer == "not_found"


# --- re-register-changes-nothing -----------------------------------------------------------------


async def test_the_bad_release_gets_all_new_work() -> None:
    told = incident("re-register-changes-nothing")
    engine = told.world().engine

    assert await routes(engine) == {"Order": "dp_2"}
    (run,) = await engine.invocations.for_key(told.key)
    assert (run.status, run.failed_attempts, run.deployment_id) == ("backing_off", 12, "dp_2")


async def test_registering_the_old_version_again_is_answered_and_changes_nothing() -> None:
    world = incident("re-register-changes-nothing").world()
    assert world.engine.deployments is not None

    answer = await world.engine.deployments.register(OLD, force=False, dry_run=False)

    assert answer.deployment_id == "dp_1"
    assert await routes(world.engine) == {"Order": "dp_2"}
    new = submitted(world, "Order", "o-2").invocation_id
    assert new is not None
    assert world.store.progress(new)
    run = world.store.find(new)
    assert run is not None
    assert run.deployment_id == "dp_2"


# --- silent-rollback -----------------------------------------------------------------------------


async def test_the_newest_version_looks_idle() -> None:
    engine = incident("silent-rollback").world().engine

    assert await routes(engine) == {"Order": "dp_2"}
    assert await usage(engine) == Usage((UsageRow("Order", "dp_1", 1),), complete=True)


async def test_removing_what_looks_idle_sends_new_work_to_old_code() -> None:
    world = incident("silent-rollback").world()

    await remove(world.engine, "dp_2")

    assert await routes(world.engine) == {"Order": "dp_1"}
    assert submitted(world, "Order", "o-2").answer == "accepted"


# --- version-zombie ------------------------------------------------------------------------------


async def test_the_zombie_retries_against_nothing() -> None:
    told = incident("version-zombie")
    engine = told.world().engine

    (run,) = await engine.invocations.for_key(told.key)
    assert (run.status, run.failed_attempts) == ("backing_off", 40)
    assert run.failure is not None
    assert run.failure.startswith("[RT0011]")
    assert await is_lost(engine, run.id)
    assert await routes(engine) == {"Order": "dp_2"}


async def test_killing_the_zombie_throws_its_work_away() -> None:
    told = incident("version-zombie")
    world = told.world()
    (run,) = await world.engine.invocations.for_key(told.key)

    await world.engine.control.perform(Kill(run.ref))
    await world.engine.control.perform(Purge(run.ref))

    assert await world.engine.invocations.for_key(told.key) == ()
    assert world.store.state_of(told.key) == {}


# --- completed-counted-as-draining ---------------------------------------------------------------


async def test_only_unfinished_runs_hold_a_version() -> None:
    told = incident("completed-counted-as-draining")
    engine = told.world().engine

    assert await usage(engine) == Usage((UsageRow("Order", "dp_2", 1),), complete=True)
    assert engine.listing is not None
    survey = await engine.listing.survey(failures=0, unfinished=100)
    assert [(one.engine_status, one.count) for one in survey.counts] == [
        ("completed", 5),
        ("suspended", 1),
    ]


async def test_forcing_because_everything_seems_in_use_removes_what_a_live_run_needs() -> None:
    told = incident("completed-counted-as-draining")
    world = told.world()
    counted = {run.deployment_id for run in world.store.runs}

    assert counted == {"dp_1", "dp_2"}
    for one in sorted(filter(None, counted)):
        await remove(world.engine, one)

    (run,) = await world.engine.invocations.for_key(told.key)
    assert await is_lost(world.engine, run.id)


# --- unspecified-drain ---------------------------------------------------------------------------


async def test_what_holds_the_old_version_is_not_known() -> None:
    engine = incident("unspecified-drain").world().engine

    assert await usage(engine) == Usage((UsageRow("Order", "dp_2", 1),), complete=False)


async def test_taking_unknown_for_inactive_ends_what_was_still_running() -> None:
    told = incident("unspecified-drain")
    world = told.world()
    held = {row.deployment_id for row in (await usage(world.engine)).rows}

    for one in {"dp_1", "dp_2"} - held:
        await remove(world.engine, one)

    (run,) = await world.engine.invocations.for_key(told.key)
    assert run.deployment_id == "dp_1"
    assert world.store.progress(run.id)
    (now,) = await world.engine.invocations.for_key(told.key)
    assert now.status == "backing_off"
