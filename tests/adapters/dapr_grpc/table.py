"""Every recorded call: which of ours makes it and what it must give, or why we never make it."""

from collections.abc import Awaitable, Callable
from typing import Any

import attrs

from tests.adapters.dapr_grpc import oracle
from tests.adapters.dapr_grpc.servers import Answered, Exchange, recorded
from wfadmin.adapters.dapr.grpc.messages import Page
from wfadmin.adapters.dapr.grpc.sidecar import DaprSidecar
from wfadmin.domain.answers import Answer
from wfadmin.domain.errors import (
    EngineRejected,
    InvocationNotFound,
    Sent,
    WfadminError,
)

#: Stands for the address of the server in the errors that are expected.
THERE = "http://there"

# What is wrong, with the sidecar's own words for it, and what helps.
_NO_STORE = (
    "no state store is configured for actors, or no placement service (no state store with actor"
    " support found)"
)
_NO_STORE_FIX = (
    'Give the state store component actorStateStore "true" and the sidecar'
    " --placement-host-address, and restart it."
)
_NO_STORE_TO_READ = (
    "no state store is configured for actors (failed to load workflow metadata: api error: code ="
    " Internal desc = the state store is not configured to use the actor runtime. Have you set the"
    ' - name: actorStateStore value: "true" in your state store component file?)'
)
_NO_STORE_TO_READ_FIX = (
    'Give the state store component actorStateStore "true", and restart the sidecar.'
)
_NO_PLACEMENT = "no placement service is configured (placement service is not configured)"
_NO_PLACEMENT_FIX = "Start the sidecar with --placement-host-address."
_NO_WORKER = (
    "no worker of the app is connected (failed to lookup actor: api error: code ="
    " FailedPrecondition desc = did not find address for actor"
    " 'dapr.internal.default.wf.workflow/susp-1')"
)
_NO_WORKER_FIX = "Start the app, or see why it does not connect, and look again; nothing was done."

Ask = Callable[[DaprSidecar], Awaitable[object]]


@attrs.frozen
class Row:
    """
    A call of ours.

    Attributes:
        expected: A value, or an error.
        before: What the call asks first, and what it is told: made up.
        request: What we send, where the recorder left the page size out.
    """

    ask: Ask
    expected: object
    before: tuple[tuple[str, bytes, Answered], ...] = ()
    request: bytes | None = None


# --- reads ---------------------------------------------------------------------------------------


def _listed(one: Exchange) -> Row:
    size, token = one.asked.get("pageSize", 1024), one.asked.get("continuationToken")
    told = one.told or {}
    error = _LISTING_ERRORS.get(one.name)
    page = Page(tuple(told.get("instanceIds", ())), told.get("continuationToken"))
    sized = oracle.encoded("ListInstanceIDsRequest", {"pageSize": 1024})
    return Row(
        lambda sidecar: sidecar.page(page_size=size, token=token),
        page if error is None else error,
        request=None if one.asked else sized,
    )


def _at(method: str) -> str:
    return f"{method} at {THERE}"


_LISTING_ERRORS = {
    "list-bad-token": EngineRejected(
        _at("ListInstanceIDs"),
        500,
        "UNKNOWN",
        'invalid continue token: strconv.ParseUint: parsing "zzz": invalid syntax',
    ),
    "token-missing": EngineRejected(
        *(_at("ListInstanceIDs"), 401, "UNAUTHENTICATED", "Unauthorized"),
    ),
    "no-actor-store-list": EngineRejected(
        _at("ListInstanceIDs"), 500, "UNKNOWN", _NO_STORE, _NO_STORE_FIX
    ),
    "no-placement-list": EngineRejected(
        _at("ListInstanceIDs"), 500, "UNKNOWN", _NO_STORE, _NO_STORE_FIX
    ),
}
_READ_ERRORS: dict[str, WfadminError] = {
    "no-actor-store-get": EngineRejected(
        _at("GetInstance"), 500, "INTERNAL", _NO_STORE_TO_READ, _NO_STORE_TO_READ_FIX
    ),
    "no-actor-store-history": EngineRejected(
        _at("GetInstanceHistory"),
        500,
        "INTERNAL",
        _NO_STORE_TO_READ,
        _NO_STORE_TO_READ_FIX,
    ),
    "no-placement-get": EngineRejected(
        _at("GetInstance"), 503, "UNAVAILABLE", _NO_PLACEMENT, _NO_PLACEMENT_FIX
    ),
    "no-placement-history": EngineRejected(
        _at("GetInstanceHistory"),
        503,
        "UNAVAILABLE",
        _NO_PLACEMENT,
        _NO_PLACEMENT_FIX,
    ),
    "history-unknown": InvocationNotFound("nope"),
    "history-rerun": InvocationNotFound("rr-1"),
}


def _got(one: Exchange) -> Row:
    instance_id = one.asked.get("instanceId", "")
    payloads = one.asked.get("getInputsAndOutputs", False)

    async def ask(sidecar: DaprSidecar) -> object:
        seen = await sidecar.get_instance(instance_id, payloads=payloads)
        if seen is None:
            return None
        found = seen.instance
        return (found.id, found.name, found.status, found.created, found.updated, found.failure)

    return Row(ask, _READ_ERRORS.get(one.name) or _instance(one.told))


def _instance(told: Any) -> object:  # noqa: ANN401 - JSON
    if not told:
        return None
    state = told["workflowState"]
    times = (state["createdTimestamp"], state["lastUpdatedTimestamp"])
    created, updated = (None if one == "0001-01-01T00:00:00Z" else one for one in times)
    word = state.get("workflowStatus", "ORCHESTRATION_STATUS_RUNNING")
    status = word.removeprefix("ORCHESTRATION_STATUS_")
    return (
        *(state["instanceId"], state.get("name"), status, created, updated),
        _failure(state.get("failureDetails")),
    )


def _failure(told: Any) -> str | None:  # noqa: ANN401 - JSON
    if told is None:
        return None
    return f"{told['errorType']}: {told['errorMessage']}\n{told['stackTrace']}".rstrip("\n")


def _events(one: Exchange) -> Row:
    async def ask(sidecar: DaprSidecar) -> object:
        events = sidecar.get_history(one.asked.get("instanceId", ""))
        return [
            (e.number, None if e.moment is None else e.moment.text, e.kind, e.name)
            async for e in events
        ]

    told = (one.told or {}).get("events", ())
    return Row(ask, _READ_ERRORS.get(one.name) or [_event(event) for event in told])


def _event(told: dict[str, Any]) -> object:
    (kind,) = told.keys() - {"eventId", "timestamp", "router"}
    inner = told[kind]
    name = inner.get("name") or inner.get("externalEvent", {}).get("name")
    return (told["eventId"], told["timestamp"], kind, name)


# --- writes --------------------------------------------------------------------------------------


def _purged(one: Exchange) -> Row:
    """A forced purge: it looks again before, so the instance is there twice."""
    instance_id, recursive = one.asked["instanceId"], one.asked.get("recursive", False)
    created = None if one.name == "force-purge-pending" else "2026-11-20T23:00:00Z"
    there = oracle.instance(instance_id, createdTimestamp=created)
    look = oracle.encoded("GetInstanceRequest", {"instanceId": instance_id})

    async def ask(sidecar: DaprSidecar) -> object:
        seen = await sidecar.get_instance(instance_id)
        assert seen is not None
        return await sidecar.force_purge(seen, recursive=recursive)

    gone = one.name == "force-purge-unknown-recursive"
    return Row(
        ask,
        Answer.NOT_FOUND if gone else Answer.ACCEPTED,
        before=(("GetInstance", look, Answered(there)),) * 2,
    )


def _rerun(one: Exchange) -> Row:
    asked = one.asked

    async def ask(sidecar: DaprSidecar) -> object:
        return await sidecar.rerun_from_event(
            asked["sourceInstanceID"],
            event=asked.get("eventID", 0),
            new=asked["newInstanceID"],
            payload=asked.get("input"),
        )

    return Row(ask, _RERUNS.get(one.name, Answer.ACCEPTED))


_RERUNS: dict[str, object] = {
    "rerun-completed-from-0": Answer.NOT_FOUND,
    "rerun-unknown-source": Answer.NOT_FOUND,
    "rerun-unknown-event": Answer.NOT_FOUND,
    "rerun-target-exists": Answer.NOT_FOUND,
    "rerun-failed-no-event": Answer.NOT_FOUND,
    "rerun-failed-activity": Answer.NOT_FOUND,
    "rerun-running-source": Answer.WRONG_STATUS,
    "rerun-target-exists-event-1": EngineRejected(
        _at("RerunWorkflowFromEvent"),
        409,
        "ALREADY_EXISTS",
        "workflow 'rr-11' has already been created",
        sent=Sent.YES,
    ),
    "no-worker-rerun": EngineRejected(
        _at("RerunWorkflowFromEvent"),
        400,
        "FAILED_PRECONDITION",
        _NO_WORKER,
        _NO_WORKER_FIX,
        sent=Sent.YES,
    ),
}


# --- the table -----------------------------------------------------------------------------------

#: Why we never make a call, and which recorded ones are of that kind.
NEVER: dict[str, tuple[str, ...]] = {
    "A page size of 0 ends the sidecar, or its list has no end.": (
        "list-page-size-0",
        "sqlite-list-page-size-0",
    ),
    "A token is given back as it came, and an empty one never came.": ("list-empty-token",),
    "Without children it ends the sidecar where the id is not there: we look right before.": (
        "force-purge-unknown",
    ),
    "What never ran has no children to take along, and is not reached this way.": (
        "force-purge-pending-recursive",
    ),
    "A purge that is not forced is one over HTTP.": (
        *("purge-completed", "purge-completed-recursive", "purge-unknown"),
        *("purge-unknown-recursive", "purge-running", "purge-running-recursive"),
        *("purge-pending", "purge-stalled", "purge-stalled-recursive", "no-worker-purge"),
    ),
    "A purge names one instance, whose id is not empty.": ("purge-by-filter", "purge-empty"),
    "A rerun names its copy, and that is another one than the source.": (
        "rerun-no-new-id",
        "rerun-same-id",
    ),
    "It hangs until a worker has done its part: HTTP answers when it is stored.": (
        *("suspend-running", "suspend-completed", "resume-suspended", "raise-event"),
        *("terminate-with-output", "terminate-completed", "terminate-stalled"),
        *("unknown-terminate-instance", "unknown-suspend-instance", "unknown-resume-instance"),
        *("unknown-raise-event", "no-worker-terminate"),
    ),
    "A start is one over HTTP, which checks the id.": (
        *("start-new", "start-duplicate-running", "start-duplicate-completed"),
        *("start-id-with-dots-and-slash", "start-id-100-chars", "start-without-id"),
        *("start-empty-name", "start-scheduled-a", "start-scheduled-b", "start-scheduled-c"),
        *("start-scheduled-d", "no-worker-start", "start-with-execution-id"),
    ),
    "Waiting is reading again and again: this hangs where there is nothing to wait for.": (
        "wait-for-completion",
        "unknown-wait-for-instance-start",
        "unknown-wait-for-instance-completion",
    ),
    "It says nothing that a list does not say.": ("hello",),
    "Another dialect of the same service has it, and no sidecar.": (
        "foreign-query-instances",
        "foreign-list-instance-ids",
        "foreign-restart-instance",
        "foreign-rewind-instance",
    ),
}

_MADE: dict[str, Callable[[Exchange], Row]] = {
    "ListInstanceIDs": _listed,
    "GetInstance": _got,
    "GetInstanceHistory": _events,
    "PurgeInstances": _purged,
    "RerunWorkflowFromEvent": _rerun,
}

_NAMES = {name for names in NEVER.values() for name in names}

#: What each call of ours must give, by the name of the recorded one.
ROWS: dict[str, Row] = {
    name: _MADE[one.method](one)
    for name, one in recorded().items()
    if name not in _NAMES and one.method in _MADE
}
