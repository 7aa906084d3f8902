"""How an engine shows its runs and services to whoever reads them."""

from typing import TYPE_CHECKING

import attrs

from wfadmin.domain.keys import InvocationRef, WorkflowKey
from wfadmin.domain.model import Invocation, Service

if TYPE_CHECKING:
    from wfadmin.adapters.memory.table import Table

__all__ = ["View"]


class View:
    """Everything as it is held. Override what an engine does not show, or shows otherwise."""

    def for_key(self, table: "Table", key: WorkflowKey) -> tuple[Invocation, ...]:
        """The runs of a key. May refuse the key as the engine's adapter does."""
        return tuple(one for one in table.runs if one.key == key)

    def get(self, table: "Table", ref: InvocationRef) -> Invocation | None:
        """The run that bears the id now."""
        return table.find(ref.id)

    def children(self, table: "Table", ref: InvocationRef) -> tuple[Invocation, ...]:
        """The unfinished runs that it called, by the id: ids come again."""
        return table.children_of(ref.id)

    def services(self, table: "Table") -> tuple[Service, ...]:
        """The services; those that no deployment serves are not there."""
        services = table.registry.services
        if table.has_deployments:
            return services
        return tuple(attrs.evolve(one, revision=0, deployment_id=None) for one in services)

    def obstacle(self, table: "Table") -> str | None:  # noqa: ARG002 - for others to look at
        """What keeps any write from being done now, as sentences; None where nothing does."""
        return None
