"""What only reads is on record with what it was about, and with what went wrong."""

import pytest

from tests.operations.repairs import KEY, operator_of
from wfadmin.adapters.audit_memory import MemoryAuditLog
from wfadmin.adapters.memory import World
from wfadmin.domain.components import Component
from wfadmin.errors import EngineUnreachable, RetryBlocked

pytestmark = pytest.mark.asyncio

ABOUT_KEY = (("service_name", "Order"), ("service_key", "o-1"))


async def test_a_look_at_a_key_is_on_record() -> None:
    world, audit = World(), MemoryAuditLog()
    world.workflow("Order").key("o-1").failed()

    await operator_of(world, audit=audit).inspect(KEY)

    (record,) = audit.records
    assert (record.verb, record.outcome, record.error) == ("inspect", "read", None)
    assert record.arguments == ABOUT_KEY


async def test_a_look_that_failed_is_on_record_with_what_went_wrong() -> None:
    world, audit = World(), MemoryAuditLog()
    world.break_component(Component.INVOCATIONS, EngineUnreachable("memory", "refused"))

    with pytest.raises(EngineUnreachable) as caught:
        await operator_of(world, audit=audit).inspect(KEY)

    (record,) = audit.records
    assert (record.verb, record.outcome) == ("inspect", "workflow_engine_unreachable")
    assert (record.arguments, record.error) == (ABOUT_KEY, caught.value.message)


async def test_a_plan_is_on_record_with_its_arguments() -> None:
    world, audit = World(), MemoryAuditLog()
    world.workflow("Order").key("o-1").failed()

    plan = await operator_of(world, audit=audit).plan_recover(KEY)

    (record,) = audit.records
    assert (record.verb, record.outcome) == ("plan recover", "planned")
    assert record.arguments == plan.arguments


async def test_a_refused_plan_is_on_record_with_the_reason() -> None:
    world, audit = World(), MemoryAuditLog()
    world.workflow("Order").key("o-1").running()

    with pytest.raises(RetryBlocked) as caught:
        await operator_of(world, audit=audit).plan_recover(KEY)

    (record,) = audit.records
    assert record.arguments[:2] == ABOUT_KEY
    assert record.error == caught.value.message
