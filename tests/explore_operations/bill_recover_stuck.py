"""Recover a stuck key by a kill, with everybody else."""

from tests.explore_operations.plays import Bill
from tests.explore_operations.worlds import (
    BACKING_OFF,
    KEY,
    PAUSED,
    SHARED,
    backing_off,
    backing_off_for_good,
    paused,
    recover,
    resume,
)
from wfadmin.testing.explore import Loss, Scenario

RECOVER_STUCK = Bill("recover, by a kill")

KILLS, PURGES, PAUSES = "kills a newer run", "purges a newer run", "pauses a newer run"
PURGES_A_SUCCESS = "purges a success of a newer run"
GOT_ON = "kills a run that got on"
STRANDS = "strands a shared call"

BLOCKED = {"confirmed", "workflow_retry_blocked"}
TWO = {"confirmed", "no_change", "stale_plan", "workflow_retry_blocked"}


@RECOVER_STUCK.play(
    paused,
    harms={f"a: {KILLS}"},
    endings={"confirmed", "no_change", "workflow_retry_blocked"},
)
def two_operators_with_a_lease_each_and_a_client(scenario: Scenario) -> None:
    scenario.operator(recover, policy=PAUSED)
    scenario.operator(recover, policy=PAUSED)
    scenario.client(KEY)


@RECOVER_STUCK.play(paused, endings={*TWO, "lease_held"})
def two_operators_who_share_a_lease_and_a_client(scenario: Scenario) -> None:
    scenario.share_a_lease()
    scenario.operator(recover, policy=PAUSED)
    scenario.operator(recover, policy=PAUSED)
    scenario.client(KEY)
    scenario.engine()


@RECOVER_STUCK.play(
    paused, harms={f"a: {KILLS}", f"a: {PURGES}", f"a: {PURGES_A_SUCCESS}"}, endings=TWO
)
def tools_that_kill_and_purge_in_between(scenario: Scenario) -> None:
    scenario.operator(recover, policy=PAUSED)
    scenario.client(KEY)
    scenario.tool(KEY, "kill")
    scenario.tool(KEY, "purge")
    scenario.engine()


@RECOVER_STUCK.play(paused, harms={f"b: {STRANDS}"}, endings=BLOCKED)
def a_shared_call_that_starts_in_between(scenario: Scenario) -> None:
    scenario.operator(recover, policy=PAUSED)
    scenario.client(KEY)
    scenario.caller(KEY, SHARED)


@RECOVER_STUCK.play(paused, endings={"confirmed"})
def a_lost_answer(scenario: Scenario) -> None:
    scenario.operator(recover, policy=PAUSED)
    scenario.client(KEY)
    scenario.network(Loss.ANSWER)
    scenario.engine()


@RECOVER_STUCK.play(paused, endings={"confirmed", "outcome_unknown"})
def a_write_that_lands_late(scenario: Scenario) -> None:
    scenario.operator(recover, policy=PAUSED)
    scenario.client(KEY)
    scenario.network(Loss.LATE)
    scenario.engine()


@RECOVER_STUCK.play(paused, harms={f"c: {KILLS}", f"c: {PURGES_A_SUCCESS}"}, endings={"confirmed"})
def a_write_that_lands_twice(scenario: Scenario) -> None:
    scenario.operator(recover, policy=PAUSED)
    scenario.client(KEY)
    scenario.network(Loss.TWICE)
    scenario.engine()


@RECOVER_STUCK.play(backing_off_for_good, harms={f"a: {GOT_ON}"}, endings=BLOCKED)
def an_engine_that_cannot_pause(scenario: Scenario) -> None:
    scenario.operator(recover, policy=BACKING_OFF)
    scenario.client(KEY)
    scenario.engine()


@RECOVER_STUCK.play(backing_off, endings={"confirmed", "no_change", "workflow_retry_blocked"})
def two_operators_who_park_the_same_run(scenario: Scenario) -> None:
    scenario.operator(recover, policy=BACKING_OFF)
    scenario.operator(recover, policy=BACKING_OFF)


@RECOVER_STUCK.play(
    backing_off,
    endings={
        "command_not_allowed",
        "confirmed",
        "invocation_not_found",
        "no_change",
        "outcome_unknown",
        "workflow_retry_blocked",
    },
)
def somebody_who_resumes_the_parked_run(scenario: Scenario) -> None:
    scenario.operator(recover, policy=BACKING_OFF)
    scenario.operator(resume)
    scenario.engine()


@RECOVER_STUCK.play(
    backing_off,
    harms={f"a: {KILLS}", f"a: {PAUSES}", f"a: {PURGES}"},
    endings={"confirmed", "no_change", "workflow_retry_blocked"},
)
def tools_and_a_client_around_a_parked_run(scenario: Scenario) -> None:
    scenario.operator(recover, policy=BACKING_OFF)
    scenario.client(KEY)
    scenario.tool(KEY, "kill")
    scenario.tool(KEY, "purge")


@RECOVER_STUCK.play(backing_off, harms={f"b: {STRANDS}"}, endings=BLOCKED)
def a_shared_call_on_a_parked_run(scenario: Scenario) -> None:
    scenario.operator(recover, policy=BACKING_OFF)
    scenario.client(KEY)
    scenario.caller(KEY, SHARED)


@RECOVER_STUCK.play(backing_off, endings={*BLOCKED, "outcome_unknown"})
def a_lost_write_while_a_run_is_parked(scenario: Scenario) -> None:
    scenario.operator(recover, policy=BACKING_OFF)
    scenario.client(KEY)
    scenario.network(Loss.WRITE)
    scenario.engine()


@RECOVER_STUCK.play(backing_off, endings={*BLOCKED, "workflow_engine_unreachable"})
def a_call_that_finds_nobody_while_a_run_is_parked(scenario: Scenario) -> None:
    scenario.operator(recover, policy=BACKING_OFF)
    scenario.client(KEY)
    scenario.network(Loss.REFUSED)
    scenario.engine()


@RECOVER_STUCK.play(
    backing_off,
    harms={f"c: {KILLS}", f"c: {PAUSES}", f"c: {PURGES_A_SUCCESS}"},
    endings=BLOCKED,
)
def a_write_that_lands_twice_on_a_parked_run(scenario: Scenario) -> None:
    scenario.operator(recover, policy=BACKING_OFF)
    scenario.client(KEY)
    scenario.network(Loss.TWICE)
    scenario.engine()


@RECOVER_STUCK.play(backing_off, harms={f"b: {STRANDS}"}, endings={*BLOCKED, "CancelledError"})
def an_operator_who_is_interrupted_over_a_parked_run(scenario: Scenario) -> None:
    scenario.operator(recover, policy=BACKING_OFF)
    scenario.caller(KEY, SHARED)
    scenario.interrupt()
