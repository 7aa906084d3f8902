"""
What went wrong, and which of it lies in a window that is declared.

``a``  one request: the look right before a write allowed it, and what it hit came after the look
``b``  a shared call that started in that one request
``c``  a write whose answer was lost, and which landed later

A bug is everything else.
"""

from enum import StrEnum

import attrs

from wfadmin.domain.policy import RecoveryPolicy
from wfadmin.testing.explore.diary import Diary, Write
from wfadmin.testing.explore.moment import Moment

__all__ = ["DECLARED", "Harm", "Landed", "Operation", "Window", "bug"]


class Window(StrEnum):
    """The windows that plans declare, and what is none of them."""

    A = "a"
    B = "b"
    C = "c"
    BUG = "bug"


#: What no operation without help from its engine can close.
DECLARED = frozenset({Window.A, Window.B, Window.C})


@attrs.frozen
class Harm:
    """Something that went wrong, in words that are the same whenever it does."""

    window: Window
    what: str

    def __str__(self) -> str:
        return f"{self.window.value}: {self.what}"


def bug(what: str) -> Harm:
    """A harm that lies in no window."""
    return Harm(Window.BUG, what)


@attrs.define(eq=False)
class Operation:
    """
    One operation: what is expected of it, what it learned, and how it ended.

    Attributes:
        is_ours: Whether it keeps the rules for every repair: intent, outcome, lease.
        policy: By which it may kill, where its verb does not say; None where nobody does.
        reads_only: Whether it must not write anything.
        forces: Whether it was told to take away what is still in use.
        raises: The errors that it may end with, beside those of wfadmin.
        ending: What it gave or raised; None while it is under way.
        verbs: How each verb that it called ended, with its last page; until that is judged.
        is_interrupted: Whether it was cancelled in the middle.
        told: Whether its ending was judged.
    """

    diary: Diary
    is_ours: bool
    policy: RecoveryPolicy | None = None
    reads_only: bool = False
    forces: bool = False
    raises: tuple[type[Exception], ...] = ()
    ending: object = None
    verbs: list[tuple[int, object]] = attrs.field(factory=list)
    is_interrupted: bool = False
    told: bool = False


@attrs.frozen
class Landed:
    """A write that reached the engine, between two moments; `late`: after it was given up."""

    write: Write
    before: Moment
    after: Moment
    late: bool = False
