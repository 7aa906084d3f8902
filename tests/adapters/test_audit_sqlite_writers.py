"""The audit log in a database: other writers, crashes, and callers that are cancelled."""
# ruff: noqa: ASYNC240 - these files are small, and nobody else waits for the event loop

import asyncio
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import attrs
import pytest
from anyio import from_thread

from tests.adapters.hosts import StillClock, finish, line_from, out_of, program
from wfadmin.adapters.audit_sqlite import SqliteAuditLog
from wfadmin.domain.auditing import EntryKind
from wfadmin.domain.errors import AuditUnavailable, UsageError
from wfadmin.ports.audit import AuditRecord
from wfadmin.wire import audit_tables

pytestmark = pytest.mark.anyio

AT = datetime(2026, 5, 9, 10, tzinfo=UTC)
ENGINE = "http://engine"
KEY = (("service_name", "Order"), ("service_key", "o-1"))
INTENT = AuditRecord("op_1", AT, "ada", ENGINE, "recover", KEY, "stuck since noon")
DONE = attrs.evolve(INTENT, outcome="confirmed")
NOTE = attrs.evolve(INTENT, id="op_2", verb="doctor", outcome="ok")
HELD = "another process holds it: try again when it has ended"


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "audit.db"


@pytest.fixture
def log(path: Path) -> SqliteAuditLog:
    return SqliteAuditLog(path, clock=StillClock(AT + timedelta(hours=1)))


async def ids(log: SqliteAuditLog) -> list[str]:
    return [one.id for one in (await log.newest()).records]


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock on a database, as another process that writes would."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield


async def test_the_event_loop_and_readers_go_on_while_a_record_waits_for_its_turn(
    path: Path, log: SqliteAuditLog
) -> None:
    await log.note(NOTE)
    async with anyio.create_task_group() as group:
        with locked(path):
            group.start_soon(log.intent, INTENT)
            for _ in range(5):
                await anyio.sleep(0.005)
            while_it_waits = await ids(log)

    assert (while_it_waits, await ids(log)) == (["op_2"], ["op_2", "op_1"])


async def test_who_waits_too_long_for_another_process_is_told(path: Path) -> None:
    log = SqliteAuditLog(path, patience=timedelta(milliseconds=10))
    await log.note(NOTE)

    with locked(path), pytest.raises(AuditUnavailable) as caught:
        await log.intent(INTENT)

    assert caught.value.problem == f"{path}: {HELD}"
    assert await ids(log) == ["op_2"]


async def test_who_is_cancelled_while_waiting_stores_nothing(
    path: Path, log: SqliteAuditLog
) -> None:
    await log.note(NOTE)

    with locked(path):
        for store, record in ((log.intent, INTENT), (log.outcome, DONE), (log.note, NOTE)):
            with anyio.move_on_after(0.02) as scope:
                await store(record)
            assert scope.cancelled_caught
        await anyio.sleep(0.02)

    assert await ids(log) == ["op_2"]


async def test_an_intent_that_is_being_written_is_finished_before_its_caller_is_cancelled(
    log: SqliteAuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    await log.note(NOTE)
    scope, insert = anyio.CancelScope(), audit_tables.insert

    def cancel_and_insert(connection: sqlite3.Connection, row: audit_tables.Row) -> None:
        from_thread.run_sync(scope.cancel)
        time.sleep(0.02)
        insert(connection, row)

    with monkeypatch.context() as patch, scope:
        patch.setattr(audit_tables, "insert", cancel_and_insert)
        await log.intent(INTENT)

    assert scope.cancel_called
    assert await ids(log) == ["op_2", "op_1"]


def test_an_intent_that_comes_through_after_its_task_was_cancelled_does_not_stay_open(
    path: Path, log: SqliteAuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_on_its_way = threading.Event()
    real = SqliteAuditLog._make_file

    def comes_by(self: SqliteAuditLog) -> None:
        is_on_its_way.set()
        real(self)

    async def cancelled_in_the_way_of_asyncio() -> None:
        await log.note(NOTE)
        monkeypatch.setattr(SqliteAuditLog, "_make_file", comes_by)
        with locked(path):
            task = asyncio.create_task(log.intent(INTENT))
            while not is_on_its_way.is_set():  # noqa: ASYNC110 - the same
                await asyncio.sleep(0.001)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        await log.outcome(attrs.evolve(INTENT, outcome="cancelled"))
        while len(await ids(log)) < 3:  # noqa: ASYNC110 - it is a thread that is waited for
            await asyncio.sleep(0.001)

        assert await log.open_intents(ENGINE) == ()

    asyncio.run(cancelled_in_the_way_of_asyncio())


async def test_who_looks_at_a_file_while_another_makes_the_tables_sees_all_or_nothing(
    path: Path, log: SqliteAuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.parent.mkdir()
    path.touch()
    connect, other = sqlite3.connect, SqliteAuditLog(path, patience=timedelta(0))

    class Interrupted(sqlite3.Connection):
        def execute(self, sql: str, *rest: object) -> sqlite3.Cursor:
            if sql == "PRAGMA user_version":
                monkeypatch.setattr(sqlite3, "connect", connect)
                with suppress(AuditUnavailable):
                    other._append(EntryKind.NOTE, NOTE)
            return super().execute(sql, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(
        sqlite3, "connect", lambda *a, **settings: connect(*a, factory=Interrupted, **settings)
    )
    await log.intent(INTENT)

    assert (await ids(log))[-1] == "op_1"


async def test_who_makes_the_file_second_uses_that_of_the_first(
    path: Path, log: SqliteAuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = os.link

    def late(source: Path, name: Path) -> None:
        monkeypatch.setattr(os, "link", link)
        SqliteAuditLog(path)._append(EntryKind.NOTE, NOTE)
        link(source, name)

    monkeypatch.setattr(os, "link", late)
    await log.intent(INTENT)

    assert [one.name for one in path.parent.iterdir()] == ["audit.db"]
    assert await ids(log) == ["op_2", "op_1"]


async def test_of_those_who_close_a_write_at_once_one_does(log: SqliteAuditLog) -> None:
    await log.intent(INTENT)
    told: list[str] = []

    async def close(actor: str) -> None:
        try:
            told.append((await log.close("op_1", reason="seen", actor=actor)).actor)
        except UsageError as error:
            told.append(error.problem)

    async with anyio.create_task_group() as group:
        for actor in "abcd":
            group.start_soon(close, actor)

    assert len(await ids(log)) == 2
    assert sorted(told)[1:] == ["op_1 has ended already: closed"] * 3


async def test_tasks_of_one_process_do_not_interleave(log: SqliteAuditLog) -> None:
    async with anyio.create_task_group() as group:
        for number in range(30):
            group.start_soon(log.intent, attrs.evolve(INTENT, id=str(number)))

    listing = await log.newest()
    assert sorted(one.id for one in listing.records) == sorted(map(str, range(30)))
    assert listing.malformed == 0


async def test_a_fork_that_finds_the_first_write_under_way_for_ever_writes_all_the_same(
    tmp_path: Path,
) -> None:
    log = SqliteAuditLog(tmp_path / "audit.db", patience=timedelta(milliseconds=50))
    # As in a process that was forked while another thread made the log.
    log._first.acquire()

    await log.intent(INTENT)

    assert await ids(log) == ["op_1"]


WRITER = """
import anyio, sys
from datetime import UTC, datetime, timedelta
from wfadmin.adapters.audit_sqlite import SqliteAuditLog
from wfadmin.ports.audit import AuditRecord

path, name, many = sys.argv[1], sys.argv[2], int(sys.argv[3])
at = datetime(2026, 5, 9, 10, tzinfo=UTC)

async def write():
    log = SqliteAuditLog(path, patience=timedelta(seconds=30))
    for number in range(many):
        await log.intent(AuditRecord(f"{name}{number}", at, name, "e", "v", reason=name * 3000))
        print(number, flush=True)

anyio.run(write)
"""


async def test_several_processes_make_the_file_and_write_at_once_and_nothing_is_lost(
    path: Path, log: SqliteAuditLog
) -> None:
    with ExitStack() as stack:
        writers = [stack.enter_context(program(WRITER, path, name, 30)) for name in "abc"]
        for writer in writers:
            finish(writer)

    listing = await log.newest(1000)
    for name in "abc":
        own = [one.id for one in listing.records if one.actor == name]
        assert own == [f"{name}{number}" for number in range(30)]
    assert (len(listing.records), listing.malformed) == (90, 0)
    assert [one.name for one in path.parent.iterdir() if one.name[0] == "."] == []


@pytest.mark.parametrize("_round", range(3))
async def test_what_a_killed_writer_was_told_is_stored_is_there(
    path: Path, log: SqliteAuditLog, _round: int
) -> None:
    with program(WRITER, path, "b", 25) as other, program(WRITER, path, "a", 1_000_000) as writer:
        for _ in range(10):
            last = int(line_from(writer))
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        last = max(last, *map(int, out_of(writer).read().split()), 0)
        finish(other)

    await log.note(NOTE)

    found = await log.newest(1_000_000)
    stored = [one.id for one in found.records if one.actor == "a"]
    others = [one.id for one in found.records if one.actor == "b"]
    assert stored[: last + 1] == [f"a{number}" for number in range(last + 1)]
    assert len(stored) - 1 in (last, last + 1)  # one more may be stored and not yet told
    assert others == [f"b{number}" for number in range(25)]
    assert (found.records[-1], found.malformed) == (NOTE, 0)
    with closing(sqlite3.connect(path)) as other_program:
        assert other_program.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
connection.execute("PRAGMA cache_size = 1")
for number in range(500):
    connection.execute(
        "INSERT INTO record (id, at, kind, matters, outcome, verb, actor, engine, line)"
        " VALUES ('half', '', '', 1, '', '', '', '', hex(zeroblob(9000)))"
    )
print("in the middle", flush=True)
sys.stdin.read()
"""


async def test_a_writer_that_is_killed_in_the_middle_of_a_transaction_holds_nobody_up(
    path: Path, log: SqliteAuditLog
) -> None:
    await log.intent(INTENT)
    with program(HOLDER, path) as holder:
        assert line_from(holder) == "in the middle"
        with pytest.raises(AuditUnavailable) as caught:
            await SqliteAuditLog(path, patience=timedelta(0)).intent(INTENT)
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    left_behind = path.with_name("audit.db-wal").stat().st_size

    await log.outcome(DONE)

    listing = await log.newest()
    assert caught.value.problem == f"{path}: {HELD}"
    assert left_behind > 1_000_000
    assert (listing.records, listing.malformed) == ((INTENT, DONE), 0)
