"""Recover on a real Restate: what it refuses, what it purges, and what it leaves behind."""

import base64
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.engines.desk import Desk, key_of
from tests.engines.restate_lab import RestateLab, Run, expect
from tests.engines.services import SECRET
from tests.engines.waiting import wait_until
from wfadmin.domain.plan import Action, Verb
from wfadmin.domain.policy import BackingOff, Paused, RecoveryPolicy, Suspended
from wfadmin.domain.results import Effect, RecoverResult, StateAfter
from wfadmin.errors import RetryBlocked, Sent, ServiceNotFound, StalePlan

pytestmark = pytest.mark.engine

Makes = Callable[[RestateLab], Run]

HOUR = timedelta(hours=1)
PAUSED = RecoveryPolicy(stuck=(Paused(),))
WAITS_TOO_LONG = RecoveryPolicy(stuck=(Suspended(older=HOUR),))
RETRIES_TOO_OFTEN = RecoveryPolicy(stuck=(BackingOff(attempts=2),))

# A run that has just begun is running for a moment, and then it waits.
MUST_NOT_BE_RECOVERED: dict[str, tuple[Makes, str]] = {
    "running": (lambda lab: begun(lab), "active"),  # noqa: PLW0108 - it is defined below
    "waiting": (RestateLab.waiting, "active"),
    "backing-off": (RestateLab.backing_off, "active"),
    "paused": (RestateLab.paused, "active"),
    "scheduled": (RestateLab.scheduled, "active"),
    "succeeded": (RestateLab.succeeded, "succeeded"),
    "virtual-object": (RestateLab.failed_cart, "not_a_workflow"),
}


def begun(lab: RestateLab) -> Run:
    run = lab.start("Order", lab.new_key("begun"), do="wait")
    wait_until(lambda: lab.row(run), what="the run is there")
    return run


def runs_of(lab: RestateLab, run: Run) -> set[tuple[object, ...]]:
    """Which runs a key has, and of each what no other run of that id would share."""
    return {
        (row["id"], row["created_at"], row["status"] == "completed", row.get("completion_result"))
        for row in lab.rows(run.service_name, run.service_key)
    }


def submit(lab: RestateLab, run: Run) -> str:
    """Submit the key of a run again, and give what the engine says to that."""
    path = f"/{run.service_name}/{run.service_key}/run/send"
    answer = expect(lab.server.ingress.post(path, json={"do": "succeed"}), 200, 202)
    return str(answer.json()["status"])


def purge_of(run: Run) -> str:
    return f"PATCH /invocations/{run.invocation_id}/purge"


def kill_of(run: Run) -> str:
    return f"PATCH /invocations/{run.invocation_id}/kill"


def pause_of(run: Run) -> str:
    return f"PATCH /invocations/{run.invocation_id}/pause"


@pytest.mark.parametrize(
    ("makes", "reason"), MUST_NOT_BE_RECOVERED.values(), ids=MUST_NOT_BE_RECOVERED
)
def test_a_key_that_must_not_be_recovered_is_refused_and_left_alone(
    restate: RestateLab, makes: Makes, reason: str
) -> None:
    run = makes(restate)
    before = runs_of(restate, run)

    with Desk(restate.server) as desk, pytest.raises(RetryBlocked) as refused:
        desk.operator.recover_stuck_workflow(key_of(run))

    refusal = refused.value
    assert (refusal.reason, refusal.invocation_ids) == (reason, (run.invocation_id,))
    assert (refusal.sent, refusal.also) == (Sent.NO, ())
    assert desk.writes == []
    assert desk.outcomes == [("recover", "workflow_retry_blocked")]
    assert desk.evidence.saved == {}
    assert runs_of(restate, run) == before


def test_a_refusal_names_every_reason(restate: RestateLab) -> None:
    holder, queued = restate.locked_cart()
    both = {holder.invocation_id, queued.invocation_id}

    with Desk(restate.server) as desk, pytest.raises(RetryBlocked) as refused:
        desk.operator.plan_recover(key_of(holder))

    found = [(reason, set(ids)) for reason, ids in refused.value.blocked]
    assert found == [("not_a_workflow", both), ("active", both)]
    assert desk.writes == []


def test_a_failed_key_is_purged_with_its_state(restate: RestateLab) -> None:
    run = restate.failed()

    with Desk(restate.server) as desk:
        result = desk.operator.recover_stuck_workflow(key_of(run))

    (where,) = desk.evidence.saved
    assert result == RecoverResult(
        key_of(run),
        matched=1,
        killed=(),
        purged=(run.invocation_id,),
        state=StateAfter.CLEARED,
        evidence=where,
        effect=Effect.CONFIRMED,
        warnings=result.warnings,
    )
    assert [warning.split(":")[0] for warning in result.warnings] == ["Ids recur"]
    assert desk.writes == [purge_of(run)]
    assert desk.outcomes == [("recover", None), ("recover", "confirmed")]
    assert restate.rows("Order", run.service_key) == []
    assert restate.state(run) == {}


def test_what_a_purge_destroys_is_kept_as_evidence(restate: RestateLab) -> None:
    run = restate.failed(message="no such card")

    with Desk(restate.server) as desk:
        result = desk.operator.recover_stuck_workflow(key_of(run))

    assert result.evidence is not None
    kept = desk.evidence.saved[result.evidence]
    (invocation,) = kept["reading"]["invocations"]
    assert invocation["ref"]["id"] == run.invocation_id
    assert (invocation["outcome"], invocation["failure"]) == ("failed", "[500] no such card")
    stored = {one["name"]: base64.b64decode(one["value"]) for one in kept["state"]["entries"]}
    assert stored == {"stage": b'"fail"', "card": f'"{SECRET}"'.encode()}


def test_after_a_recovery_the_key_starts_from_blank(restate: RestateLab) -> None:
    run = restate.failed()
    failed_at = restate.row(run)["created_at"]
    held = submit(restate, run)

    with Desk(restate.server) as desk:
        desk.operator.recover_stuck_workflow(key_of(run))
    blank = restate.server.ingress.post(f"/Order/{run.service_key}/status").json()
    again = submit(restate, run)

    assert (held, blank, again) == ("PreviouslyAccepted", "unknown", "Accepted")
    restate.until(run, status="completed", completion_result="success")
    assert restate.row(run)["created_at"] > failed_at
    assert restate.state(run)["stage"] == '"succeed"'


def test_the_success_after_a_recovery_is_safe_from_another_one(restate: RestateLab) -> None:
    run = restate.failed()

    with Desk(restate.server) as desk:
        desk.operator.recover_stuck_workflow(key_of(run))
        submit(restate, run)
        restate.until(run, status="completed", completion_result="success")
        with pytest.raises(RetryBlocked) as refused:
            desk.operator.recover_stuck_workflow(key_of(run))

    assert refused.value.reason == "succeeded"
    assert desk.writes == [purge_of(run)]


def test_recovering_a_purged_key_changes_nothing(restate: RestateLab) -> None:
    run = restate.failed()

    with Desk(restate.server) as desk:
        desk.operator.recover_stuck_workflow(key_of(run))
        again = desk.operator.recover_stuck_workflow(key_of(run))

    assert again == RecoverResult(
        key_of(run), 0, (), (), StateAfter.WAS_EMPTY, effect=Effect.NO_CHANGE
    )
    assert desk.writes == [purge_of(run)]


def test_a_misspelt_service_is_not_found(restate: RestateLab) -> None:
    run = restate.failed()

    with Desk(restate.server) as desk, pytest.raises(ServiceNotFound) as refused:
        desk.operator.recover_stuck_workflow(key_of(Run("Ordre", run.service_key, "")))

    assert (refused.value.name, refused.value.sent) == ("Ordre", Sent.NO)
    assert desk.writes == []


def test_a_killed_run_is_recovered_like_a_failed_one(restate: RestateLab) -> None:
    run = restate.killed()

    with Desk(restate.server) as desk:
        result = desk.operator.recover_stuck_workflow(key_of(run))

    assert (result.purged, result.state) == ((run.invocation_id,), StateAfter.CLEARED)
    assert desk.writes == [purge_of(run)]


def test_a_paused_run_is_killed_and_purged_where_the_policy_calls_it_stuck(
    restate: RestateLab,
) -> None:
    run = restate.paused()

    with Desk(restate.server) as desk:
        result = desk.operator.recover_stuck_workflow(key_of(run), policy=PAUSED)

    assert (result.matched, result.effect) == (1, Effect.CONFIRMED)
    assert (result.killed, result.purged) == ((run.invocation_id,), (run.invocation_id,))
    assert result.state is StateAfter.CLEARED
    assert desk.writes == [kill_of(run), purge_of(run)]
    assert submit(restate, run) == "Accepted"


def test_a_run_that_backs_off_is_parked_before_it_is_killed(restate: RestateLab) -> None:
    run = restate.backing_off(attempts=3)

    with Desk(restate.server) as desk:
        result = desk.operator.recover_stuck_workflow(key_of(run), policy=RETRIES_TOO_OFTEN)

    assert (result.killed, result.purged) == ((run.invocation_id,), (run.invocation_id,))
    assert (result.state, result.effect) == (StateAfter.CLEARED, Effect.CONFIRMED)
    assert desk.writes == [pause_of(run), kill_of(run), purge_of(run)]
    assert submit(restate, run) == "Accepted"


def test_a_shared_call_that_waits_blocks_a_paused_run_and_a_failed_one(restate: RestateLab) -> None:
    for run in (restate.paused(), restate.failed()):
        watcher = restate.start("Order", run.service_key, handler="watch")
        restate.until(watcher, status="suspended")

        with Desk(restate.server) as desk, pytest.raises(RetryBlocked) as refused:
            desk.operator.recover_stuck_workflow(key_of(run), policy=PAUSED)

        found = (refused.value.reason, refused.value.invocation_ids)
        assert found == ("active", (watcher.invocation_id,))
        assert desk.writes == []


def test_a_shared_call_that_is_stuck_is_killed_before_the_main_run(restate: RestateLab) -> None:
    run, watcher = restate.watched()

    with Desk(restate.server, ahead=2 * HOUR) as desk:
        result = desk.operator.recover_stuck_workflow(key_of(run), policy=WAITS_TOO_LONG)

    both = (watcher.invocation_id, run.invocation_id)
    assert (result.matched, result.killed, result.purged) == (2, both, both[1:])
    assert desk.writes == [kill_of(watcher), kill_of(run), purge_of(run)]
    restate.until(watcher, status="completed", completion_failure="[409] killed")
    assert restate.row(run) == restate.state(run) == {}


def test_a_run_that_waits_for_a_child_goes_only_with_its_child(restate: RestateLab) -> None:
    parent, child = restate.family()
    with_children = RecoveryPolicy(stuck=WAITS_TOO_LONG.stuck, with_children=True)

    with Desk(restate.server, ahead=2 * HOUR) as desk:
        with pytest.raises(RetryBlocked) as refused:
            desk.operator.recover_stuck_workflow(key_of(parent), policy=WAITS_TOO_LONG)
        refused_writes = desk.writes
        desk.operator.recover_stuck_workflow(key_of(parent), policy=with_children)

    blocked = (refused.value.reason, refused.value.invocation_ids)
    assert blocked == ("has_children", (child.invocation_id,))
    assert refused_writes == []
    assert desk.writes == [kill_of(parent), purge_of(parent)]
    restate.until(child, status="completed", completion_failure="[409] killed")


def test_a_plan_says_what_apply_then_does(restate: RestateLab) -> None:
    run = restate.paused()

    with Desk(restate.server) as desk:
        plan = desk.operator.plan_recover(key_of(run), policy=PAUSED)
        planned_writes = desk.writes
        result = desk.operator.apply(plan)
        again = desk.operator.apply(plan)

    assert (plan.verb, planned_writes) == (Verb.RECOVER, [])
    wanted = [(Action.KILL, run.invocation_id), (Action.PURGE, run.invocation_id)]
    assert [(step.action, step.target) for step in plan.steps] == wanted
    assert (result.effect, again.effect) == (Effect.CONFIRMED, Effect.NO_CHANGE)
    assert desk.writes == [kill_of(run), purge_of(run)]


def test_a_plan_half_of_which_already_happened_does_the_rest(restate: RestateLab) -> None:
    run = restate.paused()

    with Desk(restate.server) as desk:
        plan = desk.operator.plan_recover(key_of(run), policy=PAUSED)
        restate.patch(run, "kill")
        restate.until(run, status="completed")
        result = desk.operator.apply(plan)

    assert result.effect is Effect.CONFIRMED
    assert desk.writes == [purge_of(run)]


def test_a_plan_for_a_run_that_was_replaced_is_stale(restate: RestateLab) -> None:
    run = restate.failed()

    with Desk(restate.server) as desk:
        plan = desk.operator.plan_recover(key_of(run))
        restate.patch(run, "purge")
        wait_until(lambda: restate.row(run) == {}, what="it is purged")
        restate.failed(run.service_key)
        before = runs_of(restate, run)
        with pytest.raises(StalePlan):
            desk.operator.apply(plan)

    assert desk.writes == []
    assert runs_of(restate, run) == before


def test_a_recovery_of_a_failed_key_sends_this_and_no_more(restate: RestateLab) -> None:
    restate.succeeded()  # a row of another key: where it lies proves what an empty answer means
    run = restate.failed()

    with Desk(restate.server) as desk:
        desk.operator.recover_stuck_workflow(key_of(run))

    assert desk.requests == [
        "GET /version",
        "GET /services",
        "POST /query",  # the runs
        "POST /query",  # the state, with what it holds
        "POST /query",  # the runs, right before the write
        purge_of(run),
        "POST /query",  # no state
        "GET /version",  # is the proof still worth anything
        "POST /query",  # the proof
        "POST /query",  # no runs
        "GET /version",
    ]
