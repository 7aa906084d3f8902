"""Mistakes of an adapter that reads single runs: pages, shards, callers at once, bad networks."""

from collections.abc import Callable
from datetime import timedelta

import anyio
import anyio.lowlevel
import attrs

from tests.kit.mutant import mutant
from tests.kit.mutants.of_invocations import planted
from tests.kit.mutants.tools import at, gives, on_error, raising, swallowing
from wfadmin.adapters.memory import Point
from wfadmin.domain.errors import (
    EngineError,
    EngineRejected,
    EngineUnreachable,
    OutcomeUnknown,
    UnexpectedAnswer,
)
from wfadmin.testing import Around, PortCall, Proceed
from wfadmin.testing.memory import MemoryDriver

#: What each read gives where there is nothing.
NOTHING = {Point.FOR_KEY: (), Point.GET: None, Point.CHILDREN: ()}
READS = tuple(NOTHING)
#: What each trouble ends with, and the clause that makes it.
TROUBLES = {
    "no_connection": ("IS-29", EngineUnreachable),
    "silence": ("IS-30", EngineUnreachable),
    "a_rejection": ("IS-31", EngineRejected),
    "garbage": ("IS-32", UnexpectedAnswer),
}
PAGE = 3


# --- pages and shards ----------------------------------------------------------------------------


def cutting(change: Callable[[tuple[object, ...]], tuple[object, ...]]) -> Around:
    """Change what a key gives."""
    return at(Point.FOR_KEY, instead=gives(lambda _, found: change(found)))


@mutant("IS-34")
def gives_only_the_first_page(_: MemoryDriver) -> Around:
    return cutting(lambda found: found[:PAGE])


@mutant("IS-34")
def takes_a_full_page_for_the_last_but_one(_: MemoryDriver) -> Around:
    return cutting(lambda found: found + found[:1] if len(found) == PAGE else found)


@mutant("IS-34")
def gives_the_last_of_a_page_twice(_: MemoryDriver) -> Around:
    return cutting(lambda found: (*found[:PAGE], *found[PAGE - 1 :]))


@mutant("IS-34")
def gives_the_last_of_a_page_in_place_of_the_next(_: MemoryDriver) -> Around:
    def change(found: tuple[object, ...]) -> tuple[object, ...]:
        return (*found[:PAGE], *found[PAGE - 1 : -1])

    return cutting(lambda found: change(found) if len(found) > PAGE else found)


@mutant("IS-27")
def finds_nothing_in_the_wrong_shard(driver: MemoryDriver) -> Around:
    return cutting(lambda found: () if driver.is_misplaced else found)


@mutant("IS-27")
def finds_another_run_in_the_wrong_shard(driver: MemoryDriver) -> Around:
    driver.world.workflow("Order").key("of somebody else").running()
    runs = driver.world.store.runs
    return cutting(lambda found: runs[:1] if driver.is_misplaced else found)


@mutant("IS-27")
def breaks_in_the_wrong_shard(driver: MemoryDriver) -> Around:
    async def instead(_: PortCall, proceed: Proceed) -> object:
        if driver.is_misplaced:
            raise LookupError("shard")
        return await proceed()

    return at(Point.FOR_KEY, instead=instead)


# --- callers at once -----------------------------------------------------------------------------


@attrs.define
class Shared:
    """What all callers write into, and read from."""

    wanted: object = None
    found: object = None


@mutant("IS-28")
def keeps_the_key_beside_the_call(driver: MemoryDriver) -> Around:
    """What is asked for is kept in one place for all callers, and read after a wait."""
    shared = Shared()

    async def instead(call: PortCall, _: Proceed) -> object:
        shared.wanted = call.arguments[0]
        await anyio.lowlevel.checkpoint()
        return await driver.engine.invocations.for_key(shared.wanted)

    return at(Point.FOR_KEY, instead=instead)


@mutant("IS-28")
def keeps_the_id_beside_the_call(driver: MemoryDriver) -> Around:
    shared = Shared()

    async def instead(call: PortCall, _: Proceed) -> object:
        shared.wanted = call.arguments[0]
        await anyio.lowlevel.checkpoint()
        return await driver.engine.invocations.get(shared.wanted)

    return at(Point.GET, instead=instead)


def _keeps_the_answer(point: Point) -> None:
    def make(_: MemoryDriver) -> Around:
        shared = Shared()

        async def instead(_: PortCall, proceed: Proceed) -> object:
            # Nothing waits in here but the network.
            shared.found = await proceed()
            await anyio.lowlevel.checkpoint()
            return shared.found

        return at(point, instead=instead)

    planted("IS-28", f"keeps_the_answer_of_{point.name.lower()}_beside_the_call", make)


_keeps_the_answer(Point.FOR_KEY)
_keeps_the_answer(Point.GET)


@mutant("IS-28")
def lets_whoever_waits_share_the_answer_of_the_first(_: MemoryDriver) -> Around:
    """Meant for callers that ask the same: it does not look what they ask."""
    asking: list[anyio.Event] = []
    shared = Shared()

    async def instead(_: PortCall, proceed: Proceed) -> object:
        if asking:
            await asking[0].wait()
            return shared.found
        asking.append(anyio.Event())
        shared.found = await proceed()
        asking.pop().set()
        return shared.found

    return at(Point.FOR_KEY, instead=instead)


@mutant("IS-28")
def answers_one_caller_at_a_time_and_refuses_the_others(_: MemoryDriver) -> Around:
    busy: list[bool] = []

    async def instead(_: PortCall, proceed: Proceed) -> object:
        if busy:
            raise EngineUnreachable("memory", "the connection is in use")
        busy.append(True)
        try:
            return await proceed()
        finally:
            busy.clear()

    return at(Point.FOR_KEY, instead=instead)


# --- bad networks --------------------------------------------------------------------------------


def _takes_for_nothing(trouble: str, point: Point) -> None:
    breaks, error = TROUBLES[trouble]
    name = f"takes_{trouble}_for_nothing_in_{point.name.lower()}"
    planted(breaks, name, lambda _: swallowing(error, NOTHING[point], point))


def _raises_another(trouble: str, point: Point) -> None:
    breaks, error = TROUBLES[trouble]
    name = f"says_of_{trouble}_in_{point.name.lower()}_that_a_write_may_be_done"
    planted(breaks, name, lambda _: raising(error, lambda: OutcomeUnknown("read", "m", "?"), point))


def _leaks(trouble: str, point: Point) -> None:
    breaks, error = TROUBLES[trouble]
    name = f"lets_another_exception_out_of_{point.name.lower()}_at_{trouble}"
    planted(breaks, name, lambda _: raising(error, lambda: OSError("broken"), point))


for _trouble in TROUBLES:
    for _point in READS:
        _takes_for_nothing(_trouble, _point)
        _raises_another(_trouble, _point)
        _leaks(_trouble, _point)


def _writes(point: Point) -> None:
    def make(driver: MemoryDriver) -> Around:
        async def instead(_: PortCall, proceed: Proceed) -> object:
            await driver.network.around(PortCall(Point.KILL), proceed)
            return await proceed()

        return at(point, instead=instead)

    planted("IS-33", f"writes_in_{point.name.lower()}", make)


# --- the same answer again -----------------------------------------------------------------------


def _never_ends(point: Point) -> None:
    def make(driver: MemoryDriver) -> Around:
        # The kit waits for so long, five times over.
        driver.settings_timeout = timedelta(milliseconds=2)

        async def instead(_: PortCall, proceed: Proceed) -> object:
            while True:
                try:
                    return await proceed()
                except UnexpectedAnswer:
                    await anyio.lowlevel.checkpoint()

        return at(point, instead=instead)

    planted("IS-35", f"asks_for_page_after_page_in_{point.name.lower()}", make)


def _takes_the_same_for_nothing(point: Point) -> None:
    name = f"takes_the_same_page_again_for_nothing_in_{point.name.lower()}"
    planted("IS-35", name, lambda _: swallowing(UnexpectedAnswer, NOTHING[point], point))


for _point in READS:
    _writes(_point)
    _never_ends(_point)
    _takes_the_same_for_nothing(_point)


@mutant("IS-35")
def counts_the_same_page_twice(driver: MemoryDriver) -> Around:
    async def instead(call: PortCall, proceed: Proceed) -> object:
        again = await driver.engine.invocations.for_key(call.arguments[0])
        return await on_error(UnexpectedAnswer, again + again)(call, proceed)

    return at(Point.FOR_KEY, instead=instead)


@mutant("IS-35")
def takes_the_same_page_for_a_failed_write(_: MemoryDriver) -> Around:
    another = OutcomeUnknown("read", "memory", "the same page")
    return at(*READS, instead=on_error(EngineError, another))
