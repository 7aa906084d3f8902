"""Clean up stale deployments, while others deploy, remove, and use them."""

from tests.explore_operations.plays import Bill
from tests.explore_operations.worlds import (
    KEY,
    a_run_on_the_old_place,
    cleanup,
    cleanup_by_a_plan,
    force_cleanup,
    pin_a_run,
    remove_the_new_place,
    remove_the_old_place,
    roll_back,
    two_places,
)
from wfadmin.testing.explore import Loss, Scenario

CLEANUP = Bill("cleanup")

SERVES = "removes a deployment that serves"
ORPHANS = "orphans a run"

ROLLED_BACK = {"confirmed", "deployment_in_use", "no_change"}


@CLEANUP.play(two_places, endings={"accepted", "confirmed", "no_change"})
def two_operators_with_a_lease_each(scenario: Scenario) -> None:
    scenario.operator(cleanup)
    scenario.operator(cleanup)


@CLEANUP.play(two_places, endings={"confirmed", "lease_held", "no_change"})
def two_operators_who_share_a_lease(scenario: Scenario) -> None:
    scenario.share_a_lease()
    scenario.operator(cleanup)
    scenario.operator(cleanup)


@CLEANUP.play(two_places, endings={"CancelledError", "confirmed", "lease_held", "no_change"})
def an_operator_who_is_interrupted(scenario: Scenario) -> None:
    scenario.share_a_lease()
    scenario.operator(cleanup)
    scenario.operator(cleanup)
    scenario.interrupt()


@CLEANUP.play(two_places, harms={f"a: {SERVES}", f"a: {ORPHANS}"}, endings=ROLLED_BACK)
def somebody_who_rolls_back_meanwhile_and_a_client(scenario: Scenario) -> None:
    scenario.operator(cleanup)
    scenario.client(KEY)
    scenario.happens("deploys the old version again", roll_back)
    scenario.engine()


@CLEANUP.play(two_places, harms={f"a: {SERVES}"}, endings=ROLLED_BACK)
def a_plan_that_is_applied_after_a_roll_back(scenario: Scenario) -> None:
    scenario.operator(cleanup_by_a_plan)
    scenario.happens("deploys the old version again", roll_back)


@CLEANUP.play(two_places, endings={"accepted", "confirmed", "no_change"})
def somebody_who_removes_the_stale_one_meanwhile(scenario: Scenario) -> None:
    scenario.operator(cleanup)
    scenario.client(KEY)
    scenario.happens("removes the old deployment", remove_the_old_place)
    scenario.engine()


@CLEANUP.play(
    two_places,
    harms={f"a: {SERVES}", f"a: {ORPHANS}"},
    endings={"confirmed", "deployment_not_found", "no_change", "stale_plan"},
)
def somebody_who_removes_the_kept_one_meanwhile(scenario: Scenario) -> None:
    scenario.operator(cleanup)
    scenario.client(KEY)
    scenario.happens("removes the new deployment", remove_the_new_place)
    scenario.engine()


@CLEANUP.play(two_places, harms={f"a: {ORPHANS}"}, endings={"confirmed", "no_change"})
def a_run_that_is_pinned_to_the_stale_one_meanwhile(scenario: Scenario) -> None:
    scenario.operator(cleanup)
    scenario.happens("pins a run to the old deployment", pin_a_run)
    scenario.engine()


@CLEANUP.play(a_run_on_the_old_place, endings={"confirmed", "no_change"})
def a_run_that_holds_the_stale_one(scenario: Scenario) -> None:
    scenario.operator(cleanup)
    scenario.client(KEY)
    scenario.engine()


@CLEANUP.play(a_run_on_the_old_place, endings={"confirmed"})
def an_operator_who_forces_it(scenario: Scenario) -> None:
    scenario.operator(force_cleanup, forces=True)
    scenario.client(KEY)
    scenario.engine()


@CLEANUP.play(two_places, endings={"confirmed"})
def a_lost_answer(scenario: Scenario) -> None:
    scenario.operator(cleanup)
    scenario.client(KEY)
    scenario.network(Loss.ANSWER)
    scenario.engine()


@CLEANUP.play(two_places, endings={"confirmed", "outcome_unknown"})
def a_lost_write(scenario: Scenario) -> None:
    scenario.operator(cleanup)
    scenario.client(KEY)
    scenario.network(Loss.WRITE)
    scenario.engine()


@CLEANUP.play(two_places, endings={"confirmed", "workflow_engine_unreachable"})
def a_call_that_finds_nobody(scenario: Scenario) -> None:
    scenario.operator(cleanup)
    scenario.client(KEY)
    scenario.network(Loss.REFUSED)
    scenario.engine()


@CLEANUP.play(
    two_places,
    harms={f"a: {SERVES}", f"c: {SERVES}"},
    endings={*ROLLED_BACK, "outcome_unknown"},
)
def a_removal_that_lands_after_a_roll_back(scenario: Scenario) -> None:
    scenario.operator(cleanup)
    scenario.happens("deploys the old version again", roll_back)
    scenario.network(Loss.LATE)


@CLEANUP.play(two_places, harms={f"a: {SERVES}"}, endings=ROLLED_BACK)
def a_removal_that_lands_twice(scenario: Scenario) -> None:
    scenario.operator(cleanup)
    scenario.happens("deploys the old version again", roll_back)
    scenario.network(Loss.TWICE)
