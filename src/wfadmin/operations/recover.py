"""
Recover: make a failed key submittable again. It never submits.

A purge is the only thing that clears the state of a key that had a run: a state clear is applied
at once, to a live run too, and its version is a hash of content (seen on live engines). Only the
leftover state of a key without any run is cleared by itself.
"""

from collections.abc import Iterator

import attrs

from wfadmin.domain.answers import Answer
from wfadmin.domain.capabilities import CommandName, EngineFacts, Fence, Reach
from wfadmin.domain.errors import (
    NotSupported,
    OutcomeUnknown,
    Protected,
    RetryBlocked,
    Sent,
    ServiceNotFound,
    StalePlan,
)
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import (
    HandlerKind,
    Invocation,
    InvocationOutcome,
    InvocationStatus,
    KeyedState,
)
from wfadmin.domain.plan import Action, Item, Step, Verb
from wfadmin.domain.policy import RecoveryPolicy, written
from wfadmin.domain.recovery import Blocked, Blocker, BlockReason, KeyReading, evaluate
from wfadmin.domain.results import Effect, RecoverResult, StateAfter
from wfadmin.domain.steps import steps_of
from wfadmin.domain.text import shown
from wfadmin.operations.able import facts_to_write, lacks_command
from wfadmin.operations.host import Host
from wfadmin.operations.inside import work_under_way
from wfadmin.operations.keys import KeyReader, key_name
from wfadmin.operations.recovery_loop import RecoveryLoop, blocked_error
from wfadmin.operations.repair import Planned, Repair
from wfadmin.operations.writing import Writing
from wfadmin.ports.engine import Engine

__all__ = ["Recover"]

_WINDOWS = {
    Fence.ATOMIC: "A shared call that starts in the moment of a purge may be stranded.",
    Fence.CHECKED: (
        "Ids recur: if another tool purges the key and a client submits it again in the moment "
        "between our last look and our write, the new run is hit. A shared call that starts in "
        "that moment may be stranded. A write whose answer is lost may land later."
    ),
    Fence.NONE: (
        "This engine offers nothing to tell two runs of one id apart: make sure that nobody "
        "submits the key while this runs."
    ),
}


_CLEAR = (
    "No run is left: only what is stored goes. If a client submits the key in the moment between "
    "our last look and the clear, the new run may lose what it has stored."
)


_FORCED = (
    "A forced purge goes past the order of the engine: it stops nothing that executes right now,"
    " and until a worker has connected anew the id may not be usable."
)
_NO_FENCE = "Nothing tells the run that has not begun from another one of its id."

# How many children a plan names at most; all are counted.
_NAMED = 100


def _holders(reading: KeyReading) -> tuple[Invocation, ...]:
    """The invocations of a key, less the finished conversations with a run that is gone."""
    return tuple(
        one
        for one in reading.invocations
        if not (one.is_completed and reading.handler_kind(one) is HandlerKind.SHARED)
    )


def _holder(reading: KeyReading) -> str | None:
    """Who holds the key, in words; None where nobody does."""
    if reading.is_taken_over:
        return "a run of another service"
    holders = _holders(reading)
    return f"the run {shown(holders[0].id)}" if holders else None


def _forcing(steps: tuple[Step, ...]) -> Iterator[str]:
    forced = [one for one in steps if one.action is Action.FORCE_PURGE]
    if forced:
        yield _FORCED
    if any(one.incarnation is None for one in forced):
        yield _NO_FENCE


def _check_children(keys: KeyReader, steps: tuple[Step, ...]) -> None:
    """
    See that no purge meets children that go on: it would fail, and others may be gone by then.

    Those of a run that is killed here end with it.
    """
    killed = {one.target for one in steps if one.action is Action.KILL}
    purged = [one.target for one in steps if one.action is Action.PURGE]
    going_on = tuple(
        child.id
        for run_id in purged
        if run_id not in killed and keys.purge_reach is not Reach.ALONE
        for child in keys.children.get(run_id, ())
        if not child.is_completed and child.status is not InvocationStatus.UNKNOWN
    )
    if going_on:
        left = Blocker(BlockReason.HAS_CHILDREN, going_on)
        raise blocked_error(Blocked((left,)))


def _is_ended_by_force(one: Invocation) -> bool:
    """Whether it is ended from outside, or was: its work may go on without it."""
    return not one.is_completed or one.outcome is InvocationOutcome.KILLED


@attrs.define(eq=False)
class Recover(Repair[RecoverResult]):
    """Recover one key, under one policy. Used once."""

    engine: Engine
    host: Host
    key: WorkflowKey
    policy: RecoveryPolicy
    _facts: EngineFacts | None = None
    _keys: KeyReader | None = None
    _reading: KeyReading | None = None
    _state: KeyedState | None = None
    _evidence: str | None = None

    @property
    def verb(self) -> Verb:
        """See `Repair.verb`."""
        return Verb.RECOVER

    @property
    def arguments(self) -> tuple[tuple[str, str], ...]:
        """See `Repair.arguments`."""
        return (
            ("service_name", self.key.service_name),
            ("service_key", self.key.service_key),
            *(("stuck", written(rule)) for rule in self.policy.stuck),
            ("with_children", "yes" if self.policy.with_children else "no"),
            ("force_purge", "yes" if self.policy.force_purge else "no"),
        )

    @property
    def scope(self) -> str:
        """See `Repair.scope`."""
        return f"{self.engine.address} key {key_name(self.key)}"

    async def plan(self) -> Planned:
        """See `Repair.plan`."""
        if self.key.service_name in self.host.protection.services:
            raise Protected(self.key.service_name)
        force = CommandName.FORCE_PURGE if self.policy.force_purge else None
        self._facts = await facts_to_write(self.engine, self.host, allowed=force)
        can = self._facts.capabilities
        self._keys = keys = self._reader(self._facts)
        await keys.ask_service()
        await keys.ask_guard()
        reading = await keys.read()
        if parents := keys.parents(reading, self.policy):
            await keys.ask_children(parents)
            reading = await keys.read()
        self._reading = reading
        # With its values: they are the evidence, and their fingerprint fences a clear.
        self._state = await keys.read_state(values=True)
        verdict = evaluate(keys.snapshot(reading, self.policy), self.policy)
        if isinstance(verdict, Blocked):
            raise blocked_error(verdict)
        if not _holders(reading):
            return self._plan_without_runs(keys)
        steps = steps_of(verdict, reading, can)
        self._check_commands(steps)
        _check_children(keys, steps)
        late = await self._late(keys, reading, steps) if can.late_results else ()
        reaches = {can.kill_reach, can.purge_reach} != {Reach.ALONE}
        along = self._going_along(keys, reading) if reaches else ()
        warnings = (_WINDOWS[can.fence], *_forcing(steps), *late, *along)
        return Planned((Item(key_name(self.key), steps),), warnings)

    def _reader(self, facts: EngineFacts) -> KeyReader:
        return KeyReader(
            self.engine,
            self.host,
            self.key,
            purge_reach=facts.capabilities.purge_reach,
            unkillable=facts.capabilities.unkillable,
            is_hindered=facts.obstacle is not None,
        )

    async def _late(
        self,
        keys: KeyReader,
        reading: KeyReading,
        steps: tuple[Step, ...],
    ) -> tuple[str, ...]:
        """What to know of work that goes on without the runs that go, and their children."""
        goes = {step.target for step in steps}
        children = keys.snapshot(reading, self.policy).children or ()
        runs = (*(one for one in reading.invocations if one.id in goes), *children)
        # A child that has not ended is ended with its parent.
        by_force = [one for one in runs if _is_ended_by_force(one)]
        others = tuple(one for one in runs if one not in by_force)
        return await work_under_way(self.engine, self.host, tuple(by_force), others=others)

    def _going_along(self, keys: KeyReader, reading: KeyReading) -> Iterator[str]:
        """The children that the policy includes, each with its status."""
        if not self.policy.with_children or not keys.parents(reading, self.policy):
            return
        children = keys.snapshot(reading, self.policy).children
        if children is None:
            yield "Whatever the run called goes along: which children, this engine does not say."
            return
        for one in children[:_NAMED]:
            ended = None if one.outcome is None else one.outcome.value
            status = ended or one.status.value
            yield f"A child goes along: {shown(one.id)} of {shown(one.service_name)} ({status})."
        if len(children) > _NAMED:
            yield f"More children go along: {len(children) - _NAMED}."

    def _check_commands(self, steps: tuple[Step, ...]) -> None:
        known = self._facts.capabilities.commands if self._facts is not None else frozenset()
        for step in steps:
            name = CommandName(step.action.value)
            if self.engine.control is None or name not in known:
                raise lacks_command(self.engine, name)

    def _plan_without_runs(self, keys: KeyReader) -> Planned:
        state, facts = self._state, self._facts
        has_state = state is not None and bool(state.entries)
        if keys.service is None and has_state:
            # Nobody can say what kind of service left it, and whose data it is.
            raise RetryBlocked(BlockReason.UNKNOWN.value)
        if keys.service is None:
            if facts is not None and facts.capabilities.services_cover_names:
                raise ServiceNotFound(self.key.service_name)
            return Planned((), ("Whether the service exists cannot be told on this engine.",))
        if state is None or not has_state:
            return Planned(())
        if state.version is None:
            # Nothing could keep the clear from what a new run has stored since.
            raise NotSupported(self.engine.name, "clear of what is stored without a run")
        step = Step(Action.CLEAR_STATE, key_name(self.key), None, state.version)
        return Planned((Item(key_name(self.key), (step,)),), (_CLEAR,))

    async def save_evidence(self, writing: Writing) -> None:
        """See `Repair.save_evidence`."""
        reading, state = self._reading, self._state
        assert reading is not None  # noqa: S101 - planned before
        operation_id = writing.operation_id
        self._evidence = await self.host.evidence.save(reading, state, operation_id=operation_id)

    async def execute(self, writing: Writing, items: tuple[Item, ...]) -> RecoverResult:
        """See `Repair.execute`."""
        steps = tuple(step for item in items for step in item.steps)
        if not steps:
            return self._nothing()
        # Planned before, or there would be no steps.
        assert self._keys is not None and self._facts is not None  # noqa: S101, PT018
        self._keys.is_planned = True
        writing.floor = self._facts.capabilities.write_floor
        if steps[0].action is Action.CLEAR_STATE:
            return await self._clear(writing, steps[0])
        return await self._kill_and_purge(writing, steps)

    def _nothing(self) -> RecoverResult:
        state = None if self._state is None else StateAfter.WAS_EMPTY
        return RecoverResult(self.key, 0, (), (), state, effect=Effect.NO_CHANGE)

    async def _kill_and_purge(self, writing: Writing, steps: tuple[Step, ...]) -> RecoverResult:
        keys, facts, control = self._keys, self._facts, self.engine.control
        # Planned before, or there would be no steps.
        assert keys is not None and facts is not None and control is not None  # noqa: S101, PT018
        loop = RecoveryLoop(writing, keys, control, facts.capabilities, self.policy, steps)
        last = await loop.run()
        state = self._state_after(loop, last)
        if last.is_taken_over:
            writing.warnings.append("A run of another service bears the id of the run by now.")
        writing.warnings.extend(_warnings_after(loop.newer(last), _stranded(last, steps), state))
        return RecoverResult(
            self.key,
            len({step.target for step in steps}),
            tuple(loop.killed),
            tuple(loop.purged),
            state,
            effect=Effect.NO_CHANGE if writing.sent is Sent.NO else Effect.CONFIRMED,
            evidence=self._evidence,
        )

    def _state_after(self, loop: RecoveryLoop, last: KeyReading) -> StateAfter | None:
        if loop.state is None:
            return None
        if loop.state.entries:
            return StateAfter.IN_USE if loop.is_replaced(last) else StateAfter.NOT_EMPTY
        had = self._state is not None and bool(self._state.entries)
        return StateAfter.CLEARED if had else StateAfter.WAS_EMPTY

    async def _clear(self, writing: Writing, step: Step) -> RecoverResult:
        """
        Clear what no run left behind: rows, state, rows again, clear, rows again.

        The state was read with its version between the first and the second reading of rows.
        """
        keys, store = self._keys, self.engine.state
        assert keys is not None and store is not None  # noqa: S101, PT018 - it was read before
        again = await keys.read()
        if again.incomplete is not None or _holder(again) is not None:
            raise StalePlan("a run of the key appeared, or nobody can say that none did")
        version = step.detail
        answer = await writing.send(lambda: store.clear(self.key, expected_version=version))
        if answer in (Answer.CHANGED, Answer.WRONG_STATUS):
            raise StalePlan("what is stored under the key is not what it was", sent=Sent.YES)

        async def look() -> tuple[KeyedState | None, KeyReading]:
            return await keys.read_state(values=False), await keys.read_whole()

        def done(seen: tuple[KeyedState | None, KeyReading]) -> bool:
            state, reading = seen
            return _holder(reading) is not None or state is None or not state.entries

        _, reading = await writing.confirm(step, answer, look, done)
        if appeared := _holder(reading):
            # Its state may be what the clear took: nobody can tell.
            problem = f"{appeared} appeared at the same time"
            raise OutcomeUnknown("clear of the state", step.target, problem)
        return RecoverResult(
            self.key,
            0,
            (),
            (),
            StateAfter.CLEARED,
            effect=Effect.CONFIRMED,
            evidence=self._evidence,
        )


def _stranded(last: KeyReading, steps: tuple[Step, ...]) -> tuple[str, ...]:
    """Unfinished shared calls of the key that nobody planned to end."""
    planned = {step.target for step in steps}
    return tuple(one.id for one in _holders(last) if _is_stray(one, last, planned))


def _is_stray(one: Invocation, last: KeyReading, planned: set[str]) -> bool:
    return last.handler_kind(one) is HandlerKind.SHARED and one.id not in planned


def _warnings_after(
    newer: tuple[Invocation, ...],
    stranded: tuple[str, ...],
    state: StateAfter | None,
) -> Iterator[str]:
    if newer:
        ids = ", ".join(shown(one.id) for one in newer)
        yield f"A newer run holds the key already: {ids}."
    elif stranded:
        ids = ", ".join(map(shown, stranded))
        yield f"Shared calls began meanwhile, and may wait for ever: {ids}."
    if state is StateAfter.NOT_EMPTY:
        yield "What is stored under the key is left over: recover it once more to clear it."
