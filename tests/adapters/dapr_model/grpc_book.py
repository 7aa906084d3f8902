"""How the events of one history are written, as JSON of their messages."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import attrs

from tests.adapters.dapr_model.app import stored
from tests.adapters.dapr_model.grpc_state import details_of, moment, status_of, version_of
from wfadmin.adapters.memory.table import Table
from wfadmin.domain.model import Invocation, InvocationOutcome

__all__ = ["Book"]

_NEVER = "9999-12-31T23:59:59.999999999Z"
_AWAITS = frozenset({"wait", "child", "ver", "status"})
# The activity that the code of a workflow waits for.
_ACTIVITIES = {"long": "nap", "fail_act": "act", "fail_unless_good": "act"}
_OWN = "its own"
# A turn begins after what it takes in, and is written before it.
_AFTER = timedelta(microseconds=1)


@attrs.define
class Book:
    """
    The events of one instance.

    Attributes:
        numbers: Of what its code asked for, by what that is known as; a child by its id.
    """

    app_id: str
    store: Table
    run: Invocation
    events: list[dict[str, Any]] = attrs.field(factory=list)
    numbers: dict[str, int] = attrs.field(factory=dict)

    # --- turns -----------------------------------------------------------------------------------

    def begin(self, at: datetime, caller: tuple[Invocation, int] | None, tasks: list[str]) -> None:
        """Its first turn, and what its code asks for in there."""
        run, version = self.run, version_of(self.run)
        self.turn(at + _AFTER, version={"name": version} if version else None)
        told = {
            "name": run.service_name,
            "input": self._kept("input"),
            "workflowInstance": _instance(run),
            "parentInstance": None if caller is None else self._parent(*caller),
        }
        assert run.created_at is not None
        self._own(run.created_at, "executionStarted", told)
        if run.service_name in _AWAITS:
            awaited = {"fireAt": _NEVER, "externalEvent": {"name": "go"}}
            self._ask(at, _OWN, "timerCreated", awaited)
        elif run.service_name == "timer":
            due_at = at + timedelta(seconds=float(self._kept("input") or 0))
            self._ask(at, _OWN, "timerCreated", {"fireAt": moment(due_at), "createTimer": {}})
        elif run.service_name in _ACTIVITIES:
            self._task(at, _OWN, _ACTIVITIES[run.service_name])
        for place, name in enumerate(tasks):
            self._task(at, f"task {place}", name)

    def turn(self, at: datetime, **told: object) -> None:
        """It takes something in."""
        self._note(at, "workflowStarted", told)

    def take(self, at: datetime, kind: str, **told: object) -> None:
        """It takes in what came from outside."""
        if kind != "executionStalled":
            self.turn(at + _AFTER)
        self._note(at, kind, told)

    def call(self, at: datetime, child: Invocation) -> None:
        """It calls a child."""
        told = {"instanceId": child.id, "name": child.service_name, "input": self._input_of(child)}
        self._ask(at, child.id, "childWorkflowInstanceCreated", told)

    def hear(self, at: datetime, child: Invocation) -> None:
        """A child of it has ended."""
        self.turn(at + _AFTER)
        told: dict[str, Any] = {"taskScheduledId": self.numbers[child.id]}
        if child.outcome is InvocationOutcome.SUCCEEDED:
            self._own(at, "childWorkflowInstanceCompleted", told)
        else:
            told["failureDetails"] = details_of(self.store, child) or {}
            self._own(at, "childWorkflowInstanceFailed", told)

    def end(self, at: datetime) -> None:
        """It ends; by what, is told where it is known."""
        run = self.run
        if run.outcome is InvocationOutcome.KILLED:
            self.take(at, "executionTerminated", recurse=True)
        elif run.service_name in _ACTIVITIES:
            self.turn(at + _AFTER)
            self._hear_activity(at)
        elif self.events[0]["timestamp"] != moment(at + _AFTER):
            self.turn(at + _AFTER)
        told = {
            "workflowStatus": status_of(run.engine_status),
            "result": self._kept("output"),
            "failureDetails": details_of(self.store, run),
        }
        self._ask(at, "the end", "executionCompleted", told)

    # --- parts -----------------------------------------------------------------------------------

    def _hear_activity(self, at: datetime) -> None:
        told: dict[str, Any] = {"taskScheduledId": self.numbers[_OWN]}
        told["taskExecutionId"] = self._task_id(_OWN)
        if self.run.outcome is InvocationOutcome.SUCCEEDED:
            self._own(at, "taskCompleted", told | {"result": self._kept("output")})
        else:
            details = details_of(self.store, self.run)
            self._own(at, "taskFailed", told | {"failureDetails": details})

    def _task(self, at: datetime, known_as: str, name: str) -> None:
        told = {
            "name": name,
            "input": self._kept("input"),
            "taskExecutionId": self._task_id(known_as),
        }
        self._ask(at, known_as, "taskScheduled", told)

    def _task_id(self, known_as: str) -> str:
        return _uuid(self.run, known_as)

    def _parent(self, parent: Invocation, number: int) -> dict[str, Any]:
        return {
            "taskScheduledId": number,
            "name": parent.service_name,
            "workflowInstance": _instance(parent),
            "appID": self.app_id,
        }

    def _kept(self, name: str) -> str | None:
        return stored(self.store, self.run).get(name)

    def _input_of(self, child: Invocation) -> str | None:
        return stored(self.store, child).get("input")

    def _note(self, at: datetime, kind: str, told: dict[str, Any], number: int = -1) -> None:
        inner = {name: value for name, value in told.items() if value is not None}
        self.events.append({"eventId": number, "timestamp": moment(at), kind: inner})

    def _own(self, at: datetime, kind: str, told: dict[str, Any], number: int = -1) -> None:
        self._note(at, kind, told, number)
        self.events[-1]["router"] = {"sourceAppID": self.app_id}

    def _ask(self, at: datetime, known_as: str, kind: str, told: dict[str, Any]) -> None:
        number = self.numbers[known_as] = len(self.numbers) + 1
        self._own(at, kind, told, number)


def _instance(run: Invocation) -> dict[str, str]:
    return {"instanceId": run.id, "executionId": _uuid(run, "execution")}


def _uuid(run: Invocation, what: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{run.id} {run.created_at} {what}"))
