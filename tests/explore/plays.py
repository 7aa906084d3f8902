"""Plays in every order, and what became of them."""

from collections.abc import Callable

import attrs

from tests.explore.harm import SHARED, Harm, Window
from tests.explore.schedule import Explored, explore
from tests.explore.stage import Stage
from wfadmin.adapters.memory import Key
from wfadmin.domain.capabilities import Fence
from wfadmin.domain.model import InvocationStatus
from wfadmin.domain.policy import BackingOff, Paused, RecoveryPolicy

#: What engines that can pause declare.
PAUSABLE = frozenset(
    {InvocationStatus.READY, InvocationStatus.RUNNING, InvocationStatus.BACKING_OFF}
)
PAUSED = RecoveryPolicy((Paused(),))
BACKING_OFF = RecoveryPolicy((BackingOff(attempts=5),))


@attrs.frozen
class Played:
    """What became of a play: the story of every harm is told by `str`."""

    explored: Explored[Harm]
    endings: frozenset[str]

    def harms(self, *windows: Window) -> set[str]:
        """What went wrong within these windows, or within any; a bug is one too."""
        found = self.explored.failures
        return {
            one.what if windows else str(one) for one in found if one.window in (windows or Window)
        }

    def __str__(self) -> str:
        return str(self.explored)


def every_order(
    place: Callable[[Key], object],
    act: Callable[[Stage], object],
    *,
    fence: Fence = Fence.CHECKED,
) -> Played:
    """Let `act` say who acts on a key that `place` has put into a state, and try every order."""
    endings: set[str] = set()

    def stage() -> Stage:
        made = Stage(place, fence, endings)
        act(made)
        return made

    return Played(explore(stage), frozenset(endings))


def failed(key: Key) -> None:
    """A key that failed."""
    key.state({"stage": b"old"}).failed("payment was refused")


def paused(key: Key) -> None:
    """A key that gave up."""
    key.state({"stage": b"old"}).paused(failure="payment was refused")


def paused_with_a_paused_call(key: Key) -> None:
    """A key that gave up, as did a call of its shared handler."""
    paused(key)
    key.shared(SHARED).paused()


def backing_off(key: Key) -> None:
    """A key in a loop of failing attempts."""
    key.state({"stage": b"old"}).backing_off(attempts=5)


def left_over(key: Key) -> None:
    """A key without a run, and with what one has stored."""
    key.state({"stage": b"old"})
