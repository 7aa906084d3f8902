"""The defaults of a host, on both event loops."""

from datetime import timedelta

import anyio
import pytest

from wfadmin.adapters.runtime import AnyioTasks, RandomIds, SilentObserver, SystemClock

pytestmark = pytest.mark.anyio

SOON = timedelta(milliseconds=20)
LATER = timedelta(seconds=30)


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def answer() -> str:
    return "answer"


async def fail() -> str:
    message = "no"
    raise LookupError(message)


async def hang() -> str:
    await anyio.sleep_forever()
    return "never"


async def test_gather_gives_one_value_or_error_per_call_in_their_order() -> None:
    value, error, late = await AnyioTasks().gather([answer, fail, hang], timeout=SOON)

    assert value == "answer"
    assert isinstance(error, LookupError)
    assert isinstance(late, TimeoutError)


async def test_gather_of_nothing_is_nothing() -> None:
    assert await AnyioTasks().gather([], timeout=SOON) == ()


async def test_the_calls_of_a_gather_run_side_by_side() -> None:
    met = anyio.Event()

    async def first() -> str:
        await met.wait()
        return "met"

    async def second() -> str:
        met.set()
        return "came"

    assert await AnyioTasks().gather([first, second], timeout=LATER) == ("met", "came")


async def test_cancelling_a_gather_cancels_its_calls() -> None:
    ended: list[str] = []

    async def notice() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            ended.append("cancelled")

    with anyio.move_on_after(SOON.total_seconds()):
        await AnyioTasks().gather([notice], timeout=LATER)

    assert ended == ["cancelled"]


async def test_a_shielded_call_runs_to_its_end_although_its_caller_is_cancelled() -> None:
    done: list[str] = []

    async def store() -> str:
        await anyio.sleep(0.01)
        done.append("stored")
        return "stored"

    with anyio.CancelScope() as scope:
        scope.cancel()
        await AnyioTasks().shielded(store, timeout=LATER)

    assert done == ["stored"]


async def test_a_shielded_call_that_hangs_is_stopped() -> None:
    with pytest.raises(TimeoutError):
        await AnyioTasks().shielded(hang, timeout=SOON)


async def test_the_clock_knows_its_zone_and_never_goes_back() -> None:
    clock = SystemClock()
    before = clock.monotonic()

    await clock.sleep(timedelta(milliseconds=5))

    assert clock.monotonic() - before >= timedelta(milliseconds=5)
    assert clock.now().utcoffset() == timedelta(0)


def test_ids_do_not_recur_and_hold_no_odd_characters() -> None:
    one, other = RandomIds().fresh(), RandomIds().fresh()

    assert one != other
    assert one.replace("_", "").isalnum()


def test_the_silent_observer_tells_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    SilentObserver().event("doctor.done", {"verdict": "ok"})

    assert capsys.readouterr() == ("", "")
