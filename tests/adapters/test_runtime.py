"""The defaults of a host, beyond the contract of their ports (see tests/kit/hosts)."""

from datetime import timedelta

import pytest

from wfadmin.adapters.runtime import RandomIds, SilentObserver, SystemClock


def test_the_time_of_day_is_in_utc() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)


def test_an_id_begins_so_that_it_is_known_in_a_log() -> None:
    assert RandomIds().fresh().startswith("op_")


def test_the_silent_observer_tells_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    SilentObserver().event("doctor.done", {"verdict": "ok"})

    assert capsys.readouterr() == ("", "")
