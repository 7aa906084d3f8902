"""Which clauses of the host ports a version of the contract has."""

from typing import TypeVar

from wfadmin.domain.errors import UsageError
from wfadmin.testing.catalogue import CONTRACT
from wfadmin.testing.clause import Clause, Rules
from wfadmin.testing.hosts import (
    audit,
    auth,
    clock,
    credentials,
    evidence,
    guard,
    ids,
    lease,
    observer,
    tasks,
)
from wfadmin.testing.hosts.bench import (
    AuditBench,
    AuthenticatorBench,
    ClockBench,
    CredentialsBench,
    EvidenceBench,
    GuardBench,
    IdsBench,
    LeaseBench,
    ObserverBench,
    TasksBench,
)

__all__ = [
    "audit_clauses",
    "authenticator_clauses",
    "clock_clauses",
    "credentials_clauses",
    "evidence_clauses",
    "guard_clauses",
    "ids_clauses",
    "lease_clauses",
    "observer_clauses",
    "tasks_clauses",
]

_Bench = TypeVar("_Bench")


def _of(rules: Rules[_Bench], contract: int) -> tuple[Clause[_Bench], ...]:
    if not 1 <= contract <= CONTRACT:
        raise UsageError("contract", f"there are versions 1 to {CONTRACT}, and no {contract}")
    kept = (one for one in rules.clauses if one.since <= contract)
    return tuple(sorted(kept, key=lambda one: one.id))


def audit_clauses(*, contract: int) -> tuple[Clause[AuditBench], ...]:
    """The clauses that `AuditLog` keeps; see `wfadmin.testing.clauses`."""
    return _of(audit.RULES, contract)


def lease_clauses(*, contract: int) -> tuple[Clause[LeaseBench], ...]:
    """The clauses that `OperatorLease` keeps; see `wfadmin.testing.clauses`."""
    return _of(lease.RULES, contract)


def evidence_clauses(*, contract: int) -> tuple[Clause[EvidenceBench], ...]:
    """The clauses that `EvidenceStore` keeps; see `wfadmin.testing.clauses`."""
    return _of(evidence.RULES, contract)


def clock_clauses(*, contract: int) -> tuple[Clause[ClockBench], ...]:
    """The clauses that `Clock` keeps; see `wfadmin.testing.clauses`."""
    return _of(clock.RULES, contract)


def tasks_clauses(*, contract: int) -> tuple[Clause[TasksBench], ...]:
    """The clauses that `TaskRunner` keeps; see `wfadmin.testing.clauses`."""
    return _of(tasks.RULES, contract)


def ids_clauses(*, contract: int) -> tuple[Clause[IdsBench], ...]:
    """The clauses that `Ids` keeps; see `wfadmin.testing.clauses`."""
    return _of(ids.RULES, contract)


def credentials_clauses(*, contract: int) -> tuple[Clause[CredentialsBench], ...]:
    """The clauses that `Credentials` keeps; see `wfadmin.testing.clauses`."""
    return _of(credentials.RULES, contract)


def guard_clauses(*, contract: int) -> tuple[Clause[GuardBench], ...]:
    """The clauses that `RetryGuard` keeps; see `wfadmin.testing.clauses`."""
    return _of(guard.RULES, contract)


def authenticator_clauses(*, contract: int) -> tuple[Clause[AuthenticatorBench], ...]:
    """The clauses that `Authenticator` keeps; see `wfadmin.testing.clauses`."""
    return _of(auth.RULES, contract)


def observer_clauses(*, contract: int) -> tuple[Clause[ObserverBench], ...]:
    """The clauses that `Observer` keeps; see `wfadmin.testing.clauses`."""
    return _of(observer.RULES, contract)
