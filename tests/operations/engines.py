"""Engines that lack something which the engine in memory has."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import attrs

from wfadmin.adapters.memory import MemoryEngine, Point, World
from wfadmin.adapters.memory.store import Store
from wfadmin.domain.capabilities import EngineFacts
from wfadmin.domain.errors import InvalidWorkflowKey, NotSupported
from wfadmin.domain.keys import InvocationRef, WorkflowKey
from wfadmin.domain.model import Invocation
from wfadmin.ports import (
    AdminApi,
    DeploymentRegistry,
    Engine,
    InvocationControl,
    InvocationHistory,
    InvocationListing,
    InvocationStore,
    StateStore,
)
from wfadmin.ports.history import Examination, HistoryEntry


@attrs.frozen(eq=False)
class Childless:
    """An invocation store that cannot say who called whom."""

    whole: InvocationStore

    def __getattr__(self, name: str) -> object:
        return getattr(self.whole, name)

    async def children(self, _ref: InvocationRef) -> tuple[Invocation, ...]:
        raise NotSupported("bare", "children")


@attrs.frozen(eq=False)
class BareEngine(Engine):
    """Runs by key and front doors, and nothing else: what the smallest adapter offers."""

    whole: MemoryEngine

    @property
    def name(self) -> str:
        return "bare"

    @property
    def address(self) -> str:
        return "bare"

    @property
    def admin(self) -> AdminApi:
        return self.whole.admin

    @property
    def invocations(self) -> InvocationStore:
        return Childless(self.whole.invocations)  # type: ignore[return-value]

    @property
    def deployments(self) -> DeploymentRegistry | None:
        return None

    @property
    def listing(self) -> InvocationListing | None:
        return None

    @property
    def control(self) -> InvocationControl | None:
        return None

    @property
    def history(self) -> InvocationHistory | None:
        return None

    @property
    def state(self) -> StateStore | None:
        return None

    async def facts(self) -> EngineFacts:
        facts = await self.whole.facts()
        unsure = attrs.evolve(facts.capabilities, services_cover_names=False)
        return attrs.evolve(facts, capabilities=unsure)

    async def aclose(self) -> None:
        await self.whole.aclose()


@attrs.frozen(eq=False)
class Declaring(MemoryEngine):
    """The engine in memory, that declares something else."""

    declared: Mapping[str, Any] = attrs.field(factory=dict)
    obstacle: str | None = None
    advice: Mapping[str, str] = attrs.field(factory=dict)
    runs: object = None
    told: object = None

    @property
    def history(self) -> InvocationHistory | None:  # type: ignore[override]
        return self.told or super().history  # type: ignore[return-value]

    @property
    def invocations(self) -> InvocationStore:  # type: ignore[override]
        return self.runs or super().invocations  # type: ignore[return-value]

    @property
    def instead(self) -> Mapping[str, str]:
        return self.advice

    async def facts(self) -> EngineFacts:
        facts = await super().facts()
        capabilities = attrs.evolve(facts.capabilities, **self.declared)
        return EngineFacts(facts.version, capabilities, self.obstacle)


def declaring(world: World, *, obstacle: str | None = None, **declared: object) -> Declaring:
    """Give the engine of a world, with these capabilities."""
    whole = world.engine
    return Declaring(
        whole.store, whole.points, whole.commands, declared=declared, obstacle=obstacle
    )


@attrs.frozen(eq=False)
class Tells(InvocationHistory):
    """A history that says more of a run than its status does."""

    examined: Callable[[InvocationRef], Examination]

    async def entries(self, ref: InvocationRef) -> AsyncIterator[HistoryEntry]:
        raise NotSupported("memory", f"history of {ref.id}")
        yield

    async def examine(self, ref: InvocationRef) -> Examination:
        return self.examined(ref)


@attrs.frozen(eq=False)
class Parents:
    """An invocation store that knows children, or does not; ended ones too."""

    whole: InvocationStore
    found: Callable[[InvocationRef], tuple[Invocation, ...]]

    def __getattr__(self, name: str) -> object:
        return getattr(self.whole, name)

    async def children(self, ref: InvocationRef) -> tuple[Invocation, ...]:
        return self.found(ref)


@attrs.frozen(eq=False)
class NamedByKeyAlone:
    """An invocation store in which one id serves all services."""

    whole: InvocationStore
    store: Store

    def __getattr__(self, name: str) -> object:
        return getattr(self.whole, name)

    async def for_key(self, key: WorkflowKey) -> tuple[Invocation, ...]:
        found = await self.whole.for_key(key)
        keys = {one.key for one in self.store.runs if one.key is not None}
        others = [one for one in keys if one.service_key == key.service_key and one != key]
        if others:
            raise InvalidWorkflowKey("service key", f"it is one of {others[0].service_name}")
        return found


def at(point: Point, happens: Callable[[], object], *, visit: int = 1) -> Callable[[Point], object]:
    """Make a hook: `happens` when `point` is reached for the given time."""
    seen: list[Point] = []

    async def hook(reached: Point) -> None:
        seen.append(reached)
        if reached is point and seen.count(point) == visit:
            happens()

    return hook
