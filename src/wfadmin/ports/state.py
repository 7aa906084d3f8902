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

        Clauses: SS-01, SS-02, SS-03, SS-04, SS-05, SS-06, SS-07, SS-08, SS-09, SS-10,
            SS-11, SS-17, SS-18, SS-19, SS-20.
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

        Clauses: SS-12, SS-13, SS-14, SS-15, SS-16, SS-21, SS-22, SS-23, SS-24, SS-25,
            SS-26, SS-27, SS-28.
        """
