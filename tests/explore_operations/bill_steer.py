"""Pause and resume, with everybody else."""

from tests.explore_operations.plays import Bill
from tests.explore_operations.worlds import (
    KEY,
    failing_on_the_old_place,
    pause,
    paused,
    remove_the_new_place,
    resume,
    resume_on_the_latest,
    roll_back,
    running,
)
from wfadmin.testing.explore import Loss, Scenario

STEER = Bill("resume and pause")

ENDED = {"command_not_allowed", "confirmed"}
TWO = {*ENDED, "no_change"}


@STEER.play(paused, endings=TWO)
def two_operators_who_resume(scenario: Scenario) -> None:
    scenario.operator(resume)
    scenario.operator(resume)
    scenario.client(KEY)
    scenario.engine()


@STEER.play(paused, endings={*TWO, "lease_held"})
def two_operators_who_resume_and_share_a_lease(scenario: Scenario) -> None:
    scenario.share_a_lease()
    scenario.operator(resume)
    scenario.operator(resume)
    scenario.client(KEY)
    scenario.engine()


@STEER.play(running, endings=TWO)
def two_operators_who_pause(scenario: Scenario) -> None:
    scenario.operator(pause)
    scenario.operator(pause)
    scenario.client(KEY)
    scenario.engine()


@STEER.play(running, endings={*TWO, "accepted", "outcome_unknown"})
def one_who_pauses_and_one_who_resumes(scenario: Scenario) -> None:
    scenario.operator(pause)
    scenario.operator(resume)
    scenario.client(KEY)
    scenario.engine()


@STEER.play(running, endings={"accepted", "command_not_allowed", "confirmed"})
def a_tool_that_kills_what_is_paused(scenario: Scenario) -> None:
    scenario.operator(pause)
    scenario.tool(KEY, "kill")
    scenario.engine()


@STEER.play(paused, endings={"command_not_allowed", "confirmed"})
def a_lost_answer_to_a_resume_and_a_tool_that_kills(scenario: Scenario) -> None:
    scenario.operator(resume)
    scenario.tool(KEY, "kill")
    scenario.network(Loss.ANSWER)
    scenario.engine()


@STEER.play(paused, endings={"confirmed", "outcome_unknown"})
def a_resume_that_lands_late(scenario: Scenario) -> None:
    scenario.operator(resume)
    scenario.client(KEY)
    scenario.network(Loss.LATE)
    scenario.engine()


@STEER.play(running, endings={*ENDED, "accepted", "outcome_unknown"})
def a_pause_that_is_lost(scenario: Scenario) -> None:
    scenario.operator(pause)
    scenario.client(KEY)
    scenario.network(Loss.WRITE)
    scenario.engine()


@STEER.play(failing_on_the_old_place, endings={*TWO, "lease_held"})
def two_operators_who_move_a_run_and_share_a_lease(scenario: Scenario) -> None:
    scenario.share_a_lease()
    scenario.operator(resume_on_the_latest)
    scenario.operator(resume_on_the_latest)
    scenario.client(KEY)
    scenario.engine()


@STEER.play(failing_on_the_old_place, endings={*TWO, "outcome_unknown"})
def two_operators_who_move_a_run(scenario: Scenario) -> None:
    scenario.operator(resume_on_the_latest)
    scenario.operator(resume_on_the_latest)
    scenario.engine()


@STEER.play(failing_on_the_old_place, endings={*ENDED, "CancelledError"})
def an_operator_who_is_interrupted_while_a_run_is_moved(scenario: Scenario) -> None:
    scenario.operator(resume_on_the_latest)
    scenario.interrupt()
    scenario.engine()


@STEER.play(failing_on_the_old_place, endings=TWO)
def somebody_who_rolls_back_while_a_run_is_moved(scenario: Scenario) -> None:
    scenario.operator(resume_on_the_latest)
    scenario.happens("deploys the old version again", roll_back)
    scenario.engine()


@STEER.play(failing_on_the_old_place, endings={*TWO, "workflow_engine_rejected"})
def somebody_who_removes_the_deployment_that_a_run_moves_to(scenario: Scenario) -> None:
    scenario.operator(resume_on_the_latest)
    scenario.happens("removes the new deployment", remove_the_new_place)
    scenario.engine()


@STEER.play(failing_on_the_old_place, endings={*ENDED, "outcome_unknown"})
def a_write_that_lands_late_while_a_run_is_moved(scenario: Scenario) -> None:
    scenario.operator(resume_on_the_latest)
    scenario.network(Loss.LATE)
    scenario.engine()


@STEER.play(failing_on_the_old_place, endings={*ENDED, "outcome_unknown"})
def a_write_that_lands_twice_while_a_run_is_moved(scenario: Scenario) -> None:
    scenario.operator(resume_on_the_latest)
    scenario.network(Loss.TWICE)
    scenario.engine()


@STEER.play(failing_on_the_old_place, endings={*ENDED, "workflow_engine_unreachable"})
def a_call_that_finds_nobody_while_a_run_is_moved(scenario: Scenario) -> None:
    scenario.operator(resume_on_the_latest)
    scenario.network(Loss.REFUSED)
    scenario.engine()


@STEER.play(paused, endings={*TWO, "invocation_not_found"})
def tools_that_kill_and_purge_what_is_resumed(scenario: Scenario) -> None:
    scenario.operator(resume)
    scenario.client(KEY)
    scenario.tool(KEY, "kill")
    scenario.tool(KEY, "purge")
    scenario.engine()


@STEER.play(
    running,
    harms={"a: pauses a newer run"},
    endings={*ENDED, "accepted", "invocation_not_found"},
)
def tools_that_kill_and_purge_what_is_paused(scenario: Scenario) -> None:
    scenario.operator(pause)
    scenario.client(KEY)
    scenario.tool(KEY, "kill")
    scenario.tool(KEY, "purge")
    scenario.engine()
