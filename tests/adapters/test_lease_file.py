"""The lease between the processes of one host."""
# ruff: noqa: ASYNC240 - these files are small, and nobody else waits for the event loop

import fcntl
import hashlib
import os
import signal
import stat
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path

import anyio
import pytest

from tests.adapters.hosts import files_no_larger_than, finish, line_from, program
from wfadmin.adapters.lease_file import FileLease
from wfadmin.domain.errors import LeaseHeld, LeaseUnavailable, UsageError

pytestmark = pytest.mark.anyio

SCOPE = "http://engine Order/42"
NAME = f"{hashlib.sha256(SCOPE.encode()).hexdigest()}.lock"


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "leases"


@pytest.fixture
def lease(folder: Path) -> FileLease:
    return FileLease(folder, holder="ada@host")


async def held(lease: FileLease, scope: str = SCOPE) -> LeaseHeld | None:
    """Try to hold a scope; give the refusal, if there is one."""
    try:
        async with lease.hold(scope):
            return None
    except LeaseHeld as refusal:
        return refusal


async def unavailable(lease: FileLease) -> str:
    """Try to hold a scope in vain; give the problem."""
    with pytest.raises(LeaseUnavailable) as caught:
        await held(lease)
    return caught.value.problem


def names_in(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir()]


def open_files() -> list[str]:
    return sorted(each.name for each in Path("/proc/self/fd").iterdir())


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


# --- tasks of one process ------------------------------------------------------------------------


async def test_two_tasks_of_one_process_exclude_each_other(lease: FileLease, folder: Path) -> None:
    async with lease.hold(SCOPE):
        refusal = await held(lease)
        by_another_object = await held(FileLease(folder))

    holder = f"ada@host (process {os.getpid()})"
    for each in (refusal, by_another_object):
        assert each is not None
        assert (each.scope, each.holder) == (SCOPE, holder)
    assert await held(lease) is None


async def test_without_a_name_the_process_is_told(folder: Path) -> None:
    async with FileLease(folder).hold(SCOPE):
        refusal = await held(FileLease(folder))

    assert refusal is not None
    assert refusal.holder == f"process {os.getpid()}"


@pytest.mark.parametrize("scope", ["", "../../x", "a\0b\n", "鍵🔑", "\ud800", "x" * 100_000])
async def test_any_text_is_a_scope(lease: FileLease, folder: Path, scope: str) -> None:
    async with lease.hold(scope):
        refusal = await held(lease, scope)
        (name,) = names_in(folder)

    assert refusal is not None
    assert len(name) == 64 + len(".lock")


async def test_a_lease_is_taken_and_freed_in_a_cancelled_scope(lease: FileLease) -> None:
    done: list[str] = []
    with anyio.CancelScope() as scope:
        scope.cancel()
        async with lease.hold(SCOPE):
            done.append("held")

    assert done == ["held"]
    assert await held(lease) is None


async def test_nothing_stays_open_and_nothing_stays_behind(lease: FileLease, folder: Path) -> None:
    await held(lease)
    before = open_files()

    async with lease.hold(SCOPE):
        await held(lease)
    await held(lease)

    assert open_files() == before
    assert names_in(folder) == []


# --- the files -----------------------------------------------------------------------------------


async def test_the_file_and_its_folder_are_private(lease: FileLease, folder: Path) -> None:
    async with lease.hold(SCOPE):
        modes = (mode_of(folder / NAME), mode_of(folder), mode_of(folder.parent))

    assert modes == (0o600, 0o700, 0o700)


async def test_a_file_that_a_dead_process_left_is_taken_over(
    lease: FileLease, folder: Path
) -> None:
    folder.mkdir(parents=True, mode=0o700)
    (folder / NAME).write_text("somebody who is long gone and has a very long name" * 9)

    async with lease.hold(SCOPE):
        refusal = await held(lease)

    assert refusal is not None
    assert refusal.holder == f"ada@host (process {os.getpid()})"
    assert names_in(folder) == []


@pytest.mark.parametrize(
    ("content", "holder"),
    [
        (b"", None),
        (b"\n \n", None),
        (b"\xff\x1b[2J\nbob", "\ufffd?[2J"),
        (b"b" * 5000, "b" * 297 + "..."),
    ],
)
async def test_whatever_stands_in_the_file_the_refusal_can_be_told(
    lease: FileLease, folder: Path, content: bytes, holder: str | None
) -> None:
    async with lease.hold(SCOPE):
        (folder / NAME).write_bytes(content)
        refusal = await held(lease)

    assert refusal is not None
    assert refusal.holder == holder


async def test_a_full_disk_keeps_nobody_from_holding(lease: FileLease) -> None:
    with files_no_larger_than(0):
        async with lease.hold(SCOPE):
            refusal = await held(lease)

    assert refusal is not None
    assert refusal.holder is None


async def test_a_lock_on_a_file_that_lost_its_name_is_nothing(
    lease: FileLease, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Between opening the file and locking it, its holder frees it, and with it the name.
    other = FileLease(folder, holder="bob")
    flock = fcntl.flock
    calls: list[int] = []

    def late(file: int, how: int) -> None:
        calls.append(file)
        if len(calls) == 1:
            (folder / NAME).unlink()
        flock(file, how)

    monkeypatch.setattr(fcntl, "flock", late)
    async with lease.hold(SCOPE):
        refusal = await held(other)

    assert len(calls) == 4  # the nameless file, the named one, bob's try, and the end
    assert refusal is not None
    assert refusal.holder == f"ada@host (process {os.getpid()})"


async def test_who_is_always_too_late_is_refused(
    lease: FileLease, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fcntl, "flock", lambda *_: (folder / NAME).unlink())

    refusal = await held(lease)

    assert refusal is not None
    assert (refusal.scope, refusal.holder) == (SCOPE, None)


async def test_the_name_of_another_holder_is_not_removed(lease: FileLease, folder: Path) -> None:
    async with AsyncExitStack() as stack:
        async with lease.hold(SCOPE):
            (folder / NAME).unlink()  # somebody tidied up
            await stack.enter_async_context(FileLease(folder, holder="bob").hold(SCOPE))

        refusal = await held(lease)

    assert refusal is not None
    assert refusal.holder == f"bob (process {os.getpid()})"


async def test_what_cannot_be_tidied_up_is_freed_all_the_same(
    lease: FileLease, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    with monkeypatch.context() as patch:
        patch.setattr(os, "unlink", refuse)
        assert await held(lease) is None

    assert names_in(folder) == [NAME]
    assert await held(lease) is None
    assert names_in(folder) == []


# --- what cannot be used -------------------------------------------------------------------------


async def test_no_lease_is_held_under_a_file(lease: FileLease, folder: Path) -> None:
    folder.parent.write_text("")

    assert await unavailable(lease) == f"{folder}: Not a directory"


async def test_a_folder_that_is_a_link_is_refused(lease: FileLease, folder: Path) -> None:
    (folder.parent / "real").mkdir(parents=True, mode=0o700)
    folder.symlink_to(folder.parent / "real")

    assert await unavailable(lease) == f"{folder}: Not a directory"
    assert names_in(folder) == []


async def test_a_file_that_is_a_link_is_refused(lease: FileLease, folder: Path) -> None:
    folder.mkdir(parents=True, mode=0o700)
    (folder / NAME).symlink_to(folder / "target")

    assert await unavailable(lease) == f"{folder}: Too many levels of symbolic links"
    assert names_in(folder) == [NAME]


async def test_a_folder_that_others_may_enter_is_refused(lease: FileLease, folder: Path) -> None:
    folder.mkdir(parents=True)
    folder.chmod(0o750)

    expected = f"{folder}: it must be yours, and closed to others (mode 700)"
    assert await unavailable(lease) == expected


async def test_a_file_system_without_locks_is_refused(
    lease: FileLease, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flock(*_: int) -> None:
        raise OSError(37, os.strerror(37))

    monkeypatch.setattr(fcntl, "flock", flock)

    assert (await unavailable(lease)).endswith(": No locks available")


def test_a_name_that_no_folder_can_have_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="lease folder is not usable"):
        FileLease("a\0b")


# --- other processes -----------------------------------------------------------------------------

HOLDER = """
import anyio, os, sys
from wfadmin.adapters.lease_file import FileLease

async def hold():
    async with FileLease(sys.argv[1], holder="bob").hold(sys.argv[2]):
        print(os.getpid(), flush=True)
        sys.stdin.read()

anyio.run(hold)
"""


async def test_another_process_excludes_us_until_it_ends(lease: FileLease, folder: Path) -> None:
    with program(HOLDER, folder, SCOPE) as other:
        pid = line_from(other)
        refusal = await held(lease)
        finish(other)

    assert refusal is not None
    assert refusal.holder == f"bob (process {pid})"
    assert names_in(folder) == []
    assert await held(lease) is None


async def test_a_process_that_is_killed_frees_what_it_held(lease: FileLease, folder: Path) -> None:
    with program(HOLDER, folder, SCOPE) as other:
        line_from(other)
        other.send_signal(signal.SIGKILL)
        other.wait()

    assert names_in(folder) == [NAME]
    assert await held(lease) is None
    assert names_in(folder) == []


COUNTER = """
import anyio, os, sys
from pathlib import Path
from wfadmin.adapters.lease_file import FileLease
from wfadmin.errors import LeaseHeld

folder, counter, many = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])

async def count():
    lease, done = FileLease(folder), 0
    while done < many:
        try:
            async with lease.hold("count"):
                before = int(counter.read_text())
                os.sched_yield()
                counter.write_text(str(before + 1))
                done += 1
        except LeaseHeld:
            os.sched_yield()

anyio.run(count)
"""


def test_processes_that_take_and_free_it_all_the_time_never_hold_it_at_once(
    folder: Path, tmp_path: Path
) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")

    with ExitStack() as stack:
        others = [stack.enter_context(program(COUNTER, folder, counter, 300)) for _ in range(4)]
        for other in others:
            finish(other)

    assert counter.read_text() == "1200"
    assert names_in(folder) == []
