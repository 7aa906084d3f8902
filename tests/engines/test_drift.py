"""
The engine in memory answers as the real Restate does: the same stories, told to both.

A step that fails shows its story, and what both said.
"""

import time
from itertools import product

import anyio
import attrs
import pytest

from tests.engines.drift import SLOW, Stage
from tests.engines.restate_driver import RestateDriver
from tests.engines.restate_lab import RestateLab
from wfadmin.adapters.memory import World
from wfadmin.testing import Situation
from wfadmin.testing.memory import MemoryDriver

pytestmark = pytest.mark.engine

Steps = tuple[str, ...]

#: How long the real engine may take to get where the other one is at once, in seconds.
PATIENCE = 3
#: How long what was seen must stay so.
HOLD = 0.15

SITUATIONS = [one.value for one in Situation if one is not Situation.PENDING]
COMMANDS = ("pause", "resume", "cancel", "kill", "purge")


def a_command(situation: str, command: str) -> Steps:
    """A command to a run in a situation, and the same one again."""
    return (f"put {situation}", command, "stands", command, "stands")


STORIES: dict[str, Steps] = {
    **{
        f"{command} of {one}": a_command(one, command)
        for one, command in product(SITUATIONS, COMMANDS)
    },
    "again after a purge": (
        *("put failed", "purge", "stands", "put succeeded", "same", "stands"),
        *("purge", "stands", "purge"),
    ),
    "a purge of the run before": ("put failed", "purge", "put succeeded", "purge", "stands"),
    "kill with a child": ("family", "kill", "stands", "child"),
    "cancel with a child": ("family", "cancel", "stands", "child"),
    "purge, then finish": ("put suspended", "purge", "finish", "stands", "purge", "stands"),
    "paused and ended": ("put paused", "kill", "stands", "resume", "purge", "stands"),
    "clear of what is there": (
        *("put failed", "read", "clear", "stands", "read", "clear", "stands"),
    ),
    "clear of what was there": (
        *("put failed", "read", "store sent", "clear", "stands", "read", "clear"),
        "stands",
    ),
    "clear while it is held": ("put suspended", "read", "clear", "stands"),
    "clear of a held key with other content": (
        *("put suspended", "read", "store sent", "clear", "stands"),
    ),
    "new place": ("place A", "register A dry", "listed A", "register A", "listed A", "routes"),
    "known place": (
        *("place A", "register A", "register A", "routes", "register A force", "routes"),
        *("register A dry", "register A force dry", "listed A"),
    ),
    "two places": (
        *("place A", "place B", "register A", "register B", "routes", "register A", "routes"),
        *("register A force", "routes"),
    ),
    "dead place": ("register dead", "register dead force", "register dead dry", "routes"),
    "remove": ("deploy A", "routes", "remove A", "listed A", "routes", "remove A"),
    "remove of nothing": ("remove unknown",),
    "remove and register again": ("deploy A", "remove A", "listed A", "register A", "routes"),
    "what holds": (
        *("deploy A", "holds A", "put suspended", "pinned", "holds A", "finish", "holds A"),
    ),
    "remove of what is held": (
        *("deploy A", "put suspended", "holds A", "remove A", "listed A", "pinned", "holds A"),
        *("stands", "kill", "stands", "holds A"),
    ),
    "resume on the latest": (
        *("deploy A", "put paused", "pinned", "deploy B", "pinned", "resume latest", "pinned"),
    ),
    "resume on one by its id": (
        *("deploy A", "put paused", "deploy B", "deploy C", "resume B", "pinned"),
    ),
    "resume on an unknown one": ("put paused", "resume unknown", "stands"),
    "resume on the latest of a suspended": ("put suspended", "resume latest", "stands"),
    "resume on the latest of a busy one": ("put running", "resume latest", "stands"),
    "resume on the latest of a backing off": ("put backing_off", "resume latest", "stands"),
    "resume on the latest of a completed": ("put failed", "resume latest", "stands"),
    "survey of a failed": ("count", "put failed", "counts", "purge", "stands", "counts"),
    "survey of a waiting": ("count", "put suspended", "counts", "kill", "stands", "counts"),
    "survey of a paused": ("count", "put paused", "counts", "kill", "stands", "counts"),
    "survey of a scheduled": ("count", "put scheduled", "counts", "kill", "stands", "counts"),
    "survey of a succeeded": ("count", "put succeeded", "counts"),
}

_FAILS_AGAIN = "what a run does when it goes on is its own matter: this one fails again"

#: Where the two differ, by story and number of the step: what memory and what Restate say, and why.
DIFFERENCES: dict[tuple[str, int], tuple[str, str, str]] = {
    (story, step): (
        "running, unfinished, with state",
        "backing_off, unfinished, with state",
        _FAILS_AGAIN,
    )
    for story in ("resume of backing_off", "resume of paused", "cancel of paused")
    for step in (3, 5)
}


@attrs.frozen
class Told:
    """What both said to one step."""

    step: str
    memory: str
    restate: str

    @property
    def differs(self) -> bool:
        return self.memory != self.restate

    def __str__(self) -> str:
        mark = "!" if self.differs else " "
        return f"{mark} {self.step:24} memory: {self.memory:36} Restate: {self.restate}"


async def tell(name: str, memory: Stage, real: Stage) -> list[Told]:
    """Tell a story to both, step by step."""
    told: list[Told] = []
    for number, step in enumerate(STORIES[name], 1):
        answer = await memory.tell(step)
        said = await real.tell(step)
        if step.split()[0] in SLOW:
            _, expected, _ = DIFFERENCES.get((name, number), ("", answer, ""))
            said = await _settled(real, step, said, expected)
        told.append(Told(step, answer, said))
    return told


async def _settled(real: Stage, step: str, said: str, expected: str) -> str:
    ends_at = time.monotonic() + PATIENCE
    while said != expected and time.monotonic() < ends_at:
        said = await real.tell(step)
    await anyio.sleep(HOLD)
    return await real.tell(step)


async def _both(lab: RestateLab, name: str) -> list[Told]:
    memory = MemoryDriver(World())
    async with RestateDriver(lab) as driver:
        real = Stage(driver, driver.connect(driver.settings), "http://127.0.0.1:1")
        # What the lab serves from its start.
        memory.world.deployment("http://main:9080", serves=("Order",))
        first = Stage(memory, memory.connect(memory.settings), "http://nowhere:9080")
        return await tell(name, first, real)


@pytest.mark.asyncio
@pytest.mark.parametrize("name", STORIES)
async def test_memory_says_what_restate_says(restate: RestateLab, name: str) -> None:
    told = await _both(restate, name)

    steps = enumerate(told, 1)
    differ = {(name, n): (one.memory, one.restate) for n, one in steps if one.differs}
    known = {at: (a, b) for at, (a, b, _) in DIFFERENCES.items() if at[0] == name}
    assert differ == known, "\n".join([name, *map(str, told)])
