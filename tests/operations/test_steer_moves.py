"""Resuming a run on another deployment: parked first where it does not stand still."""

from collections.abc import Callable

import pytest

import wfadmin
from tests.operations.engines import BareEngine
from tests.operations.repairs import (
    KEY,
    acts,
    fails,
    operator_of,
    watch,
    writes,
)
from wfadmin.adapters.memory import Point, World
from wfadmin.adapters.memory.placing import Run
from wfadmin.adapters.memory.store import Store
from wfadmin.domain.answers import Answer
from wfadmin.domain.commands import Pause, Resume
from wfadmin.domain.model import Deployment, InvocationStatus
from wfadmin.domain.plan import Action, Verb
from wfadmin.domain.results import Effect
from wfadmin.errors import (
    CommandNotAllowed,
    DeploymentNotFound,
    EngineRejected,
    EngineUnreachable,
    NotSupported,
    Sent,
    UsageError,
)

pytestmark = pytest.mark.asyncio

BEFORE = [Point.FACTS, Point.LIST_SERVICES, Point.FOR_KEY, Point.FOR_KEY]


def one(status: str) -> tuple[World, Run]:
    world = World()
    return world, getattr(world.workflow("Order").key("o-1"), status)()


def zombie(status: str = "backing_off") -> tuple[World, Run, Deployment]:
    """A run whose deployment is gone, and a new deployment that serves its service."""
    world = World()
    old = world.deployment("http://v1:9080", serves=("Order",))
    run = getattr(world.workflow("Order").key("o-1"), status)()
    new = world.deployment("http://v2:9080", serves=("Order",))
    world.remove_deployment(old)
    return world, run, new


async def test_a_zombie_that_backs_off_is_paused_and_resumed_on_the_latest() -> None:
    world, run, new = zombie()
    points = watch(world)

    result = await operator_of(world).resume(KEY, deployment="latest")

    assert writes(points) == [Point.PAUSE, Point.RESUME]
    assert (result.status, result.effect) == ("running", Effect.CONFIRMED)
    assert run.now is not None
    assert run.now.deployment_id == new.id


@pytest.mark.parametrize("by_id", [False, True])
async def test_a_paused_zombie_is_resumed_on_the_deployment_that_is_named(*, by_id: bool) -> None:
    world, run, new = zombie("paused")
    operator = operator_of(world)

    plan = await operator.plan_steering(Verb.RESUME, KEY, deployment=new.id if by_id else "latest")
    result = await operator.apply(plan)

    assert [(step.action, step.detail) for step in plan.steps] == [(Action.RESUME, new.id)]
    assert result.effect is Effect.CONFIRMED
    assert run.now is not None
    assert run.now.deployment_id == new.id


async def test_a_run_that_is_there_already_needs_no_move() -> None:
    world, _ = one("running")

    result = await operator_of(world).resume(KEY, deployment="latest")

    assert result.effect is Effect.NO_CHANGE


async def test_a_run_that_has_not_started_goes_to_the_latest_by_itself() -> None:
    world, _ = one("scheduled")

    result = await operator_of(world).resume(KEY, deployment="latest")

    assert result.effect is Effect.NO_CHANGE


async def test_a_deployment_that_is_not_registered_is_refused_before_the_run_is_parked() -> None:
    world, _, _ = zombie()
    points = watch(world)

    with pytest.raises(DeploymentNotFound):
        await operator_of(world).resume(KEY, deployment="dp_9")

    assert writes(points) == []


async def test_a_service_that_nothing_serves_has_no_latest_deployment() -> None:
    world, _, new = zombie()
    world.remove_deployment(new)

    with pytest.raises(UsageError, match="no deployment serves"):
        await operator_of(world).resume(KEY, deployment="latest")


async def test_an_engine_without_deployments_moves_nothing() -> None:
    world, _ = one("paused")

    with pytest.raises(NotSupported):
        await wfadmin.connect(BareEngine(world.engine)).resume(KEY, deployment="latest")


@pytest.mark.parametrize(
    "breaks",
    [
        fails(Point.RESUME, EngineRejected("memory", 500)),
        fails(Point.RESUME, EngineUnreachable("memory", "refused")),
    ],
    ids=["rejected", "unreachable"],
)
async def test_a_run_that_was_parked_and_cannot_be_resumed_is_named(
    breaks: Callable[[Point], object],
) -> None:
    world, run, _ = zombie()
    points = watch(world, breaks)

    with pytest.raises((EngineRejected, EngineUnreachable)) as caught:
        await operator_of(world).resume(KEY, deployment="latest")

    assert caught.value.sent is Sent.YES
    assert [line.partition(" ")[0] for line in caught.value.also] == [run.id]
    assert f"wfadmin runs resume --id={run.id} -- Order o-1" in caught.value.also[0]
    assert writes(points) == [Point.PAUSE, Point.RESUME]


async def test_a_parked_run_that_the_engine_will_not_move_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, run, _ = zombie()
    declines = lambda: monkeypatch.setattr(Store, "perform", lambda *_: Answer.WRONG_STATUS)  # noqa: E731
    watch(world, acts(Point.RESUME, declines))

    with pytest.raises(CommandNotAllowed) as caught:
        await operator_of(world).resume(KEY, deployment="latest")

    assert (caught.value.sent, len(caught.value.also)) == (Sent.YES, 1)
    assert run.now is not None
    assert run.now.status is InvocationStatus.PAUSED


@pytest.mark.parametrize(
    "breaks",
    [
        lambda _: EngineUnreachable("memory", "refused"),
        lambda _: CommandNotAllowed("pause", "x", "y"),
    ],
    ids=["unreachable", "declined"],
)
async def test_a_park_that_did_not_happen_names_nothing(
    breaks: Callable[[object], Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, _, _ = zombie()
    error = breaks(None)
    if isinstance(error, EngineUnreachable):
        watch(world, fails(Point.PAUSE, error))
    else:
        monkeypatch.setattr(Store, "perform", lambda *_: Answer.WRONG_STATUS)

    with pytest.raises(type(error)) as caught:
        await operator_of(world).resume(KEY, deployment="latest")

    assert caught.value.also == ()  # type: ignore[attr-defined]


async def test_a_parked_run_that_ended_before_it_was_moved_is_not_named() -> None:
    world, run, _ = zombie()
    points = watch(world, acts(Point.PAUSE, lambda: world.store.kill(run.id)))
    world.store.perform(Pause(run.ref))
    world.store.perform(Resume(run.ref))

    with pytest.raises(CommandNotAllowed) as caught:
        await operator_of(world).resume(KEY, deployment="latest")

    assert (caught.value.also, writes(points)) == ((), [Point.PAUSE])


async def test_a_deployment_that_does_not_serve_the_service_takes_no_run_of_it() -> None:
    world, _, _ = zombie("paused")
    mail = world.deployment("http://mail:9080", serves=("Mailer",))
    points = watch(world)

    with pytest.raises(UsageError, match="it does not serve this service"):
        await operator_of(world).resume(KEY, deployment=mail.id)

    assert writes(points) == []


async def test_a_zombie_that_sleeps_is_moved_without_a_pause() -> None:
    world, run, new = zombie("suspended")
    points = watch(world)

    result = await operator_of(world).resume(KEY, deployment="latest")

    assert writes(points) == [Point.RESUME]
    assert result.effect is Effect.CONFIRMED
    assert run.now is not None
    assert run.now.deployment_id == new.id
