"""What every `TaskRunner` keeps."""

from collections.abc import Sequence
from datetime import timedelta

import anyio
import anyio.lowlevel

from wfadmin.domain.errors import UsageError
from wfadmin.ports.tasks import Call
from wfadmin.testing.bench import expect
from wfadmin.testing.clause import Rules
from wfadmin.testing.hosts.bench import TasksBench, answer_of

__all__ = ["RULES"]

RULES: Rules[TasksBench] = Rules("TaskRunner", "TR")

_MANY = 50


@RULES.clause(1, "results come in the order of the calls, whichever ends first")
async def _(bench: TasksBench) -> None:
    ended = anyio.Event()

    async def first() -> str:
        await ended.wait()
        return "first"

    async def second() -> str:
        ended.set()
        return "second"

    results = await _gathered(bench, [first, second], bench.patience)
    expect(results == ("first", "second"), f"two calls, the second being faster, give {results}")


@RULES.clause(2, "all calls run side by side, many too")
async def _(bench: TasksBench) -> None:
    here, ended, everybody = list[int](), list[int](), anyio.Event()

    async def meet() -> bool:
        here.append(1)
        if len(here) == _MANY:
            everybody.set()
        await everybody.wait()
        ended.append(1)
        return True

    results = await _gathered(bench, [meet] * _MANY, bench.patience)
    expect(results == (True,) * _MANY, f"of {_MANY} calls that wait for all, {len(ended)} end")


@RULES.clause(3, "an error is the result of its call, and costs the others nothing")
async def _(bench: TasksBench) -> None:
    errors = (LookupError("of a call"), UsageError("call", "no"), TimeoutError("of a call"))

    def failing(error: Exception) -> Call:
        async def fail() -> None:
            raise error

        return fail

    calls = [failing(error) for error in errors]
    results = await _gathered(bench, [*calls, _later], bench.patience)
    expect(results == (*errors, "later"), f"three errors and a value come as {results}")


@RULES.clause(4, "what is late gives TimeoutError, and costs the others nothing")
async def _(bench: TasksBench) -> None:
    with anyio.move_on_after(bench.patience.total_seconds()) as limit:
        results = await _gathered(bench, [anyio.sleep_forever, _later], bench.moment)
    expect(not limit.cancelled_caught, "a call that hangs holds up the others")
    late, value = results
    expect(isinstance(late, TimeoutError), f"a late call gives {late!r}")
    expect(value == "later", f"beside a late call, another gives {value!r}")


@RULES.clause(5, "a late call is stopped")
async def _(bench: TasksBench) -> None:
    ended = anyio.Event()
    await _gathered(bench, [lambda: _until_stopped(ended)], bench.moment)
    expect(ended.is_set(), "after gather, a late call still runs")


@RULES.clause(6, "no calls give no results")
async def _(bench: TasksBench) -> None:
    results = await _gathered(bench, [], bench.moment)
    expect(results == (), f"no calls give {results!r}")


@RULES.clause(7, "a caller that is cancelled takes its calls along")
async def _(bench: TasksBench) -> None:
    started, ended = anyio.Event(), anyio.Event()

    async def call() -> None:
        started.set()
        await _until_stopped(ended)

    async with anyio.create_task_group() as group:
        group.start_soon(_gathered, bench, [call], bench.patience)
        await started.wait()
        group.cancel_scope.cancel()
    expect(ended.is_set(), "the call of a cancelled gather still runs")


@RULES.clause(8, "a shielded call gives its value or its error")
async def _(bench: TasksBench) -> None:
    call = bench.runner.shielded(_later, timeout=bench.patience)
    value = await answer_of(call, "shielded")
    expect(value == "later", f"a shielded call that gives 'later' gives {value!r}")
    error = LookupError("of a call")

    async def fail() -> None:
        raise error

    told = await _error_of_shielded(bench, fail, bench.patience)
    expect(told is error, f"{error!r} of a shielded call comes as {told!r}")


@RULES.clause(9, "a shielded call runs to its end although its caller is cancelled")
async def _(bench: TasksBench) -> None:
    done = list[str]()

    async def store() -> None:
        await anyio.sleep(bench.moment.total_seconds())
        done.append("stored")

    with anyio.CancelScope() as before:
        before.cancel()
        await bench.runner.shielded(store, timeout=bench.patience)
    expect(done == ["stored"], "a caller that was cancelled before ends a shielded call")
    with anyio.move_on_after(bench.moment.total_seconds() / 4):
        await bench.runner.shielded(store, timeout=bench.patience)
    expect(done == ["stored"] * 2, "a caller that is cancelled meanwhile ends a shielded call")


@RULES.clause(10, "a shielded call that hangs is stopped in time, with TimeoutError")
async def _(bench: TasksBench) -> None:
    ended = anyio.Event()
    with anyio.move_on_after(bench.patience.total_seconds()) as limit:
        told = await _error_of_shielded(bench, lambda: _until_stopped(ended), bench.moment)
    expect(not limit.cancelled_caught, "a shielded call that hangs is not stopped")
    expect(isinstance(told, TimeoutError), f"a shielded call that hangs gives {told!r}")
    expect(ended.is_set(), "after its limit, a shielded call still runs")


async def _later() -> str:
    await anyio.lowlevel.checkpoint()
    return "later"


async def _until_stopped(ended: anyio.Event) -> None:
    try:
        await anyio.sleep_forever()
    finally:
        ended.set()


async def _gathered(
    bench: TasksBench, calls: Sequence[Call], limit: timedelta
) -> tuple[object, ...]:
    return await answer_of(bench.runner.gather(calls, timeout=limit), "gather")


async def _error_of_shielded(bench: TasksBench, call: Call, limit: timedelta) -> Exception | None:
    told: Exception | None = None
    try:
        await bench.runner.shielded(call, timeout=limit)
    except Exception as error:  # noqa: BLE001 - whatever comes is compared
        told = error
    return told
