"""An address that is no Restate, or no address at all: told in words, in both forms."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from tests.cli.conftest import document
from wfadmin.cli import main

PATIENCE = 20
TIMEOUT = 2
SECRET = "hunter2"  # noqa: S105 - the password that must not be shown
PARTS = ("ingress", "admin", "deployments", "services", "invocations")


def http(status: str, kind: str, body: bytes, length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    head = f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {size}\r\n"
    return f"{head}connection: close\r\n\r\n".encode() + body


ANSWERS = {
    "html": http("200 OK", "text/html", b"<html><body>Welcome</body></html>"),
    "not found": http("404 Not Found", "text/plain", b"404 page not found"),
    "nothing": http("200 OK", "application/json", b""),
    "half": http("200 OK", "application/json", b'{"version": "1.7.1", "deploy', 90),
    "broken": http("200 OK", "application/json", b'{"version": "1.7.1", "deploy'),
    "wrong types": http("200 OK", "application/json", b'{"version": 7, "deployments": "none"}'),
    "null": http("200 OK", "application/json", b"null"),
    "unauthorized": http("401 Unauthorized", "text/plain", b"who are you"),
    "forbidden": http("403 Forbidden", "text/plain", b"not you"),
    "no http": b"SSH-2.0-OpenSSH_9.6\r\n",
    "silence at once": b"",
}


@contextmanager
def serving(answer: bytes | None) -> Iterator[str]:
    """The URL of something that gives one answer to everything; None: none, ever."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer_all, args=(server, answer), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        # Wakes the thread up: a closed socket alone does not everywhere.
        server.shutdown(socket.SHUT_RDWR)
        thread.join(PATIENCE)


def answer_all(server: socket.socket, answer: bytes | None) -> None:
    held = []
    while True:
        try:
            peer, _ = server.accept()
        except OSError:
            break
        if answer is None:
            held.append(peer)
            continue
        with closing(peer):
            peer.settimeout(PATIENCE)
            peer.recv(65536)
            peer.sendall(answer)
    for peer in held:
        peer.close()


def at(url: str) -> list[str]:
    return ["--admin-url", url, "--ingress-url", url, "--timeout", str(TIMEOUT)]


@pytest.mark.parametrize("answer", ANSWERS)
def test_doctor_tells_that_this_is_no_restate(
    answer: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with serving(ANSWERS[answer]) as url:
        assert main(["doctor", *at(url), "-o", "json"]) == 3
    found = document(capsys)
    statuses = {part: found[part]["status"] for part in PARTS if part != "ingress"}
    assert set(statuses.values()) <= {"degraded", "unreachable"}
    assert found["verdict"] == "error"
    assert {one["component"] for one in found["findings"]} >= statuses.keys()
    assert all(one["advice"] for one in found["findings"])


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_board_of_it_has_no_stack_trace(
    answer: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with serving(ANSWERS[answer]) as url:
        assert main(["doctor", *at(url)]) == 3
    out, err = capsys.readouterr()
    assert (err, "Traceback" in out, "next: " in out) == ("", False, True)


@pytest.mark.parametrize("answer", ANSWERS)
def test_inspect_exits_8(answer: str, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(ANSWERS[answer]) as url:
        assert main(["inspect", *at(url), "-o", "json", "--", "Order", "key"]) == 8
    error = document(capsys)["error"]
    assert error["category"] == "dependency"
    assert error["status"] in (502, 503)


@pytest.mark.parametrize("answer", ["unauthorized", "forbidden"])
def test_a_proxy_that_refuses_us_makes_the_fix_name_the_token(
    answer: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with serving(ANSWERS[answer]) as url:
        main(["inspect", *at(url), "--", "Order", "key"])
    assert "--token-env" in capsys.readouterr().err


def test_nothing_listens(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
    assert main(["doctor", *at(url), "-o", "json"]) == 3
    found = document(capsys)
    assert {found[part]["status"] for part in PARTS} == {"unreachable"}
    assert main(["inspect", *at(url), "--", "Order", "key"]) == 8
    assert capsys.readouterr().err.startswith(f"wfadmin: No answer from {url}")


def test_what_never_answers_is_waited_for_no_longer_than_was_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with serving(None) as url:
        started = time.monotonic()
        assert main(["doctor", *at(url), "-o", "json"]) == 3
        taken = time.monotonic() - started
    # The timeout, the second that the issue allows, and one for a slow machine.
    assert taken < TIMEOUT + 1 + 1
    found = document(capsys)
    assert {found[part]["status"] for part in PARTS} == {"unreachable"}


def test_tls_that_fails_is_no_answer(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(ANSWERS["html"]) as url:
        assert main(["inspect", *at(url.replace("http", "https")), "--", "Order", "key"]) == 8
    assert capsys.readouterr().err.startswith("wfadmin: No answer from https://127.0.0.1:")


@pytest.mark.parametrize(
    "url",
    [
        "localhost:9070",
        "//localhost:9070",
        "/admin",
        "ftp://localhost",
        "http://",
        "http://local host",
        "http://localhost:port",
        f"http://u:{SECRET}@[::1",
        f"u:{SECRET}@engine:9070",
        "http://engine\x1b[31m",
        "",
        "unix://",
    ],
)
@pytest.mark.parametrize("verb", [["doctor"], ["inspect", "Order", "key"]])
@pytest.mark.parametrize("form", ["table", "json"])
def test_an_address_that_is_none_exits_2(
    url: str,
    verb: list[str],
    form: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([*verb, "--admin-url", url, "-o", form]) == 2
    out, err = capsys.readouterr()
    assert SECRET not in out + err
    told = json.loads(out)["error"]["message"] if form == "json" else err
    assert "admin" in told
    assert "\x1b" not in told


@pytest.mark.parametrize("verb", [["doctor"], ["inspect", "Order", "key"]])
@pytest.mark.parametrize("form", ["table", "json"])
def test_a_password_of_a_url_is_never_shown(
    verb: list[str],
    form: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with serving(ANSWERS["html"]) as url:
        secret = url.replace("http://", f"http://ann:{SECRET}@")
        assert main([*verb, "--admin-url", secret, "--ingress-url", secret, "-o", form]) != 0
    out, err = capsys.readouterr()
    assert SECRET not in out + err
