"""Mistakes in a resume and in a pause."""

from typing_extensions import override

from tests.explore_operations.mutant import Mutant, repairing
from tests.explore_operations.worlds import (
    KEY,
    Act,
    dapr_paused,
    dapr_running,
    failing_on_the_old_place,
    pause,
    remove_the_new_place,
    resume,
    resume_by_another_tool,
    resume_on_the_latest,
)
from wfadmin.adapters.memory import Point
from wfadmin.domain.commands import Resume
from wfadmin.domain.model import InvocationStatus
from wfadmin.domain.plan import Item, Step, Verb
from wfadmin.domain.recovery import KeyReading
from wfadmin.domain.results import CommandResult, Effect
from wfadmin.operations.local import LocalOperator
from wfadmin.operations.steer import Steer
from wfadmin.operations.writing import Writing
from wfadmin.ports.control import InvocationControl
from wfadmin.testing import PortCall, Proceed, wrapped
from wfadmin.testing.explore import Scenario


class ResumesWithoutLooking(Steer):
    @override
    async def execute(self, writing: Writing, items: tuple[Item, ...]) -> CommandResult:
        run, control = self._run, self.engine.control
        assert run is not None
        assert control is not None
        await writing.send(lambda: control.perform(Resume(run.ref)))
        await self._keys.read_whole()
        status = InvocationStatus.RUNNING.value
        return CommandResult(run.id, status, effect=Effect.CONFIRMED)


class SaysTheStatusOfThePlan(Steer):
    @override
    async def execute(self, writing: Writing, items: tuple[Item, ...]) -> CommandResult:
        done = await super().execute(writing, items)
        assert self._run is not None
        return CommandResult(done.invocation_id, self._run.status.value, effect=done.effect)


class LeavesAMovedRunPausedInSilence(Steer):
    @override
    async def _take(
        self,
        writing: Writing,
        control: InvocationControl,
        step: Step,
        reading: KeyReading,
    ) -> KeyReading:
        seen = await super()._take(writing, control, step, reading)
        writing.paused.clear()
        return seen


async def _twice(call: PortCall, proceed: Proceed) -> object:
    if call.point is Point.PAUSE:
        await proceed()
    return await proceed()


async def pauses_twice(operator: LocalOperator) -> object:
    return await LocalOperator(wrapped(operator.engine, _twice), operator.host).pause(KEY)


def _resumed_meanwhile(scenario: Scenario, operate: Act) -> None:
    scenario.operator(operate)
    resume_by_another_tool(scenario)


def _engine(scenario: Scenario, operate: Act) -> None:
    scenario.operator(operate)
    scenario.engine()


def _removed_meanwhile(scenario: Scenario, operate: Act) -> None:
    scenario.operator(operate)
    scenario.happens("removes the new deployment", remove_the_new_place)


def _steering(kind: type[Steer], verb: Verb, deployment: str = "keep") -> Act:
    return repairing(lambda own: kind(own.engine, own.host, verb, KEY, None, deployment))


STEER_MUTANTS = (
    Mutant(
        "resume",
        ResumesWithoutLooking.__name__,
        "It resumes what was paused when it was planned. On Dapr a run that somebody else has"
        " resumed meanwhile fails by that.",
        "fails a run by a resume",
        dapr_paused,
        _resumed_meanwhile,
        _steering(ResumesWithoutLooking, Verb.RESUME),
        resume,
    ),
    Mutant(
        "pause",
        "PausesTwice",
        "It pauses a second time, to be sure. On Dapr no resume ends the two.",
        "pauses a paused run",
        dapr_running,
        _engine,
        pauses_twice,
        pause,
    ),
    Mutant(
        "resume",
        SaysTheStatusOfThePlan.__name__,
        "It says the status that the run had before.",
        "says paused of a run that it last saw otherwise",
        dapr_paused,
        _engine,
        _steering(SaysTheStatusOfThePlan, Verb.RESUME),
        resume,
    ),
    Mutant(
        "resume",
        LeavesAMovedRunPausedInSilence.__name__,
        "It pauses a run to move it, cannot move it then, and does not say so.",
        "leaves a run paused and does not say so",
        failing_on_the_old_place,
        _removed_meanwhile,
        _steering(LeavesAMovedRunPausedInSilence, Verb.RESUME, "latest"),
        resume_on_the_latest,
    ),
)
