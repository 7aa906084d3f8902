"""The verbs on an engine that has next to nothing: said, not guessed."""

import attrs
import pytest

import wfadmin
from tests.operations.engines import BareEngine
from wfadmin.adapters.memory import Point, World
from wfadmin.domain.components import Component, ComponentStatus
from wfadmin.domain.errors import EngineUnreachable, NotSupported
from wfadmin.domain.model import HandlerKind, InvocationStatus
from wfadmin.domain.recovery import Allowed, Blocked
from wfadmin.testing import PortCall, Proceed, wrapped

pytestmark = pytest.mark.asyncio

KEY = wfadmin.WorkflowKey("Order", "o-1")


async def test_doctor_says_what_this_engine_does_not_have() -> None:
    async with wfadmin.connect(BareEngine(World().engine)) as operator:
        report = await operator.doctor()

    status = {one: getattr(report, one.value).status for one in Component}
    assert status == {
        Component.INGRESS: ComponentStatus.OK,
        Component.ADMIN: ComponentStatus.OK,
        Component.DEPLOYMENTS: ComponentStatus.NOT_SUPPORTED,
        Component.SERVICES: ComponentStatus.OK,
        Component.INVOCATIONS: ComponentStatus.NOT_SUPPORTED,
    }
    assert report.deployments.error == ("bare has no deployments. Its adapter declares it so.")
    assert report.findings == ()


async def test_a_failed_key_may_be_recovered_where_nothing_is_stored_by_key() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").failed("boom")

    async with wfadmin.connect(BareEngine(world.engine)) as operator:
        found = await operator.inspect(KEY)

    assert (found.recover, found.state) == (Allowed(to_purge=(run.id,)), None)
    assert found.warnings == ()


async def test_a_service_that_is_not_listed_may_exist_all_the_same() -> None:
    async with wfadmin.connect(BareEngine(World().engine)) as operator:
        found = await operator.inspect(KEY)

    expected = ("Whether a service 'Order' exists cannot be told on this engine.",)
    assert (found.runs, found.warnings) == ((), expected)


async def test_children_that_nobody_can_name_are_not_none() -> None:
    world = World()
    world.workflow("Order").key("o-1").running()

    async with wfadmin.connect(BareEngine(world.engine)) as operator:
        found = await operator.inspect(KEY)

    assert found.children is None
    assert isinstance(found.recover, Blocked)


async def test_the_children_of_too_many_runs_are_not_asked_for() -> None:
    world = World()
    key = world.workflow("Order").key("o-1")
    key.running()
    for number in range(8):
        key.shared(f"watch-{number}").running()

    async with wfadmin.connect(world.engine, clock=world.clock) as operator:
        found = await operator.inspect(KEY)

    assert found.children is None
    assert found.warnings == ("Not read: the children of 1 of 9 runs.",)
    assert {one.status for one in found.runs} == {InvocationStatus.RUNNING}


async def without_a_list(call: PortCall, proceed: Proceed) -> object:
    """An engine whose runs say themselves what they are, and which lists no services."""
    if call.point is Point.LIST_SERVICES:
        raise NotSupported("bare", "list of services")
    found = await proceed()
    if call.point is Point.FOR_KEY:
        return tuple(attrs.evolve(one, handler_kind=HandlerKind.MAIN) for one in found)
    return found


async def test_where_services_are_not_listed_the_runs_say_what_they_are() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").failed("boom")
    engine = wrapped(world.engine, without_a_list)

    async with wfadmin.connect(engine, clock=world.clock) as operator:
        result = await operator.recover_stuck_workflow(KEY)

    assert (result.purged, result.confirmed) == ((run.id,), True)


async def test_a_list_of_services_that_fails_is_an_error_all_the_same() -> None:
    world = World()
    world.workflow("Order").key("o-1").failed("boom")
    world.break_component(Component.SERVICES, EngineUnreachable("memory", "Connection refused"))

    async with wfadmin.connect(world.engine, clock=world.clock) as operator:
        with pytest.raises(EngineUnreachable):
            await operator.recover_stuck_workflow(KEY)
