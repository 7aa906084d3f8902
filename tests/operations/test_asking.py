"""Asking: a host whose task runner breaks its promise is told so."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

import wfadmin
from wfadmin.adapters.memory import World
from wfadmin.ports import TaskRunner


class Careless(TaskRunner):
    async def gather(
        self,
        calls: Sequence[Callable[[], Awaitable[Any]]],
        *,
        timeout: timedelta,  # noqa: ARG002 - the port's
    ) -> tuple[object, ...]:
        return tuple("done" for _ in calls)

    async def shielded(self, call: Callable[[], Awaitable[Any]], *, timeout: timedelta) -> Any:  # noqa: ANN401, ARG002 - the port's
        return await call()


@pytest.mark.asyncio
async def test_a_task_runner_that_returns_something_else_is_not_believed() -> None:
    async with wfadmin.connect(World().engine, tasks=Careless()) as operator:
        with pytest.raises(TypeError, match="str"):
            await operator.doctor()
