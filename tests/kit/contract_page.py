"""
The tables of docs/contract.md, made from the clauses, the mutants, and recorded results.

The tests of each subject compare with the recorded results: see tests/kit/results.py.

Run it to write them anew: python -m tests.kit.contract_page
"""

from collections.abc import Iterable
from pathlib import Path

from tests.kit.hosts.test_host_mutants import BY_ID as HOST_CLAUSES
from tests.kit.hosts.test_host_mutants import HOST_MUTANTS
from tests.kit.mistakes import MISTAKES
from tests.kit.results import recorded
from tests.kit.roll import EVERY_MUTANT
from wfadmin.testing import CONTRACT, Outcome, clauses

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "contract.md"
#: What the columns are called, and the file that says how each clause ended there.
SUBJECTS = {
    "memory": "memory",
    "Restate 1.6": "restate-1.6",
    "Restate 1.7": "restate-1.7",
    "SQLite guide": "sqlite",
}
SIGNS = {
    Outcome.PASSED: "yes",
    Outcome.NOT_SUPPORTED: "no such thing",
    Outcome.NOT_EXERCISED: "not exercised",
    Outcome.KNOWN_DEVIATION: "**known deviation**",
}


def support() -> str:
    """Each clause, and whether each subject keeps it."""
    found = {title: recorded(name) for title, name in SUBJECTS.items()}
    lines = [f"| clause | rule | {' | '.join(SUBJECTS)} |", f"|{'---|' * (len(SUBJECTS) + 2)}"]
    for clause in clauses(contract=CONTRACT):
        signs = (SIGNS[Outcome(each[clause.id]["outcome"])] for each in found.values())
        lines.append(f"| {clause.id} | {clause.rule} | {' | '.join(signs)} |")
    return _block(lines)


def reasons() -> str:
    """Why clauses were not proven, for each subject."""
    lines = ["| subject | clauses | why |", "|---|---|---|"]
    for title, name in SUBJECTS.items():
        by_reason: dict[str, list[str]] = {}
        for clause_id, ended in recorded(name).items():
            if ended["outcome"] != Outcome.PASSED.value:
                by_reason.setdefault(ended["reason"], []).append(clause_id)
        for reason, ids in by_reason.items():
            lines.append(f"| {title} | {', '.join(ids)} | {reason} |")
    return _block(lines)


def kills() -> str:
    """Each clause, and the planted mistakes that it finds."""
    lines = ["| clause | mistakes that it finds |", "|---|---|"]
    for clause in clauses(contract=CONTRACT):
        names = [one.name.replace("_", " ") for one in EVERY_MUTANT if one.breaks == clause.id]
        lines.append(f"| {clause.id} | {'; '.join(names)} |")
    return _block(lines)


def hosts() -> str:
    """Each clause of a host port, and the planted mistakes that it finds."""
    lines = ["| clause | port | rule | mistakes that it finds |", "|---|---|---|---|"]
    for clause in HOST_CLAUSES.values():
        names = "; ".join(one.name for one in HOST_MUTANTS if one.breaks == clause.id)
        lines.append(f"| {clause.id} | `{clause.port}` | {clause.rule} | {names} |")
    return _block(lines)


def mistakes() -> str:
    """Each mistake that other kits let through, and the clauses that find it here."""
    lines = ["| mistake | where it was seen | clauses |", "|---|---|---|"]
    lines += [f"| {one.what} | {one.seen} | {', '.join(one.found_by)} |" for one in MISTAKES]
    return _block(lines)


TABLES = {
    "support": support,
    "reasons": reasons,
    "kills": kills,
    "hosts": hosts,
    "mistakes": mistakes,
}


def parts(page: str, name: str) -> tuple[str, str, str]:
    """A page before the table of that name, the table, and the page after it."""
    start, end = f"<!-- {name}: start -->\n", f"<!-- {name}: end -->"
    before, rest = page.split(start)
    inside, after = rest.split(end)
    return before + start, inside, end + after


def _block(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    for name, make in TABLES.items():
        before, _, after = parts(text, name)
        text = before + make() + after
    PAGE.write_text(text, encoding="utf-8")
