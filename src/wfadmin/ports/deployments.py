"""The port to the registered deployments."""

from abc import abstractmethod
from typing import Protocol

from wfadmin.domain.answers import Answer, Registration
from wfadmin.domain.model import Deployment, Usage

__all__ = ["DeploymentRegistry"]


class DeploymentRegistry(Protocol):
    """Lists, registers and removes deployments, and says what holds them."""

    __slots__ = ()

    @abstractmethod
    async def list(self) -> tuple[Deployment, ...]:
        """
        Every registered deployment, with the services and revisions that it serves.

        Raises:
            EngineUnreachable: No answer: never the same as no deployments.
            EngineRejected: An error status.
            UnexpectedAnswer: Not understood, or not whole.

        Clauses: DR-01, DR-02, DR-03, DR-04, DR-05, DR-19, DR-20, DR-21, DR-22.
        """

    @abstractmethod
    async def usage(self) -> Usage:
        """
        What unfinished work holds which deployment.

        Every unfinished invocation counts, in any status; completed ones never do.

        Raises:
            EngineUnreachable: No answer.
            EngineRejected: An error status.
            UnexpectedAnswer: Not understood, or not whole.

        Clauses: DR-06, DR-07, DR-08, DR-09, DR-19, DR-20, DR-21, DR-22.
        """

    @abstractmethod
    async def register(self, service_url: str, *, force: bool, dry_run: bool) -> Registration:
        """
        Register the deployment at `service_url`, or with `dry_run` only ask what that would do.

        The engine calls the URL, except where it knows the URL already and `force` is off: then
        a yes proves nothing about it. Sent at most once; a dry run writes nothing, and the id
        that it gives need not be the one that a registration gets.

        Args:
            service_url: The URL; it may hold a user name and password, which are never shown.
            force: Replace what is registered for this URL. Always sent: defaults differ.
            dry_run: Discover and store nothing.

        Raises:
            EngineUnreachable: Not sent.
            EngineRejected: An error status: the URL does not answer, or what it serves does not
                fit. Nothing was registered.
            UnexpectedAnswer: A dry run that was not understood.
            OutcomeUnknown: Sent, and no answer that settles it: list, never register again.

        Clauses: DR-05, DR-10, DR-11, DR-12, DR-13, DR-14, DR-15, DR-23, DR-24, DR-25, DR-26,
            DR-27, DR-28, DR-29, DR-30.
        """

    @abstractmethod
    async def remove(self, deployment_id: str) -> Answer:
        """
        Remove the record of a deployment, whatever still holds it: the caller has checked.

        Sent at most once.

        Raises:
            EngineUnreachable: Not sent.
            EngineRejected: An error status that is no `Answer`.
            OutcomeUnknown: Sent, and no answer that settles it: list, never remove again.

        Clauses: DR-16, DR-17, DR-18, DR-31, DR-32, DR-33, DR-34, DR-35.
        """
