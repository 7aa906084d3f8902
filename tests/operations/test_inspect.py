"""One key, looked at, on the in-memory engine: what is there and what a recovery would do."""

from datetime import timedelta

import pytest

import wfadmin
from tests.operations.engines import at
from wfadmin.adapters.audit_memory import MemoryAuditLog
from wfadmin.adapters.memory import Point, World
from wfadmin.domain.components import Component
from wfadmin.domain.policy import Paused, RecoveryPolicy
from wfadmin.domain.recovery import Allowed, Blocked, PriorEffect
from wfadmin.errors import AuditUnavailable, EngineUnreachable, ServiceNotFound, UnexpectedAnswer
from wfadmin.ports import AuditRecord, RetryGuard

pytestmark = pytest.mark.asyncio

KEY = wfadmin.WorkflowKey("Order", "o-1")
DEAD = EngineUnreachable("memory", "Connection refused")


async def look(
    world: World, key: wfadmin.WorkflowKey = KEY, *, show_state: bool = False, **changes: object
) -> wfadmin.Inspection:
    operator = wfadmin.connect(world.engine, clock=world.clock, **changes)  # type: ignore[arg-type]
    async with operator:
        return await operator.inspect(key, show_state=show_state)


def reason_of(found: wfadmin.Inspection) -> str:
    assert isinstance(found.recover, Blocked)
    return found.recover.reason.value


async def test_a_failed_key_may_be_recovered_by_purging_its_run() -> None:
    world = World()
    world.workflow("Order").key("o-1").failed("payment was refused")

    found = await look(world)

    (run,) = found.runs
    assert found.recover == Allowed(to_purge=(run.id,))
    assert [one.failure for one in found.failures] == ["payment was refused"]
    assert [one.code.value for one in found.findings] == ["failed_retained"]


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("running", "active"),
        ("paused", "active"),
        ("suspended", "active"),
        ("pending", "active"),
        ("succeeded", "succeeded"),
    ],
)
async def test_a_key_that_is_not_failed_is_blocked(status: str, reason: str) -> None:
    world = World()
    getattr(world.workflow("Order").key("o-1"), status)()

    found = await look(world)

    assert reason_of(found) == reason


async def test_a_policy_may_call_a_paused_run_stuck() -> None:
    world = World()
    world.workflow("Order").key("o-1").paused(failure="gave up")

    found = await look(world, policy=RecoveryPolicy((Paused(),)))

    (run,) = found.runs
    assert found.recover == Allowed(to_kill=(run.id,), to_purge=(run.id,))


async def test_a_virtual_object_is_never_recovered() -> None:
    world = World()
    world.virtual_object("Cart").key("c-1").failed("boom")

    found = await look(world, wfadmin.WorkflowKey("Cart", "c-1"))

    assert reason_of(found) == "not_a_workflow"


async def test_a_key_without_runs_is_a_report_without_runs() -> None:
    world = World()
    world.workflow("Order").key("o-1").failed("boom")

    found = await look(world, wfadmin.WorkflowKey("Order", "o-2"))

    assert (found.runs, found.recover, found.findings) == ((), Allowed(), ())
    assert found.service is not None


async def test_a_service_that_nobody_knows_is_not_found() -> None:
    world = World()
    world.workflow("Order").key("o-1").failed("boom")

    with pytest.raises(ServiceNotFound, match="Service not found: Ordre"):
        await look(world, wfadmin.WorkflowKey("Ordre", "o-1"))


async def test_state_shows_names_and_sizes_and_values_only_when_asked() -> None:
    world = World()
    world.workflow("Order").key("o-1").state({"card": b"4242"}).failed("boom")

    without, with_values = await look(world), await look(world, show_state=True)

    assert without.state is not None
    assert [(one.name, one.size, one.value) for one in without.state.entries] == [("card", 4, None)]
    assert with_values.state is not None
    assert [one.value for one in with_values.state.entries] == [b"4242"]
    assert "4242" not in repr(with_values)


async def test_an_engine_that_is_down_is_an_error_and_on_record() -> None:
    world, audit = World(), MemoryAuditLog()
    for component in Component:
        world.break_component(component, DEAD)

    with pytest.raises(EngineUnreachable):
        await look(world, audit=audit)

    (record,) = audit.records
    assert (record.verb, record.outcome) == ("inspect", "workflow_engine_unreachable")
    assert record.arguments == (("service_name", "Order"), ("service_key", "o-1"))


async def test_an_answer_that_is_not_understood_is_an_error() -> None:
    world = World()
    world.break_component(Component.INVOCATIONS, UnexpectedAnswer("memory", "odd"))

    with pytest.raises(UnexpectedAnswer):
        await look(world)


async def test_without_the_list_of_services_nothing_is_allowed() -> None:
    world = World()
    world.workflow("Order").key("o-1").failed("boom")
    world.break_component(Component.SERVICES, DEAD)

    found = await look(world)

    assert reason_of(found) == "query_failed"
    assert found.warnings == ("Not read: services. No answer from memory. Connection refused.",)


async def test_without_the_list_of_deployments_a_zombie_is_not_guessed() -> None:
    world = World()
    old = world.deployment("http://old:9080", serves=("Order",))
    world.workflow("Order").key("o-1").backing_off(attempts=9)
    world.deployment("http://new:9080", serves=("Order",))
    world.remove_deployment(old)
    zombie = await look(world)
    world.break_component(Component.DEPLOYMENTS, DEAD)

    found = await look(world)

    assert [one.code.value for one in zombie.findings] == ["zombie"]
    assert [one.code.value for one in found.findings] == ["backing_off"]


async def test_the_children_of_an_unfinished_run_are_shown() -> None:
    world = World()
    parent = world.workflow("Order").key("o-1").paused()
    parent.child(world.workflow("Payment").key("p-1")).running()

    found = await look(world)

    assert found.children is not None
    assert [one.key for one in found.children] == [wfadmin.WorkflowKey("Payment", "p-1")]


class Guard(RetryGuard):
    def __init__(self, answer: object) -> None:
        self.answer = answer

    async def effect_of(self, _key: wfadmin.WorkflowKey) -> object:  # type: ignore[override]
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


async def test_a_guard_that_fails_counts_as_not_known() -> None:
    world = World()
    world.workflow("Order").key("o-1").failed("boom")

    found = await look(world, guard=Guard(OSError("the ledger is away")))

    assert reason_of(found) == "effect_unknown"


async def test_runs_are_shown_newest_first() -> None:
    world = World()
    key = world.workflow("Order").key("o-1")
    key.running()
    world.clock.advance(timedelta(minutes=1))
    key.shared("watch").running()

    found = await look(world)

    assert [one.handler_name for one in found.runs] == ["watch", "run"]


async def test_a_guard_that_says_yes_blocks() -> None:
    world = World()
    world.workflow("Order").key("o-1").failed("boom")

    found = await look(world, guard=Guard(PriorEffect.HAPPENED))

    assert reason_of(found) == "effect_happened"


class FullAuditLog(MemoryAuditLog):
    async def note(self, _record: AuditRecord) -> None:
        raise AuditUnavailable("the disk is full")


async def test_a_record_that_cannot_be_stored_is_a_warning_beside_the_answer() -> None:
    world = World()
    world.workflow("Order").key("o-1").failed("boom")

    found = await look(world, audit=FullAuditLog())

    assert [one.partition(":")[0] for one in found.warnings] == ["The audit record was not stored"]
    assert [one.failure for one in found.runs] == ["boom"]


async def test_leftover_state_is_a_trace_of_a_service_that_is_gone() -> None:
    world = World()
    place = world.deployment("http://orders:9080", serves=("Order",))
    world.workflow("Order").key("o-1").state({"card": b"4242"})
    world.remove_deployment(place)

    found = await look(world)

    assert (found.runs, found.service) == ((), None)
    assert found.state is not None
    assert [one.name for one in found.state.entries] == ["card"]


async def test_state_that_cannot_be_read_may_be_a_trace() -> None:
    world = World()
    broken = at(Point.READ_STATE, lambda: world.break_component(Component.INVOCATIONS, DEAD))
    world.engine.points.hook = broken

    found = await look(world)

    assert found.warnings == ("Not read: state. No answer from memory. Connection refused.",)


async def test_children_that_cannot_be_read_are_said_and_not_none() -> None:
    world = World()
    world.workflow("Order").key("o-1").running()
    broken = at(Point.CHILDREN, lambda: world.break_component(Component.INVOCATIONS, DEAD))
    world.engine.points.hook = broken

    found = await look(world)

    assert found.children is None
    assert found.warnings == ("Not read: children. No answer from memory. Connection refused.",)


async def test_nothing_is_written_by_looking() -> None:
    world = World()
    world.workflow("Order").key("o-1").paused(failure="gave up")
    passed: list[Point] = []

    async def hook(point: Point) -> None:
        passed.append(point)

    world.engine.points.hook = hook

    await look(world, show_state=True)

    assert [one for one in passed if one.is_write] == []
