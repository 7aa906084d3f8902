"""
Reads by key, and what an empty answer to one is worth.

The engine keeps the rows of a key on the partition that the hash of the key names. Asked with that
hash it looks at one place (1 ms) instead of everywhere (66 ms at 340,000 runs). Asked with a wrong
hash it answers with no rows: so an empty answer proves nothing, until one row that the engine
itself holds was found to lie where our hash says.
"""

from typing import TypeVar

import attrs

from wfadmin.adapters.restate.api import RestateApi
from wfadmin.adapters.restate.sql import KeyedTable, partition_key, select
from wfadmin.adapters.restate.versions import Version
from wfadmin.domain.keys import WorkflowKey

__all__ = ["Sharding"]

_T = TypeVar("_T")


@attrs.frozen
class _Sample:
    partition_key: int
    sample_key: str


@attrs.define(eq=False)
class Sharding:
    """Knows whether the rows of a key lie where its hash says. One per engine."""

    _api: RestateApi
    _seen: Version | None = attrs.field(default=None, init=False)
    _is_proven: bool = attrs.field(default=False, init=False)

    async def version(self) -> Version:
        """The version as it was last seen; asked only where none was."""
        return self._seen or self.learn(await self._api.version())

    def learn(self, version: Version) -> Version:
        """Take note of the version that answers now: with another one, nothing is proven."""
        if version != self._seen:
            self._seen, self._is_proven = version, False
        return version

    async def rows_of(
        self,
        table: KeyedTable,
        key: WorkflowKey,
        columns: str,
        kind: type[_T],
    ) -> tuple[_T, ...]:
        """Every row of `key`; no rows only where it is proven that there are none."""
        version = await self.version()
        if version.has_point_reads:
            where = table.where(key, by_hash=True, is_scoped=False)
            rows = await self._api.rows(select(columns, table.name, where), kind)
            if rows or await self._proves_absence(table):
                return rows
            version = await self.version()
        where = table.where(key, by_hash=False, is_scoped=version.is_scoped)
        return await self._api.rows(select(columns, table.name, where), kind)

    async def _proves_absence(self, table: KeyedTable) -> bool:
        # A server may be upgraded while we live: the proof is worth what its version is.
        if not self.learn(await self._api.version()).has_point_reads:
            return False
        if self._is_proven:
            return True
        samples = await self._api.rows(table.sample, _Sample)
        if not samples:
            return True  # nothing in it has a key
        self._is_proven = all(partition_key(s.sample_key) == s.partition_key for s in samples)
        return self._is_proven
