"""What an observer is told of each request: how it was answered, and nothing that was sent."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from tests.asgi.http import KEY, SEEDS, Names, Scene, client_of, post
from tests.operations.repairs import fails
from wfadmin.adapters.memory import Point
from wfadmin.asgi import Limits, operator_app
from wfadmin.ports import Principal
from wfadmin.ports.auth import Authenticator

pytestmark = pytest.mark.anyio

ID = {"x-request-id": "trace-7"}


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def lasting(scene: Scene, milliseconds: float) -> None:
    """Let time pass at the engine."""

    async def pass_time(point: Point) -> None:
        if point in (Point.FOR_KEY, Point.PROBE_ADMIN):
            scene.world.advance(timedelta(milliseconds=milliseconds))

    scene.world.engine.points.hook = pass_time


async def answered(
    scene: Scene, path: str, body: object = None, **how: object
) -> dict[str, object]:
    """Send one request and tell what the observer was told of it."""
    app = scene.app(**how.pop("options", {}))  # type: ignore[arg-type]
    scene.events.told.clear()
    await post(app, path, body, headers=ID, **how)
    (told,) = scene.events.named("http.answered")
    return told


async def test_an_answer_is_told_with_its_latency_by_the_clock_of_the_host() -> None:
    scene = Scene()
    scene.failed()
    lasting(scene, 12.5)

    assert await answered(scene, "inspect", KEY) == {
        "route": f"{SEEDS}/inspect",
        "engine": "default",
        "status": 200,
        "error": None,
        "actor": "ada",
        "peer": "192.0.2.1",
        "latency_ms": 12.5,
        "request_id": "trace-7",
    }


@pytest.mark.parametrize(
    ("path", "body", "caller", "status", "error", "actor"),
    [
        ("doctor", {}, None, 401, "not_authenticated", None),
        ("force-redeploy", {}, "rob", 403, "operate_permission_missing", "rob"),
        ("inspect", {"serviceKey": "hunter2"}, "ada", 422, "invalid_request", "ada"),
        ("recover-stuck-workflow", KEY, "ada", 404, "service_not_found", "ada"),
    ],
)
async def test_a_refusal_is_told_too(  # noqa: PLR0913, PLR0917 - a row of the table
    path: str,
    body: object,
    caller: str | None,
    status: int,
    error: str,
    actor: str | None,
) -> None:
    told = await answered(Scene(), path, body, caller=caller)

    assert told == {
        "route": f"{SEEDS}/{path}",
        "engine": "default",
        "status": status,
        "error": error,
        "actor": actor,
        "peer": "192.0.2.1",
        "latency_ms": 0.0,
        "request_id": "trace-7",
    }


async def test_an_address_that_has_to_wait_is_told() -> None:
    scene = Scene()
    app = scene.app(limits=Limits(failures=1))
    for _ in range(2):
        await post(app, "doctor", caller="guess")

    told = scene.events.named("http.answered")
    assert [(one["status"], one["error"], one["actor"]) for one in told] == [
        (401, "not_authenticated", None),
        (429, "too_many_failures", None),
    ]


class Broken(Authenticator):
    """Knows nobody, because it cannot look."""

    async def authenticate(self, headers: Mapping[str, str]) -> Principal | None:
        raise OSError(headers["x-api-key"])


async def test_nobody_can_be_known_is_told() -> None:
    told = await answered(Scene(), "doctor", options={"authenticator": Broken()})

    assert (told["status"], told["error"]) == (503, "authentication_unavailable")
    assert told["actor"] is None


async def test_a_mistake_of_ours_is_told_twice_as_failed_and_as_answered() -> None:
    scene = Scene()
    scene.world.engine.points.hook = fails(Point.FOR_KEY, ZeroDivisionError())  # type: ignore[arg-type]

    told = await answered(scene, "inspect", KEY)

    assert (told["status"], told["error"], told["actor"]) == (500, "unexpected_error", "ada")
    assert [name for name, _ in scene.events.told] == ["http.failed", "http.answered"]
    (failed,) = scene.events.named("http.failed")
    assert failed["request_id"] == told["request_id"]


async def test_who_nobody_is_asked_about_is_anonymous() -> None:
    told = await answered(Scene(), "doctor", caller=None, options={"unsafe_allow_anonymous": True})

    assert (told["status"], told["actor"]) == (200, "anonymous")


async def test_the_name_of_a_caller_is_one_line_as_on_record() -> None:
    scene = Scene()
    odd = Principal("ada\n" + "x" * 300, frozenset({"system:read"}))

    told = await answered(scene, "doctor", options={"authenticator": Names({"ada": odd})})

    (record,) = scene.audit.records
    assert told["actor"] == record.actor
    assert "\n" not in record.actor
    assert len(record.actor) == 200


async def test_the_address_behind_a_trusted_proxy_is_told() -> None:
    scene = Scene()
    app = scene.app(trusted_proxies=["10.0.0.1"])
    headers = {"x-forwarded-for": "198.51.100.7"}

    await post(app, "doctor", peer="10.0.0.1", headers=headers)
    async with client_of(app, peer="10.0.0.1") as client:
        await client.post("nope", headers=headers)

    peers = [one["peer"] for one in scene.events.named("http.answered")]
    assert peers == ["198.51.100.7", "198.51.100.7"]


async def test_the_observer_of_the_engine_is_told_and_of_an_unknown_one_that_of_the_default() -> (
    None
):
    prod, staging = Scene(), Scene()
    lasting(staging, 3)
    staging.world.advance(timedelta(minutes=1))
    operators = {"prod": prod.operator, "staging": staging.operator}
    app = operator_app(operators, default="prod", authenticator=Names())
    prod.events.told.clear()

    for name in ("staging", "nowhere"):
        await post(app, "doctor", base=f"/api/v1/engines/{name}")

    route = "/api/v1/engines/{engine}/doctor"
    (ours,), (theirs,) = (one.events.named("http.answered") for one in (prod, staging))
    assert (ours["route"], ours["status"], ours["error"]) == (route, 404, "engine_not_found")
    assert (theirs["route"], theirs["status"], theirs["latency_ms"]) == (route, 200, 3.0)


@pytest.mark.parametrize(
    ("method", "path", "status", "error"),
    [
        ("POST", "hunter2", 404, "route_not_found"),
        ("GET", "doctor", 405, "method_not_allowed"),
        ("POST", "/healthz", 405, "method_not_allowed"),
    ],
)
async def test_a_request_on_no_route_is_told_without_its_path(
    method: str, path: str, status: int, error: str
) -> None:
    scene = Scene()
    app = scene.app()
    scene.events.told.clear()

    async with client_of(app) as client:
        url = f"http://host{path}" if path.startswith("/") else path
        answer = await client.request(method, url, headers=ID)

    assert (answer.status_code, answer.headers["x-request-id"]) == (status, "trace-7")
    fields = {
        "route": None,
        "engine": None,
        "status": status,
        "error": error,
        "actor": None,
        "peer": "192.0.2.1",
        "latency_ms": 0.0,
        "request_id": "trace-7",
    }
    assert scene.events.told == [("http.answered", fields)]
    assert scene.audit.records == ()


async def test_health_is_not_told() -> None:
    scene = Scene()
    app = scene.app()
    scene.events.told.clear()

    async with client_of(app, caller=None, base="") as client:
        await client.get("healthz")

    assert scene.events.told == []
