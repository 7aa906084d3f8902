"""One workflow system that we can reach, as a bundle of ports."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Final, Protocol

import attrs

from wfadmin.domain.capabilities import EngineFacts
from wfadmin.ports.admin import AdminApi
from wfadmin.ports.control import InvocationControl
from wfadmin.ports.credentials import Credentials
from wfadmin.ports.deployments import DeploymentRegistry
from wfadmin.ports.history import InvocationHistory
from wfadmin.ports.invocations import InvocationStore
from wfadmin.ports.listing import InvocationListing
from wfadmin.ports.state import StateStore

__all__ = ["OPERATOR_API", "Engine", "EngineFactory", "EngineSettings"]

#: What an operator API goes by where an adapter is named: no adapter bears this name.
OPERATOR_API: Final = "operator-api"

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


class Engine(Protocol):
    """
    One workflow system. A slot that is None says: this engine has no such thing.

    Making one does no I/O. What it is and can do is read when it is needed.

    Clauses: EN-01, EN-05, EN-06, EN-14, EN-15, EN-16, EN-17, EN-18.
    """

    __slots__ = ()

    @property
    @abstractmethod
    def name(self) -> str:
        """
        The name of the adapter, in lower case.

        Clauses: EN-04.
        """

    @property
    @abstractmethod
    def address(self) -> str:
        """
        Where it is, for people and audit records: without user name and password.

        Clauses: EN-05, EN-06.
        """

    @property
    @abstractmethod
    def admin(self) -> AdminApi:
        """Front doors; every engine has them."""

    @property
    @abstractmethod
    def invocations(self) -> InvocationStore:
        """Single runs; every engine has them."""

    @property
    @abstractmethod
    def deployments(self) -> DeploymentRegistry | None:
        """Registered deployments."""

    @property
    @abstractmethod
    def listing(self) -> InvocationListing | None:
        """
        All invocations at once.

        Clauses: EN-08.
        """

    @property
    @abstractmethod
    def control(self) -> InvocationControl | None:
        """
        What changes runs.

        Clauses: EN-08.
        """

    @property
    @abstractmethod
    def history(self) -> InvocationHistory | None:
        """What happened inside a run."""

    @property
    @abstractmethod
    def state(self) -> StateStore | None:
        """The data stored under keys."""

    @property
    def instead(self) -> Mapping[str, str]:
        """
        What to do instead of what this engine does not have, in a sentence or two each.

        By the name of a slot that is None, or of a command that is not declared. An adapter that
        gives no advice leaves it as it is.
        """
        return _NOTHING

    @abstractmethod
    async def facts(self) -> EngineFacts:
        """
        The version and what it can do, read now: a server outlives an upgrade of its engine.

        Raises:
            EngineUnreachable: No answer.
            EngineRejected: An error status.
            UnexpectedAnswer: Something else answered.

        Clauses: EN-07, EN-09, EN-10, EN-11, EN-12, EN-13.
        """

    @abstractmethod
    async def aclose(self) -> None:
        """
        Let go of what was opened. May be called twice; what was injected stays open.

        Clauses: EN-02, EN-03.
        """


@attrs.frozen
class EngineSettings:
    """
    What an adapter is made from.

    Attributes:
        admin_url: Where operators ask; None where the adapter needs none.
        ingress_url: Where new work comes in; None leaves it to the adapter to learn.
        credentials: Where the token for the admin side comes from; None for no token.
        client: An HTTP client to use instead of an own one; it stays open when the engine closes.
        timeout: Bounds every single request, unless a floor is declared for the call.
        grpc_url: Where the engine's gRPC API answers, as HOST:PORT; None: it is not used. The
            token goes there too.
    """

    admin_url: str | None = attrs.field(default=None, repr=False)
    ingress_url: str | None = attrs.field(default=None, repr=False)
    credentials: Credentials | None = attrs.field(default=None, repr=False)
    client: object | None = attrs.field(default=None, repr=False)
    timeout: timedelta = timedelta(seconds=5)
    grpc_url: str | None = attrs.field(default=None, repr=False)


#: How an adapter is made: it does no I/O. The entry points of the group ``wfadmin.adapters`` are
#: such callables. May raise `UsageError` for settings that it cannot use.
EngineFactory = Callable[[EngineSettings], Engine]
