"""API keys: who has one is known, and nobody else is, whatever is sent and whatever happens."""

import os
import pickle
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.adapters.hosts import StillClock
from wfadmin.adapters import api_keys
from wfadmin.adapters.api_keys import ApiKeys
from wfadmin.adapters.key_store import KeyStore, NewKey
from wfadmin.domain.errors import InvalidConfig, UsageError
from wfadmin.ports.auth import Principal

pytestmark = pytest.mark.anyio

AT = datetime(2026, 5, 9, 10, tzinfo=UTC)
READ = ("system:read",)
ADA = Principal("ada", frozenset(READ))


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class Door:
    """A file of keys, who makes them, and who lets people in."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = StillClock(AT)
        self.store = KeyStore(path, clock=self.clock)
        self.keys = ApiKeys(path, clock=self.clock)

    async def ada(self, expires_in: timedelta | None = None) -> NewKey:
        return await self.store.make("ada", permissions=READ, expires_in=expires_in)

    async def lets_in(self, key: str) -> Principal | None:
        return await self.keys.authenticate({"x-api-key": key})

    async def problem(self, key: str) -> str:
        with pytest.raises(InvalidConfig) as caught:
            await self.lets_in(key)
        assert caught.value.argument == f"the keys file {self.path}"
        assert key not in str(caught.value)
        return caught.value.problem


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return Door(tmp_path / "keys.json")


# --- who is let in -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"x-api-key": "KEY"},
        {"authorization": "Bearer KEY"},
        {"authorization": "bearer KEY"},
        {"authorization": "Bearer KEY", "x-api-key": "KEY"},
        # A proxy may want a password of its own.
        {"authorization": "Basic YWRhOmtleQ==", "x-api-key": "KEY"},
    ],
)
async def test_a_key_is_taken_from_either_header(door: Door, headers: dict[str, str]) -> None:
    key = (await door.ada()).key
    sent = {name: value.replace("KEY", key) for name, value in headers.items()}

    assert await door.keys.authenticate(sent) == ADA


async def test_a_key_gives_its_permissions_and_engines_and_no_more(door: Door) -> None:
    both = await door.store.make("ci", permissions=("system:read", "system:operate"))
    bound = await door.store.make("eve", permissions=("system:operate",), engines=("prod", "dev"))

    assert await door.lets_in(both.key) == Principal(
        "ci", frozenset({"system:read", "system:operate"})
    )
    assert await door.lets_in(bound.key) == Principal(
        "eve", frozenset({"system:operate"}), frozenset({"prod", "dev"})
    )


async def test_two_keys_in_one_request_let_nobody_in(door: Door) -> None:
    first, second = (await door.ada()).key, (await door.ada()).key
    for bearer, key in ((first, second), (first, "x"), ("a.b.c", first), ("", first), (first, "")):
        assert (
            await door.keys.authenticate({"authorization": f"Bearer {bearer}", "x-api-key": key})
            is None
        )


HOSTILE: list[Callable[[str], str]] = [
    lambda _: "",
    lambda _: "wfa_",
    lambda _: "\x00",
    lambda _: "鍵",
    lambda _: "\ud800",
    lambda key: key + "\n",
    lambda key: f" {key}",
    lambda key: f"{key}, {key}",
    lambda key: f"{key},wfa_0",
    lambda key: f'"{key}"',
    lambda key: key + "\xe9",
    lambda key: key.replace("wfa_", "WFA_"),
    lambda key: key + "\x00",
    lambda key: key * 4,
    lambda key: key + "0" * 1_000_000,
    lambda _: "wfa_" * 250_000,
    lambda key: f"{key[:17]}{'0' * 64}",
    lambda key: f"wfa_{'0' * 12}{key[16:]}",
]


@pytest.mark.parametrize("header", ["x-api-key", "authorization"])
@pytest.mark.parametrize("change", HOSTILE)
async def test_what_is_no_key_lets_nobody_in(
    door: Door, change: Callable[[str], str], header: str
) -> None:
    sent = change((await door.ada()).key)
    value = sent if header == "x-api-key" else f"Bearer {sent}"

    assert await door.keys.authenticate({header: value}) is None


@pytest.mark.parametrize("scheme", ["", "Basic ", "Bearer", "Bearer  ", "Bearer\t", "Token "])
async def test_a_key_after_another_scheme_is_not_looked_at(door: Door, scheme: str) -> None:
    key = (await door.ada()).key

    assert await door.keys.authenticate({"authorization": f"{scheme}{key}"}) is None


async def test_who_sends_no_key_is_nobody_even_where_the_file_is_gone(door: Door) -> None:
    assert await door.keys.authenticate({"authorization": "Basic x"}) is None
    assert await door.keys.authenticate({}) is None


# --- time ----------------------------------------------------------------------------------------


async def test_a_key_is_good_until_the_very_moment(door: Door) -> None:
    key = (await door.ada(timedelta(days=90))).key
    end = AT + timedelta(days=90)
    told = []
    for moment in (end - timedelta(microseconds=1), end, end + timedelta(days=1)):
        door.clock.time = moment
        told.append(await door.lets_in(key))

    assert told == [ADA, None, None]


async def test_without_a_clock_the_time_is_that_of_this_machine(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    good = await KeyStore(path).make("ada", permissions=READ, expires_in=timedelta(hours=1))
    old = KeyStore(path, clock=StillClock(AT - timedelta(days=400)))
    bad = await old.make("ada", permissions=READ, expires_in=timedelta(hours=1))
    keys = ApiKeys(path)

    assert await keys.authenticate({"x-api-key": good.key}) == ADA
    assert await keys.authenticate({"x-api-key": bad.key}) is None


# --- the file changes ----------------------------------------------------------------------------


async def test_a_revocation_counts_from_the_next_request_on(door: Door) -> None:
    first, second = await door.ada(), await door.ada()
    assert await door.lets_in(first.key) == ADA
    await door.store.revoke(first.info.id)

    assert await door.lets_in(first.key) is None
    assert await door.lets_in(second.key) == ADA


async def test_a_change_counts_although_size_and_times_of_the_file_are_the_same(
    door: Door,
) -> None:
    one = await door.ada()
    assert await door.lets_in(one.key) == ADA
    before = door.path.stat()
    text = door.path.read_text()
    door.path.write_text(text.replace('"ada"', '"eve"'))
    os.utime(door.path, ns=(before.st_atime_ns, before.st_mtime_ns))

    told = await door.lets_in(one.key)
    assert told is not None
    assert told.name == "eve"


async def test_what_did_not_change_is_not_understood_again(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = (await door.ada()).key
    understood = []
    real = api_keys.keys_of_text
    monkeypatch.setattr(
        api_keys, "keys_of_text", lambda *told: understood.append(told) or real(*told)
    )
    for _ in range(3):
        assert await door.lets_in(key) == ADA
    door.path.write_text("{}")
    for _ in range(3):
        await door.problem(key)

    assert len(understood) == 2


async def test_a_file_that_cannot_be_understood_lets_nobody_in_and_says_why(door: Door) -> None:
    key = (await door.ada()).key
    assert await door.lets_in(key) == ADA
    good = door.path.read_text()
    door.path.write_text(good.replace('"engines"', '"engine"'))

    told = await door.problem(key)
    assert told.startswith("keys[0].engines is missing; keys[0].engine is not a known key")
    assert await door.problem(key) == told
    door.path.write_text(good)
    assert await door.lets_in(key) == ADA


async def test_a_file_that_cannot_be_read_lets_nobody_in_and_says_why(door: Door) -> None:
    key = (await door.ada()).key
    assert await door.lets_in(key) == ADA
    door.path.chmod(0o644)
    assert await door.problem(key) == (
        f"{door.path}: it must be yours, and closed to others (mode 600)"
    )
    door.path.chmod(0o600)
    assert await door.lets_in(key) == ADA
    door.path.rename(door.path.with_name("away"))
    assert await door.problem(key) == f"{door.path}: No such file or directory"
    door.path.mkdir()
    assert await door.problem(key) == f"{door.path}: it is not a regular file"


async def test_a_name_that_no_file_can_have_is_refused() -> None:
    with pytest.raises(UsageError, match="keys file is not usable: no file can have this name"):
        ApiKeys("a\0b")


# --- time that it takes, and what it shows -------------------------------------------------------


async def test_every_key_that_is_sent_costs_one_hash_and_one_comparison(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    right, revoked, expired = await door.ada(), await door.ada(), await door.ada(timedelta(hours=1))
    await door.store.revoke(revoked.info.id)
    door.clock.time = AT + timedelta(hours=1)
    unknown = f"wfa_{'0' * 12}{right.key[16:]}"
    wrong = f"{right.key[:17]}{'0' * 64}"
    steps: list[tuple[object, ...]] = []
    digest, compare = api_keys.digest_of, api_keys.compare_digest

    def hashed(key: str) -> bytes:
        steps.append(("hash", len(key)))
        return digest(key)

    def compared(one: bytes, other: bytes) -> bool:
        steps.append(("compare", type(one), len(one), type(other), len(other)))
        return compare(one, other)

    monkeypatch.setattr(api_keys, "digest_of", hashed)
    monkeypatch.setattr(api_keys, "compare_digest", compared)
    seen = []
    for key in (right.key, wrong, unknown, revoked.key, expired.key, "0" * 81):
        steps.clear()
        seen.append((await door.lets_in(key), tuple(steps)))

    path = (("hash", 81), ("compare", bytes, 32, bytes, 32))
    assert seen == [(ADA, path), *[(None, path)] * 5]


async def test_what_a_dummy_is_compared_with_would_prove_nobody(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    await door.ada()
    monkeypatch.setattr(api_keys, "compare_digest", lambda *_: True)

    assert await door.lets_in(f"wfa_{'0' * 12}_{'0' * 64}") is None


async def test_nothing_shows_a_key_or_its_hash(door: Door) -> None:
    made = await door.ada()
    await door.lets_in(made.key)
    secret, digest = made.key[17:], api_keys.digest_of(made.key)
    shown = "".join(
        f"{one!r}{one}"
        for one in (door.keys, door.keys._read, made, door.store, await door.store.keys())
    )
    listed = pickle.dumps(await door.store.keys())

    assert not any(one in shown for one in (secret, digest.hex(), repr(digest)))
    assert not any(one in listed for one in (secret.encode(), digest, digest.hex().encode()))
