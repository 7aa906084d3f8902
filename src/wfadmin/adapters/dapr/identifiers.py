"""
Names and payloads, checked before anything is sent.

The sidecar checks an id when it starts an instance and nowhere else, and a payload not at all:
one that is no JSON fails the workflow that gets it. Children, and what was started over gRPC, may
bear any id.
"""

import json
import re
import unicodedata
from typing import Final
from urllib.parse import quote

from wfadmin.domain.errors import InvalidWorkflowKey, UsageError
from wfadmin.domain.text import shown

__all__ = ["MAX_ID_BYTES", "app_query", "json_body", "name_segment", "new_id", "segment"]

#: The longest id of a new instance, in bytes of UTF-8.
MAX_ID_BYTES: Final = 64

_APP_ID = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
# What reads a URL drops these parts of a path: the request would lead elsewhere.
_STEPS = ("", ".", "..")


def segment(text: str) -> str | None:
    """`text` as one part of a path; None where no path can hold it."""
    if text in _STEPS:
        return None
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        return None


def new_id(text: str) -> str:
    """
    `text` as the id of a new instance, quoted.

    Raises:
        InvalidWorkflowKey: No instance can be started by that id.
    """
    if not text:
        raise InvalidWorkflowKey("instance id", "it is empty, and a made-up one could get lost")
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_ID_BYTES:
        problem = f"it is {size} bytes long, at most {MAX_ID_BYTES} are possible"
        raise InvalidWorkflowKey("instance id", problem)
    if not all(map(_is_of_an_id, text)):
        problem = "it holds something else than letters, digits, dashes and underscores"
        raise InvalidWorkflowKey("instance id", problem)
    return quote(text, safe="")


def _is_of_an_id(character: str) -> bool:
    is_letter = unicodedata.category(character).startswith("L")
    return is_letter or character.isdecimal() or character in "-_"


def name_segment(argument: str, text: str) -> str:
    """
    The name of a workflow or of an event as one part of a path.

    Raises:
        UsageError: It is empty, or no path can hold it.
    """
    quoted = segment(text)
    if quoted is None:
        problem = "it is empty" if not text else "it cannot stand in the path of a URL"
        raise UsageError(argument, problem)
    return quoted


def json_body(argument: str, text: str | None) -> bytes | None:
    """
    A payload as it is sent; None for no payload.

    Raises:
        UsageError: It is not JSON.
    """
    if text is None:
        return None
    try:
        json.loads(text, parse_constant=_refuse)
        return text.encode()
    except (ValueError, RecursionError):
        raise UsageError(argument, "it is not JSON, which fails the workflow") from None


def _refuse(word: str) -> object:
    raise ValueError(word)


def app_query(app_id: str) -> str:
    """
    The query that names another app.

    Raises:
        UsageError: No app can bear that id.
    """
    if _APP_ID.fullmatch(app_id) is None:
        raise UsageError("app id", f"{shown(app_id)} is none: letters, digits, - and _ are")
    return f"appID={app_id}"
