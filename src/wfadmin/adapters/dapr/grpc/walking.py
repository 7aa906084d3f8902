"""Many reads side by side, a few at a time."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

import anyio

from wfadmin.domain.errors import WfadminError
from wfadmin.wire.http import AT_ONCE

__all__ = ["each"]

_T = TypeVar("_T")


async def each(items: Iterable[_T], read: Callable[[_T], Awaitable[None]]) -> None:
    """
    Call `read` for every item, eight at a time. Items are taken only when their turn comes.

    Raises:
        WfadminError: The first one that came; what else was under way is cancelled.
    """
    waiting = iter(items)
    failed: list[WfadminError] = []

    async def work() -> None:
        try:
            for item in waiting:
                await read(item)
        except WfadminError as error:
            failed.append(error)
            group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        for _ in range(AT_ONCE):
            group.start_soon(work)
    if failed:
        raise failed[0]
