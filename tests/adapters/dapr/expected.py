"""
What becomes of every recorded exchange: the value or error that the adapter must make of it.

`NEVER_SENT` lists the requests that no call of ours makes, by the reason. All others are told by
`EXPECTED`: by the operation, the status, the error code, and the status of the instance or the
end of the words; metadata is told by name.
"""

from typing import Final

import attrs

from wfadmin.domain.answers import Answer
from wfadmin.domain.model import InvocationOutcome, InvocationStatus

__all__ = ["EXPECTED", "LOST", "METADATA", "NEVER_SENT", "Lost", "Rejected", "Stands"]


@attrs.frozen
class Stands:
    """An instance is there, and stands so."""

    status: InvocationStatus
    outcome: InvocationOutcome | None = None


@attrs.frozen
class Rejected:
    """An error with the recorded status and code, which holds these words, and what helps."""

    words: str
    fix: str = ""


@attrs.frozen
class Lost:
    """No answer came: a read is unreachable, what became of a write is unknown."""


LOST: Final = Lost()
Expected = Stands | Rejected | Lost | Answer | None

_ENDED = InvocationStatus.COMPLETED
_NO_WORKER = Rejected("no worker of the app is connected (", "Start the app, or see why")
_NO_STORE = Rejected(
    "no state store is configured for actors (",
    'Give the state store component actorStateStore "true", and restart the sidecar.',
)
_NO_PLACEMENT = Rejected(
    "no placement service is configured (",
    "Start the sidecar with --placement-host-address.",
)
_NO_SCHEDULER = Rejected(
    "no scheduler is configured (",
    "Start the sidecar with --scheduler-host-address.",
)
_TOKEN = Rejected("invalid api token")

_STALLED = "actor is stalled"
_UNFINISHED = "orchestration has not yet completed"
_UNKNOWN_ID = "no such instance exists"
_WORKERLESS = "did not find address for actor X"
_STORELESS = '"true" in your state store component file?'
_ACTIVE = "an active workflow with ID X already exists"

_Key = tuple[str, int | None, str | None, str]

_READS: dict[_Key, Expected] = {
    ("ingress", 204, None, ""): Answer.ACCEPTED,
    ("get", 200, None, "COMPLETED"): Stands(_ENDED, InvocationOutcome.SUCCEEDED),
    ("get", 200, None, "FAILED"): Stands(_ENDED, InvocationOutcome.FAILED),
    ("get", 200, None, "TERMINATED"): Stands(_ENDED, InvocationOutcome.KILLED),
    ("get", 200, None, "RUNNING"): Stands(InvocationStatus.RUNNING),
    ("get", 200, None, "SUSPENDED"): Stands(InvocationStatus.PAUSED),
    ("get", 200, None, "PENDING"): Stands(InvocationStatus.PENDING),
    ("get", 200, None, "UNKNOWN"): Stands(InvocationStatus.STALLED),
    ("get", 404, "ERR_INSTANCE_ID_NOT_FOUND", ""): None,
    ("get", 401, None, ""): _TOKEN,
    ("get", 400, "ERR_ACTOR_NO_PLACEMENT", ""): _NO_PLACEMENT,
    ("get", 500, "ERR_GET_WORKFLOW", _STORELESS): _NO_STORE,
    ("get", None, None, ""): LOST,
}
_CODES = {
    "start": "ERR_START_WORKFLOW",
    "raise": "ERR_RAISE_EVENT_WORKFLOW",
    "pause": "ERR_PAUSE_WORKFLOW",
    "resume": "ERR_RESUME_WORKFLOW",
    "terminate": "ERR_TERMINATE_WORKFLOW",
    "purge": "ERR_PURGE_WORKFLOW",
}
# What every write gets, and what only some get.
_ALL: dict[_Key, Expected] = {}
for _name, _code in _CODES.items():
    _ALL[_name, 202, None, ""] = Answer.ACCEPTED
    _ALL[_name, 400, "ERR_ACTOR_NO_PLACEMENT", ""] = _NO_PLACEMENT
    _ALL[_name, 500, _code, _STORELESS] = _NO_STORE
_SOME: dict[_Key, Expected] = {
    ("start", 400, "ERR_BODY_READ", ""): Rejected("stream too large"),
    ("start", 500, _CODES["start"], _ACTIVE): Answer.WRONG_STATUS,
    ("start", 500, _CODES["start"], _STALLED): Answer.WRONG_STATUS,
    ("start", 500, _CODES["start"], "scheduler clients are disabled"): _NO_SCHEDULER,
    ("start", None, None, ""): LOST,
    ("pause", 500, _CODES["pause"], _STALLED): Answer.WRONG_STATUS,
    ("pause", 500, _CODES["pause"], _UNKNOWN_ID): Answer.NOT_FOUND,
    ("pause", 500, _CODES["pause"], _WORKERLESS): _NO_WORKER,
    ("pause", None, None, ""): LOST,
    ("resume", 500, _CODES["resume"], _STALLED): Answer.WRONG_STATUS,
    ("resume", 500, _CODES["resume"], _UNKNOWN_ID): Answer.NOT_FOUND,
    ("resume", 500, _CODES["resume"], _WORKERLESS): _NO_WORKER,
    ("raise", 500, _CODES["raise"], _STALLED): Answer.WRONG_STATUS,
    ("raise", 500, _CODES["raise"], _UNKNOWN_ID): Answer.NOT_FOUND,
    ("raise", 500, _CODES["raise"], _WORKERLESS): _NO_WORKER,
    ("terminate", 404, "ERR_INSTANCE_ID_NOT_FOUND", ""): Answer.NOT_FOUND,
    ("terminate", 500, _CODES["terminate"], _STALLED): Answer.WRONG_STATUS,
    ("terminate", 500, _CODES["terminate"], _WORKERLESS): _NO_WORKER,
    ("terminate", None, None, ""): LOST,
    ("purge", 404, "ERR_INSTANCE_ID_NOT_FOUND", ""): Answer.NOT_FOUND,
    ("purge", 500, _CODES["purge"], _UNFINISHED): Answer.WRONG_STATUS,
    ("purge", 500, _CODES["purge"], _WORKERLESS): _NO_WORKER,
}
EXPECTED: Final = _READS | _ALL | _SOME

_SOUND = None
_LOST_PLACEMENT = "the sidecar is not connected to the placement service"
_SILENT_PLACEMENT = "no placement service is configured"

#: By the name of the exchange: the app, its workers, and what the probe of the admin side says
#: is wrong. A scheduler that died shows in none of them.
METADATA: Final[dict[str, tuple[str, int, str | None] | Rejected]] = {
    "metadata-with-worker": ("wf", 1, _SOUND),
    "metadata-after-put": ("wf", 1, _SOUND),
    "metadata-two-workers": ("wf", 2, _SOUND),
    "metadata-no-worker": ("wf", 0, _SOUND),
    "metadata-mute-worker": ("wf", 1, _SOUND),
    "sqlite-metadata": ("wfs", 1, _SOUND),
    "no-actor-store-metadata": ("wfn", 1, _SOUND),
    "scheduler-lost-metadata": ("wf", 1, _SOUND),
    "scheduler-lost-1s-metadata": ("wf", 1, _SOUND),
    "scheduler-lost-10s-metadata": ("wf", 1, _SOUND),
    "scheduler-lost-30s-metadata": ("wf", 1, _SOUND),
    "no-scheduler-metadata": ("wfq", 0, "no scheduler is configured"),
    "no-scheduler-metadata-worker": ("wfq", 1, "no scheduler is configured"),
    "no-placement-metadata": ("wfp", 0, _SILENT_PLACEMENT),
    "placement-down-metadata": ("wfd", 0, _LOST_PLACEMENT),
    "placement-lost-metadata": ("wf", 1, _LOST_PLACEMENT),
    "placement-lost-1s-metadata": ("wf", 1, _LOST_PLACEMENT),
    "placement-lost-10s-metadata": ("wf", 1, _LOST_PLACEMENT),
    "placement-lost-25s-metadata": ("wf", 1, _LOST_PLACEMENT),
    "app-down-metadata": ("wfa", 0, "the sidecar waits for its app, and reads hang too"),
    "token-missing-metadata": _TOKEN,
}

#: Requests that no call of ours makes, by the reason.
NEVER_SENT: Final[dict[str, tuple[str, ...]]] = {
    "the health route stays green where nothing works, so nobody asks it": (
        "healthz-ready",
        "healthz-appid-match",
        "healthz-appid-mismatch",
        "healthz-no-worker",
        "token-missing-healthz",
        "no-actor-store-healthz",
        "no-placement-healthz",
        "no-scheduler-healthz",
        "placement-down-healthz",
        "app-down-healthz",
        "scheduler-lost-healthz",
        "scheduler-lost-1s-healthz",
        "scheduler-lost-10s-healthz",
        "scheduler-lost-30s-healthz",
        "placement-lost-healthz",
        "placement-lost-1s-healthz",
        "placement-lost-10s-healthz",
        "placement-lost-25s-healthz",
    ),
    "there is no such route": (
        "unknown-route",
        "workflows-list-does-not-exist",
        "workflows-root-does-not-exist",
        "get-wrong-method-delete",
        "start-wrong-method-get",
        "terminate-by-get",
        "unknown-operation",
        "unknown-api-version",
        "token-missing-unknown-route",
    ),
    "HEAD is not answered": ("head-unknown", "head-known"),
    "the sidecar's own settings and life are not ours to change": (
        "metadata-put-extended",
        "shutdown",
    ),
    "it is a question to placement, which is no part of the sidecar": ("placement-state",),
    "a start names its id, or nobody could find it after a lost answer": (
        "start-without-id",
        "start-empty-id",
        "start-lower-case-param",
        "token-missing-start",
        "placement-down-start",
    ),
    "an id that is refused is not sent": (
        "start-invalid-id-space",
        "start-invalid-id-slash",
        "start-invalid-id-dot",
        "start-invalid-id-colon",
        "start-invalid-id-pipe",
        "start-invalid-id-emoji",
        "start-invalid-id-nul",
        "start-invalid-id-percent",
        "start-id-65-bytes",
        "start-id-unicode-33-chars-66-bytes",
    ),
    "an empty name is no name": ("start-empty-name", "raise-empty-event-name"),
    "a payload that is no JSON fails the workflow": ("start-text-input", "raise-text-body"),
    "an operation has no body: it would be parsed, or refused": (
        "pause-with-empty-json-body",
        "resume-with-empty-json-body",
        "pause-with-json-body",
        "pause-with-instance-id-body",
        "pause-with-text-body",
        "terminate-with-text-body",
        "terminate-with-json-string-body",
        "purge-with-text-body",
    ),
    "a query that an operation ignores is not sent": (
        "purge-with-force-query",
        "terminate-with-recursive-query",
    ),
    "this version ignores the app, and acts on its own": (
        "start-app-id-ignored",
        "get-app-id-ignored",
        "get-app-id-invalid-ignored",
        "terminate-app-id-ignored",
    ),
    "one name of the component is enough": ("start-unknown-component", "get-other-component"),
    "a path has no slash at its end": ("get-trailing-slash", "terminate-wrong-method"),
    "the token has its own header, and an app none": (
        "token-bearer",
        "get-with-dapr-app-id-header",
    ),
}
