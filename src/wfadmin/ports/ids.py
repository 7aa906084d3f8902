"""The port to fresh names."""

from abc import abstractmethod
from typing import Protocol

__all__ = ["Ids"]


class Ids(Protocol):
    """Makes ids that nobody else makes."""

    __slots__ = ()

    @abstractmethod
    def fresh(self) -> str:
        """
        A new id, of letters, digits and underscores.

        Clauses: ID-01, ID-02, ID-03.
        """
