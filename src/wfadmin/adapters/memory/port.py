"""What every port of the engine in memory is made of, and how a call of it begins."""

import attrs

from wfadmin.adapters.memory.points import Points
from wfadmin.adapters.memory.store import Store
from wfadmin.ports.points import Point

__all__ = ["Port"]


@attrs.frozen(eq=False)
class Port:
    """Some of the calls of an engine."""

    _store: Store
    _points: Points

    async def _reach(self, point: Point) -> None:
        """Come by `point`; what was accepted and is due has happened behind it."""
        await self._points.reach(point, self._store.settle_due)
