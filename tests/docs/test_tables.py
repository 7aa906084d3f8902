"""The tables of the docs say what the code says."""

import re
from pathlib import Path

from tests.docs import error_table
from wfadmin.domain.finding import FindingCode

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_table_of_errors_is_the_tree_of_errors() -> None:
    assert error_table.parts()[1] == error_table.table()


def test_the_table_of_findings_has_every_code_and_no_other() -> None:
    page = (DOCS / "findings.md").read_text(encoding="utf-8")

    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == set(FindingCode)
