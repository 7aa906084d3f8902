"""Mistakes of an adapter that lists all runs."""

from collections.abc import Callable
from datetime import timedelta

import attrs

from tests.kit.mutant import mutant
from tests.kit.mutants.of_invocations import planted
from tests.kit.mutants.tools import at, declares, gives, raising, remembered, swallowing
from wfadmin.adapters.memory import Point, World
from wfadmin.domain.capabilities import Listing
from wfadmin.domain.errors import (
    EngineRejected,
    EngineUnreachable,
    OutcomeUnknown,
    UnexpectedAnswer,
    WfadminError,
)
from wfadmin.domain.model import InvocationOutcome, Survey, Usage, UsageRow
from wfadmin.testing import Around, PortCall, Proceed
from wfadmin.testing.memory import MemoryDriver


def surveys(change: Callable[[Survey], Survey]) -> Around:
    return at(Point.SURVEY, instead=gives(lambda _, found: change(found)))


def few() -> World:
    """An engine that lists only a part."""
    return World(listing_limit=2)


# --- failures ------------------------------------------------------------------------------------


def _forgets(outcome: InvocationOutcome) -> None:
    def change(found: Survey) -> Survey:
        kept = tuple(o for o in found.failures if o.outcome is not outcome)
        return attrs.evolve(found, failures=kept)

    planted("IL-01", f"does_not_list_what_is_{outcome.value}", lambda _: surveys(change))


for _outcome in (
    InvocationOutcome.FAILED,
    InvocationOutcome.KILLED,
    InvocationOutcome.CANCELLED,
):
    _forgets(_outcome)


@mutant("IL-01")
def lists_each_failure_twice(_: MemoryDriver) -> Around:
    return surveys(lambda found: attrs.evolve(found, failures=found.failures * 2))


@mutant("IL-01")
@mutant("IL-08")
@mutant("IL-10")
@mutant("IL-16")
@mutant("IL-17")
@mutant("IL-19")
def says_that_it_is_cut_and_declares_that_it_is_not(_: MemoryDriver) -> Around:
    return surveys(lambda found: attrs.evolve(found, truncated="there may be more"))


@mutant("IL-02")
@mutant("IL-07")
def lists_everything_everywhere(driver: MemoryDriver) -> Around:
    def change(found: Survey) -> Survey:
        runs = driver.world.store.runs
        there = {"failures": runs, "unfinished": runs, "unfinished_total": len(runs)}
        return attrs.evolve(found, **there)

    return surveys(change)


@mutant("IL-03")
def lists_the_oldest_failure_first(driver: MemoryDriver) -> Around:
    put = driver.put

    async def later(*args: object, **named: object) -> None:
        driver.world.advance(timedelta(seconds=1))
        await put(*args, **named)

    driver.put = later
    return surveys(lambda found: attrs.evolve(found, failures=found.failures[::-1]))


@mutant("IL-03")
@mutant("IL-04")
def lists_no_failure(_: MemoryDriver) -> Around:
    return surveys(lambda found: attrs.evolve(found, failures=()))


@mutant("IL-03")
def does_not_say_when_a_failure_ended(_: MemoryDriver) -> Around:
    def change(found: Survey) -> Survey:
        bare = tuple(attrs.evolve(one, completed_at=None) for one in found.failures)
        return attrs.evolve(found, failures=bare)

    return surveys(change)


def asks_for(driver: MemoryDriver, failures: int, unfinished: int) -> Around:
    """Whatever the caller asks for."""

    async def instead(_: PortCall, __: Proceed) -> object:
        survey = driver.engine.listing.survey
        return await survey(failures=failures, unfinished=unfinished)

    return at(Point.SURVEY, instead=instead)


@mutant("IL-04")
def does_not_know_a_limit_of_failures(driver: MemoryDriver) -> Around:
    return asks_for(driver, 99, 0)


@mutant("IL-04")
def lists_one_failure_too_few(_: MemoryDriver) -> Around:
    return surveys(lambda found: attrs.evolve(found, failures=found.failures[:-1]))


@mutant("IL-05")
def does_not_know_a_limit_of_unfinished_runs(driver: MemoryDriver) -> Around:
    return asks_for(driver, 99, 99)


@mutant("IL-16")
def does_not_count_failures_and_says_that_there_is_none(_: MemoryDriver) -> Around:
    return surveys(lambda found: attrs.evolve(found, failed=0))


@mutant("IL-16")
def knows_the_number_of_failures_only_while_there_is_none(_: MemoryDriver) -> Around:
    return surveys(lambda found: attrs.evolve(found, failed=None if found.failures else 0))


# --- what is not finished ------------------------------------------------------------------------


@mutant("IL-05")
@mutant("IL-06")
def cuts_and_does_not_say_so(_: MemoryDriver) -> Around:
    def change(found: Survey) -> Survey:
        return attrs.evolve(found, unfinished=found.unfinished[:1], truncated=None)

    return surveys(change)


@mutant("IL-05")
@mutant("IL-06")
@mutant("IL-17")
def takes_what_it_lists_for_all(_: MemoryDriver) -> Around:
    def change(found: Survey) -> Survey:
        listed = found.unfinished[:1]
        return attrs.evolve(found, unfinished=listed, unfinished_total=1, truncated=None)

    return surveys(change)


@mutant("IL-05")
@mutant("IL-06")
@mutant("IL-02")
def says_that_there_are_fewer_than_it_lists(_: MemoryDriver) -> Around:
    return surveys(lambda found: attrs.evolve(found, unfinished_total=-1))


@mutant("IL-06")
def lists_an_unfinished_run_twice(_: MemoryDriver) -> Around:
    def change(found: Survey) -> Survey:
        twice = found.unfinished * 2
        return attrs.evolve(found, unfinished=twice, unfinished_total=len(twice))

    return surveys(change)


@mutant("IL-06")
def doubts_the_usage_of_a_whole_survey(_: MemoryDriver) -> Around:
    return surveys(lambda found: attrs.evolve(found, usage=Usage(complete=False)))


@mutant("IL-06", world=few)
@mutant("IL-20", world=few)
def says_in_no_sentence_that_it_is_cut(_: MemoryDriver) -> Around:
    return surveys(lambda found: attrs.evolve(found, truncated="true"))


@mutant("IL-06", world=few)
@mutant("IL-03", world=few)
def is_cut_and_does_not_say_so(_: MemoryDriver) -> Around:
    return surveys(lambda found: attrs.evolve(found, truncated=None))


@mutant("IL-06", world=few)
def is_cut_and_declares_a_complete_listing(_: MemoryDriver) -> Around:
    return declares(listing=Listing.COMPLETE)


@mutant("IL-18")
def does_not_refine_what_it_lists(_: MemoryDriver) -> Around:
    def change(found: Survey) -> Survey:
        coarse = tuple(attrs.evolve(one, failure=None) for one in found.failures)
        return attrs.evolve(found, failures=coarse)

    return surveys(change)


@mutant("IL-18")
def lists_unfinished_runs_without_incarnation(_: MemoryDriver) -> Around:
    def change(found: Survey) -> Survey:
        bare = tuple(
            attrs.evolve(one, ref=attrs.evolve(one.ref, incarnation=None))
            for one in found.unfinished
        )
        return attrs.evolve(found, unfinished=bare)

    return surveys(change)


# --- counts --------------------------------------------------------------------------------------


@mutant("IL-08")
def counts_each_status_once(_: MemoryDriver) -> Around:
    return surveys(lambda found: attrs.evolve(found, counts=found.counts[:1]))


@mutant("IL-08")
def does_not_count(_: MemoryDriver) -> Around:
    return surveys(lambda found: attrs.evolve(found, counts=()))


@mutant("IL-09")
def takes_no_usage_for_unused(_: MemoryDriver) -> Around:
    return surveys(lambda found: attrs.evolve(found, usage=Usage()))


def used(change: Callable[[UsageRow], UsageRow]) -> Around:
    def among(found: Survey) -> Survey:
        rows = tuple(change(one) for one in found.usage.rows)
        return attrs.evolve(found, usage=attrs.evolve(found.usage, rows=rows))

    return surveys(among)


@mutant("IL-09")
def says_only_whether_a_deployment_is_used(_: MemoryDriver) -> Around:
    return used(lambda row: attrs.evolve(row, count=1))


@mutant("IL-09")
def does_not_say_which_deployment_is_used(_: MemoryDriver) -> Around:
    return used(lambda row: attrs.evolve(row, deployment_id=None))


@mutant("IL-10")
def remembers_the_survey(_: MemoryDriver) -> Around:
    return remembered(Point.SURVEY)


@mutant("IL-10")
def remembers_what_was_unfinished(_: MemoryDriver) -> Around:
    seen: dict[str, object] = {}

    def change(found: Survey) -> Survey:
        seen.update({one.id: one for one in found.unfinished})
        there = tuple(seen.values())
        return attrs.evolve(found, unfinished=there, unfinished_total=len(there))

    return surveys(change)


# --- what is declared ----------------------------------------------------------------------------


@mutant("IL-19")
def lists_no_unfinished_run(_: MemoryDriver) -> Around:
    return surveys(lambda found: attrs.evolve(found, unfinished=()))


@mutant("IL-20", world=few)
def keeps_silent_about_the_limit_of_the_engine(_: MemoryDriver) -> Around:
    return surveys(lambda found: attrs.evolve(found, truncated=None))


@mutant("IL-20", world=few)
def counts_the_failures_of_the_part_that_is_listed(_: MemoryDriver) -> Around:
    return surveys(lambda found: attrs.evolve(found, failed=len(found.failures)))


@mutant("IL-20", world=few)
def takes_the_usage_of_a_part_for_that_of_all(_: MemoryDriver) -> Around:
    return surveys(
        lambda found: attrs.evolve(found, usage=attrs.evolve(found.usage, complete=True))
    )


# --- bad networks --------------------------------------------------------------------------------

TROUBLES: dict[str, tuple[str, type[WfadminError]]] = {
    "no_connection": ("IL-11", EngineUnreachable),
    "silence": ("IL-12", EngineUnreachable),
    "a_rejection": ("IL-13", EngineRejected),
    "garbage": ("IL-14", UnexpectedAnswer),
}


def _plant(trouble: str) -> None:
    breaks, error = TROUBLES[trouble]
    point = Point.SURVEY
    planted(
        breaks,
        f"takes_{trouble}_for_no_invocations",
        lambda _: swallowing(error, Survey(), point),
    )
    planted(
        breaks,
        f"takes_{trouble}_for_a_cut",
        lambda _: swallowing(error, Survey(truncated="nothing could be listed"), point),
    )
    planted(
        breaks,
        f"says_of_{trouble}_that_a_write_may_be_done",
        lambda _: raising(error, lambda: OutcomeUnknown("survey", "m", "?"), point),
    )
    planted(
        breaks,
        f"lets_another_exception_out_at_{trouble}",
        lambda _: raising(error, lambda: OSError("broken"), point),
    )


for _trouble in TROUBLES:
    _plant(_trouble)


@mutant("IL-15")
def writes_while_it_surveys(driver: MemoryDriver) -> Around:
    async def instead(_: PortCall, proceed: Proceed) -> object:
        return await driver.network.around(PortCall(Point.KILL), proceed)

    return at(Point.SURVEY, instead=instead)
