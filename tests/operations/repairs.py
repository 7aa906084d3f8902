"""What the tests of repairs share: an operator, its points, and what goes wrong there."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import attrs

import wfadmin
from wfadmin.adapters.audit_memory import MemoryAuditLog
from wfadmin.adapters.memory import Point, World
from wfadmin.adapters.memory.table import Table
from wfadmin.domain.policy import (
    BackingOff,
    Paused,
    Protection,
    RecoveryPolicy,
    Suspended,
)
from wfadmin.errors import OutcomeUnknown, WfadminError
from wfadmin.operations.local import LocalOperator

KEY = wfadmin.WorkflowKey("Order", "o-1")
PAUSED = RecoveryPolicy((Paused(),))
BACKING_OFF = RecoveryPolicy((BackingOff(5),))
SHARED_TOO = RecoveryPolicy((Paused(), BackingOff(5), Suspended(timedelta(hours=1))))

Hook = Callable[[Point], Awaitable[None]]


def operator_of(world: World, **ports: object) -> LocalOperator:
    """Connect with the clock of the world; a protection goes into the host."""
    protection: Any = ports.pop("protection", Protection())
    operator = wfadmin.connect(world.engine, clock=world.clock, **ports)  # type: ignore[arg-type]
    return attrs.evolve(operator, host=attrs.evolve(operator.host, protection=protection))


def watch(world: World, *hooks: Callable[[Point], object]) -> list[Point]:
    """Note every point that is reached from now on, and let the hooks act there."""
    seen: list[Point] = []

    async def hook(point: Point) -> None:
        seen.append(point)
        for one in hooks:
            await one(point)  # type: ignore[misc]

    world.engine.points.hook = hook
    return seen


def writes(points: list[Point]) -> list[Point]:
    """Only the points from which something is written."""
    return [one for one in points if one.is_write]


def fails(point: Point, error: WfadminError, *, visit: int = 1) -> Hook:
    """Make a hook: the call at `point` raises, and does nothing."""
    return acts(point, lambda: _raise(error), visit=visit)


def fails_from(point: Point, error: WfadminError, *, visit: int) -> Hook:
    """Make a hook: from the given time on, every call at `point` raises."""
    seen: list[Point] = []

    async def hook(reached: Point) -> None:
        seen.append(reached)
        if reached is point and seen.count(point) >= visit:
            raise error.with_traceback(None)

    return hook


def lost(point: Point, effect: Callable[[], object], *, visit: int = 1) -> Hook:
    """Make a hook: the engine does it, or not, and no answer comes."""

    def happens() -> None:
        effect()
        raise OutcomeUnknown(point.value, "it", "The connection was cut")

    return acts(point, happens, visit=visit)


def acts(point: Point, happens: Callable[[], object], *, visit: int = 1) -> Hook:
    """Make a hook: `happens` when `point` is reached for the given time."""
    seen: list[Point] = []

    async def hook(reached: Point) -> None:
        seen.append(reached)
        if reached is point and seen.count(point) == visit:
            happens()

    return hook


def nothing() -> None:
    """No effect at all."""


def _raise(error: WfadminError) -> None:
    raise error


class Later:
    """An engine that accepts first: what it accepted happens when it is told to."""

    def __init__(self, monkeypatch: object) -> None:
        self.accepted: list[Callable[[], None]] = []
        replace = lambda _, effect: self.accepted.append(effect)  # noqa: E731
        monkeypatch.setattr(Table, "happen", replace)  # type: ignore[attr-defined]

    def happen(self) -> None:
        """Let all of it happen."""
        while self.accepted:
            self.accepted.pop(0)()


def outcomes(audit: MemoryAuditLog) -> list[tuple[str, str | None]]:
    """Verb and outcome of every record; an intent has none."""
    return [(one.verb, one.outcome) for one in audit.records]
