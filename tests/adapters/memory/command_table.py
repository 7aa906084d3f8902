"""What the engine answers to a command in each status: as seen on Restate 1.6 and 1.7."""

from collections.abc import Callable, Mapping

from tests.adapters.memory.driving import answer_of
from wfadmin.adapters.memory import Key, Run, World
from wfadmin.domain.answers import Answer
from wfadmin.domain.commands import Cancel, Command, Kill, Pause, Purge, Resume
from wfadmin.domain.keys import InvocationRef
from wfadmin.domain.model import Invocation

OK, NO = Answer.ACCEPTED, Answer.WRONG_STATUS

STATES: Mapping[str, Callable[[Key], Run]] = {
    "scheduled": lambda key: key.scheduled(),
    "pending": lambda key: key.pending(),
    "running": lambda key: key.running(),
    "suspended": lambda key: key.suspended(),
    "backing_off": lambda key: key.backing_off(attempts=3, failure="down"),
    "paused": lambda key: key.paused(),
    "gave_up": lambda key: key.paused(failure="down"),
    "succeeded": lambda key: key.succeeded(),
    "failed": lambda key: key.failed("boom"),
    "killed": lambda key: key.killed(),
    "cancelled": lambda key: key.cancelled(),
}

# Each row: the answer, and the status that follows ("gone": no row is left).
SAME = None
TABLE: Mapping[str, Mapping[str, tuple[Answer, str | None]]] = {
    "kill": {
        "scheduled": (OK, "gone"),
        "pending": (OK, "gone"),
        "running": (OK, "completed"),
        "suspended": (OK, "completed"),
        "backing_off": (OK, "completed"),
        "paused": (OK, "completed"),
        "gave_up": (OK, "completed"),
        "succeeded": (NO, SAME),
        "failed": (NO, SAME),
        "killed": (NO, SAME),
        "cancelled": (NO, SAME),
    },
    "purge": {
        "scheduled": (NO, SAME),
        "pending": (NO, SAME),
        "running": (NO, SAME),
        "suspended": (NO, SAME),
        "backing_off": (NO, SAME),
        "paused": (NO, SAME),
        "gave_up": (NO, SAME),
        "succeeded": (OK, "gone"),
        "failed": (OK, "gone"),
        "killed": (OK, "gone"),
        "cancelled": (OK, "gone"),
    },
    "cancel": {
        "scheduled": (OK, "gone"),
        "pending": (OK, "gone"),
        "running": (OK, "completed"),
        "suspended": (OK, "completed"),
        "backing_off": (OK, "backing_off"),
        "paused": (OK, "completed"),
        "gave_up": (OK, "running"),
        "succeeded": (NO, SAME),
        "failed": (NO, SAME),
        "killed": (NO, SAME),
        "cancelled": (NO, SAME),
    },
    "pause": {
        "scheduled": (NO, SAME),
        "pending": (NO, SAME),
        "running": (OK, "paused"),
        "suspended": (OK, SAME),
        "backing_off": (OK, "paused"),
        "paused": (OK, SAME),
        "gave_up": (OK, SAME),
        "succeeded": (NO, SAME),
        "failed": (NO, SAME),
        "killed": (NO, SAME),
        "cancelled": (NO, SAME),
    },
    "resume": {
        "scheduled": (NO, SAME),
        "pending": (NO, SAME),
        "running": (OK, SAME),
        "suspended": (OK, "suspended"),
        "backing_off": (OK, "running"),
        "paused": (OK, "running"),
        "gave_up": (OK, "running"),
        "succeeded": (NO, SAME),
        "failed": (NO, SAME),
        "killed": (NO, SAME),
        "cancelled": (NO, SAME),
    },
    "resume on latest": {
        "scheduled": (NO, SAME),
        "pending": (NO, SAME),
        "running": (NO, SAME),
        "suspended": (OK, "suspended"),
        "backing_off": (NO, SAME),
        "paused": (OK, "running"),
        "gave_up": (OK, "running"),
        "succeeded": (NO, SAME),
        "failed": (NO, SAME),
        "killed": (NO, SAME),
        "cancelled": (NO, SAME),
    },
}
COMMANDS: Mapping[str, Callable[[InvocationRef], Command]] = {
    "kill": Kill,
    "purge": Purge,
    "cancel": Cancel,
    "pause": Pause,
    "resume": Resume,
    "resume on latest": lambda ref: Resume(ref, "latest"),
}


def an_order(world: World | None = None) -> Key:
    return (world or World()).workflow("Order").key("o-1").state({"stage": b"paying"})


def tell(world: World, command: Command) -> Answer:
    return answer_of(world.engine.control.perform(command))


def now(run: Run) -> Invocation:
    found = run.now
    assert found is not None
    return found
