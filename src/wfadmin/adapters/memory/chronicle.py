"""What became of each run, status by status, for as long as the engine holds the run."""

from datetime import datetime

import attrs

from wfadmin.domain.model import Invocation
from wfadmin.ports.history import HistoryEntry

__all__ = ["Chronicle"]


@attrs.define(eq=False)
class Chronicle:
    """
    The statuses that each run came through, by its id.

    An id has one run at a time, and what became of it is forgotten together with it: what is kept
    under an id is always that of the incarnation that bears the id now.
    """

    _entries: dict[str, list[HistoryEntry]] = attrs.field(factory=dict, init=False)

    def note(self, run: Invocation, at: datetime) -> None:
        """Write down that `run` came into the status that it is in."""
        entries = self._entries.setdefault(run.id, [])
        detail = run.failure or ""
        entries.append(HistoryEntry(len(entries), run.engine_status, at=at, detail=detail))

    def of(self, invocation_id: str) -> tuple[HistoryEntry, ...]:
        """What became of the run that bears the id now, oldest first."""
        return tuple(self._entries.get(invocation_id, ()))

    def forget(self, invocation_id: str) -> None:
        """Forget what became of a run that is gone."""
        self._entries.pop(invocation_id, None)
