"""
The contract of the host ports: an audit log, a lease, and what else a host may bring.

::

    import pytest
    from wfadmin.testing.hosts import AuditBench, audit_clauses, run_host

    class MyBench(AuditBench):
        def log(self):
            return self.my_log

    @pytest.mark.parametrize("clause", audit_clauses(contract=1), ids=str)
    async def test_my_audit_log_keeps_the_contract(clause):
        await run_host(clause, MyBench())

What a bench cannot do is not exercised: the test is skipped with the reason.
"""

from wfadmin.testing.hosts.bench import (
    HOSTILE_TEXTS,
    AuditBench,
    AuthenticatorBench,
    ClockBench,
    CredentialsBench,
    EvidenceBench,
    GuardBench,
    HostBench,
    IdsBench,
    LeaseBench,
    ObserverBench,
    SavedEvidence,
    TasksBench,
)
from wfadmin.testing.hosts.catalogue import (
    audit_clauses,
    authenticator_clauses,
    clock_clauses,
    credentials_clauses,
    evidence_clauses,
    guard_clauses,
    ids_clauses,
    lease_clauses,
    observer_clauses,
    tasks_clauses,
)
from wfadmin.testing.hosts.running import examine_host, run_host

__all__ = [
    "HOSTILE_TEXTS",
    "AuditBench",
    "AuthenticatorBench",
    "ClockBench",
    "CredentialsBench",
    "EvidenceBench",
    "GuardBench",
    "HostBench",
    "IdsBench",
    "LeaseBench",
    "ObserverBench",
    "SavedEvidence",
    "TasksBench",
    "audit_clauses",
    "authenticator_clauses",
    "clock_clauses",
    "credentials_clauses",
    "evidence_clauses",
    "examine_host",
    "guard_clauses",
    "ids_clauses",
    "lease_clauses",
    "observer_clauses",
    "run_host",
    "tasks_clauses",
]
