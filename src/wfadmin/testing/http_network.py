"""
The network of an adapter that speaks HTTP, for drivers: a client for the adapter, in between.

::

    network = HttpNetwork(lambda request: request.method != "GET")
    EngineSettings(admin_url=..., client=network.client)
"""

import math
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import cast

import anyio
import httpx
from typing_extensions import override

from wfadmin.testing.network import Garbage, Network
from wfadmin.testing.verdicts import Broken

__all__ = ["LONGEST_STREAM", "HttpNetwork"]

#: How much of an endless answer is given, in bytes. Who reads all of it has no limit.
LONGEST_STREAM = 256 * 1024**2

_PART = b"[1,2,3,4,5,6,7]," * 65_536
_DEPTH = 100_000
_PAGE = b"<!doctype html><html><body><h1>Welcome to this gateway</h1></body></html>"
_JSON = "application/json"

# What tells how much comes, and what it is: it has to be of the body that really comes.
_OF_THE_WAY = ("content-length", "transfer-encoding")
_OF_THE_BODY = (*_OF_THE_WAY, "content-encoding", "content-type")

_REPLACED: dict[Garbage, tuple[str, bytes]] = {
    Garbage.ANOTHER_FORMAT: ("text/html", _PAGE),
    Garbage.ANOTHER_SHAPE: (_JSON, b'[{"kit": {"another": ["shape", 1, null]}}]'),
    Garbage.EMPTY: (_JSON, b""),
    Garbage.TOO_DEEP: (_JSON, b"[" * _DEPTH + b"]" * _DEPTH),
}

_Forward = Callable[[httpx.Request], Awaitable[httpx.Response]]


class HttpNetwork(Network):
    """
    The way between an adapter and its engine, over HTTP.

    Args:
        is_write: Whether a request could change the engine.
        transport: What carries requests; it is closed by `aclose`. Unless given, one over TCP.
            For the way of a unix socket, give `httpx.AsyncHTTPTransport(uds=path)`.
        longest_silence: After this long a request in silence fails as if its own time limit were
            over: for requests that wait for half a minute. Every request has its own unless given.

    Attributes:
        client: What the adapter must send every request with.
    """

    def __init__(
        self,
        is_write: Callable[[httpx.Request], bool],
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        longest_silence: timedelta | None = None,
    ) -> None:
        self._is_write = is_write
        self._inner = httpx.AsyncHTTPTransport() if transport is None else transport
        self._longest = math.inf if longest_silence is None else longest_silence.total_seconds()
        self._requests = 0
        self._writes = 0
        self._trouble: _Forward = self._forward
        self._waits, self._mended = anyio.Event(), anyio.Event()
        self._stream = _Endless()
        self.client: httpx.AsyncClient = httpx.AsyncClient(
            transport=_Way(self._handle),
            trust_env=False,
        )

    async def aclose(self) -> None:
        """Close the client and what carries its requests. For whoever made the network."""
        await self.client.aclose()
        await self._inner.aclose()

    @property
    @override
    def requests(self) -> int:
        """See `Network.requests`: one that is sent again counts again."""
        return self._requests

    @property
    @override
    def writes(self) -> int:
        """See `Network.writes`."""
        return self._writes

    @override
    def cut(self) -> None:
        """See `Network.cut`."""
        self._trouble = _cut

    @override
    def silence(self) -> None:
        """See `Network.silence`. A request waits as long as its own time limit says."""
        self._trouble = self._silent

    @override
    def lose_answers(self) -> None:
        """See `Network.lose_answers`."""
        self._trouble = self._lost

    @override
    def reject(self) -> None:
        """See `Network.reject`."""
        self._trouble = _rejected

    @override
    def garble(self, garbage: Garbage) -> None:
        """See `Network.garble`. The status stays as it was, but one that allows no body is 200."""
        match garbage:
            case Garbage.CUT_SHORT:
                self._trouble = self._halved
            case Garbage.TOO_LARGE:
                self._trouble = self._endless
            case Garbage.REPEATED:
                self._trouble = _Repeated(self._forward)
            case _:
                kind, body = _REPLACED[garbage]
                self._trouble = _Replaced(self._forward, kind, body)

    @override
    def hold(self) -> None:
        """See `Network.hold`."""
        self._waits, self._mended = anyio.Event(), anyio.Event()
        self._trouble = self._held

    @override
    async def held(self) -> None:
        """See `Network.held`."""
        await self._waits.wait()

    @override
    def mend(self) -> None:
        """
        See `Network.mend`.

        Raises:
            Broken: An endless answer was read to where it was stopped. The adapter cannot be
                told otherwise, because it may take any error for that of a network.
        """
        self._trouble = self._forward
        self._mended.set()
        stream, self._stream = self._stream, _Endless()
        if stream.is_used_up:
            size = LONGEST_STREAM // 1024**2
            raise Broken(f"{size} MiB of one answer were read, and there was no limit in sight")

    # --- what becomes of a request -------------------------------------------------------------

    async def _handle(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self._requests += 1
        self._writes += self._is_write(request)
        return await self._trouble(request)

    async def _forward(self, request: httpx.Request) -> httpx.Response:
        return await self._inner.handle_async_request(request)

    async def _silent(self, request: httpx.Request) -> httpx.Response:
        limits: dict[str, float | None] = request.extensions.get("timeout", {})
        limit = limits.get("read")
        await anyio.sleep(self._longest if limit is None else min(limit, self._longest))
        raise httpx.ReadTimeout("no answer came", request=request)

    async def _lost(self, request: httpx.Request) -> httpx.Response:
        await _body_of(await self._forward(request))
        raise httpx.ReadError("the connection broke before the answer", request=request)

    async def _halved(self, request: httpx.Request) -> httpx.Response:
        answer = await self._forward(request)
        body = await _body_of(answer)
        return _answer(answer.status_code, _without(answer, *_OF_THE_WAY), body[: len(body) // 2])

    async def _endless(self, request: httpx.Request) -> httpx.Response:
        answer = await self._forward(request)
        await _body_of(answer)
        headers = [*_without(answer, *_OF_THE_BODY), ("content-type", _JSON)]
        return httpx.Response(_with_a_body(answer), headers=headers, stream=self._stream)

    async def _held(self, request: httpx.Request) -> httpx.Response:
        self._waits.set()
        await self._mended.wait()
        return await self._forward(request)


class _Way(httpx.AsyncBaseTransport):
    def __init__(self, handle: _Forward) -> None:
        self._handle = handle

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._handle(request)


class _Endless(httpx.AsyncByteStream):
    """The beginning of a list that does not end."""

    def __init__(self) -> None:
        self.is_used_up = False

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"["
        for _ in range(LONGEST_STREAM // len(_PART)):
            yield _PART
        self.is_used_up = True
        raise httpx.ReadError("nobody stopped reading")


class _Replaced:
    """Does everything, and answers each with the same body."""

    def __init__(self, forward: _Forward, kind: str, body: bytes) -> None:
        self._forward = forward
        self._kind = kind
        self._body = body

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        answer = await self._forward(request)
        await _body_of(answer)
        headers = [*_without(answer, *_OF_THE_BODY), ("content-type", self._kind)]
        return _answer(_with_a_body(answer), headers, self._body)


class _Repeated:
    """Does everything, and answers each with the first answer."""

    def __init__(self, forward: _Forward) -> None:
        self._forward = forward
        self._first: tuple[int, list[tuple[str, str]], bytes] | None = None

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        answer = await self._forward(request)
        body = await _body_of(answer)
        if self._first is None:
            self._first = answer.status_code, _without(answer, *_OF_THE_WAY), body
        return _answer(*self._first)


async def _cut(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("connection refused", request=request)


async def _rejected(request: httpx.Request) -> httpx.Response:
    headers = "".join(f"{name}: {value}\n" for name, value in request.headers.multi_items())
    sent = request.content.decode("utf-8", "replace")
    text = f"\x1b[31mfailed\x1b[0m\x07\r\n{request.method} {request.url}\n{headers}\n{sent}\x00"
    return _answer(500, [("content-type", "text/plain; charset=utf-8")], text.encode())


async def _body_of(answer: httpx.Response) -> bytes:
    """The body as it is on the wire: not decompressed. The connection is free again."""
    stream = cast("AsyncIterable[bytes]", answer.stream)
    try:
        return b"".join([part async for part in stream])
    finally:
        await answer.aclose()


def _with_a_body(answer: httpx.Response) -> int:
    """The status of an answer that has a body now: some have none by definition."""
    bodiless = (httpx.codes.NO_CONTENT, httpx.codes.NOT_MODIFIED)
    return httpx.codes.OK if answer.status_code in bodiless else answer.status_code


def _without(answer: httpx.Response, *names: str) -> list[tuple[str, str]]:
    return [pair for pair in answer.headers.multi_items() if pair[0] not in names]


def _answer(status: int, headers: list[tuple[str, str]], body: bytes) -> httpx.Response:
    length = ("content-length", str(len(body)))
    return httpx.Response(status, headers=[*headers, length], stream=_Whole(body))


class _Whole(httpx.AsyncByteStream):
    """A body in one piece, which nobody has decompressed yet."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body
