"""The engine in memory as one bundle of ports: a full member, and never kinder than real ones."""

from collections.abc import Callable, Mapping
from typing import TypeVar

import attrs
from typing_extensions import override

from wfadmin.adapters.memory.points import Points
from wfadmin.adapters.memory.profile import Slot
from wfadmin.adapters.memory.reading import (
    MemoryAdmin,
    MemoryHistory,
    MemoryInvocations,
    MemoryListing,
)
from wfadmin.adapters.memory.registry import WHERE
from wfadmin.adapters.memory.store import Store
from wfadmin.adapters.memory.writing import MemoryControl, MemoryDeployments, MemoryState
from wfadmin.domain.capabilities import Capabilities, CommandName, EngineFacts, Listing
from wfadmin.ports.engine import Engine
from wfadmin.ports.points import Point

__all__ = ["MemoryEngine"]

_P = TypeVar("_P")


@attrs.frozen(eq=False)
class MemoryEngine(Engine):
    """
    The ports of the engine that it is like, over one store.

    Attributes:
        store: What the engine holds; what clients, the engine itself and other tools do.
        points: The points that every call passes: set a hook, or break a component.
        commands: What it may be told to do; anything else is refused before its point.
    """

    store: Store
    points: Points = attrs.field(factory=Points)
    commands: frozenset[CommandName] = attrs.field(
        default=attrs.Factory(lambda self: self.store.profile.commands, takes_self=True)
    )

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
    def deployments(self) -> MemoryDeployments | None:
        """See `Engine.deployments`."""
        return self._in(Slot.DEPLOYMENTS, MemoryDeployments)

    @property
    @override
    def listing(self) -> MemoryListing | None:
        """See `Engine.listing`."""
        return self._in(Slot.LISTING, MemoryListing)

    @property
    @override
    def control(self) -> MemoryControl:
        """See `Engine.control`."""
        return MemoryControl(self.store, self.points, self.commands)

    @property
    @override
    def history(self) -> MemoryHistory | None:
        """See `Engine.history`."""
        return self._in(Slot.HISTORY, MemoryHistory)

    @property
    @override
    def state(self) -> MemoryState | None:
        """See `Engine.state`."""
        return self._in(Slot.STATE, MemoryState)

    @property
    @override
    def instead(self) -> Mapping[str, str]:
        """See `Engine.instead`."""
        return self.store.profile.instead

    @override
    async def facts(self) -> EngineFacts:
        """See `Engine.facts`."""
        await self.points.reach(Point.FACTS, self.store.settle_due)
        profile = self.store.profile
        obstacle = profile.view.obstacle(self.store)
        # It goes past the workers, which are the only obstacle there is.
        forced = self.commands & {CommandName.FORCE_PURGE}
        unhindered = frozenset(forced if obstacle is not None else ())
        return EngineFacts(profile.version, self._capabilities(), obstacle, unhindered)

    @override
    async def aclose(self) -> None:
        """See `Engine.aclose`: there is nothing to let go of."""

    def _in(self, slot: Slot, port: Callable[[Store, Points], _P]) -> _P | None:
        return port(self.store, self.points) if self.store.profile.has(slot) else None

    def _capabilities(self) -> Capabilities:
        store = self.store
        declared = store.profile.capabilities(store.fence, self.commands)
        if store.acceptance:
            declared = attrs.evolve(declared, kill_is_immediate=False)
        if store.listing_limit is not None:
            declared = attrs.evolve(declared, listing=Listing.TRUNCATED)
        return declared
