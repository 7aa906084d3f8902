"""What humans send is read strictly: nothing is coerced, nothing is ignored, nothing repeated."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum

import attrs
import pytest

from wfadmin.domain.errors import InvalidConfig, UsageError
from wfadmin.wire.strict import structured


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@attrs.frozen
class Part:
    count: int
    share: float | None = None
    name: str | None = None
    ready: bool = False
    tags: tuple[str, ...] = ()
    colour: Colour | None = None


@attrs.frozen
class Picky:
    size: int = attrs.field(validator=attrs.validators.lt(3))


@attrs.frozen
class Whole:
    parts: Mapping[str, Part] = attrs.field(factory=dict)
    list: tuple[Part, ...] = ()
    picky: Picky | None = None


def problem_of(data: object) -> str:
    with pytest.raises(UsageError) as caught:
        structured(data, Whole, argument="the file")
    assert caught.value.argument == "the file"
    return caught.value.problem


def test_what_fits_is_read() -> None:
    data = {
        "parts": {
            "a": {
                "count": 1,
                "share": 0.5,
                "name": "x",
                "ready": True,
                "tags": ["t"],
                "colour": "blue",
            },
        },
        "list": [{"count": 2}],
    }
    part = Part(1, 0.5, "x", ready=True, tags=("t",), colour=Colour.BLUE)
    assert structured(data, Whole, argument="x") == Whole({"a": part}, (Part(2),))


def test_a_whole_number_is_a_number() -> None:
    read = structured({"list": [{"count": 1, "share": 5}]}, Whole, argument="x")
    assert (read.list[0].share, type(read.list[0].share)) == (5.0, float)


@pytest.mark.parametrize(
    ("part", "problem"),
    [
        ({"count": True}, "list[0].count: a whole number is expected, this is a truth value"),
        ({"count": "1"}, "list[0].count: a whole number is expected, this is text"),
        ({"count": 1.0}, "list[0].count: a whole number is expected, this is a number"),
        ({"count": None}, "list[0].count: a whole number is expected, this is nothing"),
        ({"count": [1]}, "list[0].count: a whole number is expected, this is a list"),
        ({"count": {}}, "list[0].count: a whole number is expected, this is a table"),
        (
            {"count": datetime.now(UTC)},
            "list[0].count: a whole number is expected, this is a date or time",
        ),
        ({"count": 1, "name": 1}, "list[0].name: text is expected, this is a whole number"),
        ({"count": 1, "ready": "false"}, "list[0].ready: true or false is expected, this is text"),
        ({"count": 1, "ready": 0.0}, "list[0].ready: true or false is expected, this is a number"),
        ({"count": 1, "share": "1"}, "list[0].share: a number is expected, this is text"),
        ({"count": 1, "share": True}, "list[0].share: a number is expected, this is a truth value"),
        ({"count": 1, "share": float("inf")}, "list[0].share: the number is not finite"),
        ({"count": 1, "share": float("nan")}, "list[0].share: the number is not finite"),
        ({"count": 1, "share": 10**400}, "list[0].share: the number is too large"),
        ({"count": 1, "tags": "abc"}, "list[0].tags: a list is expected, this is text"),
        ({"count": 1, "tags": ["a", []]}, "list[0].tags[1]: text is expected, this is a list"),
        ({"count": 1, "colour": "green"}, "list[0].colour: one of red, blue is expected"),
        ({"count": 1, "colour": 1}, "list[0].colour: one of red, blue is expected"),
        ({}, "list[0].count is missing"),
        (
            {"count": 1, "label": "x"},
            "list[0].label is not a known key (known: count, share, name, ready, tags, colour)",
        ),
        ("x", "list[0]: a table is expected, this is text"),
    ],
)
def test_what_does_not_fit_is_named_with_its_path(part: object, problem: str) -> None:
    assert problem_of({"list": [part]}) == problem


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (None, "a table is expected, this is nothing"),
        ([], "a table is expected, this is a list"),
        ({"parts": []}, "parts: a table is expected, this is a list"),
        ({"parts": {"a": 1}}, "parts.a: a table is expected, this is a whole number"),
        ({"parts": {"a b": {}}}, 'parts."a b".count is missing'),
        ({"prats": {}}, "prats is not a known key (known: parts, list, picky)"),
        ({"a\x1b[31m": 1}, '"a?[31m" is not a known key (known: parts, list, picky)'),
    ],
)
def test_the_path_starts_at_the_whole(data: object, problem: str) -> None:
    assert problem_of(data) == problem


def test_words_of_others_are_not_repeated() -> None:
    assert problem_of({"picky": {"size": 12345}}) == "picky: it does not fit"


def test_several_problems_are_one_line() -> None:
    problem = problem_of({"list": [{}, {}, {}, {}, {}]})
    expected = "list[0].count is missing; list[1].count is missing; list[2].count is missing"
    assert problem == f"{expected}; and 2 more"


def test_a_value_is_never_repeated() -> None:
    assert "hunter2" not in problem_of({"list": [{"count": "hunter2", "name": {"hunter2": 1}}]})


def test_the_error_is_of_the_kind_that_was_asked_for() -> None:
    with pytest.raises(InvalidConfig, match="f is not usable: a table is expected"):
        structured(1, Whole, argument="f", error=InvalidConfig)
