"""
Our own JSON: reports and errors as the objects that the command line prints.

Laws:

- Keys are camelCase and always present; what is not known is null. Two keys come only when there
  is something to say: `warnings` of a doctor's report, whose object is otherwise fixed by the
  operator API, and `details` of an error.
- Times are UTC with milliseconds and ``Z``.
- `remedies` holds lines that can be pasted into a shell and nothing else; `advice` holds what is
  to be done outside of wfadmin, as sentences. Both are mildest first.
- Text of an engine stands here as it came, in full: JSON quotes it. A terminal gets the board.
"""

import base64
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import attrs

from wfadmin.domain.doctor import DoctorReport
from wfadmin.domain.errors import RetryBlocked, Sent, WfadminError
from wfadmin.domain.finding import Finding, Sample
from wfadmin.domain.inspection import Inspection
from wfadmin.domain.model import Deployment, Invocation, KeyedState, Service, StateEntry
from wfadmin.domain.recovery import Allowed, Blocked, KeyReading
from wfadmin.wire.outcomes import Ending, ending_of

__all__ = [
    "JsonObject",
    "doctor_document",
    "error_document",
    "failure_document",
    "inspection_document",
    "moment_or_none",
]

#: An object that `json.dumps` takes as it is.
JsonObject = dict[str, Any]


def doctor_document(report: DoctorReport, *, target: Sequence[str] = ()) -> JsonObject:
    """
    A doctor's report: the object of the operator API, plus `verdict` and `findings`.

    Args:
        report: What doctor found.
        target: The options that name the engine, for the lines of the remedies.
    """
    ingress, admin, invocations = report.ingress, report.admin, report.invocations
    document: JsonObject = {
        "ingress": {"status": ingress.status.value, "latencyMs": ingress.latency_ms},
        "admin": {
            "status": admin.status.value,
            "latencyMs": admin.latency_ms,
            "version": admin.version,
        },
        "deployments": {
            "status": report.deployments.status.value,
            "items": [_deployment(one) for one in report.deployments.items],
            "error": report.deployments.error,
        },
        "services": {
            "status": report.services.status.value,
            "items": [{"name": s.name, "revision": s.revision} for s in report.services.items],
            "error": report.services.error,
        },
        "invocations": {
            "status": invocations.status.value,
            "byStatus": {one.engine_status: one.count for one in invocations.by_status},
            "recentFailures": [_failure(one) for one in invocations.recent_failures],
            "error": invocations.error,
        },
        "verdict": report.verdict.value,
        "findings": _findings(report.findings, target),
    }
    if report.warnings:
        document["warnings"] = list(report.warnings)
    return document


def inspection_document(
    found: Inspection,
    *,
    show_state: bool,
    target: Sequence[str] = (),
) -> JsonObject:
    """
    One key: its runs, failures, children and state, and what a recovery would do.

    Args:
        found: What inspect found.
        show_state: Whether the values of the state are told, where they were read. A value that
            is UTF-8 is told as text, any other in base64; `encoding` says which.
        target: The options that name the engine, for the lines of the remedies.
    """
    reading = KeyReading(found.key, found.service, found.runs)
    children = found.children
    return {
        "serviceName": found.key.service_name,
        "serviceKey": found.key.service_key,
        "service": None if found.service is None else _service(found.service),
        "runs": [_run(one, reading) for one in found.runs],
        "failures": [_failure(one) for one in found.failures],
        "children": None if children is None else [_child(one) for one in children],
        "state": None if found.state is None else _state(found.state, show_state=show_state),
        "recover": _recover(found.recover),
        "findings": _findings(found.findings, target),
        "warnings": list(found.warnings),
    }


def error_document(error: WfadminError) -> JsonObject:
    """An error that wfadmin raised on purpose."""
    return failure_document(
        error.code,
        ending_of(error),
        message=error.message,
        why=error.why,
        fix=error.fix,
        details=_details(error),
    )


def failure_document(  # noqa: PLR0913 - each is a key of the object
    slug: str,
    ending: Ending,
    *,
    message: str,
    why: str,
    fix: str,
    details: JsonObject | None = None,
) -> JsonObject:
    """Any failure, in the one shape that all of them have."""
    body: JsonObject = {
        "id": slug,
        "category": ending.category.value,
        "status": ending.http_status,
        "retryable": ending.retryable,
        "message": message,
        "why": why,
        "fix": fix,
    }
    if details is not None:
        body["details"] = details
    return {"error": body}


# --- the parts -----------------------------------------------------------------------------------


def moment_or_none(moment: datetime | None) -> str | None:
    """A time in UTC, to the millisecond."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _key_of(one: Invocation) -> str | None:
    return None if one.key is None else one.key.service_key


def _deployment(one: Deployment) -> JsonObject:
    # A place without a URL shows its name, such as a function's ARN.
    return {
        "id": one.id,
        "serviceUrl": one.service_url or one.location,
        "createdAt": moment_or_none(one.created_at),
    }


def _service(one: Service) -> JsonObject:
    return {
        "name": one.name,
        "kind": one.kind.value,
        "revision": one.revision,
        "deploymentId": one.deployment_id,
    }


def _failure(one: Invocation) -> JsonObject:
    return {
        "id": one.id,
        "serviceName": one.service_name,
        "serviceKey": _key_of(one),
        "failedAt": moment_or_none(one.failure_at or one.completed_at),
        "errorMessage": one.failure,
    }


def _child(one: Invocation) -> JsonObject:
    return {
        "id": one.id,
        "serviceName": one.service_name,
        "serviceKey": _key_of(one),
        "handlerName": one.handler_name,
        "status": one.status.value,
        "engineStatus": one.engine_status,
        "parentId": one.parent_id,
    }


def _run(one: Invocation, reading: KeyReading) -> JsonObject:
    return {
        "id": one.id,
        "handlerName": one.handler_name,
        "handlerKind": reading.handler_kind(one).value,
        "status": one.status.value,
        "engineStatus": one.engine_status,
        "outcome": None if one.outcome is None else one.outcome.value,
        "deploymentId": one.deployment_id,
        "createdAt": moment_or_none(one.created_at),
        "modifiedAt": moment_or_none(one.modified_at),
        "completedAt": moment_or_none(one.completed_at),
        "dueAt": moment_or_none(one.due_at),
        "failedAttempts": one.failed_attempts,
        "failedAt": moment_or_none(one.failure_at),
        "errorMessage": one.failure,
        "nextRetryAt": moment_or_none(one.next_retry_at),
        "parentId": one.parent_id,
    }


def _state(state: KeyedState, *, show_state: bool) -> JsonObject:
    return {"entries": [_entry(one, show_state=show_state) for one in state.entries]}


def _entry(one: StateEntry, *, show_state: bool) -> JsonObject:
    entry: JsonObject = {"name": one.name, "size": one.size}
    if show_state and one.value is not None:
        entry |= _value(one.value)
    return entry


def _value(value: bytes) -> JsonObject:
    try:
        return {"value": value.decode(), "encoding": "utf-8"}
    except UnicodeDecodeError:
        return {"value": base64.b64encode(value).decode("ascii"), "encoding": "base64"}


def _recover(verdict: Allowed | Blocked) -> JsonObject:
    if isinstance(verdict, Allowed):
        steps: JsonObject = {
            "toKill": list(verdict.to_kill),
            "toPurge": list(verdict.to_purge),
            "toForcePurge": list(verdict.to_force_purge),
        }
        return {"allowed": steps}
    blockers = ((one.reason.value, one.invocation_ids) for one in verdict.blockers)
    return {"blocked": _blocked(verdict.reason.value, verdict.invocation_ids, blockers)}


def _blocked(
    reason: str,
    invocation_ids: Iterable[str],
    blockers: Iterable[tuple[str, Iterable[str]]],
) -> JsonObject:
    return {
        "reason": reason,
        "invocationIds": list(invocation_ids),
        "blocked": [{"reason": word, "invocationIds": list(ids)} for word, ids in blockers],
    }


def _findings(findings: Iterable[Finding], target: Sequence[str]) -> list[JsonObject]:
    return [_finding(one, target) for one in findings]


def _finding(one: Finding, target: Sequence[str]) -> JsonObject:
    lines = [(remedy.title, remedy.command(target)) for remedy in one.remedies]
    return {
        "code": one.code.value,
        "severity": one.severity.value,
        "component": one.component.value,
        "message": one.message,
        "serviceName": one.service_name,
        "count": one.count,
        "samples": [_sample(sample) for sample in one.samples],
        "remedies": [line for _, line in lines if line is not None],
        "advice": [title for title, line in lines if line is None],
    }


def _sample(one: Sample) -> JsonObject:
    return {
        "id": one.id,
        "serviceName": one.service_name,
        "serviceKey": one.service_key,
        "detail": one.detail,
    }


# Where the object says it in other words than the field.
_NAMES = {"http_status": "engineStatus"}
# `sent` and `also` belong to every error, and are told only where they say something.
_OF_EVERY_ERROR = ("sent", "also")


def _details(error: WfadminError) -> JsonObject | None:
    """What the error is about, so that a program can branch on it, and make it again."""
    fields = (one.name for one in attrs.fields(type(error)) if one.name not in _OF_EVERY_ERROR)
    details: JsonObject = {
        _NAMES.get(name) or _camel(name): _plain(getattr(error, name)) for name in fields
    }
    if isinstance(error, RetryBlocked):
        details = _blocked(error.reason, error.invocation_ids, error.blocked)
    if error.also:
        details["also"] = list(error.also)
    if error.sent is not Sent.NO:
        details["sent"] = error.sent.value
    return details or None


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    # An adapter may have errors of its own, with fields that JSON does not know.
    return value if value is None or isinstance(value, str | int) else str(value)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
