"""Pause, resume and cancel on a real Restate; and every verb on a server that is gone."""

from collections.abc import Callable
from datetime import timedelta

import pytest

import wfadmin
from tests.engines.desk import Desk, key_of
from tests.engines.restate_lab import RestateLab, Run, expect
from tests.engines.restate_server import RestateServer
from wfadmin.domain.plan import Action, Verb
from wfadmin.domain.results import CommandResult, Effect
from wfadmin.errors import (
    CommandNotAllowed,
    DeploymentNotFound,
    EngineUnreachable,
    InvocationNotFound,
    OutcomeUnknown,
    Sent,
    UsageError,
)

pytestmark = pytest.mark.engine

Asks = Callable[[wfadmin.BlockingOperator], object]

KEY = wfadmin.WorkflowKey("Order", "o-1")
URL = "http://127.0.0.1:9"
SOON = timedelta(seconds=0.3)
EVERY_VERB: dict[str, Asks] = {
    "recover": lambda operator: operator.recover_stuck_workflow(KEY),
    "plan-recover": lambda operator: operator.plan_recover(KEY),
    "cleanup": lambda operator: operator.cleanup_stale_deployments(URL),
    "plan-cleanup": lambda operator: operator.plan_cleanup(URL),
    "redeploy": lambda operator: operator.force_redeploy(URL),
    "plan-redeploy": lambda operator: operator.plan_redeploy(URL),
    "resume": lambda operator: operator.resume(KEY),
    "pause": lambda operator: operator.pause(KEY),
    "cancel": lambda operator: operator.cancel(KEY),
    "plan-steering": lambda operator: operator.plan_steering(Verb.PAUSE, KEY),
}


def sent_to(run: Run, command: str) -> str:
    return f"PATCH /invocations/{run.invocation_id}/{command}"


def move_of(run: Run, restate: RestateLab) -> str:
    # The id that the plan named, and not the word: what is the latest one may change meanwhile.
    return sent_to(run, f"resume?deployment={restate.deployment_of(run.service_name)}")


# --- resume --------------------------------------------------------------------------------------


def test_a_zombie_that_backs_off_is_moved_to_the_latest_deployment_and_goes_on(
    restate: RestateLab,
) -> None:
    zombie = restate.zombie()

    with Desk(restate.server) as desk:
        result = desk.operator.resume(key_of(zombie), deployment="latest")

    assert (result.invocation_id, result.effect) == (zombie.invocation_id, Effect.CONFIRMED)
    assert desk.writes == [sent_to(zombie, "pause"), move_of(zombie, restate)]
    assert desk.outcomes == [("resume", None), ("resume", "confirmed")]
    healed = restate.until(zombie, status="completed", completion_result="success")
    assert (zombie.deployment_id, healed.deployment_id) != (restate.main.id, zombie.deployment_id)
    assert healed.deployment_id == restate.main.id


def test_a_zombie_that_sleeps_is_moved_without_a_pause(restate: RestateLab) -> None:
    zombie = restate.zombie(awake=False)

    with Desk(restate.server) as desk:
        result = desk.operator.resume(key_of(zombie), deployment="latest")

    assert desk.writes == [move_of(zombie, restate)]
    assert result.effect is Effect.CONFIRMED
    assert restate.row(zombie)["pinned_deployment_id"] == restate.main.id


def test_a_paused_zombie_is_moved_to_the_deployment_that_is_named_and_goes_on(
    restate: RestateLab,
) -> None:
    zombie = restate.zombie()
    restate.patch(zombie, "pause")
    restate.until(zombie, status="paused")
    latest = restate.main.id

    with Desk(restate.server) as desk:
        desk.operator.resume(key_of(zombie), deployment=latest)

    assert desk.writes == [sent_to(zombie, f"resume?deployment={latest}")]
    healed = restate.until(zombie, status="completed", completion_result="success")
    assert healed.deployment_id == latest


def test_a_plan_to_move_a_zombie_is_applied_and_then_there_is_nothing_left(
    restate: RestateLab,
) -> None:
    zombie = restate.zombie()

    with Desk(restate.server) as desk:
        plan = desk.operator.plan_steering(Verb.RESUME, key_of(zombie), deployment="latest")
        planned_writes = desk.writes
        result = desk.operator.apply(plan)

    assert planned_writes == []
    wanted = [(Action.PAUSE, ""), (Action.RESUME, restate.main.id)]
    assert [(step.action, step.detail) for step in plan.steps] == wanted
    assert result.effect is Effect.CONFIRMED
    assert desk.writes == [sent_to(zombie, "pause"), move_of(zombie, restate)]
    restate.until(zombie, status="completed", completion_result="success")


def test_a_deployment_that_is_not_registered_is_not_found_and_the_run_left_alone(
    restate: RestateLab,
) -> None:
    run = restate.paused()

    with Desk(restate.server) as desk, pytest.raises(DeploymentNotFound) as refused:
        desk.operator.resume(key_of(run), deployment="dp_11111111111111111111111")

    assert refused.value.sent is Sent.NO
    assert desk.writes == []
    assert restate.row(run)["status"] == "paused"


def test_a_paused_run_goes_on_where_it_was(restate: RestateLab) -> None:
    run = restate.paused()

    with Desk(restate.server) as desk:
        result = desk.operator.resume(key_of(run))

    assert (result.invocation_id, result.effect) == (run.invocation_id, Effect.CONFIRMED)
    assert desk.writes == [sent_to(run, "resume")]
    restate.until(run, status="backing-off", pinned_deployment_id=restate.main.id)


def test_a_run_that_waits_needs_no_resume(restate: RestateLab) -> None:
    run = restate.waiting()

    with Desk(restate.server) as desk:
        result = desk.operator.resume(key_of(run))

    assert result == CommandResult(run.invocation_id, "suspended", effect=Effect.NO_CHANGE)
    assert desk.writes == []
    assert desk.outcomes == [("resume", "no_change")]


# --- pause ---------------------------------------------------------------------------------------


def test_a_run_that_backs_off_is_paused_once(restate: RestateLab) -> None:
    run = restate.backing_off()

    with Desk(restate.server) as desk:
        result = desk.operator.pause(key_of(run))
        again = desk.operator.pause(key_of(run))

    assert result == CommandResult(run.invocation_id, "paused", effect=Effect.CONFIRMED)
    assert again == CommandResult(run.invocation_id, "paused", effect=Effect.NO_CHANGE)
    assert desk.writes == [sent_to(run, "pause")]
    assert restate.row(run)["status"] == "paused"


def test_a_run_is_paused_in_the_middle_of_an_attempt(fresh_restate: RestateLab) -> None:
    lab = fresh_restate
    # Else it gives its connection back while it waits, and is suspended.
    patient = {"inactivity_timeout": "1h"}
    expect(lab.server.admin.patch("/services/Order", json=patient), 200)
    run = lab.start("Order", lab.new_key("running"), do="wait")
    lab.until(run, status="running")

    with Desk(lab.server) as desk:
        result = desk.operator.pause(key_of(run))
        paused = lab.row(run)["status"]
        desk.operator.resume(key_of(run))

    assert result == CommandResult(run.invocation_id, "paused", effect=Effect.CONFIRMED)
    assert paused == "paused"
    assert desk.writes == [sent_to(run, "pause"), sent_to(run, "resume")]
    lab.release(run)
    lab.until(run, status="completed", completion_result="success")


@pytest.mark.parametrize(
    ("makes", "status"),
    [(RestateLab.waiting, "suspended"), (RestateLab.succeeded, "completed")],
    ids=["waiting", "succeeded"],
)
def test_a_run_that_cannot_be_paused_is_left_alone(
    restate: RestateLab, makes: Callable[[RestateLab], Run], status: str
) -> None:
    run = makes(restate)

    with Desk(restate.server) as desk, pytest.raises(CommandNotAllowed) as refused:
        desk.operator.pause(key_of(run))

    refusal = refused.value
    assert (refusal.command, refusal.invocation_id) == ("pause", run.invocation_id)
    assert (refusal.status, refusal.sent) == (status, Sent.NO)
    assert desk.writes == []
    assert restate.row(run)["status"] == status


# --- cancel --------------------------------------------------------------------------------------


def test_a_run_that_waits_is_cancelled_once(restate: RestateLab) -> None:
    run = restate.waiting()

    with Desk(restate.server) as desk:
        result = desk.operator.cancel(key_of(run))
        again = desk.operator.cancel(key_of(run))

    assert result == CommandResult(run.invocation_id, "completed", effect=Effect.CONFIRMED)
    assert again == CommandResult(run.invocation_id, "completed", effect=Effect.NO_CHANGE)
    assert desk.writes == [sent_to(run, "cancel")]
    assert restate.row(run)["completion_failure"] == "[409] cancelled"


def test_a_success_cannot_be_cancelled(restate: RestateLab) -> None:
    run = restate.succeeded()

    with Desk(restate.server) as desk, pytest.raises(CommandNotAllowed) as refused:
        desk.operator.cancel(key_of(run))

    assert (refused.value.status, refused.value.sent) == ("completed", Sent.NO)
    assert desk.writes == []


# --- which run -----------------------------------------------------------------------------------


def test_of_several_unfinished_runs_one_must_be_named(restate: RestateLab) -> None:
    run, watcher = restate.watched()

    with Desk(restate.server) as desk:
        with pytest.raises(UsageError) as refused:
            desk.operator.cancel(key_of(run))
        desk.operator.cancel(key_of(run), invocation_id=watcher.invocation_id)

    assert all(one.invocation_id in refused.value.problem for one in (run, watcher))
    assert desk.writes == [sent_to(watcher, "cancel")]
    assert restate.row(run)["status"] == "suspended"


def test_a_run_of_another_key_is_not_found(restate: RestateLab) -> None:
    run, other = restate.waiting(), restate.waiting()

    with Desk(restate.server) as desk, pytest.raises(InvocationNotFound) as refused:
        desk.operator.cancel(key_of(run), invocation_id=other.invocation_id)

    assert refused.value.name == other.invocation_id
    assert desk.writes == []


# --- a server that is gone -----------------------------------------------------------------------


def test_no_verb_reaches_a_server_that_is_stopped(bare_restate: RestateServer) -> None:
    desk = Desk(bare_restate)
    bare_restate.stop()

    with desk:
        for asks in EVERY_VERB.values():
            with pytest.raises(EngineUnreachable) as refused:
                asks(desk.operator)
            assert refused.value.sent is Sent.NO

    assert desk.writes == []
    assert desk.outcomes == [
        (verb.replace("-", " ").replace("steering", "pause"), "workflow_engine_unreachable")
        for verb in EVERY_VERB
    ]


def test_a_server_that_stops_before_the_write_leaves_a_record_that_nothing_was_done(
    fresh_restate: RestateLab,
) -> None:
    run = fresh_restate.failed()

    def stop_before_the_purge(request: str) -> None:
        if request == sent_to(run, "purge"):
            fresh_restate.server.stop()

    with (
        Desk(fresh_restate.server, before=stop_before_the_purge) as desk,
        pytest.raises(EngineUnreachable) as refused,
    ):
        desk.operator.recover_stuck_workflow(key_of(run))

    assert refused.value.sent is Sent.NO
    assert desk.outcomes == [("recover", None), ("recover", "workflow_engine_unreachable")]


def test_a_server_that_stops_after_the_write_leaves_a_record_that_nobody_knows(
    fresh_restate: RestateLab,
) -> None:
    run = fresh_restate.failed()

    def stop_after_the_purge(request: str) -> None:
        if request == sent_to(run, "purge"):
            fresh_restate.server.stop()

    with (
        Desk(fresh_restate.server, after=stop_after_the_purge, settle=SOON) as desk,
        pytest.raises(OutcomeUnknown) as refused,
    ):
        desk.operator.recover_stuck_workflow(key_of(run))

    assert (refused.value.command, refused.value.target) == ("purge", run.invocation_id)
    assert desk.outcomes == [("recover", None), ("recover", "unknown")]
    assert len(desk.evidence.saved) == 1
