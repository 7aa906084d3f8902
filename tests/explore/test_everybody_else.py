"""Who else acts in a scenario, and that each of them can be met at any moment."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.explore.plays import (
    KEY,
    SHARED,
    backing_off,
    failed,
    running,
)
from tests.explore.scenes import LOOKS, PURGES, READS, on, recovering
from wfadmin.adapters.memory import Key, World
from wfadmin.domain.components import Component
from wfadmin.domain.errors import EngineUnreachable, WfadminError
from wfadmin.domain.model import InvocationStatus
from wfadmin.operations.local import LocalOperator
from wfadmin.ports.engine import Engine
from wfadmin.ports.history import HistoryEntry
from wfadmin.testing.explore import Loss, NotRepeatable, Scenario, explore, replay

# --- everybody else ------------------------------------------------------------------------------


def runs_after(scenario: Scenario, *story: str) -> list[tuple[str, str]]:
    """How the runs stand after that: each with the key's name."""
    worlds: list[World] = []
    make = scenario.make

    def kept() -> World:
        worlds.append(make())
        return worlds[-1]

    scenario.make = kept
    replay(scenario, story)
    return [
        (one.key.service_key if one.key else "", str(one.outcome or one.status))
        for one in worlds[-1].store.runs
    ]


async def look(engine: Engine) -> None:
    await engine.invocations.for_key(KEY)


def watched(place: Callable[[Key], object]) -> Scenario:
    scenario = on(place)
    scenario.code(look)
    return scenario


def free(key: Key) -> None:
    """Nothing has come yet."""


def test_a_client_submits_whenever_the_key_is_free() -> None:
    scenario = watched(free)
    scenario.client(KEY, times=2)
    scenario.engine()
    scenario.tool(KEY, "purge")
    submits = "client: submits Order/o-1 ({} left)"
    gets_on = "engine: gets on with Order/o-1"
    story = (submits.format(2), gets_on, gets_on, "tool that purges: purges Order/o-1")

    assert runs_after(scenario, *story) == []
    assert runs_after(scenario, *story, submits.format(1)) == [("o-1", "ready")]
    with pytest.raises(NotRepeatable):
        replay(scenario, (submits.format(2), submits.format(1)))


def test_a_shared_call_does_not_end() -> None:
    scenario = watched(failed)
    scenario.caller(KEY, SHARED)
    scenario.engine()

    assert runs_after(scenario, "caller: calls a shared handler")[1:] == [("o-1", "running")]
    with pytest.raises(NotRepeatable, match="cannot be done then"):
        replay(scenario, ("caller: calls a shared handler", "engine: gets on with Order/o-1"))


def test_a_call_of_a_handler_that_is_not_there_starts_nothing() -> None:
    scenario = watched(failed)
    scenario.caller(KEY, "no such")

    assert runs_after(scenario, "caller: calls a shared handler") == [("o-1", "failed")]


def test_the_engine_gets_on_with_any_run() -> None:
    def make() -> World:
        world = World()
        running(world.workflow("Order").key("o-1"))
        world.workflow("Order").key("o-2").suspended()
        world.plain("Mail").running()
        return world

    scenario = Scenario(make)
    scenario.code(look)
    scenario.engine()
    gets_on = "engine: gets on with Order/o-"
    (mail,) = (one for one in make().store.runs if one.key is None)

    assert runs_after(scenario, gets_on + "1")[0] == ("o-1", "succeeded")
    assert runs_after(scenario, gets_on + "2")[1] == ("o-2", "running")
    assert runs_after(scenario, f"engine: gets on with {mail.id}")[2] == ("", "succeeded")
    assert runs_after(scenario, gets_on + "2", gets_on + "1", gets_on + "2")[:2] == [
        ("o-1", "succeeded"),
        ("o-2", "succeeded"),
    ]


def test_the_engine_gets_a_failing_run_one_step_further() -> None:
    scenario = watched(backing_off)
    scenario.engine()

    story = "engine: gets on with Order/o-1"
    assert runs_after(scenario, story) == [("o-1", "running")]


def test_a_tool_kills_what_lives_and_purges_what_does_not() -> None:
    scenario = watched(running)
    scenario.tool(KEY, "kill")
    scenario.tool(KEY, "purge")
    kills, purges = "tool that kills: kills Order/o-1", "tool that purges: purges Order/o-1"

    assert runs_after(scenario, kills) == [("o-1", "killed")]
    assert runs_after(scenario, kills, purges) == []
    with pytest.raises(NotRepeatable):
        replay(scenario, (purges,))


def test_retention_takes_what_has_ended() -> None:
    scenario = watched(failed)
    scenario.retention()
    short = watched(failed)
    short.retention(timedelta(seconds=1))
    story = "retention: expires what has ended"

    assert runs_after(scenario, story) == []
    assert runs_after(short, story) == [("o-1", "failed")]


def test_something_else_happens_once_and_when_it_can() -> None:
    def pause(world: World) -> None:
        (run,) = world.store.runs
        world.store.back_off(run.id, "no")

    def is_ready(world: World) -> bool:
        return all(one.status is InvocationStatus.RUNNING for one in world.store.runs)

    scenario = watched(running)
    scenario.happens("the attempt fails", pause, when=is_ready)
    story = "somebody: the attempt fails"

    assert runs_after(scenario, story) == [("o-1", "backing_off")]
    with pytest.raises(NotRepeatable):
        replay(scenario, (story, story))


def test_a_fault_of_the_engine_is_met() -> None:
    def breaks(world: World) -> None:
        world.break_component(Component.INVOCATIONS, EngineUnreachable("memory", "no"))

    scenario = watched(failed)
    scenario.happens("the list of runs breaks", breaks)

    assert explore(scenario).endings == {"done", "workflow_engine_unreachable"}


# --- the network ---------------------------------------------------------------------------------

ENDINGS = {
    Loss.ANSWER: {"confirmed"},
    Loss.WRITE: {"confirmed", "outcome_unknown"},
    Loss.LATE: {"confirmed", "outcome_unknown"},
    Loss.TWICE: {"confirmed"},
    Loss.REFUSED: {"confirmed", "workflow_engine_unreachable"},
}


@pytest.mark.parametrize("loss", list(Loss))
def test_a_recovery_whose_call_is_lost_does_no_harm(loss: Loss) -> None:
    scenario = recovering()
    scenario.network(loss)

    explored = explore(scenario)

    assert explored.endings == ENDINGS[loss]
    assert explored.harms == {}


@pytest.mark.parametrize(
    ("loss", "left", "story"),
    [
        (Loss.ANSWER, [], ()),
        (Loss.WRITE, [("o-1", "failed")], ()),
        (Loss.LATE, [("o-1", "failed")], ()),
        (Loss.LATE, [], ("network, late: delivers the purge",)),
        (Loss.TWICE, [], ()),
        (Loss.TWICE, [], ("network, late: delivers the purge",)),
        (Loss.REFUSED, [("o-1", "failed")], ()),
    ],
)
def test_what_is_lost_is_done_or_is_not(
    loss: Loss, left: list[tuple[str, str]], story: tuple[str, ...]
) -> None:
    scenario = recovering()
    scenario.network(loss)
    before = (LOOKS, READS, LOOKS, f"network: {loss.value}", PURGES)

    assert runs_after(scenario, *before, *story) == left


def test_what_was_refused_twice_is_another_one_than_what_was_refused_once() -> None:
    asked: set[tuple[str, ...]] = set()

    async def act(engine: Engine) -> None:
        heard: list[str] = []
        for _ in range(3):
            try:
                await engine.invocations.for_key(KEY)
                heard.append("yes")
            except WfadminError:
                heard.append("no")
        asked.add(tuple(heard))

    scenario = on(failed)
    scenario.code(act)
    scenario.network(Loss.REFUSED)
    scenario.network(Loss.REFUSED)
    explore(scenario)

    # The second one may come before the first one strikes.
    assert {("no", "no", "yes"), ("no", "yes", "yes"), ("yes", "no", "no")} <= asked


# --- other ports ---------------------------------------------------------------------------------


async def ask_all(engine: Engine) -> tuple[HistoryEntry, ...]:
    (run,) = await engine.invocations.for_key(KEY)
    assert engine.history is not None
    assert engine.deployments is not None
    assert engine.listing is not None
    entries = tuple([one async for one in engine.history.entries(run.ref)])
    await engine.history.examine(run.ref)
    await engine.invocations.children(run.ref)
    await engine.deployments.usage()
    await engine.deployments.register("http://default:9080", force=True, dry_run=True)
    await engine.listing.survey(failures=1, unfinished=1)
    await engine.admin.probe_ingress()
    await engine.admin.probe_admin()
    await engine.facts()
    return entries


def test_whatever_is_asked_what_was_answered_decides_what_is_the_same() -> None:
    told: set[object] = set()

    async def act(engine: Engine) -> None:
        told.add(await ask_all(engine))

    def suspend(world: World) -> None:
        world.store.suspend(world.store.runs[0].id)

    scenario = on(running)
    scenario.code(act)
    scenario.happens("the run waits", suspend)
    explored = explore(scenario)

    assert (explored.harms, explored.endings) == ({}, {"done"})
    assert len(told) == 2


def test_deployments_come_and_go_at_any_moment() -> None:
    url = "http://new:9080"

    def make() -> World:
        world = World()
        world.deployment("http://old:9080", serves=("Order",))
        world.place(url, serves=("Order",))
        return world

    async def redeploy(operator: LocalOperator) -> object:
        return await operator.force_redeploy(url)

    async def clean(operator: LocalOperator) -> object:
        return await operator.cleanup_stale_deployments(url)

    scenario = Scenario(make)
    scenario.operator(redeploy)
    scenario.operator(clean)
    scenario.network(Loss.LATE)

    explored = explore(scenario)

    # To ask for the services is a turn where somebody changes them.
    assert explored.is_complete
    assert explored.harms == {}
    assert {"confirmed", "outcome_unknown"} <= explored.endings


def test_a_forced_removal_is_not_held_against_who_was_told_to() -> None:
    url = "http://new:9080"

    def make() -> World:
        world = World()
        old = world.deployment("http://old:9080", serves=("Order",))
        world.deployment(url, serves=("Order",))
        world.workflow("Order").key("o-1").running(on=old)
        return world

    async def clean(operator: LocalOperator) -> object:
        return await operator.cleanup_stale_deployments(url, force_drain=True)

    def bugs(*, forces: bool) -> frozenset[str]:
        scenario = Scenario(make)
        scenario.operator(clean, forces=forces)
        return explore(scenario).bugs

    assert bugs(forces=True) == frozenset()
    assert bugs(forces=False) == {"orphans a run"}
