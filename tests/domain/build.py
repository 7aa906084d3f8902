"""Small builders: each gives an ordinary value, and a test names only what makes it special."""

from datetime import UTC, datetime, timedelta
from typing import TypedDict, Unpack

import attrs

from wfadmin.domain.keys import Incarnation, InvocationRef, Progress, WorkflowKey
from wfadmin.domain.model import (
    Deployment,
    Handler,
    HandlerKind,
    Invocation,
    InvocationOutcome,
    InvocationStatus,
    Service,
    ServiceKind,
    ServiceRevision,
    Usage,
    UsageRow,
)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
KEY = WorkflowKey("Order", "42")
OLD, NEW = "http://old:9080", "http://new:9080"


def ago(**length: float) -> datetime:
    """Give the time that lies so long before NOW."""
    return NOW - timedelta(**length)


class RunFacts(TypedDict, total=False):
    """What a test may say about a run."""

    service_name: str
    service_kind: ServiceKind
    handler_name: str | None
    handler_kind: HandlerKind
    engine_status: str
    deployment_id: str | None
    created_at: datetime | None
    modified_at: datetime | None
    due_at: datetime | None
    failed_attempts: int
    failure: str | None
    progress: Progress | None
    retention: timedelta | None


class KeyedRunFacts(RunFacts, total=False):
    """The same, and which key it is of."""

    key: WorkflowKey | None


def ref(invocation_id: str, key: WorkflowKey | None = KEY) -> InvocationRef:
    """Name a run."""
    return InvocationRef(key, invocation_id, Incarnation("first"))


def run(
    invocation_id: str = "inv_1",
    status: InvocationStatus = InvocationStatus.RUNNING,
    *,
    key: WorkflowKey | None = KEY,
    **facts: Unpack[RunFacts],
) -> Invocation:
    """Give the main run of a workflow key, unfinished if nothing else is said."""
    plain = Invocation(
        ref=ref(invocation_id, key),
        service_name="Order" if key is None else key.service_name,
        handler_name="run",
        service_kind=ServiceKind.WORKFLOW,
        status=status,
        engine_status=status.value,
        handler_kind=HandlerKind.MAIN,
        created_at=ago(minutes=10),
        modified_at=ago(minutes=5),
        retention=timedelta(days=1),
    )
    return attrs.evolve(plain, **facts)


def ended(
    invocation_id: str = "inv_1",
    outcome: InvocationOutcome | None = InvocationOutcome.FAILED,
    **facts: Unpack[KeyedRunFacts],
) -> Invocation:
    """Give a main run that is completed and retained."""
    one = run(invocation_id, InvocationStatus.COMPLETED, **facts)
    return attrs.evolve(one, outcome=outcome, completed_at=ago(minutes=4))


def shared(one: Invocation) -> Invocation:
    """Turn a run into a call of a shared handler."""
    return attrs.evolve(one, handler_name="status", handler_kind=HandlerKind.SHARED)


def paused(invocation_id: str = "inv_1", **facts: Unpack[KeyedRunFacts]) -> Invocation:
    """Give a paused run."""
    return run(invocation_id, InvocationStatus.PAUSED, **facts)


def backing_off(
    invocation_id: str = "inv_1",
    attempts: int = 3,
    **facts: Unpack[KeyedRunFacts],
) -> Invocation:
    """Give a run that waits for its next attempt."""
    one = run(invocation_id, InvocationStatus.BACKING_OFF, **facts)
    return attrs.evolve(one, failed_attempts=attempts)


def suspended(invocation_id: str = "inv_1", **facts: Unpack[KeyedRunFacts]) -> Invocation:
    """Give a run that waits for something outside of it."""
    return run(invocation_id, InvocationStatus.SUSPENDED, **facts)


def service(
    name: str = "Order",
    *,
    kind: ServiceKind = ServiceKind.WORKFLOW,
    revision: int = 1,
    deployment_id: str | None = "dp_1",
    workers: int | None = None,
) -> Service:
    """Give a listed service with a main and a shared handler."""
    return Service(
        name=name,
        kind=kind,
        revision=revision,
        deployment_id=deployment_id,
        handlers=(Handler("run", HandlerKind.MAIN), Handler("status", HandlerKind.SHARED)),
        workers=workers,
    )


def deployment(
    deployment_id: str,
    service_url: str | None,
    **revisions: int,
) -> Deployment:
    """Give a deployment that serves each named service at that revision."""
    return Deployment(
        id=deployment_id,
        service_url=service_url,
        location=service_url or f"arn:aws:lambda:{deployment_id}",
        created_at=ago(days=1),
        services=tuple(ServiceRevision(name, number) for name, number in revisions.items()),
    )


def usage(*rows: tuple[str, str | None, int], complete: bool = True) -> Usage:
    """Give usage from rows of service name, deployment id and count."""
    return Usage(tuple(UsageRow(*row) for row in rows), complete=complete)
