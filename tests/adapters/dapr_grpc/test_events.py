"""What each event of a history says, without its payloads."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.adapters.dapr_grpc import oracle
from wfadmin.adapters.dapr.grpc.codec import WrongBytesError, number, text
from wfadmin.adapters.dapr.grpc.events import events_from
from wfadmin.adapters.dapr.grpc.messages import Moment

AT = "2026-11-20T23:00:00Z"
MOMENT = Moment(AT, datetime(2026, 11, 20, 23, tzinfo=UTC))
SECRET = "hunter2"  # noqa: S105 - what must not be told


def event(kind: str, event_id: int = -1, router: Any = None, **inner: Any) -> dict[str, Any]:  # noqa: ANN401
    told: dict[str, Any] = {"eventId": event_id, "timestamp": AT, kind: inner}
    return told if router is None else told | {"router": router}


def failed(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"errorType": "ValueError", "errorMessage": "no\nmore", "stackTrace": SECRET} | more


@pytest.mark.parametrize(
    ("told", "name", "detail"),
    [
        (event("executionStarted", name="pay", version="v1", input=SECRET), "pay", "version v1"),
        (event("executionStarted", name="pay"), "pay", ""),
        (
            event(
                "executionCompleted",
                workflowStatus="ORCHESTRATION_STATUS_COMPLETED",
                result=SECRET,
            ),
            None,
            "COMPLETED",
        ),
        (
            event(
                "executionCompleted",
                workflowStatus="ORCHESTRATION_STATUS_FAILED",
                failureDetails=failed(),
            ),
            None,
            "FAILED: ValueError: no more",
        ),
        (event("executionTerminated", input=SECRET, recurse=True), None, "with its children"),
        (event("executionTerminated"), None, ""),
        (event("taskScheduled", 1, name="charge", input=SECRET), "charge", ""),
        (event("taskCompleted", taskScheduledId=1, result=SECRET), None, "of 1"),
        (
            event("taskFailed", taskScheduledId=1, failureDetails=failed()),
            None,
            "of 1: ValueError: no more",
        ),
        (event("taskFailed", taskScheduledId=1), None, "of 1"),
        (
            event("childWorkflowInstanceCreated", 2, instanceId="c", name="ship", input=SECRET),
            "ship",
            "",
        ),
        (event("childWorkflowInstanceCompleted", taskScheduledId=2, result=SECRET), None, "of 2"),
        (
            event("childWorkflowInstanceFailed", taskScheduledId=2, failureDetails=failed()),
            None,
            "of 2: ValueError: no more",
        ),
        (event("timerCreated", 3, fireAt=AT, name="nap"), "nap", f"due at {AT}"),
        (event("timerCreated", 3), None, ""),
        (
            event("timerCreated", 3, fireAt=AT, externalEvent={"name": "go"}),
            "go",
            "waits for this event",
        ),
        (event("timerFired", timerId=3), None, "of 3"),
        (event("workflowStarted", version={"name": "v1"}), None, "version v1"),
        (event("workflowStarted", version={"patches": ["a"]}), None, ""),
        (event("workflowStarted"), None, ""),
        (event("workflowCompleted"), None, ""),
        (event("eventSent", 4, instanceId="other", name="go", input=SECRET), "go", ""),
        (event("eventRaised", name="go", input=SECRET), "go", ""),
        (event("continueAsNew", input=SECRET), None, ""),
        (event("executionSuspended", input=SECRET), None, ""),
        (event("executionResumed", input=SECRET), None, ""),
        (
            event("executionStalled", reason="VERSION_NOT_AVAILABLE", description="no v1"),
            None,
            "VERSION_NOT_AVAILABLE: no v1",
        ),
        (event("executionStalled", reason="PATCH_MISMATCH"), None, "PATCH_MISMATCH"),
    ],
)
def test_an_event_says_what_it_is_without_its_payload(
    told: dict[str, Any],
    name: str | None,
    detail: str,
) -> None:
    (found,) = events_from(oracle.history(told))
    (kind,) = told.keys() - {"eventId", "timestamp"}

    assert (found.number, found.kind, found.moment) == (told["eventId"], kind, MOMENT)
    assert (found.name, found.detail, found.at) == (name, detail, MOMENT.at)
    assert SECRET not in repr(found)


def test_a_newer_kind_of_event_stays_in_its_place() -> None:
    newer = oracle.encoded("HistoryEvent", {"eventId": 7, "timestamp": AT}) + text(40, "new")
    data = b"\x0a" + bytes([len(newer)]) + newer + oracle.history(event("executionResumed"))

    assert [(one.number, one.kind) for one in events_from(data)] == [
        (7, "unknown"),
        (-1, "executionResumed"),
    ]


def test_a_newer_status_or_reason_is_told_by_its_number() -> None:
    data = b"\x0a\x04" + b"\x22\x02\x08\x2a" + b"\x0a\x05" + b"\xfa\x01\x02\x08\x2a"

    assert [one.detail for one in events_from(data)] == ["STATUS_42", "REASON_42"]
    assert [one.at for one in events_from(data)] == [None, None]


@pytest.mark.parametrize(
    "data",
    [number(1, 1), b"\x0a\x02" + number(14, 1), b"\x0a\x03\x12\x01\x08", b"\x0a\x05abc"],
)
def test_bytes_that_are_no_history_are_wrong(data: bytes) -> None:
    with pytest.raises(WrongBytesError):
        events_from(data)
