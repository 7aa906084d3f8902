"""The engine as it really is at one moment, whatever anybody was told of it."""

import attrs

from wfadmin.adapters.memory import World
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import Deployment, HandlerKind, Invocation, Service

__all__ = ["Moment", "is_shared", "moment_of"]


@attrs.frozen
class Moment:
    """
    The engine at one moment.

    Attributes:
        runs: By id.
        stored: The keys under which something is stored.
        services: Each with where it goes now.
    """

    runs: dict[str, Invocation]
    stored: frozenset[WorkflowKey]
    deployments: tuple[Deployment, ...]
    services: tuple[Service, ...]

    def of_key(self, key: WorkflowKey | None) -> tuple[Invocation, ...]:
        """The runs of a key."""
        return tuple(one for one in self.runs.values() if key is not None and one.key == key)

    def mains_of(self, key: WorkflowKey | None) -> tuple[Invocation, ...]:
        """The runs of a key that are no shared calls."""
        return tuple(one for one in self.of_key(key) if not is_shared(one, self.services))


def is_shared(run: Invocation, services: tuple[Service, ...]) -> bool:
    """Whether it only talks to the run of a key; the service says so where the run does not."""
    kind = run.handler_kind
    if kind is HandlerKind.UNKNOWN:
        service = next((one for one in services if one.name == run.service_name), None)
        kind = kind if service is None else service.handler_kind(run.handler_name)
    return kind is HandlerKind.SHARED


def moment_of(world: World, keys: set[WorkflowKey]) -> Moment:
    """What `world` holds now, with what is stored under `keys` and under those of its runs."""
    store, registry = world.store, world.store.registry
    runs = {one.id: one for one in store.runs}
    known = keys | {one.key for one in runs.values() if one.key is not None}
    stored = frozenset(key for key in known if store.state_of(key))
    return Moment(runs, stored, registry.deployments, registry.services)
