"""
What each route can answer in place of what was asked for: one example of every error.

Each is made by what makes the real ones, so that its words and its status are theirs.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta

import attrs

from wfadmin.asgi.desk import MAX_BODY
from wfadmin.asgi.failures import (
    Failure,
    authentication_unavailable,
    busy,
    described,
    engine_not_found,
    not_json,
    not_routed,
    service_url_not_allowed,
    stale,
    too_large,
    too_many_failures,
    too_slow,
    unexpected,
    wrong_type,
)
from wfadmin.asgi.routes import OPERATE, READ, Action
from wfadmin.domain.errors import (
    AuditUnavailable,
    DeploymentInUse,
    DeploymentNotFound,
    EngineRejected,
    EngineUnreachable,
    EvidenceUnavailable,
    InvalidServiceUrl,
    InvalidWorkflowKey,
    InvocationNotFound,
    LeaseHeld,
    LeaseUnavailable,
    NotAuthenticated,
    NotPermitted,
    NotReady,
    NotSupported,
    OutcomeUnknown,
    Protected,
    RetryBlocked,
    Sent,
    ServiceNotFound,
    StalePlan,
    UnexpectedAnswer,
    UsageError,
    WfadminError,
)

__all__ = ["Problem", "problems_of"]

_URL, _ENGINE = "http://orders:9080", "http://engine:9070"
_RUN, _DEPLOYMENT = "inv_1", "dp_1"
_A_WHILE = timedelta(seconds=5)


@attrs.frozen
class Problem:
    """
    One error of one route.

    Attributes:
        failure: As it is answered.
        of: What tells it from others of the same id and status; empty for nothing.
    """

    failure: Failure
    of: str = ""

    @property
    def name(self) -> str:
        """A name that no other has."""
        return f"{self.failure.slug}-{self.failure.status}{self.of}"


def problems_of(action: Action, *, is_named: bool, is_known: bool) -> Iterator[Problem]:
    """
    Every error that a route can answer.

    Args:
        action: The route.
        is_named: Whether its path names the engine.
        is_known: Whether callers are asked who they are.
    """
    yield from map(Problem, _of_all())
    if is_known:
        yield from map(Problem, _of_strangers())
        reads = READ in action.allowed
        error = NotPermitted(READ if reads else OPERATE)
        yield Problem(described(error), "-read" if reads else "")
    if is_named:
        yield Problem(engine_not_found())
    for applies, errors in _TABLE:
        if applies(action):
            yield from (Problem(described(one)) for one in errors)
    if action.verb == "redeploy":
        details = {"deploymentId": _DEPLOYMENT}
        yield Problem(not_routed("The engine lists another place for them.", details))
    if action.is_write:
        yield Problem(stale(StalePlan("it is not what was approved, or it has expired")))
    # A plan needs as much as its verb.
    if action.verb.endswith("redeploy"):
        yield Problem(service_url_not_allowed())


def _of_all() -> Iterator[Failure]:
    yield not_json("it is empty")
    yield too_slow(_A_WHILE)
    yield too_large(MAX_BODY)
    yield wrong_type("Content-Type")
    yield described(UsageError("body", "verbose is not a known key (known: reason)"))
    yield unexpected()
    yield busy(_A_WHILE)


def _of_strangers() -> Iterator[Failure]:
    yield described(NotAuthenticated())
    yield too_many_failures(_A_WHILE)
    yield authentication_unavailable()


# --- the errors of the verbs ---------------------------------------------------------------------


def _asks(action: Action) -> bool:
    return action.path != "doctor"  # its report says what went wrong


def _repairs(action: Action) -> bool:
    return action.is_plan or action.is_write


def _writes(action: Action) -> bool:
    return action.is_write


def _of(*verbs: str) -> Callable[[Action], bool]:
    """Those verbs, and their plans."""
    return lambda action: action.verb.removeprefix("plan ") in verbs


def _doing(*verbs: str) -> Callable[[Action], bool]:
    """Those verbs, and not their plans."""
    return lambda action: action.verb in verbs


def _of_engine(*, sent: Sent) -> tuple[WfadminError, ...]:
    return (
        EngineUnreachable(_ENGINE, "connection refused", sent=sent),
        EngineRejected(_ENGINE, 500, "META003", "no leader", sent=sent),
        UnexpectedAnswer(_ENGINE, "nothing stands at $.rows", "{}", sent=sent),
    )


_TABLE: tuple[tuple[Callable[[Action], bool], tuple[WfadminError, ...]], ...] = (
    (
        _of("inspect", "recover"),
        (
            InvalidWorkflowKey("serviceKey", "it is empty"),
            ServiceNotFound("Order"),
        ),
    ),
    (
        _of("redeploy", "cleanup"),
        (InvalidServiceUrl("serviceUrl", "it does not start with http:// or https://"),),
    ),
    (
        _asks,
        (
            *_of_engine(sent=Sent.NO),
            NotSupported("dapr", "deployments", "Restart the app instead."),
        ),
    ),
    (
        _repairs,
        (NotReady("dapr", "No worker is connected. Start it."),),
    ),
    (
        _writes,
        (
            *_of_engine(sent=Sent.YES),
            LeaseHeld("Order/o-1", "anna"),
            LeaseUnavailable("the disk is full"),
            AuditUnavailable("the disk is full"),
            OutcomeUnknown("purge", _RUN, "the connection broke"),
        ),
    ),
    (
        _of("recover"),
        (
            Protected("Order"),
            RetryBlocked("active", (_RUN,), (("active", (_RUN,)),)),
        ),
    ),
    (
        _doing("recover"),
        (
            EvidenceUnavailable("the disk is full"),
            InvocationNotFound(_RUN),
            InvocationNotFound(_RUN, sent=Sent.YES),
        ),
    ),
    (
        _of("cleanup"),
        (
            DeploymentNotFound(_URL),
            DeploymentInUse((_DEPLOYMENT,), ("Order",)),
        ),
    ),
    (
        _doing("cleanup"),
        (DeploymentNotFound(_URL, sent=Sent.YES),),
    ),
    (
        _doing("cleanup", "recover"),
        (StalePlan("a run of the key appeared, or nobody can say that none did"),),
    ),
)
