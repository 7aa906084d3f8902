"""Servers that misbehave on purpose, and clients that answer without one."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import httpx2

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

#: Both libraries whose clients may be injected.
LIBRARIES: dict[str, Any] = {"httpx": httpx, "httpx2": httpx2}


async def request_from(reader: asyncio.StreamReader) -> bytes:
    """Read one request, with its body."""
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    length = next((int(x.split(b":")[1]) for x in lines if x.startswith(b"content-length")), 0)
    return head + await reader.readexactly(length)


def answer(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    """Write a whole answer."""
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def saying(*answers: bytes) -> Handler:
    """Answer requests with these bytes, one after the other on each connection, and hang up."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for said in answers:
            await request_from(reader)
            writer.write(said)
            await writer.drain()

    return handle


async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """Read, and never answer."""
    await reader.read()


@asynccontextmanager
async def serving(
    handler: Handler,
    *,
    socket_path: Path | None = None,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[str]:
    """Serve on a free port of the loopback interface, or on a socket; gives the URL."""
    tasks: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await handler(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    if socket_path is not None:
        server = await asyncio.start_unix_server(handle, str(socket_path))
        url = f"unix://{socket_path}"
    else:
        server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=tls)
        scheme = "http" if tls is None else "https"
        url = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        try:
            yield url
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
