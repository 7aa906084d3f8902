"""The engine in memory as one bundle of ports: a full member, and never kinder than Restate."""

import attrs
from typing_extensions import override

from wfadmin.adapters.memory.points import Point, Points
from wfadmin.adapters.memory.reading import MemoryAdmin, MemoryInvocations, MemoryListing
from wfadmin.adapters.memory.registry import WHERE
from wfadmin.adapters.memory.store import Store
from wfadmin.adapters.memory.words import ALL_COMMANDS, VERSION, capabilities
from wfadmin.adapters.memory.writing import MemoryControl, MemoryDeployments, MemoryState
from wfadmin.domain.capabilities import CommandName, EngineFacts
from wfadmin.ports.engine import Engine

__all__ = ["MemoryEngine"]


@attrs.frozen(eq=False)
class MemoryEngine(Engine):
    """
    Every port but history, over one store.

    Attributes:
        store: What the engine holds; what clients, the engine itself and other tools do.
        points: The points that every call passes: set a hook, or break a component.
        commands: What it may be told to do; anything else is refused before its point.
    """

    store: Store
    points: Points = attrs.field(factory=Points)
    commands: frozenset[CommandName] = ALL_COMMANDS

    @property
    @override
    def name(self) -> str:
        """See `Engine.name`."""
        return "memory"

    @property
    @override
    def address(self) -> str:
        """See `Engine.address`."""
        return WHERE

    @property
    @override
    def admin(self) -> MemoryAdmin:
        """See `Engine.admin`."""
        return MemoryAdmin(self.store, self.points)

    @property
    @override
    def invocations(self) -> MemoryInvocations:
        """See `Engine.invocations`."""
        return MemoryInvocations(self.store, self.points)

    @property
    @override
    def deployments(self) -> MemoryDeployments:
        """See `Engine.deployments`."""
        return MemoryDeployments(self.store, self.points)

    @property
    @override
    def listing(self) -> MemoryListing:
        """See `Engine.listing`."""
        return MemoryListing(self.store, self.points)

    @property
    @override
    def control(self) -> MemoryControl:
        """See `Engine.control`."""
        return MemoryControl(self.store, self.points, self.commands)

    @property
    @override
    def history(self) -> None:
        """See `Engine.history`: this engine keeps none."""
        return

    @property
    @override
    def state(self) -> MemoryState:
        """See `Engine.state`."""
        return MemoryState(self.store, self.points)

    @override
    async def facts(self) -> EngineFacts:
        """See `Engine.facts`."""
        await self.points.reach(Point.FACTS)
        return EngineFacts(VERSION, capabilities(self.store.fence, self.commands))

    @override
    async def aclose(self) -> None:
        """See `Engine.aclose`: there is nothing to let go of."""
