"""Mistakes of clocks, task runners, makers of ids, and observers."""

import asyncio
import itertools
import json
import logging
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar, cast

import anyio
from typing_extensions import override

from tests.kit.hosts.benches import Journal
from tests.kit.hosts.mutant import mistake
from wfadmin.adapters.runtime import AnyioTasks, RandomIds, SystemClock
from wfadmin.ports.ids import Ids
from wfadmin.ports.tasks import Call

_T = TypeVar("_T")


# --- clocks --------------------------------------------------------------------------------------


@mistake("CL-01")
class HasNoZone(SystemClock):
    @override
    def now(self) -> datetime:
        return super().now().replace(tzinfo=None)


@mistake("CL-02")
class GoesBack(SystemClock):
    steps = itertools.cycle([0, 2, 1])

    @override
    def monotonic(self) -> timedelta:
        return timedelta(seconds=next(self.steps))


@mistake("CL-03", "CL-04")
class StandsStill(SystemClock):
    @override
    def monotonic(self) -> timedelta:
        return timedelta(0)


@mistake("CL-04")
class TakesSecondsForMilliseconds(SystemClock):
    @override
    async def sleep(self, duration: timedelta) -> None:
        await anyio.sleep(duration.total_seconds() / 1000)


@mistake("CL-05")
class FailsBelowZero(SystemClock):
    @override
    async def sleep(self, duration: timedelta) -> None:
        if duration < timedelta(0):
            raise ValueError
        await super().sleep(duration)


@mistake("CL-05")
class TakesTheLengthWithoutItsSign(SystemClock):
    @override
    async def sleep(self, duration: timedelta) -> None:
        await super().sleep(abs(duration))


@mistake("CL-06")
class CannotBeCancelled(SystemClock):
    @override
    async def sleep(self, duration: timedelta) -> None:
        with anyio.CancelScope(shield=True):
            await super().sleep(duration)


@mistake("CL-06")
class HoldsUpTheEventLoop(SystemClock):
    @override
    async def sleep(self, duration: timedelta) -> None:
        time.sleep(duration.total_seconds())  # noqa: ASYNC251 - the mistake


# --- task runners --------------------------------------------------------------------------------


@mistake("TR-01")
class GivesResultsAsTheyCome(AnyioTasks):
    @override
    async def gather(self, calls: Sequence[Call], *, timeout: timedelta) -> tuple[object, ...]:
        results: list[object] = []

        async def run(call: Call) -> None:
            results.append(await call())

        await super().gather([lambda call=call: run(call) for call in calls], timeout=timeout)
        return tuple(results)


@mistake("TR-02")
class RunsTenAtOnce(AnyioTasks):
    @override
    async def gather(self, calls: Sequence[Call], *, timeout: timedelta) -> tuple[object, ...]:
        places = anyio.CapacityLimiter(10)

        async def run(call: Call) -> object:
            async with places:
                return await call()

        limited = [lambda call=call: run(call) for call in calls]
        return await super().gather(limited, timeout=timeout)


@mistake("TR-01")
class RunsOneAfterTheOther(AnyioTasks):
    @override
    async def gather(self, calls: Sequence[Call], *, timeout: timedelta) -> tuple[object, ...]:
        return tuple(
            [(await super(__class__, self).gather([call], timeout=timeout))[0] for call in calls]
        )


@mistake("TR-03")
class RaisesTheFirstError(AnyioTasks):
    @override
    async def gather(self, calls: Sequence[Call], *, timeout: timedelta) -> tuple[object, ...]:
        results = await super().gather(calls, timeout=timeout)
        for result in results:
            if isinstance(result, Exception):
                raise result
        return results


@mistake("TR-04")
class HasOneLimitForAll(AnyioTasks):
    @override
    async def gather(self, calls: Sequence[Call], *, timeout: timedelta) -> tuple[object, ...]:
        results = await super().gather(calls, timeout=timeout)
        is_late = any(isinstance(one, TimeoutError) for one in results)
        return tuple(TimeoutError() for _ in results) if is_late else results


@mistake("TR-04")
class HasNoLimit(AnyioTasks):
    @override
    async def gather(self, calls: Sequence[Call], *, timeout: timedelta) -> tuple[object, ...]:
        return await super().gather(calls, timeout=timedelta(hours=1))


@mistake("TR-04")
class GivesNoneForWhatIsLate(AnyioTasks):
    @override
    async def gather(self, calls: Sequence[Call], *, timeout: timedelta) -> tuple[object, ...]:
        results = await super().gather(calls, timeout=timeout)
        return tuple(None if isinstance(one, TimeoutError) else one for one in results)


@mistake("TR-05")
class LeavesLateCallsRunning(AnyioTasks):
    @override
    async def gather(self, calls: Sequence[Call], *, timeout: timedelta) -> tuple[object, ...]:
        tasks = [asyncio.ensure_future(call()) for call in calls]
        _, late = await asyncio.wait(tasks, timeout=timeout.total_seconds())
        return tuple(TimeoutError() if one in late else one.result() for one in tasks)


@mistake("TR-06")
class GivesNoneForNoCalls(AnyioTasks):
    @override
    async def gather(self, calls: Sequence[Call], *, timeout: timedelta) -> tuple[object, ...]:
        return await super().gather(calls, timeout=timeout) if calls else (None,)


@mistake("TR-07")
class LeavesItsCallsWhereItsCallerIsCancelled(AnyioTasks):
    @override
    async def gather(self, calls: Sequence[Call], *, timeout: timedelta) -> tuple[object, ...]:
        tasks = [asyncio.ensure_future(call()) for call in calls]
        return tuple([await asyncio.shield(one) for one in tasks])


@mistake("TR-08")
class GivesNoValue(AnyioTasks):
    @override
    async def shielded(self, call: Callable[[], Awaitable[_T]], *, timeout: timedelta) -> _T:
        await super().shielded(call, timeout=timeout)
        return cast("_T", None)


@mistake("TR-08")
class HidesErrors(AnyioTasks):
    @override
    async def shielded(self, call: Callable[[], Awaitable[_T]], *, timeout: timedelta) -> _T:
        try:
            return await super().shielded(call, timeout=timeout)
        except LookupError as error:
            raise RuntimeError from error


@mistake("TR-09")
class ShieldsNothing(AnyioTasks):
    @override
    async def shielded(self, call: Callable[[], Awaitable[_T]], *, timeout: timedelta) -> _T:
        with anyio.fail_after(timeout.total_seconds()):
            return await call()


@mistake("TR-10")
class EndsALateCallInSilence(AnyioTasks):
    @override
    async def shielded(self, call: Callable[[], Awaitable[_T]], *, timeout: timedelta) -> _T:
        with anyio.move_on_after(timeout.total_seconds(), shield=True):
            return await call()
        return cast("_T", None)


@mistake("TR-10")
class LeavesALateCallRunning(AnyioTasks):
    @override
    async def shielded(self, call: Callable[[], Awaitable[_T]], *, timeout: timedelta) -> _T:
        task = asyncio.ensure_future(call())
        return await asyncio.wait_for(asyncio.shield(task), timeout.total_seconds())


@mistake("TR-10")
class HasNoLimitForOne(AnyioTasks):
    @override
    async def shielded(self, call: Callable[[], Awaitable[_T]], *, timeout: timedelta) -> _T:
        return await call()


# --- ids -----------------------------------------------------------------------------------------


@mistake("ID-01", "ID-03")
class TakesTheTime(Ids):
    @override
    def fresh(self) -> str:
        return f"op_{time.time_ns() // 1_000_000_000}"


@mistake("ID-02")
class WritesDashes(Ids):
    @override
    def fresh(self) -> str:
        return str(uuid.uuid4())


@mistake("ID-02")
class EndsItsLine(RandomIds):
    @override
    def fresh(self) -> str:
        return super().fresh() + "\n"


@mistake("ID-03")
class CountsFromOne(Ids):
    def __init__(self) -> None:
        self.numbers = itertools.count(1)

    @override
    def fresh(self) -> str:
        return f"op_{next(self.numbers)}"


# --- observers -----------------------------------------------------------------------------------


@mistake("OB-01", "OB-02")
class WritesJson(Journal):
    @override
    def event(self, name: str, fields: Mapping[str, object]) -> None:
        self.write(json.dumps({"event": name, **fields}))


@mistake("OB-02")
class WritesValuesAsTheyAre(Journal):
    @override
    def event(self, name: str, fields: Mapping[str, object]) -> None:
        self.write(f"{name} {dict(fields)}")


@mistake("OB-02")
class WritesTextsOfValues(Journal):
    @override
    def event(self, name: str, fields: Mapping[str, object]) -> None:
        self.write(" ".join(map(str, fields.values())))


@mistake("OB-03")
class TakesNamesForPatterns(Journal):
    @override
    def event(self, name: str, fields: Mapping[str, object]) -> None:
        self.write(name % ())


@mistake("OB-04")
class HandsFactsToTheLog(Journal):
    @override
    def event(self, name: str, fields: Mapping[str, object]) -> None:
        logging.getLogger("wfadmin.kit").warning("%s", name, extra=dict(fields))


@mistake("OB-04")
class HandsFactsToAFunction(Journal):
    @override
    def event(self, name: str, fields: Mapping[str, object]) -> None:
        self.keep(name, **dict.fromkeys(fields))

    def keep(self, event: str, **fields: object) -> None:
        self.write(f"{event}: {', '.join(fields)}")


@mistake("OB-05")
class TakesAFactOut(Journal):
    @override
    def event(self, name: str, fields: Mapping[str, object]) -> None:
        cast("MutableMapping[str, object]", fields).pop("verdict", None)


@mistake("OB-06")
class WaitsForItsReceiver(Journal):
    @override
    def event(self, name: str, fields: Mapping[str, object]) -> None:
        time.sleep(0.005)


@mistake("OB-07")
class LetsTheErrorOfItsFileOut(Journal):
    @override
    def event(self, name: str, fields: Mapping[str, object]) -> None:
        self.write(name)
