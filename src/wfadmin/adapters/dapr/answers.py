"""
What the sidecar says about an instance and about itself.

Seen live on 1.18.3:

- An instance that never ran has no name and the year 1 for its times.
- Stalled has no word over HTTP: it reads as ``UNKNOWN``.
- ``createdAt`` and ``lastUpdatedAt`` are those of the first and last event of its history, so an
  instance that waits has an old one. Both change when it continues as new: another creation time
  is another run *or* another generation, the same one is surely the same run.
- Keys of the metadata whose value is zero or empty are left out.
"""

from datetime import datetime
from typing import Any

import attrs

from wfadmin.adapters.dapr.versions import Version
from wfadmin.domain.errors import InvalidWorkflowKey
from wfadmin.domain.keys import Incarnation, InvocationRef, Progress, WorkflowKey
from wfadmin.domain.model import (
    HandlerKind,
    Invocation,
    InvocationOutcome,
    InvocationStatus,
    ServiceKind,
)
from wfadmin.wire.replies import Reply

__all__ = ["Instance", "Metadata", "instance_from", "invocation_of", "metadata_from"]

_ZERO = "0001-01-01T00:00:00Z"
_FAILURE = "dapr.workflow.failure."

_STATUSES = {
    "RUNNING": (InvocationStatus.RUNNING, None),
    "COMPLETED": (InvocationStatus.COMPLETED, InvocationOutcome.SUCCEEDED),
    "FAILED": (InvocationStatus.COMPLETED, InvocationOutcome.FAILED),
    "TERMINATED": (InvocationStatus.COMPLETED, InvocationOutcome.KILLED),
    "CANCELED": (InvocationStatus.COMPLETED, InvocationOutcome.CANCELLED),
    "PENDING": (InvocationStatus.PENDING, None),
    # Somebody told it to stop where it is: one that waits by itself is running.
    "SUSPENDED": (InvocationStatus.PAUSED, None),
    "STALLED": (InvocationStatus.STALLED, None),
}
_NOBODY_KNOWS = (InvocationStatus.UNKNOWN, None)
_STALLED = (InvocationStatus.STALLED, None)


# --- an instance ---------------------------------------------------------------------------------


@attrs.frozen
class _Instance:
    instanceID: str  # noqa: N815 - as it names it
    runtimeStatus: str  # noqa: N815 - as it names it
    workflowName: str | None = None  # noqa: N815 - as it names it
    createdAt: str | None = None  # noqa: N815 - as it names it
    lastUpdatedAt: str | None = None  # noqa: N815 - as it names it
    properties: Any = None


@attrs.frozen
class Instance:
    """
    One instance, as the sidecar tells it.

    Attributes:
        name: Of its workflow; None where it never ran.
        status: The sidecar's own word.
        created: When its history begins, as it stands there; None where it has none.
        updated: The same for the last event of its history.
    """

    id: str
    name: str | None
    status: str
    created: str | None
    updated: str | None
    created_at: datetime | None
    updated_at: datetime | None
    failure: str | None

    @property
    def may_be_stalled(self) -> bool:
        """Whether it depends on the version what its status means."""
        return self.status == "UNKNOWN"


def instance_from(reply: Reply, instance_id: str) -> Instance:
    """
    The instance that was asked for by that id.

    Raises:
        UnexpectedAnswer: The answer has another shape, or is about another instance.
    """
    found = reply.read(_Instance)
    if found.instanceID != instance_id:
        raise reply.unexpected("it is about another instance, at $.instanceID")
    created, updated = _unless_zero(found.createdAt), _unless_zero(found.lastUpdatedAt)
    return Instance(
        id=instance_id,
        name=found.workflowName or None,
        status=found.runtimeStatus,
        created=created,
        updated=updated,
        created_at=_moment(reply, "createdAt", created),
        updated_at=_moment(reply, "lastUpdatedAt", updated),
        failure=_failure(found.properties),
    )


def _unless_zero(text: str | None) -> str | None:
    return None if text == _ZERO else text


def _moment(reply: Reply, name: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise reply.unexpected(f"expected a time with its zone at $.{name}")
    return moment


def _failure(properties: object) -> str | None:
    """What it failed with. An explanation that cannot be read is none."""
    if not isinstance(properties, dict):
        return None
    table: dict[str, object] = properties
    parts = [table.get(_FAILURE + name) for name in ("error_type", "error_message", "stack_trace")]
    kind, message, trace = (one if isinstance(one, str) else "" for one in parts)
    said = ": ".join(one for one in (kind, message) if one)
    return "\n".join(one for one in (said, trace.rstrip("\n")) if one) or None


def invocation_of(
    instance: Instance,
    asked: WorkflowKey | None,
    version: Version | None = None,
) -> Invocation:
    """
    The invocation that an instance is.

    Args:
        asked: The key that it was asked for by: of an instance without a name nobody can say
            whether it is the run of that key.
        version: Of the sidecar, where the meaning of the status depends on it.
    """
    status, outcome = _STATUSES.get(instance.status, _NOBODY_KNOWS)
    if instance.may_be_stalled and version is not None and version.stalls:
        status, outcome = _STALLED
    key = asked if instance.name is None else _key(instance.name, instance.id)
    ended_at = instance.updated_at if outcome is not None else None
    return Invocation(
        ref=InvocationRef(
            key,
            instance.id,
            None if instance.created is None else Incarnation(instance.created),
        ),
        service_name=instance.name or (asked.service_name if asked is not None else ""),
        handler_name=None,
        service_kind=ServiceKind.WORKFLOW,
        status=status,
        engine_status=instance.status,
        handler_kind=HandlerKind.UNKNOWN if instance.name is None else HandlerKind.MAIN,
        outcome=outcome,
        created_at=instance.created_at,
        modified_at=instance.updated_at,
        # Nothing is added to a history that has ended.
        completed_at=ended_at,
        failure=instance.failure,
        failure_at=ended_at if instance.failure is not None else None,
        progress=None if instance.updated is None else Progress(instance.updated),
    )


def _key(name: str, instance_id: str) -> WorkflowKey | None:
    try:
        return WorkflowKey(name, instance_id)
    except InvalidWorkflowKey:
        return None  # the sidecar bounds neither; no verb can name these


# --- the sidecar itself --------------------------------------------------------------------------


@attrs.frozen
class _Workflows:
    connectedWorkers: int = 0  # noqa: N815 - as it names it


@attrs.frozen
class _Scheduler:
    connected_addresses: tuple[str, ...] = ()


@attrs.frozen
class _ActorRuntime:
    runtimeStatus: str | None = None  # noqa: N815 - as it names it
    hostReady: bool | None = None  # noqa: N815 - as it names it
    placement: str | None = None


@attrs.frozen
class _Metadata:
    id: str
    runtimeVersion: str | None = None  # noqa: N815 - as it names it
    actorRuntime: _ActorRuntime | None = None  # noqa: N815 - as it names it
    scheduler: _Scheduler | None = None
    workflows: _Workflows | None = None


@attrs.frozen
class Metadata:
    """
    What the sidecar says about itself.

    Attributes:
        workers: How many workers are connected; None where it does not say.
        actors: The status of what runs workflows: a word; None where it does not say.
        is_host_ready: Whether it takes part in placement; None where it does not say.
        placement: What it says of its connection; None where it does not say.
        has_scheduler: Whether a scheduler is configured, not whether it lives: one that died
            stays listed. None where it does not say.
    """

    app_id: str
    version: Version
    workers: int | None
    actors: str | None
    is_host_ready: bool | None
    placement: str | None
    has_scheduler: bool | None


def metadata_from(reply: Reply) -> Metadata:
    """
    What the sidecar says about itself.

    Raises:
        UnexpectedAnswer: The answer has another shape.
    """
    found = reply.read(_Metadata)
    version = Version(found.runtimeVersion or None)
    actors = found.actorRuntime or _ActorRuntime()
    workers = None if found.workflows is None else found.workflows.connectedWorkers
    listed = found.scheduler is not None and bool(found.scheduler.connected_addresses)
    return Metadata(
        app_id=found.id,
        version=version,
        workers=0 if workers is None and version.counts_workers else workers,
        actors=actors.runtimeStatus,
        is_host_ready=actors.hostReady,
        placement=actors.placement,
        has_scheduler=True if listed else (False if version.names_schedulers else None),
    )
