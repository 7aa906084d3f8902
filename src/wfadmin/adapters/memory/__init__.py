"""
An engine in memory to test with: strict, without a server, without sleeping.

::

    world = World()
    order = world.workflow("Order").key("o-1")
    order.state({"stage": b"paying"}).failed("payment was refused")

    operator = wfadmin.connect(world.engine, clock=world.clock)
    report = await operator.inspect(order.workflow_key)

`World` puts the engine into a state, and lets time and other actors pass by.
"""

from wfadmin.adapters.memory.clock import VirtualClock
from wfadmin.adapters.memory.engine import MemoryEngine
from wfadmin.adapters.memory.points import Hook, Points, Step
from wfadmin.adapters.memory.store import Store, Submission, Submitted
from wfadmin.adapters.memory.world import Key, KeyedService, Placing, Run, World
from wfadmin.ports.engine import Engine, EngineSettings
from wfadmin.ports.points import Point

__all__ = [
    "Hook",
    "Key",
    "KeyedService",
    "MemoryEngine",
    "Placing",
    "Point",
    "Points",
    "Run",
    "Step",
    "Store",
    "Submission",
    "Submitted",
    "VirtualClock",
    "World",
    "connect",
]


def connect(settings: EngineSettings) -> Engine:  # noqa: ARG001 - it needs none of them
    """An empty and healthy engine. URLs and credentials of the settings are not used."""
    return World().engine
