"""Time that moves only when it is told to."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.adapters.memory.driving import answer_of
from wfadmin.adapters.memory import VirtualClock
from wfadmin.errors import UsageError

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_time_stands_still_until_it_is_advanced() -> None:
    clock = VirtualClock()

    assert [clock.now(), clock.now(), clock.monotonic()] == [NOON, NOON, timedelta(0)]
    clock.advance(timedelta(days=400))

    assert clock.now() == NOON + timedelta(days=400)
    assert clock.monotonic() == timedelta(days=400)


def test_a_sleep_takes_no_time_and_needs_no_event_loop() -> None:
    clock = VirtualClock()

    answer_of(clock.sleep(timedelta(hours=3)))

    assert clock.now() == NOON + timedelta(hours=3)


def test_a_sleep_below_zero_is_none() -> None:
    clock = VirtualClock()

    answer_of(clock.sleep(timedelta(seconds=-1)))

    assert clock.monotonic() == timedelta(0)


def test_time_does_not_go_back() -> None:
    clock = VirtualClock()

    with pytest.raises(UsageError, match="time does not go back"):
        clock.advance(timedelta(microseconds=-1))
    assert clock.now() == NOON


def test_it_starts_when_it_is_told_to() -> None:
    start = datetime(1999, 12, 31, 23, 59, tzinfo=UTC)

    assert VirtualClock(start).now() == start


def test_a_start_without_a_zone_is_refused() -> None:
    with pytest.raises(UsageError, match="without a zone"):
        VirtualClock(datetime(2026, 1, 1))  # noqa: DTZ001 - that is what is refused
