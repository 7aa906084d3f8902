"""
All invocations at once: the ids by pages, then each instance by itself.

The sidecar lists nothing but ids, so every instance costs a call: 10,000 take about two seconds
(seen live), with eight calls at a time; more gain little. What is kept meanwhile does not grow
with their number: the counts, the newest failures, and those of the unfinished ones that are shown.
"""

import heapq
from collections import Counter
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Final

import attrs
from typing_extensions import override

from wfadmin.adapters.dapr.answers import invocation_of
from wfadmin.adapters.dapr.grpc.invocations import why_stalled
from wfadmin.adapters.dapr.grpc.sidecar import PAGE_SIZE, DaprSidecar
from wfadmin.adapters.dapr.grpc.walking import each
from wfadmin.domain.model import (
    Invocation,
    InvocationOutcome,
    InvocationStatus,
    StatusCount,
    Survey,
)
from wfadmin.ports.listing import InvocationListing

__all__ = ["MOST_INSTANCES", "DaprListing"]

#: How many instances are read at most.
MOST_INSTANCES: Final = 100_000

# These go on by themselves; whatever else is not finished may need somebody.
_GOES_ON: Final = (InvocationStatus.RUNNING, InvocationStatus.PENDING)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)

_Rank = tuple[float, ...]
_Entry = tuple[_Rank, int, Invocation]


@attrs.define(eq=False)
class _Highest:
    """The few of the highest rank."""

    most: int
    _heap: list[_Entry] = attrs.field(factory=list[_Entry], init=False)

    def add(self, rank: _Rank, place: int, one: Invocation) -> None:
        """Keep it, as long as it is among them; of the same rank the first place wins."""
        entry = (rank, -place, one)
        if len(self._heap) < self.most:
            heapq.heappush(self._heap, entry)
        elif self._heap:
            heapq.heappushpop(self._heap, entry)

    def sorted(self) -> tuple[Invocation, ...]:
        """The highest first."""
        return tuple(one for _, _, one in sorted(self._heap, key=_order, reverse=True))


def _order(entry: _Entry) -> tuple[_Rank, int]:
    return entry[:2]


@attrs.define(eq=False)
class _Walk:
    """What is kept of a walk."""

    failures: _Highest
    unfinished: _Highest
    counts: Counter[str] = attrs.field(factory=Counter[str], init=False)
    failed: int = attrs.field(default=0, init=False)
    unfinished_total: int = attrs.field(default=0, init=False)

    def add(self, place: int, one: Invocation) -> None:
        """Count it, and keep it where it is one of those that are shown."""
        self.counts[one.engine_status] += 1
        if not one.is_completed:
            self.unfinished_total += 1
            self.unfinished.add((one.status not in _GOES_ON, -_seconds(one.created_at)), place, one)
        elif one.outcome is not InvocationOutcome.SUCCEEDED:
            # Killed ones too, as everywhere.
            self.failed += 1
            self.failures.add((_seconds(one.completed_at),), place, one)


def _seconds(moment: datetime | None) -> float:
    return ((moment or _LONG_AGO) - _LONG_AGO).total_seconds()


@attrs.frozen(eq=False)
class DaprListing(InvocationListing):
    """
    See `InvocationListing`.

    Runs go on meanwhile: each counts as it stood when it was read, and one that is gone by then
    not at all. A store that scans may list an id twice.

    Attributes:
        most: How many instances are read at most.
        page_size: How many ids are asked for at once.
    """

    _sidecar: DaprSidecar
    most: int = MOST_INSTANCES
    page_size: int = PAGE_SIZE

    @override
    async def survey(self, *, failures: int, unfinished: int) -> Survey:
        """
        See `InvocationListing.survey`.

        Sends: one call per page, per instance, and one more for each failure and stalled one that
        is shown.

        Raises:
            NotSupported: This sidecar or its store cannot list.
        """
        walk = _Walk(_Highest(failures), _Highest(unfinished))
        truncated = await self._walk(walk)
        shown = await self._with_reasons(walk.unfinished.sorted())
        if truncated is None and len(shown) < walk.unfinished_total:
            total = walk.unfinished_total
            truncated = f"Only {len(shown)} of {total} unfinished invocations are told in detail"
        return Survey(
            counts=tuple(StatusCount(word, walk.counts[word]) for word in sorted(walk.counts)),
            failures=await self._explained(walk.failures.sorted()),
            failed=walk.failed,
            unfinished=shown,
            unfinished_total=walk.unfinished_total,
            truncated=truncated,
        )

    async def _walk(self, walk: _Walk) -> str | None:
        """Read one instance after the other; what was left out, as a sentence."""
        place = 0

        async def read(numbered: tuple[int, str]) -> None:
            seen = await self._sidecar.get_instance(numbered[1])
            if seen is not None:
                walk.add(numbered[0], invocation_of(seen.instance, None))

        async with aclosing(self._sidecar.pages(page_size=self.page_size)) as pages:
            async for page in pages:
                room = self.most - place
                await each(enumerate(page[:room], place), read)
                place += len(page)
                if len(page) > room:
                    return f"Only the first {self.most} instances of the list were read"
        return None

    async def _explained(self, failures: tuple[Invocation, ...]) -> tuple[Invocation, ...]:
        """Failures with what they failed with; one that stands no more as it did is left out."""
        found: dict[str, Invocation] = {}

        async def read(one: Invocation) -> None:
            # Only now: it comes with the input and output, which may be large.
            seen = await self._sidecar.get_instance(one.id, payloads=True)
            if seen is None:
                return
            again = invocation_of(seen.instance, None)
            if again.ref == one.ref and again.outcome is one.outcome:
                found[one.id] = again

        await each(failures, read)
        return tuple(found[one.id] for one in failures if one.id in found)

    async def _with_reasons(self, unfinished: tuple[Invocation, ...]) -> tuple[Invocation, ...]:
        """The stalled ones with what they want, such as a version that no worker has."""
        reasons: dict[str, str | None] = {}

        async def read(one: Invocation) -> None:
            reasons[one.id] = await why_stalled(self._sidecar, one)

        await each((one for one in unfinished if one.status is InvocationStatus.STALLED), read)
        return tuple(
            attrs.evolve(one, failure=reasons.get(one.id, one.failure)) for one in unfinished
        )
