"""The port to single runs."""

from abc import abstractmethod
from typing import Protocol

from wfadmin.domain.keys import InvocationRef, WorkflowKey
from wfadmin.domain.model import Invocation

__all__ = ["InvocationStore"]


class InvocationStore(Protocol):
    """Reads runs by key or by reference. All of it reads only."""

    __slots__ = ()

    @abstractmethod
    async def for_key(self, key: WorkflowKey) -> tuple[Invocation, ...]:
        """
        Every invocation of `key`: main and shared, completed ones too.

        The key is compared by equality, whatever characters it holds.

        Returns:
            Empty only where it is proven that there is none: an answer from a place that may be
            the wrong one (another shard) is not enough.

        Raises:
            EngineUnreachable: No answer.
            EngineRejected: An error status.
            UnexpectedAnswer: Not understood, or not whole.
        """

    @abstractmethod
    async def get(self, ref: InvocationRef) -> Invocation | None:
        """
        The run that bears the id of `ref` now, whatever its incarnation.

        The caller compares incarnations: None means gone, another incarnation means replaced.

        Raises:
            EngineUnreachable: No answer.
            EngineRejected: An error status.
            UnexpectedAnswer: Not understood, or not whole.
        """

    @abstractmethod
    async def children(self, ref: InvocationRef) -> tuple[Invocation, ...]:
        """
        The unfinished invocations that the run of `ref` called. May be slow: a scan.

        Raises:
            EngineUnreachable: No answer: never the same as no children.
            EngineRejected: An error status.
            UnexpectedAnswer: Not understood, or not whole.
            NotSupported: This engine cannot say.
        """
