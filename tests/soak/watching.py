"""
Between an operation and the engine: what it asked and sent, and what of that reached the engine.

    operation -> outer -> faults -> inner -> engine -> backlog

The outer side writes the diary of the operation: what it sent and what it was told, true or not.
The inner side tells whose a write is that reaches the engine, also when it comes late or twice.
What the write then does is seen where the engine does it, which may be later still.
"""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from random import Random
from typing import Any, cast

import attrs
from typing_extensions import override

from tests.soak.acts import Act
from tests.soak.diary import Diary, Did, Write
from wfadmin.adapters.audit_memory import MemoryAuditLog
from wfadmin.adapters.evidence_memory import MemoryEvidence
from wfadmin.adapters.memory import Point, World
from wfadmin.adapters.memory.backlog import Backlog
from wfadmin.adapters.memory.effects import Register
from wfadmin.adapters.memory.profile import Effect
from wfadmin.domain.errors import (
    AuditUnavailable,
    EngineRejected,
    EngineUnreachable,
    EvidenceUnavailable,
    NotSupported,
)
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import Invocation, KeyedState
from wfadmin.domain.plan import Action
from wfadmin.domain.recovery import KeyReading
from wfadmin.ports.audit import AuditRecord
from wfadmin.ports.clock import Clock
from wfadmin.ports.engine import Engine
from wfadmin.ports.wrapping import PortCall, Proceed, wrapped
from wfadmin.testing.faults import Faults, Kind, Struck

PAGES = {Point.FOR_KEY: Did.LOOKED, Point.READ_STATE: Did.READ_STATE}
# Half of the answers take a moment, in which others act.
_AT_ONCE, _LONGEST = 0.5, 0.04
_ILL, _AMBUSHED, _PARK_AMBUSHED, _LOOK_AMBUSHED = 0.01, 0.25, 0.6, 0.04
_LOOKS = 9


@attrs.define(eq=False)
class Operation:
    """
    One call of a verb, and all that is known of it.

    Attributes:
        actor: The name in the records; no two operations share one.
        stale: The pages of the diary on which the network gave an old answer.
        unsent: The writes that never left.
        lost: The writes that left, and that the engine did not say yes to.
        seen_at: How often the engine had changed at the last look that reached it.
        ending: A value, an error, or None where the call was cancelled.
    """

    actor: str
    act: Act
    diary: Diary = attrs.field(factory=Diary)
    stale: set[int] = attrs.field(factory=set[int])
    unsent: list[Write] = attrs.field(factory=list[Write])
    lost: set[Write] = attrs.field(factory=set[Write])
    seen_at: int = -1
    ending: object = None
    has_ended: bool = False

    def note(self, did: Did, what: Any = None, *, is_stale: bool = False) -> None:  # noqa: ANN401
        """Write a page of the diary."""
        if is_stale:
            self.stale.add(len(self.diary.pages))
        self.diary.pages.append((did, what))

    def answers(self, point: Point) -> list[Any]:
        """What a question other than for the runs or the state of a key was answered with."""
        asked = (what for did, what in self.diary.pages if did is Did.ASKED)
        return [answer for where, answer in asked if where is point]

    @property
    def left(self) -> list[Write]:
        """The writes that left."""
        return [one for one in self.diary.writes if one not in self.unsent]


@attrs.frozen
class Picture:
    """All that the engine holds at one moment."""

    runs: dict[str, Invocation]
    stored: frozenset[WorkflowKey]


@attrs.frozen
class Done:
    """What a write of an operation did, when the engine did it."""

    operation: Operation
    write: Write
    key: WorkflowKey | None
    before: Picture
    after: Picture
    is_late: bool


Judge = Callable[[Done], object]


@attrs.frozen
class TwoFaults:
    """Faults of reads and faults of writes: each with a rate of its own."""

    reads: Faults
    writes: Faults

    def over(self, engine: Engine) -> Engine:
        """Give `engine` with both."""
        return self.writes.over(self.reads.over(engine))

    async def settle(self) -> None:
        """Let everything happen now that is still late."""
        await self.writes.settle()

    @property
    def struck(self) -> tuple[Struck, ...]:
        """What struck, in order of time."""
        both = (*self.reads.struck, *self.writes.struck)
        return tuple(sorted(both, key=lambda one: one.at))


@attrs.define(eq=False)
class Watch:
    """
    The watch over one world.

    Attributes:
        changes: How often anybody changed anything.
        judge: Is told everything that a write did.
    """

    world: World
    faults: TwoFaults
    draw: Random
    judge: Judge
    ambush: Callable[[WorkflowKey, Action | None], object]
    changes: int = 0
    _senders: dict[PortCall, Operation] = attrs.field(factory=dict, init=False)
    _landing: tuple[Operation, PortCall] | None = attrs.field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        store = self.world.store
        store.backlog = _WatchedBacklog(self, store.backlog)

    def over(self, operation: Operation, *, faults: bool = True) -> Engine:
        """Give the engine as one operation has it."""
        inner = wrapped(self.world.engine, self._inner(operation))
        whole = self.faults.over(inner) if faults else inner
        return wrapped(whole, self._outer(operation, disturbed=faults))

    def picture(self) -> Picture:
        """Take a picture of the engine."""
        store = self.world.store
        runs = {one.id: one for one in store.runs}
        return Picture(runs, frozenset(key for key in store._state if store.state_of(key)))

    # --- the sides -----------------------------------------------------------------------------

    def _outer(self, operation: Operation, *, disturbed: bool) -> Any:  # noqa: ANN401
        faults = self.faults.reads

        async def around(call: PortCall, proceed: Proceed) -> Any:  # noqa: ANN401 - any answer
            await self._travels(disturbed)
            if call.point.is_write:
                return await self._sends(operation, call, proceed, disturbed=disturbed)
            if disturbed and call.point is Point.FOR_KEY:
                self._meets_a_look(operation, cast("WorkflowKey", call.arguments[0]))
            before = len(faults.struck)
            answer = await proceed()
            # What strikes a call is counted before anything is awaited: this one is ours.
            struck = faults.struck[before : before + 1] if disturbed else ()
            is_stale = any((one.point, one.kind) == (call.point, Kind.STALE) for one in struck)
            if call.point is not Point.HISTORY:
                await self._travels(disturbed)
            page = PAGES.get(call.point)
            what = answer if page is not None else (call.point, answer)
            operation.note(page or Did.ASKED, what, is_stale=is_stale)
            return answer

        return around

    def _meets_a_look(self, operation: Operation, key: WorkflowKey) -> None:
        """Let something happen between two looks: often where a write has been sent."""
        often = _AMBUSHED if operation.diary.writes else _LOOK_AMBUSHED
        # As often as they are, many looks at one effect would let everything happen.
        looks = len(operation.diary.places(Did.LOOKED))
        if looks < _LOOKS and self.draw.random() < often:
            self.ambush(key, None)

    async def _sends(
        self, operation: Operation, call: PortCall, proceed: Proceed, *, disturbed: bool
    ) -> Any:  # noqa: ANN401 - any answer
        write, key = write_of(call), key_of(call)
        operation.note(Did.SENT, write)
        self._senders[call] = operation
        often = _PARK_AMBUSHED if write.action is Action.PAUSE else _AMBUSHED
        if disturbed and key is not None and self.draw.random() < often:
            self.ambush(key, write.action)
        try:
            answer = await proceed()
            await self._travels(disturbed)
        except (EngineUnreachable, NotSupported):
            operation.unsent.append(write)
            raise
        except BaseException as error:
            operation.lost.add(write)
            operation.note(Did.LOST, refusal(error))
            raise
        operation.note(Did.HEARD, answer)
        return answer

    def _inner(self, operation: Operation) -> Any:  # noqa: ANN401 - see wrapped
        async def around(call: PortCall, proceed: Proceed) -> Any:  # noqa: ANN401 - any answer
            if not call.point.is_write:
                operation.seen_at = self.changes
                return await proceed()
            # The engine in memory answers without giving way: nobody else lands meanwhile.
            self._landing = (self._senders.get(call, operation), call)
            try:
                return await proceed()
            finally:
                self._landing = None

        return around

    async def _travels(self, disturbed: bool) -> None:  # noqa: FBT001 - private
        if disturbed and self.draw.random() >= _AT_ONCE:
            await asyncio.sleep(self.draw.uniform(0, _LONGEST))

    # --- what happens --------------------------------------------------------------------------

    def accepted(self, effect: Effect) -> Effect:
        """Give what is to happen in place of an effect, so that it is seen."""
        if isinstance(effect, Register):
            # It is looked for among what waits: it stays what it is.
            self.changes += 1
            return effect
        if self._landing is None:
            return effect
        operation, call = self._landing
        return _Seen(self, effect, operation, call)

    def happens(self, effect: Effect, operation: Operation, call: PortCall) -> None:
        """Let a write of an operation happen, and tell the judge what it did."""
        landing, self._landing = self._landing, None
        write, before = write_of(call), self.picture()
        is_late = operation.has_ended or write in operation.lost
        effect()
        self._landing = landing
        self.changes += 1
        done = Done(operation, write, key_of(call), before, self.picture(), is_late)
        self.judge(done)


@attrs.frozen
class _Seen:
    _watch: Watch
    _effect: Effect
    _operation: Operation
    _call: PortCall

    def __call__(self) -> None:
        self._watch.happens(self._effect, self._operation, self._call)


class _WatchedBacklog(Backlog):
    """What the engine accepted, each effect seen when it happens."""

    def __init__(self, watch: Watch, before: Backlog) -> None:
        super().__init__(watch.world.clock, before.delay)
        self._watch = watch

    @override
    def accept(self, effect: Effect) -> None:
        super().accept(self._watch.accepted(effect))


_ACTIONS = {
    Point.REGISTER: Action.REGISTER,
    Point.REMOVE: Action.REMOVE,
    Point.CLEAR_STATE: Action.CLEAR_STATE,
}


def refusal(error: BaseException) -> EngineRejected | None:
    """The error itself where it says that the engine declined; of any other nobody knows."""
    if isinstance(error, EngineRejected) and error.http_status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return error
    return None


def write_of(call: PortCall) -> Write:
    """Name a call that writes, as diaries do."""
    action = _ACTIONS.get(call.point)
    subject: Any = call.arguments[0]
    if action is None:
        return Write(
            Action(call.point.value.partition(".")[2]), subject.ref.id, subject.ref.incarnation
        )
    target = subject.service_key if action is Action.CLEAR_STATE else str(subject)
    return Write(action, target, None)


def key_of(call: PortCall) -> WorkflowKey | None:
    """The key that a write is about; None for one about a deployment."""
    subject: Any = call.arguments[0]
    if call.point in (Point.REGISTER, Point.REMOVE):
        return None
    found: WorkflowKey | None = subject if call.point is Point.CLEAR_STATE else subject.ref.key
    return found


class Records(MemoryAuditLog):
    """The audit log that all operators share. Now and then it is ill, until it is mended."""

    def __init__(self, clock: Clock, draw: Random) -> None:
        super().__init__(clock=clock)
        self._draw: Random | None = draw
        self.operations: dict[str, Operation] = {}
        #: Whose records were not stored.
        self.refused: set[str] = set()

    def of(self, operation: Operation) -> list[AuditRecord]:
        """Give the records of one operation."""
        return [one for one in self.records if one.actor == operation.actor]

    def mend(self) -> None:
        """Let it never be ill again."""
        self._draw = None

    @override
    async def intent(self, record: AuditRecord) -> None:
        await self._store(super().intent, record)
        self.operations[record.actor].note(Did.INTENDED)

    @override
    async def outcome(self, record: AuditRecord) -> None:
        await self._store(super().outcome, record)
        self.operations[record.actor].note(Did.ENDED)

    @override
    async def note(self, record: AuditRecord) -> None:
        await self._store(super().note, record)
        self.operations[record.actor].note(Did.NOTED)

    async def _store(self, store: Callable[[AuditRecord], Any], record: AuditRecord) -> None:
        if self._draw is not None and self._draw.random() < _ILL:
            self.refused.add(record.actor)
            raise AuditUnavailable("No space left on device")
        await store(record)


class Saved(MemoryEvidence):
    """The evidence of one operation, in a store that is ill now and then; not without a `draw`."""

    def __init__(self, operation: Operation, draw: Random | None) -> None:
        super().__init__()
        self._operation = operation
        self._draw = draw

    @override
    async def save(
        self, reading: KeyReading, state: KeyedState | None, *, operation_id: str
    ) -> str:
        if self._draw is not None and self._draw.random() < _ILL:
            raise EvidenceUnavailable("No space left on device")
        where = await super().save(reading, state, operation_id=operation_id)
        self._operation.note(Did.SAVED)
        return where
