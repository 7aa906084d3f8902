"""What every `InvocationControl` keeps: bad networks, callers at once, callers that go away."""

from functools import partial

from wfadmin.adapters.runtime import AnyioTasks
from wfadmin.domain.answers import Answer
from wfadmin.domain.error import Sent, WfadminError
from wfadmin.domain.errors import EngineRejected, EngineUnreachable, OutcomeUnknown
from wfadmin.testing.bench import Bench, expect
from wfadmin.testing.clauses._commands import (
    Ready,
    cancelled_on_its_way,
    expect_one_write,
    expect_unknown,
    expect_untouched,
    is_done,
    ready,
    with_each_garbage,
)
from wfadmin.testing.clauses.control import RULES
from wfadmin.testing.network import Garbage

__all__: list[str] = []


async def _failed(bench: Bench, one: Ready, trouble: str) -> WfadminError:
    """The error of a command in the trouble that is on, which ends after it."""
    told = f"a {one.name} {trouble}"
    try:
        error = await bench.error_of(partial(bench.perform, one.command), told)
    finally:
        bench.driver.network.mend()
    bench.expect_no_secret(f"{error} {error!r}", f"the error of {told}")
    return error


async def _until_done(bench: Bench, one: Ready) -> None:
    await bench.until(partial(is_done, bench, one), f"what {one.name} was to do is done")


@RULES.clause(33, "a command is one write")
async def _(bench: Bench) -> None:
    for one in await ready(bench):
        before = bench.driver.network.writes
        await bench.perform(one.command)
        await _until_done(bench, one)
        expect_one_write(bench, before, f"a {one.name}")


@RULES.clause(34, "a command that cannot leave says so, and does nothing")
async def _(bench: Bench) -> None:
    for one in await ready(bench):
        bench.driver.network.cut()
        told = "whose connection is refused"
        error = await _failed(bench, one, told)
        kind = type(error).__name__
        expect(isinstance(error, EngineUnreachable), f"a {one.name} {told} ends with {kind}")
        expect(error.sent is Sent.NO, f"a {one.name} {told} says that it may have been sent")
        await expect_untouched(bench, one.key, one.before, f"a {one.name} {told}")


@RULES.clause(35, "a command that is never answered is unknown, and not sent again")
async def _(bench: Bench) -> None:
    for one in await ready(bench):
        before = bench.driver.network.writes
        bench.driver.network.silence()
        told = "that is never answered"
        expect_unknown(await _failed(bench, one, told), f"a {one.name} {told}")
        await expect_untouched(bench, one.key, one.before, f"a {one.name} {told}")
        expect_one_write(bench, before, f"a {one.name} {told}")


@RULES.clause(36, "a command whose answer is lost is unknown, and not sent again")
async def _(bench: Bench) -> None:
    for one in await ready(bench):
        before = bench.driver.network.writes
        bench.driver.network.lose_answers()
        told = "whose answer is lost"
        expect_unknown(await _failed(bench, one, told), f"a {one.name} {told}")
        await _until_done(bench, one)
        expect_one_write(bench, before, f"a {one.name} {told}")


@RULES.clause(37, "a command that the server answers with an error is rejected, and was sent")
async def _(bench: Bench) -> None:
    for one in await ready(bench):
        before = bench.driver.network.writes
        bench.driver.network.reject()
        told = "that the server answers with an error"
        error = await _failed(bench, one, told)
        kind = type(error).__name__
        expect(isinstance(error, EngineRejected), f"a {one.name} {told} ends with {kind}")
        expect(error.sent is Sent.YES, f"a {one.name} {told} does not say that it was sent")
        expect_one_write(bench, before, f"a {one.name} {told}")


async def _garbled(bench: Bench, garbage: Garbage) -> None:
    """Demand what is right with `garbage` for an answer: to have done it, or not to know."""
    for one in await ready(bench):
        before = bench.driver.network.writes
        bench.driver.network.garble(garbage)
        told = f"a {one.name} that is answered with garbage ({garbage.value})"
        try:
            answer = await bench.perform(one.command)
        except WfadminError as error:
            expect_unknown(error, told)
        else:
            expect(answer is Answer.ACCEPTED, f"{told} is {answer}")
        finally:
            bench.driver.network.mend()
        await _until_done(bench, one)
        expect_one_write(bench, before, told)


@RULES.clause(38, "garbage for an answer is no answer")
async def _(bench: Bench) -> None:
    await with_each_garbage(partial(_garbled, bench))


# --- several callers -----------------------------------------------------------------------------


async def _at_once(bench: Bench, *commands: Ready) -> tuple[object, ...]:
    """What the commands end with, all sent at once."""
    limit = bench.driver.patience + bench.driver.settings_timeout
    calls = [partial(bench.perform, one.command) for one in commands]
    return await AnyioTasks().gather(calls, timeout=limit)


@RULES.clause(39, "two identical commands at once are two writes, and each is answered")
async def _(bench: Bench) -> None:
    fine = (Answer.ACCEPTED, Answer.NOT_FOUND, Answer.WRONG_STATUS)
    for one in await ready(bench):
        before = bench.driver.network.writes
        results = await _at_once(bench, one, one)
        told = f"one of two identical {one.name}s at once"
        for result in results:
            known = result in fine or isinstance(result, OutcomeUnknown)
            expect(known, f"{told} ends with {result!r}")
        sent = bench.driver.network.writes - before
        expect(sent == len(results), f"{len(results)} identical {one.name}s sent {sent} writes")
        await _until_done(bench, one)


@RULES.clause(40, "commands of several callers at once do not mix")
async def _(bench: Bench) -> None:
    commands = (*await ready(bench), *await ready(bench))
    for one, result in zip(commands, await _at_once(bench, *commands), strict=True):
        told = f"a {one.name} beside other commands"
        expect(result is Answer.ACCEPTED, f"{told} ends with {result!r}")
        await _until_done(bench, one)


@RULES.clause(41, "a command whose caller is cancelled ends so, and is not sent again")
async def _(bench: Bench) -> None:
    for one in await ready(bench):
        await cancelled_on_its_way(bench, partial(bench.perform, one.command), f"a {one.name}")
        # The adapter can be used as before.
        await bench.engine.invocations.for_key(one.key)
