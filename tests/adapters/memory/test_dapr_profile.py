"""What commands do on the engine like Dapr: as seen on 1.18.3."""

from datetime import timedelta

import pytest

from tests.adapters.memory.dapr_table import (
    COMMANDS,
    NEEDLESS,
    NO,
    NONE,
    OK,
    STATES,
    TABLE,
    a_family,
    a_world,
    an_order,
    poisoned,
    read,
    tell,
    word,
)
from tests.adapters.memory.driving import answer_of
from wfadmin.adapters.memory import World
from wfadmin.domain.commands import Kill, Pause, Purge, Resume
from wfadmin.errors import (
    OutcomeUnknown,
)


@pytest.mark.parametrize(
    ("command", "state"),
    [(command, state) for command, row in TABLE.items() for state in row],
)
def test_each_command_is_answered_by_status(command: str, state: str) -> None:
    world = a_world()
    run = STATES[state](an_order(world))

    answer = tell(world, COMMANDS[command](run.ref))

    assert (answer, word(world, run)) == TABLE[command][state]


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_finds_an_instance_that_is_not_there(command: str) -> None:
    world = a_world()
    run = an_order(world).succeeded()
    tell(world, Purge(run.ref))

    assert tell(world, COMMANDS[command](run.ref)) is NONE


# --- what is dangerous ---------------------------------------------------------------------------


def test_a_resume_that_nobody_needs_fails_the_run_and_says_so() -> None:
    world = a_world()
    run = an_order(world).running()

    tell(world, Resume(run.ref))

    found = read(world, run)
    assert found is not None
    assert found.failure == NEEDLESS


def test_a_second_pause_alone_does_no_harm() -> None:
    world = a_world()
    run = an_order(world).paused()

    answers = [tell(world, Pause(run.ref)), tell(world, Kill(run.ref))]

    assert (answers, word(world, run)) == ([OK, OK], "TERMINATED")


def test_one_pause_and_one_resume_may_follow_each_other_for_ever() -> None:
    world = a_world()
    run = an_order(world).running()

    answers = [tell(world, kind(run.ref)) for kind in (Pause, Resume) * 3]

    assert (answers, word(world, run)) == ([OK] * 6, "RUNNING")


def test_two_pauses_and_a_resume_poison_a_run() -> None:
    world = a_world()
    run = poisoned(an_order(world))

    assert word(world, run) == "SUSPENDED"
    for command in (Pause, Resume, Kill):
        with pytest.raises(OutcomeUnknown):
            tell(world, command(run.ref))
    assert (tell(world, Purge(run.ref)), word(world, run)) == (NO, "SUSPENDED")


def test_what_was_accepted_before_the_poison_took_effect_comes_to_nothing() -> None:
    world = a_world()
    run = an_order(world).paused()

    for command in (Pause, Resume, Kill):
        assert answer_of(world.engine.control.perform(command(run.ref))) is OK
    world.settle()

    assert word(world, run) == "SUSPENDED"


def test_code_that_blocks_answers_no_command_until_it_goes_on() -> None:
    world = a_world()
    run = an_order(world).running()
    store = world.store

    assert store.stick(run.id)
    with pytest.raises(OutcomeUnknown):
        tell(world, Kill(run.ref))
    assert not any((store.progress(run.id), store.succeed(run.id), store.fail(run.id, "boom")))
    assert store.unstick(run.id)
    assert not store.unstick(run.id)
    assert (tell(world, Kill(run.ref)), word(world, run)) == (OK, "TERMINATED")


def test_only_unfinished_code_blocks() -> None:
    world = a_world()
    run = an_order(world).succeeded()

    assert not world.store.stick(run.id)
    assert not world.store.stick("nobody")
    assert tell(world, Pause(run.ref)) is OK


def test_whoever_gets_the_id_of_a_poisoned_run_is_sound() -> None:
    world = a_world()
    run = poisoned(an_order(world))
    world.store.unstick(run.id)
    tell(world, Kill(run.ref))
    tell(world, Purge(run.ref))
    again = an_order(world).running()

    answers = [tell(world, kind(again.ref)) for kind in (Pause, Resume)]

    assert (answers, word(world, again)) == ([OK, OK], "RUNNING")


def test_code_that_blocked_is_forgotten_with_its_run() -> None:
    world = World()
    key = world.workflow("Order").key("o-1")
    run = key.running()
    world.store.stick(run.id)
    tell(world, Kill(run.ref))
    tell(world, Purge(run.ref))

    again = key.running()

    assert again.id == run.id
    assert world.store.succeed(again.id)


# --- time ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("command", "before"), [("pause", "RUNNING"), ("kill", "RUNNING")])
def test_right_after_the_answer_the_old_status_is_still_read(command: str, before: str) -> None:
    world = a_world()
    run = an_order(world).running()

    answer_of(world.engine.control.perform(COMMANDS[command](run.ref)))

    assert word(world, run) == before
    world.advance(timedelta(milliseconds=20))
    assert word(world, run) == TABLE[command]["running"][1]


def test_it_accepts_and_acts_at_once_where_that_is_asked_for() -> None:
    world = World(like="dapr", acceptance=timedelta(0))
    run = an_order(world).running()

    answer_of(world.engine.control.perform(Pause(run.ref)))

    assert word(world, run) == "SUSPENDED"


def test_what_has_ended_is_kept_for_ever_unless_told() -> None:
    world = a_world()
    kept, dropped = (
        an_order(world).succeeded(),
        world.workflow("Short", retention=timedelta(days=1)),
    )
    run = dropped.key("s-1").succeeded()

    world.advance(timedelta(days=4000))

    assert (word(world, kept), word(world, run)) == ("COMPLETED", None)


# --- families ------------------------------------------------------------------------------------


def test_a_kill_takes_the_children_along_a_little_later() -> None:
    world = a_world()
    parent, child = a_family(world)

    answer_of(world.engine.control.perform(Kill(parent.ref)))
    world.advance(timedelta(milliseconds=20))
    first = word(world, parent), word(world, child)
    world.advance(timedelta(milliseconds=20))

    assert first == ("TERMINATED", "RUNNING")
    assert word(world, child) == "TERMINATED"


def test_a_child_that_ended_meanwhile_keeps_its_end() -> None:
    world = a_world()
    parent, child = a_family(world)

    answer_of(world.engine.control.perform(Kill(parent.ref)))
    world.advance(timedelta(milliseconds=20))
    assert world.store.succeed(child.id)
    world.settle()

    assert word(world, child) == "COMPLETED"


def test_a_child_that_was_purged_meanwhile_is_gone() -> None:
    world = a_world()
    parent, child = a_family(world)

    answer_of(world.engine.control.perform(Kill(parent.ref)))
    world.advance(timedelta(milliseconds=20))
    world.store.succeed(child.id)
    world.store.forget(next(one for one in world.store.runs if one.id == child.id))
    world.settle()

    assert word(world, child) is None


def test_a_child_that_is_killed_alone_fails_its_parent() -> None:
    world = a_world()
    parent, child = a_family(world)

    tell(world, Kill(child.ref))

    found = read(world, parent)
    assert found is not None
    assert (found.engine_status, word(world, child)) == ("FAILED", "TERMINATED")
    assert found.failure == "TaskFailedError: Sub-orchestration task #1 failed: "


def test_a_paused_parent_does_not_fail_by_its_child() -> None:
    world = a_world()
    parent, child = a_family(world)
    tell(world, Pause(parent.ref))

    tell(world, Kill(child.ref))

    assert (word(world, parent), word(world, child)) == ("SUSPENDED", "TERMINATED")


def test_a_pause_leaves_the_children_running() -> None:
    world = a_world()
    parent, child = a_family(world)

    tell(world, Pause(parent.ref))

    assert word(world, child) == "RUNNING"


def test_a_purge_takes_children_along_that_have_ended() -> None:
    world = a_world()
    parent, child = a_family(world)
    tell(world, Kill(parent.ref))

    assert tell(world, Purge(parent.ref)) is OK
    assert (word(world, parent), word(world, child)) == (None, None)


def test_a_purge_is_refused_while_a_child_has_not_ended() -> None:
    world = a_world()
    parent, child = a_family(world)
    answer_of(world.engine.control.perform(Kill(parent.ref)))
    world.advance(timedelta(milliseconds=20))

    assert tell(world, Purge(parent.ref)) is NO
    assert (word(world, parent), word(world, child)) == ("TERMINATED", "TERMINATED")
