"""
What the engine holds, and the moves that keep it consistent: runs, stored state, queues.

A workflow key has one main run, whose id follows from the key: it comes again when the key is
submitted after a purge, with a later creation time. A key of a virtual object runs one call at a
time; the others, and clears of its state, wait in one queue.
"""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TypedDict, Unpack

import attrs

from wfadmin.adapters.memory.backlog import Backlog
from wfadmin.adapters.memory.chronicle import Chronicle
from wfadmin.adapters.memory.clock import VirtualClock
from wfadmin.adapters.memory.profile import Effect, Profile, Slot
from wfadmin.adapters.memory.queues import Queues, WaitingClear
from wfadmin.adapters.memory.registry import Registry
from wfadmin.adapters.memory.turns import Turns
from wfadmin.domain.capabilities import Fence
from wfadmin.domain.errors import UsageError
from wfadmin.domain.keys import Incarnation, InvocationRef, Progress, WorkflowKey
from wfadmin.domain.model import (
    Invocation,
    InvocationOutcome,
    InvocationStatus,
    ServiceKind,
)

__all__ = ["NOT_STARTED", "Call", "RunFacts", "Table", "version_of"]

#: Without a pin, without a journal, and without a trace after a kill.
NOT_STARTED = frozenset({InvocationStatus.SCHEDULED, InvocationStatus.PENDING})

_NEVER = datetime.min.replace(tzinfo=UTC)
_TICK = timedelta(milliseconds=1)
_RETRY_AFTER = timedelta(seconds=10)


@attrs.frozen
class Call:
    """
    What is called.

    Attributes:
        key: None for a plain service.
        handler: None for the main one.
        parent_id: The invocation that calls; None for a client.
    """

    service_name: str
    key: WorkflowKey | None = None
    handler: str | None = None
    parent_id: str | None = None


class RunFacts(TypedDict, total=False):
    """What may change about a run beside its status."""

    deployment_id: str | None
    modified_at: datetime | None
    due_at: datetime | None
    failed_attempts: int
    failure: str | None
    failure_at: datetime | None
    next_retry_at: datetime | None
    progress: Progress | None


def _lists_something(_: object, __: object, value: int | None) -> None:
    if value is not None and value < 1:
        raise UsageError("listing_limit", "an engine that lists lists at least one invocation")


@attrs.define(eq=False)
class Table:
    """
    Runs by id in the order of their creation, stored state by key, and queues by key.

    Attributes:
        profile: The engine that this one is like.
        fence: How a write is kept from hitting another run that bears the same id.
        acceptance: How long it takes until an accepted write happens.
        listing_limit: How many invocations it lists at most, the newest ones; None for all.
        backlog: The writes that are accepted and have not happened yet.
        chronicle: What became of each run that it holds.
        turns: What stands between a run and its next turn.

    Raises:
        UsageError: The acceptance or the limit makes no sense.
    """

    clock: VirtualClock
    registry: Registry
    fence: Fence
    profile: Profile = attrs.field(kw_only=True)
    acceptance: timedelta = attrs.field(kw_only=True)
    listing_limit: int | None = attrs.field(kw_only=True, validator=_lists_something)
    backlog: Backlog = attrs.field(
        default=attrs.Factory(lambda self: Backlog(self.clock, self.acceptance), takes_self=True),
        init=False,
    )
    chronicle: Chronicle = attrs.field(factory=Chronicle, init=False)
    turns: Turns = attrs.field(factory=Turns, init=False)
    _runs: dict[str, Invocation] = attrs.field(factory=dict, init=False)
    _state: dict[WorkflowKey, dict[str, bytes]] = attrs.field(factory=dict, init=False)
    _queues: Queues = attrs.field(factory=Queues, init=False)
    # When the last run of an id was made: outlives the run, so that no two share a time.
    _born: dict[str, datetime] = attrs.field(factory=dict, init=False)
    _calls: int = attrs.field(default=0, init=False)

    # --- reading -------------------------------------------------------------------------------

    @property
    def runs(self) -> tuple[Invocation, ...]:
        """Every run that the engine holds."""
        return tuple(self._runs.values())

    @property
    def listed(self) -> tuple[Invocation, ...]:
        """The runs that it lists: all of them, or the newest ones."""
        limit = self.listing_limit
        if limit is None or limit >= len(self._runs):
            return self.runs
        by_age = sorted(self.runs, key=lambda run: run.created_at or _NEVER)
        newest = {run.id for run in by_age[-limit:]}
        return tuple(run for run in self.runs if run.id in newest)

    @property
    def has_deployments(self) -> bool:
        """Whether the engine has deployments, to which its runs are pinned."""
        return self.profile.has(Slot.DEPLOYMENTS)

    @property
    def lists_all(self) -> bool:
        """Whether it lists every run that it holds."""
        return self.listing_limit is None or self.listing_limit >= len(self._runs)

    def find(self, invocation_id: str) -> Invocation | None:
        """The run that bears the id now."""
        return self._runs.get(invocation_id)

    def state_of(self, key: WorkflowKey) -> dict[str, bytes]:
        """A copy of what is stored under the key."""
        return dict(self._state.get(key, {}))

    def children_of(self, invocation_id: str) -> tuple[Invocation, ...]:
        """The unfinished runs that a run of that id called."""
        return tuple(r for r in self.runs if r.parent_id == invocation_id and not r.is_completed)

    def holder_of(self, key: WorkflowKey) -> Invocation | None:
        """The unfinished call that holds a key of a virtual object."""
        return next((r for r in self.runs if r.key == key and self._holds(r)), None)

    def is_main(self, run: Invocation) -> bool:
        """Whether it is a run of the main handler."""
        return run.handler_name == self.registry.shape(run.service_name).main

    def is_zombie(self, run: Invocation) -> bool:
        """Whether it is pinned to a deployment that is not registered."""
        return run.deployment_id is not None and self.registry.find(run.deployment_id) is None

    def fingerprint(self) -> tuple[object, ...]:
        """All that the engine holds, as one hashable value: equal when nothing differs."""
        state = {key: tuple(sorted(entries.items())) for key, entries in self._state.items()}
        return (
            self.runs,
            frozenset(state.items()),
            self._queues.fingerprint(),
            self.registry.deployments,
            self.turns.fingerprint(),
            self.backlog.waiting,
        )

    # --- making and changing -------------------------------------------------------------------

    def id_for(self, call: Call) -> str:
        """
        The id that a run of `call` bears: that of a workflow's main run follows from its key.

        Every other one is new.
        """
        shape = self.registry.shape(call.service_name)
        is_main = call.handler in (None, shape.main)
        if call.key is not None and shape.kind is ServiceKind.WORKFLOW and is_main:
            return self.profile.main_id(call.key)
        return f"inv_{self._calls + 1}"

    def create(self, call: Call, status: InvocationStatus, *, age: timedelta) -> Invocation:
        """Make and keep a run that was submitted `age` ago."""
        invocation_id = self.id_for(call)
        self._calls += 1
        created_at = self.clock.now() - age
        if invocation_id in self._born:
            created_at = max(created_at, self._born[invocation_id] + _TICK)
        self._born[invocation_id] = created_at
        fenced = self.fence is not Fence.NONE
        incarnation = Incarnation(created_at.isoformat()) if fenced else None
        shape = self.registry.shape(call.service_name)
        run = Invocation(
            ref=InvocationRef(call.key, invocation_id, incarnation),
            service_name=call.service_name,
            handler_name=call.handler or shape.main,
            service_kind=shape.kind,
            status=status,
            engine_status=self.profile.words[status],
            created_at=created_at,
            modified_at=created_at,
            progress=Progress("1"),
            retention=shape.retention,
            parent_id=call.parent_id,
        )
        return self._keep(run)

    def change(
        self,
        run: Invocation,
        status: InvocationStatus,
        **facts: Unpack[RunFacts],
    ) -> Invocation:
        """
        Put a run into another unfinished status, and say what else is new about it.

        Attempts of a run that is under way do not count as a modification.
        """
        news: RunFacts = {"next_retry_at": None, **facts}
        coarse, word = self.profile.coarse_words, self.profile.words[status]
        if coarse[status] != coarse[run.status] or "progress" in facts:
            news = {"modified_at": self.clock.now(), **news}
        return self._keep(attrs.evolve(run, status=status, engine_status=word, **news))

    def move_on(self, run: Invocation, status: InvocationStatus) -> Invocation:
        """Let a run get on: only this is progress, and it ends the count of failed attempts."""
        return self.change(
            run,
            status,
            progress=_next(run.progress),
            failed_attempts=0,
            failure=None,
            failure_at=None,
        )

    def journal(self, run: Invocation) -> Invocation:
        """Write something into the journal of a run from outside: it has not got on by that."""
        return self.change(run, run.status, progress=_next(run.progress))

    def start(self, run: Invocation) -> Invocation:
        """Send a run to the deployment that serves its service now; without one it stays ready."""
        route = self.registry.route(run.service_name)
        if route is None:
            return self.change(run, InvocationStatus.READY)
        pinned = route.deployment_id if self.has_deployments else None
        return self.change(run, InvocationStatus.RUNNING, deployment_id=pinned)

    def fail_attempt(self, run: Invocation, failure: str) -> Invocation:
        """Let the attempt of a run fail: it tries again later. No progress."""
        now = self.clock.now()
        return self.change(
            run,
            InvocationStatus.BACKING_OFF,
            failed_attempts=run.failed_attempts + 1,
            failure=failure,
            failure_at=now,
            next_retry_at=now + _RETRY_AFTER,
        )

    def attempt(self, run: Invocation) -> Invocation:
        """Let a run try again: where it is pinned nothing may be left to answer."""
        if self.is_zombie(run):
            return self.fail_attempt(run, self.profile.lost_deployment)
        pinned = run.deployment_id
        if pinned is not None and not self.registry.serves(pinned, run.service_name):
            return self.fail_attempt(run, self.profile.lost_service)
        return self.start(run) if pinned is None else self.change(run, InvocationStatus.RUNNING)

    def end(self, run: Invocation, outcome: InvocationOutcome, failure: str | None = None) -> None:
        """Complete a run; whoever waited for that goes on."""
        self.complete(run, outcome, failure)
        self._after(run)

    def complete(self, run: Invocation, outcome: InvocationOutcome, failure: str | None) -> None:
        """Put a run into its end. With retention 0 no row is left, and its state is."""
        now = self.clock.now()
        ended = attrs.evolve(
            run,
            status=InvocationStatus.COMPLETED,
            engine_status=self.profile.end_word(outcome),
            outcome=outcome,
            failure=failure,
            failure_at=None if failure is None else now,
            failed_attempts=0,
            next_retry_at=None,
            modified_at=now,
            completed_at=now,
        )
        if ended.retention == timedelta(0):
            self._remove(run)
        else:
            self._keep(ended)

    def drop(self, run: Invocation) -> None:
        """Forget a run that has not started."""
        self._remove(run)
        if run.key is not None:
            self._queues.leave(run.key, run.id)
        self._after(run)

    def forget(self, run: Invocation) -> None:
        """Forget a run; the main run of a workflow key takes its state along."""
        self._remove(run)
        if run.key is not None and run.service_kind is ServiceKind.WORKFLOW and self.is_main(run):
            self._state.pop(run.key, None)

    def happen(self, effect: Effect) -> None:
        """
        Let an accepted write happen, at once or when its time has come.

        Every write that comes by a port goes through here. It goes by names, as the engine does:
        a run is found anew by its id when it happens.
        """
        self.backlog.accept(effect)

    def settle_due(self) -> None:
        """Let the accepted writes happen of which the time has come."""
        self.backlog.settle_due()

    # --- keys ----------------------------------------------------------------------------------

    def store(self, key: WorkflowKey, entries: dict[str, bytes]) -> None:
        """Store these under a key, in place of what was there."""
        if entries:
            self._state[key] = dict(entries)
        else:
            self._state.pop(key, None)

    def clear(self, key: WorkflowKey, expected_version: str | None) -> None:
        """
        Empty a key, silently doing nothing for another version (None: any).

        A held key of a virtual object is emptied when its turn comes; a workflow's at once, even
        while its run is live.
        """
        if self.holder_of(key) is not None:
            self._queues.add(key, WaitingClear(expected_version))
        elif expected_version in (None, version_of(self.state_of(key))):
            self._state.pop(key, None)

    def admit(self, run: Invocation) -> None:
        """Let a call in: it is ready, or waits until the key of its virtual object is free."""
        if run.key is None or not self._takes_the_key(run) or self.holder_of(run.key) is None:
            self.change(run, InvocationStatus.READY)
        else:
            self.change(run, InvocationStatus.PENDING)
            self._queues.add(run.key, run.id)

    def is_queued(self, run: Invocation) -> bool:
        """Whether a call waits for its key."""
        return run.key is not None and run.id in self._queues.of(run.key)

    def _keep(self, run: Invocation) -> Invocation:
        before = self.find(run.id)
        if before is None or before.status is not run.status:
            self.chronicle.note(run, self.clock.now())
        self._runs[run.id] = run
        return run

    def _remove(self, run: Invocation) -> None:
        self._runs.pop(run.id)
        self.chronicle.forget(run.id)
        self.turns.forget(run.id)

    def _takes_the_key(self, run: Invocation) -> bool:
        return run.service_kind is ServiceKind.VIRTUAL_OBJECT and self.is_main(run)

    def _holds(self, run: Invocation) -> bool:
        started = not run.is_completed and run.status not in NOT_STARTED
        return started and self._takes_the_key(run)

    def _after(self, run: Invocation) -> None:
        """What follows when a run is over: whoever waited for it goes on."""
        parent = self.find(run.parent_id) if run.parent_id is not None else None
        if parent is not None and parent.status is InvocationStatus.SUSPENDED:
            self.attempt(self.move_on(parent, InvocationStatus.SUSPENDED))
        key = run.key
        while key is not None and self._queues.of(key) and self.holder_of(key) is None:
            head = self._queues.take(key)
            if isinstance(head, WaitingClear):
                self.clear(key, head.expected_version)
            else:
                self.start(self._runs[head])


def _next(progress: Progress | None) -> Progress:
    return Progress(str(int(progress.token) + 1 if progress is not None else 1))


def version_of(entries: dict[str, bytes]) -> str:
    """A fingerprint of stored state: of its content only, so two runs may share one."""
    digest = sha256()
    for name, value in sorted(entries.items()):
        for part in (name.encode(), value):
            digest.update(len(part).to_bytes(8))
            digest.update(part)
    return digest.hexdigest()
