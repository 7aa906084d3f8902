"""
What an ending is called outside: one HTTP status, one exit code and one category per error.

Laws:

- The most specific class that is listed decides; every class of the tree finds one.
- Once a write may have left us, nothing ends as if nothing had happened: no exit code 4, 5 or 8.
  What we then declined ourselves is 6 (partly done), everything else is 7 (outcome unknown).
"""

from enum import StrEnum

import attrs

from wfadmin.domain.doctor import DoctorReport, Verdict
from wfadmin.domain.errors import (
    AuditUnavailable,
    EngineError,
    EngineUnreachable,
    EvidenceUnavailable,
    LeaseUnavailable,
    NotAuthenticated,
    NotFound,
    NotPermitted,
    NotReady,
    NotSupported,
    OutcomeUnknown,
    Refused,
    Sent,
    UsageError,
    WfadminError,
)
from wfadmin.domain.results import CleanupResult, Effect, RedeployResult, Result

__all__ = [
    "DECLINED",
    "DONE",
    "INTERRUPTED",
    "MISUSE",
    "UNEXPECTED",
    "Category",
    "Ending",
    "ending_of",
    "exit_of_doctor",
    "exit_of_result",
]


class Category(StrEnum):
    """Who has to do something about an error."""

    #: Whoever called: the call is wrong.
    CLIENT = "client"
    #: Whoever called: we do not know them.
    AUTH = "auth"
    #: Whoever grants permissions.
    PERMISSION = "permission"
    #: The operator: the workflow does not stand as the call assumes.
    DOMAIN = "domain"
    #: Whoever runs the engine, or what else we depend on.
    DEPENDENCY = "dependency"
    #: We.
    INTERNAL = "internal"


@attrs.frozen
class Ending:
    """
    How an error is told to the outside.

    Attributes:
        http_status: None where no answer is sent, because the caller went away.
        retryable: Whether the same call may simply be made again.
    """

    http_status: int | None
    exit_code: int
    category: Category
    retryable: bool = False


#: The exit code of a call that did what it was asked for, or had nothing to do.
DONE = 0
_FINDING = 3
_PARTLY_DONE = 6
_NOT_CONFIRMED = 7

#: An error that is our own mistake.
UNEXPECTED = Ending(500, 1, Category.INTERNAL)
#: Ctrl-C before any write left us.
INTERRUPTED = Ending(None, 130, Category.CLIENT)

#: Somebody was asked, and did not say yes.
DECLINED = Ending(None, 4, Category.CLIENT)

#: A call that cannot be understood.
MISUSE = Ending(422, 2, Category.CLIENT)

_TABLE: dict[type[BaseException], Ending] = {
    WfadminError: UNEXPECTED,
    UsageError: MISUSE,
    Refused: Ending(409, 4, Category.DOMAIN),
    NotAuthenticated: Ending(401, 9, Category.AUTH),
    NotPermitted: Ending(403, 9, Category.PERMISSION),
    NotSupported: Ending(501, 10, Category.DOMAIN),
    NotReady: Ending(503, 4, Category.DEPENDENCY),
    AuditUnavailable: Ending(503, 4, Category.DEPENDENCY),
    EvidenceUnavailable: Ending(503, 4, Category.DEPENDENCY),
    LeaseUnavailable: Ending(503, 4, Category.DEPENDENCY),
    NotFound: Ending(404, 5, Category.DOMAIN),
    EngineError: Ending(502, 8, Category.DEPENDENCY),
    EngineUnreachable: Ending(503, 8, Category.DEPENDENCY),
    OutcomeUnknown: Ending(504, 7, Category.DEPENDENCY),
}
_REFUSED_AFTER_A_WRITE = Ending(409, 6, Category.DOMAIN)
_UNKNOWN_AFTER_A_WRITE = Ending(504, 7, Category.DEPENDENCY)


def ending_of(error: WfadminError) -> Ending:
    """How `error` is told to the outside, by its class and by whether a write had left us."""
    if error.sent is not Sent.NO:
        refused = isinstance(error, Refused)
        return _REFUSED_AFTER_A_WRITE if refused else _UNKNOWN_AFTER_A_WRITE
    listed = next(kind for kind in type(error).__mro__ if kind in _TABLE)
    return attrs.evolve(_TABLE[listed], retryable=error.retryable)


def exit_of_doctor(report: DoctorReport) -> int:
    """The exit code of a doctor that answered: a finding of severity error closes the gate."""
    return _FINDING if report.verdict is Verdict.ERROR else DONE


def exit_of_result(result: Result) -> int:
    """
    The exit code of a repair that answered.

    Held deployments, and services that a registration does not get, are partly done.
    """
    if isinstance(result, RedeployResult) and result.effect is Effect.ACCEPTED:
        return _PARTLY_DONE
    if not result.confirmed:
        return _NOT_CONFIRMED
    is_held = isinstance(result, CleanupResult) and bool(result.held)
    return _PARTLY_DONE if is_held else DONE
