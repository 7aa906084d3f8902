"""
Which deployments are stale, and what still holds them.

Routing is a pure function of the deployments: new work of a service goes to its highest
revision. So what a removal does is known before it is sent: services that no remaining
deployment serves vanish, and services that an older one serves fall back to it, silently (seen
on live engines).
"""

from collections.abc import Collection, Iterable, Mapping

import attrs

from wfadmin.domain.errors import DeploymentNotFound
from wfadmin.domain.model import Deployment, Service, Usage
from wfadmin.domain.urls import normalised_url, same_url, without_secrets

__all__ = [
    "DrainVerdict",
    "Draining",
    "Removable",
    "Route",
    "Selection",
    "ServiceChange",
    "Serving",
    "Unknown",
    "drain_verdict",
    "routing",
    "select_stale",
]


@attrs.frozen
class Route:
    """Where new work of a service goes."""

    deployment_id: str
    revision: int


@attrs.frozen
class ServiceChange:
    """What happens to one service when a deployment goes; `falls_back_to` None: it vanishes."""

    service_name: str
    falls_back_to: Route | None


@attrs.frozen
class Serving:
    """New work goes to it: without it these services vanish or fall back."""

    services: tuple[ServiceChange, ...]


@attrs.frozen
class Draining:
    """
    It gets no new work, and unfinished work still holds it.

    Attributes:
        pinned: Unfinished invocations that are pinned to it.
    """

    pinned: int


@attrs.frozen
class Removable:
    """It gets no new work, and nothing unfinished holds it."""


@attrs.frozen
class Unknown:
    """What holds it cannot be told. Never the same as drained."""

    why: str


DrainVerdict = Serving | Draining | Removable | Unknown


@attrs.frozen
class Selection:
    """Which deployments stay, and which are stale."""

    kept: tuple[Deployment, ...]
    stale: tuple[Deployment, ...]


def routing(deployments: Iterable[Deployment]) -> Mapping[str, Route]:
    """Where new work of each service goes, by its highest revision."""
    routes: dict[str, Route] = {}
    for deployment in deployments:
        for served in deployment.services:
            known = routes.get(served.name)
            if known is None or served.revision > known.revision:
                routes[served.name] = Route(deployment.id, served.revision)
    return routes


def select_stale(
    deployments: Collection[Deployment],
    service_url: str,
    *,
    also_keep: Collection[str] = (),
    protected_urls: Collection[str] = (),
    protected_services: Collection[str] = (),
) -> Selection:
    """
    Every deployment at `service_url`, at a URL of `also_keep`, or protected is kept.

    URLs are equal when they name the same place (case of the host, default port, trailing
    slash); user name and password are never compared. A deployment without a URL equals none.

    Raises:
        InvalidServiceUrl: One of the URLs cannot be read; nothing was selected.
        DeploymentNotFound: `service_url` or one of `also_keep` matches no deployment: then
            everything would be stale, so nothing is. Protected URLs need not match.
    """
    wanted = (service_url, *also_keep)
    for url in (*wanted, *protected_urls):
        normalised_url(url)
    for url in wanted:
        if not any(same_url(one.service_url, url) for one in deployments):
            raise DeploymentNotFound(without_secrets(url))
    kept_urls = (*wanted, *protected_urls)

    def is_kept(one: Deployment) -> bool:
        return any(same_url(one.service_url, url) for url in kept_urls) or any(
            served.name in protected_services for served in one.services
        )

    return Selection(
        kept=tuple(one for one in deployments if is_kept(one)),
        stale=tuple(one for one in deployments if not is_kept(one)),
    )


def drain_verdict(
    deployment: Deployment,
    *,
    deployments: Collection[Deployment],
    services: Collection[Service],
    usage: Usage | None,
    after: Collection[str],
) -> DrainVerdict:
    """
    What still holds `deployment`, if all of `after` are to be removed.

    Args:
        deployment: The one that is asked about.
        deployments: All that are registered now, read together with `services` and `usage`.
        services: All that the engine lists now.
        usage: What unfinished work holds which deployment; None where that is not known.
        after: The ids of all planned removals. Routing is judged as it will be after them.

    Returns:
        `Unknown` where usage is missing or partial, where `deployment` is not registered as it
        was read, or where the engine routes otherwise than its deployments say: somebody is
        changing them, or we do not understand them.
    """
    if usage is None or not usage.complete:
        return Unknown("not all unfinished work could be counted")
    if not any(d.id == deployment.id and d.services == deployment.services for d in deployments):
        return Unknown("it is no longer registered as it was read")
    now = routing(deployments)
    if problem := _disagreement(now, services):
        return Unknown(problem)
    others = [d for d in deployments if d.id not in after or d.id == deployment.id]
    without = routing(d for d in others if d.id != deployment.id)
    serving = routing(others)
    changes = tuple(
        ServiceChange(name, without.get(name))
        for name in sorted({served.name for served in deployment.services})
        if serving[name].deployment_id == deployment.id
    )
    if changes:
        return Serving(changes)
    return _held(deployment, usage)


def _disagreement(now: Mapping[str, Route], services: Iterable[Service]) -> str | None:
    listed = {one.name: one for one in services}
    if listed.keys() != now.keys():
        return "the list of services and the deployments do not name the same services"
    if any(
        (now[name].deployment_id, now[name].revision) != (one.deployment_id, one.revision)
        for name, one in listed.items()
    ):
        return "the engine routes otherwise than its deployments say"
    return None


def _held(deployment: Deployment, usage: Usage) -> DrainVerdict:
    # Work without a pin goes to the deployment that serves its service: it holds no other.
    pinned = sum(row.count for row in usage.rows if row.deployment_id == deployment.id)
    return Draining(pinned) if pinned else Removable()
