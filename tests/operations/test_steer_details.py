"""The mild verbs in detail: what each step says, and which argument is at fault."""

import pytest

import wfadmin
from tests.operations.engines import declaring
from tests.operations.repairs import KEY, operator_of
from wfadmin.adapters.memory import World
from wfadmin.adapters.memory.placing import Run
from wfadmin.domain.model import Deployment
from wfadmin.domain.plan import Action, Verb
from wfadmin.domain.results import Effect
from wfadmin.errors import UsageError

pytestmark = pytest.mark.asyncio

V1, V2 = "http://v1:9080", "http://v2:9080"


def moved(status: str) -> tuple[World, Run, Deployment]:
    """A run on a deployment that is gone, and the one that serves its service now."""
    world = World()
    old = world.deployment(V1, serves=("Order",))
    run = getattr(world.workflow("Order").key("o-1"), status)()
    new = world.deployment(V2, serves=("Order",))
    world.remove_deployment(old)
    return world, run, new


async def test_of_the_two_steps_of_a_move_only_the_resume_names_the_deployment() -> None:
    world, _, new = moved("backing_off")

    plan = await operator_of(world).plan_steering(Verb.RESUME, KEY, deployment="latest")

    assert [(one.action, one.detail) for one in plan.steps] == [
        (Action.PAUSE, ""),
        (Action.RESUME, new.id),
    ]


@pytest.mark.parametrize("deployment", ["latest", "keep"])
async def test_a_resume_where_the_run_is_names_no_deployment(deployment: str) -> None:
    world = World()
    world.deployment(V1, serves=("Order",))
    world.workflow("Order").key("o-1").paused()

    plan = await operator_of(world).plan_steering(Verb.RESUME, KEY, deployment=deployment)

    assert [(one.action, one.detail) for one in plan.steps] == [(Action.RESUME, "")]


async def test_a_pause_on_a_deployment_that_is_gone_names_none() -> None:
    world, _, _ = moved("running")

    plan = await operator_of(world).plan_steering(Verb.PAUSE, KEY, deployment="latest")

    assert [(one.action, one.detail) for one in plan.steps] == [(Action.PAUSE, "")]


async def test_where_nothing_serves_the_service_the_deployment_is_at_fault() -> None:
    world, _, new = moved("paused")
    world.remove_deployment(new)

    with pytest.raises(UsageError) as caught:
        await operator_of(world).resume(KEY, deployment="latest")

    assert caught.value.argument == "deployment"


async def test_a_deployment_that_serves_something_else_is_at_fault() -> None:
    world, _, _ = moved("paused")
    other = world.deployment("http://cart:9080", serves=("Cart",))

    with pytest.raises(UsageError) as caught:
        await operator_of(world).resume(KEY, deployment=other.id)

    assert (caught.value.argument, caught.value.problem) == (
        "deployment",
        "it does not serve this service",
    )


async def test_of_several_runs_one_must_be_named_by_its_id() -> None:
    world = World()
    key = world.workflow("Order").key("o-1")
    ids = [key.running().id, key.shared("watch").running().id]

    with pytest.raises(UsageError) as caught:
        await operator_of(world).cancel(KEY)

    assert caught.value.argument == "id"
    assert caught.value.problem == f"the key has several unfinished runs ({', '.join(ids)})"


async def test_a_run_that_goes_on_is_not_said_to_have_ended_badly() -> None:
    world = World()
    world.workflow("Order").key("o-1").paused()
    engine = declaring(world, repeatable=frozenset())

    result = await wfadmin.connect(engine, clock=world.clock).resume(KEY)

    assert (result.status, result.effect) == ("running", Effect.CONFIRMED)
    assert [one for one in result.warnings if "ended badly" in one] == []
