"""What every `InvocationHistory` keeps."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from functools import partial
from typing import cast

from wfadmin.adapters.runtime import AnyioTasks
from wfadmin.domain.errors import EngineError, InvocationNotFound
from wfadmin.domain.keys import InvocationRef, WorkflowKey
from wfadmin.ports.history import HistoryEntry
from wfadmin.testing.bench import Bench, expect
from wfadmin.testing.clause import Rules
from wfadmin.testing.clauses._troubles import (
    Asked,
    finds_cut,
    finds_garbage,
    finds_rejection,
    finds_silence,
    garbage_of,
    in_time,
)
from wfadmin.testing.driver import Situation
from wfadmin.testing.network import Garbage
from wfadmin.testing.verdicts import NotExercised, NotSupportedHere

__all__ = ["RULES"]

RULES: Rules[Bench] = Rules("InvocationHistory", "IH")


async def _read(bench: Bench, ref: InvocationRef) -> list[HistoryEntry]:
    return [entry async for entry in bench.history.entries(ref)]


async def _made(bench: Bench) -> tuple[WorkflowKey, InvocationRef]:
    """A running run; the engine must have a history."""
    _ = bench.history
    key = await bench.put(Situation.RUNNING)
    return key, (await bench.run_of(key)).ref


@RULES.clause(1, "entries come oldest first, counted from 0 without gaps")
async def _(bench: Bench) -> None:
    key, ref = await _made(bench)
    await bench.driver.finish(key)
    entries = await _read(bench, ref)
    expect(entries, "a run that ended has no history")
    indexes = [one.index for one in entries]
    expect(indexes == list(range(len(entries))), f"entries are counted as {indexes}")
    times = [one.at for one in entries if one.at is not None]
    expect(times == sorted(times), "a later entry has an earlier time")


@RULES.clause(2, "the history grows when the run moves on, and keeps what it had")
async def _(bench: Bench) -> None:
    key, ref = await _made(bench)
    before = await _read(bench, ref)
    await bench.driver.finish(key)
    after = await _read(bench, ref)
    expect(len(after) > len(before), "a run ended, and its history is as long as before")
    expect(after[: len(before)] == before, "the history of a run lost what it had")


async def _not_found(bench: Bench, ref: InvocationRef, told: str) -> None:
    error = await bench.error_of(partial(_read, bench, ref), told)
    kind = type(error).__name__
    expect(isinstance(error, InvocationNotFound), f"{told} ends with {kind}")


@RULES.clause(3, "a run that is gone, or never was, is not found")
async def _(bench: Bench) -> None:
    key, ref = await _made(bench)
    unknown = InvocationRef(key, "none-such", None)
    await _not_found(bench, unknown, "the history of an id that nobody bears")
    await bench.driver.finish(key)
    await bench.driver.forget(key)
    await _not_found(bench, ref, "the history of a run that was purged")


@RULES.clause(4, "the history of another incarnation is not found")
async def _(bench: Bench) -> None:
    key, ref = await _made(bench)
    await bench.driver.finish(key)
    await bench.driver.forget(key)
    await bench.driver.put(key, Situation.RUNNING)
    new = (await bench.run_of(key)).ref
    if ref.incarnation is None and new.id == ref.id:
        raise NotSupportedHere("nothing tells two runs of one id apart")
    await _not_found(bench, ref, "the history of a run that was replaced")
    expect(await _read(bench, new), "the run that replaced another has no history")


async def _asked(bench: Bench) -> tuple[Asked, ...]:
    _key, ref = await _made(bench)
    return (Asked("a read of the history", partial(_read, bench, ref)),)


@RULES.clause(5, "a history that cannot be asked for is an error, never a short one")
async def _(bench: Bench) -> None:
    await finds_cut(bench, await _asked(bench))


@RULES.clause(6, "a history that is never answered is an error, never a short one")
async def _(bench: Bench) -> None:
    await finds_silence(bench, await _asked(bench))


@RULES.clause(7, "a history that is answered with an error is rejected, never a short one")
async def _(bench: Bench) -> None:
    await finds_rejection(bench, await _asked(bench))


@RULES.clause(8, "a history that is answered with garbage is an error, never a short one")
async def _(bench: Bench) -> None:
    await finds_garbage(bench, await _asked(bench))


@RULES.clause(9, "two readers at once get the whole history")
async def _(bench: Bench) -> None:
    key, ref = await _made(bench)
    await bench.driver.finish(key)
    whole = await _read(bench, ref)
    limit = bench.driver.patience + bench.driver.settings_timeout
    expect(whole, "a run that ended has no history")
    for found in await AnyioTasks().gather([partial(_read, bench, ref)] * 2, timeout=limit):
        expect(found == whole, "one of two readers at once got another history")


@RULES.clause(10, "a reader that stops early leaves the engine usable")
async def _(bench: Bench) -> None:
    _key, ref = await _made(bench)
    whole = await _read(bench, ref)
    # The engine of a bench gives generators, whatever the adapter gives.
    entries = cast("AsyncGenerator[HistoryEntry]", bench.history.entries(ref))
    async with aclosing(entries):
        await anext(entries, None)
    again = await in_time(bench, partial(_read, bench, ref), "a read after one that stopped")
    expect(again == whole, "after a reader that stopped the history differs")


@RULES.clause(11, "reading the history sends no write")
async def _(bench: Bench) -> None:
    _key, ref = await _made(bench)
    before = bench.driver.network.writes
    await _read(bench, ref)
    expect(bench.driver.network.writes == before, "a read of the history sent a write")


# --- in the middle -------------------------------------------------------------------------------


async def _long(bench: Bench) -> tuple[InvocationRef, list[HistoryEntry]]:
    """A run whose history has a middle, with that history."""
    key, ref = await _made(bench)
    await bench.driver.finish(key)
    whole = await _read(bench, ref)
    if len(whole) == 1:
        raise NotExercised("the history of a run that ended has one entry")
    expect(whole, "a run that ended has no history")
    return ref, whole


async def _interrupted(bench: Bench, start: Callable[[], None], trouble: str) -> None:
    """Let trouble begin after the first entry, and demand the rest or an error."""
    ref, whole = await _long(bench)
    seen: list[HistoryEntry] = []

    async def read() -> None:
        async for entry in bench.history.entries(ref):
            seen.append(entry)
            if len(seen) == 1:
                start()

    what = f"a read of the history that {trouble} after the first entry"
    try:
        await in_time(bench, read, what)
    except EngineError:
        return
    finally:
        bench.driver.network.mend()
    expect(seen == whole, f"{what} ends with {len(seen)} of {len(whole)} entries, and no error")


@RULES.clause(12, "a history whose connection is cut in the middle is an error, never a short one")
async def _(bench: Bench) -> None:
    await _interrupted(bench, bench.driver.network.cut, "is cut")


@RULES.clause(13, "a history that falls silent in the middle is an error, never a short one")
async def _(bench: Bench) -> None:
    await _interrupted(bench, bench.driver.network.silence, "falls silent")


@RULES.clause(14, "a history that is rejected in the middle is an error, never a short one")
async def _(bench: Bench) -> None:
    await _interrupted(bench, bench.driver.network.reject, "is rejected")


@RULES.clause(15, "a history that turns to garbage in the middle is an error, never a short one")
async def _(bench: Bench) -> None:
    for kind in garbage_of(bench, Garbage):
        start = partial(bench.driver.network.garble, kind)
        await _interrupted(bench, start, f"turns to garbage ({kind.value})")
