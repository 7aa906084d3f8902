"""How an app is made, where it answers, and what it says about itself."""

from datetime import timedelta
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from tests.asgi.http import KEY, SEEDS, V1, Names, Scene, client_of, error_of, post
from wfadmin.asgi import Limits, operator_app
from wfadmin.domain.policy import Protection
from wfadmin.errors import InvalidServiceUrl, UsageError

ANYBODY = "Nobody is asked who they are: everybody may do everything."
ANY_URL = "Any URL may be registered, which takes its services over: set allowed_service_urls."
UNPROTECTED = "Nothing is protected on the engine default: set a protection."


# --- making one ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({}, "authenticator"),
        ({"authenticator": Names(), "unsafe_allow_anonymous": True}, "authenticator"),
        ({"authenticator": Names(), "trusted_proxies": "10.0.0.1"}, "trusted_proxies"),
        ({"authenticator": Names(), "allowed_service_urls": V1}, "allowed_service_urls"),
        ({"authenticator": Names(), "allowed_service_urls": ["x"]}, "allowed service URL"),
        ({"authenticator": Names(), "default": "a/b"}, "engine name"),
    ],
)
def test_a_setting_that_is_not_usable_is_named(options: dict[str, Any], named: str) -> None:
    with pytest.raises(UsageError, match=named):
        operator_app(Scene().operator, **options)


def test_an_allowed_url_is_one() -> None:
    with pytest.raises(InvalidServiceUrl):
        Scene().app(allowed_service_urls=["ftp://x"])


@pytest.mark.parametrize("names", [(), ("a", "b"), ("a b",), ("",), ("a" * 65,)])
def test_engines_need_names_and_several_a_default(names: tuple[str, ...]) -> None:
    with pytest.raises(UsageError):
        operator_app({one: Scene().operator for one in names}, authenticator=Names())


def test_the_default_is_one_of_the_engines() -> None:
    with pytest.raises(UsageError, match="default"):
        operator_app({"a": Scene().operator}, default="b", authenticator=Names())


@pytest.mark.parametrize("name", ["at_once", "failures", "addresses"])
def test_a_limit_is_above_zero(name: str) -> None:
    with pytest.raises(UsageError, match=name):
        Limits(**{name: 0})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["patience", "failures_per"])
def test_a_time_is_above_zero(name: str) -> None:
    with pytest.raises(UsageError, match=name):
        Limits(**{name: timedelta(0)})  # type: ignore[arg-type]


# --- what it says about itself -------------------------------------------------------------------


def test_what_is_open_is_told_once_to_the_observer() -> None:
    scene = Scene()

    app = scene.app(unsafe_allow_anonymous=True)

    assert app.warnings == (ANYBODY, ANY_URL, UNPROTECTED)
    assert scene.events.named("http.warning") == [{"problem": one} for one in app.warnings]


def test_what_is_closed_is_not_warned_of() -> None:
    scene = Scene(protection=Protection(services=("Bill",)))
    assert scene.app(allowed_service_urls=[V1]).warnings == ()
    assert scene.app(allowed_service_urls=[]).warnings == ()
    assert scene.events.told == []


# --- where it answers ----------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_everybody_may_where_nobody_is_asked() -> None:
    scene = Scene()
    scene.failed()

    answer = await post(
        scene.app(unsafe_allow_anonymous=True), "recover-stuck-workflow", KEY, caller=None
    )

    assert answer.status_code == 200
    assert {one.actor for one in scene.audit.records} == {"anonymous"}


@pytest.mark.asyncio
async def test_health_needs_no_key_and_tells_nothing() -> None:
    scene = Scene()

    async with client_of(scene.app(), caller=None, base="") as client:
        answer = await client.get("healthz")
        wrong = await client.post("healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert wrong.status_code == 405
    assert (scene.points, scene.audit.records) == ([], ())


@pytest.mark.asyncio
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "HEAD"])
async def test_another_method_is_405_with_those_that_are_allowed(method: str) -> None:
    async with client_of(Scene().app()) as client:
        answer = await client.request(method, "doctor")

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    if method != "HEAD":
        assert error_of(answer)["id"] == "method_not_allowed"


@pytest.mark.asyncio
@pytest.mark.parametrize("path", ["", "nope", "doctor/", "doctor/plan", "inspect/plan", "%00"])
async def test_an_unknown_path_is_404(path: str) -> None:
    async with client_of(Scene().app()) as client:
        answer = await client.post(path, json={})

    assert (answer.status_code, error_of(answer)["id"]) == (404, "route_not_found")
    assert (error_of(answer)["category"], path not in answer.text or not path) == ("client", True)


@pytest.mark.asyncio
async def test_it_may_be_mounted_anywhere() -> None:
    scene = Scene()
    scene.failed()
    outer = Starlette(routes=[Mount("/ops", app=scene.app())])

    done = await post(outer, "recover-stuck-workflow", KEY, base=f"/ops{SEEDS}")
    lost = await post(outer, "nope", base=f"/ops{SEEDS}")
    async with client_of(outer, base=f"/ops{SEEDS}") as client:
        wrong = await client.get("doctor")

    assert (done.status_code, lost.status_code, wrong.status_code) == (200, 404, 405)
    assert [error_of(one)["id"] for one in (lost, wrong)] == [
        "route_not_found",
        "method_not_allowed",
    ]


@pytest.mark.asyncio
async def test_each_engine_answers_under_its_name_and_the_default_at_the_known_paths() -> None:
    prod, staging = Scene(), Scene()
    prod.failed()
    operators = {"prod": prod.operator, "staging": staging.operator}
    app = operator_app(operators, default="prod", authenticator=Names())

    async def failures(base: str) -> int:
        body = (await post(app, "doctor", base=base)).json()
        return len(body["invocations"]["recentFailures"])

    assert await failures(SEEDS) == 1
    assert await failures("/api/v1/engines/prod") == 1
    assert await failures("/api/v1/engines/staging") == 0
    assert [len(one.audit.records) for one in (prod, staging)] == [2, 1]
    routes = [dict(one.arguments)["route"] for one in prod.audit.records]
    assert routes == [f"{SEEDS}/doctor", "/api/v1/engines/{engine}/doctor"]


@pytest.mark.asyncio
async def test_one_engine_alone_has_a_name_too() -> None:
    app = Scene().app(default="prod")
    assert (await post(app, "doctor", base="/api/v1/engines/prod")).status_code == 200
    named = operator_app({"only": Scene().operator}, authenticator=Names())
    assert (await post(named, "doctor")).status_code == 200


# --- correlation ---------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_the_id_of_a_request_comes_back_and_is_on_record() -> None:
    scene = Scene()
    app = scene.app()

    own = await post(app, "doctor", headers={"x-request-id": "trace-7"})
    odd = await post(app, "doctor", headers={"x-request-id": "a b"})
    refused = await post(app, "doctor", caller=None, headers={"x-request-id": "trace-8"})

    ids = [dict(one.arguments)["request_id"] for one in scene.audit.records]
    assert ids == ["trace-7", odd.headers["x-request-id"], "trace-8"]
    assert [one.headers["x-request-id"] for one in (own, refused)] == ["trace-7", "trace-8"]
    assert odd.headers["x-request-id"].startswith("req_")


@pytest.mark.asyncio
async def test_no_answer_is_to_be_kept() -> None:
    app = Scene().app()
    answers = [await post(app, "doctor"), await post(app, "doctor", caller=None)]
    assert {one.headers["cache-control"] for one in answers} == {"no-store"}
