"""Which command a status calls for, as one table."""

import pytest

from tests.domain import build
from wfadmin.domain.capabilities import Capabilities
from wfadmin.domain.model import InvocationOutcome, InvocationStatus
from wfadmin.domain.plan import Action, Verb
from wfadmin.domain.steering import NoChange, NotNow, Send, steering

S = InvocationStatus
PAUSABLE = Capabilities(pausable=frozenset({S.RUNNING, S.READY, S.BACKING_OFF}))
PAUSE, RESUME, CANCEL = Send((Action.PAUSE,)), Send((Action.RESUME,)), Send((Action.CANCEL,))
MOVE = Send((Action.PAUSE, Action.RESUME))
SAME, NO = NoChange(), NotNow()


@pytest.mark.parametrize(
    ("status", "pause", "resume", "move", "cancel"),
    [
        (S.SCHEDULED, NO, SAME, NO, CANCEL),
        (S.PENDING, NO, SAME, NO, CANCEL),
        (S.READY, PAUSE, SAME, NO, CANCEL),
        (S.RUNNING, PAUSE, SAME, NO, CANCEL),
        (S.SUSPENDED, NO, SAME, RESUME, CANCEL),
        (S.BACKING_OFF, PAUSE, SAME, MOVE, CANCEL),
        (S.PAUSED, SAME, RESUME, RESUME, CANCEL),
        (S.STALLED, NO, NO, NO, CANCEL),
        (S.WAITING_APPROVAL, NO, NO, NO, CANCEL),
        (S.COMPLETED, NO, NO, NO, NO),
        (S.UNKNOWN, NO, NO, NO, NO),
    ],
)
def test_each_status_calls_for_one_thing(
    status: S, pause: object, resume: object, move: object, cancel: object
) -> None:
    run = build.run(status=status)

    assert steering(Verb.PAUSE, run, PAUSABLE) == pause
    assert steering(Verb.RESUME, run, PAUSABLE) == resume
    assert steering(Verb.RESUME, run, PAUSABLE, moves=True) == move
    assert steering(Verb.CANCEL, run, PAUSABLE) == cancel


def test_a_loop_that_attempts_right_now_is_moved_like_one_that_waits() -> None:
    run = build.run(status=S.RUNNING, failed_attempts=3)

    assert steering(Verb.RESUME, run, PAUSABLE, moves=True) == MOVE


def test_where_no_pause_lands_none_is_sent() -> None:
    run = build.run(status=S.BACKING_OFF)

    assert steering(Verb.PAUSE, run, Capabilities()) == NO
    assert steering(Verb.RESUME, run, Capabilities(), moves=True) == NO


def test_what_was_cancelled_is_cancelled() -> None:
    run = build.ended(outcome=InvocationOutcome.CANCELLED)

    assert steering(Verb.CANCEL, run, PAUSABLE) == SAME
