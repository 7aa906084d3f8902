"""
Text that came from outside: made safe to show, to quote and to keep.

An engine, and whoever can make it store a failure text, controls these strings. They may hold
control characters that a terminal obeys, or be very long.
"""

import shlex
from collections.abc import Iterable

__all__ = ["command_line", "first_line", "shown"]

_SHOWN_CHARACTERS = 300


def _is_safe(character: str) -> bool:
    # `isprintable` is false for control, format (bidirectional overrides), surrogate and
    # unassigned characters, and for every space but U+0020.
    return character.isprintable()


def shown(text: str, *, limit: int = _SHOWN_CHARACTERS) -> str:
    """
    One line of `text` that is safe on a terminal and in a log.

    Control, format and undecodable characters become ``?`` (white space: a blank), and what is
    longer than `limit` characters ends in ``...``.
    """
    head = text[: limit + 1]
    line = "".join(c if _is_safe(c) else " " if c.isspace() else "?" for c in head)
    return line if len(head) <= limit else line[: max(limit - 3, 0)] + "..."


def first_line(text: str, *, limit: int = _SHOWN_CHARACTERS) -> str:
    """The first line of `text` that is not blank: a failure text is often a whole traceback."""
    return next((shown(one.strip(), limit=limit) for one in text.splitlines() if one.strip()), "")


def command_line(words: Iterable[str]) -> str | None:
    """
    `words` as a line that can be pasted into a shell.

    Every word is quoted; a character that a terminal would obey is written as ``$'...'``
    escapes, so the line shows what it does. A shell that does not know them (dash) takes such a
    word literally: it then names nothing, and still is one word.

    Returns:
        None where no program can be given one of the words: it holds a NUL, at which a shell
        would end the word and name something else, or is not valid Unicode.
    """
    line = tuple(words)
    return " ".join(map(_quoted, line)) if all(map(_is_argument, line)) else None


def _is_argument(word: str) -> bool:
    try:
        return b"\0" not in word.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False


def _quoted(word: str) -> str:
    if all(_is_safe(c) for c in word):
        return shlex.quote(word)
    return "$'" + "".join(_escaped(c) for c in word) + "'"


def _escaped(character: str) -> str:
    if character == "\\":
        return "\\\\"
    # No quote may stand inside: a shell that does not know $'...' would end the word there and
    # run what follows. And "!" is the history of an interactive shell.
    if _is_safe(character) and character not in "'!":
        return character
    # Bytes, not code points: \x works in every shell that knows $'...', \u only in some locales.
    raw = character.encode("utf-8", "surrogateescape")
    # Three octal digits end by themselves; \x would swallow a hexadecimal digit that follows.
    return "".join(f"\\{byte:03o}" for byte in raw)
