"""Reading an engine that lacks something, or says less than others, and drivers that cannot."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import anyio.lowlevel
import attrs
import pytest
from typing_extensions import override

from tests.kit.mutants.of_invocations import having
from tests.kit.mutants.of_invocations_keys import matching
from tests.kit.mutants.of_invocations_network import keeps_the_key_beside_the_call
from tests.kit.mutants.of_listing import surveys
from tests.kit.mutants.tools import at, declares, gives
from wfadmin.adapters.memory import Point, World
from wfadmin.domain.capabilities import Reach
from wfadmin.domain.errors import EngineUnreachable, NotSupported, UnexpectedAnswer
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import Invocation
from wfadmin.ports.history import HistoryEntry
from wfadmin.testing import (
    Around,
    Driver,
    Garbage,
    Network,
    NotExercised,
    Outcome,
    PortCall,
    Proceed,
    Situation,
    Subject,
    clauses,
    examine,
    wrapped,
)
from wfadmin.testing.memory import MemoryDriver, MemoryNetwork

pytestmark = pytest.mark.asyncio

BY_ID = {clause.id: clause for clause in clauses(contract=1)}
PASSED = (Outcome.PASSED, "")


async def as_it_is(_: PortCall, proceed: Proceed) -> object:
    return await proceed()


async def outcome(
    clause_id: str, around: Around = as_it_is, driver: MemoryDriver | None = None
) -> tuple[Outcome, str]:
    """How a clause ends for the engine in memory with something between it and the kit."""
    driven = driver or MemoryDriver()
    subject = Subject(lambda settings: wrapped(driven.connect(settings), around), driven)
    verdict = await examine(BY_ID[clause_id], subject)
    return verdict.outcome, verdict.reason


# --- what an engine does not say -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("clause_id", "lacking", "reason"),
    [
        ("IS-18", "progress", "the engine says nothing of progress"),
        ("IS-19", "progress", "the engine says nothing of progress"),
        ("IS-37", "retention", "the engine does not say how long it keeps a run"),
        ("IS-38", "due_at", "the engine does not say when a scheduled run starts"),
        ("IS-40", "deployment_id", "a running run of this engine is pinned nowhere"),
    ],
)
async def test_what_a_run_need_not_say_is_not_supported(
    clause_id: str, lacking: str, reason: str
) -> None:
    found = await outcome(clause_id, having(**{lacking: None}))

    assert found == (Outcome.NOT_SUPPORTED, reason)


@pytest.mark.parametrize(
    ("clause_id", "lacking"),
    [
        ("IS-02", "created_at"),
        ("IS-24", "created_at"),
        ("IS-39", "failure_at"),
        ("IS-39", "next_retry_at"),
        ("IS-43", "modified_at"),
    ],
)
async def test_times_that_a_run_does_not_give_are_not_wrong(clause_id: str, lacking: str) -> None:
    assert await outcome(clause_id, having(**{lacking: None})) == PASSED


@pytest.mark.parametrize(
    ("clause_id", "lacking", "reason"),
    [
        ("IL-16", "failed", "the engine does not count its failures"),
        ("IL-09", "usage", "the engine has no deployments"),
    ],
)
async def test_what_a_survey_need_not_say_is_not_supported(
    clause_id: str, lacking: str, reason: str
) -> None:
    silent = surveys(lambda found: attrs.evolve(found, **{lacking: None}))

    assert await outcome(clause_id, silent) == (Outcome.NOT_SUPPORTED, reason)


async def test_a_whole_survey_need_not_have_usage() -> None:
    assert await outcome("IL-06", surveys(lambda found: attrs.evolve(found, usage=None))) == PASSED


async def test_what_was_not_cut_proves_nothing_of_cutting() -> None:
    driver = MemoryDriver(World(listing_limit=100))

    expected = (Outcome.NOT_EXERCISED, "the engine listed all that was put there")
    assert await outcome("IL-20", driver=driver) == expected


@pytest.mark.parametrize("clause_id", ["IL-03", "IL-04", "IL-05", "IL-06", "IL-20"])
async def test_an_engine_that_lists_a_part_and_says_so_passes(clause_id: str) -> None:
    assert await outcome(clause_id, driver=MemoryDriver(World(listing_limit=2))) == PASSED


@pytest.mark.parametrize("clause_id", ["IL-01", "IL-08", "IL-17"])
async def test_of_a_part_nothing_follows_for_the_whole(clause_id: str) -> None:
    found = await outcome(clause_id, driver=MemoryDriver(World(listing_limit=2)))

    assert found == (Outcome.NOT_SUPPORTED, "the engine lists only a part of what it holds")


# --- ids that never come again -------------------------------------------------------------------


def with_new_ids(driver: MemoryDriver) -> Around:
    """An engine that names every run anew."""

    def renamed(one: Invocation) -> Invocation:
        new = f"{one.id}/{one.ref.incarnation.token}"
        return attrs.evolve(one, ref=attrs.evolve(one.ref, id=new))

    async def around(call: PortCall, proceed: Proceed) -> object:
        if call.point is Point.FOR_KEY:
            return tuple(renamed(one) for one in await proceed())
        if call.point is not Point.GET:
            return await proceed()
        wanted = call.arguments[0].id
        runs = (renamed(one) for one in driver.world.store.runs)
        return next((one for one in runs if one.id == wanted), None)

    return around


@pytest.mark.parametrize("clause_id", ["IS-12", "IS-13", "IS-15"])
async def test_ids_may_be_new_for_every_run(clause_id: str) -> None:
    driver = MemoryDriver()

    assert await outcome(clause_id, with_new_ids(driver), driver) == PASSED


# --- "I do not know" -----------------------------------------------------------------------------


async def test_an_engine_may_say_that_it_does_not_know_where_rows_lie() -> None:
    driver = MemoryDriver()

    async def doubts(_: PortCall, proceed: Proceed) -> object:
        if driver.is_misplaced:
            raise UnexpectedAnswer("memory", "it may be another shard")
        return await proceed()

    assert await outcome("IS-27", at(Point.FOR_KEY, instead=doubts), driver) == PASSED


class Repeating(MemoryNetwork):
    """The first answer again is the right one, for an adapter that asks once."""

    @override
    def garble(self, garbage: Garbage) -> None:
        if garbage is not Garbage.REPEATED:
            super().garble(garbage)


class Whole(MemoryNetwork):
    """No answer is ever repeated."""

    @override
    def garble(self, garbage: Garbage) -> None:
        if garbage is Garbage.REPEATED:
            Network.garble(self, garbage)
        super().garble(garbage)


class Unheld(MemoryNetwork):
    """Nothing waits on the way."""

    hold = Network.hold


def over(network: MemoryNetwork) -> MemoryDriver:
    driver = MemoryDriver()
    driver._network = network
    return driver


async def test_the_same_answer_again_may_be_the_right_one() -> None:
    assert await outcome("IS-35", driver=over(Repeating())) == PASSED


async def test_where_no_answer_comes_again_nothing_is_known_of_it() -> None:
    found = await outcome("IS-35", driver=over(Whole()))

    assert found == (Outcome.NOT_EXERCISED, "answers cannot be replaced by garbage (repeated)")


async def test_callers_at_once_need_not_be_held() -> None:
    assert await outcome("IS-28", driver=over(Unheld())) == PASSED


async def test_callers_that_mix_are_found_without_holding_them() -> None:
    driver = over(Unheld())
    found, _ = await outcome("IS-28", keeps_the_key_beside_the_call(driver), driver)

    assert found is Outcome.BROKEN


# --- what the driver cannot do -------------------------------------------------------------------


class Picky(MemoryDriver):
    """It can put no key of which this is not true."""

    def __init__(self, holds: Callable[[str], bool]) -> None:
        super().__init__()
        self._holds = holds

    @override
    async def put(
        self, key: WorkflowKey, situation: Situation, *, failure: str | None = None
    ) -> None:
        if not self._holds(key.service_key):
            raise NotExercised("the engine has no such keys")
        await super().put(key, situation, failure=failure)


def has_no_zero(text: str) -> bool:
    return "\0" not in text


async def test_a_key_that_the_engine_cannot_hold_leaves_the_others() -> None:
    assert await outcome("IS-09", driver=Picky(has_no_zero)) == PASSED


async def test_and_they_still_find_the_mistake() -> None:
    driver = Picky(has_no_zero)

    found, reason = await outcome("IS-09", matching(driver, str.strip), driver)

    assert found is Outcome.BROKEN
    assert reason == "a key that ends in ' a ' reads the runs of another key"


async def test_a_decoy_that_the_engine_cannot_hold_leaves_the_other_decoys() -> None:
    driver = Picky(lambda text: "%" not in text)
    plus_is_space = matching(driver, lambda text: text.replace("+", " "))

    expected = "a key that ends in 'a+b' reads the runs of another key"
    assert await outcome("IS-08", plus_is_space, driver) == (Outcome.BROKEN, expected)


@pytest.mark.parametrize("clause_id", ["IS-06", "IS-07", "IS-08", "IS-09", "IS-10", "IS-11"])
async def test_without_any_such_key_nothing_is_known(clause_id: str) -> None:
    found = await outcome(clause_id, driver=Picky(lambda _: False))

    assert found == (Outcome.NOT_EXERCISED, "the engine has no such keys")


class Childless(MemoryDriver):
    put_with_child = Driver.put_with_child


@pytest.mark.parametrize("clause_id", ["IS-29", "IS-32", "IS-33", "IS-35"])
async def test_reads_are_examined_without_children_too(clause_id: str) -> None:
    assert await outcome(clause_id, driver=Childless()) == PASSED


class OnePage(MemoryDriver):
    """One run fills a page."""

    @property
    @override
    def page_size(self) -> int:
        return 1


async def test_a_page_may_hold_a_single_run() -> None:
    assert await outcome("IS-34", driver=OnePage()) == PASSED


async def test_the_boundary_of_such_a_page_is_found() -> None:
    first = at(Point.FOR_KEY, instead=gives(lambda _, found: found[:1]))

    expected = "with 1 on a page, 2 runs of a key read as 1"
    assert await outcome("IS-34", first, OnePage()) == (Outcome.BROKEN, expected)


# --- histories -----------------------------------------------------------------------------------

Entries = Callable[[Proceed], AsyncIterator[HistoryEntry]]


def telling(entries: Entries) -> Around:
    async def instead(_: PortCall, proceed: Proceed) -> object:
        return entries(proceed)

    return at(Point.HISTORY, instead=instead)


async def one_by_one(proceed: Proceed) -> AsyncIterator[HistoryEntry]:
    """A history that comes in pages, and says where one of them does not come."""
    for place in range(len([entry async for entry in await proceed()])):
        yield [entry async for entry in await proceed()][place]


async def the_first(proceed: Proceed) -> AsyncIterator[HistoryEntry]:
    entries = [entry async for entry in await proceed()]
    yield entries[0]


@pytest.mark.parametrize("clause_id", ["IH-12", "IH-13", "IH-14", "IH-15"])
async def test_a_history_in_pages_may_end_with_an_error(clause_id: str) -> None:
    assert await outcome(clause_id, telling(one_by_one)) == PASSED


@pytest.mark.parametrize("clause_id", ["IH-12", "IH-13", "IH-14", "IH-15"])
async def test_a_history_of_one_entry_has_no_middle(clause_id: str) -> None:
    expected = (Outcome.NOT_EXERCISED, "the history of a run that ended has one entry")

    assert await outcome(clause_id, telling(the_first)) == expected


async def test_a_reader_that_stops_gives_back_what_it_took() -> None:
    taken: list[str] = []

    async def one_reader(proceed: Proceed) -> AsyncIterator[HistoryEntry]:
        while taken:
            await anyio.lowlevel.checkpoint()
        taken.append("the connection")
        try:
            async for entry in await proceed():
                yield entry
        finally:
            taken.clear()

    assert await outcome("IH-10", telling(one_reader)) == PASSED


async def test_a_history_that_never_goes_on_does_not_hang_the_kit() -> None:
    driver = MemoryDriver()
    # The kit waits for so long, five times over.
    driver.settings_timeout = timedelta(milliseconds=2)

    async def waits(proceed: Proceed) -> AsyncIterator[HistoryEntry]:
        entries = [entry async for entry in await proceed()]
        yield entries[0]
        try:
            await anext(await proceed())
        except EngineUnreachable:
            await anyio.sleep_forever()
        for entry in entries[1:]:
            yield entry

    found, reason = await outcome("IH-13", telling(waits), driver)

    assert found is Outcome.BROKEN
    assert reason == (
        "a read of the history that falls silent after the first entry goes on for 0.01 s"
        " where one request may take a part of it"
    )


# --- an engine that does not know who called whom ------------------------------------------------


async def knows_no_children(call: PortCall, proceed: Proceed) -> object:
    if call.point is Point.CHILDREN:
        raise NotSupported("memory", "children of a run")
    return await proceed()


@pytest.mark.parametrize("clause_id", ["IS-20", "IS-21", "IS-22"])
async def test_who_called_whom_is_not_judged_where_nobody_can_say(clause_id: str) -> None:
    seen = "the engine does not say who called whom"

    assert await outcome(clause_id, knows_no_children) == (Outcome.NOT_SUPPORTED, seen)


@pytest.mark.parametrize("clause_id", ["IS-29", "IS-30", "IS-31", "IS-32", "IS-33", "IS-35"])
async def test_other_reads_are_judged_all_the_same(clause_id: str) -> None:
    assert await outcome(clause_id, knows_no_children) == PASSED


# --- an engine that does not declare how far a purge reaches -------------------------------------


async def test_ended_children_are_not_judged_where_nobody_says_what_a_purge_takes() -> None:
    seen = "it is not declared how far a purge reaches"
    found = await outcome("IS-21", declares(purge_reach=Reach.UNKNOWN))

    assert found == (Outcome.NOT_SUPPORTED, seen)
