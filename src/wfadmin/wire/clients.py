"""
The HTTP client, as far as we use it, and the ones that we make ourselves.

`httpx.AsyncClient` and `httpx2.AsyncClient` both fit the Protocols; neither is imported before
a client of our own is made.
"""

import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any, Protocol

from wfadmin.domain.errors import InvalidConfig
from wfadmin.wire.places import Place

__all__ = [
    "HttpClient",
    "HttpResponse",
    "Timeouts",
    "acknowledge_at_once",
    "can_acknowledge_at_once",
    "injected_client",
    "load_httpx",
    "own_client",
]

#: Seconds to connect, to read, to write, and to wait for a free connection.
Timeouts = tuple[float, float, float, float]

# Linux only.
_QUICKACK: int | None = getattr(socket, "TCP_QUICKACK", None)


class HttpResponse(Protocol):
    """An answer whose body has not been read."""

    @property
    def status_code(self) -> int:
        """The status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers; names match in any case."""
        ...

    @property
    def extensions(self) -> Mapping[str, Any]:
        """What the transport adds, such as `network_stream`."""
        ...

    def aiter_bytes(self) -> AsyncIterator[bytes]:
        """The body in parts, decompressed."""
        ...


class HttpClient(Protocol):
    """A client that answers before the body is read."""

    def stream(  # noqa: PLR0913 - the method of httpx, word for word
        self,
        method: str,
        url: str,
        *,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        follow_redirects: bool = False,
        timeout: Timeouts = ...,
    ) -> AbstractAsyncContextManager[HttpResponse]:
        """Send a request; the answer's body is read inside the block."""
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...


def injected_client(client: object | None, *places: Place | None) -> HttpClient | None:
    """
    A client that somebody gave, if it can be used for these places; None for none.

    Raises:
        InvalidConfig: It is no such client, or one of the places is a socket, which it would not
            use.
    """
    if client is None:
        return None
    # What tells it from a client that blocks.
    if not hasattr(client, "stream") or not hasattr(client, "aclose"):
        raise InvalidConfig("client", "it is no httpx.AsyncClient or httpx2.AsyncClient")
    if any(place is not None and place.socket_path is not None for place in places):
        problem = (
            "it would not use the socket: give it a transport that does, and http://localhost as"
            " the URL"
        )
        raise InvalidConfig("client", problem)
    unchecked: Any = client
    injected: HttpClient = unchecked
    return injected


def load_httpx() -> None:
    """Import what a client of our own is made of, so that no request has to wait for it."""
    import httpx as _  # noqa: F401


def own_client(place: Place) -> HttpClient:
    """
    A client that can reach `place` and follows neither redirects nor proxy variables.

    Certificates are always verified, against those that httpx brings and those of this machine.
    """
    import httpx

    if place.socket_path is not None:
        # `verify=False` where there is no TLS: reading all certificates takes 13 to 25 ms.
        transport = httpx.AsyncHTTPTransport(uds=place.socket_path, verify=False)
        return httpx.AsyncClient(transport=transport, trust_env=False)
    if not place.is_tls:
        return httpx.AsyncClient(verify=False, trust_env=False)  # noqa: S501 - there is no TLS
    context = httpx.create_ssl_context(trust_env=False)
    # Engines are often behind a certificate of their company, which only the machine knows.
    context.load_default_certs()
    return httpx.AsyncClient(verify=context, trust_env=False)


def can_acknowledge_at_once() -> bool:
    """Whether `acknowledge_at_once` can do anything on this system."""
    return _QUICKACK is not None


def acknowledge_at_once(response: HttpResponse) -> None:
    """
    Acknowledge the headers of an answer that came over TCP now.

    Restate writes headers and rows of a query apart, and its system holds the rows back until the
    headers are acknowledged, which ours would put off: on kept-alive connections every third
    query stalled for 40 ms (measured). Asking for it at connect does not last.
    """
    stream = response.extensions.get("network_stream")
    if _QUICKACK is None or stream is None:
        return
    connection = stream.get_extra_info("socket")
    # What an injected transport calls a socket may be anything, and the answer is fine without.
    with suppress(OSError, AttributeError, TypeError):
        connection.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
