"""What a real sidecar was seen to do, claim by claim, as the adapter tells it."""

import pytest

from tests.adapters.dapr.recorded import exchange
from tests.adapters.dapr.stories import FAILED, KILLED, OPERATIONS, SUCCEEDED, run, told

pytestmark = pytest.mark.asyncio


# --- what was claimed and checked ----------------------------------------------------------------


async def test_without_a_worker_every_operation_is_rejected_and_reads_work() -> None:
    assert await told(
        "get-nw-run-no-worker",
        "get-nw-done-no-worker",
        "get-nope-no-worker",
    ) == ["running", SUCCEEDED, "gone"]
    operations = (
        "pause-nw-run-no-worker",
        "pause-nw-done-no-worker",
        "resume-nw-susp-no-worker",
        "raise-nw-run-no-worker",
        "terminate-nw-run-no-worker",
        "terminate-nw-done-no-worker",
        "purge-nw-done-no-worker",
        "purge-nw-fail-no-worker",
    )
    assert await told(*operations) == ["EngineRejected"] * len(operations)


async def test_without_a_worker_an_unknown_id_is_not_told_from_a_known_one() -> None:
    assert await told("terminate-nope-no-worker", "pause-nope-no-worker") == ["EngineRejected"] * 2


async def test_without_a_worker_a_purge_still_answers_for_what_it_would_not_do() -> None:
    names = ("purge-nw-run-no-worker", "purge-nope-no-worker")

    assert await told(*names) == ["wrong_status", "not_found"]


async def test_a_start_without_a_worker_is_unknown_and_stores_nothing() -> None:
    assert await told("start-no-worker", "get-after-start-no-worker") == ["OutcomeUnknown", "gone"]
    assert await told("get-given-up-start-after-worker-back") == ["gone"]
    names = ("start-duplicate-running-no-worker", "start-reuse-completed-no-worker")
    assert await told(*names) == ["OutcomeUnknown"] * 2


async def test_a_start_is_done_when_the_worker_comes_back_in_time() -> None:
    assert await told("start-worker-comes-back") == ["accepted"]


async def test_a_stalled_instance_takes_nothing_and_goes_on_with_the_right_worker() -> None:
    names = [f"{one}-stalled" for one in (*OPERATIONS, "purge", "start-duplicate")]

    assert await told("get-stalled", *names) == ["stalled", *["wrong_status"] * len(names)]
    assert await told("get-stalled-no-worker", "get-stall-cleared") == ["stalled", SUCCEEDED]


async def test_a_failed_instance_has_a_failure_and_no_output() -> None:
    assert "dapr.workflow.output" not in exchange("get-failed").text
    assert ((await run("get-failed")).failure or "").startswith("ValueError: lab failure\n")


async def test_a_dead_scheduler_shows_in_writes_only() -> None:
    assert await told(
        "scheduler-lost-get",
        "scheduler-lost-terminate",
        "scheduler-lost-start",
        "scheduler-lost-get-after",
        "scheduler-back-terminate",
    ) == ["running", "OutcomeUnknown", "OutcomeUnknown", "running", "accepted"]


async def test_lost_placement_makes_writes_hang_and_reads_work() -> None:
    assert await told("placement-lost-get", "placement-lost-terminate", "placement-lost-start") == [
        "running",
        "OutcomeUnknown",
        "OutcomeUnknown",
    ]
    assert await told("placement-back-start") == ["accepted"]


async def test_placement_that_was_never_there_lets_reads_and_purges_answer() -> None:
    names = ("placement-down-get", "placement-down-purge", "placement-down-terminate")

    assert await told(*names) == ["gone", "not_found", "OutcomeUnknown"]


async def test_an_app_that_is_down_makes_reads_hang_too() -> None:
    names = ("app-down-healthz-outbound", "app-down-get", "app-down-terminate")

    assert await told(*names) == ["accepted", "EngineUnreachable", "OutcomeUnknown"]


async def test_an_id_of_64_bytes_is_taken_and_unicode_letters_are_ids() -> None:
    names = ("start-id-64-bytes", "start-id-unicode", "start-id-unicode-cjk")
    longest = "start-id-unicode-32-chars-64-bytes"

    assert await told(*names, longest, "get-unicode-id") == [*["accepted"] * 4, SUCCEEDED]


# --- more facts ----------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    ("ended", "stands"),
    [("completed", SUCCEEDED), ("failed", FAILED), ("terminated", KILLED)],
)
async def test_an_operation_on_what_has_ended_is_accepted_and_does_nothing(
    operation: str,
    ended: str,
    stands: str,
) -> None:
    name = f"{operation}-{ended}"

    assert await told(name, f"get-after-{name}", f"{name}-again") == [
        "accepted",
        stands,
        "accepted",
    ]


async def test_a_read_right_after_an_acceptance_may_show_the_old_status() -> None:
    assert await told("seq-pause", "seq-get-just-after-pause", "get-suspended") == [
        "accepted",
        "running",
        "paused",
    ]


async def test_a_hung_turn_makes_operations_hang_and_reads_work() -> None:
    assert (
        await told(
            "pause-pending-turn-hangs",
            "terminate-pending-turn-hangs",
            "start-duplicate-pending-turn-hangs",
            "terminate-running-turn-hangs",
        )
        == ["OutcomeUnknown"] * 4
    )
    assert await told(
        "get-pending-mute-worker",
        "get-running-turn-hangs",
        "purge-pending-turn-hangs",
        "purge-running-turn-hangs",
    ) == ["pending", "running", "not_found", "wrong_status"]


async def test_what_was_given_up_on_a_hung_turn_was_not_done() -> None:
    names = ("get-pending-after-good-worker", "get-running-after-good-worker")

    assert await told(*names) == [SUCCEEDED, SUCCEEDED]


async def test_the_stray_tail_of_a_404_does_not_hide_its_meaning() -> None:
    names = ("terminate-unknown", "purge-unknown", "purge-after-purge")

    assert all("%!(EXTRA" in exchange(name).text for name in names)
    assert await told(*names) == ["not_found"] * 3


async def test_a_payload_that_is_no_json_fails_a_workflow() -> None:
    assert await told("get-started-with-text-input", "get-after-raise-text-body") == [FAILED] * 2
    failure = (await run("get-started-with-text-input")).failure or ""
    assert failure.startswith("JSONDecodeError: ")


async def test_a_workflow_that_no_worker_knows_is_started_and_fails() -> None:
    assert await told("start-unknown-workflow", "get-unknown-workflow") == ["accepted", FAILED]
    failure = (await run("get-unknown-workflow")).failure or ""
    assert failure.startswith("OrchestratorNotRegisteredError: ")


async def test_a_body_above_the_limit_is_rejected_and_starts_nothing() -> None:
    names = ("start-body-too-large", "get-after-body-too-large")

    assert await told(*names) == ["EngineRejected", "gone"]


async def test_an_event_is_taken_whatever_the_case_of_its_name() -> None:
    assert await told(
        "raise-other-event",
        "get-after-raise-other-event",
        "raise-case-differs",
        "get-after-raise-case-differs",
    ) == ["accepted", "running", "accepted", SUCCEEDED]


async def test_a_child_that_is_ended_by_itself_fails_its_parent() -> None:
    assert await told(
        "terminate-child",
        "get-terminated-child",
        "get-parent-of-terminated-child",
    ) == ["accepted", KILLED, FAILED]


async def test_a_terminate_and_a_purge_take_the_children_along() -> None:
    assert await told(
        "terminate-parent",
        "get-terminated-parent",
        "get-child-of-terminated-parent",
        "purge-terminated-parent",
        "get-child-after-parent-purge",
    ) == ["accepted", KILLED, KILLED, "accepted", "gone"]


async def test_a_pause_leaves_the_children_running() -> None:
    assert await told("suspend-parent", "get-child-of-suspended-parent") == ["accepted", "running"]


async def test_a_pending_instance_has_no_name_and_no_times() -> None:
    found = await run("get-pending-scheduled")

    assert (found.key, found.created_at, found.ref.incarnation) == (None, None, None)


async def test_it_continues_as_new_and_reads_as_running() -> None:
    assert await told("raise-continue-as-new", "get-after-continue-as-new") == [
        "accepted",
        "running",
    ]
