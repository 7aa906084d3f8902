"""The errors that say: declined, because doing it could do harm or is not allowed."""

from typing import ClassVar

import attrs

from wfadmin.domain.error import WfadminError
from wfadmin.domain.text import shown

__all__ = [
    "ADVICE_CHARACTERS",
    "AuditUnavailable",
    "CommandNotAllowed",
    "DeploymentInUse",
    "EndNotKnown",
    "EvidenceUnavailable",
    "LeaseHeld",
    "LeaseUnavailable",
    "NotAuthenticated",
    "NotPermitted",
    "NotReady",
    "NotSupported",
    "Protected",
    "Refused",
    "RetryBlocked",
    "StalePlan",
]

#: Advice is written by an adapter, and may take a paragraph.
ADVICE_CHARACTERS = 1000


@attrs.define(slots=False, eq=False, repr=False)
class Refused(WfadminError):
    """Declined: doing it could do harm, or is not allowed. Read why; do not force it blindly."""

    code: ClassVar[str] = "refused"
    _message: ClassVar[str] = "Refused."


@attrs.define(slots=False, eq=False, repr=False)
class RetryBlocked(Refused):
    """
    The guard says that this key must not be made submittable again.

    Attributes:
        reason: The first rule that applied, as its stable word.
        invocation_ids: The invocations that made it apply.
        blocked: Every reason that applies, each with its invocation ids.
    """

    code: ClassVar[str] = "workflow_retry_blocked"
    _message: ClassVar[str] = "Recovery is blocked: {reason} (invocations: {invocation_ids})."
    _why: ClassVar[str] = "Making the key submittable again could undo or repeat work."
    _fix: ClassVar[str] = "Inspect the key, and use the mildest verb that it names."

    reason: str
    invocation_ids: tuple[str, ...] = ()
    blocked: tuple[tuple[str, tuple[str, ...]], ...] = ()


@attrs.define(slots=False, eq=False, repr=False)
class DeploymentInUse(Refused):
    """Removing these deployments would take live services away or roll them back."""

    code: ClassVar[str] = "deployment_in_use"
    _message: ClassVar[str] = "Still serving: {deployment_ids}."
    _fix: ClassVar[str] = (
        "Redeploy the URL to keep first, so that it serves them, then clean up again."
    )

    deployment_ids: tuple[str, ...]
    services: tuple[str, ...] = ()

    @property
    def why(self) -> str:
        """Why it happened, as far as is known."""
        names = ", ".join(map(shown, self.services)) or "a service"
        return f"Without them {names} would vanish or fall back to an older revision."


@attrs.define(slots=False, eq=False, repr=False)
class CommandNotAllowed(Refused):
    """
    The status of the run does not call for this command, or its history speaks against it.

    Attributes:
        because: What its history says, as a sentence; empty where it is the status.
    """

    code: ClassVar[str] = "command_not_allowed"
    _message: ClassVar[str] = "{command} was not sent to {invocation_id}."
    _fix: ClassVar[str] = "Inspect the key and choose the verb that it names."

    command: str
    invocation_id: str
    status: str
    because: str = ""

    @property
    def why(self) -> str:
        """Why it happened, as far as is known."""
        if self.because:
            return shown(self.because, limit=ADVICE_CHARACTERS)
        return f"Its status is {shown(self.status)}."


@attrs.define(slots=False, eq=False, repr=False)
class StalePlan(Refused):
    """What would be planned now is not what the plan says."""

    code: ClassVar[str] = "stale_plan"
    _message: ClassVar[str] = "The plan is stale: {problem}."
    _why: ClassVar[str] = "A plan runs only where it is what would be planned now."
    _fix: ClassVar[str] = "Make a new plan."

    problem: str


@attrs.define(slots=False, eq=False, repr=False)
class EndNotKnown(Refused):
    """
    An earlier write to the same thing may still land, and to send another could do harm.

    Attributes:
        intent_id: Of the earlier write, in the audit log.
        verb: What it was.
        target: What it was sent for.
    """

    code: ClassVar[str] = "end_not_known"
    _message: ClassVar[str] = "Nobody knows how an earlier {verb} of {target} ended."
    _why: ClassVar[str] = "It may still land. On this engine a second one could ruin the run."
    _fix: ClassVar[str] = (
        "Inspect the key until it is clear, then: wfadmin audit close {intent_id} --reason WHY"
    )

    intent_id: str
    verb: str
    target: str


@attrs.define(slots=False, eq=False, repr=False)
class LeaseHeld(Refused):
    """Another wfadmin operator works on the same thing."""

    code: ClassVar[str] = "lease_held"
    retryable: ClassVar[bool] = True
    _message: ClassVar[str] = "Another operator works on {scope}."
    _fix: ClassVar[str] = "Wait until it ends, then inspect before acting."

    scope: str
    holder: str | None = None

    @property
    def why(self) -> str:
        """Why it happened, as far as is known."""
        return f"Its lease is held by {shown(self.holder or 'somebody unknown')}."


@attrs.define(slots=False, eq=False, repr=False)
class LeaseUnavailable(Refused):
    """Nobody can say whether another operator works on the same thing, so nothing was sent."""

    code: ClassVar[str] = "lease_unavailable"
    retryable: ClassVar[bool] = True
    _message: ClassVar[str] = "The lease cannot be taken: {problem}."
    _why: ClassVar[str] = "Two operators must never work on the same thing at once."
    _fix: ClassVar[str] = "Make the lease folder writable, then try again."

    problem: str


@attrs.define(slots=False, eq=False, repr=False)
class Protected(Refused):
    """The host's configuration protects this from every repair."""

    code: ClassVar[str] = "protected"
    _message: ClassVar[str] = "{what} is protected."
    _why: ClassVar[str] = "The configuration names it as never to be touched."
    _fix: ClassVar[str] = "Have the configuration changed by whoever owns it."

    what: str


@attrs.define(slots=False, eq=False, repr=False)
class NotAuthenticated(Refused):
    """The caller did not prove who they are."""

    code: ClassVar[str] = "not_authenticated"
    _message: ClassVar[str] = "The caller is not authenticated."
    _fix: ClassVar[str] = "Send a valid key or token."


@attrs.define(slots=False, eq=False, repr=False)
class NotPermitted(Refused):
    """The caller is known and lacks the permission."""

    code: ClassVar[str] = "operate_permission_missing"
    _message: ClassVar[str] = "The caller lacks the permission {permission}."
    _why: ClassVar[str] = "Permissions are granted by name; nothing is implied."
    _fix: ClassVar[str] = "Use an account or key that has it."

    permission: str


@attrs.define(slots=False, eq=False, repr=False)
class NotSupported(Refused):
    """
    This engine has no such thing, as its adapter declares.

    Attributes:
        instead: What to do instead, as the adapter advises; empty where it does not.
    """

    code: ClassVar[str] = "not_supported"
    _message: ClassVar[str] = "{engine} has no {what}."
    _why: ClassVar[str] = "Its adapter declares it so."

    engine: str
    what: str
    instead: str = ""

    @property
    def fix(self) -> str:
        """What to do next."""
        return self.advice or "Run doctor to see what this engine offers."

    @property
    def advice(self) -> str:
        """What to do instead, safe to show; empty where nobody says."""
        return shown(self.instead, limit=ADVICE_CHARACTERS)


@attrs.define(slots=False, eq=False, repr=False)
class NotReady(Refused):
    """
    Something keeps the engine from doing any write now, so nothing was sent.

    Attributes:
        obstacle: What that is and what helps, in the words of the adapter.
    """

    code: ClassVar[str] = "engine_not_ready"
    retryable: ClassVar[bool] = True
    _message: ClassVar[str] = "{engine} can do no write now."
    _fix: ClassVar[str] = "Mend that, then try again."

    engine: str
    obstacle: str

    @property
    def why(self) -> str:
        """Why it happened, as far as is known."""
        return shown(self.obstacle, limit=ADVICE_CHARACTERS)


@attrs.define(slots=False, eq=False, repr=False)
class AuditUnavailable(Refused):
    """The intent could not be stored, so nothing was sent."""

    code: ClassVar[str] = "audit_unavailable"
    retryable: ClassVar[bool] = True
    _message: ClassVar[str] = "The audit log cannot be used: {problem}."
    _why: ClassVar[str] = "No write is sent whose intent is not on record."
    _fix: ClassVar[str] = "Make the audit log writable, then try again."

    problem: str


@attrs.define(slots=False, eq=False, repr=False)
class EvidenceUnavailable(Refused):
    """The evidence could not be stored, so nothing was sent."""

    code: ClassVar[str] = "evidence_unavailable"
    retryable: ClassVar[bool] = True
    _message: ClassVar[str] = "The evidence cannot be stored: {problem}."
    _why: ClassVar[str] = "A purge destroys the failure and the state, so they are saved first."
    _fix: ClassVar[str] = "Make the evidence folder writable, then try again."

    problem: str
