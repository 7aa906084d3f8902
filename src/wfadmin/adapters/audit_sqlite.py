"""An audit log in an SQLite database, for all processes of a host."""

import errno
import os
import sqlite3
import stat
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar
from urllib.parse import quote
from uuid import uuid4

from anyio import from_thread, to_thread
from typing_extensions import override

from wfadmin.domain.audit_filters import EVERY_RECORD, AuditFilter
from wfadmin.domain.auditing import RUNNING_FOR, EntryKind, intent_to_close, open_intents
from wfadmin.domain.errors import AuditUnavailable, UsageError
from wfadmin.domain.finding import OpenIntent
from wfadmin.ports.audit import AuditListing, AuditLog, AuditRecord
from wfadmin.ports.clock import Clock
from wfadmin.wire import audit_tables as tables
from wfadmin.wire.audit_lines import entries_of
from wfadmin.wire.files import make_folder, named_path, opened_file, problem_of, sync_folder

__all__ = ["SqliteAuditLog"]

_PATIENCE = timedelta(seconds=5)
_BETWEEN_TRIES = 0.002
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL

_T = TypeVar("_T")
_Work = Callable[[sqlite3.Connection], _T]


class SqliteAuditLog(AuditLog):
    """
    Appends every record to a table, and finds it again by an index.

    Several processes and threads may write at once: each record is one transaction of a database
    with a write-ahead log. Intents, outcomes and closings are safe on the medium when their call
    returns (`synchronous=FULL`); for a note, which says that nothing was sent, no call waits.

    The database itself refuses to change a record, and to delete one: a program that does not
    know how this adapter deletes, such as the `sqlite3` shell, gets an error. That is against
    mistakes, not against ill will: who may write the file can drop the tables or the triggers,
    or replace the file. For proof against its owner, keep a copy elsewhere.

    The file is made private, in a folder that is made private if it is missing; so are the two
    that SQLite keeps beside it (`-wal` and `-shm`), which belong to it: copy or move them
    together, and only while nobody uses them. Keep it on a file system of this host.

    Args:
        path: The file. Neither `~` nor a link in its place is followed.
        clock: The time of day; this machine's, unless given.
        running_for: A write without an outcome that is younger is not reported as open.
        patience: How long to wait for another process that writes.
        keep: How long notes are kept, and writes that have ended; for ever, unless given. A write
            that nobody knows the end of never goes. What is too old goes, little by little, when
            something that is no intent is stored; room that becomes free is used again.

    Raises:
        UsageError: No file can have that name, or `keep` is not above zero.
    """

    __slots__ = ("_clock", "_first", "_keep", "_path", "_patience", "_running_for")

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        clock: Clock | None = None,
        running_for: timedelta = RUNNING_FOR,
        patience: timedelta = _PATIENCE,
        keep: timedelta | None = None,
    ) -> None:
        if keep is not None and keep <= timedelta(0):
            raise UsageError("keep", "it is not above zero")
        self._path = named_path(path, argument="audit log")
        self._clock = clock
        self._running_for = running_for
        self._patience = patience
        self._keep = keep
        self._first = threading.Lock()

    @override
    async def intent(self, record: AuditRecord) -> None:
        """See `AuditLog.intent`."""
        # Never abandoned: a caller that is cancelled may store the outcome next, and the intent
        # has to stand before it.
        await to_thread.run_sync(self._append, EntryKind.INTENT, record)

    @override
    async def outcome(self, record: AuditRecord) -> None:
        """See `AuditLog.outcome`."""
        await to_thread.run_sync(self._append, EntryKind.OUTCOME, record, abandon_on_cancel=True)

    @override
    async def note(self, record: AuditRecord) -> None:
        """See `AuditLog.note`."""
        await to_thread.run_sync(self._append, EntryKind.NOTE, record, abandon_on_cancel=True)

    @override
    async def open_intents(self, engine: str) -> tuple[OpenIntent, ...]:
        """See `AuditLog.open_intents`."""
        return await to_thread.run_sync(self._open_intents, engine, abandon_on_cancel=True)

    async def newest(self, limit: int = 100, matching: AuditFilter = EVERY_RECORD) -> AuditListing:
        """
        The newest records that match, at most `limit`, oldest first.

        Raises:
            UsageError: The limit is not above zero.
            AuditUnavailable: It could not be read.
        """
        if limit < 1:
            raise UsageError("limit", "it is not above zero")
        work = partial(tables.newest_lines, limit=limit, matching=matching)
        return await to_thread.run_sync(self._listing, work, abandon_on_cancel=True)

    async def get(self, attempt_id: str) -> AuditListing:
        """
        Everything about one attempt, oldest first: nothing, if none has that id.

        Raises:
            AuditUnavailable: It could not be read.
        """
        work = partial(tables.lines_of_id, one_id=attempt_id)
        return await to_thread.run_sync(self._listing, work, abandon_on_cancel=True)

    async def close(self, intent_id: str, *, reason: str, actor: str) -> AuditRecord:
        """
        Put on record that somebody looked at an open write and knows how it ended.

        Returns:
            The record: that of the write, with who closed it, when and why.

        Raises:
            UsageError: There is no such write, it has ended, or no reason is given.
            AuditUnavailable: It could not be read or stored.
        """
        if not reason.strip():
            raise UsageError("reason", "it is empty")
        work = partial(self._close, intent_id, actor, reason)
        return await to_thread.run_sync(work, abandon_on_cancel=True)

    # --- in a worker thread ----------------------------------------------------------------------

    def _now(self) -> datetime:
        return datetime.now(UTC) if self._clock is None else self._clock.now()

    def _append(self, kind: EntryKind, record: AuditRecord) -> None:
        row = self._row(kind, record)
        is_synced = kind is not EntryKind.NOTE
        work = partial(tables.insert, row=row)
        self._written(work, is_synced=is_synced, patience=self._patience)
        # Nothing comes between an intent and what it is for.
        if kind is not EntryKind.INTENT:
            self._sweep(kind)

    def _row(self, kind: EntryKind, record: AuditRecord) -> tables.Row:
        row = tables.row_of(kind, record)
        if row is None:
            raise AuditUnavailable(f"{self._path}: the record is too large")
        return row

    def _open_intents(self, engine: str) -> tuple[OpenIntent, ...]:
        def work(connection: sqlite3.Connection) -> tuple[OpenIntent, ...]:
            entries = entries_of(tables.lines_that_matter(connection, engine))
            now, running_for = self._now(), self._running_for
            return open_intents(entries, engine=engine, now=now, running_for=running_for)

        return self._read(work)

    def _listing(self, work: _Work[Iterable[bytes | None]]) -> AuditListing:
        lines = self._read(lambda connection: list(work(connection)))
        records = tuple(record for _, record in entries_of(lines))
        return AuditListing(records, len(lines) - len(records))

    def _close(self, intent_id: str, actor: str, reason: str) -> AuditRecord:
        def found(connection: sqlite3.Connection) -> AuditRecord:
            return intent_to_close(entries_of(tables.lines_of_id(connection, intent_id)), intent_id)

        def closed(connection: sqlite3.Connection) -> AuditRecord:
            # Once more, now that nobody else can close it too.
            ended = found(connection).closed_by(actor, reason=reason, at=self._now())
            tables.insert(connection, self._row(EntryKind.OUTCOME, ended))
            return ended

        self._read(found)  # where there is nothing to close, no file is made
        record = self._written(closed, is_synced=True, patience=self._patience)
        self._sweep(EntryKind.OUTCOME)
        return record

    def _sweep(self, kind: EntryKind) -> None:
        """Remove what is too old; what cannot be removed now is removed later."""
        if self._keep is None:
            return
        before = self._now() - self._keep

        def work(connection: sqlite3.Connection) -> None:
            tables.allow_removal(connection)
            tables.remove_old_notes(connection, before)
            if kind is EntryKind.OUTCOME:
                tables.remove_old_writes(connection, before)

        # What was stored is stored, whatever becomes of this.
        with suppress(AuditUnavailable):
            self._written(work, is_synced=False, patience=timedelta(0))

    # --- the database ----------------------------------------------------------------------------

    def _read(self, work: _Work[_T]) -> _T:
        """Read in one transaction; where there is no log yet, an empty one."""

        def reading(connection: sqlite3.Connection) -> _T:
            connection.execute("BEGIN")
            return work(connection) if tables.is_prepared(connection) else _of_nothing(work)

        with self._translated():
            try:
                return self._patiently("ro", reading, self._patience)
            except FileNotFoundError:
                return _of_nothing(work)

    def _written(self, work: _Work[_T], *, is_synced: bool, patience: timedelta) -> _T:
        """Write in one transaction; what fails is rolled back as the connection is closed."""

        def writing(connection: sqlite3.Connection) -> _T:
            connection.execute(f"PRAGMA synchronous = {'FULL' if is_synced else 'NORMAL'}")
            # In a transaction, because another process may be making the tables.
            connection.execute("BEGIN")
            is_new = not tables.is_prepared(connection)
            connection.execute("ROLLBACK")
            if is_new:
                self._switch(connection)
            connection.execute("BEGIN IMMEDIATE")
            if not tables.is_prepared(connection):
                tables.prepare(connection)
            done = work(connection)
            connection.execute("COMMIT")
            return done

        with self._translated():
            self._make_file()
            return self._patiently("rw", writing, patience)

    def _switch(self, connection: sqlite3.Connection) -> None:
        """Let readers and a writer work at once from now on."""
        # It wants the file for itself. Many threads that try at once keep each other from it for
        # seconds; while they wait here they touch nothing. A fork may find it locked for ever.
        is_ours = self._first.acquire(timeout=self._patience.total_seconds())
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        finally:
            if is_ours:
                self._first.release()

    def _patiently(self, mode: str, work: _Work[_T], patience: timedelta) -> _T:
        until = time.monotonic() + patience.total_seconds()
        while True:
            try:
                with self._connected(mode) as connection:
                    return work(connection)
            except sqlite3.OperationalError as error:
                if not tables.is_held(error) or time.monotonic() >= until:
                    raise
            from_thread.check_cancelled()
            time.sleep(_BETWEEN_TRIES)

    @contextmanager
    def _connected(self, mode: str) -> Iterator[sqlite3.Connection]:
        """
        The database on a connection of its own, which no other thread or fork shares.

        The file is looked at and never opened here: closing it would free the locks that other
        connections of this process have on it.
        """
        path = os.fsencode(self._path.absolute())
        before = self._regular_file()
        place = f"file://{quote(path)}?mode={mode}"
        connection = sqlite3.connect(place, uri=True, timeout=0, isolation_level=None)
        with closing(connection):
            if not os.path.samestat(before, self._regular_file()):
                raise OSError(errno.ESTALE, "it was replaced while it was opened")
            yield connection

    def _regular_file(self) -> os.stat_result:
        found = os.lstat(self._path)
        if stat.S_ISLNK(found.st_mode):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        return found

    def _make_file(self) -> None:
        """Make the file, if it is missing, so that it is private from its first moment."""
        if os.path.lexists(self._path):
            return
        folder = self._path.parent
        make_folder(folder)
        # It gets its name when it is closed: see `_connected`.
        unnamed = folder / f".{uuid4().hex}"
        with opened_file(unnamed, _NEW):
            pass
        try:
            with suppress(FileExistsError):
                os.link(unnamed, self._path)
        finally:
            unnamed.unlink()
        sync_folder(folder)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise AuditUnavailable(problem_of(self._path, error)) from error
        except sqlite3.Error as error:
            problem = tables.problem_of_database(self._path, error)
            raise AuditUnavailable(problem) from error


def _of_nothing(work: _Work[_T]) -> _T:
    with closing(sqlite3.connect(":memory:")) as connection:
        tables.prepare(connection)
        return work(connection)
