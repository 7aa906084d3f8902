"""All invocations at once: exact counts, few walks, and what is shown is read by id."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.adapters.restate.fake import SCOPED, FakeRestate, row, unfinished
from wfadmin.domain.model import InvocationOutcome, StatusCount, Survey, Usage, UsageRow

pytestmark = pytest.mark.asyncio

WALK = "sum(many) over (partition by status, result)"
COUNTS = "as service, case when status <> 'completed' then pinned_deployment_id"
FAILURES = "order by completed_at desc, id limit"
UNFINISHED = "order by case status when 'paused' then 0"
BY_ID = "from sys_invocation where id in"
ENDED_BY_ID = "from sys_invocation_status where id in"


def group(status: str, many: int, **values: str) -> dict[str, Any]:
    return {"status": status, "many": many} | values


def failure(invocation_id: str, **columns: Any) -> Mapping[str, Any]:  # noqa: ANN401 - JSON
    told = {"completion_result": "failure", "completion_failure": "[500] boom"}
    return row(invocation_id, **(told | columns))


async def survey(fake: FakeRestate, *, failures: int = 20, unfinished: int = 1000) -> Survey:
    return await fake.engine().listing.survey(failures=failures, unfinished=unfinished)


async def test_an_empty_engine_has_nothing() -> None:
    fake = FakeRestate(queries=[(WALK, [])])

    assert await survey(fake) == Survey(usage=Usage())


async def test_nothing_unfinished_takes_one_walk_and_reads_the_failures_from_the_table() -> None:
    fake = FakeRestate(
        queries=[
            (
                WALK,
                [
                    group("completed", 58800, result="success"),
                    group("completed", 2, result="failure", invocation="inv_2"),
                    group("completed", 2, result="failure", invocation="inv_1"),
                ],
            ),
            (ENDED_BY_ID, [failure("inv_1"), failure("inv_2")]),
        ],
    )

    found = await survey(fake)

    assert found.counts == (StatusCount("completed", 58802),)
    assert (found.failed, [one.id for one in found.failures]) == (2, ["inv_2", "inv_1"])
    assert (found.unfinished, found.unfinished_total, found.truncated) == ((), 0, None)
    assert found.usage == Usage()
    assert len(fake.statements) == 2


async def test_what_is_unfinished_comes_with_its_usage() -> None:
    fake = FakeRestate(
        queries=[
            (
                WALK,
                [
                    group("invoked", 2, invocation="inv_1"),
                    group("invoked", 2, invocation="inv_2"),
                    group("inboxed", 1, invocation="inv_3"),
                    group("completed", 1, result="failure", invocation="inv_4"),
                ],
            ),
            (
                BY_ID,
                [
                    failure("inv_4"),
                    unfinished("inv_1", status="backing-off", pinned_deployment_id=None),
                    unfinished("inv_2"),
                    unfinished("inv_3", status="pending", target_service_name="Cart"),
                ],
            ),
        ],
    )

    found = await survey(fake)

    assert found.counts == (
        StatusCount("completed", 1),
        StatusCount("inboxed", 1),
        StatusCount("invoked", 2),
    )
    assert [one.engine_status for one in found.unfinished] == ["backing-off", "running", "pending"]
    assert [one.id for one in found.failures] == ["inv_4"]
    assert found.unfinished_total == 3
    assert found.usage == Usage(
        (
            UsageRow("Order", None, 1),
            UsageRow("Order", "dp_1", 1),
            UsageRow("Cart", "dp_1", 1),
        ),
    )
    assert len(fake.statements) == 2


async def test_runs_go_on_while_they_are_read() -> None:
    fake = FakeRestate(
        queries=[
            (
                WALK,
                [
                    group("invoked", 3, invocation="inv_ended"),
                    group("invoked", 3, invocation="inv_gone"),
                    group("invoked", 3, invocation="inv_same"),
                    group("completed", 3, result="failure", invocation="inv_purged"),
                    group("completed", 3, result="failure", invocation="inv_again"),
                    group("completed", 3, result="failure", invocation="inv_retried"),
                ],
            ),
            (
                BY_ID,
                [
                    row("inv_ended"),
                    unfinished("inv_same"),
                    unfinished("inv_again"),
                    row("inv_retried"),
                ],
            ),
        ],
    )

    found = await survey(fake)

    assert [one.id for one in found.unfinished] == ["inv_same"]
    assert found.failures == ()
    assert found.unfinished_total == 1
    assert found.counts == (StatusCount("completed", 3), StatusCount("invoked", 3))


async def test_more_failures_than_are_shown_are_counted() -> None:
    rows = [
        group("completed", 30, result="failure", invocation=f"inv_{number}") for number in range(28)
    ]
    fake = FakeRestate(
        queries=[(WALK, rows), (ENDED_BY_ID, [failure(f"inv_{n}") for n in range(20)])],
    )

    found = await survey(fake, unfinished=0)

    assert found.failed == 30
    assert [one.id for one in found.failures] == [f"inv_{number}" for number in range(20)]
    assert "limit 28" in fake.statements[0]


async def test_more_unfinished_than_may_be_listed_are_asked_for_apart() -> None:
    fake = FakeRestate(
        queries=[
            (WALK, [group("invoked", 50, invocation=f"inv_{n}") for n in range(30)]),
            (
                COUNTS,
                [
                    group("invoked", 30, service="Order", deployment="dp_1"),
                    group("invoked", 20, service="Order"),
                    group("suspended", 4, service="Cart", deployment="dp_2"),
                    group("suspended", 1, service="Order", deployment="dp_1"),
                    group("completed", 7, result="success"),
                    group("completed", 3, result="failure"),
                ],
            ),
            (FAILURES, [group("completed", 1, result="failure", invocation="inv_f")]),
            (UNFINISHED, [group("paused", 1, invocation="inv_1")]),
            (BY_ID, [unfinished("inv_1", status="suspended"), failure("inv_f")]),
        ],
    )

    found = await survey(fake, failures=1, unfinished=2)

    assert found.counts == (
        StatusCount("completed", 10),
        StatusCount("invoked", 50),
        StatusCount("suspended", 5),
    )
    assert (found.failed, found.unfinished_total) == (3, 55)
    assert [one.id for one in found.unfinished] == ["inv_1"]
    assert [one.id for one in found.failures] == ["inv_f"]
    assert found.usage == Usage(
        (
            UsageRow("Order", "dp_1", 31),
            UsageRow("Order", None, 20),
            UsageRow("Cart", "dp_2", 4),
        ),
    )
    assert found.truncated == "Only 1 of 55 unfinished invocations were read in detail"
    assert any(f"{FAILURES} 1" in statement for statement in fake.statements)
    assert any("id limit 2" in statement for statement in fake.statements)


async def test_many_details_are_read_in_parts() -> None:
    fake = FakeRestate(
        queries=[
            (WALK, [group("invoked", 2500, invocation=f"inv_{n}") for n in range(2500)]),
            ("'inv_0'", [unfinished("inv_0")]),
            ("'inv_1000'", [unfinished("inv_1000")]),
            ("'inv_2499'", [unfinished("inv_2499")]),
        ],
    )

    found = await survey(fake, unfinished=3000)

    assert [one.id for one in found.unfinished] == ["inv_0", "inv_1000", "inv_2499"]
    assert len(fake.statements) == 4


async def test_an_end_that_we_do_not_know_is_counted_and_is_no_failure() -> None:
    fake = FakeRestate(
        queries=[
            (
                WALK,
                [group("completed", 5, result="partial"), group("completed", 1)],
            ),
        ],
    )

    found = await survey(fake)

    assert (found.counts, found.failed) == ((StatusCount("completed", 6),), 0)


async def test_a_kill_is_a_failure_and_its_outcome_says_so() -> None:
    fake = FakeRestate(
        queries=[
            (WALK, [group("completed", 1, result="failure", invocation="inv_1")]),
            (ENDED_BY_ID, [failure("inv_1", completion_failure="[409] killed")]),
        ],
    )

    (found,) = (await survey(fake)).failures

    assert found.outcome is InvocationOutcome.KILLED


async def test_a_run_in_a_scope_has_no_key_that_we_could_name() -> None:
    fake = FakeRestate(
        routes={"GET /version": SCOPED},
        queries=[
            (WALK, [group("completed", 1, result="failure", invocation="inv_1")]),
            (ENDED_BY_ID, [failure("inv_1", scope="blue")]),
        ],
    )

    (found,) = (await survey(fake)).failures

    assert found.key is None
