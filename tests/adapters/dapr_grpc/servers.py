"""gRPC servers of the tests: one that replays what was recorded, and any that a test writes."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import attrs
import grpc
import grpc.aio

from wfadmin.adapters.dapr.grpc.channel import grpc_place
from wfadmin.adapters.dapr.grpc.client import GrpcClient
from wfadmin.adapters.dapr.grpc.sidecar import DaprSidecar
from wfadmin.ports.credentials import Credentials

SERVICE = "/TaskHubSidecarService/"
_RECORDED = Path(__file__).with_name("v1.18.3.json")


@attrs.frozen
class Answered:
    """What a server says to one call."""

    data: bytes = b""
    code: str = "OK"
    details: str = ""


@attrs.frozen
class Exchange:
    """One recorded call; messages are as the library of the recorder told them."""

    name: str
    method: str
    request: bytes
    answered: Answered
    asked: Any
    told: Any


@cache
def recorded() -> dict[str, Exchange]:
    """The recorded calls by name."""
    return {
        one["name"]: Exchange(
            one["name"],
            one["method"],
            base64.b64decode(one["request"]["base64"]),
            Answered(
                base64.b64decode(one["response"].get("base64", "")),
                one["response"]["code"],
                one["response"].get("details", ""),
            ),
            one["request"]["message"],
            one["response"].get("message"),
        )
        for one in json.loads(_RECORDED.read_text())["exchanges"]
    }


@attrs.frozen
class Asked:
    """One call as it came in."""

    method: str
    request: bytes
    metadata: dict[str, str]
    seconds_left: float | None


Answers = Callable[[Asked], Awaitable[Answered]]


@attrs.define(eq=False)
class GrpcServer(grpc.GenericRpcHandler):
    """
    Answers every call as it is told to, and remembers what it was asked.

    Attributes:
        remembers: Whether it keeps what it was asked.
        at_once: How many calls were under way at the same time, at most.
    """

    answers: Answers
    remembers: bool = True
    asked: list[Asked] = attrs.field(factory=list)
    under_way: int = 0
    at_once: int = 0
    address: str = ""
    _server: Any = None

    def service(self, handler_call_details: Any) -> Any:  # noqa: ANN401 - as grpcio calls it
        method = handler_call_details.method.removeprefix(SERVICE)

        async def answer(request: bytes, context: Any) -> bytes:  # noqa: ANN401 - the same
            metadata = dict(context.invocation_metadata())
            asked = Asked(method, request, metadata, context.time_remaining())
            if self.remembers:
                self.asked.append(asked)
            self.under_way += 1
            self.at_once = max(self.at_once, self.under_way)
            try:
                answered = await self.answers(asked)
            finally:
                self.under_way -= 1
            if answered.code != "OK":
                await context.abort(grpc.StatusCode[answered.code], answered.details)
            return answered.data

        return grpc.unary_unary_rpc_method_handler(answer)

    @property
    def methods(self) -> list[str]:
        return [one.method for one in self.asked]

    async def start(self, address: str = "127.0.0.1:0") -> None:
        self._server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
        self._server.add_generic_rpc_handlers((self,))
        port = self._server.add_insecure_port(address)
        self.address = address if address.startswith("unix:") else f"127.0.0.1:{port}"
        await self._server.start()

    async def stop(self) -> None:
        await self._server.stop(None)


def client_of(
    address: str,
    *,
    seconds: float = 20,
    credentials: Credentials | None = None,
) -> GrpcClient:
    return GrpcClient(grpc_place(address), timedelta(seconds=seconds), credentials)


@asynccontextmanager
async def serving(
    answers: Answers,
    *,
    remembers: bool = True,
    **settings: Any,  # noqa: ANN401 - as for the client
) -> AsyncIterator[tuple[GrpcServer, DaprSidecar]]:
    """A server, and a sidecar's client that asks it."""
    server = GrpcServer(answers, remembers)
    await server.start()
    client = client_of(server.address, **settings)
    try:
        yield server, DaprSidecar(client)
    finally:
        await client.aclose()
        await server.stop()


@asynccontextmanager
async def replaying(
    *expected: tuple[str, bytes, Answered],
    **settings: Any,  # noqa: ANN401 - as for the client
) -> AsyncIterator[tuple[GrpcServer, DaprSidecar]]:
    """A server that knows these calls in this order, and fails the test for any other one."""
    waiting = list(expected)
    strange: list[Asked] = []

    async def answers(asked: Asked) -> Answered:
        await asyncio.sleep(0)
        if not waiting or waiting[0][:2] != (asked.method, asked.request):
            strange.append(asked)
            return Answered(code="UNIMPLEMENTED", details="not recorded")
        return waiting.pop(0)[2]

    async with serving(answers, **settings) as both:
        yield both
    assert (strange, waiting) == ([], [])


def as_recorded(name: str) -> tuple[str, bytes, Answered]:
    """A recorded call for `replaying`."""
    one = recorded()[name]
    return one.method, one.request, one.answered
