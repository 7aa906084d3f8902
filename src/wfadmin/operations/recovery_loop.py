"""
The loop of a recovery: read the whole key, decide, send one step, read until its effect shows.

Nothing is awaited between a reading and the step that it allows, and the reading that confirms a
step is the fence of the next one. A step that was not planned is never sent, but for the park
before a planned kill, and none is sent twice. A run that was parked is killed only while it is
paused. What this operation parked and then must not kill, it resumes, or names.
"""

from collections.abc import Callable

import attrs

from wfadmin.domain.answers import Answer
from wfadmin.domain.capabilities import Capabilities, CommandName, Reach
from wfadmin.domain.commands import Command, ForcePurge, Kill, Pause, Purge, Resume
from wfadmin.domain.errors import (
    EngineRejected,
    EngineUnreachable,
    OutcomeUnknown,
    RetryBlocked,
    Sent,
    WfadminError,
)
from wfadmin.domain.keys import InvocationRef
from wfadmin.domain.model import (
    HandlerKind,
    Invocation,
    InvocationStatus,
    KeyedState,
    ServiceKind,
)
from wfadmin.domain.plan import Action, Step
from wfadmin.domain.policy import RecoveryPolicy
from wfadmin.domain.recovery import (
    Blocked,
    Blocker,
    BlockReason,
    KeyReading,
    Parked,
    evaluate,
)
from wfadmin.domain.remedies import resume
from wfadmin.domain.steps import steps_of
from wfadmin.domain.text import shown
from wfadmin.operations.asking import ask
from wfadmin.operations.inside import refuse_to_ruin
from wfadmin.operations.keys import KeyReader
from wfadmin.operations.writing import Lost, Writing
from wfadmin.ports.control import InvocationControl

__all__ = ["RecoveryLoop", "blocked_error", "is_here", "left_paused", "run_of"]

# While it stands so, a pause that was accepted may still be on its way.
_MOVING = frozenset(
    {InvocationStatus.READY, InvocationStatus.RUNNING, InvocationStatus.BACKING_OFF}
)

_COMMANDS: dict[Action, Callable[[InvocationRef], Command]] = {
    Action.PAUSE: Pause,
    Action.KILL: Kill,
    Action.PURGE: Purge,
    Action.FORCE_PURGE: ForcePurge,
}
_PURGES = frozenset({Action.PURGE, Action.FORCE_PURGE})


def run_of(step: Step, reading: KeyReading) -> Invocation | None:
    """The run that `step` is for, if it is still the same one; not one that took over its id."""
    return next(
        (
            one
            for one in reading.invocations
            if (one.id, one.ref.incarnation) == (step.target, step.incarnation)
        ),
        None,
    )


def is_here(step: Step, reading: KeyReading) -> bool:
    """Whether its run may still be there: an incomplete reading proves nothing gone."""
    if reading.incomplete is not None or run_of(step, reading) is not None:
        return True
    # One that had not begun may have been begun: nothing tells it from another one.
    nameless = step.action is Action.FORCE_PURGE and step.incarnation is None
    return nameless and any(one.id == step.target for one in reading.invocations)


def blocked_error(verdict: Blocked, sent: Sent = Sent.NO) -> RetryBlocked:
    """The refusal that a verdict is, after `sent`."""
    return RetryBlocked(
        verdict.reason.value,
        verdict.invocation_ids,
        tuple((one.reason.value, one.invocation_ids) for one in verdict.blockers),
        sent=sent,
    )


def left_paused(run: Invocation) -> str:
    """What to say of a run that an operation paused for its own purpose and could not resume."""
    line = None if run.key is None else resume(run.key, run.id).command()
    how = "" if line is None else f" To let it go on: {line}"
    return f"{shown(run.id)} was paused by this operation and may be paused still.{how}"


@attrs.define(eq=False)
class RecoveryLoop:
    """
    One recovery, after its intent was stored.

    Attributes:
        planned: What may be sent; nothing else ever is.
        state: What was stored under the key at the last look; None where nothing is by key.
    """

    writing: Writing
    keys: KeyReader
    control: InvocationControl
    capabilities: Capabilities
    policy: RecoveryPolicy
    planned: tuple[Step, ...]
    state: KeyedState | None = None
    killed: list[str] = attrs.field(factory=list)
    purged: list[str] = attrs.field(factory=list)
    _parked: dict[str, Parked] = attrs.field(factory=dict)
    _parked_steps: dict[str, Step] = attrs.field(factory=dict)
    _sent: list[Step] = attrs.field(factory=list)
    _asked: set[str] = attrs.field(factory=set)
    _waited: set[str] = attrs.field(factory=set)
    _looked_again: bool = False

    async def run(self) -> KeyReading:
        """
        Send what was planned, as far as every new look still allows it.

        Returns:
            The last reading: nothing that was planned to go is in it.

        Raises:
            RetryBlocked: A look does not allow the next step. It says what was sent before.
            OutcomeUnknown: A write was sent, and its effect did not show.
            EngineError: A look failed, or the engine said no.
        """
        try:
            reading = await self.keys.read()
            while (step := self._next(reading)) is not None:
                if self._may_have_called(step):
                    reading = await self._ask_whom_it_called(step, reading)
                elif self._leaves_children(step):
                    reading = await self._let_children_end(step, reading)
                elif step.action is Action.FORCE_PURGE and not self._looked_again:
                    reading = await self._look_at_the_engine()
                else:
                    reading = await self._take(step, reading)
            if self.state is None and self.keys.engine.state is not None:
                # No purge looked at it: whoever forgot the run may have left its state.
                reading = await self._look()
        except WfadminError as error:
            await self._let_go(error)
            raise
        return reading

    def newer(self, reading: KeyReading) -> tuple[Invocation, ...]:
        """The main runs of the key that are none of those that this recovery was about."""
        ours = {(one.target, one.incarnation) for one in self.planned}
        return tuple(
            one
            for one in reading.invocations
            if (one.id, one.ref.incarnation) not in ours
            and reading.handler_kind(one) is not HandlerKind.SHARED
        )

    def is_replaced(self, reading: KeyReading) -> bool:
        """Whether something that this recovery was not about holds the key, or its id."""
        return reading.is_taken_over or bool(self.newer(reading))

    def _next(self, reading: KeyReading) -> Step | None:
        """The step to take now; None when all that was planned to go is gone."""
        goes = [one for one in self.planned if one.action in _PURGES | {Action.KILL}]
        if not any(self._is_pending(one, reading) for one in goes):
            return None
        verdict = evaluate(
            self.keys.snapshot(reading, self.policy, tuple(self._parked.values())),
            self.policy,
        )
        if isinstance(verdict, Blocked):
            raise blocked_error(verdict, self.writing.sent)
        steps = steps_of(verdict, reading, self.capabilities, parked=self._parked)
        unplanned = [one for one in steps if not self._is_planned(one)]
        if unplanned:
            raise self._stop(BlockReason.UNKNOWN, unplanned[0])
        if self._was_resumed(steps[0], reading):
            raise self._stop(BlockReason.ACTIVE, steps[0])
        if steps[0] in self._sent:
            is_pause = steps[0].action is Action.PAUSE
            raise self._stop(BlockReason.ACTIVE if is_pause else BlockReason.PURGE_FAILED, steps[0])
        return steps[0]

    def _may_have_called(self, step: Step) -> bool:
        """Whether a purge may take children along that the run called after it was asked."""
        matters = self.keys.purge_reach is not Reach.ALONE and not self.policy.with_children
        was_asked = step.target in self.keys.settled | self._asked
        return matters and step.action in _PURGES and not was_asked

    async def _ask_whom_it_called(self, step: Step, reading: KeyReading) -> KeyReading:
        run = run_of(step, reading)
        assert run is not None  # noqa: S101 - the step was made from this reading
        # Once: one that has not ended might call somebody again and again.
        self._asked.add(step.target)
        await self.keys.ask_children((run,))
        return await self.keys.read()

    async def _look_at_the_engine(self) -> KeyReading:
        """See whether what hinders it still does: a worker that came back must not meet force."""
        self._looked_again = True
        engine, keys = self.keys.engine, self.keys
        facts = await ask(engine, keys.host, engine.facts)
        keys.is_hindered = facts.obstacle is not None
        return await keys.read()

    def _leaves_children(self, step: Step) -> bool:
        """Whether a purge would meet children that our kill of their parent has still to reach."""
        reaches = step.action is Action.PURGE and self.keys.purge_reach is not Reach.ALONE
        was_killed = step.target in self.killed and step.target not in self._waited
        return reaches and was_killed and bool(self._unfinished_children(step))

    def _unfinished_children(self, step: Step) -> tuple[str, ...]:
        children = self.keys.children.get(step.target, ())
        return tuple(one.id for one in children if not one.is_completed)

    async def _let_children_end(self, step: Step, reading: KeyReading) -> KeyReading:
        run = run_of(step, reading)
        assert run is not None  # noqa: S101 - the step was made from this reading
        self._waited.add(step.target)

        async def look() -> KeyReading:
            await self.keys.ask_children((run,))
            return await self.keys.read()

        def done(_: KeyReading) -> bool:
            return not self._unfinished_children(step)

        kill = attrs.evolve(step, action=Action.KILL)
        try:
            return await self.writing.confirm(kill, Answer.ACCEPTED, look, done)
        except OutcomeUnknown as error:
            left = Blocker(BlockReason.HAS_CHILDREN, self._unfinished_children(step))
            raise blocked_error(Blocked((left,)), self.writing.sent) from error

    def _is_planned(self, step: Step) -> bool:
        # A park serves its kill: a loop of failing attempts changes its status all the time.
        kill = attrs.evolve(step, action=Action.KILL)
        return step in self.planned or (step.action is Action.PAUSE and kill in self.planned)

    def _was_resumed(self, step: Step, reading: KeyReading) -> bool:
        """Whether a run that was parked to be killed goes on: somebody else wants it to."""
        run = run_of(step, reading)
        is_kill = step.action is Action.KILL and step.target in self._parked
        return is_kill and run is not None and run.status is not InvocationStatus.PAUSED

    def _is_pending(self, step: Step, reading: KeyReading) -> bool:
        """Whether what `step` is to bring about is not so yet."""
        run = run_of(step, reading)
        if run is None:
            return is_here(step, reading)
        return step.action in _PURGES or not run.is_completed

    async def _take(self, step: Step, reading: KeyReading) -> KeyReading:
        run = run_of(step, reading)
        assert run is not None  # noqa: S101 - the step was made from this reading
        self._sent.append(step)
        if step.action is Action.PAUSE:
            self._park(step, run)
        command = _COMMANDS[step.action](run.ref)
        try:
            answer = await self.writing.send(lambda: self.control.perform(command))
        except EngineUnreachable:
            self._not_parked(step)
            raise
        except EngineRejected as error:
            if not error.may_have_done_it:
                self._not_parked(step)
            raise
        if answer in (Answer.ACCEPTED, Answer.NOT_FOUND) or isinstance(answer, Lost):
            return await self._confirm(step, answer)
        # The run is not what it was, or took another turn: look again, and decide again.
        self._not_parked(step)
        return await self.keys.read()

    def _not_parked(self, step: Step) -> None:
        """The engine did not do it: should the run be paused, then somebody else wanted that."""
        if step.action is Action.PAUSE:
            del self._parked[step.target], self.writing.paused[step.target]

    def _park(self, step: Step, run: Invocation) -> None:
        self._parked_steps[run.id] = step
        self.writing.paused[run.id] = left_paused(run)
        self._parked[run.id] = Parked(
            run.id,
            run.status,
            run.failed_attempts,
            run.modified_at,
            run.progress,
        )

    async def _confirm(self, step: Step, answer: Answer | Lost) -> KeyReading:
        if step.action in _PURGES:
            reading = await self.writing.confirm(step, answer, self._look, self._is_purged(step))
            self._count(self.purged, step, answer)
            return reading
        reading = await self.writing.confirm(step, answer, self.keys.read, self._is_done(step))
        if step.action is Action.KILL:
            self.writing.paused.pop(step.target, None)
            self._count(self.killed, step, answer)
            return reading
        # A paused run calls nobody any more: who was called until now is asked once again, and
        # the key is read after it.
        run = run_of(step, reading)
        await self.keys.ask_children((run,) if run is not None else ())
        return await self.keys.read()

    def _count(self, done: list[str], step: Step, answer: Answer | Lost) -> None:
        # "Not found": somebody else did it.
        if answer is not Answer.NOT_FOUND:
            done.append(step.target)

    async def _look(self) -> KeyReading:
        # State first and runs after: state seen while a newer run exists is that run's.
        self.state = await self.keys.read_state(values=False)
        return await self.keys.read()

    def _is_purged(self, step: Step) -> Callable[[KeyReading], bool]:
        def done(reading: KeyReading) -> bool:
            if is_here(step, reading):
                return False
            kinds = self.capabilities.purge_clears_state
            is_cleared = self.state is None or not self.state.entries
            return is_cleared or ServiceKind.WORKFLOW not in kinds or self.is_replaced(reading)

        return done

    def _is_done(self, step: Step) -> Callable[[KeyReading], bool]:
        def done(reading: KeyReading) -> bool:
            run = run_of(step, reading)
            if run is None:
                return reading.incomplete is None
            if step.action is Action.KILL:
                return run.is_completed
            return run.status not in _MOVING | self.capabilities.pausable

        return done

    def _stop(self, reason: BlockReason, step: Step) -> RetryBlocked:
        return blocked_error(Blocked((Blocker(reason, (step.target,)),)), self.writing.sent)

    async def _let_go(self, error: WfadminError) -> None:
        """Resume what this operation paused and did not kill; what stays paused is named."""
        if isinstance(error, OutcomeUnknown):
            return  # a kill that may land later must not meet a run that was set going again
        for one in tuple(self.writing.paused):
            try:
                await self._resume(self._parked_steps[one])
            except WfadminError as problem:
                self.writing.paused[one] += f" ({problem.message})"
            else:
                del self.writing.paused[one]

    async def _resume(self, paused: Step) -> None:
        reading = await self.keys.read_whole()
        run = _paused_run(paused, reading)
        if run is not None and CommandName.RESUME not in self.capabilities.repeatable:
            await refuse_to_ruin(self.keys.engine, self.keys.host, run, (CommandName.RESUME,))
            run = _paused_run(paused, await self.keys.read_whole())
        if run is None:
            return
        step = attrs.evolve(paused, action=Action.RESUME)
        command = Resume(run.ref)
        answer = await self.writing.send(lambda: self.control.perform(command))
        await self.writing.confirm(step, answer, self.keys.read, _is_resumed(step))


def _paused_run(step: Step, reading: KeyReading) -> Invocation | None:
    """The run of `step`, where it is still paused."""
    run = run_of(step, reading)
    return run if run is not None and run.status is InvocationStatus.PAUSED else None


def _is_resumed(step: Step) -> Callable[[KeyReading], bool]:
    def done(reading: KeyReading) -> bool:
        run = run_of(step, reading)
        if run is None:
            return reading.incomplete is None
        return run.status is not InvocationStatus.PAUSED

    return done
