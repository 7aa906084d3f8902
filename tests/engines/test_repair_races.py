"""What others do to a key or a deployment between two of our steps, on a real Restate."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.engines.desk import Desk, key_of
from tests.engines.restate_lab import RestateLab, Run, expect
from tests.engines.waiting import wait_until
from wfadmin.domain.policy import BackingOff, Paused, RecoveryPolicy, Suspended
from wfadmin.domain.results import Effect, Held, StateAfter
from wfadmin.errors import OutcomeUnknown, RetryBlocked, Sent, StalePlan

pytestmark = pytest.mark.engine

HOUR = timedelta(hours=1)
PAUSED = RecoveryPolicy(stuck=(Paused(),))
RETRIES_TOO_OFTEN = RecoveryPolicy(stuck=(BackingOff(attempts=2),))
WAITS_TOO_LONG = RecoveryPolicy(stuck=(Suspended(older=HOUR),))


def once(command: str, does: Callable[[], object]) -> Callable[[str], None]:
    """Do something when the first request that ends with `command` is seen."""
    left = [does]

    def seen(request: str) -> None:
        if request.endswith(command) and left:
            left.pop()()

    return seen


def commands(desk: Desk) -> list[str]:
    """The last words of the writes: pause, kill, purge."""
    return [request.rpartition("/")[2] for request in desk.writes]


# --- the key -------------------------------------------------------------------------------------


def test_a_client_that_submits_right_after_the_purge_keeps_its_run(restate: RestateLab) -> None:
    run = restate.failed()

    def submit() -> None:
        restate.start("Order", run.service_key, do="succeed")
        restate.until(run, status="completed", completion_result="success")

    with Desk(restate.server, after=once("/purge", submit)) as desk:
        result = desk.operator.recover_stuck_workflow(key_of(run))

    assert (result.purged, result.state) == ((run.invocation_id,), StateAfter.IN_USE)
    assert result.effect is Effect.CONFIRMED
    assert result.warnings[-1] == f"A newer run holds the key already: {run.invocation_id}."
    assert commands(desk) == ["purge"]
    assert restate.row(run)["completion_result"] == "success"
    assert restate.state(run)["stage"] == '"succeed"'


def test_a_run_that_was_purged_by_somebody_else_is_gone_and_not_counted(
    restate: RestateLab,
) -> None:
    run = restate.failed()

    def purge() -> None:
        restate.patch(run, "purge")
        wait_until(lambda: restate.row(run) == {}, what="it is purged")

    with Desk(restate.server, before=once("/purge", purge)) as desk:
        result = desk.operator.recover_stuck_workflow(key_of(run))

    assert (result.matched, result.purged) == (1, ())
    assert (result.state, result.effect) == (StateAfter.CLEARED, Effect.CONFIRMED)


def test_a_run_that_was_killed_by_somebody_else_is_purged_and_not_counted_as_killed(
    restate: RestateLab,
) -> None:
    run = restate.paused()

    def kill() -> None:
        restate.patch(run, "kill")
        restate.until(run, status="completed")

    with Desk(restate.server, before=once("/kill", kill)) as desk:
        result = desk.operator.recover_stuck_workflow(key_of(run), policy=PAUSED)

    assert (result.killed, result.purged) == ((), (run.invocation_id,))
    assert commands(desk) == ["kill", "purge"]


def test_a_shared_call_that_starts_after_the_park_stops_the_recovery_and_frees_the_run(
    restate: RestateLab,
) -> None:
    run = restate.backing_off(attempts=3)
    watchers: list[Run] = []

    def watch() -> None:
        watcher = restate.start("Order", run.service_key, handler="watch")
        watchers.append(restate.until(watcher, status="suspended"))

    with (
        Desk(restate.server, after=once("/pause", watch)) as desk,
        pytest.raises(RetryBlocked) as refused,
    ):
        desk.operator.recover_stuck_workflow(key_of(run), policy=RETRIES_TOO_OFTEN)

    refusal = refused.value
    ids = tuple(watcher.invocation_id for watcher in watchers)
    assert (refusal.reason, refusal.invocation_ids, refusal.also) == ("active", ids, ())
    assert refusal.sent is Sent.YES
    assert commands(desk) == ["pause", "resume"]
    assert desk.outcomes == [("recover", None), ("recover", "workflow_retry_blocked")]
    restate.until(run, status="backing-off")


def test_a_run_that_somebody_else_sets_going_after_the_park_is_not_killed(
    restate: RestateLab,
) -> None:
    run = restate.backing_off(attempts=3)

    def resume() -> None:
        restate.until(run, status="paused")
        restate.patch(run, "resume")

    soon = timedelta(seconds=0.5)
    with (
        Desk(restate.server, after=once("/pause", resume), settle=soon) as desk,
        pytest.raises(OutcomeUnknown) as refused,
    ):
        desk.operator.recover_stuck_workflow(key_of(run), policy=RETRIES_TOO_OFTEN)

    assert (refused.value.command, refused.value.target) == ("pause", run.invocation_id)
    assert run.invocation_id in refused.value.also[0]
    assert commands(desk) == ["pause"]
    restate.until(run, status="backing-off")


# --- keys of which no run is retained ------------------------------------------------------------


def test_a_key_without_retention_is_not_killed_and_what_a_failed_run_left_is_cleared(
    fresh_restate: RestateLab,
) -> None:
    lab = fresh_restate
    settings = {"workflow_completion_retention": "0s"}
    expect(lab.server.admin.patch("/services/Order", json=settings), 200)
    waiting = lab.waiting()
    failed = lab.start("Order", lab.new_key("failed"), do="fail")
    wait_until(lambda: lab.state(failed), what="it has stored something")
    wait_until(lambda: lab.row(failed) == {}, what="nothing is kept of it")

    with Desk(lab.server, ahead=2 * HOUR) as desk:
        with pytest.raises(RetryBlocked) as refused:
            desk.operator.recover_stuck_workflow(key_of(waiting), policy=WAITS_TOO_LONG)
        refused_writes = desk.writes
        result = desk.operator.recover_stuck_workflow(key_of(failed))

    blocked = (refused.value.reason, refused.value.invocation_ids)
    assert blocked == ("not_retained", (waiting.invocation_id,))
    assert refused_writes == []
    assert (result.matched, result.purged, result.state) == (0, (), StateAfter.CLEARED)
    assert result.evidence in desk.evidence.saved
    assert desk.writes == ["POST /services/Order/state"]
    assert lab.state(failed) == {}
    assert lab.state(waiting)["stage"] == '"wait"'


def test_what_somebody_stores_in_between_is_not_cleared(restate: RestateLab) -> None:
    leftover = Run("Order", restate.new_key("leftover"), "")
    store(restate, leftover, "1")

    soon = timedelta(seconds=0.3)
    meanwhile = once("/state", lambda: store(restate, leftover, "3"))
    with Desk(restate.server, before=meanwhile, settle=soon) as desk:
        plan = desk.operator.plan_recover(key_of(leftover))
        store(restate, leftover, "2")
        with pytest.raises(StalePlan):
            desk.operator.apply(plan)
        with pytest.raises(OutcomeUnknown):
            desk.operator.recover_stuck_workflow(key_of(leftover))

    assert desk.writes == ["POST /services/Order/state"]
    assert restate.state(leftover) == {"stage": "3"}


def store(lab: RestateLab, run: Run, text: str) -> None:
    """Store under a key what no run of it left there."""
    change = {"object_key": run.service_key, "new_state": {"stage": list(text.encode())}}
    expect(lab.server.admin.post("/services/Order/state", json=change), 202)
    wait_until(lambda: lab.state(run) == {"stage": text}, what="it is stored")


# --- the deployments -----------------------------------------------------------------------------


def test_a_deployment_that_serves_again_by_then_stays(fresh_restate: RestateLab) -> None:
    lab = fresh_restate
    drained, _ = lab.drained_deployment()

    def serve_again(request: str) -> None:
        if desk.requests.count("GET /deployments") == 2 and request == "GET /deployments":
            lab.register(drained.url, drained.host.services, force=True)

    with Desk(lab.server, before=serve_again) as desk:
        result = desk.operator.cleanup_stale_deployments(lab.main.url)

    assert (result.removed, result.effect) == ((), Effect.NO_CHANGE)
    (held,) = result.held
    assert held == Held(drained.id, ("it was registered again meanwhile",))
    assert desk.writes == []
    assert lab.deployment_of("Order") == lab.deployment_of("Cart") == drained.id


def test_a_deployment_that_somebody_else_removed_is_not_counted(fresh_restate: RestateLab) -> None:
    lab = fresh_restate
    drained, _ = lab.drained_deployment()

    remove = once("?force=true", lambda: lab.remove(drained))
    with Desk(lab.server, before=remove) as desk:
        result = desk.operator.cleanup_stale_deployments(lab.main.url)

    assert (result.removed, result.held) == ((), ())
    assert lab.deployments() == {lab.main.id}
