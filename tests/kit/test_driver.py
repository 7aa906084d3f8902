"""What a driver that cannot do anything says: nothing is known, and why."""

import pytest

from wfadmin.adapters.memory import Point
from wfadmin.domain.error import Sent
from wfadmin.domain.errors import OutcomeUnknown
from wfadmin.domain.keys import WorkflowKey
from wfadmin.testing import Driver, Garbage, NotExercised, PortCall, Situation
from wfadmin.testing.memory import unanswered

pytestmark = pytest.mark.asyncio


class Bare(Driver):
    """It overrides nothing."""


KEY = WorkflowKey("Order", "o-1")
STEPS = {
    "put": lambda d: d.put(KEY, Situation.RUNNING),
    "look": lambda d: d.look(KEY),
    "put_shared": lambda d: d.put_shared(KEY),
    "put_with_child": lambda d: d.put_with_child(KEY, KEY),
    "put_without_key": lambda d: d.put_without_key(),
    "finish": lambda d: d.finish(KEY),
    "move_on": lambda d: d.move_on(KEY),
    "retry": lambda d: d.retry(KEY),
    "forget": lambda d: d.forget(KEY),
    "store": lambda d: d.store(KEY, {}),
    "a_place": lambda d: d.a_place(),
    "deploy": lambda d: d.deploy(),
    "undeploy": lambda d: d.undeploy("http://a"),
    "advance": lambda d: d.advance(None),
    "misplace": lambda d: d.misplace(),
    "held": lambda d: d.network.held(),
}
AT_ONCE = {
    "retention": lambda d: d.retention,
    "page_size": lambda d: d.page_size,
    "requests": lambda d: d.network.requests,
    "writes": lambda d: d.network.writes,
    "cut": lambda d: d.network.cut(),
    "silence": lambda d: d.network.silence(),
    "lose_answers": lambda d: d.network.lose_answers(),
    "reject": lambda d: d.network.reject(),
    "garble": lambda d: d.network.garble(Garbage.EMPTY),
    "hold": lambda d: d.network.hold(),
}


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS.keys())
async def test_a_step_that_no_driver_wrote_is_not_exercised(step: object) -> None:
    with pytest.raises(NotExercised):
        await step(Bare())  # type: ignore[operator]


@pytest.mark.parametrize("step", AT_ONCE.values(), ids=AT_ONCE.keys())
async def test_nor_is_what_it_does_not_know(step: object) -> None:
    with pytest.raises(NotExercised):
        step(Bare())  # type: ignore[operator]


async def test_no_key_is_used_twice() -> None:
    one, other = Bare(), Bare()
    keys = [one.fresh_key(), one.fresh_key("'"), other.fresh_key()]

    assert len(set(keys)) == 3
    assert keys[1].service_key.endswith("'")


async def test_a_bare_driver_may_wait_and_be_mended() -> None:
    async with Bare() as driver:
        await driver.settle()
        driver.network.mend()

    assert driver.now.tzinfo is not None


async def test_a_lost_write_of_memory_is_an_unknown_outcome() -> None:
    lost = unanswered(PortCall(Point.KILL), "gone")

    assert isinstance(lost, OutcomeUnknown)
    assert lost.sent is Sent.UNKNOWN
