"""What a write must not do to a run: of each property the smallest case, and its neighbour."""

from collections.abc import Callable
from datetime import timedelta

import attrs
import pytest

from tests.explore.acts import (
    KILLS,
    LOOKS,
    OTHER,
    PAUSES,
    Place,
    kill_blindly,
    look,
    look_and_kill,
    look_and_purge,
    newer_success,
    played,
    ref_in,
    send,
    windows_of,
    world_of,
)
from tests.explore.plays import (
    BACKING_OFF,
    KEY,
    PAUSED,
    SHARED,
    backing_off,
    failed,
    left_over,
    paused,
    running,
    succeeded,
)
from wfadmin.adapters.memory import Key, World
from wfadmin.domain.capabilities import Fence
from wfadmin.domain.commands import Pause, Purge, Resume
from wfadmin.domain.plan import Action
from wfadmin.domain.policy import RecoveryPolicy, Running, Suspended
from wfadmin.ports.engine import Engine
from wfadmin.testing.explore import Loss, Scenario, Window, explore, replay
from wfadmin.testing.explore.diary import Diary, Did, Look, Write
from wfadmin.testing.explore.harm import Landed, Operation
from wfadmin.testing.explore.judging import harms_of_a_write
from wfadmin.testing.explore.moment import moment_of

# --- a success -----------------------------------------------------------------------------------


def test_a_success_that_is_purged_is_found() -> None:
    assert played(succeeded, look_and_purge) == {"bug: purges a success"}


def test_a_failure_that_is_purged_is_none() -> None:
    assert played(failed, look_and_purge) == set()


def test_a_shared_call_that_is_purged_is_none() -> None:
    async def act(engine: Engine) -> None:
        found = await engine.invocations.for_key(KEY)
        (call,) = (one for one in found if one.handler_name == SHARED)
        await send(engine, Purge(call.ref))

    def place(key: Key) -> None:
        key.shared(SHARED).succeeded()
        key.running()

    assert played(place, act) == set()


def test_a_newer_success_is_hit_in_the_one_request_after_a_look() -> None:
    what = "purges a success of a newer run"

    assert windows_of(what, look_and_purge, newer_success) == {Window.A}


def test_after_a_look_at_something_else_it_is_no_window() -> None:
    async def act(engine: Engine) -> None:
        run = await look(engine)
        await engine.invocations.for_key(OTHER)
        await send(engine, Purge(run.ref))

    what = "purges a success of a newer run"

    assert windows_of(what, act, newer_success) == {Window.BUG}


def hit(action: Action, place: Place, then: Callable[[World], object], fence: Fence) -> set[str]:
    """What is wrong with a write that was looked for and lands after `then`."""
    world = world_of(place)()
    ref = ref_in(place)
    diary = Diary()
    seen = moment_of(world, set())
    look_at = Look(KEY, tuple(world.store.runs), is_whole=True, at=world.clock.now())
    diary.add(Did.LOOKED, look_at, seen)
    write = Write(action, ref.id, ref.incarnation, KEY)
    diary.add(Did.SENT, write)
    then(world)
    before = moment_of(world, set())
    gone = {name: run for name, run in before.runs.items() if name != ref.id}
    landed = Landed(write, before, attrs.evolve(before, runs=gone))
    return {str(one) for one in harms_of_a_write(landed, Operation(diary, is_ours=False), fence)}


def success_again(world: World) -> None:
    world.store.purge(ref_in(failed).id)
    world.workflow("Order").key("o-1").succeeded()


@pytest.mark.parametrize(("fence", "window"), [(Fence.CHECKED, "a"), (Fence.ATOMIC, "bug")])
def test_behind_an_atomic_fence_there_is_no_such_window(fence: Fence, window: str) -> None:
    found = hit(Action.PURGE, failed, success_again, fence)

    assert found == {f"{window}: purges a success of a newer run"}


# --- a kill --------------------------------------------------------------------------------------


def test_a_kill_without_a_look_is_found() -> None:
    assert played(running, kill_blindly) == {"bug: kills a run that was not looked at"}


def test_a_kill_of_what_is_not_there_hits_nothing() -> None:
    assert played(left_over, kill_blindly) == set()


def test_a_kill_of_what_has_ended_hits_nothing() -> None:
    assert played(failed, look_and_kill) == set()


def test_a_kill_that_nobody_judges_is_none() -> None:
    assert played(running, look_and_kill) == set()


def get_on(world: World) -> None:
    # It tries again, and this time it gets one step further.
    world.store.progress(ref_in(backing_off).id)
    world.store.progress(ref_in(backing_off).id)


@pytest.mark.parametrize("action", [Action.KILL, Action.FORCE_PURGE])
def test_a_run_that_got_on_after_the_look_is_found(action: Action) -> None:
    found = hit(action, backing_off, get_on, Fence.CHECKED)

    assert found == {f"a: {action.value}s a run that got on"}


@pytest.mark.parametrize("action", [Action.KILL, Action.FORCE_PURGE])
def test_a_run_that_stands_where_it_was_seen_is_none(action: Action) -> None:
    assert hit(action, backing_off, lambda _: None, Fence.CHECKED) == set()


def test_to_cancel_what_got_on_is_only_to_ask() -> None:
    assert hit(Action.CANCEL, backing_off, get_on, Fence.CHECKED) == set()


def test_a_kill_that_the_policy_does_not_list_is_found() -> None:
    assert played(running, look_and_kill, PAUSED) == {"bug: kills what the policy does not list"}


def test_a_kill_that_the_policy_lists_is_none() -> None:
    assert played(paused, look_and_kill, PAUSED) == set()


def test_a_kill_without_a_look_is_by_no_policy() -> None:
    long = RecoveryPolicy((Running(timedelta(hours=1)),))

    assert "bug: kills what the policy does not list" in played(running, kill_blindly, long)


async def look_twice_and_kill(engine: Engine) -> None:
    await look(engine)
    await look_and_kill(engine)


def test_a_run_that_was_stuck_and_is_not_any_more_is_not_to_be_killed() -> None:
    scenario = Scenario(world_of(paused))
    scenario.code(look_twice_and_kill, policy=PAUSED)
    scenario.happens("resumes", lambda world: world.store.perform(Resume(ref_in(paused))))

    story = (LOOKS, "somebody: resumes", LOOKS, KILLS)
    assert replay(scenario, story).bugs == {"kills what the policy does not list"}


async def park_and_kill(engine: Engine) -> None:
    run = await look(engine)
    await send(engine, Pause(run.ref))
    await look_and_kill(engine)


def test_a_run_that_was_stuck_before_it_was_parked_is_listed() -> None:
    assert played(backing_off, park_and_kill, BACKING_OFF) == set()


def test_a_run_that_is_paused_only_because_it_was_parked_is_not_stuck() -> None:
    expected = {"bug: kills what the policy does not list"}

    assert played(running, park_and_kill, PAUSED) == expected


def test_a_run_that_got_on_before_it_was_parked_is_not_stuck() -> None:
    scenario = Scenario(world_of(backing_off))
    scenario.code(park_and_kill, policy=BACKING_OFF)
    scenario.engine()

    story = (LOOKS, "engine: gets on with Order/o-1", PAUSES, LOOKS, KILLS)
    assert replay(scenario, story).bugs == {"kills what the policy does not list"}


def test_a_policy_goes_by_the_time_of_the_look() -> None:
    def place(key: Key) -> None:
        key.suspended(since=timedelta(minutes=50))

    scenario = Scenario(world_of(place))
    scenario.code(look_and_kill, policy=RecoveryPolicy((Suspended(timedelta(hours=1)),)))
    scenario.happens("an hour passes", lambda world: world.advance(timedelta(hours=1)))

    passes = "somebody: an hour passes"
    early, late = (LOOKS, passes, KILLS), (passes, LOOKS, KILLS)

    assert replay(scenario, early).bugs == {"kills what the policy does not list"}
    assert replay(scenario, late).bugs == frozenset()


# --- what lands later, or is accepted ------------------------------------------------------------


def test_a_write_that_is_delivered_twice_hits_in_its_own_window() -> None:
    def join(scenario: Scenario) -> None:
        scenario.network(Loss.TWICE)
        scenario.client(KEY)
        scenario.engine()

    what = "purges a success of a newer run"

    assert windows_of(what, look_and_purge, join) == {Window.C}


def test_a_write_that_was_accepted_is_judged_when_it_happens() -> None:
    scenario = Scenario(world_of(failed, acceptance=timedelta(seconds=1)))
    scenario.code(look_and_purge)
    newer_success(scenario)

    explored = explore(scenario)

    (story,) = (
        story
        for harm, story in explored.harms.items()
        if str(harm) == "a: purges a success of a newer run"
    )
    assert story[-1] == "engine: does what it accepted"


def test_a_write_that_was_accepted_and_is_due_happens_at_the_next_look() -> None:
    async def act(engine: Engine) -> None:
        await look_and_purge(engine)
        await engine.invocations.for_key(KEY)

    scenario = Scenario(world_of(succeeded, acceptance=timedelta(seconds=1)))
    scenario.code(act)
    scenario.happens("a second passes", lambda world: world.clock.advance(timedelta(seconds=1)))
    story = (LOOKS, "my code: control.purge Order/o-1", "somebody: a second passes", LOOKS)

    assert replay(scenario, story).bugs == {"purges a success"}
