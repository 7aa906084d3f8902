"""When a key must not be made submittable again: one row for each way a rule applies."""

from datetime import timedelta

import attrs
import pytest

from tests.domain.build import ended, paused, run, service, shared
from tests.domain.build_recovery import BY_DEFAULT, IF_PAUSED, blocked, snapshot
from wfadmin.domain.capabilities import Reach
from wfadmin.domain.model import HandlerKind, InvocationOutcome, InvocationStatus, ServiceKind
from wfadmin.domain.policy import RecoveryPolicy
from wfadmin.domain.recovery import Blocked, PriorEffect, Snapshot, evaluate

SUCCEEDED = ended("inv_ok", InvocationOutcome.SUCCEEDED)
_OBJECT = service(kind=ServiceKind.VIRTUAL_OBJECT)

_BLOCKED = (
    pytest.param(
        snapshot(ended(service_kind=ServiceKind.VIRTUAL_OBJECT), listed=_OBJECT),
        BY_DEFAULT,
        blocked(not_a_workflow=("inv_1",)),
        id="a virtual object would lose its data",
    ),
    pytest.param(
        snapshot(listed=_OBJECT),
        BY_DEFAULT,
        blocked(not_a_workflow=()),
        id="even where it has no run",
    ),
    pytest.param(
        snapshot(ended(), listed=service(kind=ServiceKind.PLAIN)),
        BY_DEFAULT,
        blocked(not_a_workflow=("inv_1",)),
        id="a plain service has no key to recover",
    ),
    pytest.param(
        snapshot(ended(), listed=service(kind=ServiceKind.UNKNOWN)),
        BY_DEFAULT,
        blocked(not_a_workflow=("inv_1",)),
        id="a kind of service that we do not know may hold data",
    ),
    pytest.param(
        snapshot(ended(service_kind=ServiceKind.UNKNOWN), listed=None),
        BY_DEFAULT,
        blocked(not_a_workflow=("inv_1",)),
        id="neither the list nor the run says what the service is",
    ),
    pytest.param(
        snapshot(
            ended("inv_1"),
            ended("inv_2", service_kind=ServiceKind.VIRTUAL_OBJECT),
            listed=None,
        ),
        BY_DEFAULT,
        blocked(not_a_workflow=("inv_1", "inv_2")),
        id="runs that disagree about the service say nothing",
    ),
    pytest.param(
        snapshot(ended("inv_1"), ended("inv_2", service_kind=ServiceKind.VIRTUAL_OBJECT)),
        BY_DEFAULT,
        blocked(not_a_workflow=("inv_1", "inv_2")),
        id="nor do runs that disagree with the list of services",
    ),
    pytest.param(
        snapshot(ended(), incomplete="one row was not understood"),
        BY_DEFAULT,
        blocked(query_failed=("inv_1",)),
        id="something may be missing",
    ),
    pytest.param(
        snapshot(incomplete="the answer was cut"),
        BY_DEFAULT,
        blocked(query_failed=()),
        id="nothing that was cut is nothing",
    ),
    pytest.param(
        snapshot(run(status=InvocationStatus.UNKNOWN)),
        IF_PAUSED,
        blocked(unknown=("inv_1",)),
        id="a status that we do not know",
    ),
    pytest.param(
        snapshot(ended(outcome=InvocationOutcome.UNKNOWN)),
        BY_DEFAULT,
        blocked(unknown=("inv_1",)),
        id="an end that we do not know",
    ),
    pytest.param(
        snapshot(ended(outcome=None)),
        BY_DEFAULT,
        blocked(unknown=("inv_1",)),
        id="an end that nobody told",
    ),
    pytest.param(
        snapshot(attrs.evolve(paused(), outcome=InvocationOutcome.SUCCEEDED)),
        IF_PAUSED,
        blocked(unknown=("inv_1",)),
        id="a run that has ended and has not",
    ),
    pytest.param(
        snapshot(ended(handler_kind=HandlerKind.UNKNOWN), listed=None),
        BY_DEFAULT,
        blocked(unknown=("inv_1",)),
        id="main and shared handlers cannot be told apart",
    ),
    pytest.param(
        snapshot(ended(handler_kind=HandlerKind.UNKNOWN, handler_name="renamed")),
        BY_DEFAULT,
        blocked(unknown=("inv_1",)),
        id="a handler that the service no longer has",
    ),
    pytest.param(
        snapshot(ended(handler_kind=HandlerKind.UNKNOWN, handler_name=None)),
        BY_DEFAULT,
        blocked(unknown=("inv_1",)),
        id="a handler without a name",
    ),
    pytest.param(
        snapshot(SUCCEEDED),
        BY_DEFAULT,
        blocked(succeeded=("inv_ok",)),
        id="a success would be repeated",
    ),
    pytest.param(
        snapshot(ended(), SUCCEEDED),
        BY_DEFAULT,
        blocked(succeeded=("inv_ok",)),
        id="one success among failures is enough",
    ),
    *(
        pytest.param(
            snapshot(run(status=status)),
            BY_DEFAULT,
            blocked(active=("inv_1",)),
            id=f"a run that is {status.value} blocks by default",
        )
        for status in InvocationStatus
        if status not in (InvocationStatus.COMPLETED, InvocationStatus.UNKNOWN)
    ),
    pytest.param(
        snapshot(ended(), shared(run("inv_s"))),
        BY_DEFAULT,
        blocked(active=("inv_s",)),
        id="a shared handler that runs blocks too",
    ),
    pytest.param(
        snapshot(paused("inv_1"), run("inv_2")),
        IF_PAUSED,
        blocked(active=("inv_2",)),
        id="only what the policy does not call stuck is active",
    ),
    pytest.param(
        snapshot(paused(), children=(run("inv_a"), run("inv_b"))),
        IF_PAUSED,
        blocked(has_children=("inv_a", "inv_b")),
        id="a kill would take children along",
    ),
    pytest.param(
        snapshot(shared(paused("inv_s")), children=(run("inv_a"),)),
        IF_PAUSED,
        blocked(has_children=("inv_a",)),
        id="also the children of a shared handler",
    ),
    pytest.param(
        snapshot(paused("inv_m"), shared(paused("inv_s")), children=None),
        IF_PAUSED,
        blocked(has_children=("inv_s", "inv_m")),
        id="children that nobody asked for may be there",
    ),
    *(
        pytest.param(
            snapshot(ended(), children=(run("inv_a"), ended("inv_b")), purge_reach=reach),
            IF_PAUSED,
            blocked(has_children=("inv_a", "inv_b")),
            id=f"a purge would take children along, ended ones too: {reach.value}",
        )
        for reach in (Reach.WITH_CHILDREN, Reach.UNKNOWN)
    ),
    *(
        pytest.param(
            snapshot(ended("inv_f"), paused("inv_m"), children=None, purge_reach=reach),
            IF_PAUSED,
            blocked(has_children=("inv_m", "inv_f")),
            id=f"children of a purged run that nobody knows may be there: {reach.value}",
        )
        for reach in (Reach.WITH_CHILDREN, Reach.UNKNOWN)
    ),
    pytest.param(
        snapshot(ended(), effect=PriorEffect.HAPPENED),
        BY_DEFAULT,
        blocked(effect_happened=()),
        id="the host says that the effect happened",
    ),
    pytest.param(
        snapshot(ended(), effect=PriorEffect.UNKNOWN),
        BY_DEFAULT,
        blocked(effect_unknown=()),
        id="the host does not know whether it happened",
    ),
    pytest.param(
        snapshot(effect=PriorEffect.HAPPENED),
        BY_DEFAULT,
        blocked(effect_happened=()),
        id="the host is believed even where no run is left",
    ),
    pytest.param(
        snapshot(paused(retention=timedelta(0))),
        IF_PAUSED,
        blocked(not_retained=("inv_1",)),
        id="a killed run that is not kept would leave its state behind",
    ),
)


@pytest.mark.parametrize(("seen", "policy", "expected"), _BLOCKED)
def test_it_is_blocked(seen: Snapshot, policy: RecoveryPolicy, expected: Blocked) -> None:
    assert evaluate(seen, policy) == expected
    assert expected.reason is expected.blockers[0].reason
    assert expected.invocation_ids == expected.blockers[0].invocation_ids


def test_every_blocker_is_listed_in_the_order_of_the_rules() -> None:
    everything = snapshot(
        paused("inv_p", retention=timedelta(0)),
        run("inv_a"),
        SUCCEEDED,
        run("inv_u", InvocationStatus.UNKNOWN),
        listed=_OBJECT,
        incomplete="a row was not understood",
        children=(run("inv_c"),),
        effect=PriorEffect.HAPPENED,
    )
    verdict = evaluate(everything, IF_PAUSED)
    assert verdict == blocked(
        not_a_workflow=("inv_p", "inv_a", "inv_ok", "inv_u"),
        query_failed=("inv_p", "inv_a", "inv_ok", "inv_u"),
        unknown=("inv_u",),
        succeeded=("inv_ok",),
        active=("inv_a",),
        has_children=("inv_c",),
        effect_happened=(),
        not_retained=("inv_p",),
    )
    doubtful = evaluate(attrs.evolve(everything, effect=PriorEffect.UNKNOWN), IF_PAUSED)
    assert isinstance(doubtful, Blocked)
    assert [one.reason.value for one in doubtful.blockers][-2:] == [
        "effect_unknown",
        "not_retained",
    ]
