"""Whoever watches is told, once, that an effect takes long to show."""

from collections.abc import Mapping

import attrs
import pytest

from tests.operations.repairs import KEY, lost, nothing, operator_of, watch
from wfadmin.adapters.memory import Point, World
from wfadmin.errors import OutcomeUnknown
from wfadmin.ports import Observer

pytestmark = pytest.mark.asyncio


@attrs.define
class Told(Observer):
    """Keeps what it is told."""

    events: list[tuple[str, dict[str, object]]] = attrs.field(factory=list)

    def event(self, name: str, fields: Mapping[str, object]) -> None:
        self.events.append((name, dict(fields)))


async def test_an_effect_that_does_not_show_for_long_is_told_once() -> None:
    world, told = World(), Told()
    run = world.workflow("Order").key("o-1").failed("boom")
    watch(world, lost(Point.PURGE, nothing))

    with pytest.raises(OutcomeUnknown):
        await operator_of(world, observer=told).recover_stuck_workflow(KEY)

    assert told.events == [("repair.waiting", {"action": "purge", "target": run.id})]


async def test_an_effect_that_shows_at_once_is_not_told() -> None:
    world, told = World(), Told()
    world.workflow("Order").key("o-1").failed("boom")

    await operator_of(world, observer=told).recover_stuck_workflow(KEY)

    assert told.events == []
