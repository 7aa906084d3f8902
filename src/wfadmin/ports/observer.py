"""The port for logs and traces: operations may not log."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Protocol

__all__ = ["Observer"]


class Observer(Protocol):
    """Is told what an operation does, for logs, traces and progress. Must not raise."""

    __slots__ = ()

    @abstractmethod
    def event(self, name: str, fields: Mapping[str, object]) -> None:
        """
        Something happened.

        Args:
            name: `<verb>.<what>`, such as `doctor.probed`.
            fields: Facts; never a token, a URL's user name or stored values.

        Clauses: OB-01, OB-02, OB-03, OB-04, OB-05, OB-06, OB-07.
        """
