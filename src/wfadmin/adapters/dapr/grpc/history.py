"""What happened inside a run, from the history that the sidecar keeps of it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import attrs
from typing_extensions import override

from wfadmin.adapters.dapr.grpc.events import Event
from wfadmin.adapters.dapr.grpc.sidecar import DaprSidecar
from wfadmin.adapters.dapr.grpc.tale import tale_of
from wfadmin.domain.errors import InvocationNotFound
from wfadmin.domain.keys import InvocationRef
from wfadmin.ports.history import HistoryEntry, InvocationHistory

__all__ = ["DaprHistory"]

_FIRST = datetime.min.replace(tzinfo=UTC)


@attrs.frozen(eq=False)
class DaprHistory(InvocationHistory):
    """See `InvocationHistory`. What a run did before it continued as new is gone."""

    _sidecar: DaprSidecar

    @override
    async def entries(self, ref: InvocationRef) -> AsyncIterator[HistoryEntry]:
        """See `InvocationHistory.entries`. Sends: one call."""
        events = [event async for event in self._sidecar.get_history(ref.id)]
        created = tale_of(events).created
        known = None if created is None else created.text
        if ref.incarnation is not None and ref.incarnation.token != known:
            raise InvocationNotFound(ref.id)
        # Stored is the turn that took an event in before the event, which was earlier.
        for index, event in enumerate(sorted(events, key=_at)):
            yield _entry(index, event)


def _at(event: Event) -> datetime:
    return event.at or _FIRST


def _entry(index: int, event: Event) -> HistoryEntry:
    return HistoryEntry(index, event.kind, event.name, event.at, event.detail)
