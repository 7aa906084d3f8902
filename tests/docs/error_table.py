"""
The table of errors in docs/errors.md, made from the classes.

Run it to write the table anew: python -m tests.docs.error_table
"""

import inspect
from pathlib import Path

from tests.domain.errors_of_each_kind import EACH_KIND
from wfadmin.errors import WfadminError
from wfadmin.wire.outcomes import ending_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "errors.md"
START, END = "<!-- table: start -->\n", "<!-- table: end -->\n"
HEAD = "| error | code | exit | HTTP | what it says |\n|---|---|---|---|---|\n"


def below(kind: type[WfadminError]) -> list[type[WfadminError]]:
    """`kind` and all that are below it, each above what it holds."""
    kinds = sorted(kind.__subclasses__(), key=lambda one: one.__name__)
    return [kind, *(deeper for one in kinds for deeper in below(one))]


def row(kind: type[WfadminError]) -> str:
    (sample,) = (one for one in EACH_KIND if type(one) is kind)
    ending = ending_of(sample)
    name = "&nbsp;" * 4 * kind.__mro__.index(WfadminError) + f"`{kind.__name__}`"
    says = inspect.cleandoc(kind.__doc__ or "").splitlines()[0]
    return f"| {name} | `{kind.code}` | {ending.exit_code} | {ending.http_status} | {says} |\n"


def table() -> str:
    return HEAD + "".join(map(row, below(WfadminError)))


def parts() -> tuple[str, str, str]:
    """The page before the table, the table, and the page after it."""
    before, rest = PAGE.read_text(encoding="utf-8").split(START)
    inside, after = rest.split(END)
    return before, inside, after


if __name__ == "__main__":
    first, _, last = parts()
    PAGE.write_text(first + START + table() + END + last, encoding="utf-8")
