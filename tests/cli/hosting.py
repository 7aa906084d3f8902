"""
`wfadmin serve` in this process: the command in the main thread, and somebody who calls it.

    def visit(site: Site) -> None:
        site.client(key).post("doctor", json={})

    served = serve(monkeypatch, visit, *LAB, "--keys-file", "keys.json")
"""

import io
import json
import os
import signal
import ssl
import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import anyio
import attrs
import httpx
import pytest
from typing_extensions import override

from wfadmin.cli import main

__all__ = ["BASE", "PATIENCE", "Served", "Site", "new_key", "serve", "until"]

BASE = "/api/v2/admin/operator/workflow-engine/"
PATIENCE = 20


class Log(io.StringIO):
    """Stderr, where another thread waits for lines."""

    def __init__(self) -> None:
        super().__init__()
        self._news = threading.Condition()
        self._is_over = False

    @override
    def write(self, text: str, /) -> int:
        with self._news:
            count = super().write(text)
            self._news.notify_all()
        return count

    def end(self) -> None:
        """Nothing more will come."""
        with self._news:
            self._is_over = True
            self._news.notify_all()

    def events(self, name: str | None = None) -> list[dict[str, Any]]:
        """Give the events that were told so far; those of one name, if it is given."""
        told = [json.loads(line) for line in self.getvalue().splitlines() if line[:1] == "{"]
        return [one for one in told if name in (None, one["event"])]

    def wait_for(self, name: str) -> dict[str, Any]:
        """Wait until an event is told, and give it."""
        with self._news:
            if not self._news.wait_for(lambda: self.events(name) or self._is_over, PATIENCE):
                message = f"no {name} came"
                raise TimeoutError(message)
        found = self.events(name)
        if not found:
            message = f"it ended without {name}"
            raise EOFError(message)
        return found[0]


@attrs.frozen(eq=False)
class Site:
    """What somebody knows who calls it."""

    log: Log
    url: str
    clients: ExitStack = attrs.field(factory=ExitStack)

    def client(
        self,
        key: str | None = None,
        *,
        path: str = BASE,
        tls: ssl.SSLContext | bool = True,
        **headers: str,
    ) -> httpx.Client:
        """Make a client of the routes below `path`. It is closed when the visit is over."""
        proof = {} if key is None else {"x-api-key": key}
        made = httpx.Client(
            base_url=f"{self.url}{path}",
            headers=proof | headers,
            verify=tls,
            timeout=PATIENCE,
            trust_env=False,
        )
        return self.clients.enter_context(made)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Tell the process to stop."""
        os.kill(os.getpid(), number)


@attrs.frozen
class Served:
    """
    How it ended, and what was said on the way.

    Attributes:
        leaves_signals: Whether signals mean what they meant before.
    """

    code: int
    out: str
    log: Log
    leaves_signals: bool

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


def serve(
    monkeypatch: pytest.MonkeyPatch,
    visit: Callable[[Site], None],
    *options: str,
    stops: bool = True,
) -> Served:
    """
    Run the command until the visit is over.

    Args:
        stops: Whether it is told to stop then; else the visitor has to have done that.
    """
    log, out = Log(), io.StringIO()
    monkeypatch.setattr("sys.stderr", log)
    monkeypatch.setattr("sys.stdout", out)
    failures: list[BaseException] = []

    def call() -> None:
        try:
            site = Site(log, log.wait_for("serve.listening")["url"])
            is_done = False
            try:
                with site.clients:
                    visit(site)
                is_done = True
            finally:
                if stops or not is_done:
                    site.stop()
        except EOFError:
            pass  # the test sees why it did not begin
        except BaseException as failure:  # noqa: BLE001 - it is raised again below
            failures.append(failure)

    visitor = threading.Thread(target=call)
    # A signal that comes too late must not end the tests.
    before = {one: signal.signal(one, _ignore) for one in (signal.SIGTERM, signal.SIGINT)}
    try:
        visitor.start()
        free = () if "--port" in options else ("--port", "0")
        code = main(["serve", *free, *options])
        left = all(signal.getsignal(number) is _ignore for number in before)
    finally:
        log.end()
        visitor.join(PATIENCE)
        for number, handler in before.items():
            signal.signal(number, handler)
    for failure in failures:
        raise failure
    return Served(code, out.getvalue(), log, left)


def _ignore(*_: object) -> None:
    pass


async def until(event: threading.Event) -> None:
    """Wait for another thread, and let everything else of this one go on."""
    while not event.is_set():  # noqa: ASYNC110 - another thread sets it
        await anyio.sleep(0.01)


def new_key(
    capsys: pytest.CaptureFixture[str],
    *options: str,
    file: str = "keys.json",
    permissions: tuple[str, ...] = ("system:read", "system:operate"),
) -> str:
    """Make a key, as an operator does, and give it."""
    permitted = [word for one in permissions for word in ("--permission", one)]
    words = ["keys", "new", "--keys-file", file, "--name", "ci", *permitted, *options]
    assert main([*words, "-o", "json"]) == 0
    return str(json.loads(capsys.readouterr().out)["key"])
