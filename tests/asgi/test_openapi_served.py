"""The document is served to anybody, and what the app really answers is what it says."""

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

import attrs
import httpx
import pytest
from jsonschema import Draft202012Validator
from starlette.applications import Starlette
from starlette.routing import Mount

from tests.asgi.http import KEY, SEEDS, V1, V2, Full, Scene, client_of, error_of, post
from tests.operations.repairs import fails, lost, nothing
from wfadmin.adapters.memory import Point
from wfadmin.asgi import openapi
from wfadmin.asgi.openapi import openapi_document
from wfadmin.domain.components import Component
from wfadmin.domain.policy import Protection
from wfadmin.errors import EngineRejected, EngineUnreachable

pytestmark = pytest.mark.asyncio

RESTATE = SEEDS.replace("workflow-engine", "restate")
NAMED = "/api/v1/engines/default"
FULL = {"prefer": "return=representation"}
INSPECT, REDEPLOY = "inspect", "force-redeploy"
CLEANUP, RECOVER = "cleanup-stale-deployments", "recover-stuck-workflow"
GONE = EngineUnreachable("http://engine:9070", "refused")


async def get(app: Any, path: str, method: str = "GET") -> httpx.Response:  # noqa: ANN401 - any app
    async with client_of(app, caller=None, base="") as client:
        return await client.request(method, path)


# --- where it is served --------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", [SEEDS, RESTATE, NAMED])
async def test_anybody_gets_the_document(prefix: str) -> None:
    scene = Scene()

    answer = await get(scene.app(), f"{prefix}/openapi.json")

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.json() == openapi_document() | {"servers": [{"url": "/"}]}
    assert (scene.points, scene.audit.records) == ([], ())


async def test_it_does_not_tell_which_engines_there_are() -> None:
    app = Scene().app(default="zebra")

    there = await get(app, "/api/v1/engines/zebra/openapi.json")
    not_there = await get(app, "/api/v1/engines/other/openapi.json")

    assert there.content == not_there.content
    assert b"zebra" not in there.content
    assert there.headers == not_there.headers


async def test_a_head_gets_its_headers() -> None:
    app = Scene().app()

    head = await get(app, f"{SEEDS}/openapi.json", "HEAD")
    whole = await get(app, f"{SEEDS}/openapi.json")

    assert (head.status_code, head.headers) == (200, whole.headers)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_another_method_is_405(method: str) -> None:
    answer = await get(Scene().app(), f"{NAMED}/openapi.json", method)

    assert (answer.status_code, error_of(answer)["id"]) == (405, "method_not_allowed")
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}
    assert error_of(answer)["why"] == (
        "Every route of the operator API is a POST; healthz and openapi.json are GETs."
    )


async def test_where_it_is_mounted_its_paths_are_there() -> None:
    host = Starlette(routes=[Mount("/ops {a}", app=Scene().app())])

    answer = await get(host, f"/ops {{a}}{SEEDS}/openapi.json")

    assert answer.json()["servers"] == [{"url": "/ops%20%7Ba%7D"}]


async def test_it_says_how_the_app_is_set_up() -> None:
    app = Scene().app(key_charset="any", unsafe_allow_anonymous=True)

    answer = await get(app, f"{SEEDS}/openapi.json")

    told = openapi_document(key_charset="any", is_known=False)
    assert answer.json() == told | {"servers": [{"url": "/"}]}


async def test_it_is_made_once_and_not_before_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[dict[str, Any]] = []

    def making(**options: Any) -> dict[str, str]:  # noqa: ANN401 - as the document takes them
        made.append(options)
        return {"openapi": "3.1.0"}

    monkeypatch.setattr(openapi, "openapi_document", making)
    app = Scene().app()
    assert made == []

    answers = [await get(app, f"{prefix}/openapi.json") for prefix in (SEEDS, RESTATE, NAMED)]

    assert made == [{"key_charset": "word", "is_known": True}]
    whole = {"openapi": "3.1.0", "servers": [{"url": "/"}]}
    assert [one.json() for one in answers] == [whole] * 3


# --- what is answered ----------------------------------------------------------------------------


def closed(document: dict[str, Any]) -> dict[str, Any]:
    """The document, with answers that hold nothing which it does not tell of."""
    told = deepcopy(document)
    for schema in told["components"]["schemas"].values():
        schema["additionalProperties"] = False
    return told


TOLD = closed(openapi_document())


def check(answer: httpx.Response, path: str) -> None:
    """That an answer is one that the document tells of."""
    operation = TOLD["paths"][path]["post"]
    response = operation["responses"][str(answer.status_code)]
    name = response.get("$ref", "").rpartition("/")[2]
    response = TOLD["components"]["responses"].get(name, response)
    content = response["content"]["application/json"]
    schema = {**content["schema"], "components": TOLD["components"]}
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    assert list(validator.iter_errors(answer.json())) == []
    if not answer.is_success:
        known = {name.partition("-")[0] for name in content["examples"]}
        assert error_of(answer)["id"] in known
    for header in response["headers"]:
        wanted = TOLD["components"]["headers"][header]
        assert header in answer.headers or "required" not in wanted


def failed(scene: Scene) -> None:
    scene.failed("o-1", "boom\nat line 1")


def running(scene: Scene) -> None:
    scene.world.workflow("Order").key("o-1").running()


def everywhere(scene: Scene) -> None:
    """Let there be something of everything."""
    failed(scene)
    scene.world.workflow("Order").key("o-2").running()
    scene.world.workflow("Order").key("o-3").succeeded()
    scene.world.deployment(V1, serves=("Order",))
    scene.world.deployment(V2, serves=("Order",))


def places(scene: Scene) -> None:
    scene.world.deployment(V1, serves=("Order",))
    scene.world.deployment(V2, serves=("Order",))


def serving(scene: Scene) -> None:
    scene.world.deployment(V1, serves=("Order",))
    scene.world.deployment(V2, serves=("Bill",))


def ill(scene: Scene) -> None:
    for one in Component:
        scene.world.break_component(one, GONE)


def rejecting(scene: Scene) -> None:
    failed(scene)
    error = EngineRejected("http://engine:9070", 403)
    scene.world.break_component(Component.INVOCATIONS, error)


def losing(scene: Scene) -> None:
    failed(scene)
    scene.world.engine.points.hook = lost(Point.PURGE, nothing)


def mistaken(scene: Scene) -> None:
    failed(scene)
    error = ZeroDivisionError("secret")
    scene.world.engine.points.hook = fails(Point.FOR_KEY, error)  # type: ignore[arg-type]


@attrs.frozen
class Row:
    """One request, and the status of its answer."""

    placed: Callable[[Scene], object]
    route: str
    body: object
    status: int = 200
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])
    caller: str | None = "ada"
    ports: Mapping[str, object] = attrs.field(factory=dict[str, object])

    def __str__(self) -> str:
        name = self.placed.__name__
        return f"{self.route}-{name}-{self.status}-{self.caller}-{'full' * bool(self.headers)}"


URL1, URL2 = {"serviceUrl": V1}, {"serviceUrl": V2}
STALE = {"if-match": f'"{"0" * 64}"'}
NOBODY = KEY | {"serviceName": "No"}
PROTECTED = {"protection": Protection(services=("Order",))}
DONE = [
    Row(everywhere, "doctor", {}),
    Row(everywhere, "doctor", {}, headers=FULL),
    Row(everywhere, "doctor", {}, headers=FULL, caller="rob"),
    Row(ill, "doctor", {}),
    Row(ill, "doctor", {}, headers=FULL),
    Row(everywhere, INSPECT, KEY),
    Row(everywhere, INSPECT, KEY, headers=FULL),
    Row(everywhere, INSPECT, KEY, headers=FULL, caller="rob"),
    Row(everywhere, INSPECT, KEY | {"serviceKey": "o-2"}),
    Row(everywhere, INSPECT, KEY | {"serviceKey": "o-3"}),
    Row(everywhere, INSPECT, KEY | {"serviceKey": "none"}),
    Row(failed, f"{RECOVER}/plan", KEY),
    Row(failed, RECOVER, KEY),
    Row(failed, RECOVER, KEY, headers=FULL),
    Row(places, f"{REDEPLOY}/plan", URL1),
    Row(places, REDEPLOY, URL1),
    Row(places, REDEPLOY, URL1, headers=FULL),
    Row(places, f"{CLEANUP}/plan", URL2),
    Row(places, CLEANUP, URL2),
    Row(places, CLEANUP, URL2, headers=FULL),
    Row(everywhere, CLEANUP, URL2 | {"forceDrain": True}, headers=FULL),
]
REFUSED = [
    Row(failed, RECOVER, [], 422),
    Row(failed, RECOVER, KEY | {"serviceKey": ""}, 422),
    Row(failed, REDEPLOY, {"serviceUrl": "orders"}, 422),
    Row(failed, RECOVER, KEY, 422, {"if-match": "*"}),
    Row(failed, RECOVER, KEY, 401, caller=None),
    Row(failed, RECOVER, KEY, 403, caller="rob"),
    Row(failed, "doctor", {}, 403, caller="eve"),
    Row(failed, RECOVER, KEY, 412, STALE),
    Row(failed, RECOVER, KEY, 413, {"content-length": "1000000"}),
    Row(failed, RECOVER, KEY, 415, {"content-type": "text/plain"}),
    Row(failed, RECOVER, NOBODY, 404),
    Row(failed, f"{RECOVER}/plan", NOBODY, 404),
    Row(failed, INSPECT, NOBODY, 404),
    Row(failed, RECOVER, KEY, 409, ports=PROTECTED),
    Row(failed, RECOVER, KEY, 503, ports={"audit": Full()}),
    Row(running, RECOVER, KEY, 409),
    Row(running, f"{RECOVER}/plan", KEY, 409),
    Row(serving, CLEANUP, URL1, 409),
    Row(serving, CLEANUP, {"serviceUrl": "http://no"}, 404),
    Row(serving, REDEPLOY, {"serviceUrl": "http://no"}, 502),
    Row(rejecting, RECOVER, KEY, 502),
    Row(ill, RECOVER, KEY, 503),
    Row(ill, INSPECT, KEY, 503),
    Row(ill, CLEANUP, URL1, 503),
    Row(losing, RECOVER, KEY, 504),
    Row(mistaken, INSPECT, KEY, 500),
]


@pytest.mark.parametrize("row", DONE + REFUSED, ids=str)
async def test_what_is_answered_is_what_is_told(row: Row) -> None:
    scene = Scene(**row.ports)
    row.placed(scene)

    answer = await post(scene.app(), row.route, row.body, headers=row.headers, caller=row.caller)

    assert answer.status_code == row.status
    check(answer, f"{SEEDS}/{row.route}")


async def test_what_is_no_json_is_what_is_told() -> None:
    async with client_of(Scene().app()) as client:
        headers = {"content-type": "application/json"}
        answer = await client.post("doctor", content=b"{", headers=headers)

    assert answer.status_code == 400
    check(answer, f"{SEEDS}/doctor")


async def test_who_failed_too_often_is_what_is_told() -> None:
    app = Scene().app()
    for _ in range(10):
        await post(app, "doctor", caller="nobody")

    answer = await post(app, "doctor")

    assert answer.status_code == 429
    check(answer, f"{SEEDS}/doctor")


async def test_an_engine_that_is_not_served_is_what_is_told() -> None:
    answer = await post(Scene().app(), "doctor", base="/api/v1/engines/other")

    assert answer.status_code == 404
    check(answer, "/api/v1/engines/{engine}/doctor")


async def test_a_url_that_is_not_allowed_is_what_is_told() -> None:
    answer = await post(Scene().app(allowed_service_urls=[V1]), f"{REDEPLOY}/plan", URL2)

    assert answer.status_code == 403
    check(answer, f"{SEEDS}/{REDEPLOY}/plan")


async def test_the_link_of_a_plan_does_what_it_says() -> None:
    scene = Scene()
    failed(scene)
    app = scene.app()
    plan = await post(app, f"{RECOVER}/plan", KEY)

    answer = await post(app, RECOVER, KEY, headers={"if-match": plan.headers["ETag"], **FULL})

    assert answer.status_code == 200
    check(answer, f"{SEEDS}/{RECOVER}")
    assert json.loads(answer.content)["purged"]
