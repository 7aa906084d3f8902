"""
Where an engine is: an address that can be reached, and shown without secrets.

Laws:

- A user name or password in a URL is refused and never shown: URLs end up in logs, shell
  histories and audit records. A token has a source of its own.
- A place is private when nobody on a network can listen: a unix socket or a loopback address.
"""

import os
from ipaddress import ip_address
from urllib.parse import urlsplit

import attrs

from wfadmin.domain.errors import InvalidEngineUrl, InvalidServiceUrl
from wfadmin.domain.text import shown
from wfadmin.domain.urls import normalised_url

__all__ = ["Place", "on_same_machine", "place_of"]

# The room for a path in a socket address, less the byte that ends it.
_LONGEST_SOCKET_PATH = 107
_LONGEST_URL = 2048
_USERINFO = (
    "it holds a user name or password, which are never sent: use --token-env or --token-file"
)


@attrs.frozen
class Place:
    """
    One address of an engine.

    Attributes:
        url: What requests start with; for a socket a stand-in, because HTTP wants a host.
        shown: The address for people, errors and audit records.
        host: The name or number of the host; empty for a socket.
        socket_path: The path of the unix socket; None where it is reached over TCP.
    """

    url: str
    shown: str
    host: str
    socket_path: str | None = None

    @property
    def is_tls(self) -> bool:
        """Whether what is sent is encrypted."""
        return self.url.startswith("https:")

    @property
    def is_private(self) -> bool:
        """Whether nobody on a network can listen: a unix socket or a loopback address."""
        return self.socket_path is not None or _is_loopback(self.host)


def place_of(url: object, argument: str) -> Place:
    """
    The place that `url` names: ``http://``, ``https://`` or ``unix:///path``.

    Raises:
        InvalidEngineUrl: It is none of these, or holds what must not stand in it.
    """
    if not isinstance(url, str):
        raise InvalidEngineUrl(argument, f"it is {type(url).__name__}, not text")
    if len(url) > _LONGEST_URL:
        raise InvalidEngineUrl(argument, f"it is longer than {_LONGEST_URL} characters")
    if not url.isprintable():
        raise InvalidEngineUrl(argument, "it holds control characters")
    scheme, _, rest = url.partition(":")
    return _socket(rest, argument) if scheme.lower() == "unix" else _web(url, argument)


def on_same_machine(place: Place, other: Place) -> bool:
    """Whether both are the same host, or on this machine; two sockets share a folder."""
    if place.socket_path is not None and other.socket_path is not None:
        return _folder(place.socket_path) == _folder(other.socket_path)
    return place.host == other.host or (place.is_private and other.is_private)


def _folder(path: str) -> str:
    return os.path.realpath(os.path.dirname(path))  # noqa: PTH120 - no Path for one step


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _socket(rest: str, argument: str) -> Place:
    path = rest.removeprefix("//")
    if not path.startswith("/"):
        raise InvalidEngineUrl(argument, "its path is not absolute")
    size = len(os.fsencode(path))
    if size > _LONGEST_SOCKET_PATH:
        problem = (
            f"its path is {size} bytes long, and a socket has room for {_LONGEST_SOCKET_PATH}: "
            "link its folder to a shorter path"
        )
        raise InvalidEngineUrl(argument, problem)
    return Place("http://localhost", shown(f"unix://{path}"), "", path)


def _web(url: str, argument: str) -> Place:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        # Python's own message quotes the host part, which may hold a password.
        raise InvalidEngineUrl(argument, "its host cannot be read") from None
    if "@" in url:
        # Also behind the host: a password that holds a slash reads as the start of a path.
        raise InvalidEngineUrl(argument, _USERINFO)
    if parts.query or parts.fragment:
        raise InvalidEngineUrl(argument, "it holds a query or a fragment")
    try:
        base = normalised_url(url, argument=argument)
    except InvalidServiceUrl as error:
        raise InvalidEngineUrl(argument, error.problem) from None
    return Place(base, shown(base), host)
