"""`wfadmin serve` is told to stop: what is in hand ends, or is cut off and on record as such."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

import wfadmin
from tests.cli.conftest import document
from tests.cli.hosting import PATIENCE, Site, serve, until
from tests.cli.lab import LAB, Lab, install
from wfadmin import asgi
from wfadmin.adapters.memory import MemoryEngine, Point, World
from wfadmin.cli import main

ANYBODY = "--unsafe-allow-anonymous"
KEY = {"serviceName": "Order", "serviceKey": "o-1"}
LOG = ("--audit-log", "jsonl:audit.jsonl")


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Lab:
    """An engine with a failed run of Order o-1."""
    lab = install(monkeypatch, World())
    lab.world.workflow("Order").key("o-1").failed("boom")
    return lab


class Held:
    """A write that has begun, and goes on when it is let go."""

    def __init__(self, lab: Lab) -> None:
        self._begun, self._go_on = threading.Event(), threading.Event()
        self.answers: list[int | str] = []
        lab.hook(self._hold)

    async def _hold(self, point: Point) -> None:
        if point.is_write:
            self._begun.set()
            await until(self._go_on)

    def begin(self, site: Site) -> None:
        """Ask for it in a thread of its own, and wait until it has begun."""
        client = site.client()

        def ask() -> None:
            try:
                told = client.post("recover-stuck-workflow", json=KEY)
                self.answers.append(told.status_code)
            except httpx.TransportError as error:
                self.answers.append(type(error).__name__)

        self._thread = threading.Thread(target=ask)
        self._thread.start()
        assert self._begun.wait(PATIENCE)

    def go_on(self) -> None:
        self._go_on.set()

    def join(self) -> None:
        self._thread.join(PATIENCE)


def records() -> list[tuple[str, str | None]]:
    """Read the audit log: the kind of each record, and its outcome."""
    lines = Path("audit.jsonl").read_text("utf-8").splitlines()
    return [(one["kind"], one["outcome"]) for one in map(json.loads, lines)]


# --- an orderly end ------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_write_in_hand_ends_and_its_caller_is_answered(
    monkeypatch: pytest.MonkeyPatch,
    lab: Lab,
    number: signal.Signals,
) -> None:
    held = Held(lab)

    def visit(site: Site) -> None:
        held.begin(site)
        site.stop(number)
        told = site.log.wait_for("serve.stopping")
        assert (told["signal"], told["in_hand"]) == (number.name, 1)
        until_closed(site)
        held.go_on()
        held.join()

    with monkeypatch.context() as patch:
        served = serve(patch, visit, *LAB, *LOG, ANYBODY, "-o", "json", stops=False)
    assert (served.code, served.document["unfinished"]) == (0, 0)
    assert held.answers == [200]
    assert records() == [("intent", None), ("outcome", "confirmed")]
    assert lab.closed == 1


def until_closed(site: Site) -> None:
    """Wait until nobody takes connections there any more."""
    url = httpx.URL(site.url)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with socket.socket() as one:
            if one.connect_ex((url.host, url.port or 0)):
                return
        time.sleep(0.01)
    message = "it still takes connections"
    raise TimeoutError(message)


@pytest.mark.usefixtures("lab")
def test_a_connection_that_nobody_uses_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def visit(site: Site) -> None:
        assert site.client(path="/").get("healthz").status_code == 200
        site.stop()
        site.log.wait_for("serve.stopped")

    assert serve(monkeypatch, visit, *LAB, ANYBODY, stops=False).code == 0


@pytest.mark.usefixtures("lab")
def test_the_signals_are_as_they_were_before(monkeypatch: pytest.MonkeyPatch) -> None:
    assert serve(monkeypatch, lambda _: None, *LAB, ANYBODY).leaves_signals


# --- an end at once ------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["a second signal", "the end of the grace"])
def test_a_write_that_is_cut_off_is_on_record_as_one_that_nobody_knows_the_end_of(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], lab: Lab, by: str
) -> None:
    held = Held(lab)
    grace = ("--grace", "0.3") if by == "the end of the grace" else ()
    at_close: list[object] = []

    async def close(_: MemoryEngine) -> None:
        at_close.append(records())

    monkeypatch.setattr(MemoryEngine, "aclose", close)

    def visit(site: Site) -> None:
        held.begin(site)
        site.stop()
        site.log.wait_for("serve.stopping")
        if not grace:
            until_closed(site)
            site.stop()
        site.log.wait_for("serve.stopped")
        held.join()

    with monkeypatch.context() as patch:
        served = serve(patch, visit, *LAB, *LOG, *grace, ANYBODY, stops=False)
    assert (served.code, served.out.splitlines()) == (
        7,
        [
            "Stopped after 1 request.",
            "Cut off: 1. Doctor names each write among them whose end is not known.",
        ],
    )
    assert served.log.wait_for("serve.stopped")["unfinished"] == 1
    assert served.log.events("serve.problem") == []
    assert held.answers in (["RemoteProtocolError"], ["ReadError"])
    # Before the engine is closed, so that nothing else can have ended it.
    assert at_close == [[("intent", None), ("outcome", "unknown")]]
    lab.hook(_let_all_by)
    assert main(["doctor", *LAB, *LOG, "-o", "json"]) == 3
    assert "open_intent" in [one["code"] for one in document(capsys)["findings"]]


async def _let_all_by(_: Point) -> None:
    pass


def test_two_signals_at_once_are_an_end_at_once(monkeypatch: pytest.MonkeyPatch, lab: Lab) -> None:
    held = Held(lab)

    def visit(site: Site) -> None:
        held.begin(site)
        site.stop()
        site.stop(signal.SIGINT)
        site.log.wait_for("serve.stopped")
        held.join()

    assert serve(monkeypatch, visit, *LAB, ANYBODY, stops=False).code == 7
    assert lab.closed == 1


@pytest.mark.usefixtures("lab")
def test_the_app_is_told_of_an_end_at_once_too(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    begun = threading.Event()

    class Slow:
        warnings = ()

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401
            if scope["type"] == "http":
                begun.set()
                await anyio.sleep_forever()
            for name in ("startup", "shutdown"):
                told.append((await receive())["type"])
                await send({"type": f"lifespan.{name}.complete"})

    def visit(site: Site) -> None:
        with socket.create_connection(("127.0.0.1", httpx.URL(site.url).port or 0)) as one:
            one.sendall(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
            assert begun.wait(PATIENCE)
            site.stop()
            site.stop(signal.SIGINT)
            site.log.wait_for("serve.stopped")

    slow = Slow()
    monkeypatch.setattr(asgi, "operator_app", lambda *_, **__: slow)
    assert serve(monkeypatch, visit, *LAB, ANYBODY, stops=False).code == 7
    assert told == ["lifespan.startup", "lifespan.shutdown"]


# --- as a process --------------------------------------------------------------------------------


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WFADMIN_")}
    source = str(Path(wfadmin.__file__).parents[1])
    return {**kept, "HOME": str(tmp_path), "PYTHONPATH": source}


Process = subprocess.Popen[str]


@pytest.fixture
def started(environment: dict[str, str]) -> Iterator[Callable[..., tuple[Process, str]]]:
    """Start the command as a process, and give where it listens."""
    running: list[Process] = []

    def start(*options: str, **more: Any) -> tuple[Process, str]:  # noqa: ANN401 - handed on
        words = [sys.executable, "-m", "wfadmin.cli", "serve", "--port", "0", *options]
        process = subprocess.Popen(
            words,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **more,
        )
        running.append(process)
        assert process.stderr is not None
        for line in process.stderr:
            told = json.loads(line)
            if told["event"] == "serve.listening":
                assert told["pid"] == process.pid
                return process, told["url"]
        message = "it does not listen"
        raise EOFError(message)

    yield start
    for one in running:
        one.kill()
        one.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_process_that_is_told_to_stop_exits_0_and_tells_no_stack(
    started: Callable[..., tuple[Process, str]], number: signal.Signals
) -> None:
    process, url = started("--engine", "memory", ANYBODY, "-o", "json")
    base = f"{url}/api/v1/engines/default"
    assert httpx.post(f"{base}/doctor", json={}, trust_env=False).status_code == 200
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, json.loads(out)["stopped"]) == (0, True)
    lines = [json.loads(line)["event"] for line in err.splitlines()]
    assert lines[-2:] == ["serve.stopping", "serve.stopped"]


def test_a_log_that_nobody_reads_any_more_stops_nothing(
    started: Callable[..., tuple[Process, str]],
) -> None:
    process, url = started("--engine", "memory", ANYBODY)
    assert process.stderr is not None
    process.stderr.close()
    for _ in range(3):
        answer = httpx.post(f"{url}/api/v1/engines/default/doctor", json={}, trust_env=False)
        assert answer.status_code == 200
    process.terminate()
    assert process.stdout is not None
    assert (process.wait(PATIENCE), process.stdout.read()) == (0, "Stopped after 3 requests.\n")


def test_a_process_without_stderr_serves_too(environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    words = [sys.executable, "-m", "wfadmin.cli", "serve", "--engine", "memory", ANYBODY]
    with subprocess.Popen(
        ["/bin/sh", "-c", 'exec "$@" 2>&-', "sh", *words, "--port", str(port)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            wait_for_answer(f"http://127.0.0.1:{port}/healthz")
            process.terminate()
            out, _ = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    assert (process.returncode, out) == (0, "Stopped after 1 request.\n")


def wait_for_answer(url: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            assert httpx.get(url, trust_env=False).status_code == 200
        except httpx.ConnectError:
            time.sleep(0.02)
        else:
            return
    message = f"{url} does not answer"
    raise TimeoutError(message)
