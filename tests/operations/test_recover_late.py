"""Work of a killed run that may reach a new one: said wherever a run is killed, or was."""

import pytest

import wfadmin
from tests.operations.engines import declaring
from tests.operations.repairs import KEY, PAUSED
from wfadmin.adapters.memory import World

pytestmark = pytest.mark.asyncio

LATE = "Work that a killed run began may still be under way"


@pytest.mark.parametrize("status", ["killed", "paused"])
async def test_a_plan_and_its_result_warn_of_what_comes_late_and_advise_a_new_id(
    status: str,
) -> None:
    world = World()
    getattr(world.workflow("Order").key("o-1"), status)()
    operator = wfadmin.connect(declaring(world, late_results=True), clock=world.clock)

    plan = await operator.plan_recover(KEY, policy=PAUSED)
    result = await operator.recover_stuck_workflow(KEY, policy=PAUSED)

    assert (plan.warnings[1], result.warnings) == (result.warnings[1], plan.warnings)
    assert plan.warnings[1].startswith(LATE)
    assert "start the work under a new id" in plan.warnings[1]


@pytest.mark.parametrize(
    ("status", "late"),
    [("failed", True), ("cancelled", True), ("killed", False), ("paused", False)],
)
async def test_what_nobody_killed_and_what_comes_in_time_is_not_warned_of(
    status: str,
    late: bool,  # noqa: FBT001 - a column of the table
) -> None:
    world = World()
    getattr(world.workflow("Order").key("o-1"), status)()
    operator = wfadmin.connect(declaring(world, late_results=late), clock=world.clock)

    result = await operator.recover_stuck_workflow(KEY, policy=PAUSED)

    assert [one for one in result.warnings if one.startswith(LATE)] == []
