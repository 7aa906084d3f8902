"""`wfadmin contract`: does an adapter keep the contract?"""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from wfadmin.cli.output import Paint, Said
from wfadmin.cli.target import Form
from wfadmin.cli.writing import option
from wfadmin.domain.text import shown
from wfadmin.testing.catalogue import CONTRACT
from wfadmin.testing.report import Report, examine_all, load_subject
from wfadmin.testing.verdicts import Outcome

__all__ = ["contract"]

_KEPT, _NOT_KEPT = 0, 3
_STYLES = {
    Outcome.PASSED: "green",
    Outcome.NOT_SUPPORTED: "dim",
    Outcome.NOT_EXERCISED: "yellow",
    Outcome.KNOWN_DEVIATION: "yellow",
}
_REASON_CHARACTERS = 300


async def contract(
    subject: Annotated[
        str,
        Parameter(name="MODULE:FACTORY", help="A function that gives a wfadmin.testing.Subject."),
    ],
    /,
    *,
    contract: Annotated[int, option("The version of the contract.")] = CONTRACT,
    only: Annotated[
        tuple[str, ...],
        option("An id, or how ids begin, such as IS; may be given again."),
    ] = (),
    output: Form = "table",  # noqa: ARG001 - known before it is parsed
) -> Said:
    """Examine every clause; exit code 3 where one is broken, or nothing is known by a mistake."""
    with _importing_from_here():
        make = load_subject(subject)
        found = await examine_all(make, contract=contract, only=only or None)
    return Said(
        document=lambda: _document(found, subject),
        board=lambda paint: _board(found, paint),
        exit_code=_KEPT if found.kept else _NOT_KEPT,
    )


@contextmanager
def _importing_from_here() -> Iterator[None]:
    # The adapter under test lies in the working directory; a console script does not look there.
    here = str(Path.cwd())
    sys.path.insert(0, here)
    try:
        yield
    finally:
        sys.path.remove(here)


def _counts(report: Report) -> dict[str, int]:
    counted = Counter(verdict.outcome for _, verdict in report.verdicts)
    return {outcome.value: counted[outcome] for outcome in Outcome}


def _document(report: Report, subject: str) -> Mapping[str, Any]:
    return {
        "subject": subject,
        "contract": report.contract,
        "kept": report.kept,
        "counts": _counts(report),
        "clauses": [
            {
                "id": clause.id,
                "port": clause.port,
                "rule": clause.rule,
                "outcome": verdict.outcome.value,
                "reason": verdict.reason or None,
            }
            for clause, verdict in report.verdicts
        ],
    }


def _board(report: Report, paint: Paint) -> Iterator[str]:
    width = max(len(outcome.value) for outcome in Outcome)
    for clause, verdict in report.verdicts:
        outcome = verdict.outcome
        word = paint(f"{outcome.value:<{width}}", _STYLES.get(outcome, "red"))
        yield f"{clause.id}  {word}  {clause.rule}"
        if verdict.reason:
            yield f"{'':{len(clause.id) + 2}}{shown(verdict.reason, limit=_REASON_CHARACTERS)}"
    told = ", ".join(f"{count} {word}" for word, count in _counts(report).items() if count)
    yield ""
    yield f"Contract {report.contract} is {'kept' if report.kept else 'NOT kept'}: {told}."
