"""What `wfadmin serve` takes from those who speak to it, and what it does not wait for."""

import socket
from collections.abc import Awaitable, Callable

import anyio
import httpx
import pytest

from tests.cli.hosting import Site, new_key, serve
from tests.cli.lab import LAB, Lab, install

KEYS = ("--keys-file", "keys.json")
ANYBODY = "--unsafe-allow-anonymous"


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Lab:
    return install(monkeypatch)


@pytest.fixture
def key(capsys: pytest.CaptureFixture[str]) -> str:
    return new_key(capsys)


@pytest.mark.usefixtures("lab")
def test_it_does_not_say_by_what_it_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    def visit(site: Site) -> None:
        assert "server" not in site.client(path="/").get("healthz").headers

    serve(monkeypatch, visit, *LAB, ANYBODY)


def spoken(site: Site, text: bytes) -> bytes:
    """Say something that is no request of a client, and give what comes until it is over."""
    url = httpx.URL(site.url)
    with socket.create_connection((url.host, url.port or 0), 20) as one:
        one.sendall(text)
        heard = b""
        while piece := one.recv(4096):
            heard += piece
    return heard


@pytest.mark.usefixtures("lab")
def test_headers_that_have_no_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[bytes] = []

    def visit(site: Site) -> None:
        heard.append(spoken(site, b"GET /healthz HTTP/1.1\r\nx: " + b"y" * 40_000))

    served = serve(monkeypatch, visit, *LAB, ANYBODY)
    assert heard[0].startswith(b"HTTP/1.1 400 ")
    (told,) = served.log.events("serve.problem")
    assert told["problem"] == "Invalid HTTP request received."


@pytest.mark.parametrize(
    "text", [b"", b"POST /", b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n"]
)
@pytest.mark.usefixtures("lab")
def test_who_sends_no_request_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, text: bytes
) -> None:
    monkeypatch.setattr("wfadmin.cli.serving._IDLE", 0.1)
    heard: list[bytes] = []

    def visit(site: Site) -> None:
        heard.append(spoken(site, text))
        assert site.client(path="/").get("healthz").status_code == 200

    assert serve(monkeypatch, visit, *LAB, ANYBODY).code == 0
    assert (b"200 OK" in heard[0]) is text.endswith(b"\r\n\r\n")


@pytest.mark.usefixtures("lab")
def test_who_sends_requests_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wfadmin.cli.serving._IDLE", 0.3)
    addresses: set[str] = set()

    def visit(site: Site) -> None:
        client = site.client(path="/")
        for _ in range(8):
            stream = client.get("healthz").extensions["network_stream"]
            addresses.add(str(stream.get_extra_info("client_addr")))
            socket.socket().close()
            anyio.run(anyio.sleep, 0.1)

    serve(monkeypatch, visit, *LAB, ANYBODY)
    assert len(addresses) == 1


@pytest.mark.parametrize(
    ("options", "codes"), [(("--trusted-proxy", "127.0.0.1"), [429, 200]), ((), [429, 429])]
)
@pytest.mark.usefixtures("lab")
def test_the_callers_of_a_proxy_are_told_apart_where_it_is_named_and_nowhere_else(
    monkeypatch: pytest.MonkeyPatch, key: str, options: tuple[str, ...], codes: list[int]
) -> None:
    found: list[int] = []

    def visit(site: Site) -> None:
        bad, good = {"x-forwarded-for": "10.0.0.1"}, {"x-forwarded-for": "10.0.0.2"}
        for _ in range(11):
            site.client("x", **bad).post("doctor", json={})
        found.append(site.client(key, **bad).post("doctor", json={}).status_code)
        found.append(site.client(key, **good).post("doctor", json={}).status_code)

    serve(monkeypatch, visit, *LAB, *KEYS, *options)
    assert found == codes


# --- the fence around what asks nobody -----------------------------------------------------------

HERE = ("localhost", "LOCALHOST:80", "127.0.0.1", "127.0.0.1:8080", "127.8.8.8", "[::1]:8080")
ELSEWHERE = (
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "192.0.2.1",
    "[::1",
    "[::2]",
    "",
    "u@evil.example",
)


def codes_for(monkeypatch: pytest.MonkeyPatch, hosts: tuple[str, ...], *options: str) -> list[int]:
    """Ask a server under each of these names, and give the answers' codes."""
    codes: list[int] = []

    def visit(site: Site) -> None:
        for host in hosts:
            answer = site.client(host=host).post("doctor", json={})
            codes.append(answer.status_code)
            if answer.status_code != 200:
                assert answer.json()["error"]["id"] in {"host_not_served", "not_authenticated"}

    serve(monkeypatch, visit, *LAB, *options)
    return codes


@pytest.mark.usefixtures("lab")
def test_where_nobody_is_asked_only_requests_that_name_this_machine_are_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    codes = codes_for(monkeypatch, (*HERE, *ELSEWHERE), ANYBODY)
    assert codes == [200] * len(HERE) + [421] * len(ELSEWHERE)


@pytest.mark.usefixtures("lab")
def test_the_name_that_it_listens_on_is_one_of_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def here(host: str, port: int, *_: object, **__: object) -> list[object]:
        assert host == "Desk"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    codes: list[int] = []

    def visit(site: Site) -> None:
        url = f"http://127.0.0.1:{httpx.URL(site.url).port}/healthz"
        codes.extend(
            site.client(host=host).get(url).status_code for host in ("desk:80", "DESK", "disk")
        )

    with monkeypatch.context() as patch:
        patch.setattr("wfadmin.cli.listening.anyio.getaddrinfo", awaited(here))
        serve(patch, visit, *LAB, ANYBODY, "--host", "Desk")
    assert codes == [200, 200, 421]


def awaited(answer: Callable[..., list[object]]) -> Callable[..., Awaitable[list[object]]]:
    """Make a function one that has to be waited for."""

    async def ask(*words: object, **options: object) -> list[object]:
        return answer(*words, **options)

    return ask


@pytest.mark.usefixtures("lab", "key")
def test_who_needs_a_key_may_call_it_by_any_name(monkeypatch: pytest.MonkeyPatch) -> None:
    assert codes_for(monkeypatch, ("evil.example",), *KEYS) == [401]


@pytest.mark.usefixtures("lab")
def test_a_request_without_a_name_is_not_one_for_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: list[bytes] = []

    def visit(site: Site) -> None:
        heard.append(spoken(site, b"GET /healthz HTTP/1.0\r\n\r\n"))

    serve(monkeypatch, visit, *LAB, ANYBODY)
    assert heard[0].startswith(b"HTTP/1.1 421 ")
