"""
Records of an audit log as rows of an SQLite database, and back.

Laws:

- The line of a record, as `audit_lines` makes it, is the record. The columns beside it are only
  for finding it, and no value of them is ever read back.
- SQL is made of the words of this module alone: what comes from outside is a parameter.
- Every text in a column is ASCII: SQLite can hold neither a NUL nor an unpaired surrogate in a
  text that it is to compare.
- The database refuses to change or delete a record. Only a connection that `allow_removal` was
  called for can delete.
"""

import errno
import json
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import attrs

from wfadmin.domain.audit_filters import EVERY_RECORD, INTENT, AuditFilter, outcome_word
from wfadmin.domain.auditing import FINISHED, UNKNOWN, EntryKind, open_intents
from wfadmin.domain.finding import OpenIntent
from wfadmin.ports.audit import AuditRecord
from wfadmin.wire.audit_lines import Entry, entry_of, line_of, may_matter
from wfadmin.wire.redaction import redacted

__all__ = [
    "VERSION",
    "Row",
    "allow_removal",
    "insert",
    "is_held",
    "is_prepared",
    "lines_of_id",
    "lines_that_matter",
    "newest_lines",
    "prepare",
    "problem_of_database",
    "remove_old_notes",
    "remove_old_writes",
    "row_of",
]

#: The version of the tables.
VERSION = 1
# "wfad": says whose file it is, also to the program `file`.
_APPLICATION = 0x77666164
_LARGEST = 2**63 - 1
# What is longer is looked for by its hash, so that no index holds a text of a megabyte.
_LONGEST_WORD = 500
# Few enough for a note that nobody waits for, and more than one, so that the rest gets smaller.
_NOTES_AT_ONCE = 100
# A shell that lacks the function says its name: "no such function: ...".
_REMOVAL = "only_wfadmin_removes_old_audit_records"
_NO_CHANGE = "an audit log is only appended to"

_TABLES = (
    """
    CREATE TABLE record (
        place INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL,
        at TEXT NOT NULL,
        kind TEXT NOT NULL,
        matters INTEGER NOT NULL,
        outcome TEXT NOT NULL,
        verb TEXT NOT NULL,
        actor TEXT NOT NULL,
        engine TEXT NOT NULL,
        line TEXT NOT NULL
    )
    """,
    "CREATE TABLE argument (record INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL)",
    "CREATE INDEX record_by_id ON record (id)",
    "CREATE INDEX record_by_time ON record (at)",
    "CREATE INDEX record_by_verb ON record (verb)",
    "CREATE INDEX record_by_actor ON record (actor)",
    "CREATE INDEX record_by_outcome ON record (outcome)",
    "CREATE INDEX record_that_matters ON record (engine) WHERE matters = 1",
    "CREATE INDEX argument_by_value ON argument (value, name, record)",
    "CREATE INDEX argument_by_record ON argument (record)",
    # "INSERT OR REPLACE" deletes without asking the triggers for deletions.
    f"""
    CREATE TRIGGER record_replaced BEFORE INSERT ON record
    WHEN EXISTS (SELECT 1 FROM record WHERE place = NEW.place)
    BEGIN SELECT RAISE(ABORT, '{_NO_CHANGE}'); END
    """,  # noqa: S608
    *(
        statement
        for table in ("record", "argument")
        for statement in (
            f"""
            CREATE TRIGGER {table}_changed BEFORE UPDATE ON {table}
            BEGIN SELECT RAISE(ABORT, '{_NO_CHANGE}'); END
            """,
            f"""
            CREATE TRIGGER {table}_removed BEFORE DELETE ON {table}
            WHEN {_REMOVAL}() IS NOT 1
            BEGIN SELECT RAISE(ABORT, '{_NO_CHANGE}'); END
            """,
        )
    ),
    f"PRAGMA application_id = {_APPLICATION}",
    f"PRAGMA user_version = {VERSION}",
)


def is_prepared(connection: sqlite3.Connection) -> bool:
    """
    Whether a database holds the tables of an audit log; False where it is empty.

    Asks more than one question, so it belongs into a transaction.

    Raises:
        OSError: It belongs to something else, or to a newer version. Nothing was changed.
    """
    application, version = (_number(connection, f"PRAGMA {one}") for one in _MARKS)
    if application == _APPLICATION:
        if version > VERSION:
            problem = f"its tables are of version {version}, and this wfadmin knows {VERSION}"
            raise OSError(errno.EINVAL, f"{problem}: use a newer wfadmin, or another file")
        return True
    if application or version or _number(connection, "SELECT count(*) FROM sqlite_master"):
        raise OSError(errno.EINVAL, "it is a database of something else: name another file")
    return False


_MARKS = ("application_id", "user_version")


def _number(connection: sqlite3.Connection, question: str) -> int:
    (found,) = connection.execute(question).fetchone()
    return int(found)


def prepare(connection: sqlite3.Connection) -> None:
    """Make the tables, in the transaction that is open."""
    for statement in _TABLES:
        connection.execute(statement)


# --- to store ------------------------------------------------------------------------------------


@attrs.frozen
class Row:
    """A record as it is stored: the columns of `record`, and names and values of `argument`."""

    columns: tuple[object, ...]
    arguments: tuple[tuple[str, str], ...]


def row_of(kind: EntryKind, record: AuditRecord) -> Row | None:
    """A record without secrets; None if it is too large."""
    line = line_of(kind, record)
    if line is None:
        return None
    kept = redacted(record)
    words = (outcome_word(kept.outcome), kept.verb, kept.actor, kept.engine)
    columns = (
        _word(kept.id),
        _moment(kept.at),
        kind.value,
        int(may_matter(line)),
        *map(_word, words),
        line.decode("ascii").rstrip("\n"),
    )
    return Row(columns, tuple((_word(name), _word(value)) for name, value in kept.arguments))


def insert(connection: sqlite3.Connection, row: Row) -> None:
    """Store a record, in the transaction that is open."""
    stored = connection.execute(
        "INSERT INTO record (id, at, kind, matters, outcome, verb, actor, engine, line)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        row.columns,
    )
    connection.executemany(
        "INSERT INTO argument (record, name, value) VALUES (?, ?, ?)",
        [(stored.lastrowid, name, value) for name, value in row.arguments],
    )


def _word(text: str) -> str:
    """A text as it stands in a column: equal texts are equal, and others are not."""
    word = json.dumps(text)[1:-1]
    # A quote never stands alone in the one, so it marks the other.
    return word if len(word) <= _LONGEST_WORD else f'"{sha256(word.encode()).hexdigest()}'


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


# --- to read -------------------------------------------------------------------------------------

# As bytes: what somebody else wrote there may be of any type, and no text.
_LINE = "CAST(line AS BLOB)"
_TERMS = {
    "verb": "verb = ?",
    "actor": "actor = ?",
    "engine": "engine = ?",
    "outcome": "outcome = ?",
    "key": "place IN (SELECT record FROM argument WHERE name = 'service_key' AND value = ?)",
    "target": "place IN (SELECT record FROM argument WHERE value = ?)",
    "since": "at >= ?",
    "until": "at < ?",
}

_Lines = Iterator[bytes | None]


def newest_lines(
    connection: sqlite3.Connection,
    limit: int,
    matching: AuditFilter = EVERY_RECORD,
) -> list[bytes | None]:
    """The lines of the newest records that match, oldest first."""
    wanted = {name: getattr(matching, name) for name in _TERMS}
    given = {name: value for name, value in wanted.items() if value is not None}
    terms = " AND ".join(("1", *(_TERMS[name] for name in given)))
    words = [_moment(v) if isinstance(v, datetime) else _word(v) for v in given.values()]
    question = f"SELECT {_LINE} FROM record WHERE {terms} ORDER BY place DESC LIMIT ?"  # noqa: S608
    found = connection.execute(question, (*words, min(limit, _LARGEST))).fetchall()
    return [line for (line,) in reversed(found)]


def lines_of_id(connection: sqlite3.Connection, one_id: str) -> _Lines:
    """The lines of one attempt, oldest first."""
    question = f"SELECT {_LINE} FROM record WHERE id = ? ORDER BY place"  # noqa: S608
    return (line for (line,) in connection.execute(question, (_word(one_id),)))


def lines_that_matter(connection: sqlite3.Connection, engine: str) -> _Lines:
    """The lines for an engine that may say something about the end of a write, oldest first."""
    where = "engine = ? AND matters = 1 ORDER BY place"
    question = f"SELECT {_LINE} FROM record WHERE {where}"  # noqa: S608
    return (line for (line,) in connection.execute(question, (_word(engine),)))


# --- to remove -----------------------------------------------------------------------------------


def allow_removal(connection: sqlite3.Connection) -> None:
    """Let this connection delete."""
    # A build of SQLite may trust no function in a trigger until it is told to.
    connection.execute("PRAGMA trusted_schema = ON")
    connection.create_function(_REMOVAL, 0, lambda: 1)


def remove_old_notes(connection: sqlite3.Connection, before: datetime) -> None:
    """Remove some of the notes that are older and settle nothing."""
    found = connection.execute(
        "SELECT place FROM record WHERE matters = 0 AND at < ? LIMIT ?",
        (_moment(before), _NOTES_AT_ONCE),
    ).fetchall()
    _remove(connection, (place for (place,) in found))


def remove_old_writes(connection: sqlite3.Connection, before: datetime) -> None:
    """Remove the writes that are older and have ended, and the notes that showed it."""
    ended = connection.execute(
        "SELECT 1 FROM record WHERE matters = 1 AND at < ? AND outcome NOT IN (?, ?) LIMIT 1",
        (_moment(before), _word(INTENT), _word(UNKNOWN)),
    ).fetchone()
    if ended is None:
        return  # without reading what may be a long log
    found = connection.execute(
        f"SELECT place, {_LINE} FROM record WHERE matters = 1 ORDER BY place"  # noqa: S608
    )
    engines: dict[str, list[_Placed]] = {}
    for place, line in found.fetchall():
        if (entry := entry_of(line)) is not None:
            engines.setdefault(entry[1].engine, []).append((place, entry))
    for engine, placed in engines.items():
        _remove(connection, _over(engine, placed, before))


def _remove(connection: sqlite3.Connection, places: Iterable[int]) -> None:
    for place in places:
        connection.execute("DELETE FROM argument WHERE record = ?", (place,))
        connection.execute("DELETE FROM record WHERE place = ?", (place,))


_Placed = tuple[int, Entry]


def _over(engine: str, placed: list[_Placed], before: datetime) -> list[int]:
    """Where the records of an engine stand that can go, so that the same writes stay open."""
    open_now = _open(engine, placed)
    needed = {one.id for one in open_now}
    needed |= {record.id for _, (_, record) in placed if record.at >= before}
    # A write that stays may have ended only because a later one to its target was confirmed.
    if _open(engine, [one for one in placed if one[1][1].id in needed]) != open_now:
        needed |= {record.id for _, (_, record) in placed if record.outcome in FINISHED}
    return [place for place, (_, record) in placed if record.id not in needed]


def _open(engine: str, placed: list[_Placed]) -> tuple[OpenIntent, ...]:
    entries = [entry for _, entry in placed]
    now, running_for = datetime.now(UTC), timedelta(0)
    return open_intents(entries, engine=engine, now=now, running_for=running_for)


# --- what went wrong -----------------------------------------------------------------------------

_BROKEN = "it is damaged, or no database: move it away, or repair it with `sqlite3 FILE .recover`"
_PROBLEMS = {
    sqlite3.SQLITE_BUSY: "another process holds it: try again when it has ended",
    sqlite3.SQLITE_FULL: "the disk is full: make room",
    sqlite3.SQLITE_CORRUPT: _BROKEN,
    sqlite3.SQLITE_NOTADB: _BROKEN,
    sqlite3.SQLITE_READONLY: "it cannot be written: see who owns it and the folder that it is in",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened: see who owns it and the folder that it is in",
}


def problem_of_database(path: Path, error: sqlite3.Error) -> str:
    """What went wrong with a database, by its path and by nothing of its content."""
    name = getattr(error, "sqlite_errorname", "SQLITE_ERROR")
    return f"{path}: {_PROBLEMS.get(_kind(error), f'the database says {name}')}"


def is_held(error: sqlite3.Error) -> bool:
    """Whether it fails only as long as somebody else is at it."""
    return _kind(error) == sqlite3.SQLITE_BUSY


def _kind(error: sqlite3.Error) -> int:
    # The low byte; what stands above it says in which call. Not every error has a code.
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code & 0xFF
