"""Findings in detail: what is shown in full, how mild advice is, and where a limit begins."""

from datetime import timedelta

import attrs
import pytest

from tests.domain.build import (
    NEW,
    OLD,
    ago,
    backing_off,
    deployment,
    paused,
    run,
    service,
    usage,
)
from tests.domain.build_findings import THRESHOLDS, advice, facts, routed, survey
from wfadmin.domain.components import Component, ComponentStatus
from wfadmin.domain.finding import ComponentFact, Finding
from wfadmin.domain.findings import findings_from, findings_of_key
from wfadmin.domain.model import Invocation, InvocationStatus
from wfadmin.domain.remedies import Mildness

_INSPECT = "wfadmin inspect -- Order 42"
_FORGET = "wfadmin recover --stuck {} --force-purge -- Order 42"

_PENDING = run(status=InvocationStatus.PENDING, created_at=None)
_STALLED = run(status=InvocationStatus.STALLED)
_UNKILLABLE = frozenset({InvocationStatus.PENDING, InvocationStatus.STALLED})


def mildness(finding: Finding) -> list[Mildness]:
    """Say how much each remedy touches."""
    return [one.mildness for one in finding.remedies]


def test_what_is_wrong_with_a_key_is_told_worst_first() -> None:
    seen = facts(survey=survey(backing_off("inv_1", attempts=1), paused("inv_2")))

    found = [one.code.value for one in findings_of_key(seen)]

    assert found == ["paused", "backing_off"]


def test_what_an_ill_engine_says_of_itself_is_bounded() -> None:
    fact = ComponentFact(Component.ADMIN, ComponentStatus.DEGRADED, "x" * 100_000, "y" * 100_000)

    (finding,) = findings_from(facts(fact))

    assert finding.message.count("x") <= 1000
    assert finding.remedies[0].title.count("y") <= 1000


def test_what_is_wrong_with_a_component_and_what_helps_is_shown_in_full() -> None:
    fact = ComponentFact(Component.ADMIN, ComponentStatus.DEGRADED, "x" * 900, "y" * 900)

    (finding,) = findings_from(facts(fact))

    assert finding.message == f"admin is degraded: {'x' * 900}"
    assert advice(finding) == ["y" * 900]


def test_every_drained_place_is_named() -> None:
    deployments = (
        deployment("dp_1", "http://h1", Order=1),
        deployment("dp_2", "http://h2", Order=2),
        deployment("dp_3", NEW, Order=3),
    )

    (finding,) = findings_from(facts(deployments=deployments, services=routed(deployments)))

    assert finding.message == "nothing needs these any more: http://h1, http://h2"


def test_registering_a_service_by_hand_counts_as_a_redeployment() -> None:
    lost = service("Mail", deployment_id="dp_gone")
    placeless = (deployment("dp_1", None, Order=1),)
    failing = survey(backing_off(deployment_id="dp_1"))

    (of_service,) = findings_from(facts(services=(lost,), survey=None))
    (of_run,) = findings_from(
        facts(deployments=placeless, services=routed(placeless), survey=failing)
    )

    assert mildness(of_service) == [Mildness.REDEPLOY]
    assert mildness(of_run)[0] is Mildness.REDEPLOY


def test_removing_a_deployment_by_hand_counts_as_a_cleanup() -> None:
    deployments = (deployment("dp_1", OLD, Order=1), deployment("dp_2", None, Order=2))

    (finding,) = findings_from(
        facts(deployments=deployments, services=routed(deployments), survey=survey(held=usage()))
    )

    assert mildness(finding) == [Mildness.CLEANUP]


@pytest.mark.parametrize(
    ("one", "limit"),
    [
        pytest.param(
            run(modified_at=ago(seconds=THRESHOLDS.quiet_long.total_seconds())),
            THRESHOLDS.quiet_long,
            id="rested",
        ),
        pytest.param(
            run(
                status=InvocationStatus.SUSPENDED,
                modified_at=ago(seconds=THRESHOLDS.suspended_long.total_seconds()),
            ),
            THRESHOLDS.suspended_long,
            id="waited",
        ),
    ],
)
def test_a_run_that_has_done_so_for_exactly_the_limit_is_not_yet_a_finding(
    one: Invocation, limit: timedelta
) -> None:
    earlier = attrs.evolve(one, modified_at=ago(seconds=limit.total_seconds() + 1))

    assert findings_from(facts(survey=survey(one))) == ()
    assert len(findings_from(facts(survey=survey(earlier)))) == 1


@pytest.mark.parametrize(
    ("one", "rule"), [(_PENDING, "pending"), (_STALLED, "stalled")], ids=["pending", "stalled"]
)
def test_a_run_that_nothing_kills_is_looked_at_or_else_forgotten_by_force(
    one: Invocation, rule: str
) -> None:
    seen = attrs.evolve(facts(survey=survey(one)), unkillable=_UNKILLABLE)

    (finding,) = findings_from(seen)

    assert advice(finding) == [_INSPECT, _FORGET.format(rule)]


@pytest.mark.parametrize("one", [_PENDING, _STALLED], ids=["pending", "stalled"])
def test_where_a_kill_ends_it_it_is_only_looked_at(one: Invocation) -> None:
    (finding,) = findings_from(facts(survey=survey(one)))

    assert advice(finding) == [_INSPECT]


def test_a_recovery_that_would_take_children_along_says_so() -> None:
    seen = attrs.evolve(facts(survey=survey(paused(deployment_id="dp_new"))), takes_children=True)

    (finding,) = findings_from(seen)

    assert advice(finding)[-1] == "wfadmin recover --stuck paused --with-children -- Order 42"


def test_a_paused_run_that_a_resume_would_ruin_is_only_recovered() -> None:
    seen = attrs.evolve(facts(survey=survey(paused())), ruined=frozenset({"inv_1"}))

    (finding,) = findings_from(seen)

    assert advice(finding) == ["wfadmin recover --stuck paused -- Order 42"]
