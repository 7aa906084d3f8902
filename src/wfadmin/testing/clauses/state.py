"""What every `StateStore` keeps: what is read, and what a clear empties."""

from collections.abc import Mapping
from functools import partial

from wfadmin.adapters.runtime import AnyioTasks
from wfadmin.domain.answers import Answer
from wfadmin.domain.capabilities import Fence
from wfadmin.domain.errors import UnexpectedAnswer
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import KeyedState
from wfadmin.testing.bench import Bench, expect
from wfadmin.testing.clause import Rules
from wfadmin.testing.clauses._commands import expect_untouched
from wfadmin.testing.driver import Situation
from wfadmin.testing.verdicts import NotSupportedHere

__all__ = ["RULES", "is_empty", "stored", "version_of"]

RULES: Rules[Bench] = Rules("StateStore", "SS")

_ENTRIES = {"cart": b"two books", "step": b"paid"}
_HOSTILE_ENTRIES = {
    "it's": b"quoted",
    "100%_": b"",
    "a/b": bytes(range(256)),
    "a\nb": b"\n",
    "\u00e9": b"composed",
    "e\u0301": b"decomposed",
    "\u202eabc": "\u20ac".encode(),
    "A/B": b"another case",
    '{"x": [1]}': b'{"y": null}',
}
# What comes at the end of a key, and what comes in its place at the ends of its neighbours.
_HOSTILE_KEYS = {
    "'": ("''", "", "\\'"),
    "' or '1'='1": ("", "' or '1'='2"),
    "_%a": ("_%A", "b%a", "_cca", "bcca", "_%ab"),
    "/../x": ("/x", "x", "%2f..%2fx"),
    "a\nb": ("a", "a b", "ab"),
    "\u00e9": ("e\u0301", "e", "\u00c9"),
    " x ": ("x", " x", "x "),
}


async def stored(
    bench: Bench,
    entries: Mapping[str, bytes] = _ENTRIES,
    text: str = "",
) -> WorkflowKey:
    """A new key with stored data; the engine must have a state port."""
    _ = bench.state
    key = bench.driver.fresh_key(text)
    await bench.driver.store(key, entries)
    return key


async def version_of(bench: Bench, key: WorkflowKey) -> str:
    """
    The version of what is stored under `key`.

    Raises:
        Broken: None comes with the values.
    """
    version = (await bench.state.read(key, values=True)).version
    expect(version is not None, "data that is read with its values has no version")
    return version or ""


async def is_empty(bench: Bench, key: WorkflowKey) -> bool:
    """Whether no entry is read under `key`."""
    return not (await bench.state.read(key, values=False)).entries


async def _expect_entries(
    bench: Bench,
    key: WorkflowKey,
    entries: Mapping[str, bytes],
    what: str,
) -> None:
    """
    Go on where exactly these entries are read under `key`.

    Raises:
        Broken: Others are; the message names no values.
    """
    found = await bench.state.read(key, values=True)
    names = sorted(one.name for one in found.entries)
    expect(names == sorted(entries), f"{what} reads as the entries {names}")
    for one in found.entries:
        expect(one.value == entries[one.name], f"{what} reads with another value for {one.name!r}")
        expect(one.size == len(entries[one.name]), f"{what} reads with {one.size} as its size")


# --- reading -------------------------------------------------------------------------------------


@RULES.clause(1, "a read gives every stored entry with its name, its size and its value")
async def _(bench: Bench) -> None:
    key = await stored(bench)
    await _expect_entries(bench, key, _ENTRIES, "stored data")


@RULES.clause(2, "a read without values gives names and sizes, and neither values nor a version")
async def _(bench: Bench) -> None:
    key = await stored(bench)
    found = await bench.state.read(key, values=False)
    sizes = {one.name: one.size for one in found.entries}
    expected = {name: len(value) for name, value in _ENTRIES.items()}
    expect(sizes == expected, f"without values, the sizes of the entries are read as {sizes}")
    bare = all(one.value is None for one in found.entries)
    expect(bare, "a value came that was not asked for")
    expect(found.version is None, "a version came without the values that it stands for")


@RULES.clause(3, "equal content has an equal version, and other content another")
async def _(bench: Bench) -> None:
    key = await stored(bench, {"a": b"bc", "d": b""})
    version = await version_of(bench, key)
    expect(version == await version_of(bench, key), "the same content has two versions")
    others: tuple[dict[str, bytes], ...] = (
        {"ab": b"c", "d": b""},
        {"a": b"", "d": b"bc"},
        {"a": b"bc"},
        {"a": b"bC", "d": b""},
        {"A": b"bc", "d": b""},
    )
    for entries in others:
        await bench.driver.store(key, entries)
        same = version == await version_of(bench, key)
        expect(not same, f"the entries {sorted(entries)} have the version of other content")
    await bench.driver.store(key, {"d": b"", "a": b"bc"})
    again = await version_of(bench, key)
    expect(version == again, "the same content, stored again, has another version")


@RULES.clause(4, "names and values are data, whatever they hold")
async def _(bench: Bench) -> None:
    key = await stored(bench, _HOSTILE_ENTRIES)
    await _expect_entries(bench, key, _HOSTILE_ENTRIES, "stored data with unusual names")


@RULES.clause(5, "a key has exactly its own entries, however alike the keys are")
async def _(bench: Bench) -> None:
    for text, others in _HOSTILE_KEYS.items():
        key = await stored(bench, {"own": b"mine"}, f"x{text}")
        stem = key.service_key.removesuffix(text)
        for number, other in enumerate(others):
            neighbour = WorkflowKey(key.service_name, stem + other)
            await bench.driver.store(neighbour, {f"its-{number}": b"theirs"})
        await _expect_entries(bench, key, {"own": b"mine"}, f"a key that ends in {text!r}")


@RULES.clause(6, "a key without stored data reads as no entries")
async def _(bench: Bench) -> None:
    _ = bench.state
    key = bench.driver.fresh_key()
    for values in (False, True):
        found = await bench.state.read(key, values=values)
        expect(not found.entries, "a key under which nothing was stored has entries")


@RULES.clause(7, "a read shows what is stored now")
async def _(bench: Bench) -> None:
    key = await stored(bench)
    await _expect_entries(bench, key, _ENTRIES, "stored data")
    later = {"step": b"sent"}
    await bench.driver.store(key, later)
    await _expect_entries(bench, key, later, "data that was replaced")


@RULES.clause(8, "a read is no write")
async def _(bench: Bench) -> None:
    key = await stored(bench)
    before = bench.driver.network.writes
    for values in (False, True):
        await bench.state.read(key, values=values)
    sent = bench.driver.network.writes - before
    expect(not sent, f"two reads sent {sent} writes")


@RULES.clause(9, "no entries are read only where it is proven that there are none")
async def _(bench: Bench) -> None:
    key = await stored(bench)
    await bench.driver.misplace()
    for values in (False, True):
        try:
            found = await bench.state.read(key, values=values)
        except UnexpectedAnswer:
            # It does not know, and says so.
            continue
        names = sorted(one.name for one in found.entries)
        expect(names == sorted(_ENTRIES), f"stored data that lies elsewhere reads as {names}")


@RULES.clause(10, "eight readers at once each get the entries of their own key")
async def _(bench: Bench) -> None:
    keys = [await stored(bench, {f"own-{number}": b"mine"}) for number in range(8)]
    limit = bench.driver.patience + 8 * bench.driver.settings_timeout
    reads = [partial(bench.state.read, key, values=True) for key in keys]
    results = await AnyioTasks().gather(reads, timeout=limit)
    for number, found in enumerate(results):
        told = "one of eight reads at once"
        expect(isinstance(found, KeyedState), f"{told} ends with {type(found).__name__}")
        names = [one.name for one in getattr(found, "entries", ())]
        expect(names == [f"own-{number}"], f"{told} gives the entries {names}")


@RULES.clause(11, "what is read shows no value when it is printed")
async def _(bench: Bench) -> None:
    value = "v4lue-that-is-kept"
    key = await stored(bench, {"card": value.encode()})
    found = await bench.state.read(key, values=True)
    hidden = (value, value.encode().hex(), repr(list(value.encode())))
    for shown in (repr(found), str(found), *map(repr, found.entries)):
        leaks = any(one in shown for one in hidden)
        expect(not leaks, "what is read shows a stored value when it is printed")


# --- clearing ------------------------------------------------------------------------------------


async def _clear(bench: Bench, key: WorkflowKey) -> None:
    """Clear `key` with its version, and wait until it is empty."""
    answer = await bench.state.clear(key, expected_version=await version_of(bench, key))
    expect(answer is Answer.ACCEPTED, f"the clear of stored data is answered with {answer}")
    await bench.until(partial(is_empty, bench, key), "the key is empty that was cleared")


@RULES.clause(12, "an accepted clear empties the key")
async def _(bench: Bench) -> None:
    await _clear(bench, await stored(bench))


@RULES.clause(13, "a clear leaves every other key alone, however alike the keys are")
async def _(bench: Bench) -> None:
    for text, others in _HOSTILE_KEYS.items():
        key = await stored(bench, {"own": b"mine"}, f"x{text}")
        stem = key.service_key.removesuffix(text)
        neighbours = [WorkflowKey(key.service_name, stem + other) for other in others]
        for neighbour in neighbours:
            await bench.driver.store(neighbour, _ENTRIES)
        await _clear(bench, key)
        for neighbour in neighbours:
            told = f"the neighbour of a cleared key that ended in {text!r}"
            await _expect_entries(bench, neighbour, _ENTRIES, told)


@RULES.clause(14, "a clear leaves the runs alone")
async def _(bench: Bench) -> None:
    _ = bench.state
    key = await bench.put(Situation.SUCCEEDED)
    await bench.driver.store(key, _ENTRIES)
    await _clear(bench, key)
    await expect_untouched(bench, key, Situation.SUCCEEDED, "a clear of its stored data")


async def _cleared_with_a_stale_version(bench: Bench) -> tuple[WorkflowKey, Answer]:
    key = await stored(bench)
    stale = await version_of(bench, key)
    await bench.driver.store(key, {"step": b"sent"})
    return key, await bench.state.clear(key, expected_version=stale)


@RULES.clause(15, "with a fence, a clear leaves other content alone than its version names")
async def _(bench: Bench) -> None:
    if bench.capabilities.fence is Fence.NONE:
        raise NotSupportedHere("the engine declares no fence")
    key, answer = await _cleared_with_a_stale_version(bench)
    for _ in range(2):
        told = f"content that the version of a clear does not name ({answer})"
        await _expect_entries(bench, key, {"step": b"sent"}, told)
        await bench.driver.settle()


@RULES.clause(16, "an atomic fence, and no other, answers a clear that the content has changed")
async def _(bench: Bench) -> None:
    _key, answer = await _cleared_with_a_stale_version(bench)
    fence = bench.capabilities.fence
    told = f"with a fence of {fence.value}, a clear of other content is answered with {answer}"
    expect((answer is Answer.CHANGED) is (fence is Fence.ATOMIC), told)
