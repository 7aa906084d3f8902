"""A row of the engine is one invocation, in our words."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.adapters.restate.fake import row, unfinished
from wfadmin.adapters.restate.rows import InvocationRow, PausedRow, columns, invocation_of
from wfadmin.domain.keys import Incarnation, InvocationRef, Progress, WorkflowKey
from wfadmin.domain.model import (
    HandlerKind,
    Invocation,
    InvocationOutcome,
    InvocationStatus,
    ServiceKind,
)
from wfadmin.wire.replies import Reply

ENDED = datetime(2026, 5, 9, 10, 0, 1, tzinfo=UTC)
LATER = datetime(2026, 5, 9, 10, 5, tzinfo=UTC)


def read(values: Any, paused: PausedRow | None = None) -> Invocation:  # noqa: ANN401 - JSON
    found = Reply("", 200, json.dumps(values).encode()).read(InvocationRow)
    return invocation_of(found, paused)


def failed(text: str | None) -> Invocation:
    return read(row(completion_result="failure", completion_failure=text))


def test_a_completed_run_is_read_in_full() -> None:
    created = datetime(2026, 5, 9, 10, 0, 0, 123_000, tzinfo=UTC)

    assert read(row(invoked_by_id="inv_0")) == Invocation(
        ref=InvocationRef(
            WorkflowKey("Order", "o-1"), "inv_1", Incarnation("2026-05-09T10:00:00.123000+00:00")
        ),
        service_name="Order",
        handler_name="run",
        service_kind=ServiceKind.WORKFLOW,
        status=InvocationStatus.COMPLETED,
        engine_status="completed",
        outcome=InvocationOutcome.SUCCEEDED,
        deployment_id="dp_1",
        created_at=created,
        modified_at=ENDED,
        completed_at=ENDED,
        progress=Progress("4"),
        retention=timedelta(days=1),
        parent_id="inv_0",
    )


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("scheduled", InvocationStatus.SCHEDULED),
        ("inboxed", InvocationStatus.PENDING),
        ("pending", InvocationStatus.PENDING),
        ("ready", InvocationStatus.READY),
        ("invoked", InvocationStatus.RUNNING),
        ("running", InvocationStatus.RUNNING),
        ("backing-off", InvocationStatus.BACKING_OFF),
        ("suspended", InvocationStatus.SUSPENDED),
        ("paused", InvocationStatus.PAUSED),
        ("completed", InvocationStatus.COMPLETED),
        ("yielding", InvocationStatus.UNKNOWN),
        ("Completed", InvocationStatus.UNKNOWN),
        ("", InvocationStatus.UNKNOWN),
    ],
)
def test_every_word_has_a_status_and_is_kept(word: str, status: InvocationStatus) -> None:
    found = read(unfinished(status=word))

    assert (found.status, found.engine_status) == (status, word)
    assert found.is_completed is (word == "completed")


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("[409] killed", InvocationOutcome.KILLED),
        ("[409] cancelled", InvocationOutcome.CANCELLED),
        ("[500] killed", InvocationOutcome.FAILED),
        ("[409] killed by ada", InvocationOutcome.FAILED),
        ("[500] boom", InvocationOutcome.FAILED),
        (None, InvocationOutcome.FAILED),
    ],
)
def test_a_failure_is_told_from_a_kill_by_its_words(
    text: str | None, outcome: InvocationOutcome
) -> None:
    found = failed(text)

    assert (found.outcome, found.failure, found.failure_at) == (outcome, text, ENDED)


@pytest.mark.parametrize("word", ["partial", None])
def test_an_end_that_we_do_not_know_is_no_success(word: str | None) -> None:
    assert read(row(completion_result=word)).outcome is InvocationOutcome.UNKNOWN


def test_an_unfinished_run_has_no_outcome() -> None:
    assert read(unfinished()).outcome is None


@pytest.mark.parametrize(
    ("word", "kind", "handler"),
    [
        ("workflow", ServiceKind.WORKFLOW, HandlerKind.UNKNOWN),
        ("virtual_object", ServiceKind.VIRTUAL_OBJECT, HandlerKind.UNKNOWN),
        ("service", ServiceKind.PLAIN, HandlerKind.MAIN),
        ("agent", ServiceKind.UNKNOWN, HandlerKind.UNKNOWN),
        (None, ServiceKind.UNKNOWN, HandlerKind.UNKNOWN),
    ],
)
def test_the_kind_of_service(word: str | None, kind: ServiceKind, handler: HandlerKind) -> None:
    found = read(row(target_service_ty=word))

    assert (found.service_kind, found.handler_kind) == (kind, handler)


@pytest.mark.parametrize(
    "columns",
    [
        {"target_service_key": None},
        {"target_service_key": ""},
        {"target_service_key": "x" * 2049},
        {"target_service_name": "", "target_service_key": "o-1"},
        {"target_service_ty": "service"},
        {"scope": "blue"},
    ],
)
def test_what_no_key_can_name_has_none(columns: dict[str, Any]) -> None:
    assert read(row(**columns)).key is None


def test_without_a_creation_time_nothing_fences() -> None:
    assert read(row(created_at=None)).ref.incarnation is None


def test_two_times_that_are_written_differently_are_one_incarnation() -> None:
    one = read(row(created_at="2026-05-09T10:00:00.123Z"))
    other = read(row(created_at="2026-05-09T10:00:00.123000000Z"))

    assert one.ref == other.ref


@pytest.mark.parametrize(
    ("columns", "attempts"),
    [
        # Seen live: the first attempt under way reads as one.
        ({"status": "running", "retry_count": 1}, 0),
        ({"status": "running", "retry_count": 3, "last_failure": "boom"}, 2),
        ({"status": "backing-off", "retry_count": 3, "last_failure": "boom"}, 3),
        ({"status": "paused", "retry_count": 3, "last_failure": "boom"}, 3),
        # Seen live: it moved on since, and its attempts go on counting.
        ({"status": "running", "retry_count": 3}, 0),
        ({"status": "running", "retry_count": 0, "last_failure": "boom"}, 0),
        ({"status": "backing-off", "last_failure": "boom"}, 0),
        ({"status": "suspended"}, 0),
    ],
)
def test_only_attempts_that_failed_count(columns: dict[str, Any], attempts: int) -> None:
    assert read(unfinished(**columns)).failed_attempts == attempts


def test_a_loop_of_failing_attempts_is_seen_while_one_is_under_way() -> None:
    assert read(unfinished(retry_count=2, last_failure="boom")).is_backing_off
    assert not read(unfinished(retry_count=1)).is_backing_off


def test_a_backing_off_run_tells_when_it_tries_again() -> None:
    found = read(
        unfinished(
            status="backing-off",
            retry_count=1,
            last_failure="[500 Internal] boom\ntrace",
            last_start_at="2026-05-09T10:00:01Z",
            next_retry_at="2026-05-09T10:05:00Z",
        ),
    )

    assert (found.failure, found.failure_at) == ("[500 Internal] boom\ntrace", ENDED)
    assert found.next_retry_at == LATER


def test_while_an_attempt_is_under_way_nobody_knows_when_the_last_one_failed() -> None:
    found = read(unfinished(retry_count=2, last_failure="boom", last_start_at="2026-05-09T10:05Z"))

    assert (found.failure, found.failure_at, found.next_retry_at) == ("boom", None, None)


def test_a_paused_run_tries_nothing_again() -> None:
    found = read(unfinished(status="paused", next_retry_at="2026-05-09T10:05:00Z"))

    assert found.next_retry_at is None


def test_attempts_are_no_progress_and_steps_are() -> None:
    before = read(unfinished(journal_size=4, retry_count=1)).progress

    assert read(unfinished(journal_size=4, retry_count=9)).progress == before
    assert read(unfinished(journal_size=5, retry_count=1)).progress != before
    assert read(unfinished(journal_size=None)).progress == Progress("0")


def test_when_a_scheduled_run_is_due() -> None:
    found = read(unfinished(status="scheduled", scheduled_start_at="2026-05-09T10:05:00Z"))

    assert found.due_at == LATER


# --- why a run was paused ------------------------------------------------------------------------

FAILED = {"last_failure": {"error_code": 500, "error_message": "boom", "error_stacktrace": "t\n"}}


def event(told: object) -> PausedRow:
    return PausedRow("inv_1", LATER, told if isinstance(told, str) else json.dumps(told))


@pytest.mark.parametrize(
    ("told", "failure"),
    [
        (FAILED, "[500] boom\nt"),
        ({"last_failure": {"error_message": "boom"}}, "boom"),
        ({"ty": "Paused"}, None),
        ({"last_failure": None}, None),
        ({"last_failure": 5}, None),
        ("no JSON", None),
    ],
)
def test_an_event_tells_why_as_far_as_it_can_be_read(told: object, failure: str | None) -> None:
    assert event(told).failure == failure


def test_a_paused_run_fails_for_the_reason_of_its_event() -> None:
    found = read(unfinished(status="paused"), event(FAILED))

    assert (found.failure, found.failure_at) == ("[500] boom\nt", LATER)


def test_a_run_that_somebody_paused_has_no_failure() -> None:
    found = read(unfinished(status="paused"), event({"ty": "Paused"}))

    assert (found.failure, found.failure_at) == (None, None)


def test_only_the_view_knows_attempts_and_only_scopes_have_a_scope() -> None:
    table = columns(view=False, is_scoped=False).split(", ")
    view = columns(view=True, is_scoped=False).split(", ")
    scoped = columns(view=False, is_scoped=True).split(", ")

    assert {*view} - {*table} == {"retry_count", "last_failure", "last_start_at", "next_retry_at"}
    assert {*scoped} - {*table} == {"scope"}
