"""What the engine accepted and has not done yet: it happens in order, each at its time."""

from collections import deque
from datetime import datetime, timedelta

import attrs

from wfadmin.adapters.memory.clock import VirtualClock
from wfadmin.adapters.memory.profile import Effect
from wfadmin.domain.errors import UsageError

__all__ = ["Accepted", "Backlog"]


@attrs.frozen
class Accepted:
    """
    One accepted write.

    Attributes:
        due_at: When it happens.
        effect: What happens then; two that do the same are equal.
    """

    due_at: datetime
    effect: Effect


def _no_time_back(_: object, __: object, value: timedelta) -> None:
    if value < timedelta(0):
        raise UsageError("acceptance", "nothing happens before it is accepted")


@attrs.define(eq=False)
class Backlog:
    """
    Accepted writes, the first one first.

    Attributes:
        delay: How long each of them waits; no time means that it happens as it is accepted.

    Raises:
        UsageError: The delay is below zero.
    """

    _clock: VirtualClock
    delay: timedelta = attrs.field(validator=_no_time_back)
    _waiting: deque[Accepted] = attrs.field(factory=deque, init=False)

    @property
    def waiting(self) -> tuple[Accepted, ...]:
        """What has not happened yet."""
        return tuple(self._waiting)

    @property
    def next_at(self) -> datetime | None:
        """When the next one happens; None where nothing waits."""
        return self._waiting[0].due_at if self._waiting else None

    def accept(self, effect: Effect) -> None:
        """Let `effect` happen when its time has come."""
        if self.delay:
            self._waiting.append(Accepted(self._clock.now() + self.delay, effect))
        else:
            effect()

    def settle_due(self) -> None:
        """Let everything happen of which the time has come."""
        while self._waiting and self._waiting[0].due_at <= self._clock.now():
            self._waiting.popleft().effect()

    def settle(self) -> None:
        """Let everything happen now."""
        while self._waiting:
            self._waiting.popleft().effect()
