"""Plain values: commands, capabilities, answers, services, and what is known of one key."""

import pickle
from datetime import datetime, timedelta

import attrs
import pytest

from tests.domain.build import KEY, ended, paused, ref, run, service
from tests.domain.build_recovery import snapshot
from wfadmin.domain.answers import Answer, Registration
from wfadmin.domain.capabilities import (
    Capabilities,
    CommandName,
    EngineFacts,
    Fence,
    Listing,
    Reach,
)
from wfadmin.domain.commands import (
    Cancel,
    Command,
    Kill,
    Pause,
    Purge,
    RaiseEvent,
    Resume,
    Start,
    command_name,
)
from wfadmin.domain.doctor import RECENT_FAILURES
from wfadmin.domain.finding import MAX_SAMPLES, Thresholds
from wfadmin.domain.inspection import Inspection
from wfadmin.domain.model import HandlerKind, Invocation, InvocationStatus, StateEntry, Usage
from wfadmin.domain.recovery import Allowed, Blocked

_REF = ref("inv_1")


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (Pause(_REF), CommandName.PAUSE),
        (Resume(_REF), CommandName.RESUME),
        (Resume(_REF, "latest"), CommandName.RESUME),
        (Cancel(_REF), CommandName.CANCEL),
        (Kill(_REF), CommandName.KILL),
        (Purge(_REF), CommandName.PURGE),
        (Start(_REF), CommandName.START),
        (Start(_REF, "{}"), CommandName.START),
        (RaiseEvent(_REF, "paid"), CommandName.RAISE_EVENT),
    ],
)
def test_a_command_has_the_name_that_capabilities_declare(
    command: Command, name: CommandName
) -> None:
    assert command_name(command) is name


def test_commands_on_one_run_are_different_commands() -> None:
    commands: set[Command] = {Kill(_REF), Purge(_REF), Resume(_REF), Resume(_REF, "latest")}
    assert commands == {Purge(_REF), Resume(_REF, "latest"), Kill(_REF), Resume(_REF, None)}


def test_what_a_run_is_given_is_not_in_what_is_printed_for_debugging() -> None:
    given = (Start(_REF, '"hunter2"'), RaiseEvent(_REF, "paid", '"hunter2"'))
    assert "hunter2" not in repr(given)


def test_an_engine_that_declares_nothing_can_do_nothing() -> None:
    assert Capabilities() == Capabilities(
        commands=frozenset(),
        fence=Fence.NONE,
        purge_clears_state=frozenset(),
        kill_is_immediate=False,
        kill_reach=Reach.UNKNOWN,
        purge_reach=Reach.UNKNOWN,
        late_results=True,
        listing=Listing.NONE,
        services_cover_names=False,
        write_floor=timedelta(0),
        register_floor=timedelta(0),
    )


def test_what_an_engine_can_answer_to_a_write() -> None:
    assert [one.value for one in Answer] == ["accepted", "not_found", "wrong_status", "changed"]


def test_limits_are_those_of_the_operator_api() -> None:
    assert (RECENT_FAILURES, MAX_SAMPLES) == (20, 5)


def test_thresholds_are_those_of_the_documentation() -> None:
    assert Thresholds() == Thresholds(
        backing_off_attempts=5,
        suspended_long=timedelta(hours=1),
        quiet_long=timedelta(hours=1),
        pending_long=timedelta(hours=1),
        timer_overdue=timedelta(minutes=5),
    )


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        pytest.param("run", HandlerKind.MAIN, id="a main handler"),
        pytest.param("status", HandlerKind.SHARED, id="a shared handler"),
        pytest.param("renamed", HandlerKind.UNKNOWN, id="a handler that is not listed"),
        pytest.param(None, HandlerKind.UNKNOWN, id="a run that names no handler"),
    ],
)
def test_a_service_knows_what_its_handlers_are(name: str | None, kind: HandlerKind) -> None:
    assert service().handler_kind(name) is kind


@pytest.mark.parametrize("status", InvocationStatus)
def test_only_completed_is_an_end(status: InvocationStatus) -> None:
    assert run(status=status).is_completed == (status is InvocationStatus.COMPLETED)


def test_a_run_is_named_by_its_reference() -> None:
    one = run("inv_7")
    assert (one.id, one.key) == ("inv_7", KEY)


def test_stored_values_are_not_printed() -> None:
    assert "secret" not in repr(StateEntry("card", 6, b"secret"))


def inspection(*runs: Invocation) -> Inspection:
    """Give what is known of KEY."""
    return Inspection(
        engine="memory",
        key=KEY,
        service=service(),
        runs=runs,
        children=(),
        state=None,
        recover=Allowed(),
    )


def test_failures_of_a_key_are_the_runs_that_met_one_in_their_order() -> None:
    runs = (ended("inv_1", failure="boom"), run("inv_2"), paused("inv_3", failure=""))
    assert [one.id for one in inspection(*runs).failures] == ["inv_1", "inv_3"]
    assert inspection().failures == ()


@pytest.mark.parametrize(
    "value",
    [
        Resume(_REF, "latest"),
        Start(_REF, "{}"),
        RaiseEvent(_REF, "paid", "{}"),
        EngineFacts("1.7.0", Capabilities(commands=frozenset(CommandName)), "no worker"),
        Registration("dp_1", ()),
        inspection(ended()),
        snapshot(ended(), paused("inv_2")),
    ],
    ids=lambda one: type(one).__name__,
)
def test_values_are_equal_by_content_hashable_and_survive_pickling(value: object) -> None:
    again = pickle.loads(pickle.dumps(value))  # noqa: S301 - bytes of our own
    assert again == value
    assert hash(again) == hash(value)


def test_usage_is_whole_unless_it_says_otherwise() -> None:
    assert Usage() == Usage(rows=(), complete=True)


def test_a_value_cannot_be_changed() -> None:
    one = run()
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        one.status = InvocationStatus.PAUSED  # type: ignore[misc]


@pytest.mark.parametrize("field", ["created_at", "modified_at", "completed_at", "due_at"])
def test_a_time_of_an_invocation_has_a_zone(field: str) -> None:
    with pytest.raises(ValueError, match="a time of invocation 'inv_1' has no zone"):
        attrs.evolve(run("inv_1"), **{field: datetime(2026, 5, 9)})  # noqa: DTZ001 - the mistake


def test_blocked_without_a_blocker_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="must be >= 1"):
        Blocked(())
