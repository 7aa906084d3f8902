"""Code on the ports of an engine, some of it careless, and what is found of it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from tests.explore.plays import (
    KEY,
    SHARED,
    failed,
    running,
)
from wfadmin.adapters.memory import Key, World
from wfadmin.domain.commands import Command, Kill, Purge
from wfadmin.domain.keys import InvocationRef, WorkflowKey
from wfadmin.domain.model import Invocation
from wfadmin.domain.policy import RecoveryPolicy
from wfadmin.ports.engine import Engine
from wfadmin.testing.explore import Scenario, Window, explore

Act = Callable[[Engine], Awaitable[object]]
Place = Callable[[Key], object]

OTHER = WorkflowKey("Order", "o-2")
LOOKS = "my code: invocations.for_key Order/o-1"
PAUSES = "my code: control.pause Order/o-1"
KILLS = "my code: control.kill Order/o-1"


def world_of(place: Place, *, acceptance: timedelta | None = None) -> Callable[[], World]:
    def make() -> World:
        world = World(acceptance=acceptance)
        key = world.workflow("Order").key("o-1")
        key.shared(SHARED)
        place(key)
        return world

    return make


def played(place: Place, act: Act, policy: RecoveryPolicy | None = None) -> set[str]:
    """What goes wrong where nobody else acts."""
    scenario = Scenario(world_of(place))
    scenario.code(act, policy=policy)
    return {str(one) for one in explore(scenario).harms}


async def look(engine: Engine) -> Invocation:
    found = await engine.invocations.for_key(KEY)
    return next(one for one in found if one.handler_name != SHARED)


async def send(engine: Engine, command: Command) -> None:
    assert engine.control is not None
    await engine.control.perform(command)


async def clear(engine: Engine, key: WorkflowKey = KEY) -> None:
    assert engine.state is not None
    state = await engine.state.read(key, values=True)
    await engine.invocations.for_key(key)
    await engine.state.clear(key, expected_version=state.version or "")


async def look_and_purge(engine: Engine) -> None:
    await send(engine, Purge((await look(engine)).ref))


async def look_and_kill(engine: Engine) -> None:
    await send(engine, Kill((await look(engine)).ref))


async def purge_if_nobody_calls(engine: Engine) -> None:
    found = await engine.invocations.for_key(KEY)
    if all(one.is_completed for one in found):
        await send(engine, Purge(found[0].ref))


async def clear_if_nobody_runs(engine: Engine) -> None:
    assert engine.state is not None
    state = await engine.state.read(KEY, values=True)
    found = await engine.invocations.for_key(KEY)
    if all(one.handler_name == SHARED and one.is_completed for one in found):
        await engine.state.clear(KEY, expected_version=state.version or "")


async def get_and_purge(engine: Engine) -> None:
    run = await look(engine)
    again = await engine.invocations.get(run.ref)
    assert again is not None
    await send(engine, Purge(again.ref))


def ref_in(place: Place) -> InvocationRef:
    (run, *_) = world_of(place)().store.runs
    return run.ref


async def kill_blindly(engine: Engine) -> None:
    await send(engine, Kill(ref_in(running)))


def newer_success(scenario: Scenario) -> None:
    scenario.tool(KEY, "purge")
    scenario.client(KEY)
    scenario.engine()


def windows_of(
    what: str, act: Act, join: Callable[[Scenario], None], place: Place = failed
) -> set[Window]:
    scenario = Scenario(world_of(place))
    scenario.code(act)
    join(scenario)
    return {one.window for one in explore(scenario).harms if one.what == what}
