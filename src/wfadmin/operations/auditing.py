"""The record of every attempt."""

from datetime import timedelta

import attrs

from wfadmin.operations.asking import ask_all
from wfadmin.operations.host import Host
from wfadmin.ports.audit import AuditRecord
from wfadmin.ports.engine import Engine

__all__ = ["Attempt", "note", "record_of"]

# An attempt that only reads must not wait for a slow record.
_NOTE_TIMEOUT = timedelta(milliseconds=500)


@attrs.frozen
class Attempt:
    """What an operator tried, and how it ended; `outcome` None: it is about to begin."""

    verb: str
    outcome: str | None
    arguments: tuple[tuple[str, str], ...] = ()
    error: str | None = None


def record_of(engine: Engine, host: Host, operation_id: str, attempt: Attempt) -> AuditRecord:
    """The record of an attempt, at this moment."""
    return AuditRecord(
        id=operation_id,
        at=host.clock.now(),
        actor=host.actor,
        engine=engine.address,
        verb=attempt.verb,
        arguments=attempt.arguments,
        reason=host.reason,
        outcome=attempt.outcome,
        error=attempt.error,
    )


async def note(engine: Engine, host: Host, attempt: Attempt) -> str | None:
    """
    Store an attempt that sent nothing.

    Returns:
        None, or what went wrong: an answer that is already there is not withheld for it.
    """
    record = record_of(engine, host, host.ids.fresh(), attempt)
    (stored,) = await ask_all(
        engine,
        host,
        (lambda: host.audit.note(record),),
        timeout=_NOTE_TIMEOUT,
    )
    return None if stored.error is None else f"The audit record was not stored: {stored.problem}"
