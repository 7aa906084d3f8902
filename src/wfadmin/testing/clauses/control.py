"""What every `InvocationControl` keeps: what each command does."""

from functools import partial

from wfadmin.domain.answers import Answer
from wfadmin.domain.capabilities import CommandName, Reach
from wfadmin.domain.commands import Cancel, Kill, Pause, Resume
from wfadmin.domain.errors import EngineRejected, NotSupported
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import Invocation
from wfadmin.domain.urls import same_url
from wfadmin.testing.bench import Bench, expect
from wfadmin.testing.clause import Rules
from wfadmin.testing.clauses._commands import (
    COMMANDS,
    ended,
    expect_untouched,
    pausable_situations,
    put_each,
)
from wfadmin.testing.driver import Situation
from wfadmin.testing.verdicts import NotSupportedHere

__all__ = ["RULES"]

RULES: Rules[Bench] = Rules("InvocationControl", "IC")


# --- what is declared ----------------------------------------------------------------------------


@RULES.clause(1, "an engine without control declares no command")
async def _(bench: Bench) -> None:
    there = bench.engine.control is not None
    names = ", ".join(sorted(bench.capabilities.commands))
    expect(there or not names, f"the engine has no control, and declares {names}")


@RULES.clause(2, "a command that is not declared is not supported, and nothing is sent")
async def _(bench: Bench) -> None:
    control, network = bench.control, bench.driver.network
    others = [name for name in COMMANDS if name not in bench.capabilities.commands]
    if not others:
        raise NotSupportedHere("every command is declared")
    for name in others:
        situation = Situation.FAILED if name is CommandName.PURGE else Situation.RUNNING
        key = await bench.put(situation)
        command = COMMANDS[name]((await bench.run_of(key)).ref)
        before = network.writes
        what = f"a {name.value} that is not declared"
        error = await bench.error_of(partial(control.perform, command), what)
        expect(isinstance(error, NotSupported), f"{what} ends with {type(error).__name__}")
        expect(network.writes == before, f"{what} was sent all the same")
        await expect_untouched(bench, key, situation, what)


# --- kill ----------------------------------------------------------------------------------------


async def _kill_ends(bench: Bench, situation: Situation) -> None:
    bench.needs(CommandName.KILL)
    key = await bench.put(situation)
    run = await bench.run_of(key)
    answer = await bench.perform(Kill(run.ref))
    expect(answer is Answer.ACCEPTED, f"the kill of a run is answered with {answer}")
    await bench.until(partial(ended, bench, key), "the killed run has ended")


@RULES.clause(3, "a kill ends a running run")
async def _(bench: Bench) -> None:
    await _kill_ends(bench, Situation.RUNNING)


@RULES.clause(4, "a kill ends a suspended run")
async def _(bench: Bench) -> None:
    await _kill_ends(bench, Situation.SUSPENDED)


@RULES.clause(5, "a kill ends a run that backs off")
async def _(bench: Bench) -> None:
    await _kill_ends(bench, Situation.BACKING_OFF)


@RULES.clause(6, "a kill ends a run that is to start later")
async def _(bench: Bench) -> None:
    await _kill_ends(bench, Situation.SCHEDULED)


@RULES.clause(7, "a kill ends a paused run")
async def _(bench: Bench) -> None:
    await _kill_ends(bench, Situation.PAUSED)


@RULES.clause(8, "where a kill is declared immediate, the run has ended when it is answered")
async def _(bench: Bench) -> None:
    bench.needs(CommandName.KILL)
    if not bench.capabilities.kill_is_immediate:
        raise NotSupportedHere("kill_is_immediate is not declared")
    for situation, key in await put_each(bench, (Situation.RUNNING, Situation.SUSPENDED)):
        run = await bench.run_of(key)
        await bench.perform(Kill(run.ref))
        over = await ended(bench, key)
        expect(over, f"a {situation.value} run had not ended when its kill was answered")


@RULES.clause(9, "a kill reaches the unfinished children exactly as far as is declared")
async def _(bench: Bench) -> None:
    bench.needs(CommandName.KILL)
    reach = bench.capabilities.kill_reach
    if reach is Reach.UNKNOWN:
        raise NotSupportedHere("it is not declared how far a kill reaches")
    key, child = bench.driver.fresh_key(), bench.driver.fresh_key()
    await bench.driver.put_with_child(key, child)
    await bench.perform(Kill((await bench.run_of(key)).ref))
    await bench.until(partial(ended, bench, key), "the killed run has ended")
    if reach is Reach.WITH_CHILDREN:
        await bench.until(partial(ended, bench, child), "the child of the killed run has ended")
    else:
        await bench.driver.settle()
        expect(not await ended(bench, child), "a kill that is to reach no child has ended one")


# --- pause and resume ----------------------------------------------------------------------------


@RULES.clause(10, "a pause lands in every status that is declared pausable")
async def _(bench: Bench) -> None:
    bench.needs(CommandName.PAUSE)
    expect(bench.capabilities.pausable, "pause is declared, and no status in which it lands")
    for situation, key in await put_each(bench, pausable_situations(bench)):
        run = await bench.run_of(key)
        answer = await bench.perform(Pause(run.ref))
        told = f"the pause of a run that is {situation.value}"
        expect(answer is Answer.ACCEPTED, f"{told} is answered with {answer}")

        async def paused(key: WorkflowKey = key) -> bool:
            return await bench.driver.look(key) is Situation.PAUSED

        await bench.until(paused, f"{told} pauses it")


@RULES.clause(11, "in a status that is not declared pausable a pause is refused or does nothing")
async def _(bench: Bench) -> None:
    bench.needs(CommandName.PAUSE)
    unfinished = (Situation.SUSPENDED, Situation.SCHEDULED, Situation.RUNNING)
    others = [one for one in unfinished if one not in pausable_situations(bench)]
    if not others:
        raise NotSupportedHere("every status is declared pausable")
    for situation, key in await put_each(bench, others):
        run = await bench.run_of(key)
        answer = await bench.perform(Pause(run.ref))
        told = f"a pause in a status that is not declared pausable ({answer})"
        expect(answer in (Answer.ACCEPTED, Answer.WRONG_STATUS), f"{told} is answered so")
        await expect_untouched(bench, key, situation, told)


@RULES.clause(12, "a resume lets a paused run go on")
async def _(bench: Bench) -> None:
    bench.needs(CommandName.RESUME)
    key = await bench.put(Situation.PAUSED)
    run = await bench.run_of(key)
    answer = await bench.perform(Resume(run.ref))
    expect(answer is Answer.ACCEPTED, f"the resume of a paused run is answered with {answer}")

    async def goes_on() -> bool:
        stands = await bench.driver.look(key)
        ends = (None, Situation.KILLED, Situation.CANCELLED)
        expect(stands not in ends, "a resume ended the run")
        return stands is not Situation.PAUSED

    await bench.until(goes_on, "the resumed run goes on")


async def _moved(bench: Bench, key: WorkflowKey, deployment_id: str) -> None:
    async def there() -> bool:
        return (await bench.run_of(key)).deployment_id == deployment_id

    await bench.until(there, "the resumed run is on the deployment that was asked for")


async def _id_at(bench: Bench, service_url: str) -> str:
    """The id of the deployment that the driver registered, as the adapter lists it."""
    listed = await bench.deployments.list()
    found = [one.id for one in listed if one.service_url and same_url(one.service_url, service_url)]
    expect(found, "a deployment that was registered is not listed")
    return found[0]


async def _paused_before_a_deployment(bench: Bench) -> tuple[WorkflowKey, Invocation, str]:
    """A paused run, and the id of a deployment that was registered after it."""
    bench.needs(CommandName.RESUME)
    key = await bench.put(Situation.PAUSED)
    run = await bench.run_of(key)
    return key, run, await _id_at(bench, await bench.deploy())


@RULES.clause(13, "a resume that names no deployment leaves the run where it is pinned")
async def _(bench: Bench) -> None:
    key, run, _newer = await _paused_before_a_deployment(bench)
    pinned = run.deployment_id
    if pinned is None:
        raise NotSupportedHere("a paused run of this engine is pinned nowhere")
    await bench.perform(Resume(run.ref))

    async def goes_on() -> bool:
        return await bench.driver.look(key) is not Situation.PAUSED

    await bench.until(goes_on, "the resumed run goes on")
    now = (await bench.run_of(key)).deployment_id
    expect(now == pinned, "a resume that names no deployment moved the run to another one")


@RULES.clause(14, "a resume on the latest deployment moves the run there")
async def _(bench: Bench) -> None:
    key, run, newer = await _paused_before_a_deployment(bench)
    answer = await bench.perform(Resume(run.ref, "latest"))
    expect(answer is Answer.ACCEPTED, f"a resume on the latest deployment says {answer}")
    await _moved(bench, key, newer)


@RULES.clause(15, "a resume on a deployment by its id moves the run there")
async def _(bench: Bench) -> None:
    key, run, middle = await _paused_before_a_deployment(bench)
    await bench.deploy()
    answer = await bench.perform(Resume(run.ref, middle))
    expect(answer is Answer.ACCEPTED, f"a resume on a registered deployment says {answer}")
    await _moved(bench, key, middle)


@RULES.clause(16, "a resume on a deployment that is not registered is refused")
async def _(bench: Bench) -> None:
    bench.needs(CommandName.RESUME)
    key = await bench.put(Situation.PAUSED)
    run = await bench.run_of(key)
    url = await bench.deploy()
    gone = await _id_at(bench, url)
    await bench.driver.undeploy(url)
    what = "a resume on a deployment that is not registered"
    try:
        answer = await bench.perform(Resume(run.ref, gone))
    except EngineRejected:
        pass
    else:
        refused = (Answer.WRONG_STATUS, Answer.NOT_FOUND)
        expect(answer in refused, f"{what} is answered with {answer}")
    await expect_untouched(bench, key, Situation.PAUSED, what)


# --- cancel --------------------------------------------------------------------------------------


@RULES.clause(17, "an accepted cancel ends the run; a refused one leaves it alone")
async def _(bench: Bench) -> None:
    bench.needs(CommandName.CANCEL)
    answers: list[Answer] = []
    for situation, key in await put_each(bench, (Situation.SUSPENDED, Situation.RUNNING)):
        run = await bench.run_of(key)
        answer = await bench.perform(Cancel(run.ref))
        answers.append(answer)
        if answer is Answer.ACCEPTED:
            over = f"a {situation.value} run ends whose cancel was accepted"
            await bench.until(partial(ended, bench, key), over)
        else:
            refused = answer is Answer.WRONG_STATUS
            expect(refused, f"the cancel of a {situation.value} run is answered with {answer}")
            await expect_untouched(bench, key, situation, f"a cancel that says {answer}")
    expect(Answer.ACCEPTED in answers, "cancel is declared, and no unfinished run takes it")
