"""A script of faults, and the engine that has them."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import attrs
from typing_extensions import override

from wfadmin.adapters.runtime import SystemClock
from wfadmin.domain.error import WfadminError
from wfadmin.domain.errors import UsageError
from wfadmin.ports.clock import Clock
from wfadmin.ports.engine import Engine
from wfadmin.ports.history import HistoryEntry
from wfadmin.ports.points import Point
from wfadmin.ports.wrapping import PortCall, Proceed, wrapped
from wfadmin.testing.faults.chance import Chance
from wfadmin.testing.faults.kinds import Fault, Hit, Kind
from wfadmin.testing.faults.lines import Counted, Line

__all__ = ["Faults", "Struck"]


@attrs.frozen
class Struck:
    """
    One fault that struck.

    Attributes:
        nth: Which call of this point it was, from 1, struck or not.
    """

    point: Point
    nth: int
    kind: Kind
    at: datetime

    def __str__(self) -> str:
        return f"{self.at:%H:%M:%S} {self.point.value} #{self.nth}: {self.kind.value}"


@attrs.frozen
class _Postponed:
    due: timedelta
    ask: Proceed


class Faults:
    """
    Faults for one test: say which, and put them over an engine.

    Every call of every port may be struck, also `Engine.facts`; closing never is. What is not
    struck comes through unchanged. Over several engines, calls are counted together.

    Args:
        clock: What `slow`, `late` and the times of lines go by; this machine's unless given.
    """

    def __init__(self, *, clock: Clock | None = None) -> None:
        self._clock: Clock = SystemClock() if clock is None else clock
        self._chance: Chance | None = None
        self._lines: list[Counted] = []
        self._calls: Counter[Point] = Counter()
        self._struck: list[Struck] = []
        self._postponed: list[_Postponed] = []

    @classmethod
    def random(
        cls,
        *,
        seed: int | None = None,
        rate: float = 0.1,
        clock: Clock | None = None,
        kinds: Iterable[Kind] | None = None,
        points: Iterable[Point] | None = None,
    ) -> "Faults":
        """
        Faults by chance. Their repr is what to write to have the same ones again.

        Lines may be added; where one strikes a call, chance does not.

        Args:
            seed: The same one strikes the same calls of each point; a new one unless given.
            rate: How many of all calls are struck, from 0 to 1.
            kinds: Every kind but `hang` unless given. Each call draws among those that fit it.
            points: All of them unless given.

        Raises:
            UsageError: The rate is not from 0 to 1, or there are no kinds or no points.
        """
        faults = cls(clock=clock)
        faults._chance = Chance.of(seed, rate, kinds, points)
        return faults

    # --- saying which --------------------------------------------------------------------------

    def on(self, *points: Point) -> Line:
        """
        Begin a line about the calls of these points.

        Raises:
            UsageError: None is named.
        """
        if not points:
            raise UsageError("points", "there are none")
        return Line(frozenset(points), self._clock, self._lines.append)

    def on_any(self) -> Line:
        """Begin a line about every call."""
        return self.on(*Point)

    def on_any_read(self) -> Line:
        """Begin a line about every call that reads."""
        return self.on(*(one for one in Point if not one.is_write))

    def on_any_write(self) -> Line:
        """Begin a line about every call that may change the engine."""
        return self.on(*(one for one in Point if one.is_write))

    def over(self, engine: Engine) -> Engine:
        """
        Give `engine` with these faults, also with those that are said later.

        The engine itself stays as it was. Ports that it does not have stay None.
        """
        memory, where = _Memory(), engine.address

        async def around(call: PortCall, proceed: Proceed) -> Any:  # noqa: ANN401 - any answer
            await self._catch_up(self._clock.monotonic())
            ask = memory.keeping(call, proceed)
            fault = self._meets(call)
            if fault is None:
                return await ask()
            hit = Hit(call, ask, where, self._clock, memory.answers, self._postpone)
            return await fault.strike(hit)

        return wrapped(engine, around)

    # --- what became of it ---------------------------------------------------------------------

    @property
    def struck(self) -> tuple[Struck, ...]:
        """What struck so far, in order."""
        return tuple(self._struck)

    def story(self) -> str:
        """What struck so far, one line each."""
        return "\n".join(map(str, self._struck))

    async def settle(self) -> None:
        """Let everything happen now that is still late. It raises nothing: nobody hears it."""
        await self._catch_up(timedelta.max)

    @override
    def __repr__(self) -> str:
        return f"Faults(lines={len(self._lines)})" if self._chance is None else str(self._chance)

    # --- on the way ----------------------------------------------------------------------------

    def _meets(self, call: PortCall) -> Fault | None:
        """Count a call, and say what happens to it."""
        self._calls[call.point] += 1
        nth = self._calls[call.point]
        now = self._clock.monotonic()
        # Every line counts it, also after one has it.
        found = [line.fault_for(call, now) for line in self._lines]
        if self._chance is not None:
            found.append(self._chance.draw(call.point, nth))
        fault = next((one for one in found if one is not None), None)
        if fault is not None:
            self._struck.append(Struck(call.point, nth, fault.kind, self._clock.now()))
        return fault

    def _postpone(self, by: timedelta, ask: Proceed) -> None:
        self._postponed.append(_Postponed(self._clock.monotonic() + by, ask))
        self._postponed.sort(key=lambda one: one.due)

    async def _catch_up(self, now: timedelta) -> None:
        while self._postponed and self._postponed[0].due <= now:
            # Taken out before it is sent: whatever becomes of it, it is not sent again.
            late = self._postponed.pop(0)
            with suppress(WfadminError):
                await late.ask()


@attrs.frozen(eq=False)
class _Memory:
    """The last real answer of one engine to each question."""

    answers: dict[PortCall, Any] = attrs.field(factory=dict[PortCall, Any], init=False)

    def keeping(self, call: PortCall, proceed: Proceed) -> Proceed:
        """Make a way to ask that keeps the answer."""

        async def ask() -> Any:  # noqa: ANN401 - any answer
            answer = await proceed()
            if call.point is Point.HISTORY:
                return self._passing(call, answer)
            if not call.point.is_write:
                self.answers[call] = answer
            return answer

        return ask

    async def _passing(
        self, call: PortCall, entries: AsyncIterator[HistoryEntry]
    ) -> AsyncIterator[HistoryEntry]:
        seen = []
        async for entry in entries:
            seen.append(entry)
            yield entry
        self.answers[call] = tuple(seen)
