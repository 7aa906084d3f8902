"""An answer is read strictly in shape, and quoted with care."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.hostile import obeyed
from wfadmin.domain.errors import Sent, UnexpectedAnswer
from wfadmin.wire.replies import Reply


@attrs.frozen
class Row:
    id: str
    count: int | None = None
    at: datetime | None = None
    lasts: timedelta | None = None
    is_on: bool = False
    anything: Any = None


@attrs.frozen
class Rows:
    rows: tuple[Row, ...]


def reply(body: bytes, *, status: int = 200, secrets: tuple[str, ...] = ()) -> Reply:
    return Reply("POST /query at http://engine", status, body, secrets)


def row(**values: object) -> Row:
    (found,) = reply(json.dumps({"rows": [values]}).encode()).read(Rows).rows
    return found


def problem_with(body: bytes) -> str:
    with pytest.raises(UnexpectedAnswer) as caught:
        reply(body).read(Rows)
    return caught.value.problem


def test_values_are_read_and_unknown_names_ignored() -> None:
    found = row(
        id="inv_1",
        count=3,
        at="2026-11-21T09:43:32.520Z",
        lasts="PT86400S",
        is_on=True,
        anything={"a": None},
        unheard_of=[1, {}],
    )

    at = datetime(2026, 11, 21, 9, 43, 32, 520_000, tzinfo=UTC)
    assert found == Row("inv_1", 3, at, timedelta(days=1), True, {"a": None})  # noqa: FBT003


def test_what_is_null_is_not_there_where_that_is_allowed() -> None:
    assert row(id="inv_1", count=None, at=None, lasts=None) == Row("inv_1")


def test_a_time_of_nanoseconds_is_cut() -> None:
    found = row(id="", at="2026-11-21T09:41:04.456000123Z").at

    assert found == datetime(2026, 11, 21, 9, 41, 4, 456_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("P0D", timedelta(0)),
        ("PT0.5S", timedelta(milliseconds=500)),
        ("PT90061.5S", timedelta(days=1, hours=1, minutes=1, seconds=1.5)),
        ("P1DT2H3M4S", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("P999999999DT999999999H", timedelta.max),
    ],
)
def test_a_duration_is_read(text: str, expected: timedelta) -> None:
    assert row(id="", lasts=text).lasts == expected


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b'{"rows": [{"id": null}]}', "expected a string at $.rows[0].id"),
        (b'{"rows": [{"id": "a"}, {"id": 5}]}', "expected a string at $.rows[1].id"),
        (b'{"rows": [{"id": "\\ud800"}]}', "expected a string of valid Unicode at $.rows[0].id"),
        (b'{"rows": [{}]}', "nothing stands at $.rows[0].id"),
        (b"{}", "nothing stands at $.rows"),
        (b'{"rows": {}}', "expected a list at $.rows"),
        (b'{"rows": "ab"}', "expected a list at $.rows"),
        (b'{"rows": [[]]}', "expected an object at $.rows[0]"),
        (b"[]", "expected an object at $"),
        (b"null", "expected an object at $"),
        (b"5", "expected an object at $"),
        (b'{"rows": [{"id": "a", "count": "3"}]}', "expected a whole number at $.rows[0].count"),
        (b'{"rows": [{"id": "a", "count": true}]}', "expected a whole number at $.rows[0].count"),
        (b'{"rows": [{"id": "a", "count": 1.0}]}', "expected a whole number at $.rows[0].count"),
        (b'{"rows": [{"id": "a", "is_on": 1}]}', "expected true or false at $.rows[0].is_on"),
        (b'{"rows": [{"id": "a", "at": 5}]}', "expected a time with its zone at $.rows[0].at"),
        (
            b'{"rows": [{"id": "a", "at": "2026-11-21T09:43:32"}]}',
            "expected a time with its zone at $.rows[0].at",
        ),
        (b'{"rows": [{"id": "a", "lasts": "P"}]}', "expected a duration at $.rows[0].lasts"),
        (b'{"rows": [{"id": "a", "lasts": "1d"}]}', "expected a duration at $.rows[0].lasts"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_path(body: bytes, problem: str) -> None:
    assert problem_with(body) == problem


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "it is empty"),
        (b" \n", "it is empty"),
        (b"<html><body>hello</body></html>", "it is a web page, not JSON"),
        (b'{"rows": [', "it is not whole JSON"),
        (b"no such route", "it is not whole JSON"),
        (b'{"rows": []} {}', "it is not whole JSON"),
        (b"\xff\xfe", "it is not UTF-8"),
        ('{"rows": []}'.encode("utf-16"), "it is not UTF-8"),
        (b"[NaN]", "it holds NaN, which is not JSON"),
        (b"[-Infinity]", "it holds -Infinity, which is not JSON"),
        (b"[1e999]", "it holds a number that is too large"),
        (b"[" + b"1" * 21 + b"]", "it holds a number of more than 20 digits"),
        (b"[" + b"9" * 100_000 + b"]", "it holds a number of more than 20 digits"),
        (b'{"id": 1, "id": 2}', "an object in it holds a name twice"),
        (b"[" * 200_000, "it is nested too deeply"),
        (b'{"a":' * 200_000, "it is nested too deeply"),
    ],
)
def test_what_is_not_json_or_beyond_its_limits_is_refused(body: bytes, problem: str) -> None:
    assert problem_with(body) == problem


@pytest.mark.parametrize("number", [0, -1, 2**63, 2**64 - 1, 18446744073709551615])
def test_numbers_of_64_bits_are_read(number: int) -> None:
    assert row(id="", count=number).count == number


def test_other_numbers_may_stand_where_nobody_looks() -> None:
    assert row(id="", anything=[1.5, -2e3]).anything == [1.5, -2000.0]


def test_an_unexpected_answer_is_quoted_in_part() -> None:
    with pytest.raises(UnexpectedAnswer) as caught:
        reply(b"<html>" + b"x" * 100_000).json()

    assert caught.value.where == "POST /query at http://engine"
    assert caught.value.excerpt.startswith("<html>xxx")
    assert len(caught.value.excerpt) == 300


@given(st.binary(max_size=60))
def test_an_excerpt_holds_nothing_that_a_terminal_obeys(body: bytes) -> None:
    assert obeyed(reply(body).excerpt) == ""


@given(st.binary(max_size=40) | st.text(max_size=40).map(str.encode))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        reply(body).json()
    except UnexpectedAnswer as error:
        assert error.problem  # noqa: PT017 - either way is fine


def test_our_token_is_not_quoted_back() -> None:
    error = reply(b"<p>Bearer s3cret</p>", secrets=("s3cret",)).unexpected("odd")

    assert error.excerpt == "<p>Bearer ***</p>"


def test_a_rejection_tells_the_code_and_the_words_of_the_engine() -> None:
    body = json.dumps({"message": "no such\x1b[31m s3cret.", "restate_code": "META0003"}).encode()

    error = reply(body, status=500, secrets=("s3cret",)).rejected(sent=Sent.YES)

    assert (error.http_status, error.engine_code) == (500, "META0003")
    assert error.excerpt == "no such?[31m ***"
    assert error.sent is Sent.YES


@pytest.mark.parametrize(
    ("body", "excerpt"),
    [
        (b"", ""),
        (b"plain words", "plain words"),
        (b"<h1>403</h1>", "<h1>403</h1>"),
        (b'{"message": 5}', '{"message": 5}'),
        (b'["message"]', '["message"]'),
        (b'{"restate_code": null, "message": "no"}', "no"),
    ],
)
def test_a_rejection_without_a_message_quotes_what_came(body: bytes, excerpt: str) -> None:
    error = reply(body, status=404).rejected()

    assert (error.engine_code, error.excerpt, error.sent) == (None, excerpt, Sent.NO)


@pytest.mark.parametrize(
    ("body", "message"),
    [(b'{"message": "gone"}', "gone"), (b'{"message": null}', None), (b"gone", None)],
)
def test_the_message_of_an_engine_is_told_apart_from_other_words(
    body: bytes, message: str | None
) -> None:
    assert reply(body).message == message


@pytest.mark.parametrize(
    ("status", "success"), [(199, False), (200, True), (299, True), (300, False)]
)
def test_success_is_told_by_the_status(status: int, success: bool) -> None:  # noqa: FBT001
    assert reply(b"", status=status).is_success is success


def test_the_body_and_the_secrets_are_not_in_the_repr() -> None:
    assert "s3cret" not in repr(reply(b"s3cret", secrets=("s3cret",)))
