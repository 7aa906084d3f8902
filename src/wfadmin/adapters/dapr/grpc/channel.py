"""
A gRPC connection to the sidecar, as far as we use it, and the way to one.

grpcio is imported when the first connection is made.
"""

from collections.abc import Awaitable, Sequence
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from wfadmin.domain.errors import InvalidEngineUrl, MissingDependency
from wfadmin.wire.http import LONGEST_ANSWER
from wfadmin.wire.places import Place, place_of

__all__ = ["Channel", "check_installed", "grpc_place", "open_channel"]

_ARGUMENT = "gRPC URL"
_EXTRA = "dapr-grpc"
_PORTS: Final = {True: 443, False: 80}

_OPTIONS: Final = (
    ("grpc.max_receive_message_length", LONGEST_ANSWER),
    ("grpc.primary_user_agent", "wfadmin"),
    # A write is sent at most once, whatever the name service or a proxy would like.
    ("grpc.enable_retries", 0),
    ("grpc.service_config_disable_resolution", 1),
    ("grpc.enable_http_proxy", 0),
    # Else a new client would inherit the pauses of another one that found nobody there.
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
)


class UnaryCall(Protocol):
    """One method of the service."""

    def __call__(
        self,
        request: bytes,
        *,
        timeout: float,
        metadata: Sequence[tuple[str, str]],
    ) -> Awaitable[bytes]:
        """Send a request; the answer is awaited."""
        ...


class Channel(Protocol):
    """The connection, made when it is first needed and again when it is lost."""

    def unary_unary(self, method: str) -> UnaryCall:
        """The method at that path, bytes in and bytes out."""
        ...

    async def close(self) -> None:
        """Close it; whatever is under way ends."""
        ...


def grpc_place(url: object) -> Place:
    """
    The place that `url` names: ``HOST:PORT``, ``http://``, ``https://`` or ``unix:///path``.

    Raises:
        InvalidEngineUrl: It is none of these, or holds what must not stand in it.
    """
    named = isinstance(url, str) and ("://" in url or url.lower().startswith("unix:"))
    place = place_of(f"http://{url}" if isinstance(url, str) and not named else url, _ARGUMENT)
    if urlsplit(place.url).path:
        raise InvalidEngineUrl(_ARGUMENT, "it has a path, and gRPC has none")
    return place


def open_channel(place: Place) -> Channel:
    """
    A channel to `place`. Does no I/O.

    Raises:
        MissingDependency: grpcio is not installed.
    """
    grpc, aio = _load()
    made: Any
    if place.is_tls:
        made = aio.secure_channel(_target(place), grpc.ssl_channel_credentials(), _OPTIONS)
    else:
        made = aio.insecure_channel(_target(place), _OPTIONS)
    channel: Channel = made
    return channel


def check_installed() -> None:
    """
    See that grpcio is there, without importing it.

    Raises:
        MissingDependency: It is not installed.
    """
    if find_spec("grpc") is None:
        raise _missing()


def _missing() -> MissingDependency:
    return MissingDependency("The gRPC API of Dapr", "grpcio is not installed", _EXTRA)


def _load() -> tuple[ModuleType, ModuleType]:
    try:
        return import_module("grpc"), import_module("grpc.aio")
    except ImportError as error:
        raise _missing() from error


def _target(place: Place) -> str:
    if place.socket_path is not None:
        return f"unix:{place.socket_path}"
    parts = urlsplit(place.url)
    return parts.netloc if parts.port is not None else f"{parts.netloc}:{_PORTS[place.is_tls]}"
