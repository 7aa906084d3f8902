"""The tables of docs/contract.md say what the kit says."""

import pytest

from tests.kit.contract_page import PAGE, SUBJECTS, TABLES, parts
from tests.kit.hosts.test_host_mutants import BY_ID as HOST_CLAUSES
from tests.kit.mistakes import MISTAKES
from tests.kit.results import assert_report_as_recorded, recorded
from wfadmin.testing import clauses
from wfadmin.testing.memory import subject
from wfadmin.testing.report import examine_all


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_the_page_is_what_the_kit_says(name: str) -> None:
    assert parts(PAGE.read_text(encoding="utf-8"), name)[1] == TABLES[name]()


@pytest.mark.asyncio
async def test_memory_ends_as_the_page_says() -> None:
    assert_report_as_recorded("memory", await examine_all(subject, contract=1))


@pytest.mark.parametrize("name", SUBJECTS.values())
def test_every_clause_has_a_result_for_each_subject(name: str) -> None:
    assert set(recorded(name)) == {one.id for one in clauses(contract=1)}


def test_every_mistake_of_other_kits_is_found_by_clauses_that_are_there() -> None:
    ids = {one.id for one in clauses(contract=1)} | set(HOST_CLAUSES)

    assert [one.what for one in MISTAKES if not one.found_by] == []
    assert {each for one in MISTAKES for each in one.found_by} <= ids
