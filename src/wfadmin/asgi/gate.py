"""How many requests are worked on, and that a write which began comes to its end."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TypeVar

import anyio

from wfadmin.asgi.failures import busy

__all__ = ["Gate", "to_its_end"]

_T = TypeVar("_T")


class Gate:
    """
    Lets so many through at once; the others wait, each for at most `patience`.

    Args:
        at_once: How many.
        patience: How long one waits.
        waiting: How many may wait; who comes then is refused at once.
    """

    __slots__ = ("_patience", "_turns", "_waiting")

    def __init__(self, at_once: int, patience: timedelta, waiting: int) -> None:
        self._patience = patience
        self._waiting = waiting
        self._turns = anyio.Semaphore(at_once)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """
        Wait for a turn, and give it back.

        Raises:
            Failure: None came in time, or too many wait already: 503.
        """
        if self._turns.statistics().tasks_waiting >= self._waiting:
            raise busy(self._patience)
        try:
            with anyio.fail_after(self._patience.total_seconds()):
                await self._turns.acquire()
        except TimeoutError:
            raise busy(self._patience) from None
        try:
            yield
        finally:
            self._turns.release()


async def to_its_end(call: Callable[[], Awaitable[_T]]) -> _T:
    """
    Run `call` to its end, although the caller may go away meanwhile.

    It runs in a task of its own: a server may cancel the task of the request by means that no
    scope shields from.

    Raises:
        Exception: What `call` raises.
    """
    ended: list[_T | Exception] = []

    async def run() -> None:
        with anyio.CancelScope(shield=True):
            try:
                ended.append(await call())
            except Exception as error:  # noqa: BLE001 - it is the result
                ended.append(error)

    async with anyio.create_task_group() as group:
        group.start_soon(run)
    (answer,) = ended
    if isinstance(answer, Exception):
        raise answer
    return answer
