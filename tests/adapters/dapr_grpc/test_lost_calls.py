"""Calls that nobody answers, or something else than a sidecar."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import anyio
import pytest

from tests.adapters.dapr_grpc import oracle
from tests.adapters.dapr_grpc.servers import Answered, Asked, GrpcServer, client_of, serving
from tests.adapters.dapr_grpc.test_client import always, empty, never, page, purge
from wfadmin.adapters.dapr.grpc import client as client_module
from wfadmin.adapters.dapr.grpc.client import GrpcClient
from wfadmin.domain.errors import EngineUnreachable, OutcomeUnknown, Sent, UnexpectedAnswer
from wfadmin.wire.http import LONGEST_ANSWER

pytestmark = pytest.mark.asyncio


class NoTokenYet:
    """Credentials that never answer."""

    async def token(self) -> str | None:
        await anyio.sleep_forever()
        return None


# --- nobody answers ------------------------------------------------------------------------------


async def test_where_nobody_listens_nothing_was_sent() -> None:
    server = GrpcServer(empty)
    await server.start()
    client = client_of(server.address)
    await server.stop()

    for ask in (page, purge):
        with pytest.raises(EngineUnreachable, match=f"No answer from http://{server.address}") as r:
            await ask(client)
        assert r.value.sent is Sent.NO
        assert "Connection refused" in r.value.problem
    await client.aclose()


async def test_a_read_that_is_not_answered_in_time_is_unreachable() -> None:
    async with serving(never, seconds=0.2) as (server, sidecar):
        with pytest.raises(EngineUnreachable) as raised:
            await page(sidecar._client)

    assert raised.value.where == f"http://{server.address}"


async def test_a_write_that_is_not_answered_in_time_may_have_happened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client_module, "WRITE_FLOOR", timedelta(0))
    async with serving(never, seconds=0.2) as (server, sidecar):
        with pytest.raises(OutcomeUnknown) as raised:
            await purge(sidecar._client)

    assert (raised.value.command, raised.value.target) == ("force purge", "li-0")
    assert server.methods == ["PurgeInstances"]


async def test_a_write_whose_time_is_over_before_it_left_was_not_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client_module, "WRITE_FLOOR", timedelta(0))
    async with serving(empty, seconds=0.05, credentials=NoTokenYet()) as (server, sidecar):
        with pytest.raises(EngineUnreachable) as raised:
            await purge(sidecar._client)

    assert raised.value.problem == "It did not answer within 0.05 s"
    assert server.asked == []


@pytest.mark.parametrize(
    ("ask", "expected"),
    [(page, EngineUnreachable), (purge, OutcomeUnknown)],
)
async def test_a_server_that_goes_away_in_the_middle(
    ask: Callable[[GrpcClient], object],
    expected: type[Exception],
) -> None:
    came = anyio.Event()

    async def answers(_: Asked) -> Answered:
        came.set()
        await anyio.sleep_forever()
        return Answered()

    async with serving(answers) as (server, sidecar):
        asking = asyncio.ensure_future(ask(sidecar._client))
        await came.wait()
        await server.stop()
        with pytest.raises(expected):
            await asking
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("ask", "expected"),
    [(page, EngineUnreachable), (purge, OutcomeUnknown)],
)
async def test_closing_the_client_in_the_middle_ends_the_call_with_an_error_of_ours(
    ask: Callable[[GrpcClient], object],
    expected: type[Exception],
) -> None:
    came = anyio.Event()

    async def answers(_: Asked) -> Answered:
        came.set()
        await anyio.sleep_forever()
        return Answered()

    async with serving(answers) as (_, sidecar):
        asking = asyncio.ensure_future(ask(sidecar._client))
        await came.wait()
        await sidecar._client.aclose()
        with pytest.raises(expected) as raised:
            await asking
    assert "The connection was closed in the middle" in str(raised.value)


async def test_a_call_whose_turn_comes_after_the_client_was_closed_is_unreachable() -> None:
    async with serving(never) as (_, sidecar):
        client = sidecar._client
        asking = [asyncio.ensure_future(page(client)) for _ in range(9)]
        # Nothing tells when somebody waits.
        while (  # noqa: ASYNC110
            client._limiter is None or client._limiter.statistics().tasks_waiting < 1
        ):
            await asyncio.sleep(0)
        await client.aclose()
        ended = await asyncio.gather(*asking, return_exceptions=True)

    assert [type(one) for one in ended] == [EngineUnreachable] * 9


async def test_cancellation_passes_through_and_the_next_call_works() -> None:
    came = anyio.Event()

    async def answers(asked: Asked) -> Answered:
        if asked.method == "PurgeInstances":
            came.set()
            await anyio.sleep_forever()
        return Answered(oracle.page("a"))

    async with serving(answers) as (_, sidecar):
        asking = asyncio.ensure_future(purge(sidecar._client))
        await came.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert (await sidecar.page(page_size=1)).ids == ("a",)


async def test_the_time_limit_of_a_caller_ends_the_call_and_is_theirs() -> None:
    async with serving(never) as (server, sidecar):
        with anyio.move_on_after(0.2) as scope:
            await page(sidecar._client)

    assert scope.cancelled_caught
    assert server.methods == ["ListInstanceIDs"]


# --- something else answers ----------------------------------------------------------------------


async def test_what_does_not_speak_grpc_is_no_sidecar() -> None:
    async def speak(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(speak, "127.0.0.1", 0) as web:
        port = web.sockets[0].getsockname()[1]
        client = client_of(f"127.0.0.1:{port}")
        with pytest.raises(UnexpectedAnswer) as raised:
            await page(client)
        await client.aclose()

    assert raised.value.problem == "what answers there does not speak gRPC"


async def test_a_server_without_tls_is_not_reached_by_tls() -> None:
    async with serving(empty) as (server, _):
        client = client_of(f"https://{server.address}", seconds=5)
        with pytest.raises((EngineUnreachable, UnexpectedAnswer)):
            await page(client)
        await client.aclose()

    assert server.asked == []


async def test_an_answer_that_is_no_message_is_unexpected() -> None:
    async with serving(always(b"<html>")) as (server, sidecar):
        with pytest.raises(UnexpectedAnswer) as raised:
            await page(sidecar._client)
        with pytest.raises(OutcomeUnknown) as unknown:
            await purge(sidecar._client)

    assert raised.value.where == f"ListInstanceIDs at http://{server.address}"
    assert raised.value.problem == "there is no wire type 4"
    assert unknown.value.problem == "Its answer cannot be read: there is no wire type 4"


async def test_an_answer_that_is_too_long_is_unexpected() -> None:
    async with serving(always(b"\x12" * (LONGEST_ANSWER + 1))) as (_, sidecar):
        with pytest.raises(UnexpectedAnswer) as raised:
            await page(sidecar._client)
        with pytest.raises(OutcomeUnknown):
            await purge(sidecar._client)

    assert raised.value.problem == "it is longer than 32 MiB"


class SaysNothing:
    """A channel of which every call ends well, and without a message: so does grpcio tell it."""

    def unary_unary(self, _path: str) -> Callable[..., object]:
        async def call(_request: bytes, *, timeout: float, metadata: object) -> None:
            assert timeout > 0
            assert metadata == []

        return call

    async def close(self) -> None:
        """Nothing was opened."""


async def test_a_call_that_ends_without_a_message_is_no_answer_and_not_called_late() -> None:
    client = client_of("127.0.0.1:1")
    client._channel = SaysNothing()  # type: ignore[assignment]

    with pytest.raises(UnexpectedAnswer, match="does not speak gRPC"):
        await page(client)
    with pytest.raises(OutcomeUnknown) as raised:
        await purge(client)

    assert "It ended the call without a message" in raised.value.problem
