"""
The whole of the engine's world, with what others do to it: clients, the engine itself, tools.

None of these pass a point: they are for tests, and for schedulers that let everybody act in
every order. An engine's step answers whether there was anything to do.
"""

from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum

import attrs

from wfadmin.adapters.memory.effects import perform
from wfadmin.adapters.memory.table import Call, Table
from wfadmin.domain.answers import Answer
from wfadmin.domain.commands import Command, Kill, Purge
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import Invocation, InvocationOutcome, InvocationStatus

__all__ = ["Store", "Submission", "Submitted"]


class Submitted(StrEnum):
    """What a client hears when it submits."""

    ACCEPTED = "accepted"
    #: The key is held by the run that it had: unfinished, or retained after its end.
    PREVIOUSLY_ACCEPTED = "previously_accepted"
    #: Nothing that runs it is registered or connected, or it has no such handler.
    NOT_FOUND = "not_found"


@attrs.frozen
class Submission:
    """The answer to a client; the id is None where nothing was found."""

    answer: Submitted
    invocation_id: str | None = None


@attrs.define(eq=False)
class Store(Table):
    """The engine's world, and everything that happens to it beside wfadmin."""

    # --- a client ------------------------------------------------------------------------------

    def submit(
        self,
        key: WorkflowKey,
        *,
        handler: str | None = None,
        due: timedelta | None = None,
    ) -> Submission:
        """
        Submit a call, as a client does.

        Args:
            key: Of a workflow or a virtual object.
            handler: None for the main one.
            due: Start it only after so long.
        """
        shape = self.registry.shape(key.service_name)
        name = handler or shape.main
        call = Call(key.service_name, key, name)
        invocation_id = self.id_for(call)
        routed = self.registry.route(key.service_name) is not None and self.turns.workers > 0
        is_known = any(one.name == name for one in shape.handlers)
        if not routed or not is_known or self.turns.is_haunted(invocation_id):
            return Submission(Submitted.NOT_FOUND)
        before = self.find(invocation_id)
        if before is not None and before.is_completed and self.profile.replaces_ended:
            self.forget(before)
        elif before is not None:
            return Submission(Submitted.PREVIOUSLY_ACCEPTED, invocation_id)
        run = self.create(call, InvocationStatus.PENDING, age=timedelta(0))
        if due is not None:
            self.change(run, InvocationStatus.SCHEDULED, due_at=self.clock.now() + due)
        else:
            self.admit(run)
        return Submission(Submitted.ACCEPTED, invocation_id)

    # --- the engine and the code that it runs --------------------------------------------------

    def progress(self, invocation_id: str) -> bool:
        """
        Let a run get one step further, whatever that is in its status.

        A scheduled one that is due is let in, a ready one starts, a running one writes a step
        into its journal, for a suspended one comes what it waits for, one that backs off tries
        again. Nothing helps one that waits for its key, is paused, or is completed; and nothing
        without a worker, or where the code blocks.
        """
        run = self.find(invocation_id)
        step = None if run is None else _STEPS.get(run.status)
        come = self.turns.come(invocation_id)
        return come and run is not None and step is not None and step(self, run)

    def suspend(self, invocation_id: str) -> bool:
        """Let a running run wait for something outside of it."""
        run = self._in(invocation_id, InvocationStatus.RUNNING)
        if run is None or InvocationStatus.SUSPENDED not in self.profile.words:
            return False
        self.move_on(run, InvocationStatus.SUSPENDED)
        return True

    def back_off(self, invocation_id: str, failure: str) -> bool:
        """Let the attempt of a run fail: it tries again later."""
        run = self._in(invocation_id, InvocationStatus.RUNNING, InvocationStatus.BACKING_OFF)
        if run is None or InvocationStatus.BACKING_OFF not in self.profile.words:
            return False
        self.fail_attempt(run, failure)
        return True

    def give_up(self, invocation_id: str) -> bool:
        """Let a run that backs off pause: it has tried often enough."""
        run = self._in(invocation_id, InvocationStatus.BACKING_OFF)
        if run is not None:
            self.change(run, InvocationStatus.PAUSED)
        return run is not None

    def succeed(self, invocation_id: str) -> bool:
        """Let a running run end well."""
        run = self._in(invocation_id, InvocationStatus.RUNNING)
        if run is not None:
            self.end(self.move_on(run, run.status), InvocationOutcome.SUCCEEDED)
        return run is not None

    def fail(self, invocation_id: str, failure: str) -> bool:
        """Let a running run end in a failure."""
        run = self._in(invocation_id, InvocationStatus.RUNNING)
        if run is not None:
            self.end(self.move_on(run, run.status), InvocationOutcome.FAILED, failure)
        return run is not None

    def stick(self, invocation_id: str) -> bool:
        """Let the code of an unfinished run block for ever: it answers nothing any more."""
        run = self.find(invocation_id)
        if run is None or run.is_completed:
            return False
        self.turns.stick(invocation_id)
        return True

    def unstick(self, invocation_id: str) -> bool:
        """Let the code of a run that blocks answer again."""
        is_stuck = self.turns.is_stuck(invocation_id)
        self.turns.unstick(invocation_id)
        return is_stuck

    def expire(self) -> tuple[str, ...]:
        """
        Forget every completed run that was kept for long enough, and say which.

        Like a purge, it takes the state of a workflow key along.
        """
        expired = tuple(one for one in self.runs if self._is_kept_for_long_enough(one))
        for run in expired:
            self.forget(run)
        return tuple(one.id for one in expired)

    def fire_timers(self) -> tuple[str, ...]:
        """Let in every scheduled call that is due, and say which."""
        return tuple(one.id for one in self.runs if _fire(self, one))

    # --- another tool --------------------------------------------------------------------------

    def perform(self, command: Command) -> Answer:
        """Do what another tool asks for."""
        return perform(self, command)

    def kill(self, invocation_id: str) -> Answer:
        """Kill whatever run bears the id now, as another tool may at any time."""
        run = self.find(invocation_id)
        return Answer.NOT_FOUND if run is None else self.perform(Kill(run.ref))

    def purge(self, invocation_id: str) -> Answer:
        """Purge whatever run bears the id now, as another tool may at any time."""
        run = self.find(invocation_id)
        return Answer.NOT_FOUND if run is None else self.perform(Purge(run.ref))

    def _in(self, invocation_id: str, *statuses: InvocationStatus) -> Invocation | None:
        run = self.find(invocation_id)
        if run is None or run.status not in statuses:
            return None
        return run if self.turns.come(invocation_id) else None

    def _is_kept_for_long_enough(self, run: Invocation) -> bool:
        if run.completed_at is None or run.retention is None:
            return False
        return self.clock.now() - run.completed_at >= run.retention


def _fire(store: Store, run: Invocation) -> bool:
    if run.status is not InvocationStatus.SCHEDULED or run.due_at is None:
        return False
    if run.due_at > store.clock.now():
        return False
    store.admit(run)
    return True


def _begin(store: Store, run: Invocation) -> bool:
    # One that waits for its key starts when the key is free, and by nothing else.
    waits = store.is_queued(run)
    return not waits and store.start(run).status is InvocationStatus.RUNNING


def _get_on(store: Store, run: Invocation) -> bool:
    tried = store.attempt(run)
    if tried.status is InvocationStatus.RUNNING:
        store.move_on(tried, InvocationStatus.RUNNING)
    return True


def _try_again(store: Store, run: Invocation) -> bool:
    store.attempt(run)
    return True


_STEPS: dict[InvocationStatus, Callable[[Store, Invocation], bool]] = {
    InvocationStatus.SCHEDULED: _fire,
    InvocationStatus.PENDING: _begin,
    InvocationStatus.READY: _begin,
    InvocationStatus.RUNNING: _get_on,
    InvocationStatus.SUSPENDED: _get_on,
    InvocationStatus.BACKING_OFF: _try_again,
}
