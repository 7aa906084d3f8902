"""The ports that only read: front doors, single runs, and all of them at once."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import attrs
from typing_extensions import override

from wfadmin.adapters.memory.port import Port
from wfadmin.adapters.memory.store import Store
from wfadmin.domain.errors import InvocationNotFound
from wfadmin.domain.keys import InvocationRef, WorkflowKey
from wfadmin.domain.model import (
    Invocation,
    InvocationOutcome,
    Service,
    StatusCount,
    Survey,
    Usage,
    UsageRow,
)
from wfadmin.ports.admin import AdminApi
from wfadmin.ports.history import Examination, HistoryEntry, InvocationHistory
from wfadmin.ports.invocations import InvocationStore
from wfadmin.ports.listing import InvocationListing
from wfadmin.ports.points import Point

__all__ = ["MemoryAdmin", "MemoryHistory", "MemoryInvocations", "MemoryListing", "usage_of"]

_NEVER = datetime.min.replace(tzinfo=UTC)


@attrs.frozen(eq=False)
class MemoryAdmin(Port, AdminApi):
    """Front doors that always answer, unless told otherwise."""

    @override
    async def probe_ingress(self) -> None:
        """See `AdminApi.probe_ingress`."""
        await self._reach(Point.PROBE_INGRESS)

    @override
    async def probe_admin(self) -> str | None:
        """See `AdminApi.probe_admin`."""
        await self._reach(Point.PROBE_ADMIN)
        return self._store.profile.version

    @override
    async def list_services(self) -> tuple[Service, ...]:
        """See `AdminApi.list_services`."""
        await self._reach(Point.LIST_SERVICES)
        return self._store.profile.view.services(self._store)


@attrs.frozen(eq=False)
class MemoryInvocations(Port, InvocationStore):
    """
    Runs by key and by id.

    A run does not say which kind its handler is: only the list of services does, as long as it
    names the service.
    """

    @override
    async def for_key(self, key: WorkflowKey) -> tuple[Invocation, ...]:
        """See `InvocationStore.for_key`."""
        await self._reach(Point.FOR_KEY)
        return self._store.profile.view.for_key(self._store, key)

    @override
    async def get(self, ref: InvocationRef) -> Invocation | None:
        """See `InvocationStore.get`."""
        await self._reach(Point.GET)
        return self._store.profile.view.get(self._store, ref)

    @override
    async def children(self, ref: InvocationRef) -> tuple[Invocation, ...]:
        """See `InvocationStore.children`."""
        await self._reach(Point.CHILDREN)
        return self._store.profile.view.children(self._store, ref)


@attrs.frozen(eq=False)
class MemoryListing(Port, InvocationListing):
    """
    All runs at once: counts and usage are exact, details only up to the limits.

    With a limit of the engine's own nothing is known of what it does not list.
    """

    @override
    async def survey(self, *, failures: int, unfinished: int) -> Survey:
        """See `InvocationListing.survey`."""
        await self._reach(Point.SURVEY)
        store = self._store
        runs = store.listed
        failed = [one for one in reversed(runs) if _has_failed(one)]
        # Sorting keeps the later created one first where two ended at the same time.
        failed.sort(key=lambda one: one.completed_at or _NEVER, reverse=True)
        open_ones = tuple(one for one in runs if not one.is_completed)
        return Survey(
            counts=_counts(store, runs),
            failures=tuple(failed[:failures]),
            failed=len(failed) if store.lists_all else None,
            unfinished=open_ones[:unfinished],
            unfinished_total=len(open_ones),
            usage=usage_of(store) if store.has_deployments else None,
            truncated=_truncated(store, len(open_ones), unfinished),
        )


@attrs.frozen(eq=False)
class MemoryHistory(Port, InvocationHistory):
    """The statuses that a run came through, for as long as the engine holds it."""

    @override
    async def entries(self, ref: InvocationRef) -> AsyncIterator[HistoryEntry]:
        """See `InvocationHistory.entries`."""
        await self._reach(Point.HISTORY)
        self._check(ref)
        for entry in self._store.chronicle.of(ref.id):
            yield entry

    @override
    async def examine(self, ref: InvocationRef) -> Examination:
        """See `InvocationHistory.examine`: statuses tell nothing else."""
        await self._reach(Point.EXAMINE)
        self._check(ref)
        return Examination()

    def _check(self, ref: InvocationRef) -> None:
        run = self._store.find(ref.id)
        if run is None or _is_another(run, ref):
            raise InvocationNotFound(ref.id)


def _is_another(run: Invocation, ref: InvocationRef) -> bool:
    known = run.ref.incarnation is not None and ref.incarnation is not None
    return known and run.ref.incarnation != ref.incarnation


def _has_failed(run: Invocation) -> bool:
    return run.is_completed and run.outcome is not InvocationOutcome.SUCCEEDED


def _counts(store: Store, runs: tuple[Invocation, ...]) -> tuple[StatusCount, ...]:
    counted = Counter(store.profile.coarse_words[one.status] for one in runs)
    return tuple(StatusCount(word, counted[word]) for word in sorted(counted))


def _truncated(store: Store, there: int, limit: int) -> str | None:
    cut: list[str] = []
    if not store.lists_all:
        cut.append(f"the engine listed only the {store.listing_limit} newest invocations")
    if there > limit:
        cut.append(f"{limit} of {there} unfinished invocations were listed")
    return ", and ".join(cut) or None


def usage_of(store: Store) -> Usage:
    """What unfinished work holds which deployment; `None` holds whichever serves it now."""
    unfinished = (one for one in store.listed if not one.is_completed)
    counted = Counter((one.service_name, one.deployment_id) for one in unfinished)
    rows = sorted(counted.items(), key=lambda item: (item[0][0], item[0][1] or ""))
    return Usage(
        tuple(UsageRow(service, place, count) for (service, place), count in rows),
        complete=store.lists_all,
    )
