"""What a sidecar says: its errors, word for word as recorded, and how it writes an instance."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs

from tests.adapters.dapr_model.app import stored
from wfadmin.adapters.memory.table import Table
from wfadmin.domain.model import Invocation

__all__ = [
    "DISABLED_SCHEDULER",
    "NOT_COMPLETED",
    "NO_INSTANCE",
    "NO_PLACEMENT",
    "NO_ROUTE",
    "NO_STORE",
    "Reply",
    "error",
    "failed",
    "instance_of",
    "is_active",
    "is_stalled",
    "lost",
    "not_found",
    "without_worker",
]

_JSON = "application/json"
_ZERO = "0001-01-01T00:00:00Z"

NO_INSTANCE = "no such instance exists"
NOT_COMPLETED = "orchestration has not yet completed"
DISABLED_SCHEDULER = "scheduler clients are disabled"
NO_STORE = (
    "api error: code = Internal desc = the state store is not configured to use the actor runtime."
    ' Have you set the - name: actorStateStore value: "true" in your state store component file?'
)

_FAILED = {
    "get": (
        "ERR_GET_WORKFLOW",
        (
            "error while getting workflow info on instance '{id}': failed to get workflow metadata"
            " for '{id}': failed to fetch workflow metadata: failed to load workflow metadata:"
            " {why}"
        ),
    ),
    "start": (
        "ERR_START_WORKFLOW",
        (
            "error starting workflow '{name}': unable to start workflow: failed to start workflow:"
            " {why}"
        ),
    ),
    "pause": (
        "ERR_PAUSE_WORKFLOW",
        (
            "error pausing workflow {id}: failed to pause workflow {id}: failed to suspend"
            " workflow: {why}"
        ),
    ),
    "resume": (
        "ERR_RESUME_WORKFLOW",
        (
            "error resuming workflow {id}: failed to resume workflow {id}: failed to resume"
            " workflow: {why}"
        ),
    ),
    "terminate": (
        "ERR_TERMINATE_WORKFLOW",
        (
            "error terminating workflow '{id}': failed to terminate workflow {id}: failed to submit"
            " termination request:: {why}"
        ),
    ),
    "purge": (
        "ERR_PURGE_WORKFLOW",
        (
            "error purging workflow {id}: failed to Purge workflow {id}: failed to purge workflow"
            " state: {why}"
        ),
    ),
    "raiseEvent": (
        "ERR_RAISE_EVENT_WORKFLOW",
        (
            "error raising event on workflow '{id}': failed to raise event {name} on workflow {id}:"
            " failed to raise event: {why}"
        ),
    ),
}
# A wrong verb of a format string: it prints what it was given too much.
_STRAY = {
    "get": "",
    "terminate": f"failed to submit termination request:: {NO_INSTANCE}",
    "purge": f"failed to purge workflow state: failed to fetch workflow state: {NO_INSTANCE}",
    "purge pending": f"failed to purge workflow state: {NO_INSTANCE}",
}


@attrs.frozen
class Reply:
    """
    What a sidecar answers.

    Attributes:
        after: How long it takes, when that is remarkable.
    """

    status: int
    body: str = ""
    kind: str | None = _JSON
    after: timedelta = timedelta(0)


def error(status: int, code: str, message: str, after: timedelta = timedelta(0)) -> Reply:
    """An error with its code and words."""
    body = json.dumps({"errorCode": code, "message": message}, ensure_ascii=False)
    return Reply(status, body, after=after)


#: A route that nobody knows is taken for a call of another app.
NO_ROUTE = error(
    404,
    "ERR_DIRECT_INVOKE",
    "failed getting app id either from the URL path or the header dapr-app-id",
)
NO_PLACEMENT = error(400, "ERR_ACTOR_NO_PLACEMENT", "placement service is not configured")


def failed(
    operation: str,
    instance_id: str,
    why: str,
    *,
    name: str = "",
    after: timedelta = timedelta(0),
) -> Reply:
    """The 500 of an operation; the reason is only in its words."""
    code, message = _FAILED[operation]
    return error(500, code, message.format(id=instance_id, name=name, why=why), after)


def not_found(operation: str, instance_id: str) -> Reply:
    """No such instance."""
    stray = _STRAY[operation]
    ending = f"%!(EXTRA *fmt.wrapError={stray})" if stray else ""
    message = f"unable to find workflow with the provided instance ID: {instance_id}{ending}"
    return error(404, "ERR_INSTANCE_ID_NOT_FOUND", message)


def lost(operation: str) -> str:
    """Why an operation fails without a state store."""
    return f"{_LOADING[operation]}{NO_STORE}" if operation in _LOADING else NO_STORE


_LOADING = {"purge": "failed to fetch workflow state: failed to load workflow metadata: "}


def without_worker(app_id: str, instance_id: str) -> str:
    """Why an operation fails where nobody can execute it."""
    actor = f"dapr.internal.default.{app_id}.workflow/{instance_id}"
    return (
        "failed to lookup actor: api error: code = FailedPrecondition desc = did not find address"
        f" for actor '{actor}'"
    )


def is_stalled(instance_id: str) -> str:
    """Why an operation fails on a stalled instance."""
    return f"failed to invoke method for workflow '{instance_id}': actor is stalled"


def is_active(instance_id: str) -> str:
    """Why a start fails."""
    return (
        "rpc error: code = AlreadyExists desc = an active workflow with ID"
        f" '{instance_id}' already exists"
    )


def instance_of(store: Table, run: Invocation) -> Reply:
    """How an instance is written."""
    never_ran = run.engine_status == "PENDING"
    told: dict[str, Any] = {"instanceID": run.id}
    if not never_ran:
        told["workflowName"] = run.service_name
    told["createdAt"] = _ZERO if never_ran else _moment(run.created_at)
    told["lastUpdatedAt"] = _ZERO if never_ran else _moment(run.modified_at)
    told["runtimeStatus"] = run.engine_status
    if not never_ran:
        told["properties"] = {f"dapr.workflow.{k}": v for k, v in _properties(store, run).items()}
    return Reply(200, json.dumps(told, ensure_ascii=False))


def _moment(at: datetime | None) -> str:
    assert at is not None
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "000Z"


def _properties(store: Table, run: Invocation) -> dict[str, str]:
    told = {"input": "", **stored(store, run)}
    if run.failure is not None:
        kind, colon, message = run.failure.partition(": ")
        told["failure.error_type"] = kind if colon else "RuntimeError"
        told["failure.error_message"] = message if colon else run.failure
        told["failure.stack_trace"] = '  File "<app>/workflows.py", line 1, in execute\n'
    return told
