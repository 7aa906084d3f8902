"""The time and the concurrency that an operation gets from a host without an event loop."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import attrs
from typing_extensions import override

from tests.explore.schedule import Turn
from wfadmin.adapters.memory import VirtualClock
from wfadmin.ports.clock import Clock
from wfadmin.ports.tasks import Call, TaskRunner

_T = TypeVar("_T")


@attrs.frozen
class OneByOne(TaskRunner):
    """Runs calls one after the other, as long as they take."""

    @override
    async def gather(self, calls: Sequence[Call], *, timeout: timedelta) -> tuple[object, ...]:
        return tuple([await _value_or_error(call) for call in calls])

    @override
    async def shielded(self, call: Callable[[], Awaitable[_T]], *, timeout: timedelta) -> _T:
        return await call()


async def _value_or_error(call: Call) -> object:
    try:
        return await call()
    except Exception as error:  # noqa: BLE001 - handed to whoever asked
        return error


@attrs.frozen(eq=False)
class TurnClock(Clock):
    """
    A clock that all actors share. A sleeper wakes at its turn: then it is at least that late.

    Attributes:
        tell: Told every time that somebody looks at.
    """

    shared: VirtualClock
    tell: Callable[[timedelta], None]

    @override
    def now(self) -> datetime:
        self.tell(self.shared.monotonic())
        return self.shared.now()

    @override
    def monotonic(self) -> timedelta:
        self.tell(self.shared.monotonic())
        return self.shared.monotonic()

    @override
    async def sleep(self, duration: timedelta) -> None:
        wakes = self.shared.monotonic() + duration
        await Turn("sleeps")
        self.shared.advance(max(wakes - self.shared.monotonic(), timedelta(0)))
