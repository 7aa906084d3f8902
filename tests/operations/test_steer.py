"""Pausing, resuming and cancelling one run, each only where its status calls for it."""

from datetime import timedelta

import pytest

import wfadmin
from tests.operations.engines import BareEngine
from tests.operations.repairs import (
    KEY,
    acts,
    fails,
    fails_from,
    lost,
    nothing,
    operator_of,
    watch,
    writes,
)
from wfadmin.adapters.memory import Point, World
from wfadmin.adapters.memory.placing import Run
from wfadmin.domain.commands import Pause
from wfadmin.domain.policy import Protection
from wfadmin.domain.results import Effect
from wfadmin.errors import (
    CommandNotAllowed,
    InvocationNotFound,
    NotSupported,
    OutcomeUnknown,
    Protected,
    Sent,
    UnexpectedAnswer,
    UsageError,
)

pytestmark = pytest.mark.asyncio

BEFORE = [Point.FACTS, Point.LIST_SERVICES, Point.FOR_KEY, Point.FOR_KEY]


def one(status: str) -> tuple[World, Run]:
    world = World()
    return world, getattr(world.workflow("Order").key("o-1"), status)()


async def test_a_paused_run_is_resumed_in_six_requests() -> None:
    world, run = one("paused")
    points = watch(world)

    result = await operator_of(world).resume(KEY)

    assert (result.invocation_id, result.status, result.effect) == (
        run.id,
        "running",
        Effect.CONFIRMED,
    )
    assert points == [*BEFORE, Point.RESUME, Point.FOR_KEY]


async def test_a_running_run_is_paused() -> None:
    world, _ = one("running")
    points = watch(world)

    result = await operator_of(world).pause(KEY)

    assert (result.status, result.effect) == ("paused", Effect.CONFIRMED)
    assert points == [*BEFORE, Point.PAUSE, Point.FOR_KEY]


async def test_a_running_run_is_cancelled() -> None:
    world, _ = one("running")

    result = await operator_of(world).cancel(KEY)

    assert (result.status, result.effect, result.warnings) == ("completed", Effect.CONFIRMED, ())


@pytest.mark.parametrize(
    ("verb", "status"),
    [("resume", "running"), ("resume", "suspended"), ("pause", "paused"), ("cancel", "cancelled")],
)
async def test_what_is_so_already_is_no_change_and_nothing_is_sent(verb: str, status: str) -> None:
    world, _ = one(status)
    points = watch(world)

    result = await getattr(operator_of(world), verb)(KEY)

    assert (result.effect, points) == (Effect.NO_CHANGE, BEFORE[:3])


@pytest.mark.parametrize(
    ("verb", "status"),
    [
        ("pause", "suspended"),
        ("pause", "scheduled"),
        ("pause", "failed"),
        ("resume", "failed"),
        ("cancel", "succeeded"),
    ],
)
async def test_a_status_that_does_not_call_for_it_is_refused(verb: str, status: str) -> None:
    world, run = one(status)
    before, points = world.store.fingerprint(), watch(world)

    with pytest.raises(CommandNotAllowed) as caught:
        await getattr(operator_of(world), verb)(KEY)

    assert (caught.value.invocation_id, caught.value.sent) == (run.id, Sent.NO)
    assert (world.store.fingerprint(), writes(points)) == (before, [])


# --- which run -----------------------------------------------------------------------------------


async def test_a_key_with_several_unfinished_runs_needs_an_id() -> None:
    world, _ = one("running")
    watcher = world.workflow("Order").key("o-1").shared("watch").running()

    with pytest.raises(UsageError, match="several unfinished runs"):
        await operator_of(world).pause(KEY)
    result = await operator_of(world).pause(KEY, invocation_id=watcher.id)

    assert result.invocation_id == watcher.id


async def test_a_run_or_key_that_is_not_there_is_not_found() -> None:
    world, _ = one("running")

    with pytest.raises(InvocationNotFound, match="inv_9"):
        await operator_of(world).pause(KEY, invocation_id="inv_9")
    with pytest.raises(InvocationNotFound):
        await operator_of(world).pause(wfadmin.WorkflowKey("Order", "o-2"))


async def test_of_a_finished_key_the_main_run_is_meant() -> None:
    world = World()
    key = world.workflow("Order").key("o-1")
    key.shared("watch").cancelled()
    run = key.succeeded()

    with pytest.raises(CommandNotAllowed) as caught:
        await operator_of(world).cancel(KEY)

    assert caught.value.invocation_id == run.id


async def test_a_protected_service_is_refused() -> None:
    world, _ = one("running")

    with pytest.raises(Protected):
        await operator_of(world, protection=Protection(services=("Order",))).pause(KEY)


async def test_an_engine_without_the_command_is_not_supported() -> None:
    world, _ = one("running")
    bare = wfadmin.connect(BareEngine(world.engine), clock=world.clock)

    with pytest.raises(NotSupported):
        await bare.pause(KEY)
    world.engine = type(world.engine)(world.store, world.engine.points, frozenset())
    with pytest.raises(NotSupported):
        await operator_of(world).pause(KEY)


async def test_an_answer_that_is_not_understood_is_an_engine_error() -> None:
    world, _ = one("running")
    watch(world, fails(Point.FOR_KEY, UnexpectedAnswer("memory", "odd")))

    with pytest.raises(UnexpectedAnswer):
        await operator_of(world).pause(KEY)


# --- what changes, and what is lost --------------------------------------------------------------


async def test_a_run_that_moves_between_two_statuses_may_still_be_cancelled() -> None:
    world, run = one("running")
    watch(world, acts(Point.FOR_KEY, lambda: world.store.suspend(run.id), visit=2))

    result = await operator_of(world).cancel(KEY)

    assert result.status == "completed"


async def test_a_run_that_ends_before_the_command_gets_none() -> None:
    world, run = one("running")
    points = watch(world, acts(Point.FOR_KEY, lambda: world.store.succeed(run.id), visit=2))

    with pytest.raises(CommandNotAllowed) as caught:
        await operator_of(world).pause(KEY)

    assert (caught.value.status, caught.value.sent, writes(points)) == ("completed", Sent.NO, [])


async def test_a_run_that_is_gone_before_the_command_gets_none() -> None:
    world, run = one("paused")

    def replaced() -> None:
        world.store.kill(run.id)
        world.store.purge(run.id)
        world.store.submit(KEY)

    points = watch(world, acts(Point.FOR_KEY, replaced, visit=2))

    with pytest.raises(CommandNotAllowed) as caught:
        await operator_of(world).resume(KEY)

    assert (caught.value.status, writes(points)) == ("gone", [])


async def test_a_pause_that_meets_the_end_of_the_run_is_not_confirmed() -> None:
    world, run = one("running")
    watch(world, lost(Point.PAUSE, lambda: world.store.succeed(run.id)))

    result = await operator_of(world).pause(KEY)

    assert (result.status, result.effect) == ("completed", Effect.ACCEPTED)
    assert result.warnings[-1] == f"{run.id} ended before it took effect."


async def test_a_cancel_that_meets_a_success_is_not_confirmed() -> None:
    world, run = one("running")
    watch(world, lost(Point.CANCEL, lambda: world.store.succeed(run.id)))

    result = await operator_of(world).cancel(KEY)

    assert (result.status, result.effect) == ("completed", Effect.ACCEPTED)


async def test_a_run_of_which_nothing_is_kept_is_gone_after_its_cancel() -> None:
    world = World()
    world.workflow("Order", retention=timedelta(0)).key("o-1").running()

    result = await operator_of(world).cancel(KEY)

    assert (result.status, result.effect) == ("gone", Effect.CONFIRMED)


async def test_a_command_that_finds_no_run_is_not_found_after_a_write() -> None:
    world, run = one("running")

    def forgotten() -> None:
        world.store.kill(run.id)
        world.store.purge(run.id)

    watch(world, acts(Point.PAUSE, forgotten))

    with pytest.raises(InvocationNotFound) as caught:
        await operator_of(world).pause(KEY)

    assert caught.value.sent is Sent.YES


@pytest.mark.parametrize(
    ("verb", "status", "point"),
    [
        ("pause", "running", Point.PAUSE),
        ("resume", "paused", Point.RESUME),
        ("cancel", "running", Point.CANCEL),
    ],
)
async def test_a_command_that_is_neither_answered_nor_done_is_unknown(
    verb: str, status: str, point: Point
) -> None:
    world, _ = one(status)
    points = watch(world, lost(point, nothing))

    with pytest.raises(OutcomeUnknown) as caught:
        await getattr(operator_of(world), verb)(KEY)

    assert (caught.value.sent, caught.value.also) == (Sent.UNKNOWN, ())
    assert writes(points) == [point]


async def test_an_incomplete_reading_confirms_nothing() -> None:
    world, _ = one("running")
    watch(world, fails_from(Point.FOR_KEY, UnexpectedAnswer("memory", "odd"), visit=3))

    with pytest.raises(OutcomeUnknown):
        await operator_of(world).pause(KEY)


async def test_a_run_that_is_so_by_now_is_no_change_and_nothing_is_sent() -> None:
    world, run = one("running")
    paused = lambda: world.store.perform(Pause(run.ref))  # noqa: E731
    points = watch(world, acts(Point.FOR_KEY, paused, visit=2))

    result = await operator_of(world).pause(KEY)

    assert (result.status, result.effect, writes(points)) == ("paused", Effect.NO_CHANGE, [])
