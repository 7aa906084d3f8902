"""
The adapter that docs/adapters.md builds: its code, its size, and what the kit says about it.

Run it to write the sizes and the table of the page anew: python -m tests.kit.guide
"""

import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import attrs

from wfadmin.testing import Outcome, Subject
from wfadmin.testing.report import Report, examine_all

PAGE = Path(__file__).resolve().parents[2] / "docs" / "adapters.md"
COUNTS = "<!-- counts: start -->\n", "<!-- counts: end -->\n"
TABLE = "<!-- table: start -->\n", "<!-- table: end -->\n"
HEAD = "| verdict | why | clauses |\n|---|---|---|\n"
_BLOCK = re.compile(r"(?:^<!-- part: (\w+) -->\n)?^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@attrs.frozen
class Block:
    """A piece of Python on the page, and which part of the whole it is: empty for none."""

    part: str
    code: str

    @property
    def lines(self) -> int:
        """How many lines of Python it has: imports and comments count, blank lines do not."""
        return sum(bool(line.strip()) for line in self.code.splitlines())


def blocks(page: str) -> tuple[Block, ...]:
    """All Python of the page, in its order."""
    return tuple(Block(part, code) for part, code in _BLOCK.findall(page))


def size(part: str, page: str) -> int:
    """How many lines of Python a part has."""
    return sum(block.lines for block in blocks(page) if block.part == part)


def module_of(page: str) -> str:
    """The page as one module."""
    return "\n\n".join(block.code for block in blocks(page))


def counts(page: str) -> str:
    """The sentence that says how much work it is."""
    adapter, driver = size("adapter", page), size("driver", page)
    printed = sum(len(one.code.splitlines()) for one in blocks(page) if one.part == "adapter")
    return (
        f"The adapter is {adapter} lines of Python, imports and all ({printed} with blank lines). "
        f"The driver that\nits tests need is {driver}.\n"
    )


@contextmanager
def namespace(page: str) -> Iterator[dict[str, Any]]:
    """What a page defines, once all of it ran in a folder of its own."""
    found: dict[str, Any] = {"__name__": "wfadmin_mill"}
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            exec(compile(module_of(page), str(PAGE), "exec"), found)  # noqa: S102 - our own page
            yield found
        finally:
            os.chdir(before)


def report_on(make: Callable[[], Subject]) -> Report:
    """What the whole contract says."""

    async def examined() -> Report:
        return await examine_all(make, contract=1)

    return anyio.run(examined)


def table(report: Report) -> str:
    """The clauses of which nothing is known, by the reason why."""
    found: dict[tuple[str, str], list[str]] = {}
    for _, verdict in report.verdicts:
        if verdict.outcome in (Outcome.NOT_SUPPORTED, Outcome.NOT_EXERCISED):
            why = (verdict.outcome.value, verdict.reason)
            found.setdefault(why, []).append(verdict.clause_id)
    rows = (f"| `{word}` | {why} | {', '.join(ids)} |\n" for (word, why), ids in found.items())
    return HEAD + "".join(rows)


def between(page: str, marks: tuple[str, str]) -> str:
    """What stands between two marks of the page."""
    return page.partition(marks[0])[2].partition(marks[1])[0]


def _with(page: str, marks: tuple[str, str], inside: str) -> str:
    before, rest = page.split(marks[0])
    return before + marks[0] + inside + marks[1] + rest.split(marks[1])[1]


def _write() -> None:
    page = PAGE.read_text(encoding="utf-8")
    with namespace(page) as found:
        made = table(report_on(found["subject"]))
    PAGE.write_text(_with(_with(page, COUNTS, counts(page)), TABLE, made), encoding="utf-8")


if __name__ == "__main__":
    _write()
