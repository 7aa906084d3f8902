"""The real command, run on a real server."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.engines.restate_server import RestateServer


def wfadmin_says(*words: str, state: Path | None = None) -> tuple[int, Any]:
    """Run the real command on a state folder of its own; give its exit code and its document."""
    environment = {n: v for n, v in os.environ.items() if not n.startswith("WFADMIN_")}
    with tempfile.TemporaryDirectory(prefix="wf-") as fresh:
        environment["XDG_STATE_HOME"] = fresh if state is None else str(state)
        return _run(words, environment)


def _run(words: tuple[str, ...], environment: dict[str, str]) -> tuple[int, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "wfadmin.cli", *words, "-o", "json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=environment,
    )
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


def target(server: RestateServer) -> tuple[str, ...]:
    return ("--admin-url", server.admin_url, "--ingress-url", server.ingress_url)
