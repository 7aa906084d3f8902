"""The port to an engine's front doors: is it there, which version is it, what does it serve?"""

from abc import abstractmethod
from typing import Protocol

from wfadmin.domain.model import Service

__all__ = ["AdminApi"]


class AdminApi(Protocol):
    """
    Questions to the engine as a whole. All of them read only.

    Clauses: AD-07.
    """

    __slots__ = ()

    @abstractmethod
    async def probe_ingress(self) -> None:
        """
        Ask whether new work can come in.

        Returns:
            When the ingress answered as it should.

        Raises:
            EngineUnreachable: No answer.
            EngineRejected: An error status.
            UnexpectedAnswer: Something else answered.
            NotSupported: This engine has no ingress, or none was named.

        Clauses: AD-01, AD-08, AD-09, AD-10, AD-11.
        """

    @abstractmethod
    async def probe_admin(self) -> str | None:
        """
        Ask whether the engine can be operated: more than that a port is open.

        Returns:
            The version, or None where the engine does not say.

        Raises:
            EngineUnreachable: No answer.
            EngineRejected: An error status.
            UnexpectedAnswer: Something else answered.

        Clauses: AD-02, AD-08, AD-09, AD-10, AD-11.
        """

    @abstractmethod
    async def list_services(self) -> tuple[Service, ...]:
        """
        Every service, as it stands now.

        Raises:
            EngineUnreachable: No answer: never the same as no services.
            EngineRejected: An error status.
            UnexpectedAnswer: Not understood, or not whole.
            NotSupported: This engine cannot list services.

        Clauses: AD-03, AD-04, AD-05, AD-06, AD-08, AD-09, AD-10, AD-12.
        """
