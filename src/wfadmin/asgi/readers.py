"""
What somebody is told who may only read.

Laws:

- Of a failure its first line, of an answer that went wrong no quotation: both can hold what a run
  works on.
- No secret of a URL, and nothing that looks like one, wherever it stands. Names and ids stay: they
  are what the reader asks about.
"""

import re
from collections.abc import Iterator
from typing import Any

from wfadmin.domain.error import IT_BEGINS, IT_SAYS
from wfadmin.domain.text import first_line
from wfadmin.domain.urls import without_secrets
from wfadmin.wire.documents import JsonObject
from wfadmin.wire.redaction import masked

__all__ = ["for_reader"]

_NAMES = ("id", "name", "serviceName", "serviceKey", "handlerName", "invocationIds")
_QUOTED = ("excerpt",)
_FAILURE = "errorMessage"
_URL = re.compile(r"https?://[^\s'\"]+", re.IGNORECASE)


def for_reader(document: JsonObject) -> JsonObject:
    """A body as somebody may see it who may not operate; the one that is given stays as it is."""
    return dict(_told(document))


def _told(table: JsonObject) -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        if name in _QUOTED:
            yield name, ""
        elif name in _NAMES:
            yield name, value
        elif name == _FAILURE and value is not None:
            yield name, _text(first_line(value))
        else:
            yield name, _value(value)


def _value(value: object) -> object:
    match value:
        case str():
            return _text(value)
        case dict():
            return for_reader(value)
        case list():
            return [_value(one) for one in value]
        case _:
            return value


def _text(text: str) -> str:
    for quotation in (IT_SAYS, IT_BEGINS):
        text = text.partition(quotation)[0].rstrip()
    # Before the mask, which leaves less of a URL than can be read as one.
    return masked(_URL.sub(lambda url: without_secrets(url.group()), text))
