"""Incidents of Dapr Workflow: the world is as told, and the naive act does the harm."""

from collections.abc import Callable
from datetime import timedelta

import pytest

import wfadmin
from wfadmin.adapters.memory import Point, World
from wfadmin.commands import Command, ForcePurge, Kill, Pause, Purge, Resume
from wfadmin.domain.answers import Answer
from wfadmin.domain.keys import InvocationRef
from wfadmin.domain.model import Invocation
from wfadmin.errors import OutcomeUnknown
from wfadmin.testing.incidents import INCIDENTS, Incident, incident

UNDRAINED = incident("undrained-terminate")
OLD_ACTIVITY = incident("old-activity-completes-new-run")
NEEDLESS_RESUME = incident("needless-resume")
POISON = incident("pause-pause-resume")
PLANNED = incident("planned-start-runs")
CHILD_ALONE = incident("child-ended-alone")
STALLED_GHOST = incident("stalled-ghost")

PARENT = wfadmin.WorkflowKey("Order", "o-1")
A_MOMENT = timedelta(milliseconds=20)


async def found(world: World, told: Incident) -> Invocation:
    (run,) = await world.engine.invocations.for_key(told.key)
    return run


async def sent(
    world: World, run: Invocation, command: Callable[[InvocationRef], Command]
) -> Answer:
    """Send a command, and let it happen."""
    answer = await world.engine.control.perform(command(run.ref))
    world.advance(A_MOMENT)
    return answer


def meanwhile(told: Incident, world: World, label: str) -> None:
    """Let one thing happen that everybody else does in its scenario."""
    one = next(other for other in told.scenario().others if other.kind == label)
    assert one.does is not None
    assert one.when is None or one.when(world)
    one.does(world)


@pytest.mark.asyncio
async def test_each_of_them_is_of_an_engine_that_lists_nothing() -> None:
    of_dapr = [one for one in INCIDENTS if one.world().engine.listing is None]

    assert of_dapr == [
        UNDRAINED,
        OLD_ACTIVITY,
        NEEDLESS_RESUME,
        POISON,
        PLANNED,
        CHILD_ALONE,
        STALLED_GHOST,
    ]


# --- undrained-terminate -------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_a_terminated_run_stays_running() -> None:
    world = UNDRAINED.world()

    assert (await found(world, UNDRAINED)).engine_status == "RUNNING"
    world.advance(timedelta(minutes=59))
    assert (await found(world, UNDRAINED)).engine_status == "RUNNING"


@pytest.mark.asyncio
async def test_what_waits_in_the_inbox_hits_whoever_bears_the_id_then() -> None:
    world = UNDRAINED.world()
    run = await found(world, UNDRAINED)

    assert world.store.succeed(run.id)
    assert world.workflow("Order").key("o-1").submit().answer == "accepted"
    assert world.store.progress(run.id)
    world.advance(timedelta(hours=1))

    new = await found(world, UNDRAINED)
    assert new.ref.incarnation != run.ref.incarnation
    assert new.engine_status == "TERMINATED"


# --- old-activity-completes-new-run --------------------------------------------------------------


@pytest.mark.asyncio
async def test_the_old_run_is_terminated() -> None:
    run = await found(OLD_ACTIVITY.world(), OLD_ACTIVITY)

    assert (run.engine_status, run.outcome) == ("TERMINATED", "killed")


@pytest.mark.asyncio
async def test_the_new_run_ends_with_the_result_of_the_old_one() -> None:
    world = OLD_ACTIVITY.world()
    old = await found(world, OLD_ACTIVITY)

    assert await sent(world, old, Purge) is Answer.ACCEPTED
    assert world.workflow("Order").key("o-1").submit().answer == "accepted"
    meanwhile(OLD_ACTIVITY, world, "a worker starts the run")
    meanwhile(OLD_ACTIVITY, world, "the result of the old activity arrives")

    new = await found(world, OLD_ACTIVITY)
    assert (new.outcome, new.created_at) == ("succeeded", new.completed_at)


# --- needless-resume -----------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_a_second_resume_fails_a_healthy_run() -> None:
    world = NEEDLESS_RESUME.world()
    run = await found(world, NEEDLESS_RESUME)
    assert run.engine_status == "SUSPENDED"

    answers = [await sent(world, run, Resume), await sent(world, run, Resume)]

    assert answers == [Answer.ACCEPTED, Answer.ACCEPTED]
    now = await found(world, NEEDLESS_RESUME)
    assert (now.engine_status, now.failure) == (
        "FAILED",
        "WorkflowStateError: Don't know how to handle event of type 'executionResumed'",
    )


@pytest.mark.asyncio
async def test_one_request_remains_in_which_a_resume_meets_a_run_that_was_just_resumed() -> None:
    world = NEEDLESS_RESUME.world()

    async def a_colleague(point: Point) -> None:
        if point is Point.RESUME:
            world.engine.points.hook = None
            meanwhile(NEEDLESS_RESUME, world, "a colleague resumes it")

    world.engine.points.hook = a_colleague
    async with wfadmin.connect(world.engine, clock=world.clock) as operator:
        result = await operator.resume(NEEDLESS_RESUME.key)

    assert result.status == "completed"
    world.advance(A_MOMENT)
    assert (await found(world, NEEDLESS_RESUME)).engine_status == "FAILED"


# --- pause-pause-resume --------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_after_a_second_pause_a_resume_ends_every_answer() -> None:
    world = POISON.world()
    run = await found(world, POISON)
    assert run.engine_status == "SUSPENDED"

    assert await sent(world, run, Pause) is Answer.ACCEPTED
    assert (await found(world, POISON)).engine_status == "SUSPENDED"
    assert await sent(world, run, Resume) is Answer.ACCEPTED

    with pytest.raises(OutcomeUnknown):
        await world.engine.control.perform(Kill(run.ref))
    assert (await found(world, POISON)).engine_status == "SUSPENDED"


@pytest.mark.asyncio
async def test_without_the_second_pause_it_goes_on() -> None:
    world = POISON.world()
    run = await found(world, POISON)

    meanwhile(POISON, world, "an hour passes")
    assert await sent(world, run, Resume) is Answer.ACCEPTED

    assert (await found(world, POISON)).engine_status == "RUNNING"


# --- planned-start-runs --------------------------------------------------------------------------


@pytest.mark.parametrize("command", [Pause, Resume, Kill])
@pytest.mark.asyncio
async def test_whatever_is_sent_to_a_planned_run_starts_it(
    command: Callable[[InvocationRef], Command],
) -> None:
    world = PLANNED.world()
    run = await found(world, PLANNED)
    assert (run.engine_status, run.created_at) == ("PENDING", None)

    assert await sent(world, run, command) is Answer.ACCEPTED

    assert (await found(world, PLANNED)).engine_status == "RUNNING"


@pytest.mark.asyncio
async def test_a_purge_finds_no_planned_run_and_its_day_comes() -> None:
    world = PLANNED.world()

    assert await sent(world, await found(world, PLANNED), Purge) is Answer.NOT_FOUND
    meanwhile(PLANNED, world, "the day comes")
    meanwhile(PLANNED, world, "a worker starts the run")

    assert (await found(world, PLANNED)).engine_status == "RUNNING"


# --- child-ended-alone ---------------------------------------------------------------------------


async def statuses(world: World) -> tuple[str, str]:
    """Of the parent, and of the child."""
    (parent,) = await world.engine.invocations.for_key(PARENT)
    return parent.engine_status, (await found(world, CHILD_ALONE)).engine_status


@pytest.mark.asyncio
async def test_nobody_can_see_that_the_slow_run_has_a_parent() -> None:
    world = CHILD_ALONE.world()

    assert await statuses(world) == ("RUNNING", "RUNNING")
    assert (await found(world, CHILD_ALONE)).parent_id is None


@pytest.mark.asyncio
async def test_ending_the_child_alone_fails_its_parent() -> None:
    world = CHILD_ALONE.world()

    await sent(world, await found(world, CHILD_ALONE), Kill)

    assert await statuses(world) == ("FAILED", "TERMINATED")


@pytest.mark.asyncio
async def test_a_child_that_ends_well_leaves_its_parent_alone() -> None:
    world = CHILD_ALONE.world()

    meanwhile(CHILD_ALONE, world, "the child ends well")

    assert await statuses(world) == ("RUNNING", "COMPLETED")


# --- stalled-ghost -------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_after_a_forced_purge_the_id_is_refused_until_the_worker_connects_anew() -> None:
    world = STALLED_GHOST.world()
    run = await found(world, STALLED_GHOST)
    assert run.status == "stalled"

    assert await sent(world, run, ForcePurge) is Answer.ACCEPTED

    assert await world.engine.invocations.for_key(STALLED_GHOST.key) == ()
    order = world.workflow("Order").key("o-1")
    assert order.submit().answer == "not_found"
    world.advance(timedelta(seconds=45))
    assert order.submit().answer == "not_found"
    meanwhile(STALLED_GHOST, world, "the worker is restarted")
    assert order.submit().answer == "accepted"
