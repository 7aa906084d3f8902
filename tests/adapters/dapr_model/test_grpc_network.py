"""What the network of the kit tells of a trouble is what grpcio tells of it over a real socket."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

import grpc
import grpc.aio
import pytest

from tests.adapters.dapr_grpc.servers import Answered, Asked, GrpcServer
from tests.adapters.dapr_model.grpc_network import GrpcChannel, GrpcNetwork, TwoNetworks
from wfadmin.adapters.dapr.grpc.channel import grpc_place, open_channel
from wfadmin.testing.network import Garbage, Network
from wfadmin.wire.http import LONGEST_ANSWER

pytestmark = pytest.mark.asyncio

_SHORT = 0.1
_LONG = 10.0


class _Nothing(grpc.GenericRpcHandler):
    """Ends every call well, and sends no message."""

    def service(self, _: object) -> Any:  # noqa: ANN401 - as grpcio calls it
        async def nothing(*_: object) -> AsyncIterator[bytes]:
            for none in ():
                yield none

        return grpc.unary_stream_rpc_method_handler(nothing)


@asynccontextmanager
async def nobody() -> AsyncIterator[str]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


@asynccontextmanager
async def served(answers: Callable[[Asked], Awaitable[Answered]]) -> AsyncIterator[str]:
    server = GrpcServer(answers)
    await server.start()
    try:
        yield server.address
    finally:
        await server.stop()


@asynccontextmanager
async def without_a_message() -> AsyncIterator[str]:
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((_Nothing(),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)


async def _never(_: Asked) -> Answered:
    await asyncio.Event().wait()
    return Answered()


async def _much(_: Asked) -> Answered:
    return Answered(bytes(LONGEST_ANSWER + 1))


async def _little(_: Asked) -> Answered:
    return Answered(b"\x0a\x01a")


def _wide(network: GrpcNetwork) -> None:
    network.garble(Garbage.TOO_LARGE)


def _empty(network: GrpcNetwork) -> None:
    network.garble(Garbage.EMPTY)


_MEANINGFUL = ("failed to connect to all addresses", "larger than max")


async def _told(calling: Awaitable[bytes | None]) -> object:
    """What came, or the status and those of the words that mean something, in any release."""
    try:
        return await calling
    except grpc.aio.AioRpcError as error:
        words = error.details() or ""
        return error.code(), [one for one in _MEANINGFUL if one in words]


@pytest.mark.parametrize(
    ("there", "start", "seconds"),
    [
        (nobody(), GrpcNetwork.cut, _LONG),
        (served(_never), GrpcNetwork.silence, _SHORT),
        (served(_much), _wide, _LONG),
        (without_a_message(), _empty, _LONG),
    ],
    ids=["cut", "silent", "too large", "no message"],
)
async def test_the_paper_channel_tells_what_a_real_one_does(
    there: Any,  # noqa: ANN401 - a place for a while
    start: Callable[[GrpcNetwork], None],
    seconds: float,
) -> None:
    paper = GrpcNetwork(_little, longest_silence=timedelta(seconds=_SHORT))
    start(paper)

    async with AsyncExitStack() as stack:
        real = open_channel(grpc_place(await stack.enter_async_context(there)))
        stack.push_async_callback(real.close)
        told = [
            await _told(channel.unary_unary("/S/M")(b"", timeout=seconds, metadata=[]))
            for channel in (real, GrpcChannel(paper))
        ]

    assert told[0] == told[1]


async def test_closing_a_paper_channel_ends_what_is_under_way() -> None:
    network = GrpcNetwork(_never, longest_silence=timedelta(seconds=_SHORT))
    channel = GrpcChannel(network)
    task: Any = channel.unary_unary("/S/M")(b"", timeout=_LONG, metadata=[])
    await asyncio.sleep(0)

    await channel.close()
    await asyncio.wait([task])

    assert (task.cancelled(), network.requests, network.writes) == (True, 1, 1)


async def test_what_is_held_on_either_way_is_held() -> None:
    quiet = GrpcNetwork(_little, longest_silence=timedelta(seconds=_SHORT))
    busy = GrpcNetwork(_little, longest_silence=timedelta(seconds=_SHORT))
    both = TwoNetworks(quiet, busy)
    both.hold()
    held = asyncio.ensure_future(
        GrpcChannel(busy).unary_unary("/S/GetInstance")(b"", timeout=_LONG, metadata=[])
    )

    await asyncio.wait_for(both.held(), _LONG)
    waited = not held.done()
    both.mend()

    assert (waited, await held, both.requests, both.writes) == (True, b"\x0a\x01a", 1, 0)


async def test_a_way_that_complains_keeps_no_other_from_being_mended() -> None:
    class Complains(Network):
        def mend(self) -> None:
            raise RuntimeError("endless")

    network = GrpcNetwork(_little, longest_silence=timedelta(seconds=_SHORT))
    network.cut()

    with pytest.raises(RuntimeError, match="endless"):
        TwoNetworks(network, Complains()).mend()

    assert await network.handle(Asked("GetInstance", b"", {}, _LONG)) == b"\x0a\x01a"
