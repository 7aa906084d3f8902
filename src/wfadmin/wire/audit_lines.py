"""
Records of an audit log as lines of JSON, and back.

Laws:

- One record is one line of ASCII, whatever its texts hold: line ends, control characters and
  unpaired surrogates are written as JSON escapes.
- What is read may have been written by another version, cut off by a crash, or edited by hand: a
  line that is no record is counted, and never an error.
- No line that is written is too long to be read.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, BinaryIO

from wfadmin.domain.auditing import FINISHED, EntryKind
from wfadmin.ports.audit import AuditRecord
from wfadmin.wire.redaction import redacted

__all__ = [
    "LONGEST_LINE",
    "Entry",
    "entries_of",
    "entry_of",
    "line_of",
    "lines_of",
    "may_matter",
]

#: The longest line that is read, in bytes; its line end is not counted.
LONGEST_LINE = 1024 * 1024

#: What a line says.
Entry = tuple[EntryKind, AuditRecord]

# These come first in every line, so that a note can be passed over without reading it: a doctor
# that runs every few seconds writes millions of them.
_NOTE = b'{"kind":"note","outcome":'
_NOTE_THAT_MATTERS = tuple(_NOTE + json.dumps(word).encode() for word in FINISHED)


def line_of(kind: EntryKind, record: AuditRecord) -> bytes | None:
    """A record as a line, with its line end and without secrets; None if it is too long."""
    kept = redacted(record)
    fields = {
        "kind": kind.value,
        "outcome": kept.outcome,
        "id": kept.id,
        "at": kept.at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "actor": kept.actor,
        "engine": kept.engine,
        "verb": kept.verb,
        "arguments": kept.arguments,
        "reason": kept.reason,
        "error": kept.error,
    }
    line = json.dumps(fields, ensure_ascii=True, separators=(",", ":")).encode("ascii")
    return line + b"\n" if len(line) <= LONGEST_LINE else None


def lines_of(file: BinaryIO) -> Iterator[bytes | None]:
    """The lines of a file, one at a time; None for each that is too long to be one of ours."""
    while line := file.readline(LONGEST_LINE + 1):
        if line.endswith(b"\n") or len(line) <= LONGEST_LINE:
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(LONGEST_LINE)
        yield None


def may_matter(line: bytes | None) -> bool:
    """Whether a line may say something about the end of a write; most notes do not."""
    return line is not None and (not line.startswith(_NOTE) or line.startswith(_NOTE_THAT_MATTERS))


def entry_of(line: bytes | None) -> Entry | None:
    """What a line says; None where it is no record."""
    if line is None:
        return None
    try:
        return _entry(json.loads(line.decode()))
    except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError):
        return None


def entries_of(lines: Iterable[bytes | None]) -> Iterator[Entry]:
    """What the lines say that can be read."""
    return (entry for line in lines if (entry := entry_of(line)) is not None)


def _entry(data: dict[str, Any]) -> Entry:
    at = datetime.fromisoformat(data["at"])
    record = AuditRecord(
        id=_text(data["id"]),
        # Without a zone it cannot be compared.
        at=at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC),
        actor=_text(data["actor"]),
        engine=_text(data["engine"]),
        verb=_text(data["verb"]),
        arguments=tuple((_text(name), _text(value)) for name, value in data["arguments"]),
        reason=_text_or_none(data["reason"]),
        outcome=_text_or_none(data["outcome"]),
        error=_text_or_none(data["error"]),
    )
    return EntryKind(data["kind"]), record


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)
