"""What the host of an operator brings along: time, concurrency, records, rules."""

from datetime import timedelta

import attrs

from wfadmin.domain.finding import Thresholds
from wfadmin.domain.policy import Protection, RecoveryPolicy
from wfadmin.ports.audit import AuditLog
from wfadmin.ports.clock import Clock
from wfadmin.ports.evidence import EvidenceStore
from wfadmin.ports.guard import RetryGuard
from wfadmin.ports.ids import Ids
from wfadmin.ports.lease import OperatorLease
from wfadmin.ports.observer import Observer
from wfadmin.ports.tasks import TaskRunner

__all__ = ["Host"]


@attrs.frozen(kw_only=True)
class Host:
    """
    The ports of the host, and its rules.

    Attributes:
        timeout: Bounds every single question to the engine.
        settle: How long the effect of a write is waited for.
        reason: Why, in the actor's own words, for the audit record.
        protection: What no repair may touch.
        actor: Who acts, for the audit record.
        guard: None: the rule about effects is skipped.
    """

    clock: Clock
    tasks: TaskRunner
    ids: Ids
    audit: AuditLog
    lease: OperatorLease
    evidence: EvidenceStore
    observer: Observer
    timeout: timedelta = timedelta(seconds=5)
    settle: timedelta = timedelta(seconds=10)
    reason: str | None = None
    protection: Protection = attrs.field(factory=Protection)
    actor: str = "wfadmin"
    guard: RetryGuard | None = None
    policy: RecoveryPolicy = attrs.field(factory=RecoveryPolicy)
    thresholds: Thresholds = attrs.field(factory=Thresholds)
