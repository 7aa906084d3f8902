"""
SQL for ``POST /query``, which binds no parameters.

Laws:

- Text is quoted, always, and compared by equality: ``LIKE`` has wildcards that keys may hold.
- A read by key names service, key and partition together. On 1.6 the partition alone is an error
  of the engine's planner.
"""

import json
import re
from collections.abc import Iterable

import attrs
import xxhash

from wfadmin.domain.keys import WorkflowKey

__all__ = [
    "INVOCATIONS",
    "STATE",
    "KeyedTable",
    "ids_in",
    "is_id",
    "literal",
    "partition_key",
    "query_body",
    "select",
]

# What the engine makes; anything else names nothing, and some of it is an error of the engine.
_ID = re.compile(r"[A-Za-z0-9_]{1,200}", re.ASCII)


def is_id(text: str) -> bool:
    """Whether `text` can be an id that the engine made."""
    return _ID.fullmatch(text) is not None


def literal(text: str) -> str:
    """`text` as a string of SQL: nothing but the quote is special in it (seen live)."""
    return "'" + text.replace("'", "''") + "'"


def select(columns: str, table: str, where: str) -> str:
    """A statement; the parts are written here, or made of `literal` and numbers."""
    return f"select {columns} from {table} where {where}"  # noqa: S608 - see above


def ids_in(ids: Iterable[str]) -> str:
    """The predicate that is true of the rows with one of these ids; of none where there is none."""
    possible = [literal(one) for one in ids if is_id(one)]
    return f"id in ({', '.join(possible)})" if possible else "false"


def partition_key(key_text: str) -> int:
    """Where the rows of a key lie: the hash that the engine shards keys by."""
    return xxhash.xxh3_64_intdigest(key_text.encode() + b"\xff")


def query_body(statement: str) -> bytes:
    """The body of the request that asks `statement`."""
    return json.dumps({"query": statement}).encode()


@attrs.frozen
class KeyedTable:
    """A table whose rows belong to keys."""

    name: str
    service_column: str
    key_column: str

    def where(self, key: WorkflowKey, *, by_hash: bool, is_scoped: bool) -> str:
        """
        The predicate that is true of the rows of `key`.

        Args:
            key: Compared by equality, whatever it holds.
            by_hash: Look only where the hash of the key says: fast, and proves no absence.
            is_scoped: Whether the engine has scopes: rows in one belong to another key.
        """
        parts = [
            f"{self.service_column} = {literal(key.service_name)}",
            f"{self.key_column} = {literal(key.service_key)}",
        ]
        if by_hash:
            parts.insert(0, f"partition_key = {partition_key(key.service_key)}")
        if is_scoped:
            parts.append("scope is null")
        return " and ".join(parts)

    @property
    def sample(self) -> str:
        """The statement that gives one row with a key, to compare its place with its hash."""
        columns = f"partition_key, {self.key_column} as sample_key"
        return select(columns, self.name, f"{self.key_column} is not null limit 1")


INVOCATIONS = KeyedTable("sys_invocation_status", "target_service_name", "target_service_key")
STATE = KeyedTable("state", "service_name", "service_key")
