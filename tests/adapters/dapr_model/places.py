"""Where the stories play: over HTTP to the model of a sidecar, and on the memory engine like it."""

from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from typing import Any

import httpx
from typing_extensions import override

import wfadmin
from tests.adapters.dapr_model.conditions import Placement, Scheduler
from tests.adapters.dapr_model.sidecar import Sidecar
from tests.adapters.dapr_model.transport import SidecarTransport
from wfadmin.adapters.memory import Key, Point, World
from wfadmin.adapters.memory.dapr import APP
from wfadmin.adapters.memory.placing import Run
from wfadmin.domain.commands import Kill, Pause, Purge, Resume
from wfadmin.domain.components import Component
from wfadmin.domain.keys import InvocationRef
from wfadmin.errors import EngineRejected, EngineUnreachable, OutcomeUnknown, WfadminError
from wfadmin.operations.local import LocalOperator
from wfadmin.ports.credentials import Credentials

__all__ = ["KEY", "InMemory", "Make", "OverHttp", "Place", "Put", "Trouble", "words"]

KEY = wfadmin.WorkflowKey("Order", "o-1")
_URL = "http://127.0.0.1:3500"
_ANSWER_LOST = "The connection was cut"

_Act = Callable[[], object]


class Trouble(StrEnum):
    """What may come over a sidecar in the middle of a repair."""

    HANGS = "hangs"
    RESTARTS = "restarts"
    LOSES_WORKER = "loses worker"
    TAKES_NO_TOKEN = "takes no token"  # noqa: S105 - a name


class Place:
    """
    An engine, its world, and what others do there.

    Attributes:
        asked: What was asked of the engine, reads too.
        writes: What was written, as commands of ours.
    """

    def __init__(self, *, acceptance: timedelta | None = None) -> None:
        self.world = World(like="dapr", acceptance=acceptance)
        self.asked: list[str] = []
        self.writes: list[str] = []
        self._acts: dict[str, list[_Act]] = {}

    def operator(self, **ports: Any) -> LocalOperator:  # noqa: ANN401 - as `connect`
        """An operator over it, with its clock."""
        raise NotImplementedError

    def key(self) -> Key:
        """The key of the stories."""
        return self.world.workflow(KEY.service_name).key(KEY.service_key)

    def before(self, what: str, act: _Act) -> None:
        """Let it happen before the next command of that name is done."""
        self._acts.setdefault(what, []).append(act)

    def lose_answer(self, command: str) -> None:
        """The next command of that name is done, and its answer lost."""
        raise NotImplementedError

    def lose_request(self, command: str) -> None:
        """The next command of that name is not done, and nobody knows."""
        raise NotImplementedError

    def lose_placement(self) -> None:
        """The engine loses the service that tells it where runs are."""
        raise NotImplementedError

    def befall(self, trouble: Trouble) -> None:
        """From now on it is so."""
        raise NotImplementedError

    def mend(self) -> None:
        """All is well again."""
        raise NotImplementedError

    def _happen(self, what: str) -> None:
        for act in self._acts.pop(what, ()):
            act()


class _Token(Credentials):
    async def token(self) -> str | None:
        return "first-token"


class _Way(httpx.AsyncBaseTransport):
    def __init__(self, place: "OverHttp") -> None:
        self._place = place
        self._inner = SidecarTransport(place.sidecar)

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._place.carry(request, self._inner)


class OverHttp(Place):
    """The adapter, and a sidecar that is a model."""

    def __init__(self, *, acceptance: timedelta | None = None) -> None:
        super().__init__(acceptance=acceptance)
        self.sidecar = Sidecar(world=self.world, app_id=APP, token="first-token")  # noqa: S106
        self._lost: dict[str, bool] = {}
        self._is_down = False

    @override
    def operator(self, **ports: Any) -> LocalOperator:
        """See `Place.operator`."""
        client = httpx.AsyncClient(transport=_Way(self), trust_env=False)
        return wfadmin.connect(
            "dapr",
            admin_url=_URL,
            credentials=_Token(),
            client=client,
            clock=self.world.clock,
            **ports,
        )

    async def carry(self, request: httpx.Request, inner: SidecarTransport) -> httpx.Response:
        """Carry a request, through whatever is wrong."""
        path = request.url.path
        self.asked.append(f"{request.method} {path}")
        command = path.rpartition("/")[2].replace("terminate", "kill")
        is_write = request.method == "POST"
        if is_write:
            self._happen(command)
        if self._is_down:
            raise httpx.ConnectError("connection refused", request=request)
        if is_write:
            self.writes.append(command)
        is_done = self._lost.pop(command, None) if is_write else None
        if is_done is not False:
            answer = await inner.handle_async_request(request)
        if is_done is not None:
            raise httpx.ReadError(_ANSWER_LOST, request=request)
        return answer

    @override
    def lose_answer(self, command: str) -> None:
        """See `Place.lose_answer`."""
        self._lost[command] = True

    @override
    def lose_request(self, command: str) -> None:
        """See `Place.lose_request`."""
        self._lost[command] = False

    @override
    def lose_placement(self) -> None:
        """See `Place.lose_placement`."""
        self.sidecar.placement = Placement.LOST

    @override
    def befall(self, trouble: Trouble) -> None:
        """See `Place.befall`."""
        match trouble:
            case Trouble.HANGS:
                self.sidecar.scheduler = Scheduler.LOST
            case Trouble.RESTARTS:
                self._is_down = True
            case Trouble.LOSES_WORKER:
                self.sidecar.worker.leave()
            case Trouble.TAKES_NO_TOKEN:
                self.sidecar.token = "second-token"  # noqa: S105 - as above

    @override
    def mend(self) -> None:
        """See `Place.mend`."""
        self._is_down = False
        self.sidecar.scheduler = Scheduler.CONNECTED
        self.sidecar.token = "first-token"  # noqa: S105 - as above
        self.sidecar.worker.come_back()


_COMMANDS = {Point.PAUSE: Pause, Point.RESUME: Resume, Point.KILL: Kill, Point.PURGE: Purge}
_ERRORS: dict[Trouble, Callable[[Point], WfadminError]] = {
    Trouble.HANGS: lambda point: OutcomeUnknown(point.value, "o-1", "No answer came"),
    Trouble.RESTARTS: lambda _: EngineUnreachable("memory", "connection refused"),
    Trouble.TAKES_NO_TOKEN: lambda _: EngineRejected("memory", 401),
}


class InMemory(Place):
    """The memory engine like Dapr."""

    def __init__(self, *, acceptance: timedelta | None = None) -> None:
        super().__init__(acceptance=acceptance)
        self.world.engine.points.hook = self._reached
        self._lost: dict[str, bool] = {}
        self._trouble: Trouble | None = None

    @override
    def operator(self, **ports: Any) -> LocalOperator:
        """See `Place.operator`."""
        return wfadmin.connect(self.world.engine, clock=self.world.clock, **ports)

    async def _reached(self, point: Point) -> None:
        self.asked.append(point.value)
        command = point.value.rpartition(".")[2]
        is_write = point in _COMMANDS
        if is_write:
            self._happen(command)
        self._meet(point, is_write=is_write)
        if is_write:
            self.writes.append(command)
        is_done = self._lost.pop(command, None) if is_write else None
        if is_done:
            self.world.store.perform(_COMMANDS[point](InvocationRef(KEY, "o-1", None)))
        if is_done is not None:
            raise OutcomeUnknown(command, "o-1", _ANSWER_LOST)

    def _meet(self, point: Point, *, is_write: bool) -> None:
        trouble = self._trouble
        if trouble is None or trouble is Trouble.LOSES_WORKER:
            return
        if trouble is Trouble.HANGS and not is_write:
            return
        if is_write and trouble is not Trouble.RESTARTS:
            self.writes.append(point.value.rpartition(".")[2])
        raise _ERRORS[trouble](point)

    @override
    def lose_answer(self, command: str) -> None:
        """See `Place.lose_answer`."""
        self._lost[command] = True

    @override
    def lose_request(self, command: str) -> None:
        """See `Place.lose_request`."""
        self._lost[command] = False

    @override
    def lose_placement(self) -> None:
        """See `Place.lose_placement`."""
        said = "the sidecar is not connected to the placement service"
        self.world.break_component(Component.ADMIN, EngineRejected("memory", 200, None, said))

    @override
    def befall(self, trouble: Trouble) -> None:
        """See `Place.befall`."""
        self._trouble = trouble
        if trouble is Trouble.LOSES_WORKER:
            self.world.connect_workers(0)

    @override
    def mend(self) -> None:
        """See `Place.mend`."""
        self._trouble = None
        self.world.connect_workers(1)


#: How a place is made.
Make = Callable[..., Place]
#: What brings the run of a key into a state.
Put = Callable[[Key], Run]


def words(place: Place) -> list[str]:
    """How the runs stand, in the engine's own words."""
    return [one.engine_status for one in place.world.store.runs]
