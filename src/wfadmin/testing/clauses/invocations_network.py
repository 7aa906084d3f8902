"""What every `InvocationStore` keeps: pages, shards, callers at once, and bad networks."""

from functools import partial

import anyio

from wfadmin.adapters.runtime import AnyioTasks
from wfadmin.domain.error import WfadminError
from wfadmin.domain.errors import EngineError
from wfadmin.domain.model import Invocation
from wfadmin.testing.bench import Bench, expect
from wfadmin.testing.clauses._troubles import (
    Asked,
    Call,
    finds_cut,
    finds_garbage,
    finds_rejection,
    finds_silence,
    in_time,
)
from wfadmin.testing.clauses.invocations import RULES, key_of
from wfadmin.testing.driver import Situation
from wfadmin.testing.network import Garbage
from wfadmin.testing.verdicts import NotExercised, NotSupportedHere

__all__: list[str] = []

_CALLERS = 8


# --- size and place ------------------------------------------------------------------------------


@RULES.clause(27, "after a wrong idea of where rows lie, a run is found or an error comes")
async def _(bench: Bench) -> None:
    key = await bench.put(Situation.RUNNING)
    await bench.driver.misplace()
    try:
        found = await bench.engine.invocations.for_key(key)
    except EngineError:
        # "I do not know" is an honest answer.
        return
    told = f"a run of {key} is there, and {[str(one.key) for one in found]} is found"
    expect([one.key for one in found] == [key], told)


@RULES.clause(34, "a key with as many runs as a page holds, or one more or less, reads whole")
async def _(bench: Bench) -> None:
    size = bench.driver.page_size
    for count in range(max(size - 1, 1), size + 2):
        key = await bench.put(Situation.RUNNING)
        for _ in range(count - 1):
            await bench.driver.put_shared(key)
        ids = [one.id for one in await bench.engine.invocations.for_key(key)]
        told = f"with {size} on a page, {count} runs of a key read as {len(ids)}"
        expect(len(ids) == count, told)
        expect(len(set(ids)) == count, f"{told}, and {len(set(ids))} different ones")


# --- callers at once -----------------------------------------------------------------------------


async def _overlapping(bench: Bench, calls: list[Call]) -> tuple[object, ...]:
    """What the calls end with; all of them are on their way before the first is answered."""
    network = bench.driver.network
    limit = bench.driver.patience + bench.driver.settings_timeout
    try:
        network.hold()
    except NotExercised:
        # Then they overlap as far as the adapter itself lets them.
        return await AnyioTasks().gather(calls, timeout=limit)
    ended: list[object] = []

    async def ask() -> None:
        ended.extend(await AnyioTasks().gather(calls, timeout=limit))

    async with anyio.create_task_group() as group:
        group.start_soon(ask)
        with anyio.move_on_after(limit.total_seconds()):
            await network.held()
        await bench.driver.settle()
        network.mend()
    return tuple(ended)


@RULES.clause(28, "callers at once get their own answers")
async def _(bench: Bench) -> None:
    reads = bench.engine.invocations
    runs = [await bench.put_and_read(Situation.PAUSED) for _ in range(_CALLERS)]
    by_key = await _overlapping(bench, [partial(reads.for_key, key_of(one)) for one in runs])
    by_id = await _overlapping(bench, [partial(reads.get, one.ref) for one in runs])
    for run, found, one in zip(runs, by_key, by_id, strict=True):
        told = f"one of {_CALLERS} callers at once got another answer than its own"
        expect(found == (run,), f"{told}, by its key: {_shown(found)}")
        expect(one == run, f"{told}, by its id: {_shown(one)}")


def _shown(found: object) -> str:
    return repr(found) if isinstance(found, Exception) else type(found).__name__


# --- bad networks --------------------------------------------------------------------------------


async def _asked(bench: Bench) -> tuple[Asked, ...]:
    """Every read, of a run with a child where the engine can have such."""
    key, child = bench.driver.fresh_key(), bench.driver.fresh_key()
    try:
        await bench.driver.put_with_child(key, child)
    except NotExercised:
        key = await bench.put(Situation.RUNNING)
    run = await bench.run_of(key)
    reads = bench.engine.invocations
    asked = (
        Asked("a read by key", partial(reads.for_key, key)),
        Asked("a read by id", partial(reads.get, run.ref)),
    )
    try:
        await bench.children_of(run)
    except NotSupportedHere:
        return asked  # who called whom nobody can say, whatever the network
    return (*asked, Asked("a read of children", partial(reads.children, run.ref)))


@RULES.clause(29, "a read that cannot leave is an error, never nothing")
async def _(bench: Bench) -> None:
    await finds_cut(bench, await _asked(bench))


@RULES.clause(30, "a read that is never answered is an error, never nothing")
async def _(bench: Bench) -> None:
    await finds_silence(bench, await _asked(bench))


@RULES.clause(31, "a read that the server answers with an error is rejected, never nothing")
async def _(bench: Bench) -> None:
    await finds_rejection(bench, await _asked(bench))


@RULES.clause(32, "a read that is answered with garbage is an error, never nothing")
async def _(bench: Bench) -> None:
    await finds_garbage(bench, await _asked(bench))


@RULES.clause(33, "reading sends no write")
async def _(bench: Bench) -> None:
    asked = await _asked(bench)
    before = bench.driver.network.writes
    for one in asked:
        await one.call()
        told = f"{one.what} sent a write"
        expect(bench.driver.network.writes == before, told)


@RULES.clause(35, "a read that gets its first answer again and again ends, and is not wrong")
async def _(bench: Bench) -> None:
    network = bench.driver.network
    for one in await _asked(bench):
        right = _ids(await one.call())
        what = f"{one.what} that gets its first answer again and again"
        network.garble(Garbage.REPEATED)
        try:
            found = await in_time(bench, one.call, what)
        except WfadminError as error:
            kind = type(error).__name__
            expect(isinstance(error, EngineError), f"{what} ends with {kind}")
        else:
            seen = _ids(found)
            expect(seen == right, f"{what} finds {len(seen)} runs in place of {len(right)}")
        finally:
            network.mend()


def _ids(answer: object) -> list[str]:
    """The ids of the runs in an answer, each as often as it is there."""
    found = answer if isinstance(answer, tuple) else (answer,)
    return sorted(one.id for one in found if isinstance(one, Invocation))
