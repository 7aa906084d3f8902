"""The recovery of the README that is not safe: its test file, and what pytest says about it."""

import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).resolve().parents[2] / "README.md"
MOST_LINES = 20


def section() -> str:
    """What the README says of it."""
    return README.read_text().split("## Is your own recovery safe?")[1].split("\n## ")[0]


def block(language: str) -> str:
    """The one block of that language in it."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", section(), flags=re.DOTALL)
    return str(found)


def test_it_is_short() -> None:
    lines = [line for line in block("python").splitlines() if line.strip()]
    assert len(lines) < MOST_LINES


def test_pytest_finds_the_bug_in_it_and_tells_the_story(tmp_path: Path) -> None:
    (tmp_path / "test_recovery.py").write_text(block("python"))
    # Outside of this project, as a reader has it.
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_recovery.py"]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, text=True)

    said = [line.removeprefix("E").strip() for line in done.stdout.splitlines() if line[:1] == "E"]
    told = [line.strip() for line in block("pytest").splitlines()]
    assert done.returncode == 1
    assert [line.removeprefix("AssertionError: ") for line in said] == told
