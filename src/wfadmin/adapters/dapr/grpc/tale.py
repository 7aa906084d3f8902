"""What the events of a history say together: what is open, and what must not be done to the run."""

from collections.abc import Iterable

import attrs

from wfadmin.adapters.dapr.grpc.events import (
    ANSWERS,
    CHILD,
    RESUMED,
    STALLED,
    STARTED,
    SUSPENDED,
    TASK,
    Event,
)
from wfadmin.adapters.dapr.grpc.messages import Moment

__all__ = ["Child", "Tale", "Task", "tale_of"]


@attrs.frozen
class Task:
    """An activity, by its number in the run."""

    number: int
    name: str | None


@attrs.frozen
class Child:
    """A run that this one called; `is_elsewhere` where it belongs to another app."""

    id: str
    name: str | None
    is_elsewhere: bool


@attrs.frozen
class Tale:
    """
    What a history says about its run.

    A run that continued as new has a new history: what it called before is not in it.

    Attributes:
        created: As in the instance; None for one that never ran, whose history is empty.
        execution_id: Tells two runs of an id apart, and two generations of a run.
        open_tasks: Activities without a result. Each may execute right now, also where the run
            has ended: then its result would complete a new run of the same id.
        children: All that the run called, in the order of its calls.
        open_children: Those that it still waits for.
        suspended_twice: Whether two suspends came with no resume between: a resume then ruins
            the run and its worker.
        stalled: Why it stands still; None where it does not.
    """

    created: Moment | None
    execution_id: str | None
    parent_id: str | None
    open_tasks: tuple[Task, ...]
    children: tuple[Child, ...]
    open_children: tuple[Child, ...]
    suspended_twice: bool
    stalled: str | None


def tale_of(events: Iterable[Event]) -> Tale:
    """What the events of one run say together; they come in the order of the history."""
    start = last = None
    tasks: dict[int, Task] = {}
    called: list[Child] = []
    children: dict[int, Child] = {}
    suspends, twice = 0, False
    for event in events:
        last = event
        if event.kind == STARTED:
            start = event
        elif event.kind == TASK:
            tasks[event.number] = Task(event.number, event.name)
        elif event.kind == CHILD and event.instance_id is not None:
            child = Child(event.instance_id, event.name, event.is_elsewhere)
            called.append(child)
            children[event.number] = child
        elif event.kind in ANSWERS and event.answered is not None:
            (tasks if event.kind.startswith("task") else children).pop(event.answered, None)
        elif event.kind == SUSPENDED:
            suspends += 1
            twice = twice or suspends > 1
        elif event.kind == RESUMED:
            suspends = 0
    return Tale(
        created=None if start is None else start.moment,
        execution_id=None if start is None else start.execution_id,
        parent_id=None if start is None else start.parent_id,
        open_tasks=tuple(tasks.values()),
        children=tuple(called),
        open_children=tuple(children.values()),
        suspended_twice=twice,
        stalled=last.detail if last is not None and last.kind == STALLED else None,
    )
