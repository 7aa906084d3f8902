"""Where several rules block a recovery, the reason is that of the first, and all are listed."""

from datetime import timedelta

from tests.domain.build import paused
from tests.domain.build_recovery import IF_PAUSED, blocked, snapshot
from wfadmin.domain.model import InvocationStatus
from wfadmin.domain.recovery import evaluate


def test_what_nothing_would_be_kept_of_is_said_before_that_no_kill_ends_it() -> None:
    unkillable = frozenset({InvocationStatus.PAUSED})
    one = paused(retention=timedelta(0))

    verdict = evaluate(snapshot(one, unkillable=unkillable), IF_PAUSED)

    assert verdict == blocked(not_retained=("inv_1",), not_killable=("inv_1",))
