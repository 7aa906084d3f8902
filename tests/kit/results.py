"""
How each clause ended for each subject, as the tables of docs/contract.md show it.

WFADMIN_WRITE_RESULTS=1 writes what was found in place of comparing with it.
"""

import json
import os
from pathlib import Path

from wfadmin.testing import Verdict
from wfadmin.testing.report import Report

FOLDER = Path(__file__).parent / "recorded"
Results = dict[str, dict[str, str]]


def recorded(name: str) -> Results:
    """Outcome and reason by the id of the clause."""
    file = FOLDER / f"{name}.json"
    found: Results = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return found


def assert_as_recorded(name: str, *verdicts: Verdict) -> None:
    """Compare verdicts with those that are recorded for a subject."""
    ended = {v.clause_id: {"outcome": v.outcome.value, "reason": v.reason} for v in verdicts}
    before = recorded(name)
    if os.environ.get("WFADMIN_WRITE_RESULTS"):
        text = json.dumps(dict(sorted((before | ended).items())), indent=1, ensure_ascii=False)
        (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    else:
        assert ended == {clause_id: before.get(clause_id) for clause_id in ended}


def assert_report_as_recorded(name: str, report: Report) -> None:
    """Compare all of a report; nothing else may be recorded."""
    assert_as_recorded(name, *(verdict for _, verdict in report.verdicts))
    assert set(recorded(name)) == {clause.id for clause, _ in report.verdicts}
