"""The front doors: probed without harm, and the services as they are."""

from typing import Any

import pytest

from tests.adapters.restate.fake import INGRESS, URL, V16, V17, FakeRestate, Token
from wfadmin.domain.errors import EngineRejected, NotSupported, UnexpectedAnswer
from wfadmin.domain.model import Handler, HandlerKind, Service, ServiceKind

pytestmark = pytest.mark.asyncio

HEALTH = "GET /restate/health"
ALIVE = "select id from sys_invocation_status limit 1"


@pytest.mark.parametrize("version", [V16, V17])
async def test_the_admin_side_is_alive_when_a_real_table_answers(version: Any) -> None:  # noqa: ANN401
    fake = FakeRestate(routes={"GET /version": version}, queries=[(ALIVE, [{"id": "inv_1"}])])

    assert await fake.engine().admin.probe_admin() == version["version"]
    assert fake.asked == ["GET /version", "POST /query"]


async def test_an_engine_that_answers_no_query_is_not_alive() -> None:
    fake = FakeRestate(queries=[(ALIVE, (500, b'{"message": "no partition"}'))])

    with pytest.raises(EngineRejected, match="no partition"):
        await fake.engine().admin.probe_admin()


# --- ingress -------------------------------------------------------------------------------------


async def test_the_ingress_that_was_named_is_asked_without_the_token() -> None:
    fake = FakeRestate(routes={HEALTH: {"services": ["Order"]}})

    await fake.engine(credentials=Token()).admin.probe_ingress()

    (request,) = fake.requests
    assert str(request.url) == f"{INGRESS}/restate/health"
    assert "authorization" not in request.headers


@pytest.mark.parametrize(
    ("admin", "endpoint", "asked"),
    [
        (URL, "http://localhost:8080/", "http://localhost:8080/restate/health"),
        (URL, "http://127.0.0.1:8080/", "http://127.0.0.1:8080/restate/health"),
        ("http://engine:9070", "http://engine:8080", "http://engine:8080/restate/health"),
        ("http://engine:9070", "https://ENGINE/in/", "https://engine/in/restate/health"),
    ],
)
async def test_an_ingress_that_the_engine_names_is_asked_where_the_engine_is(
    admin: str, endpoint: str, asked: str
) -> None:
    version = V17 | {"ingress_endpoint": endpoint}
    fake = FakeRestate(routes={"GET /version": version})
    fake.routes |= {"GET /restate/health": {"services": []}}
    fake.routes |= {"GET /in/restate/health": {"services": []}}

    await fake.engine(admin_url=admin, ingress_url=None).admin.probe_ingress()

    assert str(fake.requests[-1].url) == asked


@pytest.mark.parametrize(
    "endpoint",
    [
        None,
        "http://elsewhere:8080/",
        "http://169.254.169.254/latest/",
        "http://ada:s3cret@localhost:8080/",
        "ftp://localhost",
        "not a URL",
        # An injected client reaches no socket.
        "unix:/run/n/ingress.sock",
    ],
)
async def test_another_address_is_not_called_unasked(endpoint: str | None) -> None:
    fake = FakeRestate(routes={"GET /version": V17 | {"ingress_endpoint": endpoint}})

    with pytest.raises(NotSupported, match="--ingress-url"):
        await fake.engine(ingress_url=None).admin.probe_ingress()

    assert fake.asked == ["GET /version"]


@pytest.mark.parametrize(
    "answer", [(200, b"<html>"), (200, b""), (200, b"null"), {"services": None}, [], {"ok": True}]
)
async def test_something_else_answers_at_the_ingress(answer: Any) -> None:  # noqa: ANN401
    with pytest.raises(UnexpectedAnswer):
        await FakeRestate(routes={HEALTH: answer}).engine().admin.probe_ingress()


async def test_an_ingress_that_says_no() -> None:
    fake = FakeRestate(routes={HEALTH: (404, b"")})

    with pytest.raises(EngineRejected):
        await fake.engine().admin.probe_ingress()


# --- services ------------------------------------------------------------------------------------


def service(name: str, kind: str, **handlers: str | None) -> dict[str, Any]:
    told = [{"name": n} | ({"ty": ty} if ty else {}) for n, ty in handlers.items()]
    common = {"revision": 3, "deployment_id": "dp_1", "public": True, "metadata": {}}
    return {"name": name, "ty": kind, "handlers": told} | common


async def test_services_are_listed_with_kinds_and_handlers() -> None:
    found = [
        service("Order", "Workflow", run="Workflow", status="Shared"),
        service("Cart", "VirtualObject", add="Exclusive", items="Shared", odd="Tomorrow"),
        service("Mailer", "Service", send=None),
        service("Agent", "Agent"),
    ]
    fake = FakeRestate(routes={"GET /services": {"services": found}})
    main, shared, unknown = HandlerKind.MAIN, HandlerKind.SHARED, HandlerKind.UNKNOWN

    listed = await fake.engine().admin.list_services()

    assert listed == (
        Service(
            "Order",
            ServiceKind.WORKFLOW,
            3,
            "dp_1",
            (Handler("run", main), Handler("status", shared)),
        ),
        Service(
            "Cart",
            ServiceKind.VIRTUAL_OBJECT,
            3,
            "dp_1",
            (Handler("add", main), Handler("items", shared), Handler("odd", unknown)),
        ),
        Service("Mailer", ServiceKind.PLAIN, 3, "dp_1", (Handler("send", main),)),
        Service("Agent", ServiceKind.UNKNOWN, 3, "dp_1"),
    )


async def test_no_services_are_an_empty_list() -> None:
    fake = FakeRestate(routes={"GET /services": {"services": []}})

    assert await fake.engine().admin.list_services() == ()


async def test_a_query_is_sent_as_json_to_the_admin_side_with_the_token() -> None:
    fake = FakeRestate(queries=[(ALIVE, [])])

    await fake.engine(credentials=Token()).admin.probe_admin()

    request = fake.requests[-1]
    assert str(request.url) == f"{URL}/query"
    assert request.headers["authorization"] == "Bearer s3cret"
    assert request.headers["content-type"] == request.headers["accept"] == "application/json"
    assert fake.body == {"query": ALIVE}
