"""The port to the record of what operators did."""

from abc import abstractmethod
from datetime import datetime
from typing import Protocol

import attrs

from wfadmin.domain.auditing import CLOSED
from wfadmin.domain.finding import OpenIntent

__all__ = ["AuditListing", "AuditLog", "AuditRecord"]


@attrs.frozen
class AuditRecord:
    """
    One attempt of one operator.

    Attributes:
        id: Names the attempt; the outcome of a write bears the id of its intent.
        engine: The adapter and address of the engine.
        arguments: Names and values, without user names, passwords and tokens.
        reason: Why, in the operator's own words, if they gave any.
        outcome: The word for how it ended; None while it is an intent.
        error: What went wrong, if anything did.
    """

    id: str
    at: datetime
    actor: str
    engine: str
    verb: str
    arguments: tuple[tuple[str, str], ...] = ()
    reason: str | None = None
    outcome: str | None = None
    error: str | None = None

    def closed_by(self, actor: str, *, reason: str, at: datetime) -> "AuditRecord":
        """The record that somebody looked at this write, and knows how it ended."""
        return attrs.evolve(self, at=at, actor=actor, reason=reason, outcome=CLOSED, error=None)


@attrs.frozen
class AuditListing:
    """
    A part of an audit log.

    Attributes:
        records: Oldest first.
        malformed: How many lines of this part could not be read.
    """

    records: tuple[AuditRecord, ...]
    malformed: int = 0


class AuditLog(Protocol):
    """
    Keeps every attempt.

    For a write the intent is stored before the first send and its outcome after it. An attempt
    that sends nothing is one note.
    """

    __slots__ = ()

    @abstractmethod
    async def intent(self, record: AuditRecord) -> None:
        """
        Store that something is about to be sent. Returns when it is safe on the medium.

        Raises:
            AuditUnavailable: It could not be stored: nothing may be sent.

        Clauses: AL-01, AL-08, AL-09, AL-12, AL-13, AL-15, AL-16, AL-17, AL-18, AL-19,
            AL-20, AL-24.
        """

    @abstractmethod
    async def outcome(self, record: AuditRecord) -> None:
        """
        Store how the intent of the same id ended.

        Raises:
            AuditUnavailable: It could not be stored; what happened stands.

        Clauses: AL-03, AL-04, AL-07, AL-08, AL-10, AL-11, AL-14, AL-21, AL-24.
        """

    @abstractmethod
    async def note(self, record: AuditRecord) -> None:
        """
        Store an attempt that sent nothing.

        Raises:
            AuditUnavailable: It could not be stored.

        Clauses: AL-06, AL-15, AL-22.
        """

    @abstractmethod
    async def open_intents(self, engine: str) -> tuple[OpenIntent, ...]:
        """
        The intents for `engine` of which nobody knows how they ended.

        One that was stored a moment ago may be left out: its write may still be under way.

        Raises:
            AuditUnavailable: It could not be read.

        Clauses: AL-01, AL-02, AL-03, AL-04, AL-05, AL-06, AL-12, AL-23.
        """
