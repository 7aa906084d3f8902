"""One answer gives one status, and statuses are joined in any order."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.errors_of_each_kind import EACH_KIND, every_kind
from wfadmin.domain.components import Component, ComponentStatus, component_status, join
from wfadmin.domain.errors import WfadminError

OK, DEGRADED = ComponentStatus.OK, ComponentStatus.DEGRADED
UNREACHABLE, NOT_SUPPORTED = ComponentStatus.UNREACHABLE, ComponentStatus.NOT_SUPPORTED

#: Every class of the tree; a new one must be placed here on purpose.
_STATUS_OF = {
    "AuditUnavailable": UNREACHABLE,
    "CommandNotAllowed": UNREACHABLE,
    "DeploymentInUse": UNREACHABLE,
    "DeploymentNotFound": UNREACHABLE,
    "EngineError": UNREACHABLE,
    "EngineRejected": DEGRADED,
    "EngineUnreachable": UNREACHABLE,
    "EvidenceUnavailable": UNREACHABLE,
    "InvalidConfig": UNREACHABLE,
    "InvalidPlan": UNREACHABLE,
    "InvalidEngineUrl": UNREACHABLE,
    "InvalidPolicy": UNREACHABLE,
    "InvalidServiceUrl": UNREACHABLE,
    "InvalidWorkflowKey": UNREACHABLE,
    "InvocationNotFound": UNREACHABLE,
    "KeyNotFound": UNREACHABLE,
    "LeaseHeld": UNREACHABLE,
    "LeaseUnavailable": UNREACHABLE,
    "MissingDependency": UNREACHABLE,
    "NotAuthenticated": UNREACHABLE,
    "NotFound": UNREACHABLE,
    "NotPermitted": UNREACHABLE,
    "EndNotKnown": UNREACHABLE,
    "NotReady": UNREACHABLE,
    "NotSupported": NOT_SUPPORTED,
    "OutcomeUnknown": UNREACHABLE,
    "Protected": UNREACHABLE,
    "Refused": UNREACHABLE,
    "RetryBlocked": UNREACHABLE,
    "ServiceNotFound": UNREACHABLE,
    "StalePlan": UNREACHABLE,
    "UnexpectedAnswer": DEGRADED,
    "UnknownAdapter": UNREACHABLE,
    "UsageError": UNREACHABLE,
    "WfadminError": UNREACHABLE,
}


def test_every_kind_of_error_has_its_status() -> None:
    assert set(_STATUS_OF) == {kind.__name__ for kind in every_kind()}


@pytest.mark.parametrize("error", EACH_KIND, ids=lambda one: type(one).__name__)
def test_a_probe_that_ended_with_an_error(error: WfadminError) -> None:
    assert component_status(error) is _STATUS_OF[type(error).__name__]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        pytest.param(None, OK, id="an answer of the expected shape is ok"),
        pytest.param(TimeoutError(), UNREACHABLE, id="a probe out of time is unreachable"),
        pytest.param(OSError("x"), UNREACHABLE, id="an adapter's mistake is never ok"),
        pytest.param(asyncio.CancelledError(), UNREACHABLE, id="a stopped probe is never ok"),
    ],
)
def test_a_probe_that_ended_otherwise(error: BaseException | None, status: ComponentStatus) -> None:
    assert component_status(error) is status


def test_components_stand_in_the_order_of_the_report() -> None:
    assert [one.value for one in Component] == [
        "ingress",
        "admin",
        "deployments",
        "services",
        "invocations",
    ]


@pytest.mark.parametrize(
    ("statuses", "joined"),
    [
        pytest.param((), NOT_SUPPORTED, id="nothing at all is not ok"),
        pytest.param((NOT_SUPPORTED,), NOT_SUPPORTED, id="only unsupported ones are not ok"),
        pytest.param((OK, NOT_SUPPORTED), OK, id="what an engine lacks never counts against it"),
        pytest.param((OK, DEGRADED), DEGRADED, id="degraded is worse than ok"),
        pytest.param((NOT_SUPPORTED, DEGRADED), DEGRADED, id="and than unsupported"),
        pytest.param((DEGRADED, UNREACHABLE, OK), UNREACHABLE, id="unreachable is the worst"),
    ],
)
def test_join(statuses: tuple[ComponentStatus, ...], joined: ComponentStatus) -> None:
    assert join(statuses) is joined


_STATUSES = st.lists(st.sampled_from(ComponentStatus), max_size=6)


_SHUFFLED = _STATUSES.flatmap(lambda some: st.tuples(st.just(some), st.permutations(some)))


@given(_SHUFFLED)
def test_order_does_not_matter(
    pair: tuple[list[ComponentStatus], list[ComponentStatus]],
) -> None:
    statuses, shuffled = pair
    assert join(shuffled) is join(statuses)


@given(_STATUSES, _STATUSES, _STATUSES)
def test_grouping_does_not_matter(
    a: list[ComponentStatus],
    b: list[ComponentStatus],
    c: list[ComponentStatus],
) -> None:
    whole = join([*a, *b, *c])
    assert join([join(a), join([*b, *c])]) is whole
    assert join([join([*a, *b]), join(c)]) is whole


@given(_STATUSES)
def test_repetition_does_not_matter(statuses: list[ComponentStatus]) -> None:
    assert join(statuses * 2) is join(statuses)


@given(_STATUSES)
def test_it_is_ok_only_where_something_is_ok_and_nothing_is_worse(
    statuses: list[ComponentStatus],
) -> None:
    assert (join(statuses) is OK) == (set(statuses) - {NOT_SUPPORTED} == {OK})
