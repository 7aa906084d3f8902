"""Recoveries at their limits: steps of other runs, what a purge leaves, and how much is named."""

import attrs
import pytest

import wfadmin
from tests.domain.build import KEY as OTHER_KEY
from tests.domain.build import run as invocation
from tests.operations.engines import Parents, Tells, declaring
from tests.operations.repairs import (
    KEY,
    PAUSED,
    SHARED_TOO,
    acts,
    fails,
    lost,
    nothing,
    operator_of,
    watch,
    writes,
)
from wfadmin.adapters.memory import Point, World
from wfadmin.domain.capabilities import Reach
from wfadmin.domain.commands import Pause, Resume
from wfadmin.domain.keys import Incarnation
from wfadmin.domain.model import InvocationStatus
from wfadmin.domain.plan import Action, Step
from wfadmin.domain.policy import RecoveryPolicy
from wfadmin.domain.recovery import KeyReading
from wfadmin.domain.results import StateAfter
from wfadmin.errors import OutcomeUnknown, RetryBlocked, UnexpectedAnswer
from wfadmin.operations.recovery_loop import is_here
from wfadmin.ports.history import Examination

pytestmark = pytest.mark.asyncio

WITH_CHILDREN = RecoveryPolicy(PAUSED.stuck, with_children=True)
#: Of one run, in its first incarnation.
READING = KeyReading(OTHER_KEY, None, (invocation("inv_1"),))


@pytest.mark.parametrize(
    ("action", "incarnation", "expected"),
    [
        pytest.param(Action.PURGE, Incarnation("first"), True, id="the same run"),
        pytest.param(Action.PURGE, Incarnation("other"), False, id="another one of its id"),
        pytest.param(Action.PURGE, None, False, id="one that nobody can name"),
        pytest.param(Action.FORCE_PURGE, Incarnation("other"), False, id="another one, by force"),
        pytest.param(
            Action.FORCE_PURGE, None, True, id="one that had not begun may have been begun"
        ),
    ],
)
async def test_a_run_of_the_same_id_is_still_here_only_if_it_may_be_the_same(
    action: Action, incarnation: Incarnation | None, *, expected: bool
) -> None:
    assert is_here(Step(action, "inv_1", incarnation), READING) is expected


async def test_a_call_that_moves_and_was_not_planned_is_not_parked() -> None:
    world = World()
    key = world.workflow("Order").key("o-1")
    key.shared("watch").succeeded()
    key.paused()
    points = watch(
        world, acts(Point.FOR_KEY, lambda: key.shared("watch").backing_off(attempts=7), visit=3)
    )

    with pytest.raises(RetryBlocked) as caught:
        await operator_of(world).recover_stuck_workflow(
            KEY, policy=attrs.evolve(SHARED_TOO, with_children=True)
        )

    assert (caught.value.reason, writes(points)) == ("unknown", [])


async def test_of_two_parked_runs_the_one_that_goes_on_is_named() -> None:
    world = World()
    key = world.workflow("Order").key("o-1")
    main, call = key.backing_off(attempts=7), key.shared("watch").backing_off(attempts=7)
    goes_on = lambda: world.store.perform(Resume(call.ref))  # noqa: E731
    watch(world, acts(Point.PAUSE, goes_on, visit=2))

    with pytest.raises(RetryBlocked) as caught:
        await operator_of(world).recover_stuck_workflow(KEY, policy=SHARED_TOO)

    assert (caught.value.reason, caught.value.invocation_ids) == ("active", (call.id,))
    assert main.now is not None
    assert main.now.status is not InvocationStatus.PAUSED


async def test_a_purge_that_reaches_no_further_waits_for_no_children() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").paused()
    child = run.child(world.workflow("Payment").key("p-1")).running()
    assert child.now is not None
    going_on = child.now
    engine = attrs.evolve(
        declaring(world, purge_reach=Reach.ALONE),
        runs=Parents(world.engine.invocations, lambda _: (going_on,)),
    )

    result = await wfadmin.connect(engine, clock=world.clock).recover_stuck_workflow(
        KEY, policy=WITH_CHILDREN
    )

    assert (result.killed, result.purged) == ((run.id,), (run.id,))


async def test_where_a_purge_clears_no_state_what_is_left_is_said_at_once() -> None:
    world = World()
    key = world.workflow("Order").key("o-1").state({"step": b"pay"})
    key.failed()
    watch(world, acts(Point.READ_STATE, lambda: key.state({"step": b"pay"}), visit=2))
    engine = declaring(world, purge_clears_state=frozenset())

    result = await wfadmin.connect(engine, clock=world.clock).recover_stuck_workflow(KEY)

    assert result.state is StateAfter.NOT_EMPTY
    assert result.warnings[-1] == (
        "What is stored under the key is left over: recover it once more to clear it."
    )


async def test_a_park_that_does_not_show_is_unknown() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").backing_off(attempts=7)
    points = watch(world, lost(Point.PAUSE, nothing))

    with pytest.raises(OutcomeUnknown) as caught:
        await operator_of(world).recover_stuck_workflow(KEY, policy=SHARED_TOO)

    assert (caught.value.command, caught.value.target) == ("pause", run.id)
    assert writes(points) == [Point.PAUSE]


async def test_a_park_may_show_late_also_where_the_run_moves_to_where_no_pause_lands() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").backing_off(attempts=7)
    looks: list[Point] = []

    async def lands_late(point: Point) -> None:
        if Point.PAUSE in points and point is Point.FOR_KEY:
            looks.append(point)
            if len(looks) == 6:
                world.store.perform(Pause(run.ref))

    points = watch(world, lost(Point.PAUSE, lambda: world.store.progress(run.id)), lands_late)
    engine = declaring(world, pausable=frozenset({InvocationStatus.BACKING_OFF}))

    operator = wfadmin.connect(engine, clock=world.clock)
    result = await operator.recover_stuck_workflow(KEY, policy=SHARED_TOO)

    assert (result.killed, writes(points)) == (
        (run.id,),
        [Point.PAUSE, Point.KILL, Point.PURGE],
    )


async def test_a_reading_that_is_not_understood_is_the_first_reason_to_refuse() -> None:
    world = World()
    world.workflow("Order").key("o-1").failed()
    watch(world, fails(Point.FOR_KEY, UnexpectedAnswer("memory", "odd")))

    with pytest.raises(RetryBlocked) as caught:
        await operator_of(world).recover_stuck_workflow(KEY)

    assert caught.value.blocked == (("query_failed", ()),)


async def test_whom_a_run_that_is_not_stuck_called_is_not_asked() -> None:
    world = World()
    world.workflow("Order").key("o-1").running()
    points = watch(world)

    with pytest.raises(RetryBlocked):
        await operator_of(world).recover_stuck_workflow(KEY)

    assert Point.CHILDREN not in points


async def test_what_is_known_of_a_lost_answer_is_told_as_one_sentence() -> None:
    world = World()
    world.workflow("Order").key("o-1").failed()
    watch(world, fails(Point.PURGE, OutcomeUnknown("purge", "it", ".. cut at MAX.")))

    with pytest.raises(OutcomeUnknown) as caught:
        await operator_of(world).recover_stuck_workflow(KEY)

    assert caught.value.problem == ".. cut at MAX; no effect showed within 10 s"


@pytest.mark.parametrize(("many", "last"), [(100, "p-99 "), (101, "More children go along: 1.")])
async def test_a_hundred_children_that_go_along_are_named_and_the_others_counted(
    many: int, last: str
) -> None:
    world = World()
    world.workflow("Order").key("o-1").failed()
    ended = [
        attrs.evolve(
            invocation(f"p-{number} ", InvocationStatus.COMPLETED), engine_status="completed"
        )
        for number in range(many)
    ]
    engine = attrs.evolve(
        declaring(world, purge_reach=Reach.WITH_CHILDREN),
        runs=Parents(world.engine.invocations, lambda _: tuple(ended)),
    )

    operator = wfadmin.connect(engine, clock=world.clock)
    plan = await operator.plan_recover(KEY, policy=WITH_CHILDREN)

    assert last in plan.warnings[-1]


async def test_five_works_under_way_are_named_without_a_count() -> None:
    world = World()
    world.workflow("Order").key("o-1").paused()
    engine = attrs.evolve(
        declaring(world, late_results=True),
        told=Tells(lambda _: Examination(open_work=tuple("abcde"))),
    )

    operator = wfadmin.connect(engine, clock=world.clock)
    plan = await operator.plan_recover(KEY, policy=PAUSED)

    assert plan.warnings[1].endswith("under way: a, b, c, d, e.")
