"""
Rows of the engine's tables, and the invocations that they are.

`sys_invocation_status` knows where a run stands in its own words (inboxed, invoked); the view
`sys_invocation` refines them (pending, ready, running, backing-off), and knows about attempts.
Seen live on 1.6.2 and 1.7.12:

- ``retry_count`` counts the attempts that were *started* since the run was last picked up, so the
  one that is under way is in it; it does not start anew when the run moves on, but
  ``last_failure`` goes away then.
- A paused run has neither: why it gave up is told by its last event only.
- What a kill or a cancel leaves are failures with fixed words. A service may end with the same
  words of its own accord; nothing tells these apart.
"""

from datetime import datetime, timedelta
from typing import Final

import attrs

from wfadmin.domain.errors import InvalidWorkflowKey, UnexpectedAnswer
from wfadmin.domain.keys import Incarnation, InvocationRef, Progress, WorkflowKey
from wfadmin.domain.model import (
    HandlerKind,
    Invocation,
    InvocationOutcome,
    InvocationStatus,
    ServiceKind,
)
from wfadmin.wire.replies import Reply

__all__ = ["COMPLETED", "InvocationRow", "PausedRow", "columns", "invocation_of"]

#: The one word that means the end, in the table and in the view.
COMPLETED: Final = "completed"

_COLUMNS = (
    "id",
    "status",
    "target_service_name",
    "target_service_key",
    "target_handler_name",
    "target_service_ty",
    "completion_result",
    "completion_failure",
    "completion_retention",
    "invoked_by_id",
    "pinned_deployment_id",
    "journal_size",
    "created_at",
    "modified_at",
    # Not read, but seen live on 1.6 and 1.7: without it in the same statement the engine leaves
    # the time of the start out.
    "scheduled_at",
    "scheduled_start_at",
    "completed_at",
)
_OF_THE_VIEW = ("retry_count", "last_failure", "last_start_at", "next_retry_at")


def columns(*, view: bool, is_scoped: bool) -> str:
    """The columns to select for an `InvocationRow`; only an engine with scopes has a scope."""
    names = _COLUMNS + (_OF_THE_VIEW if view else ()) + (("scope",) if is_scoped else ())
    return ", ".join(names)


@attrs.frozen
class InvocationRow:
    """One row, of the table or of the view. What is null is left out by the engine."""

    id: str
    status: str
    target_service_name: str
    target_service_key: str | None = None
    target_handler_name: str | None = None
    target_service_ty: str | None = None
    completion_result: str | None = None
    completion_failure: str | None = None
    completion_retention: timedelta | None = None
    invoked_by_id: str | None = None
    pinned_deployment_id: str | None = None
    journal_size: int | None = None
    created_at: datetime | None = None
    modified_at: datetime | None = None
    scheduled_start_at: datetime | None = None
    completed_at: datetime | None = None
    retry_count: int | None = None
    last_failure: str | None = None
    last_start_at: datetime | None = None
    next_retry_at: datetime | None = None
    scope: str | None = None


@attrs.frozen
class _LastFailure:
    error_code: int | None = None
    error_message: str = ""
    error_stacktrace: str = ""


@attrs.frozen
class _PausedEvent:
    last_failure: _LastFailure | None = None


@attrs.frozen
class PausedRow:
    """An event of a run that was paused: the only place that tells why."""

    id: str
    appended_at: datetime
    event_json: str

    @property
    def failure(self) -> str | None:
        """The failure after which it was paused; None for one that was paused without."""
        reply = Reply("", 200, self.event_json.encode())
        try:
            last = reply.read(_PausedEvent).last_failure
        except UnexpectedAnswer:
            return None  # an explanation that we cannot read is none
        if last is None:
            return None
        code = "" if last.error_code is None else f"[{last.error_code}] "
        return f"{code}{last.error_message}\n{last.error_stacktrace}".rstrip("\n")


_KINDS = {
    "workflow": ServiceKind.WORKFLOW,
    "virtual_object": ServiceKind.VIRTUAL_OBJECT,
    "service": ServiceKind.PLAIN,
}
_STATUSES = {
    "inboxed": InvocationStatus.PENDING,
    "pending": InvocationStatus.PENDING,
    "scheduled": InvocationStatus.SCHEDULED,
    "ready": InvocationStatus.READY,
    "invoked": InvocationStatus.RUNNING,
    "running": InvocationStatus.RUNNING,
    "backing-off": InvocationStatus.BACKING_OFF,
    "suspended": InvocationStatus.SUSPENDED,
    "paused": InvocationStatus.PAUSED,
    COMPLETED: InvocationStatus.COMPLETED,
}
_BY_FAILURE = {
    "[409] killed": InvocationOutcome.KILLED,
    "[409] cancelled": InvocationOutcome.CANCELLED,
}


def invocation_of(row: InvocationRow, paused: PausedRow | None = None) -> Invocation:
    """The invocation that a row is, with the event that says why it was paused, if it was."""
    kind = _KINDS.get(row.target_service_ty or "", ServiceKind.UNKNOWN)
    status = _STATUSES.get(row.status, InvocationStatus.UNKNOWN)
    outcome = _outcome(row)
    failure, failure_at = _failure(row, outcome, paused)
    created = row.created_at
    return Invocation(
        ref=InvocationRef(
            _key(row, kind),
            row.id,
            None if created is None else Incarnation(created.isoformat()),
        ),
        service_name=row.target_service_name,
        handler_name=row.target_handler_name,
        service_kind=kind,
        status=status,
        engine_status=row.status,
        # A plain service has no shared handlers; of the others only the service list knows.
        handler_kind=HandlerKind.MAIN if kind is ServiceKind.PLAIN else HandlerKind.UNKNOWN,
        outcome=outcome,
        deployment_id=row.pinned_deployment_id,
        created_at=created,
        modified_at=row.modified_at,
        completed_at=row.completed_at,
        due_at=row.scheduled_start_at,
        failed_attempts=_failed_attempts(row),
        failure=failure,
        failure_at=failure_at,
        # For a while after a pause the time of a retry that will not be stays.
        next_retry_at=row.next_retry_at if status is InvocationStatus.BACKING_OFF else None,
        # Nothing is written while attempts fail at the same step.
        progress=Progress(str(row.journal_size or 0)),
        retention=row.completion_retention,
        parent_id=row.invoked_by_id,
    )


def _key(row: InvocationRow, kind: ServiceKind) -> WorkflowKey | None:
    text = row.target_service_key
    if text is None or kind is ServiceKind.PLAIN or row.scope is not None:
        return None
    try:
        return WorkflowKey(row.target_service_name, text)
    except InvalidWorkflowKey:
        # The engine takes an empty key and keys of any length. No verb can name these.
        return None


def _outcome(row: InvocationRow) -> InvocationOutcome | None:
    if row.status != COMPLETED:
        return None
    if row.completion_result == "success":
        return InvocationOutcome.SUCCEEDED
    if row.completion_result == "failure":
        return _BY_FAILURE.get(row.completion_failure or "", InvocationOutcome.FAILED)
    return InvocationOutcome.UNKNOWN


def _failure(
    row: InvocationRow,
    outcome: InvocationOutcome | None,
    paused: PausedRow | None,
) -> tuple[str | None, datetime | None]:
    """What went wrong last, and when, as far as the engine says."""
    if outcome is not None:
        is_failure = outcome is not InvocationOutcome.SUCCEEDED
        return row.completion_failure, row.completed_at if is_failure else None
    if paused is not None and paused.failure is not None:
        return paused.failure, paused.appended_at
    # The start of the attempt that failed is the nearest time that is known. While another one
    # is under way it is the start of that.
    is_last = row.last_failure is not None and row.status != "running"
    return row.last_failure, row.last_start_at if is_last else None


def _failed_attempts(row: InvocationRow) -> int:
    if row.last_failure is None or row.retry_count is None:
        return 0
    under_way = 1 if row.status == "running" else 0
    return max(row.retry_count - under_way, 0)
