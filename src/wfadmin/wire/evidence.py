"""
What a purge destroys, as a file that outlives it.

Laws:

- Everything that was read is in it, by the names that our values give it, in camel case. Times
  are UTC, lengths of time are seconds, bytes are base64, what is not known is null.
- Its name tells nothing of the key, and two operations never share one.
"""

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

import attrs

from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import KeyedState
from wfadmin.domain.recovery import KeyReading

__all__ = ["evidence_document", "evidence_name"]


def evidence_name(key: WorkflowKey, operation_id: str) -> str:
    """The name of the file for what one operation found of a key."""
    parts = json.dumps([key.service_name, key.service_key, operation_id])
    return f"{hashlib.sha256(parts.encode()).hexdigest()}.json"


def evidence_document(
    reading: KeyReading,
    state: KeyedState | None,
    *,
    operation_id: str,
) -> dict[str, Any]:
    """The content of the file: all of the reading and the state, for `json.dumps`."""
    return {"operationId": operation_id, "reading": _plain(reading), "state": _plain(state)}


_FORMS: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (Enum, lambda member: member.value),
    (bytes, lambda raw: base64.b64encode(raw).decode("ascii")),
    (datetime, lambda moment: moment.astimezone(UTC).isoformat().replace("+00:00", "Z")),
    (timedelta, lambda length: length.total_seconds()),
    (tuple, lambda items: [_plain(one) for one in items]),
)


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever our values are made of
    for kind, form in _FORMS:
        if isinstance(value, kind):
            return form(value)
    if not attrs.has(type(value)):
        return value
    names = (field.name for field in attrs.fields(type(value)))
    return {_camel_case(name): _plain(getattr(value, name)) for name in names}


def _camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)
