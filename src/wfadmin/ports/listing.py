"""The port to all invocations at once."""

from abc import abstractmethod
from typing import Protocol

from wfadmin.domain.model import Survey

__all__ = ["InvocationListing"]


class InvocationListing(Protocol):
    """Questions over all invocations. All of them read only."""

    __slots__ = ()

    @abstractmethod
    async def survey(self, *, failures: int, unfinished: int) -> Survey:
        """
        Counts, the newest failures, what is not finished, and what that holds.

        One question, because walking over the invocations is what costs: an adapter answers it
        in as few walks as it can.

        Args:
            failures: How many failures to list at most, newest first.
            unfinished: How many unfinished invocations to list in detail at most. Counts and
                usage are exact beyond it, or `truncated` says that they are not.

        Raises:
            EngineUnreachable: No answer: never the same as no invocations.
            EngineRejected: An error status.
            UnexpectedAnswer: Not understood, or not whole.

        Clauses: IL-01, IL-02, IL-03, IL-04, IL-05, IL-06, IL-07, IL-08, IL-09, IL-10, IL-11,
            IL-12, IL-13, IL-14, IL-15, IL-16, IL-17, IL-18, IL-19, IL-20.
        """
