"""What holds for every key, whatever it holds and whatever an operator allows."""

from datetime import timedelta

import attrs
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.build import NOW, ago, run, service
from tests.domain.build_recovery import BY_DEFAULT, snapshot
from wfadmin.domain.capabilities import Reach
from wfadmin.domain.keys import Progress
from wfadmin.domain.model import (
    HandlerKind,
    Invocation,
    InvocationOutcome,
    InvocationStatus,
    ServiceKind,
)
from wfadmin.domain.policy import (
    BackingOff,
    Paused,
    Pending,
    RecoveryPolicy,
    Running,
    Stalled,
    StuckRule,
    Suspended,
)
from wfadmin.domain.recovery import (
    Allowed,
    Blocked,
    BlockReason,
    Parked,
    PriorEffect,
    Snapshot,
    evaluate,
)

_AGES = st.sampled_from([None, ago(seconds=1), ago(hours=3), NOW])
_PROGRESS = st.sampled_from([None, Progress("7"), Progress("8")])


_STUCK = (
    InvocationStatus.PAUSED,
    InvocationStatus.STALLED,
    InvocationStatus.BACKING_OFF,
    InvocationStatus.SUSPENDED,
)
_BEYOND = frozenset({InvocationStatus.STALLED, InvocationStatus.PENDING})
_BAD_ENDS = (InvocationOutcome.FAILED, InvocationOutcome.KILLED, InvocationOutcome.CANCELLED)


@st.composite
def _stuck_or_failed(draw: st.DrawFn) -> Invocation:
    """Draw a run that some policy allows to recover."""
    status = draw(st.sampled_from((InvocationStatus.COMPLETED, *_STUCK)))
    one = run(
        "?",
        status,
        handler_kind=draw(st.sampled_from([HandlerKind.MAIN, HandlerKind.SHARED])),
        modified_at=ago(hours=3),
        failed_attempts=draw(st.integers(2, 4)),
        progress=draw(_PROGRESS),
    )
    has_ended = status is InvocationStatus.COMPLETED
    return attrs.evolve(one, outcome=draw(st.sampled_from(_BAD_ENDS)) if has_ended else None)


@st.composite
def _runs(draw: st.DrawFn) -> Invocation:
    """Draw any run, also one that contradicts itself."""
    one = run(
        "?",
        draw(st.sampled_from(InvocationStatus)),
        service_kind=draw(st.sampled_from([ServiceKind.WORKFLOW, *ServiceKind])),
        handler_name=draw(st.sampled_from(["run", "status", "renamed", None])),
        handler_kind=draw(st.sampled_from(HandlerKind)),
        modified_at=draw(_AGES),
        failed_attempts=draw(st.integers(0, 4)),
        progress=draw(_PROGRESS),
        retention=draw(st.sampled_from([None, timedelta(0), timedelta(days=1)])),
    )
    return attrs.evolve(one, outcome=draw(st.sampled_from([None, *InvocationOutcome])))


def _named(runs: list[Invocation]) -> tuple[Invocation, ...]:
    return tuple(
        attrs.evolve(one, ref=attrs.evolve(one.ref, id=f"inv_{number}"))
        for number, one in enumerate(runs)
    )


_LISTED = st.none() | st.builds(
    lambda kind: service(kind=kind), st.sampled_from([ServiceKind.WORKFLOW, *ServiceKind])
)
_PARKED = st.builds(
    Parked,
    st.sampled_from(["inv_0", "inv_1"]),
    st.sampled_from(InvocationStatus),
    st.integers(0, 4),
    _AGES,
    _PROGRESS,
)


@st.composite
def _any_snapshots(draw: st.DrawFn) -> Snapshot:
    seen = snapshot(
        *_named(draw(st.lists(_stuck_or_failed() | _runs(), max_size=3))),
        listed=draw(_LISTED),
        incomplete=draw(st.sampled_from([None, None, None, "a row was not understood"])),
        children=draw(st.sampled_from([(), None, (run("inv_child"),)])),
        effect=draw(st.sampled_from([PriorEffect.NOT_ASKED, *PriorEffect])),
        purge_reach=draw(st.sampled_from(Reach)),
        unkillable=draw(st.sampled_from([frozenset(), _BEYOND])),
        is_hindered=draw(st.sampled_from([False, False, True])),
    )
    return attrs.evolve(seen, parked=tuple(draw(st.lists(_PARKED, max_size=2))))


_RECOVERABLE = st.lists(_stuck_or_failed(), max_size=4).map(lambda runs: snapshot(*_named(runs)))
_NEARLY = st.tuples(st.lists(_stuck_or_failed(), max_size=3), _runs()).map(
    lambda drawn: snapshot(*_named([*drawn[0], drawn[1]]))
)

#: What a key may look like; most often so that a recovery is allowed, or nearly so.
snapshots = _RECOVERABLE | _NEARLY | _any_snapshots()

_RULES = st.sampled_from(
    [
        Paused(),
        Stalled(),
        Pending(),
        BackingOff(1),
        BackingOff(3),
        Suspended(timedelta(hours=1)),
        Running(timedelta(hours=1)),
    ]
)
_GENEROUS = (Paused(), Stalled(), BackingOff(1), Suspended(timedelta(hours=1)))
policies = st.builds(
    lambda rules, along, force: RecoveryPolicy(tuple(rules), along, force),
    st.just(_GENEROUS) | st.lists(_RULES, max_size=4),
    st.booleans(),
    st.booleans(),
)


def _touched(verdict: Allowed) -> tuple[str, ...]:
    return verdict.to_kill + verdict.to_purge + verdict.to_force_purge


def _is_nameless(one: Invocation) -> bool:
    return one.status is InvocationStatus.PENDING and one.handler_name is None


def _of(seen: Snapshot, ids: tuple[str, ...]) -> list[Invocation]:
    return [one for one in seen.reading.invocations if one.id in ids]


@given(snapshots)
def test_by_default_nothing_is_ever_killed(seen: Snapshot) -> None:
    verdict = evaluate(seen, BY_DEFAULT)
    assert isinstance(verdict, Blocked) or verdict.to_kill + verdict.to_force_purge == ()


@given(snapshots)
def test_by_default_anything_unfinished_blocks(seen: Snapshot) -> None:
    verdict = evaluate(seen, BY_DEFAULT)
    unfinished = [one.id for one in seen.reading.invocations if not one.is_completed]
    assert isinstance(verdict, Blocked) or unfinished == []


@given(snapshots, policies)
def test_what_succeeded_or_is_not_known_is_never_touched(
    seen: Snapshot, policy: RecoveryPolicy
) -> None:
    verdict = evaluate(seen, policy)
    if isinstance(verdict, Allowed):
        touched = _of(seen, _touched(verdict))
        assert InvocationStatus.UNKNOWN not in {one.status for one in touched}
        assert {one.outcome for one in touched} <= {
            None,
            InvocationOutcome.FAILED,
            InvocationOutcome.KILLED,
            InvocationOutcome.CANCELLED,
        }
        named = [one for one in touched if not _is_nameless(one)]
        assert HandlerKind.UNKNOWN not in {seen.reading.handler_kind(one) for one in named}
        assert seen.reading.service_kind is ServiceKind.WORKFLOW or touched == []


@given(snapshots, policies)
def test_only_main_runs_are_purged_and_each_of_them_is_once(
    seen: Snapshot, policy: RecoveryPolicy
) -> None:
    verdict = evaluate(seen, policy)
    if isinstance(verdict, Allowed):
        main = {
            one.id
            for one in seen.reading.invocations
            if seen.reading.handler_kind(one) is not HandlerKind.SHARED
        }
        assert sorted(verdict.to_purge + verdict.to_force_purge) == sorted(main)


@given(snapshots, policies)
def test_everything_unfinished_is_killed_or_forced_or_nothing_is_done(
    seen: Snapshot, policy: RecoveryPolicy
) -> None:
    verdict = evaluate(seen, policy)
    if isinstance(verdict, Allowed):
        unfinished = {one.id for one in seen.reading.invocations if not one.is_completed}
        ended = {one.id for one in seen.reading.invocations if one.is_completed}
        assert {*verdict.to_kill, *verdict.to_force_purge} - ended == unfinished


@given(snapshots, policies)
def test_only_what_nothing_else_reaches_is_forced_and_only_by_a_policy_that_says_so(
    seen: Snapshot, policy: RecoveryPolicy
) -> None:
    verdict = evaluate(seen, policy)
    if isinstance(verdict, Allowed):
        forced = _of(seen, verdict.to_force_purge)
        assert policy.force_purge or forced == []
        assert all(seen.is_hindered or one.status in seen.unkillable for one in forced)
        others = _of(seen, verdict.to_kill + verdict.to_purge)
        assert not any(seen.is_hindered or one.status in seen.unkillable for one in others)


@given(snapshots, policies, _runs())
def test_one_more_unfinished_run_never_makes_it_safe(
    seen: Snapshot, policy: RecoveryPolicy, more: Invocation
) -> None:
    added = attrs.evolve(
        more,
        ref=attrs.evolve(more.ref, id="inv_more"),
        status=InvocationStatus.RUNNING if more.is_completed else more.status,
        outcome=None,
    )
    runs = (*seen.reading.invocations, added)
    busier = attrs.evolve(seen, reading=attrs.evolve(seen.reading, invocations=runs))
    if isinstance(evaluate(seen, policy), Blocked):
        assert isinstance(evaluate(busier, policy), Blocked)


@given(snapshots, policies, _RULES)
def test_a_narrower_policy_never_kills_more(
    seen: Snapshot, policy: RecoveryPolicy, rule: StuckRule
) -> None:
    wider = attrs.evolve(policy, stuck=(*policy.stuck, rule))
    before, after = evaluate(seen, policy), evaluate(seen, wider)
    if isinstance(before, Allowed):
        assert after == before


@given(snapshots, policies)
def test_a_guard_that_does_not_know_is_as_good_as_no(
    seen: Snapshot, policy: RecoveryPolicy
) -> None:
    for effect in (PriorEffect.HAPPENED, PriorEffect.UNKNOWN):
        assert isinstance(evaluate(attrs.evolve(seen, effect=effect), policy), Blocked)


@given(snapshots, policies)
def test_a_reading_that_may_lack_something_is_never_enough(
    seen: Snapshot, policy: RecoveryPolicy
) -> None:
    partial = attrs.evolve(seen.reading, incomplete="cut")
    assert isinstance(evaluate(attrs.evolve(seen, reading=partial), policy), Blocked)


@given(snapshots, policies)
def test_a_purge_that_reaches_further_never_makes_it_safer(
    seen: Snapshot, policy: RecoveryPolicy
) -> None:
    alone, unknown, along = (
        evaluate(attrs.evolve(seen, purge_reach=reach), policy)
        for reach in (Reach.ALONE, Reach.UNKNOWN, Reach.WITH_CHILDREN)
    )
    assert unknown == along
    if isinstance(alone, Blocked):
        assert isinstance(unknown, Blocked)


@given(snapshots, policies)
def test_nobody_who_is_not_known_or_named_goes_along_with_a_purge(
    seen: Snapshot, policy: RecoveryPolicy
) -> None:
    verdict = evaluate(attrs.evolve(seen, purge_reach=Reach.UNKNOWN), policy)
    if isinstance(verdict, Allowed) and verdict.to_purge + verdict.to_force_purge:
        assert policy.with_children or seen.children == ()


def _unordered(verdict: Allowed | Blocked) -> object:
    if isinstance(verdict, Allowed):
        return set(verdict.to_kill), set(verdict.to_purge), set(verdict.to_force_purge)
    return [(one.reason, set(one.invocation_ids)) for one in verdict.blockers]


@given(snapshots, policies, st.data())
def test_the_order_of_runs_changes_nothing_but_the_order_of_ids(
    seen: Snapshot, policy: RecoveryPolicy, data: st.DataObject
) -> None:
    shuffled = tuple(data.draw(st.permutations(seen.reading.invocations)))
    other = attrs.evolve(seen, reading=attrs.evolve(seen.reading, invocations=shuffled))
    assert _unordered(evaluate(other, policy)) == _unordered(evaluate(seen, policy))


@given(snapshots, policies)
def test_blockers_stand_in_the_order_of_the_rules_each_once(
    seen: Snapshot, policy: RecoveryPolicy
) -> None:
    verdict = evaluate(seen, policy)
    if isinstance(verdict, Blocked):
        reasons = [one.reason for one in verdict.blockers]
        assert reasons == [one for one in BlockReason if one in reasons]
        assert BlockReason.PURGE_FAILED not in reasons
        assert verdict.reason is reasons[0]
