"""What every `InvocationControl` keeps: which run a command hits, and which it must not hit."""

from functools import partial

import attrs

from wfadmin.domain.answers import Answer
from wfadmin.domain.capabilities import CommandName, Fence
from wfadmin.domain.commands import Command, command_name
from wfadmin.domain.errors import EngineRejected, UsageError
from wfadmin.domain.keys import InvocationRef, WorkflowKey
from wfadmin.domain.model import Invocation
from wfadmin.testing.bench import Bench, expect
from wfadmin.testing.clauses._commands import (
    COMMANDS,
    declared,
    exercised,
    expect_untouched,
    put_each,
    put_to_work,
    ready,
)
from wfadmin.testing.clauses.control import RULES
from wfadmin.testing.driver import Situation
from wfadmin.testing.verdicts import NotSupportedHere

__all__: list[str] = []


def _hostile(run_id: str) -> tuple[str, ...]:
    """Ids that nobody bears, and that a careless adapter lets lead to the run, or elsewhere."""
    return (
        f"x/../{run_id}",
        f"{run_id}/",
        f"{run_id}?x=1",
        f"{run_id}#x",
        f"{run_id}%2e",
        f"%{run_id[1:]}",
        f"{run_id}\n",
        f" {run_id} ",
        f"{run_id}' or '1'='1",
        f"{run_id}\0",
        "%",
        "..",
        "",
    )


@RULES.clause(27, "a command for an id that nobody bears is not found, and sent at most once")
async def _(bench: Bench) -> None:
    names = declared(bench)
    key = await bench.put(Situation.FAILED)
    run = await bench.run_of(key)
    await bench.driver.forget(key)
    for name in names:
        before = bench.driver.network.writes
        answer = await bench.perform(COMMANDS[name](run.ref))
        told = f"a {name.value} for an id that nobody bears"
        expect(answer is Answer.NOT_FOUND, f"{told} is answered with {answer}")
        sent = bench.driver.network.writes - before
        expect(sent <= 1, f"{told} sent {sent} writes")


@RULES.clause(28, "a hostile id hits nothing")
async def _(bench: Bench) -> None:
    for one in await ready(bench):
        for text in _hostile(one.command.ref.id):
            ref = InvocationRef(one.key, text, None)
            try:
                answer = await bench.perform(attrs.evolve(one.command, ref=ref))
            except (UsageError, EngineRejected):
                continue
            told = f"a {one.name} for the id {text!r} of nobody"
            expect(answer is Answer.NOT_FOUND, f"{told} is answered with {answer}")
        after = f"a {one.name} for ids that resemble its"
        await expect_untouched(bench, one.key, one.before, after)


# --- runs that follow each other -----------------------------------------------------------------


@attrs.frozen
class _Again:
    """
    Two runs of one key, of which the later one is there.

    Attributes:
        stands: Where the later run was brought, so that the command must work on it.
        command: For the earlier run.
        same_id: Whether both bear one id.
    """

    key: WorkflowKey
    stands: Situation
    command: Command
    same_id: bool

    @property
    def told(self) -> str:
        """The command, in words."""
        return f"a {command_name(self.command).value} of an earlier run"


async def _earlier(bench: Bench) -> tuple[WorkflowKey, Invocation]:
    """A key that is free again, and the run that it had."""
    key = await bench.put(Situation.FAILED)
    run = await bench.run_of(key)
    await bench.driver.forget(key)
    return key, run


async def _again(bench: Bench, name: CommandName) -> _Again:
    key, earlier = await _earlier(bench)
    stands = await put_to_work(bench, key, name)
    now = await bench.run_of(key)
    return _Again(key, stands, COMMANDS[name](earlier.ref), earlier.id == now.id)


@RULES.clause(29, "an atomic fence keeps every command from a later run of the same id")
async def _(bench: Bench) -> None:
    names = declared(bench)
    if bench.capabilities.fence is not Fence.ATOMIC:
        raise NotSupportedHere("the fence is not atomic")
    for one in await exercised(partial(_again, bench, name) for name in names):
        answer = await bench.perform(one.command)
        right = Answer.CHANGED if one.same_id else Answer.NOT_FOUND
        expect(answer is right, f"{one.told} of the same key is answered with {answer}")
        await expect_untouched(bench, one.key, one.stands, one.told)


@RULES.clause(30, "only an atomic fence answers that something has changed")
async def _(bench: Bench) -> None:
    names = declared(bench)
    fence = bench.capabilities.fence
    if fence is Fence.ATOMIC:
        raise NotSupportedHere("the fence is atomic")
    for one in await exercised(partial(_again, bench, name) for name in names):
        answer = await bench.perform(one.command)
        told = f"{one.told} says that something has changed, with a fence of {fence.value}"
        expect(answer is not Answer.CHANGED, told)


@RULES.clause(31, "with a fence, two runs that bear one id can be told apart")
async def _(bench: Bench) -> None:
    if bench.capabilities.fence is Fence.NONE:
        raise NotSupportedHere("the engine declares no fence")
    key, earlier = await _earlier(bench)
    await bench.driver.put(key, Situation.SUCCEEDED)
    now = await bench.run_of(key)
    if earlier.id != now.id:
        raise NotSupportedHere("the ids of this engine do not come again")
    apart = earlier.ref.incarnation != now.ref.incarnation
    expect(apart, "two runs with the same id have the same incarnation, and a fence is declared")


@RULES.clause(32, "a run has an incarnation exactly where a fence is declared")
async def _(bench: Bench) -> None:
    fence = bench.capabilities.fence
    situations = (Situation.RUNNING, Situation.SUSPENDED, Situation.SUCCEEDED)
    for situation, key in await put_each(bench, situations):
        has_one = (await bench.run_of(key)).ref.incarnation is not None
        seen = f"a {situation.value} run has {'one' if has_one else 'no'} incarnation"
        expect(has_one is (fence is not Fence.NONE), f"the fence is {fence.value}, and {seen}")
