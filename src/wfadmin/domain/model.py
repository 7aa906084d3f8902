"""
The nouns: services, deployments, invocations, stored state, as an engine's adapter reports them.

Every enumeration that an engine fills has a member for what we do not know.
"""

from datetime import datetime, timedelta
from enum import StrEnum

import attrs

from wfadmin.domain.keys import InvocationRef, Progress, WorkflowKey

__all__ = [
    "Deployment",
    "Handler",
    "HandlerKind",
    "Invocation",
    "InvocationOutcome",
    "InvocationStatus",
    "KeyedState",
    "Service",
    "ServiceKind",
    "ServiceRevision",
    "StateEntry",
    "StatusCount",
    "Survey",
    "Usage",
    "UsageRow",
]


class ServiceKind(StrEnum):
    """What a service is, because it decides what purging one of its runs takes along."""

    WORKFLOW = "workflow"
    VIRTUAL_OBJECT = "virtual_object"
    PLAIN = "plain"
    UNKNOWN = "unknown"


class HandlerKind(StrEnum):
    """Main handlers are the run of a key; shared ones only talk to it."""

    MAIN = "main"
    SHARED = "shared"
    UNKNOWN = "unknown"


class InvocationStatus(StrEnum):
    """Where an invocation stands. Only `COMPLETED` is an end."""

    SCHEDULED = "scheduled"
    PENDING = "pending"
    READY = "ready"
    RUNNING = "running"
    SUSPENDED = "suspended"
    BACKING_OFF = "backing_off"
    PAUSED = "paused"
    STALLED = "stalled"
    WAITING_APPROVAL = "waiting_approval"
    COMPLETED = "completed"
    UNKNOWN = "unknown"


class InvocationOutcome(StrEnum):
    """How a completed invocation ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    KILLED = "killed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


@attrs.frozen
class Handler:
    """One handler of a service."""

    name: str
    kind: HandlerKind


@attrs.frozen
class Service:
    """
    A named set of handlers.

    Attributes:
        revision: The revision that new work gets; 0 where the engine has no revisions.
        deployment_id: Where new work goes; None where the engine has no deployments.
        handlers: Empty where the engine does not say.
        workers: How many workers are connected; None where the engine does not say.
    """

    name: str
    kind: ServiceKind
    revision: int = 0
    deployment_id: str | None = None
    handlers: tuple[Handler, ...] = ()
    workers: int | None = None

    def handler_kind(self, handler_name: str | None) -> HandlerKind:
        """What the handler of that name is; `UNKNOWN` where this service does not list it."""
        return next((h.kind for h in self.handlers if h.name == handler_name), HandlerKind.UNKNOWN)


@attrs.frozen
class ServiceRevision:
    """One revision of a service, as one deployment serves it."""

    name: str
    revision: int


@attrs.frozen
class Deployment:
    """
    A registered place that serves revisions of services.

    Attributes:
        service_url: Without user name and password; None for a place that has no URL.
        location: What to show: the URL, or the name of the place (a function's ARN).
    """

    id: str
    service_url: str | None
    location: str
    created_at: datetime | None
    services: tuple[ServiceRevision, ...] = ()


@attrs.frozen
class Invocation:
    """
    One execution of a handler or workflow, as it stood when it was read.

    Attributes:
        ref: What names it, with the incarnation that was read.
        handler_kind: As the adapter knows it; `UNKNOWN` leaves it to the list of services.
        engine_status: The engine's own word for the status.
        outcome: None while it is not completed.
        deployment_id: The deployment it is pinned to; None while it has no pin.
        due_at: When a scheduled one is to start.
        failed_attempts: Attempts that failed since it last moved on.
        failure: The last failure of an unfinished one, or what a completed one ended with.
        failure_at: When that was, as far as the engine says.
        next_retry_at: When a backing-off one tries again.
        retention: How long the engine keeps it after its end; None where it does not say.
        parent_id: The invocation that called it; None for one that nobody called.
    """

    ref: InvocationRef
    service_name: str
    handler_name: str | None
    service_kind: ServiceKind
    status: InvocationStatus
    engine_status: str
    handler_kind: HandlerKind = HandlerKind.UNKNOWN
    outcome: InvocationOutcome | None = None
    deployment_id: str | None = None
    created_at: datetime | None = None
    modified_at: datetime | None = None
    completed_at: datetime | None = None
    due_at: datetime | None = None
    failed_attempts: int = 0
    failure: str | None = None
    failure_at: datetime | None = None
    next_retry_at: datetime | None = None
    progress: Progress | None = None
    retention: timedelta | None = None
    parent_id: str | None = None

    def __attrs_post_init__(self) -> None:
        for at in (self.created_at, self.modified_at, self.completed_at, self.due_at):
            if at is not None and at.tzinfo is None:
                # Compared with the clock it would fail later, far from whoever made it.
                problem = f"a time of invocation {self.id!r} has no zone"
                raise ValueError(problem)

    @property
    def id(self) -> str:
        """The engine's id: names this run now, and perhaps another one later."""
        return self.ref.id

    @property
    def key(self) -> WorkflowKey | None:
        """The workflow key, or None for a service without keys."""
        return self.ref.key

    @property
    def is_completed(self) -> bool:
        """Whether it has ended. An unknown status has not."""
        return self.status is InvocationStatus.COMPLETED

    @property
    def is_backing_off(self) -> bool:
        """
        Whether it is in a loop of failing attempts.

        Not a momentary status: a loop whose attempts take seconds reads as running most of the
        time, so it is an unfinished run with a failed attempt, waiting or attempting right now.
        """
        if self.status is InvocationStatus.BACKING_OFF:
            return True
        attempting = self.status in (
            InvocationStatus.READY,
            InvocationStatus.RUNNING,
            InvocationStatus.PENDING,
        )
        return attempting and self.failed_attempts > 0


@attrs.frozen
class StateEntry:
    """One entry of a key's stored data; `value` is None unless values were asked for."""

    name: str
    size: int
    value: bytes | None = attrs.field(default=None, repr=False)


@attrs.frozen
class KeyedState:
    """
    The data stored under a key.

    Attributes:
        version: A fingerprint of the content, where the engine can compare it before a clear;
            None where it was not read with its values. It does not tell two runs apart.
    """

    entries: tuple[StateEntry, ...] = ()
    version: str | None = None


@attrs.frozen
class StatusCount:
    """How many invocations the engine holds in one of its own statuses."""

    engine_status: str
    count: int


@attrs.frozen
class UsageRow:
    """Unfinished invocations of one service: pinned to one deployment, or to none."""

    service_name: str
    deployment_id: str | None
    count: int


@attrs.frozen
class Usage:
    """
    What unfinished work holds which deployment.

    Attributes:
        complete: False when some unfinished work may be missing: then nothing follows from it.
    """

    rows: tuple[UsageRow, ...] = ()
    complete: bool = True


@attrs.frozen
class Survey:
    """
    One walk over the invocations: counts, the newest failures, and what is not finished.

    Attributes:
        counts: By the engine's own status words.
        failures: Failed ones that the engine still holds, newest first.
        failed: How many failed ones it still holds; None where that is not known.
        unfinished: In detail, as far as the limit reaches.
        unfinished_total: How many there are; more than `unfinished` holds where it was cut.
        usage: None where the engine has no deployments.
        truncated: What the engine would not list in full, as a sentence; None when complete.
    """

    counts: tuple[StatusCount, ...] = ()
    failures: tuple[Invocation, ...] = ()
    failed: int | None = 0
    unfinished: tuple[Invocation, ...] = ()
    unfinished_total: int = 0
    usage: Usage | None = None
    truncated: str | None = None
