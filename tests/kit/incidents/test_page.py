"""The tables of docs/incidents.md say what the incidents say, and what wfadmin does."""

import re
import shlex

import pytest

from tests.kit.incidents.page import PAGE, TABLES, parts
from tests.kit.incidents.shipped import SHIPPED
from wfadmin.cli.app import application

TOLD = dict.fromkeys(one.told for each in SHIPPED.values() for one in each)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_the_page_is_what_the_incidents_say(name: str) -> None:
    assert parts(PAGE.read_text(encoding="utf-8"), name)[1] == TABLES[name]()


@pytest.mark.parametrize("name", TABLES)
def test_no_cell_breaks_its_table(name: str) -> None:
    assert len({len(re.split(r"\|", line)) for line in TABLES[name]().splitlines()}) == 1


@pytest.mark.parametrize("told", TOLD)
def test_a_verb_is_one_that_the_program_takes(told: str) -> None:
    application().parse_args(shlex.split(told))
