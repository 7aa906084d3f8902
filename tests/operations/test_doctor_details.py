"""The doctor in detail: what its report holds, how long it takes, and who is told."""

from datetime import timedelta

import pytest

from tests.operations.repairs import Hook, acts, operator_of, watch
from tests.operations.test_waiting import Told
from tests.operations.test_write_floor import Noting
from wfadmin.adapters.audit_memory import MemoryAuditLog
from wfadmin.adapters.memory import Point, World
from wfadmin.domain.components import Component
from wfadmin.domain.finding import Thresholds
from wfadmin.errors import EngineUnreachable
from wfadmin.ports import AuditRecord

pytestmark = pytest.mark.asyncio

V1, V2 = "http://v1:9080", "http://v2:9080"
#: The answers, and the note on record, which may take half a second.
ONE_LOOK = [5.0, 0.5]


def zombie() -> World:
    """A run whose deployment is gone: the lists are read twice for it."""
    world = World()
    old = world.deployment(V1, serves=("Order",))
    world.workflow("Order").key("o-1").suspended()
    world.deployment(V2, serves=("Order",))
    world.remove_deployment(old)
    world.clock.advance(timedelta(seconds=3))
    return world


def takes(world: World, point: Point, *, milliseconds: int, visit: int = 1) -> Hook:
    """Let a call take so long, by the clock of the world."""
    length = timedelta(milliseconds=milliseconds)
    return acts(point, lambda: world.clock.advance(length), visit=visit)


def seconds(tasks: Noting) -> list[float]:
    """Say how long each group of calls was allowed to take."""
    return [one.total_seconds() for one in tasks.limits]


# --- what it holds -------------------------------------------------------------------------------


async def test_a_report_holds_what_every_component_answered() -> None:
    world = World()
    place = world.deployment(V1, serves=("Order",))
    order = world.workflow("Order")
    order.key("o-1").running()
    failure = order.key("o-2").failed()
    engine = world.engine

    report = await operator_of(world).doctor()

    assert report.admin.version == await engine.admin.probe_admin()
    assert report.deployments.items == (place,)
    assert report.services.items == await engine.admin.list_services()
    assert [one.id for one in report.invocations.recent_failures] == [failure.id]
    counts = {one.engine_status: one.count for one in report.invocations.by_status}
    assert sum(counts.values()) == 2


async def test_the_finding_about_a_component_says_why_and_what_helps() -> None:
    world = World()
    error = EngineUnreachable("memory", "Connection refused")
    world.break_component(Component.INGRESS, error)

    report = await operator_of(world).doctor()

    (finding,) = report.findings
    assert finding.message == f"ingress is unreachable: {error.message} {error.why}"
    assert [one.title for one in finding.remedies] == [error.fix]


async def test_the_thresholds_are_those_of_the_host() -> None:
    world = World()
    world.workflow("Order").key("o-1").backing_off(attempts=2)

    report = await operator_of(world, thresholds=Thresholds(backing_off_attempts=2)).doctor()

    assert [(one.code.value, one.severity.value) for one in report.findings] == [
        ("backing_off", "error")
    ]


async def test_a_write_that_nobody_knows_the_end_of_is_found() -> None:
    world = World()
    audit = MemoryAuditLog(clock=world.clock)
    arguments = (("service_name", "Order"), ("service_key", "o-1"))
    await audit.intent(
        AuditRecord("op_1", world.clock.now(), "ada", "memory", "recover", arguments)
    )
    world.clock.advance(timedelta(minutes=5))

    report = await operator_of(world, audit=audit).doctor()

    assert [one.message for one in report.findings] == [
        "nobody knows whether recover of Order/o-1 happened"
    ]


async def test_whoever_watches_is_told_the_verdict() -> None:
    world, told = World(), Told()

    await operator_of(world, observer=told).doctor()

    assert told.events == [("doctor.done", {"engine": "memory", "verdict": "ok"})]


# --- how long it takes ---------------------------------------------------------------------------


async def test_the_time_of_each_answer_is_told_in_milliseconds() -> None:
    world = World()
    world.clock.advance(timedelta(seconds=3))
    watch(
        world,
        takes(world, Point.LIST_DEPLOYMENTS, milliseconds=7),
        takes(world, Point.LIST_SERVICES, milliseconds=20),
    )

    report = await operator_of(world).doctor()

    assert (report.deployments.latency_ms, report.services.latency_ms) == (7, 20)


async def test_a_second_look_keeps_the_times_of_the_first() -> None:
    world = zombie()
    points = watch(
        world,
        takes(world, Point.LIST_DEPLOYMENTS, milliseconds=7),
        takes(world, Point.LIST_SERVICES, milliseconds=20),
        takes(world, Point.LIST_DEPLOYMENTS, milliseconds=100, visit=2),
        takes(world, Point.LIST_SERVICES, milliseconds=200, visit=2),
    )

    report = await operator_of(world).doctor()

    assert points.count(Point.LIST_DEPLOYMENTS) == 2
    assert (report.deployments.latency_ms, report.services.latency_ms) == (7, 20)


async def test_a_second_look_may_take_what_the_first_has_left_of_the_time() -> None:
    world, tasks = zombie(), Noting()
    watch(world, takes(world, Point.SURVEY, milliseconds=1000))

    await operator_of(world, tasks=tasks).doctor()

    assert seconds(tasks) == [5.0, 4.0, 0.5]


@pytest.mark.parametrize(("left", "looks"), [(50, ONE_LOOK), (51, [5.0, 0.051, 0.5])])
async def test_with_too_little_time_left_there_is_no_second_look(
    left: int, looks: list[float]
) -> None:
    world, tasks = zombie(), Noting()
    watch(world, takes(world, Point.SURVEY, milliseconds=5000 - left))

    await operator_of(world, tasks=tasks).doctor()

    assert seconds(tasks) == looks


async def test_lists_that_agree_are_read_once() -> None:
    tasks = Noting()

    await operator_of(World(), tasks=tasks).doctor()

    assert seconds(tasks) == ONE_LOOK
