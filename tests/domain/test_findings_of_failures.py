"""Failures that are merely retained: good to know, and no reason to stay red for a day."""

import pytest

from tests.domain.build import ended, shared, usage
from tests.domain.build_findings import advice, facts, survey, told
from wfadmin.domain.findings import findings_from
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import Invocation, InvocationOutcome, ServiceKind, Survey

_INSPECT = "wfadmin inspect -- Order 42"
_RECOVER = "wfadmin recover -- Order 42"


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        pytest.param(ended(), [_INSPECT, _RECOVER], id="a workflow run may be recovered"),
        pytest.param(
            ended(service_kind=ServiceKind.VIRTUAL_OBJECT),
            [_INSPECT],
            id="a virtual object is only looked at",
        ),
        pytest.param(shared(ended()), [_INSPECT], id="so is a shared handler"),
        pytest.param(ended(key=None), [], id="nothing is to be done without a key"),
    ],
)
def test_a_retained_failure(one: Invocation, expected: list[str]) -> None:
    (finding,) = findings_from(facts(survey=survey(failures=(one,))))
    message = "1 failure of Order retained"
    assert told(finding) == ("failed_retained", "info", "invocations", message)
    assert [sample.id for sample in finding.samples] == ["inv_1"]
    assert advice(finding) == expected


_TWO = (ended("inv_1"), ended("inv_2", InvocationOutcome.KILLED))


@pytest.mark.parametrize(
    ("failed", "message"),
    [
        pytest.param(2, "2 failures of Order retained", id="all of them are listed"),
        pytest.param(9, "2 failures of Order retained among the newest 2", id="there are more"),
        pytest.param(
            None, "2 failures of Order retained among the newest 2", id="there may be more"
        ),
    ],
)
def test_how_many_failures_there_are(failed: int | None, message: str) -> None:
    seen = facts(survey=Survey(failures=_TWO, failed=failed, usage=usage()))
    (finding,) = findings_from(seen)
    assert (finding.count, finding.message) == (2, message)


def test_failures_are_grouped_by_service_and_remedies_are_for_the_newest() -> None:
    cart = ended("inv_3", key=WorkflowKey("Cart", "7"))
    seen = facts(survey=survey(failures=(_TWO[0], cart, _TWO[1])))
    assert [
        (one.service_name, [sample.id for sample in one.samples], advice(one)[-1])
        for one in findings_from(seen)
    ] == [
        ("Cart", ["inv_3"], "wfadmin recover -- Cart 7"),
        ("Order", ["inv_1", "inv_2"], _RECOVER),
    ]


def test_of_many_failures_the_five_newest_are_shown() -> None:
    many = tuple(ended(f"inv_{number}") for number in range(7))
    (finding,) = findings_from(facts(survey=survey(failures=many)))
    assert finding.count == 7
    assert [one.id for one in finding.samples] == ["inv_0", "inv_1", "inv_2", "inv_3", "inv_4"]
