"""
What is answered: the bodies that the operator API fixes, and more where it is preferred.

Laws:

- Unless the caller prefers more, a body has the keys of the API and no others.
- A caller who may only read gets no value of a state, and of a failure its first line.
"""

from datetime import UTC, datetime, timedelta

import attrs

from wfadmin.asgi.failures import Failure, described, not_routed
from wfadmin.asgi.readers import for_reader
from wfadmin.domain.doctor import DoctorReport
from wfadmin.domain.errors import OutcomeUnknown
from wfadmin.domain.inspection import Inspection
from wfadmin.domain.plan import PLAN_LIFETIME, Plan
from wfadmin.domain.results import Effect, RedeployResult, Result
from wfadmin.wire.documents import JsonObject, doctor_document, inspection_document
from wfadmin.wire.repair_documents import result_document

__all__ = [
    "View",
    "doctor_body",
    "failure_of",
    "inspection_body",
    "planned_as",
    "result_body",
    "to_the_minute",
]

_COMPONENTS = ("ingress", "admin", "deployments", "services", "invocations")
_A_MINUTE = timedelta(minutes=1)


@attrs.frozen
class View:
    """
    How much a caller is told.

    Attributes:
        in_full: Whether they preferred more than the API fixes.
        as_operator: Whether they may see values and whole failures.
    """

    in_full: bool = False
    as_operator: bool = False


def doctor_body(report: DoctorReport, view: View) -> JsonObject:
    """A doctor's report."""
    document = doctor_document(report)
    if not view.in_full:
        document = {name: document[name] for name in _COMPONENTS}
    return document if view.as_operator else for_reader(document)


def inspection_body(found: Inspection, view: View) -> JsonObject:
    """One key. Values of its state are told to operators who prefer the whole."""
    document = inspection_document(found, show_state=view.in_full and view.as_operator)
    return document if view.as_operator else for_reader(document)


def result_body(result: Result, view: View) -> JsonObject:
    """What a repair did."""
    document = result_document(result)
    if view.in_full:
        return document
    shown = {"acknowledged": True}
    return shown | {name: document[name] for name in ("deploymentId",) if name in document}


def failure_of(result: Result) -> Failure | None:
    """The failure that a result is over HTTP; None where it is none."""
    if isinstance(result, RedeployResult) and result.effect is Effect.ACCEPTED:
        problem = " ".join(result.warnings) or "The engine lists another place for them."
        return not_routed(problem, {"deploymentId": result.deployment_id})
    if result.confirmed:
        return None
    problem = "It was accepted, and no effect showed in time"
    return described(OutcomeUnknown("the repair", "what was asked for", problem))


# --- plans ---------------------------------------------------------------------------------------


def to_the_minute(plan: Plan) -> Plan:
    """
    `plan`, ending at a whole minute.

    A digest covers the end of its plan. With this, only a few ends are possible, so that
    `planned_as` needs no memory of the plans that were told.
    """
    ends_at = plan.expires_at.astimezone(UTC).replace(second=0, microsecond=0)
    return attrs.evolve(plan, expires_at=ends_at)


def planned_as(plan: Plan, digest: str, *, now: datetime) -> Plan | None:
    """
    `plan` with the end at which its digest is `digest`; None if it never was told so.

    What was told ends at one of the whole minutes that are ahead. Everything else that a plan
    says has to be the same.
    """
    ends_at = to_the_minute(attrs.evolve(plan, expires_at=now + PLAN_LIFETIME))
    while ends_at.expires_at > now:
        if ends_at.digest == digest:
            return ends_at
        ends_at = attrs.evolve(ends_at, expires_at=ends_at.expires_at - _A_MINUTE)
    return None
