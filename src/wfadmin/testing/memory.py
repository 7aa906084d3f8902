"""The engine in memory under the kit: its driver, and the network that it would have."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import anyio
import attrs
from typing_extensions import override

from wfadmin.adapters.memory import MemoryEngine, Placing, Run, World
from wfadmin.domain.commands import Command, Purge, command_name
from wfadmin.domain.error import Sent, WfadminError
from wfadmin.domain.errors import (
    EngineRejected,
    EngineUnreachable,
    OutcomeUnknown,
    UnexpectedAnswer,
    UsageError,
)
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import Invocation, InvocationOutcome, InvocationStatus
from wfadmin.domain.urls import same_url
from wfadmin.ports.engine import Engine, EngineSettings
from wfadmin.ports.wrapping import PortCall, Proceed, wrapped
from wfadmin.testing.driver import Driver, Situation
from wfadmin.testing.network import Garbage, Network
from wfadmin.testing.running import Subject
from wfadmin.testing.verdicts import NotExercised

__all__ = ["MemoryDriver", "MemoryNetwork", "put_into", "situation_of", "subject", "unanswered"]

_WHERE = "memory"


def unanswered(call: PortCall, problem: str) -> WfadminError:
    """What a port raises when its request left and no answer settles it."""
    if call.point.is_write:
        return OutcomeUnknown(call.point.value.partition(".")[2], _WHERE, problem)
    return EngineUnreachable(_WHERE, problem)


_Trouble = Callable[[PortCall, Proceed], Awaitable[Any]]


@attrs.define(eq=False)
class MemoryNetwork(Network):
    """The network that the engine in memory would have: it is between its ports and callers."""

    _requests: int = attrs.field(default=0, init=False)
    _writes: int = attrs.field(default=0, init=False)
    _trouble: _Trouble | None = attrs.field(default=None, init=False)
    _waits: anyio.Event = attrs.field(factory=anyio.Event, init=False)
    _mended: anyio.Event = attrs.field(factory=anyio.Event, init=False)

    async def around(self, call: PortCall, proceed: Proceed) -> Any:  # noqa: ANN401 - any answer
        """What becomes of a call on its way."""
        self._requests += 1
        self._writes += call.point.is_write
        trouble = self._trouble
        return await (proceed() if trouble is None else trouble(call, proceed))

    @property
    @override
    def requests(self) -> int:
        """See `Network.requests`: one for each call."""
        return self._requests

    @property
    @override
    def writes(self) -> int:
        """See `Network.writes`."""
        return self._writes

    @override
    def cut(self) -> None:
        """See `Network.cut`."""
        self._trouble = _cut

    @override
    def silence(self) -> None:
        """See `Network.silence`. Nobody waits for the time limit."""
        self._trouble = _silent

    @override
    def lose_answers(self) -> None:
        """See `Network.lose_answers`."""
        self._trouble = _lost

    @override
    def reject(self) -> None:
        """See `Network.reject`."""
        self._trouble = _rejected

    @override
    def garble(self, garbage: Garbage) -> None:
        """See `Network.garble`: this engine has no answers that could be repeated or too large."""
        self._trouble = _garbled

    @override
    def hold(self) -> None:
        """See `Network.hold`."""
        self._waits, self._mended = anyio.Event(), anyio.Event()
        self._trouble = self._held

    @override
    async def held(self) -> None:
        """See `Network.held`."""
        await self._waits.wait()

    @override
    def mend(self) -> None:
        """See `Network.mend`."""
        self._trouble = None
        self._mended.set()

    async def _held(self, _: PortCall, proceed: Proceed) -> Any:  # noqa: ANN401 - any answer
        self._waits.set()
        await self._mended.wait()
        return await proceed()


async def _cut(_: PortCall, __: Proceed) -> None:
    raise EngineUnreachable(_WHERE, "Connection refused")


async def _silent(call: PortCall, _: Proceed) -> None:
    raise unanswered(call, "No answer within the time limit")


async def _lost(call: PortCall, proceed: Proceed) -> None:
    await proceed()
    raise unanswered(call, "The connection broke before the answer")


async def _rejected(call: PortCall, _: Proceed) -> None:
    sent = Sent.YES if call.point.is_write else Sent.NO
    raise EngineRejected(_WHERE, 500, None, "the server failed", sent=sent)


async def _garbled(call: PortCall, proceed: Proceed) -> None:
    await proceed()
    if call.point.is_write:
        raise unanswered(call, "Its answer cannot be read")
    raise UnexpectedAnswer(_WHERE, "it is not what was asked for")


class MemoryDriver(Driver):
    """
    Brings the engine in memory into states, through its `World`.

    Args:
        world: What to drive; a new one unless given.
    """

    shared_handler: str | None = "watch"
    patience: timedelta = timedelta(milliseconds=100)

    def __init__(self, world: World | None = None) -> None:
        super().__init__()
        self.world: World = World() if world is None else world
        self._network = MemoryNetwork()
        self._places = 0
        self.is_misplaced: bool = False

    def connect(self, settings: EngineSettings) -> Engine:  # noqa: ARG002 - it needs none of them
        """The engine, with the network before it."""
        return wrapped(self.world.engine, self._around)

    async def _around(self, call: PortCall, proceed: Proceed) -> Any:  # noqa: ANN401 - any answer
        command = call.arguments[0] if call.arguments else None
        if isinstance(command, Command) and command_name(command) not in self.engine.commands:
            # Refused before it leaves.
            return await proceed()
        return await self._network.around(call, proceed)

    @property
    def engine(self) -> MemoryEngine:
        """The engine without the network."""
        return self.world.engine

    @property
    @override
    def network(self) -> MemoryNetwork:
        """See `Driver.network`."""
        return self._network

    @override
    async def put(
        self,
        key: WorkflowKey,
        situation: Situation,
        *,
        failure: str | None = None,
    ) -> None:
        """See `Driver.put`."""
        place = self.world.workflow(key.service_name).key(key.service_key)
        put_into(place, situation, failure)

    @override
    async def look(self, key: WorkflowKey) -> Situation | None:
        """See `Driver.look`."""
        run = self._main(key)
        return None if run is None else situation_of(run)

    @override
    async def put_shared(self, key: WorkflowKey) -> None:
        """See `Driver.put_shared`."""
        self.world.workflow(key.service_name).key(key.service_key).shared("watch").running()

    @override
    async def put_with_child(self, key: WorkflowKey, child: WorkflowKey) -> None:
        """See `Driver.put_with_child`."""
        workflow = self.world.workflow
        run = workflow(key.service_name).key(key.service_key).suspended()
        run.child(workflow(child.service_name).key(child.service_key)).suspended()

    @override
    async def put_without_key(self) -> str:
        """See `Driver.put_without_key`."""
        return self.world.plain("Mailer").running().id

    @override
    async def finish(self, key: WorkflowKey) -> None:
        """See `Driver.finish`."""
        run = self._there(key)
        self.world.store.progress(run.id)
        self.world.store.succeed(run.id)

    @override
    async def move_on(self, key: WorkflowKey) -> None:
        """See `Driver.move_on`."""
        self.world.store.progress(self._there(key).id)

    @override
    async def retry(self, key: WorkflowKey) -> None:
        """See `Driver.retry`."""
        self.world.store.back_off(self._there(key).id, "the attempt failed again")

    @override
    async def forget(self, key: WorkflowKey) -> None:
        """See `Driver.forget`."""
        self.world.store.perform(Purge(self._there(key).ref))
        await self.settle()

    @override
    async def store(self, key: WorkflowKey, entries: Mapping[str, bytes]) -> None:
        """See `Driver.store`."""
        self.world.workflow(key.service_name).key(key.service_key).state(entries)

    @override
    async def a_place(self) -> str:
        """See `Driver.a_place`."""
        self._places += 1
        url = f"http://place-{self._places}:9080"
        self.world.place(url, serves=(self.service_name,))
        return url

    @override
    async def deploy(self) -> str:
        """See `Driver.deploy`."""
        self._places += 1
        url = f"http://place-{self._places}:9080"
        self.world.deployment(url, serves=(self.service_name,))
        return url

    @override
    async def undeploy(self, service_url: str) -> None:
        """See `Driver.undeploy`."""
        registered = self.world.store.registry.deployments
        found = next(one for one in registered if same_url(one.service_url, service_url))
        self.world.remove_deployment(found)

    @property
    @override
    def now(self) -> datetime:
        """See `Driver.now`."""
        return self.world.clock.now()

    @property
    @override
    def retention(self) -> timedelta:
        """See `Driver.retention`."""
        kept = self.world.store.registry.shape(self.service_name).retention
        if kept is None:
            raise NotExercised("the engine keeps a completed run for ever")
        return kept

    @override
    async def advance(self, duration: timedelta) -> None:
        """See `Driver.advance`."""
        self.world.advance(duration)

    @override
    async def settle(self) -> None:
        """See `Driver.settle`."""
        self.world.settle()

    @property
    @override
    def page_size(self) -> int:
        """See `Driver.page_size`. This engine cuts nowhere: where a careless adapter would."""
        return 3

    @override
    async def misplace(self) -> None:
        """See `Driver.misplace`. The engine looks everywhere, so this changes nothing for it."""
        self.is_misplaced = True

    def _main(self, key: WorkflowKey) -> Invocation | None:
        store = self.world.store
        return next((one for one in store.runs if one.key == key and store.is_main(one)), None)

    def _there(self, key: WorkflowKey) -> Invocation:
        run = self._main(key)
        if run is None:
            raise UsageError("key", "nothing was put there")
        return run


def subject() -> Subject:
    """The engine in memory, as a subject of the kit."""
    driver = MemoryDriver()
    return Subject(driver.connect, driver)


_PUT: dict[Situation, Callable[[Placing], Run]] = {
    Situation.SCHEDULED: Placing.scheduled,
    Situation.PENDING: Placing.pending,
    Situation.RUNNING: Placing.running,
    Situation.SUSPENDED: Placing.suspended,
    Situation.SUCCEEDED: Placing.succeeded,
    Situation.KILLED: Placing.killed,
    Situation.CANCELLED: Placing.cancelled,
}


def put_into(place: Placing, situation: Situation, failure: str | None) -> Run:
    """Put a run into `situation`, as the world builder calls it."""
    match situation:
        case Situation.BACKING_OFF:
            return place.backing_off(failure=failure or "the attempt failed")
        case Situation.PAUSED:
            return place.paused(failure=failure or "the attempt failed")
        case Situation.FAILED:
            return place.failed(failure or "it failed")
        case _:
            return _PUT[situation](place)


_BY_STATUS = {
    InvocationStatus.SCHEDULED: Situation.SCHEDULED,
    InvocationStatus.PENDING: Situation.PENDING,
    InvocationStatus.READY: Situation.RUNNING,
    InvocationStatus.RUNNING: Situation.RUNNING,
    InvocationStatus.SUSPENDED: Situation.SUSPENDED,
    InvocationStatus.BACKING_OFF: Situation.BACKING_OFF,
    InvocationStatus.PAUSED: Situation.PAUSED,
}
_BY_OUTCOME = {
    InvocationOutcome.SUCCEEDED: Situation.SUCCEEDED,
    InvocationOutcome.FAILED: Situation.FAILED,
    InvocationOutcome.KILLED: Situation.KILLED,
    InvocationOutcome.CANCELLED: Situation.CANCELLED,
}


def situation_of(run: Invocation) -> Situation:
    """
    Where a run stands, in the words of the kit.

    Raises:
        NotExercised: The engine says something that the kit has no word for.
    """
    if run.outcome in _BY_OUTCOME:
        return _BY_OUTCOME[run.outcome]
    if run.status in _BY_STATUS:
        return _BY_STATUS[run.status]
    raise NotExercised(f"a run is {run.engine_status}, which the kit has no word for")
