"""After a story: no more faults, nobody else acts, and everything must be true and possible."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta

import attrs

import wfadmin
from tests.soak.conduct import open_writes
from tests.soak.diary import SHARED
from tests.soak.judge import Judge
from tests.soak.scene import DAPR, Scene
from tests.soak.watching import Operation, Records
from wfadmin.adapters.memory.store import Submitted
from wfadmin.domain.capabilities import Fence
from wfadmin.domain.components import ComponentStatus
from wfadmin.domain.doctor import DoctorReport
from wfadmin.domain.errors import NotSupported, OutcomeUnknown, RetryBlocked, ServiceNotFound
from wfadmin.domain.finding import FindingCode
from wfadmin.domain.inspection import Inspection
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import Invocation, InvocationOutcome
from wfadmin.domain.policy import (
    BackingOff,
    Paused,
    Pending,
    RecoveryPolicy,
    Running,
    Stalled,
    Suspended,
)
from wfadmin.domain.results import RecoverResult, StateAfter

_ILL = (ComponentStatus.UNREACHABLE, ComponentStatus.DEGRADED)
_SECOND = timedelta(seconds=1)
#: Longer than a running write is left out of the report.
LONG_AFTER = timedelta(minutes=3)
#: Whatever can be helped, may be.
EVERYTHING = RecoveryPolicy(
    (
        Paused(),
        BackingOff(1),
        Suspended(_SECOND),
        Running(_SECOND),
        Stalled(),
        Pending(),
    ),
    with_children=True,
)

Perform = Callable[[str, Callable[[wfadmin.Operator], Awaitable[object]]], Awaitable[Operation]]


@attrs.frozen
class Aftermath:
    """
    The last look at one world.

    Attributes:
        perform: Lets an operator without faults do something, on record like the others.
    """

    scene: Scene
    judge: Judge
    records: Records
    perform: Perform

    async def examine(self) -> None:
        """Look at everything, and then repair every key."""
        self.scene.world.settle()
        self.scene.world.advance(LONG_AFTER)
        if self.scene.like == DAPR:
            self.scene.world.connect_workers(1)
        self.judge.left_parked(self.records)
        await self._report()
        for key in self.scene.keys:
            await self._inspect(key)
        for key in self.scene.keys:
            await self._recover(key)

    async def _report(self) -> None:
        found = (await self.perform("doctor", lambda operator: operator.doctor())).ending
        if not isinstance(found, DoctorReport):
            self.judge.fail(f"a doctor without faults ends with {found!r}")
            return
        parts = (found.ingress, found.admin, found.deployments, found.services, found.invocations)
        if ill := [one for one in parts if one.status in _ILL]:
            self.judge.fail(f"a doctor without faults finds ill: {ill}")
        samples = [one.samples for one in found.findings if one.code is FindingCode.OPEN_INTENT]
        reported = {sample.id for one in samples for sample in one}
        opened = set(open_writes(self.records.records))
        for one in opened - reported:
            self.judge.fail(f"nobody reports the open write {_name(one, self.records)}")
        for one in reported - opened:
            self.judge.fail(f"reports as open what has ended: {_name(one, self.records)}")

    async def _inspect(self, key: WorkflowKey) -> None:
        found = (await self.perform("inspect", lambda operator: operator.inspect(key))).ending
        there = self._shown(key)
        if isinstance(found, ServiceNotFound) and not there:
            return
        if not isinstance(found, Inspection):
            self.judge.fail(f"an inspection of {key} without faults ends with {found!r}")
        elif sorted(found.runs, key=_id) != sorted(there, key=_id):
            self.judge.fail(f"an inspection of {key} does not show what is there")

    async def _recover(self, key: WorkflowKey) -> None:
        store = self.scene.world.store
        policy = attrs.evolve(EVERYTHING, force_purge=self.scene.like == DAPR)
        before, shown = self._runs(key), self._shown(key)
        was_stuck = any(store.turns.is_stuck(one.id) for one in self._family(before))
        ending = (
            await self.perform(
                "recover",
                lambda operator: operator.recover_stuck_workflow(key, policy=policy),
            )
        ).ending
        self.scene.world.settle()
        if isinstance(ending, RecoverResult):
            await self._is_submittable(key, ending)
        elif isinstance(ending, RetryBlocked):
            if ending.reason not in set(self._reasons(before)):
                self.judge.fail(f"{key} is blocked without a reason: {ending!r} {before}")
        elif isinstance(ending, ServiceNotFound):
            if before or store.registry.route(key.service_name) is not None:
                self.judge.fail(f"{key} is said to be of no service")
        elif isinstance(ending, NotSupported) and self._has_not_begun(shown):
            pass  # a forced purge, which not every way to the engine can do
        elif not (isinstance(ending, OutcomeUnknown) and was_stuck):
            # Of code that blocks for ever no engine can tell what will become.
            self.judge.fail(f"a recovery of {key} without faults ends with {ending!r}: {before}")

    def _has_not_begun(self, runs: tuple[Invocation, ...]) -> bool:
        unkillable = self.scene.world.store.profile.capabilities(Fence.NONE, frozenset()).unkillable
        return any(one.status in unkillable for one in runs)

    def _shown(self, key: WorkflowKey) -> tuple[Invocation, ...]:
        store = self.scene.world.store
        return store.profile.view.for_key(store, key)

    async def _is_submittable(self, key: WorkflowKey, result: RecoverResult) -> None:
        store = self.scene.world.store
        if result.state is StateAfter.NOT_EMPTY:
            # Only a purge takes the state along, and no run was left to purge: once more.
            await self.perform("recover", lambda operator: operator.recover_stuck_workflow(key))
            self.scene.world.settle()
        left = [one for one in self._runs(key) if one.handler_name != SHARED]
        if left or store.state_of(key):
            self.judge.fail(f"{key} was recovered ({result.effect}), and there is {left}")
            return
        has_route = store.registry.route(key.service_name) is not None
        is_haunted = store.turns.is_haunted(store.profile.main_id(key))
        answer = store.submit(key).answer
        if has_route and not is_haunted and answer is not Submitted.ACCEPTED:
            self.judge.fail(f"{key} was recovered, and a client hears {answer}")

    def _runs(self, key: WorkflowKey) -> tuple[Invocation, ...]:
        return tuple(one for one in self.scene.world.store.runs if one.key == key)

    def _family(self, runs: tuple[Invocation, ...]) -> tuple[Invocation, ...]:
        children = (self.scene.world.store.children_of(one.id) for one in runs)
        return (*runs, *(one for found in children for one in found))

    def _reasons(self, runs: tuple[Invocation, ...]) -> Iterator[str]:
        """Every reason for which a recovery may be blocked, as the key stands."""
        now, registry = self.scene.world.clock.now(), self.scene.world.store.registry
        for one in runs:
            if one.outcome is InvocationOutcome.SUCCEEDED and one.handler_name != SHARED:
                yield "succeeded"
            if not one.is_completed and not EVERYTHING.is_stuck(one, now):
                yield "active"
        if self.scene.like == DAPR:
            # A child ends a little after its parent; that of one that has ended never does.
            if any(not one.is_completed for one in self._family(runs)):
                yield from ("has_children", "purge_failed")
        elif registry.route(runs[0].service_name if runs else "Order") is None:
            # What no deployment serves nobody can tell the handlers of.
            yield "unknown"


def _name(intent_id: str, records: Records) -> str:
    return next(f"{one.actor}, {one.verb}" for one in records.records if one.id == intent_id)


def _id(one: Invocation) -> str:
    return one.id
