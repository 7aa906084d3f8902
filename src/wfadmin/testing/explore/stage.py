"""The stage: a scenario while one order of it is played."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any

from typing_extensions import override

from wfadmin.adapters.audit_memory import MemoryAuditLog
from wfadmin.adapters.lease_memory import MemoryLease
from wfadmin.adapters.memory import World
from wfadmin.adapters.memory.backlog import Accepted
from wfadmin.domain.errors import EngineUnreachable, OutcomeUnknown
from wfadmin.domain.policy import RecoveryPolicy
from wfadmin.testing.explore.desk import Network, desk
from wfadmin.testing.explore.diary import Diary, Did, Write
from wfadmin.testing.explore.endings import harms_of_a_crash, harms_of_a_verb
from wfadmin.testing.explore.extras import cast_of
from wfadmin.testing.explore.harm import Harm, Landed, Operation, bug
from wfadmin.testing.explore.hosting import host_of
from wfadmin.testing.explore.judging import harms_of_a_write, harms_of_sending
from wfadmin.testing.explore.loops import in_a_loop
from wfadmin.testing.explore.moment import Moment, moment_of
from wfadmin.testing.explore.report import word_for
from wfadmin.testing.explore.scenario import Loss, Part, Scenario
from wfadmin.testing.explore.turns import Actor, Bare, Choice, Scene, Turn, Wait
from wfadmin.testing.explore.watching import WatchedOperator

__all__ = ["ServicesChange", "Stage"]


class ServicesChange(Exception):
    """Somebody changed the services, and it was not said that this can be."""


async def _turn(label: str) -> None:
    await Turn(label)


class _Wire(Network):
    """The way to the engine, on which one thing may be lost."""

    def __init__(self, stage: "Stage") -> None:
        self._stage = stage

    @override
    def meet(self) -> None:
        if self._stage.armed is Loss.REFUSED:
            self._stage.armed = None
            raise EngineUnreachable("memory", "Connection refused")

    @override
    def carry(self, write: Write, diary: Diary, arrive: Callable[[], object]) -> None:
        stage = self._stage
        operation = stage.operation_of(diary)
        stage.found.extend(harms_of_sending(operation, write))
        armed = stage.armed
        if armed in (None, Loss.ANSWER, Loss.TWICE):
            stage.landed.append((write, operation, False))
        if armed in (None, Loss.ANSWER):
            return
        stage.armed = None
        if armed in (Loss.LATE, Loss.TWICE):
            stage.hold_back(write, operation, arrive)
        if armed in (Loss.LATE, Loss.WRITE):
            raise _lost(write)

    @override
    def answer(self, write: Write) -> None:
        if self._stage.armed is Loss.ANSWER:
            self._stage.armed = None
            raise _lost(write)

    @override
    def moment(self) -> Moment:
        return self._stage.seen()


def _lost(write: Write) -> OutcomeUnknown:
    return OutcomeUnknown(write.action.value, write.target, "the answer was lost")


class Stage(Scene[Harm]):
    """
    One order of a scenario, from its beginning.

    Args:
        scenario: Who acts on what.
        endings: Gets a word for how each operation ended.
        stands: Whether nobody changes the services and what the engine can: asking for these is
            no turn then.

    Raises:
        ServicesChange: By `failures`: somebody did.
    """

    scenario: Scenario
    world: World
    can_wait: bool

    def __init__(self, scenario: Scenario, endings: set[str], *, stands: bool = False) -> None:
        super().__init__()
        self._stands = stands
        self.scenario = scenario
        self.world = scenario.make()
        self.armed: Loss | None = None
        self.found: list[Harm] = []
        # What the step under way did, to be judged after it.
        self.landed: list[tuple[Write, Operation, bool]] = []
        self.can_wait = all(one.loop is None for one in scenario.parts)
        self._endings = endings
        self._wire = _Wire(self)
        self._lease = MemoryLease() if scenario.shares_a_lease else None
        self._operations: dict[Actor, list[Operation]] = {}
        self._to_come = sum(one.times for one in scenario.parts)
        self._late = 0
        # What the engine accepted and has not done yet, with what it was sent for.
        self._accepted: list[tuple[Accepted, tuple[Write, Operation, bool]]] = []
        self._waiting: tuple[Accepted, ...] = ()
        self._before = self._moment()
        self._parts: list[Operation] = []
        for part in scenario.parts:
            self._play(part)
        self.actors.extend(cast_of(scenario, self))
        for number in scenario.interrupts:
            self.enter("somebody", self._interrupt(f"operator {number}"))

    # --- operations ------------------------------------------------------------------------------

    def _play(self, part: Part) -> None:
        operations = [
            Operation(Diary(), part.is_ours, part.policy, part.reads_only, part.forces, part.raises)
            for _ in range(part.times)
        ]
        self._parts += operations
        # Two who do the same are the same, unless one of them is to be cancelled.
        same = (*_told(part), part.name if self.scenario.interrupts else "")

        def knows() -> Hashable:
            return (same, *(one.diary.knows for one in operations))

        def acts(wait: Wait) -> Coroutine[Any, Any, None]:
            return self._acts(part, operations, wait)

        actor: Actor
        if part.loop is not None:
            actor = in_a_loop(part.loop, part.name, acts, knows, self.world.clock)
        else:
            actor = Bare(part.name, acts(_turn), knows)
        self.actors.append(actor)
        self._operations[actor] = operations

    async def _acts(self, part: Part, operations: list[Operation], wait: Wait) -> None:
        records = MemoryAuditLog(clock=self.world.clock)
        for operation in operations:
            try:
                operation.ending = await self._act(part, operation, wait, records)
            except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - judged later
                operation.ending = error

    async def _act(
        self, part: Part, operation: Operation, wait: Wait, records: MemoryAuditLog
    ) -> object:
        act: Callable[[Any], Any] = part.act
        engine = desk(self.world, operation.diary, self._wire, wait, stands=self._stands)
        if not part.is_ours:
            return await act(engine) or "done"
        host = host_of(
            operation.diary,
            self.world.clock,
            wait,
            lease=self._lease,
            records=records,
            policy=part.policy or RecoveryPolicy(),
        )
        return await act(WatchedOperator(engine, host, operation)) or "done"

    def operation_of(self, diary: Diary) -> Operation:
        """The operation that writes into `diary`."""
        return next(one for one in self._parts if one.diary is diary)

    async def _interrupt(self, name: str) -> None:
        actor = next(one for one in self.actors if one.name == name)
        assert isinstance(actor, Bare)  # noqa: S101 - operators are
        await Turn(f"cancels {name}", lambda: bool(actor.turns))
        now = next(one for one in self._operations[actor] if one.ending is None)
        now.is_interrupted = True
        actor.interrupt(asyncio.CancelledError())

    # --- the network -----------------------------------------------------------------------------

    def hold_back(self, write: Write, operation: Operation, arrive: Callable[[], object]) -> None:
        """Let a write arrive later, at any moment."""

        async def deliver() -> None:
            await Turn(f"delivers the {write.action.value}")
            self.landed.append((write, operation, True))
            self._late -= 1
            arrive()

        learned = operation.diary.knows
        self._late += 1
        self.enter("network, late", deliver(), lambda: learned)

    # --- what is judged --------------------------------------------------------------------------

    def seen(self) -> Moment:
        """The engine as it really is while an operation looks at it."""
        # It looks before it does anything in its step; only what was accepted may happen as well.
        return self._moment() if self.world.store.backlog.delay else self._before

    def _moment(self) -> Moment:
        keys = {one.key for one in self.scenario.others if one.key is not None}
        return moment_of(self.world, keys)

    @override
    def state(self) -> Hashable:
        return (self.world.store.fingerprint(), self.world.clock.monotonic(), self.armed)

    @override
    def ready(self) -> list[Choice]:
        # Only what operations do is judged.
        return super().ready() if self._to_come or self._late or self._accepted else []

    @override
    def failures(self) -> list[Harm]:
        before, self._before = self._before, self._moment()
        if self._stands and self._before.services != before.services:
            raise ServicesChange
        found, self.found = self.found, []
        for write, operation, late in self._happened():
            step = Landed(write, before, self._before, late=late)
            found += harms_of_a_write(step, operation, self.world.store.fence)
        for actor, operations in self._operations.items():
            for operation in operations:
                found += self._of(operation)
            if not actor.turns and any(not one.told for one in operations):
                found.append(bug("waits for what is no call of the engine"))
        return found

    def _happened(self) -> list[tuple[Write, Operation, bool]]:
        """The writes that the last step did: what was accepted happens at its own time."""
        landed, self.landed = self.landed, []
        earlier, self._waiting = self._waiting, self.world.store.backlog.waiting
        new = [one for one in self._waiting if all(one is not other for other in earlier)]
        if new:
            # One write is sent in one step.
            self._accepted += zip(new, landed, strict=False)
            landed = []
        done = [pair for pair in self._accepted if _is_gone(pair[0], self._waiting)]
        self._accepted = [pair for pair in self._accepted if not _is_gone(pair[0], self._waiting)]
        return [*(sent for _, sent in done), *landed]

    def _of(self, operation: Operation) -> list[Harm]:
        """What is wrong with how it ended, or a verb that it called; each is told once."""
        found: list[Harm] = []
        verbs, operation.verbs = operation.verbs, []
        if operation.ending is not None and not operation.told:
            operation.told = True
            self._to_come -= 1
            self._endings.add(word_for(operation.ending))
            found += harms_of_a_crash(operation)
            if operation.is_ours and not operation.diary.places(Did.BEGAN):
                verbs = [(len(operation.diary.pages), operation.ending)]
        for last, ending in verbs:
            found += harms_of_a_verb(operation, last, ending, self._before)
        return found


def _told(part: Part) -> tuple[Hashable, ...]:
    own = (part.act, part.is_ours, part.times, part.policy, part.loop)
    return (*own, part.reads_only, part.forces, part.raises)


def _is_gone(accepted: Accepted, waiting: tuple[Accepted, ...]) -> bool:
    return all(accepted is not one for one in waiting)
