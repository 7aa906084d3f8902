"""What every `Clock` keeps."""

from datetime import timedelta

import anyio

from wfadmin.testing.bench import expect
from wfadmin.testing.clause import Rules
from wfadmin.testing.hosts.bench import ClockBench, answer_of

__all__ = ["RULES"]

RULES: Rules[ClockBench] = Rules("Clock", "CL")

_READINGS = 1000


@RULES.clause(1, "the time of day has a zone")
async def _(bench: ClockBench) -> None:
    now = bench.clock.now()
    expect(now.utcoffset() is not None, f"the time of day {now} has no zone")


@RULES.clause(2, "what measures never goes back")
async def _(bench: ClockBench) -> None:
    readings = [bench.clock.monotonic() for _ in range(_READINGS)]
    await bench.pass_time(bench.moment)
    readings.append(bench.clock.monotonic())
    expect(readings == sorted(readings), "a later reading of monotonic is below an earlier one")


@RULES.clause(3, "what measures moves on by at least the time that passes")
async def _(bench: ClockBench) -> None:
    before = bench.clock.monotonic()
    await bench.pass_time(bench.moment)
    passed = bench.clock.monotonic() - before
    # A clock of the machine may tick in steps that are not ours.
    expect(passed >= bench.moment / 2, f"in {bench.moment} it moved on by {passed}")


@RULES.clause(4, "a sleep lasts at least as long as was asked for, by the clock that measures")
async def _(bench: ClockBench) -> None:
    before = bench.clock.monotonic()
    await answer_of(bench.clock.sleep(bench.moment), "sleep")
    passed = bench.clock.monotonic() - before
    expect(passed >= bench.moment * 0.9, f"a sleep of {bench.moment} lasted {passed}")


@RULES.clause(5, "a sleep of zero or less returns at once")
async def _(bench: ClockBench) -> None:
    for length in (timedelta(0), timedelta(microseconds=-1), timedelta(days=-1)):
        before = bench.clock.monotonic()
        with anyio.move_on_after(bench.patience.total_seconds()) as limit:
            await answer_of(bench.clock.sleep(length), f"a sleep of {length}")
        passed = bench.clock.monotonic() - before
        ended = not limit.cancelled_caught and timedelta(0) <= passed <= bench.patience
        expect(ended, f"a sleep of {length} lasted {passed}")


@RULES.clause(6, "cancellation ends a sleep at once")
async def _(bench: ClockBench) -> None:
    before = anyio.current_time()
    with anyio.move_on_after(bench.moment.total_seconds()):
        await answer_of(bench.clock.sleep(bench.patience), "sleep")
    lasted = timedelta(seconds=anyio.current_time() - before)
    expect(lasted < bench.patience, f"a sleep that was cancelled lasted {lasted}")
