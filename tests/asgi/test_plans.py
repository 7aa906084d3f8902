"""A plan beside each write, and a write that is bound to the plan that was approved."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import httpx
import pytest
from starlette.types import ASGIApp

from tests.asgi.http import KEY, V1, V2, Scene, error_of, post, told
from tests.operations.repairs import acts
from wfadmin.adapters.memory import Point
from wfadmin.asgi.shapes import planned_as, to_the_minute
from wfadmin.domain.plan import PLAN_LIFETIME, Item, Plan, Verb
from wfadmin.wire.plan_files import plan_of_text

RECOVER = "recover-stuck-workflow"
NOON = datetime(2026, 1, 1, 12, 0, 30, 123456, tzinfo=UTC)
PLAN = Plan(Verb.RECOVER, (("a", "b"),), (Item("x"),), ("w",), "memory", NOON + PLAN_LIFETIME)


async def approved(app: ASGIApp, route: str = RECOVER, body: object = KEY) -> str:
    answer = await post(app, f"{route}/plan", body)
    assert answer.status_code == 200
    return answer.headers["etag"]


async def write(app: ASGIApp, tag: str, route: str = RECOVER, body: object = KEY) -> httpx.Response:
    return await post(app, route, body, headers={"if-match": tag})


def comes_again(scene: Scene, run_id: str) -> None:
    """Let another tool purge the run, and a client submit the key again, in vain."""
    scene.world.store.purge(run_id)
    scene.world.clock.advance(timedelta(seconds=1))
    scene.failed()


# --- the comparison ------------------------------------------------------------------------------


def test_a_plan_that_is_told_ends_at_a_whole_minute_and_not_later() -> None:
    assert to_the_minute(PLAN).expires_at == datetime(2026, 1, 1, 12, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("later", "known"),
    [
        (timedelta(0), True),
        (timedelta(minutes=7), True),
        (timedelta(minutes=14, seconds=29), True),
        (timedelta(minutes=14, seconds=30), False),
        (timedelta(hours=1), False),
    ],
)
def test_a_digest_is_known_again_until_its_plan_ends(
    later: timedelta,
    known: bool,  # noqa: FBT001 - a column
) -> None:
    first, now = to_the_minute(PLAN), NOON + later
    fresh = attrs.evolve(PLAN, expires_at=now + PLAN_LIFETIME)
    found = planned_as(fresh, first.digest, now=now)
    assert (found == first) if known else (found is None)


@pytest.mark.parametrize(
    "change",
    [
        {"verb": Verb.CLEANUP},
        {"arguments": (("a", "c"),)},
        {"items": (Item("y"),)},
        {"warnings": ()},
        {"engine": "other"},
    ],
)
def test_everything_but_the_end_has_to_be_the_same(change: dict[str, Any]) -> None:
    told_once = to_the_minute(attrs.evolve(PLAN, **change))
    assert planned_as(PLAN, told_once.digest, now=NOON) is None


def test_a_plan_that_ends_later_than_any_was_told_is_not_known() -> None:
    forged = attrs.evolve(PLAN, expires_at=datetime(2026, 1, 1, 12, 16, tzinfo=UTC))
    assert planned_as(PLAN, forged.digest, now=NOON) is None


# --- over HTTP -----------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_a_plan_is_a_plan_file_and_changes_nothing() -> None:
    scene = Scene()
    run_id = scene.failed()
    before = scene.world.store.fingerprint()

    answer = await post(scene.app(), f"{RECOVER}/plan", KEY)

    plan = plan_of_text(answer.content)
    assert answer.headers["etag"] == f'"{plan.digest}"' == f'"{answer.json()["digest"]}"'
    assert [(one.action.value, one.target) for one in plan.steps] == [("purge", run_id)]
    assert scene.world.store.fingerprint() == before
    assert told(scene.audit.records[0]) == {
        "actor": "ada",
        "verb": "plan recover",
        "outcome": "planned",
    }


@pytest.mark.asyncio
@pytest.mark.parametrize("minutes", [0, 7, 14])
async def test_what_was_approved_is_done(minutes: int) -> None:
    scene = Scene()
    scene.failed()
    app = scene.app()

    tag = await approved(app)
    scene.world.advance(timedelta(minutes=minutes))
    answer = await write(app, tag)

    assert (answer.status_code, answer.json()) == (200, {"acknowledged": True})
    assert [one.outcome for one in scene.audit.records[-2:]] == [None, "confirmed"]


@pytest.mark.asyncio
@pytest.mark.parametrize("route", ["force-redeploy", "cleanup-stale-deployments"])
async def test_the_other_writes_can_be_approved_too(route: str) -> None:
    scene = Scene()
    scene.world.deployment(V2, serves=("Order",))
    scene.world.deployment(V1, serves=("Order",))
    app, body = scene.app(), {"serviceUrl": V1}

    tag = await approved(app, route, body)
    answer = await write(app, tag, route, body)

    assert answer.status_code == 200
    assert any(one.is_write for one in scene.points)


@pytest.mark.asyncio
async def test_a_plan_that_would_not_be_made_now_is_412_and_nothing_is_sent() -> None:
    scene = Scene()
    run_id = scene.failed()
    app = scene.app()
    tag = await approved(app)
    comes_again(scene, run_id)

    answer = await write(app, tag)

    error = error_of(answer)
    assert (answer.status_code, error["id"], error["category"]) == (412, "stale_plan", "domain")
    assert not any(one.is_write for one in scene.points)
    assert told(scene.audit.records[-1]) == {
        "actor": "ada",
        "verb": "recover",
        "outcome": "stale_plan",
    }


@pytest.mark.asyncio
async def test_an_old_a_forged_and_another_plan_are_412() -> None:
    scene = Scene()
    scene.failed()
    scene.failed("o-2")
    app = scene.app()
    tag, other = (
        await approved(app),
        await approved(app, body=KEY | {"serviceKey": "o-2"}),
    )

    forged, wrong = await write(app, f'"{"0" * 64}"'), await write(app, other)
    scene.world.advance(timedelta(minutes=15))
    old = await write(app, tag)

    assert [one.status_code for one in (forged, wrong, old)] == [412, 412, 412]
    assert not any(one.is_write for one in scene.points)


@pytest.mark.asyncio
async def test_what_changes_between_the_look_and_the_lease_is_412_too() -> None:
    scene = Scene()
    run_id = scene.failed()
    app = scene.app()
    tag = await approved(app)
    again = acts(Point.FOR_KEY, lambda: comes_again(scene, run_id), visit=2)
    at_the_second_plan = [again, scene._seen]

    async def hook(point: Point) -> None:
        for one in at_the_second_plan:
            await one(point)

    scene.world.engine.points.hook = hook
    answer = await write(app, tag)

    assert (answer.status_code, error_of(answer)["id"]) == (412, "stale_plan")
    assert not any(one.is_write for one in scene.points)
    assert scene.audit.records[-1].outcome == "stale_plan"


@pytest.mark.asyncio
async def test_a_tag_that_is_no_digest_is_422_and_reads_need_none() -> None:
    scene = Scene()
    scene.failed()
    app = scene.app()

    write_answer = await write(app, "*")
    read = await post(app, "doctor", headers={"if-match": "*"})

    assert (write_answer.status_code, read.status_code) == (422, 200)
    assert error_of(write_answer)["message"].startswith("If-Match is not usable")
    assert not any(one.is_write for one in scene.points)


@pytest.mark.asyncio
async def test_a_url_with_a_secret_cannot_be_bound_to_a_plan() -> None:
    scene = Scene()
    scene.world.deployment(f"{V1}?t=s", serves=("Order",))
    app, body = scene.app(), {"serviceUrl": f"{V1}?t=s"}
    tag = await approved(app, "force-redeploy", body)

    answer = await write(app, tag, "force-redeploy", body)

    assert (answer.status_code, error_of(answer)["id"]) == (422, "invalid_plan")
    assert not any(one.is_write for one in scene.points)
    assert "t=s" not in json.dumps([str(one) for one in scene.audit.records])
