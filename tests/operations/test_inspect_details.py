"""A look at one key in detail: what could not be read, and what its findings go by."""

import pytest

import wfadmin
from tests.operations.engines import declaring
from tests.operations.repairs import KEY, PAUSED, operator_of
from wfadmin.adapters.memory import World
from wfadmin.domain.capabilities import CommandName
from wfadmin.domain.components import Component
from wfadmin.domain.finding import Finding, Thresholds
from wfadmin.domain.model import InvocationStatus
from wfadmin.domain.recovery import Blocked
from wfadmin.errors import EngineUnreachable

pytestmark = pytest.mark.asyncio

V1, V2 = "http://v1:9080", "http://v2:9080"
DEAD = EngineUnreachable("memory", "Connection refused")


async def found(world: World, **ports: object) -> Finding:
    """Give the only finding about the key."""
    inspection = await operator_of(world, **ports).inspect(KEY)
    (finding,) = inspection.findings
    return finding


def commands(finding: Finding) -> list[str | None]:
    return [one.command() for one in finding.remedies]


async def test_what_could_not_be_read_is_named() -> None:
    world = World()
    world.workflow("Order").key("o-1").running()
    world.break_component(Component.DEPLOYMENTS, DEAD)

    inspection = await operator_of(world).inspect(KEY)

    assert inspection.warnings == (f"Not read: deployments. {DEAD.message} {DEAD.why}",)


async def test_a_zombie_is_moved_to_where_its_service_is_now() -> None:
    world = World()
    old = world.deployment(V1, serves=("Order",))
    run = world.workflow("Order").key("o-1").suspended()
    world.deployment(V2, serves=("Order",))
    world.remove_deployment(old)

    assert commands(await found(world)) == [
        f"wfadmin runs resume --id={run.id} --deployment latest -- Order o-1"
    ]


async def test_the_thresholds_are_those_of_the_host() -> None:
    world = World()
    world.workflow("Order").key("o-1").backing_off(attempts=2)

    finding = await found(world, thresholds=Thresholds(backing_off_attempts=2))

    assert (finding.code.value, finding.severity.value) == ("backing_off", "error")


async def test_all_failures_of_the_key_are_counted() -> None:
    world = World()
    world.workflow("Order").key("o-1").failed()

    assert (await found(world)).message == "1 failure of Order retained"


async def test_a_recovery_takes_children_along_only_where_there_are_any() -> None:
    alone, parent = World(), World()
    alone.workflow("Order").key("o-1").paused()
    run = parent.workflow("Order").key("o-1").paused()
    run.child(parent.workflow("Payment").key("p-1")).running()

    assert commands(await found(alone))[-1] == "wfadmin recover --stuck paused -- Order o-1"
    assert commands(await found(parent))[-1] == (
        "wfadmin recover --stuck paused --with-children -- Order o-1"
    )


@pytest.mark.parametrize("has_force", [True, False])
async def test_a_run_that_no_kill_ends_is_forgotten_by_force_where_the_engine_can(
    *, has_force: bool
) -> None:
    world = World()
    world.workflow("Order").key("o-1").paused()
    known = (await world.engine.facts()).capabilities.commands - {CommandName.FORCE_PURGE}
    engine = declaring(
        world,
        commands=known | {CommandName.FORCE_PURGE} if has_force else known,
        unkillable=frozenset({InvocationStatus.PAUSED}),
    )

    inspection = await wfadmin.connect(engine, clock=world.clock).inspect(KEY)

    (finding,) = inspection.findings
    forced = "wfadmin recover --stuck paused --force-purge -- Order o-1"
    assert (forced in commands(finding)) is has_force


async def test_a_run_that_no_kill_ends_blocks_a_recovery_without_force() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").paused()
    engine = declaring(world, unkillable=frozenset({InvocationStatus.PAUSED}))

    inspection = await wfadmin.connect(engine, clock=world.clock, policy=PAUSED).inspect(KEY)

    assert isinstance(inspection.recover, Blocked)
    assert inspection.recover.reason.value == "not_killable"
    assert inspection.recover.invocation_ids == (run.id,)


@pytest.mark.parametrize(("many", "warnings"), [(8, 0), (9, 1)])
async def test_the_children_of_at_most_eight_runs_are_asked_for(many: int, warnings: int) -> None:
    world = World()
    key = world.workflow("Order").key("o-1")
    key.running()
    for _ in range(many - 1):
        key.shared("watch").running()

    inspection = await operator_of(world).inspect(KEY)

    assert (inspection.children is None) is (warnings == 1)
    assert inspection.warnings == ("Not read: the children of 1 of 9 runs.",)[:warnings]
