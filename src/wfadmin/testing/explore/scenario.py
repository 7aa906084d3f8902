"""Who acts on what: told once, and played in every order."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from enum import StrEnum
from typing import Literal

import attrs

from wfadmin.adapters.memory import World
from wfadmin.domain.errors import UsageError
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.policy import RecoveryPolicy
from wfadmin.operations.local import LocalOperator
from wfadmin.ports.engine import Engine

__all__ = ["Loop", "Loss", "Part", "Played", "Scenario"]

#: The event loop that code of one's own is written for; None: it awaits nothing but ports.
Loop = Literal["asyncio", "trio"]


class Loss(StrEnum):
    """What becomes of one call on its way."""

    #: The write is done, and its answer is lost.
    ANSWER = "loses the next answer"
    #: The write is never done, and nobody says so.
    WRITE = "loses the next write"
    #: It is done later, after it was given up.
    LATE = "holds the next write back"
    #: It is done, and once more later.
    TWICE = "delivers the next write twice"
    #: The next question or write finds nobody: it was not sent.
    REFUSED = "refuses the next call"


@attrs.frozen
class Part:
    """
    One operation of a scenario.

    Attributes:
        act: What it does, given an operator, or an engine where it is no operator's.
        is_ours: Whether it goes through an operator.
        times: How often it is done, one after the other.
        policy: By which it may kill; None where nobody says.
        loop: The event loop that it is written for.
        raises: The errors that it may end with, beside those of wfadmin.
    """

    name: str
    act: Callable[[LocalOperator], Awaitable[object]] | Callable[[Engine], Awaitable[object]]
    is_ours: bool
    times: int = 1
    policy: RecoveryPolicy | None = None
    reads_only: bool = False
    forces: bool = False
    loop: Loop | None = None
    raises: tuple[type[Exception], ...] = ()


@attrs.frozen
class Played:
    """Somebody who is no operation: told by its kind and what it needs."""

    kind: str
    key: WorkflowKey | None = None
    times: int = 1
    handler: str = ""
    duration: timedelta = timedelta(0)
    loss: Loss | None = None
    does: Callable[[World], object] | None = None
    when: Callable[[World], bool] | None = None


class Scenario:
    """
    A world, operations on it, and everybody else who acts at the same time.

    ::

        def a_paused_order() -> World:
            world = World()
            world.workflow("Order").key("o-1").paused(failure="card was refused")
            return world

        scenario = Scenario(a_paused_order)
        scenario.code(my_recovery)      # async def my_recovery(engine: Engine)
        scenario.client(KEY)
        scenario.engine()
        explore(scenario).assert_safe()

    Args:
        make: Makes the world, always the same: each order is played on a new one.
    """

    def __init__(self, make: Callable[[], World]) -> None:
        self.make: Callable[[], World] = make
        self.parts: list[Part] = []
        self.others: list[Played] = []
        self.shares_a_lease: bool = False
        self.interrupts: list[int] = []

    # --- operations ------------------------------------------------------------------------------

    def operator(
        self,
        act: Callable[[LocalOperator], Awaitable[object]],
        *,
        times: int = 1,
        policy: RecoveryPolicy | None = None,
        reads_only: bool = False,
        forces: bool = False,
    ) -> None:
        """
        Somebody works with wfadmin.

        Args:
            act: Calls verbs of the operator that it gets; awaits nothing else.
            times: How often, one after the other.
            policy: The policy of its host: what a verb may kill that is not told otherwise. It may
                kill nothing, unless given.
            reads_only: It must not write: a write is a bug.
            forces: It was told to take away what is in use, so that is no harm.
        """
        number = sum(one.is_ours for one in self.parts) + 1
        chosen = RecoveryPolicy() if policy is None else policy
        name = f"operator {number}"
        part = Part(name, act, True, times, chosen, reads_only, forces)  # noqa: FBT003 - in its order
        self.parts.append(part)

    def code(  # noqa: PLR0913 - by name, each with a default
        self,
        act: Callable[[Engine], Awaitable[object]],
        *,
        name: str = "my code",
        times: int = 1,
        policy: RecoveryPolicy | None = None,
        loop: Loop | None = None,
        raises: tuple[type[Exception], ...] = (),
    ) -> None:
        """
        Code of one's own works on the ports of the engine.

        Args:
            act: Gets the engine. What it learns it must learn from there, from its event loop's
                clock, or from nothing that changes: the same order must lead to the same end.
            name: What stories call it.
            times: How often, one after the other.
            policy: What it may kill; None where that is not to be judged.
            loop: The event loop that it is written for; None where it awaits nothing but ports.
            raises: The errors that it may end with, beside those of wfadmin. Any other is a bug.

        The look that a write goes by must be the last thing that the code did before it: of what
        it does at once, nothing may come in between, or what is hit lies in no window.
        """
        number = sum(not one.is_ours and one.name.startswith(name) for one in self.parts)
        full = name if not number else f"{name} {number + 1}"
        self.parts.append(Part(full, act, False, times, policy, loop=loop, raises=raises))  # noqa: FBT003

    def share_a_lease(self) -> None:
        """From now on all operators have the same lease."""
        self.shares_a_lease = True

    def interrupt(self, operator: int = 1) -> None:
        """
        Cancel the operator of that number, at any moment.

        Raises:
            UsageError: There is none of that number.
        """
        if not 1 <= operator <= sum(one.is_ours for one in self.parts):
            raise UsageError("operator", f"there is no operator {operator}")
        self.interrupts.append(operator)

    # --- everybody else --------------------------------------------------------------------------

    def client(self, key: WorkflowKey, *, times: int = 1) -> None:
        """Somebody submits `key` whenever it is free, so many times."""
        self.others.append(Played("client", key, times))

    def caller(self, key: WorkflowKey, handler: str) -> None:
        """Somebody calls a shared handler of `key`, which does not end."""
        self.others.append(Played("caller", key, handler=handler))

    def engine(self) -> None:
        """The engine gets on with whatever run it can, to a success; shared calls do not end."""
        self.others.append(Played("engine"))

    def tool(self, key: WorkflowKey, command: Literal["kill", "purge"]) -> None:
        """The vendor's tool kills or purges the run of `key`, when that can have an effect."""
        self.others.append(Played(command, key))

    def retention(self, duration: timedelta = timedelta(days=1)) -> None:
        """So much time passes, in which what has ended may expire."""
        self.others.append(Played("retention", duration=duration))

    def network(self, loss: Loss) -> None:
        """From some moment on one call, or its answer, is lost."""
        self.others.append(Played("network", loss=loss))

    def happens(
        self,
        label: str,
        does: Callable[[World], object],
        *,
        when: Callable[[World], bool] | None = None,
    ) -> None:
        """
        Something else happens once, at any moment.

        Args:
            label: What stories call it.
            does: Changes the world.
            when: Whether it can happen now; always, unless given.
        """
        self.others.append(Played(label, does=does, when=when))
