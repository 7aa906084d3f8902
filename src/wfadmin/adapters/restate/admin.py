"""The engine's front doors, and what it serves."""

import attrs
from typing_extensions import override

from wfadmin.adapters.restate.api import NAME, RestateApi
from wfadmin.adapters.restate.sharding import Sharding
from wfadmin.domain.errors import InvalidEngineUrl, NotSupported
from wfadmin.domain.model import Handler, HandlerKind, Service, ServiceKind
from wfadmin.ports.admin import AdminApi
from wfadmin.wire.http import Request
from wfadmin.wire.places import Place, on_same_machine, place_of

__all__ = ["RestateAdmin"]

# A real table: in the first moments after a start `select 1` works and nothing else does.
_ALIVE = "select id from sys_invocation_status limit 1"

_KINDS = {
    "Workflow": ServiceKind.WORKFLOW,
    "VirtualObject": ServiceKind.VIRTUAL_OBJECT,
    "Service": ServiceKind.PLAIN,
}
# Of a handler of a plain service nothing is said.
_HANDLERS = {
    None: HandlerKind.MAIN,
    "Workflow": HandlerKind.MAIN,
    "Exclusive": HandlerKind.MAIN,
    "Shared": HandlerKind.SHARED,
}


@attrs.frozen
class _Healthy:
    services: tuple[str, ...]


@attrs.frozen
class _Row:
    id: str


@attrs.frozen
class _Handler:
    name: str
    ty: str | None = None


@attrs.frozen
class _Service:
    name: str
    ty: str
    revision: int
    deployment_id: str
    handlers: tuple[_Handler, ...]


@attrs.frozen
class _Services:
    services: tuple[_Service, ...]


@attrs.frozen(eq=False)
class RestateAdmin(AdminApi):
    """See `AdminApi`. `ingress` is None where the engine is to be asked for it."""

    _api: RestateApi
    _sharding: Sharding
    _ingress: Place | None

    @override
    async def probe_ingress(self) -> None:
        """See `AdminApi.probe_ingress`. Sends: one GET, without the token; two if not given."""
        place = self._ingress or await self._learned()
        request = Request("GET", "/restate/health", is_admin=False)
        reply = await self._api.http.read(place, request)
        reply.read(_Healthy)

    @override
    async def probe_admin(self) -> str | None:
        """See `AdminApi.probe_admin`. Sends: one GET, then one query."""
        version = self._sharding.learn(await self._api.version())
        await self._api.rows(_ALIVE, _Row)
        return version.version

    @override
    async def list_services(self) -> tuple[Service, ...]:
        """See `AdminApi.list_services`. Sends: one GET."""
        found = await self._api.get("/services", _Services)
        return tuple(map(_service, found.services))

    async def _learned(self) -> Place:
        """
        Where the engine says that its ingress is, if that is where the engine itself is.

        An engine could name any address, and make us call it.
        """
        endpoint = self._sharding.learn(await self._api.version()).ingress_endpoint
        try:
            place = None if endpoint is None else place_of(endpoint, "ingress URL")
        except InvalidEngineUrl:
            place = None
        if place is not None and on_same_machine(place, self._api.place):
            is_reachable = place.socket_path is None or self._api.http.injected is None
            if is_reachable:
                return place
        instead = (
            "Give the ingress URL with --ingress-url: the engine names none on the host of its"
            " admin URL, and others are not called unasked."
        )
        raise NotSupported(NAME, "ingress URL that is known", instead)


def _service(one: _Service) -> Service:
    return Service(
        name=one.name,
        kind=_KINDS.get(one.ty, ServiceKind.UNKNOWN),
        revision=one.revision,
        deployment_id=one.deployment_id,
        handlers=tuple(
            Handler(each.name, _HANDLERS.get(each.ty, HandlerKind.UNKNOWN)) for each in one.handlers
        ),
    )
