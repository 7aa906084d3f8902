"""The tables about Dapr say what the adapter and the tables of its tests say."""

import re
import shlex
from collections import Counter
from pathlib import Path

import pytest

import wfadmin
from tests.docs.dapr_tables import COVERAGE, GUIDE, TABLES, grpc_names, http_names, parts
from wfadmin.adapters.memory import World
from wfadmin.cli.app import application
from wfadmin.domain.finding import FindingCode
from wfadmin.errors import NotReady, OutcomeUnknown, RetryBlocked

EACH = [(page, name) for page, tables in TABLES.items() for name in tables]
NAME = re.compile(r"`([^`]+)`")


def table(page: Path, name: str) -> str:
    return parts(page.read_text(encoding="utf-8"), name)[1]


def names_in(*tables: str) -> Counter[str]:
    """How often each exchange is named in the last columns of these tables."""
    found: Counter[str] = Counter()
    for each in tables:
        for line in table(COVERAGE, each).splitlines()[2:]:
            found.update(NAME.findall(line.rpartition(" | ")[2]))
    return found


@pytest.mark.parametrize(("page", "name"), EACH, ids=[f"{one.stem}-{name}" for one, name in EACH])
def test_a_table_of_a_page_is_what_the_code_says(page: Path, name: str) -> None:
    assert table(page, name) == TABLES[page][name]()


def test_every_recorded_exchange_over_http_is_told_once() -> None:
    assert names_in("http", "metadata", "http-never") == Counter(http_names())
    assert len(http_names()) == 426


def test_every_recorded_call_over_grpc_is_told_once() -> None:
    assert names_in("grpc", "grpc-never") == Counter(grpc_names())
    assert len(grpc_names()) == 154


def test_what_the_model_does_not_answer_was_recorded() -> None:
    assert set(names_in("model")) <= set(http_names())


@pytest.mark.parametrize("name", ["http", "metadata", "http-never", "grpc", "grpc-never", "model"])
def test_the_column_of_numbers_counts_the_names(name: str) -> None:
    for line in table(COVERAGE, name).splitlines()[2:]:
        *_, times, names = line.strip("| ").split(" | ")
        assert int(times) == len(NAME.findall(names)), line


def test_no_cell_breaks_its_table() -> None:
    for page, name in EACH:
        columns = {len(re.split(r"(?<!\\)\|", line)) for line in table(page, name).splitlines()}
        assert len(columns) == 1, name


def guide() -> str:
    return GUIDE.read_text(encoding="utf-8")


def commands_of_the_guide() -> list[str]:
    blocks = guide().split("```console\n")[1:]
    return [line for block in blocks for line in block.split("```")[0].splitlines()]


@pytest.mark.parametrize("line", commands_of_the_guide())
def test_a_command_of_the_guide_is_one_that_the_program_takes(line: str) -> None:
    program, *words = shlex.split(line)

    assert program == "wfadmin"
    application().parse_args(words)


def test_the_findings_of_the_guide_are_codes_that_exist() -> None:
    rows = guide().partition("| finding | from |")[2].partition("\n\n")[0].splitlines()[2:]
    codes = [row.split("`")[1] for row in rows]

    assert FindingCode.NO_WORKER in codes
    assert set(codes) <= set(FindingCode)


@pytest.mark.parametrize(
    "error",
    [
        NotReady("dapr", "no worker"),
        RetryBlocked("has_children", ("my-id",)),
        OutcomeUnknown("pause", "my-id", "no answer"),
    ],
    ids=lambda error: error.code,
)
def test_what_the_guide_shows_of_an_error_is_what_it_says(error: wfadmin.WfadminError) -> None:
    assert f"```text\nwfadmin: {error.message}\n```" in guide()


@pytest.mark.asyncio
async def test_what_the_guide_shows_of_a_lost_worker_is_what_doctor_says() -> None:
    world = World(like="dapr")
    world.connect_workers(0)
    async with wfadmin.connect(world.engine, clock=world.clock) as operator:
        report = await operator.doctor()

    (finding,) = report.findings
    (remedy,) = finding.remedies
    assert f"ERROR    {finding.message}  [{finding.code.value}]\n" in guide()
    assert f"         > {remedy.title}.\n" in guide()
