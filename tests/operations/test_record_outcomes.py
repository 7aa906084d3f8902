"""What is on record of a repair that went wrong: how it ended, and all that was said."""

import asyncio
from collections.abc import Callable

import pytest

from tests.operations.repairs import (
    BACKING_OFF,
    KEY,
    PAUSED,
    acts,
    fails,
    lost,
    nothing,
    operator_of,
    watch,
)
from tests.operations.test_repair_record import Broken, Lease, cancelled_at
from wfadmin.adapters.audit_memory import MemoryAuditLog
from wfadmin.adapters.memory import Point, World
from wfadmin.errors import (
    AuditUnavailable,
    EngineRejected,
    EngineUnreachable,
    LeaseHeld,
    RetryBlocked,
    Sent,
    WfadminError,
)
from wfadmin.operations.recovery_loop import left_paused

pytestmark = pytest.mark.asyncio


def paused() -> World:
    world = World()
    world.workflow("Order").key("o-1").paused()
    return world


@pytest.mark.parametrize(
    ("breaks", "outcome"),
    [
        pytest.param(
            lambda: fails(Point.KILL, EngineUnreachable("memory", "refused")),
            "workflow_engine_unreachable",
            id="nothing was sent",
        ),
        pytest.param(
            lambda: fails(Point.KILL, EngineRejected("memory", 500)),
            "unknown",
            id="the engine failed in a write",
        ),
        pytest.param(lambda: lost(Point.KILL, nothing), "unknown", id="no answer came"),
    ],
)
async def test_the_word_on_record_says_whether_the_end_is_known(
    breaks: Callable[[], Callable[[Point], object]], outcome: str
) -> None:
    world, audit = paused(), MemoryAuditLog()
    watch(world, breaks())

    with pytest.raises(WfadminError) as caught:
        await operator_of(world, audit=audit).recover_stuck_workflow(KEY, policy=PAUSED)

    assert [one.outcome for one in audit.records] == [None, outcome]
    assert audit.records[-1].error == caught.value.message


async def test_a_refusal_after_a_write_is_known_and_no_open_end() -> None:
    world, audit = World(), MemoryAuditLog()
    run = world.workflow("Order").key("o-1").backing_off(attempts=7)
    payment = world.workflow("Payment").key("p-1")
    watch(world, acts(Point.PAUSE, lambda: run.child(payment).running()))

    with pytest.raises(RetryBlocked) as caught:
        await operator_of(world, audit=audit).recover_stuck_workflow(KEY, policy=BACKING_OFF)

    assert caught.value.sent is Sent.YES
    assert [one.outcome for one in audit.records] == [None, "workflow_retry_blocked"]


async def test_the_words_on_record_are_the_error_and_what_else_must_be_known() -> None:
    world, audit = World(), MemoryAuditLog()
    world.workflow("Order").key("o-1").backing_off(attempts=7)
    watch(world, lost(Point.KILL, nothing))

    with pytest.raises(WfadminError) as caught:
        await operator_of(world, audit=audit).recover_stuck_workflow(KEY, policy=BACKING_OFF)

    (also,) = caught.value.also
    assert audit.records[-1].error == f"{caught.value.message} {also}"


async def test_the_words_of_a_cancelled_call_name_what_it_left_paused() -> None:
    world, audit = World(), MemoryAuditLog()
    run = world.workflow("Order").key("o-1").backing_off(attempts=7)

    await cancelled_at(world, Point.KILL, audit=audit)

    assert run.now is not None
    assert audit.records[-1].error == f"CancelledError {left_paused(run.now)}"


async def test_an_interrupted_intent_says_by_what() -> None:
    audit = Broken(intent=asyncio.CancelledError())

    with pytest.raises(asyncio.CancelledError):
        await operator_of(paused(), audit=audit).recover_stuck_workflow(KEY, policy=PAUSED)

    assert [one.error for one in audit.records] == ["CancelledError"]


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        pytest.param(AuditUnavailable("full"), str(AuditUnavailable("full")), id="ours"),
        pytest.param(OSError("secret"), "OSError", id="another one, whose words may hold anything"),
    ],
)
async def test_an_outcome_that_cannot_be_stored_is_told_with_the_reason(
    error: Exception, problem: str
) -> None:
    audit = Broken(outcome=error)

    result = await operator_of(paused(), audit=audit).recover_stuck_workflow(KEY, policy=PAUSED)

    assert result.warnings[-1] == f"The outcome was not recorded: {problem}"


async def test_a_lease_that_somebody_holds_is_noted_with_the_reason() -> None:
    audit = MemoryAuditLog()
    lease = Lease(taking=LeaseHeld("Order/o-1"))

    with pytest.raises(LeaseHeld) as caught:
        await operator_of(paused(), audit=audit, lease=lease).recover_stuck_workflow(KEY)

    assert [(one.outcome, one.error) for one in audit.records] == [
        ("lease_held", caught.value.message)
    ]


async def test_a_refusal_is_noted_with_the_reason() -> None:
    world, audit = World(), MemoryAuditLog()
    world.workflow("Order").key("o-1").running()

    with pytest.raises(WfadminError) as caught:
        await operator_of(world, audit=audit).recover_stuck_workflow(KEY)

    assert [one.error for one in audit.records] == [caught.value.message]
