"""What the contract of the host ports looks like, and how a test of it ends."""

import re
from pathlib import Path

import pytest
from typing_extensions import override

from tests.kit.hosts.benches import FileAudit, HostKnows, MemoryAudit
from tests.kit.hosts.mutants_access import PlainGuard
from tests.kit.hosts.mutants_audit import StoresNoIntent
from tests.kit.hosts.test_host_adapters import SUBJECTS
from wfadmin.adapters.audit_jsonl import JsonLinesAuditLog
from wfadmin.errors import AuditUnavailable, UsageError
from wfadmin.ports.audit import AuditRecord
from wfadmin.testing import CONTRACT, Clause, Outcome
from wfadmin.testing.hosts import (
    AuditBench,
    HostBench,
    audit_clauses,
    examine_host,
    guard_clauses,
    run_host,
)

PORTS = Path(__file__).parents[3] / "src" / "wfadmin" / "ports"
FILES = {
    "AuditLog": "audit.py",
    "Authenticator": "auth.py",
    "Clock": "clock.py",
    "Credentials": "credentials.py",
    "EvidenceStore": "evidence.py",
    "Ids": "ids.py",
    "Observer": "observer.py",
    "OperatorLease": "lease.py",
    "RetryGuard": "guard.py",
    "TaskRunner": "tasks.py",
}
EVERY: list[Clause[HostBench]] = [one for make, _ in SUBJECTS for one in make(contract=CONTRACT)]
BY_ID: dict[str, Clause[AuditBench]] = {one.id: one for one in audit_clauses(contract=CONTRACT)}


@pytest.mark.parametrize("contract", [0, CONTRACT + 1])
def test_a_version_that_is_not_there_is_refused(contract: int) -> None:
    with pytest.raises(UsageError, match=f"there are versions 1 to {CONTRACT}"):
        audit_clauses(contract=contract)


def test_no_two_clauses_share_an_id() -> None:
    ids = [one.id for one in EVERY]

    assert ids == list(dict.fromkeys(ids))


@pytest.mark.parametrize("clause", EVERY, ids=str)
def test_a_rule_is_one_short_line(clause: object) -> None:
    assert re.fullmatch(r"[A-Z]{2}-\d\d [^\n]{10,100}[^.\n]", str(clause))


@pytest.mark.parametrize("port", FILES)
def test_the_docstrings_of_a_port_name_its_clauses(port: str) -> None:
    text = (PORTS / FILES[port]).read_text(encoding="utf-8")
    ids = {one.id for one in EVERY if one.port == port}

    assert set(re.findall(r"\b[A-Z]{2}-\d\d\b", text)) == ids
    assert ids


@pytest.mark.asyncio
async def test_a_rule_that_is_broken_fails_a_test() -> None:
    with pytest.raises(AssertionError, match="AL-01 broken"):
        await run_host(BY_ID["AL-01"], FileAudit(StoresNoIntent))


@pytest.mark.asyncio
async def test_what_a_bench_cannot_do_skips_a_test() -> None:
    with pytest.raises(pytest.skip.Exception, match="AL-20 not_exercised: its medium"):
        await run_host(BY_ID["AL-20"], MemoryAudit())


class RefusesOddText(JsonLinesAuditLog):
    """Stores in something that has no line ends in text, and no long ones."""

    @override
    async def intent(self, record: AuditRecord) -> None:
        await super().intent(self._checked(record))

    @override
    async def outcome(self, record: AuditRecord) -> None:
        await super().outcome(self._checked(record))

    @override
    async def note(self, record: AuditRecord) -> None:
        await super().note(self._checked(record))

    def _checked(self, record: AuditRecord) -> AuditRecord:
        texts = (record.id, record.actor, *(value for _, value in record.arguments))
        if not all(text.isprintable() and len(text) < 1000 for text in texts):
            raise AuditUnavailable("it cannot keep such text")
        return record


@pytest.mark.asyncio
@pytest.mark.parametrize("clause_id", ["AL-13", "AL-14", "AL-15", "AL-16"])
async def test_a_log_may_refuse_text_that_it_cannot_keep(clause_id: str) -> None:
    await run_host(BY_ID[clause_id], FileAudit(RefusesOddText))


@pytest.mark.asyncio
async def test_a_guard_may_fail_where_its_host_cannot_be_asked() -> None:
    (clause,) = (one for one in guard_clauses(contract=CONTRACT) if one.id == "GU-06")

    await run_host(clause, HostKnows(PlainGuard))


class NobodyReadsRecords(FileAudit):
    records = AuditBench.records


@pytest.mark.asyncio
async def test_a_log_whose_records_nobody_reads_is_not_judged_by_them() -> None:
    verdict = await examine_host(BY_ID["AL-17"], NobodyReadsRecords())

    assert (verdict.outcome, verdict.reason) == (
        Outcome.NOT_EXERCISED,
        "nobody reads whole records",
    )


class DoesNotStart(FileAudit):
    def log(self) -> None:  # type: ignore[override]
        raise ZeroDivisionError


@pytest.mark.asyncio
async def test_a_bench_that_fails_is_not_the_fault_of_the_adapter() -> None:
    verdict = await examine_host(BY_ID["AL-02"], DoesNotStart())

    assert verdict.outcome is Outcome.KIT_ERROR
