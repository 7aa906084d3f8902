"""What every `Engine` keeps of all the ports that it bundles: in trouble, at once, cancelled."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import cast

import anyio

from wfadmin.adapters.runtime import AnyioTasks
from wfadmin.domain.capabilities import CommandName
from wfadmin.domain.commands import Cancel, Command, Kill, Pause, Purge, Resume
from wfadmin.domain.error import WfadminError
from wfadmin.domain.keys import InvocationRef, WorkflowKey
from wfadmin.domain.model import Invocation
from wfadmin.ports.history import InvocationHistory
from wfadmin.testing.bench import Bench, expect
from wfadmin.testing.clause import Rules
from wfadmin.testing.clauses._troubles import Asked, Call, expect_safe
from wfadmin.testing.driver import Situation
from wfadmin.testing.network import Garbage
from wfadmin.testing.verdicts import NotExercised, NotSupportedHere

__all__ = ["RULES"]

RULES: Rules[Bench] = Rules("Engine", "EN")

_MINUTE = timedelta(minutes=1)


# --- trouble -------------------------------------------------------------------------------------


@RULES.clause(14, "no error of any port shows a secret, or holds control characters")
async def _(bench: Bench) -> None:
    key = await bench.put(Situation.RUNNING)
    run = await bench.run_of(key)
    calls = (*_reads(bench, key, run.ref), *await _writes(bench), *_harmless(bench))
    for trouble, start in _troubles(bench):
        for one in calls:
            start()
            error = await _error_or_none(one.call)
            bench.driver.network.mend()
            if error is not None:
                expect_safe(error, bench.secrets, f"{one.what} in trouble ({trouble})")


@RULES.clause(15, "it works again after each trouble")
async def _(bench: Bench) -> None:
    key = await bench.put(Situation.RUNNING)
    before = (await bench.engine.facts(), (await bench.run_of(key)).ref.id)
    for trouble, start in _troubles(bench):
        start()
        await _error_or_none(bench.engine.facts)
        await _error_or_none(lambda: bench.engine.invocations.for_key(key))
        bench.driver.network.mend()
        after = (await bench.engine.facts(), (await bench.run_of(key)).ref.id)
        expect(after == before, f"after trouble ({trouble}) it says something else than before")


# --- several at once, and cancelled --------------------------------------------------------------


@RULES.clause(16, "calls at once do not mix their answers")
async def _(bench: Bench) -> None:
    keys = [await bench.put(Situation.RUNNING), await bench.put(Situation.SUSPENDED)] * 3
    ended = await AnyioTasks().gather([_for_key(bench, key) for key in keys], timeout=_MINUTE)
    for key, runs in zip(keys, ended, strict=True):
        expect(isinstance(runs, tuple), f"one of several at once ends as {type(runs).__name__}")
        found: set[object] = {one.key for one in _tuple(runs) if isinstance(one, Invocation)}
        expect(found == {key}, f"asked for one key at the same time as for others, {found} came")


@RULES.clause(17, "a question that is cancelled ends at once, and harms none that follows")
async def _(bench: Bench) -> None:
    key = await bench.put(Situation.RUNNING)
    before = (await bench.run_of(key)).ref.id
    await _cancelled(bench, lambda: bench.engine.invocations.for_key(key), "a question")
    expect((await bench.run_of(key)).ref.id == before, "after it, another run is read")
    await bench.engine.facts()


@RULES.clause(18, "a write that is cancelled on its way ends at once, and is not sent again")
async def _(bench: Bench) -> None:
    writes = await _writes(bench)
    if not writes:
        raise NotSupportedHere("the engine takes no commands")
    before = bench.driver.network.writes
    await _cancelled(bench, writes[0].call, "a write")
    await bench.driver.settle()
    await bench.engine.facts()
    sent = bench.driver.network.writes - before
    expect(sent == 1, f"one write was asked for, and {sent} were sent")


def _for_key(bench: Bench, key: WorkflowKey) -> Call:
    return lambda: bench.engine.invocations.for_key(key)


def _tuple(value: object) -> tuple[object, ...]:
    return cast("tuple[object, ...]", value) if isinstance(value, tuple) else ()


# --- every call, and every trouble ---------------------------------------------------------------


def _reads(bench: Bench, key: WorkflowKey, ref: InvocationRef) -> tuple[Asked, ...]:
    """One call of every method of every port that asks something."""
    engine = bench.engine
    deployments, listing, state = engine.deployments, engine.listing, engine.state
    history = engine.history
    asked = [
        Asked("facts", engine.facts),
        Asked("the probe of the ingress", engine.admin.probe_ingress),
        Asked("the probe of the admin side", engine.admin.probe_admin),
        Asked("the list of services", engine.admin.list_services),
        Asked("the runs of a key", _for_key(bench, key)),
        Asked("a run", lambda: engine.invocations.get(ref)),
        Asked("the children of a run", lambda: engine.invocations.children(ref)),
    ]
    if deployments is not None:
        asked.append(Asked("the list of deployments", deployments.list))
        asked.append(Asked("the usage", deployments.usage))
    if listing is not None:
        asked.append(Asked("a survey", lambda: listing.survey(failures=1, unfinished=1)))
    if history is not None:
        asked.append(Asked("a history", lambda: _walk(history, ref)))
    if state is not None:
        asked.append(Asked("stored state", lambda: state.read(key, values=True)))
    return tuple(asked)


async def _walk(history: InvocationHistory, ref: InvocationRef) -> None:
    async for _ in history.entries(ref):
        pass


_COMMANDS: tuple[tuple[CommandName, Situation, Callable[[InvocationRef], Command]], ...] = (
    (CommandName.KILL, Situation.RUNNING, Kill),
    (CommandName.CANCEL, Situation.RUNNING, Cancel),
    (CommandName.PURGE, Situation.SUCCEEDED, Purge),
    (CommandName.PAUSE, Situation.RUNNING, Pause),
    (CommandName.RESUME, Situation.PAUSED, Resume),
)


async def _writes(bench: Bench) -> tuple[Asked, ...]:
    """One command that the engine declares, if it declares one; ready to be sent."""
    control = bench.engine.control
    for name, situation, make in _COMMANDS:
        if control is not None and name in bench.capabilities.commands:
            command = make((await bench.put_and_read(situation)).ref)
            return (Asked(name.value, partial(control.perform, command)),)
    return ()


def _harmless(bench: Bench) -> tuple[Asked, ...]:
    """Writes that find nothing to change."""
    deployments, state = bench.engine.deployments, bench.engine.state
    nobody = bench.driver.fresh_key()
    harmless: list[Asked] = []
    if deployments is not None:
        remove = partial(deployments.remove, "dp_of_nobody")
        harmless.append(Asked("the removal of a deployment", remove))
    if state is not None:
        clear = partial(state.clear, nobody, expected_version="of nobody")
        harmless.append(Asked("a clear of stored state", clear))
    return tuple(harmless)


def _troubles(bench: Bench) -> tuple[tuple[str, Callable[[], None]], ...]:
    """Every trouble that the driver can make, by name."""
    network = bench.driver.network
    every: list[tuple[str, Callable[[], None]]] = [
        ("no connection", network.cut),
        ("silence", network.silence),
        ("lost answers", network.lose_answers),
        ("errors", network.reject),
    ]
    every.extend((kind.value, partial(network.garble, kind)) for kind in Garbage)
    possible = tuple(one for one in every if _is_possible(bench, one[1]))
    if not possible:
        raise NotExercised("the network cannot be broken")
    return possible


def _is_possible(bench: Bench, start: Callable[[], None]) -> bool:
    try:
        start()
    except NotExercised:
        return False
    bench.driver.network.mend()
    return True


async def _error_or_none(call: Call) -> WfadminError | None:
    try:
        await call()
    except WfadminError as error:
        return error
    return None


# --- cancelled -----------------------------------------------------------------------------------


async def _cancelled(bench: Bench, call: Call, what: str) -> None:
    """
    Cancel `call` while its request is on its way. The way is free again then.

    Raises:
        Broken: It ends in another way, not at once, or has sent nothing.
    """
    ended: list[str] = []
    over = anyio.Event()
    scope = anyio.CancelScope()

    async def calling() -> None:
        try:
            with scope:
                await call()
                ended.append("an answer")
        except Exception as error:  # noqa: BLE001 - told to the author of the adapter
            ended.append(type(error).__name__)
        finally:
            over.set()

    is_sent = is_over = False
    network = bench.driver.network
    network.hold()
    async with anyio.create_task_group() as group:
        group.start_soon(calling)
        is_sent = await _within(bench.driver.patience, network.held)
        scope.cancel()
        # At once: not when the time limit of the request ends it.
        is_over = await _within(bench.settings.timeout / 2, over.wait)
        # Also what cannot be cancelled ends now.
        network.mend()
    expect(is_sent, f"{what} sends nothing")
    expect(is_over, f"{what} goes on after it was cancelled")
    expect(not ended, f"{what} that is cancelled ends with {', '.join(ended)}")


async def _within(limit: timedelta, call: Call) -> bool:
    with anyio.move_on_after(limit.total_seconds()):
        await call()
        return True
    return False
