"""Keys are made and revoked so that nothing is lost: not by several at once, nor by a full disk."""

import fcntl
import os
import pickle
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio import to_thread

from tests.adapters.hosts import (
    StillClock,
    files_no_larger_than,
    finish,
    line_from,
    program,
)
from wfadmin.adapters import key_store
from wfadmin.adapters.key_store import KeyStore
from wfadmin.domain.errors import InvalidConfig, KeyNotFound, UsageError
from wfadmin.wire.key_files import (
    KeyInfo,
    Permission,
    StoredKey,
    digest_of,
    keys_of_text,
)

pytestmark = pytest.mark.anyio

AT = datetime(2026, 5, 9, 10, tzinfo=UTC)
READ = ("system:read",)


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


@pytest.fixture
def store(path: Path) -> KeyStore:
    return KeyStore(path, clock=StillClock(AT))


def content(path: Path) -> bytes:
    return path.read_bytes()


def put(path: Path, text: str, mode: int = 0o600) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)


def identity(path: Path) -> tuple[int, ...]:
    """What tells whether it is the same file as before, and not written since."""
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_ctime_ns


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def link(path: Path, target: str) -> None:
    path.symlink_to(target)


async def names(store: KeyStore) -> list[str]:
    return [one.name for one in await store.keys()]


# --- making --------------------------------------------------------------------------------------


async def test_a_key_is_told_once_and_stored_as_its_hash(path: Path, store: KeyStore) -> None:
    made = await store.make("ada", permissions=READ, engines=["prod"], expires_in=timedelta(days=1))
    key_id, secret = made.key.removeprefix("wfa_").split("_")

    info = KeyInfo(
        key_id,
        "ada",
        frozenset({Permission.READ}),
        frozenset({"prod"}),
        AT,
        AT + timedelta(days=1),
    )
    assert made.info == info
    assert (len(key_id), len(bytes.fromhex(secret))) == (12, 32)
    assert keys_of_text(content(path), "it") == (StoredKey(info, digest_of(made.key)),)
    assert secret not in content(path).decode()


async def test_unless_asked_for_a_key_is_bound_to_no_engine_and_does_not_expire(
    store: KeyStore,
) -> None:
    info = (await store.make("ada", permissions=["system:read", "system:operate"])).info

    assert (info.permissions, info.engines, info.expires_at) == (frozenset(Permission), None, None)


async def test_no_two_keys_are_alike(store: KeyStore) -> None:
    keys = [(await store.make("ada", permissions=READ)).key for _ in range(5)]

    assert len({key.split("_")[1] for key in keys}) == 5
    assert len({key.split("_")[2] for key in keys}) == 5


async def test_an_id_never_comes_again_even_after_it_was_revoked(
    store: KeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = ["a" * 12, "0" * 64, "a" * 12, "a" * 12, "b" * 12, "1" * 64]
    monkeypatch.setattr(secrets, "token_hex", lambda _: left.pop(0))
    first = await store.make("ada", permissions=READ)
    await store.revoke(first.info.id)
    second = await store.make("ada", permissions=READ)

    assert (first.info.id, second.info.id, left) == ("a" * 12, "b" * 12, [])


async def test_file_and_folders_are_made_private(tmp_path: Path) -> None:
    path = tmp_path / "etc" / "wfadmin" / "keys.json"
    await KeyStore(path).make("ada", permissions=READ)

    modes = [one.stat().st_mode & 0o777 for one in (path, path.parent, path.parent.parent)]
    assert modes == [0o600, 0o700, 0o700]


@pytest.mark.parametrize(
    ("name", "options", "told"),
    [
        ("", {}, "name is not usable: it is empty"),
        ("a\nb", {}, "name is not usable: it holds characters"),
        (
            "ada",
            {"permissions": ()},
            "permission is not usable: a key needs at least one of system:r",
        ),
        (
            "ada",
            {"permissions": ("system:*",)},
            "permission is not usable: it is none of system:read, ",
        ),
        (
            "ada",
            {"permissions": "system:read"},
            "permission is not usable: it is none of system:read",
        ),
        ("ada", {"engines": ()}, "engine is not usable: a key that is bound to no engine"),
        ("ada", {"engines": ("prod", "")}, "engine is not usable: it is empty"),
        ("ada", {"expires_in": timedelta(0)}, "expiry is not usable: it is not after now"),
        ("ada", {"expires_in": timedelta.max}, "expiry is not usable: it is too far away"),
    ],
)
async def test_what_would_be_no_key_is_refused_before_anything_is_written(
    path: Path, name: str, options: dict[str, Any], told: str
) -> None:
    with pytest.raises(UsageError) as caught:
        await KeyStore(path).make(name, **{"permissions": READ, **options})

    assert caught.value.message.startswith(told)
    assert list(path.parent.iterdir()) == []


# --- revoking ------------------------------------------------------------------------------------


async def test_a_key_that_is_revoked_stays_listed_without_its_hash(
    path: Path, store: KeyStore
) -> None:
    kept, gone = [await store.make(name, permissions=READ) for name in ("ada", "eve")]
    later = KeyStore(path, clock=StillClock(AT + timedelta(hours=1)))
    revoked = await later.revoke(gone.info.id)

    assert revoked.revoked_at == AT + timedelta(hours=1)
    assert await store.keys() == (kept.info, revoked)
    digests = [one.digest for one in keys_of_text(content(path), "it")]
    assert digests == [digest_of(kept.key), None]


async def test_to_revoke_a_key_again_changes_nothing(path: Path, store: KeyStore) -> None:
    made = await store.make("ada", permissions=READ)
    first = await store.revoke(made.info.id)
    before = identity(path)
    later = KeyStore(path, clock=StillClock(AT + timedelta(hours=1)))

    assert await later.revoke(made.info.id) == first
    assert identity(path) == before


async def test_a_key_that_is_not_there_cannot_be_revoked(path: Path, store: KeyStore) -> None:
    await store.make("ada", permissions=READ)

    with pytest.raises(KeyNotFound) as caught:
        await store.revoke("0" * 12)
    assert caught.value.name == f"{'0' * 12} in the keys file {path}"


async def test_a_whole_key_is_no_id_and_is_not_repeated(store: KeyStore) -> None:
    made = await store.make("ada", permissions=READ)

    with pytest.raises(
        UsageError, match="it is a whole key, which is now in the history"
    ) as caught:
        await store.revoke(made.key)
    assert made.key[17:] not in f"{caught.value!r}{caught.value}"
    assert made.key[17:].encode() not in pickle.dumps(caught.value)
    with pytest.raises(UsageError, match="it is not 12 hexadecimal digits"):
        await store.revoke("ada")


async def test_where_there_is_no_file_nothing_is_listed_revoked_or_made(
    path: Path, store: KeyStore
) -> None:
    for call in (store.keys(), store.revoke("0" * 12)):
        with pytest.raises(InvalidConfig, match="No such file or directory"):
            await call
    assert list(path.parent.iterdir()) == []


async def test_a_new_key_cannot_be_pickled(store: KeyStore) -> None:
    made = await store.make("ada", permissions=READ)

    with pytest.raises(TypeError, match="a new key is not stored anywhere"):
        pickle.dumps(made)
    assert made.key not in repr(made)


# --- several at once -----------------------------------------------------------------------------

MAKES = """
import sys
import anyio
from wfadmin.adapters import key_store
from wfadmin.adapters.key_store import KeyStore

async def main():
    store = KeyStore(sys.argv[1])
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(20):
        made = await store.make(f"{sys.argv[2]}-{number}", permissions=["system:read"])
        if number % 2:
            await store.revoke(made.info.id)

anyio.run(main)
"""


async def test_two_processes_that_make_and_revoke_at_once_lose_nothing(
    path: Path, store: KeyStore
) -> None:
    with program(MAKES, path, "a") as first, program(MAKES, path, "b") as second:
        assert (line_from(first), line_from(second)) == ("ready", "ready")
        for one in (first, second):
            assert one.stdin is not None
            one.stdin.write("\n")
            one.stdin.flush()
        for one in (first, second):
            await to_thread.run_sync(finish, one)

    found = await store.keys()
    live = sorted(one.name for one in found if one.revoked_at is None)
    assert sorted(one.name for one in found) == sorted(f"{x}-{n}" for x in "ab" for n in range(20))
    assert live == sorted(f"{x}-{n}" for x in "ab" for n in range(0, 20, 2))
    assert len({one.id for one in found}) == 40


async def test_tasks_of_one_process_take_turns_too(store: KeyStore) -> None:
    async def make(number: int) -> None:
        await store.make(f"ada-{number}", permissions=READ)

    async with anyio.create_task_group() as group:
        for number in range(10):
            group.start_soon(make, number)

    assert sorted(await names(store)) == [f"ada-{number}" for number in range(10)]


async def test_who_waits_too_long_for_another_process_is_told(path: Path, store: KeyStore) -> None:
    await store.make("ada", permissions=READ)
    hurried = KeyStore(path, patience=timedelta(milliseconds=20))
    with path.with_name(".keys.json.lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(InvalidConfig, match="another process changes it"):
            await hurried.make("eve", permissions=READ)
        # Who only reads waits for nobody.
        assert await names(hurried) == ["ada"]


async def test_who_waits_can_be_cancelled_and_makes_nothing(path: Path, store: KeyStore) -> None:
    await store.make("ada", permissions=READ)
    with path.with_name(".keys.json.lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with anyio.move_on_after(0.05) as scope:
            await store.make("eve", permissions=READ)

    assert scope.cancelled_caught
    assert await names(store) == ["ada"]


# --- what goes wrong with the medium -------------------------------------------------------------


async def test_on_a_full_disk_the_file_stays_as_it_was(path: Path, store: KeyStore) -> None:
    await store.make("ada", permissions=READ)
    before = content(path)
    with files_no_larger_than(len(before)), pytest.raises(InvalidConfig, match="File too large"):
        await store.make("eve", permissions=READ)

    assert content(path) == before
    assert sorted(one.name for one in path.parent.iterdir()) == [".keys.json.lock", "keys.json"]


async def test_what_a_crash_left_behind_is_replaced(path: Path, store: KeyStore) -> None:
    rest = path.with_name(".keys.json.new")
    put(rest, "half a fi", 0o644)
    await store.make("ada", permissions=READ)

    assert (await names(store), rest.exists(), mode(path)) == (
        ["ada"],
        False,
        0o600,
    )


async def test_it_is_on_the_medium_before_it_takes_the_name_and_then_so_is_the_name(
    path: Path, store: KeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    sync, replace = os.fsync, Path.replace

    def synced(file: int) -> None:
        steps.append(Path(f"/proc/self/fd/{file}").readlink().name)
        sync(file)

    def replaced(one: Path, other: Path) -> Path:
        steps.append(f"{one.name} -> {other.name}")
        return replace(one, other)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", replaced)
    await store.make("ada", permissions=READ)

    assert steps == [".keys.json.new", ".keys.json.new -> keys.json", path.parent.name]


async def test_a_file_that_would_be_too_large_to_be_read_is_not_written(
    path: Path, store: KeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.make("ada", permissions=READ)
    before = content(path)
    monkeypatch.setattr(key_store, "MAX_BYTES", len(before) + 99)

    with pytest.raises(InvalidConfig, match=f"it would be larger than {len(before) + 99} bytes"):
        await store.make("eve", permissions=READ)
    assert content(path) == before


async def test_a_file_that_is_not_understood_is_not_written_over(
    path: Path, store: KeyStore
) -> None:
    put(path, "{}")

    with pytest.raises(InvalidConfig, match="version is missing"):
        await store.make("ada", permissions=READ)
    assert content(path) == b"{}"


async def test_a_link_in_its_place_is_not_followed(path: Path, store: KeyStore) -> None:
    link(path, "elsewhere")

    with pytest.raises(InvalidConfig, match="symbolic links"):
        await store.make("ada", permissions=READ)
    assert not path.with_name("elsewhere").exists()


@pytest.mark.parametrize(
    ("name", "problem"),
    [("a\0b", "no file can have this name"), ("/", "no file"), (".", "no file")],
)
async def test_a_name_that_no_file_can_have_is_refused(name: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        KeyStore(name)


async def test_beside_what_cannot_be_a_file_of_keys_nothing_is_made(path: Path) -> None:
    with pytest.raises(InvalidConfig, match="not a regular file"):
        await KeyStore(path.parent).make("ada", permissions=READ)
    assert not path.parent.with_name(f".{path.parent.name}.lock").exists()
