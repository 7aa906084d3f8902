"""What is sent is read strictly, and the error names the field. Nothing asks the engine."""

import json
from collections.abc import AsyncIterator

import pytest
from starlette.types import Message

from tests.asgi.http import KEY, V1, Scene, client_of, error_of, post
from wfadmin.asgi.bodies import (
    CleanupBody,
    DoctorBody,
    InspectBody,
    RecoverBody,
    RedeployBody,
    arguments_of,
    read_body,
)
from wfadmin.asgi.desk import MAX_BODY

JSON = {"content-type": "application/json"}
URL_ROUTES = ("force-redeploy", "cleanup-stale-deployments")
UNUSABLE: list[tuple[str, object, str]] = [
    ("doctor", {"verbose": True}, "verbose is not a known key"),
    ("doctor", [], "a table is expected, this is a list"),
    ("doctor", None, "a table is expected, this is nothing"),
    ("doctor", {"reason": 7}, "reason: text is expected, this is a whole number"),
    ("doctor", {"reason": "x" * 501}, "reason is not usable: it is longer than 500 characters"),
    ("doctor", {"reason": "\ud800"}, "reason is not usable: it is not valid Unicode"),
    ("doctor", {"actor": "root"}, "actor is not a known key"),
    ("inspect", {"serviceName": "Order"}, "serviceKey is missing"),
    ("recover-stuck-workflow", {"serviceKey": "o-1"}, "serviceName is missing"),
    ("recover-stuck-workflow", {**KEY, "serviceKey": "a/b"}, "serviceKey is not usable: only"),
    ("recover-stuck-workflow", {**KEY, "serviceKey": "a\n"}, "serviceKey is not usable: only"),
    ("recover-stuck-workflow", {**KEY, "serviceKey": "é"}, "serviceKey is not usable: only"),
    ("recover-stuck-workflow", {**KEY, "serviceName": "a b"}, "serviceName is not usable: only"),
    ("recover-stuck-workflow", {**KEY, "serviceKey": ""}, "serviceKey is not usable: it is empty"),
    ("recover-stuck-workflow", {**KEY, "serviceKey": "x" * 2049}, "serviceKey is not usable"),
    ("recover-stuck-workflow", {**KEY, "serviceKey": 7}, "serviceKey: text is expected"),
    ("recover-stuck-workflow", {**KEY, "force": True}, "force is not a known key"),
    ("force-redeploy", {"serviceUrl": V1, "force": "false"}, "force: true or false is expected"),
    ("force-redeploy", {"serviceUrl": V1, "force": 0}, "force: true or false is expected"),
    ("force-redeploy", {"serviceUrl": V1, "force": None}, "force: true or false is expected"),
    ("force-redeploy", {"serviceUrl": V1, "forceDrain": False}, "forceDrain is not a known key"),
    ("cleanup-stale-deployments", {"serviceUrl": V1, "force": True}, "force is not a known key"),
]
BAD_URLS = (
    "orders:9080",
    "/orders",
    "ftp://orders",
    "http://",
    "http://a b",
    "http://a:x",
    f"http://{'x' * 2048}",
)
BROKEN: list[tuple[bytes, str]] = [
    (b"", "body is not usable: it is empty."),
    (b"{", "body is not usable: it is not JSON."),
    (b"{} {}", "body is not usable: it is not JSON."),
    (b"{'a': 1}", "body is not usable: it is not JSON."),
    (b'{"reason": "\xff"}', "body is not usable: it is not UTF-8."),
    (b'{"reason": "a", "reason": "b"}', "body is not usable: reason is given twice."),
    (b'{"a": {"b": 1, "b": 1}}', "body is not usable: b is given twice."),
    (b'{"reason": ' + b"[" * 30_000, "body is not usable: it is nested too deeply."),
    (b'{"n": ' + b"9" * 5_000 + b"}", "body is not usable: it is not JSON."),
]


@pytest.mark.asyncio
@pytest.mark.parametrize(("route", "body", "says"), UNUSABLE)
async def test_a_field_that_does_not_fit_is_named(route: str, body: object, says: str) -> None:
    scene = Scene()

    # By hand, because no client would send half of a character.
    async with client_of(scene.app()) as client:
        answer = await client.post(route, content=json.dumps(body), headers=JSON)

    error = error_of(answer)
    assert (answer.status_code, error["category"], error["retryable"]) == (422, "client", False)
    assert says in error["message"]
    assert scene.points == []
    (record,) = scene.audit.records
    assert (record.actor, record.outcome, record.error) == ("ada", error["id"], error["message"])


@pytest.mark.asyncio
@pytest.mark.parametrize("url", BAD_URLS)
@pytest.mark.parametrize("route", URL_ROUTES)
async def test_a_url_that_is_not_absolute_is_refused(route: str, url: str) -> None:
    scene = Scene()

    answer = await post(scene.app(), route, {"serviceUrl": url})

    assert (answer.status_code, error_of(answer)["id"]) == (422, "invalid_service_url")
    assert error_of(answer)["message"].startswith("serviceUrl is not usable: ")
    assert scene.points == []


@pytest.mark.asyncio
@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
async def test_what_is_no_number_in_json_is_none_here(constant: str) -> None:
    scene = Scene()
    body = f'{{"serviceUrl": "{V1}", "force": {constant}}}'

    async with client_of(scene.app()) as client:
        answer = await client.post("force-redeploy", content=body, headers=JSON)

    assert answer.status_code == 422
    assert "force: true or false is expected, this is a number" in error_of(answer)["message"]
    assert scene.points == []


@pytest.mark.asyncio
@pytest.mark.parametrize(("body", "says"), BROKEN)
async def test_what_is_not_json_is_400(body: bytes, says: str) -> None:
    scene = Scene()

    async with client_of(scene.app()) as client:
        answer = await client.post("doctor", content=body, headers=JSON)

    assert (answer.status_code, error_of(answer)["id"]) == (400, "invalid_json")
    assert error_of(answer)["message"] == says
    assert scene.points == []


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("headers", "named"),
    [
        ({"content-type": "text/plain"}, "Content-Type"),
        ({"content-type": "application/x-www-form-urlencoded"}, "Content-Type"),
        ({"content-type": "application/json; charset=latin-1"}, "Content-Type"),
        ({"content-type": "application/jsonp"}, "Content-Type"),
        ({}, "Content-Type"),
        ({**JSON, "content-encoding": "gzip"}, "Content-Encoding"),
    ],
)
async def test_another_kind_of_content_is_415(headers: dict[str, str], named: str) -> None:
    scene = Scene()

    async with client_of(scene.app()) as client:
        answer = await client.post("doctor", content=b"{}", headers=headers)

    assert (answer.status_code, error_of(answer)["id"]) == (415, "unsupported_media_type")
    assert error_of(answer)["message"].startswith(named)
    assert scene.points == []


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"']
)
async def test_utf_8_may_be_said(content_type: str) -> None:
    async with client_of(Scene().app()) as client:
        answer = await client.post("doctor", content=b"{}", headers={"content-type": content_type})

    assert answer.status_code == 200


async def chunks(size: int) -> AsyncIterator[bytes]:
    yield b"{}"
    for _ in range(size // 1024):
        yield b" " * 1024


@pytest.mark.asyncio
async def test_a_body_over_the_limit_is_413_whether_or_not_it_says_so() -> None:
    scene = Scene()

    async with client_of(scene.app()) as client:
        said = await client.post("doctor", content=b" " * (MAX_BODY + 1), headers=JSON)
        unsaid = await client.post("doctor", content=chunks(MAX_BODY), headers=JSON)
        whole = b"{}" + b" " * (MAX_BODY - 2)
        within = await client.post("doctor", content=whole, headers=JSON)

    assert [said.status_code, unsaid.status_code, within.status_code] == [413, 413, 200]
    assert {error_of(one)["id"] for one in (said, unsaid)} == {"body_too_large"}


@pytest.mark.asyncio
async def test_a_length_that_is_said_to_be_too_large_is_not_waited_for() -> None:
    sent = []

    async def receive() -> dict[str, object]:
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    await Scene().app()(scope_of("doctor", length=b"65537"), receive, send)

    assert sent[0]["status"] == 413


@pytest.mark.asyncio
async def test_a_body_that_breaks_off_is_400() -> None:
    sent, scene = [], Scene()

    async def receive() -> dict[str, object]:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await scene.app()(scope_of("doctor"), receive, send)

    assert sent[0]["status"] == 400
    assert scene.audit.records[0].error == "body is not usable: it did not come as a whole."


def scope_of(route: str, *, length: bytes | None = None) -> dict[str, object]:
    """Make what a server says of a request of which the body is still to come."""
    headers = [(b"content-type", b"application/json"), (b"x-api-key", b"ada")]
    headers += [] if length is None else [(b"content-length", length)]
    path = f"/api/v2/admin/operator/restate/{route}"
    return {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": headers,
        "client": None,
    }


@pytest.mark.asyncio
async def test_any_key_may_be_allowed() -> None:
    scene = Scene()
    scene.failed("tenant/7: o 1")
    key = {"serviceName": "Order", "serviceKey": "tenant/7: o 1"}

    answer = await post(scene.app(key_charset="any"), "recover-stuck-workflow", key)

    assert (answer.status_code, answer.json()) == (200, {"acknowledged": True})


@pytest.mark.parametrize(
    ("kind", "body", "arguments"),
    [
        (DoctorBody, {}, ()),
        (InspectBody, KEY, (("service_name", "Order"), ("service_key", "o-1"))),
        (RecoverBody, KEY, (("service_name", "Order"), ("service_key", "o-1"))),
        (
            RedeployBody,
            {"serviceUrl": "http://u:secret@h/a?token=t", "force": False},
            (("service_url", "http://h/a?..."), ("force", "no")),
        ),
        (
            CleanupBody,
            {"serviceUrl": "http://h", "forceDrain": True},
            (("service_url", "http://h"), ("force_drain", "yes")),
        ),
    ],
)
def test_the_record_names_what_was_asked_for_without_secrets(
    kind: type[DoctorBody], body: dict[str, object], arguments: tuple[tuple[str, str], ...]
) -> None:
    read = read_body(json.dumps(body).encode(), kind, key_charset="word")
    assert arguments_of(read) == arguments
    assert "secret" not in repr(read)
