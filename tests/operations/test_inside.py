"""What a history says beside the status: work under way, and commands that would ruin the run."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import attrs
import pytest

import wfadmin
from tests.operations.engines import Parents, Tells, declaring
from tests.operations.repairs import KEY, PAUSED, acts, fails, watch, writes
from wfadmin.adapters.memory import Point, World
from wfadmin.adapters.memory.placing import Run
from wfadmin.domain.capabilities import CommandName, Reach
from wfadmin.domain.commands import Resume
from wfadmin.domain.keys import InvocationRef
from wfadmin.domain.model import Invocation, InvocationStatus
from wfadmin.domain.plan import Verb
from wfadmin.domain.policy import BackingOff, RecoveryPolicy
from wfadmin.domain.results import Effect
from wfadmin.errors import CommandNotAllowed, EngineUnreachable, NotSupported, RetryBlocked, Sent
from wfadmin.ports.history import Examination, HistoryEntry, InvocationHistory

pytestmark = pytest.mark.asyncio

RESUMES = frozenset({CommandName.RESUME})
POISON = "It was paused twice with no resume between."
RUINED = Examination(harmful={CommandName.RESUME: POISON})
NOBODY_KNOWS = "Work that a killed run began may still be under way"
NOTHING = "No work of these runs is under way, as far as their histories say."
SAFE = "What comes of it may be delivered to a new run of the same id"
WITH_CHILDREN = RecoveryPolicy(PAUSED.stuck, with_children=True)


def operator(
    world: World,
    examined: Callable[[InvocationRef], Examination],
    children: Callable[[InvocationRef], tuple[Invocation, ...]] = lambda _: (),
    **declared: object,
) -> wfadmin.LocalOperator:
    settings = {"late_results": True, "repeatable": frozenset()} | declared
    engine = attrs.evolve(
        declaring(world, **settings),
        told=Tells(examined),
        runs=Parents(world.engine.invocations, children),
    )
    return wfadmin.connect(engine, clock=world.clock)


def working(*work: str) -> Callable[[InvocationRef], Examination]:
    return lambda _: Examination(open_work=work)


def now(run: Run) -> Invocation:
    assert run.now is not None
    return run.now


# --- work under way ------------------------------------------------------------------------------


async def test_work_that_is_under_way_is_named_with_its_run() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").paused()

    plan = await operator(world, working("the activity charge")).plan_recover(KEY, policy=PAUSED)

    assert plan.warnings[1] == f"Of {run.id} this may still be under way: the activity charge."
    assert plan.warnings[2].startswith(SAFE)


async def test_of_much_work_five_are_named_and_all_are_counted() -> None:
    world = World()
    world.workflow("Order").key("o-1").paused()

    plan = await operator(world, working(*"abcdefg")).plan_recover(KEY, policy=PAUSED)

    assert plan.warnings[1].endswith("under way: a, b, c, d, e and 2 more.")


async def test_a_history_without_open_work_says_so_and_how_far_that_goes() -> None:
    world = World()
    world.workflow("Order").key("o-1").paused()

    plan = await operator(world, working()).plan_recover(KEY, policy=PAUSED)

    assert plan.warnings[1].startswith(NOTHING)
    assert "What a run began before it continued as new" in plan.warnings[1]


async def test_a_history_that_cannot_say_is_not_one_without_work() -> None:
    world = World()
    world.workflow("Order").key("o-1").paused()

    plan = await operator(world, lambda _: Examination()).plan_recover(KEY, policy=PAUSED)

    assert plan.warnings[1].startswith(NOBODY_KNOWS)


class EntriesAlone(InvocationHistory):
    """A history of an adapter that examines nothing."""

    async def entries(self, ref: InvocationRef) -> AsyncIterator[HistoryEntry]:
        yield HistoryEntry(0, ref.id)


async def test_an_adapter_that_examines_nothing_knows_nothing() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").paused()
    history = EntriesAlone()
    engine = attrs.evolve(declaring(world, late_results=True), told=history)

    plan = await wfadmin.connect(engine, clock=world.clock).plan_recover(KEY, policy=PAUSED)

    assert plan.warnings[1].startswith(NOBODY_KNOWS)
    assert [one.kind async for one in history.entries(run.ref)] == [run.id]


async def test_a_history_that_cannot_be_read_does_not_keep_a_key_from_being_recovered() -> None:
    world = World()
    world.workflow("Order").key("o-1").paused()

    def dead(_: InvocationRef) -> Examination:
        raise EngineUnreachable("memory", "Connection refused")

    plan = await operator(world, dead).plan_recover(KEY, policy=PAUSED)

    assert plan.warnings[1].startswith(NOBODY_KNOWS)


async def test_the_work_of_children_counts_too() -> None:
    world = World()
    world.workflow("Order").key("o-1").paused()
    child = world.workflow("Payment").key("p-1").running()

    def examined(ref: InvocationRef) -> Examination:
        return Examination(open_work=("charge",) if ref.id == child.id else ())

    operating = operator(world, examined, lambda _: (now(child),), purge_reach=Reach.WITH_CHILDREN)
    plan = await operating.plan_recover(KEY, policy=WITH_CHILDREN)

    assert plan.warnings[1] == f"Of {child.id} this may still be under way: charge."


@pytest.mark.parametrize(("work", "told"), [(("charge",), 2), ((), 0), (None, 0)])
async def test_of_a_run_that_failed_by_itself_only_known_work_is_told(
    work: tuple[str, ...] | None, told: int
) -> None:
    world = World()
    world.workflow("Order").key("o-1").failed()

    operating = operator(world, lambda _: Examination(open_work=work))
    plan = await operating.plan_recover(KEY)

    assert len(plan.warnings) - 1 == told


# --- commands that would ruin it -----------------------------------------------------------------


async def test_a_resume_that_would_ruin_the_run_is_not_sent() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").paused()
    points = watch(world)

    with pytest.raises(CommandNotAllowed) as caught:
        await operator(world, lambda _: RUINED).resume(KEY)

    assert (caught.value.command, caught.value.invocation_id) == ("resume", run.id)
    assert (caught.value.why, caught.value.sent, writes(points)) == (POISON, Sent.NO, [])


async def test_what_ruins_by_one_command_can_still_take_another() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").running()

    result = await operator(world, lambda _: RUINED).pause(KEY)

    assert (result.status, now(run).status) == ("paused", InvocationStatus.PAUSED)


async def test_what_ruins_it_after_the_plan_is_seen_before_the_write() -> None:
    world = World()
    world.workflow("Order").key("o-1").paused()
    told = iter([Examination(), RUINED])
    points = watch(world)

    with pytest.raises(CommandNotAllowed):
        await operator(world, lambda _: next(told)).resume(KEY)

    assert writes(points) == []


async def test_a_history_that_cannot_be_read_keeps_a_harmful_command_from_being_sent() -> None:
    world = World()
    world.workflow("Order").key("o-1").paused()
    points = watch(world)

    def dead(_: InvocationRef) -> Examination:
        raise EngineUnreachable("memory", "Connection refused")

    with pytest.raises(EngineUnreachable):
        await operator(world, dead).resume(KEY)

    assert writes(points) == []


@pytest.mark.parametrize("repeatable", [frozenset(), frozenset({CommandName.RESUME})])
async def test_an_engine_that_tells_no_history_or_bears_a_repetition_resumes(
    repeatable: frozenset[CommandName],
) -> None:
    world = World()
    run = world.workflow("Order").key("o-1").paused()

    def untold(_: InvocationRef) -> Examination:
        if repeatable:
            return RUINED  # nobody asks
        raise NotSupported("memory", "history")

    await operator(world, untold, repeatable=repeatable).resume(KEY)

    assert now(run).status is InvocationStatus.RUNNING


async def test_a_parked_run_that_a_resume_would_ruin_is_left_and_named() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").backing_off(attempts=5)
    refused = EngineUnreachable("memory", "Connection refused")
    watch(world, fails(Point.KILL, refused))

    with pytest.raises(EngineUnreachable) as caught:
        await operator(world, lambda _: RUINED).recover_stuck_workflow(
            KEY, policy=RecoveryPolicy((BackingOff(5),))
        )

    assert now(run).status is InvocationStatus.PAUSED
    assert any(run.id in line and "resume was not sent" in line for line in caught.value.also)


async def test_a_parked_run_that_somebody_resumed_meanwhile_is_not_resumed() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").backing_off(attempts=5)
    refused = EngineUnreachable("memory", "Connection refused")
    points = watch(world, fails(Point.KILL, refused))

    def goes_on(_: InvocationRef) -> Examination:
        if now(run).status is InvocationStatus.PAUSED:
            world.store.perform(Resume(run.ref))
        return Examination()

    with pytest.raises(EngineUnreachable):
        await operator(world, goes_on).recover_stuck_workflow(
            KEY, policy=RecoveryPolicy((BackingOff(5),))
        )

    assert writes(points) == [Point.PAUSE, Point.KILL]


NEEDLESS = "A needless resume can ruin a run on this engine"


@pytest.mark.parametrize(("repeatable", "told"), [(frozenset(), 1), (RESUMES, 0)])
async def test_a_plan_tells_of_the_request_in_which_a_second_command_would_do_harm(
    repeatable: frozenset[CommandName], told: int
) -> None:
    world = World()
    world.workflow("Order").key("o-1").paused()

    operating = operator(world, lambda _: Examination(), repeatable=repeatable)
    plan = await operating.plan_steering(Verb.RESUME, KEY)

    assert [one.startswith(NEEDLESS) for one in plan.warnings] == [True] * told


@pytest.mark.parametrize(
    ("repeatable", "effect"), [(frozenset(), Effect.ACCEPTED), (RESUMES, Effect.CONFIRMED)]
)
async def test_a_run_that_fails_with_its_resume_is_not_called_resumed_where_that_may_be_why(
    repeatable: frozenset[CommandName], effect: Effect
) -> None:
    world = World()
    run = world.workflow("Order").key("o-1").paused()
    # A plan looks once, and the write goes by a second look: the third is after it.
    watch(world, acts(Point.FOR_KEY, lambda: world.store.fail(run.id, "it is broken"), visit=3))
    result = await operator(world, lambda _: Examination(), repeatable=repeatable).resume(KEY)

    assert (result.status, result.effect) == ("completed", effect)
    assert any("ended badly right after it" in one for one in result.warnings) is (
        effect is Effect.ACCEPTED
    )


async def test_inspect_names_no_resume_that_would_ruin_the_run_and_says_why() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").paused()

    found = await operator(world, lambda _: RUINED).inspect(KEY)

    verbs = [one.verb for finding in found.findings for one in finding.remedies]
    assert verbs == [("recover",)]
    assert f"No resume of {run.id}. {POISON}" in found.warnings


@pytest.mark.parametrize("repeatable", [frozenset(), frozenset({CommandName.RESUME})])
async def test_inspect_names_the_resume_where_nothing_speaks_against_it(
    repeatable: frozenset[CommandName],
) -> None:
    world = World()
    world.workflow("Order").key("o-1").paused()

    def untold(_: InvocationRef) -> Examination:
        if repeatable:
            return RUINED  # nobody asks
        raise NotSupported("memory", "history")

    found = await operator(world, untold, repeatable=repeatable).inspect(KEY)

    assert ("runs", "resume") in [one.verb for one in found.findings[0].remedies]


# --- children that end later than their parent ---------------------------------------------------


def parent_and_child(world: World) -> tuple[Run, Run]:
    parent = world.workflow("Order").key("o-1").paused()
    return parent, world.workflow("Payment").key("p-1").running()


async def test_a_purge_waits_for_the_children_that_the_kill_has_still_to_reach() -> None:
    world = World()
    _, child = parent_and_child(world)
    ends = world.clock.now() + timedelta(seconds=1)

    def children(_: InvocationRef) -> tuple[Invocation, ...]:
        if world.clock.now() >= ends and not now(child).is_completed:
            world.store.kill(child.id)
        return (now(child),)

    points = watch(world)
    operating = operator(world, working(), children, purge_reach=Reach.WITH_CHILDREN)
    result = await operating.recover_stuck_workflow(KEY, policy=WITH_CHILDREN)

    assert result.confirmed
    assert (writes(points), world.clock.now() >= ends) == ([Point.KILL, Point.PURGE], True)


async def test_children_that_never_end_keep_their_parent_from_being_purged() -> None:
    world = World()
    parent, child = parent_and_child(world)
    points = watch(world)

    operating = operator(world, working(), lambda _: (now(child),), purge_reach=Reach.WITH_CHILDREN)
    with pytest.raises(RetryBlocked) as caught:
        await operating.recover_stuck_workflow(KEY, policy=WITH_CHILDREN)

    assert (caught.value.reason, caught.value.invocation_ids) == ("has_children", (child.id,))
    assert (caught.value.sent, now(parent).is_completed) == (Sent.YES, True)
    assert writes(points) == [Point.KILL]


async def test_a_run_that_is_replaced_while_its_children_end_is_not_purged() -> None:
    world = World()
    parent, child = parent_and_child(world)
    asked = []

    def children(_: InvocationRef) -> tuple[Invocation, ...]:
        asked.append(now(child).status)
        if len(asked) > 2:  # the plan, and the wait
            world.store.kill(child.id)
            world.store.purge(parent.id)
            world.workflow("Order").key("o-1").submit()
        return (now(child),)

    points = watch(world)
    operating = operator(world, working(), children, purge_reach=Reach.WITH_CHILDREN)
    result = await operating.recover_stuck_workflow(KEY, policy=WITH_CHILDREN)

    assert (result.purged, writes(points)) == ((), [Point.KILL])
