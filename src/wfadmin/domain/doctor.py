"""The doctor's report: five components, each judged alone, and one verdict over what was found."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

import attrs

from wfadmin.domain.components import ComponentStatus, join
from wfadmin.domain.finding import Finding, Severity
from wfadmin.domain.model import Deployment, Invocation, Service, StatusCount

__all__ = [
    "RECENT_FAILURES",
    "AdminReport",
    "DeploymentsReport",
    "DoctorReport",
    "IngressReport",
    "InvocationsReport",
    "ServicesReport",
    "Verdict",
    "verdict_of",
]

#: How many recent failures a report shows at most, as in the operator API.
RECENT_FAILURES = 20


class Verdict(StrEnum):
    """The worst severity of a report; `error` closes the gate."""

    OK = "ok"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@attrs.frozen
class IngressReport:
    """
    Where new work comes in.

    Attributes:
        latency_ms: How long it took to answer; None where it did not.
        error: What went wrong; None when it is ok.
    """

    status: ComponentStatus
    latency_ms: int | None = None
    error: str | None = None


@attrs.frozen
class AdminReport:
    """Where operators ask; `version` is None where it is not known."""

    status: ComponentStatus
    latency_ms: int | None = None
    version: str | None = None
    error: str | None = None


@attrs.frozen
class DeploymentsReport:
    """The registered deployments; `items` is empty when there was no answer."""

    status: ComponentStatus
    latency_ms: int | None = None
    items: tuple[Deployment, ...] = ()
    error: str | None = None


@attrs.frozen
class ServicesReport:
    """The services; `items` is empty when there was no answer."""

    status: ComponentStatus
    latency_ms: int | None = None
    items: tuple[Service, ...] = ()
    error: str | None = None


@attrs.frozen
class InvocationsReport:
    """
    The invocations.

    Attributes:
        by_status: Counts by the engine's own words.
        recent_failures: At most twenty, newest first; only what the engine still holds.
    """

    status: ComponentStatus
    latency_ms: int | None = None
    by_status: tuple[StatusCount, ...] = ()
    recent_failures: tuple[Invocation, ...] = ()
    error: str | None = None


@attrs.frozen
class DoctorReport:
    """
    What is wrong, with evidence, and what to do.

    Attributes:
        engine: The name of the adapter.
        checked_at: When the probes started.
        warnings: What could not be done beside the report, such as writing the audit record.
    """

    engine: str
    checked_at: datetime
    ingress: IngressReport
    admin: AdminReport
    deployments: DeploymentsReport
    services: ServicesReport
    invocations: InvocationsReport
    findings: tuple[Finding, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def status(self) -> ComponentStatus:
        """The worst of the five components."""
        return join(
            (
                self.ingress.status,
                self.admin.status,
                self.deployments.status,
                self.services.status,
                self.invocations.status,
            ),
        )

    @property
    def verdict(self) -> Verdict:
        """The worst severity among the findings."""
        return verdict_of(self.findings)


_VERDICTS = {
    Severity.INFO: Verdict.INFO,
    Severity.WARNING: Verdict.WARNING,
    Severity.ERROR: Verdict.ERROR,
}
_ORDER = tuple(Verdict)


def verdict_of(findings: Iterable[Finding]) -> Verdict:
    """The worst severity among `findings`; `ok` when there are none."""
    return max((_VERDICTS[one.severity] for one in findings), key=_ORDER.index, default=Verdict.OK)
