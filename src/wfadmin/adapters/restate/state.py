"""The data stored under one key."""

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from urllib.parse import quote

import attrs
from typing_extensions import override

from wfadmin.adapters.restate.api import RestateApi
from wfadmin.adapters.restate.sharding import Sharding
from wfadmin.adapters.restate.sql import STATE
from wfadmin.domain.answers import Answer
from wfadmin.domain.errors import UnexpectedAnswer
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import KeyedState, StateEntry
from wfadmin.ports.state import StateStore
from wfadmin.wire.http import Request, Write

__all__ = ["RestateState", "version_of"]


@attrs.frozen
class _Entry:
    """What a row tells; `value` is hexadecimal, and not there unless it was asked for."""

    key: str
    value_length: int
    value: str | None = None


@attrs.frozen(eq=False)
class RestateState(StateStore):
    """See `StateStore`."""

    _api: RestateApi
    _sharding: Sharding

    @override
    async def read(self, key: WorkflowKey, *, values: bool) -> KeyedState:
        """See `StateStore.read`. Sends: one query, and the proof of absence where it is empty."""
        columns = "key, value_length, value" if values else "key, value_length"
        rows = await self._sharding.rows_of(STATE, key, columns, _Entry)
        entries = tuple(sorted((self._entry(row) for row in rows), key=lambda one: one.name))
        return KeyedState(entries, version_of(entries) if values else None)

    def _entry(self, row: _Entry) -> StateEntry:
        try:
            value = None if row.value is None else bytes.fromhex(row.value)
        except ValueError:
            where = f"POST /query at {self._api.place.shown}"
            raise UnexpectedAnswer(where, "a stored value is not hexadecimal") from None
        return StateEntry(row.key, row.value_length, value)

    @override
    async def clear(self, key: WorkflowKey, *, expected_version: str) -> Answer:
        """
        See `StateStore.clear`.

        `accepted` proves less than nothing here: the engine says so to any key of any service,
        and leaves other content alone in silence. On a workflow the clear is applied at once, also
        to a live run; on a virtual object it waits behind the call that holds the key.
        """
        if not key.service_name.strip("."):
            return Answer.NOT_FOUND  # a path would lead elsewhere, and no service has this name
        body: dict[str, object] = {
            "object_key": key.service_key,
            "new_state": {},
            "version": expected_version,
        }
        path = f"/services/{quote(key.service_name, safe='')}/state"
        request = Request("POST", path, json.dumps(body).encode())
        target = f"{key.service_name}/{key.service_key}"
        return await self._api.send(request, Write("clear state", target))


def version_of(entries: Iterable[StateEntry]) -> str:
    """
    The version of these entries, as the engine computes it (checked live).

    SHA-256 over the pairs in the order of their names, each as its number in eight bytes, 1, the
    name, 2, the value, 3.
    """
    digest = hashlib.sha256()
    pairs = sorted((one.name.encode(), one.value or b"") for one in entries)
    for number, (name, value) in enumerate(pairs):
        digest.update(number.to_bytes(8, "big") + b"\x01" + name + b"\x02" + value + b"\x03")
    return urlsafe_b64encode(digest.digest()).decode("ascii").rstrip("=")
