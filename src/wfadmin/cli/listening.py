"""
Where `wfadmin serve` listens, and who can reach it there.

Laws:

- An address that others can reach is refused, unless the way there is encrypted or somebody says
  that a proxy sees to that.
- Whatever is wrong with an address, a port or a certificate is told before anything is served.
"""

import errno
import os
import socket
import ssl
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any

import anyio
import attrs
from cyclopts import Parameter

from wfadmin.cli.writing import flag, option
from wfadmin.domain.errors import UsageError
from wfadmin.domain.text import shown
from wfadmin.wire.files import named_path, problem_of

__all__ = ["BACKLOG", "HERE", "Listening", "bound", "is_loopback", "resolved"]

#: How many connections the system keeps until they are taken.
BACKLOG = 128

# As long as doctor takes an open write for a running one; the longest repairs, which wait for a
# slow engine at every step, are done by then.
_GRACE = 120.0
_LONGEST_GRACE = 3600.0
_LARGEST_PORT = 65535
_MOST_AT_ONCE = 10_000
# This host has no address of that family, although its name has one.
_ABSENT = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)

#: A family of addresses, and an address of it.
Address = tuple[int, tuple[Any, ...]]


@Parameter(name="*")
@attrs.frozen(kw_only=True)
class Listening:
    """The options that say where it listens, as they were given."""

    host: Annotated[str, option("Address or name to listen on.")] = "127.0.0.1"
    port: Annotated[int, option("Port to listen on; 0 takes a free one.")] = 8080
    tls_certificate: Annotated[
        str | None, option("File with the certificate and what it hangs on, as PEM.")
    ] = None
    tls_key: Annotated[str | None, option("File with the key of the certificate, as PEM.")] = None
    behind_proxy: Annotated[
        bool, flag("A proxy encrypts: listen where others can reach it, without TLS.")
    ] = False
    trusted_proxy: Annotated[
        tuple[str, ...],
        option("Address of a proxy whose X-Forwarded-For counts; may be given again."),
    ] = ()
    at_once: Annotated[
        int, option("How many requests are worked on at once; others wait five seconds.")
    ] = 32
    grace: Annotated[
        float, option("Seconds that requests in hand get to end, when it is told to stop.")
    ] = _GRACE

    @property
    def is_tls(self) -> bool:
        """Whether it encrypts by itself."""
        return self.tls_certificate is not None

    @property
    def proxies(self) -> frozenset[str]:
        """
        The addresses of the proxies, each in its usual form.

        Raises:
            UsageError: One of them is none.
        """
        return frozenset(_proxy(one) for one in self.trusted_proxy)

    def check(self) -> None:
        """
        Refuse what is not usable, or contradicts itself.

        Raises:
            UsageError: The option is named.
        """
        if not 0 <= self.port <= _LARGEST_PORT:
            raise UsageError("--port", f"it is not from 0 to {_LARGEST_PORT}")
        if (self.tls_certificate is None) is not (self.tls_key is None):
            raise UsageError("--tls-certificate", "it needs --tls-key, and the other way round")
        if not 0 < self.at_once <= _MOST_AT_ONCE:
            raise UsageError("--at-once", f"it is not from 1 to {_MOST_AT_ONCE}")
        if not 0 < self.grace <= _LONGEST_GRACE:
            problem = f"it is not a number of seconds above zero and at most {_LONGEST_GRACE:.0f}"
            raise UsageError("--grace", problem)

    def url(self, port: int) -> str:
        """Where it is called."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.is_tls else 'http'}://{host}:{port}"

    def tls(self) -> ssl.SSLContext | None:
        """
        What encrypts; None where nothing does.

        Raises:
            UsageError: The certificate or its key cannot be used.
        """
        if self.tls_certificate is None or self.tls_key is None:
            return None
        for name, path in (
            ("--tls-certificate", self.tls_certificate),
            ("--tls-key", self.tls_key),
        ):
            _check_readable(name, path)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        try:
            # Nobody is asked for the password of a key: there is nobody.
            context.load_cert_chain(self.tls_certificate, self.tls_key, password=lambda: "")
        except OSError as error:
            problem = f"it cannot be used with its key ({getattr(error, 'reason', None)})"
            raise UsageError("--tls-certificate", problem) from None
        return context


#: No option was given.
HERE = Listening()


def _proxy(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise UsageError("--trusted-proxy", f"{shown(text)} is no address") from None


def _check_readable(name: str, path: str) -> None:
    try:
        with named_path(path, argument=name).open("rb"):
            pass
    except OSError as error:
        raise UsageError(name, problem_of(Path(path), error)) from None


# --- addresses -----------------------------------------------------------------------------------


async def resolved(listening: Listening) -> tuple[Address, ...]:
    """
    Every address of the host.

    Raises:
        UsageError: It has none.
    """
    problem = f"{shown(listening.host)} has no address here"
    if not listening.host:
        raise UsageError("--host", "it is empty")
    try:
        found = await anyio.getaddrinfo(
            listening.host, listening.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
        )
    except (OSError, UnicodeError):
        raise UsageError("--host", problem) from None
    return tuple(dict.fromkeys((int(family), tuple(address)) for family, *_, address in found))


def is_loopback(addresses: Sequence[Address]) -> bool:
    """Whether only this machine reaches any of them."""
    return all(
        ip_address(str(address[0]).partition("%")[0]).is_loopback for _, address in addresses
    )


def bound(addresses: Sequence[Address]) -> list[socket.socket]:
    """
    A socket that listens on each of them, all on the same port.

    Raises:
        UsageError: The port is in use or not ours to take, or the address is not of this host.
    """
    sockets: list[socket.socket] = []
    problems: list[OSError] = []
    for family, address in addresses:
        port = sockets[0].getsockname()[1] if sockets else address[1]
        try:
            sockets.append(_listener(family, (address[0], port, *address[2:])))
        except OSError as error:
            problems.append(error)
    # A name may have an address of a family that this host does not have.
    fatal = [one for one in problems if not sockets or one.errno not in _ABSENT]
    if fatal:
        for one in sockets:
            one.close()
        raise _refused(fatal[0], addresses[0][1][1])
    return sockets


def _listener(family: int, address: tuple[Any, ...]) -> socket.socket:
    listener = socket.create_server(address, family=family, backlog=BACKLOG)
    # What it accepts takes it over. Asyncio sets it only on sockets that name their protocol, and
    # without it the second part of an answer waits 40 ms for the acknowledgement of the first.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.setblocking(False)  # noqa: FBT003 - as the library has it
    return listener


def _refused(error: OSError, port: int) -> UsageError:
    # What the system says; Python adds the address, in a form of its own.
    said = os.strerror(error.errno or errno.EINVAL)
    if error.errno in _ABSENT:
        return UsageError("--host", f"it is no address of this machine ({said})")
    return UsageError("--port", f"{port} cannot be listened on ({said})")
