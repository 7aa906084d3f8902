"""A workflow key is any text but what no engine can hold."""

import copy
import pickle

import pytest
from hypothesis import given

from tests.domain.build import KEY, ref
from tests.domain.hostile import TRICKS, names
from wfadmin.domain.errors import InvalidWorkflowKey
from wfadmin.domain.keys import MAX_NAME_BYTES, Incarnation, InvocationRef, Progress, WorkflowKey

_BAD = (
    pytest.param("", "it is empty", id="an empty name is refused"),
    pytest.param(None, "it is NoneType, not text", id="no name at all is refused"),
    pytest.param(7, "it is int, not text", id="a number is refused"),
    pytest.param(b"42", "it is bytes, not text", id="bytes are refused"),
    pytest.param("\ud800", "it is not valid Unicode", id="a lone high surrogate is refused"),
    pytest.param("a\udcff", "it is not valid Unicode", id="an undecodable byte is refused"),
    pytest.param(
        "x" * (MAX_NAME_BYTES + 1),
        "it is 2049 bytes long, at most 2048 are possible",
        id="one byte too many is refused",
    ),
    pytest.param(
        "é" * 1025,
        "it is 2050 bytes long, at most 2048 are possible",
        id="bytes are counted, not characters",
    ),
)


@pytest.mark.parametrize(("name", "problem"), _BAD)
def test_a_bad_service_key_is_refused_and_says_why(name: str, problem: str) -> None:
    with pytest.raises(InvalidWorkflowKey) as refused:
        WorkflowKey("Order", name)
    assert (refused.value.argument, refused.value.problem) == ("service key", problem)


@pytest.mark.parametrize(("name", "problem"), _BAD)
def test_a_bad_service_name_is_refused_and_says_why(name: str, problem: str) -> None:
    with pytest.raises(InvalidWorkflowKey) as refused:
        WorkflowKey(name, "42")
    assert (refused.value.argument, refused.value.problem) == ("service name", problem)


def test_an_overlong_key_is_not_repeated_in_the_message() -> None:
    with pytest.raises(InvalidWorkflowKey) as refused:
        WorkflowKey("Order", "secret" * 1000)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("trick", [*TRICKS, "\0", "x" * MAX_NAME_BYTES])
def test_any_other_text_is_a_key_and_is_kept_as_it_is(trick: str) -> None:
    key = WorkflowKey(trick, trick)
    assert (key.service_name, key.service_key) == (trick, trick)


@given(names, names)
def test_keys_are_equal_exactly_when_both_parts_are(one: str, other: str) -> None:
    assert (WorkflowKey("Order", one) == WorkflowKey("Order", other)) == (one == other)
    assert (WorkflowKey(one, "42") == WorkflowKey(other, "42")) == (one == other)


def test_a_slash_never_moves_from_the_name_into_the_key() -> None:
    assert WorkflowKey("a/b", "c") != WorkflowKey("a", "b/c")


def test_forms_of_one_letter_are_different_keys() -> None:
    assert WorkflowKey("Order", "\u00e9") != WorkflowKey("Order", "e\u0301")


def test_keys_sort_by_name_and_then_by_key() -> None:
    keys = [WorkflowKey("b", "1"), WorkflowKey("a", "2"), WorkflowKey("a", "1")]
    assert sorted(keys) == [WorkflowKey("a", "1"), WorkflowKey("a", "2"), WorkflowKey("b", "1")]


def test_a_run_that_shares_the_id_of_another_is_another_run() -> None:
    first = InvocationRef(KEY, "inv_1", Incarnation("first"))
    second = InvocationRef(KEY, "inv_1", Incarnation("second"))
    assert {first, second, ref("inv_1")} == {first, second}


@pytest.mark.parametrize("value", [KEY, Incarnation("first"), Progress("7"), ref("inv_1")])
def test_what_names_a_run_survives_copying(value: object) -> None:
    assert pickle.loads(pickle.dumps(value)) == value  # noqa: S301 - bytes of our own
    assert copy.deepcopy(value) == value
