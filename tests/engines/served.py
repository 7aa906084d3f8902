"""
`wfadmin serve` as a process, with files of its own, and what stands between it and the engine.

    with Served(office, lab.server) as served, served.client("ada") as client:
        client.post("doctor", json={})
    office.records()

Nothing here sleeps to let something happen: everything that is waited for shows itself.
"""

import functools
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from subprocess import Popen
from types import TracebackType
from typing import Any, Protocol, Self

import httpx

from tests.engines.command import wfadmin_says
from tests.engines.waiting import DEADLINE_SECONDS, wait_until

ROOT = Path(__file__).parents[2]
BASE = "/api/v2/admin/operator/restate"
READ, OPERATE = "system:read", "system:operate"
STOP_SECONDS = 20.0
# Where nobody listens: the discard port of this host.
NOWHERE = "http://127.0.0.1:9"

# The command, on a machine whose clock is ahead of the one that began a write. An open write is
# told from a running one by its age alone, and no test waits for that.
LATER = """
import sys
from datetime import timedelta
from tests.engines.desk import ClockAhead
from wfadmin.adapters.audit_sqlite import SqliteAuditLog
from wfadmin.cli import main
made = SqliteAuditLog.__init__
def on_this_machine(log, *args, **options):
    made(log, *args, **options | {"clock": ClockAhead(timedelta(minutes=3))})
SqliteAuditLog.__init__ = on_this_machine
sys.exit(main())
"""

Record = dict[str, Any]


class Engine(Protocol):
    """Where an engine is reached: a server, or a proxy before one."""

    @property
    def admin_url(self) -> str: ...

    @property
    def ingress_url(self) -> str: ...


@functools.cache
def staff() -> tuple[str, dict[str, str]]:
    """Make the keys of an operator, of another one and of a reader, once: a file and the keys."""
    with tempfile.TemporaryDirectory(prefix="wf-") as folder:
        file = Path(folder, "keys.json")
        keys = {}
        for name, permission in (("ada", OPERATE), ("bo", OPERATE), ("rosa", READ)):
            words = ("--keys-file", str(file), "--name", name, "--permission", permission)
            code, made = wfadmin_says("keys", "new", *words)
            assert (code, made["name"]) == (0, name)
            keys[name] = str(made["key"])
        return file.read_text(encoding="utf-8"), keys


class Office:
    """The files of a host: keys of its staff, the audit log, and the folder of its state."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "state"
        self.log = folder / "audit.sqlite"
        self.keys_file = folder / "keys.json"
        text, self.keys = staff()
        self.keys_file.touch(mode=0o600)
        self.keys_file.write_text(text, encoding="utf-8")

    def records(self, *words: str) -> list[Record]:
        """Read the audit log with the command, oldest record first."""
        # A line that is no record would be complained of, and nothing is.
        code, found = wfadmin_says("audit", "list", *self._named(), "--limit", "1000", *words)
        assert code == 0
        records: list[Record] = found
        return records

    def close(self, intent_id: str, reason: str) -> Record:
        """Say by command how an open write ended."""
        words = (intent_id, *self._named(), "--reason", reason, "--actor", "ada")
        code, closed = wfadmin_says("audit", "close", *words)
        assert code == 0
        record: Record = closed["record"]
        return record

    def is_whole(self) -> bool:
        """Ask SQLite whether the file of the log is sound."""
        with closing(sqlite3.connect(self.log)) as connection:
            return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]

    def _named(self) -> tuple[str, str]:
        return ("--audit-log", f"sqlite:{self.log}")


def argument(record: Record, name: str) -> str | None:
    """Look up one argument of a record."""
    return next((one["value"] for one in record["arguments"] if one["name"] == name), None)


class Served:
    """The command as a process; use it with `with`. It listens when `with` begins."""

    def __init__(self, office: Office, engine: Engine, *, is_later: bool = False) -> None:
        self.url = ""
        self._keys = office.keys
        self._log = office.log.with_name(f"serve-{os.urandom(4).hex()}.log")
        program = ["-c", LATER] if is_later else ["-m", "wfadmin.cli"]
        self._command = [sys.executable, *program, "serve", "--engine", "restate"]
        self._command += ["--admin-url", engine.admin_url, "--ingress-url", engine.ingress_url]
        self._command += ["--keys-file", str(office.keys_file), "--port", "0"]
        self._command += ["--audit-log", f"sqlite:{office.log}"]
        kept = {n: v for n, v in os.environ.items() if not n.startswith("WFADMIN_")}
        self._environment = kept | {"XDG_STATE_HOME": str(office.state)}
        self._process: Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            self._process = Popen(
                self._command,
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        try:
            self.url = str(self.event("serve.listening")["url"]).rstrip("/")
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if failure is not None:
            failure.add_note(f"wfadmin serve said:\n{self.said()}")
        self.kill()

    def client(self, name: str | None) -> httpx.Client:
        """Make a client of the routes for one of the staff, or for nobody."""
        headers = {} if name is None else {"x-api-key": self._keys[name]}
        return httpx.Client(
            base_url=f"{self.url}{BASE}/", headers=headers, timeout=30, trust_env=False
        )

    def event(self, name: str) -> dict[str, Any]:
        """Wait until it has told an event, and give that."""

        def look() -> list[dict[str, Any]]:
            # In this order: what it told before it ended is there.
            is_over = not self.is_running()
            found = [one for one in self.events() if one["event"] == name]
            if is_over and not found:
                message = f"wfadmin serve ended, and never told {name}\n{self.said()}"
                raise RuntimeError(message)
            return found

        return wait_until(look, what=f"wfadmin serve tells {name}", explain=self.said)[0]

    def events(self) -> list[dict[str, Any]]:
        """Give what it told so far: each line that is complete."""
        said = self.said()
        try:
            lines = said.splitlines(keepends=True)
            return [json.loads(line) for line in lines if line.endswith("\n")]
        except json.JSONDecodeError:
            message = f"wfadmin serve said what is no line of JSON:\n{said}"
            raise AssertionError(message) from None

    def said(self) -> str:
        """Give what it wrote to stderr."""
        return self._log.read_text(encoding="utf-8") if self._log.exists() else ""

    def is_running(self) -> bool:
        """Say whether the process is still there."""
        return self._process is not None and self._process.poll() is None

    def is_open(self) -> bool:
        """Say whether it still takes connections."""
        url = httpx.URL(self.url)
        with socket.socket() as probe:
            return probe.connect_ex((url.host, url.port or 0)) == 0

    def terminate(self) -> None:
        """Ask it to stop."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)

    def exit_code(self) -> int:
        """Wait until it has ended, and give its exit code."""
        assert self._process is not None
        try:
            return self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            message = f"wfadmin serve did not end within {STOP_SECONDS:g} s\n{self.said()}"
            raise TimeoutError(message) from None

    def kill(self) -> None:
        """End it at once, by SIGKILL. May be called twice."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


class Proxy:
    """
    Hands on what a server and an engine say to each other, and holds what it is told to hold.

    The engine has to listen on a unix socket.

    `hold_request` and `hold_answer` take the end of a request line, such as `/purge`: the first
    such request, or its answer, goes no further until `release` or `drop`.
    """

    def __init__(self, engine: Engine) -> None:
        self.ingress_url = engine.ingress_url
        #: `METHOD path` of every request that the engine got, in the order in which it got them.
        self.requests: list[str] = []
        self._to = engine.admin_url.removeprefix("unix://")
        self._held = threading.Event()
        self._let_go = threading.Event()
        self._is_dropped = False
        self._what: tuple[str, str] | None = None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.admin_url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._open: list[socket.socket] = []

    def __enter__(self) -> Self:
        _in_background(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self.drop()
        _close(self._listener)
        for one in list(self._open):
            _close(one)

    def hold_request(self, ending: str) -> None:
        """Hold the next request of this ending before the engine gets it."""
        self._what = ("request", ending)

    def hold_answer(self, ending: str) -> None:
        """Hold the answer to the next request of this ending: the engine has done it."""
        self._what = ("answer", ending)

    def until_held(self, explain: Callable[[], str]) -> None:
        """Wait until something is held."""
        if not self._held.wait(DEADLINE_SECONDS):
            message = f"nothing to hold came: {self.requests}\n{explain()}"
            raise TimeoutError(message)

    def release(self) -> None:
        """Let what is held go on."""
        self._let_go.set()

    def drop(self) -> None:
        """Let what is held never arrive."""
        self._is_dropped = True
        self._let_go.set()

    def _accept(self) -> None:
        while True:
            try:
                ours, _ = self._listener.accept()
            except OSError:
                return  # closed
            engine = socket.socket(socket.AF_UNIX)
            self._open += [ours, engine]
            with suppress(OSError):
                engine.connect(self._to)
                _Line(self, ours, engine).start()

    def pass_request(self, line: str) -> bool:
        """Say whether a request goes to the engine, when it is its turn."""
        if self._is_meant("request", line) and not self._hold():
            return False
        self.requests.append(line)
        return True

    def pass_answer(self, line: str) -> bool:
        """Say whether the answer to a request goes back, when it is its turn."""
        return not self._is_meant("answer", line) or self._hold()

    def _is_meant(self, side: str, line: str) -> bool:
        return self._what is not None and self._what[0] == side and line.endswith(self._what[1])

    def _hold(self) -> bool:
        self._what = None
        self._held.set()
        self._let_go.wait()
        return not self._is_dropped


class _Line:
    """One connection from the server to the engine: requests and answers take turns on it."""

    def __init__(self, proxy: Proxy, ours: socket.socket, engine: socket.socket) -> None:
        self._proxy = proxy
        self._ours = ours
        self._engine = engine
        self._last = ""

    def start(self) -> None:
        _in_background(lambda: self._hand_on(self._ours, self._engine, self._is_request_passed))
        _in_background(lambda: self._hand_on(self._engine, self._ours, self._is_answer_passed))

    def _hand_on(
        self, source: socket.socket, target: socket.socket, passes: Callable[[bytes], bool]
    ) -> None:
        with suppress(OSError):
            while (data := source.recv(65536)) and passes(data):
                target.sendall(data)
        _close(source)
        _close(target)

    def _is_request_passed(self, data: bytes) -> bool:
        # Our client writes the head of a request at once, and its body after it.
        head = data.partition(b"\r\n")[0].decode("latin-1")
        if not head.endswith(" HTTP/1.1"):
            return True
        self._last = head.removesuffix(" HTTP/1.1")
        return self._proxy.pass_request(self._last)

    def _is_answer_passed(self, _: bytes) -> bool:
        line, self._last = self._last, ""
        return self._proxy.pass_answer(line)


def _in_background(work: Callable[[], None]) -> None:
    threading.Thread(target=work, daemon=True).start()


def _close(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
