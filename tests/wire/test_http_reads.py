"""A read is asked again where that may help, and ends in one error that says what happened."""

import asyncio

import pytest

from tests.wire.http_support import (
    ELSEWHERE,
    QUERY,
    READ,
    Pauses,
    answering,
    at,
    http_over,
    replying,
)
from tests.wire.servers import LIBRARIES, answer, request_from, saying, serving, silent
from wfadmin.domain.errors import EngineRejected, EngineUnreachable, Sent, UnexpectedAnswer
from wfadmin.wire.http import Request

pytestmark = [pytest.mark.asyncio, pytest.mark.parametrize("library", LIBRARIES)]

DROPPED = ("RemoteProtocolError", "Server disconnected without sending a response.")
STARTING = (500, b'{"message": "node lookup for partition 0 failed"}')


async def test_an_answer_is_given_as_it_came(library: str) -> None:
    client, _ = replying(library, (200, b'{"version": "1.7.12"}'))

    reply = await http_over(client).read(ELSEWHERE, READ)

    assert (reply.status, reply.body) == (200, b'{"version": "1.7.12"}')
    assert reply.where == "GET /version at http://engine.example:9070"


@pytest.mark.parametrize("status", [204, 302, 404, 500])
async def test_an_error_status_may_be_an_answer_too(library: str, status: int) -> None:
    client, seen = replying(library, (status, b""))

    reply = await http_over(client).ask(ELSEWHERE, READ)

    assert (reply.status, len(seen)) == (status, 1)


async def test_an_error_status_is_asked_away_as_well(library: str) -> None:
    client, _ = replying(library, DROPPED, (503, b""), (404, b"gone"))

    reply = await http_over(client).ask(ELSEWHERE, READ)

    assert (reply.status, reply.body) == (404, b"gone")


@pytest.mark.parametrize("lost", [DROPPED, ("ReadError", ""), (503, b""), STARTING])
async def test_a_passing_trouble_is_asked_away(library: str, lost: tuple[object, object]) -> None:
    client, seen = replying(library, lost, lost, (200, b"{}"))
    pauses = Pauses()

    reply = await http_over(client, pauses=pauses).read(ELSEWHERE, QUERY)

    assert reply.body == b"{}"
    assert [request.method for request in seen] == ["POST"] * 3
    assert pauses.seconds == [0.05, 0.1]


async def test_a_trouble_that_stays_is_told_after_three_times(library: str) -> None:
    client, seen = replying(library, DROPPED, DROPPED, DROPPED)

    with pytest.raises(EngineUnreachable) as caught:
        await http_over(client).read(ELSEWHERE, READ)

    assert len(seen) == 3
    assert caught.value.where == "http://engine.example:9070"
    assert caught.value.problem == "The connection ended without a whole HTTP answer"
    assert caught.value.sent is Sent.NO


async def test_an_engine_that_keeps_starting_is_quoted(library: str) -> None:
    client, seen = replying(library, STARTING, STARTING, STARTING)

    with pytest.raises(EngineRejected, match="node lookup for partition 0 failed"):
        await http_over(client).read(ELSEWHERE, READ)

    assert len(seen) == 3


async def test_asking_again_stays_within_the_limit(library: str) -> None:
    client, seen = replying(library, *[(503, b"not yet")] * 3)

    with pytest.raises(EngineRejected, match="not yet"):
        await http_over(client, timeout=0.1, pauses=lambda _: asyncio.sleep(30)).read(
            ELSEWHERE, READ
        )

    assert len(seen) == 1


async def test_a_read_that_makes_the_engine_ask_others_is_not_repeated(library: str) -> None:
    client, seen = replying(library, (503, b""))

    with pytest.raises(EngineRejected):
        await http_over(client).read(
            ELSEWHERE, Request("POST", "/deployments", b"{}", is_repeatable=False)
        )

    assert len(seen) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 403, 404, 409, 500, 502, 504])
async def test_an_error_status_is_told_at_once(library: str, status: int) -> None:
    client, seen = replying(library, (status, b"no", ("location", "http://other")))

    with pytest.raises(EngineRejected) as caught:
        await http_over(client).read(ELSEWHERE, READ)

    assert len(seen) == 1
    assert (caught.value.http_status, caught.value.excerpt) == (status, "no")
    assert caught.value.sent is Sent.NO


@pytest.mark.parametrize("status", [401, 403])
async def test_who_is_turned_away_is_told_about_tokens(library: str, status: int) -> None:
    client, _ = replying(library, (status, b"<h1>Forbidden</h1>"))

    with pytest.raises(EngineRejected, match="--token-env or --token-file"):
        await http_over(client).read(ELSEWHERE, READ)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("ConnectError", "ConnectError: no way"),
        ("ConnectTimeout", "It did not answer in time"),
        ("PoolTimeout", "It did not answer in time"),
        ("ReadTimeout", "It did not answer in time"),
        ("ProxyError", "ProxyError: no way"),
        ("UnsupportedProtocol", "UnsupportedProtocol: no way"),
        ("InvalidURL", "InvalidURL: no way"),
    ],
)
async def test_no_answer_is_told_with_what_the_network_said(
    library: str, name: str, problem: str
) -> None:
    client, seen = replying(library, (name, "no way."))

    with pytest.raises(EngineUnreachable) as caught:
        await http_over(client).read(ELSEWHERE, READ)

    assert len(seen) == 1
    assert caught.value.problem == problem
    assert caught.value.__cause__ is not None


async def test_what_a_client_raises_never_leaves_as_it_is(library: str) -> None:
    def broken(_: object) -> object:
        raise RuntimeError

    with pytest.raises(EngineUnreachable, match="RuntimeError"):
        await http_over(answering(library, broken)).read(ELSEWHERE, READ)


# --- over real connections -----------------------------------------------------------------------


async def test_nothing_listens(library: str) -> None:
    async with serving(silent) as url:
        pass  # the port was ours, and is free again

    async with LIBRARIES[library].AsyncClient() as client:
        with pytest.raises(EngineUnreachable) as caught:
            await http_over(client).read(at(url), READ)

    assert caught.value.problem == "Nothing listens there (connection refused)"


async def test_slower_than_the_limit(library: str) -> None:
    async with serving(silent) as url, LIBRARIES[library].AsyncClient() as client:
        with pytest.raises(EngineUnreachable) as caught:
            await http_over(client, timeout=0.2).read(at(url), READ)

    assert caught.value.problem == "It did not answer within 0.2 s"


async def test_an_answer_in_drops_does_not_outlast_the_limit(library: str) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_from(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        while True:
            writer.write(b" ")
            await asyncio.sleep(0.02)

    async with serving(drip) as url, LIBRARIES[library].AsyncClient() as client:
        with pytest.raises(EngineUnreachable, match=r"did not answer within 0\.2 s"):
            await http_over(client, timeout=0.2).read(at(url), READ)


@pytest.mark.parametrize("said", [b"220 smtp.example\r\n\r\n", b"\x15\x03\x01\x00\x02\x02\x50"])
async def test_what_is_not_http_is_an_unexpected_answer(library: str, said: bytes) -> None:
    async with serving(saying(said)) as url, LIBRARIES[library].AsyncClient() as client:
        with pytest.raises(UnexpectedAnswer) as caught:
            await http_over(client).read(at(url), READ)

    expected = "what answers there does not speak HTTP; if it wants TLS, write https://"
    assert caught.value.problem == expected


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"220 smtp.example ESMTP\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{",
    ],
)
async def test_half_an_answer_is_none(library: str, said: bytes) -> None:
    async with serving(saying(said)) as url, LIBRARIES[library].AsyncClient() as client:
        with pytest.raises(EngineUnreachable) as caught:
            await http_over(client).read(at(url), READ)

    assert "without a whole HTTP answer" in caught.value.problem or "reset" in caught.value.problem


async def test_half_an_error_is_an_error(library: str) -> None:
    half = b"HTTP/1.1 404 Not Found\r\ncontent-length: 100\r\n\r\nno such"
    async with serving(saying(half)) as url, LIBRARIES[library].AsyncClient() as client:
        with pytest.raises(EngineRejected) as caught:
            await http_over(client).read(at(url), READ)

    assert (caught.value.http_status, caught.value.excerpt) == (404, "no such")


async def test_a_kept_connection_that_was_closed_is_opened_again(library: str) -> None:
    async with (
        serving(saying(answer(b"{}"))) as url,
        LIBRARIES[library].AsyncClient() as client,
    ):
        http = http_over(client)
        for _ in range(3):
            assert (await http.read(at(url), READ)).body == b"{}"
