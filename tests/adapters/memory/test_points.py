"""Every call passes its point first: there it may be suspended, fail, or never go on."""

import subprocess
import sys

import anyio
import pytest

from tests.adapters.memory.calls import CALLS, KEY, world_for
from tests.adapters.memory.driving import LOOPS, answer_of, awaited, on, steps_of
from wfadmin.adapters.memory import MemoryEngine, Point, Points, Step, World
from wfadmin.domain.components import Component
from wfadmin.errors import EngineRejected, EngineUnreachable
from wfadmin.ports.admin import AdminApi
from wfadmin.ports.control import InvocationControl
from wfadmin.ports.deployments import DeploymentRegistry
from wfadmin.ports.history import InvocationHistory
from wfadmin.ports.invocations import InvocationStore
from wfadmin.ports.listing import InvocationListing
from wfadmin.ports.state import StateStore

WRITES = {
    Point.REGISTER,
    Point.REMOVE,
    Point.PAUSE,
    Point.RESUME,
    Point.CANCEL,
    Point.KILL,
    Point.PURGE,
    Point.FORCE_PURGE,
    Point.CLEAR_STATE,
}
PORTS = {
    "admin": AdminApi,
    "control": InvocationControl,
    "deployments": DeploymentRegistry,
    "history": InvocationHistory,
    "invocations": InvocationStore,
    "listing": InvocationListing,
    "state": StateStore,
}
# These have a point for each thing that they may be asked to do.
SEVERAL = {
    "control.perform": {"control.pause", "control.resume", "control.cancel", "control.kill"}
    | {"control.purge", "control.force_purge"},
    "deployments.register": {"deployments.register", "deployments.dry_run"},
}
REFUSED = EngineUnreachable("memory", "connection refused")


def test_every_port_method_has_its_points_and_there_are_no_others() -> None:
    # An engine may leave the second one as it is.
    expected = {"engine.facts", "history.examine"}
    for port, protocol in PORTS.items():
        for method in sorted(protocol.__abstractmethods__):
            name = f"{port}.{method}"
            expected |= SEVERAL.get(name, {name})
    assert {point.value for point in Point} == expected
    assert set(CALLS) == set(Point)


@pytest.mark.parametrize("point", Point)
def test_a_call_passes_its_point_and_no_other(point: Point) -> None:
    world, ref = world_for(point)
    world.engine.points.hook = Step

    assert list(steps_of(CALLS[point](world.engine, ref))) == [Step(point)]


@pytest.mark.parametrize("point", Point)
def test_nothing_has_happened_when_a_call_stands_at_its_point(point: Point) -> None:
    world, ref = world_for(point)
    before = world.store.fingerprint()
    world.engine.points.hook = Step
    call = steps_of(CALLS[point](world.engine, ref))

    next(call)
    assert world.store.fingerprint() == before
    assert list(call) == []

    changed = world.store.fingerprint() != before
    assert changed == (point in WRITES)


@pytest.mark.parametrize("point", Point)
def test_a_point_knows_whether_a_write_follows(point: Point) -> None:
    assert point.is_write == (point in WRITES)


@pytest.mark.parametrize("point", Point)
def test_an_error_that_a_hook_raises_is_what_the_call_raises_and_nothing_happens(
    point: Point,
) -> None:
    world, ref = world_for(point)
    before = world.store.fingerprint()

    async def fail(_: Point) -> None:
        raise REFUSED

    world.engine.points.hook = fail
    with pytest.raises(EngineUnreachable) as caught:
        answer_of(CALLS[point](world.engine, ref))

    assert caught.value is REFUSED
    assert world.store.fingerprint() == before


@pytest.mark.parametrize("point", Point)
def test_a_call_runs_to_its_end_without_an_event_loop(point: Point) -> None:
    world, ref = world_for(point)

    answer_of(CALLS[point](world.engine, ref))


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("point", Point)
def test_a_call_answers_the_same_on_an_event_loop(point: Point, loop: str) -> None:
    world, ref = world_for(point)
    other, other_ref = world_for(point)

    answer = on(loop, lambda: CALLS[point](other.engine, other_ref))

    assert answer == answer_of(CALLS[point](world.engine, ref))


@pytest.mark.parametrize("component", Component)
def test_a_broken_component_fails_its_own_calls_and_no_others(component: Component) -> None:
    failed = set()
    for point in Point:
        world, ref = world_for(point)
        world.break_component(component, REFUSED)
        try:
            answer_of(CALLS[point](world.engine, ref))
        except EngineUnreachable:
            failed.add(point)

    assert failed == {point for point in Point if point.component is component}
    assert failed


def test_which_component_a_port_asks() -> None:
    asked = {point.value: point.component for point in Point}

    assert asked["admin.probe_ingress"] is Component.INGRESS
    assert asked["admin.probe_admin"] is Component.ADMIN
    assert asked["admin.list_services"] is Component.SERVICES
    assert asked["deployments.list"] is Component.DEPLOYMENTS
    assert asked["control.purge"] is Component.INVOCATIONS
    assert asked["state.read"] is Component.INVOCATIONS
    assert asked["history.entries"] is Component.INVOCATIONS


def test_what_breaks_while_a_call_is_suspended_it_meets() -> None:
    world = World()
    world.engine.points.hook = Step
    call = steps_of(world.engine.admin.list_services())
    next(call)

    world.break_component(Component.SERVICES, EngineRejected("memory", 503))

    with pytest.raises(EngineRejected):
        next(call)


def test_a_mended_component_answers_again() -> None:
    world = World()
    world.break_component(Component.ADMIN, REFUSED)
    world.mend(Component.ADMIN)
    world.mend(Component.INGRESS)

    assert answer_of(world.engine.admin.probe_admin()) == "1.0"


def test_one_error_does_not_gather_the_traces_of_all_calls() -> None:
    world = World()
    world.break_component(Component.ADMIN, REFUSED)

    depths = []
    for _ in range(3):
        with pytest.raises(EngineUnreachable) as caught:
            answer_of(world.engine.facts())
        depths.append(len(caught.traceback))

    assert depths[0] == depths[2]


@pytest.mark.parametrize("loop", LOOPS)
def test_a_component_that_hangs_never_answers_and_can_be_cancelled(loop: str) -> None:
    world = World()
    world.hang(Component.DEPLOYMENTS)

    async def ask() -> tuple[bool, str | None]:
        with anyio.move_on_after(0.02) as scope:
            await world.engine.deployments.list()
        return scope.cancelled_caught, await world.engine.admin.probe_admin()

    assert on(loop, ask) == (True, "1.0")


def test_a_component_that_hangs_suspends_for_ever_under_a_scheduler_made_by_hand() -> None:
    world = World()
    world.hang(Component.ADMIN)
    call = steps_of(world.engine.facts())

    assert [next(call) for _ in range(3)] == [Step(Point.FACTS)] * 3
    call.close()


def test_points_without_an_engine_have_a_hook_and_nothing_to_catch_up_with() -> None:
    seen: list[Point] = []

    async def hook(point: Point) -> None:
        seen.append(point)

    answer_of(Points(hook).reach(Point.GET))

    assert seen == [Point.GET]


def test_a_step_is_what_the_driver_gets() -> None:
    coroutine = awaited(Step(Point.PURGE))

    assert coroutine.send(None) == Step(Point.PURGE)
    coroutine.close()


def test_two_calls_can_be_interleaved() -> None:
    world = World()
    run = world.workflow("Order").key(KEY.service_key).failed("boom")
    world.engine.points.hook = Step
    read = steps_of(world.engine.invocations.for_key(KEY))
    purge = steps_of(CALLS[Point.PURGE](world.engine, run.ref))
    next(read)
    next(purge)

    with pytest.raises(StopIteration):
        next(purge)
    with pytest.raises(StopIteration) as ended:
        next(read)

    assert ended.value.value == ()


def test_importing_it_loads_no_event_loop_and_no_http() -> None:
    look = (
        "import sys, wfadmin.adapters.memory;"
        "loops = {'anyio', 'asyncio', 'trio'};"
        "others = {'httpx', 'cattrs', 'random'};"
        "print(sorted((loops | others) & set(sys.modules)))"
    )
    said = subprocess.run(
        [sys.executable, "-c", look], capture_output=True, text=True, check=True, timeout=60
    )
    assert said.stdout == "[]\n"


def test_it_is_an_engine_with_every_port() -> None:
    engine = World().engine

    assert isinstance(engine, MemoryEngine)
    assert (engine.name, engine.address) == ("memory", "memory")
    assert None not in [getattr(engine, port) for port in PORTS]
    answer_of(engine.aclose())
    answer_of(engine.aclose())
    assert answer_of(engine.admin.list_services()) == ()
