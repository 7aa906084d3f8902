"""One line of a script of faults: which calls it is about, and what happens to them."""

from collections.abc import Callable
from datetime import timedelta

import attrs

from wfadmin.domain.errors import UsageError
from wfadmin.ports.clock import Clock
from wfadmin.ports.points import Point
from wfadmin.ports.wrapping import PortCall
from wfadmin.testing.faults import kinds
from wfadmin.testing.faults.kinds import Fault

__all__ = ["Counted", "Line"]

_START = timedelta(0)
# A write that is answered so is no error: the port says it with an `Answer`.
_ANSWERS = (404, 409)


@attrs.frozen
class Line:
    """
    Which calls a fault is for; the last word says which fault, and puts the line in force.

    Without more it is the first call from then on, once. Every line counts all the calls that it
    is about, struck or not. Where two lines name the same call, the older one strikes it.
    """

    _points: frozenset[Point]
    _clock: Clock = attrs.field(repr=False)
    _add: Callable[["Counted"], None] = attrs.field(repr=False)
    _first: int = 1
    _times: int | None = 1
    _matches: Callable[[PortCall], bool] = attrs.field(default=lambda _: True, repr=False)
    _after: timedelta = _START
    _until: timedelta | None = None

    def __attrs_post_init__(self) -> None:
        if self._until is not None and self._until <= self._after:
            raise UsageError("duration", "no time is left between its start and its end")

    # --- which calls ---------------------------------------------------------------------------

    def nth(self, number: int) -> "Line":
        """
        Strike from the call of this number on, counted from 1: only that one, unless more is said.

        Raises:
            UsageError: Below 1.
        """
        if number < 1:
            raise UsageError("number", "calls are counted from 1")
        return attrs.evolve(self, first=number)

    def times(self, count: int) -> "Line":
        """
        Strike so many calls, one after the other.

        Raises:
            UsageError: Below 1.
        """
        if count < 1:
            raise UsageError("count", "it strikes nothing")
        return attrs.evolve(self, times=count)

    def always(self) -> "Line":
        """Strike every call from the first one on."""
        return attrs.evolve(self, times=None)

    def matching(self, matches: Callable[[PortCall], bool]) -> "Line":
        """Mean only calls of which `matches` says yes."""
        return attrs.evolve(self, matches=matches)

    def after(self, duration: timedelta) -> "Line":
        """
        Mean only calls that come when so much time has passed since the line is in force.

        Raises:
            UsageError: Below zero, or no time is left.
        """
        if duration < _START:
            raise UsageError("duration", "it is below zero")
        return attrs.evolve(self, after=duration)

    def until(self, duration: timedelta) -> "Line":
        """
        Mean only calls that come before so much time has passed since the line is in force.

        Raises:
            UsageError: No time is left.
        """
        return attrs.evolve(self, until=duration)

    # --- what happens to them ------------------------------------------------------------------

    def unreachable(self) -> None:
        """Nothing is sent: `EngineUnreachable`."""
        self._enforce(kinds.unreachable())

    def slow(self, duration: timedelta, *, after_effect: bool = False) -> None:
        """
        Answer after `duration` on the clock.

        Args:
            after_effect: Let it happen before the time passes, not after.

        Raises:
            UsageError: The duration is not above zero.
        """
        self._enforce(kinds.slow(duration, after_effect=after_effect))

    def hang(self) -> None:
        """Do nothing and never answer. It ends by being cancelled."""
        self._enforce(kinds.hang())

    def reject(self, status: int) -> None:
        """
        Do nothing and answer an error status: `EngineRejected`.

        A write that is answered 502 or 504 raises `OutcomeUnknown`: a proxy cannot tell.

        Raises:
            UsageError: No error status, or one that for this write is an answer.
        """
        fault = kinds.reject(status)
        plain = any(one.is_write and one is not Point.REGISTER for one in self._points)
        if plain and status in _ANSWERS:
            raise UsageError("status", "to a write it is an answer and no error")
        self._enforce(fault)

    def malformed(self) -> None:
        """Do it and answer nonsense: `UnexpectedAnswer`, for a write `OutcomeUnknown`."""
        self._enforce(kinds.malformed())

    def truncated(self) -> None:
        """
        Give half of the answer to a read.

        A survey and a usage say that they are cut; anything else is an `UnexpectedAnswer`, for a
        history after half of its entries.

        Raises:
            UsageError: Not for writes.
        """
        self._enforce(kinds.truncated())

    def lose_answer(self) -> None:
        """Do it and lose the answer: `OutcomeUnknown`, for a read `EngineUnreachable`."""
        self._enforce(kinds.lose_answer())

    def duplicate(self) -> None:
        """Do it twice, and give the first answer."""
        self._enforce(kinds.duplicate())

    def late(self, *, by: timedelta) -> None:
        """
        Raise `OutcomeUnknown` now, and do it later, once.

        It is done before the first call that comes when so much time has passed, or by
        `Faults.settle`.

        Raises:
            UsageError: Not for reads, or the time is not above zero.
        """
        self._enforce(kinds.late(by))

    def stale(self) -> None:
        """
        Give the last real answer to the same question again, without asking.

        The first one is asked for where there is none.

        Raises:
            UsageError: Not for writes.
        """
        self._enforce(kinds.stale())

    def break_off(self, *, after: int = 0) -> None:
        """
        Break the connection in the middle of the answer to a read: `EngineUnreachable`.

        Args:
            after: How many entries of a history come before.

        Raises:
            UsageError: Not for writes, or below zero.
        """
        self._enforce(kinds.break_off(after))

    def _enforce(self, fault: Fault) -> None:
        for point in sorted(self._points):
            if not fault.kind.fits(point):
                what = "a write" if point.is_write else "a read"
                raise UsageError(fault.kind.value, f"it cannot happen to {point.value}, {what}")
        self._add(Counted(self, fault, self._clock.monotonic()))

    def _is_about(self, call: PortCall, passed: timedelta) -> bool:
        begun = passed >= self._after
        over = self._until is not None and passed >= self._until
        return call.point in self._points and begun and not over and self._matches(call)

    def _strikes(self, number: int) -> bool:
        return number >= self._first and (self._times is None or number < self._first + self._times)


@attrs.define(eq=False)
class Counted:
    """A line in force, and how many of its calls have come."""

    _line: Line
    _fault: Fault
    _since: timedelta
    _calls: int = attrs.field(default=0, init=False)

    def fault_for(self, call: PortCall, now: timedelta) -> Fault | None:
        """Count a call, and say what happens to it: None for nothing."""
        if not self._line._is_about(call, now - self._since):  # noqa: SLF001 - its own line
            return None
        self._calls += 1
        return self._fault if self._line._strikes(self._calls) else None  # noqa: SLF001
