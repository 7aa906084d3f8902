"""A sidecar of the model at real ports, served from a thread of its own: HTTP and gRPC."""

import asyncio
import threading
from collections.abc import Coroutine
from enum import Enum, auto
from typing import Any, Self

import attrs
import httpx

from tests.adapters.dapr_grpc.servers import Answered, Asked, GrpcServer
from tests.adapters.dapr_model.conditions import Asked as HttpAsked
from tests.adapters.dapr_model.grpc_side import GrpcSide
from tests.adapters.dapr_model.sidecar import Sidecar
from tests.wire.servers import request_from

__all__ = ["Fate", "RealSidecar"]

_PATIENCE = 20
_READS = ("GET", "ListInstanceIDs", "GetInstance")


class Fate(Enum):
    """What becomes of a call."""

    #: It is never answered.
    HANGS = auto()
    #: It is answered as one without a token; over gRPC.
    REFUSED = auto()
    #: The server of its API ends, instead of an answer.
    ENDS = auto()
    #: It is done, and the server of its API ends instead of an answer; over gRPC.
    LOST = auto()
    #: The server of its API ends as soon as it is answered; over HTTP.
    LAST = auto()


@attrs.define(eq=False, slots=False)
class RealSidecar:
    """
    Both APIs over sockets. A command runs its own loop, so these run in another thread.

    Attributes:
        calls: What came, over both: the method of gRPC, or that of HTTP with the path.
        fates: What becomes of calls, by the end of what they are called.
        spares: So many calls with a fate are still answered as usual.
    """

    sidecar: Sidecar = attrs.field(factory=Sidecar)
    fates: dict[str, Fate] = attrs.field(factory=dict)
    spares: int = 0
    calls: list[str] = attrs.field(factory=list)
    url: str = ""
    side: GrpcSide = attrs.field(init=False)
    _grpc: GrpcServer = attrs.field(init=False)
    _http: asyncio.Server = attrs.field(init=False)
    _loop: asyncio.AbstractEventLoop = attrs.field(factory=asyncio.new_event_loop)
    _tasks: set[asyncio.Task[None]] = attrs.field(factory=set)
    _thread: threading.Thread = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.side = GrpcSide(self.sidecar)
        self._grpc = GrpcServer(self._answer, remembers=False)
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._run(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_PATIENCE)
        self._loop.close()

    @property
    def options(self) -> tuple[str, ...]:
        """What leads a command here."""
        return ("--engine", "dapr", "--admin-url", self.url, "--grpc-url", self._grpc.address)

    @property
    def writes(self) -> list[str]:
        """What came that could change something."""
        return [one for one in self.calls if not one.startswith(_READS)]

    @property
    def ids(self) -> list[str]:
        """The instances that are there."""
        return [run.id for run in self.sidecar.world.store.runs]

    def end(self) -> None:
        """Its process ends."""
        self._run(self._end())

    # --- its life --------------------------------------------------------------------------------

    def _run(self, doing: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(doing, self._loop).result(_PATIENCE)

    async def _start(self) -> None:
        await self._grpc.start()
        self._http = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._http.sockets[0].getsockname()[1]}"

    async def _stop(self) -> None:
        self._http.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._grpc.stop()

    async def _end(self) -> None:
        self.sidecar.is_dead = True
        await self._stop()

    def _fate_of(self, call: str) -> Fate | None:
        self.calls.append(call)
        fate = next((fate for name, fate in self.fates.items() if call.endswith(name)), None)
        if fate is not None and self.spares:
            self.spares -= 1
            return None
        return fate

    # --- gRPC ------------------------------------------------------------------------------------

    async def _answer(self, asked: Asked) -> Answered:
        fate = self._fate_of(asked.method)
        if fate is Fate.REFUSED:
            return Answered(code="UNAUTHENTICATED", details="Unauthorized")
        if fate is Fate.LOST:
            await self.side(asked)
        if fate in (Fate.ENDS, Fate.LOST):
            self._tasks.add(self._loop.create_task(self._grpc.stop()))
        if fate is not None:
            # The end of the server is the end of this too.
            await asyncio.Event().wait()
        return await self.side(asked)

    # --- HTTP ------------------------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            writer.write(await self._reply(await request_from(reader)))
            await writer.drain()
            writer.close()
        except (asyncio.IncompleteReadError, OSError, httpx.ConnectError):
            writer.transport.abort()
        except asyncio.CancelledError:
            # The server is stopped while somebody waits.
            writer.transport.abort()
        finally:
            self._tasks.discard(task)

    async def _reply(self, request: bytes) -> bytes:
        head, _, body = request.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = first.split()
        fate = self._fate_of(f"{method} {path}")
        if fate in (Fate.ENDS, Fate.LAST):
            self._http.close()
        if fate is Fate.ENDS:
            raise ConnectionResetError
        headers = dict(line.split(": ", 1) for line in lines)
        reply = self.sidecar.answer(HttpAsked(method, path, headers, body))
        if reply is None or fate is Fate.HANGS:
            await asyncio.Event().wait()
        assert reply is not None
        told = reply.body.encode()
        # One request for each connection: so it is sure what the end of a server cuts off.
        said = [f"content-length: {len(told)}", "connection: close"]
        kind = [] if reply.kind is None else [f"content-type: {reply.kind}"]
        lines = [f"HTTP/1.1 {reply.status} said", *said, *kind, "", ""]
        return "\r\n".join(lines).encode() + told
