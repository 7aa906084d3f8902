"""A plan gives back every argument that it was made with, or says what is wrong with it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import attrs
import pytest

from tests.operations.repairs import KEY, SHARED_TOO, operator_of
from wfadmin.adapters.memory import World
from wfadmin.domain.plan import Plan, Verb
from wfadmin.errors import InvalidPlan
from wfadmin.operations.apply import repair_of
from wfadmin.operations.local import LocalOperator

pytestmark = pytest.mark.asyncio

V1, V2 = "http://v1:9080", "http://v2:9080"

Make = Callable[[LocalOperator], Awaitable[Plan]]


def world_of_all() -> World:
    """A stuck key, a deployment that is stale, and one that is kept."""
    world = World()
    world.deployment(V1, serves=("Order",))
    world.deployment(V2, serves=("Order",))
    world.workflow("Order").key("o-1").paused()
    return world


RECOVER = pytest.param(lambda one: one.plan_recover(KEY, policy=SHARED_TOO), id="recover")
RESUME = pytest.param(lambda one: one.plan_steering(Verb.RESUME, KEY), id="resume")
CLEANUP = pytest.param(
    lambda one: one.plan_cleanup(V2, also_keep=[V1], wait=timedelta(minutes=2)), id="cleanup"
)
REDEPLOY = pytest.param(
    lambda one: one.plan_redeploy(V2, register_timeout=timedelta(seconds=70)), id="redeploy"
)
MAKERS = [RECOVER, RESUME, CLEANUP, REDEPLOY]


@pytest.mark.parametrize("make", MAKERS)
async def test_the_verb_is_made_again_with_the_same_arguments(make: Make) -> None:
    world = world_of_all()
    operator = operator_of(world)
    plan = await make(operator)

    again = repair_of(operator.engine, operator.host, plan)

    assert (again.verb, again.arguments) == (plan.verb, plan.arguments)


@pytest.mark.parametrize(
    ("make", "change", "problem"),
    [
        (*RECOVER.values, {"service_key": None}, "it does not name one service_key"),
        (*RECOVER.values, {"with_children": "maybe"}, "with_children is neither yes nor no"),
        (*RECOVER.values, {"more": "x"}, "the argument more is not known"),
        (*RECOVER.values, {"service_key": ""}, "service key: it is empty"),
        (*CLEANUP.values, {"wait": "soon"}, "wait: it is not a number"),
        (*CLEANUP.values, {"service_url": f"{V2}?..."}, "a plan keeps no secrets"),
        (*REDEPLOY.values, {"url_is_cut": "yes"}, "a plan keeps no secrets"),
        (*REDEPLOY.values, {"register_timeout": "soon"}, "register timeout: it is not a number"),
    ],
)
async def test_what_is_wrong_with_an_argument_is_wrong_with_the_plan(
    make: Make, change: dict[str, str | None], problem: str
) -> None:
    operator = operator_of(world_of_all())
    plan = await make(operator)
    arguments = {**dict(plan.arguments), **change}
    pairs = tuple((name, value) for name, value in arguments.items() if value is not None)

    with pytest.raises(InvalidPlan) as caught:
        repair_of(operator.engine, operator.host, attrs.evolve(plan, arguments=pairs))

    assert caught.value.argument == "plan"
    assert caught.value.problem.startswith(problem)


async def test_an_argument_that_is_named_twice_is_wrong_with_the_plan() -> None:
    operator = operator_of(world_of_all())
    plan = await operator.plan_steering(Verb.RESUME, KEY)
    twice = (*plan.arguments, ("id", "inv_1"), ("id", "inv_2"))

    with pytest.raises(InvalidPlan) as caught:
        repair_of(operator.engine, operator.host, attrs.evolve(plan, arguments=twice))

    assert (caught.value.argument, caught.value.problem) == ("plan", "it names more than one id")
