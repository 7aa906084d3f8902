"""From a verdict to steps: which write comes first."""

import attrs
from hypothesis import given
from hypothesis import strategies as st

from tests.domain import build
from wfadmin.domain.capabilities import Capabilities, CommandName
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import Invocation, InvocationStatus
from wfadmin.domain.plan import Action, Step
from wfadmin.domain.recovery import Allowed, KeyReading
from wfadmin.domain.steps import steps_of

S = InvocationStatus
CAN = Capabilities(
    commands=frozenset({CommandName.PAUSE, CommandName.KILL, CommandName.PURGE}),
    pausable=frozenset({S.RUNNING, S.READY, S.BACKING_OFF}),
)


def reading(*runs: Invocation) -> KeyReading:
    return KeyReading(WorkflowKey("Order", "o-1"), None, runs)


def words(steps: tuple[Step, ...]) -> list[tuple[str, str]]:
    return [(one.action.value, one.target) for one in steps]


def test_nothing_allowed_is_no_step() -> None:
    assert steps_of(Allowed(), reading(), CAN) == ()


def test_a_failed_run_is_only_purged() -> None:
    run = build.run("inv_1", status=S.COMPLETED)

    steps = steps_of(Allowed((), ("inv_1",)), reading(run), CAN)

    assert steps == (Step(Action.PURGE, "inv_1", run.ref.incarnation),)


def test_what_moves_is_parked_before_anything_is_killed_and_purged_last() -> None:
    shared = build.run("inv_2", status=S.SUSPENDED)
    run = build.run("inv_1", status=S.BACKING_OFF)

    steps = steps_of(Allowed(("inv_2", "inv_1"), ("inv_1",)), reading(run, shared), CAN)

    assert words(steps) == [
        ("pause", "inv_1"),
        ("kill", "inv_2"),
        ("kill", "inv_1"),
        ("purge", "inv_1"),
    ]


def test_what_is_parked_already_is_not_parked_again() -> None:
    run = build.run("inv_1", status=S.RUNNING)

    steps = steps_of(Allowed(("inv_1",), ("inv_1",)), reading(run), CAN, parked=("inv_1",))

    assert words(steps) == [("kill", "inv_1"), ("purge", "inv_1")]


def test_an_engine_that_cannot_pause_kills_at_once() -> None:
    run = build.run("inv_1", status=S.RUNNING)
    cannot = Capabilities(pausable=CAN.pausable)

    steps = steps_of(Allowed(("inv_1",)), reading(run), cannot)

    assert words(steps) == [("kill", "inv_1")]


def test_a_run_that_a_pause_would_move_on_is_not_parked() -> None:
    run = build.run("inv_1", status=S.RUNNING)
    moves = attrs.evolve(CAN, pause_keeps_progress=False)

    steps = steps_of(Allowed(("inv_1",), ("inv_1",)), reading(run), moves)

    assert words(steps) == [("kill", "inv_1"), ("purge", "inv_1")]


def test_what_only_a_forced_purge_reaches_is_neither_parked_nor_killed() -> None:
    run = build.run("inv_1", status=S.RUNNING)

    steps = steps_of(Allowed(to_force_purge=("inv_1",)), reading(run), CAN)

    assert steps == (Step(Action.FORCE_PURGE, "inv_1", run.ref.incarnation),)


@given(st.lists(st.sampled_from([S.RUNNING, S.PAUSED, S.SUSPENDED, S.BACKING_OFF]), max_size=4))
def test_all_parks_come_first_and_no_step_comes_twice(
    statuses: list[S],
) -> None:
    runs = [build.run(f"inv_{n}", status=status) for n, status in enumerate(statuses)]
    ids = tuple(one.id for one in runs)

    steps = steps_of(Allowed(ids, ids), reading(*runs), CAN)

    actions = [one.action for one in steps]
    assert actions == sorted(actions, key=[Action.PAUSE, Action.KILL, Action.PURGE].index)
    assert len(set(steps)) == len(steps)
    assert {one.target for one in steps if one.action is Action.PURGE} == set(ids)
