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


def test_the_readme_shows_what_the_program_says() -> None:
    samples = ROOT / "tests/cli/samples"
    said = "".join((samples / name).read_text("utf-8") for name in ("demo.txt", "repairs.txt"))
    blocks = (ROOT / "README.md").read_text("utf-8").split("```text\n")[1:]

    assert [one for one in blocks if one.split("\n```")[0] not in said] == []
