"""An audit log in a file, a line of JSON for each record, for all processes of a host."""

import errno
import os
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta

from anyio import to_thread
from typing_extensions import override

from wfadmin.domain.audit_filters import EVERY_RECORD, AuditFilter
from wfadmin.domain.auditing import RUNNING_FOR, EntryKind, intent_to_close, open_intents
from wfadmin.domain.errors import AuditUnavailable, UsageError
from wfadmin.domain.finding import OpenIntent
from wfadmin.ports.audit import AuditListing, AuditLog, AuditRecord
from wfadmin.ports.clock import Clock
from wfadmin.wire.audit_lines import (
    entries_of,
    entry_of,
    line_of,
    lines_of,
    may_matter,
)
from wfadmin.wire.files import make_folder, named_path, opened_file, problem_of, sync_folder
from wfadmin.wire.locks import lock_file

__all__ = ["JsonLinesAuditLog"]

_PATIENCE = timedelta(seconds=5)
_READ_AT_ONCE = 256 * 1024


class JsonLinesAuditLog(AuditLog):
    """
    Appends every record to one file, and reads it from its beginning.

    Several processes may write at once: each line goes out in one write under a lock, and one
    that a crash cut off is ended before the next. Intents, outcomes and closings are safe on the
    medium when their call returns; a note, which says that nothing was sent, is only handed to
    the system. What could not be stored as a whole is taken back.

    The file is made private, in a folder that is made private if it is missing. To rotate it,
    rename it: open intents stay behind in the old file.

    Args:
        path: The file. Neither `~` nor a link in its place is followed.
        clock: The time of day; this machine's, unless given.
        running_for: A write without an outcome that is younger is not reported as open.
        patience: How long to wait for another process that writes.

    Raises:
        UsageError: No file can have that name.
    """

    __slots__ = ("_clock", "_path", "_patience", "_running_for")

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        clock: Clock | None = None,
        running_for: timedelta = RUNNING_FOR,
        patience: timedelta = _PATIENCE,
    ) -> None:
        self._path = named_path(path, argument="audit log")
        self._clock = clock
        self._running_for = running_for
        self._patience = patience

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

        Where nothing is left out, those of the last `limit` lines; else the whole file is read,
        and every line that cannot be read is counted.

        Raises:
            UsageError: The limit is not above zero.
            AuditUnavailable: It could not be read.
        """
        if limit < 1:
            raise UsageError("limit", "it is not above zero")
        most = min(limit, sys.maxsize)
        if matching == EVERY_RECORD:
            return await to_thread.run_sync(self._newest, most, abandon_on_cancel=True)
        return await to_thread.run_sync(self._found, matching, most, abandon_on_cancel=True)

    async def get(self, attempt_id: str) -> AuditListing:
        """
        Everything about one attempt, oldest first: nothing, if none has that id.

        Raises:
            AuditUnavailable: It could not be read.
        """
        return await to_thread.run_sync(self._of_id, attempt_id, abandon_on_cancel=True)

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
        found = await to_thread.run_sync(self._to_close, intent_id, abandon_on_cancel=True)
        closed = found.closed_by(actor, reason=reason, at=self._now())
        await self.outcome(closed)
        return closed

    # --- in a worker thread ----------------------------------------------------------------------

    def _now(self) -> datetime:
        return datetime.now(UTC) if self._clock is None else self._clock.now()

    def _append(self, kind: EntryKind, record: AuditRecord) -> None:
        line = line_of(kind, record)
        if line is None:
            raise AuditUnavailable(f"{self._path}: the record is too large for one line")
        with self._translated():
            make_folder(self._path.parent)
            with opened_file(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT) as file:
                self._lock(file)
                self._write(file, line, is_synced=kind is not EntryKind.NOTE)

    def _lock(self, file: int) -> None:
        lock_file(file, patience=self._patience, problem="another process holds it")

    def _write(self, file: int, line: bytes, *, is_synced: bool) -> None:
        size = os.fstat(file).st_size
        is_torn = size > 0 and os.pread(file, 1, size - 1) != b"\n"
        data = b"\n" + line if is_torn else line
        try:
            _write_whole(file, data)
            if is_synced or size == 0:
                os.fsync(file)
            if size == 0:
                sync_folder(self._path.parent)
        except OSError:
            with suppress(OSError):
                os.ftruncate(file, size)
            raise

    def _open_intents(self, engine: str) -> tuple[OpenIntent, ...]:
        with self._lines() as lines:
            entries = entries_of(filter(may_matter, lines))
            now, running_for = self._now(), self._running_for
            return open_intents(entries, engine=engine, now=now, running_for=running_for)

    def _newest(self, limit: int) -> AuditListing:
        with self._lines() as lines:
            newest = deque(lines, maxlen=limit)
        records = tuple(record for _, record in entries_of(newest))
        return AuditListing(records, len(newest) - len(records))

    def _found(self, matching: AuditFilter, limit: int) -> AuditListing:
        return self._selected(matching.takes, limit)

    def _of_id(self, attempt_id: str) -> AuditListing:
        return self._selected(lambda record: record.id == attempt_id)

    def _selected(
        self, is_meant: Callable[[AuditRecord], bool], limit: int | None = None
    ) -> AuditListing:
        found, malformed = deque[AuditRecord](maxlen=limit), 0
        with self._lines() as lines:
            for entry in map(entry_of, lines):
                if entry is None:
                    malformed += 1
                elif is_meant(entry[1]):
                    found.append(entry[1])
        return AuditListing(tuple(found), malformed)

    def _to_close(self, intent_id: str) -> AuditRecord:
        with self._lines() as lines:
            return intent_to_close(entries_of(filter(may_matter, lines)), intent_id)

    @contextmanager
    def _lines(self) -> Iterator[Iterator[bytes | None]]:
        """The lines as they come; none where there is no file yet."""
        with self._translated(), ExitStack() as stack:
            try:
                file = stack.enter_context(opened_file(self._path, os.O_RDONLY))
            except FileNotFoundError:
                yield iter(())
            else:
                with open(file, "rb", buffering=_READ_AT_ONCE, closefd=False) as stream:
                    yield lines_of(stream)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise AuditUnavailable(problem_of(self._path, error)) from error


def _write_whole(file: int, data: bytes) -> None:
    # Not in a loop: between two writes, a reader would see a line that is none.
    if os.write(file, data) != len(data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
