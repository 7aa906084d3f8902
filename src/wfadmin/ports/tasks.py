"""The port to concurrency: operations import no event loop."""

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, Protocol, TypeVar

__all__ = ["Call", "TaskRunner"]

_T = TypeVar("_T")

Call = Callable[[], Awaitable[Any]]


class TaskRunner(Protocol):
    """Runs calls side by side, or to their end."""

    __slots__ = ()

    @abstractmethod
    async def gather(
        self,
        calls: Sequence[Call],
        *,
        timeout: timedelta,
    ) -> tuple[object, ...]:
        """
        Start all calls at once and wait for each for at most `timeout`.

        Returns:
            One value or exception per call, in their order. A call that was not finished in
            time gives `TimeoutError`. One that fails or hangs costs the others nothing.

        Clauses: TR-01, TR-02, TR-03, TR-04, TR-05, TR-06, TR-07.
        """

    @abstractmethod
    async def shielded(self, call: Callable[[], Awaitable[_T]], *, timeout: timedelta) -> _T:
        """
        Run `call` to its end, although the caller may be cancelled; at most for `timeout`.

        Audit outcomes and the release of leases go through here, and nothing else.

        Raises:
            TimeoutError: It was not finished in time and was stopped.

        Clauses: TR-08, TR-09, TR-10.
        """
