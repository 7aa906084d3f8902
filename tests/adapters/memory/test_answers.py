"""What the engine answers to a command, by status, by fence, and by what is declared."""

from datetime import timedelta

import attrs
import pytest

from tests.adapters.memory.command_table import (
    COMMANDS,
    NO,
    OK,
    SAME,
    STATES,
    TABLE,
    an_order,
    tell,
)
from tests.adapters.memory.driving import answer_of
from wfadmin.adapters.memory import World
from wfadmin.domain.answers import Answer
from wfadmin.domain.capabilities import Fence
from wfadmin.domain.commands import Purge
from wfadmin.domain.keys import Incarnation, InvocationRef, WorkflowKey
from wfadmin.errors import NotSupported


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("command", TABLE)
def test_the_answer_to_a_command_and_the_status_that_follows(command: str, state: str) -> None:
    world = World()
    run = STATES[state](an_order(world))
    before = run.now
    world.clock.advance(timedelta(minutes=1))
    answer, status = TABLE[command][state]

    assert tell(world, COMMANDS[command](run.ref)) is answer

    if status is SAME:
        assert run.now == before
    else:
        assert ("gone" if run.now is None else run.now.status.value) == status


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_for_a_run_that_is_gone_is_not_found(command: str) -> None:
    world = World()
    run = an_order(world).failed("boom")
    tell(world, Purge(run.ref))

    assert tell(world, COMMANDS[command](run.ref)) is Answer.NOT_FOUND


# --- the fence, and what is declared -------------------------------------------------------------


def test_the_fence_is_checked_unless_another_is_asked_for() -> None:
    assert answer_of(World().engine.facts()).capabilities.fence is Fence.CHECKED


@pytest.mark.parametrize("command", COMMANDS)
def test_an_atomic_fence_compares_the_incarnation(command: str) -> None:
    world = World(fence=Fence.ATOMIC)
    run = an_order(world).failed("boom")
    before = run.now

    replaced = attrs.evolve(run.ref, incarnation=Incarnation("earlier"))
    assert tell(world, COMMANDS[command](replaced)) is Answer.CHANGED
    assert run.now == before
    assert tell(world, Purge(run.ref)) is OK


def test_without_a_fence_nothing_tells_two_runs_apart() -> None:
    world = World(fence=Fence.NONE)
    key = an_order(world)
    first = key.failed("boom").ref
    tell(world, Purge(first))

    assert key.failed("boom").ref == first == InvocationRef(key.workflow_key, first.id, None)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_is_not_declared_is_refused_without_an_effect(command: str) -> None:
    world = World(commands=frozenset())
    ref = an_order(world).paused().ref
    before = world.store.fingerprint()

    with pytest.raises(NotSupported):
        tell(world, COMMANDS[command](ref))

    assert world.store.fingerprint() == before
    assert answer_of(world.engine.facts()).capabilities.commands == frozenset()


def test_what_can_be_done_is_declared() -> None:
    declared = answer_of(World().engine.facts()).capabilities

    assert {name.value for name in declared.commands} == {
        "pause",
        "resume",
        "cancel",
        "kill",
        "purge",
    }


def test_another_tool_goes_by_the_id_alone() -> None:
    world = World()
    key = an_order(world)
    run = key.suspended()

    answers = [world.store.purge(run.id), world.store.kill(run.id), world.store.purge(run.id)]

    assert answers == [NO, OK, OK]
    assert [world.store.kill(run.id), world.store.purge(run.id)] == [Answer.NOT_FOUND] * 2
    assert world.store.state_of(key.workflow_key) == {}
    assert answer_of(world.engine.invocations.for_key(WorkflowKey("Order", "o-1"))) == ()
