"""The port that changes runs."""

from abc import abstractmethod
from typing import Protocol

from wfadmin.domain.answers import Answer
from wfadmin.domain.commands import Command

__all__ = ["InvocationControl"]


class InvocationControl(Protocol):
    """Performs one command on one run. What it can do is declared in the capabilities."""

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
        """
