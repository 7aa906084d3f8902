"""An engine that just came back, and one that refuses: neither is taken at its first word."""

import attrs
import pytest

import wfadmin
from tests.operations.engines import declaring
from tests.operations.repairs import KEY, acts, fails, lost, nothing, operator_of, watch, writes
from wfadmin.adapters.memory import Point, World
from wfadmin.domain.commands import Pause
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import Invocation, InvocationStatus
from wfadmin.domain.policy import BackingOff, RecoveryPolicy
from wfadmin.errors import EngineRejected, EngineUnreachable, OutcomeUnknown
from wfadmin.ports import InvocationStore

pytestmark = pytest.mark.asyncio

IF_BACKING_OFF = RecoveryPolicy((BackingOff(5),))


@attrs.define(eq=False)
class Forgetful:
    """An invocation store that once, as it comes back, holds nothing."""

    whole: InvocationStore
    empty_at: int
    asked: int = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self.whole, name)

    async def for_key(self, key: WorkflowKey) -> tuple[Invocation, ...]:
        self.asked += 1
        return () if self.asked == self.empty_at else await self.whole.for_key(key)


def forgetful(world: World, *, empty_at: int) -> wfadmin.LocalOperator:
    engine = attrs.evolve(declaring(world), runs=Forgetful(world.engine.invocations, empty_at))
    return wfadmin.connect(engine, clock=world.clock)


async def test_after_a_lost_answer_one_empty_look_is_no_proof() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").failed()
    points = watch(world, lost(Point.PURGE, nothing))

    # The plan looks twice, the write goes by the third, the fourth is to confirm it.
    with pytest.raises(OutcomeUnknown):
        await forgetful(world, empty_at=3).recover_stuck_workflow(KEY)

    assert run.now is not None
    assert writes(points) == [Point.PURGE]


async def test_after_a_look_that_failed_one_empty_look_is_no_proof() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").failed()
    gone = EngineUnreachable("memory", "Connection refused")
    points = watch(world, acts(Point.PURGE, nothing), fails(Point.READ_STATE, gone, visit=2))

    result = await operator_of(world).recover_stuck_workflow(KEY)

    assert (result.confirmed, run.now) == (True, None)
    # The look that failed, and two that show it.
    assert points[points.index(Point.PURGE) :].count(Point.READ_STATE) == 3


async def test_what_refused_the_pause_did_not_pause_the_run() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").backing_off(attempts=5)
    said_no = EngineRejected("memory", 409, None, "not now")

    def somebody_else_pauses_it() -> None:
        world.store.perform(Pause(run.ref))
        raise said_no

    points = watch(world, acts(Point.PAUSE, somebody_else_pauses_it))

    with pytest.raises(EngineRejected) as caught:
        await operator_of(world).recover_stuck_workflow(KEY, policy=IF_BACKING_OFF)

    assert run.now is not None
    assert (run.now.status, writes(points)) == (InvocationStatus.PAUSED, [Point.PAUSE])
    assert caught.value.also == ()


@pytest.mark.parametrize(("status", "resumed"), [(409, False), (500, True)])
async def test_what_failed_while_it_paused_may_have_paused_the_run(
    status: int,
    resumed: bool,  # noqa: FBT001 - a column of the table
) -> None:
    world = World()
    run = world.workflow("Order").key("o-1").backing_off(attempts=5)

    def pauses_and_fails() -> None:
        world.store.perform(Pause(run.ref))
        raise EngineRejected("memory", status, None, "no")

    watch(world, acts(Point.PAUSE, pauses_and_fails))

    with pytest.raises(EngineRejected):
        await operator_of(world).recover_stuck_workflow(KEY, policy=IF_BACKING_OFF)

    assert run.now is not None
    assert (run.now.status is not InvocationStatus.PAUSED) is resumed


@pytest.mark.parametrize(("status", "named"), [(409, 0), (500, 1)])
async def test_a_move_whose_park_failed_names_the_run_where_it_may_be_paused(
    status: int, named: int
) -> None:
    world = World()
    old = world.deployment("http://old:9080", serves=("Order",))
    world.workflow("Order").key("o-1").backing_off(on=old)
    world.deployment("http://new:9080", serves=("Order",))
    watch(world, fails(Point.PAUSE, EngineRejected("memory", status, None, "no")))

    with pytest.raises(EngineRejected) as caught:
        await operator_of(world).resume(KEY, deployment="latest")

    assert len(caught.value.also) == named
