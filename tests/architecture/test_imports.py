"""Imports point inward: the contracts that pyproject.toml states are kept."""

import subprocess
import sys

from tests.architecture.source import ROOT


def test_every_import_contract_is_kept() -> None:
    # In a process of its own: it sets logging up, and switches every logger off that is there.
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(
        [sys.executable, "-c", code, "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
