"""Which unfinished runs count as stuck: none, unless a policy says so exactly."""

from datetime import timedelta

import pytest

from tests.domain.build import NOW, ago, backing_off, ended, paused, run, shared, suspended
from wfadmin.domain.errors import InvalidPolicy
from wfadmin.domain.model import Invocation, InvocationStatus
from wfadmin.domain.policy import (
    BackingOff,
    Paused,
    Pending,
    RecoveryPolicy,
    Running,
    Stalled,
    StuckRule,
    Suspended,
    parse_duration,
    parse_stuck,
    written,
)

_HOUR = timedelta(hours=1)
_STALLED = run(status=InvocationStatus.STALLED)
_SECOND = timedelta(seconds=1)
_EVERY_RULE = (
    Paused(),
    BackingOff(attempts=1),
    Suspended(older=_SECOND),
    Stalled(),
    Pending(),
    Running(older=_SECOND),
)


@pytest.mark.parametrize(
    ("rule", "one", "expected"),
    [
        pytest.param(Paused(), paused(), True, id="a paused run is paused"),
        pytest.param(Paused(), shared(paused()), True, id="so is a paused shared handler"),
        pytest.param(Paused(), run(), False, id="a running one is not"),
        pytest.param(Stalled(), _STALLED, True, id="a stalled run is stalled"),
        pytest.param(Stalled(), paused(), False, id="a paused one is not"),
        pytest.param(BackingOff(3), backing_off(attempts=3), True, id="as many attempts as said"),
        pytest.param(BackingOff(3), backing_off(attempts=2), False, id="one attempt too few"),
        pytest.param(
            BackingOff(3),
            run(failed_attempts=3),
            True,
            id="a loop whose attempt is on its way backs off too",
        ),
        pytest.param(
            BackingOff(3),
            run(status=InvocationStatus.READY, failed_attempts=3),
            True,
            id="so does one that is about to attempt",
        ),
        pytest.param(
            BackingOff(3),
            run(status=InvocationStatus.PENDING, failed_attempts=3),
            True,
            id="and one that waits for its turn to attempt",
        ),
        pytest.param(
            BackingOff(1),
            suspended(failed_attempts=3),
            False,
            id="a run that waits for something else does not, whatever failed before",
        ),
        pytest.param(
            BackingOff(1), paused(failed_attempts=3), False, id="nor does one that gave up"
        ),
        pytest.param(
            BackingOff(1), ended(failed_attempts=3), False, id="nor does one that has ended"
        ),
        pytest.param(
            BackingOff(1),
            run(failed_attempts=0),
            False,
            id="a run in its first attempt does not back off",
        ),
        pytest.param(
            Suspended(_HOUR), suspended(modified_at=ago(hours=2)), True, id="it waits too long"
        ),
        pytest.param(
            Suspended(_HOUR), suspended(modified_at=ago(hours=1)), False, id="exactly that long"
        ),
        pytest.param(
            Suspended(_HOUR), suspended(modified_at=None), False, id="nobody knows how long"
        ),
        pytest.param(
            Suspended(_HOUR), suspended(modified_at=ago(hours=-2)), False, id="a clock that is off"
        ),
        pytest.param(
            Suspended(_HOUR), run(modified_at=ago(hours=2)), False, id="a long running one"
        ),
        pytest.param(
            Running(_HOUR), run(modified_at=ago(hours=2)), True, id="it ran for long without a move"
        ),
        pytest.param(Running(_HOUR), run(modified_at=ago(hours=1)), False, id="it moved just then"),
        pytest.param(
            Running(_HOUR), run(modified_at=None), False, id="nobody knows when it last moved"
        ),
        pytest.param(
            Running(_HOUR), suspended(modified_at=ago(hours=2)), False, id="it waits, and rests"
        ),
        pytest.param(Pending(), run(status=InvocationStatus.PENDING), True, id="it has not begun"),
        pytest.param(
            Pending(), run(status=InvocationStatus.SCHEDULED), False, id="it is planned for later"
        ),
    ],
)
def test_a_rule(rule: StuckRule, one: Invocation, *, expected: bool) -> None:
    assert rule.matches(one, NOW) is expected


@pytest.mark.parametrize("status", InvocationStatus)
def test_by_default_nothing_is_stuck(status: InvocationStatus) -> None:
    assert not RecoveryPolicy().is_stuck(run(status=status, modified_at=ago(days=9)), NOW)


@pytest.mark.parametrize(
    "status",
    [
        InvocationStatus.COMPLETED,
        InvocationStatus.SCHEDULED,
        InvocationStatus.UNKNOWN,
        InvocationStatus.WAITING_APPROVAL,
    ],
)
def test_no_policy_calls_these_stuck(status: InvocationStatus) -> None:
    one = run(status=status, failed_attempts=9, modified_at=ago(days=9))
    assert not RecoveryPolicy(stuck=_EVERY_RULE).is_stuck(one, NOW)


def test_by_default_no_children_go_along_and_nothing_is_forced() -> None:
    assert RecoveryPolicy() == RecoveryPolicy(stuck=(), with_children=False, force_purge=False)


def test_one_rule_that_matches_is_enough() -> None:
    policy = RecoveryPolicy(stuck=(Stalled(), Paused()))
    assert policy.is_stuck(paused(), NOW)
    assert not policy.is_stuck(backing_off(), NOW)


@pytest.mark.parametrize("attempts", [0, -1, True, 1.5, "3", None])
def test_attempts_that_are_no_count_are_refused(attempts: int) -> None:
    with pytest.raises(InvalidPolicy) as refused:
        BackingOff(attempts)
    assert refused.value.argument == "attempts"


@pytest.mark.parametrize(
    "older", [timedelta(0), timedelta(seconds=-1), timedelta(seconds=1.5), 60, None]
)
def test_a_length_of_time_that_is_none_is_refused(older: timedelta) -> None:
    with pytest.raises(InvalidPolicy) as refused:
        Suspended(older)
    assert refused.value.argument == "older"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30s", timedelta(seconds=30)),
        ("5m", timedelta(minutes=5)),
        ("1h", timedelta(hours=1)),
        ("2d", timedelta(days=2)),
        ("0s", timedelta(0)),
        ("007m", timedelta(minutes=7)),
        ("999999999d", timedelta(days=999_999_999)),
    ],
)
def test_a_length_of_time(text: str, expected: timedelta) -> None:
    assert parse_duration(text, argument="--wait") == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "1", "h", "1w", "1.5h", "-1h", "+1h", " 1h", "1h ", "1h\n", "1h30m", "1H"),
        *("\u0661h", "9999999999d"),
    ],
)
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(InvalidPolicy) as refused:
        parse_duration(text, argument="--wait")
    assert refused.value.argument == "--wait"


@pytest.mark.parametrize(
    ("words", "rules"),
    [
        pytest.param([], (), id="no words are no rules"),
        pytest.param(["paused"], (Paused(),), id="paused"),
        pytest.param(["stalled"], (Stalled(),), id="stalled"),
        pytest.param(["backing_off:attempts=5"], (BackingOff(5),), id="backing off"),
        pytest.param(["suspended:older=1h"], (Suspended(_HOUR),), id="suspended"),
        pytest.param(["pending"], (Pending(),), id="pending"),
        pytest.param(["running:older=1h"], (Running(_HOUR),), id="running"),
        pytest.param(
            ["stalled", "paused", "stalled"],
            (Stalled(), Paused(), Stalled()),
            id="rules stay in their order",
        ),
    ],
)
def test_rules_in_words(words: list[str], rules: tuple[StuckRule, ...]) -> None:
    assert parse_stuck(words) == rules


@pytest.mark.parametrize(
    ("word", "argument"),
    [
        pytest.param("backing_off", "stuck rule", id="a run that merely retries is not stuck"),
        pytest.param("suspended", "stuck rule", id="a run that merely waits is not stuck"),
        pytest.param("", "stuck rule", id="nothing"),
        pytest.param("running", "stuck rule", id="a run that merely works is not stuck"),
        pytest.param("Paused", "stuck rule", id="capitals"),
        pytest.param("paused ", "stuck rule", id="a blank"),
        pytest.param("paused:", "stuck rule", id="a setting that is not there"),
        pytest.param("stalled:", "stuck rule", id="a setting that is not there either"),
        pytest.param("paused:older=1h", "stuck rule", id="a setting that would be ignored"),
        pytest.param("paused:=", "stuck rule", id="a setting without a name"),
        pytest.param("backing_off:attempts=", "stuck rule", id="attempts without a number"),
        pytest.param("backing_off:attempts=x", "stuck rule", id="attempts that are no number"),
        pytest.param("backing_off:attempts=-1", "stuck rule", id="attempts below zero"),
        pytest.param("backing_off:attempts=1\n", "stuck rule", id="a line end"),
        pytest.param("backing_off:attempts=\u0663", "stuck rule", id="digits of another script"),
        pytest.param("backing_off:attempts=0", "attempts", id="no attempt at all"),
        pytest.param("backing_off:older=1h", "stuck rule", id="the setting of another rule"),
        pytest.param("suspended:older=1", "older", id="a time without a unit"),
        pytest.param("pending:", "stuck rule", id="a setting that pending does not have"),
        pytest.param("running:older=0s", "older", id="a run that runs for no time at all"),
        pytest.param("running:attempts=1", "stuck rule", id="attempts of a run that runs"),
        pytest.param("suspended:older=0s", "older", id="no time at all"),
        pytest.param("suspended:older=1h=2h", "older", id="two times"),
    ],
)
def test_a_word_that_is_no_rule_is_refused(word: str, argument: str) -> None:
    with pytest.raises(InvalidPolicy) as refused:
        parse_stuck(["paused", word])
    assert refused.value.argument == argument


@pytest.mark.parametrize("rule", [*_EVERY_RULE, BackingOff(attempts=7), Suspended(older=_HOUR)])
def test_the_written_form_of_a_rule_is_read_as_the_same_rule(rule: StuckRule) -> None:
    assert parse_stuck([written(rule)]) == (rule,)
