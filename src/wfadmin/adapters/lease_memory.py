"""A lease between the tasks of one process: for tests, and where a process works alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from typing_extensions import override

from wfadmin.domain.errors import LeaseHeld
from wfadmin.ports.lease import OperatorLease

__all__ = ["MemoryLease"]


class MemoryLease(OperatorLease):
    """
    Excludes whoever uses the same object, in any thread.

    Args:
        holder: The name that others are told while something is held.
    """

    __slots__ = ("_held", "_holder")

    def __init__(self, *, holder: str | None = None) -> None:
        self._holder = holder
        self._held: dict[str, object] = {}

    @override
    @asynccontextmanager
    async def hold(self, scope: str) -> AsyncIterator[None]:
        """See `OperatorLease.hold`."""
        ours = object()
        # One step, so that two threads cannot both find it free.
        if self._held.setdefault(scope, ours) is not ours:
            raise LeaseHeld(scope, self._holder)
        try:
            yield
        finally:
            del self._held[scope]
