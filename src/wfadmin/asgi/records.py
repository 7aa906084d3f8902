"""
What is kept of every request, whoever sent it.

Laws:

- What a verb records says who asked, by which route and in which request, and when it ended, how
  long that took since the request came.
- Every other attempt is one note. Those of strangers, and those that cannot be understood, are
  counted and noted together once their quota is used up: nobody can fill a log with them.
"""

from collections.abc import Callable
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
        took: How long ago the request came.
        is_used: Whether anything was handed on.
    """

    whole: AuditLog
    marks: _Pairs
    took: Callable[[], timedelta]
    is_used: bool = False

    @override
    async def intent(self, record: AuditRecord) -> None:
        """See `AuditLog.intent`. How long it takes is not known yet."""
        await self.whole.intent(self._marked(record))

    @override
    async def outcome(self, record: AuditRecord) -> None:
        """See `AuditLog.outcome`."""
        await self.whole.outcome(self._marked(record, self._latency()))

    @override
    async def note(self, record: AuditRecord) -> None:
        """See `AuditLog.note`."""
        await self.whole.note(self._marked(record, self._latency()))

    @override
    async def open_intents(self, engine: str) -> tuple[OpenIntent, ...]:
        """See `AuditLog.open_intents`."""
        return await self.whole.open_intents(engine)

    def _marked(self, record: AuditRecord, *more: tuple[str, str]) -> AuditRecord:
        self.is_used = True
        return attrs.evolve(record, arguments=(*record.arguments, *self.marks, *more))

    def _latency(self) -> tuple[str, str]:
        return ("latency_ms", str(self.took() // timedelta(milliseconds=1)))


def marked(
    operator: LocalOperator,
    marks: _Pairs,
    took: Callable[[], timedelta],
) -> tuple[LocalOperator, Marked]:
    """The same verbs, whose records bear `marks` and the latency; and the log that adds them."""
    log = Marked(operator.host.audit, marks, took)
    return attrs.evolve(operator, host=attrs.evolve(operator.host, audit=log)), log


@attrs.define(eq=False)
class _Pending:
    """Attempts of one caller that are not noted yet; the newest one stands for all of them."""

    count: int
    operator: LocalOperator
    newest: Attempt


@attrs.define(eq=False)
class Tally:
    """
    Attempts of one sort: noted one by one within a quota, and counted beyond it, for each caller.

    Attributes:
        quota: How many records it may make.
    """

    quota: Bucket
    _pending: dict[str, _Pending] = attrs.field(init=False, factory=dict[str, _Pending])

    def add(self, operator: LocalOperator, attempt: Attempt) -> None:
        """Count an attempt of the caller for whom `operator` acts."""
        actor = operator.host.actor
        before = self._pending[actor].count if actor in self._pending else 0
        self._pending[actor] = _Pending(before + 1, operator, attempt)

    async def flush(self, now: timedelta) -> None:
        """Note what is pending, as far as the quota lets it."""
        while self._pending and self.quota.take(now):
            await self._note_first()

    async def aclose(self) -> None:
        """Note all that is pending, whatever the quota is: nothing comes after it."""
        while self._pending:
            await self._note_first()

    async def _note_first(self) -> None:
        # Taken out before the wait: another request must not note them again.
        pending = self._pending.pop(next(iter(self._pending)))
        arguments = (*pending.newest.arguments, ("attempts", str(pending.count)))
        told = attrs.evolve(pending.newest, arguments=arguments)
        await note(pending.operator.engine, pending.operator.host, told)
