"""
What an engine answers, read strictly in shape and tolerantly in extent.

Laws:

- Keys that nobody asked for are ignored: engines add some with every version.
- Nothing is coerced: ``null``, a truth value, a number in the place of text, a time without its
  zone are refused, with the path of the value.
- Numbers are finite and of at most twenty digits, no name stands twice in an object, and what is
  nested deeper than the interpreter can follow is refused.
- An answer is quoted only in part, on one line, without control characters and without our token.
"""

import json
import math
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from http import HTTPStatus
from typing import Any, TypeVar

import attrs
from cattrs import Converter
from cattrs.errors import (
    AttributeValidationNote,
    BaseValidationError,
    IterableValidationNote,
)

from wfadmin.domain.error import Sent
from wfadmin.domain.errors import EngineRejected, UnexpectedAnswer
from wfadmin.domain.text import shown
from wfadmin.wire.echoes import without
from wfadmin.wire.faults import LostAnswer

__all__ = ["Reply"]

_T = TypeVar("_T")

# Enough for every 64-bit number. Converting digits costs the square of their number.
_MOST_DIGITS = 20
_EXCERPT_BYTES = 2000


@attrs.frozen
class Reply:
    """
    One answer.

    Attributes:
        where: What was asked, for errors.
        secrets: What must not be shown when it is echoed.
        lost: What became of the rest of the body; None where it is whole.
    """

    where: str
    status: int
    body: bytes = attrs.field(default=b"", repr=False)
    secrets: tuple[str, ...] = attrs.field(default=(), repr=False)
    lost: LostAnswer | None = None

    @property
    def is_success(self) -> bool:
        """Whether the status says that it was done."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def excerpt(self) -> str:
        """The start of the body, safe to show."""
        return self.safe(self.body[:_EXCERPT_BYTES].decode("utf-8", "replace").strip())

    def safe(self, text: str) -> str:
        """`text` of this answer on one line, safe to show."""
        return shown(without(self.secrets, text))

    @property
    def message(self) -> str | None:
        """What the engine itself says, safe to show; None where it did not say it in JSON."""
        told = self._told()[1]
        return None if told is None else self.safe(told)

    def unexpected(self, problem: str) -> UnexpectedAnswer:
        """The error that says that this answer has not the expected shape."""
        return UnexpectedAnswer(self.where, problem, self.excerpt)

    def rejected(self, *, sent: Sent = Sent.NO) -> EngineRejected:
        """The error that tells the status of this answer, and what the engine says about it."""
        code, message = self._told()
        words = self.excerpt if message is None else self.safe(message)
        return EngineRejected(self.where, self.status, code, words.rstrip("."), sent=sent)

    def _told(self) -> tuple[str | None, str | None]:
        # `{"message", "restate_code"}` is one engine's shape; other names find nothing and do
        # no harm.
        try:
            told = self.json()
        except UnexpectedAnswer:
            return None, None
        if not isinstance(told, dict):
            return None, None
        table: dict[str, object] = told
        code, message = table.get("restate_code"), table.get("message")
        return (
            self.safe(code) if isinstance(code, str) else None,
            message if isinstance(message, str) else None,
        )

    def json(self) -> object:
        """
        The body as JSON.

        Raises:
            UnexpectedAnswer: It is not JSON, or beyond the limits.
        """
        try:
            return _decoder().decode(self.body.decode("utf-8"))
        except _WrongError as error:
            problem = str(error)
        except UnicodeDecodeError:
            problem = "it is not UTF-8"
        except RecursionError:
            problem = "it is nested too deeply"
        except ValueError:
            problem = self._not_json()
        raise self.unexpected(problem)

    def _not_json(self) -> str:
        start = self.body.lstrip()[:1]
        if not start:
            return "it is empty"
        return "it is a web page, not JSON" if start == b"<" else "it is not whole JSON"

    def read(self, kind: type[_T]) -> _T:
        """
        The body as a value of the attrs class `kind`.

        Raises:
            UnexpectedAnswer: It is not JSON, or does not fit; the problem names the path.
        """
        data = self.json()
        try:
            return _converter().structure(data, kind)
        except (BaseValidationError, _WrongError) as error:
            problem = _problem(error, "$")
        raise self.unexpected(problem)


class _WrongError(ValueError):
    """What does not fit, as a sentence without the path and the full stop."""


# --- JSON within limits --------------------------------------------------------------------------


@cache
def _decoder() -> json.JSONDecoder:
    return json.JSONDecoder(
        parse_int=_integer,
        parse_float=_finite,
        parse_constant=_constant,
        object_pairs_hook=_object,
    )


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > _MOST_DIGITS:
        raise _WrongError(f"it holds a number of more than {_MOST_DIGITS} digits")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _WrongError("it holds a number that is too large")
    return number


def _constant(word: str) -> object:
    raise _WrongError(f"it holds {word}, which is not JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise _WrongError("an object in it holds a name twice")
    return table


# --- values --------------------------------------------------------------------------------------


@cache
def _converter() -> Converter:
    converter = Converter()
    converter.register_structure_hook(str, _text)
    converter.register_structure_hook(int, _whole_number)
    converter.register_structure_hook(bool, _truth_value)
    converter.register_structure_hook(datetime, _moment)
    converter.register_structure_hook(timedelta, _duration)

    def classes(kind: type) -> Callable[[object, object], object]:
        return _class(converter, kind)

    converter.register_structure_hook_factory(attrs.has, classes)
    converter.register_structure_hook_func(_is_tuple, lambda v, kind: _list(converter, v, kind))
    return converter


def _text(value: object, _: object) -> str:
    if type(value) is not str:
        raise _WrongError("expected a string")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _WrongError("expected a string of valid Unicode") from None
    return value


def _whole_number(value: object, _: object) -> int:
    if type(value) is not int:
        raise _WrongError("expected a whole number")
    return value


def _truth_value(value: object, _: object) -> bool:
    if type(value) is not bool:
        raise _WrongError("expected true or false")
    return value


def _moment(value: object, kind: object) -> datetime:
    try:
        moment = datetime.fromisoformat(_text(value, kind))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise _WrongError("expected a time with its zone")
    return moment


# As Restate writes them: PT86400S, PT0.5S, P0D; the other units belong to the same standard.
_DURATION = re.compile(
    r"P(?:(?P<days>\d{1,9})D)?"
    r"(?:T(?:(?P<hours>\d{1,9})H)?(?:(?P<minutes>\d{1,9})M)?"
    r"(?:(?P<seconds>\d{1,12}(?:\.\d{1,9})?)S)?)?",
    re.ASCII,
)


def _duration(value: object, kind: object) -> timedelta:
    found = _DURATION.fullmatch(_text(value, kind))
    parts = {} if found is None else {k: float(v) for k, v in found.groupdict().items() if v}
    if not parts:
        raise _WrongError("expected a duration")
    try:
        return timedelta(**parts)
    except OverflowError:
        return timedelta.max


def _class(converter: Converter, kind: type) -> Callable[[object, object], object]:
    read: Callable[..., object] = converter.gen_structure_attrs_fromdict(kind)

    def structure(value: object, asked: Any) -> object:  # noqa: ANN401 - as cattrs calls it
        if type(value) is not dict:
            raise _WrongError("expected an object")
        return read(value, asked)

    return structure


def _is_tuple(kind: Any) -> bool:  # noqa: ANN401 - as cattrs calls it
    return getattr(kind, "__origin__", None) is tuple


def _list(converter: Converter, value: object, kind: Any) -> tuple[object, ...]:  # noqa: ANN401
    if type(value) is not list:
        raise _WrongError("expected a list")
    # As a list, because that is what cattrs names the positions of.
    return tuple(converter.structure(value, list[kind.__args__[0]]))


# --- what does not fit, in words -----------------------------------------------------------------


def _problem(error: Exception, path: str) -> str:
    """The first thing that is wrong, as a sentence with its path."""
    if isinstance(error, BaseValidationError):
        part = error.exceptions[0]
        return _problem(part, path + _step(part))
    if isinstance(error, KeyError):
        return f"nothing stands at {path}"
    return f"{error} at {path}"


def _step(error: Exception) -> str:
    notes = getattr(error, "__notes__", ())
    names = [f".{note.name}" for note in notes if isinstance(note, AttributeValidationNote)]
    places = [f"[{note.index}]" for note in notes if isinstance(note, IterableValidationNote)]
    return "".join(names + places)
