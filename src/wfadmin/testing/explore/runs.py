"""Code in an event loop of its own, as its actor drives it."""

from abc import abstractmethod
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from wfadmin.testing.explore.turns import Wait

__all__ = ["Acts", "Runs"]

#: Code that gets what it waits with before each call.
Acts = Callable[[Wait], Coroutine[Any, Any, None]]


class Runs(Protocol):
    """Code in a loop, which is run until everything waits."""

    __slots__ = ()

    @property
    @abstractmethod
    def waiting(self) -> list[str]:
        """The calls that wait for their turn."""

    @property
    @abstractmethod
    def sleeps_until(self) -> float | None:
        """When something in it goes on by itself, on its clock; None where nothing does."""

    @abstractmethod
    def let(self, place: int) -> None:
        """Let the call at that place among those that wait go on."""

    @abstractmethod
    def wake(self) -> None:
        """Let go on what has waited for the time that it is now."""

    @abstractmethod
    def leave(self) -> None:
        """Cancel everything, and close the loop."""
