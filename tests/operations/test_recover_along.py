"""A purge that takes children along, on engines that know them and on engines that do not."""

from collections.abc import Callable

import attrs
import pytest

import wfadmin
from tests.operations.engines import Declaring, Parents, declaring
from tests.operations.repairs import KEY, PAUSED, acts, watch, writes
from wfadmin.adapters.memory import Point, World
from wfadmin.adapters.memory.placing import Run
from wfadmin.domain.capabilities import Reach
from wfadmin.domain.keys import InvocationRef
from wfadmin.domain.model import Invocation, InvocationStatus
from wfadmin.domain.policy import RecoveryPolicy
from wfadmin.domain.recovery import Allowed, Blocked
from wfadmin.errors import EngineUnreachable, NotSupported, RetryBlocked, Sent

pytestmark = pytest.mark.asyncio

WITH_CHILDREN = RecoveryPolicy(PAUSED.stuck, with_children=True)
REACHES = [Reach.WITH_CHILDREN, Reach.UNKNOWN]
UNKNOWN = "Whatever the run called goes along: which children, this engine does not say."


def unknown(_: InvocationRef) -> tuple[Invocation, ...]:
    raise NotSupported("memory", "children")


def reaching(
    world: World,
    children: Callable[[InvocationRef], tuple[Invocation, ...]] = unknown,
    reach: Reach = Reach.WITH_CHILDREN,
) -> Declaring:
    engine = declaring(world, purge_reach=reach)
    return attrs.evolve(engine, runs=Parents(world.engine.invocations, children))


def operator(world: World, engine: Declaring) -> wfadmin.LocalOperator:
    return wfadmin.connect(engine, clock=world.clock)


def now(run: Run) -> Invocation:
    assert run.now is not None
    return run.now


@pytest.mark.parametrize("reach", REACHES)
async def test_a_failed_key_whose_children_nobody_knows_is_refused(reach: Reach) -> None:
    world = World()
    run = world.workflow("Order").key("o-1").failed()
    points = watch(world)

    with pytest.raises(RetryBlocked) as caught:
        await operator(world, reaching(world, reach=reach)).recover_stuck_workflow(KEY)

    assert (caught.value.reason, caught.value.invocation_ids) == ("has_children", (run.id,))
    assert (caught.value.sent, writes(points)) == (Sent.NO, [])


@pytest.mark.parametrize("reach", REACHES)
async def test_a_failed_key_without_children_is_purged(reach: Reach) -> None:
    world = World()
    run = world.workflow("Order").key("o-1").failed()
    engine = reaching(world, lambda _: (), reach)

    result = await operator(world, engine).recover_stuck_workflow(KEY)

    assert (result.purged, len(result.warnings)) == ((run.id,), 1)


async def test_children_that_ended_block_a_purge_too() -> None:
    world = World()
    world.workflow("Order").key("o-1").failed()
    child = world.workflow("Payment").key("p-1").failed()
    points = watch(world)

    with pytest.raises(RetryBlocked) as caught:
        await operator(world, reaching(world, lambda _: (now(child),))).plan_recover(KEY)

    assert (caught.value.reason, caught.value.invocation_ids) == ("has_children", (child.id,))
    assert writes(points) == []


async def test_a_purge_is_not_sent_while_a_child_goes_on_even_where_it_may_go_along() -> None:
    world = World()
    world.workflow("Order").key("o-1").failed()
    child = world.workflow("Payment").key("p-1").running()
    points = watch(world)

    engine = reaching(world, lambda _: (now(child),))
    with pytest.raises(RetryBlocked) as caught:
        await operator(world, engine).recover_stuck_workflow(KEY, policy=WITH_CHILDREN)

    assert (caught.value.reason, caught.value.invocation_ids) == ("has_children", (child.id,))
    assert (caught.value.sent, writes(points)) == (Sent.NO, [])


async def test_a_child_of_which_nobody_knows_the_status_may_go_along() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").failed()
    child = world.workflow("Payment").key("p-1").running()
    unread = attrs.evolve(now(child), status=InvocationStatus.UNKNOWN)

    engine = reaching(world, lambda _: (unread,))
    result = await operator(world, engine).recover_stuck_workflow(KEY, policy=WITH_CHILDREN)

    assert result.purged == (run.id,)


async def test_children_that_cannot_be_read_are_not_none() -> None:
    world = World()
    world.workflow("Order").key("o-1").failed()

    def dead(_: InvocationRef) -> tuple[Invocation, ...]:
        raise EngineUnreachable("memory", "Connection refused")

    with pytest.raises(EngineUnreachable):
        await operator(world, reaching(world, dead)).plan_recover(KEY)


async def test_a_purge_that_reaches_no_further_asks_for_nobody() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").failed()
    engine = reaching(world, unknown, Reach.ALONE)

    result = await operator(world, engine).recover_stuck_workflow(KEY, policy=WITH_CHILDREN)

    assert (result.purged, len(result.warnings)) == ((run.id,), 1)


async def test_a_plan_names_every_child_that_goes_along_with_its_status() -> None:
    world = World()
    world.workflow("Order").key("o-1").paused()
    payment = world.workflow("Payment")
    ended, begun = payment.key("p-1").succeeded(), payment.key("p-2").suspended()
    engine = reaching(world, lambda _: (now(ended), now(begun)))

    plan = await operator(world, engine).plan_recover(KEY, policy=WITH_CHILDREN)

    assert plan.warnings[1:] == (
        f"A child goes along: {ended.id} of Payment (succeeded).",
        f"A child goes along: {begun.id} of Payment (suspended).",
    )


async def test_a_plan_names_the_children_of_a_kill_too() -> None:
    world = World()
    parent = world.workflow("Order").key("o-1").paused()
    child = parent.child(world.workflow("Payment").key("p-1")).running()
    operating = wfadmin.connect(world.engine, clock=world.clock)

    result = await operating.recover_stuck_workflow(KEY, policy=WITH_CHILDREN)

    assert result.warnings[1:] == (f"A child goes along: {child.id} of Payment (running).",)


async def test_of_very_many_children_a_hundred_are_named_and_all_are_counted() -> None:
    world = World()
    world.workflow("Order").key("o-1").failed()
    child = world.workflow("Payment").key("p-1").failed()
    engine = reaching(world, lambda _: (now(child),) * 102)

    plan = await operator(world, engine).plan_recover(KEY, policy=WITH_CHILDREN)

    assert plan.warnings[1:101] == (f"A child goes along: {child.id} of Payment (failed).",) * 100
    assert plan.warnings[101:] == ("More children go along: 2.",)


async def test_a_policy_that_includes_them_recovers_where_nobody_knows_them_and_says_so() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").paused()

    result = await operator(world, reaching(world)).recover_stuck_workflow(
        KEY, policy=WITH_CHILDREN
    )

    assert (result.killed, result.purged) == ((run.id,), (run.id,))
    assert UNKNOWN in result.warnings


async def test_a_run_without_children_is_not_said_to_take_any_along() -> None:
    world = World()
    world.workflow("Order").key("o-1").failed()

    plan = await operator(world, reaching(world, lambda _: ())).plan_recover(
        KEY, policy=WITH_CHILDREN
    )

    assert len(plan.warnings) == 1


async def test_a_child_that_appears_before_the_kill_lands_stops_the_purge() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").paused()
    child = world.workflow("Payment").key("p-1").running()
    called: list[Invocation] = []
    engine = reaching(world, lambda _: tuple(called))
    points = watch(world, acts(Point.KILL, lambda: called.append(now(child))))

    with pytest.raises(RetryBlocked) as caught:
        await operator(world, engine).recover_stuck_workflow(KEY, policy=PAUSED)

    assert (caught.value.reason, caught.value.invocation_ids) == ("has_children", (child.id,))
    assert (caught.value.sent, writes(points)) == (Sent.YES, [Point.KILL])
    assert now(run).is_completed


async def test_children_are_asked_for_once_more_between_kill_and_purge() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").paused()
    engine = reaching(world, lambda _: ())
    points = watch(world)

    result = await operator(world, engine).recover_stuck_workflow(KEY, policy=PAUSED)

    assert (result.killed, result.purged) == ((run.id,), (run.id,))
    assert writes(points) == [Point.KILL, Point.PURGE]
    # One look confirms the kill, one comes after the question.
    between = points[points.index(Point.KILL) + 1 : points.index(Point.PURGE)]
    assert between == [Point.FOR_KEY, Point.FOR_KEY]


async def test_a_run_that_ends_by_itself_is_asked_again_whom_it_called() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").paused()
    child = world.workflow("Payment").key("p-1").running()
    called: list[Invocation] = []

    def somebody_kills_it() -> None:
        called.append(now(child))
        world.store.kill(run.id)

    points = watch(world, acts(Point.FOR_KEY, somebody_kills_it, visit=3))

    with pytest.raises(RetryBlocked) as caught:
        await operator(world, reaching(world, lambda _: tuple(called))).recover_stuck_workflow(
            KEY, policy=PAUSED
        )

    assert (caught.value.reason, caught.value.invocation_ids) == ("has_children", (child.id,))
    assert (caught.value.sent, writes(points)) == (Sent.NO, [])


async def test_who_was_asked_after_its_end_is_not_asked_again() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").failed()
    asked: list[str] = []

    def nobody(ref: InvocationRef) -> tuple[Invocation, ...]:
        asked.append(ref.id)
        return ()

    await operator(world, reaching(world, nobody)).recover_stuck_workflow(KEY)

    assert asked == [run.id]


async def test_where_nothing_reaches_children_none_is_said_to_go_along() -> None:
    world = World()
    parent = world.workflow("Order").key("o-1").paused()
    parent.child(world.workflow("Payment").key("p-1")).running()
    engine = declaring(world, kill_reach=Reach.ALONE, purge_reach=Reach.ALONE)

    plan = await operator(world, engine).plan_recover(KEY, policy=WITH_CHILDREN)

    assert len(plan.warnings) == 1


# --- looked at -----------------------------------------------------------------------------------


async def test_an_inspection_says_that_unknown_children_block_a_purge() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").failed()

    found = await operator(world, reaching(world)).inspect(KEY)

    assert isinstance(found.recover, Blocked)
    assert (found.recover.reason.value, found.recover.invocation_ids) == ("has_children", (run.id,))
    assert (found.children, found.warnings) == (None, ())


async def test_an_inspection_shows_the_ended_children_that_a_purge_takes_along() -> None:
    world = World()
    world.workflow("Order").key("o-1").failed()
    child = now(world.workflow("Payment").key("p-1").succeeded())

    found = await operator(world, reaching(world, lambda _: (child,))).inspect(KEY)

    assert found.children == (child,)
    assert isinstance(found.recover, Blocked)


async def test_where_a_purge_goes_alone_children_are_no_reason_against_it() -> None:
    world = World()
    key = world.workflow("Order").key("o-1")
    key.failed()
    watcher = key.shared("watch").running()
    watcher.child(world.workflow("Payment").key("p-1")).running()

    found = await wfadmin.connect(world.engine, clock=world.clock).inspect(KEY)

    assert found.children is not None
    assert isinstance(found.recover, Blocked)
    assert [one.reason.value for one in found.recover.blockers] == ["active"]


async def test_a_success_is_never_purged_so_its_children_are_not_asked_for() -> None:
    world = World()
    world.workflow("Order").key("o-1").succeeded()

    found = await operator(world, reaching(world)).inspect(KEY)

    assert found.children == ()


async def test_without_knowing_what_an_engine_can_do_a_purge_may_take_children_along() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").failed()
    dead = EngineUnreachable("memory", "Connection refused")

    def fails() -> None:
        raise dead

    watch(world, acts(Point.FACTS, fails))
    found = await operator(world, reaching(world, lambda _: (), Reach.ALONE)).inspect(KEY)

    expected = "Not read: what the engine can do. No answer from memory. Connection refused."
    assert (found.recover, found.warnings) == (Allowed(to_purge=(run.id,)), (expected,))
