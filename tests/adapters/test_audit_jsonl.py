"""The audit log in a file: what is stored is stored, and what is not is said."""
# ruff: noqa: ASYNC240 - these files are small, and nobody else waits for the event loop

import errno
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest

from tests.adapters.hosts import StillClock, files_no_larger_than
from wfadmin.adapters.audit_jsonl import JsonLinesAuditLog
from wfadmin.domain.errors import AuditUnavailable, UsageError
from wfadmin.ports.audit import AuditRecord

pytestmark = pytest.mark.anyio

AT = datetime(2026, 5, 9, 10, tzinfo=UTC)
ENGINE = "http://engine"
KEY = (("service_name", "Order"), ("service_key", "o-1"))
INTENT = AuditRecord("op_1", AT, "ada", ENGINE, "recover", KEY, "stuck since noon")
DONE = attrs.evolve(INTENT, outcome="confirmed")
NOTE = attrs.evolve(INTENT, id="op_2", verb="doctor", outcome="ok")


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "audit.jsonl"


@pytest.fixture
def log(path: Path) -> JsonLinesAuditLog:
    return JsonLinesAuditLog(path, clock=StillClock(AT + timedelta(hours=1)))


async def ids(log: JsonLinesAuditLog) -> list[str]:
    return [one.id for one in (await log.newest()).records]


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


# --- where it is stored --------------------------------------------------------------------------


async def test_making_a_log_touches_nothing(path: Path, log: JsonLinesAuditLog) -> None:
    assert await log.open_intents(ENGINE) == ()
    assert not path.parent.exists()


async def test_the_file_and_its_folder_are_private(path: Path, log: JsonLinesAuditLog) -> None:
    await log.note(NOTE)

    assert (mode_of(path), mode_of(path.parent)) == (0o600, 0o700)


async def test_a_folder_that_is_there_stays_as_it_is(path: Path, log: JsonLinesAuditLog) -> None:
    path.parent.mkdir()
    path.parent.chmod(0o755)

    await log.note(NOTE)

    assert (mode_of(path), mode_of(path.parent)) == (0o600, 0o755)


async def test_a_path_may_be_text(path: Path) -> None:
    await JsonLinesAuditLog(str(path)).note(NOTE)

    assert len(path.read_text("ascii").splitlines()) == 1


def test_a_path_that_no_file_can_have_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="audit log is not usable"):
        JsonLinesAuditLog("a\0b")


async def test_two_logs_of_the_same_file_are_one(path: Path, log: JsonLinesAuditLog) -> None:
    await log.intent(INTENT)

    await JsonLinesAuditLog(path).outcome(DONE)

    assert await log.open_intents(ENGINE) == ()


# --- when it is safe -----------------------------------------------------------------------------


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give what was brought onto the medium so far: files and folders."""
    done: list[str] = []

    def fsync(descriptor: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")

    monkeypatch.setattr(os, "fsync", fsync)
    return done


async def test_the_first_record_is_synced_with_the_name_of_the_file(
    path: Path, log: JsonLinesAuditLog, synced: list[str]
) -> None:
    path.parent.mkdir()

    await log.note(NOTE)

    assert synced == ["file", "folder"]


async def test_intents_and_outcomes_are_synced_and_notes_are_not(
    log: JsonLinesAuditLog, synced: list[str]
) -> None:
    await log.note(NOTE)
    synced.clear()
    after: list[list[str]] = []

    for store, record in ((log.note, NOTE), (log.intent, INTENT), (log.outcome, DONE)):
        await store(record)
        after.append(list(synced))

    assert after == [[], ["file"], ["file", "file"]]


async def test_each_record_is_one_write(
    path: Path, log: JsonLinesAuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, written = os.write, []

    def spy(descriptor: int, data: bytes) -> int:
        written.append(data)
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", spy)
    await log.intent(INTENT)
    await log.outcome(DONE)

    lines = path.read_bytes().splitlines(keepends=True)
    # The event loop writes to wake itself up.
    assert [data for data in written if data.startswith(b"{")] == lines


# --- what cannot be stored -----------------------------------------------------------------------


async def refused(log: JsonLinesAuditLog) -> str:
    """Store one record of each kind, each in vain, and give the one problem that is told."""
    problems: set[str] = set()
    for store, record in ((log.intent, INTENT), (log.outcome, DONE), (log.note, NOTE)):
        with pytest.raises(AuditUnavailable) as caught:
            await store(record)
        problems.add(caught.value.problem)
    (problem,) = problems
    return problem


async def unreadable(log: JsonLinesAuditLog) -> str:
    """Read in each way, each in vain, and give the one problem that is told."""
    problems: set[str] = set()
    for read in (
        lambda: log.open_intents(ENGINE),
        log.newest,
        lambda: log.close("op_1", reason="seen", actor="bob"),
    ):
        with pytest.raises(AuditUnavailable) as caught:
            await read()
        problems.add(caught.value.problem)
    (problem,) = problems
    return problem


async def test_a_link_is_not_followed(path: Path, log: JsonLinesAuditLog) -> None:
    path.parent.mkdir()
    target = path.parent / "target"
    target.write_text("kept")
    path.symlink_to(target)

    expected = f"{path}: Too many levels of symbolic links"
    assert (await refused(log), await unreadable(log)) == (expected, expected)
    assert target.read_text() == "kept"


async def test_a_link_to_nothing_is_not_followed(path: Path, log: JsonLinesAuditLog) -> None:
    path.parent.mkdir()
    path.symlink_to(path.parent / "target")

    await refused(log)

    assert not (path.parent / "target").exists()


async def test_a_folder_is_no_log(path: Path, log: JsonLinesAuditLog) -> None:
    path.mkdir(parents=True)

    assert await refused(log) == f"{path}: Is a directory"
    assert await unreadable(log) == f"{path}: it is not a regular file"


async def test_a_device_is_no_log() -> None:
    problem = await refused(JsonLinesAuditLog("/dev/full"))

    assert problem == "/dev/full: it is not a regular file"


async def test_nothing_is_stored_under_a_file(path: Path, log: JsonLinesAuditLog) -> None:
    path.parent.write_text("")

    expected = f"{path}: Not a directory"
    assert (await refused(log), await unreadable(log)) == (expected, expected)


async def test_a_file_that_cannot_be_read_is_said() -> None:
    # Where nothing is mapped, at the start of the memory of a process, reading is an error.
    log = JsonLinesAuditLog("/proc/self/mem")

    assert await unreadable(log) == "/proc/self/mem: Input/output error"


@pytest.mark.parametrize("room", [0, 1, 40])
async def test_on_a_full_disk_nothing_is_stored_not_even_a_part(
    path: Path, log: JsonLinesAuditLog, room: int
) -> None:
    await log.intent(INTENT)
    before = path.read_bytes()

    with files_no_larger_than(len(before) + room):
        problem = await refused(log)

    assert problem == f"{path}: {os.strerror(errno.ENOSPC if room else errno.EFBIG)}"
    assert path.read_bytes() == before


@pytest.mark.parametrize("failing", [1, 2])
async def test_what_does_not_get_safe_is_taken_back(
    path: Path, log: JsonLinesAuditLog, failing: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.parent.mkdir()
    calls: list[int] = []

    def fsync(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == failing:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(AuditUnavailable, match="Input/output error"):
        await log.intent(INTENT)

    assert path.read_bytes() == b""


async def test_what_cannot_be_taken_back_is_repaired_by_the_next(
    path: Path, log: JsonLinesAuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    await log.intent(INTENT)
    size = path.stat().st_size

    def ftruncate(*_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch, files_no_larger_than(size + 40):
        patch.setattr(os, "ftruncate", ftruncate)
        with pytest.raises(AuditUnavailable):
            await log.note(NOTE)
    await log.outcome(DONE)

    assert path.read_bytes()[size : size + 42].endswith(b"\n{")
    assert await log.newest() == attrs.evolve(await log.newest(), malformed=1)
    assert await ids(log) == ["op_1", "op_1"]


async def test_a_record_that_is_too_large_is_refused_and_not_told(
    path: Path, log: JsonLinesAuditLog
) -> None:
    with pytest.raises(AuditUnavailable) as caught:
        await log.intent(attrs.evolve(INTENT, arguments=(("service_key", "k" * 2**20),)))

    assert caught.value.problem == f"{path}: the record is too large for one line"
    assert not path.exists()


# --- what is in the file -------------------------------------------------------------------------


@pytest.mark.parametrize("cut", [1, 2, 100])
async def test_a_line_that_a_crash_cut_off_is_passed_over_and_ended(
    path: Path, log: JsonLinesAuditLog, cut: int
) -> None:
    await log.intent(INTENT)
    await log.outcome(DONE)
    os.truncate(path, path.stat().st_size - cut)
    is_whole = cut == 1  # but for its line end
    before = await ids(log)

    await log.note(NOTE)

    assert before == ["op_1"] + ["op_1"] * is_whole
    listing = await log.newest()
    assert listing.records == (INTENT, *[DONE] * is_whole, NOTE)
    assert listing.malformed == (not is_whole)


async def test_lines_that_are_no_records_are_counted(path: Path, log: JsonLinesAuditLog) -> None:
    await log.intent(INTENT)
    with path.open("ab") as file:
        file.write(b"\n{}\n\xff\n" + b"x" * 2**21 + b"\n" + b"[" * 5000 + b"\n")

    await log.intent(attrs.evolve(INTENT, id="op_2"))

    listing = await log.newest()
    assert ([one.id for one in listing.records], listing.malformed) == (["op_1", "op_2"], 5)
    assert await log.newest(2) == attrs.evolve(listing, records=listing.records[1:], malformed=1)
    assert [one.id for one in await log.open_intents(ENGINE)] == ["op_1", "op_2"]
    assert (await log.close("op_1", reason="seen", actor="bob")).outcome == "closed"


async def test_a_log_that_was_rotated_begins_anew(path: Path, log: JsonLinesAuditLog) -> None:
    await log.intent(INTENT)
    path.rename(path.with_suffix(".1"))

    await log.note(NOTE)

    assert await ids(log) == ["op_2"]
