"""What the engine like Dapr answers to a command in each status: as seen on 1.18.3."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from tests.adapters.memory.driving import answer_of
from wfadmin.adapters.memory import Key, Run, World
from wfadmin.domain.answers import Answer
from wfadmin.domain.commands import Command, Kill, Pause, Purge, Resume
from wfadmin.domain.keys import InvocationRef, WorkflowKey
from wfadmin.domain.model import (
    Invocation,
)

OK, NO, NONE = Answer.ACCEPTED, Answer.WRONG_STATUS, Answer.NOT_FOUND
GONE = None
NEEDLESS = "WorkflowStateError: Don't know how to handle event of type 'executionResumed'"


def a_world() -> World:
    return World(like="dapr")


def an_order(world: World) -> Key:
    return world.workflow("Order").key("o-1").state({"input": b"1"})


def tell(world: World, command: Command) -> Answer:
    """Tell it, and let happen what it accepted."""
    answer = answer_of(world.engine.control.perform(command))
    world.settle()
    return answer


def read(world: World, run: Run, key: WorkflowKey | None = None) -> Invocation | None:
    ref = InvocationRef(key or run.ref.key, run.id, None)
    return answer_of(world.engine.invocations.get(ref))


def word(world: World, run: Run) -> str | None:
    """What it calls the status of a run; None where there is none."""
    found = read(world, run)
    return None if found is None else found.engine_status


def poisoned(key: Key) -> Run:
    """Paused twice and resumed: its turn never ends."""
    run, store = key.paused(), key._store
    store.perform(Pause(run.ref))
    store.backlog.settle()
    store.perform(Resume(run.ref))
    store.backlog.settle()
    return run


STATES: Mapping[str, Callable[[Key], Run]] = {
    "planned": lambda key: key.scheduled(),
    "just started": lambda key: key.pending(),
    "running": lambda key: key.running(),
    "paused": lambda key: key.paused(),
    "stalled": lambda key: key.stalled(since=timedelta(hours=1)),
    "succeeded": lambda key: key.succeeded(),
    "failed": lambda key: key.failed("ValueError: boom"),
    "terminated": lambda key: key.killed(),
}
COMMANDS: Mapping[str, Callable[[InvocationRef], Command]] = {
    "pause": Pause,
    "resume": Resume,
    "kill": Kill,
    "purge": Purge,
}
# Each row: the answer, and the word for the status that follows.
TABLE: Mapping[str, Mapping[str, tuple[Answer, str | None]]] = {
    "pause": {
        "planned": (OK, "RUNNING"),
        "just started": (OK, "RUNNING"),
        "running": (OK, "SUSPENDED"),
        "paused": (OK, "SUSPENDED"),
        "stalled": (NO, "UNKNOWN"),
        "succeeded": (OK, "COMPLETED"),
        "failed": (OK, "FAILED"),
        "terminated": (OK, "TERMINATED"),
    },
    "resume": {
        "planned": (OK, "RUNNING"),
        "just started": (OK, "RUNNING"),
        "running": (OK, "FAILED"),
        "paused": (OK, "RUNNING"),
        "stalled": (NO, "UNKNOWN"),
        "succeeded": (OK, "COMPLETED"),
        "failed": (OK, "FAILED"),
        "terminated": (OK, "TERMINATED"),
    },
    "kill": {
        "planned": (OK, "RUNNING"),
        "just started": (OK, "RUNNING"),
        "running": (OK, "TERMINATED"),
        "paused": (OK, "TERMINATED"),
        "stalled": (NO, "UNKNOWN"),
        "succeeded": (OK, "COMPLETED"),
        "failed": (OK, "FAILED"),
        "terminated": (OK, "TERMINATED"),
    },
    "purge": {
        "planned": (NONE, "PENDING"),
        "just started": (NONE, "PENDING"),
        "running": (NO, "RUNNING"),
        "paused": (NO, "SUSPENDED"),
        "stalled": (NO, "UNKNOWN"),
        "succeeded": (OK, GONE),
        "failed": (OK, GONE),
        "terminated": (OK, GONE),
    },
}


def a_family(world: World) -> tuple[Run, Run]:
    parent = world.workflow("Order").key("parent").running()
    return parent, parent.child(world.workflow("Payment").key("child")).running()
