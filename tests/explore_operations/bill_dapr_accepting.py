"""On Dapr as it is: what it accepted happens some turns later, or comes too late."""

from tests.explore_operations.plays import Bill
from tests.explore_operations.worlds import (
    KEY,
    PAUSED_WITH_CHILDREN,
    recover,
    restart_the_worker,
    resume,
)
from wfadmin.adapters.memory import World
from wfadmin.testing.explore import Loss, Scenario

DAPR_ACCEPTING = Bill("on Dapr, which accepts first")


def failed() -> World:
    world = World(like="dapr")
    world.workflow("Order").key("o-1").failed("payment was refused")
    return world


def paused() -> World:
    world = World(like="dapr")
    world.workflow("Order").key("o-1").paused()
    return world


@DAPR_ACCEPTING.play(
    failed,
    harms={"a: purges a success of a newer run"},
    endings={"confirmed", "lease_held", "no_change", "workflow_retry_blocked"},
)
def two_operators_who_recover_and_share_a_lease(scenario: Scenario) -> None:
    scenario.share_a_lease()
    scenario.operator(recover, policy=PAUSED_WITH_CHILDREN)
    scenario.operator(recover, policy=PAUSED_WITH_CHILDREN)
    scenario.client(KEY)
    scenario.engine()


@DAPR_ACCEPTING.play(
    paused,
    endings={"confirmed", "engine_not_ready", "outcome_unknown", "workflow_engine_rejected"},
)
def a_worker_that_restarts_during_a_recovery(scenario: Scenario) -> None:
    scenario.operator(recover, policy=PAUSED_WITH_CHILDREN)
    restart_the_worker(scenario)


@DAPR_ACCEPTING.play(
    paused,
    endings={"command_not_allowed", "confirmed", "lease_held", "no_change"},
)
def two_operators_who_resume_and_share_a_lease(scenario: Scenario) -> None:
    scenario.share_a_lease()
    scenario.operator(resume)
    scenario.operator(resume)
    scenario.engine()


@DAPR_ACCEPTING.play(paused, endings={"confirmed", "outcome_unknown"})
def a_resume_that_lands_late(scenario: Scenario) -> None:
    scenario.operator(resume)
    scenario.network(Loss.LATE)
