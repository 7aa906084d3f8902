"""
What the repairs and their plans answer, as values of the domain.

A body with only the keys that the API fixes says that it was accepted, and nothing else: then
the result says so too, and never that it is confirmed.
"""

from typing import TypeVar

from wfadmin.domain.errors import InvalidPlan, UnexpectedAnswer
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import ServiceRevision
from wfadmin.domain.plan import Plan
from wfadmin.domain.results import (
    CleanupResult,
    Effect,
    Held,
    RecoverResult,
    RedeployResult,
)
from wfadmin.remote.calls import Call
from wfadmin.remote.findings import sentence, sentences
from wfadmin.remote.refusals import Astray
from wfadmin.wire.answers import CleanupAnswer, RecoverAnswer, RedeployAnswer, RepairAnswer
from wfadmin.wire.http import Write
from wfadmin.wire.plan_files import plan_of_text
from wfadmin.wire.replies import Reply

__all__ = ["cleaned", "planned", "recovered", "redeployed", "registered_astray"]

_A = TypeVar("_A", bound=RepairAnswer)

_NOT_CONFIRMED = (
    "The server only says that it accepted this: nothing was confirmed, and what was done is not"
    " told. Run doctor."
)


def planned(reply: Reply, call: Call) -> Plan:
    """
    The plan that an answer tells, for what was asked.

    Raises:
        UnexpectedAnswer: It is no plan, its digest is not that of its content, or it is for
            something else.
    """
    try:
        plan = plan_of_text(reply.body)
    except InvalidPlan as error:
        raise reply.unexpected(error.problem) from error
    if plan.verb is not call.verb or not set(call.arguments) <= set(plan.arguments):
        raise reply.unexpected("it is the plan of something else")
    return plan


def redeployed(reply: Reply, write: Write) -> RedeployResult:
    """
    What a registration did.

    Raises:
        OutcomeUnknown: The answer cannot be read.
    """
    answer = _read(reply, RedeployAnswer, write)
    services = answer.services or ()
    return RedeployResult(
        answer.deploymentId,
        tuple(ServiceRevision(one.name, one.revision) for one in services),
        effect=_effect(answer),
        warnings=_warnings(answer),
    )


def registered_astray(astray: Astray) -> RedeployResult:
    """A registration that some service does not get, as the operator itself would tell it."""
    warnings = (sentence(astray.why),)
    return RedeployResult(astray.deployment_id, (), effect=Effect.ACCEPTED, warnings=warnings)


def cleaned(reply: Reply, write: Write) -> CleanupResult:
    """
    What a cleanup did.

    Raises:
        OutcomeUnknown: The answer cannot be read.
    """
    answer = _read(reply, CleanupAnswer, write)
    return CleanupResult(
        answer.kept or (),
        answer.removed or (),
        tuple(Held(one.id, sentences(one.reasons)) for one in answer.held or ()),
        answer.orphaned or (),
        answer.orphanedCount or 0,
        effect=_effect(answer),
        warnings=_warnings(answer),
    )


def recovered(reply: Reply, write: Write, call: Call) -> RecoverResult:
    """
    What a recovery did.

    Raises:
        OutcomeUnknown: The answer cannot be read.
    """
    answer = _read(reply, RecoverAnswer, write)
    return RecoverResult(
        WorkflowKey(*(value for _, value in call.arguments)),
        answer.matched or 0,
        answer.killed or (),
        answer.purged or (),
        answer.state,
        effect=_effect(answer),
        warnings=_warnings(answer),
        evidence=answer.evidence,
    )


def _read(reply: Reply, kind: type[_A], write: Write) -> _A:
    try:
        answer = reply.read(kind)
    except UnexpectedAnswer as error:
        raise write.unknown(f"Its answer cannot be read: {error.problem}") from error
    if not answer.acknowledged:
        raise write.unknown("It did not acknowledge it")
    return answer


def _effect(answer: RepairAnswer) -> Effect:
    return answer.effect or Effect.ACCEPTED


def _warnings(answer: RepairAnswer) -> tuple[str, ...]:
    told = sentences(answer.warnings)
    return told if answer.effect is not None else (*told, _NOT_CONFIRMED)
