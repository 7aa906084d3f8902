"""What doctor answers: the five components, and what follows from them where all is preferred."""

# ruff: noqa: N815 - fields are named as the JSON names them

from collections.abc import Mapping
from datetime import datetime

import attrs

from wfadmin.domain.components import Component, ComponentStatus
from wfadmin.domain.doctor import Verdict
from wfadmin.domain.finding import Severity
from wfadmin.wire.answers.words import ALWAYS

__all__ = [
    "AdminAnswer",
    "DeploymentItem",
    "DeploymentsAnswer",
    "DoctorAnswer",
    "FailureItem",
    "FindingItem",
    "IngressAnswer",
    "InvocationsAnswer",
    "SampleItem",
    "ServiceItem",
    "ServicesAnswer",
]


@attrs.frozen
class IngressAnswer:
    """
    Where new work comes in.

    Attributes:
        status: How it is doing.
        latencyMs: How long it took to answer, in milliseconds; null where it did not.
    """

    status: ComponentStatus = attrs.field(converter=ComponentStatus)
    latencyMs: int | None = attrs.field(default=None, metadata=ALWAYS)


@attrs.frozen
class AdminAnswer:
    """
    Where operators ask.

    Attributes:
        status: How it is doing.
        latencyMs: How long it took to answer, in milliseconds; null where it did not.
        version: The version of the engine; null where it is not known.
    """

    status: ComponentStatus = attrs.field(converter=ComponentStatus)
    latencyMs: int | None = attrs.field(default=None, metadata=ALWAYS)
    version: str | None = attrs.field(default=None, metadata=ALWAYS)


@attrs.frozen
class DeploymentItem:
    """
    One registered deployment.

    Attributes:
        id: As the engine names it.
        serviceUrl: Where it answers; for a place without a URL its name, such as an ARN.
        createdAt: When it was registered; null where that is not known.
    """

    id: str
    serviceUrl: str = attrs.field(repr=False)
    createdAt: datetime | None = attrs.field(default=None, metadata=ALWAYS)


@attrs.frozen
class DeploymentsAnswer:
    """
    The registered deployments.

    Attributes:
        status: Whether they could be listed.
        items: All of them; none where there was no answer.
        error: What went wrong; null when it is ok.
    """

    status: ComponentStatus = attrs.field(converter=ComponentStatus)
    items: tuple[DeploymentItem, ...]
    error: str | None = attrs.field(default=None, metadata=ALWAYS)


@attrs.frozen
class ServiceItem:
    """
    One service.

    Attributes:
        name: As the engine names it.
        revision: The revision that new work gets; 0 where the engine has none.
    """

    name: str
    revision: int


@attrs.frozen
class ServicesAnswer:
    """
    The services.

    Attributes:
        status: Whether they could be listed.
        items: All of them; none where there was no answer.
        error: What went wrong; null when it is ok.
    """

    status: ComponentStatus = attrs.field(converter=ComponentStatus)
    items: tuple[ServiceItem, ...]
    error: str | None = attrs.field(default=None, metadata=ALWAYS)


@attrs.frozen
class FailureItem:
    """
    One run that failed.

    Attributes:
        id: As the engine names the run.
        serviceName: Of which service.
        serviceKey: Of which key; null for a service without keys.
        failedAt: When that was; null where the engine does not say.
        errorMessage: What it failed with. A caller who may only read gets the first line.
    """

    id: str
    serviceName: str
    serviceKey: str | None = attrs.field(default=None, metadata=ALWAYS)
    failedAt: datetime | None = attrs.field(default=None, metadata=ALWAYS)
    errorMessage: str | None = attrs.field(default=None, metadata=ALWAYS)


@attrs.frozen
class InvocationsAnswer:
    """
    The invocations.

    Attributes:
        status: Whether they could be listed.
        byStatus: How many there are in each status, by the engine's own words.
        recentFailures: At most twenty, newest first; only what the engine still holds.
        error: What went wrong; null when it is ok.
    """

    status: ComponentStatus = attrs.field(converter=ComponentStatus)
    byStatus: Mapping[str, int]
    recentFailures: tuple[FailureItem, ...]
    error: str | None = attrs.field(default=None, metadata=ALWAYS)


@attrs.frozen
class SampleItem:
    """
    One piece of evidence for a finding.

    Attributes:
        id: Of the invocation, deployment or record; empty where there is none.
        serviceName: Of which service; null where it is about none.
        serviceKey: Of which key; null where it is about none.
        detail: What was seen, in one line.
    """

    id: str
    serviceName: str | None
    serviceKey: str | None
    detail: str


@attrs.frozen
class FindingItem:
    """
    Something that doctor noticed.

    Attributes:
        code: A stable word for it; later versions may know more.
        severity: How much it matters: `error` closes the gate.
        component: Where it was noticed.
        message: It, as a sentence.
        serviceName: The service that it is about; null for none.
        count: How many there are; more than `samples` shows.
        samples: At most five.
        remedies: Lines to paste into a shell, mildest first, for the first sample.
        advice: What to do outside of wfadmin, as sentences, mildest first.
    """

    code: str
    severity: Severity = attrs.field(converter=Severity)
    component: Component = attrs.field(converter=Component)
    message: str
    serviceName: str | None
    count: int
    samples: tuple[SampleItem, ...]
    remedies: tuple[str, ...]
    advice: tuple[str, ...]


@attrs.frozen
class DoctorAnswer:
    """
    Five components, each judged alone.

    Attributes:
        ingress: Where new work comes in.
        admin: Where operators ask.
        deployments: The registered deployments.
        services: The services.
        invocations: The invocations.
        verdict: The worst severity among the findings; `ok` when there are none.
        findings: What was noticed, worst first.
        warnings: What could not be done beside the report; left out where there is nothing.
    """

    ingress: IngressAnswer
    admin: AdminAnswer
    deployments: DeploymentsAnswer
    services: ServicesAnswer
    invocations: InvocationsAnswer
    verdict: Verdict | None = attrs.field(
        default=None, converter=attrs.converters.optional(Verdict)
    )
    findings: tuple[FindingItem, ...] | None = None
    warnings: tuple[str, ...] | None = None
