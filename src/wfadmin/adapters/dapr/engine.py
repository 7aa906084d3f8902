"""One sidecar, as the bundle of ports that it serves."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import attrs
from typing_extensions import override

from wfadmin.adapters.dapr.admin import DaprAdmin
from wfadmin.adapters.dapr.api import NAME, TOKEN_HEADER, DaprApi
from wfadmin.adapters.dapr.control import NO_CANCEL, NO_FORCE, DaprControl
from wfadmin.adapters.dapr.grpc import DaprGrpc, connect_grpc
from wfadmin.adapters.dapr.identifiers import app_query
from wfadmin.adapters.dapr.invocations import DaprInvocations
from wfadmin.adapters.dapr.troubles import NO_WORKER, hindrance_of
from wfadmin.adapters.dapr.workflows import DaprWorkflows
from wfadmin.domain.capabilities import CommandName, EngineFacts, Listing
from wfadmin.domain.errors import InvalidEngineUrl
from wfadmin.ports.engine import Engine, EngineSettings
from wfadmin.ports.history import InvocationHistory
from wfadmin.ports.listing import InvocationListing
from wfadmin.wire.clients import injected_client, load_httpx
from wfadmin.wire.http import EngineHttp
from wfadmin.wire.places import place_of

__all__ = ["INSTEAD", "DaprEngine", "connect"]

#: What to do instead, by the slot that is empty, or the command that there is not.
INSTEAD: Final[Mapping[str, str]] = MappingProxyType(
    {
        "deployments": (
            "Restart or roll the workers of the app: a sidecar knows no deployments, only who is"
            " connected, and whatever a worker serves goes on there. To get rid of old instances"
            " set a retention policy (spec.workflow.stateRetentionPolicy)."
        ),
        "listing": (
            "Give the address of the gRPC API too: over HTTP an instance can only be asked for"
            " by its id."
        ),
        "history": "Give the address of the gRPC API too: HTTP shows only where a run stands.",
        "state": "Inspect the run: what it keeps is its input, output and history.",
        CommandName.CANCEL.value: NO_CANCEL,
        CommandName.FORCE_PURGE.value: NO_FORCE,
    },
)
_NOTHING: Final[frozenset[CommandName]] = frozenset()
_FORCED: Final = frozenset({CommandName.FORCE_PURGE})
_INSTEAD_WITH_GRPC: Final[Mapping[str, str]] = MappingProxyType(
    {name: text for name, text in INSTEAD.items() if name not in ("listing", "history")},
)


@attrs.frozen(eq=False)
class DaprEngine(Engine):
    """
    See `Engine`.

    Attributes:
        address: Where its HTTP is, for people: without user name and password.
    """

    _api: DaprApi = attrs.field(alias="api")
    address: str
    admin: DaprAdmin
    invocations: DaprInvocations
    control: DaprControl
    _grpc: DaprGrpc | None = attrs.field(default=None, alias="grpc")
    name: str = NAME
    deployments: None = None
    state: None = None

    @property
    @override
    def listing(self) -> InvocationListing | None:
        """See `Engine.listing`."""
        return None if self._grpc is None else self._grpc.listing

    @property
    @override
    def history(self) -> InvocationHistory | None:
        """See `Engine.history`."""
        return None if self._grpc is None else self._grpc.history

    @property
    @override
    def instead(self) -> Mapping[str, str]:
        """See `Engine.instead`."""
        return INSTEAD if self._grpc is None else _INSTEAD_WITH_GRPC

    @override
    async def facts(self) -> EngineFacts:
        """
        See `Engine.facts`. Sends: one GET.

        That no store is configured for actors shows only in a read of an instance, which fails.
        """
        metadata = await self._api.metadata()
        version = metadata.version
        can = version.capabilities
        if self._grpc is not None and version.lists:
            # What is left out of a long list, the survey says by itself.
            can = attrs.evolve(can, listing=Listing.COMPLETE)
        forced = _FORCED if self._grpc is not None and version.forces else _NOTHING
        can = attrs.evolve(can, commands=can.commands | forced)
        trouble = hindrance_of(metadata, self._api.app_id)
        # It needs no worker, and is the only way out of some troubles while none is connected.
        unhindered = forced if trouble is NO_WORKER else _NOTHING
        obstacle = None if trouble is None else trouble.sentences
        return EngineFacts(version.text, can, obstacle, unhindered)

    @override
    async def aclose(self) -> None:
        """See `Engine.aclose`."""
        try:
            await self._api.http.aclose()
        finally:
            if self._grpc is not None:
                await self._grpc.aclose()


def connect(settings: EngineSettings, *, app_id: str | None = None) -> Engine:
    """
    The sidecar whose HTTP API is at ``settings.admin_url``. Does no I/O.

    With ``settings.grpc_url`` it lists, tells histories and names children too. grpcio is imported
    when these are first asked.

    Args:
        app_id: The app whose instances are meant, where it is another one than the sidecar's. Then
            gRPC is not used: it knows only the app beside the sidecar.

    Raises:
        InvalidEngineUrl: The admin URL is missing, or one of the URLs is not usable.
        InvalidConfig: The client cannot be used, or not with these URLs.
        MissingDependency: A gRPC URL is given, and grpcio is not installed.
        UsageError: No app can bear that id.
    """
    if settings.admin_url is None:
        raise InvalidEngineUrl("admin URL", "it is missing")
    place = place_of(settings.admin_url, "admin URL")
    url = settings.ingress_url
    ingress = place if url is None else place_of(url, "ingress URL")
    if app_id is not None:
        app_query(app_id)
    grpc = _grpc(settings) if app_id is None else None
    client = injected_client(settings.client, place, ingress)
    if client is None:
        # Here rather than in the first request, whose latency is measured.
        load_httpx()
    http = EngineHttp(settings.timeout, settings.credentials, client, token_header=TOKEN_HEADER)
    api = DaprApi(http, place, app_id)
    workflows = DaprWorkflows(api)
    return DaprEngine(
        api=api,
        address=place.shown,
        admin=DaprAdmin(api, ingress),
        invocations=DaprInvocations(api, workflows, None if grpc is None else grpc.invocations),
        control=DaprControl(api, workflows, None if grpc is None else grpc.forcing),
        grpc=grpc,
    )


def _grpc(settings: EngineSettings) -> DaprGrpc | None:
    url = settings.grpc_url
    if url is None:
        return None
    return connect_grpc(url, timeout=settings.timeout, credentials=settings.credentials)
