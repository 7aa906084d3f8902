"""One Restate, as the bundle of ports that it serves."""

import attrs
from typing_extensions import override

from wfadmin.adapters.restate.admin import RestateAdmin
from wfadmin.adapters.restate.api import NAME, RestateApi
from wfadmin.adapters.restate.control import RestateControl
from wfadmin.adapters.restate.deployments import RestateDeployments
from wfadmin.adapters.restate.details import Details
from wfadmin.adapters.restate.invocations import RestateInvocations
from wfadmin.adapters.restate.listing import RestateListing
from wfadmin.adapters.restate.sharding import Sharding
from wfadmin.adapters.restate.state import RestateState
from wfadmin.domain.capabilities import EngineFacts
from wfadmin.domain.errors import InvalidEngineUrl
from wfadmin.ports.engine import Engine, EngineSettings
from wfadmin.wire.clients import injected_client, load_httpx
from wfadmin.wire.http import EngineHttp
from wfadmin.wire.places import place_of

__all__ = ["RestateEngine", "connect"]


@attrs.frozen(eq=False)
class RestateEngine(Engine):
    """See `Engine`. It keeps no history that we read yet."""

    _api: RestateApi = attrs.field(alias="api")
    _sharding: Sharding = attrs.field(alias="sharding")
    address: str
    admin: RestateAdmin
    invocations: RestateInvocations
    deployments: RestateDeployments
    listing: RestateListing
    control: RestateControl
    state: RestateState
    name: str = NAME
    history: None = None

    @override
    async def facts(self) -> EngineFacts:
        """See `Engine.facts`. Sends: one GET."""
        version = self._sharding.learn(await self._api.version())
        return EngineFacts(version.version, version.capabilities)

    @override
    async def aclose(self) -> None:
        """See `Engine.aclose`."""
        await self._api.http.aclose()


def connect(settings: EngineSettings) -> Engine:
    """
    The Restate at ``settings.admin_url``. Does no I/O.

    Raises:
        InvalidEngineUrl: The admin URL is missing, or one of the URLs is not usable.
        InvalidConfig: The client cannot be used, or not with these URLs.
    """
    if settings.admin_url is None:
        raise InvalidEngineUrl("admin URL", "it is missing")
    place = place_of(settings.admin_url, "admin URL")
    url = settings.ingress_url
    ingress = None if url is None else place_of(url, "ingress URL")
    client = injected_client(settings.client, place, ingress)
    if client is None:
        # Here rather than in the first request, whose latency is measured.
        load_httpx()
    http = EngineHttp(settings.timeout, settings.credentials, client)
    api = RestateApi(http, place)
    sharding = Sharding(api)
    details = Details(api, sharding)
    return RestateEngine(
        api=api,
        sharding=sharding,
        address=place.shown,
        admin=RestateAdmin(api, sharding, ingress),
        invocations=RestateInvocations(api, sharding, details),
        deployments=RestateDeployments(api),
        listing=RestateListing(api, details),
        control=RestateControl(api, sharding),
        state=RestateState(api, sharding),
    )
