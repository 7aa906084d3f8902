"""Recoveries that are broken on purpose: trying every order finds each of them out."""

import attrs
import pytest
from typing_extensions import override

from tests.explore.plays import (
    BACKING_OFF,
    KEY,
    PAUSED,
    SHARED,
    Play,
    backing_off,
    every_order,
    failed,
    on,
    paused,
)
from wfadmin.domain.answers import Answer
from wfadmin.domain.commands import Command, Kill, Purge
from wfadmin.domain.error import WfadminError
from wfadmin.domain.keys import InvocationRef
from wfadmin.domain.model import KeyedState
from wfadmin.domain.plan import Action, Item, Step
from wfadmin.domain.policy import RecoveryPolicy
from wfadmin.domain.recovery import KeyReading
from wfadmin.domain.results import Effect, RecoverResult, StateAfter
from wfadmin.operations.local import LocalOperator
from wfadmin.operations.recover import Recover
from wfadmin.operations.recovery_loop import RecoveryLoop
from wfadmin.operations.repair import carry_out
from wfadmin.operations.writing import Lost, Writing
from wfadmin.testing.explore import Explored, Loss

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


def somebody(play: Play, kind: type[Recover], policy: RecoveryPolicy | None = None) -> None:
    """Let a broken recovery act."""

    async def act(operator: LocalOperator) -> RecoverResult:
        engine, host = operator.engine, operator.host
        return await carry_out(engine, host, kind(engine, host, KEY, host.policy))

    play.scenario.operator(act, policy=policy)


def test_without_a_look_before_the_purge_a_newer_success_is_lost() -> None:
    play = on(failed)
    somebody(play, Hasty)
    play.scenario.client(KEY)
    play.scenario.tool(KEY, "purge")
    play.scenario.engine()

    played = every_order(play)

    assert "purges a success of a newer run" in played.bugs
    assert shortest(played, "purges a success of a newer run") == [
        "operator 1: invocations.for_key Order/o-1",
        "operator 1: state.read Order/o-1",
        "tool that purges: purges Order/o-1",
        "client: submits Order/o-1 (1 left)",
        "engine: gets on with Order/o-1",
        "engine: gets on with Order/o-1",
        "operator 1: control.purge Order/o-1",
    ]


def test_without_a_look_before_the_kill_a_live_run_is_killed() -> None:
    play = on(paused)
    somebody(play, Hasty, PAUSED)
    play.scenario.client(KEY)
    play.scenario.tool(KEY, "kill")
    play.scenario.tool(KEY, "purge")

    assert "kills a newer run" in every_order(play).bugs


def test_a_write_that_is_sent_again_is_found() -> None:
    play = on(failed)
    somebody(play, Insistent)
    play.scenario.network(Loss.ANSWER)

    assert "sends the same write twice" in every_order(play).bugs


def test_a_clear_after_the_purge_takes_the_state_of_a_live_run() -> None:
    play = on(failed)
    somebody(play, Thorough)
    play.scenario.client(KEY)
    play.scenario.engine()

    assert "clears the state of a run" in every_order(play).bugs


def test_a_word_for_the_state_that_no_look_bears_out_is_found() -> None:
    play = on(failed)
    somebody(play, Boastful)
    play.scenario.network(Loss.WRITE)

    found = every_order(play).bugs

    assert "confirms, and what was planned to go is there" in found
    assert "says cleared of the state" in found


def test_a_look_at_the_victim_alone_strands_a_shared_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wfadmin.operations.recover.RecoveryLoop", Narrow)

    play = on(failed)
    play.recovery()
    play.scenario.caller(KEY, SHARED)

    assert "strands a shared call" in every_order(play).bugs


def test_a_run_that_is_left_parked_in_silence_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wfadmin.operations.recover.RecoveryLoop", Careless)

    play = on(backing_off, pauses=True)
    play.recovery(BACKING_OFF)
    play.scenario.caller(KEY, SHARED)

    found = every_order(play).bugs

    assert "leaves a run paused and does not say so" in found


def shortest(played: Explored, what: str) -> list[str]:
    return next(list(story) for harm, story in played.harms.items() if harm.what == what)
