"""An audit log that lives as long as the process: for tests, and where no other is given."""

from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import count

from typing_extensions import override

from wfadmin.domain.audit_filters import EVERY_RECORD, AuditFilter
from wfadmin.domain.auditing import RUNNING_FOR, EntryKind, intent_to_close, open_intents
from wfadmin.domain.errors import UsageError
from wfadmin.domain.finding import OpenIntent
from wfadmin.ports.audit import AuditListing, AuditLog, AuditRecord
from wfadmin.ports.clock import Clock
from wfadmin.wire.audit_lines import Entry
from wfadmin.wire.redaction import redacted

__all__ = ["MemoryAuditLog"]


class MemoryAuditLog(AuditLog):
    """
    Keeps the newest records in memory.

    Args:
        keep: How many notes to keep at most. Intents and outcomes are never dropped.
        clock: The time of day; this machine's, unless given.
        running_for: A write without an outcome that is younger is not reported as open.
    """

    __slots__ = ("_clock", "_notes", "_places", "_running_for", "_writes")

    def __init__(
        self,
        *,
        keep: int = 1000,
        clock: Clock | None = None,
        running_for: timedelta = RUNNING_FOR,
    ) -> None:
        self._clock = clock
        self._running_for = running_for
        self._places = count()
        # Each with its place in the order of all.
        self._notes: deque[tuple[int, Entry]] = deque(maxlen=keep)
        self._writes: list[tuple[int, Entry]] = []

    @property
    def records(self) -> tuple[AuditRecord, ...]:
        """Everything that is kept, oldest first."""
        return tuple(record for _, record in self._entries())

    @override
    async def intent(self, record: AuditRecord) -> None:
        """See `AuditLog.intent`."""
        self._writes.append((next(self._places), (EntryKind.INTENT, redacted(record))))

    @override
    async def outcome(self, record: AuditRecord) -> None:
        """See `AuditLog.outcome`."""
        self._writes.append((next(self._places), (EntryKind.OUTCOME, redacted(record))))

    @override
    async def note(self, record: AuditRecord) -> None:
        """See `AuditLog.note`."""
        self._notes.append((next(self._places), (EntryKind.NOTE, redacted(record))))

    @override
    async def open_intents(self, engine: str) -> tuple[OpenIntent, ...]:
        """See `AuditLog.open_intents`."""
        now, running_for = self._now(), self._running_for
        return open_intents(self._entries(), engine=engine, now=now, running_for=running_for)

    async def newest(self, limit: int = 100, matching: AuditFilter = EVERY_RECORD) -> AuditListing:
        """
        The newest records that match, at most `limit`, oldest first.

        Raises:
            UsageError: The limit is not above zero.
        """
        if limit < 1:
            raise UsageError("limit", "it is not above zero")
        found = tuple(one for one in self.records if matching.takes(one))
        return AuditListing(found[-limit:])

    async def get(self, attempt_id: str) -> AuditListing:
        """Everything about one attempt, oldest first: nothing, if none has that id."""
        return AuditListing(tuple(one for one in self.records if one.id == attempt_id))

    async def close(self, intent_id: str, *, reason: str, actor: str) -> AuditRecord:
        """
        Put on record that somebody looked at an open write and knows how it ended.

        Returns:
            The record: that of the write, with who closed it, when and why.

        Raises:
            UsageError: There is no such write, it has ended, or no reason is given.
        """
        if not reason.strip():
            raise UsageError("reason", "it is empty")
        found = intent_to_close(self._entries(), intent_id)
        closed = found.closed_by(actor, reason=reason, at=self._now())
        await self.outcome(closed)
        return closed

    def _entries(self) -> Iterator[Entry]:
        return (entry for _, entry in merge(self._notes, self._writes))

    def _now(self) -> datetime:
        return datetime.now(UTC) if self._clock is None else self._clock.now()
