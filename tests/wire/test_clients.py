"""The clients that we make ourselves, and what we ask of those that are given to us."""

import asyncio
import socket
import ssl
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from tests.wire.http_support import QUERY, READ, Token, at, http_over
from tests.wire.servers import Handler, answer, request_from, saying, serving
from wfadmin.domain.errors import EngineUnreachable, UnexpectedAnswer
from wfadmin.wire import clients
from wfadmin.wire.clients import acknowledge_at_once

pytestmark = pytest.mark.asyncio

HELLO = answer(b"{}")


@pytest.fixture
def socket_path() -> Iterator[Path]:
    # pytest's folders are often too deep for a socket.
    with tempfile.TemporaryDirectory(prefix="wf-") as folder:
        yield Path(folder) / "admin.sock"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


def remembering(seen: list[bytes]) -> Handler:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            seen.append(await request_from(reader))
            writer.write(HELLO)

    return handle


async def test_a_socket_is_reached_with_the_token(socket_path: Path) -> None:
    seen: list[bytes] = []
    engine = http_over(credentials=Token("s3cret"))
    async with serving(remembering(seen), socket_path=socket_path) as url:
        await engine.read(at(url), QUERY)
        await engine.aclose()

    (request,) = seen
    assert request.startswith(b"POST /query HTTP/1.1\r\n")
    assert b"\r\nauthorization: Bearer s3cret\r\n" in request.lower().replace(b"bearer", b"Bearer")
    assert b"\r\naccept-encoding: identity\r\n" in request.lower()


async def test_a_socket_that_is_not_there_is_told(socket_path: Path) -> None:
    engine = http_over()

    with pytest.raises(EngineUnreachable, match="There is no such socket"):
        await engine.read(at(f"unix://{socket_path}"), READ)
    await engine.aclose()


async def test_a_socket_that_nobody_serves_any_more_is_told(socket_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(socket_path))
    engine = http_over()

    with pytest.raises(EngineUnreachable, match="Nothing listens there"):
        await engine.read(at(f"unix://{socket_path}"), READ)
    await engine.aclose()


async def test_one_connection_and_one_client_serve_many_requests() -> None:
    connections = 0
    handler = remembering([])

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await handler(reader, writer)

    engine = http_over()
    async with serving(count) as url:
        for _ in range(5):
            await engine.read(at(url), QUERY)
        await engine.aclose()

    assert connections == 1


async def test_closing_twice_is_fine_and_closes_what_is_ours() -> None:
    engine = http_over()
    async with serving(saying(HELLO)) as url:
        await engine.read(at(url), READ)
        (own,) = engine._own.values()
        await engine.aclose()
        await engine.aclose()

    assert isinstance(own, httpx.AsyncClient)
    assert own.is_closed


async def test_an_injected_client_stays_open() -> None:
    async with httpx.AsyncClient() as client:
        await http_over(client).aclose()

        assert not client.is_closed


async def test_proxy_variables_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    engine = http_over()
    async with serving(saying(HELLO)) as url:
        assert (await engine.read(at(url), READ)).status == 200
        await engine.aclose()


# --- TLS -----------------------------------------------------------------------------------------


async def test_a_certificate_that_this_machine_trusts_is_accepted(
    tls: ssl.SSLContext, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    with authority.cert_pem.tempfile() as trusted:
        monkeypatch.setenv("SSL_CERT_FILE", trusted)
        engine = http_over()
        async with serving(saying(HELLO), tls=tls) as url:
            reply = await engine.read(at(url), QUERY)
            await engine.aclose()

    assert reply.status == 200


async def test_a_certificate_that_nobody_knows_is_refused(tls: ssl.SSLContext) -> None:
    engine = http_over(credentials=Token("s3cret"))
    async with serving(saying(HELLO), tls=tls) as url:
        with pytest.raises(EngineUnreachable) as caught:
            await engine.read(at(url), READ)
        await engine.aclose()

    assert caught.value.problem.startswith("TLS failed: the certificate is not accepted (")


async def test_tls_is_wanted_where_none_is_spoken() -> None:
    engine = http_over()
    async with serving(saying(HELLO)) as url:
        with pytest.raises(EngineUnreachable, match="TLS failed"):
            await engine.read(at(url.replace("http:", "https:")), READ)
        await engine.aclose()


async def test_tls_is_spoken_where_none_is_wanted(tls: ssl.SSLContext) -> None:
    engine = http_over()
    async with serving(saying(HELLO), tls=tls) as url:
        with pytest.raises((EngineUnreachable, UnexpectedAnswer)) as caught:
            await engine.read(at(url.replace("https:", "http:")), READ)
        await engine.aclose()

    assert "HTTP" in str(caught.value)


# --- what is not ours ----------------------------------------------------------------------------


class Answered:
    """An answer of a transport with its own idea of a socket."""

    def __init__(self, extensions: dict[str, Any]) -> None:
        self.extensions = extensions


class Stream:
    def __init__(self, connection: object) -> None:
        self._connection = connection

    def get_extra_info(self, name: str) -> object:
        return {"socket": self._connection}[name]


@pytest.mark.parametrize(
    "extensions", [{}, {"network_stream": Stream(None)}, {"network_stream": Stream(object())}]
)
async def test_a_transport_without_a_socket_is_left_alone(extensions: dict[str, Any]) -> None:
    answered: Any = Answered(extensions)

    acknowledge_at_once(answered)


async def test_a_system_that_cannot_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "_QUICKACK", None)
    answered: Any = Answered({"network_stream": None})

    acknowledge_at_once(answered)


@pytest.mark.skipif(not hasattr(socket, "TCP_QUICKACK"), reason="this system cannot")
async def test_the_headers_of_a_query_are_acknowledged_at_once() -> None:
    asked = []

    class Connection:
        def setsockopt(self, *option: int) -> None:
            asked.append(option)

    answered: Any = Answered({"network_stream": Stream(Connection())})
    acknowledge_at_once(answered)

    assert asked == [(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)]
