"""
What is kept of every request, whoever sent it.

Laws:

- What a verb records says who asked, by which route and in which request.
- Every other attempt is one note. Those of strangers, and those that cannot be understood, are
  counted and noted together once their quota is used up: nobody can fill a log with them.
"""

from datetime import timedelta

import attrs
from typing_extensions import override

from wfadmin.asgi.buckets import Bucket
from wfadmin.domain.finding import OpenIntent
from wfadmin.operations.auditing import Attempt, note
from wfadmin.operations.local import LocalOperator
from wfadmin.ports.audit import AuditLog, AuditRecord

__all__ = ["Marked", "Tally", "marked"]

_Pairs = tuple[tuple[str, str], ...]


@attrs.define(eq=False)
class Marked(AuditLog):
    """
    An audit log that adds to each record by which request it came.

    Attributes:
        marks: What is added to the arguments.
        is_used: Whether anything was handed on.
    """

    whole: AuditLog
    marks: _Pairs
    is_used: bool = False

    @override
    async def intent(self, record: AuditRecord) -> None:
        """See `AuditLog.intent`."""
        await self.whole.intent(self._marked(record))

    @override
    async def outcome(self, record: AuditRecord) -> None:
        """See `AuditLog.outcome`."""
        await self.whole.outcome(self._marked(record))

    @override
    async def note(self, record: AuditRecord) -> None:
        """See `AuditLog.note`."""
        await self.whole.note(self._marked(record))

    @override
    async def open_intents(self, engine: str) -> tuple[OpenIntent, ...]:
        """See `AuditLog.open_intents`."""
        return await self.whole.open_intents(engine)

    def _marked(self, record: AuditRecord) -> AuditRecord:
        self.is_used = True
        return attrs.evolve(record, arguments=(*record.arguments, *self.marks))


def marked(operator: LocalOperator, marks: _Pairs) -> tuple[LocalOperator, Marked]:
    """The same verbs, whose records bear `marks`; and the log that adds them."""
    log = Marked(operator.host.audit, marks)
    return attrs.evolve(operator, host=attrs.evolve(operator.host, audit=log)), log


@attrs.define(eq=False)
class Tally:
    """
    Attempts of one sort: noted one by one within a quota, and counted beyond it.

    Attributes:
        pending: How many are not noted yet.
    """

    quota: Bucket
    pending: int = 0
    _newest: tuple[LocalOperator, Attempt] | None = None

    def add(self, operator: LocalOperator, attempt: Attempt) -> None:
        """Count an attempt. The newest one stands for those that are noted together."""
        self.pending += 1
        self._newest = (operator, attempt)

    async def flush(self, now: timedelta) -> None:
        """Note what is pending, where the quota lets it."""
        if self._newest is None or not self.quota.take(now):
            return
        operator, attempt = self._newest
        attempts = ("attempts", str(self.pending))
        # Before the wait: another request must not note them again.
        self.pending, self._newest = 0, None
        told = attrs.evolve(attempt, arguments=(*attempt.arguments, attempts))
        await note(operator.engine, operator.host, told)
