"""An engine around another one gives what that gives, unless told otherwise."""

from collections.abc import AsyncIterator

import attrs
import pytest

from wfadmin.adapters.dapr import connect
from wfadmin.adapters.memory import Point, World
from wfadmin.domain.commands import Kill, RaiseEvent, Start, command_name
from wfadmin.domain.errors import NotSupported
from wfadmin.domain.model import InvocationOutcome
from wfadmin.ports.engine import EngineSettings
from wfadmin.ports.history import HistoryEntry
from wfadmin.testing import PortCall, Proceed, wrapped

pytestmark = pytest.mark.asyncio


@attrs.define
class Short:
    """Entries that cannot be closed, as some iterators."""

    left: int

    def __aiter__(self) -> AsyncIterator[HistoryEntry]:
        return self

    async def __anext__(self) -> HistoryEntry:
        if not self.left:
            raise StopAsyncIteration
        self.left -= 1
        return HistoryEntry(1 - self.left, "step")


async def test_every_call_comes_by_with_what_it_was_given() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").running()
    seen: list[PortCall] = []

    async def around(call: PortCall, proceed: Proceed) -> object:
        seen.append(call)
        return await proceed()

    engine = wrapped(world.engine, around)
    assert engine.control is not None
    await engine.invocations.get(run.ref)
    await engine.control.perform(Kill(run.ref))

    assert seen == [PortCall(Point.GET, (run.ref,)), PortCall(Point.KILL, (Kill(run.ref),))]
    assert run.now is not None
    assert run.now.outcome is InvocationOutcome.KILLED


async def test_a_command_without_a_point_goes_through_with_nothing_around_it() -> None:
    world = World()
    seen: list[PortCall] = []
    ref = world.workflow("Order").key("o-1").running().ref

    async def around(call: PortCall, proceed: Proceed) -> object:
        seen.append(call)
        return await proceed()

    engine = wrapped(world.engine, around)
    assert engine.control is not None
    # The engine in memory has none of these, and says so itself.
    for command in (Start(ref), RaiseEvent(ref, "paid")):
        with pytest.raises(NotSupported) as caught:
            await engine.control.perform(command)
        assert caught.value.what == command_name(command)
    assert seen == []


async def test_a_history_may_come_from_an_iterator_that_cannot_be_closed() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").running()

    async def around(_: PortCall, __: Proceed) -> object:
        return Short(2)

    history = wrapped(world.engine, around).history
    assert history is not None
    assert [entry.index async for entry in history.entries(run.ref)] == [0, 1]


async def test_what_to_do_instead_is_what_the_engine_advises() -> None:
    async def around(_: PortCall, proceed: Proceed) -> object:
        return await proceed()

    engine = connect(EngineSettings(admin_url="http://127.0.0.1:3500"))

    assert wrapped(engine, around).instead == engine.instead != {}
    await engine.aclose()
