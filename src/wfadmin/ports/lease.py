"""The port that keeps two wfadmin operators off the same thing."""

from abc import abstractmethod
from contextlib import AbstractAsyncContextManager
from typing import Protocol

__all__ = ["OperatorLease"]


class OperatorLease(Protocol):
    """
    A lease between wfadmin operators only.

    It holds nothing at the engine: neither its clients nor the vendor's own tools see it.
    """

    __slots__ = ()

    @abstractmethod
    def hold(self, scope: str) -> AbstractAsyncContextManager[None]:
        """
        Hold `scope` while the block runs; does not wait for another holder.

        Raises:
            LeaseHeld: Somebody else holds it. Nothing was done.
            LeaseUnavailable: Nobody can say whether somebody holds it. Nothing was done.

        Clauses: OL-01, OL-02, OL-03, OL-04, OL-05, OL-06, OL-07, OL-08, OL-09, OL-10,
            OL-11, OL-12, OL-13, OL-14.
        """
