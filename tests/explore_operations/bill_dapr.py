"""On Dapr: no fence for ids, a resume that may fail a run, and workers that come and go."""

from tests.explore_operations.plays import Bill
from tests.explore_operations.worlds import (
    KEY,
    PAUSED_WITH_CHILDREN,
    dapr_failed,
    dapr_paused,
    dapr_running,
    pause,
    recover,
    restart_the_worker,
    resume,
    resume_by_another_tool,
    submit_over_what_has_ended,
)
from wfadmin.testing.explore import Loss, Scenario

DAPR = Bill("on Dapr")

KILLS, PURGES = "kills a newer run", "purges a newer run"
PURGES_A_SUCCESS = "purges a success of a newer run"
FAILS, PAUSES_AGAIN = "fails a run by a resume", "pauses a paused run"

TWO = {"confirmed", "no_change", "workflow_retry_blocked"}
RESTARTED = {"confirmed", "engine_not_ready", "workflow_engine_rejected"}


@DAPR.play(dapr_failed, harms={f"a: {PURGES_A_SUCCESS}"}, endings=TWO)
def two_operators_who_recover_and_a_client(scenario: Scenario) -> None:
    scenario.operator(recover, policy=PAUSED_WITH_CHILDREN)
    scenario.operator(recover, policy=PAUSED_WITH_CHILDREN)
    scenario.client(KEY)
    scenario.engine()


# A client submits over what has ended there: no lease of ours keeps it from that.
@DAPR.play(dapr_failed, harms={f"a: {PURGES_A_SUCCESS}"}, endings={*TWO, "lease_held"})
def two_operators_who_recover_and_share_a_lease(scenario: Scenario) -> None:
    scenario.share_a_lease()
    scenario.operator(recover, policy=PAUSED_WITH_CHILDREN)
    scenario.operator(recover, policy=PAUSED_WITH_CHILDREN)
    scenario.client(KEY)
    scenario.engine()


@DAPR.play(
    dapr_paused,
    harms={f"a: {KILLS}", f"a: {PURGES}", f"a: {PURGES_A_SUCCESS}"},
    endings=TWO,
)
def tools_that_kill_and_purge_in_between(scenario: Scenario) -> None:
    scenario.operator(recover, policy=PAUSED_WITH_CHILDREN)
    scenario.client(KEY)
    scenario.tool(KEY, "kill")
    scenario.tool(KEY, "purge")
    scenario.engine()


@DAPR.play(dapr_paused, harms={f"c: {KILLS}"}, endings={"confirmed"})
def a_kill_that_lands_twice(scenario: Scenario) -> None:
    scenario.operator(recover, policy=PAUSED_WITH_CHILDREN)
    scenario.client(KEY)
    scenario.network(Loss.TWICE)


@DAPR.play(dapr_failed, harms={f"a: {PURGES_A_SUCCESS}"}, endings=RESTARTED | TWO)
def a_worker_that_restarts_during_a_recovery(scenario: Scenario) -> None:
    scenario.operator(recover, policy=PAUSED_WITH_CHILDREN)
    scenario.client(KEY)
    restart_the_worker(scenario)
    scenario.engine()


@DAPR.play(dapr_paused, endings=RESTARTED)
def a_worker_that_restarts_during_a_resume(scenario: Scenario) -> None:
    scenario.operator(resume)
    restart_the_worker(scenario)
    scenario.engine()


@DAPR.play(
    dapr_running,
    endings={*RESTARTED, "accepted", "command_not_allowed"},
)
def a_worker_that_restarts_during_a_pause(scenario: Scenario) -> None:
    scenario.operator(pause)
    restart_the_worker(scenario)
    scenario.engine()


@DAPR.play(
    dapr_paused,
    harms={"a: resumes a newer run"},
    endings={"accepted", "command_not_allowed", "confirmed", "no_change"},
)
def a_client_who_submits_over_what_was_killed_during_a_resume(scenario: Scenario) -> None:
    scenario.operator(resume)
    scenario.tool(KEY, "kill")
    submit_over_what_has_ended(scenario)
    scenario.engine()


@DAPR.play(
    dapr_paused,
    harms={f"a: {FAILS}"},
    endings={"accepted", "command_not_allowed", "confirmed", "no_change"},
)
def two_operators_who_resume_with_a_lease_each(scenario: Scenario) -> None:
    scenario.operator(resume)
    scenario.operator(resume)
    scenario.engine()


@DAPR.play(
    dapr_running,
    harms={f"a: {PAUSES_AGAIN}"},
    endings={"accepted", "command_not_allowed", "confirmed", "no_change"},
)
def two_operators_who_pause_with_a_lease_each(scenario: Scenario) -> None:
    scenario.operator(pause)
    scenario.operator(pause)
    scenario.engine()


@DAPR.play(
    dapr_paused,
    harms={f"a: {FAILS}"},
    endings={"accepted", "command_not_allowed", "confirmed", "no_change"},
)
def somebody_who_resumes_with_another_tool(scenario: Scenario) -> None:
    scenario.operator(resume)
    resume_by_another_tool(scenario)
    scenario.engine()


@DAPR.play(
    dapr_paused,
    endings={"command_not_allowed", "confirmed", "lease_held", "no_change"},
)
def two_operators_who_resume_and_share_a_lease(scenario: Scenario) -> None:
    scenario.share_a_lease()
    scenario.operator(resume)
    scenario.operator(resume)
    scenario.engine()


@DAPR.play(dapr_paused, endings={"confirmed", "outcome_unknown"})
def a_resume_that_lands_late(scenario: Scenario) -> None:
    scenario.operator(resume)
    scenario.network(Loss.LATE)
    scenario.engine()


@DAPR.play(dapr_paused, harms={f"c: {FAILS}"}, endings={"accepted", "confirmed"})
def a_resume_that_lands_twice(scenario: Scenario) -> None:
    scenario.operator(resume)
    scenario.network(Loss.TWICE)


@DAPR.play(dapr_paused, endings={"confirmed", "end_not_known", "no_change", "outcome_unknown"})
def a_second_resume_after_one_of_which_nobody_knows_the_end(scenario: Scenario) -> None:
    scenario.operator(resume, times=2)
    scenario.network(Loss.LATE)
