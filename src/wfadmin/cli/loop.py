"""The one event loop of a command: it ends in time, even where a name server does not answer."""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

import anyio
from typing_extensions import override

__all__ = ["run"]

_T = TypeVar("_T")


def run(call: Callable[[], Awaitable[_T]]) -> _T:
    """Run `call` to its end in an event loop of its own."""
    return anyio.run(call, backend="asyncio", backend_options={"loop_factory": _Loop})


class _Loop(asyncio.SelectorEventLoop):
    """
    An event loop that does not wait for name servers when it ends.

    The usual one asks them in threads that it waits for, however long they take: a timeout would
    be kept, and the process would still hang.
    """

    @override
    async def getaddrinfo(self, host: Any, port: Any, **options: Any) -> Any:
        future: asyncio.Future[Any] = self.create_future()

        def ask() -> None:
            try:
                answer = partial(_settle, future, socket.getaddrinfo(host, port, **options), None)
            except Exception as error:  # noqa: BLE001 - it is the result
                answer = partial(_settle, future, None, error)
            with suppress(RuntimeError):  # the loop has ended: nobody waits any more
                self.call_soon_threadsafe(answer)

        threading.Thread(target=ask, daemon=True).start()
        return await future


def _settle(future: asyncio.Future[object], answer: object, error: Exception | None) -> None:
    if future.done():
        return  # the one who asked has given up
    if error is None:
        future.set_result(answer)
    else:
        future.set_exception(error)
