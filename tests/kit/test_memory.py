"""The engine in memory keeps the contract, however it is configured."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from wfadmin.adapters.memory import World
from wfadmin.domain.capabilities import CommandName, Fence
from wfadmin.testing import Bench, Clause, clauses, run
from wfadmin.testing.memory import MemoryDriver

WORLDS: dict[str, Callable[[], World]] = {
    "as it comes": World,
    "atomic fence": lambda: World(fence=Fence.ATOMIC),
    "no fence": lambda: World(fence=Fence.NONE),
    "only resume": lambda: World(commands=frozenset({CommandName.RESUME})),
    "accepts first": lambda: World(acceptance=timedelta(seconds=2)),
    "lists few": lambda: World(listing_limit=2),
}


@pytest.mark.asyncio
@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS.keys())
@pytest.mark.parametrize("clause", clauses(contract=1), ids=str)
async def test_memory_keeps_the_contract(clause: Clause[Bench], world: Callable[[], World]) -> None:
    driver = MemoryDriver(world())
    await run(clause, driver.connect, driver)
