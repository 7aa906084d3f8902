"""An engine that accepts first and acts later: an answer proves nothing."""

from datetime import timedelta

import pytest

from tests.adapters.memory.calls import CALLS, URL, world_for
from tests.adapters.memory.command_table import COMMANDS, SAME, STATES, TABLE, an_order, now, tell
from tests.adapters.memory.driving import answer_of
from wfadmin.adapters.memory import Point, Step, World
from wfadmin.domain.answers import Answer
from wfadmin.domain.commands import Kill, Pause, Resume
from wfadmin.domain.model import InvocationOutcome, InvocationStatus
from wfadmin.errors import UsageError

SECOND = timedelta(seconds=1)
WAIT = 2 * SECOND
V1, V2 = "http://v1:9080", "http://v2:9080"
WRITES = [point for point in Point if point.is_write]


def slow() -> World:
    return World(acceptance=WAIT)


def register(world: World, url: str, *, force: bool = True) -> str:
    call = world.engine.deployments.register(url, force=force, dry_run=False)
    return answer_of(call).deployment_id


# --- when it happens -----------------------------------------------------------------------------


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("command", TABLE)
def test_the_answer_is_the_same_and_what_follows_comes_later(command: str, state: str) -> None:
    world = slow()
    run = STATES[state](an_order(world))
    before, (answer, status) = run.now, TABLE[command][state]

    assert tell(world, COMMANDS[command](run.ref)) is answer
    assert run.now == before
    world.settle()

    if status is SAME:
        assert run.now == before
    else:
        assert ("gone" if run.now is None else run.now.status.value) == status


def test_nothing_happens_before_its_time_and_everything_at_its_time() -> None:
    world = slow()
    run = an_order(world).running()
    tell(world, Kill(run.ref))

    world.clock.advance(WAIT - timedelta(microseconds=1))
    early = answer_of(world.engine.invocations.get(run.ref))
    world.clock.advance(timedelta(microseconds=1))
    late = answer_of(world.engine.invocations.get(run.ref))

    assert early is not None
    assert late is not None
    assert (early.status, late.status) == (InvocationStatus.RUNNING, InvocationStatus.COMPLETED)


# Of these the engine that it is like has none.
_ELSEWHERE = {Point.FORCE_PURGE}


@pytest.mark.parametrize("point", [one for one in Point if one not in _ELSEWHERE])
def test_every_call_comes_after_what_is_due(point: Point) -> None:
    world = slow()
    key = an_order(world)
    run, child = key.suspended(), world.workflow("Order").key("other").paused()
    world.place(URL, serves=("Order",))
    tell(world, Kill(child.ref))
    world.clock.advance(WAIT)

    answer_of(CALLS[point](world.engine, run.ref))

    assert now(child).status is InvocationStatus.COMPLETED


@pytest.mark.parametrize("point", WRITES)
def test_every_write_by_a_port_waits(point: Point) -> None:
    at_once, ref = world_for(point)
    answer = answer_of(CALLS[point](at_once.engine, ref))
    world, ref = world_for(point, acceptance=WAIT)
    before = world.store.fingerprint()

    assert answer_of(CALLS[point](world.engine, ref)) == answer
    waiting = world.store.fingerprint()
    world.settle()

    assert waiting != before
    assert waiting[:-1] == before[:-1]
    assert world.store.fingerprint() == at_once.store.fingerprint()


@pytest.mark.parametrize("by_tool", [True, False])
def test_another_tool_waits_as_well(by_tool: bool) -> None:  # noqa: FBT001 - a case
    world = slow()
    run = an_order(world).running()

    if by_tool:
        assert world.store.kill(run.id) is Answer.ACCEPTED
    else:
        assert world.store.perform(Kill(run.ref)) is Answer.ACCEPTED

    assert now(run).status is InvocationStatus.RUNNING
    world.settle()
    assert now(run).outcome is InvocationOutcome.KILLED


def test_accepted_writes_happen_in_the_order_of_their_acceptance() -> None:
    world = slow()
    run = an_order(world).running()
    tell(world, Pause(run.ref))
    world.clock.advance(SECOND)
    tell(world, Resume(run.ref))
    tell(world, Pause(run.ref))

    world.clock.advance(SECOND)
    paused = answer_of(world.engine.invocations.get(run.ref))
    assert paused is not None
    assert paused.status is InvocationStatus.PAUSED
    assert len(world.store.backlog.waiting) == 2

    world.settle()
    kinds = [one.kind for one in world.store.chronicle.of(run.id)]
    assert kinds == ["running", "paused", "running", "paused"]
    assert world.store.backlog.next_at is None


def test_time_that_passes_on_a_hook_lets_it_happen_before_the_read() -> None:
    world = slow()
    run = an_order(world).running()
    tell(world, Kill(run.ref))

    async def sleep(_: Point) -> None:
        world.clock.advance(WAIT)

    world.engine.points.hook = sleep
    found = answer_of(world.engine.invocations.get(run.ref))

    assert found is not None
    assert found.is_completed


def test_what_is_due_waits_while_a_call_stands_at_its_point() -> None:
    world = slow()
    run = an_order(world).running()
    tell(world, Kill(run.ref))
    world.clock.advance(WAIT)
    world.engine.points.hook = Step
    call = world.engine.facts()
    call.send(None)

    assert now(run).status is InvocationStatus.RUNNING
    with pytest.raises(StopIteration):
        call.send(None)
    assert now(run).is_completed


# --- as time passes ------------------------------------------------------------------------------


def test_time_that_passes_at_once_lets_each_happen_at_its_own_time() -> None:
    world = slow()
    start = world.clock.now()
    first, second = an_order(world).running(), world.workflow("Order").key("o-2").running()
    tell(world, Kill(first.ref))
    world.advance(SECOND)
    tell(world, Kill(second.ref))

    world.advance(timedelta(hours=1))

    ends = [now(first).completed_at, now(second).completed_at]
    assert ends == [start + WAIT, start + SECOND + WAIT]
    assert world.clock.now() == start + SECOND + timedelta(hours=1)


def test_what_was_overdue_happens_as_time_passes_on() -> None:
    world = slow()
    run = an_order(world).running()
    tell(world, Kill(run.ref))
    world.clock.advance(5 * WAIT)
    at = world.clock.now()

    world.advance(SECOND)

    assert now(run).completed_at == at


def test_what_happens_late_is_kept_from_then_on() -> None:
    world = World(acceptance=WAIT)
    run = world.workflow("Order", retention=10 * SECOND).key("o-1").running()
    tell(world, Kill(run.ref))

    world.advance(11 * SECOND)
    assert now(run).is_completed
    world.advance(SECOND)
    assert run.now is None


def test_a_call_that_became_due_before_the_kill_has_started_and_leaves_a_row() -> None:
    world = slow()
    early = an_order(world).scheduled(due=SECOND)
    late = world.workflow("Order").key("o-2").scheduled(due=3 * SECOND)
    tell(world, Kill(early.ref))
    tell(world, Kill(late.ref))

    world.advance(timedelta(hours=1))

    assert now(early).outcome is InvocationOutcome.KILLED
    assert late.now is None


def test_time_does_not_go_back_and_nothing_happens() -> None:
    world = slow()
    run = an_order(world).running()
    tell(world, Kill(run.ref))
    before = world.store.fingerprint()

    with pytest.raises(UsageError):
        world.advance(-SECOND)
    assert world.store.fingerprint() == before


# --- what it says of itself ----------------------------------------------------------------------


@pytest.mark.parametrize(("wait", "immediate"), [(timedelta(0), True), (WAIT, False)])
def test_a_kill_is_declared_as_immediate_only_where_it_is(
    wait: timedelta, *, immediate: bool
) -> None:
    facts = answer_of(World(acceptance=wait).engine.facts())
    assert facts.capabilities.kill_is_immediate is immediate


def test_what_waits_is_part_of_what_the_engine_holds() -> None:
    worlds = [slow(), slow(), slow()]
    runs = [an_order(world).paused() for world in worlds]
    for world, run in zip(worlds, runs, strict=True):
        tell(world, (Resume if world is worlds[2] else Kill)(run.ref))
    one, same, other = (world.store.fingerprint() for world in worlds)

    assert one == same
    assert hash(one) == hash(same)
    assert one != other
    worlds[0].clock.advance(SECOND)
    tell(worlds[0], Kill(runs[0].ref))
    tell(worlds[1], Kill(runs[1].ref))
    assert worlds[0].store.fingerprint() != worlds[1].store.fingerprint()


def test_what_waits_shows_no_secret() -> None:
    world = slow()
    world.place("http://place:9080", serves=("Order",))
    register(world, "http://ann:s3cret@place:9080")

    assert "s3cret" not in repr(world.store.backlog.waiting)


def test_nothing_happens_before_it_is_accepted() -> None:
    with pytest.raises(UsageError, match="nothing happens before it is accepted") as caught:
        World(acceptance=-SECOND)

    assert caught.value.argument == "acceptance"
