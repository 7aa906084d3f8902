"""
A real Restate server, started for a test and gone after it.

One partition, a folder of its own, on unix sockets or on TCP ports of the loopback interface.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import httpx

from tests.engines.waiting import wait_until

Listen = Literal["unix", "tcp"]
Row = dict[str, Any]

START_SECONDS = 30.0
STOP_SECONDS = 5.0
LOG_TAIL_LINES = 25
# A TCP port that was free can be taken before the server binds it.
START_ATTEMPTS = 3
READY_QUERY = "select count(*) as n from sys_invocation_status"


class RestateServer:
    """One server process; use it with `with`, or call `start` and `stop`."""

    def __init__(self, binary: Path, *, version: str, listen: Listen = "unix") -> None:
        self.binary = binary
        self.version = version
        self.listen: Listen = listen
        self.admin_url = ""
        self.ingress_url = ""
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._clients: dict[str, httpx.Client] = {}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def admin(self) -> httpx.Client:
        """A client of the admin API."""
        return self._clients["admin"]

    @property
    def ingress(self) -> httpx.Client:
        """A client of the ingress."""
        return self._clients["ingress"]

    def start(self) -> None:
        """Start it, and return when it answers questions about real tables."""
        for attempt in range(1, START_ATTEMPTS + 1):
            try:
                self._start_once()
            except BaseException as failure:
                self.stop()
                if not isinstance(failure, _EndedEarlyError) or attempt == START_ATTEMPTS:
                    raise
            else:
                return

    def stop(self) -> None:
        """Stop it, by force if it does not go, and remove its folder. May be called twice."""
        for client in self._clients.values():
            client.close()
        self._clients = {}
        process, self._process = self._process, None
        if process is not None:
            end(process)
        folder, self._folder = self._folder, None
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)

    def query(self, sql: str) -> list[Row]:
        """Ask in SQL. Null columns are absent from a row."""
        answer = self.admin.post("/query", json={"query": sql})
        if answer.status_code != httpx.codes.OK:
            message = f"{sql!r}: {answer.status_code} {answer.text}"
            raise AssertionError(message)
        rows: list[Row] = answer.json()["rows"]
        return rows

    def log_tail(self) -> str:
        """Give the last lines of its log."""
        log = self._log()
        if log is None or not log.exists():
            return "(no log)"
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-LOG_TAIL_LINES:])

    def _log(self) -> Path | None:
        return self._folder / "log" if self._folder is not None else None

    def _start_once(self) -> None:
        # Socket paths over 107 bytes fail in odd ways: a short folder, not pytest's.
        self._folder = folder = Path(tempfile.mkdtemp(prefix="wf-"))
        environment = own_environment(folder)
        if self.listen == "unix":
            self._connect_by_sockets(folder / "n")
        else:
            environment |= self._connect_by_ports()
        command = [str(self.binary), "--no-logo", "--listen-mode", self.listen]
        with (folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        wait_until(
            self._is_ready,
            what=f"Restate {self.version} is ready",
            deadline=START_SECONDS,
            explain=self.log_tail,
        )

    def _sockets(self) -> list[Path]:
        urls = (self.admin_url, self.ingress_url)
        return [Path(url.removeprefix("unix://")) for url in urls]

    def _connect_by_sockets(self, folder: Path) -> None:
        for side in ("admin", "ingress"):
            path = folder / f"{side}.sock"
            transport = httpx.HTTPTransport(uds=str(path))
            self._clients[side] = client_of("http://localhost", transport)
        self.admin_url = f"unix://{folder / 'admin.sock'}"
        self.ingress_url = f"unix://{folder / 'ingress.sock'}"

    def _connect_by_ports(self) -> dict[str, str]:
        node, admin, ingress = (f"127.0.0.1:{port}" for port in free_ports(3))
        self.admin_url, self.ingress_url = f"http://{admin}", f"http://{ingress}"
        for side, url in (("admin", self.admin_url), ("ingress", self.ingress_url)):
            self._clients[side] = client_of(url, httpx.HTTPTransport())
        return {
            "RESTATE_BIND_ADDRESS": node,
            "RESTATE_ADVERTISED_ADDRESS": f"http://{node}",
            "RESTATE_ADMIN__BIND_ADDRESS": admin,
            "RESTATE_ADMIN__ADVERTISED_ADMIN_ENDPOINT": f"http://{admin}",
            "RESTATE_INGRESS__BIND_ADDRESS": ingress,
            "RESTATE_INGRESS__ADVERTISED_INGRESS_ENDPOINT": f"http://{ingress}",
        }

    def _is_ready(self) -> bool:
        process = self._process
        if process is None or process.poll() is not None:
            message = f"Restate {self.version} ended at its start\n{self.log_tail()}"
            raise _EndedEarlyError(message)
        # httpx leaks its socket where nothing listens on a unix path: look before asking.
        if self.listen == "unix" and not all(map(listens, self._sockets())):
            return False
        try:
            healthy = self.admin.get("/health").status_code == httpx.codes.OK
            serving = self.ingress.get("/restate/health").status_code == httpx.codes.OK
            answer = self.admin.post("/query", json={"query": READY_QUERY})
        except httpx.TransportError:
            return False
        return healthy and serving and answer.status_code == httpx.codes.OK


class _EndedEarlyError(RuntimeError):
    """The server process ended before it was ready."""


def own_environment(folder: Path) -> dict[str, str]:
    """Make an environment in which only our own settings speak to the server."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith("RESTATE_") and not name.upper().endswith("_PROXY")
    }
    return kept | {
        "RESTATE_BASE_DIR": str(folder),
        "RESTATE_NODE_NAME": "n",
        "RESTATE_DEFAULT_NUM_PARTITIONS": "1",
        "RESTATE_LOG_DISABLE_ANSI_CODES": "true",
        "DO_NOT_TRACK": "1",
    }


def client_of(url: str, transport: httpx.HTTPTransport) -> httpx.Client:
    """Make a client that asks for plain JSON."""
    headers = {"accept": "application/json", "accept-encoding": "identity", "connection": "close"}
    return httpx.Client(
        base_url=url, transport=transport, headers=headers, timeout=30, trust_env=False
    )


def listens(path: Path) -> bool:
    """Say whether somebody accepts connections on a unix socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def free_ports(count: int) -> list[int]:
    """Find TCP ports of the loopback interface that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process of ours: ask, then force."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(STOP_SECONDS)
