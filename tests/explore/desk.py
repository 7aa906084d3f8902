"""The engine as one operation sees it: a turn before every call, and all of it in a diary."""

from collections.abc import Awaitable, Callable, Hashable
from typing import Any

import attrs

from tests.explore.diary import Diary, Did, Write
from tests.explore.schedule import Turn
from wfadmin.adapters.memory import MemoryEngine, Point, Points, Store
from wfadmin.domain.capabilities import EngineFacts
from wfadmin.domain.commands import Command, command_name
from wfadmin.domain.errors import OutcomeUnknown, WfadminError
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import InvocationStatus
from wfadmin.domain.plan import Action
from wfadmin.ports.engine import Engine

# What nobody on the stage changes: asking for it commutes with everything.
_STANDS = frozenset({Point.FACTS, Point.LIST_SERVICES})

#: Takes a write on its way, with what it does when it arrives. May lose it, or hold it back.
Carry = Callable[[Write, Callable[[], object]], None]


@attrs.frozen(eq=False)
class Watched:
    """Any port: what its methods answer is written down under `did`."""

    _port: Any
    _diary: Diary
    _did: Did

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        async def call(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - any port
            answer = await getattr(self._port, name)(*args, **kwargs)
            self._diary.add(self._did, answer)
            return answer

        return call


@attrs.define(eq=False)
class Desk(Engine):
    """
    The engine in memory, for one operation.

    Attributes:
        pausable: The statuses in which this engine declares that a pause lands.
        carry: What the network does with a write when it is on its way.
        after: What it does with the answer.
    """

    store: Store
    diary: Diary
    pausable: frozenset[InvocationStatus]
    carry: Carry
    after: Callable[[Write], None]
    _engine: MemoryEngine = attrs.field(init=False)
    _on_its_way: tuple[Write, Callable[[], object]] | None = None

    name = "memory"
    address = "memory"
    deployments = listing = history = None

    def __attrs_post_init__(self) -> None:
        self._engine = MemoryEngine(self.store, Points(self._come_by))

    async def _come_by(self, point: Point) -> None:
        if point not in _STANDS:
            await Turn(point.value)
        if point.is_write and self._on_its_way is not None:
            self.carry(*self._on_its_way)

    @property
    def admin(self) -> Any:  # noqa: ANN401 - as the port
        return Watched(self._engine.admin, self.diary, Did.ASKED)

    @property
    def invocations(self) -> Any:  # noqa: ANN401 - as the port
        return _Runs(self._engine.invocations, self.diary)

    @property
    def control(self) -> Any:  # noqa: ANN401 - as the port
        return _Control(self)

    @property
    def state(self) -> Any:  # noqa: ANN401 - as the port
        return _State(self)

    async def facts(self) -> EngineFacts:
        facts = await self._engine.facts()
        declared = attrs.evolve(facts.capabilities, pausable=self.pausable)
        return attrs.evolve(facts, capabilities=declared)

    async def aclose(self) -> None:
        await self._engine.aclose()

    async def send(
        self,
        write: Write,
        perform: Callable[[], Awaitable[Hashable]],
        arrive: Callable[[], object],
    ) -> Any:  # noqa: ANN401 - what the engine answers
        """Send a write over the network, and write down what is heard of it."""
        self.diary.add(Did.SENT, write)
        self._on_its_way = (write, arrive)
        try:
            answer = await perform()
            self.after(write)
        except WfadminError as error:
            self.diary.add(Did.HEARD, error.code)
            raise
        self.diary.add(Did.HEARD, answer)
        return answer


@attrs.frozen(eq=False)
class _Runs:
    """Runs: a look at the whole key is told apart from other questions."""

    _port: Any
    _diary: Diary

    async def for_key(self, key: WorkflowKey) -> Any:  # noqa: ANN401 - as the port
        return await Watched(self._port, self._diary, Did.LOOKED).for_key(key)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the port
        return getattr(Watched(self._port, self._diary, Did.ASKED), name)


@attrs.frozen(eq=False)
class _Control:
    _desk: Desk

    async def perform(self, command: Command) -> Any:  # noqa: ANN401 - as the port
        desk, ref = self._desk, command.ref
        write = Write(Action(command_name(command).value), ref.id, ref.incarnation)
        return await desk.send(
            write,
            lambda: desk._engine.control.perform(command),
            lambda: desk.store.perform(command),
        )


@attrs.frozen(eq=False)
class _State:
    _desk: Desk

    async def read(self, key: WorkflowKey, *, values: bool) -> Any:  # noqa: ANN401 - as the port
        port = Watched(self._desk._engine.state, self._desk.diary, Did.READ_STATE)
        return await port.read(key, values=values)

    async def clear(self, key: WorkflowKey, *, expected_version: str) -> Any:  # noqa: ANN401
        desk = self._desk
        return await desk.send(
            Write(Action.CLEAR_STATE, key.service_key, None),
            lambda: desk._engine.state.clear(key, expected_version=expected_version),
            lambda: desk.store.clear(key, expected_version),
        )


def lost(write: Write) -> OutcomeUnknown:
    """What a port raises for a write whose answer is lost."""
    return OutcomeUnknown(write.action.value, write.target, "the answer was lost")
