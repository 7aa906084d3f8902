"""Invocations by their ids, read in full."""

from collections.abc import Iterable, Iterator, Sequence

import attrs

from wfadmin.adapters.restate.api import RestateApi
from wfadmin.adapters.restate.rows import (
    COMPLETED,
    InvocationRow,
    PausedRow,
    columns,
    invocation_of,
)
from wfadmin.adapters.restate.sharding import Sharding
from wfadmin.adapters.restate.sql import ids_in, select
from wfadmin.domain.model import Invocation

__all__ = ["Details"]

# A thousand take 35 ms; one statement for all would grow without a limit.
_BATCH = 1000


@attrs.frozen(eq=False)
class Details:
    """
    Reads what the engine knows of single invocations.

    What has ended is read from the table (2 ms); only the view, which is a join (4 ms), says how
    an unfinished one is doing.
    """

    _api: RestateApi
    _sharding: Sharding

    async def of(self, ids: Sequence[str], *, ended: bool = False) -> tuple[Invocation, ...]:
        """
        The invocations that bear these ids now, in the order of the ids. Some may be gone.

        Args:
            ids: Their ids.
            ended: Whether all of them are known to have ended.
        """
        if not ids:
            return ()
        version = await self._sharding.version()
        wanted = columns(view=not ended, is_scoped=version.is_scoped)
        table = "sys_invocation_status" if ended else "sys_invocation"
        found: dict[str, InvocationRow] = {}
        for batch in _batches(ids):
            rows = await self._api.rows(select(wanted, table, ids_in(batch)), InvocationRow)
            found |= {row.id: row for row in rows}
        return await self.told(found[one] for one in ids if one in found)

    async def refined(self, rows: Iterable[InvocationRow]) -> tuple[Invocation, ...]:
        """
        The invocations that rows of the table are: the unfinished ones are read again.

        Their rows are taken from one reading each, so that none mixes two moments.
        """
        known = tuple(rows)
        unfinished = [row.id for row in known if row.status != COMPLETED]
        ended = await self.told(row for row in known if row.status == COMPLETED)
        return (*ended, *await self.of(unfinished))

    async def told(self, rows: Iterable[InvocationRow]) -> tuple[Invocation, ...]:
        """The invocations that rows of the view are, the paused ones with why."""
        known = tuple(rows)
        silent = [row.id for row in known if row.status == "paused" and row.last_failure is None]
        events: dict[str, PausedRow] = {}
        for batch in _batches(silent):
            statement = select(
                "id, appended_at, event_json",
                "sys_journal_events",
                f"event_type = 'Paused' and {ids_in(batch)}",
            )
            for event in await self._api.rows(statement, PausedRow):
                known_event = events.get(event.id)
                if known_event is None or event.appended_at > known_event.appended_at:
                    events[event.id] = event
        return tuple(invocation_of(row, events.get(row.id)) for row in known)


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH))
