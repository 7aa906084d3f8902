"""Recoveries that are broken on purpose: trying every order finds each of them out."""

import attrs
import pytest
from typing_extensions import override

from tests.explore.harm import Window
from tests.explore.plays import (
    BACKING_OFF,
    PAUSABLE,
    PAUSED,
    Played,
    backing_off,
    every_order,
    failed,
    paused,
)
from tests.explore.stage import Loss, Stage
from wfadmin.domain.answers import Answer
from wfadmin.domain.commands import Command, Kill, Purge
from wfadmin.domain.error import WfadminError
from wfadmin.domain.keys import InvocationRef
from wfadmin.domain.model import KeyedState
from wfadmin.domain.plan import Action, Item, Step
from wfadmin.domain.recovery import KeyReading
from wfadmin.domain.results import Effect, RecoverResult, StateAfter
from wfadmin.operations.recover import Recover
from wfadmin.operations.recovery_loop import RecoveryLoop
from wfadmin.operations.writing import Lost, Writing

_COMMANDS: dict[Action, type[Kill | Purge]] = {Action.KILL: Kill, Action.PURGE: Purge}


class Hasty(Recover):
    """Sends what was planned, one write after the other, and looks only at the end."""

    @override
    async def execute(self, writing: Writing, items: tuple[Item, ...]) -> RecoverResult:
        steps = [step for item in items for step in item.steps]
        for step in steps:
            ref = InvocationRef(self.key, step.target, step.incarnation)
            await self.send(writing, _COMMANDS[step.action](ref))
        state = await self.look_at_state()
        await self.engine.invocations.for_key(self.key)
        word = StateAfter.NOT_EMPTY if state.entries else StateAfter.CLEARED
        purged = tuple(step.target for step in steps if step.action is Action.PURGE)
        return RecoverResult(
            self.key, len(purged), (), purged, word, effect=Effect.CONFIRMED, evidence=None
        )

    async def send(self, writing: Writing, command: Command) -> Answer | Lost:
        control = self.engine.control
        assert control is not None
        return await writing.send(lambda: control.perform(command))

    async def look_at_state(self) -> KeyedState:
        assert self.engine.state is not None
        return await self.engine.state.read(self.key, values=True)


class Insistent(Hasty):
    """Sends a write again of which no answer came."""

    @override
    async def send(self, writing: Writing, command: Command) -> Answer | Lost:
        answer = await super().send(writing, command)
        return await super().send(writing, command) if isinstance(answer, Lost) else answer


class Thorough(Hasty):
    """Clears the state after the purge, to be sure."""

    @override
    async def look_at_state(self) -> KeyedState:
        store, state = self.engine.state, await super().look_at_state()
        assert store is not None
        assert state.version is not None
        await store.clear(self.key, expected_version=state.version)
        return await super().look_at_state()


class Boastful(Hasty):
    """Says that the state is gone, and does not look at it."""

    @override
    async def look_at_state(self) -> KeyedState:
        return KeyedState()


@attrs.define(eq=False)
class Narrow(RecoveryLoop):
    """Looks only at the runs that it is about to write to."""

    @override
    def _next(self, reading: KeyReading) -> Step | None:
        ours = {step.target for step in self.planned}
        narrow = tuple(one for one in reading.invocations if one.id in ours)
        return super()._next(attrs.evolve(reading, invocations=narrow))


@attrs.define(eq=False)
class Careless(RecoveryLoop):
    """Does not resume what it parked and then must not kill."""

    @override
    async def _let_go(self, error: WfadminError) -> None:
        self.writing.paused.clear()


def bugs(played: Played) -> set[str]:
    return played.harms(Window.BUG)


def test_without_a_look_before_the_purge_a_newer_success_is_lost() -> None:
    def act(stage: Stage) -> None:
        stage.operator(kind=Hasty)
        stage.client()
        stage.tool("purge")
        stage.engine()

    played = every_order(failed, act)

    assert "purges a success of a newer run" in bugs(played)
    assert shortest(played, "purges a success of a newer run") == [
        "operator 1: invocations.for_key",
        "operator 1: state.read",
        "tool that purges: purge",
        "client: submits the key (1 left)",
        "engine: gets on with the run",
        "engine: gets on with the run",
        "operator 1: control.purge",
    ]


def test_without_a_look_before_the_kill_a_live_run_is_killed() -> None:
    def act(stage: Stage) -> None:
        stage.operator(PAUSED, kind=Hasty)
        stage.client()
        stage.tool("kill", "purge")

    assert "kills a newer run" in bugs(every_order(paused, act))


def test_a_write_that_is_sent_again_is_found() -> None:
    def act(stage: Stage) -> None:
        stage.operator(kind=Insistent)
        stage.network(Loss.DONE)

    assert "sends the same write twice" in bugs(every_order(failed, act))


def test_a_clear_after_the_purge_takes_the_state_of_a_live_run() -> None:
    def act(stage: Stage) -> None:
        stage.operator(kind=Thorough)
        stage.client()
        stage.engine()

    assert "clears the state of a run" in bugs(every_order(failed, act))


def test_a_word_for_the_state_that_no_look_bears_out_is_found() -> None:
    def act(stage: Stage) -> None:
        stage.operator(kind=Boastful)
        stage.network(Loss.NEVER)

    found = bugs(every_order(failed, act))

    assert "confirms, and what was planned to go is there" in found
    assert "says cleared of the state" in found


def test_a_look_at_the_victim_alone_strands_a_shared_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wfadmin.operations.recover.RecoveryLoop", Narrow)

    def act(stage: Stage) -> None:
        stage.operator()
        stage.caller()

    assert "strands a shared call" in bugs(every_order(failed, act))


def test_a_run_that_is_left_parked_in_silence_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wfadmin.operations.recover.RecoveryLoop", Careless)

    def act(stage: Stage) -> None:
        stage.operator(BACKING_OFF, pausable=PAUSABLE)
        stage.caller()

    found = bugs(every_order(backing_off, act))

    assert "leaves a run paused and does not say so" in found


def shortest(played: Played, what: str) -> list[str]:
    stories = played.explored.failures
    return next(list(story) for harm, story in stories.items() if harm.what == what)
