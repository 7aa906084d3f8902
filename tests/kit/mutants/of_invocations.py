"""Mistakes of an adapter that reads single runs."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import attrs

from tests.kit.mutant import mutant
from tests.kit.mutants.tools import answers, at, declares, gives, remembered
from wfadmin.adapters.memory import Point
from wfadmin.domain.capabilities import Reach
from wfadmin.domain.errors import EngineRejected
from wfadmin.domain.keys import Incarnation, Progress
from wfadmin.domain.model import HandlerKind, Invocation, InvocationOutcome, InvocationStatus
from wfadmin.testing import Around, PortCall, Proceed
from wfadmin.testing.memory import MemoryDriver

LONGEST_ID = 200


def each(change: Callable[[Invocation], Invocation]) -> Around:
    """Change every run that a key gives."""
    return at(Point.FOR_KEY, instead=gives(lambda _, found: tuple(change(o) for o in found)))


def planted(breaks: str, name: str, make: Callable[[MemoryDriver], Around]) -> None:
    """Write down a mistake that is one of many alike."""
    make.__name__ = name
    mutant(breaks)(make)


def having(**changes: object) -> Around:
    return each(lambda run: attrs.evolve(run, **changes))


@mutant("IS-01")
def takes_what_it_does_not_know_for_an_end(_: MemoryDriver) -> Around:
    return having(status=InvocationStatus.COMPLETED)


@mutant("IS-01")
def gives_an_outcome_to_what_still_runs(_: MemoryDriver) -> Around:
    return having(outcome=InvocationOutcome.UNKNOWN)


@mutant("IS-02")
def takes_every_end_for_a_success(_: MemoryDriver) -> Around:
    return having(outcome=InvocationOutcome.SUCCEEDED)


@mutant("IS-02")
def takes_the_epoch_for_the_time_of_the_end(_: MemoryDriver) -> Around:
    return having(completed_at=datetime(1970, 1, 1, tzinfo=UTC))


@mutant("IS-03")
def drops_the_failure(_: MemoryDriver) -> Around:
    return having(failure=None)


@mutant("IS-04")
def gives_all_runs_of_the_service(driver: MemoryDriver) -> Around:
    driver.world.workflow("Order").key("of somebody else").running()
    return at(Point.FOR_KEY, instead=gives(lambda _, __: driver.world.store.runs))


@mutant("IS-05")
def reads_only_one_run_of_a_key(_: MemoryDriver) -> Around:
    return at(Point.FOR_KEY, instead=gives(lambda _, found: found[:1]))


@mutant("IS-05")
def reads_each_run_twice(_: MemoryDriver) -> Around:
    return at(Point.FOR_KEY, instead=gives(lambda _, found: found + found))


@mutant("IS-12")
@mutant("IS-23")
def finds_nothing_by_id(_: MemoryDriver) -> Around:
    return at(Point.GET, instead=answers(None))


@mutant("IS-13")
@mutant("IS-15")
@mutant("IS-25")
def remembers_runs_by_id(_: MemoryDriver) -> Around:
    kept: dict[str, object] = {}

    async def around(call: PortCall, proceed: Proceed) -> object:
        found = await proceed()
        if call.point is Point.FOR_KEY:
            kept.update({one.id: one for one in found if one.id not in kept})
        return kept.get(call.arguments[0].id, found) if call.point is Point.GET else found

    return around


@mutant("IS-13")
@mutant("IS-17")
def drops_the_key(_: MemoryDriver) -> Around:
    return each(lambda one: attrs.evolve(one, ref=attrs.evolve(one.ref, key=None)))


@mutant("IS-14")
def finds_something_for_every_id(driver: MemoryDriver) -> Around:
    some = driver.world.workflow("Order").key("of somebody else").running()
    return at(Point.GET, instead=answers(some.now))


@mutant("IS-14")
def a_long_id_is_an_error(_: MemoryDriver) -> Around:
    async def instead(call: PortCall, proceed: Proceed) -> object:
        if len(call.arguments[0].id) > LONGEST_ID:
            raise EngineRejected("memory", 500, None, "the id is cut out of this tex")
        return await proceed()

    return at(Point.GET, instead=instead)


@mutant("IS-14")
def an_id_of_another_form_is_an_error(_: MemoryDriver) -> Around:
    async def instead(call: PortCall, proceed: Proceed) -> object:
        if not call.arguments[0].id.startswith("inv_"):
            raise EngineRejected("memory", 500, None, "no id")
        return await proceed()

    return at(Point.GET, instead=instead)


def without_incarnation(one: Invocation) -> Invocation:
    return attrs.evolve(one, ref=attrs.evolve(one.ref, incarnation=None))


@mutant("IS-15")
def knows_no_incarnation_of_what_ended(_: MemoryDriver) -> Around:
    return each(lambda one: without_incarnation(one) if one.is_completed else one)


@mutant("IS-15")
def drops_the_incarnation_by_id(_: MemoryDriver) -> Around:
    return at(Point.GET, instead=gives(lambda _, one: one and without_incarnation(one)))


@mutant("IS-15")
def finds_a_replaced_run_no_more(_: MemoryDriver) -> Around:
    async def instead(call: PortCall, proceed: Proceed) -> object:
        found = await proceed()
        return found if found is None or found.ref == call.arguments[0] else None

    return at(Point.GET, instead=instead)


@mutant("IS-15")
def gives_the_new_run_under_an_id_that_is_gone(driver: MemoryDriver) -> Around:
    """Its ids hold the incarnation, and it looks only at the rest of them."""

    def renamed(one: Invocation) -> Invocation:
        new = f"{one.id}/{one.ref.incarnation.token}"
        return attrs.evolve(one, ref=attrs.evolve(one.ref, id=new))

    async def around(call: PortCall, proceed: Proceed) -> object:
        if call.point is Point.FOR_KEY:
            return tuple(renamed(one) for one in await proceed())
        if call.point is Point.GET:
            found = driver.world.store.find(call.arguments[0].id.partition("/")[0])
            return found and renamed(found)
        return await proceed()

    return around


@mutant("IS-15")
def makes_the_incarnation_from_the_id(_: MemoryDriver) -> Around:
    return each(lambda o: attrs.evolve(o, ref=attrs.evolve(o.ref, incarnation=Incarnation(o.id))))


@mutant("IS-15")
def drops_the_incarnation(_: MemoryDriver) -> Around:
    return each(without_incarnation)


@mutant("IS-16")
def makes_a_new_progress_in_every_read(_: MemoryDriver) -> Around:
    numbers = itertools.count()
    return each(lambda one: attrs.evolve(one, progress=Progress(str(next(numbers)))))


@mutant("IS-17")
def makes_the_incarnation_from_the_status(_: MemoryDriver) -> Around:
    def change(one: Invocation) -> Invocation:
        return attrs.evolve(one, ref=attrs.evolve(one.ref, incarnation=Incarnation(one.status)))

    return each(change)


@mutant("IS-18")
def never_sees_progress(_: MemoryDriver) -> Around:
    return having(progress=Progress("same"))


@mutant("IS-19")
def takes_attempts_for_progress(_: MemoryDriver) -> Around:
    return each(lambda one: attrs.evolve(one, progress=Progress(str(one.failed_attempts))))


@mutant("IS-20")
def drops_the_parent(_: MemoryDriver) -> Around:
    def change(_: PortCall, found: object) -> object:
        return tuple(attrs.evolve(one, parent_id=None) for one in found)

    return at(Point.CHILDREN, instead=gives(change))


@mutant("IS-20")
def never_sees_children(_: MemoryDriver) -> Around:
    return at(Point.CHILDREN, instead=answers(()))


@mutant("IS-21")
def gives_children_that_ended(driver: MemoryDriver) -> Around:
    async def instead(call: PortCall, _: Proceed) -> object:
        runs = driver.world.store.runs
        return tuple(one for one in runs if one.parent_id == call.arguments[0].id)

    return at(Point.CHILDREN, instead=instead)


@mutant("IS-21")
def hides_the_ended_children_that_a_purge_would_take(_: MemoryDriver) -> Around:
    return declares(purge_reach=Reach.WITH_CHILDREN)


@mutant("IS-22")
def takes_a_run_for_its_own_child(driver: MemoryDriver) -> Around:
    async def instead(call: PortCall, _: Proceed) -> object:
        return (driver.world.store.find(call.arguments[0].id),)

    return at(Point.CHILDREN, instead=instead)


STAMPS = ("created_at", "modified_at", "completed_at")


def its_own_clock(_: datetime) -> datetime:
    return datetime.now(UTC)


def three_minutes_fast(at: datetime) -> datetime:
    return at + timedelta(minutes=3)


def three_minutes_slow(at: datetime) -> datetime:
    return at - timedelta(minutes=3)


def in_another_zone(at: datetime) -> datetime:
    return at + timedelta(hours=2)


def _stamps(name: str, clock: Callable[[datetime], datetime]) -> None:
    def make(_: MemoryDriver) -> Around:
        return each(lambda one: attrs.evolve(one, **{name: clock(getattr(one, name))}))

    planted("IS-24", f"stamps_{name}_with_{clock.__name__}", make)


for _name in STAMPS:
    for _clock in (its_own_clock, three_minutes_fast, three_minutes_slow, in_another_zone):
        _stamps(_name, _clock)


@mutant("IS-25")
@mutant("IS-26")
def remembers_what_a_key_gave(_: MemoryDriver) -> Around:
    return remembered(Point.FOR_KEY)


# --- facts that decisions read -------------------------------------------------------------------


@mutant("IS-36")
def makes_the_incarnation_from_the_last_change(_: MemoryDriver) -> Around:
    def change(one: Invocation) -> Invocation:
        token = f"{one.modified_at} {one.status}"
        return attrs.evolve(one, ref=attrs.evolve(one.ref, incarnation=Incarnation(token)))

    return each(change)


@mutant("IS-37")
def takes_seconds_for_milliseconds(_: MemoryDriver) -> Around:
    return each(lambda one: attrs.evolve(one, retention=one.retention / 1000))


@mutant("IS-37")
def counts_the_retention_from_now_on(_: MemoryDriver) -> Around:
    return having(retention=timedelta(0))


@mutant("IS-38")
def takes_the_time_of_the_submission_for_that_of_the_start(_: MemoryDriver) -> Around:
    return each(lambda one: attrs.evolve(one, due_at=one.created_at))


@mutant("IS-39")
def does_not_count_attempts(_: MemoryDriver) -> Around:
    return having(failed_attempts=0)


@mutant("IS-39")
def takes_the_submission_for_the_next_attempt(_: MemoryDriver) -> Around:
    def change(one: Invocation) -> Invocation:
        return attrs.evolve(one, next_retry_at=one.created_at - timedelta(seconds=1))

    return each(change)


@mutant("IS-40")
def names_a_deployment_by_its_address(_: MemoryDriver) -> Around:
    return having(deployment_id="http://default:9080")


@mutant("IS-41")
def has_no_word_for_a_status(_: MemoryDriver) -> Around:
    return having(engine_status=" ")


@mutant("IS-41")
def has_no_word_for_an_end(_: MemoryDriver) -> Around:
    def change(one: Invocation) -> Invocation:
        return attrs.evolve(one, engine_status="" if one.is_completed else one.engine_status)

    return each(change)


@mutant("IS-42")
def takes_every_handler_for_the_main_one(_: MemoryDriver) -> Around:
    return having(handler_kind=HandlerKind.MAIN)


@mutant("IS-42")
def takes_every_handler_for_a_shared_one(_: MemoryDriver) -> Around:
    return having(handler_kind=HandlerKind.SHARED)


@mutant("IS-42")
def reads_main_runs_only(_: MemoryDriver) -> Around:
    def change(_: PortCall, found: object) -> object:
        return tuple(one for one in found if one.handler_name == "run")

    return at(Point.FOR_KEY, instead=gives(change))


def _drops_the_zone(name: str) -> None:
    def make(_: MemoryDriver) -> Around:
        def change(one: Invocation) -> Invocation:
            time = getattr(one, name)
            return attrs.evolve(one, **{name: time and time.replace(tzinfo=None)})

        return each(change)

    planted("IS-43", f"drops_the_zone_of_{name}", make)


for _name in (*STAMPS, "due_at", "failure_at", "next_retry_at"):
    _drops_the_zone(_name)
