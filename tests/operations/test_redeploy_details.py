"""Registrations in detail: how long one may take, and what is told of it."""

from datetime import timedelta

import pytest

import wfadmin
from tests.operations.engines import declaring
from tests.operations.repairs import acts, operator_of, watch
from tests.operations.test_write_floor import Noting
from wfadmin.adapters.memory import Point, World
from wfadmin.domain.results import Effect

pytestmark = pytest.mark.asyncio

OLD, NEW = "http://v1:9080", "http://v2:9080"


def two_places() -> World:
    world = World()
    world.deployment(OLD, serves=("Order",))
    world.place(NEW, serves=("Order", "Cart"))
    return world


@pytest.mark.parametrize(
    ("host", "floor", "asked", "longest"),
    [
        pytest.param(40, 20, 10, 40, id="the host's own limit"),
        pytest.param(10, 40, 20, 40, id="what the engine needs"),
        pytest.param(10, 20, 40, 40, id="what was asked for"),
    ],
)
async def test_a_registration_may_take_the_longest_of_three_times(
    host: int, floor: int, asked: int, longest: int
) -> None:
    world, tasks = two_places(), Noting()
    engine = declaring(world, register_floor=timedelta(seconds=floor))
    operator = wfadmin.connect(engine, clock=world.clock, tasks=tasks, timeout=host)

    await operator.force_redeploy(NEW, register_timeout=timedelta(seconds=asked))

    # Three lists, what it can do, the dry run; the write, which has the patience of three; a look.
    seconds = [one.total_seconds() for one in tasks.limits]
    assert seconds == [host, host, longest, 3 * longest, host]


async def test_the_warning_about_pinned_runs_says_what_they_risk() -> None:
    world = two_places()
    world.workflow("Order").key("o-1").suspended()

    plan = await operator_of(world).plan_redeploy(OLD)

    held = "Unfinished runs that are pinned to this URL: 1."
    assert plan.warnings == (f"{held} Their journals may not fit code that has changed.",)


async def test_only_a_url_of_which_something_is_left_out_counts_as_cut() -> None:
    world = World()
    world.place("http://v1:9080/X", serves=("Order",))

    plan = await operator_of(world).plan_redeploy("http://v1:9080/X")

    assert dict(plan.arguments)["url_is_cut"] == "no"


async def test_what_was_registered_counts_also_where_it_is_registered_over_at_once() -> None:
    world = two_places()
    watch(
        world,
        acts(Point.REGISTER, lambda: world.place(NEW, serves=("Order", "Cart", "Mail", "News"))),
        acts(Point.LIST_DEPLOYMENTS, lambda: world.deployment(NEW, serves=("Order",)), visit=2),
    )

    result = await operator_of(world).force_redeploy(NEW)

    assert (result.effect, result.warnings) == (
        Effect.ACCEPTED,
        ("Not routed to it: Cart, Mail, News.",),
    )
