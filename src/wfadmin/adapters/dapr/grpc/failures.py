"""
What came instead of an answer over gRPC, and which of our errors that is.

The sidecar tells most causes in words, behind a status that says little: `UNKNOWN` for an id that
nobody bears as well as for a method that it has not.
"""

from collections.abc import Mapping
from typing import Final

import attrs

from wfadmin.adapters.dapr.api import NAME
from wfadmin.adapters.dapr.troubles import Trouble, said, sentence, trouble_in
from wfadmin.domain.answers import Answer
from wfadmin.domain.errors import (
    EngineRejected,
    EngineUnreachable,
    InvocationNotFound,
    NotSupported,
    Sent,
    UnexpectedAnswer,
    WfadminError,
)
from wfadmin.domain.text import shown
from wfadmin.wire.echoes import without
from wfadmin.wire.http import LONGEST_ANSWER, Write
from wfadmin.wire.places import Place

__all__ = ["Call", "Failure", "of_read", "of_write"]

#: The status of HTTP that says the same, for people and tables who know only that.
_HTTP: Final[Mapping[str, int]] = {
    "CANCELLED": 499,
    "INVALID_ARGUMENT": 400,
    "DEADLINE_EXCEEDED": 504,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "PERMISSION_DENIED": 403,
    "RESOURCE_EXHAUSTED": 429,
    "FAILED_PRECONDITION": 400,
    "ABORTED": 409,
    "OUT_OF_RANGE": 400,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "UNAUTHENTICATED": 401,
}
_SERVER_ERROR: Final = 500

# No answer of the sidecar: made on this side, or by what stands between.
_NO_ANSWER: Final = frozenset({"UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED"})
# Nobody knows what was done before these came: they are also made on this side, of what came.
_NOT_SETTLED: Final = frozenset({"INTERNAL", "ABORTED", "DATA_LOSS", "RESOURCE_EXHAUSTED"})
_BROKE_OFF: Final = "Stream removed"
_NEVER_SENT: Final = (
    "failed to connect to all addresses",
    "DNS resolution failed",
    "errors resolving",
)
_OTHER_PROTOCOL: Final = ("http1.x server", "Failed parsing HTTP/2", "without a message")
_TOO_LONG: Final = "larger than max"

_NOT_SERVED: Final = "failed to proxy request"
_CANNOT_LIST: Final = "does not support listing keys"
_NOT_ENDED: Final = "is not in a terminal state"

_TROUBLES: Final[Mapping[str, Trouble]] = {
    "no state store with actor support found": Trouble(
        "no state store is configured for actors, or no placement service",
        'give the state store component actorStateStore "true" and the sidecar'
        " --placement-host-address, and restart it",
    ),
    "placement service is not configured": Trouble(
        "no placement service is configured",
        "start the sidecar with --placement-host-address",
    ),
}
_OLD = "Upgrade the sidecar: 1.17 is the first version that has it."
_OTHER_STORE = (
    "Use a state store that can list its keys, such as Redis, PostgreSQL v2, MySQL, MongoDB or"
    " SQLite, or ask for each run by its id."
)


@attrs.frozen
class Call:
    """
    One call, as errors name it.

    Attributes:
        about: The instance that it is about; empty for all of them.
        secrets: What must not be shown when it is echoed.
    """

    place: Place
    method: str
    about: str = ""
    secrets: tuple[str, ...] = attrs.field(default=(), repr=False)

    @property
    def where(self) -> str:
        """What was asked, for errors."""
        return f"{self.method} at {self.place.shown}"


@attrs.frozen
class Failure:
    """
    What came instead of an answer.

    Attributes:
        code: The name of the status.
        details: The words that came with it.
        left: Whether the request may have left us.
    """

    code: str
    details: str
    left: bool = True
    cause: BaseException | None = attrs.field(default=None, eq=False, repr=False)

    @property
    def trouble(self) -> Trouble | None:
        """What is wrong with the sidecar, where its words say it."""
        return _TROUBLES.get(self.details) or trouble_in("", self.details)

    @property
    def is_no_answer(self) -> bool:
        """Whether nothing of the sidecar came."""
        broke_off = self.details.startswith(_BROKE_OFF)
        return self.trouble is None and (self.code in _NO_ANSWER or broke_off)

    @property
    def was_never_sent(self) -> bool:
        """Whether it surely did not reach anybody."""
        return not self.left or self.details.startswith(_NEVER_SENT)


def of_read(call: Call, failure: Failure) -> WfadminError:
    """The error that a read ends with."""
    if failure.code == "RESOURCE_EXHAUSTED" and _TOO_LONG in failure.details:
        problem = f"it is longer than {LONGEST_ANSWER // 1024**2} MiB"
        return UnexpectedAnswer(call.where, problem)
    words = _words(call, failure)
    if failure.is_no_answer:
        if any(part in failure.details for part in _OTHER_PROTOCOL):
            return UnexpectedAnswer(call.place.shown, "what answers there does not speak gRPC")
        return EngineUnreachable(call.place.shown, words)
    if failure.code == "NOT_FOUND" or said(failure.details) is Answer.NOT_FOUND:
        return InvocationNotFound(call.about)
    return _refused(call, failure, Sent.NO)


def of_write(call: Call, failure: Failure, write: Write) -> WfadminError | Answer:
    """The answer that a failed write is, or the error that it ends with."""
    words = _words(call, failure)
    if failure.was_never_sent:
        return EngineUnreachable(call.place.shown, words)
    answer = said(failure.details)
    if answer is not None:
        return answer
    if failure.code == "NOT_FOUND":
        return Answer.NOT_FOUND
    if failure.details.endswith(_NOT_ENDED):
        return Answer.WRONG_STATUS
    if failure.is_no_answer or (failure.code in _NOT_SETTLED and failure.trouble is None):
        return write.unknown(words)
    return _refused(call, failure, Sent.YES)


def _refused(call: Call, failure: Failure, sent: Sent) -> WfadminError:
    """What the sidecar itself said no with."""
    words = _words(call, failure)
    if failure.code == "UNIMPLEMENTED" or failure.details.startswith(_NOT_SERVED):
        return NotSupported(NAME, f"{call.method} in this version", _OLD, sent=sent)
    if failure.details.endswith(_CANNOT_LIST):
        return NotSupported(NAME, f"list of its runs: {words}", _OTHER_STORE, sent=sent)
    trouble = failure.trouble
    told = words if trouble is None else f"{trouble.problem} ({words})"
    remedy = "" if trouble is None else sentence(trouble.remedy)
    status = _HTTP.get(failure.code, _SERVER_ERROR)
    return EngineRejected(call.where, status, failure.code, told, remedy=remedy, sent=sent)


def _words(call: Call, failure: Failure) -> str:
    words = shown(without(call.secrets, failure.details)).rstrip(".")
    return words or f"It gave {failure.code} and no reason"
