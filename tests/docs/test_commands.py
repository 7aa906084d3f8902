"""The README gives one command that tests everything, CI runs just that, and it shows the demo."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMAND = "python3 -m venv .venv && .venv/bin/pip install -q nox uv && .venv/bin/nox"


def lines_of(name: str) -> list[str]:
    return [line.strip() for line in (ROOT / name).read_text(encoding="utf-8").splitlines()]


def test_the_readme_gives_the_command() -> None:
    assert COMMAND in lines_of("README.md")


def test_ci_runs_the_command_of_the_readme() -> None:
    assert COMMAND in lines_of(".ci/run")


def test_the_readme_shows_the_first_act_of_the_demo() -> None:
    shown = (ROOT / "README.md").read_text(encoding="utf-8").split("```text\n")[1].split("```")[0]
    played = (ROOT / "tests/cli/samples/demo.txt").read_text(encoding="utf-8")

    assert shown in played
