"""
The contract of the ports, over HTTP to the model of a sidecar, and on the memory engine like it.

A rule that Dapr cannot keep is named with the reason. Each of them is broken by the real sidecar
too, as its recordings say.
"""

from collections.abc import Mapping

import pytest

from tests.adapters.dapr_model.driver import DaprMemoryDriver, DaprModelDriver
from wfadmin.adapters.dapr import connect
from wfadmin.testing import Bench, Clause, clauses, run

_DEVIATIONS: Mapping[str, str] = {
    "IS-01": "it has one word for what is planned and for what waits: PENDING",
    **dict.fromkeys(
        ("IC-06", "IC-11"),
        "every command starts an instance that is planned: terminate-pending-scheduled",
    ),
}


@pytest.mark.asyncio
@pytest.mark.parametrize("clause", clauses(contract=1), ids=str)
async def test_the_adapter_keeps_the_contract(clause: Clause[Bench]) -> None:
    await run(clause, connect, DaprModelDriver(), deviations=_DEVIATIONS)


@pytest.mark.asyncio
@pytest.mark.parametrize("clause", clauses(contract=1), ids=str)
async def test_the_memory_engine_like_it_keeps_the_contract(clause: Clause[Bench]) -> None:
    driver = DaprMemoryDriver()
    await run(clause, driver.connect, driver, deviations=_DEVIATIONS)
