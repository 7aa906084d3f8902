"""The ports that only read: front doors, single runs, and all of them at once."""

from collections import Counter
from datetime import UTC, datetime

import attrs
from typing_extensions import override

from wfadmin.adapters.memory.points import Point, Points
from wfadmin.adapters.memory.store import Store
from wfadmin.adapters.memory.words import COARSE_WORDS, VERSION
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
from wfadmin.ports.invocations import InvocationStore
from wfadmin.ports.listing import InvocationListing

__all__ = ["MemoryAdmin", "MemoryInvocations", "MemoryListing", "usage_of"]

_NEVER = datetime.min.replace(tzinfo=UTC)


@attrs.frozen(eq=False)
class MemoryAdmin(AdminApi):
    """Front doors that always answer, unless told otherwise."""

    _store: Store
    _points: Points

    @override
    async def probe_ingress(self) -> None:
        """See `AdminApi.probe_ingress`."""
        await self._points.reach(Point.PROBE_INGRESS)

    @override
    async def probe_admin(self) -> str | None:
        """See `AdminApi.probe_admin`."""
        await self._points.reach(Point.PROBE_ADMIN)
        return VERSION

    @override
    async def list_services(self) -> tuple[Service, ...]:
        """See `AdminApi.list_services`. Services that no deployment serves are not there."""
        await self._points.reach(Point.LIST_SERVICES)
        return self._store.registry.services


@attrs.frozen(eq=False)
class MemoryInvocations(InvocationStore):
    """
    Runs by key and by id.

    A run does not say which kind its handler is: only the list of services does, as long as it
    names the service.
    """

    _store: Store
    _points: Points

    @override
    async def for_key(self, key: WorkflowKey) -> tuple[Invocation, ...]:
        """See `InvocationStore.for_key`."""
        await self._points.reach(Point.FOR_KEY)
        return tuple(one for one in self._store.runs if one.key == key)

    @override
    async def get(self, ref: InvocationRef) -> Invocation | None:
        """See `InvocationStore.get`."""
        await self._points.reach(Point.GET)
        return self._store.find(ref.id)

    @override
    async def children(self, ref: InvocationRef) -> tuple[Invocation, ...]:
        """See `InvocationStore.children`. Goes by the id: ids come again."""
        await self._points.reach(Point.CHILDREN)
        return self._store.children_of(ref.id)


@attrs.frozen(eq=False)
class MemoryListing(InvocationListing):
    """All runs at once: counts and usage are exact, details only up to the limits."""

    _store: Store
    _points: Points

    @override
    async def survey(self, *, failures: int, unfinished: int) -> Survey:
        """See `InvocationListing.survey`."""
        await self._points.reach(Point.SURVEY)
        runs = self._store.runs
        failed = [one for one in reversed(runs) if _has_failed(one)]
        # Sorting keeps the later created one first where two ended at the same time.
        failed.sort(key=lambda one: one.completed_at or _NEVER, reverse=True)
        open_ones = tuple(one for one in runs if not one.is_completed)
        return Survey(
            counts=_counts(runs),
            failures=tuple(failed[:failures]),
            failed=len(failed),
            unfinished=open_ones[:unfinished],
            unfinished_total=len(open_ones),
            usage=usage_of(runs),
            truncated=_truncated(len(open_ones), unfinished),
        )


def _has_failed(run: Invocation) -> bool:
    return run.is_completed and run.outcome is not InvocationOutcome.SUCCEEDED


def _counts(runs: tuple[Invocation, ...]) -> tuple[StatusCount, ...]:
    counted = Counter(COARSE_WORDS[one.status] for one in runs)
    return tuple(StatusCount(word, counted[word]) for word in sorted(counted))


def _truncated(there: int, limit: int) -> str | None:
    return f"{limit} of {there} unfinished invocations were listed" if there > limit else None


def usage_of(runs: tuple[Invocation, ...]) -> Usage:
    """What unfinished work holds which deployment; `None` holds whichever serves it now."""
    counted = Counter((one.service_name, one.deployment_id) for one in runs if not one.is_completed)
    rows = sorted(counted.items(), key=lambda item: (item[0][0], item[0][1] or ""))
    return Usage(tuple(UsageRow(service, place, count) for (service, place), count in rows))
