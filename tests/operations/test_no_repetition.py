"""A write that may still land is not followed by one that would do harm together with it."""

from datetime import timedelta

import attrs
import pytest

import wfadmin
from wfadmin.adapters.audit_memory import MemoryAuditLog
from wfadmin.adapters.memory import Point, Run, World
from wfadmin.domain.capabilities import CommandName, EngineFacts
from wfadmin.errors import EndNotKnown, OutcomeUnknown
from wfadmin.testing import Faults, PortCall, Proceed, wrapped

pytestmark = pytest.mark.asyncio

KEY = wfadmin.WorkflowKey("Order", "o-1")


def placed(*, repeatable: frozenset[CommandName]) -> tuple[World, Run, Faults, wfadmin.Operator]:
    """A running run on an engine on which only `repeatable` may be sent again."""
    world = World()
    run = world.workflow("Order").key("o-1").running()
    faults = Faults(clock=world.clock)

    async def around(_: PortCall, proceed: Proceed) -> object:
        found = await proceed()
        if not isinstance(found, EngineFacts):
            return found
        capabilities = attrs.evolve(found.capabilities, repeatable=repeatable)
        return attrs.evolve(found, capabilities=capabilities)

    engine = faults.over(wrapped(world.engine, around))
    audit = MemoryAuditLog(clock=world.clock)
    return world, run, faults, wfadmin.connect(engine, clock=world.clock, audit=audit)


async def test_a_pause_of_which_nobody_knows_the_end_is_not_sent_again() -> None:
    _, run, faults, operator = placed(repeatable=frozenset())
    faults.on(Point.PAUSE).late(by=timedelta(days=1))
    with pytest.raises(OutcomeUnknown):
        await operator.pause(KEY)

    with pytest.raises(EndNotKnown) as caught:
        await operator.pause(KEY)

    assert caught.value.verb == "pause"
    assert caught.value.target == "Order/o-1"
    assert [struck.point for struck in faults.struck] == [Point.PAUSE]
    assert run.now is not None
    assert run.now.status == "running"


async def test_it_may_be_sent_again_where_that_does_no_harm() -> None:
    _, run, faults, operator = placed(repeatable=frozenset({CommandName.PAUSE}))
    faults.on(Point.PAUSE).late(by=timedelta(days=1))
    with pytest.raises(OutcomeUnknown):
        await operator.pause(KEY)

    await operator.pause(KEY)

    assert run.now is not None
    assert run.now.status == "paused"


async def test_what_is_unknown_of_another_key_keeps_nobody_off() -> None:
    world, _, faults, operator = placed(repeatable=frozenset())
    other = world.workflow("Order").key("o-2").running()
    faults.on(Point.PAUSE).late(by=timedelta(days=1))
    with pytest.raises(OutcomeUnknown):
        await operator.pause(KEY)

    await operator.pause(wfadmin.WorkflowKey("Order", "o-2"))

    assert other.now is not None
    assert other.now.status == "paused"
