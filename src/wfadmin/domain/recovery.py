"""
Whether a key may be made submittable again.

The rules, in order; the first that applies gives the reason, and every blocker is listed:

==================  ===============================================================
not_a_workflow      its stored data or queued calls would be destroyed
query_failed        the engine answered, and not all of it was understood
unknown             a status, an end or a kind of handler that we do not know
succeeded           a main run ended well: running it again would repeat its effects
active              something unfinished that the policy does not call stuck
has_children        a kill, or a purge that reaches that far, would take children along
effect_happened     the host says that the effect of this key already happened
effect_unknown      the host cannot say whether it did
not_retained        nothing is kept of a killed run, so its state could not be cleared safely
not_killable        a kill would not end it, and the policy does not include a forced purge
==================  ===============================================================

`purge_failed` is the last reason; it arises only after acting. Source of the first rules: the
operator API that this library implements refuses active and succeeded keys; the others were
found on live engines.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

import attrs

from wfadmin.domain.capabilities import Reach
from wfadmin.domain.keys import Progress, WorkflowKey
from wfadmin.domain.model import (
    HandlerKind,
    Invocation,
    InvocationOutcome,
    InvocationStatus,
    Service,
    ServiceKind,
)
from wfadmin.domain.policy import RecoveryPolicy

__all__ = [
    "Allowed",
    "BlockReason",
    "Blocked",
    "Blocker",
    "KeyReading",
    "Parked",
    "PriorEffect",
    "Snapshot",
    "evaluate",
]


class BlockReason(StrEnum):
    """Why recovery is blocked."""

    NOT_A_WORKFLOW = "not_a_workflow"
    QUERY_FAILED = "query_failed"
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    ACTIVE = "active"
    HAS_CHILDREN = "has_children"
    EFFECT_HAPPENED = "effect_happened"
    EFFECT_UNKNOWN = "effect_unknown"
    NOT_RETAINED = "not_retained"
    NOT_KILLABLE = "not_killable"
    PURGE_FAILED = "purge_failed"


class PriorEffect(StrEnum):
    """What the host says about the effect of a key; `NOT_ASKED` where it offers no guard."""

    HAPPENED = "happened"
    DID_NOT_HAPPEN = "did_not_happen"
    UNKNOWN = "unknown"
    NOT_ASKED = "not_asked"


@attrs.frozen
class KeyReading:
    """
    Everything that an engine holds of one key, read as one.

    Attributes:
        service: As listed; None where the engine does not list it now.
        invocations: Every one of the key, main and shared, completed ones too.
        incomplete: Why something may be missing or misread; None when it is whole.
        is_taken_over: Whether a run of another service bears the id of the key's run by now, on
            an engine that names runs by the service key alone.
    """

    key: WorkflowKey
    service: Service | None
    invocations: tuple[Invocation, ...] = ()
    incomplete: str | None = None
    is_taken_over: bool = False

    @property
    def service_kind(self) -> ServiceKind:
        """What the list of services and the invocations say, where they agree; else unknown."""
        kinds = {one.service_kind for one in self.invocations}
        if self.service is not None:
            kinds = (kinds - {ServiceKind.UNKNOWN}) | {self.service.kind}
        return kinds.pop() if len(kinds) == 1 else ServiceKind.UNKNOWN

    def handler_kind(self, invocation: Invocation) -> HandlerKind:
        """Whether an invocation is a main run; unknown where nobody can say."""
        if invocation.handler_kind is not HandlerKind.UNKNOWN or self.service is None:
            return invocation.handler_kind
        return self.service.handler_kind(invocation.handler_name)


@attrs.frozen
class Parked:
    """A run that this operation paused: judged by the status that it had before."""

    invocation_id: str
    status: InvocationStatus
    failed_attempts: int
    modified_at: datetime | None
    progress: Progress | None


@attrs.frozen
class Snapshot:
    """
    All that the decision reads.

    Attributes:
        children: Those that a recovery would take along, of every run that it may kill or, where
            a purge reaches that far, purge; None when not asked, or not known.
        parked: Runs that this operation paused itself.
        purge_reach: Whether a purge takes children along.
        unkillable: The statuses in which a kill ends nothing.
        is_hindered: Whether the engine now does no write but a forced purge.
    """

    reading: KeyReading
    now: datetime
    children: tuple[Invocation, ...] | None = None
    effect: PriorEffect = PriorEffect.NOT_ASKED
    parked: tuple[Parked, ...] = ()
    purge_reach: Reach = Reach.UNKNOWN
    unkillable: frozenset[InvocationStatus] = frozenset()
    is_hindered: bool = False


@attrs.frozen
class Blocker:
    """One reason, with the invocations that make it apply."""

    reason: BlockReason
    invocation_ids: tuple[str, ...] = ()


@attrs.frozen
class Allowed:
    """
    The key may be recovered: kill these, shared handlers first, then purge these.

    Attributes:
        to_force_purge: What no kill and no purge reaches; neither of the other two.
    """

    to_kill: tuple[str, ...] = ()
    to_purge: tuple[str, ...] = ()
    to_force_purge: tuple[str, ...] = ()


@attrs.frozen
class Blocked:
    """The key must not be recovered. Never empty; in the order of the rules."""

    blockers: tuple[Blocker, ...] = attrs.field(validator=attrs.validators.min_len(1))

    @property
    def reason(self) -> BlockReason:
        """The first rule that applied."""
        return self.blockers[0].reason

    @property
    def invocation_ids(self) -> tuple[str, ...]:
        """The invocations that made the first rule apply."""
        return self.blockers[0].invocation_ids


@attrs.frozen
class _Sorted:
    """The invocations of a key, each in the one group that a rule asks about."""

    unknown: tuple[Invocation, ...]
    succeeded: tuple[Invocation, ...]
    active: tuple[Invocation, ...]
    stuck_shared: tuple[Invocation, ...]
    stuck_main: tuple[Invocation, ...]
    ended_main: tuple[Invocation, ...]

    @property
    def stuck(self) -> tuple[Invocation, ...]:
        return self.stuck_shared + self.stuck_main


def evaluate(snapshot: Snapshot, policy: RecoveryPolicy) -> Allowed | Blocked:
    """
    Whether the key may be made submittable again, and what that takes.

    The same question is asked before the plan, and again before every step. Nothing that is not
    known counts as safe. A key that holds no invocation is allowed, with nothing to do.
    """
    groups = _sort(snapshot, policy)
    blockers = tuple(
        Blocker(reason, ids)
        for reason, rule in _RULES
        if (ids := rule(snapshot, policy, groups)) is not None
    )
    if blockers:
        return Blocked(blockers)
    goes = groups.stuck_main + groups.ended_main
    # Where the policy did not include it, a rule has blocked before.
    forced = tuple(one for one in goes if _is_beyond_reach(snapshot, one))
    return Allowed(
        to_kill=_ids(tuple(one for one in groups.stuck if one not in forced)),
        to_purge=_ids(tuple(one for one in goes if one not in forced)),
        to_force_purge=_ids(forced),
    )


def _is_beyond_reach(snapshot: Snapshot, one: Invocation) -> bool:
    """Whether neither a kill nor a purge would do anything to it."""
    return snapshot.is_hindered or one.status in snapshot.unkillable


def _ids(invocations: tuple[Invocation, ...]) -> tuple[str, ...]:
    return tuple(one.id for one in invocations)


def _sort(snapshot: Snapshot, policy: RecoveryPolicy) -> _Sorted:
    reading = snapshot.reading
    parked = {one.invocation_id: one for one in snapshot.parked}
    groups: dict[str, list[Invocation]] = {f.name: [] for f in attrs.fields(_Sorted)}
    for one in reading.invocations:
        group = _group(one, reading.handler_kind(one), parked, snapshot.now, policy)
        if group is not None:
            groups[group].append(one)
    return _Sorted(**{name: tuple(members) for name, members in groups.items()})


def _group(
    one: Invocation,
    kind: HandlerKind,
    parked: Mapping[str, Parked],
    now: datetime,
    policy: RecoveryPolicy,
) -> str | None:
    ended_and_not = one.outcome is not None and not one.is_completed
    is_unclear = kind is HandlerKind.UNKNOWN and not _is_nameless(one, policy, now)
    if is_unclear or one.status is InvocationStatus.UNKNOWN or ended_and_not:
        return "unknown"
    if one.is_completed:
        if kind is HandlerKind.SHARED:
            return None  # a finished conversation with the run: neither blocks nor is purged
        return _ENDED.get(one.outcome, "unknown")
    if not policy.is_stuck(_as_before(one, parked), now):
        return "active"
    return "stuck_shared" if kind is HandlerKind.SHARED else "stuck_main"


def _is_nameless(one: Invocation, policy: RecoveryPolicy, now: datetime) -> bool:
    """Whether it has not begun, so that nobody says what it runs, and the policy lists it."""
    has_begun = one.status is not InvocationStatus.PENDING or one.handler_name is not None
    return not has_begun and policy.is_stuck(one, now)


_ENDED: Mapping[InvocationOutcome | None, str] = {
    InvocationOutcome.SUCCEEDED: "succeeded",
    InvocationOutcome.FAILED: "ended_main",
    InvocationOutcome.KILLED: "ended_main",
    InvocationOutcome.CANCELLED: "ended_main",
}


def _as_before(one: Invocation, parked: Mapping[str, Parked]) -> Invocation:
    """A run that we paused, as it stood before; one that moved since is judged as it is now."""
    before = parked.get(one.id)
    if before is None or one.status is not InvocationStatus.PAUSED:
        return one
    if before.progress is None or one.progress != before.progress:
        # Moved, or nobody can say that it did not: then it is a live run.
        return attrs.evolve(one, status=InvocationStatus.RUNNING, failed_attempts=0)
    return attrs.evolve(
        one,
        status=before.status,
        failed_attempts=before.failed_attempts,
        modified_at=before.modified_at,
    )


_Rule = Callable[[Snapshot, RecoveryPolicy, _Sorted], tuple[str, ...] | None]


def _any(invocations: tuple[Invocation, ...]) -> tuple[str, ...] | None:
    return _ids(invocations) or None


def _not_a_workflow(s: Snapshot, _: RecoveryPolicy, __: _Sorted) -> tuple[str, ...] | None:
    reading = s.reading
    if reading.service is None and not reading.invocations:
        return None  # nothing is known, and nothing is there that could be destroyed
    if reading.service_kind is ServiceKind.WORKFLOW:
        return None
    return _ids(reading.invocations)


def _query_failed(s: Snapshot, _: RecoveryPolicy, __: _Sorted) -> tuple[str, ...] | None:
    return None if s.reading.incomplete is None else _ids(s.reading.invocations)


def _has_children(s: Snapshot, policy: RecoveryPolicy, groups: _Sorted) -> tuple[str, ...] | None:
    # What is killed is purged after it, so its children are asked for in either case.
    reaches = s.purge_reach is not Reach.ALONE
    parents = groups.stuck + (groups.ended_main if reaches else ())
    if not parents or policy.with_children:
        return None
    if s.children is None:
        return _ids(parents)  # not asked is not none
    return _any(s.children)


def _not_retained(_: Snapshot, __: RecoveryPolicy, groups: _Sorted) -> tuple[str, ...] | None:
    # A live engine: with retention 0 a killed run leaves no row to purge, and leaves its state.
    return _any(tuple(one for one in groups.stuck_main if one.retention == timedelta(0)))


def _not_killable(s: Snapshot, policy: RecoveryPolicy, groups: _Sorted) -> tuple[str, ...] | None:
    # Only main runs are ever purged: a shared call would be left.
    mains = () if policy.force_purge else groups.stuck_main + groups.ended_main
    asked = groups.stuck_shared + mains
    return _any(tuple(one for one in asked if _is_beyond_reach(s, one)))


def _says(snapshot: Snapshot, effect: PriorEffect) -> tuple[str, ...] | None:
    return () if snapshot.effect is effect else None


_RULES: tuple[tuple[BlockReason, _Rule], ...] = (
    (BlockReason.NOT_A_WORKFLOW, _not_a_workflow),
    (BlockReason.QUERY_FAILED, _query_failed),
    (BlockReason.UNKNOWN, lambda _s, _p, groups: _any(groups.unknown)),
    (BlockReason.SUCCEEDED, lambda _s, _p, groups: _any(groups.succeeded)),
    (BlockReason.ACTIVE, lambda _s, _p, groups: _any(groups.active)),
    (BlockReason.HAS_CHILDREN, _has_children),
    (BlockReason.EFFECT_HAPPENED, lambda s, _p, _g: _says(s, PriorEffect.HAPPENED)),
    (BlockReason.EFFECT_UNKNOWN, lambda s, _p, _g: _says(s, PriorEffect.UNKNOWN)),
    (BlockReason.NOT_RETAINED, _not_retained),
    (BlockReason.NOT_KILLABLE, _not_killable),
)
