"""What only looks, beside somebody who writes: it must never send anything."""

from tests.explore_operations.plays import Bill
from tests.explore_operations.worlds import (
    BACKING_OFF,
    NEW,
    backing_off,
    doctor,
    inspect,
    plan_all,
    plan_cleanup,
    recover,
    roll_back,
    two_places,
)
from wfadmin.testing.explore import Loss, Scenario

LOOKING = Bill("doctor, inspect and plan")

LOOKED = {"confirmed", "done", "workflow_retry_blocked"}


@LOOKING.play(backing_off, endings=LOOKED)
def a_doctor_beside_a_recovery(scenario: Scenario) -> None:
    scenario.operator(doctor, reads_only=True)
    scenario.operator(recover, policy=BACKING_OFF)
    scenario.engine()


@LOOKING.play(backing_off, endings={"confirmed", "done"})
def an_inspection_beside_a_recovery(scenario: Scenario) -> None:
    scenario.operator(inspect, reads_only=True)
    scenario.operator(recover, policy=BACKING_OFF)


@LOOKING.play(backing_off, endings=LOOKED)
def a_plan_beside_a_recovery(scenario: Scenario) -> None:
    scenario.operator(plan_all, reads_only=True, policy=BACKING_OFF)
    scenario.operator(recover, policy=BACKING_OFF)


@LOOKING.play(two_places, endings={"deployment_in_use", "done"})
def a_plan_of_a_cleanup_beside_a_roll_back(scenario: Scenario) -> None:
    scenario.operator(plan_cleanup, reads_only=True)
    scenario.happens("deploys the old version again", roll_back)


@LOOKING.play(backing_off, endings={"done"})
def a_doctor_that_finds_nobody_for_a_moment(scenario: Scenario) -> None:
    scenario.operator(doctor, reads_only=True)
    scenario.happens("deploys", lambda world: world.deployment(NEW, serves=("Order",)))
    scenario.network(Loss.REFUSED)


@LOOKING.play(backing_off, endings={"done", "workflow_engine_unreachable"})
def an_inspection_that_finds_nobody_for_a_moment(scenario: Scenario) -> None:
    scenario.operator(inspect, reads_only=True)
    scenario.happens("deploys", lambda world: world.deployment(NEW, serves=("Order",)))
    scenario.network(Loss.REFUSED)
