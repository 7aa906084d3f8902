"""An event loop whose time is a world's: it passes when everybody waits, and takes none."""

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, TypeVar

from typing_extensions import override

from wfadmin.adapters.memory import VirtualClock

_T = TypeVar("_T")
_TICK = timedelta(microseconds=1)


class EverybodyWaits(Exception):
    """Nobody will ever go on: all wait, and none of them for a time to come."""


class LoopClock(VirtualClock):
    """The time of a world: a sleep gives way to the others, and passes once they all wait."""

    @override
    async def sleep(self, duration: timedelta) -> None:
        await asyncio.sleep(max(duration.total_seconds(), 0))


class _Skipping(selectors.SelectSelector):
    """Passes the time that the loop would wait. Nothing that is waited for is a file."""

    def __init__(self, clock: LoopClock) -> None:
        super().__init__()
        self._clock = clock

    @override
    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise EverybodyWaits
        if timeout > 0:
            # A tick more: rounding down would leave a rest of time that never passes.
            self._clock.advance(timedelta(seconds=timeout) + _TICK)
        return []


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, clock: LoopClock) -> None:
        self._world = clock
        super().__init__(_Skipping(clock))

    @override
    def time(self) -> float:
        return self._world.monotonic().total_seconds()


def run(clock: LoopClock, story: Coroutine[Any, Any, _T]) -> _T:
    """
    Run to the end, in the time of `clock`.

    Raises:
        EverybodyWaits: It never would end.
    """
    with asyncio.Runner(loop_factory=lambda: _Loop(clock)) as runner:
        return runner.run(story)
