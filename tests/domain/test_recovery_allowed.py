"""When a key may be made submittable again, and what is killed and purged for it."""

from datetime import timedelta

import pytest

from tests.domain.build import ago, backing_off, ended, paused, run, shared, suspended
from tests.domain.build_recovery import BY_DEFAULT, IF_PAUSED, WITH_CHILDREN, snapshot
from wfadmin.domain.capabilities import Reach
from wfadmin.domain.model import HandlerKind, InvocationOutcome, InvocationStatus, ServiceKind
from wfadmin.domain.policy import BackingOff, RecoveryPolicy, Stalled, Suspended
from wfadmin.domain.recovery import Allowed, PriorEffect, Snapshot, evaluate

ENDED_CHILD = ended("inv_child")

_ALLOWED = (
    pytest.param(snapshot(), BY_DEFAULT, Allowed(), id="a key without any run is free"),
    pytest.param(
        snapshot(listed=None), BY_DEFAULT, Allowed(), id="so is one of a service nobody knows"
    ),
    pytest.param(
        snapshot(ended()), BY_DEFAULT, Allowed((), ("inv_1",)), id="a failed run is purged"
    ),
    pytest.param(
        snapshot(ended(outcome=InvocationOutcome.KILLED)),
        BY_DEFAULT,
        Allowed((), ("inv_1",)),
        id="a killed run is purged",
    ),
    pytest.param(
        snapshot(ended(outcome=InvocationOutcome.CANCELLED)),
        BY_DEFAULT,
        Allowed((), ("inv_1",)),
        id="a cancelled run is purged",
    ),
    pytest.param(
        snapshot(ended("inv_1"), ended("inv_2")),
        BY_DEFAULT,
        Allowed((), ("inv_1", "inv_2")),
        id="every failed run of the key is purged",
    ),
    pytest.param(
        snapshot(ended(), listed=None),
        BY_DEFAULT,
        Allowed((), ("inv_1",)),
        id="a service that is no longer listed does not matter where its runs say what it was",
    ),
    pytest.param(
        snapshot(ended(handler_kind=HandlerKind.UNKNOWN)),
        BY_DEFAULT,
        Allowed((), ("inv_1",)),
        id="the list of services tells main and shared handlers apart",
    ),
    pytest.param(
        snapshot(ended(service_kind=ServiceKind.UNKNOWN)),
        BY_DEFAULT,
        Allowed((), ("inv_1",)),
        id="the list of services tells the kind of service",
    ),
    pytest.param(
        snapshot(ended(), shared(ended("inv_s", InvocationOutcome.SUCCEEDED))),
        BY_DEFAULT,
        Allowed((), ("inv_1",)),
        id="a shared handler that succeeded neither blocks nor is purged",
    ),
    pytest.param(
        snapshot(ended(), shared(ended("inv_s"))),
        BY_DEFAULT,
        Allowed((), ("inv_1",)),
        id="a shared handler that failed neither blocks nor is purged",
    ),
    pytest.param(
        snapshot(paused()),
        IF_PAUSED,
        Allowed(("inv_1",), ("inv_1",)),
        id="a run that the policy calls stuck is killed and then purged",
    ),
    pytest.param(
        snapshot(paused("inv_m"), shared(paused("inv_s")), ended("inv_f")),
        IF_PAUSED,
        Allowed(("inv_s", "inv_m"), ("inv_m", "inv_f")),
        id="shared handlers are killed first, and never purged",
    ),
    pytest.param(
        snapshot(backing_off(attempts=5)),
        RecoveryPolicy(stuck=(BackingOff(5),)),
        Allowed(("inv_1",), ("inv_1",)),
        id="a policy may call a loop of failures stuck",
    ),
    pytest.param(
        snapshot(run(failed_attempts=5)),
        RecoveryPolicy(stuck=(BackingOff(5),)),
        Allowed(("inv_1",), ("inv_1",)),
        id="also while an attempt of the loop is on its way",
    ),
    pytest.param(
        snapshot(suspended(modified_at=ago(hours=3))),
        RecoveryPolicy(stuck=(Suspended(timedelta(hours=2)),)),
        Allowed(("inv_1",), ("inv_1",)),
        id="a policy may call a long wait stuck",
    ),
    pytest.param(
        snapshot(run(status=InvocationStatus.STALLED)),
        RecoveryPolicy(stuck=(Stalled(),)),
        Allowed(("inv_1",), ("inv_1",)),
        id="a policy may call a stalled run stuck",
    ),
    pytest.param(
        snapshot(paused(), children=(run("inv_child"),)),
        WITH_CHILDREN,
        Allowed(("inv_1",), ("inv_1",)),
        id="a policy may let children go along",
    ),
    pytest.param(
        snapshot(paused(), children=None),
        WITH_CHILDREN,
        Allowed(("inv_1",), ("inv_1",)),
        id="then nobody need ask for them",
    ),
    pytest.param(
        snapshot(ended(), children=None),
        BY_DEFAULT,
        Allowed((), ("inv_1",)),
        id="without a kill nobody need ask for children",
    ),
    *(
        pytest.param(
            snapshot(ended(), children=(), purge_reach=reach),
            BY_DEFAULT,
            Allowed((), ("inv_1",)),
            id=f"a run without children is purged, whatever a purge reaches: {reach.value}",
        )
        for reach in Reach
    ),
    pytest.param(
        snapshot(ended(), children=(ENDED_CHILD,), purge_reach=Reach.ALONE),
        BY_DEFAULT,
        Allowed((), ("inv_1",)),
        id="a purge that reaches no further leaves the children",
    ),
    *(
        pytest.param(
            snapshot(ended(), children=children, purge_reach=Reach.WITH_CHILDREN),
            WITH_CHILDREN,
            Allowed((), ("inv_1",)),
            id=f"a policy may let {name} go along with a purge",
        )
        for name, children in (("children", (ENDED_CHILD,)), ("unknown ones", None))
    ),
    pytest.param(
        snapshot(shared(ended("inv_s")), children=None, purge_reach=Reach.WITH_CHILDREN),
        BY_DEFAULT,
        Allowed(),
        id="what is not purged takes nobody along",
    ),
    pytest.param(
        snapshot(ended(), effect=PriorEffect.DID_NOT_HAPPEN),
        BY_DEFAULT,
        Allowed((), ("inv_1",)),
        id="the host says that the effect did not happen",
    ),
    pytest.param(
        snapshot(ended(retention=timedelta(0))),
        BY_DEFAULT,
        Allowed((), ("inv_1",)),
        id="retention does not matter to a run that is still there",
    ),
    pytest.param(
        snapshot(paused(retention=None)),
        IF_PAUSED,
        Allowed(("inv_1",), ("inv_1",)),
        id="an engine may not say how long it keeps a run",
    ),
    pytest.param(
        snapshot(shared(paused("inv_s", retention=timedelta(0)))),
        IF_PAUSED,
        Allowed(("inv_s",), ()),
        id="a shared handler leaves no state behind, kept or not",
    ),
)


@pytest.mark.parametrize(("seen", "policy", "expected"), _ALLOWED)
def test_it_is_allowed(seen: Snapshot, policy: RecoveryPolicy, expected: Allowed) -> None:
    assert evaluate(seen, policy) == expected
