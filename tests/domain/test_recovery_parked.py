"""A run that a recovery paused itself is judged by what it was before."""

from datetime import timedelta

import attrs
import pytest

from tests.domain.build import NOW, ago, ended, paused, run
from tests.domain.build_recovery import IF_PAUSED, blocked, snapshot
from wfadmin.domain.keys import Progress
from wfadmin.domain.model import Invocation, InvocationStatus
from wfadmin.domain.policy import BackingOff, Paused, RecoveryPolicy, Suspended
from wfadmin.domain.recovery import Allowed, Blocked, Parked, evaluate

_BEFORE = Parked("inv_1", InvocationStatus.BACKING_OFF, 5, ago(minutes=5), Progress("7"))
_LOOPING = RecoveryPolicy(stuck=(BackingOff(5),))


@pytest.mark.parametrize(
    ("now", "before", "policy", "expected"),
    [
        pytest.param(
            paused(progress=Progress("7")),
            _BEFORE,
            _LOOPING,
            Allowed(("inv_1",), ("inv_1",)),
            id="a run that we paused is judged by the status that it had",
        ),
        pytest.param(
            paused(progress=Progress("7")),
            _BEFORE,
            IF_PAUSED,
            blocked(active=("inv_1",)),
            id="our own pause never makes a run stuck",
        ),
        pytest.param(
            paused(progress=Progress("8"), failed_attempts=5),
            _BEFORE,
            _LOOPING,
            blocked(active=("inv_1",)),
            id="a run that moved on before it stopped is a live run",
        ),
        pytest.param(
            paused(progress=None),
            attrs.evolve(_BEFORE, progress=None),
            _LOOPING,
            blocked(active=("inv_1",)),
            id="where nobody can say that it stood still, it is a live run",
        ),
        pytest.param(
            paused(progress=Progress("8")),
            _BEFORE,
            RecoveryPolicy(stuck=(Paused(), BackingOff(1))),
            blocked(active=("inv_1",)),
            id="a live run is stuck by no rule",
        ),
        pytest.param(
            run(progress=Progress("7")),
            _BEFORE,
            _LOOPING,
            blocked(active=("inv_1",)),
            id="a run that somebody resumed is judged as it is now",
        ),
        pytest.param(
            ended(progress=Progress("7")),
            _BEFORE,
            _LOOPING,
            Allowed((), ("inv_1",)),
            id="so is one that has ended meanwhile",
        ),
        pytest.param(
            paused(progress=Progress("7")),
            attrs.evolve(_BEFORE, invocation_id="inv_other"),
            _LOOPING,
            blocked(active=("inv_1",)),
            id="a run that somebody else paused is paused",
        ),
        pytest.param(
            paused(progress=Progress("7"), modified_at=NOW),
            attrs.evolve(_BEFORE, status=InvocationStatus.SUSPENDED, modified_at=ago(hours=3)),
            RecoveryPolicy(stuck=(Suspended(timedelta(hours=2)),)),
            Allowed(("inv_1",), ("inv_1",)),
            id="our pause does not shorten how long it waited",
        ),
    ],
)
def test_a_parked_run(
    now: Invocation, before: Parked, policy: RecoveryPolicy, expected: Allowed | Blocked
) -> None:
    seen = attrs.evolve(snapshot(now), parked=(before,))
    assert evaluate(seen, policy) == expected
