"""What no kill and no purge reaches: left alone, or forgotten by force where a policy says so."""

import pytest

from tests.domain.build import ended, paused, run, service, shared
from tests.domain.build_recovery import blocked, snapshot
from wfadmin.domain.capabilities import Reach
from wfadmin.domain.model import HandlerKind, Invocation, InvocationOutcome, InvocationStatus
from wfadmin.domain.policy import Paused, Pending, RecoveryPolicy, Stalled
from wfadmin.domain.recovery import Allowed, Blocked, Snapshot, evaluate

BEYOND = frozenset({InvocationStatus.STALLED, InvocationStatus.PENDING})
STUCK = RecoveryPolicy((Stalled(), Pending(), Paused()))
FORCED = RecoveryPolicy(STUCK.stuck, force_purge=True)
FORCE_ALONE = RecoveryPolicy(force_purge=True)
STALLED = run(status=InvocationStatus.STALLED)
APP = service("app")


def nameless(status: InvocationStatus = InvocationStatus.PENDING) -> Invocation:
    """Give a run of which nobody says what it runs."""
    return run(status=status, handler_name=None, handler_kind=HandlerKind.UNKNOWN)


_TABLE = (
    pytest.param(
        snapshot(STALLED, unkillable=BEYOND),
        STUCK,
        blocked(not_killable=("inv_1",)),
        id="a kill that ends nothing is not sent",
    ),
    pytest.param(
        snapshot(STALLED, unkillable=BEYOND),
        FORCED,
        Allowed(to_force_purge=("inv_1",)),
        id="a policy that includes it forgets it by force",
    ),
    pytest.param(
        snapshot(STALLED, unkillable=BEYOND),
        FORCE_ALONE,
        blocked(active=("inv_1",)),
        id="force alone calls nothing stuck",
    ),
    pytest.param(
        snapshot(STALLED),
        FORCED,
        Allowed(("inv_1",), ("inv_1",)),
        id="what a kill ends is killed, whatever the policy includes",
    ),
    pytest.param(
        snapshot(paused(), unkillable=BEYOND),
        FORCED,
        Allowed(("inv_1",), ("inv_1",)),
        id="so is a run in a status in which a kill ends it",
    ),
    pytest.param(
        snapshot(nameless(), listed=APP, unkillable=BEYOND),
        FORCED,
        Allowed(to_force_purge=("inv_1",)),
        id="what has not begun has no name, and the policy lists it",
    ),
    pytest.param(
        snapshot(nameless(), listed=APP, unkillable=BEYOND),
        RecoveryPolicy((Stalled(),), force_purge=True),
        blocked(unknown=("inv_1",)),
        id="what has not begun and is not listed is not known",
    ),
    pytest.param(
        snapshot(nameless(InvocationStatus.PAUSED), listed=APP),
        FORCED,
        blocked(unknown=("inv_1",)),
        id="what has begun, and has no name, is not known",
    ),
    pytest.param(
        snapshot(ended(), is_hindered=True),
        FORCE_ALONE,
        Allowed(to_force_purge=("inv_1",)),
        id="an engine that does nothing else now forgets a failed run by force",
    ),
    pytest.param(
        snapshot(ended(), is_hindered=True),
        STUCK,
        blocked(not_killable=("inv_1",)),
        id="and only by force",
    ),
    pytest.param(
        snapshot(paused(), ended("inv_2"), is_hindered=True),
        FORCED,
        Allowed(to_force_purge=("inv_1", "inv_2")),
        id="all of a key goes the same way",
    ),
    pytest.param(
        snapshot(ended(outcome=InvocationOutcome.SUCCEEDED), is_hindered=True),
        FORCED,
        blocked(succeeded=("inv_1",)),
        id="a success is never forgotten by force",
    ),
    pytest.param(
        snapshot(shared(paused("inv_2")), is_hindered=True),
        FORCED,
        blocked(not_killable=("inv_2",)),
        id="a shared call is never purged, so it would be stranded",
    ),
    pytest.param(
        snapshot(STALLED, unkillable=BEYOND, purge_reach=Reach.WITH_CHILDREN, children=None),
        FORCED,
        blocked(has_children=("inv_1",)),
        id="children that nobody knows would go along",
    ),
)


@pytest.mark.parametrize(("seen", "policy", "expected"), _TABLE)
def test_what_is_forced(
    seen: Snapshot, policy: RecoveryPolicy, expected: Allowed | Blocked
) -> None:
    assert evaluate(seen, policy) == expected
