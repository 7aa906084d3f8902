"""The stage: an engine in memory, operations on one key of it, and everybody else who acts."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from datetime import timedelta
from enum import StrEnum
from itertools import count

import attrs
from typing_extensions import override

from tests.explore.desk import Carry, Desk, lost
from tests.explore.diary import Diary, Did, Write
from tests.explore.harm import (
    SHARED,
    Harm,
    Landed,
    Moment,
    harms_at_the_end,
    harms_of_a_write,
    harms_of_sending,
)
from tests.explore.hosting import OneByOne, TurnClock
from tests.explore.schedule import Scene, Turn
from wfadmin.adapters.audit_memory import MemoryAuditLog
from wfadmin.adapters.evidence_memory import MemoryEvidence
from wfadmin.adapters.lease_memory import MemoryLease
from wfadmin.adapters.memory import Key, World
from wfadmin.domain.capabilities import Fence
from wfadmin.domain.error import WfadminError
from wfadmin.domain.model import Invocation, InvocationStatus, KeyedState
from wfadmin.domain.policy import RecoveryPolicy
from wfadmin.domain.recovery import KeyReading
from wfadmin.domain.results import RecoverResult
from wfadmin.operations.host import Host
from wfadmin.operations.recover import Recover
from wfadmin.operations.repair import carry_out
from wfadmin.ports.audit import AuditRecord
from wfadmin.ports.ids import Ids
from wfadmin.ports.observer import Observer

_DAY = timedelta(days=1)
# Two looks at an effect: one at once, and one after a pause. More would be more of the same.
_SETTLE = timedelta(milliseconds=20)


class Loss(StrEnum):
    """What becomes of a write of which no answer comes."""

    DONE = "loses the next answer"
    NEVER = "loses the next write"
    LATER = "holds the next write back"


@attrs.define(eq=False)
class Operation:
    """One recovery: what it learned, and how it ended."""

    diary: Diary
    ending: object = None
    told: bool = False


class Stage(Scene[Harm]):
    """
    One key of an engine; each method lets somebody act on it.

    Args:
        place: Puts the key into its first state.
        endings: Gets a word for how each operation ended.
    """

    def __init__(self, place: Callable[[Key], object], fence: Fence, endings: set[str]) -> None:
        super().__init__()
        self._endings = endings
        self.world = World(fence=fence)
        self.key = self.world.workflow("Order").key("o-1")
        self.key.shared(SHARED)
        place(self.key)
        self.store = self.world.store
        self.main_id = self.store.id_for(self.key.call)
        self._lease: MemoryLease | None = None
        self._operations: list[Operation] = []
        self._to_come = 0
        self._late = 0
        self._armed: Loss | None = None
        # What the step under way did, to be judged after it.
        self._landed: list[tuple[Write, Diary, bool]] = []
        self._found: list[Harm] = []
        self._before = self._moment()

    # --- who acts ------------------------------------------------------------------------------

    def share_a_lease(self) -> None:
        """From now on all operators have the same lease."""
        self._lease = MemoryLease()

    def operator(
        self,
        policy: RecoveryPolicy | None = None,
        *,
        pausable: frozenset[InvocationStatus] = frozenset(),
        kind: type[Recover] = Recover,
        times: int = 1,
    ) -> None:
        """Somebody recovers the key; with a lease of his own, unless the stage has one."""
        number = sum(one.name.startswith("operator") for one in self.actors) + 1
        name = f"operator {number}"
        self._to_come += times
        diaries = [Diary() for _ in range(times)]

        async def act() -> None:
            for diary in diaries:
                if self._lease is not None:
                    await Turn("takes the lease")
                operation = Operation(diary)
                self._operations.append(operation)
                desk = Desk(self.store, diary, pausable, self._carry(diary), self._answer)
                host = self._host(diary)
                recover = kind(desk, host, self.key.workflow_key, policy or host.policy)
                try:
                    operation.ending = await carry_out(desk, host, recover)
                except Exception as error:  # noqa: BLE001 - judged by the checks
                    operation.ending = error

        same = (policy, pausable, kind)
        self.enter(name, act(), lambda: (same, *(one.knows for one in diaries)))

    def client(self, times: int = 1) -> None:
        """Somebody submits the key whenever it is free."""

        async def act() -> None:
            for left in range(times, 0, -1):
                await Turn(f"submits the key ({left} left)", lambda: self._main() is None)
                self.key.submit()

        self.enter("client", act())

    def caller(self) -> None:
        """Somebody calls a shared handler, which does not end."""

        async def act() -> None:
            await Turn("calls a shared handler")
            call = self.store.submit(self.key.workflow_key, handler=SHARED)
            assert call.invocation_id is not None
            self.store.progress(call.invocation_id)

        self.enter("caller", act())

    def engine(self) -> None:
        """The engine gets on with the run whenever it can, to a success."""

        async def act() -> None:
            while True:
                await Turn("gets on with the run", self._can_get_on)
                self._get_on()

        self.enter("engine", act())

    def tool(self, *commands: str) -> None:
        """The vendor's tool sends a `kill` or a `purge` by id, each when it can have an effect."""
        for command in commands:
            self.enter(f"tool that {command}s", self._use_tool(command))

    async def _use_tool(self, command: str) -> None:
        ended = command == "purge"
        await Turn(command, lambda: (run := self._main()) is not None and run.is_completed is ended)
        getattr(self.store, command)(self.main_id)

    def retention(self) -> None:
        """A day passes, in which what has ended expires."""

        async def act() -> None:
            await Turn("expires what has ended", self._has_ended)
            self.world.advance(_DAY)

        self.enter("retention", act())

    def network(self, loss: Loss) -> None:
        """From some moment on one write, or its answer, is lost."""

        async def act() -> None:
            await Turn(loss.value)
            self._armed = loss

        self.enter("network", act())

    # --- the run -------------------------------------------------------------------------------

    def _main(self) -> Invocation | None:
        return self.store.find(self.main_id)

    def _has_ended(self) -> bool:
        run = self._main()
        return run is not None and run.is_completed

    def _can_get_on(self) -> bool:
        run = self._main()
        return run is not None and run.status in _GETS_ON

    def _get_on(self) -> None:
        run = self._main()
        assert run is not None
        if run.status is InvocationStatus.RUNNING:
            self.store.succeed(run.id)
            return
        if run.status is InvocationStatus.READY:
            self.key.state({"stage": b"new"})
        self.store.progress(run.id)
        if run.status is InvocationStatus.BACKING_OFF:
            self.store.progress(run.id)

    # --- the network ---------------------------------------------------------------------------

    def _carry(self, diary: Diary) -> Carry:
        def carry(write: Write, arrive: Callable[[], object]) -> None:
            self._found.extend(harms_of_sending(diary, write))
            if self._armed not in (Loss.NEVER, Loss.LATER):
                self._landed.append((write, diary, False))
                return
            if self._armed is Loss.LATER:
                self._hold_back(write, diary, arrive)
            self._armed = None
            raise lost(write)

        return carry

    def _hold_back(self, write: Write, diary: Diary, arrive: Callable[[], object]) -> None:
        async def deliver() -> None:
            await Turn(f"delivers the {write.action.value}")
            self._landed.append((write, diary, True))
            self._late -= 1
            arrive()

        learned = diary.knows
        self._late += 1
        self.enter("network, late", deliver(), lambda: learned)

    def _answer(self, write: Write) -> None:
        if self._armed is Loss.DONE:
            self._armed = None
            raise lost(write)

    # --- the host ------------------------------------------------------------------------------

    def _host(self, diary: Diary) -> Host:
        return Host(
            clock=TurnClock(self.world.clock, diary.tell_time),
            tasks=OneByOne(),
            ids=_Ids(count(1)),
            audit=_Audit(diary),
            lease=self._lease or MemoryLease(),
            evidence=_Evidence(diary),
            observer=_Nobody(),
            settle=_SETTLE,
        )

    # --- what is judged ------------------------------------------------------------------------

    def _moment(self) -> Moment:
        main = self._main()
        shared = tuple(one for one in self.store.runs if one.id != self.main_id)
        return Moment(main, shared, bool(self.store.state_of(self.key.workflow_key)))

    @override
    def state(self) -> Hashable:
        return (self.store.fingerprint(), self.world.clock.monotonic(), self._armed)

    @override
    def ready(self) -> list[int]:
        # Only what operations do is judged.
        return super().ready() if self._to_come or self._late else []

    @override
    def failures(self) -> list[Harm]:
        before, self._before = self._before, self._moment()
        found, self._found = self._found, []
        landed, self._landed = self._landed, []
        for write, diary, late in landed:
            step = Landed(write, before, self._before, late=late)
            found += harms_of_a_write(step, diary, self.store.fence)
        for operation in self._operations:
            if operation.ending is not None and not operation.told:
                operation.told = True
                self._to_come -= 1
                self._endings.add(_word_for(operation.ending))
                found += harms_at_the_end(operation.ending, operation.diary, self._before)
        return found


def _word_for(ending: object) -> str:
    if isinstance(ending, RecoverResult):
        return str(ending.state)
    return ending.code if isinstance(ending, WfadminError) else type(ending).__name__


_GETS_ON = (InvocationStatus.READY, InvocationStatus.RUNNING, InvocationStatus.BACKING_OFF)


@attrs.frozen
class _Ids(Ids):
    _numbers: Iterator[int]

    @override
    def fresh(self) -> str:
        return f"op_{next(self._numbers)}"


class _Evidence(MemoryEvidence):
    """Evidence of which only a note in the diary is kept."""

    def __init__(self, diary: Diary) -> None:
        super().__init__()
        self._diary = diary

    @override
    async def save(
        self, reading: KeyReading, state: KeyedState | None, *, operation_id: str
    ) -> str:
        self._diary.add(Did.SAVED)
        return operation_id


class _Audit(MemoryAuditLog):
    """An audit log of which only notes in the diary are kept."""

    def __init__(self, diary: Diary) -> None:
        super().__init__()
        self._diary = diary

    @override
    async def intent(self, record: AuditRecord) -> None:
        self._diary.add(Did.INTENDED)

    @override
    async def outcome(self, record: AuditRecord) -> None:
        self._diary.add(Did.ENDED)

    @override
    async def note(self, record: AuditRecord) -> None:
        self._diary.add(Did.NOTED)


class _Nobody(Observer):
    @override
    def event(self, name: str, fields: Mapping[str, object]) -> None:
        """Tell nobody."""
