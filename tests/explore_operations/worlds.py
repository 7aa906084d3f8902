"""The worlds on which the operations are explored, and who operates there."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from wfadmin.adapters.memory import World
from wfadmin.domain.capabilities import CommandName, Fence
from wfadmin.domain.commands import Resume
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import InvocationStatus
from wfadmin.domain.policy import BackingOff, Paused, RecoveryPolicy
from wfadmin.operations.local import LocalOperator
from wfadmin.testing.explore import Scenario

KEY = WorkflowKey("Order", "o-1")
SHARED = "watch"
OLD, NEW = "http://orders-v1:9080", "http://orders-v2:9080"

PAUSED = RecoveryPolicy((Paused(),))
PAUSED_WITH_CHILDREN = RecoveryPolicy((Paused(),), with_children=True)
BACKING_OFF = RecoveryPolicy((BackingOff(attempts=5),))

Act = Callable[[LocalOperator], Awaitable[object]]

_NO_PAUSE = frozenset(
    {CommandName.KILL, CommandName.PURGE, CommandName.RESUME, CommandName.CANCEL},
)


# --- a key ---------------------------------------------------------------------------------------


def failed() -> World:
    """A key that failed."""
    world = World()
    order = world.workflow("Order").key("o-1")
    order.shared(SHARED)
    order.state({"stage": b"old"}).failed("payment was refused")
    return world


def failed_behind_a_fence() -> World:
    """The same, on an engine that compares and acts in one step."""
    world = World(fence=Fence.ATOMIC)
    order = world.workflow("Order").key("o-1")
    order.shared(SHARED)
    order.state({"stage": b"old"}).failed("payment was refused")
    return world


def left_over() -> World:
    """A key without a run, and with what one has stored."""
    world = World()
    world.workflow("Order").key("o-1").state({"stage": b"old"})
    return world


def paused() -> World:
    """A key that gave up."""
    world = World()
    order = world.workflow("Order").key("o-1")
    order.shared(SHARED)
    order.state({"stage": b"old"}).paused(failure="payment was refused")
    return world


def backing_off() -> World:
    """A key in a loop of failing attempts, on an engine that can pause it."""
    world = World()
    order = world.workflow("Order").key("o-1")
    order.shared(SHARED)
    order.state({"stage": b"old"}).backing_off(attempts=5)
    return world


def backing_off_for_good() -> World:
    """The same, on an engine that cannot pause."""
    world = World(commands=_NO_PAUSE)
    order = world.workflow("Order").key("o-1")
    order.state({"stage": b"old"}).backing_off(attempts=5)
    return world


def running() -> World:
    """A key with a run that runs."""
    world = World()
    world.workflow("Order").key("o-1").state({"stage": b"old"}).running()
    return world


# --- places --------------------------------------------------------------------------------------


def two_places() -> World:
    """A deployment that nothing needs, and the one that took over from it."""
    world = World()
    world.deployment(OLD, serves=("Order",))
    world.deployment(NEW, serves=("Order",))
    return world


def a_run_on_the_old_place() -> World:
    """A run that runs where nothing new goes."""
    world = World()
    old = world.deployment(OLD, serves=("Order",))
    world.deployment(NEW, serves=("Order",))
    world.workflow("Order").key("o-1").running(on=old)
    return world


def failing_on_the_old_place() -> World:
    """A run that fails again and again where nothing new goes."""
    world = World()
    old = world.deployment(OLD, serves=("Order",))
    world.deployment(NEW, serves=("Order",))
    world.workflow("Order").key("o-1").backing_off(attempts=5, on=old)
    return world


def roll_back(world: World) -> None:
    """Somebody deploys the old version again: new work goes there."""
    world.deployment(OLD, serves=("Order",))


def remove_the_old_place(world: World) -> None:
    """Somebody removes the old deployment, whatever runs there."""
    world.store.registry.remove("dp_1")


def remove_the_new_place(world: World) -> None:
    """Somebody removes the deployment that was to be kept."""
    world.store.registry.remove("dp_2")


def pin_a_run(world: World) -> None:
    """A run wakes up on the old deployment."""
    old = world.store.registry.find("dp_1")
    if old is not None:
        world.workflow("Order").key("o-2").running(on=old)


# --- Dapr ----------------------------------------------------------------------------------------


def dapr_failed() -> World:
    """An instance that failed."""
    world = World(like="dapr", acceptance=timedelta(0))
    world.workflow("Order").key("o-1").failed("payment was refused")
    return world


def dapr_paused() -> World:
    """An instance that somebody paused."""
    world = World(like="dapr", acceptance=timedelta(0))
    world.workflow("Order").key("o-1").paused()
    return world


def dapr_running() -> World:
    """An instance that runs."""
    world = World(like="dapr", acceptance=timedelta(0))
    world.workflow("Order").key("o-1").running()
    return world


def restart_the_worker(scenario: Scenario) -> None:
    """The only worker of the app stops, and some time later one connects."""
    scenario.happens("the worker stops", lambda world: world.connect_workers(0))
    scenario.happens(
        "a worker connects",
        lambda world: world.connect_workers(1),
        when=lambda world: not world.store.turns.workers,
    )


def submit_over_what_has_ended(scenario: Scenario) -> None:
    """A client submits the id of a run that has ended: the new run takes its place."""

    def has_ended(world: World) -> bool:
        return any(one.is_completed for one in world.store.runs)

    scenario.happens(
        "a client submits over it", lambda world: world.store.submit(KEY), when=has_ended
    )


def resume_by_another_tool(scenario: Scenario) -> None:
    """Somebody resumes the instance with the vendor's tool."""

    def resume_it(world: World) -> None:
        (run,) = world.store.runs
        world.store.perform(Resume(run.ref))

    def is_paused(world: World) -> bool:
        return [one.status for one in world.store.runs] == [InvocationStatus.PAUSED]

    scenario.happens("a tool resumes it", resume_it, when=is_paused)


# --- operators -----------------------------------------------------------------------------------


async def recover(operator: LocalOperator) -> object:
    return await operator.recover_stuck_workflow(KEY)


async def recover_by_a_plan(operator: LocalOperator) -> object:
    return await operator.apply(await operator.plan_recover(KEY))


async def resume(operator: LocalOperator) -> object:
    return await operator.resume(KEY)


async def resume_on_the_latest(operator: LocalOperator) -> object:
    return await operator.resume(KEY, deployment="latest")


async def pause(operator: LocalOperator) -> object:
    return await operator.pause(KEY)


async def cleanup(operator: LocalOperator) -> object:
    return await operator.cleanup_stale_deployments(NEW)


async def cleanup_by_a_plan(operator: LocalOperator) -> object:
    return await operator.apply(await operator.plan_cleanup(NEW))


async def force_cleanup(operator: LocalOperator) -> object:
    return await operator.cleanup_stale_deployments(NEW, force_drain=True)


async def doctor(operator: LocalOperator) -> object:
    return await operator.doctor()


async def inspect(operator: LocalOperator) -> object:
    return await operator.inspect(KEY)


async def plan_all(operator: LocalOperator) -> object:
    return await operator.plan_recover(KEY)


async def plan_cleanup(operator: LocalOperator) -> object:
    return await operator.plan_cleanup(NEW)
