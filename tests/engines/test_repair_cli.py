"""The repair verbs by command line, on a real Restate: documents, exit codes, and what changed."""

from pathlib import Path
from typing import Any

import pytest

from tests.engines.command import target, wfadmin_says
from tests.engines.restate_lab import RestateLab, Run
from tests.engines.waiting import wait_until

pytestmark = pytest.mark.engine


def recover(restate: RestateLab, run: Run, *words: str) -> tuple[int, dict[str, Any]]:
    key = (run.service_name, run.service_key)
    return wfadmin_says("recover", *target(restate.server), "--yes", *words, *key)


def test_a_failed_key_is_recovered_and_can_be_submitted_again(restate: RestateLab) -> None:
    run = restate.failed()

    code, document = recover(restate, run)

    assert code == 0
    assert {name: document[name] for name in ("acknowledged", "matched", "killed", "purged")} == {
        "acknowledged": True,
        "matched": 1,
        "killed": [],
        "purged": [run.invocation_id],
    }
    assert (document["state"], document["confirmed"]) == ("cleared", True)
    assert restate.rows(run.service_name, run.service_key) == []
    assert restate.succeeded(run.service_key).invocation_id == run.invocation_id


def test_a_key_that_was_recovered_is_acknowledged_again_with_nothing_matched(
    restate: RestateLab,
) -> None:
    run = restate.failed()
    recover(restate, run)

    code, document = recover(restate, run)

    assert (code, document["matched"], document["state"]) == (0, 0, "was_empty")


@pytest.mark.parametrize(
    ("state", "reason"),
    [("waiting", "active"), ("backing_off", "active"), ("succeeded", "succeeded")],
)
def test_a_key_that_is_not_failed_is_refused_and_left_as_it_was(
    restate: RestateLab, state: str, reason: str
) -> None:
    run: Run = getattr(restate, state)()
    before = restate.row(run)["created_at"]

    code, document = recover(restate, run)

    assert code == 4
    assert document["error"]["details"]["reason"] == reason
    assert document["error"]["details"]["invocationIds"] == [run.invocation_id]
    assert restate.row(run)["created_at"] == before


def test_a_virtual_object_is_refused(restate: RestateLab) -> None:
    run = restate.failed_cart()

    code, document = recover(restate, run)

    assert code == 4
    assert document["error"]["details"]["reason"] == "not_a_workflow"


def test_a_misspelt_service_is_not_found(restate: RestateLab) -> None:
    words = (*target(restate.server), "--yes", "Ordre", "o-1")

    code, document = wfadmin_says("recover", *words)

    assert (code, document["error"]["id"]) == (5, "service_not_found")


def test_a_paused_run_is_recovered_where_it_is_called_stuck(restate: RestateLab) -> None:
    run = restate.paused()

    code, document = recover(restate, run, "--stuck", "paused")

    assert code == 0
    assert (document["killed"], document["purged"]) == ([run.invocation_id], [run.invocation_id])


def test_a_dry_run_sends_nothing_and_its_plan_is_applied_later(
    restate: RestateLab, tmp_path: Path
) -> None:
    run, plan = restate.failed(), tmp_path / "plan.json"
    key = (run.service_name, run.service_key)

    planned, _ = wfadmin_says("recover", *target(restate.server), "--plan-out", str(plan), *key)
    untouched = restate.row(run) != {}
    applied, document = wfadmin_says("apply", *target(restate.server), "--yes", str(plan))

    assert (planned, untouched, applied) == (0, True, 0)
    assert document["purged"] == [run.invocation_id]


def test_a_zombie_is_healed_by_moving_it_to_the_latest_deployment(restate: RestateLab) -> None:
    run = restate.zombie()
    key = (run.service_name, run.service_key)

    code, document = wfadmin_says(
        "runs", "resume", *target(restate.server), "--yes", "--deployment", "latest", *key
    )

    assert (code, document["effect"]) == (0, "confirmed")
    restate.until(run, status="completed", completion_result="success")


def test_redeploy_registers_confirms_routing_and_refuses_a_dead_url(restate: RestateLab) -> None:
    words = (*target(restate.server), "--yes")
    before = restate.deployment_of("Order")

    alive, document = wfadmin_says("redeploy", *words, restate.main.url)
    dead, refusal = wfadmin_says("redeploy", *words, "http://127.0.0.1:9")

    assert (alive, document["deploymentId"], document["confirmed"]) == (0, before, True)
    assert (dead, refusal["error"]["id"]) == (8, "workflow_engine_rejected")


def test_cleanup_removes_what_is_drained_and_keeps_what_is_held(
    fresh_restate: RestateLab,
) -> None:
    restate = fresh_restate
    drained, _ = restate.drained_deployment("drained")
    draining, held_by = restate.draining_deployment("draining")
    words = (*target(restate.server), "--yes", restate.main.url)

    code, document = wfadmin_says("cleanup", *words)
    forced, orphaned = wfadmin_says("cleanup", "--force-drain", *words)

    assert (code, document["removed"]) == (6, [drained.id])
    assert [one["id"] for one in document["held"]] == [draining.id]
    assert (forced, orphaned["removed"]) == (0, [draining.id])
    assert (orphaned["orphaned"], orphaned["orphanedCount"]) == ([held_by.invocation_id], 1)


def test_cleanup_refuses_where_a_service_would_vanish(fresh_restate: RestateLab) -> None:
    restate = fresh_restate
    other = restate.deploy("Mailer")
    wait_until(
        lambda: restate.deployment_of("Mailer") == other.id, what="the mailer is served elsewhere"
    )

    code, document = wfadmin_says("cleanup", *target(restate.server), "--yes", restate.main.url)

    assert (code, document["error"]["id"]) == (4, "deployment_in_use")
    assert restate.deployment_of("Mailer") == other.id


def test_a_stopped_server_is_unreachable_and_nothing_is_said_to_be_done(
    fresh_restate: RestateLab, tmp_path: Path
) -> None:
    server = fresh_restate.server
    server.stop()
    words = (*target(server), "--yes", "Order", "o-1")

    code, document = wfadmin_says("recover", *words, state=tmp_path)

    assert (code, document["error"]["id"]) == (8, "workflow_engine_unreachable")
    (log,) = tmp_path.rglob("audit.jsonl")
    assert "confirmed" not in log.read_text(encoding="utf-8")
