"""The host adapters that come with wfadmin keep the contract, on both event loops."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.kit.hosts import benches
from wfadmin.adapters.runtime import AnyioTasks, SilentObserver, SystemClock
from wfadmin.testing import Clause, Outcome
from wfadmin.testing.hosts import (
    ClockBench,
    HostBench,
    ObserverBench,
    TasksBench,
    audit_clauses,
    authenticator_clauses,
    clock_clauses,
    credentials_clauses,
    evidence_clauses,
    examine_host,
    guard_clauses,
    ids_clauses,
    lease_clauses,
    observer_clauses,
    run_host,
    tasks_clauses,
)

SUBJECTS: tuple[tuple[Any, dict[str, Callable[[], HostBench]]], ...] = (
    (audit_clauses, {"file": benches.FileAudit, "memory": benches.MemoryAudit}),
    (lease_clauses, {"file": benches.FolderLease, "memory": benches.ProcessLease}),
    (evidence_clauses, {"folder": benches.FolderOfEvidence, "memory": benches.EvidenceInMemory}),
    (
        clock_clauses,
        {"system": lambda: ClockBench(SystemClock()), "virtual": benches.VirtualTime},
    ),
    (tasks_clauses, {"anyio": lambda: TasksBench(AnyioTasks())}),
    (ids_clauses, {"random": benches.FreshIds}),
    (
        credentials_clauses,
        {
            "file": benches.TokenInAFile,
            "variable": benches.TokenInAVariable,
            "given": benches.GivenToken,
        },
    ),
    (guard_clauses, {"function": benches.HostKnows}),
    (authenticator_clauses, {"hashed keys": benches.KnowsAda}),
    (
        observer_clauses,
        {"silent": lambda: ObserverBench(SilentObserver()), "journal": benches.Watched},
    ),
)
CASES = [
    pytest.param(clause, make, id=f"{name} {clause}")
    for clauses, makers in SUBJECTS
    for name, make in makers.items()
    for clause in clauses(contract=1)
]
#: One bench of each port can do everything, so that no clause passes because nothing was done.
WHOLE = [
    pytest.param(clause, [*makers.values()][-1 if clause.id[:2] == "OB" else 0], id=str(clause))
    for clauses, makers in SUBJECTS
    for clause in clauses(contract=1)
]


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.anyio
@pytest.mark.parametrize(("clause", "make"), CASES)
async def test_a_host_adapter_keeps_the_contract(
    clause: Clause[HostBench], make: Callable[[], HostBench]
) -> None:
    await run_host(clause, make())


@pytest.mark.asyncio
@pytest.mark.parametrize(("clause", "make"), WHOLE)
async def test_every_clause_is_exercised(
    clause: Clause[HostBench], make: Callable[[], HostBench]
) -> None:
    verdict = await examine_host(clause, make())

    assert verdict.outcome is Outcome.PASSED, verdict
