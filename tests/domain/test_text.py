"""Text from outside is made safe to show."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.domain.hostile import anything, obeyed
from wfadmin.domain.text import first_line, shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("plain words", "plain words", id="plain words stay"),
        pytest.param("", "", id="nothing stays nothing"),
        pytest.param("Grüße, 鍵 🔑", "Grüße, 鍵 🔑", id="letters of any script stay"),
        pytest.param("a\nb\tc\r\nd", "a b c  d", id="line ends and tabs become blanks"),
        pytest.param("a\xa0b\u2028c", "a b c", id="odd blanks become blanks"),
        pytest.param("\x1b[31mred", "?[31mred", id="an escape becomes a question mark"),
        pytest.param("\x9b31mred", "?31mred", id="so does the eight-bit form of an escape"),
        pytest.param("abc\u202edef", "abc?def", id="text direction cannot be turned"),
        pytest.param("a\u200bb\ufeffc\xadd", "a?b?c?d", id="invisible characters are seen"),
        pytest.param("a\udcffb", "a?b", id="an undecodable byte becomes a question mark"),
        pytest.param("a\0b", "a?b", id="a NUL becomes a question mark"),
    ],
)
def test_shown(text: str, expected: str) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("12345678", "12345678", id="what just fits stays whole"),
        pytest.param("123456789", "12345...", id="what is longer ends in three dots"),
        pytest.param("1234\n\n\n\n\n", "1234 ...", id="line ends count like any character"),
    ],
)
def test_shown_with_a_limit(text: str, expected: str) -> None:
    assert shown(text, limit=8) == expected


def test_text_of_ordinary_length_is_not_cut() -> None:
    assert shown("x" * 300) == "x" * 300
    assert shown("x" * 301) == "x" * 297 + "..."


@given(anything, st.integers(min_value=3, max_value=20))
@example("\x1b" * 50, 10)
def test_what_is_shown_is_one_short_line_that_no_terminal_obeys(text: str, limit: int) -> None:
    line = shown(text, limit=limit)
    assert obeyed(line) == ""
    assert len(line) <= limit


@given(anything)
def test_showing_twice_changes_nothing_more(text: str) -> None:
    assert shown(shown(text)) == shown(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("out of stock", "out of stock", id="one line is the first line"),
        pytest.param("", "", id="no text has an empty first line"),
        pytest.param(" \n\t\n\r\n", "", id="blank lines have an empty first line"),
        pytest.param("\n\n  boom  \n  at x", "boom", id="blank lines and margins are skipped"),
        pytest.param("boom\r\nat x", "boom", id="a carriage return ends a line"),
        pytest.param("boom\u2028at x", "boom", id="so does a line separator"),
        pytest.param("\x1bboom\nat x", "?boom", id="what a terminal would obey is replaced"),
    ],
)
def test_first_line(text: str, expected: str) -> None:
    assert first_line(text) == expected


def test_a_first_line_is_cut_like_any_text() -> None:
    assert first_line("123456789\nmore", limit=8) == "12345..."
