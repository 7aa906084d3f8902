"""Recover a failed key, or what one has left, with everybody else."""

from tests.explore_operations.plays import Bill
from tests.explore_operations.worlds import (
    KEY,
    NEW,
    SHARED,
    failed,
    failed_behind_a_fence,
    left_over,
    recover,
    recover_by_a_plan,
)
from wfadmin.testing.explore import Loss, Scenario

RECOVER = Bill("recover")

PURGES_A_SUCCESS = "purges a success of a newer run"
CLEARS = "clears the state of a run"
STRANDS = "strands a shared call"

ALONE = {"confirmed"}
TWO = {"confirmed", "no_change", "stale_plan", "workflow_retry_blocked"}
ONE_AFTER_THE_OTHER = {*TWO, "lease_held"}


@RECOVER.play(failed, harms={f"a: {PURGES_A_SUCCESS}"}, endings=TWO)
def two_operators_with_a_lease_each_and_a_client(scenario: Scenario) -> None:
    scenario.operator(recover)
    scenario.operator(recover)
    scenario.client(KEY)
    scenario.engine()


@RECOVER.play(failed, endings=ONE_AFTER_THE_OTHER)
def two_operators_who_share_a_lease_and_a_client(scenario: Scenario) -> None:
    scenario.share_a_lease()
    scenario.operator(recover)
    scenario.operator(recover)
    scenario.client(KEY)
    scenario.engine()


@RECOVER.play(failed, harms={f"a: {PURGES_A_SUCCESS}"}, endings=TWO)
def a_tool_that_purges_in_between(scenario: Scenario) -> None:
    scenario.operator(recover)
    scenario.client(KEY, times=2)
    scenario.tool(KEY, "purge")
    scenario.engine()


@RECOVER.play(failed, harms={f"a: {PURGES_A_SUCCESS}"}, endings={*TWO, "outcome_unknown"})
def a_retention_that_ends_in_between(scenario: Scenario) -> None:
    scenario.operator(recover)
    scenario.client(KEY, times=2)
    scenario.retention()
    scenario.engine()


@RECOVER.play(failed, harms={f"b: {STRANDS}"}, endings={"confirmed", "workflow_retry_blocked"})
def a_shared_call_that_starts_in_between(scenario: Scenario) -> None:
    scenario.operator(recover)
    scenario.client(KEY)
    scenario.caller(KEY, SHARED)
    scenario.engine()


@RECOVER.play(failed_behind_a_fence, endings=TWO)
def a_tool_that_purges_behind_an_atomic_fence(scenario: Scenario) -> None:
    scenario.operator(recover)
    scenario.client(KEY, times=2)
    scenario.tool(KEY, "purge")
    scenario.engine()


@RECOVER.play(failed, endings=ONE_AFTER_THE_OTHER)
def a_lost_answer(scenario: Scenario) -> None:
    scenario.share_a_lease()
    scenario.operator(recover)
    scenario.operator(recover)
    scenario.client(KEY)
    scenario.network(Loss.ANSWER)
    scenario.engine()


@RECOVER.play(failed, endings={*ONE_AFTER_THE_OTHER, "outcome_unknown"})
def a_lost_write(scenario: Scenario) -> None:
    scenario.share_a_lease()
    scenario.operator(recover)
    scenario.operator(recover)
    scenario.client(KEY)
    scenario.network(Loss.WRITE)
    scenario.engine()


@RECOVER.play(
    failed,
    harms={f"a: {PURGES_A_SUCCESS}", f"c: {PURGES_A_SUCCESS}"},
    endings={*TWO, "outcome_unknown"},
)
def a_write_that_lands_late(scenario: Scenario) -> None:
    scenario.operator(recover)
    scenario.client(KEY)
    scenario.tool(KEY, "purge")
    scenario.network(Loss.LATE)
    scenario.engine()


@RECOVER.play(failed, harms={f"c: {PURGES_A_SUCCESS}"}, endings=ONE_AFTER_THE_OTHER)
def a_write_that_lands_twice(scenario: Scenario) -> None:
    scenario.share_a_lease()
    scenario.operator(recover)
    scenario.operator(recover)
    scenario.client(KEY)
    scenario.network(Loss.TWICE)
    scenario.engine()


@RECOVER.play(failed, endings={"confirmed", "workflow_engine_unreachable"})
def a_call_that_finds_nobody(scenario: Scenario) -> None:
    scenario.operator(recover)
    scenario.client(KEY)
    scenario.network(Loss.REFUSED)
    scenario.engine()


@RECOVER.play(failed, endings={*ONE_AFTER_THE_OTHER, "CancelledError"})
def an_operator_who_is_interrupted(scenario: Scenario) -> None:
    scenario.share_a_lease()
    scenario.operator(recover)
    scenario.operator(recover)
    scenario.client(KEY)
    scenario.interrupt()
    scenario.engine()


@RECOVER.play(failed, endings={"confirmed", "outcome_unknown", "CancelledError"})
def an_interrupt_and_a_write_that_lands_late(scenario: Scenario) -> None:
    scenario.operator(recover)
    scenario.client(KEY)
    scenario.network(Loss.LATE)
    scenario.interrupt()
    scenario.engine()


@RECOVER.play(failed, endings=ALONE)
def somebody_who_redeploys_meanwhile(scenario: Scenario) -> None:
    scenario.operator(recover)
    scenario.client(KEY)
    scenario.happens("deploys", lambda world: world.deployment(NEW, serves=("Order",)))
    scenario.engine()


@RECOVER.play(failed, harms={f"a: {PURGES_A_SUCCESS}"}, endings=TWO)
def a_plan_that_is_applied_while_a_tool_purges(scenario: Scenario) -> None:
    scenario.operator(recover_by_a_plan)
    scenario.client(KEY)
    scenario.tool(KEY, "purge")
    scenario.engine()


@RECOVER.play(failed, endings=ONE_AFTER_THE_OTHER)
def a_plan_that_is_applied_beside_another_operator(scenario: Scenario) -> None:
    scenario.share_a_lease()
    scenario.operator(recover_by_a_plan)
    scenario.operator(recover)
    scenario.client(KEY)
    scenario.engine()


@RECOVER.play(
    left_over,
    harms={f"a: {CLEARS}"},
    endings={*ONE_AFTER_THE_OTHER, "outcome_unknown"},
)
def two_operators_who_clear_what_was_left(scenario: Scenario) -> None:
    scenario.share_a_lease()
    scenario.operator(recover)
    scenario.operator(recover)
    scenario.client(KEY)
    scenario.engine()


@RECOVER.play(
    left_over,
    harms={f"a: {CLEARS}", f"c: {CLEARS}"},
    endings={"confirmed", "outcome_unknown", "stale_plan", "workflow_retry_blocked"},
)
def a_clear_that_lands_late(scenario: Scenario) -> None:
    scenario.operator(recover)
    scenario.client(KEY)
    scenario.network(Loss.LATE)
    scenario.engine()
