"""An instance over gRPC is the same value as over HTTP, to the last digit of its times."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.adapters.dapr_grpc import oracle
from tests.adapters.dapr_grpc.servers import recorded
from wfadmin.adapters.dapr.grpc.codec import WrongBytesError, fields_of, flag, number, text
from wfadmin.adapters.dapr.grpc.messages import (
    STATUSES,
    Purged,
    instance_from,
    moment_in,
    page_from,
    purged_from,
)


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-20T23:29:56.755152307Z",
        "2026-11-20T23:29:56.755152300Z",
        "2026-11-20T23:29:56.755152Z",
        "2026-11-20T23:29:56.700Z",
        "2026-11-20T23:29:56Z",
        "1969-12-31T23:59:59.999999999Z",
        "9999-12-31T23:59:59.999999999Z",
    ],
)
def test_a_time_is_written_as_the_http_api_writes_it(written: str) -> None:
    fields = fields_of(oracle.encoded("WorkflowState", {"createdTimestamp": written}))
    moment = moment_in(fields, 6)

    assert moment is not None
    assert moment.text == written
    assert moment.at.isoformat().replace("+00:00", "").startswith(written[:19])


@given(st.integers(-62135596800, 253402300799), st.integers(0, 999_999_999))
def test_any_time_is_written_as_the_library_writes_it(seconds: int, nanoseconds: int) -> None:
    state = oracle.message("WorkflowState")
    state.createdTimestamp.seconds = seconds
    state.createdTimestamp.nanos = nanoseconds
    moment = moment_in(fields_of(state.SerializeToString()), 6)

    written = state.createdTimestamp.ToJsonString()
    assert (moment is None) == (written == "0001-01-01T00:00:00Z")
    assert moment is None or moment.text == written


@pytest.mark.parametrize(
    ("seconds", "nanoseconds"),
    [(253402300800, 0), (-62135596801, 0), (0, 1_000_000_000), (0, -1)],
)
def test_what_is_no_time_is_wrong(seconds: int, nanoseconds: int) -> None:
    state = oracle.message("WorkflowState")
    state.createdTimestamp.seconds = seconds
    state.createdTimestamp.nanos = nanoseconds

    with pytest.raises(WrongBytesError, match="field 6 is no time"):
        moment_in(fields_of(state.SerializeToString()), 6)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (flag(1, value=True), "it does not tell of the instance"),
        (oracle.instance("li-1")[2:], "it tells of an instance that does not exist"),
        (oracle.instance("li-1"), "it is about another instance"),
        (text(1, "yes"), "field 1 is no number"),
        (flag(1, value=True) + number(2, 1), "field 2 holds no bytes"),
    ],
)
def test_an_answer_about_something_else_is_wrong(data: bytes, problem: str) -> None:
    with pytest.raises(WrongBytesError, match=problem):
        instance_from(data, "li-0")


@pytest.mark.parametrize("word", STATUSES.values())
def test_a_status_has_the_word_of_the_http_api(word: str) -> None:
    found = instance_from(oracle.instance("a", status=word), "a")

    assert found is not None
    assert found.status == word


def test_a_status_that_nobody_knows_is_told_by_its_number() -> None:
    state = oracle.message("GetInstanceResponse")
    state.exists = True
    state.workflowState.workflowStatus = 9
    found = instance_from(state.SerializeToString(), "")

    assert found is not None
    assert found.status == "STATUS_9"


@pytest.mark.parametrize(
    ("details", "failure"),
    [
        ({"errorType": "E", "errorMessage": "m", "stackTrace": "t\n"}, "E: m\nt"),
        ({"errorType": "E"}, "E"),
        ({"stackTrace": "t"}, "t"),
        ({}, None),
    ],
)
def test_a_failure_is_told_as_over_http(details: dict[str, str], failure: str | None) -> None:
    found = instance_from(oracle.instance("a", failureDetails=details), "a")

    assert found is not None
    assert found.failure == failure


def test_a_field_that_a_newer_sidecar_adds_is_passed_over() -> None:
    one = recorded()["get-running"].answered.data

    # 1.18.3 does it: its state has a seventeenth field.
    assert b"\x8a\x01\x0c" in one
    assert instance_from(one, "li-run") is not None


def test_an_empty_token_asks_for_no_page() -> None:
    assert page_from(b"\x12\x00").token is None


@pytest.mark.parametrize(
    ("told", "purged"),
    [
        ({}, Purged(0, is_complete=True)),
        ({"deletedInstanceCount": 2}, Purged(2, is_complete=True)),
        ({"deletedInstanceCount": 2, "isComplete": True}, Purged(2, is_complete=True)),
        ({"deletedInstanceCount": 2, "isComplete": False}, Purged(2, is_complete=False)),
    ],
)
def test_a_purge_is_complete_unless_it_says_otherwise(told: object, purged: Purged) -> None:
    assert purged_from(oracle.encoded("PurgeInstancesResponse", told)) == purged
