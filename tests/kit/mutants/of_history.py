"""Mistakes of an adapter that reads what happened inside a run."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import anyio
import anyio.lowlevel
import attrs

from tests.kit.mutant import mutant
from tests.kit.mutants.of_invocations import planted
from tests.kit.mutants.tools import at
from wfadmin.adapters.memory import Point
from wfadmin.domain.errors import (
    EngineRejected,
    EngineUnreachable,
    InvocationNotFound,
    UnexpectedAnswer,
    WfadminError,
)
from wfadmin.ports.history import HistoryEntry
from wfadmin.testing import Around, PortCall, Proceed
from wfadmin.testing.memory import MemoryDriver

Entries = list[HistoryEntry]


def told(change: Callable[[Entries], Entries], error: type[WfadminError] | None = None) -> Around:
    """Change the entries, and end short where an error of that kind is to come."""

    async def entries(proceed: Proceed) -> AsyncIterator[HistoryEntry]:
        found: Entries = []
        try:
            found = [entry async for entry in await proceed()]
        except WfadminError as seen:
            if error is None or not isinstance(seen, error):
                raise
        for entry in change(found):
            yield entry

    async def instead(_: PortCall, proceed: Proceed) -> object:
        return entries(proceed)

    return at(Point.HISTORY, instead=instead)


@mutant("IH-01")
def gives_the_newest_entry_first(_: MemoryDriver) -> Around:
    return told(lambda found: found[::-1])


@mutant("IH-01")
def counts_from_one(_: MemoryDriver) -> Around:
    return told(lambda found: [attrs.evolve(one, index=one.index + 1) for one in found])


@mutant("IH-02")
def gives_the_first_page_only(_: MemoryDriver) -> Around:
    return told(lambda found: found[:1])


@mutant("IH-01")
def knows_no_history_of_what_ended(_: MemoryDriver) -> Around:
    return told(lambda _: [])


@mutant("IH-01")
def leaves_gaps(_: MemoryDriver) -> Around:
    return told(lambda found: [attrs.evolve(one, index=2 * one.index) for one in found])


@mutant("IH-01")
def tells_the_times_backwards(_: MemoryDriver) -> Around:
    def change(found: Entries) -> Entries:
        return [attrs.evolve(one, at=one.at - timedelta(hours=one.index)) for one in found]

    return told(change)


@mutant("IH-01")
@mutant("IH-02")
def gives_the_last_page_only(_: MemoryDriver) -> Around:
    return told(lambda found: found[-1:])


@mutant("IH-02")
def writes_its_history_anew(_: MemoryDriver) -> Around:
    return told(lambda found: [attrs.evolve(one, detail=str(len(found))) for one in found])


@mutant("IH-03")
@mutant("IH-04")
def takes_a_run_that_is_gone_for_one_without_history(_: MemoryDriver) -> Around:
    return told(lambda found: found, InvocationNotFound)


@mutant("IH-03")
def says_of_a_run_that_is_gone_that_the_engine_failed(_: MemoryDriver) -> Around:
    return raising_anew(InvocationNotFound, lambda: EngineRejected("memory", 404))


@mutant("IH-03")
def knows_only_what_it_has_seen_to_be_gone(_: MemoryDriver) -> Around:
    async def entries(call: PortCall, proceed: Proceed) -> AsyncIterator[HistoryEntry]:
        if call.arguments[0].id.startswith("inv_"):
            async for entry in await proceed():
                yield entry

    async def instead(call: PortCall, proceed: Proceed) -> object:
        return entries(call, proceed)

    return at(Point.HISTORY, instead=instead)


@mutant("IH-03")
def remembers_the_history_of_a_run_that_is_gone(_: MemoryDriver) -> Around:
    return told(lambda found: found or [HistoryEntry(0, "gone")], InvocationNotFound)


@mutant("IH-04")
def takes_another_run_for_the_same(driver: MemoryDriver) -> Around:
    async def instead(call: PortCall, _: Proceed) -> object:
        return driver.engine.history.entries(attrs.evolve(call.arguments[0], incarnation=None))

    return at(Point.HISTORY, instead=instead)


@mutant("IH-04")
def does_not_find_a_run_that_came_again(_: MemoryDriver) -> Around:
    """It keeps a list of those that were gone, by their ids."""
    gone: set[str] = set()

    async def entries(call: PortCall, proceed: Proceed) -> AsyncIterator[HistoryEntry]:
        invocation_id = call.arguments[0].id
        try:
            found = [entry async for entry in await proceed()]
        except InvocationNotFound:
            gone.add(invocation_id)
            raise
        for entry in found[len(found) * (invocation_id in gone) :]:
            yield entry

    async def instead(call: PortCall, proceed: Proceed) -> object:
        return entries(call, proceed)

    return at(Point.HISTORY, instead=instead)


# --- bad networks --------------------------------------------------------------------------------

#: What each trouble ends with, the clause that makes it, and the one that makes it half-way.
TROUBLES: dict[str, tuple[type[WfadminError], str, str]] = {
    "no_connection": (EngineUnreachable, "IH-05", "IH-12"),
    "silence": (EngineUnreachable, "IH-06", "IH-13"),
    "a_rejection": (EngineRejected, "IH-07", "IH-14"),
    "garbage": (UnexpectedAnswer, "IH-08", "IH-15"),
}


def raising_anew(error: type[WfadminError], another: Callable[[], Exception]) -> Around:
    """Another error than the one that is to come."""

    async def entries(proceed: Proceed) -> AsyncIterator[HistoryEntry]:
        try:
            async for entry in await proceed():
                yield entry
        except error as seen:
            raise another() from seen

    async def instead(_: PortCall, proceed: Proceed) -> object:
        return entries(proceed)

    return at(Point.HISTORY, instead=instead)


def paged(error: type[WfadminError], *, again: bool = False) -> Around:
    """Ask for entry after entry, and end where an error of that kind comes, or begin again."""

    async def entries(proceed: Proceed) -> AsyncIterator[HistoryEntry]:
        there = [entry async for entry in await proceed()]
        for place in range(len(there)):
            try:
                found = [entry async for entry in await proceed()]
            except error:
                if not again:
                    return
                found = there[:1] * len(there)
            yield found[place]

    async def instead(_: PortCall, proceed: Proceed) -> object:
        return entries(proceed)

    return at(Point.HISTORY, instead=instead)


def _plant(trouble: str) -> None:
    error, at_once, half_way = TROUBLES[trouble]
    planted(at_once, f"ends_at_{trouble}", lambda _: told(lambda found: found, error))
    planted(
        at_once,
        f"says_of_{trouble}_that_the_run_is_gone",
        lambda _: raising_anew(error, lambda: InvocationNotFound("x")),
    )
    planted(
        at_once,
        f"lets_another_exception_out_at_{trouble}",
        lambda _: raising_anew(error, lambda: OSError("broken")),
    )
    planted(half_way, f"ends_short_at_{trouble}", lambda _: paged(error))
    planted(half_way, f"repeats_an_entry_at_{trouble}", lambda _: paged(error, again=True))


for _trouble in TROUBLES:
    _plant(_trouble)


# --- readers -------------------------------------------------------------------------------------


@mutant("IH-09")
@mutant("IH-10")
def gives_a_history_once(_: MemoryDriver) -> Around:
    given: list[bool] = []

    def once(found: Entries) -> Entries:
        given.append(True)
        return found if len(given) == 1 else found[:0]

    return told(once)


@mutant("IH-09")
def knows_no_history_at_all(_: MemoryDriver) -> Around:
    return told(lambda _: [])


@mutant("IH-09")
def shares_its_place_among_readers(_: MemoryDriver) -> Around:
    """One cursor for all: what one reader took, the other one misses."""
    left: Entries = []

    async def entries(proceed: Proceed) -> AsyncIterator[HistoryEntry]:
        if not left:
            left.extend([entry async for entry in await proceed()])
        while left:
            yield left.pop(0)
            await anyio.lowlevel.checkpoint()

    async def instead(_: PortCall, proceed: Proceed) -> object:
        return entries(proceed)

    return at(Point.HISTORY, instead=instead)


@mutant("IH-10")
def keeps_the_connection_until_all_is_read(driver: MemoryDriver) -> Around:
    """A reader that stops early does not give it back."""
    # The kit waits for so long, five times over.
    driver.settings_timeout = timedelta(milliseconds=2)
    connections = anyio.Semaphore(1)

    async def entries(proceed: Proceed) -> AsyncIterator[HistoryEntry]:
        await connections.acquire()
        async for entry in await proceed():
            yield entry
        connections.release()

    async def instead(_: PortCall, proceed: Proceed) -> object:
        return entries(proceed)

    return at(Point.HISTORY, instead=instead)


@mutant("IH-10")
def goes_on_where_the_last_reader_stopped(_: MemoryDriver) -> Around:
    read: list[int] = []

    async def entries(proceed: Proceed) -> AsyncIterator[HistoryEntry]:
        there = [entry async for entry in await proceed()]
        for entry in there[len(read) :]:
            read.append(entry.index)
            yield entry
        read.clear()

    async def instead(_: PortCall, proceed: Proceed) -> object:
        return entries(proceed)

    return at(Point.HISTORY, instead=instead)


@mutant("IH-11")
def writes_while_it_reads_the_history(driver: MemoryDriver) -> Around:
    async def instead(_: PortCall, proceed: Proceed) -> object:
        return await driver.network.around(PortCall(Point.KILL), proceed)

    return at(Point.HISTORY, instead=instead)
