"""What an engine lacks is refused with what to do instead, and nothing is sent."""

from collections.abc import Awaitable, Callable, Mapping

import attrs
import pytest

import wfadmin
from tests.operations.engines import BareEngine, declaring
from tests.operations.repairs import KEY, watch, writes
from wfadmin.adapters.memory import World
from wfadmin.domain.plan import Verb
from wfadmin.errors import NotSupported

pytestmark = pytest.mark.asyncio

ADVICE = {
    "deployments": "Restart the workers: nothing is registered here.",
    "listing": "Look at single keys.",
    "cancel": "Kill it.",
}

Call = Callable[[wfadmin.LocalOperator], Awaitable[object]]


class Advising(BareEngine):
    """An engine whose adapter says what to do instead."""

    @property
    def instead(self) -> Mapping[str, str]:
        return ADVICE


@pytest.mark.parametrize(
    "call",
    [
        lambda one: one.force_redeploy("http://new:9080"),
        lambda one: one.plan_redeploy("http://new:9080"),
        lambda one: one.cleanup_stale_deployments("http://new:9080"),
        lambda one: one.plan_cleanup("http://new:9080"),
        lambda one: one.resume(KEY, deployment="latest"),
    ],
)
async def test_a_verb_for_deployments_says_what_to_do_instead_and_sends_nothing(call: Call) -> None:
    world = World()
    world.workflow("Order").key("o-1").paused()
    points = watch(world)

    with pytest.raises(NotSupported) as caught:
        await call(wfadmin.connect(Advising(world.engine)))

    assert (caught.value.what, caught.value.fix) == ("deployments", ADVICE["deployments"])
    assert writes(points) == []


async def test_a_command_that_is_not_declared_is_refused_with_what_to_do_instead() -> None:
    world = World(commands=frozenset())
    world.workflow("Order").key("o-1").running()
    engine = attrs.evolve(declaring(world), advice=ADVICE)

    with pytest.raises(NotSupported) as caught:
        await wfadmin.connect(engine).plan_steering(Verb.CANCEL, KEY)

    assert (caught.value.what, caught.value.fix) == ("command cancel", "Kill it.")


async def test_without_advice_doctor_is_what_to_run() -> None:
    with pytest.raises(NotSupported) as caught:
        await wfadmin.connect(BareEngine(World().engine)).force_redeploy("http://new:9080")

    assert caught.value.fix == "Run doctor to see what this engine offers."


async def test_doctor_says_what_to_do_instead() -> None:
    async with wfadmin.connect(Advising(World().engine)) as operator:
        report = await operator.doctor()

    assert report.deployments.error == f"bare has no deployments. {ADVICE['deployments']}"
    assert report.invocations.error == "bare has no listing of invocations. Look at single keys."
    assert report.findings == ()
