"""A write is sent once, and what is not known about it is called unknown."""

import asyncio

import pytest

from tests.wire.http_support import ELSEWHERE, KILL, SEND, Token, at, http_over, replying
from tests.wire.servers import LIBRARIES, answer, request_from, saying, serving, silent
from wfadmin.domain.errors import EngineUnreachable, InvalidConfig, OutcomeUnknown, Sent

pytestmark = [pytest.mark.asyncio, pytest.mark.parametrize("library", LIBRARIES)]

NEVER_SENT = [
    "ConnectError",
    "ConnectTimeout",
    "PoolTimeout",
    "UnsupportedProtocol",
    "LocalProtocolError",
    "ProxyError",
    "InvalidURL",
]
PERHAPS_SENT = [
    "ReadTimeout",
    "WriteTimeout",
    "ReadError",
    "WriteError",
    "CloseError",
    "RemoteProtocolError",
    "DecodingError",
]


@pytest.mark.parametrize("status", [200, 202, 301, 400, 404, 409, 422, 425, 500, 501, 503])
async def test_an_answer_is_given_whatever_its_status(library: str, status: int) -> None:
    client, seen = replying(library, (status, b"said"))

    reply = await http_over(client).write(ELSEWHERE, SEND, KILL)

    assert (reply.status, reply.body) == (status, b"said")
    assert [(request.method, request.url.path) for request in seen] == [
        ("PATCH", "/invocations/inv_1/kill")
    ]


@pytest.mark.parametrize("name", NEVER_SENT)
async def test_what_never_left_us_is_an_unreachable_engine(library: str, name: str) -> None:
    client, seen = replying(library, (name, "no way"))

    with pytest.raises(EngineUnreachable) as caught:
        await http_over(client).write(ELSEWHERE, SEND, KILL)

    assert len(seen) == 1
    assert caught.value.sent is Sent.NO


@pytest.mark.parametrize("name", PERHAPS_SENT)
async def test_what_may_have_arrived_is_unknown_and_not_sent_again(library: str, name: str) -> None:
    client, seen = replying(library, (name, "no way"))

    with pytest.raises(OutcomeUnknown) as caught:
        await http_over(client).write(ELSEWHERE, SEND, KILL)

    assert len(seen) == 1
    assert (caught.value.command, caught.value.target) == ("kill", "inv_1")
    assert caught.value.sent is Sent.UNKNOWN
    assert not caught.value.retryable


@pytest.mark.parametrize("status", [502, 504])
async def test_a_proxy_without_an_answer_leaves_it_unknown(library: str, status: int) -> None:
    client, seen = replying(library, (status, b"<h1>Bad gateway</h1>"))

    with pytest.raises(OutcomeUnknown, match=f"What stands before the engine answered {status}"):
        await http_over(client).write(ELSEWHERE, SEND, KILL)

    assert len(seen) == 1


async def test_a_success_that_breaks_off_is_unknown(library: str) -> None:
    half = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"
    async with serving(saying(half)) as url, LIBRARIES[library].AsyncClient() as client:
        with pytest.raises(OutcomeUnknown):
            await http_over(client).write(at(url), SEND, KILL)


async def test_a_refusal_that_breaks_off_is_a_refusal(library: str) -> None:
    half = b"HTTP/1.1 409 Conflict\r\ncontent-length: 100\r\n\r\n{"
    async with serving(saying(half)) as url, LIBRARIES[library].AsyncClient() as client:
        reply = await http_over(client).write(at(url), SEND, KILL)

    assert reply.status == 409


async def test_a_write_without_an_answer_in_time_is_unknown(library: str) -> None:
    arrived = []

    async def swallow(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        arrived.append(await request_from(reader))
        await reader.read()

    async with serving(swallow) as url, LIBRARIES[library].AsyncClient() as client:
        with pytest.raises(OutcomeUnknown, match=r"did not answer within 0\.2 s"):
            await http_over(client, timeout=0.2).write(at(url), SEND, KILL)

    assert len(arrived) == 1


async def test_nothing_listens_so_nothing_was_sent(library: str) -> None:
    async with serving(silent) as url:
        pass  # the port was ours, and is free again

    async with LIBRARIES[library].AsyncClient() as client:
        with pytest.raises(EngineUnreachable, match="Nothing listens there") as caught:
            await http_over(client).write(at(url), SEND, KILL)

    assert caught.value.sent is Sent.NO


async def test_a_write_on_a_dropped_connection_is_unknown(library: str) -> None:
    async with serving(saying()) as url, LIBRARIES[library].AsyncClient() as client:
        with pytest.raises(OutcomeUnknown):
            await http_over(client).write(at(url), SEND, KILL)


async def test_a_token_that_must_not_be_sent_stops_the_write(library: str) -> None:
    client, seen = replying(library, (200, b""))

    with pytest.raises(InvalidConfig) as caught:
        await http_over(client, credentials=Token("s3cret")).write(ELSEWHERE, SEND, KILL)

    assert seen == []
    assert caught.value.sent is Sent.NO


async def test_a_write_after_a_read_uses_the_same_connection(library: str) -> None:
    handler = saying(answer(b"{}"), answer(b""))
    async with serving(handler) as url, LIBRARIES[library].AsyncClient() as client:
        http = http_over(client)
        await http.read(at(url), SEND)
        reply = await http.write(at(url), SEND, KILL)

    assert reply.status == 200
