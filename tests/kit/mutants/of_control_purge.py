"""Mistakes of an adapter that changes runs: in what it purges, and with what has ended."""

from collections.abc import Callable
from fnmatch import fnmatchcase

from tests.kit.mutant import mutant
from tests.kit.mutants.tools import (
    answers,
    at,
    command_of,
    declares,
    does_and_answers,
    gives,
)
from wfadmin.adapters.memory import Point
from wfadmin.domain.answers import Answer
from wfadmin.domain.capabilities import Reach
from wfadmin.domain.keys import InvocationRef, WorkflowKey
from wfadmin.domain.model import Invocation, InvocationOutcome
from wfadmin.testing import Around, PortCall, Proceed, Situation
from wfadmin.testing.memory import MemoryDriver


def purges_none_that(driver: MemoryDriver, outcome: InvocationOutcome, answer: Answer) -> Around:
    """Runs that ended so are not purged."""

    async def instead(call: PortCall, proceed: Proceed) -> object:
        run = driver.world.store.find(command_of(call).ref.id)
        ended_so = run is not None and run.outcome is outcome
        return answer if ended_so else await proceed()

    return at(Point.PURGE, instead=instead)


@mutant("IC-18")
def purges_no_success(driver: MemoryDriver) -> Around:
    return purges_none_that(driver, InvocationOutcome.SUCCEEDED, Answer.WRONG_STATUS)


@mutant("IC-19")
def says_that_it_purges_and_sends_nothing(_: MemoryDriver) -> Around:
    return at(Point.PURGE, instead=answers(Answer.ACCEPTED))


@mutant("IC-19")
def lists_a_purged_run_from_its_cache(_: MemoryDriver) -> Around:
    cached: dict[WorkflowKey, object] = {}

    def keep(call: PortCall, found: object) -> object:
        (key,) = call.arguments
        return cached.setdefault(key, found)

    return at(Point.FOR_KEY, instead=gives(keep))


@mutant("IC-19")
def reads_a_purged_run_from_its_cache(_: MemoryDriver) -> Around:
    cached: dict[str, Invocation] = {}

    async def around(call: PortCall, proceed: Proceed) -> object:
        found = await proceed()
        if call.point is Point.FOR_KEY:
            cached.update((one.id, one) for one in found)
        if call.point is Point.GET:
            return found or cached.get(call.arguments[0].id)
        return found

    return around


@mutant("IC-20")
def takes_a_killed_run_for_one_that_is_gone(driver: MemoryDriver) -> Around:
    return purges_none_that(driver, InvocationOutcome.KILLED, Answer.NOT_FOUND)


@mutant("IC-21")
def keeps_cancelled_runs_and_says_that_it_purges_them(driver: MemoryDriver) -> Around:
    return purges_none_that(driver, InvocationOutcome.CANCELLED, Answer.ACCEPTED)


@mutant("IC-22")
def kills_first_what_it_cannot_purge(driver: MemoryDriver) -> Around:
    async def instead(call: PortCall, proceed: Proceed) -> object:
        driver.world.store.kill(command_of(call).ref.id)
        return await proceed()

    return at(Point.PURGE, instead=instead)


@mutant("IC-22")
def kills_what_it_cannot_purge_and_reports_the_conflict(driver: MemoryDriver) -> Around:
    async def instead(call: PortCall, proceed: Proceed) -> object:
        answer = await proceed()
        driver.world.store.kill(command_of(call).ref.id)
        return answer

    return at(Point.PURGE, instead=instead)


@mutant("IC-22")
def swallows_the_conflict_of_a_purge(_: MemoryDriver) -> Around:
    return at(Point.PURGE, instead=does_and_answers(Answer.ACCEPTED))


def purges_all(driver: MemoryDriver, alike: Callable[[str, str], bool]) -> Around:
    """A purge that goes by the key, and takes others for it."""

    async def instead(call: PortCall, proceed: Proceed) -> object:
        key = command_of(call).ref.key.service_key
        for run in driver.world.store.runs:
            if run.key is not None and alike(run.key.service_key, key):
                driver.world.store.purge(run.id)
        await proceed()
        return Answer.ACCEPTED

    return at(Point.PURGE, instead=instead)


@mutant("IC-23")
def purges_with_wildcards(driver: MemoryDriver) -> Around:
    def is_like(other: str, key: str) -> bool:
        return fnmatchcase(other, key.replace("_", "?").replace("%", "*"))

    return purges_all(driver, is_like)


@mutant("IC-23")
def purges_what_the_key_begins_with(driver: MemoryDriver) -> Around:
    return purges_all(driver, str.startswith)


@mutant("IC-23")
def purges_whatever_the_case(driver: MemoryDriver) -> Around:
    return purges_all(driver, lambda other, key: other.lower() == key.lower())


@mutant("IC-24")
def leaves_the_data_and_says_that_the_purge_is_complete(driver: MemoryDriver) -> Around:
    async def instead(call: PortCall, proceed: Proceed) -> object:
        key = command_of(call).ref.key
        entries = driver.world.store.state_of(key)
        answer = await proceed()
        await driver.store(key, entries)
        return answer

    return at(Point.PURGE, instead=instead)


@mutant("IC-24")
def does_not_declare_that_a_purge_takes_the_data_along(_: MemoryDriver) -> Around:
    return declares(purge_clears_state=frozenset())


# --- what has ended ------------------------------------------------------------------------------


@mutant("IC-42")
def purges_the_children_too_and_declares_that_it_does_not(driver: MemoryDriver) -> Around:
    async def instead(call: PortCall, proceed: Proceed) -> object:
        store, parent = driver.world.store, command_of(call).ref.id
        answer = await proceed()
        for one in store.runs:
            if one.parent_id == parent:
                store.purge(one.id)
        return answer

    return at(Point.PURGE, instead=instead)


@mutant("IC-42")
def declares_that_a_purge_takes_children_along(_: MemoryDriver) -> Around:
    return declares(purge_reach=Reach.WITH_CHILDREN)


@mutant("IC-25")
def swallows_the_conflict_of_a_kill(_: MemoryDriver) -> Around:
    return at(Point.KILL, instead=does_and_answers(Answer.ACCEPTED))


@mutant("IC-25")
def purges_what_it_is_to_kill(driver: MemoryDriver) -> Around:
    async def instead(call: PortCall, proceed: Proceed) -> object:
        answer = await proceed()
        driver.world.store.purge(command_of(call).ref.id)
        return answer

    return at(Point.KILL, instead=instead)


async def starts_over(driver: MemoryDriver, ref: InvocationRef, situation: Situation) -> None:
    """Put another run in the place of a completed one."""
    stands = await driver.look(ref.key)
    if stands is not None and stands.is_end:
        await driver.forget(ref.key)
        await driver.put(ref.key, situation)


@mutant("IC-25")
def writes_killed_over_a_success(driver: MemoryDriver) -> Around:
    async def instead(call: PortCall, proceed: Proceed) -> object:
        answer = await proceed()
        await starts_over(driver, command_of(call).ref, Situation.KILLED)
        return answer

    return at(Point.KILL, instead=instead)


@mutant("IC-26")
def swallows_the_conflict_of_a_resume(_: MemoryDriver) -> Around:
    return at(Point.RESUME, instead=does_and_answers(Answer.ACCEPTED))


@mutant("IC-26")
def runs_a_completed_run_again_on_resume(driver: MemoryDriver) -> Around:
    async def instead(call: PortCall, proceed: Proceed) -> object:
        answer = await proceed()
        await starts_over(driver, command_of(call).ref, Situation.RUNNING)
        return answer

    return at(Point.RESUME, instead=instead)


@mutant("IC-26")
def swallows_the_conflict_of_a_cancel(_: MemoryDriver) -> Around:
    return at(Point.CANCEL, instead=does_and_answers(Answer.ACCEPTED))
