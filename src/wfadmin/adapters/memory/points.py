"""
Named points: every port method passes one before it reads or does anything.

Without a hook a point costs nothing and suspends nowhere, so ``coro.send(None)`` alone runs a
call to its end, without an event loop. With one, a scheduler may suspend every call at its point
and try all orders, and a test may raise an error there.
"""

from collections.abc import Awaitable, Callable, Generator
from enum import StrEnum

import attrs

from wfadmin.domain.components import Component
from wfadmin.domain.errors import WfadminError

__all__ = ["Hook", "Point", "Points", "Step"]


class Point(StrEnum):
    """The point that each port method passes; a command passes the one of its own name."""

    FACTS = "engine.facts"
    PROBE_INGRESS = "admin.probe_ingress"
    PROBE_ADMIN = "admin.probe_admin"
    LIST_SERVICES = "admin.list_services"
    FOR_KEY = "invocations.for_key"
    GET = "invocations.get"
    CHILDREN = "invocations.children"
    LIST_DEPLOYMENTS = "deployments.list"
    USAGE = "deployments.usage"
    #: A registration that stores nothing.
    DRY_RUN = "deployments.dry_run"
    REGISTER = "deployments.register"
    REMOVE = "deployments.remove"
    SURVEY = "listing.survey"
    PAUSE = "control.pause"
    RESUME = "control.resume"
    CANCEL = "control.cancel"
    KILL = "control.kill"
    PURGE = "control.purge"
    FORCE_PURGE = "control.force_purge"
    HISTORY = "history.entries"
    EXAMINE = "history.examine"
    READ_STATE = "state.read"
    CLEAR_STATE = "state.clear"

    @property
    def is_write(self) -> bool:
        """Whether what follows it may change the engine."""
        return self in _WRITES

    @property
    def component(self) -> Component:
        """The component that is asked, and whose faults show here."""
        return _ASKED.get(self, _BY_PORT[self.value.partition(".")[0]])


_WRITES = frozenset(
    {
        Point.REGISTER,
        Point.REMOVE,
        Point.PAUSE,
        Point.RESUME,
        Point.CANCEL,
        Point.KILL,
        Point.PURGE,
        Point.FORCE_PURGE,
        Point.CLEAR_STATE,
    }
)
_BY_PORT = {
    "engine": Component.ADMIN,
    "admin": Component.ADMIN,
    "deployments": Component.DEPLOYMENTS,
    "invocations": Component.INVOCATIONS,
    "listing": Component.INVOCATIONS,
    "control": Component.INVOCATIONS,
    "history": Component.INVOCATIONS,
    "state": Component.INVOCATIONS,
}
_ASKED = {
    Point.PROBE_INGRESS: Component.INGRESS,
    Point.LIST_SERVICES: Component.SERVICES,
}

#: Called with the point that is reached; what it gives is awaited there.
Hook = Callable[[Point], Awaitable[None]]


@attrs.frozen
class Step(Awaitable[None]):
    """
    Suspends a call at `point`: whoever drives the coroutine gets this value from ``send``.

    The class is itself a hook: ``points.hook = Step``. Only for a scheduler made by hand; an
    event loop does not know it.
    """

    point: Point

    def __await__(self) -> Generator["Step", None, None]:
        yield self


@attrs.define(eq=False)
class Points:
    """
    Where every call of an engine comes by.

    Attributes:
        hook: Awaited at every point; None for none.
    """

    hook: Hook | None = None
    # What the calls to a component raise; None: they never answer.
    _faults: dict[Component, WfadminError | None] = attrs.field(factory=dict, init=False)

    async def reach(self, point: Point, catch_up: Callable[[], None] | None = None) -> None:
        """
        Come by `point`: the hook first, then the faults of the component that is asked.

        Args:
            catch_up: Lets happen what should have happened by now: called after the hook, where
                time may have passed, and before anything is read or done.
        """
        if self.hook is not None:
            await self.hook(point)
        if catch_up is not None:
            catch_up()
        # Looked up after the hook: what broke while the call was suspended there, it meets.
        component = point.component
        if component not in self._faults:
            return
        error = self._faults[component]
        if error is None:
            await _never(point)
        else:
            # One error for many calls: each starts its own trace.
            raise error.with_traceback(None)

    def fail(self, component: Component, error: WfadminError) -> None:
        """From now on raise `error` in every call to `component`."""
        self._faults[component] = error

    def hang(self, component: Component) -> None:
        """From now on never answer a call to `component`; it ends by being cancelled."""
        self._faults[component] = None

    def mend(self, component: Component) -> None:
        """End the faults of `component`. Calls that hang already go on hanging."""
        self._faults.pop(component, None)


async def _never(point: Point) -> None:
    from anyio import sleep_forever

    try:
        await sleep_forever()
    except RuntimeError:
        # No event loop: a scheduler made by hand drives this call.
        while True:
            await Step(point)
