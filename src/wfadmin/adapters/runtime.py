"""Time, concurrency and names from this machine: the defaults of a host."""

import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import anyio
from typing_extensions import override

from wfadmin.ports.clock import Clock
from wfadmin.ports.ids import Ids
from wfadmin.ports.observer import Observer
from wfadmin.ports.tasks import Call, TaskRunner

__all__ = ["AnyioTasks", "RandomIds", "SilentObserver", "SystemClock"]

_T = TypeVar("_T")


class SystemClock(Clock):
    """This machine's time, in UTC."""

    __slots__ = ()

    @override
    def now(self) -> datetime:
        """See `Clock.now`."""
        return datetime.now(UTC)

    @override
    def monotonic(self) -> timedelta:
        """See `Clock.monotonic`."""
        return timedelta(seconds=time.monotonic())

    @override
    async def sleep(self, duration: timedelta) -> None:
        """See `Clock.sleep`. A length below zero is none."""
        await anyio.sleep(max(duration.total_seconds(), 0))


class AnyioTasks(TaskRunner):
    """Tasks of the running event loop, asyncio or trio."""

    __slots__ = ()

    @override
    async def gather(self, calls: Sequence[Call], *, timeout: timedelta) -> tuple[object, ...]:
        """See `TaskRunner.gather`."""
        results: list[object] = [TimeoutError()] * len(calls)

        async def run(index: int, call: Call) -> None:
            # A scope of its own for each call: one that hangs ends alone.
            with anyio.move_on_after(timeout.total_seconds()):
                try:
                    results[index] = await call()
                except Exception as error:  # noqa: BLE001 - it is the result
                    results[index] = error

        async with anyio.create_task_group() as group:
            for index, call in enumerate(calls):
                group.start_soon(run, index, call)
        return tuple(results)

    @override
    async def shielded(self, call: Callable[[], Awaitable[_T]], *, timeout: timedelta) -> _T:
        """See `TaskRunner.shielded`."""
        with anyio.fail_after(timeout.total_seconds(), shield=True):
            return await call()


class RandomIds(Ids):
    """Random ids that no other process makes."""

    __slots__ = ()

    @override
    def fresh(self) -> str:
        """See `Ids.fresh`."""
        return f"op_{uuid.uuid4().hex}"


class SilentObserver(Observer):
    """Tells nobody."""

    __slots__ = ()

    @override
    def event(self, name: str, fields: Mapping[str, object]) -> None:
        """See `Observer.event`."""
