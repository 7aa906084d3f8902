"""
The network of an adapter that speaks gRPC, and both of one that speaks HTTP too.

What a channel tells of each trouble is what grpcio 1.85 told of the same over real sockets.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from datetime import timedelta

import anyio
import attrs
import grpc
import grpc.aio
from typing_extensions import override

from tests.adapters.dapr_grpc.servers import Answered, Answers, Asked
from wfadmin.testing.network import Garbage, Network
from wfadmin.wire.http import LONGEST_ANSWER

__all__ = ["GrpcChannel", "GrpcNetwork", "TwoNetworks"]

_READS = frozenset({"ListInstanceIDs", "GetInstance", "GetInstanceHistory"})
_DEPTH = 100_000

_CUT = Answered(
    code="UNAVAILABLE",
    details=(
        "failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:50001: Failed to"
        " connect to remote host: Connection refused"
    ),
)
_SILENT = Answered(code="DEADLINE_EXCEEDED", details="Deadline Exceeded")
_LOST = Answered(code="UNAVAILABLE", details="Stream removed (Socket closed)")
_CUT_SHORT = Answered(
    code="UNKNOWN",
    details="Stream removed (Data frame with END_STREAM flag received)",
)
_TOO_LARGE = Answered(
    code="RESOURCE_EXHAUSTED",
    details=(
        "Stream removed (CLIENT: Received message larger than max"
        f" ({LONGEST_ANSWER + 1} vs. {LONGEST_ANSWER}))"
    ),
)

# What comes; None where the call ends well and no message came.
_Came = bytes | None
_Trouble = Callable[[Asked], Awaitable[_Came]]


class GrpcNetwork(Network):
    """
    The way between an adapter and its engine, over gRPC: channels without a socket.

    Args:
        answers: The engine.
        longest_silence: After this long a call in silence fails as if its own time were over.
    """

    def __init__(self, answers: Answers, *, longest_silence: timedelta) -> None:
        self._answers = answers
        self._longest = longest_silence.total_seconds()
        self._requests = 0
        self._writes = 0
        self._trouble: _Trouble = self._forward
        self._waits, self._mended = anyio.Event(), anyio.Event()

    async def handle(self, asked: Asked) -> _Came:
        """What becomes of a call on its way."""
        self._requests += 1
        self._writes += asked.method not in _READS
        return await self._trouble(asked)

    @property
    @override
    def requests(self) -> int:
        return self._requests

    @property
    @override
    def writes(self) -> int:
        return self._writes

    @override
    def cut(self) -> None:
        self._trouble = _Always(_CUT)

    @override
    def silence(self) -> None:
        self._trouble = self._silent

    @override
    def lose_answers(self) -> None:
        self._trouble = _Instead(self._forward, _LOST)

    @override
    def reject(self) -> None:
        self._trouble = _rejected

    @override
    def garble(self, garbage: Garbage) -> None:
        """
        See `Network.garble`.

        A message of no bytes is a good one, and half of a message may be: so what is missing here
        is all of it, or the second half of the frame that it comes in.
        """
        match garbage:
            case Garbage.EMPTY:
                self._trouble = _Replaced(self._forward, None)
            case Garbage.CUT_SHORT:
                self._trouble = _Instead(self._forward, _CUT_SHORT)
            case Garbage.TOO_LARGE:
                self._trouble = _Instead(self._forward, _TOO_LARGE)
            case Garbage.REPEATED:
                self._trouble = _Repeated(self._forward)
            case _:
                self._trouble = _Replaced(self._forward, _GARBAGE[garbage]())

    @override
    def hold(self) -> None:
        self._waits, self._mended = anyio.Event(), anyio.Event()
        self._trouble = self._held

    @override
    async def held(self) -> None:
        await self._waits.wait()

    @override
    def mend(self) -> None:
        self._trouble = self._forward
        self._mended.set()

    # --- what becomes of a call ------------------------------------------------------------------

    async def _forward(self, asked: Asked) -> bytes:
        answered = await self._answers(asked)
        if answered.code != "OK":
            raise _error(answered)
        return answered.data

    async def _silent(self, asked: Asked) -> _Came:
        await asyncio.sleep(min(asked.seconds_left or self._longest, self._longest))
        raise _error(_SILENT)

    async def _held(self, asked: Asked) -> bytes:
        self._waits.set()
        await self._mended.wait()
        return await self._forward(asked)


@attrs.frozen
class _Always:
    """Does nothing, and answers each with the same error."""

    answered: Answered

    async def __call__(self, _: Asked) -> _Came:
        raise _error(self.answered)


@attrs.frozen
class _Instead:
    """Does everything, and answers each with the same error."""

    forward: _Trouble
    answered: Answered

    async def __call__(self, asked: Asked) -> _Came:
        await self.forward(asked)
        raise _error(self.answered)


@attrs.frozen
class _Replaced:
    """Does everything, and answers each with the same bytes."""

    forward: _Trouble
    data: _Came

    async def __call__(self, asked: Asked) -> _Came:
        await self.forward(asked)
        return self.data


@attrs.define
class _Repeated:
    """Does everything, and answers each with the first answer."""

    forward: _Trouble
    first: list[_Came] = attrs.field(factory=list)

    async def __call__(self, asked: Asked) -> _Came:
        self.first.append(await self.forward(asked))
        return self.first[0]


async def _rejected(asked: Asked) -> _Came:
    headers = "".join(f"{name}: {value}\n" for name, value in asked.metadata.items())
    sent = asked.request.decode("utf-8", "replace")
    text = f"\x1b[31mfailed\x1b[0m\x07\r\n{asked.method}\n{headers}\n{sent}\x00"
    raise _error(Answered(code="UNKNOWN", details=text))


def _error(answered: Answered) -> grpc.aio.AioRpcError:
    none = grpc.aio.Metadata()
    return grpc.aio.AioRpcError(
        grpc.StatusCode[answered.code], none, none, details=answered.details
    )


def _page() -> bytes:
    return b"<!doctype html><html><body><h1>Welcome to this gateway</h1></body></html>"


def _another_shape() -> bytes:
    """Two numbers of eight bytes, under the first two field numbers."""
    return b"\x09" + b"\x01" * 8 + b"\x11" + b"\x02" * 8


def _nested() -> bytes:
    """Messages, each in the first field of the one around it."""
    heads, length = [b""], 0
    for _ in range(_DEPTH):
        heads.append(b"\x0a" + _varint(length))
        length += len(heads[-1])
    return b"".join(reversed(heads))


def _varint(number: int) -> bytes:
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])


_GARBAGE: dict[Garbage, Callable[[], bytes]] = {
    Garbage.ANOTHER_FORMAT: _page,
    Garbage.ANOTHER_SHAPE: _another_shape,
    Garbage.TOO_DEEP: _nested,
}


# --- channels ------------------------------------------------------------------------------------


@attrs.define(eq=False)
class GrpcChannel:
    """A channel over a network; closing it ends what is under way, as with a real one."""

    _network: GrpcNetwork
    _under_way: set[asyncio.Task[_Came]] = attrs.field(factory=set, init=False)

    def unary_unary(self, path: str) -> Callable[..., Awaitable[_Came]]:
        """The method at that path."""

        def call(
            request: bytes,
            *,
            timeout: float,
            metadata: Sequence[tuple[str, str]],
        ) -> Awaitable[_Came]:
            asked = Asked(path.rpartition("/")[2], request, dict(metadata), timeout)
            task = asyncio.ensure_future(self._network.handle(asked))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
            return task

        return call

    async def close(self) -> None:
        """End what is under way."""
        for task in tuple(self._under_way):
            task.cancel()


class TwoNetworks(Network):
    """Both ways of one adapter: whatever is done to one is done to the other."""

    def __init__(self, *ways: Network) -> None:
        self._ways = ways

    @property
    @override
    def requests(self) -> int:
        return sum(way.requests for way in self._ways)

    @property
    @override
    def writes(self) -> int:
        return sum(way.writes for way in self._ways)

    @override
    def cut(self) -> None:
        self._each(lambda way: way.cut())

    @override
    def silence(self) -> None:
        self._each(lambda way: way.silence())

    @override
    def lose_answers(self) -> None:
        self._each(lambda way: way.lose_answers())

    @override
    def reject(self) -> None:
        self._each(lambda way: way.reject())

    @override
    def garble(self, garbage: Garbage) -> None:
        self._each(lambda way: way.garble(garbage))

    @override
    def hold(self) -> None:
        self._each(lambda way: way.hold())

    @override
    async def held(self) -> None:
        """See `Network.held`: on either way."""
        async with anyio.create_task_group() as group:

            async def wait(way: Network) -> None:
                await way.held()
                group.cancel_scope.cancel()

            for way in self._ways:
                group.start_soon(wait, way)

    @override
    def mend(self) -> None:
        """See `Network.mend`. One that complains keeps no other from being mended."""
        with ExitStack() as stack:
            for way in self._ways:
                stack.callback(way.mend)

    def _each(self, trouble: Callable[[Network], None]) -> None:
        for way in self._ways:
            trouble(way)
