"""What is on record of a request: by which it came, how long it took, and what was only counted."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import anyio
import pytest
from starlette.types import ASGIApp, Message

from tests.asgi.http import KEY, SEEDS, Scene, post
from wfadmin.adapters.memory import Point
from wfadmin.ports import AuditRecord

pytestmark = pytest.mark.anyio

RECOVER = "recover-stuck-workflow"


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def latency(record: AuditRecord) -> str | None:
    return dict(record.arguments).get("latency_ms")


def lasting(scene: Scene, *points: Point) -> None:
    """Let some time pass at these points."""

    async def pass_time(point: Point) -> None:
        if point in points:
            scene.world.advance(timedelta(milliseconds=7.9))

    scene.world.engine.points.hook = pass_time


# --- how long it took ----------------------------------------------------------------------------


async def test_what_a_verb_did_is_on_record_with_its_latency_and_its_intent_has_none() -> None:
    scene = Scene()
    scene.failed()
    lasting(scene, Point.PURGE)

    await post(scene.app(), RECOVER, KEY, headers={"x-request-id": "r-1"})

    intent, outcome = scene.audit.records
    assert (intent.outcome, outcome.outcome) == (None, "confirmed")
    marks = [("route", f"{SEEDS}/{RECOVER}"), ("request_id", "r-1")]
    assert list(intent.arguments[-2:]) == marks
    assert latency(intent) is None
    assert list(outcome.arguments[-3:]) == [*marks, ("latency_ms", "7")]


async def test_whole_milliseconds_since_the_request_came_are_on_record_for_a_look() -> None:
    scene = Scene()
    lasting(scene, Point.PROBE_ADMIN, Point.SURVEY)

    await post(scene.app(), "doctor")

    (record,) = scene.audit.records
    assert latency(record) == "15"


async def test_a_refusal_is_on_record_with_its_latency() -> None:
    scene = Scene()
    scene.world.workflow("Order").key("o-1").running()
    lasting(scene, Point.FOR_KEY)
    app = scene.app()

    await post(app, RECOVER, KEY)
    await post(app, RECOVER, KEY, caller="rob")

    blocked, not_permitted = scene.audit.records
    assert (blocked.outcome, latency(blocked)) == ("workflow_retry_blocked", "7")
    assert (not_permitted.outcome, latency(not_permitted)) == ("operate_permission_missing", "0")


async def test_what_is_noted_later_took_no_longer_for_that() -> None:
    scene = Scene()
    app = scene.app()
    for _ in range(7):
        await post(app, "doctor", caller=None)

    scene.world.advance(timedelta(minutes=5))
    await post(app, "doctor")

    strangers = [one for one in scene.audit.records if one.actor == "nobody"]
    assert [dict(one.arguments)["attempts"] for one in strangers] == ["1"] * 5 + ["2"]
    assert {latency(one) for one in strangers} == {"0"}


# --- what was only counted -----------------------------------------------------------------------


def counted(scene: Scene) -> list[tuple[str, str | None, int]]:
    """Tell who made how many attempts of those that are noted together."""
    told = [(one, dict(one.arguments).get("attempts")) for one in scene.audit.records]
    return [(one.actor, one.outcome, int(number)) for one, number in told if number]


async def many(app: ASGIApp, number: int, caller: str | None) -> None:
    for _ in range(number):
        await post(app, "doctor", {"nonsense": 1}, caller=caller, peer="192.0.2.7")


async def test_what_one_caller_sent_is_not_counted_as_anothers() -> None:
    scene = Scene()
    app = scene.app()
    await many(app, 62, "ada")
    await many(app, 3, "rob")
    assert len(scene.audit.records) == 60

    scene.world.advance(timedelta(minutes=1))
    await many(app, 1, "rob")

    assert counted(scene)[60:] == [
        ("ada", "invalid_request", 2),
        ("rob", "invalid_request", 4),
    ]


async def test_what_the_quota_leaves_out_waits_for_its_turn() -> None:
    scene = Scene()
    app = scene.app()
    await many(app, 62, "ada")
    await many(app, 3, "rob")

    for _ in range(2):
        scene.world.advance(timedelta(seconds=1))
        await post(app, "doctor")

    assert counted(scene)[60:] == [
        ("ada", "invalid_request", 2),
        ("rob", "invalid_request", 3),
    ]


async def flooded(scene: Scene) -> ASGIApp:
    """Give an app that counted four attempts of a stranger and five of somebody known."""
    app = scene.app()
    await many(app, 9, None)
    await many(app, 64, "ada")
    await many(app, 1, "rob")
    assert sum(number for *_, number in counted(scene)) == 5 + 60
    return app


AT_THE_END = [
    ("nobody", "not_authenticated", 4),
    ("ada", "invalid_request", 4),
    ("rob", "invalid_request", 1),
]


async def test_at_its_end_an_app_puts_on_record_what_it_counted_and_once() -> None:
    scene = Scene()
    app = await flooded(scene)

    await app.aclose()  # type: ignore[attr-defined]
    assert counted(scene)[65:] == AT_THE_END
    await app.aclose()  # type: ignore[attr-defined]
    await post(app, "doctor")

    assert counted(scene)[65:] == AT_THE_END


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Run the lifespan of an app as a server does, and give what ends it."""
    to_app, from_server = anyio.create_memory_object_stream[Message](4)
    to_server, from_app = anyio.create_memory_object_stream[Message](4)
    scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}

    async def end() -> None:
        await to_app.send({"type": "lifespan.shutdown"})
        assert await from_app.receive() == {"type": "lifespan.shutdown.complete"}

    with to_app, from_server, to_server, from_app:
        async with anyio.create_task_group() as group:
            group.start_soon(app, scope, from_server.receive, to_server.send)
            await to_app.send({"type": "lifespan.startup"})
            assert await from_app.receive() == {"type": "lifespan.startup.complete"}
            yield end


async def test_a_server_that_ends_has_it_put_on_record() -> None:
    scene = Scene()
    app = await flooded(scene)

    async with served(app) as end:
        assert len(counted(scene)) == 65
        await end()

    assert counted(scene)[65:] == AT_THE_END


async def test_a_server_that_ends_puts_nothing_on_record_where_nothing_was_counted() -> None:
    scene = Scene()

    async with served(scene.app()) as end:
        await end()

    assert scene.audit.records == ()
