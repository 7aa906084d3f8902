"""What wfadmin does in each incident: verbs as people type them, and exactly how each ends."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta

import attrs

import wfadmin
from wfadmin.domain.policy import Paused, Pending, RecoveryPolicy, Running, Stalled, written
from wfadmin.domain.results import (
    CleanupResult,
    CommandResult,
    RecoverResult,
    RedeployResult,
    Result,
)
from wfadmin.errors import DeploymentInUse, Refused, RetryBlocked, WfadminError
from wfadmin.operations.local import LocalOperator
from wfadmin.testing.incidents import Incident

OLD = "http://orders-v1:9080"
NEW = "http://orders-v2:9080"
NEWEST = "http://orders-v3:9080"

ORDER = wfadmin.WorkflowKey("Order", "o-1")
OTHER = wfadmin.WorkflowKey("Order", "o-2")
CHILD = wfadmin.WorkflowKey("Payment", "o-1:0001")
CART = wfadmin.WorkflowKey("Cart", "c-1")

#: Everything of a Dapr app is recovered with whatever it called: nobody can say what that is.
ENDED = RecoveryPolicy(with_children=True)
PAUSED = RecoveryPolicy((Paused(),), with_children=True)
RUNNING = RecoveryPolicy((Running(timedelta(hours=1)),), with_children=True)
PENDING = RecoveryPolicy((Pending(),), with_children=True)
STALLED = RecoveryPolicy((Stalled(),), with_children=True)
BY_FORCE = RecoveryPolicy((Stalled(),), with_children=True, force_purge=True)


@attrs.frozen
class Shipped:
    """
    One verb of wfadmin, used in an incident.

    Attributes:
        told: As people type it.
        ends: How it ends there, as `said` says it.
        policy: What it may kill.
    """

    told: str
    act: Callable[[LocalOperator], Awaitable[object]]
    ends: str
    policy: RecoveryPolicy = attrs.field(factory=RecoveryPolicy)


def _move(key: wfadmin.WorkflowKey, ends: str) -> Shipped:
    told = f"runs resume --deployment latest {key.service_name} {key.service_key}"
    return Shipped(told, lambda operator: operator.resume(key, deployment="latest"), ends)


def _steer(verb: str, key: wfadmin.WorkflowKey, ends: str) -> Shipped:
    told = f"runs {verb} {key.service_name} {key.service_key}"
    return Shipped(told, lambda operator: getattr(operator, verb)(key), ends)


def _cleanup(url: str, ends: str) -> Shipped:
    return Shipped(f"cleanup {url}", lambda o: o.cleanup_stale_deployments(url), ends)


def _redeploy(url: str, ends: str, *, force: bool = True) -> Shipped:
    told = f"redeploy {'' if force else '--no-force '}{url}"
    return Shipped(told, lambda o: o.force_redeploy(url, force=force), ends)


def _recover(
    key: wfadmin.WorkflowKey,
    ends: str,
    policy: RecoveryPolicy | None = None,
) -> Shipped:
    chosen = RecoveryPolicy() if policy is None else policy
    told = " ".join(("recover", *_flags(chosen), key.service_name, key.service_key))
    return Shipped(told, lambda o: o.recover_stuck_workflow(key, policy=chosen), ends, chosen)


def _flags(policy: RecoveryPolicy) -> Iterator[str]:
    yield from (f"--stuck {written(rule)}" for rule in policy.stuck)
    if policy.with_children:
        yield "--with-children"
    if policy.force_purge:
        yield "--force-purge"


def _cancel(key: wfadmin.WorkflowKey, run: str, ends: str) -> Shipped:
    told = f"runs cancel --id {run} {key.service_name} {key.service_key}"
    return Shipped(told, lambda operator: operator.cancel(key, invocation_id=run), ends)


#: One after the other, on one world.
SHIPPED: dict[str, tuple[Shipped, ...]] = {
    "ghost-deployment-spiral": (
        _cleanup(NEW, "no_change: dp_1 stays, unfinished runs hold it: 2"),
        _move(ORDER, "confirmed: running"),
        _move(OTHER, "confirmed: running"),
        _cleanup(NEW, "confirmed: removed dp_1"),
    ),
    "unpinned-work-at-drain": (_cleanup(NEW, "refused: dp_1 serves Invoice"),),
    "re-register-changes-nothing": (
        _redeploy(OLD, "accepted: not routed to it: Order", force=False),
        _redeploy(OLD, "confirmed: Order goes to dp_1"),
        _move(ORDER, "confirmed: running"),
    ),
    "silent-rollback": (
        _cleanup(OLD, "refused: dp_2 serves Order"),
        _redeploy(OLD, "confirmed: Order goes to dp_1"),
    ),
    "version-zombie": (_move(ORDER, "confirmed: running"),),
    "completed-counted-as-draining": (
        _cleanup(NEWEST, "confirmed: removed dp_1; dp_2 stays, unfinished runs hold it: 1"),
    ),
    "unspecified-drain": (
        _cleanup(NEW, "no_change: dp_1 stays, not all unfinished work could be counted"),
    ),
    "suspended-for-ever": (
        _recover(CART, "refused: not_a_workflow"),
        _cancel(CART, "inv_1", "confirmed: completed"),
    ),
    "late-purge": (
        _recover(ORDER, "confirmed: purged, state cleared"),
        _recover(ORDER, "no_change: nothing to do, state was_empty"),
    ),
    "retention-zero-leaves-state": (
        _recover(ORDER, "refused: not_retained", RecoveryPolicy((Paused(),))),
        _steer("resume", ORDER, "confirmed: running"),
    ),
    "undrained-terminate": (
        _recover(ORDER, "refused: active"),
        _recover(ORDER, "outcome_unknown", RUNNING),
        _steer("pause", ORDER, "refused: end_not_known"),
    ),
    "old-activity-completes-new-run": (
        _recover(ORDER, "confirmed: purged, and warned of work that may still be under way", ENDED),
    ),
    "needless-resume": (
        _steer("resume", ORDER, "confirmed: running"),
        _steer("resume", ORDER, "no_change: running"),
    ),
    "pause-pause-resume": (
        _steer("pause", ORDER, "no_change: paused"),
        _steer("resume", ORDER, "confirmed: running"),
    ),
    "planned-start-runs": (
        _steer("pause", ORDER, "refused: command_not_allowed"),
        _recover(ORDER, "refused: not_killable", PENDING),
    ),
    "child-ended-alone": (
        _recover(CHILD, "refused: active"),
        _steer("pause", ORDER, "confirmed: paused"),
        # Its purge meets the child, which ends a little later than its parent.
        _recover(ORDER, "refused: purge_failed", PAUSED),
        _recover(ORDER, "confirmed: purged, and warned of work that may still be under way", ENDED),
    ),
    "stalled-ghost": (
        _recover(ORDER, "refused: not_killable", STALLED),
        _recover(ORDER, "confirmed: purged, and warned that the id may not be usable", BY_FORCE),
    ),
}


async def endings(incident: Incident) -> AsyncIterator[tuple[Shipped, str]]:
    """Every verb for an incident, one after the other, and how each ended."""
    world = incident.world()
    async with wfadmin.connect(world.engine, clock=world.clock) as operator:
        for one in SHIPPED[incident.id]:
            try:
                ending = await one.act(operator)
            except WfadminError as error:
                ending = error
            yield one, said(ending)
            world.advance(timedelta(seconds=1))  # nobody types faster


def said(ending: object) -> str:
    """How a verb ended, in a few words."""
    if isinstance(ending, Result):
        return f"{ending.effect.value}: {_done(ending)}"
    assert isinstance(ending, WfadminError)
    return f"refused: {_refused(ending)}" if isinstance(ending, Refused) else ending.code


def _refused(error: Refused) -> str:
    match error:
        case RetryBlocked(reason=reason):
            return reason
        case DeploymentInUse():
            return f"{', '.join(error.deployment_ids)} serves {', '.join(error.services)}"
        case _:
            return error.code


def _done(result: Result) -> str:
    match result:
        case CleanupResult():
            gone = (f"removed {one}" for one in result.removed)
            held = (f"{one.deployment_id} stays, {', '.join(one.reasons)}" for one in result.held)
            return "; ".join((*gone, *held))
        case RedeployResult() if not result.confirmed:
            astray = result.warnings[-1].partition(".")[0]
            return f"{astray[0].lower()}{astray[1:]}"
        case RedeployResult():
            return (
                f"{', '.join(one.name for one in result.services)} goes to {result.deployment_id}"
            )
        case CommandResult():
            return result.status
        case _:
            assert isinstance(result, RecoverResult)
            return _recovered(result)


#: What a warning is about, by a word of it; the first that fits is said.
_WARNINGS = {
    "may not be usable": "that the id may not be usable",
    "may still be under way": "of work that may still be under way",
}


def _recovered(result: RecoverResult) -> str:
    done = " and ".join(
        word for word, ids in (("killed", result.killed), ("purged", result.purged)) if ids
    )
    state = "" if result.state is None else f", state {result.state.value}"
    text = " ".join(result.warnings)
    warned = next((f", and warned {what}" for word, what in _WARNINGS.items() if word in text), "")
    return f"{done or 'nothing to do'}{state}{warned}"


#: The codes of doctor, and those of an inspection of the key, in their order.
FINDINGS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "ghost-deployment-spiral": (("paused", "backing_off", "draining"), ("paused",)),
    "unpinned-work-at-drain": ((), ()),
    "re-register-changes-nothing": (("backing_off", "drained"), ("backing_off",)),
    "silent-rollback": (("draining", "quiet_long"), ("quiet_long",)),
    "version-zombie": (("zombie",), ("zombie",)),
    "completed-counted-as-draining": (("draining", "drained"), ()),
    "unspecified-drain": (("listing_truncated", "drain_unknown"), ("suspended_long",)),
    "suspended-for-ever": (
        ("suspended_long", "pending_long"),
        ("suspended_long", "pending_long"),
    ),
    "late-purge": (("failed_retained",), ("failed_retained",)),
    "retention-zero-leaves-state": (("paused",), ("paused",)),
    # Over HTTP a sidecar lists nothing, so only what is asked for by its key is seen.
    "undrained-terminate": ((), ("quiet_long",)),
    "old-activity-completes-new-run": ((), ("failed_retained",)),
    "needless-resume": ((), ("paused",)),
    "pause-pause-resume": ((), ("paused",)),
    "planned-start-runs": ((), ("pending_undated",)),
    "child-ended-alone": ((), ("quiet_long",)),
    "stalled-ghost": ((), ("stalled",)),
}
