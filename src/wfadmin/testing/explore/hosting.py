"""What an operation gets from its host while every order is played: all of it in its diary."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime, timedelta
from itertools import count
from typing import TypeVar

import attrs
from typing_extensions import override

from wfadmin.adapters.audit_memory import MemoryAuditLog
from wfadmin.adapters.evidence_memory import MemoryEvidence
from wfadmin.adapters.lease_memory import MemoryLease
from wfadmin.adapters.memory import VirtualClock
from wfadmin.domain.errors import LeaseHeld
from wfadmin.domain.finding import OpenIntent
from wfadmin.domain.model import KeyedState
from wfadmin.domain.policy import RecoveryPolicy
from wfadmin.domain.recovery import KeyReading
from wfadmin.operations.host import Host
from wfadmin.ports.audit import AuditLog, AuditRecord
from wfadmin.ports.clock import Clock
from wfadmin.ports.ids import Ids
from wfadmin.ports.lease import OperatorLease
from wfadmin.ports.observer import Observer
from wfadmin.ports.tasks import Call, TaskRunner
from wfadmin.testing.explore.diary import Diary, Did

__all__ = ["host_of"]

_T = TypeVar("_T")
# Two looks at an effect: one at once, and one after a pause. More would be more of the same.
_SETTLE = timedelta(milliseconds=20)


def host_of(  # noqa: PLR0913 - what an operator gets, by name
    diary: Diary,
    clock: VirtualClock,
    wait: Callable[[str], Awaitable[None]],
    *,
    lease: MemoryLease | None,
    records: MemoryAuditLog,
    policy: RecoveryPolicy,
) -> Host:
    """
    A host without an event loop.

    Args:
        wait: Waits for the turn to do what is said.
        lease: That all operators share; None: one of its own, which nobody else asks for.
        records: What the same operator did before, and does now.
    """
    return Host(
        clock=_TurnClock(clock, diary.tell_time, wait),
        tasks=_OneByOne(),
        ids=_Ids(records),
        audit=_Audit(diary, records),
        lease=_Lease(diary, wait, MemoryLease() if lease is None else lease, lease is not None),
        evidence=_Evidence(diary),
        observer=_Nobody(),
        settle=_SETTLE,
        policy=policy,
    )


@attrs.frozen
class _OneByOne(TaskRunner):
    """Runs calls one after the other, as long as they take."""

    @override
    async def gather(self, calls: Sequence[Call], *, timeout: timedelta) -> tuple[object, ...]:
        return tuple([await _value_or_error(call) for call in calls])

    @override
    async def shielded(self, call: Callable[[], Awaitable[_T]], *, timeout: timedelta) -> _T:
        return await call()


async def _value_or_error(call: Call) -> object:
    try:
        return await call()
    except Exception as error:  # noqa: BLE001 - handed to whoever asked
        return error


@attrs.frozen(eq=False)
class _TurnClock(Clock):
    """A clock that all share. A sleeper wakes at its turn: then it is at least that late."""

    _shared: VirtualClock
    _tell: Callable[[timedelta], None]
    _wait: Callable[[str], Awaitable[None]]

    @override
    def now(self) -> datetime:
        self._tell(self._shared.monotonic())
        return self._shared.now()

    @override
    def monotonic(self) -> timedelta:
        self._tell(self._shared.monotonic())
        return self._shared.monotonic()

    @override
    async def sleep(self, duration: timedelta) -> None:
        wakes = self._shared.monotonic() + duration
        await self._wait("sleeps")
        self._shared.advance(max(wakes - self._shared.monotonic(), timedelta(0)))


@attrs.frozen(eq=False)
class _Ids(Ids):
    _records: MemoryAuditLog
    _numbers: Iterator[int] = attrs.field(factory=lambda: count(1))

    @override
    def fresh(self) -> str:
        # Unlike every one on record.
        return f"op_{len(self._records.records)}_{next(self._numbers)}"


@attrs.frozen(eq=False)
class _Lease(OperatorLease):
    _diary: Diary
    _wait: Callable[[str], Awaitable[None]]
    _lease: MemoryLease
    _is_shared: bool

    @override
    def hold(self, scope: str) -> AbstractAsyncContextManager[None]:
        return self._hold(scope)

    @asynccontextmanager
    async def _hold(self, scope: str) -> AsyncIterator[None]:
        if self._is_shared:
            await self._wait("takes the lease")
        try:
            async with self._lease.hold(scope):
                self._diary.add(Did.LEASED, scope)
                self._diary.holds_lease = True
                yield
        except LeaseHeld:
            self._diary.add(Did.LEASED)
            raise
        finally:
            self._diary.holds_lease = False


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


@attrs.frozen(eq=False)
class _Audit(AuditLog):
    """The log of one operator, with a note of each record in the diary."""

    _diary: Diary
    _records: MemoryAuditLog

    @override
    async def intent(self, record: AuditRecord) -> None:
        self._diary.add(Did.INTENDED)
        await self._records.intent(record)

    @override
    async def outcome(self, record: AuditRecord) -> None:
        self._diary.add(Did.ENDED, record.error)
        await self._records.outcome(record)

    @override
    async def note(self, record: AuditRecord) -> None:
        self._diary.add(Did.NOTED)
        await self._records.note(record)

    @override
    async def open_intents(self, engine: str) -> tuple[OpenIntent, ...]:
        return await self._records.open_intents(engine)


class _Nobody(Observer):
    @override
    def event(self, name: str, fields: Mapping[str, object]) -> None:
        """Tell nobody."""
