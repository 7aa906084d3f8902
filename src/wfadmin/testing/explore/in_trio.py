"""Code that is written for trio: in a thread of its own, which runs only while it is its turn."""

import math
import queue
import random
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

from typing_extensions import override

from wfadmin.adapters.memory import VirtualClock
from wfadmin.testing.explore.runs import Acts, Runs

__all__ = ["InTrio"]


class _Left(BaseException):
    """Nothing is played any more."""


class InTrio(Runs):
    """
    Code in trio, on the clock of the world.

    Args:
        acts: What it does.
        clock: The only time that there is.
        trio: The module, with `trio.testing`.
    """

    def __init__(self, acts: Acts, clock: VirtualClock, trio: ModuleType) -> None:
        self._trio: Any = trio
        self._acts = acts
        self._world = clock
        self._random = random.Random(0)  # noqa: S311 - an order, no secret
        self._gates: list[tuple[str, Any]] = []
        self._until = math.inf
        self._is_done = self._is_left = False
        self._told: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._idle: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()
        self._clock: Any = trio.testing.MockClock()
        self._thread = threading.Thread(target=self._in_thread, daemon=True)
        self._in_turn(self._thread.start)

    @property
    @override
    def waiting(self) -> list[str]:
        return [label for label, _ in self._gates]

    @property
    @override
    def sleeps_until(self) -> float | None:
        return None if self._is_done or self._until == math.inf else self._until

    @override
    def let(self, place: int) -> None:
        self._tell(self._gates.pop(place)[1].set)

    @override
    def wake(self) -> None:
        self._tell(lambda: None)

    @override
    def leave(self) -> None:
        self._is_left = True
        if self._thread.is_alive():
            self._told.put(lambda: None)
            self._thread.join()

    async def _wait(self, label: str) -> None:
        if self._is_left:
            raise _Left
        gate = self._trio.Event()
        entry = (label, gate)
        self._gates.append(entry)
        try:
            await gate.wait()
        finally:
            if entry in self._gates:
                self._gates.remove(entry)
        if self._is_left:
            raise _Left

    def _tell(self, what: Callable[[], None]) -> None:
        self._in_turn(lambda: self._told.put(what))

    def _in_turn(self, go: Callable[[], None]) -> None:
        """
        Let the thread go on until everything in it waits.

        Trio draws in which order tasks run: here the same each time.
        """
        core = self._trio._core._run  # noqa: SLF001 - there is no public name for these two
        own = {"_r": self._random, "_ALLOW_DETERMINISTIC_SCHEDULING": True}
        theirs = {name: getattr(core, name) for name in own}
        vars(core).update(own)
        try:
            go()
            error = self._idle.get()
        finally:
            vars(core).update(theirs)
        if error is not None:
            raise error

    def _in_thread(self) -> None:
        try:
            self._trio.run(self._main, clock=self._clock)
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            self._idle.put(error)

    async def _main(self) -> None:
        async with self._trio.open_nursery() as nursery:
            nursery.start_soon(self._play)
            self._keep_time()
            while True:
                await self._trio.testing.wait_all_tasks_blocked()
                rest = self._trio.lowlevel.current_statistics().seconds_to_next_deadline
                self._until = self._world.monotonic().total_seconds() + rest
                self._idle.put(None)
                self._told.get()()
                self._keep_time()
                if self._is_left:
                    break
            nursery.cancel_scope.cancel()
            # What is kept from that by a shield goes on at once: no time is waited for any more.
            self._clock.autojump_threshold = 0
            for _, gate in self._gates:
                gate.set()

    def _keep_time(self) -> None:
        passed = self._world.monotonic().total_seconds() - self._clock.current_time()
        self._clock.jump(max(passed, 0.0))

    async def _play(self) -> None:
        await self._acts(self._wait)
        self._is_done = True
