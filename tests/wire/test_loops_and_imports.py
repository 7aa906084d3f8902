"""Requests run under any event loop, and nothing is imported before it is needed."""

import subprocess
import sys

import anyio
import pytest
from anyio.abc import SocketAttribute, SocketStream

from tests.wire.http_support import QUERY, at, http_over
from tests.wire.servers import answer


async def ask() -> int:
    """Ask a server that runs on the same loop."""

    async def hello(stream: SocketStream) -> None:
        async with stream:
            await stream.receive()
            await stream.send(answer(b"{}"))

    server = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = server.extra(SocketAttribute.local_port)  # noqa: S610 - not a query
    engine = http_over()
    async with server, anyio.create_task_group() as group:
        group.start_soon(server.serve, hello)
        reply = await engine.read(at(f"http://127.0.0.1:{port}"), QUERY)
        await engine.aclose()
        group.cancel_scope.cancel()
    return reply.status


@pytest.mark.asyncio
async def test_a_query_is_answered_under_asyncio() -> None:
    assert await ask() == 200


def test_a_query_is_answered_under_trio() -> None:
    assert anyio.run(ask, backend="trio") == 200


@pytest.mark.parametrize("name", ["wfadmin.wire.http", "wfadmin.adapters.restate"])
def test_no_client_library_is_imported_before_it_is_needed(name: str) -> None:
    program = f"import sys, {name}; assert not {{'httpx', 'httpx2', 'httpcore'}} & {{*sys.modules}}"

    subprocess.run([sys.executable, "-c", program], check=True)
