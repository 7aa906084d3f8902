"""Recovery on engines that offer less, and what a look finds that the plan did not."""

import attrs
import pytest

import wfadmin
from tests.operations.engines import BareEngine
from tests.operations.repairs import (
    BACKING_OFF,
    KEY,
    PAUSED,
    acts,
    lost,
    operator_of,
    watch,
    writes,
)
from wfadmin.adapters.memory import Point, World
from wfadmin.adapters.memory.writing import MemoryControl, MemoryState
from wfadmin.domain.policy import RecoveryPolicy
from wfadmin.errors import NotSupported, RetryBlocked

pytestmark = pytest.mark.asyncio


class Commanded(BareEngine):
    """An engine with commands, that stores nothing by key and cannot say who called whom."""

    @property
    def control(self) -> MemoryControl:
        return self.whole.control


async def test_an_engine_that_stores_nothing_by_key_says_nothing_of_state() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").failed()

    result = await wfadmin.connect(Commanded(world.engine)).recover_stuck_workflow(KEY)

    assert (result.purged, result.state) == ((run.id,), None)


async def test_children_that_an_engine_cannot_tell_block_a_kill() -> None:
    world = World()
    world.workflow("Order").key("o-1").paused()
    points = watch(world)

    with pytest.raises(RetryBlocked) as caught:
        await wfadmin.connect(Commanded(world.engine)).recover_stuck_workflow(KEY, policy=PAUSED)

    assert (caught.value.reason, writes(points)) == ("has_children", [])


async def test_leftover_state_without_a_version_is_not_cleared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    world.workflow("Order").key("o-1").state({"step": b"pay"})
    whole = MemoryState.read

    async def versionless(self: MemoryState, key: wfadmin.WorkflowKey, *, values: bool) -> object:
        return attrs.evolve(await whole(self, key, values=values), version=None)

    monkeypatch.setattr(MemoryState, "read", versionless)
    points = watch(world)

    with pytest.raises(NotSupported):
        await operator_of(world).recover_stuck_workflow(KEY)

    assert writes(points) == []


async def test_a_call_that_may_be_killed_and_was_not_planned_stops_all() -> None:
    world = World()
    key = world.workflow("Order").key("o-1")
    key.shared("watch").succeeded()
    key.paused()
    policy = RecoveryPolicy(PAUSED.stuck, with_children=True)
    points = watch(world, acts(Point.FOR_KEY, lambda: key.shared("watch").paused(), visit=3))

    with pytest.raises(RetryBlocked) as caught:
        await operator_of(world).recover_stuck_workflow(KEY, policy=policy)

    assert (caught.value.reason, writes(points)) == ("unknown", [])


async def test_a_parked_run_that_another_tool_purges_while_it_is_resumed_is_not_named() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").backing_off(attempts=7)
    payment = world.workflow("Payment").key("p-1")

    def forgotten() -> None:
        world.store.kill(run.id)
        world.store.purge(run.id)

    watch(
        world,
        acts(Point.PAUSE, lambda: run.child(payment).running()),
        lost(Point.RESUME, forgotten),
    )

    with pytest.raises(RetryBlocked) as caught:
        await operator_of(world).recover_stuck_workflow(KEY, policy=BACKING_OFF)

    assert caught.value.also == ()
