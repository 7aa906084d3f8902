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
            InvalidWorkflowKey: The engine names runs by the service key alone, and the run that
                bears it belongs to another service. Proves that this key has no run.
            EngineUnreachable: No answer.
            EngineRejected: An error status.
            UnexpectedAnswer: Not understood, or not whole.

        Clauses: IS-01, IS-02, IS-03, IS-04, IS-05, IS-06, IS-07, IS-08, IS-09, IS-10, IS-11,
            IS-16, IS-17, IS-18, IS-19, IS-24, IS-25, IS-26, IS-27, IS-28, IS-29, IS-30, IS-31,
            IS-32, IS-33, IS-34, IS-35, IS-36, IS-37, IS-38, IS-39, IS-40, IS-41, IS-42, IS-43.
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

        Clauses: IS-12, IS-13, IS-14, IS-15, IS-23, IS-25, IS-28, IS-29, IS-30, IS-31, IS-32,
            IS-33, IS-35.
        """

    @abstractmethod
    async def children(self, ref: InvocationRef) -> tuple[Invocation, ...]:
        """
        The unfinished invocations that the run of `ref` called. May be slow: a scan.

        Where a purge takes children along, the ended ones too.

        Raises:
            EngineUnreachable: No answer: never the same as no children.
            EngineRejected: An error status.
            UnexpectedAnswer: Not understood, or not whole.
            NotSupported: This engine cannot say.

        Clauses: IS-20, IS-21, IS-22, IS-29, IS-30, IS-31, IS-32, IS-33, IS-35.
        """
