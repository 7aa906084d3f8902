"""Engines that lack something which the engine in memory has."""

from collections.abc import Callable

import attrs

from wfadmin.adapters.memory import MemoryEngine, Point
from wfadmin.domain.capabilities import EngineFacts
from wfadmin.domain.errors import NotSupported
from wfadmin.domain.keys import InvocationRef
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


def at(point: Point, happens: Callable[[], object], *, visit: int = 1) -> Callable[[Point], object]:
    """Make a hook: `happens` when `point` is reached for the given time."""
    seen: list[Point] = []

    async def hook(reached: Point) -> None:
        seen.append(reached)
        if reached is point and seen.count(point) == visit:
            happens()

    return hook
