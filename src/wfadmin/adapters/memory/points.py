"""
Named points: every port method passes one before it reads or does anything.

Without a hook a point costs nothing and suspends nowhere, so ``coro.send(None)`` alone runs a
call to its end, without an event loop. With one, a scheduler may suspend every call at its point
and try all orders, and a test may raise an error there.
"""

from collections.abc import Awaitable, Callable, Generator

import attrs

from wfadmin.domain.components import Component
from wfadmin.domain.errors import WfadminError
from wfadmin.ports.points import Point

__all__ = ["Hook", "Points", "Step"]


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
