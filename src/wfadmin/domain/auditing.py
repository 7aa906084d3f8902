"""
Which writes on record nobody knows the end of.

Laws:

- A write is open while the last word about it is `unknown`, or while it has none and is older
  than any operation takes: a running one is not reported.
- It ends with its own outcome, with a record that closes it, or when a later operation on the
  same target was seen to have its effect. A refused, failed or merely accepted one proves nothing
  about an earlier one, so it ends only itself.
- Targets are compared without the verb, and only where they are known in full: one that was
  masked or cut equals none.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, TypeVar

import attrs

from wfadmin.domain.errors import InvalidServiceUrl, UsageError
from wfadmin.domain.finding import OpenIntent
from wfadmin.domain.urls import normalised_url

__all__ = [
    "CLOSED",
    "FINISHED",
    "MASK",
    "RUNNING_FOR",
    "UNKNOWN",
    "EntryKind",
    "Recorded",
    "intent_to_close",
    "open_intents",
]

#: The outcome of a write whose end nobody knows.
UNKNOWN = "unknown"
#: The outcome that an operator gives to an open write.
CLOSED = "closed"
#: The outcomes that show where the target stands: earlier writes to it are over.
FINISHED = frozenset({"confirmed", "no_change"})
#: What stands for a secret that is not told.
MASK = "***"
#: A write without an outcome that is younger than this is taken for a running one.
RUNNING_FOR = timedelta(minutes=2)


class EntryKind(StrEnum):
    """What a record in an audit log is."""

    #: Something is about to be sent.
    INTENT = "intent"
    #: How the intent of the same id ended, or that it was closed.
    OUTCOME = "outcome"
    #: An attempt that sent nothing.
    NOTE = "note"


class Recorded(Protocol):
    """What is read of a record."""

    @property
    def id(self) -> str:
        """Names the attempt."""
        ...

    @property
    def at(self) -> datetime:
        """When it was recorded."""
        ...

    @property
    def engine(self) -> str:
        """The address of the engine."""
        ...

    @property
    def verb(self) -> str:
        """What was to be done."""
        ...

    @property
    def arguments(self) -> tuple[tuple[str, str], ...]:
        """Names and values."""
        ...

    @property
    def outcome(self) -> str | None:
        """How it ended; None for an intent."""
        ...


_R = TypeVar("_R", bound=Recorded)
_Target = tuple[str, ...]


def open_intents(
    entries: Iterable[tuple[EntryKind, Recorded]],
    *,
    engine: str,
    now: datetime,
    running_for: timedelta = RUNNING_FOR,
) -> tuple[OpenIntent, ...]:
    """
    The writes to `engine` of which nobody knows how they ended, in the order of the log.

    Takes one entry at a time, oldest first, and keeps only what is open: a log of any length
    will do.
    """
    ledger = _Ledger()
    for kind, record in entries:
        if record.engine == engine:
            _ENTER[kind](ledger, record)
    return tuple(
        one.intent
        for one in ledger.open.values()
        if one.is_unknown or abs(now - one.intent.at) >= running_for
    )


def intent_to_close(entries: Iterable[tuple[EntryKind, _R]], intent_id: str) -> _R:
    """
    The newest record of the write of that id, which must not have ended.

    Raises:
        UsageError: No write of that id is on record, or it has ended.
    """
    newest: _R | None = None
    for kind, record in entries:
        if kind is EntryKind.NOTE or record.id != intent_id:
            continue
        if newest is None or record.outcome is not None:
            newest = record
    if newest is None:
        raise UsageError("intent id", f"no write {intent_id} is on record")
    if newest.outcome not in (None, UNKNOWN):
        raise UsageError("intent id", f"{intent_id} has ended already: {newest.outcome}")
    return newest


@attrs.frozen
class _Write:
    """A write that is not known to have ended, and its place in the order of the intents."""

    place: int
    target: _Target | None
    intent: OpenIntent
    is_unknown: bool


@attrs.define
class _Ledger:
    """The writes that have not ended, so far."""

    places: int = 0
    open: dict[str, _Write] = attrs.field(factory=dict[str, _Write])
    by_target: dict[_Target, set[str]] = attrs.field(factory=dict[_Target, set[str]])
    ended_early: set[str] = attrs.field(factory=set[str])

    def add(self, record: Recorded, *, is_unknown: bool) -> None:
        target = _target(record)
        shown_target = "/".join(target or (value for _, value in record.arguments))
        intent = OpenIntent(record.id, record.verb, shown_target, record.at)
        self.places += 1
        self.open[record.id] = _Write(self.places, target, intent, is_unknown)
        if target is not None:
            self.by_target.setdefault(target, set()).add(record.id)

    def remove(self, one_id: str) -> _Write | None:
        write = self.open.pop(one_id, None)
        if write is not None and write.target is not None:
            ids = self.by_target[write.target]
            ids.discard(one_id)
            if not ids:
                del self.by_target[write.target]
        return write

    def settle(self, target: _Target | None, before: int) -> None:
        """End the writes to `target` that came before a place in the order."""
        ids = () if target is None else tuple(self.by_target.get(target, ()))
        for one_id in ids:
            if self.open[one_id].place < before:
                self.remove(one_id)


def _enter_intent(ledger: _Ledger, record: Recorded) -> None:
    # A cancelled caller may have stored the outcome before the intent came through.
    if record.id in ledger.ended_early:
        ledger.ended_early.remove(record.id)
    elif record.id not in ledger.open:
        ledger.add(record, is_unknown=False)


def _enter_outcome(ledger: _Ledger, record: Recorded) -> None:
    if record.outcome == UNKNOWN:
        before = ledger.open.get(record.id)
        if before is None:
            ledger.add(record, is_unknown=True)
        else:
            ledger.open[record.id] = attrs.evolve(before, is_unknown=True)
        return
    write = ledger.remove(record.id)
    if write is None:
        ledger.ended_early.add(record.id)
    if record.outcome in FINISHED:
        # What began after it did is not settled by it.
        ledger.settle(_target(record), ledger.places + 1 if write is None else write.place)


def _enter_note(ledger: _Ledger, record: Recorded) -> None:
    if record.outcome in FINISHED:
        ledger.settle(_target(record), ledger.places + 1)


_ENTER = {
    EntryKind.INTENT: _enter_intent,
    EntryKind.OUTCOME: _enter_outcome,
    EntryKind.NOTE: _enter_note,
}


def _target(record: Recorded) -> _Target | None:
    """What was to be changed, whatever the verb; None where it is not known in full."""
    arguments: Mapping[str, str] = dict(record.arguments)
    if "service_name" in arguments and "service_key" in arguments:
        target: _Target = (arguments["service_name"], arguments["service_key"])
    elif "service_url" in arguments:
        try:
            target = (normalised_url(arguments["service_url"]),)
        except InvalidServiceUrl:
            return None
    else:
        return None
    is_whole = not any(MASK in part for part in target) and not target[-1].endswith("?...")
    return target if is_whole else None
