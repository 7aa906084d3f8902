"""How a clause ended for an adapter, and how a check says so."""

from enum import StrEnum

import attrs

__all__ = ["Broken", "NotExercised", "NotSupportedHere", "Outcome", "Verdict"]


class Outcome(StrEnum):
    """How one clause ended. Only `PASSED` is a pass; three of the others fail the adapter."""

    PASSED = "passed"
    #: The adapter does what the rule forbids, or does not do what it asks for.
    BROKEN = "broken"
    #: Broken as declared beforehand, with a reason: tolerated, and shown.
    KNOWN_DEVIATION = "known_deviation"
    #: Declared as a deviation and not broken: the declaration is stale, which fails too.
    STALE_DEVIATION = "stale_deviation"
    #: The engine declares that it has no such thing.
    NOT_SUPPORTED = "not_supported"
    #: The driver cannot bring the engine into the state that it takes: nothing is known.
    NOT_EXERCISED = "not_exercised"
    #: The driver or the kit itself failed, not the adapter. Nothing is known: fails too.
    KIT_ERROR = "kit_error"

    @property
    def fails(self) -> bool:
        """Whether an adapter with this outcome has not kept the contract."""
        return self in (Outcome.BROKEN, Outcome.STALE_DEVIATION, Outcome.KIT_ERROR)


@attrs.frozen
class Verdict:
    """
    How one clause ended.

    Attributes:
        clause_id: Of the clause.
        reason: What was seen, or why it was not looked at; empty where it passed.
    """

    clause_id: str
    outcome: Outcome
    reason: str = ""

    def __str__(self) -> str:
        """One line for people."""
        told = f"{self.clause_id} {self.outcome.value}"
        return f"{told}: {self.reason}" if self.reason else told


class Broken(AssertionError):
    """The adapter under test breaks the rule; the message says what was seen."""


class NotExercised(Exception):
    """
    The engine cannot be brought into this state, or its network into this trouble.

    Drivers raise it, with the reason as a short clause; it is shown and never counts as passed.
    """


class NotSupportedHere(Exception):
    """The engine under test declares that it has no such thing; the message names it."""
