"""The audit log in a database: what is stored is stored, and what is not is said."""
# ruff: noqa: ASYNC240 - these files are small, and nobody else waits for the event loop

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest

from tests.adapters.hosts import StillClock, files_no_larger_than
from wfadmin.adapters.audit_sqlite import SqliteAuditLog
from wfadmin.domain.audit_filters import AuditFilter
from wfadmin.domain.errors import AuditUnavailable, UsageError
from wfadmin.ports.audit import AuditListing, AuditRecord
from wfadmin.wire.audit_tables import VERSION, problem_of_database

pytestmark = pytest.mark.anyio

AT = datetime(2026, 5, 9, 10, tzinfo=UTC)
ENGINE = "http://engine"
KEY = (("service_name", "Order"), ("service_key", "o-1"))
INTENT = AuditRecord("op_1", AT, "ada", ENGINE, "recover", KEY, "stuck since noon")
DONE = attrs.evolve(INTENT, outcome="confirmed")
NOTE = attrs.evolve(INTENT, id="op_2", verb="doctor", outcome="ok")
BROKEN = "it is damaged, or no database: move it away, or repair it with `sqlite3 FILE .recover`"


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


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database as any other program would."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


# --- where it is stored --------------------------------------------------------------------------


async def test_making_a_log_and_reading_it_touches_nothing(path: Path, log: SqliteAuditLog) -> None:
    assert await log.open_intents(ENGINE) == ()
    assert await log.newest() == AuditListing(())
    with pytest.raises(UsageError, match="no write op_1 is on record"):
        await log.close("op_1", reason="seen", actor="bob")

    assert not path.parent.exists()


async def test_the_file_and_its_folder_are_private(path: Path, log: SqliteAuditLog) -> None:
    await log.note(NOTE)

    assert (mode_of(path), mode_of(path.parent)) == (0o600, 0o700)
    assert list(path.parent.iterdir()) == [path]


async def test_what_sqlite_keeps_beside_the_file_is_private_too(
    path: Path, log: SqliteAuditLog
) -> None:
    await log.note(NOTE)

    with opened(path) as other:
        other.execute("SELECT * FROM record").fetchone()
        await log.intent(INTENT)
        beside = {one.name: mode_of(one) for one in path.parent.iterdir()}

    assert beside == {"audit.db": 0o600, "audit.db-shm": 0o600, "audit.db-wal": 0o600}


async def test_a_folder_that_is_there_stays_as_it_is(path: Path, log: SqliteAuditLog) -> None:
    path.parent.mkdir()
    path.parent.chmod(0o755)

    await log.note(NOTE)

    assert (mode_of(path), mode_of(path.parent)) == (0o600, 0o755)


@pytest.mark.parametrize("name", ["a?mode=memory&x=#1", "%41 b", "\udcff", "file:x"])
async def test_a_name_is_a_name_whatever_it_holds(tmp_path: Path, name: str) -> None:
    log = SqliteAuditLog(str(tmp_path / name))
    await log.note(NOTE)

    assert [one.name for one in tmp_path.iterdir()] == [name]
    assert await ids(log) == ["op_2"]


async def test_a_relative_path_starts_in_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    await SqliteAuditLog("audit.db").note(NOTE)

    assert await ids(SqliteAuditLog(tmp_path / "audit.db")) == ["op_2"]


def test_a_path_that_no_file_can_have_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="audit log is not usable"):
        SqliteAuditLog("a\0b")


async def test_two_logs_of_the_same_file_are_one(path: Path, log: SqliteAuditLog) -> None:
    await log.intent(INTENT)

    await SqliteAuditLog(path).outcome(DONE)

    assert await log.open_intents(ENGINE) == ()


async def test_an_empty_file_is_an_empty_log(path: Path, log: SqliteAuditLog) -> None:
    path.parent.mkdir()
    path.touch()
    before = await log.newest()

    await log.note(NOTE)

    assert (before, await ids(log)) == (AuditListing(()), ["op_2"])


# --- when it is safe -----------------------------------------------------------------------------


async def test_intents_outcomes_and_closings_are_synced_and_notes_are_not(
    log: SqliteAuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    class Heard(sqlite3.Connection):
        def execute(self, sql: str, *rest: object) -> sqlite3.Cursor:
            if sql == "COMMIT":
                (level,) = super().execute("PRAGMA synchronous").fetchone()
                (journal,) = super().execute("PRAGMA journal_mode").fetchone()
                said.append(f"{journal} {level}")
            return super().execute(sql, *rest)  # type: ignore[arg-type]

    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda *a, **settings: connect(*a, factory=Heard, **settings)
    )
    await log.note(NOTE)
    await log.intent(INTENT)
    await log.outcome(attrs.evolve(DONE, outcome="unknown"))
    await log.close("op_1", reason="seen", actor="bob")

    # 1 is NORMAL, 2 is FULL.
    assert said == ["wal 1", "wal 2", "wal 2", "wal 2"]


# --- what cannot be stored -----------------------------------------------------------------------


async def refused(log: SqliteAuditLog) -> str:
    """Store one record of each kind, each in vain, and give the one problem that is told."""
    problems: set[str] = set()
    for store, record in ((log.intent, INTENT), (log.outcome, DONE), (log.note, NOTE)):
        with pytest.raises(AuditUnavailable) as caught:
            await store(record)
        problems.add(caught.value.problem)
    (problem,) = problems
    return problem


async def unreadable(log: SqliteAuditLog) -> str:
    """Read in each way, each in vain, and give the one problem that is told."""
    problems: set[str] = set()
    for read in (
        lambda: log.open_intents(ENGINE),
        log.newest,
        lambda: log.newest(5, AuditFilter(key="o-1")),
        lambda: log.get("op_1"),
        lambda: log.close("op_1", reason="seen", actor="bob"),
    ):
        with pytest.raises(AuditUnavailable) as caught:
            await read()
        problems.add(caught.value.problem)
    (problem,) = problems
    return problem


async def test_a_link_is_not_followed(path: Path, log: SqliteAuditLog) -> None:
    target = path.parent / "target"
    await SqliteAuditLog(target).note(NOTE)
    before = target.read_bytes()
    path.symlink_to(target)

    expected = f"{path}: Too many levels of symbolic links"
    assert (await refused(log), await unreadable(log)) == (expected, expected)
    assert target.read_bytes() == before


async def test_a_link_to_nothing_is_not_followed(path: Path, log: SqliteAuditLog) -> None:
    path.parent.mkdir()
    path.symlink_to(path.parent / "target")

    await refused(log)

    assert list(path.parent.iterdir()) == [path]


async def test_a_link_that_appears_in_the_last_moment_is_not_followed(
    path: Path, log: SqliteAuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, connect = path.parent / "target", sqlite3.connect
    await log.note(NOTE)
    await SqliteAuditLog(target).note(NOTE)
    before = target.read_bytes()

    def swap_and_connect(place: str, **settings: object) -> sqlite3.Connection:
        path.unlink()
        os.link(target, path)
        return connect(place, **settings)  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr(sqlite3, "connect", swap_and_connect)
    with pytest.raises(AuditUnavailable) as caught:
        await log.intent(INTENT)

    assert caught.value.problem == f"{path}: it was replaced while it was opened"
    assert target.read_bytes() == before


@pytest.mark.parametrize("beside", ["-wal", "-shm"])
async def test_a_link_beside_the_file_is_not_followed(
    path: Path, log: SqliteAuditLog, beside: str
) -> None:
    await log.note(NOTE)
    target = path.parent / "target"
    target.write_bytes(b"kept")
    Path(f"{path}{beside}").symlink_to(target)

    problem = await refused(log)

    assert problem == f"{path}: it cannot be opened: see who owns it and the folder that it is in"
    assert target.read_bytes() == b"kept"


async def test_a_folder_is_no_log(path: Path, log: SqliteAuditLog) -> None:
    path.mkdir(parents=True)

    expected = f"{path}: it is not a regular file"
    assert (await refused(log), await unreadable(log)) == (expected, expected)


async def test_a_device_is_no_log() -> None:
    assert await refused(SqliteAuditLog("/dev/full")) == "/dev/full: it is not a regular file"


async def test_nothing_is_stored_under_a_file(path: Path, log: SqliteAuditLog) -> None:
    path.parent.write_text("")

    expected = f"{path}: Not a directory"
    assert (await refused(log), await unreadable(log)) == (expected, expected)


async def test_where_no_file_can_be_made_nothing_is_stored() -> None:
    problem = await refused(SqliteAuditLog("/proc/audit.db"))

    assert problem.startswith("/proc/audit.db: ")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"no database at all, but long enough to be looked at" * 100, BROKEN),
        (b'{"kind":"note"}\n', BROKEN),
    ],
)
async def test_a_file_of_something_else_is_refused_and_stays_as_it_is(
    path: Path, log: SqliteAuditLog, content: bytes, told: str
) -> None:
    path.parent.mkdir()
    path.write_bytes(content)

    expected = f"{path}: {told}"
    assert (await refused(log), await unreadable(log)) == (expected, expected)
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "statement",
    ["CREATE TABLE other (one)", "PRAGMA user_version = 1", "PRAGMA application_id = 7"],
)
async def test_a_database_of_something_else_is_refused_and_stays_as_it_is(
    path: Path, log: SqliteAuditLog, statement: str
) -> None:
    path.parent.mkdir()
    with opened(path) as other:
        other.execute(statement)
    before = path.read_bytes()

    expected = f"{path}: it is a database of something else: name another file"
    assert (await refused(log), await unreadable(log)) == (expected, expected)
    assert path.read_bytes() == before


async def test_a_newer_version_is_refused_and_stays_as_it_is(
    path: Path, log: SqliteAuditLog
) -> None:
    await log.note(NOTE)
    with opened(path) as other:
        other.execute(f"PRAGMA user_version = {VERSION + 1}")
    before = path.read_bytes()

    expected = (
        f"{path}: its tables are of version {VERSION + 1}, and this wfadmin knows {VERSION}: "
        "use a newer wfadmin, or another file"
    )
    assert (await refused(log), await unreadable(log)) == (expected, expected)
    assert path.read_bytes() == before


async def test_a_damaged_database_is_refused(path: Path, log: SqliteAuditLog) -> None:
    await log.intent(INTENT)
    content = path.read_bytes()
    path.write_bytes(content[:100] + b"\xa5" * (len(content) - 100))

    expected = f"{path}: {BROKEN}"
    assert (await refused(log), await unreadable(log)) == (expected, expected)


async def test_a_database_without_its_tables_is_refused(path: Path, log: SqliteAuditLog) -> None:
    await log.intent(INTENT)
    with opened(path) as other:
        other.execute("DROP TABLE record")

    expected = f"{path}: the database says SQLITE_ERROR"
    assert (await refused(log), await unreadable(log)) == (expected, expected)


async def test_on_a_full_disk_nothing_is_stored(path: Path, log: SqliteAuditLog) -> None:
    await log.intent(INTENT)
    size = path.stat().st_size
    large = attrs.evolve(INTENT, id="op_3", arguments=(("service_key", "k" * size),))

    with files_no_larger_than(size), pytest.raises(AuditUnavailable) as caught:
        await log.intent(large)

    assert caught.value.problem.startswith(f"{path}: the ")
    assert await ids(log) == ["op_1"]
    await log.intent(large)
    assert await ids(log) == ["op_1", "op_3"]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("SQLITE_BUSY", "another process holds it: try again when it has ended"),
        ("SQLITE_BUSY_SNAPSHOT", "another process holds it: try again when it has ended"),
        ("SQLITE_FULL", "the disk is full: make room"),
        (
            "SQLITE_READONLY_DIRECTORY",
            "it cannot be written: see who owns it and the folder that it is in",
        ),
        (
            "SQLITE_CANTOPEN",
            "it cannot be opened: see who owns it and the folder that it is in",
        ),
        ("SQLITE_IOERR_FSYNC", "the database says SQLITE_IOERR_FSYNC"),
        (None, "the database says SQLITE_ERROR"),
    ],
)
def test_what_the_database_says_is_told_with_what_to_do(code: str | None, told: str) -> None:
    error = sqlite3.OperationalError("with a secret")
    if code is not None:
        error.sqlite_errorname, error.sqlite_errorcode = code, getattr(sqlite3, code)

    assert problem_of_database(Path("a.db"), error) == f"a.db: {told}"


async def test_a_record_that_is_too_large_is_refused_and_not_told(
    path: Path, log: SqliteAuditLog
) -> None:
    with pytest.raises(AuditUnavailable) as caught:
        await log.intent(attrs.evolve(INTENT, arguments=(("service_key", "k" * 2**20),)))

    assert caught.value.problem == f"{path}: the record is too large"
    assert not path.exists()
