"""`wfadmin contract`, from what is typed to what is printed and the exit code."""

import sys
from pathlib import Path

import pytest

from tests.cli.conftest import document
from wfadmin.cli import main
from wfadmin.testing import clauses

MEMORY = "wfadmin.testing.memory:subject"
BROKEN = """
from wfadmin.adapters.memory import Point
from wfadmin.testing import Subject, wrapped
from wfadmin.testing.memory import MemoryDriver


def subject():
    driver = MemoryDriver()

    async def around(call, proceed):
        return () if call.point is Point.FOR_KEY else await proceed()

    return Subject(lambda settings: wrapped(driver.connect(settings), around), driver, DEVIATIONS)


def no_subject():
    return 42
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("home_grown", "half_written"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return tmp_path


def home_grown(here: Path, deviations: str = "{}") -> str:
    (here / "home_grown.py").write_text(f"{BROKEN}\nDEVIATIONS = {deviations}\n")
    return "home_grown:subject"


@pytest.fixture(autouse=True)
def _forgotten() -> None:
    sys.modules.pop("home_grown", None)


def test_the_engine_in_memory_keeps_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["contract", MEMORY, "--contract", "1", "-o", "json"]) == 0

    found = document(capsys)
    assert found["subject"] == MEMORY
    assert found["contract"] == 1
    assert found["kept"] is True
    assert [one["id"] for one in found["clauses"]] == [one.id for one in clauses(contract=1)]
    assert found["counts"]["passed"] == sum(one["outcome"] == "passed" for one in found["clauses"])


def test_an_adapter_in_the_working_directory_that_breaks_a_rule_ends_with_3(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["contract", home_grown(here), "--only", "IS-01", "-o", "json"]) == 3

    found = document(capsys)
    assert found["kept"] is False
    (clause,) = found["clauses"]
    assert clause["id"] == "IS-01"
    assert clause["port"] == "InvocationStore"
    assert clause["outcome"] == "broken"
    assert clause["reason"] == "a key with one main run reads as 0 of them"


def test_a_person_reads_each_clause_and_what_was_seen(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["contract", home_grown(here), "--only", "IS-01"]) == 3

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("IS-01  broken")
    assert lines[1].strip() == "a key with one main run reads as 0 of them"
    assert lines[-1] == "Contract 1 is NOT kept: 1 broken."


def test_a_person_reads_one_line_for_what_passed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["contract", MEMORY, "--only", "IC-03"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "IC-03  passed           a kill ends a running run",
        "",
        "Contract 1 is kept: 1 passed.",
    ]


def test_a_known_deviation_is_tolerated_and_shown(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = home_grown(here, '{"IS-01": "see ticket 7"}')

    assert main(["contract", place, "--only", "IS-01"]) == 0
    assert "see ticket 7" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ([MEMORY, "--contract", "7"], "there are versions 1 to 1, and no 7"),
        ([MEMORY, "--only", "ZZ"], "no clause has such an id"),
        (["nothing"], "it is not written so"),
        (["no_such_module:subject"], "No module named 'no_such_module'"),
        ([f"{MEMORY}s"], "the module has no function of that name"),
        (["home_grown:no_subject"], "it gives int, not wfadmin.testing.Subject"),
        (["half_written:subject"], "the module cannot be imported: SyntaxError"),
    ],
    ids=str,
)
def test_what_cannot_be_examined_is_a_misuse(
    here: Path, words: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    home_grown(here)
    (here / "half_written.py").write_text("def subject(:\n")

    assert main(["contract", *words]) == 2
    assert problem in capsys.readouterr().err


def test_a_deviation_from_a_clause_that_is_not_there_is_refused(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["contract", home_grown(here, '{"IS-99": "typo"}')]) == 2
    assert "this contract has no clause IS-99" in capsys.readouterr().err
