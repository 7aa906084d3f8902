"""Mistakes in a recovery."""

from collections.abc import Callable

import attrs
from typing_extensions import override

from tests.explore_operations.mutant import Mutant, repairing
from tests.explore_operations.worlds import (
    BACKING_OFF,
    KEY,
    PAUSED,
    SHARED,
    Act,
    backing_off,
    backing_off_for_good,
    failed,
    recover,
)
from wfadmin.adapters.memory import World
from wfadmin.domain.answers import Answer
from wfadmin.domain.capabilities import EngineFacts
from wfadmin.domain.commands import Kill, Purge
from wfadmin.domain.errors import WfadminError
from wfadmin.domain.keys import InvocationRef
from wfadmin.domain.model import InvocationOutcome, KeyedState
from wfadmin.domain.plan import Action, Item, Step
from wfadmin.domain.policy import RecoveryPolicy
from wfadmin.domain.recovery import KeyReading, Snapshot
from wfadmin.domain.results import Effect, RecoverResult, StateAfter
from wfadmin.operations.keys import KeyReader
from wfadmin.operations.local import LocalOperator
from wfadmin.operations.recover import Recover
from wfadmin.operations.recovery_loop import RecoveryLoop
from wfadmin.operations.repair import Planned, carry_out
from wfadmin.operations.writing import Lost, Writing
from wfadmin.testing.explore import Loss, Scenario

# --- the loop ------------------------------------------------------------------------------------


@attrs.define(eq=False)
class RetriesAPurgeWhoseAnswerWasLost(RecoveryLoop):
    @override
    async def _confirm(self, step: Step, answer: Answer | Lost) -> KeyReading:
        if isinstance(answer, Lost):
            purge = Purge(InvocationRef(self.keys.key, step.target, step.incarnation))
            answer = await self.writing.send(lambda: self.control.perform(purge))
        return await super()._confirm(step, answer)


@attrs.define(eq=False)
class ConfirmsWithoutReading(RecoveryLoop):
    @override
    async def _confirm(self, step: Step, answer: Answer | Lost) -> KeyReading:
        self.state = KeyedState()
        return KeyReading(self.keys.key, self.keys.service)


@attrs.define(eq=False)
class TakesNotFoundForDone(RecoveryLoop):
    @override
    async def _confirm(self, step: Step, answer: Answer | Lost) -> KeyReading:
        if answer is not Answer.NOT_FOUND:
            return await super()._confirm(step, answer)
        self.state = KeyedState()
        return KeyReading(self.keys.key, self.keys.service)


@attrs.define(eq=False)
class CountsAPurgeThatItDidNotSend(RecoveryLoop):
    @override
    async def run(self) -> KeyReading:
        reading = await super().run()
        self.purged = [step.target for step in self.planned]
        return reading


@attrs.define(eq=False)
class LooksOnlyAtTheVictim(RecoveryLoop):
    @override
    def _next(self, reading: KeyReading) -> Step | None:
        ours = {step.target for step in self.planned}
        victims = tuple(one for one in reading.invocations if one.id in ours)
        return super()._next(attrs.evolve(reading, invocations=victims))


@attrs.define(eq=False)
class LeavesAParkedRunInSilence(RecoveryLoop):
    @override
    async def _let_go(self, error: WfadminError) -> None:
        self.writing.paused.clear()


# --- what is read --------------------------------------------------------------------------------


@attrs.define(eq=False)
class _GoesByThePlan(KeyReader):
    """Takes what the plan read for the look before the first write."""

    _last: KeyReading | None = None

    @override
    async def read(self) -> KeyReading:
        if self.is_planned and self._last is not None:
            last, self._last = self._last, None
            return last
        self._last = await super().read()
        return self._last


class DoesNotReadAgainBeforeItWrites(Recover):
    @override
    def _reader(self, facts: EngineFacts) -> KeyReader:
        return _GoesByThePlan(
            self.engine, self.host, self.key, purge_reach=facts.capabilities.purge_reach
        )


class _SeesNoSuccess(KeyReader):
    @override
    def snapshot(self, *args: object, **more: object) -> Snapshot:
        found = super().snapshot(*args, **more)  # type: ignore[arg-type]
        runs = tuple(
            attrs.evolve(one, outcome=one.outcome and InvocationOutcome.FAILED)
            for one in found.reading.invocations
        )
        return attrs.evolve(found, reading=attrs.evolve(found.reading, invocations=runs))


class PurgesASuccess(Recover):
    @override
    def _reader(self, facts: EngineFacts) -> KeyReader:
        return _SeesNoSuccess(
            self.engine, self.host, self.key, purge_reach=facts.capabilities.purge_reach
        )


# --- what is sent --------------------------------------------------------------------------------


class KillsWhatThePolicyDoesNotList(Recover):
    @override
    async def plan(self) -> Planned:
        self.policy = RecoveryPolicy((*PAUSED.stuck, *BACKING_OFF.stuck))
        return await super().plan()


async def _clear(repair: Recover) -> None:
    store = repair.engine.state
    assert store is not None
    state = await store.read(repair.key, values=True)
    if state.entries:
        assert state.version is not None
        await store.clear(repair.key, expected_version=state.version)


class ClearsTheStateBeforeItLooks(Recover):
    @override
    async def execute(self, writing: Writing, items: tuple[Item, ...]) -> RecoverResult:
        await _clear(self)
        return await super().execute(writing, items)


class ClearsTheStateOfALiveKey(Recover):
    @override
    async def execute(self, writing: Writing, items: tuple[Item, ...]) -> RecoverResult:
        done = await super().execute(writing, items)
        await _clear(self)
        return done


class TakesTheRunForGranted(Recover):
    @override
    async def execute(self, writing: Writing, items: tuple[Item, ...]) -> RecoverResult:
        runs = await self.engine.invocations.for_key(self.key)
        if not runs:
            raise LookupError
        return await super().execute(writing, items)


class AppliesAnOldPlan(Recover):
    """Sends what the plan says, and asks nobody whether that is still so."""

    @override
    async def execute(self, writing: Writing, items: tuple[Item, ...]) -> RecoverResult:
        control = self.engine.control
        assert control is not None
        for step in (step for item in items for step in item.steps):
            ref = InvocationRef(self.key, step.target, step.incarnation)
            command = Kill(ref) if step.action is Action.KILL else Purge(ref)
            await control.perform(command)
        return RecoverResult(self.key, 0, (), (), StateAfter.WAS_EMPTY, effect=Effect.ACCEPTED)


async def applies_an_old_plan(operator: LocalOperator) -> object:
    plan = await operator.plan_recover(KEY)
    repair = AppliesAnOldPlan(operator.engine, operator.host, KEY, operator.host.policy)

    async def items() -> Planned:
        await Recover.plan(repair)
        return Planned(plan.items)

    repair.plan = items  # type: ignore[method-assign]
    return await carry_out(operator.engine, operator.host, repair)


# --- who else acts -------------------------------------------------------------------------------


def _tool_and_client(scenario: Scenario, operate: Act) -> None:
    scenario.operator(operate)
    scenario.client(KEY)
    scenario.tool(KEY, "purge")
    scenario.engine()


def _client(scenario: Scenario, operate: Act) -> None:
    scenario.operator(operate)
    scenario.client(KEY)
    scenario.engine()


def _caller(scenario: Scenario, operate: Act) -> None:
    scenario.operator(operate)
    scenario.caller(KEY, SHARED)


def _lost_answer(scenario: Scenario, operate: Act) -> None:
    scenario.operator(operate)
    scenario.network(Loss.ANSWER)


def _lost_write(scenario: Scenario, operate: Act) -> None:
    scenario.operator(operate)
    scenario.network(Loss.WRITE)


def _purging_tool(scenario: Scenario, operate: Act) -> None:
    scenario.operator(operate)
    scenario.tool(KEY, "purge")


def _stuck(scenario: Scenario, operate: Act) -> None:
    scenario.operator(operate, policy=BACKING_OFF)
    scenario.engine()


def _stuck_and_called(scenario: Scenario, operate: Act) -> None:
    scenario.operator(operate, policy=BACKING_OFF)
    scenario.caller(KEY, SHARED)


def _not_listed(scenario: Scenario, operate: Act) -> None:
    scenario.operator(operate, policy=PAUSED)
    scenario.engine()


# --- all of them ---------------------------------------------------------------------------------


def _with(repair: type[Recover]) -> Act:
    return repairing(lambda own: repair(own.engine, own.host, KEY, own.host.policy))


def _by_class(
    kind: type[Recover],
    wrong: str,
    harm: str,
    make: Callable[[], World],
    act: Callable[[Scenario, Act], object],
) -> Mutant:
    return Mutant("recover", kind.__name__, wrong, harm, make, act, _with(kind), recover)


def _by_loop(
    kind: type[RecoveryLoop],
    wrong: str,
    harm: str,
    make: Callable[[], World],
    act: Callable[[Scenario, Act], object],
) -> Mutant:
    return Mutant("recover", kind.__name__, wrong, harm, make, act, recover, recover, kind)


RECOVER_MUTANTS = (
    _by_class(
        DoesNotReadAgainBeforeItWrites,
        "It purges by what the plan saw.",
        "purges a success of a newer run",
        failed,
        _tool_and_client,
    ),
    Mutant(
        "recover",
        "DoesNotReadAgainBeforeItKills",
        "It kills by what the plan saw.",
        "kills a run that got on",
        backing_off_for_good,
        _stuck,
        _with(DoesNotReadAgainBeforeItWrites),
        recover,
    ),
    _by_class(
        ClearsTheStateBeforeItLooks,
        "It clears what is stored under the key, and looks at the runs after that.",
        "clears the state of a run",
        failed,
        _client,
    ),
    _by_class(
        ClearsTheStateOfALiveKey,
        "It clears what it finds after the purge, to be sure.",
        "clears the state of a run",
        failed,
        _client,
    ),
    _by_loop(
        RetriesAPurgeWhoseAnswerWasLost,
        "It takes a lost answer for a write that was not done.",
        "sends the same write twice",
        failed,
        _lost_answer,
    ),
    _by_loop(
        TakesNotFoundForDone,
        "It takes a 404 for its own purge, and for an empty key.",
        "says cleared of the state",
        failed,
        _tool_and_client,
    ),
    _by_loop(
        ConfirmsWithoutReading,
        "It says what the engine accepted, as if that had happened.",
        "confirms, and what was planned to go is there",
        failed,
        _lost_write,
    ),
    _by_loop(
        CountsAPurgeThatItDidNotSend,
        "It counts what is gone, whoever purged it.",
        "counts a purge that it did not send",
        failed,
        _purging_tool,
    ),
    _by_loop(
        LooksOnlyAtTheVictim,
        "It looks at the run that it is about to purge, and at nothing else of the key.",
        "strands a shared call",
        failed,
        _caller,
    ),
    _by_loop(
        LeavesAParkedRunInSilence,
        "It pauses a run to kill it, must not kill it then, and does not resume it.",
        "leaves a run paused and does not say so",
        backing_off,
        _stuck_and_called,
    ),
    _by_class(
        KillsWhatThePolicyDoesNotList,
        "It takes a run in a loop of failing attempts for stuck, though nobody said so.",
        "kills what the policy does not list",
        backing_off,
        _not_listed,
    ),
    _by_class(
        PurgesASuccess,
        "It purges whatever has ended.",
        "purges a success",
        backing_off,
        _stuck,
    ),
    _by_class(
        TakesTheRunForGranted,
        "It names the first run of the key, and there may be none any more.",
        "ends with LookupError",
        failed,
        _purging_tool,
    ),
    Mutant(
        "recover",
        "AppliesAnOldPlan",
        "It sends the steps of a plan, and does not compare them with what is there now.",
        "sends for a run that was not planned",
        failed,
        _tool_and_client,
        applies_an_old_plan,
        recover,
    ),
)
