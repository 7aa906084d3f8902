"""The engine that the one in memory is like: another one is a value, and nothing else changes."""

from datetime import timedelta
from functools import partial

import attrs
import pytest

import wfadmin
from tests.adapters.memory.command_table import an_order, now, tell
from tests.adapters.memory.driving import answer_of
from wfadmin.adapters.memory import World
from wfadmin.adapters.memory.profile import Effect, Profile, Slot
from wfadmin.adapters.memory.profiles import PROFILES
from wfadmin.adapters.memory.table import Table
from wfadmin.domain.answers import Answer
from wfadmin.domain.capabilities import Capabilities, CommandName, Fence, Reach
from wfadmin.domain.commands import Command, Kill, Pause, Purge
from wfadmin.domain.model import (
    Invocation,
    InvocationOutcome,
    InvocationStatus,
    Service,
    StatusCount,
)
from wfadmin.errors import EngineRejected, NotSupported, UsageError

ENGINE_WORDS = dict.fromkeys(InvocationStatus, "RUNNING") | {
    InvocationStatus.PENDING: "PENDING",
    InvocationStatus.COMPLETED: "ENDED",
}


def capabilities(fence: Fence, commands: frozenset[CommandName]) -> Capabilities:
    return Capabilities(commands=commands, fence=fence, kill_reach=Reach.ALONE)


def decide(table: Table, command: Command, run: Invocation | None) -> Answer | Effect:
    """Say yes to everything but a run that is not there, which is an error status."""
    if run is None:
        raise EngineRejected("memory", 500, "NO_SUCH_INSTANCE")
    if isinstance(command, Purge):
        return partial(table.forget, run) if run.is_completed else Answer.WRONG_STATUS
    if run.is_completed:
        return Answer.ACCEPTED
    return partial(table.end, run, InvocationOutcome.KILLED, table.profile.killed)


PLAIN = Profile(
    name="plain",
    version="9.9",
    words=ENGINE_WORDS,
    coarse_words=ENGINE_WORDS,
    killed="terminated",
    cancelled="asked to stop",
    lost_deployment="",
    lost_service="",
    commands=frozenset({CommandName.KILL, CommandName.PURGE}),
    capabilities=capabilities,
    decide=decide,
    slots=frozenset({Slot.LISTING}),
)


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setitem(PROFILES, PLAIN.name, PLAIN)
    return World(like="plain")


def test_it_is_like_restate_unless_another_engine_is_named() -> None:
    assert World().store.profile is World(like="restate").store.profile is PROFILES["restate"]


@pytest.mark.parametrize("name", ["cadence", "", "Restate"])
def test_an_unknown_engine_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(UsageError, match="is none of these: dapr, restate") as caught:
        World(like=name)

    assert caught.value.argument == "like"


def test_another_engine_says_its_own_version_words_and_capabilities(plain: World) -> None:
    key = an_order(plain)
    runs = [key.running(), key.shared("watch").pending(), key.shared("watch").killed()]
    runs.append(key.shared("watch").cancelled())
    facts = answer_of(plain.engine.facts())

    assert [now(run).engine_status for run in runs] == ["RUNNING", "PENDING", "ENDED", "ENDED"]
    assert [now(run).failure for run in runs[2:]] == ["terminated", "asked to stop"]
    assert (facts.version, answer_of(plain.engine.admin.probe_admin())) == ("9.9", "9.9")
    assert facts.capabilities == capabilities(Fence.CHECKED, PLAIN.commands)


def test_what_is_counted_has_the_words_of_the_engine(plain: World) -> None:
    key = an_order(plain)
    key.suspended()
    key.shared("watch").failed("boom")

    found = answer_of(plain.engine.listing.survey(failures=9, unfinished=9))

    assert found.counts == (StatusCount("ENDED", 1), StatusCount("RUNNING", 1))
    assert found.usage is None


def test_another_engine_has_its_own_answers(plain: World) -> None:
    run = an_order(plain).running()

    answers = [tell(plain, Kill(run.ref)), tell(plain, Kill(run.ref)), tell(plain, Purge(run.ref))]

    assert answers == [Answer.ACCEPTED] * 3
    assert run.now is None
    with pytest.raises(EngineRejected):
        tell(plain, Purge(run.ref))
    with pytest.raises(NotSupported):
        tell(plain, Pause(run.ref))


def test_what_another_engine_refuses_when_it_happens_is_told_to_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(PROFILES, PLAIN.name, PLAIN)
    world = World(like="plain", acceptance=timedelta(seconds=2))
    run = an_order(world).failed("boom")

    answers = [tell(world, Purge(run.ref)), tell(world, Purge(run.ref))]
    world.settle()

    assert answers == [Answer.ACCEPTED] * 2
    assert run.now is None


def test_a_port_that_an_engine_does_not_have_is_none(plain: World) -> None:
    engine = plain.engine

    assert (engine.deployments, engine.state, engine.history) == (None, None, None)
    assert engine.listing is not None


@pytest.mark.parametrize("slot", Slot)
def test_each_port_can_be_missing_alone(slot: Slot, monkeypatch: pytest.MonkeyPatch) -> None:
    profile = attrs.evolve(PROFILES["restate"], name="less", slots=frozenset(Slot) - {slot})
    monkeypatch.setitem(PROFILES, "less", profile)
    engine = World(like="less").engine

    assert [one for one in Slot if getattr(engine, one.value) is None] == [slot]


def test_without_deployments_nothing_is_pinned_and_services_name_none(plain: World) -> None:
    key = an_order(plain)
    placed, submitted = key.running(), key.shared("watch")
    plain.store.submit(key.workflow_key, handler="watch")
    started = next(one for one in plain.store.runs if one.handler_name == "watch")

    assert plain.store.progress(started.id)
    assert submitted.call.handler == "watch"
    assert (now(placed).deployment_id, plain.store.runs[1].deployment_id) == (None, None)
    assert plain.store.runs[1].status is InvocationStatus.RUNNING
    services = answer_of(plain.engine.admin.list_services())
    assert [(one.name, one.revision, one.deployment_id) for one in services] == [("Order", 0, None)]
    assert isinstance(services[0], Service)


def test_no_deployment_can_be_declared_where_there_are_none(plain: World) -> None:
    with pytest.raises(UsageError, match="plain has no deployments"):
        plain.deployment("http://orders:9080", serves=("Order",))


def test_no_other_run_changes_its_words(plain: World) -> None:
    assert now(an_order(World()).running()).engine_status == "running"
    assert now(an_order(plain).running()).engine_status == "RUNNING"


@pytest.mark.asyncio
async def test_doctor_asks_only_what_another_engine_has(plain: World) -> None:
    an_order(plain).failed("boom")
    async with wfadmin.connect(plain.engine, clock=plain.clock) as operator:
        report = await operator.doctor()

    assert [one.count for one in report.invocations.by_status] == [1]
    assert report.deployments is None or report.deployments.items == ()
