"""What a write must not do to what belongs to a run: the smallest case, and its neighbour."""

from collections.abc import Callable

import attrs
import pytest

from tests.explore.acts import (
    OTHER,
    Act,
    clear,
    clear_if_nobody_runs,
    get_and_purge,
    look,
    look_and_purge,
    played,
    purge_if_nobody_calls,
    ref_in,
    send,
    windows_of,
    world_of,
)
from tests.explore.plays import (
    KEY,
    SHARED,
    failed,
    left_over,
    paused,
    running,
)
from wfadmin.adapters.memory import Key, World
from wfadmin.domain.capabilities import Fence
from wfadmin.domain.commands import Kill, Purge
from wfadmin.domain.errors import EngineUnreachable
from wfadmin.domain.plan import Action
from wfadmin.ports.engine import Engine
from wfadmin.testing.explore import Explored, Loss, Scenario, Window, explore
from wfadmin.testing.explore.diary import Diary, Did, Write
from wfadmin.testing.explore.harm import Landed, Operation
from wfadmin.testing.explore.judging import harms_of_a_write
from wfadmin.testing.explore.moment import Moment, moment_of

# --- a shared call -------------------------------------------------------------------------------


def with_a_call(key: Key) -> None:
    failed(key)
    key.shared(SHARED).running()


def with_a_call_that_ended(key: Key) -> None:
    failed(key)
    key.shared(SHARED).succeeded()


def test_a_shared_call_that_was_seen_is_stranded_in_no_window() -> None:
    assert played(with_a_call, look_and_purge) == {"bug: strands a shared call"}


def test_a_shared_call_that_has_ended_is_not_stranded() -> None:
    assert played(with_a_call_that_ended, look_and_purge) == set()


def call(scenario: Scenario) -> None:
    scenario.caller(KEY, SHARED)


def test_a_shared_call_that_began_in_the_one_request_is_in_its_window() -> None:
    assert windows_of("strands a shared call", purge_if_nobody_calls, call) == {Window.B}


def test_who_looks_at_the_one_run_cannot_know_of_shared_calls() -> None:
    assert windows_of("strands a shared call", get_and_purge, call) == {Window.BUG}


# --- what is stored ------------------------------------------------------------------------------


def test_the_state_of_a_run_that_is_seen_is_cleared_in_no_window() -> None:
    assert played(running, clear) == {"bug: clears the state of a run"}


def test_what_is_left_over_may_be_cleared() -> None:
    assert played(left_over, clear) == set()


def test_a_run_that_began_in_the_one_request_is_in_its_window() -> None:
    def join(scenario: Scenario) -> None:
        scenario.client(KEY)

    assert windows_of("clears the state of a run", clear_if_nobody_runs, join, left_over) == {
        Window.A
    }


def test_a_shared_call_of_old_does_not_hold_what_is_left() -> None:
    def place(key: Key) -> None:
        left_over(key)
        key.shared(SHARED).succeeded()

    def join(scenario: Scenario) -> None:
        scenario.client(KEY)

    assert windows_of("clears the state of a run", clear_if_nobody_runs, join, place) == {Window.A}


def test_a_shared_call_that_lives_needs_what_is_stored() -> None:
    def place(key: Key) -> None:
        left_over(key)
        key.shared(SHARED).running()

    assert played(place, clear) == {"bug: clears the state of a run"}


async def look_elsewhere_and_clear(engine: Engine) -> None:
    assert engine.state is not None
    state = await engine.state.read(KEY, values=True)
    await engine.invocations.for_key(OTHER)
    await engine.state.clear(KEY, expected_version=state.version or "")


async def get_and_clear(engine: Engine) -> None:
    assert engine.state is not None
    state = await engine.state.read(KEY, values=True)
    await engine.invocations.get(ref_in(running))
    await engine.state.clear(KEY, expected_version=state.version or "")


@pytest.mark.parametrize("act", [look_elsewhere_and_clear, get_and_clear])
def test_a_look_at_something_else_allows_no_clear(act: Act) -> None:
    def join(scenario: Scenario) -> None:
        scenario.client(KEY)

    assert windows_of("clears the state of a run", act, join, left_over) == {Window.BUG}


def test_a_clear_that_is_refused_clears_nothing() -> None:
    async def act(engine: Engine) -> None:
        assert engine.state is not None
        await engine.state.clear(KEY, expected_version="of another time")

    assert played(running, act) == set()


# --- the same write again ------------------------------------------------------------------------


async def purge_twice(engine: Engine) -> None:
    run = await look(engine)
    await send(engine, Purge(run.ref))
    await send(engine, Purge(run.ref))


def test_the_same_write_twice_is_found() -> None:
    assert played(failed, purge_twice) == {"bug: sends the same write twice"}


def test_a_write_of_another_kind_is_another_one() -> None:
    async def act(engine: Engine) -> None:
        run = await look(engine)
        await send(engine, Kill(run.ref))
        await send(engine, Purge(run.ref))

    assert played(paused, act) == set()


def test_what_found_nobody_was_not_sent() -> None:
    async def act(engine: Engine) -> None:
        run = await look(engine)
        try:
            await send(engine, Purge(run.ref))
        except EngineUnreachable:
            await send(engine, Purge(run.ref))

    scenario = Scenario(world_of(failed))
    scenario.code(act)
    scenario.network(Loss.REFUSED)

    explored = explore(scenario)

    assert explored.harms == {}
    assert explored.endings == {"done", "workflow_engine_unreachable"}


# --- a deployment --------------------------------------------------------------------------------


def two_places() -> World:
    world = World()
    world.deployment("http://old:9080", serves=("Order",))
    old = world.store.registry.deployments[0]
    order = world.workflow("Order")
    order.key("o-1").failed("no")
    world.deployment("http://new:9080", serves=("Order",))
    assert old in world.store.registry.deployments
    return world


def places() -> tuple[str, str]:
    old, new = two_places().store.registry.deployments
    return old.id, new.id


async def remove(engine: Engine, gone: str) -> None:
    assert engine.deployments is not None
    await engine.deployments.list()
    await engine.admin.list_services()
    await engine.deployments.usage()
    await engine.deployments.remove(gone)


async def remove_old(engine: Engine) -> None:
    await remove(engine, places()[0])


async def remove_new(engine: Engine) -> None:
    await remove(engine, places()[1])


async def remove_blindly(engine: Engine) -> None:
    assert engine.deployments is not None
    await engine.deployments.remove(places()[1])


def removal(act: Act, join: Callable[[Scenario], None] = lambda _: None) -> Explored:
    scenario = Scenario(two_places)
    scenario.code(act)
    join(scenario)
    return explore(scenario)


def names(explored: Explored) -> set[str]:
    return {str(one) for one in explored.harms}


def test_a_deployment_that_nobody_needs_may_go() -> None:
    assert names(removal(remove_old)) == set()


@pytest.mark.parametrize("act", [remove_new, remove_blindly])
def test_a_deployment_that_serves_must_not_go(act: Act) -> None:
    assert names(removal(act)) == {"bug: removes a deployment that serves"}


def test_a_deployment_that_is_not_there_cannot_be_removed() -> None:
    async def act(engine: Engine) -> None:
        await remove(engine, "dp_none")

    assert names(removal(act)) == set()


def test_a_run_that_came_in_the_one_request_is_orphaned_in_its_window() -> None:
    def join(scenario: Scenario) -> None:
        def start(world: World) -> None:
            old = world.store.registry.deployments[0]
            world.workflow("Order").key("o-9").running(on=old)

        scenario.happens("a run begins on the old place", start)

    found = names(removal(remove_old, join))

    assert found == {"a: orphans a run", "bug: orphans a run"}


def test_a_removal_that_does_nothing_takes_nothing_away() -> None:
    world = two_places()
    moment = moment_of(world, set())
    write = Write(Action.REMOVE, places()[1])
    diary = Diary()
    diary.add(Did.SENT, write)
    operation = Operation(diary, is_ours=False)

    def found(after: Moment) -> list[str]:
        landed = Landed(write, moment, after)
        return [one.what for one in harms_of_a_write(landed, operation, Fence.CHECKED)]

    assert found(moment) == []
    assert found(attrs.evolve(moment, deployments=())) == ["removes a deployment that serves"]
