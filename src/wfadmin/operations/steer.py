"""The mild verbs: pause, resume and cancel one run, each only where its status calls for it."""

from collections.abc import Callable, Iterator
from typing import assert_never

import attrs

from wfadmin.domain.answers import Answer
from wfadmin.domain.capabilities import Capabilities, CommandName
from wfadmin.domain.commands import Cancel, Command, Pause, Resume
from wfadmin.domain.errors import (
    CommandNotAllowed,
    DeploymentNotFound,
    EndNotKnown,
    EngineRejected,
    EngineUnreachable,
    InvocationNotFound,
    Protected,
    Sent,
    UsageError,
)
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import (
    Deployment,
    HandlerKind,
    Invocation,
    InvocationOutcome,
    InvocationStatus,
)
from wfadmin.domain.plan import Action, Item, Step, Verb
from wfadmin.domain.recovery import KeyReading
from wfadmin.domain.results import CommandResult, Effect
from wfadmin.domain.steering import NoChange, NotNow, Send, steering
from wfadmin.domain.text import shown
from wfadmin.operations.able import facts_to_write, lacks, lacks_command
from wfadmin.operations.asking import ask
from wfadmin.operations.host import Host
from wfadmin.operations.inside import refuse_to_ruin
from wfadmin.operations.keys import KeyReader, key_name
from wfadmin.operations.recovery_loop import left_paused, run_of
from wfadmin.operations.repair import Planned, Repair
from wfadmin.operations.writing import Lost, Writing
from wfadmin.ports.control import InvocationControl
from wfadmin.ports.engine import Engine

__all__ = ["Steer"]

_NAMES = {
    Action.PAUSE: CommandName.PAUSE,
    Action.RESUME: CommandName.RESUME,
    Action.CANCEL: CommandName.CANCEL,
}
#: Keeps the run on the deployment that it is pinned to.
_KEEP = "keep"
_LATEST = "latest"


@attrs.define(eq=False)
class Steer(Repair[CommandResult]):
    """
    Pause, resume or cancel one run of a key. Used once.

    Attributes:
        invocation_id: Which run; None where the key has only one that is unfinished.
        deployment: For a resume: `keep`, `latest`, or the id of a deployment.
    """

    engine: Engine
    host: Host
    verb_of: Verb
    key: WorkflowKey
    invocation_id: str | None = None
    deployment: str = _KEEP
    _run: Invocation | None = attrs.field(init=False, default=None)
    _target: str | None = attrs.field(init=False, default=None)
    _keys: KeyReader = attrs.field(init=False)
    _capabilities: Capabilities = attrs.field(init=False, factory=Capabilities)

    def __attrs_post_init__(self) -> None:
        self._keys = KeyReader(self.engine, self.host, self.key)

    @property
    def verb(self) -> Verb:
        """See `Repair.verb`."""
        return self.verb_of

    @property
    def arguments(self) -> tuple[tuple[str, str], ...]:
        """See `Repair.arguments`."""
        chosen = () if self.invocation_id is None else (("id", self.invocation_id),)
        resume = self.verb_of is Verb.RESUME
        return (
            ("service_name", self.key.service_name),
            ("service_key", self.key.service_key),
            *chosen,
            *((("deployment", self.deployment),) if resume else ()),
        )

    @property
    def scope(self) -> str:
        """See `Repair.scope`."""
        return f"{self.engine.address} key {key_name(self.key)}"

    async def plan(self) -> Planned:
        """See `Repair.plan`."""
        if self.key.service_name in self.host.protection.services:
            raise Protected(self.key.service_name)
        facts = await facts_to_write(self.engine, self.host)
        self._capabilities = facts.capabilities
        await self._keys.ask_service()
        run = self._run = self._chosen(await self._keys.read_whole())
        self._target = await self._deployment_id()
        match self._decision(run):
            case NoChange():
                return Planned(())
            case NotNow():
                raise CommandNotAllowed(self.verb_of.value, run.id, run.status.value)
            case Send(actions):
                self._check(actions)
                await self._refuse_to_repeat(actions)
                await self._refuse_to_ruin(run, actions)
                steps = tuple(self._step(one, run) for one in actions)
                return Planned((Item(run.id, steps),), tuple(self._dangers(actions)))
            case other:
                assert_never(other)

    def _decision(self, run: Invocation) -> Send | NoChange | NotNow:
        moves = self.verb_of is Verb.RESUME and not self._is_there(run)
        return steering(self.verb_of, run, self._capabilities, moves=moves)

    def _check(self, actions: tuple[Action, ...]) -> None:
        for name in map(_NAMES.__getitem__, actions):
            if self.engine.control is None or name not in self._capabilities.commands:
                raise lacks_command(self.engine, name)

    async def _refuse_to_repeat(self, actions: tuple[Action, ...]) -> None:
        """Send nothing after a write that may still land, where both together do harm."""
        names = {_NAMES[action] for action in actions}
        if names <= self._capabilities.repeatable:
            return
        audit, address = self.host.audit, self.engine.address
        intents = await ask(self.engine, self.host, lambda: audit.open_intents(address))
        target = f"{self.key.service_name}/{self.key.service_key}"
        for intent in intents:
            if intent.target == target:
                raise EndNotKnown(intent.id, intent.verb, target)

    async def _refuse_to_ruin(self, run: Invocation, actions: tuple[Action, ...]) -> None:
        names = {_NAMES[action] for action in actions} - self._capabilities.repeatable
        if names:
            await refuse_to_ruin(self.engine, self.host, run, names)

    def _step(self, action: Action, run: Invocation) -> Step:
        moves = action is Action.RESUME and not self._is_there(run)
        # The deployment itself: what is the latest one may change before a plan is applied.
        return Step(action, run.id, run.ref.incarnation, self._target or "" if moves else "")

    def _is_there(self, run: Invocation) -> bool:
        """Whether a resume needs not move the run: it is there, or goes there by itself."""
        if run.deployment_id is None and self.deployment == _LATEST:
            return True
        return self._target is None or run.deployment_id == self._target

    async def _deployment_id(self) -> str | None:
        """Where a resume is to move the run; None: it stays."""
        if self.deployment == _KEEP:
            return None
        registry = self.engine.deployments
        if registry is None:
            raise lacks(self.engine, "deployments")
        if self.deployment != _LATEST:
            known = await ask(self.engine, self.host, registry.list)
            self._check_place(next((one for one in known if one.id == self.deployment), None))
            return self.deployment
        service = self._keys.service
        if service is None or service.deployment_id is None:
            raise UsageError("deployment", "no deployment serves this service now")
        return service.deployment_id

    def _check_place(self, named: Deployment | None) -> None:
        if named is None:
            raise DeploymentNotFound(self.deployment)
        # An engine moves a run to any deployment; one that does not serve it answers 404 for
        # ever (seen live).
        if all(one.name != self.key.service_name for one in named.services):
            raise UsageError("deployment", "it does not serve this service")

    def _chosen(self, reading: KeyReading) -> Invocation:
        runs = [one for one in reading.invocations if not one.is_completed]
        if self.invocation_id is not None:
            named = [one for one in reading.invocations if one.id == self.invocation_id]
            if not named:
                raise InvocationNotFound(self.invocation_id)
            return named[0]
        if len(runs) > 1:
            ids = ", ".join(shown(one.id) for one in runs)
            raise UsageError("id", f"the key has several unfinished runs ({ids})")
        if runs:
            return runs[0]
        if not reading.invocations:
            raise InvocationNotFound(key_name(self.key))
        mains = [
            one for one in reading.invocations if reading.handler_kind(one) is HandlerKind.MAIN
        ]
        return (*mains, *reading.invocations)[0]

    async def save_evidence(self, writing: Writing) -> None:
        """Nothing is destroyed: there is nothing to save."""

    async def execute(self, writing: Writing, items: tuple[Item, ...]) -> CommandResult:
        """See `Repair.execute`."""
        run, control = self._run, self.engine.control
        assert run is not None  # noqa: S101 - planned before
        if not items:
            return CommandResult(run.id, run.status.value, effect=Effect.NO_CHANGE)
        assert control is not None  # noqa: S101 - planned before
        self._keys.is_planned = True
        writing.floor = self._capabilities.write_floor
        # Its history once more, before the reading that the first write goes by.
        await self._refuse_to_ruin(run, tuple(step.action for step in items[0].steps))
        reading = await self._keys.read_whole()
        now = run_of(items[0].steps[0], reading)
        if now is not None and isinstance(self._decision(now), NoChange):
            return CommandResult(now.id, now.status.value, effect=Effect.NO_CHANGE)
        for step in items[0].steps:
            reading = await self._take(writing, control, step, reading)
        last = run_of(items[0].steps[-1], reading)
        status = "gone" if last is None else last.status.value
        effect = Effect.CONFIRMED
        if self._missed(last):
            effect = Effect.ACCEPTED
            writing.warnings.append(f"{shown(run.id)} ended before it took effect.")
        elif self._ruined(last):
            effect = Effect.ACCEPTED
            writing.warnings.append(f"{shown(run.id)} ended badly right after it: look why.")
        return CommandResult(run.id, status, effect=effect)

    def _missed(self, last: Invocation | None) -> bool:
        """Whether the run took another turn than it was told to."""
        if self.verb_of is Verb.PAUSE:
            return last is None or last.is_completed
        succeeded = last is not None and last.outcome is InvocationOutcome.SUCCEEDED
        return self.verb_of is Verb.CANCEL and succeeded

    def _dangers(self, actions: tuple[Action, ...]) -> Iterator[str]:
        """What may go wrong in the one request that no look covers."""
        for name in (_NAMES[action] for action in actions):
            if name not in self._capabilities.repeatable:
                yield (
                    f"A needless {name.value} can ruin a run on this engine: see that nobody else"
                    " steers this run now."
                )

    def _ruined(self, last: Invocation | None) -> bool:
        """Whether the run went down with a resume, where a needless one does that."""
        is_harmless = CommandName.RESUME in self._capabilities.repeatable
        if self.verb_of is not Verb.RESUME or is_harmless or last is None:
            return False
        return last.is_completed and last.outcome is not InvocationOutcome.SUCCEEDED

    async def _take(
        self,
        writing: Writing,
        control: InvocationControl,
        step: Step,
        reading: KeyReading,
    ) -> KeyReading:
        now = run_of(step, reading)
        if now is None or not self._calls_for(step, now):
            writing.paused.clear()  # whoever moved it on, it is not paused by us any more
            status = "gone" if now is None else now.status.value
            raise CommandNotAllowed(step.action.value, step.target, status, sent=writing.sent)
        parks = step.action is Action.PAUSE and self.verb_of is not Verb.PAUSE
        if parks:
            writing.paused[now.id] = left_paused(now)
        command = self._command(step, now)
        try:
            answer = await writing.send(lambda: control.perform(command))
            self._check_answer(answer, step, now)
        except (EngineRejected, EngineUnreachable, CommandNotAllowed, InvocationNotFound) as error:
            may_be_paused = isinstance(error, EngineRejected) and error.may_have_done_it
            if parks and not may_be_paused:
                writing.paused.clear()
            raise
        reading = await writing.confirm(step, answer, self._keys.read, self._is_done(step))
        if not parks:
            writing.paused.clear()
        return reading

    def _check_answer(self, answer: Answer | Lost, step: Step, now: Invocation) -> None:
        if answer is Answer.NOT_FOUND:
            raise InvocationNotFound(step.target, sent=Sent.YES)
        if answer in (Answer.WRONG_STATUS, Answer.CHANGED):
            status = now.status.value
            raise CommandNotAllowed(step.action.value, step.target, status, sent=Sent.YES)

    def _calls_for(self, step: Step, now: Invocation) -> bool:
        """Whether the run still stands so that this step is the one to send."""
        decision = self._decision(now)
        return isinstance(decision, Send) and decision.actions[0] is step.action

    def _command(self, step: Step, now: Invocation) -> Command:
        if step.action is Action.PAUSE:
            return Pause(now.ref)
        if step.action is Action.CANCEL:
            return Cancel(now.ref)
        return Resume(now.ref, step.detail or None)

    def _is_done(self, step: Step) -> Callable[[KeyReading], bool]:
        def done(reading: KeyReading) -> bool:
            run = run_of(step, reading)
            if run is None:
                return reading.incomplete is None
            match step.action:
                case Action.PAUSE:
                    return run.status is InvocationStatus.PAUSED or run.is_completed
                case Action.CANCEL:
                    return run.is_completed
                case _:
                    goes_on = run.status is not InvocationStatus.PAUSED
                    return run.is_completed or (goes_on and self._is_there(run))

        return done
