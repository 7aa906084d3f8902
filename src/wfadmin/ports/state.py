"""The port to the data that is stored under a key."""

from abc import abstractmethod
from typing import Protocol

from wfadmin.domain.answers import Answer
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import KeyedState

__all__ = ["StateStore"]


class StateStore(Protocol):
    """Reads and clears the stored data of one key."""

    __slots__ = ()

    @abstractmethod
    async def read(self, key: WorkflowKey, *, values: bool) -> KeyedState:
        """
        The entries stored under `key`; with `values` also what they hold, and a version.

        Values may hold secrets: ask for them only where they are needed.

        Returns:
            No entries only where it is proven that there are none.

        Raises:
            EngineUnreachable: No answer.
            EngineRejected: An error status.
            UnexpectedAnswer: Not understood, or not whole.
        """

    @abstractmethod
    async def clear(self, key: WorkflowKey, *, expected_version: str) -> Answer:
        """
        Empty the stored data of a key that no run holds: the caller has checked that.

        Sent at most once. A version names content, not a run: two runs may share one.

        Args:
            expected_version: As read with the values; other content is left alone where the
                engine can compare.

        Raises:
            EngineUnreachable: Not sent.
            EngineRejected: An error status that is no `Answer`.
            OutcomeUnknown: Sent, and no answer that settles it: read, never send again.
        """
