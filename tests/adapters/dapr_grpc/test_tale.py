"""What the events of a history say together."""

from typing import Any

import pytest

from tests.adapters.dapr_grpc import oracle
from tests.adapters.dapr_grpc.servers import recorded
from tests.adapters.dapr_grpc.test_events import MOMENT, event
from wfadmin.adapters.dapr.grpc.events import Event, events_from
from wfadmin.adapters.dapr.grpc.tale import Child, Tale, Task, tale_of

NOTHING = Tale(None, None, None, (), (), (), suspended_twice=False, stalled=None)


def tale(*told: dict[str, Any]) -> Tale:
    return tale_of(events_from(oracle.history(*told)))


def recorded_tale(name: str) -> Tale:
    return tale_of(events_from(recorded()[name].answered.data))


def test_what_never_ran_has_an_empty_tale() -> None:
    assert recorded_tale("history-pending") == NOTHING


def test_a_run_is_told_by_its_execution_and_its_parent() -> None:
    child = recorded_tale("history-child")

    assert child.execution_id == "61632d8a-3fe1-4e44-af94-ba6f29e74be3"
    assert child.parent_id == "cp"
    assert child.created is not None
    assert child.created.text == "2026-11-20T23:36:58.984724363Z"


def test_two_generations_of_a_run_have_two_executions() -> None:
    names = ("history-run-identity-1", "history-run-identity-2", "history-run-identity-3")

    assert len({recorded_tale(name).execution_id for name in names}) == 3


def test_a_run_that_calls_itself_nothing_has_no_execution_and_no_parent() -> None:
    bare = tale(event("executionStarted", name="pay", parentInstance={"appID": "a"}))

    assert (bare.execution_id, bare.parent_id, bare.created) == (None, None, MOMENT)


def test_an_activity_without_a_result_is_open() -> None:
    assert recorded_tale("history-activity-in-flight").open_tasks == (Task(1, "nap"),)
    assert recorded_tale("history-completed").open_tasks == ()


def test_an_activity_of_a_run_that_was_terminated_stays_open() -> None:
    ended = tale(
        event("taskScheduled", 1, name="a"),
        event("taskScheduled", 2, name="b"),
        event("taskFailed", taskScheduledId=2),
        event("executionTerminated"),
        event("executionCompleted", workflowStatus="ORCHESTRATION_STATUS_TERMINATED"),
    )

    assert ended.open_tasks == (Task(1, "a"),)


def test_a_child_without_a_result_is_open() -> None:
    assert recorded_tale("history-parent").open_children == (
        Child("li-child", "child", is_elsewhere=False),
    )


@pytest.mark.parametrize("kind", ["childWorkflowInstanceCompleted", "childWorkflowInstanceFailed"])
def test_a_child_with_a_result_is_a_child_and_not_open(kind: str) -> None:
    ended = tale(
        event("taskScheduled", 1, name="a"),
        event("childWorkflowInstanceCreated", 2, instanceId="c", name="ship"),
        event(kind, taskScheduledId=2),
    )

    assert (ended.open_tasks, ended.open_children) == ((Task(1, "a"),), ())
    assert ended.children == (Child("c", "ship", is_elsewhere=False),)


def test_the_children_are_told_in_the_order_of_the_calls() -> None:
    called = tale(
        event("childWorkflowInstanceCreated", 1, instanceId="b", name="ship"),
        event("childWorkflowInstanceCreated", 2, instanceId="a", name="bill"),
        event("childWorkflowInstanceCompleted", taskScheduledId=1),
    )

    assert [one.id for one in called.children] == ["b", "a"]
    assert [one.id for one in called.open_children] == ["a"]


@pytest.mark.parametrize(
    ("router", "elsewhere"),
    [
        ({"sourceAppID": "a", "targetAppID": "b"}, True),
        ({"sourceAppID": "a", "targetAppID": "a"}, False),
        ({"sourceAppID": "a"}, False),
        (None, False),
    ],
)
def test_a_child_in_another_app_is_told(router: Any, elsewhere: bool) -> None:  # noqa: ANN401, FBT001
    created = event("childWorkflowInstanceCreated", 1, router, instanceId="c", name="ship")

    assert tale(created).open_children == (Child("c", "ship", elsewhere),)


@pytest.mark.parametrize(
    ("kinds", "twice"),
    [
        ("S", False),
        ("SRS", False),
        ("SS", True),
        ("SRSS", True),
        ("SSR", True),
        ("", False),
    ],
)
def test_two_suspends_in_a_row_are_found(kinds: str, twice: bool) -> None:  # noqa: FBT001
    words = {"S": "executionSuspended", "R": "executionResumed"}

    assert tale(*(event(words[one]) for one in kinds)).suspended_twice is twice


def test_a_stalled_run_says_why_until_it_goes_on() -> None:
    stalled = event("executionStalled", reason="PATCH_MISMATCH", description="p1")

    assert recorded_tale("history-stalled").stalled == (
        "VERSION_NOT_AVAILABLE: Version not available: v1"
    )
    assert tale(stalled).stalled == "PATCH_MISMATCH: p1"
    assert tale(stalled, event("workflowStarted")).stalled is None


def test_an_answer_to_what_is_not_there_changes_nothing() -> None:
    odd = (
        Event(-1, "taskCompleted", None),
        Event(1, "childWorkflowInstanceCreated", None),
        Event(-1, "taskCompleted", None, answered=9),
    )

    assert tale_of(odd) == NOTHING
