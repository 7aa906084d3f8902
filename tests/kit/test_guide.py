"""The adapter of docs/adapters.md keeps the contract, is as small as it says, and can be used."""

import sys
import tomllib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import document
from tests.kit import guide
from tests.kit.results import assert_report_as_recorded
from wfadmin.cli import main
from wfadmin.commands import Kill
from wfadmin.domain.capabilities import Capabilities, EngineFacts
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import InvocationStatus
from wfadmin.errors import EngineUnreachable, Sent, UnexpectedAnswer
from wfadmin.ports import Engine, EngineSettings
from wfadmin.testing import Bench, Clause, Outcome, clauses, examine

TEXT = guide.PAGE.read_text(encoding="utf-8")
Namespace = dict[str, Any]


@pytest.fixture(scope="module")
def page() -> Iterator[Namespace]:
    with guide.namespace(TEXT) as found:
        yield found


# --- the contract --------------------------------------------------------------------------------


@pytest.mark.asyncio
@pytest.mark.parametrize("clause", clauses(contract=1), ids=str)
async def test_the_adapter_of_the_guide_keeps_the_contract(
    clause: Clause[Bench], page: Namespace
) -> None:
    verdict = await examine(clause, page["subject"]())

    assert not verdict.outcome.fails, str(verdict)


def test_the_guide_names_every_clause_that_does_not_pass_with_its_reason(page: Namespace) -> None:
    report = guide.report_on(page["subject"])

    assert_report_as_recorded("sqlite", report)
    assert guide.between(TEXT, guide.TABLE) == guide.table(report)


@pytest.mark.asyncio
async def test_the_test_of_the_guide_runs_every_clause(page: Namespace) -> None:
    test: Callable[..., Awaitable[None]] = page["test_mill_keeps_the_contract"]
    (marked,) = (one for one in test.pytestmark if one.name == "parametrize")  # type: ignore[attr-defined]
    first = clauses(contract=1)[0]

    assert marked.args == ("clause", clauses(contract=1))
    await test(first)
    with pytest.raises(pytest.skip.Exception, match="no ingress"):
        await test(next(one for one in clauses(contract=1) if one.id == "AD-01"))


@pytest.mark.asyncio
async def test_the_deviation_of_the_guide_is_stale_as_it_says(page: Namespace) -> None:
    subject = page["subject_with_a_deviation"]()
    (broken,) = subject.deviations
    (clause,) = (one for one in clauses(contract=1) if one.id == broken)

    assert clause.rule == "a hostile id hits nothing"
    assert (await examine(clause, subject)).outcome is Outcome.STALE_DEVIATION


CARELESS = {
    "no fence in the SQL": (
        "where id = ? and run_number = ? and status",
        "where id = ? and ? is not 0 and status",
        "an atomic fence keeps every command from a later run of the same id",
    ),
    "a lost answer taken for not sent": (
        "if write and is_sent:",
        "if not self.address:",
        "a command whose answer is lost is unknown, and not sent again",
    ),
    "only what SQLite raises is translated": (
        "except Exception as error:",
        "except sqlite3.Error as error:",
        "an answer that is not understood is never a list of services",
    ),
    "a version that is not compared": (
        "if stored(key, connection).version != expected_version:",
        "if expected_version is None:",
        "with a fence, a clear leaves other content alone than its version names",
    ),
    "values where none were asked for": (
        "return found if values else KeyedState(names)",
        "return found",
        "a read without values gives names and sizes, and neither values nor a version",
    ),
}


@pytest.mark.asyncio
@pytest.mark.parametrize(("right", "wrong", "rule"), CARELESS.values(), ids=CARELESS.keys())
async def test_a_careless_copy_of_the_adapter_is_found_out(
    right: str, wrong: str, rule: str
) -> None:
    (clause,) = (one for one in clauses(contract=1) if one.rule == rule)
    assert TEXT.count(right) == 1

    with guide.namespace(TEXT.replace(right, wrong)) as found:
        verdict = await examine(clause, found["subject"]())

    assert verdict.outcome is Outcome.BROKEN, str(verdict)


# --- what SQLite can do to it --------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path, page: Namespace) -> Path:
    path = tmp_path / "mill.db"
    path.touch()
    with closing(page["open_mill"](path, 5)) as connection:
        connection.executescript(page["SCHEMA"])
    return path


def engine_on(file: Path, page: Namespace) -> Engine:
    settings = EngineSettings(f"sqlite://{file}", timeout=timedelta(milliseconds=20))
    engine: Engine = page["connect"](settings)
    return engine


def let(file: Path, page: Namespace, *statements: str) -> None:
    with closing(page["open_mill"](file, 5)) as connection:
        for statement in statements:
            connection.execute(statement)


A_RUN = "insert into runs (id, service, key, handler, status) values ('i', 'S', 'k', 'run', '{}')"


@pytest.mark.asyncio
async def test_of_a_version_that_nobody_saw_nothing_is_promised(
    file: Path, page: Namespace
) -> None:
    known = await engine_on(file, page).facts()
    let(file, page, "pragma user_version = 4")

    assert known.capabilities == page["CAPABILITIES"]
    assert await engine_on(file, page).facts() == EngineFacts("4", Capabilities())


@pytest.mark.asyncio
async def test_a_word_that_nobody_knows_is_unknown_and_no_end(file: Path, page: Namespace) -> None:
    let(file, page, A_RUN.format("exploded"))

    (run,) = await engine_on(file, page).invocations.for_key(WorkflowKey("S", "k"))

    assert (run.status, run.engine_status) == (InvocationStatus.UNKNOWN, "exploded")
    assert run.outcome is None


@pytest.mark.asyncio
async def test_a_file_that_is_no_database_is_not_understood(file: Path, page: Namespace) -> None:
    file.write_text("<html>" * 1000)  # noqa: ASYNC240 - nobody waits

    with pytest.raises(UnexpectedAnswer):
        await engine_on(file, page).admin.probe_admin()


@pytest.mark.asyncio
async def test_a_write_that_waits_for_a_lock_too_long_was_not_sent(
    file: Path, page: Namespace
) -> None:
    let(file, page, A_RUN.format("working"))
    engine = engine_on(file, page)
    (run,) = await engine.invocations.for_key(WorkflowKey("S", "k"))
    assert engine.control is not None

    with closing(page["open_mill"](file, 5)) as somebody:
        somebody.execute("begin immediate")
        with pytest.raises(EngineUnreachable, match="locked") as caught:
            await engine.control.perform(Kill(run.ref))

    assert caught.value.sent is Sent.NO
    assert await engine.invocations.for_key(WorkflowKey("S", "k")) == (run,)


# --- its size ------------------------------------------------------------------------------------


def test_the_adapter_is_under_150_lines_of_python() -> None:
    assert 0 < guide.size("adapter", TEXT) < 150


def test_the_guide_says_how_long_adapter_and_driver_are() -> None:
    assert guide.between(TEXT, guide.COUNTS) == guide.counts(TEXT)


def test_every_block_of_python_is_a_part_an_example_or_a_test() -> None:
    assert {block.part for block in guide.blocks(TEXT)} == {"", "engine", "adapter", "driver"}
    assert len(guide.blocks(TEXT)) == TEXT.count("```python\n")


# --- as a package --------------------------------------------------------------------------------


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The page as an installed package, with the entry point that it shows."""
    (toml,) = (part.split("```")[0] for part in TEXT.split("```toml\n")[1:])
    project = tomllib.loads(toml)["project"]
    ((group, points),) = project["entry-points"].items()
    lines = [f"[{group}]", *(f"{name} = {place}" for name, place in points.items())]
    about = tmp_path / f"{project['name'].replace('-', '_')}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\n")
    (about / "entry_points.txt").write_text("\n".join(lines))
    (tmp_path / "wfadmin_mill.py").write_text(guide.module_of(TEXT), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    # What is put there while the test runs is taken out after it.
    monkeypatch.setitem(sys.modules, "wfadmin_mill", None)
    del sys.modules["wfadmin_mill"]
    return tmp_path


def test_doctor_finds_the_adapter_by_its_entry_point(
    installed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = f"sqlite://{installed / 'mill.db'}"

    assert main(["doctor", "--engine", "mill", "--admin-url", where, "-o", "json"]) == 0

    found = document(capsys)
    assert (found["admin"]["version"], found["ingress"]["status"]) == ("3", "not_supported")


@pytest.mark.parametrize("url", ["http://127.0.0.1:9070", "sqlite://mill.db", ""])
def test_another_url_is_refused_before_anything_is_opened(
    installed: Path, url: str, page: Namespace
) -> None:
    with pytest.raises(ValueError, match="sqlite:///PATH"):
        page["connect"](EngineSettings(url))

    assert sorted(one.name for one in installed.iterdir() if one.suffix == ".db") == []


def test_the_command_of_the_guide_examines_the_adapter(
    installed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert installed == Path.cwd()
    assert main(["contract", "wfadmin_mill:subject", "--only", "IC-0", "-o", "json"]) == 0

    assert document(capsys)["kept"] is True
