"""
Everything that wfadmin raises on purpose, as one tree ordered by what the caller does next.

::

    WfadminError               code, why, fix, retryable, sent
    ├── UsageError             the call is wrong: correct it (also a ValueError)
    │   ├── InvalidWorkflowKey    InvalidServiceUrl     InvalidEngineUrl    InvalidPolicy
    │   └── UnknownAdapter        InvalidConfig         MissingDependency   InvalidPlan
    ├── Refused                declined, nothing changed: read why
    │   ├── RetryBlocked          DeploymentInUse       CommandNotAllowed
    │   ├── StalePlan             LeaseHeld             Protected
    │   ├── NotAuthenticated      NotPermitted          NotSupported        NotReady
    │   ├── EndNotKnown
    │   └── AuditUnavailable      EvidenceUnavailable   LeaseUnavailable
    ├── NotFound               no such thing (also a LookupError)
    │   └── DeploymentNotFound    ServiceNotFound       InvocationNotFound  KeyNotFound
    ├── EngineError            the engine did not answer, said no, or was not understood
    │   └── EngineUnreachable     EngineRejected        UnexpectedAnswer
    └── OutcomeUnknown         a write left us and no answer came: read again, never send again

Facts are fields, the message is computed from them, and every error survives `pickle`.
``sent`` says whether any *write* had left us when the error arose: it belongs to the instance.
"""

from typing import ClassVar

import attrs

from wfadmin.domain.error import IT_BEGINS, IT_SAYS, Sent, WfadminError
from wfadmin.domain.refusals import (
    ADVICE_CHARACTERS,
    AuditUnavailable,
    CommandNotAllowed,
    DeploymentInUse,
    EndNotKnown,
    EvidenceUnavailable,
    LeaseHeld,
    LeaseUnavailable,
    NotAuthenticated,
    NotPermitted,
    NotReady,
    NotSupported,
    Protected,
    Refused,
    RetryBlocked,
    StalePlan,
)
from wfadmin.domain.text import shown

__all__ = [
    "AuditUnavailable",
    "CommandNotAllowed",
    "DeploymentInUse",
    "DeploymentNotFound",
    "EndNotKnown",
    "EngineError",
    "EngineRejected",
    "EngineUnreachable",
    "EvidenceUnavailable",
    "InvalidConfig",
    "InvalidEngineUrl",
    "InvalidPlan",
    "InvalidPolicy",
    "InvalidServiceUrl",
    "InvalidWorkflowKey",
    "InvocationNotFound",
    "KeyNotFound",
    "LeaseHeld",
    "LeaseUnavailable",
    "MissingDependency",
    "NotAuthenticated",
    "NotFound",
    "NotPermitted",
    "NotReady",
    "NotSupported",
    "OutcomeUnknown",
    "Protected",
    "Refused",
    "RetryBlocked",
    "Sent",
    "ServiceNotFound",
    "StalePlan",
    "UnexpectedAnswer",
    "UnknownAdapter",
    "UsageError",
    "WfadminError",
]


# --- the call is wrong ---------------------------------------------------------------------------


@attrs.define(slots=False, eq=False, repr=False)
class UsageError(WfadminError, ValueError):
    """The call is wrong; nothing was sent. Correct the argument that is named and call again."""

    code: ClassVar[str] = "invalid_request"
    _message: ClassVar[str] = "{argument} is not usable: {problem}."
    _why: ClassVar[str] = "The call was checked before anything was sent."
    _fix: ClassVar[str] = "Correct {argument} and try again."

    argument: str
    problem: str


@attrs.define(slots=False, eq=False, repr=False)
class InvalidWorkflowKey(UsageError):
    """A service name or service key that no engine can hold."""

    code: ClassVar[str] = "invalid_workflow_key"


@attrs.define(slots=False, eq=False, repr=False)
class InvalidServiceUrl(UsageError):
    """A service URL that cannot be registered or compared."""

    code: ClassVar[str] = "invalid_service_url"


@attrs.define(slots=False, eq=False, repr=False)
class InvalidEngineUrl(UsageError):
    """An admin or ingress URL that cannot be reached by any means we have."""

    code: ClassVar[str] = "invalid_engine_url"
    _fix: ClassVar[str] = "Give {argument} as http://HOST:PORT, https://HOST or unix:///PATH."


@attrs.define(slots=False, eq=False, repr=False)
class InvalidPolicy(UsageError):
    """A policy that would be unsafe or has no meaning."""

    code: ClassVar[str] = "invalid_policy"


@attrs.define(slots=False, eq=False, repr=False)
class InvalidPlan(UsageError):
    """A plan that wfadmin did not make, or that cannot be carried."""

    code: ClassVar[str] = "invalid_plan"
    _fix: ClassVar[str] = "Make a new plan."


@attrs.define(slots=False, eq=False, repr=False)
class InvalidConfig(UsageError):
    """A configuration file, variable or option that cannot be used as it stands."""

    code: ClassVar[str] = "invalid_config"


@attrs.define(slots=False, eq=False, repr=False)
class UnknownAdapter(UsageError):
    """
    No adapter of that name is installed.

    Attributes:
        name: The name that was asked for.
        known: The names of those that are installed.
    """

    code: ClassVar[str] = "unknown_adapter"

    name: str = ""
    known: tuple[str, ...] = ()

    @property
    def fix(self) -> str:
        """What to do next."""
        known = f"Use one of: {', '.join(map(shown, self.known))}."
        if not (self.name.isascii() and self.name.replace("-", "").isalnum()):
            return known
        return f"{known} Or install it with: pip install wfadmin-{self.name}"


@attrs.define(slots=False, eq=False, repr=False)
class MissingDependency(UsageError):
    """A part of wfadmin that is installed as an extra is asked for and not there."""

    code: ClassVar[str] = "missing_dependency"
    _fix: ClassVar[str] = "Install it with: pip install 'wfadmin[{extra}]'"

    extra: str = ""


# --- no such thing -------------------------------------------------------------------------------


@attrs.define(slots=False, eq=False, repr=False)
class NotFound(WfadminError, LookupError):
    """What was named is not there. Check the name; the engine itself answered."""

    code: ClassVar[str] = "not_found"
    _message: ClassVar[str] = "Not found: {name}."
    _why: ClassVar[str] = "The engine answered and does not know it."
    _fix: ClassVar[str] = "Run doctor and use a name that it lists."

    name: str


@attrs.define(slots=False, eq=False, repr=False)
class DeploymentNotFound(NotFound):
    """No registered deployment has this URL or id."""

    code: ClassVar[str] = "deployment_not_found"
    _message: ClassVar[str] = "Deployment not found: {name}."


@attrs.define(slots=False, eq=False, repr=False)
class ServiceNotFound(NotFound):
    """The engine does not know this service, and nothing of it is left."""

    code: ClassVar[str] = "service_not_found"
    _message: ClassVar[str] = "Service not found: {name}."


@attrs.define(slots=False, eq=False, repr=False)
class InvocationNotFound(NotFound):
    """No invocation bears this id now."""

    code: ClassVar[str] = "invocation_not_found"
    _message: ClassVar[str] = "Invocation not found: {name}."


@attrs.define(slots=False, eq=False, repr=False)
class KeyNotFound(NotFound):
    """The file of API keys knows no key of this id."""

    code: ClassVar[str] = "api_key_not_found"
    _message: ClassVar[str] = "API key not found: {name}."
    _why: ClassVar[str] = "The file was read and does not know it."
    _fix: ClassVar[str] = "Use an id that this tells: wfadmin keys list."


# --- the engine ----------------------------------------------------------------------------------


@attrs.define(slots=False, eq=False, repr=False)
class EngineError(WfadminError):
    """The engine did not answer, said no, or said something that we do not understand."""

    code: ClassVar[str] = "engine_error"
    _message: ClassVar[str] = "The engine failed."


@attrs.define(slots=False, eq=False, repr=False)
class EngineUnreachable(EngineError):
    """
    No answer came: not resolved, not connected, or not in time.

    Attributes:
        where: The address that was asked, without user name and password.
        problem: What the network said.
    """

    code: ClassVar[str] = "workflow_engine_unreachable"
    retryable: ClassVar[bool] = True
    _message: ClassVar[str] = "No answer from {where}."
    _why: ClassVar[str] = "{problem}."
    _fix: ClassVar[str] = "Check the URL, and that the engine runs and can be reached from here."

    where: str
    problem: str


_ITS_OWN_ERROR = 500


@attrs.define(slots=False, eq=False, repr=False)
class EngineRejected(EngineError):
    """
    An error status came back.

    Attributes:
        where: The address that was asked, without user name and password.
        http_status: The status that came back.
        engine_code: The engine's own code for it, if it named one.
        excerpt: The start of the engine's own words.
        remedy: What helps, as sentences, where the adapter knows it.
    """

    code: ClassVar[str] = "workflow_engine_rejected"

    where: str
    http_status: int
    engine_code: str | None = None
    excerpt: str = ""
    remedy: str = ""

    @property
    def may_have_done_it(self) -> bool:
        """Whether a write may have been done all the same: its own error can come at any moment."""
        return self.http_status >= _ITS_OWN_ERROR

    @property
    def message(self) -> str:
        """What happened, in one line."""
        named = f" ({shown(self.engine_code)})" if self.engine_code else ""
        return f"{shown(self.where)} answered {self.http_status}{named}."

    @property
    def why(self) -> str:
        """Why it happened, as far as is known."""
        return f"{IT_SAYS}{shown(self.excerpt)}." if self.excerpt else "It gave no reason."

    @property
    def fix(self) -> str:
        """What to do next."""
        if self.remedy:
            return shown(self.remedy, limit=ADVICE_CHARACTERS)
        if self.http_status in (401, 403):
            return "Give a token that it accepts (--token-env or --token-file)."
        return "Check that this is the URL of the engine, then read the engine's log."


@attrs.define(slots=False, eq=False, repr=False)
class UnexpectedAnswer(EngineError):
    """
    An answer came that does not have the expected shape.

    Attributes:
        where: The address that was asked, without user name and password.
        problem: What is wrong with the answer, with the path to it.
        excerpt: The start of the answer.
    """

    code: ClassVar[str] = "workflow_engine_unexpected_answer"
    _message: ClassVar[str] = "{where} gave an unexpected answer: {problem}."
    _fix: ClassVar[str] = (
        "Check that this is the URL of the engine and that its version is supported."
    )

    where: str
    problem: str
    excerpt: str = ""

    @property
    def why(self) -> str:
        """Why it happened, as far as is known."""
        if not self.excerpt:
            return "It may not be the engine that the adapter was written for."
        return f"{IT_BEGINS}{shown(self.excerpt)}."


@attrs.define(slots=False, eq=False, repr=False)
class OutcomeUnknown(WfadminError):
    """
    A write left us and no answer came that settles it.

    Never send it again. Read first: the engine may have done it, or may do it later.

    Attributes:
        command: The write that was sent.
        target: What it was sent for.
        problem: What is known about the missing answer.
    """

    code: ClassVar[str] = "outcome_unknown"
    _message: ClassVar[str] = "Whether {command} of {target} happened is not known."
    _why: ClassVar[str] = "{problem}."
    _fix: ClassVar[str] = (
        "Do not repeat it. Inspect first: it may have happened, or may still happen."
    )

    command: str
    target: str
    problem: str
    sent: Sent = attrs.field(default=Sent.UNKNOWN, kw_only=True)
