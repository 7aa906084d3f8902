"""What an observer is told fits into a log: short, on one line, of plain types, no secrets."""

from datetime import UTC, datetime, timedelta

import pytest
from typing_extensions import override

from wfadmin.domain.answers import Answer
from wfadmin.domain.keys import WorkflowKey
from wfadmin.wire.facts import fact, facts, text_of


class Unprintable:
    @override
    def __str__(self) -> str:
        raise RuntimeError


class Shouting(str):
    __slots__ = ()

    @override
    def __str__(self) -> str:
        return "LOUD"


@pytest.mark.parametrize("value", [None, True, 0, -3, 2**63 - 1, 1.5, "plain", ""])
def test_a_plain_value_stays_as_it_is(value: object) -> None:
    assert fact(value) == value
    assert type(fact(value)) is type(value)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (Answer.ACCEPTED, "accepted"),
        (Shouting("quiet"), "quiet"),
        (2**63, "a number that is too large"),
        (-(10**4000), "a number that is too large"),
        (b"\xff\x00", "<2 bytes>"),
        (bytearray(3), "<3 bytes>"),
        (timedelta(minutes=1.5), "90 s"),
        (datetime(2026, 1, 2, 3, 4, tzinfo=UTC), "2026-01-02T03:04:00+00:00"),
        (LookupError("gone"), "LookupError: gone"),
        (WorkflowKey("Order", "1"), str(WorkflowKey("Order", "1"))),
        (Unprintable(), "not to be shown"),
        (["a", 1, None], "a, 1, None"),
        (("a",), "a"),
        ({"a"}, "a"),
        (frozenset({"a"}), "a"),
        ([], ""),
        ({"a": 1, "b": "x y"}, "a: 1, b: x y"),
        ([["a"], {"b": 1}, ()], "<list>, <dict>, <tuple>"),
        ({"a": [1], ("k",): 2}, "a: <list>, <tuple>: 2"),
        (range(2), "range(0, 2)"),
    ],
)
def test_another_value_becomes_one_line(value: object, told: str) -> None:
    assert fact(value) == told
    assert type(fact(value)) is str


def test_a_number_that_nobody_can_write_down_is_not_written_down() -> None:
    assert fact(10**5000) == "a number that is too large"


def test_of_a_collection_the_first_eight_are_shown() -> None:
    assert fact(list(range(8))) == "0, 1, 2, 3, 4, 5, 6, 7"
    assert fact(list(range(9))) == "0, 1, 2, 3, 4, 5, 6, 7, ..."
    assert fact(dict.fromkeys(range(9), 0)) == (
        "0: 0, 1: 0, 2: 0, 3: 0, 4: 0, 5: 0, 6: 0, 7: 0, ..."
    )


def test_a_collection_that_holds_itself_has_an_end() -> None:
    loop: list[object] = []
    loop.append(loop)

    assert fact(loop) == "<list>"


@pytest.mark.parametrize(
    "character", ["\n", "\r", "\0", "\x1b", "\x85", "\u2028", "\u202e", "\ud800"]
)
def test_nothing_that_a_terminal_obeys_is_told(character: str) -> None:
    told = text_of(f"a{character}b")

    assert told in ("a?b", "a b")


def test_a_long_text_is_cut() -> None:
    assert text_of("x" * 300) == "x" * 300
    assert text_of("x" * 301) == "x" * 297 + "..."


def test_of_a_text_too_long_to_read_the_word_that_was_cut_is_left_out() -> None:
    secret = "https://ops:hunter2" + "x" * 8000 + "@engine"

    assert text_of(f"asked {secret}") == "asked ..."
    assert text_of("x " + "y" * 7998) == "x " + "y" * 295 + "..."
    assert text_of("x " + "y" * 7999) == "x ..."
    # What is masked on the way leaves no room for it either.
    assert "hunter2" not in text_of(f"token={'y' * 7900} {secret}")


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (
            "no answer from https://ops:hunter2@engine:9070",
            "no answer from https://***@engine:9070",
        ),
        ("authorization: Bearer hunter2", "authorization: ***"),
        (["token=hunter2", "b"], "token=***, b"),
        (ValueError("password=hunter2"), "ValueError: password=***"),
    ],
)
def test_what_looks_like_a_secret_is_masked(value: object, told: str) -> None:
    assert fact(value) == told


@pytest.mark.parametrize("name", ["token", "admin_token", "API-Key", "password", "cookie"])
def test_the_value_of_a_secret_name_is_masked_whatever_it_is(name: str) -> None:
    assert facts({name: 42, "engine": "restate"}) == {name: "***", "engine": "restate"}


def test_names_are_cut_and_made_safe() -> None:
    assert facts({"a\nb": 1, "x" * 100: 2}) == {"a b": 1, "x" * 61 + "...": 2}


def test_of_many_facts_the_first_are_told() -> None:
    told = facts({f"fact {number}": number for number in range(40)})

    assert list(told.values()) == list(range(32))
