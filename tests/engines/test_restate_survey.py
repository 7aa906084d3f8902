"""All invocations at once, on real servers: exact however many there are."""

from operator import attrgetter

import pytest

from tests.engines.restate_adapter import (
    engine_of,
)
from tests.engines.restate_lab import RestateLab, Run
from tests.engines.waiting import wait_until
from wfadmin.domain.model import (
    StatusCount,
    Usage,
    UsageRow,
)

pytestmark = [pytest.mark.engine, pytest.mark.asyncio]


async def test_a_survey_counts_and_lists_everything(fresh_restate: RestateLab) -> None:
    lab = fresh_restate
    failed = [lab.failed() for _ in range(3)]
    lab.succeeded()
    waiting, paused = lab.waiting(), lab.paused()
    holder, queued = lab.locked_cart()
    backing_off, scheduled = lab.backing_off(), lab.scheduled()
    async with engine_of(lab.server) as engine:
        found = await engine.listing.survey(failures=20, unfinished=100)
        usage = await engine.deployments.usage()

    counts = {one.engine_status: one.count for one in found.counts}
    assert counts == {
        "completed": 4,
        "suspended": 2,
        "paused": 1,
        "inboxed": 1,
        "invoked": 1,
        "scheduled": 1,
    }
    unfinished = {waiting, paused, holder, queued, backing_off, scheduled}
    assert {one.id for one in found.unfinished} == {run.invocation_id for run in unfinished}
    assert [one.id for one in found.failures] == [run.invocation_id for run in reversed(failed)]
    assert (found.failed, found.unfinished_total, found.truncated) == (3, 6, None)
    assert found.usage is not None
    expected = {
        UsageRow("Order", lab.main.id, 3),
        UsageRow("Order", None, 1),
        UsageRow("Cart", lab.main.id, 1),
        UsageRow("Cart", None, 1),
    }
    assert {*found.usage.rows} == {*usage.rows} == expected


async def test_a_survey_is_exact_where_more_is_unfinished_than_it_may_list(
    fresh_restate: RestateLab,
) -> None:
    lab = fresh_restate
    paused = lab.paused()
    for number in range(30):
        lab.start("Order", f"w-{number}", do="wait")
        lab.start("Order", f"f-{number}", do="fail")
    wait_until(
        lambda: lab.server.query(
            "select count(*) as n from sys_invocation where status in ('completed', 'suspended')"
        )[0]["n"],
        lambda many: many == 60,
        what="all have come to rest",
    )
    async with engine_of(lab.server) as engine:
        whole = await engine.listing.survey(failures=50, unfinished=100)
        cut = await engine.listing.survey(failures=5, unfinished=7)
        edge = await engine.listing.survey(failures=5, unfinished=31)
        none = await engine.listing.survey(failures=0, unfinished=0)

    expected = (
        StatusCount("completed", 30),
        StatusCount("paused", 1),
        StatusCount("suspended", 30),
    )
    for one in (whole, cut, edge, none):
        assert one.counts == expected
        assert (one.failed, one.unfinished_total) == (30, 31)
        assert one.usage == Usage((UsageRow("Order", lab.main.id, 31),))
    assert [len(one.unfinished) for one in (whole, cut, edge, none)] == [31, 7, 31, 0]
    assert [len(one.failures) for one in (whole, cut, edge, none)] == [30, 5, 5, 0]
    assert cut.failures == edge.failures == whole.failures[:5]
    assert cut.unfinished[0].id == paused.invocation_id
    assert (whole.truncated, edge.truncated) == (None, None)
    assert cut.truncated == "Only 7 of 31 unfinished invocations were read in detail"
    assert none.truncated == "Only 0 of 31 unfinished invocations were read in detail"


async def test_failures_of_the_same_moment_have_one_order(fresh_restate: RestateLab) -> None:
    lab = fresh_restate
    for number in range(40):
        lab.start("Order", f"f-{number}", do="fail")
    wait_until(
        lambda: lab.server.query("select count(*) as n from sys_invocation_status")[0]["n"],
        lambda many: many == 40,
        what="all are there",
    )
    lab.until(Run("Order", "f-39", lab.rows("Order", "f-39")[0]["id"]), status="completed")
    async with engine_of(lab.server) as engine:
        survey = await engine.listing.survey(failures=20, unfinished=10)
        everything = (await engine.listing.survey(failures=100, unfinished=10)).failures

    newest_first = sorted(everything, key=attrgetter("id"))
    newest_first.sort(key=attrgetter("completed_at"), reverse=True)
    assert survey.failures == tuple(newest_first[:20])
    assert survey.failed == len(everything) == 40
