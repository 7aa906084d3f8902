"""Code that is written for asyncio: in a loop that never waits, on the clock of the world."""

import asyncio
import selectors
from collections.abc import Callable, Mapping
from typing import Any

from typing_extensions import override

from wfadmin.adapters.memory import VirtualClock
from wfadmin.testing.explore.runs import Acts, Runs
from wfadmin.testing.explore.turns import LAST_CALLS

__all__ = ["InAsyncio"]


class _Selector(selectors.BaseSelector):
    """Never waits: where the loop would, everything in it does."""

    def __init__(self) -> None:
        self._real = selectors.DefaultSelector()
        self.idle: Callable[[float | None], None] = lambda _: None

    @override
    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    @override
    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    @override
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = self._real.select(0)
        if not ready and (timeout is None or timeout > 0):
            self.idle(timeout)
        return ready

    @override
    def close(self) -> None:
        self._real.close()

    @override
    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map()


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, selector: _Selector, clock: VirtualClock) -> None:
        super().__init__(selector)
        self._world = clock

    @override
    def time(self) -> float:
        return self._world.monotonic().total_seconds()


class InAsyncio(Runs):
    """Code in asyncio."""

    def __init__(self, acts: Acts, clock: VirtualClock) -> None:
        selector = _Selector()
        selector.idle = self._idle
        self._loop = _Loop(selector, clock)
        # What code leaves behind in a loop that is closed is nobody's to be told of.
        self._loop.set_exception_handler(lambda *_: None)
        self._until: float | None = None
        self._gates: list[tuple[str, asyncio.Future[None]]] = []
        self._task = self._loop.create_task(acts(self._wait))
        self.wake()

    @property
    @override
    def waiting(self) -> list[str]:
        return [label for label, _ in self._gates]

    @property
    @override
    def sleeps_until(self) -> float | None:
        return None if self._task.done() else self._until

    @override
    def let(self, place: int) -> None:
        _, gate = self._gates.pop(place)
        gate.set_result(None)
        self.wake()

    @override
    def wake(self) -> None:
        self._loop.run_forever()
        error = self._task.exception() if self._is_over() else None
        if error is not None:
            raise error
        self._gates = [one for one in self._gates if not one[1].done()]

    @override
    def leave(self) -> None:
        for _ in range(LAST_CALLS):
            tasks = asyncio.all_tasks(self._loop)
            if not tasks:
                break
            for task in tasks:
                task.cancel()
            self._loop.run_forever()
        self._loop.close()

    def _is_over(self) -> bool:
        return self._task.done() and not self._task.cancelled()

    async def _wait(self, label: str) -> None:
        gate = self._loop.create_future()
        self._gates.append((label, gate))
        await gate

    def _idle(self, timeout: float | None) -> None:
        self._until = None if timeout is None else self._loop.time() + timeout
        self._loop.stop()
