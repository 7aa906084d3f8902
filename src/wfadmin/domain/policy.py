"""Which unfinished runs an operator calls stuck. By default: none."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import assert_never

import attrs

from wfadmin.domain.errors import InvalidPolicy
from wfadmin.domain.model import Invocation, InvocationStatus

__all__ = [
    "BackingOff",
    "Paused",
    "Pending",
    "Protection",
    "RecoveryPolicy",
    "Running",
    "Stalled",
    "StuckRule",
    "Suspended",
    "parse_duration",
    "parse_stuck",
    "written",
]


def _at_least_one(_: object, __: object, value: int) -> None:
    if type(value) is not int or value < 1:  # a bool is an int, and no count
        raise InvalidPolicy("attempts", "it is not a whole number of at least 1")


def _positive(_: object, __: object, value: timedelta) -> None:
    if type(value) is not timedelta or value <= timedelta(0):
        raise InvalidPolicy("older", "it is not a length of time above zero")
    if value % timedelta(seconds=1):
        # Its written form has whole seconds, and must mean the same.
        raise InvalidPolicy("older", "it is not a whole number of seconds")


@attrs.frozen
class Paused:
    """A paused run: usually one that gave up after its last retry."""

    def matches(self, one: Invocation, now: datetime) -> bool:  # noqa: ARG002 - one signature
        """Whether this rule calls `one` stuck at `now`."""
        return one.status is InvocationStatus.PAUSED


@attrs.frozen
class BackingOff:
    """A run in a loop of failing attempts, with at least so many of them."""

    attempts: int = attrs.field(validator=_at_least_one)

    def matches(self, one: Invocation, now: datetime) -> bool:  # noqa: ARG002 - one signature
        """Whether this rule calls `one` stuck at `now`."""
        return one.is_backing_off and one.failed_attempts >= self.attempts


@attrs.frozen
class Suspended:
    """A run that has waited for longer than this without moving."""

    older: timedelta = attrs.field(validator=_positive)

    def matches(self, one: Invocation, now: datetime) -> bool:
        """Whether this rule calls `one` stuck at `now`; one without a known time is not."""
        if one.status is not InvocationStatus.SUSPENDED or one.modified_at is None:
            return False
        return now - one.modified_at > self.older


@attrs.frozen
class Stalled:
    """A run that its engine itself calls stalled."""

    def matches(self, one: Invocation, now: datetime) -> bool:  # noqa: ARG002 - one signature
        """Whether this rule calls `one` stuck at `now`."""
        return one.status is InvocationStatus.STALLED


@attrs.frozen
class Pending:
    """A run that was submitted and has not begun; its engine may not even say what it runs."""

    def matches(self, one: Invocation, now: datetime) -> bool:  # noqa: ARG002 - one signature
        """Whether this rule calls `one` stuck at `now`."""
        return one.status is InvocationStatus.PENDING


@attrs.frozen
class Running:
    """A run that runs, and has not moved for longer than this: long work looks the same."""

    older: timedelta = attrs.field(validator=_positive)

    def matches(self, one: Invocation, now: datetime) -> bool:
        """Whether this rule calls `one` stuck at `now`; one without a known time is not."""
        if one.status is not InvocationStatus.RUNNING or one.modified_at is None:
            return False
        return now - one.modified_at > self.older


StuckRule = Paused | BackingOff | Suspended | Stalled | Pending | Running


@attrs.frozen
class RecoveryPolicy:
    """
    What recovery may do beyond purging a failed run. The default is the narrowest.

    Attributes:
        stuck: Rules that make an unfinished run one that may be killed; none by default.
        with_children: Whether a kill, or a purge that reaches them, may take children along.
        force_purge: Whether a run that no kill and no purge reaches, or reaches now, may be
            forgotten by force. An unfinished one must be stuck by a rule as well.
    """

    stuck: tuple[StuckRule, ...] = ()
    with_children: bool = False
    force_purge: bool = False

    def is_stuck(self, one: Invocation, now: datetime) -> bool:
        """Whether any rule calls `one` stuck."""
        return any(rule.matches(one, now) for rule in self.stuck)


@attrs.frozen
class Protection:
    """
    What no repair may touch, whoever asks for it.

    Attributes:
        urls: Deployments at these URLs are never removed.
        services: Deployments that serve these are never removed, and keys of these are never
            recovered, paused, resumed or cancelled.
    """

    urls: tuple[str, ...] = ()
    services: tuple[str, ...] = ()


_NO_RULE = (
    "it is none of paused, stalled, pending, backing_off:attempts=N, suspended:older=TIME, "
    "running:older=TIME"
)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_COUNT = re.compile(r"[0-9]{1,9}\Z")
_DURATION = re.compile(r"([0-9]{1,9})([smhd])\Z")


def parse_duration(text: str, *, argument: str) -> timedelta:
    """
    `30s`, `5m`, `1h`, `2d` as a length of time.

    Raises:
        InvalidPolicy: Not a whole number followed by one of s, m, h, d.
    """
    found = _DURATION.match(text)
    if found is None:
        raise InvalidPolicy(argument, "it is not a number followed by s, m, h or d, such as 1h")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def parse_stuck(words: Iterable[str]) -> tuple[StuckRule, ...]:
    """
    Rules from their written form: `paused`, `stalled`, `pending`, `backing_off:attempts=5`,
    `suspended:older=1h`, `running:older=1h`.

    Raises:
        InvalidPolicy: A word that is none of these. A bare `backing_off`, `suspended` or
            `running` is refused: a run that merely retries, waits or works is not stuck.
    """  # noqa: D205 - the forms belong to the first sentence
    return tuple(_parse_rule(word) for word in words)


def written(rule: StuckRule) -> str:
    """The written form of a rule, as `parse_stuck` reads it."""
    match rule:
        case Paused():
            return "paused"
        case Stalled():
            return "stalled"
        case Pending():
            return "pending"
        case BackingOff(attempts):
            return f"backing_off:attempts={attempts}"
        case Suspended(older):
            return f"suspended:older={older // timedelta(seconds=1)}s"
        case Running(older):
            return f"running:older={older // timedelta(seconds=1)}s"
        case _:
            assert_never(rule)


def _parse_rule(word: str) -> StuckRule:
    name, _, setting = word.partition(":")
    parameter, _, value = setting.partition("=")
    match (name, parameter):
        case ("paused", "") if word == name:
            return Paused()
        case ("stalled", "") if word == name:
            return Stalled()
        case ("pending", "") if word == name:
            return Pending()
        case ("backing_off", "attempts") if _COUNT.match(value):
            return BackingOff(int(value))
        case ("suspended", "older"):
            return Suspended(parse_duration(value, argument="older"))
        case ("running", "older"):
            return Running(parse_duration(value, argument="older"))
        case _:
            raise InvalidPolicy("stuck rule", _NO_RULE)
