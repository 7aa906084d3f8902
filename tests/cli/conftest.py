"""No test of the command line meets the files and variables of whoever runs it."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

__all__ = ["document"]


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    for name in [name for name in os.environ if name.startswith("WFADMIN_")]:
        if name != "WFADMIN_WRITE_SAMPLES":
            monkeypatch.delenv(name)


def document(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The one document on stdout; stderr has to be empty."""
    out, err = capsys.readouterr()
    assert err == ""
    found: dict[str, Any] = json.loads(out)
    return found
