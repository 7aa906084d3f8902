"""The doctor, on the in-memory engine: what it says of an ill engine, and that it only reads."""

from datetime import timedelta

import pytest

import wfadmin
from wfadmin.adapters.audit_memory import MemoryAuditLog
from wfadmin.adapters.memory import World
from wfadmin.domain.components import Component, ComponentStatus
from wfadmin.domain.doctor import DoctorReport
from wfadmin.errors import (
    AuditUnavailable,
    EngineRejected,
    EngineUnreachable,
    NotSupported,
    UnexpectedAnswer,
)
from wfadmin.ports import AuditRecord

pytestmark = pytest.mark.asyncio

DEAD = EngineUnreachable("memory", "Connection refused")
SAYS_NO = EngineRejected("memory", 500, "META0001", "no such scanner")
GARBLED = UnexpectedAnswer("memory", "expected a list at $.rows")


async def examine(world: World, **changes: object) -> DoctorReport:
    operator = wfadmin.connect(world.engine, clock=world.clock, **changes)  # type: ignore[arg-type]
    async with operator:
        return await operator.doctor()


def codes(report: DoctorReport) -> list[tuple[str, str]]:
    return [(one.code.value, one.severity.value) for one in report.findings]


async def test_a_healthy_engine_has_no_findings() -> None:
    world = World()
    world.workflow("Order").key("o-1").running()

    report = await examine(world)

    assert report.findings == ()
    assert (report.verdict, report.status) == ("ok", ComponentStatus.OK)
    assert report.warnings == ()


async def test_an_engine_without_anything_is_healthy() -> None:
    report = await examine(World())

    assert report.findings == ()
    assert report.invocations.by_status == ()


async def test_every_trouble_is_found_and_the_worst_comes_first() -> None:
    world = World()
    order = world.workflow("Order")
    order.key("o-1").failed("payment was refused")
    order.key("o-2").paused(failure="gave up")
    order.key("o-3").backing_off(attempts=7, failure="no route to host")
    order.key("o-4").backing_off(attempts=2, failure="no route to host")
    order.key("o-5").suspended(since=timedelta(hours=3))

    report = await examine(world)

    assert codes(report) == [
        ("paused", "error"),
        ("backing_off", "error"),
        ("backing_off", "warning"),
        ("suspended_long", "warning"),
        ("failed_retained", "info"),
    ]
    assert report.verdict == "error"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (DEAD, ComponentStatus.UNREACHABLE),
        (SAYS_NO, ComponentStatus.DEGRADED),
        (GARBLED, ComponentStatus.DEGRADED),
    ],
    ids=["unreachable", "degraded by an error status", "degraded by an odd answer"],
)
@pytest.mark.parametrize("broken", list(Component))
async def test_an_ill_component_costs_nothing_to_the_others(
    broken: Component,
    error: wfadmin.WfadminError,
    status: ComponentStatus,
) -> None:
    world = World()
    world.workflow("Order").key("o-1").failed("boom")
    world.break_component(broken, error)

    report = await examine(world)

    found = {one: getattr(report, one.value).status for one in Component}
    assert found == {one: status if one is broken else ComponentStatus.OK for one in Component}
    assert codes(report)[0] == (f"component_{status.value}", "error")
    assert getattr(report, broken.value).error == f"{error.message} {error.why}"
    assert getattr(report, broken.value).latency_ms is None


@pytest.mark.parametrize("broken", list(Component))
async def test_a_component_that_hangs_is_unreachable_in_time(broken: Component) -> None:
    world = World()
    world.hang(broken)

    report = await examine(world, timeout=0.05)

    assert getattr(report, broken.value).status is ComponentStatus.UNREACHABLE
    problem = "No answer from memory. It did not finish within 0.05 s."
    assert getattr(report, broken.value).error == problem


async def test_a_component_that_this_engine_does_not_have_counts_for_nothing() -> None:
    world = World()
    world.break_component(Component.DEPLOYMENTS, NotSupported("memory", "deployments"))

    report = await examine(world)

    assert report.deployments.status is ComponentStatus.NOT_SUPPORTED
    assert report.findings == ()
    assert report.status is ComponentStatus.OK


async def test_an_adapter_that_is_wrong_is_unreachable_and_its_words_are_not_repeated() -> None:
    world = World()
    world.break_component(Component.SERVICES, KeyError("token s3cr3t"))  # type: ignore[arg-type]

    report = await examine(world)

    assert report.services.status is ComponentStatus.UNREACHABLE
    assert report.services.error == "The adapter failed with KeyError."


async def test_the_attempt_is_on_record() -> None:
    audit = MemoryAuditLog()

    await examine(World(), audit=audit, actor="ada")

    (record,) = audit.records
    seen = (record.actor, record.engine, record.verb, record.outcome)
    assert seen == ("ada", "memory", "doctor", "ok")


class FullAuditLog(MemoryAuditLog):
    async def note(self, _record: AuditRecord) -> None:
        raise AuditUnavailable("the disk is full")


async def test_a_record_that_cannot_be_stored_is_a_warning_beside_the_answer() -> None:
    report = await examine(World(), audit=FullAuditLog())

    expected = (
        "The audit record was not stored: The audit log cannot be used: the disk is full. "
        "No write is sent whose intent is not on record."
    )
    assert report.warnings == (expected,)
    assert report.verdict == "ok"
