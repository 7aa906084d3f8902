"""
What was typed and cannot be run, in words.

What stands on a command line may be a secret in the wrong place, so values are never repeated:
only names of options, and words that look like the name of a command.
"""

import difflib
import re
from collections.abc import Sequence
from typing import get_args

from cyclopts.exceptions import (
    CoercionError,
    CycloptsError,
    MissingArgumentError,
    RepeatArgumentError,
    UnknownCommandError,
    UnknownOptionError,
    UnusedCliTokensError,
)

__all__ = ["DeclinedError", "MisuseError", "misuse", "not_understood"]

_COMMAND = re.compile(r"[a-z][a-z-]{0,19}\Z")
_OPTION = re.compile(r"--[A-Za-z][A-Za-z0-9_.-]{0,29}|-[A-Za-z]")


class MisuseError(Exception):
    """
    A command line that no command understands.

    No `WfadminError`: those belong to the library, and this cannot happen there.

    Args:
        slug: What kind of misuse it is, as a stable word.
        message: What is wrong, as a sentence.
        fix: What to do next.
    """

    why = "The command line was checked before anything was sent."

    def __init__(self, slug: str, message: str, fix: str) -> None:
        super().__init__(message)
        self.slug = slug
        self.message = message
        self.fix = fix


class DeclinedError(MisuseError):
    """Somebody was asked, and did not say yes: nothing was sent."""

    why = "Only y or yes is a yes."

    def __init__(self) -> None:
        message = "Declined by you: nothing was sent."
        super().__init__("declined", message, "Run it again and answer y, or add --yes.")


def misuse(words: Sequence[str], error: CycloptsError, commands: Sequence[str]) -> MisuseError:
    """What is wrong with a command line, without any value that was typed."""
    first = words[0] if words else ""
    command = f"wfadmin {first}" if first in commands else "wfadmin"
    if isinstance(error, UnknownCommandError) and first in commands:
        return not_understood(f"There is no such command of wfadmin {first}.", command)
    return not_understood(f"{_problem(first, error, commands)}.", command)


def not_understood(message: str, command: str = "wfadmin") -> MisuseError:
    """A command line that cannot be understood; the help of `command` says what can."""
    return MisuseError("invalid_command_line", message, f"See: {command} --help")


def _problem(first: str, error: CycloptsError, commands: Sequence[str]) -> str:
    match error:
        case UnknownCommandError():
            told = _unknown_command(first, commands)
        case UnknownOptionError():
            told = _unknown_option(error)
        case UnusedCliTokensError():
            told = f"It takes no more arguments, and {len(error.unused_tokens or ())} follow"
        case MissingArgumentError():
            name = _name(error, error.keyword)
            told = f"{name} needs a value" if name.startswith("-") else f"{name} is missing"
        case CoercionError():
            keyword = None if error.token is None else error.token.keyword
            told = f"{_name(error, keyword)} takes {_taken(error.target_type)}"
        case RepeatArgumentError():
            told = f"{_name(error, error.token.keyword)} is given twice"
        case _:
            told = "It cannot be understood"
    return told


def _name(error: CycloptsError, keyword: str | None) -> str:
    if keyword is not None:
        return keyword
    return "An argument" if error.argument is None else error.argument.name


def _taken(kind: object) -> str:
    choices = get_args(kind)
    return f"one of: {', '.join(map(str, choices))}" if choices else "a number"


def _unknown_command(first: str, commands: Sequence[str]) -> str:
    if first.startswith("-"):
        return "An option stands before the command; write the command first"
    if not _COMMAND.match(first):
        return f"There is no such command; there are {', '.join(commands)}"
    close = difflib.get_close_matches(first, commands, n=1)
    meant = f"perhaps you mean {close[0]}" if close else f"there are {', '.join(commands)}"
    return f"There is no command {first}; {meant}"


def _unknown_option(error: UnknownOptionError) -> str:
    typed = error.token.keyword or error.token.value
    found = _OPTION.match(typed)
    name = found[0] if found else "of that name"
    names = [name for one in error.argument_collection for name in one.names]
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f"There is no option {name}; perhaps you mean {close[0]}"
    return f"There is no option {name}; a name or key that starts with - has to follow --"
