"""Deployments that serve nothing new: drained, draining, or nobody can tell."""

import attrs
import pytest

from tests.domain.build import NEW, OLD, deployment, usage
from tests.domain.build_findings import DEPLOYMENTS, advice, facts, routed, survey, told
from wfadmin.domain.finding import DoctorFacts, Finding, Sample
from wfadmin.domain.findings import findings_from
from wfadmin.domain.model import Deployment, Usage

_OLD = deployment("dp_old", OLD, Order=1)
_NEW = deployment("dp_new", NEW, Order=2)
_CART = deployment("dp_cart", "http://cart:9080", Cart=1)
_FUNCTION = deployment("dp_fn", None, Order=1)
_KEPT_FUNCTION = deployment("dp_keep", None, Mail=1)

_BY_HAND = "Remove it by its id with the engine's own tool"
_CLEANUP = "wfadmin cleanup -- http://new:9080"


def seen(*deployments: Deployment, held: Usage | None = None) -> DoctorFacts:
    """Give facts of an engine that routes as its deployments say."""
    rows = usage() if held is None else held
    return facts(deployments=deployments, services=routed(deployments), survey=survey(held=rows))


def found(*deployments: Deployment, held: Usage | None = None) -> Finding:
    """Give the only finding."""
    (finding,) = findings_from(seen(*deployments, held=held))
    return finding


def test_a_drained_one() -> None:
    finding = found(_OLD, _NEW)
    message = "nothing needs these any more: http://old:9080"
    assert told(finding) == ("drained", "info", "deployments", message)
    assert (finding.count, finding.service_name) == (1, None)
    assert finding.samples == (Sample("dp_old", detail="http://old:9080"),)
    assert advice(finding) == [_CLEANUP]


def test_a_draining_one() -> None:
    finding = found(_OLD, _NEW, held=usage(("Order", "dp_old", 2), ("Order", "dp_new", 7)))
    message = "http://old:9080 serves nothing new; unfinished runs that hold it: 2"
    assert told(finding) == ("draining", "warning", "deployments", message)
    assert finding.samples == (Sample("dp_old", detail="pinned 2"),)
    assert advice(finding) == ["wfadmin cleanup --wait 30s -- http://new:9080"]


def test_each_draining_one_is_a_finding_and_all_drained_ones_are_one() -> None:
    older = tuple(deployment(f"dp_{n}", f"http://h{n}", Order=1) for n in range(9))
    held = usage(("Order", "dp_1", 1), ("Order", "dp_0", 3))
    assert [
        (one.code.value, one.count, [sample.id for sample in one.samples])
        for one in findings_from(seen(*older, _NEW, held=held))
    ] == [
        ("draining", 1, ["dp_0"]),
        ("draining", 1, ["dp_1"]),
        ("drained", 7, ["dp_2", "dp_3", "dp_4", "dp_5", "dp_6"]),
    ]


@pytest.mark.parametrize(
    ("deployments", "expected"),
    [
        pytest.param(
            (_OLD, _NEW, _CART),
            "wfadmin cleanup --also-keep=http://cart:9080 -- http://new:9080",
            id="every place that serves something is kept by name",
        ),
        pytest.param(
            (_OLD, _NEW, attrs.evolve(_CART, service_url=NEW)),
            _CLEANUP,
            id="one URL is named once",
        ),
        pytest.param(
            (_OLD, _NEW, _KEPT_FUNCTION),
            _BY_HAND,
            id="a kept place without a URL cannot be named",
        ),
        pytest.param((_FUNCTION, _NEW), _BY_HAND, id="nor can a stale one be removed by its URL"),
        pytest.param((_OLD, _FUNCTION, _NEW), _CLEANUP, id="it does not hinder the others"),
        pytest.param(
            (attrs.evolve(_OLD, service_url=NEW + "/"), _NEW),
            _BY_HAND,
            id="what stands at the kept URL would be kept too",
        ),
        pytest.param(
            (deployment("dp_idle", "http://idle"),),
            _BY_HAND,
            id="where nothing serves anything there is nothing to keep",
        ),
    ],
)
def test_the_remedy(deployments: tuple[Deployment, ...], expected: str) -> None:
    assert advice(found(*deployments)) == [expected]


@pytest.mark.parametrize(
    ("held", "services", "why"),
    [
        pytest.param(None, DEPLOYMENTS, "not all unfinished work could be counted", id="no usage"),
        pytest.param(
            usage(complete=False),
            DEPLOYMENTS,
            "not all unfinished work could be counted",
            id="partial usage",
        ),
        pytest.param(
            usage(),
            DEPLOYMENTS[:1],
            "the engine routes otherwise than its deployments say",
            id="an engine that routes otherwise",
        ),
    ],
)
def test_it_cannot_be_told(held: Usage | None, services: tuple[Deployment, ...], why: str) -> None:
    doubt = facts(services=routed(services), survey=survey(held=held))
    (finding,) = findings_from(doubt)
    message = f"which deployments are still needed cannot be told: {why}"
    assert told(finding) == ("drain_unknown", "warning", "deployments", message)
    assert finding.count == 2
    assert finding.samples == (
        Sample("dp_old", detail="http://old:9080"),
        Sample("dp_new", detail="http://new:9080"),
    )
    assert advice(finding) == ["Remove nothing; run doctor again"]


@pytest.mark.parametrize(
    "silent",
    [
        pytest.param(facts(deployments=None), id="deployments did not answer"),
        pytest.param(facts(services=None), id="services did not answer"),
        pytest.param(facts(survey=None), id="invocations did not answer"),
        pytest.param(facts(deployments=(), services=()), id="there are no deployments"),
        pytest.param(facts(), id="each of them serves something"),
    ],
)
def test_there_is_nothing_to_say_about_deployments_where(silent: DoctorFacts) -> None:
    assert findings_from(silent) == ()


def test_a_place_is_shown_in_a_safe_way() -> None:
    odd = attrs.evolve(_FUNCTION, location="arn:\x1b[31m\n")
    finding = found(odd, _NEW)
    assert finding.message == "nothing needs these any more: arn:?[31m "
    assert finding.samples == (Sample("dp_fn", detail="arn:?[31m "),)
