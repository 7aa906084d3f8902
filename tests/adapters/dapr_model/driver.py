"""The model of a sidecar under the kit: what brings it into states, and the way to it."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import TracebackType

import httpx
from typing_extensions import override

from tests.adapters.dapr_model.sidecar import Sidecar
from tests.adapters.dapr_model.transport import SidecarTransport
from wfadmin.adapters.memory import Placing, Run, World
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import Invocation
from wfadmin.ports.engine import EngineSettings
from wfadmin.testing.driver import Driver, Situation
from wfadmin.testing.http_network import HttpNetwork
from wfadmin.testing.memory import MemoryDriver, situation_of
from wfadmin.testing.verdicts import NotExercised

__all__ = ["DaprMemoryDriver", "DaprModelDriver"]

_URL = "http://127.0.0.1:3500"
_A_MOMENT = timedelta(milliseconds=10)
_PUT: Mapping[Situation, Callable[[Placing], Run]] = {
    Situation.SCHEDULED: Placing.scheduled,
    Situation.PENDING: Placing.pending,
    Situation.RUNNING: Placing.running,
    Situation.PAUSED: Placing.paused,
    Situation.SUCCEEDED: Placing.succeeded,
    Situation.KILLED: Placing.killed,
}


class DaprModelDriver(Driver):
    """
    Brings the model of a sidecar into states, through its world.

    What nobody can be in there is not exercised: a run that waits is running, none backs off or
    gives up, and none is cancelled.

    Args:
        sidecar: What to drive; a new one unless given.
    """

    settings_timeout = timedelta(milliseconds=200)
    patience = timedelta(milliseconds=200)
    accepts_for_ended = True

    def __init__(self, sidecar: Sidecar | None = None) -> None:
        super().__init__()
        self.sidecar = Sidecar() if sidecar is None else sidecar
        self._network = HttpNetwork(
            _is_write,
            transport=SidecarTransport(self.sidecar),
            longest_silence=self.settings_timeout,
        )

    @override
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """See `Driver.__aexit__`."""
        await self._network.aclose()

    @property
    @override
    def settings(self) -> EngineSettings:
        """See `Driver.settings`."""
        return EngineSettings(
            admin_url=_URL,
            timeout=self.settings_timeout,
            client=self._network.client,
        )

    @property
    @override
    def network(self) -> HttpNetwork:
        """See `Driver.network`."""
        return self._network

    # --- states ----------------------------------------------------------------------------------

    @override
    async def put(
        self,
        key: WorkflowKey,
        situation: Situation,
        *,
        failure: str | None = None,
    ) -> None:
        """See `Driver.put`."""
        _put(self._place(key), situation, failure)

    @override
    async def look(self, key: WorkflowKey) -> Situation | None:
        """See `Driver.look`."""
        run = self._main(key)
        return None if run is None else situation_of(run)

    @override
    async def put_with_child(self, key: WorkflowKey, child: WorkflowKey) -> None:
        """See `Driver.put_with_child`."""
        self._place(key).running().child(self._place(child)).running()

    @override
    async def finish(self, key: WorkflowKey) -> None:
        """See `Driver.finish`."""
        await self.move_on(key)
        self.sidecar.world.store.succeed(key.service_key)

    @override
    async def move_on(self, key: WorkflowKey) -> None:
        """See `Driver.move_on`. Time is all that tells it."""
        self.sidecar.pass_time(_A_MOMENT)
        self.sidecar.world.store.progress(key.service_key)

    @override
    async def forget(self, key: WorkflowKey) -> None:
        """See `Driver.forget`."""
        self.sidecar.world.store.purge(key.service_key)
        await self.settle()

    # --- time ------------------------------------------------------------------------------------

    @property
    @override
    def now(self) -> datetime:
        """See `Driver.now`."""
        return self.sidecar.world.clock.now()

    @property
    @override
    def retention(self) -> timedelta:
        """See `Driver.retention`."""
        raise NotExercised("what has ended is kept for ever")

    @override
    async def advance(self, duration: timedelta) -> None:
        """See `Driver.advance`."""
        self.sidecar.pass_time(duration)

    @override
    async def settle(self) -> None:
        """See `Driver.settle`."""
        self.sidecar.settle()

    def _place(self, key: WorkflowKey) -> Placing:
        return self.sidecar.world.workflow(key.service_name).key(key.service_key)

    def _main(self, key: WorkflowKey) -> Invocation | None:
        found = self.sidecar.world.store.find(key.service_key)
        return found if found is not None and found.key == key else None


class DaprMemoryDriver(MemoryDriver):
    """The engine in memory, like Dapr: the same states, without a sidecar."""

    shared_handler = None
    accepts_for_ended = True

    def __init__(self) -> None:
        super().__init__(World(like="dapr"))

    @override
    async def put(
        self,
        key: WorkflowKey,
        situation: Situation,
        *,
        failure: str | None = None,
    ) -> None:
        """See `Driver.put`."""
        _put(self.world.workflow(key.service_name).key(key.service_key), situation, failure)

    @override
    async def put_with_child(self, key: WorkflowKey, child: WorkflowKey) -> None:
        """See `Driver.put_with_child`."""
        workflow = self.world.workflow
        run = workflow(key.service_name).key(key.service_key).running()
        run.child(workflow(child.service_name).key(child.service_key)).running()

    @override
    async def put_shared(self, key: WorkflowKey) -> None:
        """See `Driver.put_shared`."""
        raise NotExercised("an instance has no shared handlers there")

    @override
    async def put_without_key(self) -> str:
        """See `Driver.put_without_key`."""
        raise NotExercised("every instance has a key there")


def _put(place: Placing, situation: Situation, failure: str | None) -> None:
    if situation is Situation.FAILED:
        place.failed(failure or "it failed")
    elif situation in _PUT and failure is None:
        _PUT[situation](place)
    else:
        raise NotExercised(f"no instance is {situation.value} there")


def _is_write(request: httpx.Request) -> bool:
    return request.method != "GET"
