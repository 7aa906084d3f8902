"""The audit log in a file: other writers, crashes, and callers that are cancelled."""

import asyncio
import fcntl
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import attrs
import pytest
from anyio import from_thread

from tests.adapters.hosts import StillClock, finish, line_from, out_of, program
from wfadmin.adapters.audit_jsonl import JsonLinesAuditLog
from wfadmin.domain.errors import AuditUnavailable
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


async def refused(log: JsonLinesAuditLog) -> str:
    """Store a record in vain, and give the problem that is told."""
    with pytest.raises(AuditUnavailable) as caught:
        await log.intent(INTENT)
    return caught.value.problem


@contextmanager
def locked(path: Path) -> Iterator[int]:
    """Hold the lock on a file, as another process that writes would."""
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


async def test_the_event_loop_goes_on_while_a_record_waits_for_its_turn(
    path: Path, log: JsonLinesAuditLog
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
    log = JsonLinesAuditLog(path, patience=timedelta(milliseconds=10))
    await log.note(NOTE)

    with locked(path):
        problem = await refused(log)

    assert problem == f"{path}: another process holds it"
    assert await ids(log) == ["op_2"]


async def test_who_is_cancelled_while_waiting_stores_nothing(
    path: Path, log: JsonLinesAuditLog
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
    log: JsonLinesAuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    await log.note(NOTE)
    scope, synced = anyio.CancelScope(), []

    def cancel_and_sync(descriptor: int) -> None:
        from_thread.run_sync(scope.cancel)
        time.sleep(0.02)
        synced.append(descriptor)

    monkeypatch.setattr(os, "fsync", cancel_and_sync)
    with scope:
        await log.intent(INTENT)

    assert len(synced) == 1
    assert await ids(log) == ["op_2", "op_1"]


def test_an_intent_that_comes_through_after_its_task_was_cancelled_does_not_stay_open(
    path: Path, log: JsonLinesAuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_on_its_way = threading.Event()
    real = JsonLinesAuditLog._lock

    def waits_for_the_lock(self: JsonLinesAuditLog, file: int) -> None:
        is_on_its_way.set()
        real(self, file)

    monkeypatch.setattr(JsonLinesAuditLog, "_lock", waits_for_the_lock)

    async def cancelled_in_the_way_of_asyncio() -> None:
        with locked(path):
            task = asyncio.create_task(log.intent(INTENT))
            while not is_on_its_way.is_set():  # noqa: ASYNC110 - the same
                await asyncio.sleep(0.001)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        await log.outcome(attrs.evolve(INTENT, outcome="cancelled"))
        while len(await ids(log)) < 2:  # noqa: ASYNC110 - it is a thread that is waited for
            await asyncio.sleep(0.001)

        assert await log.open_intents(ENGINE) == ()

    path.parent.mkdir()
    path.touch()
    asyncio.run(cancelled_in_the_way_of_asyncio())


async def test_tasks_of_one_process_do_not_interleave(log: JsonLinesAuditLog) -> None:
    async with anyio.create_task_group() as group:
        for number in range(30):
            group.start_soon(log.intent, attrs.evolve(INTENT, id=str(number)))

    listing = await log.newest()
    assert sorted(one.id for one in listing.records) == sorted(map(str, range(30)))
    assert listing.malformed == 0


WRITER = """
import anyio, sys
from datetime import UTC, datetime
from wfadmin.adapters.audit_jsonl import JsonLinesAuditLog
from wfadmin.ports.audit import AuditRecord

path, name, many = sys.argv[1], sys.argv[2], int(sys.argv[3])
at = datetime(2026, 5, 9, 10, tzinfo=UTC)

async def write():
    log = JsonLinesAuditLog(path)
    for number in range(many):
        await log.intent(AuditRecord(f"{name}{number}", at, name, "e", "v", reason=name * 3000))
        print(number, flush=True)

anyio.run(write)
"""


async def test_several_processes_write_at_once_and_no_line_is_lost_or_torn(
    path: Path, log: JsonLinesAuditLog
) -> None:
    with ExitStack() as stack:
        writers = [stack.enter_context(program(WRITER, path, name, 50)) for name in "abc"]
        for writer in writers:
            finish(writer)

    listing = await log.newest(1000)
    for name in "abc":
        own = [one.id for one in listing.records if one.actor == name]
        assert own == [f"{name}{number}" for number in range(50)]
    assert (len(listing.records), listing.malformed) == (150, 0)


@pytest.mark.parametrize("_round", range(3))
async def test_what_a_killed_writer_was_told_is_stored_is_there(
    path: Path, log: JsonLinesAuditLog, _round: int
) -> None:
    with program(WRITER, path, "a", 1_000_000) as writer:
        for _ in range(20):
            last = int(line_from(writer))
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        last = max(last, *map(int, out_of(writer).read().split()), 0)

    await log.note(NOTE)

    found = await log.newest(1_000_000)
    stored = [one.id for one in found.records]
    assert stored[: last + 1] == [f"a{number}" for number in range(last + 1)]
    assert len(stored) - 2 in (last, last + 1)  # one more may be stored and not yet told
    assert stored[-1] == "op_2"
    assert found.malformed in (0, 1)


HOLDER = """
import fcntl, os, sys
file = os.open(sys.argv[1], os.O_RDWR | os.O_APPEND)
fcntl.flock(file, fcntl.LOCK_EX)
os.write(file, b'{"kind":"intent","outcome":null,"id":"op_')
print("in the middle", flush=True)
sys.stdin.read()
"""


async def test_a_writer_that_is_killed_in_the_middle_of_a_line_holds_nobody_up(
    path: Path, log: JsonLinesAuditLog
) -> None:
    await log.intent(INTENT)
    with program(HOLDER, path) as holder:
        assert line_from(holder) == "in the middle"
        problem = await refused(JsonLinesAuditLog(path, patience=timedelta(0)))
        holder.send_signal(signal.SIGKILL)
        holder.wait()

    await log.outcome(DONE)

    listing = await log.newest()
    assert problem == f"{path}: another process holds it"
    assert (listing.records, listing.malformed) == ((INTENT, DONE), 1)
