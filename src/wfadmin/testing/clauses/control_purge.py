"""What every `InvocationControl` keeps: what a purge forgets, and what has ended stays as it is."""

from wfadmin.domain.answers import Answer
from wfadmin.domain.capabilities import CommandName, Reach
from wfadmin.domain.commands import Kill, Purge
from wfadmin.domain.keys import WorkflowKey
from wfadmin.testing.bench import Bench, expect
from wfadmin.testing.clauses._commands import COMMANDS, declared, expect_untouched, put_each
from wfadmin.testing.clauses.control import RULES
from wfadmin.testing.driver import Situation
from wfadmin.testing.verdicts import NotSupportedHere

__all__: list[str] = []

_ENDS = (Situation.SUCCEEDED, Situation.FAILED, Situation.KILLED, Situation.CANCELLED)


async def _purge_forgets(bench: Bench, situation: Situation) -> None:
    bench.needs(CommandName.PURGE)
    key = await bench.put(situation)
    run = await bench.run_of(key)
    answer = await bench.perform(Purge(run.ref))
    expect(answer is Answer.ACCEPTED, f"the purge of a completed run is answered with {answer}")
    await _until_gone(bench, key)
    invocations = bench.engine.invocations

    async def unread() -> bool:
        listed = await invocations.for_key(key)
        return await invocations.get(run.ref) is None and run.id not in {one.id for one in listed}

    await bench.until(unread, "the adapter no longer reads the purged run")


async def _until_gone(bench: Bench, key: WorkflowKey) -> None:
    async def gone() -> bool:
        return await bench.driver.look(key) is None

    await bench.until(gone, "the purged run is gone")


@RULES.clause(18, "a purge forgets a run that succeeded")
async def _(bench: Bench) -> None:
    await _purge_forgets(bench, Situation.SUCCEEDED)


@RULES.clause(19, "a purge forgets a run that failed")
async def _(bench: Bench) -> None:
    await _purge_forgets(bench, Situation.FAILED)


@RULES.clause(20, "a purge forgets a run that was killed")
async def _(bench: Bench) -> None:
    await _purge_forgets(bench, Situation.KILLED)


@RULES.clause(21, "a purge forgets a run that was cancelled")
async def _(bench: Bench) -> None:
    await _purge_forgets(bench, Situation.CANCELLED)


@RULES.clause(22, "a purge of an unfinished run is refused, and the run goes on")
async def _(bench: Bench) -> None:
    bench.needs(CommandName.PURGE)
    unfinished = (
        Situation.SUSPENDED,
        Situation.RUNNING,
        Situation.BACKING_OFF,
        Situation.PAUSED,
    )
    for situation, key in await put_each(bench, unfinished):
        run = await bench.run_of(key)
        answer = await bench.perform(Purge(run.ref))
        told = f"the purge of a {situation.value} run"
        expect(answer is Answer.WRONG_STATUS, f"{told} is answered with {answer}")
        await expect_untouched(bench, key, situation, told)


@RULES.clause(23, "a purge leaves every other key alone, however alike the keys are")
async def _(bench: Bench) -> None:
    bench.needs(CommandName.PURGE)
    key = bench.driver.fresh_key("_%a")
    stem = key.service_key.removesuffix("_%a")
    others = [
        WorkflowKey(key.service_name, other)
        for other in (stem, f"{stem}_%ab", f"{stem}_%A", f"{stem}b%a", f"{stem}_ca", f"{stem}bca")
    ]
    for each in (key, *others):
        await bench.driver.put(each, Situation.SUCCEEDED)
    await bench.perform(Purge((await bench.run_of(key)).ref))
    await _until_gone(bench, key)
    for other in others:
        after = "the purge of a key that it resembles"
        await expect_untouched(bench, other, Situation.SUCCEEDED, after)


@RULES.clause(24, "a purge takes the stored data along exactly where that is declared")
async def _(bench: Bench) -> None:
    bench.needs(CommandName.PURGE)
    state = bench.state
    key = await bench.put(Situation.FAILED)
    await bench.driver.store(key, {"step": b"paid"})
    run = await bench.run_of(key)
    await bench.perform(Purge(run.ref))
    await _until_gone(bench, key)

    async def cleared() -> bool:
        return not (await state.read(key, values=False)).entries

    if run.service_kind in bench.capabilities.purge_clears_state:
        await bench.until(cleared, "the data of the purged run is gone, as is declared")
    else:
        await bench.driver.settle()
        expect(not await cleared(), "a purge took stored data along, which is not declared")


@RULES.clause(42, "a purge takes children along exactly as far as is declared")
async def _(bench: Bench) -> None:
    bench.needs(CommandName.PURGE)
    reach = bench.capabilities.purge_reach
    if reach is Reach.UNKNOWN:
        raise NotSupportedHere("it is not declared how far a purge reaches")
    key, child = bench.driver.fresh_key(), bench.driver.fresh_key()
    await bench.driver.put_with_child(key, child)
    await bench.driver.finish(child)
    await bench.driver.finish(key)
    await bench.perform(Purge((await bench.run_of(key)).ref))
    await _until_gone(bench, key)
    if reach is Reach.WITH_CHILDREN:
        await _until_gone(bench, child)
    else:
        after = "the purge of the run that called it, which is to reach no child"
        await expect_untouched(bench, child, Situation.SUCCEEDED, after)


# --- what has ended ------------------------------------------------------------------------------


@RULES.clause(25, "a kill of a completed run changes nothing; if the engine refuses, it says so")
async def _(bench: Bench) -> None:
    bench.needs(CommandName.KILL)
    for situation, key in await put_each(bench, _ENDS):
        run = await bench.run_of(key)
        answer = await bench.perform(Kill(run.ref))
        told = f"the kill of a run that had {situation.value}"
        expect(_is_refusal(bench, answer), f"{told} is answered with {answer}")
        await expect_untouched(bench, key, situation, told)


@RULES.clause(26, "a pause, resume or cancel of a completed run changes nothing either")
async def _(bench: Bench) -> None:
    ending = (CommandName.KILL, CommandName.PURGE)
    names = [name for name in declared(bench) if name not in ending]
    if not names:
        raise NotSupportedHere("the engine declares none of pause, resume and cancel")
    for name in names:
        for situation, key in await put_each(bench, (Situation.SUCCEEDED, Situation.FAILED)):
            run = await bench.run_of(key)
            answer = await bench.perform(COMMANDS[name](run.ref))
            told = f"the {name.value} of a completed run"
            expect(_is_refusal(bench, answer), f"{told} is answered with {answer}")
            await expect_untouched(bench, key, situation, told)


def _is_refusal(bench: Bench, answer: Answer) -> bool:
    refusals = (Answer.WRONG_STATUS, Answer.NOT_FOUND)
    return answer in refusals or (bench.driver.accepts_for_ended and answer is Answer.ACCEPTED)
