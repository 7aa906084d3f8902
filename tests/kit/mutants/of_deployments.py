"""Mistakes of an adapter that lists deployments, and what holds them."""

from collections import Counter
from collections.abc import Callable

import attrs

from tests.kit.mutant import mutant
from tests.kit.mutants.tools import instead_of, remembered
from wfadmin.adapters.memory import Point
from wfadmin.domain.model import Deployment, Invocation, InvocationStatus, Usage, UsageRow
from wfadmin.domain.urls import same_url
from wfadmin.testing import Around, PortCall, Proceed
from wfadmin.testing.memory import MemoryDriver

QUESTIONS = (Point.LIST_DEPLOYMENTS, Point.USAGE)


# --- the list ------------------------------------------------------------------------------------


def whole_list(change: Callable[[tuple[Deployment, ...]], tuple[Deployment, ...]]) -> Around:
    def changed(found: object) -> object:
        assert isinstance(found, tuple)
        return change(found)

    return instead_of(Point.LIST_DEPLOYMENTS, changed)


def each_deployment(**changes: object) -> Around:
    return whole_list(lambda found: tuple(attrs.evolve(one, **changes) for one in found))


@mutant("DR-01")
def lists_nothing(_: MemoryDriver) -> Around:
    return whole_list(lambda _: ())


@mutant("DR-01")
def lists_only_what_was_there_at_first(_: MemoryDriver) -> Around:
    return remembered(Point.LIST_DEPLOYMENTS)


@mutant("DR-01")
def lists_each_revision_as_a_deployment(_: MemoryDriver) -> Around:
    return whole_list(lambda found: (*found, *found))


@mutant("DR-01")
def lists_a_place_without_its_services(_: MemoryDriver) -> Around:
    return each_deployment(services=())


@mutant("DR-01")
def lists_a_place_without_its_url(_: MemoryDriver) -> Around:
    return each_deployment(service_url=None)


@mutant("DR-02")
def goes_on_listing_what_was_listed_once(_: MemoryDriver) -> Around:
    seen: dict[str, Deployment] = {}

    def with_the_old(found: tuple[Deployment, ...]) -> tuple[Deployment, ...]:
        seen.update({one.id: one for one in found})
        return tuple(seen.values())

    return whole_list(with_the_old)


@mutant("DR-03")
def cuts_ids_short(_: MemoryDriver) -> Around:
    return whole_list(lambda found: tuple(attrs.evolve(one, id=one.id[:2]) for one in found))


@mutant("DR-03")
def lists_no_ids(_: MemoryDriver) -> Around:
    return whole_list(lambda found: tuple(attrs.evolve(one, id="") for one in found[-1:]))


@mutant("DR-04")
def drops_the_zone_of_the_time(_: MemoryDriver) -> Around:
    def naive(one: Deployment) -> Deployment:
        assert one.created_at is not None
        return attrs.evolve(one, created_at=one.created_at.replace(tzinfo=None))

    return whole_list(lambda found: tuple(map(naive, found)))


@mutant("DR-05")
def shows_the_url_as_it_was_given(_: MemoryDriver) -> Around:
    given: list[str] = []

    async def around(call: PortCall, proceed: Proceed) -> object:
        answer = await proceed()
        if call.point is Point.REGISTER:
            given.append(str(call.arguments[0]))
        if call.point is not Point.LIST_DEPLOYMENTS:
            return answer
        return tuple(attrs.evolve(one, location=with_secrets(one, given)) for one in answer)

    return around


def with_secrets(one: Deployment, given: list[str]) -> str:
    return next((url for url in given if same_url(url, one.service_url)), one.location)


# --- the usage -----------------------------------------------------------------------------------


def counting(counts: Callable[[Invocation], bool]) -> Callable[[MemoryDriver], Around]:
    """A usage of the runs that `counts` names."""

    def make(driver: MemoryDriver) -> Around:
        def usage(_: object) -> Usage:
            runs = driver.world.store.runs
            pinned = Counter((r.service_name, r.deployment_id) for r in runs if counts(r))
            return Usage(tuple(UsageRow(*held, count) for held, count in pinned.items()))

        return instead_of(Point.USAGE, usage)

    return make


@mutant("DR-06")
def counts_only_what_runs(driver: MemoryDriver) -> Around:
    return counting(lambda one: one.status is InvocationStatus.RUNNING)(driver)


@mutant("DR-06")
def takes_a_paused_run_for_a_completed_one(driver: MemoryDriver) -> Around:
    return counting(lambda one: not one.is_completed and one.status is not InvocationStatus.PAUSED)(
        driver
    )


@mutant("DR-06")
def does_not_count_what_never_started(driver: MemoryDriver) -> Around:
    return counting(lambda one: not one.is_completed and one.deployment_id is not None)(driver)


@mutant("DR-06")
def does_not_count_what_waits_for_its_time(driver: MemoryDriver) -> Around:
    return counting(
        lambda one: not one.is_completed and one.status is not InvocationStatus.SCHEDULED
    )(driver)


@mutant("DR-06")
def does_not_say_whether_it_is_complete(_: MemoryDriver) -> Around:
    return usage_with(lambda usage: attrs.evolve(usage, complete=None))


def usage_with(change: Callable[[Usage], Usage]) -> Around:
    def changed(found: object) -> object:
        assert isinstance(found, Usage)
        return change(found)

    return instead_of(Point.USAGE, changed)


@mutant("DR-07")
def counts_by_service_alone(_: MemoryDriver) -> Around:
    def unpinned(usage: Usage) -> Usage:
        return attrs.evolve(
            usage, rows=tuple(attrs.evolve(one, deployment_id=None) for one in usage.rows)
        )

    return usage_with(unpinned)


@mutant("DR-08")
def counts_what_is_completed(driver: MemoryDriver) -> Around:
    return counting(lambda _: True)(driver)


@mutant("DR-08")
def takes_a_failed_run_for_an_unfinished_one(driver: MemoryDriver) -> Around:
    return counting(lambda one: not one.is_completed or one.failure is not None)(driver)


@mutant("DR-09")
def counts_what_was_ever_unfinished(_: MemoryDriver) -> Around:
    most: list[Usage] = [Usage()]

    def growing(usage: Usage) -> Usage:
        most.append(max(most[-1], usage, key=lambda one: sum(row.count for row in one.rows)))
        return most[-1]

    return usage_with(growing)
