"""
A sidecar with a memory: the HTTP of Dapr 1.18.3 over `World(like="dapr")`.

It answers as the recorded one did, which `test_model_against_recordings.py` shows. Its time is
that of the world: a request takes 10 ms of it, an answer that comes after 3 s or 5 s moves it on,
and nobody sleeps.
"""

import json
import re
import unicodedata
import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta

import attrs
import httpx

from tests.adapters.dapr_model.app import Worker
from tests.adapters.dapr_model.conditions import Asked, Condition, Placement, Scheduler
from tests.adapters.dapr_model.messages import (
    DISABLED_SCHEDULER,
    NO_INSTANCE,
    NO_PLACEMENT,
    NO_ROUTE,
    NOT_COMPLETED,
    Reply,
    error,
    failed,
    instance_of,
    is_active,
    is_stalled,
    lost,
    not_found,
    without_worker,
)
from wfadmin.adapters.memory import World
from wfadmin.adapters.memory.store import Submitted
from wfadmin.domain.answers import Answer
from wfadmin.domain.commands import Command, Kill, Pause, Purge, Resume
from wfadmin.domain.errors import OutcomeUnknown
from wfadmin.domain.keys import InvocationRef, WorkflowKey
from wfadmin.domain.model import Invocation, InvocationStatus

__all__ = ["Sidecar"]

_STEP = timedelta(milliseconds=10)
#: A start is tried three times, a second apart.
_TRIES = timedelta(seconds=3)
#: So long it looks for a worker.
_LOOKUP = timedelta(seconds=5)
_MAX_BODY = 4 * 1024**2
_MAX_ID = 64
_PREFIXES = {"v1.0": (1, 15), "v1.0-beta1": (1, 0), "v1.0-alpha1": (1, 0)}
_COMMANDS: Mapping[str, Callable[[InvocationRef], Command]] = {
    "pause": Pause,
    "resume": Resume,
    "terminate": Kill,
    "purge": Purge,
}
_OPEN = ("/v1.0/healthz", "/v1.0/healthz/outbound")
_UNAUTHORISED = Reply(401, "invalid api token\n", "text/plain; charset=utf-8")
# Behind its point a second has none, three, six or nine digits, as few as it needs.
_NEEDLESS = re.compile(r"(?:\.000)?(?:000)*Z\Z")
_CLOSED = error(503, "ERR_ACTOR_RUNTIME_CLOSED", "actor runtime is closed")
_NOT_BEGUN = (InvocationStatus.SCHEDULED, InvocationStatus.PENDING, InvocationStatus.READY)


@attrs.define(eq=False)
class Sidecar(Condition):
    """
    One sidecar and its app.

    Attributes:
        asked: What it was asked, the oldest first.
        waited: How long answers took that took remarkably long.
        watchers: Called before and after time passes.
        is_dead: Its process has ended: nobody answers, over any API.
    """

    world: World = attrs.field(factory=lambda: World(like="dapr"))
    asked: list[Asked] = attrs.field(factory=list)
    waited: list[timedelta] = attrs.field(factory=list)
    worker: Worker = attrs.field(
        default=attrs.Factory(lambda self: Worker(self.world), takes_self=True),
        init=False,
    )
    watchers: list[Callable[[], None]] = attrs.field(factory=list)
    is_dead: bool = False

    # --- time ------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Let everything happen that was accepted."""
        for _ in range(6):
            self.pass_time(timedelta(milliseconds=50))

    def pass_time(self, duration: timedelta) -> None:
        """Let time pass."""
        self._watch()
        self.world.advance(duration)
        self.worker.turn()
        self._watch()

    def _watch(self) -> None:
        for watch in self.watchers:
            watch()

    # --- requests --------------------------------------------------------------------------------

    def answer(self, asked: Asked) -> Reply | None:
        """
        What is answered; None for never. Time passes.

        Raises:
            httpx.ConnectError: It is dead.
        """
        if self.is_dead:
            raise httpx.ConnectError("connection refused")
        self.asked.append(asked)
        self.pass_time(_STEP)
        try:
            reply = self._answer(asked)
        except _Said as said:
            reply = said.reply
        return Reply(404, "") if asked.method == "HEAD" else reply

    def _answer(self, asked: Asked) -> Reply | None:
        path = asked.path.partition("?")[0]
        if path in _OPEN and asked.method == "GET":
            return self.health(asked, is_outbound=path.endswith("outbound"))
        sent = {name.lower(): value for name, value in asked.headers.items()}
        if self.token is not None and sent.get("dapr-api-token") != self.token:
            return _UNAUTHORISED
        match asked.method, asked.parts:
            case method, [prefix, "workflows", component, *rest] if component:
                known = prefix in _PREFIXES and self.is_from(*_PREFIXES[prefix])
                return self._workflow(method, rest if known and all(rest) else [], asked)
            case method, ["v1.0", *rest]:
                return self._of_the_sidecar(method, rest, asked)
        return NO_ROUTE

    def _of_the_sidecar(self, method: str, rest: list[str], asked: Asked) -> Reply:
        match method, rest:
            case "GET", ["metadata"]:
                return Reply(200, json.dumps(self.metadata(self.world.store.turns.workers)) + "\n")
            case "PUT", ["metadata", name]:
                self.extended[name] = asked.body.decode()
                return Reply(204, "", None)
            case "POST", ["shutdown"]:
                self.is_closing = True
                return Reply(204, "", None)
        return NO_ROUTE

    def _workflow(self, method: str, rest: list[str], asked: Asked) -> Reply | None:
        match method, rest:
            case "GET", [instance_id]:
                return self._get(instance_id)
            case "POST", [name, "start"]:
                return self._start(name, asked)
            case "POST", [instance_id, "purge"]:
                return self._purge(instance_id, asked.body)
            case "POST", [instance_id, operation] if operation in _COMMANDS:
                return self._command(operation, instance_id, asked.body)
            case "POST", [instance_id, "raiseEvent", event]:
                return self._raise(instance_id, event, asked.body)
        return NO_ROUTE

    # --- reading ---------------------------------------------------------------------------------

    def _get(self, instance_id: str) -> Reply:
        self._must_work("get", instance_id)
        run = self.world.store.find(instance_id)
        if run is None:
            return not_found("get", instance_id)
        return _with_short_times(instance_of(self.world.store, run))

    def is_orphan(self, instance_id: str) -> bool:
        """Whether its parent was purged by force while it ran: no turn of it ends any more."""
        run = self.world.store.find(instance_id)
        if run is None or run.is_completed or run.parent_id is None:
            return False
        return self.world.store.find(run.parent_id) is None

    # --- what keeps it from working --------------------------------------------------------------

    def _must_work(self, operation: str, instance_id: str, name: str = "") -> None:
        """What is said to an operation whatever the instance."""
        if self.is_closing:
            raise _Said(_CLOSED)
        if self.placement is Placement.NONE:
            raise _Said(NO_PLACEMENT)
        if self.app_port is not None:
            raise _Said(None)
        if not self.has_store:
            after = _TRIES if operation == "start" else timedelta(0)
            why = lost(operation)
            raise _Said(failed(operation, instance_id, why, name=name, after=after))

    def _must_reach_a_worker(self, operation: str, instance_id: str, name: str = "") -> None:
        """What is said where an actor has to act."""
        if self.hangs:
            raise _Said(None)
        if not self.world.store.turns.workers:
            self.pass_time(_LOOKUP)
            why = without_worker(self.app_id, instance_id)
            raise _Said(failed(operation, instance_id, why, name=name, after=_LOOKUP))

    # --- writing ---------------------------------------------------------------------------------

    def _command(self, operation: str, instance_id: str, body: bytes) -> Reply | None:
        _must_be_an_object(body)
        self._must_work(operation, instance_id)
        self._must_reach_a_worker(operation, instance_id)
        if self.is_orphan(instance_id):
            return Reply(202, "{}")
        ref = InvocationRef(None, instance_id, None)
        try:
            answer = self.world.store.perform(_COMMANDS[operation](ref))
        except OutcomeUnknown:
            return None
        if answer is Answer.ACCEPTED:
            return Reply(202, "{}")
        if answer is Answer.NOT_FOUND and operation == "terminate":
            return not_found(operation, instance_id)
        why = NO_INSTANCE if answer is Answer.NOT_FOUND else is_stalled(instance_id)
        return failed(operation, instance_id, why)

    def _purge(self, instance_id: str, body: bytes) -> Reply:
        """It looks first, and only then at who could do it."""
        _must_be_an_object(body)
        self._must_work("purge", instance_id)
        run = self.world.store.find(instance_id)
        if run is None or run.status in _NOT_BEGUN:
            return not_found("purge" if run is None else "purge pending", instance_id)
        if run.is_completed:
            self._must_reach_a_worker("purge", instance_id)
        if self.world.store.purge(instance_id) is not Answer.ACCEPTED:
            return failed("purge", instance_id, NOT_COMPLETED)
        # It is answered when it is done.
        self.pass_time(self.world.store.acceptance)
        return Reply(202, "{}")

    def _raise(self, instance_id: str, event: str, body: bytes) -> Reply | None:
        _must_be_short(body)
        self._must_work("raiseEvent", instance_id, event)
        self._must_reach_a_worker("raiseEvent", instance_id, event)
        run = self.world.store.find(instance_id)
        is_ghost = self.world.store.turns.is_haunted(instance_id)
        if is_ghost or (run is not None and run.status is InvocationStatus.STALLED):
            return failed("raiseEvent", instance_id, is_stalled(instance_id), name=event)
        if run is None:
            return failed("raiseEvent", instance_id, NO_INSTANCE, name=event)
        if self.is_orphan(instance_id):
            return Reply(202, "{}")
        if self.world.store.turns.is_stuck(instance_id):
            return None
        self.world.store.happen(_Told(self.worker, instance_id, event, body.decode()))
        return Reply(202, "{}")

    # --- starting --------------------------------------------------------------------------------

    def _start(self, name: str, asked: Asked) -> Reply | None:
        _must_be_short(asked.body)
        instance_id = asked.query.get("instanceID") or str(uuid.uuid4())
        _must_be_an_id(instance_id)
        self._must_work("start", instance_id, name)
        if self.hangs or not self.world.store.turns.workers:
            return None
        if self.scheduler is Scheduler.NONE:
            return self._not_started(name, instance_id, DISABLED_SCHEDULER)
        if self.world.store.turns.is_haunted(instance_id):
            return self._not_started(name, instance_id, is_stalled(instance_id))
        waited = timedelta(0)
        while (found := self.world.store.find(instance_id)) and not found.is_completed:
            if waited == _TRIES:
                return self._refused(name, found)
            waited += timedelta(seconds=1)
            self.pass_time(timedelta(seconds=1))
        self.begin(WorkflowKey(name, instance_id), asked.body)
        return Reply(202, json.dumps({"instanceID": instance_id}, ensure_ascii=False), after=waited)

    def begin(self, key: WorkflowKey, body: bytes) -> None:
        """Let an instance begin, whoever asked for it."""
        self.worker.register(key.service_name)
        submission = self.world.store.submit(key)
        assert submission.answer is Submitted.ACCEPTED
        self.world.store.store(key, {"input": body})

    def _refused(self, name: str, found: Invocation) -> Reply | None:
        if self.world.store.turns.is_stuck(found.id):
            return None
        because = is_stalled if found.status is InvocationStatus.STALLED else is_active
        return self._not_started(name, found.id, because(found.id))

    def _not_started(self, name: str, instance_id: str, why: str) -> Reply:
        return failed("start", instance_id, why, name=name, after=_TRIES)


class _Said(Exception):
    def __init__(self, reply: Reply | None) -> None:
        super().__init__()
        self.reply = reply


@attrs.frozen
class _Told:
    """An event on its way to its instance."""

    _worker: Worker = attrs.field(repr=False, eq=False)
    instance_id: str
    event: str
    payload: str

    def __call__(self) -> None:
        self._worker.tell(self.instance_id, self.event, self.payload)


def _with_short_times(reply: Reply) -> Reply:
    told = json.loads(reply.body)
    for name in ("createdAt", "lastUpdatedAt"):
        told[name] = _NEEDLESS.sub("Z", told[name])
    return attrs.evolve(reply, body=json.dumps(told, ensure_ascii=False))


def _must_be_short(body: bytes) -> None:
    if len(body) > _MAX_BODY:
        said = "failed to read request body: stream too large"
        raise _Said(error(400, "ERR_BODY_READ", said))


def _must_be_an_id(instance_id: str) -> None:
    if len(instance_id.encode()) > _MAX_ID:
        said = f"workflow instance ID exceeds the max length of {_MAX_ID} characters"
        raise _Said(error(400, "ERR_INSTANCE_ID_TOO_LONG", said))
    if not all(map(_is_of_an_id, instance_id)):
        said = "only alphanumeric and underscore characters are allowed"
        said = f"workflow instance ID '{instance_id}' is invalid: {said}"
        raise _Said(error(400, "ERR_INSTANCE_ID_INVALID", said))


def _is_of_an_id(one: str) -> bool:
    return one in "-_" or one.isdecimal() or unicodedata.category(one).startswith("L")


def _must_be_an_object(body: bytes) -> None:
    """A body is parsed, although it says nothing: any object will do."""
    if not body:
        return
    text = body.decode()
    try:
        value = json.loads(text)
    except ValueError:
        problem = f"invalid value {text.split()[0]}"
    else:
        if isinstance(value, dict):
            return
        problem = f"unexpected token {text}"
    said = f"failed deserializing HTTP body: proto: syntax error (line 1:1): {problem}"
    raise _Said(error(400, "ERR_MALFORMED_REQUEST", said))
