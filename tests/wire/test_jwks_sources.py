"""Keys come from their issuer when they are needed, and not more often, whatever it answers."""

import asyncio
import json
import ssl
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import anyio
import attrs
import httpx
import pytest
import trustme

from tests.wire.issuers import ids, key_set, signer
from tests.wire.servers import Handler, answer, request_from, serving, silent
from wfadmin.domain.errors import InvalidConfig, UsageError
from wfadmin.wire.http import LONGEST_ANSWER
from wfadmin.wire.jwks_sources import MAX_BYTES, JwksUrl, PemKey

pytestmark = pytest.mark.asyncio

FIRST = signer("ed25519-1").jwk("k1")
SECOND = signer("ed25519-2").jwk("k2")
URL = "https://login.example.com/keys"


@attrs.define
class Issuer:
    """An issuer whose answers a test sets, on a clock that a test sets."""

    answers: Any = attrs.field(factory=lambda: httpx.Response(200, content=key_set(FIRST)))
    asked: list[str] = attrs.field(factory=list[str])
    time: float = 1000.0

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.method} {request.url}")
        if isinstance(self.answers, Exception):
            raise self.answers
        told: httpx.Response = self.answers
        return httpx.Response(told.status_code, content=told.content, headers=told.headers)

    def source(self, url: str = URL) -> JwksUrl:
        client = httpx.AsyncClient(transport=httpx.MockTransport(self.handle))
        return JwksUrl(url, client=client, monotonic=lambda: self.time)


# --- when it is asked ----------------------------------------------------------------------------


async def test_it_is_asked_when_a_token_comes_and_then_not_for_a_while() -> None:
    issuer = Issuer()
    source = issuer.source()
    before = list(issuer.asked)
    for issuer.time in (1000.0, 1001.0, 1599.9):
        assert await ids(source) == ["k1"]

    assert (before, issuer.asked) == ([], [f"GET {URL}"])
    issuer.time = 1600.0
    assert await ids(source) == ["k1"]
    assert len(issuer.asked) == 2


async def test_a_key_that_is_new_is_fetched_at_once_after_the_pause() -> None:
    issuer = Issuer()
    source = issuer.source()
    await ids(source)
    issuer.answers = httpx.Response(200, content=key_set(FIRST, SECOND))
    issuer.time += 29.9
    assert await ids(source, "k2") == ["k1"]
    issuer.time += 0.1
    assert await ids(source, "k2") == ["k1", "k2"]
    assert len(issuer.asked) == 2


async def test_a_flood_of_unknown_keys_costs_one_request_in_each_pause() -> None:
    issuer = Issuer()
    source = issuer.source()
    for second in range(120):
        issuer.time = 1000.0 + second
        await asyncio.gather(*(source.keys_for(f"unknown-{second}-{n}") for n in range(20)))

    assert len(issuer.asked) == 4


async def test_those_who_come_at_once_share_one_request() -> None:
    issuer = Issuer()
    source = issuer.source()
    told = await asyncio.gather(*(ids(source) for _ in range(20)))

    assert (told, len(issuer.asked)) == ([["k1"]] * 20, 1)


async def test_a_token_without_a_key_id_looks_for_no_other_key() -> None:
    issuer = Issuer()
    source = issuer.source()
    await ids(source, None)
    issuer.time += 31
    await ids(source, None)

    assert len(issuer.asked) == 1


async def test_an_issuer_that_fails_is_asked_again_only_after_the_pause() -> None:
    issuer = Issuer(httpx.Response(500))
    source = issuer.source()
    for issuer.time in (1000.0, 1010.0, 1029.9, 1030.0):
        assert await ids(source) == []

    assert len(issuer.asked) == 2
    assert source.problem == "GET /keys at https://login.example.com answered 500."


@pytest.mark.parametrize("answers", [httpx.ReadError("reset"), httpx.Response(503)])
async def test_an_issuer_that_is_busy_is_not_asked_twice_for_one_token(answers: object) -> None:
    issuer = Issuer(answers)

    assert await ids(issuer.source()) == []
    assert len(issuer.asked) == 1


async def test_where_it_fails_its_keys_are_good_for_a_while_and_then_forgotten() -> None:
    issuer = Issuer()
    source = issuer.source()
    await ids(source)
    issuer.answers = httpx.ConnectError("refused")
    issuer.time += 3599.9
    assert await ids(source) == ["k1"]
    assert source.problem == "No answer from https://login.example.com."
    issuer.time += 0.1
    assert await ids(source) == []
    issuer.answers = httpx.Response(200, content=key_set(FIRST))
    issuer.time += 30
    assert (await ids(source), source.problem) == (["k1"], None)


async def test_a_key_that_was_withdrawn_is_gone_when_they_are_fetched_again() -> None:
    issuer = Issuer()
    source = issuer.source()
    await ids(source)
    issuer.answers = httpx.Response(200, content=key_set(SECOND))
    issuer.time += 600
    assert await ids(source) == ["k2"]
    issuer.answers = httpx.Response(200, content=key_set())
    issuer.time += 600
    assert await ids(source) == []


async def test_the_query_of_its_address_is_sent() -> None:
    issuer = Issuer()
    await ids(issuer.source("https://login.example.com/keys@v2?p=b2c_1"))

    assert issuer.asked == ["GET https://login.example.com/keys@v2?p=b2c_1"]


# --- what it answers -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        (b"", "gave an unexpected answer: it is empty."),
        (b"<html>", "gave an unexpected answer: it is a web page, not JSON."),
        (b"\xff", "gave an unexpected answer: it is not UTF-8."),
        (b"[" * 100_000, "gave an unexpected answer: it is nested too deeply."),
        (b"{}", "gave an unexpected answer: it is no JSON Web Key Set."),
        (b'{"keys": [], "keys": []}', "an object in it holds a name twice."),
        (b'{"keys": 7}', "gave an unexpected answer: it is no JSON Web Key Set."),
        (b" " * (MAX_BYTES + 1), f"it is larger than {MAX_BYTES} bytes."),
        (b" " * (LONGEST_ANSWER + 1), "it is longer than 32 MiB"),
    ],
)
async def test_garbage_is_no_key(told: bytes, problem: str) -> None:
    issuer = Issuer(httpx.Response(200, content=told))
    source = issuer.source()

    assert await ids(source) == []
    assert source.problem is not None
    assert problem in source.problem


@pytest.mark.parametrize("status", [301, 302, 307, 308, 401, 404, 500])
async def test_a_status_that_is_no_success_is_no_key(status: int) -> None:
    headers = {"location": "https://evil.example.com/keys"}
    issuer = Issuer(httpx.Response(status, content=key_set(FIRST), headers=headers))

    assert await ids(issuer.source()) == []
    assert issuer.asked == [f"GET {URL}"]


def telling(told: bytes) -> Handler:
    """Answer so, and let the other side hang up."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_from(reader)
        writer.write(told)
        await reader.read()

    return handle


async def fetched(handler: Handler, timeout: float = 5) -> tuple[list[str | None], str | None]:
    async with serving(handler) as url:
        source = JwksUrl(f"{url}/keys", timeout=timedelta(seconds=timeout))
        return await ids(source), source.problem


async def test_a_server_of_this_machine_needs_no_tls() -> None:
    assert await fetched(telling(answer(key_set(FIRST)))) == (["k1"], None)


async def test_a_server_that_hangs_is_left_after_the_timeout() -> None:
    keys, problem = await fetched(silent, timeout=0.2)

    assert keys == []
    assert (problem or "").startswith("No answer from http://127.0.0.1:")


async def test_a_server_that_drips_is_left_after_the_timeout_too() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_from(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    keys, problem = await fetched(drip, timeout=0.2)

    assert keys == []
    assert problem is not None


@pytest.mark.parametrize("is_trusted", [True, False])
async def test_over_tls_the_certificate_is_verified(
    monkeypatch: pytest.MonkeyPatch, *, is_trusted: bool
) -> None:
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    with authority.cert_pem.tempfile() as trusted:
        if is_trusted:
            monkeypatch.setenv("SSL_CERT_FILE", trusted)
        async with serving(telling(answer(key_set(FIRST))), tls=tls) as url:
            told = await ids(JwksUrl(f"{url}/keys"))

    assert told == (["k1"] if is_trusted else [])


async def test_a_redirect_is_not_followed() -> None:
    asked: list[bytes] = []

    async def elsewhere(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await request_from(reader))
        writer.write(answer(key_set(FIRST)))

    async with AsyncExitStack() as stack:
        target = await stack.enter_async_context(serving(elsewhere))
        told = answer(b"", "302 Found", f"location: {target}/keys")
        keys, problem = await fetched(telling(told))

    assert (keys, asked) == ([], [])
    assert (problem or "").endswith(" answered 302.")


async def test_what_does_not_speak_http_is_no_key() -> None:
    keys, problem = await fetched(telling(b"SSH-2.0-OpenSSH_9.9\r\n\r\n"))

    assert keys == []
    assert "unexpected answer" in (problem or "")


class Slow:
    """A server that answers when it is told to."""

    def __init__(self) -> None:
        self.arrived, self.released = asyncio.Event(), asyncio.Event()
        self.asked = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_from(reader)
        self.asked += 1
        self.arrived.set()
        await self.released.wait()
        writer.write(answer(key_set(FIRST)))
        await reader.read()


async def test_a_caller_that_goes_away_costs_the_others_nothing() -> None:
    slow = Slow()
    async with serving(slow) as url:
        source = JwksUrl(f"{url}/keys")

        async def goes_away(scope: anyio.CancelScope) -> None:
            with scope:
                await ids(source)

        scope = anyio.CancelScope()
        first = asyncio.create_task(goes_away(scope))
        await slow.arrived.wait()
        second = asyncio.create_task(ids(source))
        scope.cancel()
        await asyncio.sleep(0.01)
        slow.released.set()
        told = await second
        await first

    assert (told, slow.asked) == (["k1"], 1)


async def test_where_the_event_loop_cancels_a_caller_the_next_one_asks() -> None:
    slow = Slow()
    async with serving(slow) as url:
        source = JwksUrl(f"{url}/keys")
        first = asyncio.create_task(ids(source))
        await slow.arrived.wait()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        slow.released.set()
        told = await ids(source)

    assert (told, slow.asked) == (["k1"], 2)


async def test_who_is_cancelled_again_and_again_does_not_hammer_an_issuer() -> None:
    slow = Slow()
    time = 0.0
    async with serving(slow) as url:
        source = JwksUrl(f"{url}/keys", monotonic=lambda: time)
        slow.released.set()
        await ids(source)
        slow.released.clear()
        time = 60.0
        slow.arrived.clear()
        one = asyncio.create_task(ids(source, "unknown"))
        await slow.arrived.wait()
        one.cancel()
        await asyncio.gather(one, return_exceptions=True)
        told = [await ids(source, f"unknown-{number}") for number in range(5)]

    assert told == [["k1"]] * 5
    assert slow.asked == 2


async def test_who_has_what_it_needs_does_not_wait_for_the_request_of_another() -> None:
    hanging = asyncio.Event()
    asked = 0

    async def then_hangs(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        await request_from(reader)
        asked += 1
        if asked > 1:
            hanging.set()
            await asyncio.sleep(60)
        writer.write(answer(key_set(FIRST)))
        await writer.drain()

    time = 0.0
    async with serving(then_hangs) as url:
        source = JwksUrl(f"{url}/keys", timeout=timedelta(seconds=0.3), monotonic=lambda: time)
        await ids(source)
        time = 700.0
        waits = asyncio.create_task(ids(source))
        await hanging.wait()
        told = await ids(source)
        is_done = waits.done()
        late = await waits

    assert (told, is_done, late) == (["k1"], False, ["k1"])


# --- where it may be -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://login.example.com/keys", "it is neither https:// nor on this machine"),
        ("http://127.0.0.1.example.com/keys", "it is neither https:// nor on this machine"),
        ("http://10.0.0.1/keys", "it is neither https:// nor on this machine"),
        ("unix:///run/keys.sock", ""),
        ("file:///etc/keys.json", ""),
        ("/etc/keys.json", ""),
        ("", ""),
        ("https://", ""),
        ("https://[::1/keys", "its host cannot be read"),
        ("https://ada:hunter2@login.example.com/keys", "it holds a user name or password"),
        ("https://login.example.com/keys#hunter2", "it holds a fragment, or what has to be"),
        ("https://login.example.com/ke ys", "it holds a fragment, or what has to be escaped"),
        ("https://login.example.com/schlüssel", "it holds a fragment, or what has to be escaped"),
    ],
)
async def test_an_address_that_cannot_be_trusted_is_refused(url: str, problem: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        JwksUrl(url)

    assert caught.value.argument == "JWKS URL"
    assert caught.value.problem.startswith(problem)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"timeout": timedelta(0)}, "timeout is not usable: it is not above zero"),
        ({"pause": timedelta(seconds=-1)}, "pause is not usable: it is not above zero"),
        ({"pause": timedelta(minutes=11)}, "fresh_for is not usable: it is shorter than the pause"),
        (
            {"good_for": timedelta(minutes=9)},
            "good_for is not usable: it is shorter than fresh_for",
        ),
    ],
)
async def test_lengths_of_time_fit_each_other(options: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError) as caught:
        JwksUrl(URL, **options)
    assert caught.value.message.startswith(told)


async def test_lengths_of_time_may_be_the_same() -> None:
    one = timedelta(seconds=30)

    assert JwksUrl(URL, pause=one, fresh_for=one, good_for=one).problem is None


async def test_no_source_shows_more_than_where_it_is() -> None:
    source = JwksUrl(URL)

    assert repr(source).startswith(f"JwksUrl(url='{URL}', timeout=")
    assert json.dumps(FIRST["x"]) not in repr(PemKey(signer("ed25519-1").pem))
