"""What hurt on a real sidecar, and how a key was free again, as the adapter tells it."""

import pytest

from tests.adapters.dapr.recorded import exchange
from tests.adapters.dapr.stories import FAILED, KILLED, OPERATIONS, SUCCEEDED, run, told

pytestmark = pytest.mark.asyncio


# --- dangers -------------------------------------------------------------------------------------


async def test_a_resume_of_a_running_instance_is_accepted_and_fails_it() -> None:
    assert await told("resume-running", "get-after-resume-running") == ["accepted", FAILED]
    failure = (await run("get-after-resume-running")).failure or ""
    assert "executionResumed" in failure


async def test_a_second_resume_fails_what_the_first_one_let_go_on() -> None:
    first = ("resume-once", "get-after-resume-once")
    again = ("resume-twice", "get-after-resume-twice")

    assert await told(*first, *again) == ["accepted", "running", "accepted", FAILED]


async def test_two_pauses_and_a_resume_poison_an_instance_for_ever() -> None:
    assert await told(
        "pause-second-time",
        "resume-after-double-pause",
        "get-after-resume-after-double-pause",
        "terminate-after-resume-after-double-pause",
        "get-double-pause-after-worker-restart",
        "terminate-double-pause-after-worker-restart",
    ) == ["accepted", "accepted", "paused", "OutcomeUnknown", "paused", "OutcomeUnknown"]


async def test_a_second_pause_alone_is_accepted_and_changes_nothing() -> None:
    assert await told("pause-suspended", "get-after-pause-suspended") == ["accepted", "paused"]


async def test_a_run_after_a_terminate_may_be_ended_by_the_activity_of_the_old_one() -> None:
    assert await told(
        "terminate-running-activity",
        "get-terminated-with-running-activity",
        "purge-terminated-with-running-activity",
        "start-after-purge-with-running-activity",
        "get-restarted-while-old-activity-ran",
    ) == ["accepted", KILLED, "accepted", "accepted", SUCCEEDED]
    for name, given, old in (
        # With a purge in between, and without.
        ("get-new-run-after-old-activity-returned", "60", '{"napped": 6}'),
        ("get-reused-id-after-old-activity-returned", "50", '{"napped": 5}'),
    ):
        properties = exchange(name).said["properties"]
        assert properties["dapr.workflow.input"] == given
        assert properties["dapr.workflow.output"] == old
        assert await told(name) == [SUCCEEDED]


async def test_another_run_of_an_id_has_another_incarnation() -> None:
    old = await run("get-terminated-with-running-activity")
    new = await run("get-restarted-while-old-activity-ran")

    assert old.id == new.id
    assert old.ref.incarnation != new.ref.incarnation


async def test_a_second_start_is_refused_while_the_first_run_goes_on() -> None:
    assert await told("start-duplicate-running", "start-duplicate-running-other-name") == [
        "wrong_status",
        "wrong_status",
    ]


async def test_a_second_start_is_accepted_when_the_first_run_ends_meanwhile() -> None:
    assert await told(
        "start-duplicate-while-first-run-ends",
        "get-after-start-duplicate-while-first-run-ends",
    ) == ["accepted", "running"]


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_any_operation_makes_a_planned_instance_run_now(operation: str) -> None:
    short = {"terminate": "term"}.get(operation, operation)
    names = (f"{operation}-pending-scheduled", f"get-after-{operation}-pending-scheduled")

    accepted, after = await told(*names)

    assert accepted == "accepted"
    assert after == SUCCEEDED
    assert (await run(names[1])).id == f"pend-{short}"


async def test_a_terminate_of_a_planned_instance_lets_it_succeed() -> None:
    names = ("terminate-pending-scheduled", "get-after-terminate-pending-scheduled")

    assert await told(*names) == ["accepted", SUCCEEDED]


async def test_no_call_cancels_a_planned_start() -> None:
    assert await told(
        "purge-pending-scheduled",
        "get-after-purge-pending-scheduled",
        "start-duplicate-pending-scheduled",
        "get-after-start-duplicate-pending-scheduled",
    ) == ["not_found", "pending", "wrong_status", "pending"]


async def test_a_child_whose_parent_was_purged_by_force_can_never_end() -> None:
    assert await told(
        "raise-orphan-child",
        "get-orphan-child-cannot-finish",
        "terminate-orphan-child",
        "get-orphan-child-after-terminate",
    ) == ["accepted", "running", "accepted", "running"]


async def test_a_stalled_instance_that_was_purged_by_force_leaves_a_ghost() -> None:
    assert await told(
        "terminate-after-force-purge-stalled",
        "start-after-force-purge-stalled",
        "get-after-start-after-force-purge-stalled",
    ) == ["wrong_status", "wrong_status", "gone"]


# --- recovery ------------------------------------------------------------------------------------


async def test_a_failed_key_is_free_again_after_a_purge() -> None:
    assert await told(
        "story1-get-failed",
        "story1-purge",
        "story1-get-purged",
        "story1-start-again",
        "story1-get-completed",
    ) == [FAILED, "accepted", "gone", "accepted", SUCCEEDED]


async def test_a_start_takes_the_place_of_any_run_that_has_ended() -> None:
    for ended in ("completed", "failed", "terminated"):
        assert await told(f"start-duplicate-{ended}-reuses") == ["accepted"]
    old, new = await run("get-completed"), await run("get-after-reuse-of-completed")
    assert old.id == new.id
    assert old.ref.incarnation != new.ref.incarnation
    assert await told("start-duplicate-suspended") == ["wrong_status"]


async def test_a_running_key_waits_for_its_worker_and_is_free_again_then() -> None:
    assert await told(
        "story2-get-no-worker",
        "story2-terminate-no-worker",
        "story2-purge-no-worker",
        "story2-start-no-worker",
    ) == ["running", "EngineRejected", "wrong_status", "OutcomeUnknown"]
    assert await told(
        "story2-terminate",
        "story2-purge",
        "story2-start",
        "story2-get-running-again",
    ) == ["accepted", "accepted", "accepted", "running"]


async def test_a_store_on_disk_outlives_the_sidecar() -> None:
    before, after = await run("sqlite-get-running"), await run("sqlite-get-after-daprd-kill")

    assert before == after
    assert await told("sqlite-raise-after-daprd-kill") == ["accepted"]
