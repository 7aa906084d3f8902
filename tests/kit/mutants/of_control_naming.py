"""Mistakes of an adapter that changes runs: in which run it hits."""

from collections.abc import Callable

import attrs

from tests.kit.mutant import mutant
from tests.kit.mutants.tools import COMMANDS, answers, at, command_of, gives
from wfadmin.adapters.memory import Point, World
from wfadmin.domain.answers import Answer
from wfadmin.domain.capabilities import Fence
from wfadmin.domain.keys import Incarnation
from wfadmin.domain.model import Invocation
from wfadmin.testing import Around, PortCall, Proceed
from wfadmin.testing.memory import MemoryDriver


def atomic() -> World:
    return World(fence=Fence.ATOMIC)


def without_a_fence() -> World:
    return World(fence=Fence.NONE)


@mutant("IC-27")
def takes_what_is_not_there_for_done(_: MemoryDriver) -> Around:
    async def instead(_: PortCall, proceed: Proceed) -> object:
        answer = await proceed()
        return Answer.ACCEPTED if answer is Answer.NOT_FOUND else answer

    return at(*COMMANDS, instead=instead)


@mutant("IC-27")
def asks_again_for_what_is_not_found(_: MemoryDriver) -> Around:
    async def instead(_: PortCall, proceed: Proceed) -> object:
        answer = await proceed()
        return await proceed() if answer is Answer.NOT_FOUND else answer

    return at(Point.PURGE, instead=instead)


def leads(driver: MemoryDriver, where: Callable[[str], str]) -> Around:
    """An id that comes to name another run on the way; the answer is hidden."""

    async def instead(call: PortCall, proceed: Proceed) -> object:
        command = command_of(call)
        led = where(command.ref.id)
        if led == command.ref.id:
            return await proceed()
        ref = attrs.evolve(command.ref, id=led)
        driver.world.store.perform(attrs.evolve(command, ref=ref))
        return Answer.NOT_FOUND

    return at(*COMMANDS, instead=instead)


@mutant("IC-28")
def lets_an_id_lead_up_in_the_path(driver: MemoryDriver) -> Around:
    return leads(driver, lambda text: text.rpartition("/../")[2])


@mutant("IC-28")
def lets_an_id_end_at_a_slash(driver: MemoryDriver) -> Around:
    return leads(driver, lambda text: text.rstrip("/"))


@mutant("IC-28")
def lets_an_id_bring_a_query(driver: MemoryDriver) -> Around:
    return leads(driver, lambda text: text.partition("?")[0])


@mutant("IC-28")
def strips_ids(driver: MemoryDriver) -> Around:
    return leads(driver, str.strip)


@mutant("IC-28")
def pastes_ids_into_sql(driver: MemoryDriver) -> Around:
    return leads(driver, lambda text: text.partition("'")[0])


@mutant("IC-28")
def has_wildcards_in_ids(driver: MemoryDriver) -> Around:
    def first_like(text: str) -> str:
        ids = [run.id for run in driver.world.store.runs]
        is_pattern = text.startswith("%")
        return next((one for one in ids if is_pattern and one.endswith(text[1:])), text)

    return leads(driver, first_like)


@mutant("IC-28")
def accepts_an_empty_id(_: MemoryDriver) -> Around:
    async def instead(call: PortCall, proceed: Proceed) -> object:
        return await proceed() if command_of(call).ref.id else Answer.ACCEPTED

    return at(*COMMANDS, instead=instead)


# --- runs that follow each other -----------------------------------------------------------------


@mutant("IC-29", world=atomic)
def goes_by_the_id_alone(driver: MemoryDriver) -> Around:
    async def instead(call: PortCall, proceed: Proceed) -> object:
        command = command_of(call)
        now = driver.world.store.find(command.ref.id)
        if now is None:
            return await proceed()
        return driver.world.store.perform(attrs.evolve(command, ref=now.ref))

    return at(*COMMANDS, instead=instead)


@mutant("IC-29", world=atomic)
def hits_the_later_run_and_says_that_it_changed(driver: MemoryDriver) -> Around:
    async def instead(call: PortCall, proceed: Proceed) -> object:
        answer = await proceed()
        if answer is Answer.CHANGED:
            driver.world.store.purge(command_of(call).ref.id)
        return answer

    return at(Point.PURGE, instead=instead)


@mutant("IC-29", world=atomic)
def tells_a_changed_run_from_no_other_conflict(_: MemoryDriver) -> Around:
    def as_conflict(_: PortCall, answer: object) -> object:
        return Answer.WRONG_STATUS if answer is Answer.CHANGED else answer

    return at(*COMMANDS, instead=gives(as_conflict))


@mutant("IC-30")
def compares_by_a_read_of_its_own(driver: MemoryDriver) -> Around:
    async def instead(call: PortCall, proceed: Proceed) -> object:
        ref = command_of(call).ref
        now = driver.world.store.find(ref.id)
        differs = now is not None and now.ref.incarnation != ref.incarnation
        return Answer.CHANGED if differs else await proceed()

    return at(*COMMANDS, instead=instead)


@mutant("IC-30", world=without_a_fence)
def says_changed_for_every_kill(_: MemoryDriver) -> Around:
    return at(Point.KILL, instead=answers(Answer.CHANGED))


def _with_incarnation(incarnation: Incarnation | None) -> Around:
    def change(_: PortCall, runs: tuple[Invocation, ...]) -> object:
        return tuple(
            attrs.evolve(run, ref=attrs.evolve(run.ref, incarnation=incarnation)) for run in runs
        )

    return at(Point.FOR_KEY, instead=gives(change))


@mutant("IC-31")
def makes_the_incarnation_from_the_id_only(_: MemoryDriver) -> Around:
    return _with_incarnation(Incarnation("the same for every run"))


@mutant("IC-32")
def declares_a_fence_and_gives_no_incarnation(_: MemoryDriver) -> Around:
    return _with_incarnation(None)


@mutant("IC-32", world=without_a_fence)
def makes_up_an_incarnation_without_a_fence(_: MemoryDriver) -> Around:
    return _with_incarnation(Incarnation("made up"))
