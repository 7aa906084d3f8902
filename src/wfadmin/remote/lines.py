"""
Served command lines, back to remedies.

A line is taken only if one of our own remedies would make exactly that line. So a server can
choose among what we advise, and for which key; it cannot make up a verb, an option or a word.
"""

import re
from collections.abc import Callable, Iterator

import attrs

from wfadmin.domain import remedies
from wfadmin.domain.errors import UsageError
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.policy import parse_stuck
from wfadmin.domain.remedies import Remedy

__all__ = ["remedy_of"]

_LONGEST = 16 * 1024
_ELSEWHERE = "; not over the operator API"

# What `command_line` makes: a bare word, one in quotes, or one with escapes.
_WORD = re.compile(
    r"""(?P<bare>[\w@%+=:,./-]+)
    | \$'(?P<escaped>(?:[^'\\] | \\\\ | \\[0-3][0-7]{2})*)'
    | (?P<quoted>(?:'[^']*' | "'")+)""",
    re.VERBOSE | re.ASCII,
)
_QUOTED = re.compile(r"'([^']*)'|\"(')\"")
_ESCAPE = re.compile(r"\\(\\|[0-7]{3})")


def remedy_of(line: str) -> Remedy | None:
    """
    The remedy that a line was made from; None where it is none of ours.

    Args:
        line: As `Remedy.command` makes it, without options that name an engine.
    """
    words = _words_of(line)
    if words is None or words[:1] != ("wfadmin",) or "--" not in words:
        return None
    end = words.index("--")
    arguments = words[end + 1 :]
    for made in _candidates(words[1:end], arguments):
        if made.command() == line:
            return made
    return None


def _candidates(before: tuple[str, ...], arguments: tuple[str, ...]) -> Iterator[Remedy]:
    """What we would have advised, if it was meant so; whoever asks compares the lines."""
    for verb, make in _MAKERS:
        if before[: len(verb)] == verb:
            try:
                yield make(before[len(verb) :], arguments)
            except (UsageError, ValueError):
                # No such key or rule, or not as many words as it takes.
                continue


def _inspect(_: tuple[str, ...], arguments: tuple[str, ...]) -> Remedy:
    return remedies.inspect(_key(arguments))


def _resume(options: tuple[str, ...], arguments: tuple[str, ...]) -> Remedy:
    first, *more = options
    make = remedies.resume_latest if more else remedies.resume
    return _elsewhere(make(_key(arguments), first.removeprefix("--id=")))


def _redeploy(_: tuple[str, ...], arguments: tuple[str, ...]) -> Remedy:
    (url,) = arguments
    return remedies.redeploy(url)


def _cleanup(options: tuple[str, ...], arguments: tuple[str, ...]) -> Remedy:
    (kept,) = arguments
    wait = options[:1] == ("--wait",)
    more = tuple(one.removeprefix("--also-keep=") for one in options[2 if wait else 0 :])
    made = remedies.cleanup((kept, *more), wait=wait)
    return _elsewhere(made) if made.options else made


def _recover(options: tuple[str, ...], arguments: tuple[str, ...]) -> Remedy:
    stuck = None
    if options[:1] == ("--stuck",):
        _, stuck, *_ = options
        # Any other word could pass for an option itself.
        parse_stuck((stuck,))
    made = remedies.recover(
        _key(arguments),
        stuck=stuck,
        with_children="--with-children" in options,
        force="--force-purge" in options,
    )
    return _elsewhere(made) if made.options else made


_Maker = Callable[[tuple[str, ...], tuple[str, ...]], Remedy]
_MAKERS: tuple[tuple[tuple[str, ...], _Maker], ...] = (
    (("inspect",), _inspect),
    (("runs", "resume"), _resume),
    (("redeploy",), _redeploy),
    (("cleanup",), _cleanup),
    (("recover",), _recover),
)


def _key(arguments: tuple[str, ...]) -> WorkflowKey:
    service_name, service_key = arguments
    return WorkflowKey(service_name, service_key)


def _elsewhere(made: Remedy) -> Remedy:
    """What the API cannot carry says so: the line needs the options of the engine itself."""
    return attrs.evolve(made, title=made.title + _ELSEWHERE)


# --- words ---------------------------------------------------------------------------------------


def _words_of(line: str) -> tuple[str, ...] | None:
    """The words of a line; None where `command_line` would not have written it so."""
    if len(line) > _LONGEST or not line.isprintable():
        return None
    words: list[str] = []
    at = 0
    while at <= len(line):
        found = _WORD.match(line, at)
        if found is None or line[found.end() : found.end() + 1] not in ("", " "):
            return None
        words.append(_word(found))
        at = found.end() + 1
    return tuple(words)


def _word(found: "re.Match[str]") -> str:
    if found["bare"] is not None:
        return found["bare"]
    if found["quoted"] is not None:
        return "".join(plain or quote for plain, quote in _QUOTED.findall(found["quoted"]))
    return _unescaped(found["escaped"])


def _unescaped(text: str) -> str:
    raw = bytearray()
    at = 0
    for escape in _ESCAPE.finditer(text):
        raw += text[at : escape.start()].encode()
        raw += b"\\" if escape[1] == "\\" else bytes((int(escape[1], 8),))
        at = escape.end()
    raw += text[at:].encode()
    return raw.decode("utf-8", "surrogateescape")
