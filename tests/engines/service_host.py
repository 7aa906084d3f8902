"""A process that serves some of the test services on a free port of the loopback interface."""

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

PROGRAM = Path(__file__).with_name("services.py")


class ServiceHost:
    """One place that serves revisions of services; use it with `with`, or call `stop`."""

    def __init__(self, *services: str, revision: str = "1") -> None:
        self.services = services
        self.revision = revision
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed by stop
        with socket.socket() as listener:
            # Bound and listening here, so that the port is ours before the process is up.
            listener.bind(("127.0.0.1", 0))
            listener.listen(100)
            self.port: int = listener.getsockname()[1]
            self._process = self._spawn(listener.fileno())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where the engine reaches it."""
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        """Stop serving at once. May be called twice."""
        # No SIGTERM: hypercorn waits for the connections that the engine keeps open.
        self._process.kill()
        self._process.wait()
        self._log.close()

    def log(self) -> str:
        """Give what it printed."""
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    def _spawn(self, descriptor: int) -> subprocess.Popen[bytes]:
        flags = ["--fd", str(descriptor), "--revision", self.revision]
        return subprocess.Popen(
            [sys.executable, str(PROGRAM), *flags, *self.services],
            pass_fds=[descriptor],
            env={name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
