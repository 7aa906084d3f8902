"""What is wrong with components, writes, services and listings."""

import attrs
import pytest

from tests.domain.build import ago, paused, run, service
from tests.domain.build_findings import (
    NOTHING,
    SERVICES,
    advice,
    facts,
    survey,
    told,
)
from wfadmin.domain.components import Component, ComponentStatus
from wfadmin.domain.finding import ComponentFact, DoctorFacts, OpenIntent, Sample
from wfadmin.domain.findings import findings_from, lists_disagree
from wfadmin.domain.model import Service

_UNREACHABLE, _DEGRADED = ComponentStatus.UNREACHABLE, ComponentStatus.DEGRADED


def test_a_healthy_engine_has_no_findings() -> None:
    assert findings_from(facts()) == ()


def test_nothing_follows_from_nothing() -> None:
    assert findings_from(DoctorFacts(ago())) == ()


@pytest.mark.parametrize(
    ("fact", "code", "message", "expected"),
    [
        pytest.param(
            ComponentFact(Component.INGRESS, _UNREACHABLE, "No answer from http://h.", "Start it."),
            "component_unreachable",
            "ingress is unreachable: No answer from http://h.",
            ["Start it."],
            id="one that is unreachable",
        ),
        pytest.param(
            ComponentFact(Component.ADMIN, _DEGRADED, "http://h answered 503."),
            "component_degraded",
            "admin is degraded: http://h answered 503.",
            [],
            id="one that is degraded, and nobody knows what to do",
        ),
        pytest.param(
            ComponentFact(Component.SERVICES, _DEGRADED),
            "component_degraded",
            "services is degraded: no details",
            [],
            id="one that is degraded, and nobody knows why",
        ),
    ],
)
def test_a_component(fact: ComponentFact, code: str, message: str, expected: list[str]) -> None:
    (finding,) = findings_from(facts(fact))
    assert told(finding) == (code, "error", fact.component.value, message)
    assert (finding.count, finding.samples, advice(finding)) == (1, (), expected)


@pytest.mark.parametrize("status", [ComponentStatus.OK, ComponentStatus.NOT_SUPPORTED])
@pytest.mark.parametrize("component", Component)
def test_a_component_that_is_ok_or_that_an_engine_lacks_is_no_finding(
    component: Component, status: ComponentStatus
) -> None:
    assert findings_from(facts(ComponentFact(component, status))) == ()


@pytest.mark.parametrize(
    ("intent_id", "close"),
    [
        pytest.param(
            "op_1",
            "Look at it, then close the record: wfadmin audit close --reason TEXT -- op_1",
            id="an ordinary id",
        ),
        pytest.param(
            "-x; id",
            "Look at it, then close the record: wfadmin audit close --reason TEXT -- '-x; id'",
            id="a hostile id",
        ),
        pytest.param(
            "a\0b",
            "Look at it, then close the record: wfadmin audit close",
            id="an id that no command line can hold",
        ),
    ],
)
def test_a_write_without_a_known_outcome(intent_id: str, close: str) -> None:
    intent = OpenIntent(intent_id, "recover", "Order/42\x1b[2J", ago(hours=1))
    (finding,) = findings_from(facts(intents=(intent,)))
    message = "nobody knows whether recover of Order/42?[2J happened"
    assert told(finding) == ("open_intent", "error", "admin", message)
    assert finding.samples == (Sample(intent_id, detail="2026-03-01T11:00:00+00:00"),)
    assert advice(finding) == [close]


@pytest.mark.parametrize(
    ("one", "code", "message", "samples", "expected"),
    [
        pytest.param(
            service("Mail", deployment_id="dp_gone"),
            "service_without_deployment",
            "Mail is routed to a deployment that is not registered",
            (Sample("dp_gone", "Mail"),),
            ["Register a deployment that serves Mail: wfadmin redeploy URL"],
            id="one that is routed to nowhere",
        ),
        pytest.param(
            service("Mail", deployment_id=None, workers=0),
            "no_worker",
            "Mail has no worker connected: nothing of it can run",
            (),
            ["Start its worker, or see why it does not connect"],
            id="one that nobody works for",
        ),
    ],
)
def test_a_service(
    one: Service, code: str, message: str, samples: tuple[Sample, ...], expected: list[str]
) -> None:
    (finding,) = findings_from(facts(services=(one,), survey=None))
    assert told(finding) == (code, "error", "services", message)
    assert (finding.service_name, finding.count, finding.samples) == ("Mail", 1, samples)
    assert advice(finding) == expected


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(service("Mail", deployment_id=None), id="an engine without deployments"),
        pytest.param(service("Mail", workers=1, deployment_id=None), id="one worker is enough"),
        pytest.param(service("Mail", deployment_id="dp_new"), id="a deployment that is there"),
    ],
)
def test_nothing_is_wrong_with_a_service(one: Service) -> None:
    assert findings_from(facts(services=(one,), survey=None)) == ()


def test_where_deployments_did_not_answer_no_service_has_lost_its_own() -> None:
    assert (
        findings_from(facts(services=(service(deployment_id="dp_gone"),), deployments=None)) == ()
    )


_LOOK = "Inspect single keys: that reads all of one key"


@pytest.mark.parametrize(
    ("total", "truncated", "message", "count"),
    [
        pytest.param(
            9,
            "only the first page was read",
            "not everything was listed: only the first page was read",
            8,
            id="the engine says what it left out",
        ),
        pytest.param(
            1,
            "only the first page was read",
            "not everything was listed: only the first page was read",
            1,
            id="nobody knows how much was left out",
        ),
        pytest.param(
            9,
            None,
            "not everything was listed: 1 of 9 unfinished were looked at",
            8,
            id="there are more than were asked for",
        ),
    ],
)
def test_a_listing_that_was_cut(
    total: int, truncated: str | None, message: str, count: int
) -> None:
    seen = attrs.evolve(survey(run(), truncated=truncated), unfinished_total=total)
    (finding,) = findings_from(facts(survey=seen))
    assert told(finding) == ("listing_truncated", "warning", "invocations", message)
    assert (finding.count, advice(finding)) == (count, [_LOOK])


def test_errors_come_first_and_then_the_codes_in_their_order() -> None:
    seen = facts(
        ComponentFact(Component.SERVICES, _DEGRADED),
        ComponentFact(Component.INGRESS, _UNREACHABLE),
        services=(*SERVICES, service("Mail", deployment_id=None, workers=0)),
        intents=(OpenIntent("op_1", "recover", "Order/42", ago()),),
        survey=survey(
            paused("inv_1"),
            run("inv_2", deployment_id="dp_gone"),
            truncated="only the first page was read",
        ),
    )
    assert [(one.severity.value, one.code.value) for one in findings_from(seen)] == [
        ("error", "component_unreachable"),
        ("error", "component_degraded"),
        ("error", "open_intent"),
        ("error", "no_worker"),
        ("error", "zombie"),
        ("error", "paused"),
        ("warning", "listing_truncated"),
        ("warning", "drain_unknown"),
    ]


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        pytest.param(facts(), False, id="all agree"),
        pytest.param(facts(survey=survey(paused())), False, id="a paused run contradicts nothing"),
        pytest.param(
            facts(survey=survey(run(deployment_id="dp_gone"))),
            True,
            id="a run is pinned to a deployment that is not listed",
        ),
        pytest.param(
            facts(services=(service(deployment_id="dp_gone"),), survey=None),
            True,
            id="a service is routed to a deployment that is not listed",
        ),
        pytest.param(facts(services=SERVICES[:1]), True, id="a service is not listed"),
        pytest.param(
            facts(services=SERVICES[:1], survey=None),
            False,
            id="without runs nobody asks what holds a deployment",
        ),
        pytest.param(
            facts(survey=survey(run(deployment_id="dp_gone")), deployments=None),
            False,
            id="deployments did not answer",
        ),
        pytest.param(
            facts(services=None, survey=None), False, id="nothing but deployments answered"
        ),
        pytest.param(facts(deployments=(), services=()), False, id="nothing is registered"),
    ],
)
def test_lists_that_contradict_each_other(seen: DoctorFacts, *, expected: bool) -> None:
    assert lists_disagree(seen) is expected


def test_unfinished_work_that_could_not_be_counted_reads_like_a_contradiction() -> None:
    assert lists_disagree(facts(survey=attrs.evolve(NOTHING, usage=None)))
