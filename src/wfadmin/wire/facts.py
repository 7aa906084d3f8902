"""
What an observer is told, made fit for a log or a trace: short, of plain types, without secrets.

Laws:

- What cannot be shown is replaced; what is long is cut; nothing ends the line of a log.
- A second look, as in `wfadmin.wire.redaction`: whoever tells a fact leaves secrets out.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import islice

from wfadmin.domain.auditing import MASK
from wfadmin.domain.text import shown
from wfadmin.wire.redaction import masked

__all__ = ["Fact", "fact", "facts", "text_of"]

#: What logs and traces can hold besides nothing.
Fact = str | int | float | bool | None

_MOST = 32
_LISTED = 8
_LONGEST_NAME = 64
_LONGEST_READ = 8000
# Beyond it a number is more than exporters can hold, or even write down.
_LARGEST = 2**63
_COLLECTIONS = (Mapping, list, tuple, set, frozenset)


def facts(fields: Mapping[str, object]) -> dict[str, Fact]:
    """The first 32 of `fields`, each name at most 64 characters long."""
    return {
        shown(text_of(name), limit=_LONGEST_NAME): MASK if _is_secret(name) else fact(value)
        for name, value in islice(fields.items(), _MOST)
    }


def fact(value: object) -> Fact:
    """`value` as a number or one line of text; of a collection, its first entries."""
    match value:
        case None | bool() | float():
            return value
        case int():
            return int(value) if abs(value) < _LARGEST else "a number that is too large"
        case Mapping():
            first = islice(value.items(), _LISTED)
            return _listed([f"{_entry(name)}: {_entry(one)}" for name, one in first], len(value))
        case list() | tuple() | set() | frozenset():
            return _listed([_entry(one) for one in islice(value, _LISTED)], len(value))
        case _:
            return _text(value)


def text_of(text: str) -> str:
    """One line of `text`, without what looks like a secret, and not longer than 300 characters."""
    # What a subclass makes of itself is its own affair; an enum's text is its value.
    plain = str.__str__(text)
    head = plain[:_LONGEST_READ]
    if len(plain) > _LONGEST_READ:
        # Half of a secret does not look like one: the word that was cut is left out.
        head = head.rpartition(" ")[0] + " ..."
    return shown(masked(head))


def _listed(entries: list[str], count: int) -> str:
    more = ", ..." if count > _LISTED else ""
    return text_of(", ".join(entries) + more)


def _entry(value: object) -> str:
    # One level is enough for a line, and never comes back to itself.
    return f"<{type(value).__name__}>" if isinstance(value, _COLLECTIONS) else str(fact(value))


def _text(value: object) -> str:
    match value:
        case str():
            return text_of(value)
        case bytes() | bytearray():
            return f"<{len(value)} bytes>"
        case timedelta():
            return f"{value.total_seconds():g} s"
        case datetime():
            return value.isoformat()
        case _:
            return _foreign(value)


def _foreign(value: object) -> str:
    name = type(value).__name__
    try:
        told = str(value)
    except Exception:  # noqa: BLE001 - it cannot be shown, so its kind is
        told = "not to be shown"
    return text_of(f"{name}: {told}" if isinstance(value, BaseException) else told)


def _is_secret(name: str) -> bool:
    # The rule of `masked` for NAME=VALUE says which names are those of secrets.
    pair = f"{str.__str__(name)[:_LONGEST_READ]}=x"
    return masked(pair) != pair
