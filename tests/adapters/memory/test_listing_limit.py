"""An engine that lists only its newest invocations: what it does not list is unknown, not gone."""

from datetime import timedelta

import pytest

from tests.adapters.memory.driving import answer_of
from tests.operations.repairs import operator_of, watch, writes
from wfadmin.adapters.memory import World
from wfadmin.domain.capabilities import Listing
from wfadmin.domain.finding import FindingCode
from wfadmin.domain.model import StatusCount, Survey, Usage, UsageRow
from wfadmin.domain.results import Held
from wfadmin.errors import UsageError

V1, V2 = "http://v1:9080", "http://v2:9080"
HOUR = timedelta(hours=1)


def survey(world: World, *, unfinished: int = 1000) -> Survey:
    return answer_of(world.engine.listing.survey(failures=20, unfinished=unfinished))


def four_runs(limit: int) -> World:
    """Make a world with two failures and two unfinished runs, the oldest one of each first."""
    world = World(listing_limit=limit)
    order = world.workflow("Order")
    for name, place in [("a", "failed"), ("b", "running"), ("c", "suspended"), ("d", "failed")]:
        getattr(order.key(name), place)()
        world.advance(timedelta(minutes=1))
    return world


def test_only_the_newest_are_listed_and_nothing_is_said_of_the_others() -> None:
    world = four_runs(2)
    found = survey(world)

    assert found == Survey(
        counts=(StatusCount("completed", 1), StatusCount("suspended", 1)),
        failures=(world.store.runs[3],),
        failed=None,
        unfinished=(world.store.runs[2],),
        unfinished_total=1,
        usage=Usage((UsageRow("Order", "dp_1", 1),), complete=False),
        truncated="the engine listed only the 2 newest invocations",
    )
    assert answer_of(world.engine.deployments.usage()) == found.usage


@pytest.mark.parametrize("limit", [4, 5, None])
def test_everything_is_listed_where_it_fits(limit: int | None) -> None:
    world = four_runs(4)
    world.store.listing_limit = limit
    found = survey(world)

    assert (found.failed, found.unfinished_total, found.truncated) == (2, 2, None)
    assert found.usage == Usage((UsageRow("Order", "dp_1", 2),))
    assert [one.id for one in found.unfinished] == [one.id for one in world.store.runs[1:3]]


def test_the_newest_are_those_that_were_created_last() -> None:
    world = World(listing_limit=1)
    new = world.workflow("Order").key("new").running()
    world.workflow("Order").key("old").running(since=HOUR)

    assert [one.id for one in survey(world).unfinished] == [new.id]


def test_a_listing_that_is_cut_twice_says_both() -> None:
    found = survey(four_runs(3), unfinished=1)

    assert found.truncated == (
        "the engine listed only the 3 newest invocations, "
        "and 1 of 2 unfinished invocations were listed"
    )


def test_what_is_not_listed_is_read_by_key_and_by_id() -> None:
    world = four_runs(1)
    oldest = world.store.runs[0]
    key = oldest.key
    assert key is not None

    assert answer_of(world.engine.invocations.for_key(key)) == (oldest,)
    assert answer_of(world.engine.invocations.get(oldest.ref)) == oldest


@pytest.mark.parametrize(
    ("limit", "listing"), [(1000, Listing.TRUNCATED), (None, Listing.COMPLETE)]
)
def test_a_limit_is_declared(limit: int | None, listing: Listing) -> None:
    facts = answer_of(World(listing_limit=limit).engine.facts())
    assert facts.capabilities.listing is listing


@pytest.mark.parametrize("limit", [0, -1])
def test_an_engine_lists_at_least_one(limit: int) -> None:
    with pytest.raises(UsageError, match="at least one invocation") as caught:
        World(listing_limit=limit)

    assert caught.value.argument == "listing_limit"


# --- what follows for operators ------------------------------------------------------------------


def upgraded(limit: int | None) -> World:
    """Make a world with an old deployment that one suspended run holds, the oldest of three."""
    world = World(listing_limit=limit)
    world.deployment(V1, serves=("Order",))
    world.workflow("Order").key("old").suspended(since=HOUR)
    world.deployment(V2, serves=("Order",))
    for name in ("b", "c"):
        world.workflow("Order").key(name).succeeded()
    return world


@pytest.mark.asyncio
@pytest.mark.parametrize("limit", [1, 2])
async def test_doctor_calls_nothing_drained_where_not_everything_is_listed(limit: int) -> None:
    world = upgraded(limit)
    report = await operator_of(world).doctor()

    codes = {one.code for one in report.findings}
    assert {FindingCode.DRAIN_UNKNOWN, FindingCode.LISTING_TRUNCATED} <= codes
    assert not codes & {FindingCode.DRAINED, FindingCode.DRAINING}


@pytest.mark.asyncio
async def test_doctor_says_what_drains_where_everything_is_listed() -> None:
    report = await operator_of(upgraded(3)).doctor()

    codes = {one.code for one in report.findings}
    assert FindingCode.DRAINING in codes
    assert not codes & {FindingCode.DRAIN_UNKNOWN, FindingCode.LISTING_TRUNCATED}


@pytest.mark.asyncio
@pytest.mark.parametrize("place", ["suspended", "succeeded"])
async def test_cleanup_removes_nothing_where_not_everything_is_listed(place: str) -> None:
    world = World(listing_limit=1)
    old = world.deployment(V1, serves=("Order",))
    getattr(world.workflow("Order").key("old"), place)()
    world.deployment(V2, serves=("Order",))
    world.workflow("Order").key("new").succeeded()
    points = watch(world)

    result = await operator_of(world).cleanup_stale_deployments(V2)

    assert result.held == (Held(old.id, ("not all unfinished work could be counted",)),)
    assert (result.removed, writes(points)) == ((), [])
