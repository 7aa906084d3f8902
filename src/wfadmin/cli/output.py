"""
What leaves the process: one document or one board on stdout, everything else on stderr.

Laws:

- The form of the output is known before anything is parsed, so that an error of usage is JSON
  too where JSON was asked for.
- Who reads us may go away at any time: that changes neither what we do nor our exit code.
"""

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TextIO

import attrs

__all__ = ["CannotSpeakError", "Output", "Paint", "Said", "wants_json"]

_ESCAPES = {"red": 31, "green": 32, "yellow": 33, "blue": 34, "bold": 1, "dim": 2}
_OPTIONS = ("--output", "-o")


class CannotSpeakError(Exception):
    """An answer could not be written, although somebody is there to read it."""


@attrs.frozen
class Paint:
    """Colours for a terminal, or none."""

    colours: bool = False

    def __call__(self, text: str, style: str) -> str:
        """`text` in a colour; as it is where there are no colours."""
        return f"\x1b[{_ESCAPES[style]}m{text}\x1b[0m" if self.colours else text


@attrs.frozen
class Said:
    """
    What a command has to say, in both forms; only one of them is made.

    Attributes:
        document: One JSON document.
        board: Lines for people.
        beside: Lines for stderr beside the document, with what has no place in it.
    """

    document: Callable[[], Mapping[str, Any] | Sequence[Any]]
    board: Callable[[Paint], Iterable[str]]
    exit_code: int = 0
    beside: tuple[str, ...] = ()


def wants_json(words: Sequence[str]) -> bool:
    """Whether a command line asks for JSON, as far as it can be told before it is parsed."""
    found = False
    for index, word in enumerate(words):
        if word == "--":
            break
        name, given, value = word.partition("=")
        if word in _OPTIONS:
            found = words[index + 1 : index + 2] == ["json"]
        elif given and name in _OPTIONS:
            found = value == "json"
        elif word.startswith("-o"):
            found = word == "-ojson"
    return found


@attrs.frozen
class Output:
    """
    Where a command speaks.

    Attributes:
        out: For data; None where the process was started without it.
        err: For everything else; None where the process was started without it.
        json: Whether data is one JSON document.
    """

    out: TextIO | None
    err: TextIO | None
    json: bool
    environment: Mapping[str, str] = attrs.field(factory=lambda: os.environ, repr=False)

    def tell(self, said: Said) -> int:
        """Print what a command has to say, and give its exit code."""
        if self.json:
            self._document(said.document())
            for line in said.beside:
                self.complain(line)
        else:
            _write(self.out, "\n".join((*said.board(Paint(self._has_colours())), "")))
        return said.exit_code

    def complain(self, line: str) -> None:
        """Print one line on stderr; where that cannot be, there is nobody to tell."""
        with suppress(CannotSpeakError):
            _write(self.err, f"{line}\n")

    def ask(self, question: str) -> None:
        """Print a question on stderr, without a line end."""
        with suppress(CannotSpeakError):
            _write(self.err, question)

    def fail(self, document: Mapping[str, Any]) -> None:
        """Print an error: as the document in JSON, in three lines on stderr otherwise."""
        if self.json:
            self._document(document)
            return
        # Imported here: an error is rare, and `--help` is waited for.
        from wfadmin.domain.text import shown

        error = document["error"]
        for label, name in (("wfadmin:", "message"), ("  why:", "why"), ("  fix:", "fix")):
            self.complain(f"{label} {shown(error[name], limit=1000)}")
        for also in error.get("details", {}).get("also", ()):
            self.complain(f"  also: {shown(also, limit=1000)}")

    def _document(self, document: Mapping[str, Any] | Sequence[Any]) -> None:
        # ASCII only: whatever an engine wrote, no terminal can obey it, and no encoding lacks it.
        _write(self.out, json.dumps(document, indent=2, allow_nan=False) + "\n")

    def _has_colours(self) -> bool:
        if self.out is None or self.environment.get("NO_COLOR"):
            return False
        return self.out.isatty() and self.environment.get("TERM") != "dumb"


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:
        return
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except BrokenPipeError:
        _silence(stream)
    except OSError as error:
        _silence(stream)
        raise CannotSpeakError(error.strerror) from error


def _silence(stream: TextIO) -> None:
    # What is still buffered is written once more when the process ends, and would be complained
    # about then. (Python's documentation of SIGPIPE gives this cure.)
    with suppress(OSError):  # a stream without a descriptor has nothing to silence
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
