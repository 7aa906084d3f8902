"""The port to the host's own knowledge: did the effect of a key already happen?"""

from abc import abstractmethod
from typing import Protocol

from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.recovery import PriorEffect

__all__ = ["RetryGuard"]


class RetryGuard(Protocol):
    """Only the host knows whether running a key again would repeat an effect."""

    __slots__ = ()

    @abstractmethod
    async def effect_of(self, key: WorkflowKey) -> PriorEffect:
        """
        Whether what this key does has happened already. `UNKNOWN` refuses the recovery.

        Any error counts as `UNKNOWN`.

        Clauses: GU-01, GU-02, GU-03, GU-04, GU-05, GU-06.
        """
