"""Incidents of keys: the world is as told, and the naive act does the harm."""

import pytest

from wfadmin.commands import Kill, Purge
from wfadmin.errors import OutcomeUnknown
from wfadmin.ports.engine import Engine
from wfadmin.testing.explore import explore
from wfadmin.testing.incidents import incident

HELD = incident("suspended-for-ever")
LATE_PURGE = incident("late-purge")
NOT_RETAINED = incident("retention-zero-leaves-state")


# --- suspended-for-ever --------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_one_call_holds_the_key_and_the_next_waits() -> None:
    world = HELD.world()

    runs = await world.engine.invocations.for_key(HELD.key)

    assert sorted((one.id, one.status) for one in runs) == [
        ("inv_1", "suspended"),
        ("inv_2", "pending"),
    ]
    assert world.store.progress("inv_2") is False
    assert world.store.state_of(HELD.key) == {"items": b"half a change"}


@pytest.mark.asyncio
async def test_after_a_kill_the_next_call_starts_at_once_on_what_is_half_changed() -> None:
    world = HELD.world()
    runs = await world.engine.invocations.for_key(HELD.key)
    holder = next(one for one in runs if one.status == "suspended")

    await world.engine.control.perform(Kill(holder.ref))

    now = {one.id: one for one in await world.engine.invocations.for_key(HELD.key)}
    assert (now["inv_1"].outcome, now["inv_2"].status) == ("killed", "running")
    assert world.store.state_of(HELD.key) == {"items": b"half a change"}


# --- late-purge ----------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_a_key_has_failed() -> None:
    (run,) = await LATE_PURGE.world().engine.invocations.for_key(LATE_PURGE.key)

    assert (run.outcome, run.failure) == ("failed", "card was refused")


async def purge_until_it_is_answered(engine: Engine) -> None:
    assert engine.control is not None
    (run,) = await engine.invocations.for_key(LATE_PURGE.key)
    try:
        await engine.control.perform(Purge(run.ref))
    except OutcomeUnknown:
        await engine.control.perform(Purge(run.ref))


def test_a_purge_that_is_sent_again_deletes_the_success_of_the_next_run() -> None:
    scenario = LATE_PURGE.scenario()
    scenario.code(purge_until_it_is_answered)

    explored = explore(scenario)

    assert explored.bugs == {
        "purges a success of a newer run",
        "sends the same write twice",
    }
    story = next(s for harm, s in explored.harms.items() if harm.what.startswith("purges a succ"))
    assert story[-1].startswith(("network, late: delivers the purge", "my code: control.purge"))


# --- retention-zero-leaves-state -----------------------------------------------------------------


@pytest.mark.asyncio
async def test_a_run_that_leaves_no_trace_is_paused() -> None:
    world = NOT_RETAINED.world()

    (run,) = await world.engine.invocations.for_key(NOT_RETAINED.key)

    assert run.status == "paused"
    assert run.retention is not None
    assert not run.retention
    assert world.store.state_of(NOT_RETAINED.key) == {"stage": b"paying"}


@pytest.mark.asyncio
async def test_after_a_kill_the_next_run_reads_what_the_killed_one_stored() -> None:
    world = NOT_RETAINED.world()
    (run,) = await world.engine.invocations.for_key(NOT_RETAINED.key)

    await world.engine.control.perform(Kill(run.ref))

    assert await world.engine.invocations.for_key(NOT_RETAINED.key) == ()
    assert world.workflow("Order").key("o-1").submit().answer == "accepted"
    assert world.store.state_of(NOT_RETAINED.key) == {"stage": b"paying"}
