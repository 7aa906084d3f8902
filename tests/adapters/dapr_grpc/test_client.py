"""Calls over gRPC: their deadline, their token, and what becomes of them when nobody answers."""

import asyncio
import traceback
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from tests.adapters.dapr_grpc import oracle
from tests.adapters.dapr_grpc.servers import Answered, Asked, GrpcServer, client_of, serving
from wfadmin.adapters.dapr.grpc.client import GrpcClient
from wfadmin.adapters.dapr.grpc.messages import Method, Purged, purged_from
from wfadmin.adapters.dapr.grpc.sidecar import DaprSidecar
from wfadmin.domain.answers import Answer
from wfadmin.domain.errors import (
    InvalidConfig,
    NotSupported,
)
from wfadmin.wire.http import Write

pytestmark = pytest.mark.asyncio

WRITE = Write("force purge", "li-0")
TOKEN = "t0ken-of-the-lab"  # noqa: S105 - of no sidecar


class Tokens:
    """Credentials that say the same every time."""

    def __init__(self, token: str | None) -> None:
        self.said = token

    async def token(self) -> str | None:
        return self.said


async def purge(client: GrpcClient) -> Purged | Answer:
    return await client.write(Method.PURGE, b"", purged_from, WRITE)


async def page(client: GrpcClient) -> object:
    return await DaprSidecar(client).page(page_size=10)


async def empty(_: Asked) -> Answered:
    return Answered()


async def never(_: Asked) -> Answered:
    await anyio.sleep_forever()
    return Answered()


def always(data: bytes) -> Callable[[Asked], object]:
    async def answers(_: Asked) -> Answered:
        return Answered(data)

    return answers


# --- what is sent --------------------------------------------------------------------------------


async def test_a_call_has_its_deadline_and_a_write_waits_at_least_eight_seconds() -> None:
    async with serving(empty, seconds=2) as (server, sidecar):
        await page(sidecar._client)
        await purge(sidecar._client)

    read, write = (one.seconds_left for one in server.asked)
    assert read is not None
    assert write is not None
    # The server rounds it up a little.
    assert read < 3
    assert 3 < write < 9


async def test_the_token_is_sent_under_its_own_name() -> None:
    async with serving(empty, credentials=Tokens(TOKEN)) as (server, sidecar):
        await page(sidecar._client)

    assert server.asked[0].metadata["dapr-api-token"] == TOKEN
    assert "authorization" not in server.asked[0].metadata


async def test_no_token_is_sent_where_there_is_none() -> None:
    async with serving(empty, credentials=Tokens(None)) as (server, sidecar):
        await page(sidecar._client)

    assert "dapr-api-token" not in server.asked[0].metadata


@pytest.mark.parametrize(
    ("address", "token", "problem"),
    [
        (
            "dapr.example:50001",
            TOKEN,
            "it would go to http://dapr.example:50001 for all to read: use https",
        ),
        ("127.0.0.1:50001", "two\nlines", "it holds characters that cannot be sent"),
    ],
)
async def test_a_token_that_must_not_be_sent_is_not(
    address: str,
    token: str,
    problem: str,
) -> None:
    client = client_of(address, credentials=Tokens(token))

    with pytest.raises(InvalidConfig) as raised:
        await page(client)

    assert (raised.value.argument, raised.value.problem) == ("token", problem)
    await client.aclose()


async def test_a_token_that_is_echoed_is_masked() -> None:
    async def answers(asked: Asked) -> Answered:
        token = asked.metadata["dapr-api-token"]
        return Answered(code="PERMISSION_DENIED", details=f"not with {token}")

    async with serving(answers, credentials=Tokens(TOKEN)) as (_, sidecar):
        with pytest.raises(Exception, match=r"not with \*\*\*") as raised:
            await page(sidecar._client)

    assert TOKEN not in "".join(traceback.format_exception(raised.value))


async def test_a_client_shows_no_token() -> None:
    assert TOKEN not in repr(client_of("127.0.0.1:1", credentials=Tokens(TOKEN)))


async def test_a_socket_is_reached_too(tmp_path: Path) -> None:
    server = GrpcServer(empty)
    await server.start(f"unix:{tmp_path}/s")
    client = client_of(f"unix://{tmp_path}/s", credentials=Tokens(TOKEN))

    await page(client)

    await client.aclose()
    await server.stop()
    assert server.methods == ["ListInstanceIDs"]


# --- the client itself ---------------------------------------------------------------------------


async def test_a_client_may_be_closed_twice_and_before_it_was_used() -> None:
    client = client_of("127.0.0.1:1")
    await client.aclose()
    await client.aclose()


async def test_a_closed_client_connects_again() -> None:
    async with serving(always(oracle.page("a"))) as (server, sidecar):
        await page(sidecar._client)
        await sidecar._client.aclose()
        await sidecar._client.aclose()

        assert (await sidecar.page(page_size=1)).ids == ("a",)
    assert server.methods == ["ListInstanceIDs", "ListInstanceIDs"]


async def test_eight_calls_are_under_way_at_most() -> None:
    go_on = anyio.Event()

    async def answers(_: Asked) -> Answered:
        await go_on.wait()
        return Answered()

    async with serving(answers) as (server, sidecar):
        asking = [asyncio.ensure_future(page(sidecar._client)) for _ in range(20)]
        while server.under_way < 8:  # noqa: ASYNC110 - nothing tells when it is so
            await asyncio.sleep(0)
        go_on.set()
        await asyncio.gather(*asking)

    assert (server.at_once, len(server.asked)) == (8, 20)


# A test of its own kind: it brings its event loop.
@pytest.mark.asyncio(loop_scope="function")
async def test_another_event_loop_is_said_not_to_work() -> None:
    def run() -> NotSupported:
        async def ask() -> NotSupported:
            with pytest.raises(NotSupported) as raised:
                await page(client_of("127.0.0.1:1"))
            return raised.value

        return anyio.run(ask, backend="trio")

    error = await asyncio.to_thread(run)

    assert error.message == "dapr has no gRPC under another event loop than that of asyncio."
    assert error.fix == "Run wfadmin under asyncio, or leave out the address of the gRPC API."
