"""A report has one status over its components and one verdict over its findings."""

import pickle

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.build import NOW
from wfadmin.domain.components import Component, ComponentStatus
from wfadmin.domain.doctor import (
    AdminReport,
    DeploymentsReport,
    DoctorReport,
    IngressReport,
    InvocationsReport,
    ServicesReport,
    Verdict,
    verdict_of,
)
from wfadmin.domain.finding import Finding, FindingCode, Severity

OK, DEGRADED = ComponentStatus.OK, ComponentStatus.DEGRADED
UNREACHABLE, NOT_SUPPORTED = ComponentStatus.UNREACHABLE, ComponentStatus.NOT_SUPPORTED

_HEALTHY = DoctorReport(
    engine="memory",
    checked_at=NOW,
    ingress=IngressReport(OK, 1),
    admin=AdminReport(OK, 1, "1.7.0"),
    deployments=DeploymentsReport(OK, 1),
    services=ServicesReport(OK, 1),
    invocations=InvocationsReport(OK, 1),
)


def finding(severity: Severity) -> Finding:
    """Give a finding of that severity."""
    return Finding(FindingCode.PAUSED, severity, Component.INVOCATIONS, "something")


@pytest.mark.parametrize(
    ("report", "status"),
    [
        pytest.param(_HEALTHY, OK, id="all five are ok"),
        pytest.param(
            attrs.evolve(_HEALTHY, deployments=DeploymentsReport(NOT_SUPPORTED)),
            OK,
            id="what an engine lacks does not count against it",
        ),
        pytest.param(
            attrs.evolve(_HEALTHY, ingress=IngressReport(UNREACHABLE)),
            UNREACHABLE,
            id="the ingress is not reached",
        ),
        pytest.param(
            attrs.evolve(_HEALTHY, admin=AdminReport(DEGRADED)),
            DEGRADED,
            id="the admin side is ill",
        ),
        pytest.param(
            attrs.evolve(_HEALTHY, deployments=DeploymentsReport(DEGRADED)),
            DEGRADED,
            id="the deployments are not understood",
        ),
        pytest.param(
            attrs.evolve(_HEALTHY, services=ServicesReport(DEGRADED)),
            DEGRADED,
            id="the services are not understood",
        ),
        pytest.param(
            attrs.evolve(
                _HEALTHY,
                services=ServicesReport(DEGRADED),
                invocations=InvocationsReport(UNREACHABLE),
            ),
            UNREACHABLE,
            id="the invocations are not reached, which is the worst",
        ),
    ],
)
def test_the_status_is_that_of_the_worst_component(
    report: DoctorReport, status: ComponentStatus
) -> None:
    assert report.status is status


@pytest.mark.parametrize(
    ("severities", "verdict"),
    [
        pytest.param([], Verdict.OK, id="no finding is ok"),
        pytest.param([Severity.INFO], Verdict.INFO, id="something to know"),
        pytest.param([Severity.WARNING, Severity.INFO], Verdict.WARNING, id="something to look at"),
        pytest.param(
            [Severity.INFO, Severity.ERROR, Severity.WARNING], Verdict.ERROR, id="a closed gate"
        ),
    ],
)
def test_the_verdict_is_the_worst_severity(severities: list[Severity], verdict: Verdict) -> None:
    findings = tuple(map(finding, severities))
    assert verdict_of(iter(findings)) is verdict
    assert attrs.evolve(_HEALTHY, findings=findings).verdict is verdict


_SEVERITIES = st.lists(st.sampled_from(Severity), max_size=5)


@given(_SEVERITIES, st.sampled_from(Severity))
def test_one_more_finding_never_makes_a_verdict_better(
    severities: list[Severity], more: Severity
) -> None:
    order = [*Verdict]
    before = verdict_of(map(finding, severities))
    after = verdict_of(map(finding, [*severities, more]))
    assert order.index(after) == max(order.index(before), order.index(Verdict(more.value)))


def test_a_report_without_answers_holds_nothing_and_claims_nothing() -> None:
    silent = DoctorReport(
        engine="memory",
        checked_at=NOW,
        ingress=IngressReport(UNREACHABLE),
        admin=AdminReport(UNREACHABLE),
        deployments=DeploymentsReport(UNREACHABLE),
        services=ServicesReport(UNREACHABLE),
        invocations=InvocationsReport(UNREACHABLE),
    )
    assert silent.status is UNREACHABLE
    parts = (silent.ingress, silent.admin, silent.deployments, silent.services, silent.invocations)
    assert {one.latency_ms for one in parts} == {None}
    assert (silent.admin.version, silent.deployments.items, silent.services.items) == (None, (), ())
    assert (silent.invocations.by_status, silent.invocations.recent_failures) == ((), ())


def test_a_report_survives_pickling() -> None:
    report = attrs.evolve(_HEALTHY, findings=(finding(Severity.INFO),))
    assert pickle.loads(pickle.dumps(report)) == report  # noqa: S301 - bytes of our own
