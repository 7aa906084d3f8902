"""Each recorded exchange by its name: the steps that bring the model to where it was recorded."""

from collections.abc import Mapping

from tests.adapters.dapr_model.conditions import Placement, Scheduler
from tests.adapters.dapr_model.named import NAMED
from tests.adapters.dapr_model.stage import (
    WITHOUT_WORKER,
    Bring,
    Stage,
    as_it_is,
    then,
    without_worker_after,
)

__all__ = ["NOT_MODELLED", "SITUATIONS"]

# --- every operation in every status -------------------------------------------------------------

_STATES: Mapping[str, Bring] = {
    "unknown": as_it_is,
    "running": Stage.running,
    "suspended": Stage.suspended,
    "completed": Stage.completed,
    "failed": Stage.failed,
    "terminated": Stage.terminated,
    "pending-scheduled": Stage.planned,
}
_TAILS = {
    "pause": ("pause", ""),
    "resume": ("resume", ""),
    "terminate": ("terminate", ""),
    "purge": ("purge", ""),
    "raise": ("raiseEvent/go", '{"v":1}'),
}


def _after(state: str, operation: str) -> Bring:
    tail, body = _TAILS[operation]
    return lambda stage: (_STATES[state](stage), stage.post(tail, body).settle())


def _in_every_status() -> dict[str, Bring]:
    table: dict[str, Bring] = {}
    for operation in _TAILS:
        for state, bring in _STATES.items():
            table[f"{operation}-{state}"] = bring
            table[f"get-after-{operation}-{state}"] = _after(state, operation)
            table[f"{operation}-{state}-again"] = _after(state, operation)
    return table


# --- what a sidecar lacks ------------------------------------------------------------------------


def _without_worker() -> dict[str, Bring]:
    operations = ("get", *_TAILS)
    return {
        f"{op}-{who}-no-worker": without_worker_after(who)
        for op in operations
        for who in WITHOUT_WORKER
    }


def _family_of(operations: str, prefix: str, bring: Bring) -> dict[str, Bring]:
    return {f"{prefix}-{one}": bring for one in operations.split()}


def _with(**switches: object) -> Bring:
    return lambda stage: stage.switched(**switches)


_EVERYTHING = "metadata healthz healthz-outbound get start pause resume terminate purge raise"
_TOKENS = (
    *("missing", "wrong", "right", "bearer", "missing-metadata", "missing-start"),
    *("missing-healthz", "missing-healthz-outbound", "missing-unknown-route"),
)
_LOST_PLACEMENT = _with(placement=Placement.LOST)
_LOST_SCHEDULER = _with(scheduler=Scheduler.LOST)


_LACKING: dict[str, Bring] = {
    **_family_of(_EVERYTHING, "no-actor-store", _with(has_store=False, app_id="wfn")),
    **_family_of(_EVERYTHING, "no-placement", _with(placement=Placement.NONE, app_id="wfp")),
    **_family_of(
        _EVERYTHING,
        "no-scheduler",
        then(Stage.leave, _with(scheduler=Scheduler.NONE, app_id="wfq")),
    ),
    **_family_of(
        "metadata-worker start-worker get-worker",
        "no-scheduler",
        _with(scheduler=Scheduler.NONE, app_id="wfq"),
    ),
    **_family_of(
        _EVERYTHING,
        "placement-down",
        then(Stage.leave, _with(placement=Placement.DOWN, app_id="wfd")),
    ),
    **_family_of(
        _EVERYTHING,
        "app-down",
        then(Stage.leave, _with(app_port=3999, app_id="wfa")),
    ),
    **_family_of(
        "healthz metadata get get-after terminate terminate-2",
        "scheduler-lost",
        then(Stage.running, _LOST_SCHEDULER),
    ),
    **_family_of("healthz metadata start", "placement-lost", _LOST_PLACEMENT),
    **_family_of("get terminate", "placement-lost", then(Stage.running, _LOST_PLACEMENT)),
    **{
        f"{what}-lost-{since}-{asked}": lost
        for what, lost in (("placement", _LOST_PLACEMENT), ("scheduler", _LOST_SCHEDULER))
        for since in ("1s", "10s", "25s", "30s")
        for asked in ("metadata", "healthz")
    },
    "scheduler-lost-start": _LOST_SCHEDULER,
    "scheduler-back-terminate": then(
        Stage.running,
        _LOST_SCHEDULER,
        lambda stage: stage.post("terminate"),
        _with(scheduler=Scheduler.CONNECTED),
    ),
    "placement-back-start": then(_LOST_PLACEMENT, _with(placement=Placement.CONNECTED)),
    "metadata-no-worker": Stage.leave,
    "healthz-no-worker": Stage.leave,
    "metadata-mute-worker": Stage.mute,
    "metadata-two-workers": lambda stage: stage.sidecar.world.connect_workers(2),
    **{
        f"token-{one}": _with(token="lab-token")  # noqa: S106 - as recorded
        for one in _TOKENS
    },
}

SITUATIONS: Mapping[str, Bring] = {
    **_in_every_status(),
    **_without_worker(),
    **_LACKING,
    **NAMED,
}

_FORCED = "only a force purge leads there, which HTTP does not have"
_GENERATIONS = "the model does not continue as new"
_RESTARTS = "the model does not lose or keep its store: the sidecar does not restart"

#: What the model does not model, and why.
NOT_MODELLED: Mapping[str, str] = {
    "placement-state": "it is a route of the placement service, not of a sidecar",
    "get-after-continue-as-new": _GENERATIONS,
    "get-spinning": _GENERATIONS,
    "start-worker-comes-back": "a start that waits for a worker outlasts the request of the model",
    "scheduler-lost-timer-due": "the model has no timers that fire late",
    "get-after-pause-version-missing": "the model pauses it before its worker sees the version",
    "raise-orphan-child": _FORCED,
    "get-orphan-child-cannot-finish": _FORCED,
    "terminate-orphan-child": _FORCED,
    "get-orphan-child-after-terminate": _FORCED,
    "get-orphan-child-after-force-purge": _FORCED,
    "get-poisoned-after-force-purge": _FORCED,
    "get-poisoned-after-worker-restart": _FORCED,
    "start-after-force-purge-stalled": _FORCED,
    "get-after-start-after-force-purge-stalled": _FORCED,
    "terminate-after-force-purge-stalled": _FORCED,
    "sqlite-get-after-daprd-kill": _RESTARTS,
    "sqlite-raise-after-daprd-kill": _RESTARTS,
}
