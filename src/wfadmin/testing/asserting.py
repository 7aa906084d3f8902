"""
What tests say about an audit log and about an engine, and what there is to read if it is not so.

What fails here is an AssertionError with a message that needs no test runner to be readable.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from difflib import ndiff

import attrs
from typing_extensions import override

from wfadmin.adapters.audit_memory import MemoryAuditLog
from wfadmin.adapters.memory import MemoryEngine, World
from wfadmin.domain.auditing import CLOSED, UNKNOWN
from wfadmin.domain.results import Effect
from wfadmin.domain.text import first_line, shown
from wfadmin.ports.audit import AuditListing, AuditRecord
from wfadmin.testing.snapshots import Snapshot, snapshot

__all__ = ["assert_audited", "assert_untouched", "untouched"]

# No attempt that sent nothing ends so. One may be accepted: what it asked for was so already.
_OF_A_WRITE = frozenset({Effect.CONFIRMED.value, UNKNOWN, CLOSED})


def assert_audited(log: MemoryAuditLog | AuditListing, *expected: tuple[str, str]) -> None:
    """
    Every write on record has its intent before it and its outcome after it.

    Args:
        log: The log, or what `newest` gave of any.
        expected: The verb and the outcome of every attempt, in the order in which they began:
            ``("recover", "confirmed")``. What sent nothing was an attempt too: a doctor, a plan,
            a refused repair. Unless given, any attempts will do, and none.

    Raises:
        AssertionError: It is not so. The message is the log, line by line, with what is missing.
    """
    __tracebackhide__ = True
    records = log.records
    missing = dict(_missing(records))
    found = _attempts(records)
    differs = bool(expected) and found != expected
    if missing or differs:
        lines = ["the audit log is not what it should be", *_told(records, missing)]
        lines += _compared(expected, found) if differs else ()
        raise AssertionError("\n".join(lines))


def assert_untouched(of: World | MemoryEngine, before: Snapshot) -> None:
    """
    Nothing that the engine holds is different from what it held before.

    Args:
        of: The engine in memory, or its world.
        before: What `snapshot` gave of it.

    Raises:
        AssertionError: Something is different. The message says what, line by line.
    """
    __tracebackhide__ = True
    changes = before.changes(snapshot(of))
    if changes:
        raise AssertionError("\n  ".join(("the engine was touched", *changes)))


def untouched(of: World | MemoryEngine) -> AbstractContextManager[None]:
    """
    Nothing that the engine holds is different after the ``with`` block, however that ends.

    Raises:
        AssertionError: At the end something is different. The message says what, line by line.
    """
    return _Untouched(of)


@attrs.define
class _Untouched(AbstractContextManager[None]):
    # A class, so that a failure is shown at the line of the test, and not in contextlib.
    _of: World | MemoryEngine
    _before: Snapshot = attrs.field(init=False)

    @override
    def __enter__(self) -> None:
        self._before = snapshot(self._of)

    @override
    def __exit__(self, *_: object) -> None:
        __tracebackhide__ = True
        # Also after an error, which somebody further out may expect.
        assert_untouched(self._of, self._before)


def _missing(records: Sequence[AuditRecord]) -> Iterator[tuple[int, str]]:
    """The places in the log at which something is wrong, and what."""
    intents = _first_places(records, is_intent=True)
    ends = _first_places(records, is_intent=False)
    for place, record in enumerate(records):
        intent = intents.get(record.id)
        if record.outcome is None and intent == place and record.id not in ends:
            yield place, "its outcome is missing"
        elif record.outcome in _OF_A_WRITE and intent is None:
            yield place, "its intent is missing"
        elif record.outcome is not None and intent is not None and intent > place:
            yield place, "its intent comes after it"


def _first_places(records: Sequence[AuditRecord], *, is_intent: bool) -> dict[str, int]:
    places: dict[str, int] = {}
    for place, record in enumerate(records):
        if (record.outcome is None) is is_intent:
            places.setdefault(record.id, place)
    return places


def _attempts(records: Sequence[AuditRecord]) -> tuple[tuple[str, str | None], ...]:
    """Verb and last outcome of each attempt, in the order in which they began."""
    attempts: dict[str, tuple[str, str | None]] = {}
    for record in records:
        if record.outcome is not None or record.id not in attempts:
            attempts[record.id] = (record.verb, record.outcome)
    return tuple(attempts.values())


def _told(records: Sequence[AuditRecord], missing: dict[int, str]) -> Iterator[str]:
    if not records:
        yield "  nothing is on record"
    for place, record in enumerate(records):
        yield f"  {_line(record)}"
        if place in missing:
            yield f"  ^ {missing[place]}"


def _line(record: AuditRecord) -> str:
    arguments = (f"{name}={value}" for name, value in record.arguments)
    what = shown(" ".join((record.verb, *arguments)))
    line = f"{record.at:%H:%M:%S} {what}: {shown(record.outcome or 'intent')}"
    return line if record.error is None else f"{line} ({first_line(record.error, limit=120)})"


def _compared(
    expected: Sequence[tuple[str, str]],
    found: Sequence[tuple[str, str | None]],
) -> Iterator[str]:
    yield "verb and outcome of each attempt (- expected, + on record)"
    wanted = [f"{verb}: {outcome}" for verb, outcome in expected]
    kept = [shown(f"{verb}: {outcome or 'without an outcome'}") for verb, outcome in found]
    yield from (f"  {line}" for line in ndiff(wanted, kept) if not line.startswith("?"))
