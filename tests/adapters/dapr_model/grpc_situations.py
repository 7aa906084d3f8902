"""Each recorded call by its name: the steps that bring the model to where it was recorded."""

from collections.abc import Mapping

import pytest

from tests.adapters.dapr_model.conditions import Placement
from tests.adapters.dapr_model.grpc_side import GrpcSide, SaidError
from tests.adapters.dapr_model.stage import Bring, Stage, all_of, as_it_is, then

__all__ = ["CALLED", "NOT_CALLED", "purged_by_force"]


def purged_by_force(stage: Stage, instance_id: str, *, recursive: bool = False) -> int:
    """Purge by force, whatever an adapter would do before."""
    found = stage.sidecar.world.store.find(instance_id)
    return GrpcSide(stage.sidecar)._forced(found, recursive=recursive)


# --- several instances ---------------------------------------------------------------------------


def _eight(stage: Stage) -> None:
    for number in range(4):
        stage.start("ok", instance_id=f"li-{number}")
    stage.start("wait", '"in"', instance_id="li-run").start("fail", instance_id="li-fail")
    stage.family("li-par", "li-child")


def _four(stage: Stage) -> None:
    stage.start("wait", instance_id="sq-w").start("timer", "60", instance_id="sq-t")
    stage.start("long", "60", instance_id="sq-a").start("ok", instance_id="sq-o")


def _without_worker(stage: Stage) -> None:
    stage.start("ok", instance_id="li-2").start("ok", instance_id="li-3")
    stage.start("fail", instance_id="li-fail").start("wait", instance_id="li-par").leave()


def _family(parent: str, child: str) -> Bring:
    return lambda stage: stage.family(parent, child)


# --- one instance --------------------------------------------------------------------------------


def _started(name: str, given: str = "1") -> Bring:
    return lambda stage: stage.start(name, given)


def _with(**switches: object) -> Bring:
    return lambda stage: stage.switched(**switches)


def _resumed(stage: Stage) -> None:
    stage.suspended().post("resume").settle()


def _forced(bring: Bring, instance_id: str = "", *, recursive: bool = False) -> Bring:
    """That instance is purged by force; its own unless another one is named."""

    def forced(stage: Stage) -> None:
        bring(stage)
        purged_by_force(stage, instance_id or stage.id, recursive=recursive)

    return forced


def _refused(stage: Stage) -> None:
    """A forced purge of what waits to begin, with its children, does nothing."""
    side = GrpcSide(stage.planned().sidecar)
    with pytest.raises(SaidError):
        side._forced(stage.sidecar.world.store.find(stage.id), recursive=True)


def _orphan(stage: Stage) -> None:
    _forced(_family("fpq", "fpq-c"), "fpq")(stage)


def _finished_orphan(stage: Stage) -> None:
    _orphan(stage)
    stage.post("raiseEvent/go", "1", instance_id="fpq-c").settle()


def _reused(stage: Stage) -> None:
    """The id is taken again while an activity of its first run executes."""
    stage.start("long", "5").post("terminate").settle()
    stage.ask("POST", f"/v1.0/workflows/dapr/long/start?instanceID={stage.id}", "50")


def _poisoned(stage: Stage) -> None:
    stage.suspended().post("pause").settle().post("resume").settle().leave()


def _ended(stage: Stage) -> None:
    """It had an activity."""
    stage.start("long", "1").wait(1)


_NO_STORE = _with(has_store=False, app_id="wfn")
_NO_PLACEMENT = _with(placement=Placement.NONE, app_id="wfp")

_LISTS: Mapping[str, Bring] = {
    **all_of("list-empty list-empty-page-size-10", as_it_is),
    **all_of(
        "list-page-size-unset list-page-size-0 list-page-1 list-page-2 list-page-3"
        " list-exact-page list-page-size-1024 list-bad-token list-empty-token",
        _eight,
    ),
    **all_of("sqlite-list-page-size-unset sqlite-list-page-size-2", _four),
    "no-worker-list": _without_worker,
}
_READS: Mapping[str, Bring] = {
    **all_of("get-unknown get-empty-id history-unknown get-rerun history-rerun", as_it_is),
    **all_of("get-running get-running-without-payloads", _started("wait", '"in"')),
    "history-waiting-event": _started("wait", '"in"'),
    **all_of("get-start-with-execution-id history-start-with-execution-id", Stage.running),
    "get-completed": Stage.completed,
    **all_of("get-failed get-failed-without-payloads history-failed", Stage.failed),
    **all_of("get-child get-parent history-parent", _family("li-par", "li-child")),
    **all_of("history-child history-parent-with-child", _family("cp", "cp-c")),
    "get-custom-status": _started("status", ""),
    "get-versioned": _started("ver"),
    "get-suspended": Stage.suspended,
    "get-resumed": _resumed,
    **all_of("get-pending-scheduled history-pending", Stage.planned),
    "history-activity-in-flight": _started("long", "300"),
    "history-timer": _started("timer", "3600"),
    "history-new-run-before-old-activity-returns": _reused,
    "history-new-run-after-old-activity-returned": then(_reused, lambda stage: stage.wait(5)),
    **all_of("get-stalled history-stalled", Stage.stalled),
}
_PURGES: Mapping[str, Bring] = {
    **all_of("purge-completed purge-completed-recursive", Stage.completed),
    **all_of("purge-unknown purge-unknown-recursive purge-by-filter", as_it_is),
    **all_of("force-purge-unknown force-purge-unknown-recursive", as_it_is),
    **all_of("purge-running purge-running-recursive", Stage.running),
    **all_of("force-purge-running force-purge-running-recursive", Stage.running),
    "get-after-force-purge-running": _forced(Stage.running),
    "get-after-force-purge-running-recursive": _forced(Stage.running, recursive=True),
    **all_of("purge-pending force-purge-pending-recursive force-purge-pending", Stage.planned),
    "get-after-force-purge-pending-recursive": _refused,
    "get-after-force-purge-pending": _forced(Stage.planned),
    "force-purge-parent-recursive": _family("fpp", "fpp-c"),
    "get-child-after-force-purge-parent": _forced(_family("fpp", "fpp-c"), "fpp", recursive=True),
    "force-purge-parent-only": _family("fpq", "fpq-c"),
    "get-orphan-child": _orphan,
    **all_of("get-orphan-child-finished get-purged-parent-of-finished-child", _finished_orphan),
    "force-purge-parent-only-2": _family("orp", "orp-c"),
    "force-purge-orphan-child": _forced(_family("orp", "orp-c"), "orp"),
    "force-purge-poisoned-no-worker": _poisoned,
    **all_of("purge-stalled purge-stalled-recursive force-purge-stalled", Stage.stalled),
    "get-after-force-purge-stalled": _forced(Stage.stalled, recursive=True),
    "no-worker-purge": then(Stage.completed, Stage.leave),
    "no-worker-force-purge-running": then(_started("long", "60"), Stage.leave),
    "no-worker-force-purge-completed": then(Stage.completed, Stage.leave),
}
_RERUNS: Mapping[str, Bring] = {
    **all_of("rerun-completed-from-0 rerun-unknown-event rerun-same-id", _ended),
    **all_of("rerun-no-new-id rerun-with-input rerun-completed-from-1", _ended),
    "rerun-unknown-source": as_it_is,
    "rerun-running-source": Stage.running,
    "rerun-target-exists": then(_ended, lambda stage: stage.start("wait", instance_id="li-run")),
    "rerun-target-exists-event-1": then(
        _ended, lambda stage: stage.start("wait", instance_id="rr-11")
    ),
    "rerun-failed-no-event": Stage.failed,
    **all_of("rerun-failed-activity rerun-failed-activity-1", _started("fail_act")),
    "rerun-failed-with-new-input": _started("fail_unless_good", '"bad"'),
    "no-worker-rerun": then(Stage.completed, Stage.leave),
}

#: What the model is asked, and how it comes to where it was recorded.
CALLED: Mapping[str, Bring] = {
    **_LISTS,
    **_READS,
    **_PURGES,
    **_RERUNS,
    **all_of(
        "foreign-query-instances foreign-list-instance-ids foreign-restart-instance"
        " foreign-rewind-instance",
        as_it_is,
    ),
    **all_of("token-missing token-right", _with(token="lab-token")),  # noqa: S106 - as recorded
    **all_of("no-actor-store-list no-actor-store-get no-actor-store-history", _NO_STORE),
    **all_of("no-placement-list no-placement-get no-placement-history", _NO_PLACEMENT),
}

_HTTP = "HTTP has it too, and over gRPC it hangs until a worker has done its part: never called"
_STEPS = "the model has no workflow of several steps"
_AGAIN = "the model does not continue as new"
_NOBODY = "HTTP starts no instance without an id, and so the model has none"
_SQLITE = "the model lists as the store in memory does"

#: What the model is not asked, and why.
NOT_CALLED: Mapping[str, str] = {
    **dict.fromkeys(
        (
            *("suspend-running", "resume-suspended", "raise-event", "wait-for-completion"),
            *("terminate-with-output", "unknown-terminate-instance", "unknown-suspend-instance"),
            *("unknown-resume-instance", "unknown-raise-event", "unknown-wait-for-instance-start"),
            *("unknown-wait-for-instance-completion", "suspend-completed", "terminate-completed"),
            *("start-new", "start-duplicate-running", "start-duplicate-completed"),
            *("start-id-with-dots-and-slash", "start-id-100-chars", "start-without-id"),
            *("start-empty-name", "start-scheduled-a", "start-scheduled-b", "start-scheduled-c"),
            *("start-scheduled-d", "start-with-execution-id", "terminate-stalled"),
            *("no-worker-terminate", "no-worker-start"),
        ),
        _HTTP,
    ),
    "hello": "it says nothing: never called",
    **dict.fromkeys(
        ("get-terminated", "history-terminated"), "over HTTP it ends without an output"
    ),
    **dict.fromkeys(
        (
            *("history-running", "history-completed", "no-worker-get", "no-worker-history"),
            *("get-rerun-from-1", "history-rerun-from-1", "rerun-from-event-timer"),
        ),
        _STEPS,
    ),
    **dict.fromkeys((f"history-run-identity-{number}" for number in (1, 2, 3)), _AGAIN),
    **dict.fromkeys(("history-empty-id", "purge-empty"), _NOBODY),
    **dict.fromkeys(
        (
            *("sqlite-list-page-size-0", "sqlite-list-page-size-exact"),
            *("sqlite-list-after-exact-page", "sqlite-list-bad-token"),
        ),
        _SQLITE,
    ),
    "get-rerun-failed-with-new-input": "the model keeps but the input of the workflow: the new one",
}
