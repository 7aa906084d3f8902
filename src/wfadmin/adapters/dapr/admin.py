"""The sidecar's front doors, and the app that it serves."""

from http import HTTPStatus

import attrs
from typing_extensions import override

from wfadmin.adapters.dapr.api import DaprApi
from wfadmin.adapters.dapr.troubles import sentence, trouble_of
from wfadmin.domain.errors import EngineRejected
from wfadmin.domain.model import Service, ServiceKind
from wfadmin.ports.admin import AdminApi
from wfadmin.wire.http import Request
from wfadmin.wire.places import Place

__all__ = ["DaprAdmin"]


@attrs.frozen(eq=False)
class DaprAdmin(AdminApi):
    """See `AdminApi`."""

    _api: DaprApi
    _ingress: Place

    @override
    async def probe_ingress(self) -> None:
        """
        See `AdminApi.probe_ingress`. Sends: one GET, without the token.

        It says that the sidecar takes requests, and nothing of workflows: it stays green without
        a worker, a scheduler or placement.
        """
        request = Request("GET", "/v1.0/healthz/outbound", is_admin=False)
        reply = await self._api.http.read(self._ingress, request)
        if reply.status != HTTPStatus.NO_CONTENT:
            raise reply.unexpected("it is not the answer of a sidecar")

    @override
    async def probe_admin(self) -> str | None:
        """
        See `AdminApi.probe_admin`. Sends: two GETs.

        A scheduler that died later shows in no read: a write that is not answered is its sign.
        """
        metadata = await self._api.metadata()
        trouble = trouble_of(metadata)
        if trouble is not None:
            where = f"GET /v1.0/metadata at {self._api.place.shown}"
            remedy = sentence(trouble.remedy)
            raise EngineRejected(where, HTTPStatus.OK, None, trouble.problem, remedy=remedy)
        await self._api.probe()
        return metadata.version.text

    @override
    async def list_services(self) -> tuple[Service, ...]:
        """
        See `AdminApi.list_services`. Sends: one GET.

        The app, with the workers that are connected to this sidecar. Which workflows they know
        nobody can ask.
        """
        metadata = await self._api.metadata()
        other = self._api.app_id
        if other is not None and other != metadata.app_id:
            return (Service(other, ServiceKind.WORKFLOW),)
        return (Service(metadata.app_id, ServiceKind.WORKFLOW, workers=metadata.workers),)
