"""Answers to writes that are known to be late: they are waited for, whatever the host's limit."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import attrs
import pytest

import wfadmin
from tests.operations.engines import declaring
from tests.operations.repairs import KEY
from wfadmin.adapters.memory import World
from wfadmin.adapters.runtime import AnyioTasks
from wfadmin.domain.results import Effect
from wfadmin.errors import OutcomeUnknown

pytestmark = pytest.mark.asyncio

FLOOR = timedelta(seconds=8)
V1, V2 = "http://v1:9080", "http://v2:9080"

Call = Callable[[wfadmin.LocalOperator], Awaitable[object]]


@attrs.define
class Noting(AnyioTasks):
    """Notes how long each call may take."""

    limits: list[timedelta] = attrs.field(factory=list)

    async def gather(self, calls: Sequence[object], *, timeout: timedelta) -> tuple[object, ...]:
        self.limits.append(timeout)
        return await super().gather(calls, timeout=timeout)  # type: ignore[arg-type]


def failed(world: World) -> None:
    world.workflow("Order").key("o-1").failed()


def leftover(world: World) -> None:
    world.workflow("Order").key("o-1").state({"step": b"pay"})


def running(world: World) -> None:
    world.workflow("Order").key("o-1").running()


def versions(world: World) -> None:
    world.deployment(V1, serves=("Order",))
    world.deployment(V2, serves=("Order",))


@pytest.mark.parametrize(
    ("given", "call"),
    [
        (failed, lambda one: one.recover_stuck_workflow(KEY)),
        (leftover, lambda one: one.recover_stuck_workflow(KEY)),
        (running, lambda one: one.pause(KEY)),
        (versions, lambda one: one.cleanup_stale_deployments(V2)),
    ],
    ids=["purge", "clear", "pause", "remove"],
)
@pytest.mark.parametrize(
    ("floor", "longest"), [(FLOOR, 24), (timedelta(milliseconds=1), 3)], ids=["late", "in time"]
)
async def test_the_one_write_may_take_as_long_as_its_answer_is_late(
    given: Callable[[World], None], call: Call, floor: timedelta, longest: int
) -> None:
    world, tasks = World(), Noting()
    given(world)
    engine = declaring(world, write_floor=floor)

    await call(wfadmin.connect(engine, clock=world.clock, tasks=tasks, timeout=1))

    assert [one for one in tasks.limits if one > timedelta(seconds=1)] == [
        timedelta(seconds=longest)
    ]


@pytest.mark.parametrize("seconds", [0, 30])
async def test_an_effect_that_is_known_to_be_late_is_not_called_unknown(seconds: int) -> None:
    world = World(acceptance=timedelta(seconds=20))
    run = world.workflow("Order").key("o-1").failed()
    engine = declaring(world, write_floor=timedelta(seconds=seconds))
    operator = wfadmin.connect(engine, clock=world.clock)

    if not seconds:
        with pytest.raises(OutcomeUnknown):
            await operator.recover_stuck_workflow(KEY)
        return
    result = await operator.recover_stuck_workflow(KEY)
    assert (result.purged, result.effect) == ((run.id,), Effect.CONFIRMED)
