"""
The server of `wfadmin serve`: uvicorn on sockets of ours, from its start to its end.

Laws:

- Told to stop, it takes no more connections, and what is in hand comes to its end; a second time,
  or when that takes too long, it is cut off, and on record as such.
- Nothing but lines of JSON leaves it meanwhile: what uvicorn has to say is one of them.
"""

import asyncio
import logging
import os
import signal
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

import anyio
import attrs
import uvicorn
from starlette.types import ASGIApp
from typing_extensions import override
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from wfadmin.cli.listening import BACKLOG
from wfadmin.ports.observer import Observer

__all__ = ["Ended", "House", "serve_until_told"]

_Call = Callable[[], None]

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
# How long what was cut off may take to say so in the audit log, which gives up by itself.
_TIDY_UP = 10.0
# Beyond those that are worked on: connections that wait for their turn, or for their next request.
# Who comes then is refused by the server itself.
_WAITING = 500
# Longer than clients keep one that they do not use: who closes it should not be the one who does
# not know whether a request is on its way.
_KEEP_ALIVE = 15
# How long a connection may be there without a request that has begun: the headers of one can be
# sent a byte at a time, and whoever does that is not known yet.
_IDLE = 30.0
# All headers of a request; a token may have half of that.
_HEADERS = 32 * 1024
# Those who speak while a server runs, and would do so in a form of their own.
_LOGGERS = ("uvicorn", "asyncio")


@attrs.frozen(kw_only=True)
class House:
    """
    What is served, and where.

    Attributes:
        url: Where it is called.
        engines: The names of the engines, the default one first.
        grace: Seconds that requests in hand get to end.
    """

    app: ASGIApp
    sockets: Sequence[socket.socket]
    tls: ssl.SSLContext | None
    url: str
    engines: Sequence[str]
    at_once: int
    grace: float
    observer: Observer


@attrs.frozen
class Ended:
    """
    How it ended.

    Attributes:
        requests: How many there were.
        unfinished: How many of them were cut off.
    """

    requests: int
    unfinished: int


class _Server(uvicorn.Server):
    """Uvicorn, without signals of its own, and with a word when it has begun."""

    def __init__(self, config: uvicorn.Config, house: House, on_listening: _Call) -> None:
        super().__init__(config)
        self._house = house
        self._on_listening = on_listening
        #: The tasks that belong to no request.
        self.own_tasks = asyncio.all_tasks()

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        # As if a library had the last word on how a process ends; older versions just return.
        with suppress(SystemExit):
            await super().startup(sockets=sockets)
        if not self.started:
            message = "the app did not start"
            raise RuntimeError(message)
        self.own_tasks = asyncio.all_tasks()
        engines = ", ".join(self._house.engines)
        told = {"url": self._house.url, "engines": engines, "pid": os.getpid()}
        self._house.observer.event("serve.listening", told)
        self._on_listening()

    @contextmanager
    @override
    def capture_signals(self) -> Iterator[None]:
        # They would come again when it has ended, and end the command.
        yield


class _Connection(H11Protocol):
    """A connection that ends where no request comes: uvicorn waits for a first one for ever."""

    _seen: object = None

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.loop.call_later(_IDLE, self._look)

    def _look(self) -> None:
        if self.transport.is_closing():
            return
        request: RequestResponseCycle | None = self.cycle
        if request is self._seen and (request is None or request.response_complete):
            self.transport.close()
            return
        self._seen = request
        self.loop.call_later(_IDLE, self._look)


async def serve_until_told(house: House, on_listening: _Call) -> Ended:
    """
    Serve until a signal says that it is enough. Closes the sockets.

    Args:
        house: What is served.
        on_listening: Called when requests are answered.
    """
    server = _Server(_config(house), house, on_listening)
    scope = anyio.CancelScope()
    with _spoken(house.observer), _signals(_Stop(server, house, scope.cancel)):
        try:
            with scope:
                await server.serve(sockets=list(house.sockets))
        finally:
            unfinished = len(server.server_state.tasks)
            await _end(server, house, cut_off=unfinished > 0)
    ended = Ended(server.server_state.total_requests + unfinished, unfinished)
    house.observer.event("serve.stopped", attrs.asdict(ended))
    return ended


def _config(house: House) -> uvicorn.Config:
    config = uvicorn.Config(
        house.app,
        http=_Connection,
        ws="none",
        interface="asgi3",
        log_config=None,
        log_level="warning",
        access_log=False,
        # The app itself judges who may say for whom a request is.
        proxy_headers=False,
        server_header=False,
        limit_concurrency=house.at_once + _WAITING,
        backlog=BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE,
        h11_max_incomplete_event_size=_HEADERS,
    )
    config.load()
    config.ssl = house.tls
    return config


# --- the end -------------------------------------------------------------------------------------


@attrs.define(eq=False)
class _Stop:
    """What a signal means: the first time an orderly end, the second time the end."""

    _server: uvicorn.Server
    _house: House
    _cut: Callable[[], None]

    def __call__(self, number: signal.Signals) -> None:
        if self._server.should_exit:
            self._cut()
            return
        fields = {
            "signal": number.name,
            "in_hand": len(self._server.server_state.tasks),
            "grace": self._house.grace,
        }
        self._house.observer.event("serve.stopping", fields)
        self._server.should_exit = True
        asyncio.get_running_loop().call_later(self._house.grace, self._cut)


@contextmanager
def _signals(stop: _Stop) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number in _SIGNALS:
        loop.add_signal_handler(number, stop, number)
    try:
        yield
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)


async def _end(server: _Server, house: House, *, cut_off: bool) -> None:
    """Close what is open, and end what is cut off: engines and files are closed after that."""
    for listener in getattr(server, "servers", ()):
        listener.close()
    for one in house.sockets:
        one.close()
    for connection in list(server.server_state.connections):
        connection.transport.abort()
    left = asyncio.all_tasks() - server.own_tasks if cut_off else set()
    for task in left:
        task.cancel()
    if left:
        # A write says in the audit log that nobody knows how it ended.
        await asyncio.wait(left, timeout=_TIDY_UP)
    if server.started:
        # Where it came to an orderly end, this has been done, and is nothing now.
        with anyio.move_on_after(_TIDY_UP):
            await server.lifespan.shutdown()


# --- what others have to say ---------------------------------------------------------------------


class _Told(logging.Handler):
    """What a library logs becomes an event; of an error it is the kind, and no stack."""

    def __init__(self, observer: Observer) -> None:
        super().__init__(logging.WARNING)
        self._observer = observer

    @override
    def emit(self, record: logging.LogRecord) -> None:
        fields: dict[str, object] = {"problem": _line_of(record.getMessage())}
        kind = record.exc_info[0] if record.exc_info else None
        if kind is asyncio.CancelledError:
            return  # `serve.stopped` says how many were cut off
        if kind is not None:
            fields["error"] = kind.__name__
        self._observer.event("serve.problem", fields)


def _line_of(text: str) -> str:
    first, *more = text.strip().splitlines() or ("",)
    # What is wrong stands at the end of a stack; the rest of it is for those who have the source.
    return more[-1] if more and first.startswith("Traceback") else first


@contextmanager
def _spoken(observer: Observer) -> Iterator[None]:
    handler = _Told(observer)
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    before: Mapping[logging.Logger, bool] = {one: one.propagate for one in loggers}
    for one in loggers:
        one.addHandler(handler)
        one.propagate = False
    try:
        yield
    finally:
        for one, propagates in before.items():
            one.removeHandler(handler)
            one.propagate = propagates
