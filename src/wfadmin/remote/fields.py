"""
An error from its id and its fields, as `error_document` tells them.

The fields are checked against those of the class, one by one: a class is never called with what
does not fit it.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import attrs

from wfadmin.domain import errors
from wfadmin.domain.errors import Sent, WfadminError

__all__ = ["error_from"]

# Longer text is cut when it is shown; nobody needs it whole to know what to do.
_LONGEST = 16 * 1024
# Where the document says it in other words than the field.
_NAMES = {"http_status": "engineStatus"}


class _MisfitError(Exception):
    """A field is missing, or holds what it cannot."""


def error_from(slug: str, details: Mapping[str, Any]) -> WfadminError | None:
    """
    The error of an id, equal to the one that was told.

    Args:
        slug: The id.
        details: Its fields, by their names in JSON; what nobody knows is ignored.

    Returns:
        None where no class has the id, or the details do not fit it.
    """
    kind = _kinds().get(slug)
    if kind is None:
        return None
    try:
        fields: dict[str, Any] = {one.name: _field(one, details) for one in attrs.fields(kind)}
        return kind(**fields)
    except _MisfitError:
        return None


@cache
def _kinds() -> Mapping[str, type[WfadminError]]:
    """The classes of the tree by their ids. Only ours: an adapter may bring others."""
    return {kind.code: kind for kind in _tree(WfadminError)}


def _tree(root: type[WfadminError]) -> Iterator[type[WfadminError]]:
    if getattr(errors, root.__name__, None) is root:
        yield root
    for child in root.__subclasses__():
        yield from _tree(child)


def _field(field: "attrs.Attribute[Any]", details: Mapping[str, Any]) -> object:
    name = _NAMES.get(field.name) or _camel(field.name)
    if name not in details:
        if field.default is attrs.NOTHING:
            raise _MisfitError
        return field.default
    return _READERS[field.type](details[name])


def _sent(value: object) -> Sent:
    found = next((one for one in Sent if one.value == value), None)
    if found is None:
        raise _MisfitError
    return found


def _text(value: object) -> str:
    if type(value) is not str or len(value) > _LONGEST or not _is_unicode(value):
        raise _MisfitError
    return value


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= one <= "\udfff" for one in text)


def _number(value: object) -> int:
    if type(value) is not int:
        raise _MisfitError
    return value


def _texts(value: object) -> tuple[str, ...]:
    if type(value) is not list:
        raise _MisfitError
    return tuple(map(_text, value))


def _groups(value: object) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Each reason with its invocations, as a retry-blocked error tells them."""
    if type(value) is not list or not all(type(one) is dict for one in value):
        raise _MisfitError
    return tuple((_text(one.get("reason")), _texts(one.get("invocationIds"))) for one in value)


_READERS: Mapping[Any, Callable[[Any], object]] = {
    Sent: _sent,
    str: _text,
    int: _number,
    str | None: lambda value: None if value is None else _text(value),
    tuple[str, ...]: _texts,
    tuple[tuple[str, tuple[str, ...]], ...]: _groups,
}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
