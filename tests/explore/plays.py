"""Worlds that are explored here, and what became of them."""

from collections.abc import Callable

import attrs

from wfadmin.adapters.memory import Key, World
from wfadmin.domain.capabilities import CommandName, Fence
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.policy import BackingOff, Paused, RecoveryPolicy
from wfadmin.domain.results import RecoverResult
from wfadmin.operations.local import LocalOperator
from wfadmin.testing.explore import Explored, Scenario, Window, explore

#: The key that everybody acts on.
KEY = WorkflowKey("Order", "o-1")
#: Its one shared handler.
SHARED = "watch"
#: What an engine can be told that does not pause.
NO_PAUSE = frozenset({CommandName.RESUME, CommandName.CANCEL, CommandName.KILL, CommandName.PURGE})
PAUSED = RecoveryPolicy((Paused(),))
BACKING_OFF = RecoveryPolicy((BackingOff(attempts=5),))


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


def succeeded(key: Key) -> None:
    """A key that has done its work."""
    key.state({"stage": b"done"}).succeeded()


def running(key: Key) -> None:
    """A key that works."""
    key.state({"stage": b"now"}).running()


@attrs.define(eq=False)
class Play:
    """
    Several actors on one key, with what recoveries of it said of the state.

    Attributes:
        states: A word for what became of the state, of every recovery in every order.
    """

    scenario: Scenario
    states: set[str] = attrs.field(factory=set)

    def recovery(self, policy: RecoveryPolicy | None = None, *, times: int = 1) -> None:
        """Let somebody recover the key; with a lease of his own, unless it is shared."""
        self.scenario.operator(self._recover, times=times, policy=policy)

    async def _recover(self, operator: LocalOperator) -> RecoverResult:
        result = await operator.recover_stuck_workflow(KEY)
        self.states.add(str(result.state))
        return result


def on(
    place: Callable[[Key], object],
    *,
    fence: Fence = Fence.CHECKED,
    pauses: bool = False,
) -> Play:
    """A play on a key that `place` has put into a state, on an engine that can pause or not."""

    def make() -> World:
        world = World(fence=fence, commands=None if pauses else NO_PAUSE)
        key = world.workflow("Order").key("o-1")
        key.shared(SHARED)
        place(key)
        return world

    return Play(Scenario(make))


def every_order(play: Play) -> Explored:
    """What became of every order; that it was every one is asserted."""
    explored = explore(play.scenario)
    assert explored.is_complete
    return explored


def harms(explored: Explored, *windows: Window) -> set[str]:
    """What went wrong within these windows, or within any, with its window."""
    return {str(one) for one in explored.harms if one.window in (windows or Window)}
