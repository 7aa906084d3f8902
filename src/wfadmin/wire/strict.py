"""
What humans send, read strictly: configuration now, request bodies later.

Laws:

- Nothing is coerced: ``"false"`` is not false, ``1`` is not ``"1"``, a truth value is no number. A
  whole number is a number, though: files write ``timeout = 5``.
- A key that is not known is an error that names its path, never ignored: it may be a misspelt
  protection.
- Values are never repeated in a message: the one in the wrong place may be a token.
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from enum import Enum
from functools import cache
from typing import Any, TypeVar, get_args, get_origin

import attrs
from cattrs import Converter
from cattrs.errors import (
    AttributeValidationNote,
    BaseValidationError,
    ForbiddenExtraKeysError,
    IterableValidationNote,
)
from cattrs.gen import make_dict_structure_fn

from wfadmin.domain.errors import UsageError
from wfadmin.domain.text import shown

__all__ = ["RepeatedNameError", "parsed_json", "structured"]

_T = TypeVar("_T")

# More than this in one line helps nobody.
_MOST_PROBLEMS = 3


class RepeatedNameError(ValueError):
    """A name stands twice in one object: of its values, readers disagree which counts."""


class _WrongError(ValueError):
    """A value that does not fit; its text is a sentence without the path and the full stop."""


def parsed_json(text: bytes) -> object:
    """
    JSON in UTF-8. NaN and Infinity are numbers here; a field that takes none refuses them.

    Raises:
        RepeatedNameError: An object holds a name twice; it says which.
        ValueError: It is no JSON, or no UTF-8 (`UnicodeDecodeError`).
        RecursionError: It is nested too deeply.
    """
    return json.loads(text.decode(), object_pairs_hook=_once)


def _once(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in pairs:
        if name in found:
            raise RepeatedNameError(name)
        found[name] = value
    return found


def structured(
    data: object,
    kind: type[_T],
    *,
    argument: str,
    error: type[UsageError] = UsageError,
) -> _T:
    """
    `data`, as TOML or JSON gave it, as a value of the attrs class `kind`.

    Fields may be text, numbers, truth values, enumerations by value, other such classes, tuples
    of one kind, and mappings from text; each of them optional.

    Args:
        data: What was read.
        kind: What it has to be.
        argument: What to call the whole in a message, such as the name of the file.
        error: The error to raise.

    Raises:
        UsageError: It does not fit. One line that names the path of what is wrong.
    """
    try:
        return _converter().structure(data, kind)
    except (BaseValidationError, _WrongError) as wrong:
        problems = list(_problems(wrong, ()))
    told = "; ".join(problems[:_MOST_PROBLEMS])
    more = len(problems) - _MOST_PROBLEMS
    raise error(argument, f"{told}; and {more} more" if more > 0 else told)


# --- what does not fit, in words -----------------------------------------------------------------


def _problems(error: Exception, path: tuple[str, ...]) -> Iterator[str]:
    """One sentence for each thing that is wrong."""
    if isinstance(error, BaseValidationError):
        for part in error.exceptions:
            yield from _problems(part, (*path, *_steps(part)))
    elif isinstance(error, ForbiddenExtraKeysError):
        known = ", ".join(field.name for field in attrs.fields(error.cl))
        for name in sorted(error.extra_fields, key=str):
            place = _dotted((*path, f".{_name(name)}"))
            yield f"{place} is not a known key (known: {known})"
    elif isinstance(error, KeyError):
        yield f"{_dotted(path)} is missing"
    else:
        # Only our own words are repeated: those of others may hold the value.
        told = str(error) if isinstance(error, _WrongError) else "it does not fit"
        yield f"{_dotted(path)}: {told}" if path else told


def _steps(error: Exception) -> tuple[str, ...]:
    """Where in the whole a part is wrong, as cattrs noted it on the error."""
    notes = getattr(error, "__notes__", ())
    names = [note.name for note in notes if isinstance(note, AttributeValidationNote)]
    indexes = [note.index for note in notes if isinstance(note, IterableValidationNote)]
    return (
        *(f".{name}" for name in names),
        *(f"[{one}]" if isinstance(one, int) else f".{_name(one)}" for one in indexes),
    )


def _name(key: object) -> str:
    text = shown(str(key), limit=60)
    return text if text.replace("-", "_").isidentifier() else f'"{text}"'


def _dotted(path: tuple[str, ...]) -> str:
    return "".join(path).removeprefix(".")


# TOML and JSON know these. A truth value is an int, and a moment a date: the narrower one first.
_WORDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "a truth value"),
    (int, "a whole number"),
    (float, "a number"),
    (str, "text"),
    (dict, "a table"),
    (list, "a list"),
    ((datetime, date, time), "a date or time"),
)


def _word(value: object) -> str:
    return next((word for kind, word in _WORDS if isinstance(value, kind)), "nothing")


def _expected(value: object, wanted: str) -> _WrongError:
    return _WrongError(f"{wanted} is expected, this is {_word(value)}")


# --- the converter -------------------------------------------------------------------------------


@cache
def _converter() -> Converter:
    converter = Converter(forbid_extra_keys=True)
    for exact, wanted in ((str, "text"), (bool, "true or false"), (int, "a whole number")):
        converter.register_structure_hook(exact, _exactly(exact, wanted))
    converter.register_structure_hook(float, _number)
    converter.register_structure_hook_factory(attrs.has, lambda kind: _class(converter, kind))
    converter.register_structure_hook_func(_is_sequence, lambda v, kind: _list(converter, v, kind))
    converter.register_structure_hook_func(_is_mapping, lambda v, kind: _table(converter, v, kind))
    return converter


def _exactly(kind: type, wanted: str) -> Callable[[object, object], object]:
    def structure(value: object, asked: object) -> object:
        if isinstance(asked, type) and issubclass(asked, Enum):
            return _member(value, asked)  # a StrEnum is a str, and comes here
        if type(value) is not kind:
            raise _expected(value, wanted)
        return value

    return structure


def _number(value: object, _: object) -> float:
    if type(value) not in (int, float):
        raise _expected(value, "a number")
    try:
        number = float(value)  # type: ignore[arg-type]  # an int or a float, by the line above
    except OverflowError:
        raise _WrongError("the number is too large") from None
    if not math.isfinite(number):
        raise _WrongError("the number is not finite")
    return number


def _member(value: object, kind: type[Enum]) -> Enum:
    for member in kind:
        if type(value) is str and member.value == value:
            return member
    raise _WrongError(f"one of {', '.join(str(member.value) for member in kind)} is expected")


def _class(converter: Converter, kind: type) -> Callable[[object, object], object]:
    read: Callable[..., object] = make_dict_structure_fn(
        kind, converter, _cattrs_forbid_extra_keys=True
    )

    def structure(value: object, _: object) -> object:
        if not isinstance(value, dict):
            raise _expected(value, "a table")
        return read(value, kind)

    return structure


def _is_sequence(kind: object) -> bool:
    arguments = get_args(kind)
    return get_origin(kind) is tuple and arguments[1:] == (...,)


def _list(converter: Converter, value: object, kind: object) -> tuple[object, ...]:
    if not isinstance(value, list):
        raise _expected(value, "a list")
    # As a list, because that is what cattrs names the positions of.
    items: Any = list[get_args(kind)[0]]  # type: ignore[misc]  # made from what is there
    return tuple(converter.structure(value, items))


def _is_mapping(kind: object) -> bool:
    # Not of `dict` itself: that is what cattrs is asked for below.
    return get_origin(kind) is Mapping


def _table(converter: Converter, value: object, kind: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise _expected(value, "a table")
    plain: Any = dict[get_args(kind)]  # type: ignore[misc]  # made from what is there
    table: Mapping[str, object] = converter.structure(value, plain)
    return table
