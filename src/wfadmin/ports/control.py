"""The port that changes runs."""

from abc import abstractmethod
from typing import Protocol

from wfadmin.domain.answers import Answer
from wfadmin.domain.commands import Command

__all__ = ["InvocationControl"]


class InvocationControl(Protocol):
    """
    Performs one command on one run. What it can do is declared in the capabilities.

    Clauses: IC-01, IC-31, IC-32.
    """

    __slots__ = ()

    @abstractmethod
    async def perform(self, command: Command) -> Answer:
        """
        Send `command`, at most once, without looking first: the caller has read and decided.

        Returns:
            What the engine said. `accepted` proves nothing: read again.

        Raises:
            EngineUnreachable: Not sent.
            EngineRejected: An error status that is no `Answer`.
            OutcomeUnknown: Sent, and no answer that settles it: read, never send again.
            NotSupported: Not among the declared commands; nothing was sent.

        Clauses: IC-02, IC-03, IC-04, IC-05, IC-06, IC-07, IC-08, IC-09, IC-10, IC-11,
            IC-12, IC-13, IC-14, IC-15, IC-16, IC-17, IC-18, IC-19, IC-20, IC-21, IC-22,
            IC-23, IC-24, IC-25, IC-26, IC-27, IC-28, IC-29, IC-30, IC-33, IC-34, IC-35,
            IC-36, IC-37, IC-38, IC-39, IC-40, IC-41, IC-42.
        """
