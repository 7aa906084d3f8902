"""What each fault does to a read and to a write: whether it happened, and what is heard."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import anyio
import pytest

from tests.kit.faulty import LATER, Scene, a_scene, error_of
from tests.operations.repairs import KEY
from wfadmin.adapters.memory import Point, Step, World
from wfadmin.domain.answers import Answer
from wfadmin.domain.commands import Kill, Purge
from wfadmin.errors import (
    EngineRejected,
    EngineUnreachable,
    InvocationNotFound,
    NotSupported,
    OutcomeUnknown,
    Sent,
    UnexpectedAnswer,
    UsageError,
)
from wfadmin.testing.faults import Faults, Kind

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def scene() -> Scene:
    return a_scene()


# --- nothing is done -----------------------------------------------------------------------------


async def test_an_unreachable_engine_is_not_asked(scene: Scene) -> None:
    scene.faults.on(Point.FOR_KEY, Point.PURGE).always().unreachable()

    errors = [await error_of(scene.read()), await error_of(scene.purge())]

    assert [(type(one), one.sent) for one in errors] == [(EngineUnreachable, Sent.NO)] * 2
    assert str(errors[0]).startswith(f"No answer from {scene.engine.address}. Connection refused.")
    assert (scene.asked, scene.is_purged) == ([], False)
    assert scene.struck == [(Point.FOR_KEY, Kind.UNREACHABLE), (Point.PURGE, Kind.UNREACHABLE)]


async def test_a_rejected_call_does_nothing_and_tells_the_status(scene: Scene) -> None:
    scene.faults.on(Point.FOR_KEY, Point.PURGE).always().reject(503)

    read, write = await error_of(scene.read()), await error_of(scene.purge())

    assert isinstance(read, EngineRejected)
    assert isinstance(write, EngineRejected)
    assert (read.http_status, read.sent) == (503, Sent.NO)
    assert (write.http_status, write.sent) == (503, Sent.YES)
    assert (scene.asked, scene.is_purged) == ([], False)


@pytest.mark.parametrize("status", [502, 504])
async def test_a_proxy_that_rejects_a_write_cannot_tell_what_became_of_it(
    scene: Scene, status: int
) -> None:
    scene.faults.on(Point.FOR_KEY, Point.PURGE).always().reject(status)

    read, write = await error_of(scene.read()), await error_of(scene.purge())

    assert (type(read), type(write), write.sent) == (EngineRejected, OutcomeUnknown, Sent.UNKNOWN)
    assert (scene.asked, scene.is_purged) == ([], False)


@pytest.mark.parametrize("call", [Scene.read, Scene.purge])
async def test_a_hanging_call_ends_by_being_cancelled_and_not_before(
    scene: Scene, call: Callable[[Scene], Awaitable[object]]
) -> None:
    scene.faults.on(Point.FOR_KEY, Point.PURGE).always().hang()
    ended: list[object] = []

    async def ask() -> None:
        ended.append(await call(scene))

    async with anyio.create_task_group() as group:
        group.start_soon(ask)
        await anyio.wait_all_tasks_blocked()
        assert len(scene.struck) == 1
        group.cancel_scope.cancel()

    assert (ended, scene.asked, scene.is_purged) == ([], [], False)


# --- done, and told otherwise --------------------------------------------------------------------


async def test_a_lost_answer_of_a_write_leaves_it_done_once_and_unknown(scene: Scene) -> None:
    scene.faults.on(Point.PURGE).lose_answer()

    error = await error_of(scene.purge())

    assert isinstance(error, OutcomeUnknown)
    assert (error.command, error.target, error.sent) == ("purge", scene.run.id, Sent.UNKNOWN)
    assert (scene.asked, scene.is_purged) == ([Point.PURGE], True)


async def test_a_lost_answer_of_a_read_is_no_answer(scene: Scene) -> None:
    scene.faults.on(Point.FOR_KEY, Point.HISTORY).always().lose_answer()

    errors = [await error_of(scene.read()), await error_of(scene.history([]))]

    assert [type(one) for one in errors] == [EngineUnreachable, EngineUnreachable]
    assert scene.asked == [Point.FOR_KEY, Point.HISTORY]


async def test_a_refusal_of_the_engine_can_be_lost_too(scene: Scene) -> None:
    assert scene.engine.deployments is not None
    scene.faults.on(Point.REGISTER).lose_answer()

    error = await error_of(
        scene.engine.deployments.register("http://u:secret@nobody:9080", force=False, dry_run=False)
    )

    assert isinstance(error, OutcomeUnknown)
    assert (error.command, error.target) == ("register", scene.engine.address)


async def test_an_answer_that_would_not_be_understood_can_be_lost_too(scene: Scene) -> None:
    behind = Faults(clock=scene.world.clock)
    behind.on(Point.FOR_KEY).malformed()
    engine = scene.faults.over(behind.over(scene.world.engine))
    scene.faults.on(Point.FOR_KEY).lose_answer()

    error = await error_of(engine.invocations.for_key(KEY))

    assert isinstance(error, EngineUnreachable)


async def test_that_a_run_is_gone_can_be_lost_too(scene: Scene) -> None:
    scene.world.store.purge(scene.run.id)
    scene.faults.on(Point.HISTORY).lose_answer()

    lost, told = await error_of(scene.history([])), await error_of(scene.history([]))

    assert (type(lost), type(told)) == (EngineUnreachable, InvocationNotFound)


async def test_what_never_left_the_adapter_has_no_answer_to_lose() -> None:
    world = World(commands=frozenset())
    run = world.workflow("Order").key("o-1").failed()
    faults = Faults(clock=world.clock)
    control = faults.over(world.engine).control
    assert control is not None
    faults.on(Point.PURGE).lose_answer()

    with pytest.raises(NotSupported):
        await control.perform(Purge(run.ref))


async def test_an_answer_that_cannot_be_read_leaves_a_write_done_and_unknown(
    scene: Scene,
) -> None:
    scene.faults.on(Point.FOR_KEY, Point.PURGE).always().malformed()

    read, write = await error_of(scene.read()), await error_of(scene.purge())

    assert (type(read), type(write)) == (UnexpectedAnswer, OutcomeUnknown)
    assert (scene.asked, scene.is_purged) == ([Point.FOR_KEY, Point.PURGE], True)


async def test_a_dry_run_is_a_read_and_may_be_malformed(scene: Scene) -> None:
    assert scene.engine.deployments is not None
    scene.world.place("http://new:9080", serves=("Order",))
    scene.faults.on(Point.DRY_RUN).malformed()

    error = await error_of(
        scene.engine.deployments.register("http://new:9080", force=False, dry_run=True)
    )

    assert isinstance(error, UnexpectedAnswer)


# --- time ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("after_effect", [False, True])
async def test_a_slow_call_answers_late_and_happens_before_or_after(
    scene: Scene, *, after_effect: bool
) -> None:
    begun = scene.world.clock.now()
    reached = []

    async def hook(_: Point) -> None:
        reached.append(scene.world.clock.now() - begun)

    scene.world.engine.points.hook = hook
    scene.faults.on(Point.PURGE).slow(LATER, after_effect=after_effect)

    assert await scene.purge() is Answer.ACCEPTED

    assert reached == [timedelta(0) if after_effect else LATER]
    assert (scene.world.clock.now() - begun, scene.is_purged) == (LATER, True)


@pytest.mark.parametrize("after_effect", [False, True])
async def test_an_error_comes_late_too(scene: Scene, *, after_effect: bool) -> None:
    begun = scene.world.clock.now()
    scene.faults.on(Point.FOR_KEY).slow(LATER, after_effect=after_effect)
    behind = Faults(clock=scene.world.clock)
    behind.on(Point.FOR_KEY).unreachable()
    engine = scene.faults.over(behind.over(scene.world.engine))

    with pytest.raises(EngineUnreachable):
        await engine.invocations.for_key(KEY)

    assert scene.world.clock.now() - begun == LATER


async def test_a_late_write_is_unknown_and_happens_once_before_a_later_call(scene: Scene) -> None:
    scene.faults.on(Point.PURGE).late(by=LATER)
    assert isinstance(await error_of(scene.purge()), OutcomeUnknown)
    assert scene.asked == []

    scene.world.advance(LATER - timedelta(seconds=1))
    await scene.read()
    assert (scene.asked, scene.is_purged) == ([Point.FOR_KEY], False)

    scene.world.advance(timedelta(seconds=1))
    assert await scene.read() == ()
    await scene.read()
    await scene.faults.settle()
    assert scene.asked == [Point.FOR_KEY, Point.PURGE, Point.FOR_KEY, Point.FOR_KEY]


async def test_settling_lets_late_writes_happen_in_the_order_of_their_times(scene: Scene) -> None:
    control = scene.engine.control
    assert control is not None
    scene.faults.on(Point.PURGE).late(by=2 * LATER)
    scene.faults.on(Point.KILL).late(by=LATER)
    await error_of(scene.purge())
    await error_of(control.perform(Kill(scene.run.ref)))

    await scene.faults.settle()
    await scene.faults.settle()

    assert (scene.asked, scene.is_purged) == ([Point.KILL, Point.PURGE], True)


async def test_a_late_write_that_is_cancelled_on_its_way_is_not_sent_again(scene: Scene) -> None:
    behind = Faults(clock=scene.world.clock)
    behind.on(Point.PURGE).hang()
    engine = scene.faults.over(behind.over(scene.world.engine))
    assert engine.control is not None
    scene.faults.on(Point.PURGE).late(by=LATER)
    await error_of(engine.control.perform(Purge(scene.run.ref)))

    async with anyio.create_task_group() as group:
        group.start_soon(scene.faults.settle)
        await anyio.wait_all_tasks_blocked()
        await scene.faults.settle()
        group.cancel_scope.cancel()
    await scene.faults.settle()

    assert [one.kind for one in behind.struck] == [Kind.HANG]
    assert (scene.asked, scene.is_purged) == ([], False)


async def test_nobody_hears_the_error_of_a_late_write(scene: Scene) -> None:
    behind = Faults(clock=scene.world.clock)
    behind.on(Point.PURGE).reject(500)
    engine = scene.faults.over(behind.over(scene.world.engine))
    assert engine.control is not None
    scene.faults.on(Point.PURGE).late(by=LATER)
    await error_of(engine.control.perform(Purge(scene.run.ref)))

    await scene.faults.settle()

    assert [one.kind for one in behind.struck] == [Kind.REJECT]
    assert not scene.is_purged


# --- nonsense ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "about"),
    [
        (lambda faults: faults.on(Point.PURGE).stale(), "stale"),
        (lambda faults: faults.on(Point.PURGE).truncated(), "truncated"),
        (lambda faults: faults.on(Point.PURGE).break_off(), "break_off"),
        (lambda faults: faults.on(Point.GET).late(by=LATER), "late"),
        (lambda faults: faults.on_any().stale(), "stale"),
        (lambda faults: faults.on_any().late(by=LATER), "late"),
        (lambda faults: faults.on(Point.PURGE).late(by=timedelta(0)), "by"),
        (lambda faults: faults.on(Point.GET).slow(timedelta(0)), "duration"),
        (lambda faults: faults.on(Point.HISTORY).break_off(after=-1), "after"),
        (lambda faults: faults.on(Point.GET).reject(399), "status"),
        (lambda faults: faults.on(Point.GET).reject(600), "status"),
        (lambda faults: faults.on(Point.PURGE).reject(404), "status"),
        (lambda faults: faults.on_any_write().reject(409), "status"),
    ],
)
def test_what_cannot_be_is_refused_when_it_is_said(
    script: Callable[[Faults], None], about: str
) -> None:
    with pytest.raises(UsageError) as caught:
        script(Faults())

    assert caught.value.argument == about


@pytest.mark.parametrize(
    ("point", "status"),
    [(Point.GET, 404), (Point.REGISTER, 409), (Point.PURGE, 400), (Point.PURGE, 599)],
)
def test_a_status_that_is_an_error_to_this_call_is_taken(point: Point, status: int) -> None:
    faults = Faults()

    faults.on(point).reject(status)

    assert repr(faults) == "Faults(lines=1)"


def test_a_call_that_is_driven_by_hand_hangs_at_its_point() -> None:
    world = World()
    faults = Faults(clock=world.clock)
    faults.on(Point.FOR_KEY).hang()
    call = faults.over(world.engine).invocations.for_key(KEY)
    steps = [call.send(None), call.send(None)]  # type: ignore[attr-defined]
    call.close()  # type: ignore[attr-defined]

    assert steps == [Step(Point.FOR_KEY), Step(Point.FOR_KEY)]
