"""Exchanges that are like no other, each with the steps to where it was recorded."""

from collections.abc import Mapping

from tests.adapters.dapr_model.stage import (
    Bring,
    Stage,
    all_of,
    as_it_is,
    without_worker_after,
)

__all__ = ["NAMED"]


def _started(name: str, given: str = "1") -> Bring:
    return lambda stage: stage.start(name, given)


def _purged(stage: Stage) -> None:
    stage.completed().post("purge")


def _reused(first: str, given: str, second: str, again: str) -> Bring:
    return lambda stage: stage.start(first, given).start(second, again)


def _hanging_start(stage: Stage) -> None:
    stage.mute().start("ok")


def _hanging_turn(stage: Stage) -> None:
    stage.running().mute().post("raiseEvent/go", "1").settle()


def _paused_twice(stage: Stage) -> None:
    stage.suspended().post("pause").settle()


def _poisoned(stage: Stage) -> None:
    _paused_twice(stage)
    stage.post("resume").settle()


def _poisoned_again(stage: Stage) -> None:
    _poisoned(stage)
    stage.leave().come_back()


def _no_such_old_activity(seconds: int, given: int, *, is_purged: bool) -> Bring:
    def bring(stage: Stage) -> None:
        stage.start("long", str(seconds)).post("terminate").settle()
        if is_purged:
            stage.post("purge")
        stage.start("long", str(given)).wait(seconds)

    return bring


def _gone(*, is_purged: bool = False) -> Bring:
    """A long activity executes, and its instance is terminated."""

    def bring(stage: Stage) -> None:
        stage.start("long", "20").post("terminate").settle()
        if is_purged:
            stage.post("purge")

    return bring


def _children(parent: str, child: str, *steps: tuple[str, str]) -> Bring:
    def bring(stage: Stage) -> None:
        stage.family(parent, child)
        for instance_id, tail in steps:
            stage.post(tail, instance_id=instance_id).settle()

    return bring


def _cascade_not_yet(stage: Stage) -> None:
    stage.family("p2", "p2-c").post("terminate", instance_id="p2").wait(0.015)


def _duplicate_is_waited_for(stage: Stage) -> None:
    stage.start("long", "2").wait(0.8)
    stage.start("long", "2")


_P2 = ("p2", "terminate")
_P3_ENDED = (("p3", "pause"), ("p3", "resume"), ("p3-c", "raiseEvent/go"))

#: What is written down by its name, rather than made of an operation and a status.
NAMED: Mapping[str, Bring] = {
    # What needs no instance.
    **all_of(
        "metadata-with-worker healthz-ready healthz-appid-match"
        " healthz-appid-mismatch healthz-outbound-ready metadata-put-extended"
        " unknown-route unknown-operation workflows-list-does-not-exist"
        " workflows-root-does-not-exist get-wrong-method-delete start-wrong-method-get"
        " unknown-api-version start-with-id-json-input start-without-id start-empty-id"
        " start-no-body start-text-input start-lower-case-param get-lower-case-param"
        " start-wait-1 start-invalid-id-space start-invalid-id-slash"
        " start-invalid-id-dot start-invalid-id-colon start-invalid-id-pipe"
        " start-invalid-id-emoji start-invalid-id-nul start-invalid-id-percent"
        " start-id-64-bytes start-id-65-bytes start-id-unicode start-id-unicode-cjk"
        " start-id-unicode-33-chars-66-bytes start-id-unicode-32-chars-64-bytes"
        " start-id-dash-underscore start-unknown-workflow start-empty-name"
        " start-name-encoded-slash start-unknown-component start-app-id-ignored"
        " start-body-too-large get-after-body-too-large get-unknown"
        " get-unknown-encoded-slash head-unknown beta1-start beta1-get-unknown"
        " beta1-purge-unknown beta1-pause-unknown alpha1-start alpha1-get-unknown"
        " alpha1-purge-unknown alpha1-pause-unknown raise-empty-event-name"
        " pause-encoded-id terminate-encoded-id story1-start"
        " get-with-dapr-app-id-header shutdown",
        as_it_is,
    ),
    "metadata-after-put": lambda stage: stage.ask("PUT", "/v1.0/metadata/revision", "rev-7"),
    # Starts and what follows them.
    "get-completed": _started("ok", '{"a":1}'),
    "get-completed-no-input": _started("ok", ""),
    "get-unicode-id": _started("ok", ""),
    "get-other-component": _started("ok", ""),
    "get-started-with-text-input": _started("wait", "plain text"),
    "get-unknown-workflow": _started("no_such_workflow", ""),
    "get-running-waiting-for-event": _started("wait", '"in"'),
    "get-failed": _started("fail", '"x"'),
    "get-failed-by-activity": _started("fail_act", '"x"'),
    "get-running-custom-status": _started("status", ""),
    "get-running-durable-timer": _started("timer", "3600"),
    "get-running-activity": _started("long", "600"),
    "get-running-parent": _started("parent", ""),
    "get-child-auto-id": lambda stage: stage.start("parent", "", instance_id="parent-1"),
    "get-child-given-id": _children("parent-2", "child-2"),
    "get-pending-just-started": lambda stage: stage.ask(
        "POST", "/v1.0/workflows/dapr/ok/start?instanceID=sp", "1"
    ),
    "start-duplicate-running": Stage.running,
    "start-duplicate-running-other-name": Stage.running,
    "start-duplicate-completed-reuses": Stage.completed,
    "start-duplicate-failed-reuses": _started("fail_unless_good", '"bad"'),
    "start-duplicate-terminated-reuses": Stage.terminated,
    "start-duplicate-suspended": Stage.suspended,
    "start-duplicate-pending-scheduled": Stage.planned,
    "start-duplicate-while-first-run-ends": lambda stage: stage.start("long", "2").wait(0.8),
    "get-after-start-duplicate-while-first-run-ends": _duplicate_is_waited_for,
    "start-reuse-terminated-parent-at-once": lambda stage: (
        stage.family("st1d", "st1d-c").post("terminate").wait(0.015)
    ),
    "get-after-reuse-of-completed": _reused("ok", '{"a":1}', "ok", '{"a":2}'),
    "get-after-reuse-of-failed": _reused("fail_unless_good", '"bad"', "fail_unless_good", '"good"'),
    "get-after-reuse-of-terminated": lambda stage: stage.terminated().start("wait", "2"),
    "get-after-start-duplicate-pending-scheduled": lambda stage: stage.planned().start(
        "ok", '"other"'
    ),
    "get-pending-scheduled": Stage.planned,
    **all_of(
        "get-app-id-ignored get-app-id-invalid-ignored get-trailing-slash head-known",
        _started("ok", '{"a":2}'),
    ),
    "terminate-app-id-ignored": Stage.completed,
    **all_of(
        "beta1-get-completed beta1-purge-completed alpha1-get-completed alpha1-purge-completed",
        Stage.completed,
    ),
    "raise-continue-as-new": Stage.running,
    # Bodies and queries.
    **all_of(
        "pause-with-empty-json-body pause-with-json-body pause-with-instance-id-body"
        " pause-with-text-body terminate-with-text-body"
        " terminate-with-json-string-body purge-with-text-body purge-with-force-query"
        " terminate-with-recursive-query raise-no-body raise-other-event"
        " raise-text-body raise-encoded-event-name terminate-wrong-method"
        " terminate-by-get",
        Stage.running,
    ),
    "resume-with-empty-json-body": Stage.suspended,
    "get-after-pause-with-instance-id-body": lambda stage: (
        stage.running().post("pause", '{"instanceId":"w4"}').settle()
    ),
    "get-just-after-terminate": Stage.terminated,
    "get-terminated": Stage.terminated,
    "get-after-raise-no-body": lambda stage: stage.running().post("raiseEvent/go").settle(),
    "get-after-raise-other-event": lambda stage: (
        stage.running().post("raiseEvent/other", "1").settle()
    ),
    "raise-case-differs": Stage.running,
    "get-after-raise-case-differs": lambda stage: (
        stage.running().post("raiseEvent/GO", '"caps"').settle()
    ),
    "get-after-raise-text-body": lambda stage: (
        stage.running().post("raiseEvent/go", "plain").settle()
    ),
    # One after the other.
    "seq-pause": Stage.running,
    "seq-get-just-after-pause": lambda stage: stage.running().post("pause"),
    "get-suspended": Stage.suspended,
    "raise-while-suspended": Stage.suspended,
    "get-suspended-after-raise": lambda stage: (
        stage.suspended().post("raiseEvent/go", '"late"').settle()
    ),
    "resume-after-raise": lambda stage: stage.suspended().post("raiseEvent/go", '"late"').settle(),
    "get-completed-after-resume": lambda stage: (
        stage.suspended().post("raiseEvent/go", '"late"').settle().post("resume").settle()
    ),
    "terminate-suspended-seq": Stage.suspended,
    "get-after-terminate-suspended-seq": lambda stage: stage.suspended().post("terminate").settle(),
    "purge-then-get-purge": Stage.completed,
    **all_of(
        "get-after-purge purge-after-purge terminate-after-purge pause-after-purge"
        " start-after-purge",
        _purged,
    ),
    "resume-once": Stage.suspended,
    "get-after-resume-once": lambda stage: stage.suspended().post("resume").settle(),
    "resume-twice": lambda stage: stage.suspended().post("resume").settle(),
    "get-after-resume-twice": lambda stage: (
        stage.suspended().post("resume").settle().post("resume").settle()
    ),
    # Activities outlive their instance.
    "terminate-running-activity": _started("long", "20"),
    "get-terminated-with-running-activity": _gone(),
    "purge-terminated-with-running-activity": _gone(),
    "start-after-purge-with-running-activity": _gone(is_purged=True),
    "get-restarted-while-old-activity-ran": lambda stage: (
        _gone(is_purged=True)(stage),
        stage.start("long", "1").wait(2),
    ),
    "pause-running-activity": _started("long", "8"),
    "get-suspended-with-running-activity": lambda stage: (
        stage.start("long", "8").post("pause").settle()
    ),
    "get-new-run-after-old-activity-returned": _no_such_old_activity(6, 60, is_purged=True),
    "get-reused-id-after-old-activity-returned": _no_such_old_activity(5, 50, is_purged=False),
    # Parents and children.
    "terminate-child": _children("p1", "p1-c"),
    "get-terminated-child": _children("p1", "p1-c", ("p1-c", "terminate")),
    "get-parent-of-terminated-child": _children("p1", "p1-c", ("p1-c", "terminate")),
    "terminate-parent": _children("p2", "p2-c"),
    "get-terminated-parent": _children("p2", "p2-c", _P2),
    "get-child-just-after-parent-terminated": _cascade_not_yet,
    "get-child-of-terminated-parent": _children("p2", "p2-c", _P2),
    "purge-terminated-parent": _children("p2", "p2-c", _P2),
    "get-child-after-parent-purge": _children("p2", "p2-c", _P2, ("p2", "purge")),
    "suspend-parent": _children("p3", "p3-c"),
    "get-child-of-suspended-parent": _children("p3", "p3-c", ("p3", "pause")),
    "purge-child-running": _children("p3", "p3-c", ("p3", "pause")),
    "resume-parent": _children("p3", "p3-c", ("p3", "pause")),
    "purge-child-completed": _children("p3", "p3-c", *_P3_ENDED),
    "purge-parent-whose-child-was-purged": _children("p3", "p3-c", *_P3_ENDED, ("p3-c", "purge")),
    "get-parent-purged": _children("p3", "p3-c", *_P3_ENDED, ("p3-c", "purge"), ("p3", "purge")),
    # Stalled.
    "raise-to-missing-version": lambda stage: (
        stage.start("ver"),
        stage.sidecar.worker.lacks.add("ver"),
    ),
    **all_of(
        "get-stalled pause-stalled resume-stalled terminate-stalled purge-stalled"
        " raise-stalled start-duplicate-stalled get-stalled-after-ops",
        Stage.stalled,
    ),
    "pause-version-missing-not-yet-stalled": lambda stage: (
        stage.start("ver"),
        stage.sidecar.worker.lacks.add("ver"),
    ),
    "get-stalled-no-worker": lambda stage: stage.stalled().leave(),
    "terminate-stalled-no-worker": lambda stage: stage.stalled().leave(),
    "get-stall-cleared": lambda stage: stage.stalled().leave().come_back(),
    # Without a worker, beside the operations in every status.
    "start-no-worker": Stage.leave,
    "get-after-start-no-worker": lambda stage: stage.leave().start("ok"),
    "start-duplicate-running-no-worker": without_worker_after("nw-run"),
    "start-reuse-completed-no-worker": without_worker_after("nw-done"),
    "get-given-up-start-after-worker-back": lambda stage: stage.leave().start("ok").come_back(),
    "get-nw-run-after-worker-back": lambda stage: stage.running().leave().come_back(),
    "get-nw-act-after-worker-back": lambda stage: (
        stage.start("long", "3").leave().wait(20).come_back().wait(2)
    ),
    "get-nw-act-redone": lambda stage: (
        stage.start("long", "3").leave().wait(20).come_back().wait(5)
    ),
    # A worker that never answers.
    "start-mute-worker": Stage.mute,
    **all_of(
        "get-pending-mute-worker pause-pending-turn-hangs"
        " terminate-pending-turn-hangs purge-pending-turn-hangs"
        " start-duplicate-pending-turn-hangs",
        _hanging_start,
    ),
    "raise-turn-will-hang": lambda stage: stage.running().mute(),
    **all_of(
        "get-running-turn-hangs terminate-running-turn-hangs purge-running-turn-hangs",
        _hanging_turn,
    ),
    "purge-completed-mute-worker": lambda stage: stage.completed().mute(),
    "get-pending-after-good-worker": lambda stage: (
        _hanging_start(stage),
        stage.leave().come_back(),
    ),
    "get-running-after-good-worker": lambda stage: (
        _hanging_turn(stage),
        stage.leave().come_back(),
    ),
    "pause-second-time": Stage.suspended,
    "resume-after-double-pause": _paused_twice,
    "get-after-resume-after-double-pause": _poisoned,
    "terminate-after-resume-after-double-pause": _poisoned,
    "get-double-pause-after-worker-restart": _poisoned_again,
    "terminate-double-pause-after-worker-restart": _poisoned_again,
    # Stories.
    "story1-get-failed": _started("fail_unless_good", '"bad"'),
    "story1-purge": _started("fail_unless_good", '"bad"'),
    "story1-get-purged": lambda stage: stage.start("fail_unless_good", '"bad"').post("purge"),
    "story1-start-again": lambda stage: stage.start("fail_unless_good", '"bad"').post("purge"),
    "story1-get-completed": lambda stage: (
        stage.start("fail_unless_good", '"bad"').post("purge").start("fail_unless_good", '"good"')
    ),
    **all_of(
        "story2-terminate-no-worker story2-purge-no-worker story2-start-no-worker"
        " story2-get-no-worker",
        without_worker_after("nw-run"),
    ),
    "story2-terminate": lambda stage: stage.running().leave().come_back(),
    "story2-purge": Stage.terminated,
    "story2-start": lambda stage: stage.terminated().post("purge"),
    "story2-get-running-again": lambda stage: stage.terminated().post("purge").start("wait", "2"),
    # Another store.
    "sqlite-metadata": lambda stage: stage.switched(store_type="state.sqlite", app_id="wfs"),
    "sqlite-get-running": Stage.running,
    "sqlite-purge-running": Stage.running,
    "sqlite-start-duplicate": Stage.running,
}
