"""Time that moves only when it is told to."""

from datetime import UTC, datetime, timedelta

import attrs
from typing_extensions import override

from wfadmin.domain.errors import UsageError
from wfadmin.ports.clock import Clock

__all__ = ["VirtualClock"]

_START = datetime(2026, 1, 1, 12, tzinfo=UTC)


def _has_a_zone(_: object, __: object, value: datetime) -> None:
    if value.utcoffset() is None:
        raise UsageError("start", "it is a time of day without a zone")


@attrs.define(eq=False)
class VirtualClock(Clock):
    """
    A clock for tests: a sleep moves it on and takes no time, so a day passes at once.

    Nothing but `advance` and `sleep` moves it, so the same steps always see the same times.
    """

    start: datetime = attrs.field(default=_START, validator=_has_a_zone)
    _passed: timedelta = attrs.field(default=timedelta(0), init=False)

    @override
    def now(self) -> datetime:
        """See `Clock.now`."""
        return self.start + self._passed

    @override
    def monotonic(self) -> timedelta:
        """See `Clock.monotonic`."""
        return self._passed

    @override
    async def sleep(self, duration: timedelta) -> None:
        """See `Clock.sleep`. Returns at once; a length below zero is none."""
        self.advance(max(duration, timedelta(0)))

    def advance(self, duration: timedelta) -> None:
        """
        Let time pass. What follows from it is the engine's: see `World.advance`.

        Raises:
            UsageError: Time would go back.
        """
        if duration < timedelta(0):
            raise UsageError("duration", "time does not go back")
        self._passed += duration
