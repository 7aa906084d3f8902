"""The gRPC side of one sidecar, as the bundle of what it serves."""

from datetime import timedelta

import attrs

from wfadmin.adapters.dapr.grpc.channel import check_installed, grpc_place
from wfadmin.adapters.dapr.grpc.client import GrpcClient
from wfadmin.adapters.dapr.grpc.forcing import DaprForcing
from wfadmin.adapters.dapr.grpc.history import DaprHistory
from wfadmin.adapters.dapr.grpc.invocations import DaprGrpcInvocations
from wfadmin.adapters.dapr.grpc.listing import DaprListing
from wfadmin.adapters.dapr.grpc.sidecar import DaprSidecar
from wfadmin.ports.credentials import Credentials

__all__ = ["DaprGrpc", "connect_grpc"]


@attrs.frozen(eq=False)
class DaprGrpc:
    """
    What the gRPC API of a sidecar adds. It only knows the app beside the sidecar.

    Attributes:
        address: Where it is, for people: without user name and password.
        sidecar: The operations themselves.
    """

    _client: GrpcClient = attrs.field(alias="client")
    address: str
    sidecar: DaprSidecar
    history: DaprHistory
    listing: DaprListing
    invocations: DaprGrpcInvocations
    forcing: DaprForcing

    async def aclose(self) -> None:
        """Close the connection. May be called twice."""
        await self._client.aclose()


def connect_grpc(
    url: str,
    *,
    timeout: timedelta,
    credentials: Credentials | None = None,
) -> DaprGrpc:
    """
    The gRPC API at `url`. Does no I/O, and imports nothing of grpcio.

    Args:
        url: ``HOST:PORT``, ``http://``, ``https://`` or ``unix:///path``.
        timeout: Bounds every call; a write waits at least for eight seconds.

    Raises:
        InvalidEngineUrl: The URL is not usable.
        MissingDependency: grpcio is not installed.
    """
    check_installed()
    client = GrpcClient(grpc_place(url), timeout, credentials)
    sidecar = DaprSidecar(client)
    return DaprGrpc(
        client=client,
        address=client.place.shown,
        sidecar=sidecar,
        history=DaprHistory(sidecar),
        listing=DaprListing(sidecar),
        invocations=DaprGrpcInvocations(sidecar),
        forcing=DaprForcing(sidecar, client.place.shown),
    )
