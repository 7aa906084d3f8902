"""The code that a worker runs: the workflows of the lab, each by its name."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import attrs

from wfadmin.adapters.memory import Placing, Run, World
from wfadmin.adapters.memory.table import Table
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import Invocation, InvocationStatus

__all__ = ["Worker", "payload", "stored"]

#: How long a turn takes to begin.
_TURN = timedelta(milliseconds=15)
_NOT_BEGUN = (InvocationStatus.SCHEDULED, InvocationStatus.PENDING, InvocationStatus.READY)


@attrs.frozen
class _Activity:
    """Something that executes until it is over, whoever waits for its result then."""

    instance_id: str
    seconds: float
    due_at: datetime


@attrs.define(eq=False)
class Worker:
    """
    Everything that happens in turns: the only thing that moves an instance on.

    Attributes:
        is_mute: It takes turns, and never answers.
        lacks: The workflows of which it does not have the version that instances began with.
        unregistered: Names that were asked for and are those of no workflow.
    """

    world: World
    is_mute: bool = False
    lacks: set[str] = attrs.field(factory=set)
    unregistered: set[str] = attrs.field(factory=set)
    # Events that wait for their instance.
    _inbox: list[tuple[str, str, str]] = attrs.field(factory=list)
    _activities: list[_Activity] = attrs.field(factory=list)
    # What was seen before its first turn.
    _planned: set[str] = attrs.field(factory=set)

    @property
    def store(self) -> Table:
        """What the engine holds."""
        return self.world.store

    def leave(self) -> None:
        """The worker is killed, and what it executes with it."""
        self.world.connect_workers(0)

    def come_back(self) -> None:
        """A worker connects, one that answers and has every version: activities begin anew."""
        self.world.connect_workers(1)
        self.is_mute = False
        self.lacks.clear()
        now, runs = self.world.clock.now(), {run.id: run for run in self.store.runs}
        self._activities = [
            attrs.evolve(one, due_at=now + timedelta(seconds=one.seconds))
            for one in self._activities
            if one.instance_id in runs and not runs[one.instance_id].is_completed
        ]
        for run in runs.values():
            # One that poisons its worker does so again.
            if not self.store.turns.was_paused_twice(run.id):
                self.world.store.unstick(run.id)
            if run.status is InvocationStatus.STALLED:
                self.store.change(run, InvocationStatus.RUNNING)

    def tell(self, instance_id: str, event: str, payload: str) -> None:
        """An event arrives. An instance that waits for its planned start is started by it."""
        run = self.store.find(instance_id)
        if run is None or run.is_completed:
            return
        self._inbox.append((instance_id, event, payload))
        self.store.journal(run)
        if run.status in _NOT_BEGUN:
            self._planned.add(run.id)
            self.store.start(self.store.change(run, InvocationStatus.READY, due_at=None))

    def turn(self) -> None:
        """Execute every turn that can be executed now."""
        if not self.store.turns.workers:
            return
        for run in self.store.runs:
            self._begin(run)
        self._deliver()
        self._end_activities()
        for run in self.store.runs:
            self._look_after_children(run)

    # --- first turns -----------------------------------------------------------------------------

    def _begin(self, run: Invocation) -> None:
        if run.status in _NOT_BEGUN:
            self._planned.add(run.id)
            is_due = run.created_at is not None and self._age(run.created_at) >= _TURN
            if run.status is not InvocationStatus.READY or not is_due:
                return
            if self.is_mute:
                self.world.store.stick(run.id)
                return
            self.world.store.progress(run.id)
        begun = self._running(run.id)
        if begun is not None and run.id in self._planned:
            self._planned.discard(run.id)
            self._first(begun)

    def _age(self, since: datetime) -> timedelta:
        return self.world.clock.now() - since

    def _first(self, run: Invocation) -> None:
        code = _CODE.get(run.service_name)
        given = stored(self.store, run).get("input", "")
        if code is None:
            self._refuse(run)
            return
        try:
            value = json.loads(given) if given else None
        except json.JSONDecodeError as error:
            self.fail(run, f"JSONDecodeError: {error}")
            return
        code(self, run, value)

    def _refuse(self, run: Invocation) -> None:
        """Of a name that a test made up nothing is known: it waits."""
        name = run.service_name
        if name in self.unregistered:
            said = f"A '{name}' orchestrator was not registered."
            self.fail(run, f"OrchestratorNotRegisteredError: {said}")

    def register(self, name: str) -> None:
        """A workflow of that name is started, whether or not there is one."""
        if name not in _CODE and not self.store.registry.knows(name):
            self.unregistered.add(name)
        self.world.workflow(name)

    # --- what waits ------------------------------------------------------------------------------

    def _deliver(self) -> None:
        for one in tuple(self._inbox):
            instance_id, event, payload = one
            there = self.store.find(instance_id)
            run = self._running(instance_id)
            if there is None or there.is_completed:
                self._inbox.remove(one)
            elif run is None:
                continue
            elif self.is_mute:
                self.world.store.stick(instance_id)
            elif run.service_name in self.lacks:
                self.store.change(run, InvocationStatus.STALLED)
            else:
                self._inbox.remove(one)
                if event.lower() == "go":
                    self._go(run, payload)

    def _go(self, run: Invocation, payload: str) -> None:
        try:
            value = json.loads(payload) if payload else None
        except json.JSONDecodeError as error:
            self.fail(run, f"JSONDecodeError: {error}")
            return
        self.succeed(run, {"v1" if run.service_name == "ver" else "got": value})

    def _end_activities(self) -> None:
        """A result goes to whichever run has the id: nothing else is compared."""
        for one in tuple(self._activities):
            if one.due_at > self.world.clock.now():
                continue
            run = self._running(one.instance_id)
            self._activities.remove(one)
            if run is not None and run.service_name == "long":
                self.succeed(run, {"napped": one.seconds})

    def _look_after_children(self, run: Invocation) -> None:
        children = [one for one in self.store.runs if one.parent_id == run.id]
        is_waiting = run.status is InvocationStatus.RUNNING and run.service_name == "parent"
        if is_waiting and children and all(one.is_completed for one in children):
            self.succeed(run, None)

    # --- what code does --------------------------------------------------------------------------

    def succeed(self, run: Invocation, output: object) -> None:
        """It ends with an output."""
        if self.world.store.succeed(run.id):
            self.keep(run, output=json.dumps(output))

    def fail(self, run: Invocation, failure: str) -> None:
        """It ends with a failure: what raised, and what it says."""
        self.world.store.fail(run.id, failure)

    def execute(self, run: Invocation, seconds: float) -> None:
        """It waits for an activity."""
        due_at = self.world.clock.now() + timedelta(seconds=seconds)
        self._activities.append(_Activity(run.id, seconds, due_at))

    def call(self, run: Invocation, child_id: str, given: str) -> None:
        """It calls a child and waits for it."""
        target: Placing = self.world.workflow("child").key(child_id)
        child = Run(self.world.store, run.ref).child(target).running()
        key = WorkflowKey("child", child.id)
        self.store.store(key, {"input": given.encode()})

    def keep(self, run: Invocation, **entries: str) -> None:
        """Keep something beside what is kept already."""
        assert run.key is not None
        old = self.store.state_of(run.key)
        self.store.store(run.key, old | {name: one.encode() for name, one in entries.items()})

    def _running(self, instance_id: str) -> Invocation | None:
        run = self.store.find(instance_id)
        is_running = run is not None and run.status is InvocationStatus.RUNNING
        return run if is_running and self.store.turns.come(instance_id) else None


def stored(store: Table, run: Invocation) -> dict[str, str]:
    """What is kept of an instance: its input, and what it gave."""
    entries = {} if run.key is None else store.state_of(run.key)
    return {name: value.decode() for name, value in entries.items()}


def payload(value: object) -> str:
    """A value as the lab's Python workflows write it."""
    return json.dumps(value)


_Code = Callable[[Worker, Invocation, object], None]


def _ok(worker: Worker, run: Invocation, given: object) -> None:
    worker.succeed(run, {"ok": True, "input": given})


def _wait(_: Worker, __: Invocation, ___: object) -> None:
    """An event ends it."""


def _fail(worker: Worker, run: Invocation, _: object) -> None:
    worker.fail(run, "ValueError: lab failure")


def _fail_act(worker: Worker, run: Invocation, given: object) -> None:
    said = f"{run.id}: Activity task #1 failed: activity boom: {given}"
    worker.fail(run, f"TaskFailedError: {said}")


def _fail_unless_good(worker: Worker, run: Invocation, given: object) -> None:
    if given == "good":
        worker.succeed(run, "good run")
    else:
        worker.fail(run, "RuntimeError: input was not good")


def _status(worker: Worker, run: Invocation, _: object) -> None:
    worker.keep(run, custom_status='{"step":"waiting","percent":40}')


def _long(worker: Worker, run: Invocation, given: object) -> None:
    assert isinstance(given, int | float)
    worker.execute(run, given)


def _parent(worker: Worker, run: Invocation, given: object) -> None:
    child_id = given["child"] if isinstance(given, dict) else f"{run.id}:0001"
    worker.call(run, child_id, payload(given or {"child": child_id}))


_CODE: Mapping[str, _Code] = {
    "ok": _ok,
    "a/b": _ok,
    "wait": _wait,
    "child": _wait,
    "timer": _wait,
    "ver": _wait,
    "fail": _fail,
    "fail_act": _fail_act,
    "fail_unless_good": _fail_unless_good,
    "status": _status,
    "long": _long,
    "parent": _parent,
}
