"""
What is registered: deployments, the services that they serve, and where new work goes.

As seen on real engines: a new deployment gets, for each service, the highest revision that is
registered and one more; so after a removal the same number comes again. A removal asks nothing.
"""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

import attrs

from wfadmin.adapters.memory.clock import VirtualClock
from wfadmin.domain.drain import Route, routing
from wfadmin.domain.errors import EngineRejected, InvalidServiceUrl, UsageError
from wfadmin.domain.model import (
    Deployment,
    Handler,
    HandlerKind,
    Service,
    ServiceKind,
    ServiceRevision,
)
from wfadmin.domain.urls import normalised_url, same_url, without_secrets, without_userinfo

__all__ = ["WHERE", "Registry", "Shape"]

#: What errors name as the address that was asked.
WHERE = "memory"

_TICK = timedelta(milliseconds=1)
_DAY = timedelta(days=1)


@attrs.frozen
class Shape:
    """
    What a service looks like to the engine.

    Attributes:
        main: The handler that a run of it executes; every other one is shared.
        shared: The shared handlers.
        retention: How long the engine keeps a completed run of it; None for ever.
    """

    name: str
    kind: ServiceKind
    main: str = "run"
    shared: tuple[str, ...] = ()
    retention: timedelta | None = _DAY

    @property
    def handlers(self) -> tuple[Handler, ...]:
        """Every handler, the main one first."""
        shared = (Handler(name, HandlerKind.SHARED) for name in self.shared)
        return (Handler(self.main, HandlerKind.MAIN), *shared)


@attrs.define(eq=False)
class Registry:
    """The registered deployments, and the places that run, whether registered or not."""

    _clock: VirtualClock
    _shapes: dict[str, Shape] = attrs.field(factory=dict, init=False)
    _places: dict[str, tuple[str, ...]] = attrs.field(factory=dict, init=False)
    _deployments: dict[str, Deployment] = attrs.field(factory=dict, init=False)
    # How many ids were given out: an id never comes again.
    _given: int = attrs.field(default=0, init=False)

    @property
    def deployments(self) -> tuple[Deployment, ...]:
        """Every registered deployment, the first registered first."""
        return tuple(self._deployments.values())

    @property
    def services(self) -> tuple[Service, ...]:
        """Every service that a registered deployment serves, by name."""
        routes = routing(self.deployments)
        return tuple(
            Service(
                name=name,
                kind=self.shape(name).kind,
                revision=routes[name].revision,
                deployment_id=routes[name].deployment_id,
                handlers=self.shape(name).handlers,
            )
            for name in sorted(routes)
        )

    def shape(self, service_name: str) -> Shape:
        """What the service looks like; nobody said otherwise: a workflow."""
        return self._shapes.get(service_name) or Shape(service_name, ServiceKind.WORKFLOW)

    def knows(self, service_name: str) -> bool:
        """Whether anybody said what the service looks like."""
        return service_name in self._shapes

    def define(self, shape: Shape) -> None:
        """Say what a service looks like, in every deployment that serves it."""
        self._shapes[shape.name] = shape

    def route(self, service_name: str) -> Route | None:
        """Where new work of the service goes; None where no deployment serves it."""
        return routing(self.deployments).get(service_name)

    def find(self, deployment_id: str) -> Deployment | None:
        """The registered deployment of that id."""
        return self._deployments.get(deployment_id)

    def serves(self, deployment_id: str, service_name: str) -> bool:
        """Whether that deployment is registered and serves any revision of the service."""
        found = self.find(deployment_id)
        return found is not None and any(one.name == service_name for one in found.services)

    def host(self, service_url: str, service_names: tuple[str, ...]) -> None:
        """
        Let a place run at `service_url` that serves these; it is not registered by that.

        Raises:
            InvalidServiceUrl: Not a URL of a place.
            UsageError: It would serve nothing.
        """
        if not service_names:
            raise UsageError("serves", "a place serves at least one service")
        self._places[normalised_url(service_url)] = tuple(dict.fromkeys(service_names))

    def stop(self, service_url: str) -> None:
        """Let the place at `service_url` answer no more; what is registered stays registered."""
        self._places.pop(normalised_url(service_url), None)

    def discover(self, service_url: str, *, force: bool) -> Deployment:
        """
        The deployment that a registration would keep. Changes nothing.

        A known URL without `force` is not even called: it is what it was.

        Raises:
            EngineRejected: Not a URL, or nothing answers there.
        """
        known = next((d for d in self.deployments if same_url(d.service_url, service_url)), None)
        if known is not None and not force:
            return known
        services = self._next_revisions(self._asked(service_url))
        if known is not None:
            created_at = self._later_than(known.created_at)
            return attrs.evolve(known, created_at=created_at, services=services)
        kept = _as_kept(service_url)
        return Deployment(self._next_id(), kept, kept, self._clock.now(), services)

    def keep(self, deployment: Deployment) -> None:
        """Register a deployment as it was discovered."""
        self.promise(deployment.id)
        self._deployments[deployment.id] = deployment

    def promise(self, deployment_id: str) -> None:
        """Give that id to no other deployment, although what bears it is not kept yet."""
        self._given += deployment_id == self._next_id()

    def remove(self, deployment_id: str) -> None:
        """Forget a deployment, whatever it serves and whoever is pinned to it."""
        self._deployments.pop(deployment_id, None)

    def _next_id(self) -> str:
        return f"dp_{self._given + 1}"

    def _asked(self, service_url: str) -> tuple[str, ...]:
        try:
            found = self._places.get(normalised_url(service_url))
        except InvalidServiceUrl as error:
            raise EngineRejected(WHERE, 422, None, error.problem) from None
        if found is None:
            where = without_secrets(service_url)
            raise EngineRejected(WHERE, 500, "META0003", f"error when calling {where}")
        return found

    def _next_revisions(self, service_names: tuple[str, ...]) -> tuple[ServiceRevision, ...]:
        routes = routing(self.deployments)
        return tuple(
            ServiceRevision(name, routes[name].revision + 1 if name in routes else 1)
            for name in service_names
        )

    def _later_than(self, before: datetime | None) -> datetime:
        now = self._clock.now()
        return now if before is None else max(now, before + _TICK)


def _as_kept(service_url: str) -> str:
    """The form in which the engine gives a URL back: with a slash where nothing else follows."""
    parts = urlsplit(without_userinfo(service_url))
    return parts._replace(path=parts.path or "/").geturl()
