"""What became of a request is told by the name of the error, and by what caused it."""

import errno
import socket
import ssl

import pytest

from tests.wire.servers import LIBRARIES
from wfadmin.wire.faults import Fault, lost_answer


class ConnectError(Exception):
    """What an injected client of another library may raise."""


def caused(*causes: BaseException) -> Exception:
    """An error with these causes, the outermost first."""
    first: Exception = ConnectError("All connection attempts failed")
    error: BaseException = first
    for cause in causes:
        error.__cause__ = cause
        error = cause
    return first


def certificate_error() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED]")
    error.verify_message = "self-signed certificate"
    return error


def tls_error(reason: str | None) -> ssl.SSLError:
    error = ssl.SSLError(1, "[SSL]")
    error.reason = reason  # type: ignore[assignment]  # None where OpenSSL names none
    return error


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (caused(OSError(errno.ECONNREFUSED, "")), "Nothing listens there (connection refused)"),
        (caused(OSError(errno.ENOENT, "")), "There is no such socket"),
        (
            caused(OSError(errno.EACCES, "")),
            "The socket may not be opened by this user (permission denied)",
        ),
        (caused(OSError(errno.EHOSTUNREACH, "")), "There is no route to the host"),
        (
            caused(
                OSError("All connection attempts failed"),
                ExceptionGroup("several", [OSError(errno.ECONNREFUSED, ""), OSError(1, "")]),
            ),
            "Nothing listens there (connection refused)",
        ),
        (caused(socket.gaierror(-2, "")), "The name of the host cannot be resolved"),
        (
            caused(certificate_error()),
            "TLS failed: the certificate is not accepted (self-signed certificate)",
        ),
        (caused(tls_error("WRONG_VERSION_NUMBER")), "TLS failed: wrong version number"),
        (caused(tls_error(None)), "TLS failed: no reason was given"),
        (caused(OSError(9999, "odd")), "ConnectError: All connection attempts failed"),
        (ConnectError("ends here.\nsecond\x1b line"), "ConnectError: ends here"),
        (ConnectError(), "ConnectError"),
    ],
)
def test_the_cause_is_told_in_words(error: Exception, problem: str) -> None:
    lost = lost_answer(error)

    assert (lost.fault, lost.problem, lost.cause) == (Fault.NEVER_SENT, problem, error)


def test_causes_that_go_round_in_a_circle_are_followed_once() -> None:
    error = ConnectError("odd")
    error.__context__ = ValueError()
    error.__context__.__context__ = error

    assert lost_answer(error).problem == "ConnectError: odd"


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("ConnectError", Fault.NEVER_SENT),
        ("ConnectTimeout", Fault.NEVER_SENT),
        ("PoolTimeout", Fault.NEVER_SENT),
        ("UnsupportedProtocol", Fault.NEVER_SENT),
        ("LocalProtocolError", Fault.NEVER_SENT),
        ("ProxyError", Fault.NEVER_SENT),
        ("ReadTimeout", Fault.UNANSWERED),
        ("WriteTimeout", Fault.UNANSWERED),
        ("ReadError", Fault.DROPPED),
        ("WriteError", Fault.DROPPED),
        ("CloseError", Fault.DROPPED),
        ("RemoteProtocolError", Fault.GARBLED),
        ("DecodingError", Fault.GARBLED),
        ("TooManyRedirects", Fault.UNANSWERED),
    ],
)
def test_both_libraries_are_understood(library: str, name: str, fault: Fault) -> None:
    error = getattr(LIBRARIES[library], name)("odd")

    assert lost_answer(error).fault is fault


def test_a_class_below_a_known_one_is_known() -> None:
    class OfAnotherLibraryError(ConnectError):
        pass

    assert lost_answer(OfAnotherLibraryError()).fault is Fault.NEVER_SENT


def test_a_plain_reset_is_a_dropped_connection() -> None:
    lost = lost_answer(ConnectionResetError(errno.ECONNRESET, "reset"))

    assert (lost.fault, lost.problem) == (Fault.DROPPED, "The connection was reset")


def test_what_nobody_knows_counts_as_sent() -> None:
    lost = lost_answer(RuntimeError("odd"))

    assert (lost.fault, lost.problem) == (Fault.UNANSWERED, "RuntimeError: odd")
