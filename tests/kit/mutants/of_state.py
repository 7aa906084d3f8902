"""Mistakes of an adapter to stored data: in what it reads, and in what it clears."""

import unicodedata
from collections.abc import Callable
from fnmatch import fnmatchcase

import anyio.lowlevel
import attrs

from tests.kit.mutant import mutant
from tests.kit.mutants.tools import answers, at, does_and_answers, gives
from wfadmin.adapters.memory import Point, World
from wfadmin.domain.answers import Answer
from wfadmin.domain.capabilities import Fence
from wfadmin.domain.errors import UnexpectedAnswer
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import KeyedState, StateEntry
from wfadmin.testing import Around, PortCall, Proceed
from wfadmin.testing.memory import MemoryDriver

NOTHING = KeyedState((), "0")


def atomic() -> World:
    return World(fence=Fence.ATOMIC)


def key_of(call: PortCall) -> WorkflowKey:
    return call.arguments[0]


def reads(change: Callable[[KeyedState], KeyedState]) -> Around:
    """A read whose result is changed."""
    return at(Point.READ_STATE, instead=gives(lambda _, found: change(found)))


def entries(change: Callable[[StateEntry], StateEntry]) -> Around:
    """A read of which every entry is changed."""
    return reads(lambda found: attrs.evolve(found, entries=tuple(map(change, found.entries))))


# --- reading -------------------------------------------------------------------------------------


@mutant("SS-01")
def reads_one_entry_only(_: MemoryDriver) -> Around:
    return reads(lambda found: attrs.evolve(found, entries=found.entries[:1]))


@mutant("SS-01")
def strips_values_of_zeros(_: MemoryDriver) -> Around:
    return entries(lambda one: attrs.evolve(one, value=(one.value or b"").hex().encode()))


@mutant("SS-01")
def counts_the_size_in_hexadecimal_digits(_: MemoryDriver) -> Around:
    return entries(lambda one: attrs.evolve(one, size=one.size * 2))


def _with_values(driver: MemoryDriver, *, version: bool, value: bool) -> Around:
    async def instead(call: PortCall, proceed: Proceed) -> object:
        bare: KeyedState = await proceed()
        full = await driver.engine.state.read(key_of(call), values=True)
        return attrs.evolve(
            bare,
            entries=full.entries if value else bare.entries,
            version=full.version if version else bare.version,
        )

    return at(Point.READ_STATE, instead=instead)


@mutant("SS-02")
def reads_values_that_nobody_asked_for(driver: MemoryDriver) -> Around:
    return _with_values(driver, version=False, value=True)


@mutant("SS-02")
def gives_a_version_without_values(driver: MemoryDriver) -> Around:
    return _with_values(driver, version=True, value=False)


@mutant("SS-02")
def does_not_know_a_size_without_the_value(_: MemoryDriver) -> Around:
    return entries(lambda one: one if one.value is not None else attrs.evolve(one, size=0))


def versions(make: Callable[[KeyedState], str | None]) -> Around:
    """Values come with a version of another make."""

    def change(found: KeyedState) -> KeyedState:
        return found if found.version is None else attrs.evolve(found, version=make(found))

    return reads(change)


@mutant("SS-03")
def gives_no_version(_: MemoryDriver) -> Around:
    return versions(lambda _: None)


@mutant("SS-03")
def makes_the_version_of_the_names(_: MemoryDriver) -> Around:
    return versions(lambda found: ",".join(one.name for one in found.entries))


@mutant("SS-03")
def makes_the_version_of_everything_in_one_piece(_: MemoryDriver) -> Around:
    def joined(found: KeyedState) -> str:
        return "".join(one.name + (one.value or b"").decode() for one in found.entries)

    return versions(joined)


@mutant("SS-03")
def makes_the_version_of_the_sizes(_: MemoryDriver) -> Around:
    return versions(lambda found: repr([(one.name, one.size) for one in found.entries]))


@mutant("SS-03")
def makes_a_new_version_for_each_read(_: MemoryDriver) -> Around:
    made: list[None] = []

    def next_version(_: KeyedState) -> str:
        made.append(None)
        return str(len(made))

    return versions(next_version)


@mutant("SS-03")
def counts_the_changes_for_a_version(_: MemoryDriver) -> Around:
    seen: list[str | None] = [None]

    def count(found: KeyedState) -> str:
        if found.version != seen[-1]:
            seen.append(found.version)
        return str(len(seen))

    return versions(count)


@mutant("SS-04")
def takes_values_for_text(_: MemoryDriver) -> Around:
    def change(one: StateEntry) -> StateEntry:
        text = (one.value or b"").decode(errors="replace")
        return attrs.evolve(one, value=text.encode())

    return entries(change)


@mutant("SS-04")
def composes_names(_: MemoryDriver) -> Around:
    def change(one: StateEntry) -> StateEntry:
        return attrs.evolve(one, name=unicodedata.normalize("NFC", one.name))

    return entries(change)


@mutant("SS-04")
def leaves_empty_values_out(_: MemoryDriver) -> Around:
    def change(found: KeyedState) -> KeyedState:
        return attrs.evolve(found, entries=tuple(one for one in found.entries if one.size))

    return reads(change)


Alike = Callable[[str, str], bool]


def is_like(other: str, key: str) -> bool:
    return fnmatchcase(other, key.replace("_", "?").replace("%", "*"))


def has_other_case(other: str, key: str) -> bool:
    return other.casefold() == key.casefold()


def is_composed_alike(other: str, key: str) -> bool:
    return unicodedata.normalize("NFC", other) == unicodedata.normalize("NFC", key)


def is_stripped_alike(other: str, key: str) -> bool:
    return other.strip() == key.strip()


def is_pasted_alike(other: str, key: str) -> bool:
    return other == key.partition("'")[0]


def leads_to_a_path(other: str, key: str) -> bool:
    return other == key.replace("/../", "/")


def with_alike(
    driver: MemoryDriver, point: Point, stored: set[WorkflowKey], alike: Alike
) -> Around:
    """A read or clear of one key that also hits the stored ones that are alike."""

    async def instead(call: PortCall, proceed: Proceed) -> object:
        found = await proceed()
        key = key_of(call)
        others = [one for one in stored if one != key and alike(one.service_key, key.service_key)]
        if point is Point.CLEAR_STATE:
            for other in others:
                driver.world.store.store(other, {})
            return found
        more = [await driver.engine.state.read(one, values=call.arguments[1]) for one in others]
        added = (entry for state in more for entry in state.entries)
        return attrs.evolve(found, entries=(*found.entries, *added))

    return at(point, instead=instead)


def confuses(name: str, alike: Alike) -> None:
    """Write down that a store takes keys for one another: once in reads, once in clears."""

    def at_point(point: Point) -> Callable[[MemoryDriver], Around]:
        def make(driver: MemoryDriver) -> Around:
            stored: set[WorkflowKey] = set()
            store = driver.store

            async def remember(key: WorkflowKey, given: dict[str, bytes]) -> None:
                stored.add(key)
                await store(key, given)

            driver.store = remember
            return with_alike(driver, point, stored, alike)

        make.__name__ = name
        return make

    mutant("SS-05")(at_point(Point.READ_STATE))
    mutant("SS-13")(at_point(Point.CLEAR_STATE))


confuses("has_wildcards_in_keys", is_like)
confuses("does_not_look_at_the_case_of_keys", has_other_case)
confuses("composes_keys", is_composed_alike)
confuses("strips_keys", is_stripped_alike)
confuses("pastes_keys_into_sql", is_pasted_alike)
confuses("lets_keys_lead_up_in_the_path", leads_to_a_path)
confuses("goes_by_what_a_key_begins_with", str.startswith)


@mutant("SS-06")
def makes_up_an_entry_where_there_is_none(_: MemoryDriver) -> Around:
    def change(found: KeyedState) -> KeyedState:
        return found if found.entries else KeyedState((StateEntry("null", 0),))

    return reads(change)


@mutant("SS-07")
def reads_from_its_cache(_: MemoryDriver) -> Around:
    cached: dict[tuple[object, ...], object] = {}

    def keep(call: PortCall, found: object) -> object:
        return cached.setdefault(call.arguments, found)

    return at(Point.READ_STATE, instead=gives(keep))


@mutant("SS-08")
def leaves_a_mark_where_it_reads(driver: MemoryDriver) -> Around:
    async def instead(call: PortCall, proceed: Proceed) -> object:
        await driver.network.around(PortCall(Point.CLEAR_STATE, call.arguments), proceed)
        return await proceed()

    return at(Point.READ_STATE, instead=instead)


@mutant("SS-09")
def concludes_absence_from_one_place(driver: MemoryDriver) -> Around:
    return reads(lambda found: NOTHING if driver.is_misplaced else found)


@mutant("SS-09")
def doubts_an_absence_only_where_no_values_are_read(driver: MemoryDriver) -> Around:
    async def instead(call: PortCall, proceed: Proceed) -> object:
        if not driver.is_misplaced:
            return await proceed()
        if call.arguments[1]:
            return NOTHING
        raise UnexpectedAnswer("memory", "it is not proven that there is nothing")

    return at(Point.READ_STATE, instead=instead)


@mutant("SS-10")
def keeps_the_key_in_a_place_that_callers_share(driver: MemoryDriver) -> Around:
    place: dict[str, WorkflowKey] = {}

    async def instead(call: PortCall, _: Proceed) -> object:
        place["key"] = key_of(call)
        await anyio.lowlevel.checkpoint()
        return await driver.engine.state.read(place["key"], values=True)

    return at(Point.READ_STATE, instead=instead)


@mutant("SS-10")
def trips_over_the_second_reader(_: MemoryDriver) -> Around:
    under_way: list[WorkflowKey] = []

    async def instead(call: PortCall, proceed: Proceed) -> object:
        under_way.append(key_of(call))
        await anyio.lowlevel.checkpoint()
        (_,) = under_way
        under_way.clear()
        return await proceed()

    return at(Point.READ_STATE, instead=instead)


@attrs.frozen(repr=False)
class _LoudEntry(StateEntry):
    def __repr__(self) -> str:
        return f"{self.name}={self.value!r}"


@mutant("SS-11")
def prints_values(_: MemoryDriver) -> Around:
    return entries(lambda one: _LoudEntry(one.name, one.size, one.value))


@mutant("SS-11")
def has_the_content_for_its_version(_: MemoryDriver) -> Around:
    return versions(lambda found: ",".join((one.value or b"").hex() for one in found.entries))


# --- clearing ------------------------------------------------------------------------------------


@mutant("SS-12")
def says_that_it_clears_and_sends_nothing(_: MemoryDriver) -> Around:
    return at(Point.CLEAR_STATE, instead=answers(Answer.ACCEPTED))


@mutant("SS-12")
def a_clear_that_worked_is_not_found(_: MemoryDriver) -> Around:
    return at(Point.CLEAR_STATE, instead=does_and_answers(Answer.NOT_FOUND))


@mutant("SS-12")
def empties_the_values_and_leaves_the_entries(driver: MemoryDriver) -> Around:
    async def instead(call: PortCall, _: Proceed) -> object:
        key = key_of(call)
        emptied = dict.fromkeys(driver.world.store.state_of(key), b"")
        await driver.store(key, emptied)
        return Answer.ACCEPTED

    return at(Point.CLEAR_STATE, instead=instead)


@mutant("SS-14")
def purges_the_run_in_order_to_clear(driver: MemoryDriver) -> Around:
    async def instead(call: PortCall, proceed: Proceed) -> object:
        answer = await proceed()
        if await driver.look(key_of(call)) is not None:
            await driver.forget(key_of(call))
        return answer

    return at(Point.CLEAR_STATE, instead=instead)


def clears_anything(driver: MemoryDriver, answer: Answer) -> Around:
    """A clear that compares nothing."""

    async def instead(call: PortCall, _: Proceed) -> object:
        driver.world.store.store(key_of(call), {})
        return answer

    return at(Point.CLEAR_STATE, instead=instead)


@mutant("SS-15")
def compares_no_version(driver: MemoryDriver) -> Around:
    return clears_anything(driver, Answer.ACCEPTED)


@mutant("SS-15", world=atomic)
def clears_and_says_that_the_content_has_changed(driver: MemoryDriver) -> Around:
    return clears_anything(driver, Answer.CHANGED)


@mutant("SS-16")
def compares_by_a_read_and_says_changed(_: MemoryDriver) -> Around:
    return at(Point.CLEAR_STATE, instead=answers(Answer.CHANGED))


@mutant("SS-16", world=atomic)
def accepts_a_clear_of_changed_content(_: MemoryDriver) -> Around:
    return at(Point.CLEAR_STATE, instead=does_and_answers(Answer.ACCEPTED))
