"""
All invocations at once.

A walk over the table is what costs, and one question already keeps every core of the engine busy:
asking two at once takes as long as one after the other. So counts, newest failures and what is
unfinished are one statement, and the few rows that are shown are read by their ids afterwards.
"""

from collections import Counter
from collections.abc import Iterable

import attrs
from typing_extensions import override

from wfadmin.adapters.restate.api import RestateApi
from wfadmin.adapters.restate.details import Details
from wfadmin.adapters.restate.rows import COMPLETED
from wfadmin.domain.model import Invocation, InvocationOutcome, StatusCount, Survey, Usage, UsageRow
from wfadmin.ports.listing import InvocationListing

__all__ = ["RestateListing"]

# Successes, and ends of a kind that we do not know: one row each.
_OTHER_GROUPS = 8

# Sorted: unfinished ones (no time), what else has none, then failures, newest first. Each row
# carries how many share its status and result, so the counts are exact however short the answer.
_WALK = """
select status, result, invocation, sum(many) over (partition by status, result) as many from (
  select status, completion_result as result,
    case when completion_result = 'failure' then completed_at end as ended,
    case when status <> 'completed' or completion_result = 'failure' then id end as invocation,
    count(*) as many
  from sys_invocation_status group by 1, 2, 3, 4
) order by ended desc nulls first, invocation limit {limit}
"""

_COUNTS = """
select status, completion_result as result,
  case when status <> 'completed' then target_service_name end as service,
  case when status <> 'completed' then pinned_deployment_id end as deployment,
  count(*) as many
from sys_invocation_status group by 1, 2, 3, 4
"""
_FAILURES = """
select status, completion_result as result, id as invocation, 1 as many
from sys_invocation_status where status = 'completed' and completion_result = 'failure'
order by completed_at desc, id limit {limit}
"""
# What may need somebody comes first, and of that what has been there longest.
_UNFINISHED = """
select status, id as invocation, 1 as many
from sys_invocation_status where status <> 'completed'
order by case status when 'paused' then 0 when 'invoked' then 1 else 2 end, created_at, id
limit {limit}
"""


@attrs.frozen
class _Group:
    """Invocations of one status and result; `invocation` names one where each has its own row."""

    status: str
    many: int
    result: str | None = None
    invocation: str | None = None
    service: str | None = None
    deployment: str | None = None

    @property
    def is_unfinished(self) -> bool:
        return self.status != COMPLETED

    @property
    def is_failure(self) -> bool:
        return self.status == COMPLETED and self.result == "failure"


@attrs.frozen
class _Walked:
    """What one walk, or several, said; the ids are in the order in which they are shown."""

    counts: dict[tuple[str, str | None], int]
    failures: tuple[str, ...]
    unfinished: tuple[str, ...]
    usage: Usage | None = None

    @property
    def failed(self) -> int:
        return self.counts.get((COMPLETED, "failure"), 0)

    @property
    def unfinished_total(self) -> int:
        return sum(many for (status, _), many in self.counts.items() if status != COMPLETED)


@attrs.frozen(eq=False)
class RestateListing(InvocationListing):
    """See `InvocationListing`."""

    _api: RestateApi
    _details: Details

    @override
    async def survey(self, *, failures: int, unfinished: int) -> Survey:
        """
        See `InvocationListing.survey`.

        Sends: one query that walks and one or two by id; three more walks where more is unfinished
        than may be listed, because unfinished rows sort first and crowd out the failures.
        """
        walked = await self._walk(failures, unfinished)
        if walked is None:
            walked = await self._walk_apart(failures, unfinished)
        found = {one.id: one for one in await self._read(walked)}
        pending = _still(found, walked.unfinished, completed=False)
        counts: Counter[str] = Counter()
        for (status, _), many in walked.counts.items():
            counts[status] += many
        return Survey(
            counts=tuple(StatusCount(word, counts[word]) for word in sorted(counts)),
            failures=_still(found, walked.failures, completed=True),
            failed=walked.failed,
            unfinished=pending,
            unfinished_total=len(pending) if walked.usage is None else walked.unfinished_total,
            usage=walked.usage or _usage(_held(pending)),
            truncated=_truncated(walked),
        )

    async def _walk(self, failures: int, unfinished: int) -> _Walked | None:
        """All in one walk; None where more is unfinished than may be listed."""
        limit = failures + unfinished + _OTHER_GROUPS
        rows = await self._api.rows(_WALK.format(limit=limit), _Group)
        pending = _ids(row for row in rows if row.is_unfinished)
        if len(pending) > unfinished:
            return None
        counts = {(row.status, row.result): row.many for row in rows}
        failing = _ids(row for row in rows if row.is_failure)
        return _Walked(counts, failing[:failures], pending)

    async def _walk_apart(self, failures: int, unfinished: int) -> _Walked:
        groups = await self._api.rows(_COUNTS, _Group)
        failing = await self._api.rows(_FAILURES.format(limit=failures), _Group)
        pending = await self._api.rows(_UNFINISHED.format(limit=unfinished), _Group)
        counts: Counter[tuple[str, str | None]] = Counter()
        held: Counter[tuple[str, str | None]] = Counter()
        for row in groups:
            counts[row.status, row.result] += row.many
            if row.is_unfinished:
                held[row.service or "", row.deployment] += row.many
        return _Walked(dict(counts), _ids(failing), _ids(pending), _usage(held))

    async def _read(self, walked: _Walked) -> tuple[Invocation, ...]:
        if not walked.unfinished:
            return await self._details.of(walked.failures, ended=True)
        return await self._details.of((*walked.unfinished, *walked.failures))


def _ids(rows: Iterable[_Group]) -> tuple[str, ...]:
    return tuple(row.invocation for row in rows if row.invocation is not None)


def _still(
    found: dict[str, Invocation],
    ids: Iterable[str],
    *,
    completed: bool,
) -> tuple[Invocation, ...]:
    """Those that still stand where the walk saw them: runs go on while we read."""
    present = (found[one] for one in ids if one in found)
    return tuple(
        one
        for one in present
        if one.is_completed is completed and one.outcome is not InvocationOutcome.SUCCEEDED
    )


def _held(unfinished: Iterable[Invocation]) -> Counter[tuple[str, str | None]]:
    return Counter((one.service_name, one.deployment_id) for one in unfinished)


def _usage(held: Counter[tuple[str, str | None]]) -> Usage:
    return Usage(tuple(UsageRow(service, pin, many) for (service, pin), many in held.items()))


def _truncated(walked: _Walked) -> str | None:
    if walked.usage is None:
        return None
    total, listed = walked.unfinished_total, len(walked.unfinished)
    return f"Only {listed} of {total} unfinished invocations were read in detail"
