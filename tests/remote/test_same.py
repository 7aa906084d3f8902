"""Verb by verb: over HTTP the same is said as by the operator of an equal world."""

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import attrs
import pytest

import wfadmin
from tests.asgi.http import V1, V2, Full, Scene
from tests.operations.repairs import fails, lost, nothing
from tests.remote.far import KEY, far_from
from wfadmin.adapters.lease_memory import MemoryLease
from wfadmin.adapters.memory import Point
from wfadmin.domain.components import Component
from wfadmin.domain.policy import Protection
from wfadmin.domain.results import Effect
from wfadmin.errors import EngineRejected, EngineUnreachable, Sent, UnexpectedAnswer, WfadminError
from wfadmin.operations.operator import Operator
from wfadmin.wire.documents import doctor_document, inspection_document

Placed = Callable[[Scene], object]
Asked = Callable[[Operator], Awaitable[Any]]
GONE = EngineUnreachable("http://engine:9070", "connection refused")
BROKEN = UnexpectedAnswer("http://engine:9070", "rows: expected a list", "<html>")


def failed(scene: Scene) -> None:
    scene.failed()


def left_over(scene: Scene) -> None:
    scene.world.deployment(V1, serves=("Order",))
    scene.world.workflow("Order").key("o-1").state({"step": b"pay"})


def empty(_: Scene) -> None:
    pass


def stale(scene: Scene) -> None:
    scene.world.deployment(V1, serves=("Order",))
    scene.world.deployment(V2, serves=("Order",))


def held(scene: Scene) -> None:
    old = scene.world.deployment(V1, serves=("Order",))
    scene.world.workflow("Order").key("o-3").running(on=old)
    scene.world.deployment(V2, serves=("Order",))


def serving(scene: Scene) -> None:
    scene.world.deployment(V1, serves=("Order",))
    scene.world.deployment(V2, serves=("Bill",))


def many(scene: Scene) -> None:
    scene.failed(failure="boom\nat line 1")
    held(scene)
    scene.world.deployment("http://bills:9080", serves=("Bill", "Mail"))
    orders = scene.world.workflow("Order")
    parent = orders.key("o-2").state({"a": b"text", "b": b"\xff\x00"}).paused(failure="no card")
    parent.child(scene.world.workflow("Bill").key("it's $(here)\u202e")).running()
    orders.key("it's $(there) \\ \u202e!").backing_off(attempts=7)
    orders.key("o-4").shared("status").running()
    scene.world.plain("Mail").failed("gone")


def ingress(scene: Scene) -> None:
    scene.world.break_component(Component.INGRESS, GONE)


def unlisted(scene: Scene) -> None:
    serving(scene)
    scene.world.break_component(Component.DEPLOYMENTS, BROKEN)


def unread(scene: Scene) -> None:
    scene.failed()
    scene.world.break_component(Component.INVOCATIONS, GONE)


def rejecting(scene: Scene) -> None:
    scene.failed()
    scene.world.break_component(
        Component.INVOCATIONS, EngineRejected("http://engine:9070", 403, "META003", "no", "Ask it.")
    )


def running(scene: Scene) -> None:
    scene.world.workflow("Order").key("o-1").running()


def losing(scene: Scene) -> None:
    scene.failed()
    scene.world.engine.points.hook = lost(Point.PURGE, nothing)


# --- what is read --------------------------------------------------------------------------------

WORLDS: list[Placed] = [empty, failed, stale, held, serving, many, ingress, unlisted, unread]


@pytest.mark.asyncio
@pytest.mark.parametrize("placed", WORLDS)
async def test_doctor_tells_the_same(placed: Placed) -> None:
    scene = Scene()
    placed(scene)

    async with far_from(scene) as operator:
        far = await operator.doctor()
    near = await scene.operator.doctor()

    assert doctor_document(far) == doctor_document(near)
    assert (far.verdict, far.status) == (near.verdict, near.status)
    assert (far.ingress.error, far.admin.error) == (near.ingress.error, near.admin.error)
    assert far.engine == "operator-api"


@pytest.mark.asyncio
@pytest.mark.parametrize("placed", WORLDS)
async def test_the_remedies_of_doctor_take_the_options_of_the_target(placed: Placed) -> None:
    scene = Scene()
    placed(scene)
    target = ("--engine", "operator-api", "--admin-url", "http://host")

    async with far_from(scene) as operator:
        far = await operator.doctor()
    near = await scene.operator.doctor()

    told = doctor_document(far, target=target)["findings"]
    assert told == doctor_document(near, target=target)["findings"]


@pytest.mark.asyncio
async def test_a_remedy_that_the_api_cannot_carry_says_so() -> None:
    scene = Scene()
    many(scene)

    async with far_from(scene) as operator:
        far = await operator.doctor()
    near = await scene.operator.doctor()

    known = {one.command(): one for finding in near.findings for one in finding.remedies}
    assert {"inspect", "runs", "recover", "cleanup"} <= {one.verb[0] for one in known.values()}
    for finding in far.findings:
        for one in finding.remedies:
            own = known[one.command()]
            is_carried = not one.options and one.verb != ("runs", "resume")
            assert one.title == own.title + ("" if is_carried else "; not over the operator API")
            assert attrs.evolve(one, title=own.title) == own


KEYS = ["o-1", "o-2", "o-3", "o-4", "it's $(there) \\ \u202e!"]


@pytest.mark.asyncio
@pytest.mark.parametrize("service_key", KEYS)
@pytest.mark.parametrize("show_state", [True, False])
async def test_inspect_tells_the_same(
    service_key: str,
    show_state: bool,  # noqa: FBT001 - a column
) -> None:
    scene = Scene()
    many(scene)
    key = wfadmin.WorkflowKey("Order", service_key)

    async with far_from(scene, key_charset="any") as operator:
        far = await operator.inspect(key, show_state=show_state)
    near = await scene.operator.inspect(key, show_state=show_state)

    told = inspection_document(far, show_state=True)
    assert told == inspection_document(near, show_state=True)


@pytest.mark.asyncio
async def test_inspect_tells_what_could_not_be_read() -> None:
    scene = Scene()
    many(scene)
    scene.world.break_component(Component.SERVICES, GONE)

    async with far_from(scene) as operator:
        far = await operator.inspect(KEY)
    near = await scene.operator.inspect(KEY)

    assert far.service is None
    assert far.warnings == near.warnings != ()
    told = inspection_document(far, show_state=False)
    assert told == inspection_document(near, show_state=False)


@pytest.mark.asyncio
async def test_values_that_nobody_asked_for_are_not_kept() -> None:
    scene = Scene()
    scene.failed()

    async with far_from(scene) as operator:
        blind = await operator.inspect(KEY)
        seeing = await operator.inspect(KEY, show_state=True)

    assert blind.state is not None
    assert seeing.state is not None
    assert [one.value for one in blind.state.entries] == [None]
    assert [one.value for one in seeing.state.entries] == [b"pay"]


# --- what is written -----------------------------------------------------------------------------

DONE: list[tuple[Placed, Asked, Effect]] = [
    (failed, lambda op: op.recover_stuck_workflow(KEY), Effect.CONFIRMED),
    (stale, lambda op: op.recover_stuck_workflow(KEY), Effect.NO_CHANGE),
    (left_over, lambda op: op.recover_stuck_workflow(KEY), Effect.CONFIRMED),
    (stale, lambda op: op.force_redeploy(V1), Effect.CONFIRMED),
    (stale, lambda op: op.force_redeploy(V2, force=False), Effect.NO_CHANGE),
    (stale, lambda op: op.cleanup_stale_deployments(V2), Effect.CONFIRMED),
    (held, lambda op: op.cleanup_stale_deployments(V2), Effect.NO_CHANGE),
    (held, lambda op: op.cleanup_stale_deployments(V2, force_drain=True), Effect.CONFIRMED),
    (serving, lambda op: op.cleanup_stale_deployments(V1, force_drain=True), Effect.CONFIRMED),
]


@pytest.mark.asyncio
@pytest.mark.parametrize(("placed", "asked", "effect"), DONE)
async def test_a_repair_tells_the_same(placed: Placed, asked: Asked, effect: Effect) -> None:
    there, here = Scene(), Scene()
    placed(there)
    placed(here)

    async with far_from(there) as operator:
        far = await asked(operator)
    near = await asked(here.operator)

    assert far.effect is effect
    if hasattr(far, "evidence"):
        # Named by the random id of the operation.
        assert (far.evidence is None) == (near.evidence is None)
        far, near = (attrs.evolve(one, evidence=None) for one in (far, near))
    assert far == near


@pytest.mark.asyncio
async def test_a_url_that_some_service_does_not_follow_is_accepted_and_no_error() -> None:
    there, here = Scene(), Scene()
    stale(there)
    stale(here)

    async with far_from(there) as operator:
        far = await operator.force_redeploy(V1, force=False)
    near = await here.operator.force_redeploy(V1, force=False)

    assert (far.effect, near.effect) == (Effect.ACCEPTED, Effect.ACCEPTED)
    assert far.deployment_id == near.deployment_id
    assert far.warnings == (" ".join(near.warnings),)


PLANS: list[tuple[Placed, Asked]] = [
    (failed, lambda op: op.plan_recover(KEY)),
    (stale, lambda op: op.plan_redeploy(V1)),
    (stale, lambda op: op.plan_redeploy("http://ada:s3c@orders-v1:9080", force=False)),
    (stale, lambda op: op.plan_cleanup(V2)),
    (serving, lambda op: op.plan_cleanup(V1, force_drain=True)),
]


@pytest.mark.asyncio
@pytest.mark.parametrize(("placed", "asked"), PLANS)
async def test_a_plan_is_the_same_but_for_its_end(placed: Placed, asked: Asked) -> None:
    there, here = Scene(), Scene()
    placed(there)
    placed(here)

    async with far_from(there) as operator:
        far = await asked(operator)
    near = await asked(here.operator)

    assert far.expires_at.microsecond == far.expires_at.second == 0
    assert attrs.evolve(far, expires_at=near.expires_at) == near


# --- what is refused -----------------------------------------------------------------------------

REFUSED: list[tuple[Placed, Asked]] = [
    (running, lambda op: op.recover_stuck_workflow(KEY)),
    (running, lambda op: op.plan_recover(KEY)),
    (unread, lambda op: op.recover_stuck_workflow(KEY)),
    (unread, lambda op: op.inspect(KEY)),
    (rejecting, lambda op: op.recover_stuck_workflow(KEY)),
    (losing, lambda op: op.recover_stuck_workflow(KEY)),
    (unlisted, lambda op: op.cleanup_stale_deployments(V1)),
    (serving, lambda op: op.cleanup_stale_deployments(V1)),
    (serving, lambda op: op.cleanup_stale_deployments("http://no")),
    (serving, lambda op: op.plan_cleanup("http://no")),
    (serving, lambda op: op.inspect(wfadmin.WorkflowKey("No", "o-1"))),
    (serving, lambda op: op.force_redeploy("no url")),
]


def essence(error: WfadminError) -> object:
    """Everything that an error says."""
    fields = {one.name: getattr(error, one.name) for one in attrs.fields(type(error))}
    return type(error), fields, error.message, error.why, error.fix


@pytest.mark.asyncio
@pytest.mark.parametrize(("placed", "asked"), REFUSED)
async def test_a_refusal_is_the_same(placed: Placed, asked: Asked) -> None:
    there, here = Scene(), Scene()
    placed(there)
    placed(here)

    async with far_from(there) as operator:
        with pytest.raises(WfadminError) as far:
            await asked(operator)
    with pytest.raises(WfadminError) as near:
        await asked(here.operator)

    assert essence(far.value) == essence(near.value)


@pytest.mark.asyncio
async def test_what_the_rules_of_the_host_refuse_is_the_same() -> None:
    lease = MemoryLease()
    scenes = [
        Scene(audit=Full()),
        Scene(protection=Protection(services=("Order",))),
        Scene(lease=lease),
    ]
    async with lease.hold("memory key 'Order' 'o-1'"):
        for scene in scenes:
            scene.failed()
            async with far_from(scene) as operator:
                with pytest.raises(WfadminError) as far:
                    await operator.recover_stuck_workflow(KEY)
            with pytest.raises(WfadminError) as near:
                await scene.operator.recover_stuck_workflow(KEY)
            assert essence(far.value) == essence(near.value)


@pytest.mark.asyncio
async def test_what_failed_after_a_write_says_that_it_was_sent() -> None:
    scene = Scene()
    scene.failed()
    scene.world.engine.points.hook = fails(Point.PURGE, EngineRejected("http://engine:9070", 500))

    async with far_from(scene) as operator:
        with pytest.raises(WfadminError) as caught:
            await operator.recover_stuck_workflow(KEY)

    assert caught.value.sent is not Sent.NO


def test_all_of_it_runs_under_trio_too() -> None:
    async def repair() -> tuple[Effect, str]:
        scene = Scene()
        scene.failed()
        async with far_from(scene) as operator:
            done = await operator.recover_stuck_workflow(KEY)
            report = await operator.doctor()
        return done.effect, report.verdict.value

    assert anyio.run(repair, backend="trio") == (Effect.CONFIRMED, "ok")
