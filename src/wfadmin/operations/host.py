"""What the host of an operator brings along: time, concurrency, records, rules."""

from datetime import timedelta

import attrs

from wfadmin.domain.finding import Thresholds
from wfadmin.domain.policy import RecoveryPolicy
from wfadmin.ports.audit import AuditLog
from wfadmin.ports.clock import Clock
from wfadmin.ports.guard import RetryGuard
from wfadmin.ports.ids import Ids
from wfadmin.ports.observer import Observer
from wfadmin.ports.tasks import TaskRunner

__all__ = ["Host"]


@attrs.frozen(kw_only=True)
class Host:
    """
    The ports of the host, and its rules.

    Attributes:
        timeout: Bounds every single question to the engine.
        actor: Who acts, for the audit record.
        guard: None: the rule about effects is skipped.
    """

    clock: Clock
    tasks: TaskRunner
    ids: Ids
    audit: AuditLog
    observer: Observer
    timeout: timedelta = timedelta(seconds=5)
    actor: str = "wfadmin"
    guard: RetryGuard | None = None
    policy: RecoveryPolicy = attrs.field(factory=RecoveryPolicy)
    thresholds: Thresholds = attrs.field(factory=Thresholds)
