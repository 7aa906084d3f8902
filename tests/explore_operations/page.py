"""
The page docs/explore-mutants.md, made from the mistakes that are planted and what finds them.

Run it to write it anew: python -m tests.explore_operations.page
"""

import textwrap
from collections.abc import Iterator
from pathlib import Path

from tests.explore_operations.mutant import Mutant
from tests.explore_operations.roll import EVERY_MUTANT

PAGE = Path(__file__).resolve().parents[2] / "docs" / "explore-mutants.md"

_HEAD = """\
# Mistakes that trying every order finds

`wfadmin.testing.explore` plays an operation in every order with clients, the engine, other tools
and the network. Does that find anything? Here are {count} operations with one mistake each. Most
of them do their work well, until somebody else acts between two of their steps. Each mistake is
found; the operation without it has no bug in the same scenario.

A story is a shortest order that leads to the harm, one step a line: who takes it, and what is done.
"operator 1" is the one with the mistake.

This page is written by `python -m tests.explore_operations.page`; a test compares the two.
"""


def page() -> str:
    """The whole page."""
    sections = "\n".join("\n".join(_section(one)) for one in EVERY_MUTANT)
    return f"{_HEAD.format(count=len(EVERY_MUTANT))}\n{sections}"


def _section(mutant: Mutant) -> Iterator[str]:
    yield f"## {mutant.verb.capitalize()}: {mutant.title}"
    yield ""
    yield textwrap.fill(mutant.wrong, width=100)
    yield ""
    yield "```text"
    yield from (f"{number:2}. {line}" for number, line in enumerate(mutant.story(), 1))
    yield "```"
    yield ""
    yield f"Found as: **{mutant.harm}**."
    yield ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
