"""What goes with a request, where it may go, and how much of an answer is taken."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import ClassVar, Self

import anyio
import httpx
import pytest

from tests.wire.http_support import (
    ELSEWHERE,
    KILL,
    QUERY,
    READ,
    SEND,
    Token,
    answering,
    at,
    http_over,
    replying,
)
from tests.wire.servers import LIBRARIES, answer, saying, serving, silent
from wfadmin.domain.errors import (
    EngineUnreachable,
    InvalidConfig,
    OutcomeUnknown,
    Sent,
    UnexpectedAnswer,
)
from wfadmin.wire import clients, http
from wfadmin.wire.http import AT_ONCE, EngineHttp, Request

pytestmark = pytest.mark.asyncio
both = pytest.mark.parametrize("library", LIBRARIES)

TOKEN = "s3cret-s3cret-s3cret"  # noqa: S105 - made up
PRIVATE = ["http://localhost:9070", "http://127.0.0.1:9070", "http://[::1]:9070"]


# --- the token -----------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("url", [*PRIVATE, "https://engine.example"])
async def test_the_token_goes_where_nobody_listens(library: str, url: str) -> None:
    client, seen = replying(library, (200, b"{}"))

    await http_over(client, credentials=Token(TOKEN)).read(at(url), READ)

    assert seen[0].headers["authorization"] == f"Bearer {TOKEN}"


@both
async def test_a_header_of_its_own_takes_the_bare_token(library: str) -> None:
    client, seen = replying(library, (200, b'{"a": "s3cret-s3cret-s3cret"}'), (200, b"{}"))
    header = "dapr-api-token"
    http = EngineHttp(timedelta(seconds=5), Token(TOKEN), client, token_header=header)

    reply = await http.read(at(PRIVATE[0]), READ)
    await http.read(at(PRIVATE[0]), Request("GET", "/healthz", is_admin=False))

    assert seen[0].headers[header] == TOKEN
    assert "authorization" not in seen[0].headers
    assert header not in seen[1].headers
    assert reply.body == b'{"a": "***"}'


@both
@pytest.mark.parametrize("url", ["http://engine.example:9070", "http://10.0.0.1"])
async def test_the_token_never_goes_over_plain_http_elsewhere(library: str, url: str) -> None:
    client, seen = replying(library, (200, b"{}"))

    with pytest.raises(InvalidConfig, match="use https or a unix socket") as caught:
        await http_over(client, credentials=Token(TOKEN)).read(at(url), READ)

    assert seen == []
    assert TOKEN not in str(caught.value)


async def test_the_ingress_gets_no_token() -> None:
    client, seen = replying("httpx", (200, b"{}"))
    request = Request("GET", "/restate/health", is_admin=False)

    await http_over(client, credentials=Token(TOKEN)).read(ELSEWHERE, request)

    assert "authorization" not in seen[0].headers


async def test_no_token_is_fine_over_plain_http() -> None:
    client, seen = replying("httpx", (200, b"{}"), (200, b"{}"))

    await http_over(client, credentials=Token(None)).read(ELSEWHERE, READ)
    await http_over(client).read(ELSEWHERE, READ)

    assert all("authorization" not in request.headers for request in seen)


@pytest.mark.parametrize("token", ["", "a b", "a\nb", "a\x7f", "é"])
async def test_a_token_that_no_header_can_hold_is_not_sent(token: str) -> None:
    client, seen = replying("httpx", (200, b"{}"))

    with pytest.raises(InvalidConfig, match="characters that cannot be sent"):
        await http_over(client, credentials=Token(token)).read(at(PRIVATE[0]), READ)

    assert seen == []


async def test_an_echoed_token_is_masked_in_the_answer() -> None:
    client, _ = replying("httpx", (200, f'{{"a": "{TOKEN}"}}'.encode()))

    reply = await http_over(client, credentials=Token(TOKEN)).read(at(PRIVATE[0]), READ)

    assert reply.body == b'{"a": "***"}'


async def test_what_a_request_calls_secret_is_masked_in_errors() -> None:
    client, _ = replying("httpx", (500, b"cannot call http://ada:s3c@svc"))
    request = Request("POST", "/deployments", b"{}", secrets=("ada:s3c",))

    reply = await http_over(client).write(ELSEWHERE, request, KILL)

    assert reply.rejected().excerpt == "cannot call http://***@svc"


# --- headers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "encoding"),
    [*((url, "identity") for url in PRIVATE), ("https://engine.example", "gzip")],
)
async def test_only_what_crosses_a_network_is_compressed(url: str, encoding: str) -> None:
    client, seen = replying("httpx", (200, b"{}"))

    await http_over(client).read(at(url), READ)

    assert seen[0].headers["accept-encoding"] == encoding
    assert seen[0].headers["accept"] == "application/json"
    assert seen[0].headers["user-agent"] == "wfadmin"


async def test_only_a_body_has_a_type() -> None:
    client, seen = replying("httpx", (200, b"{}"), (200, b"{}"))

    await http_over(client).read(ELSEWHERE, QUERY)
    await http_over(client).read(ELSEWHERE, READ)

    assert seen[0].headers["content-type"] == "application/json"
    assert "content-type" not in seen[1].headers


@both
async def test_a_redirect_is_not_followed_though_the_client_would(library: str) -> None:
    seen = []

    def redirect(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        module = LIBRARIES[library]
        response: httpx.Response = module.Response(302, headers={"location": "http://other/"})
        return response

    module = LIBRARIES[library]
    client = module.AsyncClient(transport=module.MockTransport(redirect), follow_redirects=True)
    reply = await http_over(client).write(ELSEWHERE, SEND, KILL)

    assert reply.status == 302
    assert seen == ["http://engine.example:9070/invocations/inv_1/kill"]


# --- limits --------------------------------------------------------------------------------------


def endless(library: str, part: bytes, **headers: str) -> object:
    async def parts() -> AsyncIterator[bytes]:
        while True:
            yield part

    module = LIBRARIES[library]
    return answering(library, lambda _: module.Response(200, content=parts(), headers=headers))


@both
async def test_an_endless_answer_is_not_read_to_the_end(
    library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "LONGEST_ANSWER", 1024**2)

    with pytest.raises(UnexpectedAnswer, match="it is longer than 1 MiB"):
        await http_over(endless(library, b"x" * 4096)).read(ELSEWHERE, READ)
    with pytest.raises(OutcomeUnknown, match="It is longer than 1 MiB"):
        await http_over(endless(library, b"x" * 4096)).write(ELSEWHERE, SEND, KILL)


@both
async def test_a_small_answer_that_unpacks_to_a_large_one_is_not_kept(
    library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "LONGEST_ANSWER", 1024**2)
    bomb = gzip.compress(b"\0" * 10 * 1024**2)
    client, _ = replying(library, (200, bomb, ("content-encoding", "gzip")))

    with pytest.raises(UnexpectedAnswer, match="it is longer than 1 MiB"):
        await http_over(client).read(ELSEWHERE, READ)


@both
async def test_a_compressed_answer_is_unpacked(library: str) -> None:
    packed = answer(gzip.compress(b'{"a": 1}'), "200 OK", "content-encoding: GZip")
    async with serving(saying(packed)) as url, LIBRARIES[library].AsyncClient() as client:
        reply = await http_over(client).read(at(url), READ)

    assert reply.body == b'{"a": 1}'


@both
async def test_an_encoding_that_nobody_asked_for_is_not_unpacked(library: str) -> None:
    packed = answer(zlib.compress(b"{}"), "200 OK", "content-encoding: deflate")
    async with serving(saying(packed)) as url, LIBRARIES[library].AsyncClient() as client:
        with pytest.raises(UnexpectedAnswer, match="it is encoded as deflate, which was not asked"):
            await http_over(client).read(at(url), READ)


@both
async def test_broken_compression_is_an_unexpected_answer(library: str) -> None:
    packed = answer(b"no gzip at all", "200 OK", "content-encoding: gzip")
    async with serving(saying(packed)) as url, LIBRARIES[library].AsyncClient() as client:
        with pytest.raises(UnexpectedAnswer, match="its compression is broken"):
            await http_over(client).read(at(url), READ)


async def test_a_body_that_needs_no_closing_is_read() -> None:
    class Plain:
        """What a client of another library may answer."""

        status_code = 200
        headers: ClassVar[dict[str, str]] = {}
        extensions: ClassVar[dict[str, object]] = {}

        def __init__(self) -> None:
            self._parts = [b"{", b"}"]

        def aiter_bytes(self) -> Self:
            return self

        def __aiter__(self) -> Self:
            return self

        async def __anext__(self) -> bytes:
            if not self._parts:
                raise StopAsyncIteration
            return self._parts.pop(0)

    class Other:
        @asynccontextmanager
        async def stream(self, *_: object, **__: object) -> AsyncIterator[Plain]:
            yield Plain()

    reply = await http_over(Other()).read(ELSEWHERE, QUERY)

    assert reply.body == b"{}"


async def test_at_most_eight_requests_are_under_way() -> None:
    under_way, most = 0, 0

    async def count(_: httpx.Request) -> httpx.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)
        under_way -= 1
        return httpx.Response(200, content=b"{}")

    engine = http_over(answering("httpx", count))
    async with asyncio.TaskGroup() as group:
        for _ in range(3 * AT_ONCE):
            group.create_task(engine.read(ELSEWHERE, READ))

    assert most == AT_ONCE


async def test_a_write_that_waits_for_its_turn_too_long_was_not_sent() -> None:
    sent = []

    async def hang(request: httpx.Request) -> httpx.Response:
        sent.append(request.url.path)
        await anyio.sleep_forever()
        raise AssertionError

    engine = http_over(answering("httpx", hang), timeout=0.05)
    slow = Request("GET", "/slow", floor=timedelta(seconds=30))
    async with anyio.create_task_group() as group:
        for _ in range(AT_ONCE):
            group.start_soon(engine.read, ELSEWHERE, slow)
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(EngineUnreachable) as caught:
            await engine.write(ELSEWHERE, SEND, KILL)
        group.cancel_scope.cancel()

    assert sent == ["/slow"] * AT_ONCE
    assert caught.value.sent is Sent.NO


async def test_cancellation_passes_through() -> None:
    async with serving(silent) as url, httpx.AsyncClient() as client:
        engine = http_over(client)
        for call in (engine.read(at(url), READ), engine.write(at(url), SEND, KILL)):
            task = asyncio.create_task(call)
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task


async def test_a_floor_gives_a_slow_call_its_time() -> None:
    async def slow(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.2)
        return httpx.Response(200, content=b"{}")

    request = Request("POST", "/deployments", b"{}", floor=timedelta(seconds=5))
    reply = await http_over(answering("httpx", slow), timeout=0.05).read(ELSEWHERE, request)

    assert reply.status == 200


# --- stalls --------------------------------------------------------------------------------------


async def test_what_cannot_acknowledge_at_once_opens_a_connection_per_query(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clients, "_QUICKACK", None)
    client, seen = replying("httpx", *[(200, b"{}")] * 3)
    engine = http_over(client)

    await engine.read(at("http://localhost:9070"), QUERY)
    await engine.read(at("http://localhost:9070"), READ)
    await engine.read(at("https://localhost:9070"), QUERY)

    assert [request.headers["connection"] for request in seen] == [
        "close",
        "keep-alive",
        "keep-alive",
    ]
