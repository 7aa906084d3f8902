"""
The events of a history, and what each says without its payloads.

Seen live on 1.18.3: an event that the sidecar got from outside bears the time when it came, and
stands behind the turn that took it in; waiting for an event is a timer of the year 9999.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

import attrs

from wfadmin.adapters.dapr.grpc.codec import Fields, fields_of
from wfadmin.adapters.dapr.grpc.messages import STATUSES, Moment, failure_in, moment_in
from wfadmin.domain.text import shown

__all__ = [
    "ANSWERS",
    "CHILD",
    "RESUMED",
    "STALLED",
    "STARTED",
    "SUSPENDED",
    "TASK",
    "Event",
    "events_from",
]

# The kinds of events that say where a run stands.
STARTED: Final = "executionStarted"
_COMPLETED: Final = "executionCompleted"
SUSPENDED: Final = "executionSuspended"
RESUMED: Final = "executionResumed"
STALLED: Final = "executionStalled"
TASK: Final = "taskScheduled"
CHILD: Final = "childWorkflowInstanceCreated"
ANSWERS: Final = frozenset(
    {
        "taskCompleted",
        "taskFailed",
        "childWorkflowInstanceCompleted",
        "childWorkflowInstanceFailed",
    },
)
_UNKNOWN: Final = "unknown"

_KINDS: Final[Mapping[int, str]] = {
    3: STARTED,
    4: _COMPLETED,
    5: "executionTerminated",
    6: TASK,
    7: "taskCompleted",
    8: "taskFailed",
    9: CHILD,
    10: "childWorkflowInstanceCompleted",
    11: "childWorkflowInstanceFailed",
    12: "timerCreated",
    13: "timerFired",
    14: "workflowStarted",
    15: "workflowCompleted",
    16: "eventSent",
    17: "eventRaised",
    20: "continueAsNew",
    21: SUSPENDED,
    22: RESUMED,
    31: STALLED,
}
_REASONS: Final[Mapping[int, str]] = {
    0: "PATCH_MISMATCH",
    1: "VERSION_NOT_AVAILABLE",
    2: "PAYLOAD_SIZE_EXCEEDED",
}


@attrs.frozen
class Event:
    """
    One event.

    Attributes:
        number: Of a task, timer or child; -1 where it has none.
        kind: The engine's own word; `unknown` for one that is newer than this.
        name: Of the workflow, activity, child or event that it is about.
        detail: What else it says, without payloads.
        answered: The number of the task or child that it ends; None where it ends none.
        instance_id: The child or target that it names.
        execution_id: Of the run that it starts.
        parent_id: Of the run that it starts.
        is_elsewhere: Whether what it starts belongs to another app.
    """

    number: int
    kind: str
    moment: Moment | None
    name: str | None = None
    detail: str = ""
    answered: int | None = None
    instance_id: str | None = None
    execution_id: str | None = None
    parent_id: str | None = None
    is_elsewhere: bool = False

    @property
    def at(self) -> datetime | None:
        """When it was, to the microsecond."""
        return None if self.moment is None else self.moment.at


# --- one event -----------------------------------------------------------------------------------


def events_from(data: bytes) -> tuple[Event, ...]:
    """
    The events of a history, in the order in which they are stored.

    Raises:
        WrongBytesError: The bytes are no history.
    """
    return tuple(_event(part) for part in fields_of(data).parts(1))


def _event(data: bytes) -> Event:
    fields = fields_of(data)
    # Of a choice the last one holds.
    field = next((one for one in reversed(fields.numbers) if one in _KINDS), None)
    kind = _UNKNOWN if field is None else _KINDS[field]
    event = Event(fields.int32(1), kind, moment_in(fields, 2))
    inner = None if field is None else fields.inner(field)
    if inner is None:
        return event
    event = _READERS.get(kind, _nothing)(event, inner)
    return attrs.evolve(event, is_elsewhere=_is_elsewhere(fields))


def _is_elsewhere(fields: Fields) -> bool:
    router = fields.inner(30)
    target = None if router is None else router.text_or_none(2)
    return router is not None and bool(target) and target != router.text(1)


def _nothing(event: Event, _: Fields) -> Event:
    return event


def _started(event: Event, inner: Fields) -> Event:
    instance, parent = inner.inner(4), inner.inner(5)
    origin = None if parent is None else parent.inner(4)
    version = inner.wrapped_text(2)
    return attrs.evolve(
        event,
        name=inner.text(1) or None,
        execution_id=None if instance is None else instance.wrapped_text(2),
        parent_id=None if origin is None else origin.text(1) or None,
        detail=f"version {shown(version)}" if version else "",
    )


def _completed(event: Event, inner: Fields) -> Event:
    status = inner.int32(1)
    word = STATUSES.get(status, f"STATUS_{status}")
    return attrs.evolve(event, detail=": ".join((word, *_failure(inner, 3))))


def _terminated(event: Event, inner: Fields) -> Event:
    return attrs.evolve(event, detail="with its children" if inner.flag(2) else "")


def _task(event: Event, inner: Fields) -> Event:
    return attrs.evolve(event, name=inner.text(1) or None)


def _answer(event: Event, inner: Fields) -> Event:
    answered = inner.int32(1)
    # Of an answer that failed this is the failure, of one that did not the payload.
    told = _failure(inner, 2) if event.kind.endswith("Failed") else ()
    return attrs.evolve(event, answered=answered, detail=": ".join((f"of {answered}", *told)))


def _child(event: Event, inner: Fields) -> Event:
    return attrs.evolve(event, instance_id=inner.text(1), name=inner.text(2) or None)


def _timer(event: Event, inner: Fields) -> Event:
    awaited = inner.inner(5)
    if awaited is not None:
        return attrs.evolve(event, name=awaited.text(1) or None, detail="waits for this event")
    due = moment_in(inner, 1)
    told = "" if due is None else f"due at {due.text}"
    return attrs.evolve(event, name=inner.text_or_none(2), detail=told)


def _fired(event: Event, inner: Fields) -> Event:
    return attrs.evolve(event, detail=f"of {inner.int32(2)}")


def _turn(event: Event, inner: Fields) -> Event:
    version = inner.inner(1)
    name = None if version is None else version.text_or_none(2)
    return attrs.evolve(event, detail=f"version {shown(name)}" if name else "")


def _sent(event: Event, inner: Fields) -> Event:
    return attrs.evolve(event, instance_id=inner.text(1), name=inner.text(2) or None)


def _stalled(event: Event, inner: Fields) -> Event:
    reason = inner.int32(1)
    word = _REASONS.get(reason, f"REASON_{reason}")
    said = inner.text_or_none(2)
    return attrs.evolve(event, detail=f"{word}: {shown(said)}" if said else word)


def _failure(inner: Fields, field: int) -> tuple[str, ...]:
    told = failure_in(inner, field)
    return () if told is None else (shown(told[0]),)


_READERS: Final[Mapping[str, Callable[[Event, Fields], Event]]] = {
    STARTED: _started,
    _COMPLETED: _completed,
    "executionTerminated": _terminated,
    TASK: _task,
    **dict.fromkeys(ANSWERS, _answer),
    CHILD: _child,
    "timerCreated": _timer,
    "timerFired": _fired,
    "workflowStarted": _turn,
    "eventSent": _sent,
    "eventRaised": _task,
    STALLED: _stalled,
}
