"""The engine in memory under the name `lab`, in the state that a test puts it into."""

import sys
from types import SimpleNamespace

import attrs
import pytest

from wfadmin import bootstrap
from wfadmin.adapters.memory import Hook, MemoryEngine, World
from wfadmin.domain.components import Component
from wfadmin.domain.errors import WfadminError
from wfadmin.ports.engine import Engine, EngineSettings

__all__ = ["LAB", "Lab", "install"]

#: The options that reach it.
LAB = ("--engine", "lab")


@attrs.define
class Lab:
    """
    What a test knows of its engine.

    Attributes:
        settings: What the adapter was made from, each time.
        closed: How often it was closed.
    """

    world: World
    settings: list[EngineSettings] = attrs.field(factory=list)
    closed: int = 0

    def breaks(self, error: WfadminError) -> None:
        """From now on every question is answered with `error`."""
        for component in Component:
            self.world.break_component(component, error)

    def hook(self, hook: Hook) -> None:
        """From now on every question comes by `hook`."""
        self.world.engine.points.hook = hook


def install(monkeypatch: pytest.MonkeyPatch, world: World | None = None) -> Lab:
    """Make `--engine lab` reach `world`; one healthy workflow service, unless given."""
    lab = Lab(World() if world is None else world)
    if world is None:
        lab.world.workflow("Order")

    def connect(settings: EngineSettings) -> Engine:
        lab.settings.append(settings)
        return lab.world.engine

    async def close(_: MemoryEngine) -> None:
        lab.closed += 1

    monkeypatch.setattr(MemoryEngine, "aclose", close)
    monkeypatch.setitem(sys.modules, "tests_cli_lab", SimpleNamespace(connect=connect))
    monkeypatch.setitem(bootstrap._BUILT_IN, "lab", "tests_cli_lab")
    return lab
