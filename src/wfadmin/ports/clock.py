"""The port to time."""

from abc import abstractmethod
from datetime import datetime, timedelta
from typing import Protocol

__all__ = ["Clock"]


class Clock(Protocol):
    """Time as operations see it: tests bring their own."""

    __slots__ = ()

    @abstractmethod
    def now(self) -> datetime:
        """
        The time of day, with its zone. May jump: never measure with it.

        Clauses: CL-01.
        """

    @abstractmethod
    def monotonic(self) -> timedelta:
        """
        Time since some moment; never goes back. Measure with it.

        Clauses: CL-02, CL-03.
        """

    @abstractmethod
    async def sleep(self, duration: timedelta) -> None:
        """
        Wait. Cancellation ends it at once.

        Clauses: CL-04, CL-05, CL-06.
        """
