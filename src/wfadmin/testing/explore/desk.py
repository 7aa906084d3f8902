"""The engine as one operation sees it: a turn before every call, and all of it in a diary."""

from abc import abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from typing import Any

import attrs

from wfadmin.adapters.memory import Point, World
from wfadmin.adapters.memory.effects import register
from wfadmin.adapters.memory.store import Store
from wfadmin.domain.commands import Command, Resume, command_name
from wfadmin.domain.errors import WfadminError
from wfadmin.domain.keys import InvocationRef, WorkflowKey
from wfadmin.domain.plan import Action
from wfadmin.ports.engine import Engine
from wfadmin.ports.history import HistoryEntry
from wfadmin.ports.wrapping import PortCall, Proceed, wrapped
from wfadmin.testing.explore.diary import Diary, Did, Look, Write
from wfadmin.testing.explore.moment import Moment

__all__ = ["Desk", "Network", "desk"]

# What nobody changes unless something else happens: asking for it commutes with everything.
_STANDS = frozenset({Point.FACTS, Point.LIST_SERVICES})

_PAGES = {
    Point.READ_STATE: Did.READ_STATE,
    Point.LIST_DEPLOYMENTS: Did.LISTED,
    Point.LIST_SERVICES: Did.LISTED_SERVICES,
    Point.USAGE: Did.ASKED_USAGE,
}


class Network:
    """What becomes of calls on their way, and how the engine is."""

    @abstractmethod
    def meet(self) -> None:
        """Let a question or a write find the engine; raises what it meets instead."""

    @abstractmethod
    def carry(self, write: Write, diary: Diary, arrive: Callable[[], object]) -> None:
        """
        Let a write through: it arrives after this.

        Args:
            write: What was sent.
            diary: Of the operation that sent it.
            arrive: Lets it arrive, for a write that is to arrive later.

        Raises:
            WfadminError: It does not arrive now.
        """

    @abstractmethod
    def answer(self, write: Write) -> None:
        """Let the answer to a write through; raises what is heard instead."""

    @abstractmethod
    def moment(self) -> Moment:
        """The engine as it really is now."""


@attrs.frozen(eq=False)
class Desk:
    """
    Everything that an operation does to the engine comes by here.

    Attributes:
        wait: Waits for the turn to do what is said.
        stands: What is never changed on this stage, so that nobody waits for a turn to ask it.
    """

    world: World
    diary: Diary
    network: Network
    wait: Callable[[str], Awaitable[None]]
    stands: frozenset[Point]

    async def around(self, call: PortCall, proceed: Proceed) -> Any:  # noqa: ANN401 - of any port
        """See `Around`."""
        if call.point not in self.stands:
            await self.wait(_label(call))
        try:
            self.network.meet()
        except WfadminError as error:
            self.diary.add(Did.MISSED, error.code)
            raise
        return await (self._send if call.point.is_write else self._ask)(call, proceed)

    async def _ask(self, call: PortCall, proceed: Proceed) -> Any:  # noqa: ANN401 - of any port
        try:
            answer = await proceed()
            if call.point is Point.HISTORY:
                answer = tuple([one async for one in answer])
        except WfadminError as error:
            self.diary.add(Did.ASKED, error.code)
            raise
        did, what = self._heard(call, answer)
        self.diary.add(did, what, self.network.moment())
        return _again(answer) if call.point is Point.HISTORY else answer

    def _heard(self, call: PortCall, answer: Any) -> tuple[Did, Hashable]:  # noqa: ANN401 - any port
        now = self.world.clock.now()
        if call.point is Point.FOR_KEY:
            key: Any = call.arguments[0]
            return Did.LOOKED, Look(key, answer, is_whole=True, at=now)
        if call.point is Point.GET:
            ref: Any = call.arguments[0]
            runs = () if answer is None else (answer,)
            return Did.LOOKED, Look(ref.key, runs, is_whole=False, at=now)
        return _PAGES.get(call.point, Did.ASKED), _hashable(answer)

    async def _send(self, call: PortCall, proceed: Proceed) -> Any:  # noqa: ANN401 - of any port
        write = _write_of(call)
        self.diary.add(Did.SENT, write)
        try:
            self.network.carry(write, self.diary, lambda: _arrive(self.world.store, call))
            answer = await proceed()
            self.network.answer(write)
        except WfadminError as error:
            self.diary.add(Did.HEARD, error.code)
            raise
        self.diary.add(Did.HEARD, _hashable(answer))
        return answer


def desk(
    world: World,
    diary: Diary,
    network: Network,
    wait: Callable[[str], Awaitable[None]],
    *,
    stands: bool,
) -> Engine:
    """
    The engine of `world`, as one operation sees it.

    Args:
        stands: Whether nobody changes its services, and what it can.
    """
    around = Desk(world, diary, network, wait, _STANDS if stands else frozenset()).around
    return wrapped(world.engine, around)


async def _again(entries: tuple[HistoryEntry, ...]) -> AsyncIterator[HistoryEntry]:
    for one in entries:
        yield one


def _hashable(answer: object) -> Hashable:
    # What cannot be compared, as facts with a mapping in them, is told by its words.
    try:
        hash(answer)
    except TypeError:
        return repr(answer)
    return answer


def _write_of(call: PortCall) -> Write:
    first = call.arguments[0]
    match call.point:
        case Point.CLEAR_STATE:
            assert isinstance(first, WorkflowKey)  # noqa: S101 - as the port is called
            return Write(Action.CLEAR_STATE, first.service_key, None, first, str(call.arguments[1]))
        case Point.REGISTER:
            return Write(Action.REGISTER, str(first), detail=str(call.arguments[1]))
        case Point.REMOVE:
            return Write(Action.REMOVE, str(first))
        case _:
            command: Any = first
            ref: InvocationRef = command.ref
            place = command.deployment or "" if isinstance(command, Resume) else ""
            action = Action(command_name(command).value)
            return Write(action, ref.id, ref.incarnation, ref.key, place)


def _arrive(store: Store, call: PortCall) -> None:
    """What a write does that arrives by itself: nobody hears the answer."""
    first: Any = call.arguments[0]
    match call.point:
        case Point.CLEAR_STATE:
            store.clear(first, str(call.arguments[1]))
        case Point.REGISTER:
            register(store, first, force=bool(call.arguments[1]))
        case Point.REMOVE:
            store.registry.remove(first)
        case _:
            command: Command = first
            store.perform(command)


def _label(call: PortCall) -> str:
    about = next((one for one in map(_about, call.arguments) if one), "")
    return f"{call.point.value} {about}".rstrip()


def _about(argument: object) -> str:
    ref = getattr(argument, "ref", argument)
    key = getattr(ref, "key", ref)
    if isinstance(key, WorkflowKey):
        return f"{key.service_name}/{key.service_key}"
    name = getattr(ref, "id", ref)
    return name if isinstance(name, str) else ""
