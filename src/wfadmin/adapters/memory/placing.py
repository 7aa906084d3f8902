"""Puts runs into a status: one method per status, named as the status is."""

from collections.abc import Mapping
from datetime import timedelta

import attrs

from wfadmin.adapters.memory.store import Store, Submission
from wfadmin.adapters.memory.table import Call
from wfadmin.domain.errors import UsageError
from wfadmin.domain.keys import InvocationRef, WorkflowKey
from wfadmin.domain.model import (
    Deployment,
    Invocation,
    InvocationOutcome,
    InvocationStatus,
    ServiceKind,
)

__all__ = ["Key", "KeyedService", "Placing", "Run"]

_NO_TIME = timedelta(0)
_AN_HOUR = timedelta(hours=1)
_RETRY_AFTER = timedelta(seconds=10)


@attrs.frozen
class Run:
    """
    A run that was put on the engine.

    Attributes:
        ref: What named it then; the id may come to name another run.
    """

    _store: Store = attrs.field(repr=False, eq=False)
    ref: InvocationRef

    @property
    def id(self) -> str:
        """The engine's id."""
        return self.ref.id

    @property
    def now(self) -> Invocation | None:
        """The run that bears the id now; None where there is none."""
        return self._store.find(self.id)

    def child(self, target: "Placing") -> "Placing":
        """What this run called: say in which status that is."""
        return attrs.evolve(target, call=attrs.evolve(target.call, parent_id=self.id))


@attrs.frozen(eq=False)
class Placing:
    """
    A call without a status: say which it is in.

    Each method puts one run on the engine. `on` is the deployment that the run is pinned to,
    the one that serves its service now unless given; `since` is how long ago it got there.

    Raises:
        UsageError: No real engine can be in that state.
    """

    _store: Store = attrs.field(repr=False)
    call: Call

    def scheduled(self, *, due: timedelta = _AN_HOUR) -> Run:
        """It starts later; with a `due` below zero it should have started long ago."""
        self._may_be(InvocationStatus.SCHEDULED)
        run = self._store.create(self.call, InvocationStatus.SCHEDULED, age=_NO_TIME)
        due_at = self._store.clock.now() + due
        return self._placed(self._store.change(run, run.status, due_at=due_at))

    def pending(self, *, since: timedelta = _NO_TIME) -> Run:
        """It waits to start; on a virtual object until the call that holds the key is over."""
        self._may_be(InvocationStatus.PENDING)
        if self._takes_a_key() and self._holder() is None:
            raise UsageError("service key", "nothing holds it, so no call of it waits")
        run = self._store.create(self.call, InvocationStatus.PENDING, age=since)
        if self._takes_a_key():
            self._store.admit(run)
        return self._placed(run)

    def running(self, *, since: timedelta = _NO_TIME, on: Deployment | None = None) -> Run:
        """It runs."""
        return self._placed(self._started(InvocationStatus.RUNNING, on, since))

    def suspended(self, *, since: timedelta = _NO_TIME, on: Deployment | None = None) -> Run:
        """It waits for something outside of it."""
        status = InvocationStatus.SUSPENDED
        run = self._started(status, on, since)
        return self._placed(self._store.change(run, status, modified_at=run.created_at))

    def backing_off(
        self,
        *,
        attempts: int = 1,
        failure: str = "the attempt failed",
        on: Deployment | None = None,
    ) -> Run:
        """Its attempts failed so often, and it is between two of them."""
        run = self._started(InvocationStatus.BACKING_OFF, on, _NO_TIME)
        now = self._store.clock.now()
        run = self._store.change(
            run,
            InvocationStatus.BACKING_OFF,
            failed_attempts=attempts,
            failure=failure,
            failure_at=now,
            next_retry_at=now + _RETRY_AFTER,
        )
        return self._placed(run)

    def paused(self, *, failure: str | None = None, on: Deployment | None = None) -> Run:
        """It gave up after `failure`, or without one somebody paused it."""
        if failure is not None:
            self._must_have(InvocationStatus.BACKING_OFF)
        run = self._started(InvocationStatus.PAUSED, on, _NO_TIME)
        run = self._store.change(
            run,
            InvocationStatus.PAUSED,
            failed_attempts=0 if failure is None else 1,
            failure=failure,
            failure_at=None if failure is None else self._store.clock.now(),
        )
        return self._placed(run)

    def stalled(self, *, since: timedelta = _NO_TIME) -> Run:
        """It cannot go on: what would run it does not fit its history."""
        status = InvocationStatus.STALLED
        run = self._started(status, None, since)
        return self._placed(self._store.change(run, status, modified_at=run.created_at))

    def succeeded(self, *, on: Deployment | None = None) -> Run:
        """It ended well."""
        return self._ended(InvocationOutcome.SUCCEEDED, None, on)

    def failed(self, failure: str = "it failed", *, on: Deployment | None = None) -> Run:
        """It ended with `failure`."""
        return self._ended(InvocationOutcome.FAILED, failure, on)

    def killed(self, *, on: Deployment | None = None) -> Run:
        """Somebody killed it."""
        return self._ended(InvocationOutcome.KILLED, self._store.profile.killed, on)

    def cancelled(self, *, on: Deployment | None = None) -> Run:
        """Somebody cancelled it, and it heard that."""
        failure = self._store.profile.cancelled
        return self._ended(InvocationOutcome.CANCELLED, failure, on)

    def _ended(
        self,
        outcome: InvocationOutcome,
        failure: str | None,
        on: Deployment | None,
    ) -> Run:
        profile = self._store.profile
        if not profile.can_end(outcome):
            raise UsageError("like", f"in {profile.name} no run ends {outcome.value}")
        self._may_be(InvocationStatus.COMPLETED)
        run = self._made(on, _NO_TIME)
        self._store.complete(run, outcome, failure)
        return self._placed(run)

    def _started(
        self,
        status: InvocationStatus,
        on: Deployment | None,
        since: timedelta,
    ) -> Invocation:
        self._may_be(status)
        if self._takes_a_key() and self._holder() is not None:
            raise UsageError("service key", "another call holds it, so this one can only wait")
        return self._made(on, since)

    def _made(self, on: Deployment | None, since: timedelta) -> Invocation:
        pinned = self._pin(on)
        run = self._store.create(self.call, InvocationStatus.RUNNING, age=since)
        return self._store.change(run, run.status, deployment_id=pinned, modified_at=run.created_at)

    def _pin(self, on: Deployment | None) -> str | None:
        name = self.call.service_name
        if on is not None:
            if all(one.name != name for one in on.services):
                raise UsageError("on", f"that deployment does not serve {name}")
            return on.id
        route = self._store.registry.route(name)
        if route is None:
            raise UsageError("service", f"no deployment serves {name}, so no run of it starts")
        return route.deployment_id if self._store.has_deployments else None

    def _must_have(self, status: InvocationStatus) -> None:
        profile = self._store.profile
        if status not in profile.words:
            raise UsageError("like", f"in {profile.name} no run is {status.value}")

    def _may_be(self, status: InvocationStatus) -> None:
        self._must_have(status)
        if self._store.find(self._store.id_for(self.call)) is not None:
            raise UsageError("service key", "it has its main run already")

    def _takes_a_key(self) -> bool:
        shape = self._store.registry.shape(self.call.service_name)
        is_main = self.call.handler in (None, shape.main)
        return shape.kind is ServiceKind.VIRTUAL_OBJECT and is_main

    def _holder(self) -> Invocation | None:
        key = self.call.key
        return None if key is None else self._store.holder_of(key)

    def _placed(self, run: Invocation) -> Run:
        return Run(self._store, run.ref)


@attrs.frozen(eq=False)
class Key(Placing):
    """
    One key: a status method puts its main run there; `shared` and `state` say what else is.

    Attributes:
        workflow_key: What operators call it by.
    """

    workflow_key: WorkflowKey

    def state(self, entries: Mapping[str, bytes]) -> "Key":
        """Store these under the key, in place of what was there; with no run they are left over."""
        self._store.store(self.workflow_key, dict(entries))
        return self

    def shared(self, handler: str) -> Placing:
        """A call of a shared handler of the key, beside its main run."""
        profile, registry = self._store.profile, self._store.registry
        if not profile.shares_handlers:
            raise UsageError("like", f"{profile.name} has no shared handlers")
        shape = registry.shape(self.call.service_name)
        if handler == shape.main:
            raise UsageError("handler", "it is the main one")
        names = tuple(dict.fromkeys((*shape.shared, handler)))
        registry.define(attrs.evolve(shape, shared=names))
        return Placing(self._store, attrs.evolve(self.call, handler=handler))

    def submit(self, *, due: timedelta | None = None) -> Submission:
        """Submit its main handler, as a client does."""
        return self._store.submit(self.workflow_key, due=due)


@attrs.frozen(eq=False)
class KeyedService:
    """A service with keys."""

    _store: Store = attrs.field(repr=False)
    name: str

    def key(self, service_key: str) -> Key:
        """One key of it."""
        key = WorkflowKey(self.name, service_key)
        return Key(self._store, Call(self.name, key), key)
