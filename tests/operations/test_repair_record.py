"""What every repair goes through: lease, evidence, intent, outcome, release."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from tests.operations.repairs import (
    BACKING_OFF,
    KEY,
    PAUSED,
    acts,
    lost,
    nothing,
    operator_of,
    outcomes,
    watch,
    writes,
)
from wfadmin.adapters.audit_memory import MemoryAuditLog
from wfadmin.adapters.evidence_memory import MemoryEvidence
from wfadmin.adapters.lease_memory import MemoryLease
from wfadmin.adapters.memory import Point, World
from wfadmin.adapters.memory.placing import Run
from wfadmin.domain.results import Effect
from wfadmin.errors import (
    AuditUnavailable,
    EvidenceUnavailable,
    LeaseUnavailable,
    OutcomeUnknown,
    RetryBlocked,
    Sent,
)
from wfadmin.ports import AuditRecord
from wfadmin.ports.lease import OperatorLease

pytestmark = pytest.mark.asyncio


def failed() -> tuple[World, Run]:
    world = World()
    return world, world.workflow("Order").key("o-1").state({"step": b"pay"}).failed()


class Broken(MemoryAuditLog):
    """An audit log of which some methods raise."""

    def __init__(self, **errors: BaseException) -> None:
        super().__init__()
        self.errors = errors

    async def intent(self, record: AuditRecord) -> None:
        if "intent" in self.errors:
            raise self.errors["intent"]
        await super().intent(record)

    async def outcome(self, record: AuditRecord) -> None:
        if "outcome" in self.errors:
            raise self.errors["outcome"]
        await super().outcome(record)

    async def note(self, record: AuditRecord) -> None:
        if "note" in self.errors:
            raise self.errors["note"]
        await super().note(record)


FULL = AuditUnavailable("the disk is full")


# --- the audit log -------------------------------------------------------------------------------


async def test_a_write_is_one_intent_before_it_and_one_outcome_after_it() -> None:
    world, _ = failed()
    audit = MemoryAuditLog(clock=world.clock)
    there: list[list[tuple[str, str | None]]] = []
    watch(world, acts(Point.PURGE, lambda: there.append(outcomes(audit))))
    operator = operator_of(world, audit=audit).acting_as("ada", reason="ticket 7")

    await operator.recover_stuck_workflow(KEY)

    assert there == [[("recover", None)]]
    assert outcomes(audit) == [("recover", None), ("recover", "confirmed")]
    intent, outcome = audit.records
    assert (intent.id, intent.actor, intent.reason) == (outcome.id, "ada", "ticket 7")
    assert dict(intent.arguments)["service_key"] == "o-1"


async def test_without_a_place_for_the_intent_nothing_is_sent() -> None:
    world, _ = failed()
    before, points = world.store.fingerprint(), watch(world)

    with pytest.raises(AuditUnavailable) as caught:
        await operator_of(world, audit=Broken(intent=FULL, note=FULL)).recover_stuck_workflow(KEY)

    assert (caught.value.sent, writes(points)) == (Sent.NO, [])
    assert world.store.fingerprint() == before


@pytest.mark.parametrize("error", [FULL, OSError("gone"), TimeoutError()])
async def test_without_a_place_for_the_outcome_the_result_stands(error: Exception) -> None:
    world, run = failed()

    result = await operator_of(world, audit=Broken(outcome=error)).recover_stuck_workflow(KEY)

    assert (result.purged, result.effect) == ((run.id,), Effect.CONFIRMED)
    assert result.warnings[-1].startswith("The outcome was not recorded: ")


async def test_an_outcome_that_is_not_stored_does_not_hide_what_went_wrong() -> None:
    world, _ = failed()
    watch(world, lost(Point.PURGE, nothing))

    with pytest.raises(OutcomeUnknown):
        await operator_of(world, audit=Broken(outcome=OSError())).recover_stuck_workflow(KEY)


async def test_a_refusal_is_one_note() -> None:
    world, audit = World(), MemoryAuditLog()
    world.workflow("Order").key("o-1").running()

    with pytest.raises(RetryBlocked):
        await operator_of(world, audit=audit).recover_stuck_workflow(KEY)

    assert outcomes(audit) == [("recover", "workflow_retry_blocked")]


async def test_nothing_to_do_is_one_note_and_a_warning_where_it_cannot_be_stored() -> None:
    world, audit = World(), MemoryAuditLog()
    world.workflow("Order").key("o-2").failed()

    await operator_of(world, audit=audit).recover_stuck_workflow(KEY)
    result = await operator_of(world, audit=Broken(note=FULL)).recover_stuck_workflow(KEY)

    assert outcomes(audit) == [("recover", "no_change")]
    assert result.warnings[0].startswith("The audit record was not stored")


async def test_a_plan_and_a_plan_that_is_refused_are_notes() -> None:
    world, _ = failed()
    audit = MemoryAuditLog()
    operator = operator_of(world, audit=audit)
    await operator.plan_recover(KEY)
    world.store.purge(world.store.runs[0].id)
    world.workflow("Order").key("o-1").running()

    with pytest.raises(RetryBlocked):
        await operator.plan_recover(KEY)

    assert outcomes(audit) == [
        ("plan recover", "planned"),
        ("plan recover", "workflow_retry_blocked"),
    ]


async def test_a_plan_whose_note_is_not_stored_says_so() -> None:
    world, _ = failed()

    plan = await operator_of(world, audit=Broken(note=FULL)).plan_recover(KEY)

    assert plan.warnings[-1].startswith("The audit record was not stored")


# --- evidence ------------------------------------------------------------------------------------


class NoEvidence(MemoryEvidence):
    async def save(self, *_: object, **__: object) -> str:
        raise EvidenceUnavailable("the disk is full")


async def test_without_a_place_for_the_evidence_nothing_is_sent() -> None:
    world, _ = failed()
    audit = MemoryAuditLog()
    before, points = world.store.fingerprint(), watch(world)

    with pytest.raises(EvidenceUnavailable):
        await operator_of(world, evidence=NoEvidence(), audit=audit).recover_stuck_workflow(KEY)

    assert (world.store.fingerprint(), writes(points)) == (before, [])
    assert outcomes(audit) == [("recover", "evidence_unavailable")]


async def test_evidence_is_saved_before_the_first_write() -> None:
    world, _ = failed()
    evidence = MemoryEvidence()
    there: list[int] = []
    watch(world, acts(Point.PURGE, lambda: there.append(len(evidence.saved))))

    await operator_of(world, evidence=evidence).recover_stuck_workflow(KEY)

    assert there == [1]


# --- the lease -----------------------------------------------------------------------------------


class Lease(OperatorLease):
    """A lease that notes what happens to it, and fails where it is told to."""

    def __init__(self, *, taking: Exception | None = None, going: Exception | None = None) -> None:
        self.taking, self.going = taking, going
        self.notes: list[str] = []

    @asynccontextmanager
    async def hold(self, scope: str) -> AsyncIterator[None]:
        if self.taking is not None:
            raise self.taking
        self.notes.append(f"taken for {scope}")
        try:
            yield
        finally:
            self.notes.append("let go")
            if self.going is not None:
                raise self.going


async def test_the_lease_of_the_key_is_held_and_let_go() -> None:
    world, _ = failed()
    lease = Lease()

    await operator_of(world, lease=lease).recover_stuck_workflow(KEY)

    assert lease.notes == ["taken for memory key 'Order' 'o-1'", "let go"]


async def test_a_lease_that_nobody_can_take_is_a_refusal_on_record() -> None:
    world, _ = failed()
    audit, points = MemoryAuditLog(), watch(world)
    lease = Lease(taking=LeaseUnavailable("the folder is gone"))

    with pytest.raises(LeaseUnavailable):
        await operator_of(world, lease=lease, audit=audit).recover_stuck_workflow(KEY)

    assert (outcomes(audit), points) == ([("recover", "lease_unavailable")], [])


async def test_a_lease_that_cannot_be_let_go_is_a_warning_beside_the_result() -> None:
    world, run = failed()

    result = await operator_of(world, lease=Lease(going=OSError("gone"))).recover_stuck_workflow(
        KEY,
    )

    assert result.purged == (run.id,)
    assert result.warnings[-1] == "The lease was not let go: OSError"


async def test_a_lease_is_let_go_after_a_refusal() -> None:
    world, lease = World(), MemoryLease()
    world.workflow("Order").key("o-1").running()
    operator = operator_of(world, lease=lease)

    for _ in range(2):
        with pytest.raises(RetryBlocked):
            await operator.recover_stuck_workflow(KEY)


# --- cancellation --------------------------------------------------------------------------------


async def cancelled_at(world: World, point: Point, **ports: object) -> None:
    """Recover, and cancel the call while it waits at `point`."""
    reached = asyncio.Event()

    async def waits(at: Point) -> None:
        if at is point:
            reached.set()
            await asyncio.sleep(3600)

    watch(world, waits)
    operator = operator_of(world, **ports)
    task = asyncio.create_task(operator.recover_stuck_workflow(KEY, policy=BACKING_OFF))
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    world.engine.points.hook = None


async def test_a_cancelled_write_is_unknown_on_record_and_the_lease_is_let_go() -> None:
    world, _ = failed()
    audit, lease = MemoryAuditLog(clock=world.clock), Lease()

    await cancelled_at(world, Point.PURGE, audit=audit, lease=lease)

    assert outcomes(audit) == [("recover", None), ("recover", "unknown")]
    assert lease.notes[-1] == "let go"
    world.clock.advance(timedelta(minutes=5))
    assert [one.verb for one in await audit.open_intents("memory")] == ["recover"]


async def test_a_cancelled_kill_leaves_the_parked_run_named_on_record() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").backing_off(attempts=7)
    audit = MemoryAuditLog(clock=world.clock)

    await cancelled_at(world, Point.KILL, audit=audit)

    assert audit.records[-1].outcome == "unknown"
    assert f"{run.id} was paused by this operation" in (audit.records[-1].error or "")


async def test_a_call_that_is_cancelled_before_the_first_write_is_no_open_one() -> None:
    world, _ = failed()
    audit = MemoryAuditLog(clock=world.clock)
    steps: list[Point] = []
    reached = asyncio.Event()

    async def waits(at: Point) -> None:
        steps.append(at)
        if steps.count(Point.FOR_KEY) == 2:
            reached.set()
            await asyncio.sleep(3600)

    watch(world, waits)
    task = asyncio.create_task(operator_of(world, audit=audit).recover_stuck_workflow(KEY))
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert outcomes(audit) == [("recover", None), ("recover", "interrupted")]
    world.clock.advance(timedelta(minutes=5))
    assert await audit.open_intents("memory") == ()


async def test_an_intent_that_is_interrupted_ends_as_interrupted() -> None:
    world, _ = failed()
    audit = Broken(intent=KeyboardInterrupt())
    points = watch(world)

    with pytest.raises(KeyboardInterrupt):
        await operator_of(world, audit=audit).recover_stuck_workflow(KEY)

    assert (outcomes(audit), writes(points)) == ([("recover", "interrupted")], [])


async def test_an_adapter_that_fails_in_a_write_is_unknown_on_record() -> None:
    world = World()
    world.workflow("Order").key("o-1").paused()
    audit = MemoryAuditLog()

    def breaks() -> None:
        raise KeyError("oops")

    watch(world, acts(Point.KILL, breaks))

    with pytest.raises(KeyError):
        await operator_of(world, audit=audit).recover_stuck_workflow(KEY, policy=PAUSED)

    assert outcomes(audit) == [("recover", None), ("recover", "unknown")]
