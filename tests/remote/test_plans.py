"""A plan over HTTP: checked when it comes, and applied as it was approved or not at all."""

import json
from datetime import UTC, datetime, timedelta

import attrs
import httpx
import pytest

import wfadmin
from tests.asgi.http import V1, V2, Scene
from tests.remote.far import KEY, Seen, answering, far_from, saying
from tests.remote.test_same import stale
from wfadmin.domain.error import Sent
from wfadmin.domain.plan import Item, Plan, Verb
from wfadmin.domain.results import CleanupResult, Effect, RecoverResult, RedeployResult
from wfadmin.errors import InvalidPlan, NotSupported, StalePlan, UnexpectedAnswer
from wfadmin.wire.plan_files import plan_document

pytestmark = pytest.mark.asyncio

Pairs = tuple[tuple[str, str], ...]
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
OF_KEY = (("service_name", "Order"), ("service_key", "o-1"))
OF_URL = (("service_url", V1), ("force", "yes"), ("url_is_cut", "no"), ("register_timeout", "0s"))
OF_KEPT = (("service_url", V1), ("force_drain", "no"), ("wait", "0s"))
PLAN = Plan(Verb.RECOVER, OF_KEY, (Item("x"),), (), "memory memory", NOON)


def told(plan: Plan) -> httpx.Response:
    return httpx.Response(200, json=plan_document(plan))


# --- as it comes ---------------------------------------------------------------------------------


async def test_a_plan_that_was_altered_is_not_taken() -> None:
    document = plan_document(PLAN) | {"engine": "another"}

    with pytest.raises(UnexpectedAnswer, match="its digest is not that of its content"):
        await saying(200, document).plan_recover(KEY)


@pytest.mark.parametrize(
    "plan",
    [
        attrs.evolve(PLAN, verb=Verb.CANCEL),
        attrs.evolve(PLAN, arguments=(("service_name", "Order"), ("service_key", "o-2"))),
        attrs.evolve(PLAN, arguments=()),
    ],
)
async def test_the_plan_of_something_else_is_not_taken(plan: Plan) -> None:
    with pytest.raises(UnexpectedAnswer, match="it is the plan of something else"):
        await saying(200, plan_document(plan)).plan_recover(KEY)


@pytest.mark.parametrize(
    ("arguments", "is_taken"),
    [
        (OF_URL, True),
        ((("service_url", V1), ("force", "no")), False),
        ((("service_url", V2), ("force", "yes")), False),
    ],
)
async def test_the_plan_of_a_registration_is_for_its_url_and_its_force(
    arguments: tuple[tuple[str, str], ...],
    is_taken: bool,  # noqa: FBT001 - a column
) -> None:
    plan = attrs.evolve(PLAN, verb=Verb.REDEPLOY, arguments=arguments)
    operator = saying(200, plan_document(plan))

    if is_taken:
        assert await operator.plan_redeploy(V1) == plan
    else:
        with pytest.raises(UnexpectedAnswer):
            await operator.plan_redeploy(V1)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b"[" * 100_000])
async def test_what_is_no_plan_is_not_taken(body: bytes) -> None:
    with pytest.raises(UnexpectedAnswer):
        await saying(200, body).plan_recover(KEY)


# --- as it is applied ----------------------------------------------------------------------------


async def test_an_approved_plan_is_done() -> None:
    scene = Scene()
    stale(scene)
    scene.failed()

    async with far_from(scene) as operator:
        recovered = await operator.apply(await operator.plan_recover(KEY))
        redeployed = await operator.apply(await operator.plan_redeploy(V2))
        cleaned = await operator.apply(await operator.plan_cleanup(V2))

    assert isinstance(recovered, RecoverResult)
    assert isinstance(redeployed, RedeployResult)
    assert isinstance(cleaned, CleanupResult)
    assert {one.effect for one in (recovered, redeployed, cleaned)} == {Effect.CONFIRMED}
    assert len(recovered.purged) == 1
    assert cleaned.removed


async def test_a_plan_is_made_again_as_it_would_be_now() -> None:
    scene = Scene()
    scene.failed()

    async with far_from(scene) as operator:
        plan = await operator.plan_recover(KEY)
        again = await operator.plan_again(plan)

    assert again == plan


async def test_a_plan_that_is_not_what_would_be_done_now_is_stale() -> None:
    scene = Scene()
    run_id = scene.failed()

    async with far_from(scene) as operator:
        plan = await operator.plan_recover(KEY)
        scene.world.store.purge(run_id)
        scene.world.clock.advance(timedelta(seconds=1))
        scene.failed()
        with pytest.raises(StalePlan) as caught:
            await operator.apply(plan)

    assert caught.value.sent is Sent.NO
    assert not any(one.is_write for one in scene.points)


async def test_a_plan_that_is_over_is_stale() -> None:
    scene = Scene()
    scene.failed()

    async with far_from(scene) as operator:
        plan = await operator.plan_recover(KEY)
        scene.world.clock.advance(timedelta(minutes=15))
        with pytest.raises(StalePlan):
            await operator.apply(plan)

    assert not any(one.is_write for one in scene.points)


async def test_a_plan_for_another_engine_is_stale_before_anything_is_sent() -> None:
    seen = Seen(told(PLAN))

    with pytest.raises(StalePlan, match="it is for the engine another"):
        await answering(seen).apply(attrs.evolve(PLAN, engine="another"))

    assert seen.paths == ["/recover-stuck-workflow/plan"]


async def test_a_write_is_bound_to_the_digest_that_was_approved() -> None:
    later = attrs.evolve(PLAN, expires_at=NOON + timedelta(minutes=1))
    seen = Seen(told(later), httpx.Response(200, json={"acknowledged": True}))

    await answering(seen).because("ticket 7").apply(PLAN)

    plan, write = seen.requests
    assert "if-match" not in plan.headers
    assert write.headers["if-match"] == f'"{PLAN.digest}"'
    body = {"serviceName": "Order", "serviceKey": "o-1", "reason": "ticket 7"}
    assert [json.loads(one.content) for one in seen.requests] == [body, body]


BODIES: list[tuple[Verb, Pairs, str, object]] = [
    (Verb.REDEPLOY, OF_URL, "/force-redeploy", {"serviceUrl": V1, "force": True}),
    (
        Verb.REDEPLOY,
        (("service_url", V1), ("force", "no")),
        "/force-redeploy",
        {"serviceUrl": V1, "force": False},
    ),
    (Verb.CLEANUP, OF_KEPT, "/cleanup-stale-deployments", {"serviceUrl": V1, "forceDrain": False}),
    (
        Verb.CLEANUP,
        (("service_url", V1), ("force_drain", "yes")),
        "/cleanup-stale-deployments",
        {"serviceUrl": V1, "forceDrain": True},
    ),
    (
        Verb.RECOVER,
        (*OF_KEY, ("stuck", "paused"), ("with_children", "no")),
        "/recover-stuck-workflow",
        {"serviceName": "Order", "serviceKey": "o-1"},
    ),
]


@pytest.mark.parametrize(("verb", "arguments", "path", "body"), BODIES)
async def test_the_arguments_of_a_plan_become_the_body(
    verb: Verb,
    arguments: Pairs,
    path: str,
    body: object,
) -> None:
    plan = attrs.evolve(PLAN, verb=verb, arguments=arguments)
    done = {"acknowledged": True, "deploymentId": "dp_1"}
    seen = Seen(told(plan), httpx.Response(200, json=done))

    await answering(seen).apply(plan)

    assert seen.paths == [f"{path}/plan", path]
    assert seen.requests[1].headers["if-match"] == f'"{plan.digest}"'
    assert [json.loads(one.content) for one in seen.requests] == [body, body]


UNCARRIED: list[tuple[Verb, Pairs, str]] = [
    (Verb.RESUME, OF_KEY, "resume"),
    (Verb.PAUSE, OF_KEY, "pause"),
    (Verb.CANCEL, OF_KEY, "cancel"),
    (Verb.CLEANUP, (*OF_KEPT, ("also_keep", V2)), "also_keep"),
    (Verb.CLEANUP, (*OF_KEPT[:2], ("wait", "30s")), "wait"),
    (Verb.REDEPLOY, (*OF_URL[:3], ("register_timeout", "60s")), "register_timeout"),
    (Verb.REDEPLOY, (("url_is_cut", "yes"), *OF_URL), "only a part of its URL"),
    (Verb.REDEPLOY, (("service_url", f"{V1}?..."), *OF_URL[1:]), "only a part of its URL"),
    (Verb.CLEANUP, (("service_url", f"{V1}?..."), *OF_KEPT[1:]), "only a part of its URL"),
]


@pytest.mark.parametrize(("verb", "arguments", "what"), UNCARRIED)
async def test_a_plan_that_the_api_cannot_carry_is_refused_before_anything_is_sent(
    verb: Verb,
    arguments: Pairs,
    what: str,
) -> None:
    seen = Seen()
    plan = attrs.evolve(PLAN, verb=verb, arguments=arguments)

    for call in (answering(seen).apply, answering(seen).plan_again):
        with pytest.raises(NotSupported, match=what) as caught:
            await call(plan)
        assert caught.value.sent is Sent.NO

    assert seen.requests == []


MADE_UP: list[tuple[Verb, Pairs, str]] = [
    (Verb.RECOVER, OF_KEY[:1], "does not name one service_key"),
    (Verb.RECOVER, (*OF_KEY, OF_KEY[0]), "does not name one service_name"),
    (Verb.RECOVER, (OF_KEY[0], ("service_key", "")), "service key: it is empty"),
    (Verb.REDEPLOY, (OF_URL[0], ("force", "perhaps")), "force is neither yes nor no"),
    (Verb.REDEPLOY, (("service_url", "orders"), OF_URL[1]), "does not start with http"),
    (Verb.CLEANUP, OF_KEPT[1:], "does not name one service_url"),
]


@pytest.mark.parametrize(("verb", "arguments", "problem"), MADE_UP)
async def test_a_plan_that_nobody_made_is_refused_before_anything_is_sent(
    verb: Verb,
    arguments: Pairs,
    problem: str,
) -> None:
    seen = Seen()

    with pytest.raises(InvalidPlan, match=problem):
        await answering(seen).apply(attrs.evolve(PLAN, verb=verb, arguments=arguments))

    assert seen.requests == []


async def test_a_plan_of_the_engine_itself_is_none_of_the_api() -> None:
    scene = Scene()
    scene.failed()
    near = await scene.operator.plan_recover(wfadmin.WorkflowKey("Order", "o-1"))
    near = attrs.evolve(near, expires_at=near.expires_at + timedelta(seconds=1))

    async with far_from(scene) as operator:
        with pytest.raises(StalePlan):
            await operator.apply(near)

    assert not any(one.is_write for one in scene.points)
