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
        """
