"""On the wire: raw bytes to the app under a real server; a client library would be too kind."""

import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
import uvicorn
from starlette.types import ASGIApp

from tests.asgi.http import KEY, SEEDS, Names, Scene
from tests.asgi.laws.attacks import RECOVER, stuck, two_engines
from wfadmin.asgi import Limits

# How long a server that has nothing to say is listened to.
_QUIET, _PATIENCE = 0.2, 5.0
_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) [A-Z][A-Za-z -]+\r\n")
BODY = json.dumps(KEY).encode()
RECOVER_PATH = f"{SEEDS}/{RECOVER}"


@contextmanager
def served(app: ASGIApp) -> Iterator[int]:
    """The app under a real server on a free port, in a thread of its own."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        # By default it believes in X-Forwarded-For from this machine.
        proxy_headers=False,
        http="h11",
        ws="none",
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.005)
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()


def exchanged(port: int, *parts: bytes, pause: float = 0.0, answers: int = 1) -> bytes:
    """Everything that comes back on one connection: these answers, and whatever follows soon."""
    heard = bytearray()
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        # The server may hang up in the middle.
        with suppress(ConnectionError):
            for part in parts:
                connection.sendall(part)
                time.sleep(pause)
        with suppress(TimeoutError, ConnectionError):
            while True:
                connection.settimeout(_QUIET if len(statuses(heard)) >= answers else _PATIENCE)
                data = connection.recv(65_536)
                if not data:
                    break
                heard += data
    return bytes(heard)


def request(
    path: str = f"{SEEDS}/{RECOVER}",
    *lines: str,
    body: bytes = BODY,
    caller: str | None = "ada",
    length: bool = True,
    method: str = "POST",
) -> bytes:
    """A request, to the byte."""
    head = [f"{method} {path} HTTP/1.1", "host: host", "content-type: application/json"]
    head += [] if caller is None else [f"x-api-key: {caller}"]
    head += [f"content-length: {len(body)}"] if length else []
    return "\r\n".join((*head, *lines, "", "")).encode("latin-1") + body


def statuses(heard: bytes | bytearray) -> list[int]:
    """The status of each answer."""
    return [int(one[1]) for one in _STATUS.finditer(heard)]


def chunked(body: bytes, size: int = 8192) -> bytes:
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in parts) + b"0\r\n\r\n"


def test_a_plain_request_is_done() -> None:
    scene = stuck()
    with served(scene.app()) as port:
        heard = exchanged(port, request())

    assert statuses(heard) == [200]
    assert scene.world.store.runs == ()


# --- one request is one request ------------------------------------------------------------------

HIDDEN = request(caller="ada")
# Two readers of the same bytes would disagree where the request ends.
AMBIGUOUS: dict[str, bytes] = {
    "two lengths": request(
        "/healthz", "content-length: 0", "content-length: 5", length=False, body=b""
    ),
    "chunks that are spelled oddly": request(
        f"{SEEDS}/doctor", "transfer-encoding: xchunked", body=b"0\r\n\r\n", length=False
    ),
    "two codings": request(
        f"{SEEDS}/doctor",
        "transfer-encoding: chunked",
        "transfer-encoding: identity",
        body=b"0\r\n\r\n",
        length=False,
    ),
    "a length with a sign": request(
        f"{SEEDS}/doctor", "content-length: +2", body=b"{}", length=False
    ),
    "a length with a comma": request(
        f"{SEEDS}/doctor", "content-length: 2, 200", body=b"{}", length=False
    ),
    "a negative length": request(f"{SEEDS}/doctor", "content-length: -2", body=b"{}", length=False),
    "a blank before the colon": request(f"{SEEDS}/doctor", "x-pad : 1", body=b"{}", caller="rob"),
    "a bare line end": request(
        f"{SEEDS}/doctor", "x-pad: 1\rx-api-key: ada", body=b"{}", caller="rob"
    ),
    "a NUL": request(f"{SEEDS}/doctor", "x-pad: 1\0", body=b"{}", caller="rob"),
    "a line that is no header": request(f"{SEEDS}/doctor", "x-api-key", body=b"{}", caller="rob"),
    "a huge header": request(f"{SEEDS}/doctor", f"x-pad: {'x' * 1_000_000}", body=b"{}"),
    "very many headers": request(f"{SEEDS}/doctor", *["x-pad: 1"] * 20_000, body=b"{}"),
    "a bad chunk": request(
        f"{SEEDS}/doctor", "transfer-encoding: chunked", body=b"zz\r\n{}\r\n", length=False
    ),
    "another protocol": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}


def test_behind_what_two_readers_would_read_in_two_ways_nothing_is_done() -> None:
    told: dict[str, list[int]] = {}
    scene = stuck()
    with served(scene.app()) as port:
        for name, first in AMBIGUOUS.items():
            told[name] = statuses(exchanged(port, first + HIDDEN))

    assert {name: one for name, one in told.items() if 200 in one} == {}
    assert all(400 in one for one in told.values())
    assert scene.points == []
    assert [one.key.service_key for one in scene.world.store.runs if one.key] == ["o-1"]


@pytest.mark.parametrize("path", ["/healthz", f"{SEEDS}/doctor", f"{SEEDS}/nope"])
def test_behind_a_length_and_chunks_at_once_nothing_is_done(path: str) -> None:
    """
    A proxy that goes by the length takes what follows the chunks for a part of the body.

    Then what it sends next on that connection, with the key of somebody else, becomes the end of
    a request that a stranger began. So such a connection ends with its answer (RFC 9112, 6.1).
    """
    both = ("transfer-encoding: chunked", f"content-length: {5 + len(HIDDEN)}")
    first = request(path, *both, body=b"0\r\n\r\n", length=False, caller="guess")
    scene = stuck()
    with served(scene.app()) as port:
        heard = exchanged(port, first + HIDDEN)

    assert len(statuses(heard)) == 1
    assert scene.points == []


def test_a_folded_line_adds_nothing_to_a_proof() -> None:
    scene = stuck()
    with served(scene.app()) as port:
        folded = exchanged(port, request(f"{SEEDS}/{RECOVER}", "x-api-key: ro", " b", caller=None))
        merged = exchanged(
            port, request(f"{SEEDS}/{RECOVER}", "x-pad: 1", "\tx-api-key: ada", caller=None)
        )

    assert all(one in {400, 401} for one in statuses(folded) + statuses(merged))
    assert scene.points == []


def test_two_proofs_in_two_lines_prove_nobody() -> None:
    scene = stuck()
    with served(scene.app()) as port:
        heard = exchanged(port, request(f"{SEEDS}/{RECOVER}", "X-API-KEY: rob"))
        mixed = exchanged(
            port, request(f"{SEEDS}/{RECOVER}", "authorization: Bearer rob", caller="x")
        )

    assert statuses(heard) + statuses(mixed) == [401, 401]
    assert scene.points == []


@pytest.mark.parametrize("caller", ["guess", "ada"])
def test_a_body_that_was_not_read_is_not_the_next_request(caller: str) -> None:
    """Whoever is refused before their body is read must not have it done as a request."""
    scene = stuck()
    refused = request(
        f"{SEEDS}/{RECOVER}",
        f"content-length: {len(HIDDEN)}",
        body=HIDDEN,
        length=False,
        caller=caller,
    )
    too_long = request(
        f"{SEEDS}/doctor", "content-length: 100000", body=HIDDEN, length=False, caller=caller
    )
    wrong_type = refused.replace(b"application/json", b"text/x-anything", 1)
    with served(scene.app()) as port:
        heard = [exchanged(port, one) for one in (refused, too_long, wrong_type)]

    assert [len(statuses(one)) for one in heard] == [1, 1, 1]
    assert {statuses(one)[0] for one in heard} <= {400, 401, 413, 415}
    assert not any(one.is_write for one in scene.points)


def test_after_an_error_the_next_request_of_the_connection_is_judged_by_itself() -> None:
    scene = stuck()
    stranger = request(f"{SEEDS}/doctor", body=b"{}", caller=None)
    reader = request(f"{SEEDS}/doctor", body=b"{}", caller="rob")
    writing = request(caller="rob")
    with served(scene.app()) as port:
        heard = exchanged(port, reader + stranger + writing + reader, answers=4)

    assert statuses(heard) == [200, 401, 403, 200]
    assert not any(one.is_write for one in scene.points)


# --- bodies --------------------------------------------------------------------------------------


def test_chunks_without_a_length_are_counted() -> None:
    scene = stuck()
    padded = BODY + b" " * (80 * 1024)
    long = request(RECOVER_PATH, "transfer-encoding: chunked", body=chunked(padded), length=False)
    within = request(
        RECOVER_PATH, "transfer-encoding: chunked", body=chunked(BODY, 3), length=False
    )
    with served(scene.app()) as port:
        refused = exchanged(port, long)
        before = [one for one in scene.points if one.is_write]
        done = exchanged(port, within)

    assert (statuses(refused), before) == ([413], [])
    assert statuses(done) == [200]


def test_a_body_without_end_is_cut_off() -> None:
    scene = stuck()
    head = request(RECOVER_PATH, "transfer-encoding: chunked", body=b"", length=False)
    part = b"%x\r\n%s\r\n" % (65_536, b" " * 65_536)
    with served(scene.app()) as port:
        heard = exchanged(port, head, *[part] * 200)

    assert statuses(heard)[:1] == [413]
    assert scene.points == []


def test_a_body_that_never_comes_holds_nobody_else_up() -> None:
    scene = stuck()
    half = request(RECOVER_PATH, f"content-length: {len(BODY)}", body=BODY[:5], length=False)
    with served(scene.app(limits=Limits(at_once=2))) as port:
        waiting = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
        for one in waiting:
            one.sendall(half)
        done = exchanged(port, request())
        for one in waiting:
            one.close()

    assert statuses(done) == [200]
    assert {one.actor for one in scene.audit.records if one.outcome == "confirmed"} == {"ada"}


def test_a_body_in_single_bytes_is_a_body() -> None:
    scene = stuck()
    whole = request()
    with served(scene.app()) as port:
        heard = exchanged(port, *(whole[at : at + 1] for at in range(len(whole))), pause=0.0005)

    assert statuses(heard) == [200]


def test_half_a_body_does_nothing_when_its_sender_goes_away() -> None:
    scene = stuck()
    half = request(RECOVER_PATH, f"content-length: {len(BODY) + 1}", length=False)
    with served(scene.app()) as port:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(half)
        time.sleep(0.1)

    assert not any(one.is_write for one in scene.points)
    assert {one.outcome for one in scene.audit.records} <= {"invalid_json"}


# --- paths ---------------------------------------------------------------------------------------


TURNS = ("..", "%2e%2e", "..;", "%2E.", ".%00.", "..%2f..%2fengines")


def test_no_turn_in_a_path_leads_to_another_engine() -> None:
    prod, staging, app = two_engines()
    paths = [
        path
        for turn in TURNS
        for path in (
            f"/api/v1/engines/staging/{turn}/prod/{RECOVER}",
            f"/api/v1/engines/{turn}/engines/prod/{RECOVER}",
            f"http://host/api/v1/engines/staging/{turn}/prod/{RECOVER}",
        )
    ]
    with served(app) as port:
        sent = {one: request(one, "connection: close", caller="bea") for one in paths}
        told = {one: statuses(exchanged(port, whole)) for one, whole in sent.items()}

    assert {one: said for one, said in told.items() if said not in ([403], [404])} == {}
    assert (prod.points, staging.points) == ([], [])


def test_forwarded_addresses_of_a_stranger_do_not_count_under_a_server() -> None:
    scene = Scene()
    app = scene.app(authenticator=Names(), limits=Limits(failures=3))
    with served(app) as port:
        tries = [
            request(f"{SEEDS}/doctor", f"x-forwarded-for: 198.51.100.{n}", body=b"{}", caller="no")
            for n in range(6)
        ]
        heard = exchanged(port, b"".join(tries), answers=6)

    assert statuses(heard) == [401, 401, 401, 429, 429, 429]
