"""What the tests of faults share: a failed run, and faults over its engine."""

from collections.abc import Awaitable
from datetime import timedelta

import attrs
import pytest

from tests.operations.repairs import KEY, watch
from wfadmin.adapters.memory import Point, Run, World
from wfadmin.domain.answers import Answer
from wfadmin.domain.commands import Purge
from wfadmin.domain.model import Invocation, Survey, Usage
from wfadmin.errors import (
    WfadminError,
)
from wfadmin.ports.engine import Engine
from wfadmin.ports.history import HistoryEntry
from wfadmin.testing.faults import Faults, Kind

LATER = timedelta(seconds=3)


@attrs.frozen(eq=False)
class Scene:
    """A failed run, its world, faults over its engine, and what the engine itself was asked."""

    world: World
    run: Run
    first: Invocation | None
    faults: Faults
    engine: Engine
    asked: list[Point]

    async def read(self) -> object:
        return await self.engine.invocations.for_key(KEY)

    async def purge(self) -> Answer:
        assert self.engine.control is not None
        return await self.engine.control.perform(Purge(self.run.ref))

    async def survey(self) -> Survey:
        assert self.engine.listing is not None
        return await self.engine.listing.survey(failures=5, unfinished=5)

    async def usage(self) -> Usage:
        assert self.engine.deployments is not None
        return await self.engine.deployments.usage()

    async def history(self, into: list[HistoryEntry]) -> list[HistoryEntry]:
        assert self.engine.history is not None
        async for entry in self.engine.history.entries(self.run.ref):
            into.append(entry)  # noqa: PERF401 - they count up to the error
        return into

    @property
    def is_purged(self) -> bool:
        return self.run.now is None

    @property
    def struck(self) -> list[tuple[Point, Kind]]:
        return [(one.point, one.kind) for one in self.faults.struck]


def a_scene() -> Scene:
    """Put a failed run with stored state onto a new world."""
    world = World()
    run = world.workflow("Order").key("o-1").state({"step": b"pay"}).failed("boom")
    faults = Faults(clock=world.clock)
    return Scene(world, run, run.now, faults, faults.over(world.engine), watch(world))


async def error_of(call: Awaitable[object]) -> WfadminError:
    with pytest.raises(WfadminError) as caught:
        await call
    return caught.value
