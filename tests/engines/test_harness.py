"""The harness keeps its word: each helper really brings the state that its name says."""

from pathlib import Path

import pytest

from tests.engines.incident import Incident
from tests.engines.restate_lab import REMOVED_DEPLOYMENT_CODE, Deployed, RestateLab, quoted
from tests.engines.restate_server import RestateServer

pytestmark = pytest.mark.engine


def unfinished_on(lab: RestateLab, deployed: Deployed) -> list[str]:
    rows = lab.server.query(
        "select target from sys_invocation_status where status <> 'completed'"
        f" and pinned_deployment_id = {quoted(deployed.id)} order by target"
    )
    return [str(row["target"]) for row in rows]


def listed_deployments(lab: RestateLab) -> set[str]:
    listed = lab.server.admin.get("/deployments").json()["deployments"]
    return {str(each["id"]) for each in listed}


def test_the_server_is_the_version_that_was_asked_for(
    restate: RestateLab, restate_version: str
) -> None:
    assert restate.server.admin.get("/version").json()["version"] == restate_version


def test_the_server_on_unix_sockets_says_where_they_are(restate: RestateLab) -> None:
    assert restate.server.admin_url.startswith("unix:///")
    assert restate.server.ingress_url.startswith("unix:///")


def test_the_server_on_tcp_ports_serves_the_same(restate_tcp: RestateLab) -> None:
    assert restate_tcp.server.admin_url.startswith("http://127.0.0.1:")
    run = restate_tcp.succeeded()
    assert restate_tcp.row(run)["completion_result"] == "success"


def test_a_bare_server_lists_no_service(bare_restate: RestateServer) -> None:
    assert bare_restate.admin.get("/services").json()["services"] == []


def test_a_stopped_server_leaves_nothing_behind(bare_restate: RestateServer) -> None:
    socket_path = Path(bare_restate.admin_url.removeprefix("unix://"))
    assert socket_path.exists()
    bare_restate.stop()
    assert not socket_path.parents[1].exists()


def test_a_succeeded_run_is_retained(restate: RestateLab) -> None:
    row = restate.row(restate.succeeded())
    assert (row["status"], row["completion_result"]) == ("completed", "success")


def test_a_failed_run_keeps_its_message_and_its_state(restate: RestateLab) -> None:
    run = restate.failed(message="no such card")
    row = restate.row(run)
    assert (row["status"], row["completion_result"]) == ("completed", "failure")
    assert row["completion_failure"] == "[500] no such card"
    assert restate.state(run)["stage"] == '"fail"'


def test_a_killed_run_is_a_completed_failure(restate: RestateLab) -> None:
    row = restate.row(restate.killed())
    assert (row["status"], row["completion_failure"]) == ("completed", "[409] killed")


def test_a_waiting_run_is_suspended_with_state(restate: RestateLab) -> None:
    run = restate.waiting()
    assert restate.row(run)["status"] == "suspended"
    assert restate.state(run)["stage"] == '"wait"'


def test_a_released_run_succeeds(restate: RestateLab) -> None:
    run = restate.waiting()
    restate.release(run)
    restate.until(run, status="completed", completion_result="success")


def test_a_backing_off_run_has_failed_as_often_as_asked(restate: RestateLab) -> None:
    run = restate.backing_off(attempts=3)
    row = restate.row(run)
    assert row["retry_count"] >= 3
    assert "payment service is down" in row["last_failure"]


def test_a_paused_run_is_paused(restate: RestateLab) -> None:
    assert restate.row(restate.paused())["status"] == "paused"


def test_a_scheduled_run_is_scheduled(restate: RestateLab) -> None:
    assert restate.row(restate.scheduled())["status"] == "scheduled"


def test_a_watched_key_has_a_main_run_and_a_shared_call(restate: RestateLab) -> None:
    run, watcher = restate.watched()
    found = {
        (row["id"], row["target_handler_name"], row["status"])
        for row in restate.rows("Order", run.service_key)
    }
    assert found == {
        (run.invocation_id, "run", "suspended"),
        (watcher.invocation_id, "watch", "suspended"),
    }


def test_an_awake_zombie_retries_against_a_deployment_that_is_gone(restate: RestateLab) -> None:
    run = restate.zombie()
    row = restate.row(run)
    assert row["pinned_deployment_id"] not in listed_deployments(restate)
    assert row["last_failure_error_code"] == REMOVED_DEPLOYMENT_CODE
    assert restate.deployment_of("Order") == restate.main.id


def test_a_zombie_asleep_is_suspended(restate: RestateLab) -> None:
    row = restate.row(restate.zombie(awake=False))
    assert row["pinned_deployment_id"] not in listed_deployments(restate)
    assert row["status"] == "suspended"


def test_a_draining_deployment_is_superseded_and_still_holds_a_run(restate: RestateLab) -> None:
    deployed, run = restate.draining_deployment()
    assert deployed.id in listed_deployments(restate)
    assert restate.deployment_of("Order") == restate.deployment_of("Cart") == restate.main.id
    assert unfinished_on(restate, deployed) == [f"Order/{run.service_key}/run"]


def test_a_drained_deployment_is_superseded_and_holds_nothing(restate: RestateLab) -> None:
    deployed, run = restate.drained_deployment()
    assert deployed.id in listed_deployments(restate)
    assert restate.deployment_of("Order") == restate.main.id
    assert unfinished_on(restate, deployed) == []
    assert restate.row(run)["pinned_deployment_id"] == deployed.id


def test_a_parent_waits_for_its_child(restate: RestateLab) -> None:
    parent, child = restate.family()
    assert restate.row(parent)["status"] == "suspended"
    assert restate.row(child)["invoked_by_id"] == parent.invocation_id


def test_a_locked_cart_has_a_holder_and_a_queue(restate: RestateLab) -> None:
    holder, queued = restate.locked_cart()
    assert restate.row(holder)["status"] == "suspended"
    assert restate.row(queued)["status"] == "pending"


def test_a_failed_cart_is_a_virtual_object(restate: RestateLab) -> None:
    row = restate.row(restate.failed_cart())
    assert (row["target_service_ty"], row["completion_result"]) == ("virtual_object", "failure")


def test_a_mail_that_backs_off_has_no_key(restate: RestateLab) -> None:
    row = restate.row(restate.mail_backing_off())
    assert row["target_service_ty"] == "service"
    assert row.get("target_service_key") in (None, "")


def test_a_fresh_server_has_only_the_main_deployment(fresh_restate: RestateLab) -> None:
    assert listed_deployments(fresh_restate) == {fresh_restate.main.id}


def test_an_incident_has_every_state_at_once(incident: Incident) -> None:
    lab = incident.lab
    lab.until(incident.failed, status="completed", completion_result="failure")
    lab.until(incident.succeeded, status="completed", completion_result="success")
    lab.until(incident.waiting, status="suspended")
    lab.until(incident.paused, status="paused")
    lab.until(incident.zombie, status="backing-off")
    assert lab.row(incident.backing_off)["retry_count"] >= 5
    assert unfinished_on(lab, incident.drained) == []
    assert unfinished_on(lab, incident.draining) == ["Order/draining/run"]
