"""
The tables of docs/incidents.md, made from the incidents and from what wfadmin does in each.

Run it to write them anew: python -m tests.kit.incidents.page
"""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from tests.kit.incidents.shipped import FINDINGS, endings
from wfadmin.testing.incidents import INCIDENTS, Incident

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "incidents.md"


def happened() -> str:
    """Each incident: where it comes from, what happened, and what wfadmin does."""
    lines = ["| incident | seen | what happened | what wfadmin does |", "|---|---|---|---|"]
    for one in INCIDENTS:
        done = "<br>".join((_found(one), *asyncio.run(_done(one))))
        lines.append(f"| `{one}` | {one.origin} | {one.story} | {done} |")
    return _block(lines)


def _found(incident: Incident) -> str:
    of_doctor, of_inspect = FINDINGS[incident.id]
    codes = ", ".join(f"`{code}`" for code in of_doctor or of_inspect) or "nothing wrong"
    return f"{'doctor' if of_doctor or not of_inspect else 'inspect'} finds {codes}"


async def _done(incident: Incident) -> list[str]:
    return [f"`{one.told}`: {words}" async for one, words in endings(incident)]


def lessons() -> str:
    """What each teaches, and what the engine in memory cannot show of it."""
    lines = ["| incident | a careful operator | not shown |", "|---|---|---|"]
    lines += [f"| `{one}` | {one.lesson} | {one.instead or ''} |" for one in INCIDENTS]
    return _block(lines)


TABLES = {"happened": happened, "lessons": lessons}


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
