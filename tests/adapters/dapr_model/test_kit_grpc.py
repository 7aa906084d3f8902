"""
The contract of the ports, over HTTP and gRPC to the model of a sidecar.

A rule that Dapr cannot keep is named with the reason. Each of them is broken by the real sidecar
too, as its recordings say.
"""

from collections.abc import Mapping

import pytest

from tests.adapters.dapr_model.grpc_driver import DaprBothDriver
from wfadmin.adapters.dapr import connect
from wfadmin.adapters.dapr.grpc import client
from wfadmin.testing import Bench, Clause, clauses
from wfadmin.testing.running import Subject, as_test, examine
from wfadmin.testing.verdicts import Outcome

_DEVIATIONS: Mapping[str, str] = {
    "IS-01": "it has one word for what is planned and for what waits: PENDING",
    **dict.fromkeys(
        ("IC-06", "IC-11"),
        "every command starts an instance that is planned: terminate-pending-scheduled",
    ),
}
# Of the clauses about lists and histories these ask for what Dapr has not: usage, a partial list.
_NOT_THERE = frozenset({"IL-09", "IL-20"})


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> DaprBothDriver:
    """The model, which every gRPC channel leads to."""
    driver = DaprBothDriver()
    monkeypatch.setattr(client, "open_channel", driver.open_channel)
    return driver


@pytest.mark.asyncio
@pytest.mark.parametrize("clause", clauses(contract=1), ids=str)
async def test_the_adapter_keeps_the_contract(
    clause: Clause[Bench], driver: DaprBothDriver
) -> None:
    verdict = await examine(clause, Subject(connect, driver, _DEVIATIONS))

    if clause.id.startswith(("IL", "IH")) and clause.id not in _NOT_THERE:
        found = verdict.outcome, driver.over_grpc.requests > 0
        assert found == (Outcome.PASSED, True), str(verdict)
    as_test(verdict, clause.rule)
