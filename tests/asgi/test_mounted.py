"""An app that is mounted in one of FastAPI answers as it does alone, whatever the host does."""

from collections.abc import Awaitable, Callable

import httpx
import pytest
from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.responses import Response
from starlette.types import ASGIApp

from tests.asgi.http import KEY, SEEDS, V1, Scene, client_of, error_of
from tests.operations.repairs import fails
from wfadmin.adapters.memory import Point

pytestmark = pytest.mark.anyio

UNDER = "/internal/ops"
REFUSED = "ours, not theirs"
# What the middlewares of the host add to every answer.
OF_THE_HOST = ("x-host", "vary")


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def as_the_host_says(_: Request, __: Exception) -> Response:
    return JSONResponse({"detail": REFUSED}, 418)


async def named_by_the_host(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    response = await call_next(request)
    response.headers["x-host"] = "shop"
    return response


def host_of(app: ASGIApp) -> FastAPI:
    """Give an app of FastAPI with its own routes, middlewares and handlers, and ours in it."""
    host = FastAPI()
    for kind in (HTTPException, StarletteHTTPException, RequestValidationError, Exception):
        host.add_exception_handler(kind, as_the_host_says)
    host.add_middleware(CORSMiddleware, allow_origins=["https://shop.example.com"])
    host.add_middleware(GZipMiddleware, minimum_size=1_000_000)
    host.middleware("http")(named_by_the_host)

    @host.get("/orders/{number}")
    async def order(number: int) -> dict[str, int]:
        return {"number": number}

    host.mount(UNDER, app)
    return host


def scene_of() -> Scene:
    scene = Scene()
    scene.world.deployment(V1, serves=("Order",))
    scene.failed()
    return scene


Steps = Callable[[httpx.AsyncClient], Awaitable[list[httpx.Response]]]


async def look(client: httpx.AsyncClient) -> list[httpx.Response]:
    full = {"prefer": "return=representation"}
    return [
        await client.post("doctor", json={}),
        await client.post("doctor", json={}, headers=full),
        await client.post("inspect", json=KEY),
    ]


async def plan_and_do(client: httpx.AsyncClient) -> list[httpx.Response]:
    plan = await client.post("recover-stuck-workflow/plan", json=KEY)
    approved = {"if-match": plan.headers["etag"]}
    done = await client.post("recover-stuck-workflow", json=KEY, headers=approved)
    again = await client.post("recover-stuck-workflow", json=KEY, headers=approved)
    assert [one.status_code for one in (plan, done, again)] == [200, 200, 412]
    return [plan, done, again]


async def be_refused(client: httpx.AsyncClient) -> list[httpx.Response]:
    json_type = {"content-type": "application/json"}
    wrong = {"serviceUrl": "http://no-such-place:9080"}
    answers = [
        await client.post("doctor", json={}, headers={"x-api-key": "nobody"}),
        await client.post("force-redeploy", json={}, headers={"x-api-key": "rob"}),
        await client.post("inspect", json={"serviceKey": 7}),
        await client.post("inspect", content=b"{", headers=json_type),
        await client.post("inspect", content=b"{}", headers={"content-type": "text/plain"}),
        await client.post("cleanup-stale-deployments", json=wrong),
        await client.post("recover-stuck-workflow", json={**KEY, "serviceName": "No"}),
        await client.post("no-such-route", json={}),
        await client.post("doctor/", json={}),
        await client.get("doctor"),
    ]
    statuses = [401, 403, 422, 400, 415, 404, 404, 404, 404, 405]
    assert [one.status_code for one in answers] == statuses
    assert all(error_of(one)["message"] for one in answers)
    return answers


async def asked(app: ASGIApp, base: str, steps: Steps) -> list[httpx.Response]:
    async with client_of(app, base=base) as client:
        client.headers["x-request-id"] = "r-1"
        return await steps(client)


def told(answer: httpx.Response) -> tuple[int, bytes, dict[str, str]]:
    """Tell all of an answer but what the host adds of its own."""
    headers = {name: value for name, value in answer.headers.items() if name not in OF_THE_HOST}
    return answer.status_code, answer.content, headers


@pytest.mark.parametrize("steps", [look, plan_and_do, be_refused])
async def test_in_an_app_of_fastapi_it_answers_as_it_does_alone(steps: Steps) -> None:
    alone, mounted = scene_of(), scene_of()
    inside = host_of(mounted.app())

    by_itself = await asked(alone.app(), SEEDS, steps)
    in_a_host = await asked(inside, f"{UNDER}{SEEDS}", steps)

    assert [told(one) for one in in_a_host] == [told(one) for one in by_itself]
    assert {one.headers["x-host"] for one in in_a_host} == {"shop"}
    assert mounted.of_http() == alone.of_http()
    # The routes on record do not depend on where it is mounted.
    routes = [
        [dict(one.arguments)["route"] for one in scene.audit.records] for scene in (mounted, alone)
    ]
    assert routes[0] == routes[1]


async def test_a_mistake_of_ours_does_not_reach_the_handlers_of_the_host() -> None:
    scene = scene_of()
    scene.world.engine.points.hook = fails(Point.FOR_KEY, ZeroDivisionError())  # type: ignore[arg-type]

    async with client_of(host_of(scene.app()), base=f"{UNDER}{SEEDS}") as client:
        answer = await client.post("inspect", json=KEY)

    assert (answer.status_code, error_of(answer)["id"]) == (500, "unexpected_error")


async def test_health_is_told_under_the_path_too() -> None:
    async with client_of(host_of(Scene().app()), caller=None, base=UNDER) as client:
        answer = await client.get("healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_the_routes_of_the_host_stay_its_own() -> None:
    scene = scene_of()

    async with client_of(host_of(scene.app()), base="") as client:
        order, wrong = await client.get("orders/7"), await client.get("orders/x")
        elsewhere = await client.post(f"{SEEDS}/doctor", json={})

    assert order.json() == {"number": 7}
    assert [one.status_code for one in (wrong, elsewhere)] == [418, 418]
    assert wrong.json() == elsewhere.json() == {"detail": REFUSED}
    assert scene.audit.records == ()
