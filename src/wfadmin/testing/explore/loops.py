"""
Actors whose code is written for an event loop: each has one of its own, on the clock of the world.

The loop runs until everything in it waits: for its turn at a call of the engine, or for a time.
That so much time passes is a turn like others, so a timeout may strike while a call waits.
"""

import math
from collections.abc import Callable, Hashable
from datetime import timedelta

import attrs

from wfadmin.adapters.memory import VirtualClock
from wfadmin.domain.errors import UsageError
from wfadmin.testing.explore.in_asyncio import InAsyncio
from wfadmin.testing.explore.in_trio import InTrio
from wfadmin.testing.explore.runs import Acts, Runs
from wfadmin.testing.explore.turns import Actor, Turn, turns_of

__all__ = ["in_a_loop"]

_SLEEPS = "lets time pass"
_MICROSECONDS = 1_000_000


def in_a_loop(
    loop: str,
    name: str,
    acts: Acts,
    knows: Callable[[], Hashable],
    clock: VirtualClock,
) -> Actor:
    """
    An actor that runs in a new event loop.

    Args:
        loop: `asyncio` or `trio`.
        name: For people.
        acts: What it does.
        knows: What it has learned.
        clock: The only time that there is.

    Raises:
        UsageError: trio is not installed.
    """
    return _Looping(name, _runs(loop, acts, clock), knows, clock)


def _runs(loop: str, acts: Acts, clock: VirtualClock) -> Runs:
    if loop != "trio":
        return InAsyncio(acts, clock)
    try:
        import trio
        import trio.testing
    except ImportError as error:
        problem = "trio is not installed: install it with pip install trio"
        raise UsageError("loop", problem) from error
    return InTrio(acts, clock, trio)


@attrs.define(eq=False)
class _Looping(Actor):
    name: str
    _runs: Runs
    _knows: Callable[[], Hashable]
    _clock: VirtualClock
    # Where it stands: nothing else tells one sleep from the next one.
    _taken: int = 0

    @property
    def turns(self) -> tuple[Turn, ...]:
        """See `Actor.turns`."""
        sleeps = [] if self._runs.sleeps_until is None else [_SLEEPS]
        return turns_of([*self._runs.waiting, *sleeps])

    def knows(self) -> Hashable:
        """See `Actor.knows`."""
        return (self._taken, self._knows())

    def take(self, turn: Turn) -> None:
        """See `Actor.take`."""
        self._taken = hash((self._taken, turn.label))
        until = self._runs.sleeps_until
        if until is None or turn.label != _SLEEPS:
            self._runs.let(self.turns.index(turn))
            return
        rest = until - self._clock.monotonic().total_seconds()
        # Rounded up, or what waits for the time would wait on.
        passes = timedelta(microseconds=math.ceil(max(rest, 0.0) * _MICROSECONDS))
        self._clock.advance(passes)
        self._runs.wake()

    def leave(self) -> None:
        """See `Actor.leave`."""
        self._runs.leave()
