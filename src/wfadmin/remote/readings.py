"""
What doctor and inspect answer, as values of the domain.

Our own API tells findings where all is preferred, and they are taken over. Another vendor's tells
five components and nothing that follows from them: then our own rules say what does.
"""

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

import attrs

from wfadmin.domain.components import Component
from wfadmin.domain.doctor import (
    AdminReport,
    DeploymentsReport,
    DoctorReport,
    IngressReport,
    InvocationsReport,
    ServicesReport,
)
from wfadmin.domain.errors import InvalidServiceUrl
from wfadmin.domain.finding import Finding, FindingCode
from wfadmin.domain.inspection import Inspection
from wfadmin.domain.keys import InvocationRef, WorkflowKey
from wfadmin.domain.model import (
    Deployment,
    Invocation,
    InvocationOutcome,
    InvocationStatus,
    KeyedState,
    Service,
    ServiceKind,
    StateEntry,
    StatusCount,
)
from wfadmin.domain.recovery import Allowed, Blocked, Blocker
from wfadmin.domain.urls import normalised_url, without_secrets, without_userinfo
from wfadmin.ports.engine import OPERATOR_API
from wfadmin.remote.findings import (
    findings_of,
    findings_of_components,
    sentence,
    sentences,
    with_verdict,
)
from wfadmin.wire.answers import (
    ChildItem,
    DeploymentItem,
    DoctorAnswer,
    EntryItem,
    FailureItem,
    InspectionAnswer,
    RecoverAdvice,
    RunItem,
    StateAnswer,
)
from wfadmin.wire.replies import Reply

__all__ = ["inspection_of", "report_of", "understood"]

_A = TypeVar("_A")
_T = TypeVar("_T")

_ONLY_COMPONENTS = (
    "The server tells no findings. These follow from its five components alone: no single run"
    " was looked at, and no deployment was judged."
)


def understood(reply: Reply, kind: type[_A], reading: Callable[[_A], _T]) -> _T:
    """
    What an answer means.

    Raises:
        UnexpectedAnswer: It has not the shape of `kind`, or holds what no value can.
    """
    answer = reply.read(kind)
    try:
        return reading(answer)
    except (ValueError, OverflowError) as error:
        # An error of ours says what is wrong; Python's own may quote the answer.
        problem = getattr(error, "message", "it holds what cannot be").rstrip(".")
        raise reply.unexpected(problem) from error


# --- doctor --------------------------------------------------------------------------------------


def report_of(answer: DoctorAnswer, *, at: datetime) -> DoctorReport:
    """
    The report that an answer tells.

    Args:
        answer: As it came.
        at: When it was asked for.
    """
    report = _components(answer, at)
    warnings = sentences(answer.warnings)
    if answer.findings is None:
        found, warnings = findings_of_components(report), (*warnings, _ONLY_COMPONENTS)
    else:
        found = findings_of(answer.findings)
    return attrs.evolve(
        report,
        ingress=attrs.evolve(report.ingress, error=_error_of(Component.INGRESS, found)),
        admin=attrs.evolve(report.admin, error=_error_of(Component.ADMIN, found)),
        findings=with_verdict(found, answer.verdict),
        warnings=warnings,
    )


def _error_of(component: Component, findings: tuple[Finding, ...]) -> str | None:
    """What went wrong with a component of which only its finding says so."""
    codes = (FindingCode.COMPONENT_DEGRADED, FindingCode.COMPONENT_UNREACHABLE)
    told = (one.message for one in findings if one.component is component and one.code in codes)
    return next((message.partition(": ")[2] for message in told), None)


def _components(answer: DoctorAnswer, at: datetime) -> DoctorReport:
    deployments, services, invocations = answer.deployments, answer.services, answer.invocations
    return DoctorReport(
        engine=OPERATOR_API,
        checked_at=at,
        ingress=IngressReport(answer.ingress.status, answer.ingress.latencyMs),
        admin=AdminReport(answer.admin.status, answer.admin.latencyMs, answer.admin.version),
        deployments=DeploymentsReport(
            status=deployments.status,
            items=tuple(map(_deployment, deployments.items)),
            error=_maybe(deployments.error),
        ),
        services=ServicesReport(
            status=services.status,
            items=tuple(
                Service(one.name, ServiceKind.UNKNOWN, one.revision) for one in services.items
            ),
            error=_maybe(services.error),
        ),
        invocations=InvocationsReport(
            status=invocations.status,
            by_status=tuple(StatusCount(*one) for one in invocations.byStatus.items()),
            recent_failures=tuple(map(_failure, invocations.recentFailures)),
            error=_maybe(invocations.error),
        ),
    )


def _deployment(item: DeploymentItem) -> Deployment:
    place = item.serviceUrl
    try:
        normalised_url(place)
    except InvalidServiceUrl:
        # The name of a place that has no URL.
        return Deployment(item.id, None, place, _utc(item.createdAt))
    return Deployment(
        item.id, without_userinfo(place), without_secrets(place), _utc(item.createdAt)
    )


def _failure(item: FailureItem) -> Invocation:
    return Invocation(
        ref=_ref(item.id, item.serviceName, item.serviceKey),
        service_name=item.serviceName,
        handler_name=None,
        service_kind=ServiceKind.UNKNOWN,
        status=InvocationStatus.COMPLETED,
        engine_status=InvocationStatus.COMPLETED.value,
        outcome=InvocationOutcome.FAILED,
        failure=item.errorMessage,
        failure_at=_utc(item.failedAt),
    )


# --- one key -------------------------------------------------------------------------------------


def inspection_of(
    answer: InspectionAnswer,
    key: WorkflowKey,
    *,
    show_state: bool,
) -> Inspection:
    """
    Everything about one key that an answer tells.

    Args:
        answer: As it came.
        key: What was asked for.
        show_state: Whether the values of the state are taken over, where they were told.

    Raises:
        ValueError: It is about another key, or holds what no value can.
    """
    if (answer.serviceName, answer.serviceKey) != (key.service_name, key.service_key):
        raise ValueError("another key")
    listed, children, state = answer.service, answer.children, answer.state
    service, kind = None, ServiceKind.UNKNOWN
    if listed is not None:
        kind = listed.kind
        service = Service(listed.name, kind, listed.revision, listed.deploymentId)
    return Inspection(
        engine=OPERATOR_API,
        key=key,
        service=service,
        runs=tuple(_run(one, key, kind) for one in answer.runs),
        children=None if children is None else tuple(map(_child, children)),
        state=None if state is None else _state(state, show_state=show_state),
        recover=_verdict(answer.recover),
        findings=findings_of(answer.findings),
        warnings=sentences(answer.warnings),
    )


def _run(item: RunItem, key: WorkflowKey, kind: ServiceKind) -> Invocation:
    return Invocation(
        ref=InvocationRef(key, item.id, None),
        service_name=key.service_name,
        handler_name=item.handlerName,
        service_kind=kind,
        status=item.status,
        engine_status=item.engineStatus,
        handler_kind=item.handlerKind,
        outcome=item.outcome,
        deployment_id=item.deploymentId,
        created_at=_utc(item.createdAt),
        modified_at=_utc(item.modifiedAt),
        completed_at=_utc(item.completedAt),
        due_at=_utc(item.dueAt),
        failed_attempts=item.failedAttempts,
        failure=item.errorMessage,
        failure_at=_utc(item.failedAt),
        next_retry_at=_utc(item.nextRetryAt),
        parent_id=item.parentId,
    )


def _child(item: ChildItem) -> Invocation:
    return Invocation(
        ref=_ref(item.id, item.serviceName, item.serviceKey),
        service_name=item.serviceName,
        handler_name=item.handlerName,
        service_kind=ServiceKind.UNKNOWN,
        status=item.status,
        engine_status=item.engineStatus,
        parent_id=item.parentId,
    )


def _state(answer: StateAnswer, *, show_state: bool) -> KeyedState:
    return KeyedState(tuple(_entry(one, show_state=show_state) for one in answer.entries))


def _entry(item: EntryItem, *, show_state: bool) -> StateEntry:
    value = _bytes(item) if show_state and item.value is not None else None
    return StateEntry(item.name, item.size, value)


def _bytes(item: EntryItem) -> bytes:
    text = item.value or ""
    return base64.b64decode(text, validate=True) if item.encoding == "base64" else text.encode()


def _verdict(advice: RecoverAdvice) -> Allowed | Blocked:
    allowed, blocked = advice.allowed, advice.blocked
    if allowed is not None and blocked is None:
        return Allowed(allowed.toKill, allowed.toPurge, allowed.toForcePurge)
    if blocked is not None and allowed is None:
        return Blocked(tuple(Blocker(one.reason, one.invocationIds) for one in blocked.blocked))
    raise ValueError("neither or both")


# --- parts ---------------------------------------------------------------------------------------


def _ref(invocation_id: str, service_name: str, service_key: str | None) -> InvocationRef:
    key = None if service_key is None else WorkflowKey(service_name, service_key)
    return InvocationRef(key, invocation_id, None)


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)


def _maybe(text: str | None) -> str | None:
    return None if text is None else sentence(text)
