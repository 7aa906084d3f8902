"""What leaves the process: in the form that was asked for, to whoever still reads."""

import errno
import io
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from wfadmin.cli.output import CannotSpeakError, Output, Paint, Said, wants_json

SAID = Said(lambda: {"a": "\u202e\x9b"}, lambda paint: (paint("ill", "red"), "b"), 3)
FAILURE = {"error": {"message": "It\x1b[31m broke.", "why": "Because.", "fix": "Mend it."}}


class Terminal(io.StringIO):
    """A stream that says that people read it."""

    @override
    def isatty(self) -> bool:
        return True


class Broken(io.StringIO):
    """A stream that fails."""

    def __init__(self, error: OSError, descriptor: Callable[[], int]) -> None:
        super().__init__()
        self._error = error
        self._descriptor = descriptor

    @override
    def write(self, text: str) -> int:
        raise self._error

    @override
    def fileno(self) -> int:
        return self._descriptor()


def no_descriptor() -> int:
    raise OSError(errno.EBADF, "no descriptor")


def output(out: Any, err: Any = None, *, json: bool = False, **variables: str) -> Output:  # noqa: ANN401
    return Output(out, err, json=json, environment=variables)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ([], False),
        (["doctor"], False),
        (["doctor", "-o", "json"], True),
        (["doctor", "-o=json"], True),
        (["doctor", "-ojson"], True),
        (["doctor", "--output", "json"], True),
        (["doctor", "--output=json"], True),
        (["-o", "json"], True),
        (["doctor", "-o", "json", "--bogus"], True),
        (["doctor", "-o", "table"], False),
        (["doctor", "-otable"], False),
        (["doctor", "--output=table"], False),
        (["doctor", "-o"], False),
        (["doctor", "-o", "json", "-o", "table"], False),
        (["inspect", "--", "-o", "json"], False),
        (["doctor", "--other=json"], False),
    ],
)
def test_the_form_is_found_before_parsing(words: Sequence[str], *, found: bool) -> None:
    assert wants_json(words) is found


def test_a_board_is_lines_and_the_exit_code_is_that_of_the_command() -> None:
    out = io.StringIO()
    assert output(out).tell(SAID) == 3
    assert out.getvalue() == "ill\nb\n"


def test_a_document_is_ascii_json() -> None:
    out = io.StringIO()
    assert output(out, json=True).tell(SAID) == 3
    assert out.getvalue() == '{\n  "a": "\\u202e\\u009b"\n}\n'


def test_a_terminal_gets_colours() -> None:
    out = Terminal()
    output(out).tell(SAID)
    assert out.getvalue() == "\x1b[31mill\x1b[0m\nb\n"


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_who_wants_no_colours_gets_none(variables: dict[str, str]) -> None:
    out = Terminal()
    output(out, json=False, **variables).tell(SAID)
    assert out.getvalue() == "ill\nb\n"


def test_an_empty_no_color_says_nothing() -> None:
    out = Terminal()
    output(out, NO_COLOR="").tell(SAID)
    assert "\x1b[31m" in out.getvalue()


def test_an_error_is_three_lines_on_stderr() -> None:
    out, err = io.StringIO(), io.StringIO()
    output(out, err).fail(FAILURE)
    assert out.getvalue() == ""
    assert err.getvalue() == "wfadmin: It?[31m broke.\n  why: Because.\n  fix: Mend it.\n"


def test_in_json_an_error_is_the_document_and_stderr_stays_empty() -> None:
    out, err = io.StringIO(), io.StringIO()
    output(out, err, json=True).fail(FAILURE)
    assert '"fix": "Mend it."' in out.getvalue()
    assert err.getvalue() == ""


def test_a_process_without_streams_says_nothing_and_keeps_its_exit_code() -> None:
    silent = output(None, None)
    silent.fail(FAILURE)
    assert silent.tell(SAID) == 3


def test_who_went_away_changes_no_exit_code(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w") as file:
        copy = os.dup(file.fileno())
        assert output(Broken(BrokenPipeError(), lambda: copy)).tell(SAID) == 3
        # What is still buffered goes nowhere.
        os.write(copy, b"rest")
        os.close(copy)
    assert (tmp_path / "file").read_text() == ""


def test_a_stream_without_a_descriptor_may_break_too() -> None:
    assert output(Broken(BrokenPipeError(), no_descriptor)).tell(SAID) == 3


def test_a_full_disk_is_an_error() -> None:
    full = Broken(OSError(errno.ENOSPC, "No space left on device"), no_descriptor)
    with pytest.raises(CannotSpeakError, match="No space left on device"):
        output(full).tell(SAID)


def test_where_stderr_fails_there_is_nobody_to_tell() -> None:
    output(None, Broken(OSError(errno.EIO, "I/O error"), no_descriptor)).fail(FAILURE)


def test_what_the_encoding_lacks_is_escaped() -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="latin-1")
    output(out).tell(Said(dict, lambda _: ("\u4e2d \u00e9",)))
    assert raw.getvalue() == b"\\u4e2d \xe9\n"


def test_paint_without_colours_is_the_text() -> None:
    assert Paint()("text", "red") == "text"
