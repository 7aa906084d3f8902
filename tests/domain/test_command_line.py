"""A command line is pasted into a shell: it must say the words, and nothing else."""

import os
import shutil
import subprocess

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.domain.hostile import TRICKS, obeyed, words
from wfadmin.domain.text import command_line

_BASH = "/bin/bash"
_DASH = shutil.which("dash")

#: Where `$'...'` is not known, a backslash in front of a quote would not keep the word together.
_BREAKOUT = "\x1b'; echo INJECTED #"


def _quoted(*given_words: str) -> str:
    line = command_line(given_words)
    assert line is not None
    return line


def _said(shell: str, line: str) -> list[bytes]:
    """Ask a real shell which words it reads."""
    script = f"printf '%s\\0' {line}"
    done = subprocess.run(
        [shell, "-c", script],
        env={"LC_ALL": "C.UTF-8"},
        capture_output=True,
        timeout=10,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.split(b"\0")[:-1]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        pytest.param("plain-1.2/x", "plain-1.2/x", id="a plain word stays as it is"),
        pytest.param("", "''", id="an empty word is still a word"),
        pytest.param("two words", "'two words'", id="a blank is quoted"),
        pytest.param("it's", "'it'\"'\"'s'", id="a quote is quoted"),
        pytest.param("$HOME", "'$HOME'", id="a variable is not expanded"),
        pytest.param("é", "'é'", id="letters of any script are shown as they are"),
        pytest.param("a\nb", "$'a\\012b'", id="a line end is written as an escape"),
        pytest.param("\x1b1", "$'\\0331'", id="a digit that follows an escape stays apart"),
        pytest.param("\n\\'!", "$'\\012\\\\\\047\\041'", id="no quote stands inside escapes"),
        pytest.param("\u202e", "$'\\342\\200\\256'", id="text direction is written in bytes"),
        pytest.param("\udcff", "$'\\377'", id="an undecodable byte is written as that byte"),
    ],
)
def test_one_word(word: str, expected: str) -> None:
    assert command_line([word]) == expected


def test_words_are_set_apart_by_blanks() -> None:
    assert command_line(iter(["wfadmin", "inspect", "--", "a b"])) == "wfadmin inspect -- 'a b'"


def test_no_words_are_an_empty_line() -> None:
    assert command_line([]) == ""


@pytest.mark.parametrize(
    "word",
    [
        pytest.param("victim\0x", id="a shell would end a word at its NUL and name another key"),
        pytest.param("\ud800", id="an unpaired surrogate cannot be written at all"),
    ],
)
def test_a_word_that_no_program_can_be_given_has_no_line(word: str) -> None:
    assert command_line(["wfadmin", "inspect", "--", "Order", word]) is None


@pytest.mark.parametrize("trick", [*TRICKS, _BREAKOUT, "\udcff"])
def test_bash_reads_back_exactly_the_trick(trick: str) -> None:
    assert _said(_BASH, _quoted(trick, "end")) == [os.fsencode(trick), b"end"]


@settings(max_examples=150)
@given(st.lists(words, min_size=1, max_size=4))
@example(["\x1b\\", "'"])
@example(["\n0", "\n7", "\x01f"])
def test_bash_reads_back_exactly_the_words(given_words: list[str]) -> None:
    assert _said(_BASH, _quoted(*given_words)) == [one.encode() for one in given_words]


@given(st.lists(words, max_size=4))
def test_nothing_in_a_line_is_obeyed_by_a_terminal(given_words: list[str]) -> None:
    assert obeyed(_quoted(*given_words)) == ""


@pytest.mark.skipif(_DASH is None, reason="needs dash (apt-get install dash)")
@pytest.mark.parametrize("trick", [*TRICKS, _BREAKOUT])
def test_a_shell_without_escapes_still_reads_one_word_and_runs_nothing_else(trick: str) -> None:
    line = _quoted(trick)
    literal = "$" + line[2:-1] if line.startswith("$'") else trick
    assert _said(str(_DASH), f"{line} end") == [literal.encode(), b"end"]
