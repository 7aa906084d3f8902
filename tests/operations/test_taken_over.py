"""An id that a run of another service takes over: the planned run is gone, and nobody erred."""

from collections.abc import Callable

import attrs
import pytest

import wfadmin
from tests.operations.engines import NamedByKeyAlone, declaring
from tests.operations.repairs import KEY, PAUSED, Hook, acts, lost, watch, writes
from wfadmin.adapters.memory import Point, World
from wfadmin.adapters.memory.placing import Run
from wfadmin.domain.model import InvocationStatus
from wfadmin.domain.results import Effect, StateAfter
from wfadmin.errors import (
    CommandNotAllowed,
    InvalidWorkflowKey,
    OutcomeUnknown,
    Sent,
    StalePlan,
)
from wfadmin.wire.outcomes import ending_of

pytestmark = pytest.mark.asyncio

TAKEN = "A run of another service bears the id of the run by now."


def operator(world: World) -> wfadmin.LocalOperator:
    store = NamedByKeyAlone(world.engine.invocations, world.store)
    return wfadmin.connect(attrs.evolve(declaring(world), runs=store), clock=world.clock)


def starts(world: World) -> Callable[[], Run]:
    """Make what happens: a client starts another workflow by the same service key."""
    return lambda: world.workflow("Payment").key("o-1").running()


def replaces(world: World, run: Run) -> Callable[[], object]:
    """Make what happens: another tool purges the run, and a client starts the other workflow."""

    def happens() -> None:
        world.store.kill(run.id)
        world.store.purge(run.id)
        starts(world)()

    return happens


def the_other(world: World) -> InvocationStatus:
    (other,) = (one for one in world.store.runs if one.service_name == "Payment")
    return other.status


async def test_before_anything_is_sent_it_is_a_mistake_of_the_caller() -> None:
    world = World()
    world.workflow("Order")
    starts(world)()
    points = watch(world)

    with pytest.raises(InvalidWorkflowKey) as caught:
        await operator(world).recover_stuck_workflow(KEY)

    assert (caught.value.sent, ending_of(caught.value).exit_code) == (Sent.NO, 2)
    assert writes(points) == []


@pytest.mark.parametrize("visit", [2, 3, 4])
async def test_a_recovery_sends_nothing_more_once_the_id_is_taken_over(visit: int) -> None:
    world = World()
    run = world.workflow("Order").key("o-1").paused()
    points = watch(world, acts(Point.FOR_KEY, replaces(world, run), visit=visit))

    if visit == 2:  # the plan still reads
        with pytest.raises(InvalidWorkflowKey):
            await operator(world).recover_stuck_workflow(KEY, policy=PAUSED)
    else:
        result = await operator(world).recover_stuck_workflow(KEY, policy=PAUSED)
        assert (result.purged, TAKEN in result.warnings) == ((), True)

    assert writes(points) == ([] if visit < 4 else [Point.KILL])
    assert the_other(world) is InvocationStatus.RUNNING


@pytest.mark.parametrize(
    ("hook", "purged"),
    [(acts, False), (lost, True)],
    ids=["before the purge comes", "with the purge, whose answer is lost"],
)
async def test_a_purge_is_confirmed_where_the_id_is_taken_over(
    hook: Callable[[Point, Callable[[], object]], Hook],
    purged: bool,  # noqa: FBT001 - a column of the table
) -> None:
    world = World()
    run = world.workflow("Order").key("o-1").failed()
    points = watch(world, hook(Point.PURGE, replaces(world, run)))

    result = await operator(world).recover_stuck_workflow(KEY)

    assert (result.effect, result.purged) == (Effect.CONFIRMED, (run.id,) if purged else ())
    assert result.warnings[-1] == TAKEN
    assert (writes(points), the_other(world)) == ([Point.PURGE], InvocationStatus.RUNNING)


async def test_what_is_stored_then_is_not_called_left_over() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").failed()

    def happens() -> None:
        replaces(world, run)()
        world.store.store(KEY, {"step": b"new"})

    watch(world, acts(Point.PURGE, happens))

    result = await operator(world).recover_stuck_workflow(KEY)

    assert (result.state, result.warnings[-1]) == (StateAfter.IN_USE, TAKEN)


async def test_leftover_state_is_not_cleared_from_under_it() -> None:
    world = World()
    world.workflow("Order").key("o-1").state({"step": b"pay"})
    points = watch(world, acts(Point.READ_STATE, starts(world)))

    with pytest.raises(StalePlan) as caught:
        await operator(world).recover_stuck_workflow(KEY)

    assert (caught.value.sent, writes(points)) == (Sent.NO, [])


@pytest.mark.parametrize("hook", [acts, lost], ids=["with an answer", "without one"])
async def test_a_clear_in_that_moment_is_unknown(
    hook: Callable[[Point, Callable[[], object]], Hook],
) -> None:
    world = World()
    world.workflow("Order").key("o-1").state({"step": b"pay"})
    points = watch(world, hook(Point.CLEAR_STATE, starts(world)))

    with pytest.raises(OutcomeUnknown, match="a run of another service appeared"):
        await operator(world).recover_stuck_workflow(KEY)

    assert writes(points) == [Point.CLEAR_STATE]


async def test_a_run_that_is_gone_before_a_command_gets_none() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").running()
    points = watch(world, acts(Point.FOR_KEY, replaces(world, run), visit=2))

    with pytest.raises(CommandNotAllowed) as caught:
        await operator(world).pause(KEY)

    assert (caught.value.status, caught.value.sent, writes(points)) == ("gone", Sent.NO, [])


async def test_a_command_whose_run_goes_with_its_answer_is_no_mistake_of_the_caller() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").running()
    points = watch(world, lost(Point.PAUSE, replaces(world, run)))

    result = await operator(world).pause(KEY)

    assert (result.status, result.effect) == ("gone", Effect.ACCEPTED)
    assert (writes(points), the_other(world)) == ([Point.PAUSE], InvocationStatus.RUNNING)
