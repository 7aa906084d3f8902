"""The verbs for code without an event loop: a thread behind a thin facade."""

from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Self, TypeVar

from anyio.from_thread import BlockingPortal, start_blocking_portal

from wfadmin.domain.doctor import DoctorReport
from wfadmin.domain.errors import UsageError
from wfadmin.domain.inspection import Inspection
from wfadmin.domain.keys import WorkflowKey
from wfadmin.operations.operator import Operator

__all__ = ["BlockingOperator"]

_T = TypeVar("_T")


class BlockingOperator:
    """
    The verbs of an `Operator`, without ``await``.

    Every call runs in a thread of its own event loop, started by the first call. An interrupt
    (Ctrl-C) cancels the call there before it goes on here. Close it, or use it with ``with``.

    Args:
        operator: Whose verbs to offer. It is closed together with this.
    """

    __slots__ = ("_closed", "_operator", "_portal", "_stack")

    def __init__(self, operator: Operator) -> None:
        self._operator = operator
        self._stack = ExitStack()
        self._portal: BlockingPortal | None = None
        self._closed = False

    def doctor(self) -> DoctorReport:
        """See `Operator.doctor`."""
        return self._run(self._operator.doctor)

    def inspect(self, key: WorkflowKey, *, show_state: bool = False) -> Inspection:
        """See `Operator.inspect`."""

        async def call() -> Inspection:
            return await self._operator.inspect(key, show_state=show_state)

        return self._run(call)

    def close(self) -> None:
        """Let go of what was opened, and end the thread. May be called twice."""
        if self._closed:
            return
        try:
            self._run(self._operator.aclose)
        finally:
            self._closed = True
            self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _run(self, call: Callable[[], Awaitable[_T]]) -> _T:
        if self._closed:
            raise UsageError("operator", "it is closed")
        if self._portal is None:
            # Not before the first call: a process may fork after making this.
            self._portal = self._stack.enter_context(start_blocking_portal())
        future = self._portal.start_task_soon(call)
        try:
            return future.result()
        except BaseException:
            # Without this an interrupted call would go on behind the caller's back.
            future.cancel()
            raise
