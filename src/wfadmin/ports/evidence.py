"""The port to what a purge destroys, saved before it."""

from abc import abstractmethod
from typing import Protocol

from wfadmin.domain.model import KeyedState
from wfadmin.domain.recovery import KeyReading

__all__ = ["EvidenceStore"]


class EvidenceStore(Protocol):
    """Keeps the rows, failures and state of a key as they were before a repair."""

    __slots__ = ()

    @abstractmethod
    async def save(
        self,
        reading: KeyReading,
        state: KeyedState | None,
        *,
        operation_id: str,
    ) -> str:
        """
        Store it, readable only for its owner. An operation saves a key once.

        Returns:
            Where it is, for the result and the audit record.

        Raises:
            EvidenceUnavailable: It could not be stored: nothing may be sent.

        Clauses: ES-01, ES-02, ES-03, ES-04, ES-05, ES-06, ES-07, ES-08, ES-09, ES-10.
        """
