"""
Prints what it took to play every order, as a table in Markdown.

Run it: python -m tests.explore_operations
"""

import sys
from collections.abc import Iterator

from tests.explore_operations.bills import EVERY_PLAY
from tests.explore_operations.plays import harms_of

_HEAD = (
    "| scenario | orders | states | steps | seconds | orders per second | what goes wrong |",
    "|---|---:|---:|---:|---:|---:|---|",
)


def lines() -> Iterator[str]:
    """The table, one line at a time."""
    yield from _HEAD
    total = [0, 0, 0, 0.0]
    for name, play in EVERY_PLAY.items():
        found = play.explored()
        figures = (found.orders, found.states, found.steps, found.seconds)
        total = [before + more for before, more in zip(total, figures, strict=True)]
        yield _row(name, figures, ", ".join(sorted(harms_of(found))))
    yield _row("**all of them**", total, "")


def _row(name: str, figures: tuple[float, ...] | list[float], harms: str) -> str:
    orders, states, steps, seconds = figures
    speed = f"{orders / seconds:,.0f}"
    return f"| {name} | {orders:,} | {states:,} | {steps:,} | {seconds:.2f} | {speed} | {harms} |"


if __name__ == "__main__":
    for line in lines():
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
