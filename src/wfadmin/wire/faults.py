"""
What became of a request that got no answer: one row per class of exception.

Classes are told by name, along the line of their bases, so that httpx, httpx2 and whatever an
injected client raises need no import here. What no row names counts as sent: for a write, that
means that nobody knows.
"""

import errno
import socket
import ssl
from collections.abc import Iterator
from enum import StrEnum

import attrs

from wfadmin.domain.text import first_line

__all__ = ["Fault", "LostAnswer", "lost_answer"]


class Fault(StrEnum):
    """What became of a request without an answer."""

    #: It never left us: sending it again repeats nothing.
    NEVER_SENT = "never_sent"
    #: The connection ended: an idle one that the other side had closed looks like this.
    DROPPED = "dropped"
    #: Something answered that cannot be read, and would not be the next time either.
    GARBLED = "garbled"
    #: No answer, and no telling whether it arrived.
    UNANSWERED = "unanswered"


@attrs.frozen
class LostAnswer:
    """
    What became of a request.

    Attributes:
        problem: What the network said, as a sentence without a full stop.
        cause: The error that it was.
    """

    fault: Fault
    problem: str
    cause: BaseException | None = attrs.field(default=None, eq=False, repr=False)


_BY_NAME = {
    "ConnectError": Fault.NEVER_SENT,
    "ConnectTimeout": Fault.NEVER_SENT,
    "PoolTimeout": Fault.NEVER_SENT,
    "UnsupportedProtocol": Fault.NEVER_SENT,
    "LocalProtocolError": Fault.NEVER_SENT,
    "ProxyError": Fault.NEVER_SENT,
    "InvalidURL": Fault.NEVER_SENT,
    "ReadError": Fault.DROPPED,
    "WriteError": Fault.DROPPED,
    "CloseError": Fault.DROPPED,
    "ConnectionError": Fault.DROPPED,
    "RemoteProtocolError": Fault.GARBLED,
    "DecodingError": Fault.GARBLED,
}

# "Server disconnected without sending a response", "peer closed connection without sending
# complete message body": what speaks HTTP and went away says so in both libraries.
_WENT_AWAY = "without sending"

_ERRNO = {
    errno.ECONNREFUSED: "Nothing listens there (connection refused)",
    errno.ENOENT: "There is no such socket",
    errno.EACCES: "The socket may not be opened by this user (permission denied)",
    errno.ECONNRESET: "The connection was reset",
    errno.EHOSTUNREACH: "There is no route to the host",
    errno.ENETUNREACH: "There is no route to the network",
    errno.ENOTSOCK: "What is there is not a socket",
}


def lost_answer(error: Exception) -> LostAnswer:
    """What became of a request that ended with `error`."""
    names = [kind.__name__ for kind in type(error).__mro__]
    fault = next((_BY_NAME[name] for name in names if name in _BY_NAME), Fault.UNANSWERED)
    if fault is not Fault.GARBLED:
        return LostAnswer(fault, _problem(error, names), error)
    if _WENT_AWAY in str(error):
        problem = "The connection ended without a whole HTTP answer"
        return LostAnswer(Fault.DROPPED, problem, error)
    if "DecodingError" in names:
        return LostAnswer(fault, "Its compression is broken", error)
    return LostAnswer(fault, "What answers there does not speak HTTP", error)


def _problem(error: BaseException, names: list[str]) -> str:
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLError):
            return f"TLS failed: {_of_tls(cause)}"
        if isinstance(cause, socket.gaierror):
            return "The name of the host cannot be resolved"
        if isinstance(cause, OSError) and cause.errno in _ERRNO:
            return _ERRNO[cause.errno]
    if any("Timeout" in name for name in names):
        return "It did not answer in time"
    said = first_line(str(error)).rstrip(".")
    return f"{names[0]}: {said}" if said else names[0]


def _of_tls(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not accepted ({error.verify_message})"
    return (error.reason or "no reason was given").replace("_", " ").lower()


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what caused it, the outermost first; several at once, one after the other."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop(0)
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting.append(one.__cause__ or one.__context__)
        if isinstance(one, BaseExceptionGroup):
            several: tuple[BaseException, ...] = one.exceptions
            waiting.extend(several)
