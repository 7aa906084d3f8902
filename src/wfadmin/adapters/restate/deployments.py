"""The registered deployments, and what holds them."""

import json
from datetime import datetime
from urllib.parse import unquote, urlsplit

import attrs
from typing_extensions import override

from wfadmin.adapters.restate.api import RestateApi
from wfadmin.adapters.restate.sql import is_id
from wfadmin.adapters.restate.versions import REGISTER_FLOOR
from wfadmin.domain.answers import Answer, Registration
from wfadmin.domain.errors import InvalidServiceUrl, Sent, UnexpectedAnswer
from wfadmin.domain.model import Deployment, ServiceRevision, Usage, UsageRow
from wfadmin.domain.urls import normalised_url, without_secrets, without_userinfo
from wfadmin.ports.deployments import DeploymentRegistry
from wfadmin.wire.http import Request, Write

__all__ = ["RestateDeployments"]

# Also what never got past its first step: it has no pin, and belongs to its service.
_USAGE = (
    "select target_service_name as service, pinned_deployment_id as deployment, count(*) as n"
    " from sys_invocation_status where status <> 'completed' group by 1, 2"
)


@attrs.frozen
class _Revision:
    name: str
    revision: int


@attrs.frozen
class _Deployment:
    id: str
    created_at: datetime
    services: tuple[_Revision, ...]
    uri: str | None = None
    arn: str | None = None


@attrs.frozen
class _Deployments:
    deployments: tuple[_Deployment, ...]


@attrs.frozen
class _Registered:
    id: str
    services: tuple[_Revision, ...]


@attrs.frozen
class _Held:
    service: str
    n: int
    deployment: str | None = None


@attrs.frozen(eq=False)
class RestateDeployments(DeploymentRegistry):
    """See `DeploymentRegistry`."""

    _api: RestateApi

    @override
    async def list(self) -> tuple[Deployment, ...]:
        """See `DeploymentRegistry.list`. Sends: one GET."""
        found = await self._api.get("/deployments", _Deployments)
        return tuple(map(_deployment, found.deployments))

    @override
    async def usage(self) -> Usage:
        """See `DeploymentRegistry.usage`. Sends: one query, a walk over the unfinished."""
        rows = await self._api.rows(_USAGE, _Held)
        return Usage(tuple(UsageRow(row.service, row.deployment, row.n) for row in rows))

    @override
    async def register(self, service_url: str, *, force: bool, dry_run: bool) -> Registration:
        """See `DeploymentRegistry.register`. Sends: one POST; the engine calls the URL."""
        shown = without_secrets(normalised_url(service_url))
        body = {"uri": service_url, "force": force, "dry_run": dry_run}
        request = Request(
            "POST",
            "/deployments",
            json.dumps(body).encode(),
            secrets=_secrets(service_url),
            is_repeatable=False,
            floor=REGISTER_FLOOR,
        )
        if dry_run:
            reply = await self._api.http.read(self._api.place, request)
            return _registration(reply.read(_Registered))
        write = Write("register", shown)
        reply = await self._api.http.write(self._api.place, request, write)
        if not reply.is_success:
            raise reply.rejected(sent=Sent.YES)
        try:
            return _registration(reply.read(_Registered))
        except UnexpectedAnswer as error:
            raise write.unknown(f"Its answer cannot be read: {error.problem}") from error

    @override
    async def remove(self, deployment_id: str) -> Answer:
        """
        See `DeploymentRegistry.remove`. Sends: one DELETE.

        Always with force: without it the engine removes nothing (501). It checks nothing that is
        under way, and a service that an older deployment serves falls back to it.
        """
        if not is_id(deployment_id):
            return Answer.NOT_FOUND  # a path would lead elsewhere
        request = Request("DELETE", f"/deployments/{deployment_id}?force=true")
        return await self._api.send(request, Write("remove deployment", deployment_id))


def _deployment(one: _Deployment) -> Deployment:
    services = tuple(ServiceRevision(each.name, each.revision) for each in one.services)
    if one.uri is None:
        # A function has a name and no URL.
        return Deployment(one.id, None, one.arn or one.id, one.created_at, services)
    try:
        normalised_url(one.uri)
    except InvalidServiceUrl:
        return Deployment(one.id, None, without_secrets(one.uri), one.created_at, services)
    url = without_userinfo(one.uri)
    return Deployment(one.id, url, without_secrets(url), one.created_at, services)


def _registration(found: _Registered) -> Registration:
    services = tuple(ServiceRevision(each.name, each.revision) for each in found.services)
    return Registration(found.id, services)


def _secrets(service_url: str) -> tuple[str, ...]:
    """What the engine may repeat of the URL in the text of an error, and nobody may see."""
    parts = urlsplit(service_url)
    userinfo = parts.netloc.rpartition("@")[0]
    password = parts.password or ""
    return tuple(one for one in (userinfo, password, unquote(password), parts.query) if one)
