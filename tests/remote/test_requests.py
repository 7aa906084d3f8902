"""What is sent, to where, with what, and how often."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest

from tests.asgi.http import Scene
from tests.asgi.test_seeds import HEALTHY
from tests.remote.far import KEY, Seen, answering, far_from, saying
from tests.wire.servers import saying as on_wire
from tests.wire.servers import serving
from wfadmin.adapters.credentials import StaticToken
from wfadmin.domain.plan import Verb
from wfadmin.domain.policy import RecoveryPolicy
from wfadmin.errors import (
    InvalidConfig,
    InvalidEngineUrl,
    InvalidServiceUrl,
    NotSupported,
    Sent,
    UsageError,
)
from wfadmin.remote import RemoteOperator

pytestmark = pytest.mark.asyncio

ROOT = "/api/v2/admin/operator/workflow-engine"
TOKEN = "wfa_s3cret-s3cret-s3cret"  # noqa: S105 - made up
WEB_TOKEN = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"  # noqa: S105 - made up
URL = "http://orders:9080"
DONE = {"acknowledged": True, "deploymentId": "dp_1"}


def healthy() -> httpx.Response:
    return httpx.Response(200, json=HEALTHY)


def done() -> httpx.Response:
    return httpx.Response(200, json=DONE)


def body_of(request: httpx.Request) -> Any:  # noqa: ANN401 - JSON
    return json.loads(request.content)


# --- where ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("http://localhost", f"http://localhost{ROOT}"),
        ("https://host:8443/", f"https://host:8443{ROOT}"),
        ("https://host/mount/", f"https://host/mount{ROOT}"),
        ("https://host/engines", f"https://host/engines{ROOT}"),
        (f"https://host/mount{ROOT}/", f"https://host/mount{ROOT}"),
        ("https://host/x/operator/restate", "https://host/x/operator/restate"),
        ("https://host/api/v1/engines/prod", "https://host/api/v1/engines/prod"),
        ("https://host/api/v1/engines/a%2Fb", f"https://host/api/v1/engines/a%2Fb{ROOT}"),
    ],
)
async def test_a_root_gets_the_path_of_the_api_and_a_whole_path_is_kept(
    url: str, asked: str
) -> None:
    seen = Seen(healthy())
    operator = answering(seen, url)

    await operator.doctor()

    assert [str(one.url) for one in seen.requests] == [f"{asked}/doctor"]
    assert operator.address == asked
    assert operator.name == "operator-api"


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("https://ada:s3c@host", "user name or password"),
        ("https://host/?token=s3c", "query or a fragment"),
        ("https://host/#s3c", "query or a fragment"),
        ("ftp://host", "does not start with"),
        ("host:8080", "does not start with"),
        ("unix:relative", "not absolute"),
        (7, "not text"),
    ],
)
async def test_a_url_that_cannot_be_used_is_refused_without_being_shown(
    url: str, problem: str
) -> None:
    with pytest.raises(InvalidEngineUrl, match=problem) as caught:
        RemoteOperator(url)

    assert "s3c" not in str(caught.value)


@pytest.mark.parametrize("timeout", [0, -1.0, True, float("inf"), float("nan")])
async def test_a_timeout_is_a_number_of_seconds_above_zero(timeout: float) -> None:
    with pytest.raises(UsageError, match="timeout is not usable"):
        RemoteOperator("http://localhost", timeout=timeout)


async def test_a_client_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidConfig, match="client is not usable"):
        RemoteOperator("http://localhost", client=object())


async def test_a_socket_is_asked(tmp_path: Path) -> None:
    answer = json.dumps(HEALTHY).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-length: {len(answer)}\r\n\r\n".encode()
    path = Path("/tmp") / f"wf-{tmp_path.name}.sock"  # noqa: S108 - pytest's are too deep
    try:
        async with (
            serving(on_wire(head + answer), socket_path=path) as url,
            RemoteOperator(url, credentials=StaticToken(TOKEN)) as operator,
        ):
            assert (await operator.doctor()).status.value == "ok"
            assert operator.address == f"unix://{path}{ROOT}"
    finally:
        path.unlink(missing_ok=True)


# --- with what -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("token", "headers"),
    [
        (TOKEN, {"x-api-key": TOKEN}),
        (WEB_TOKEN, {"authorization": f"Bearer {WEB_TOKEN}"}),
        ("eyJ.no.b64!", {"x-api-key": "eyJ.no.b64!"}),
        ("eyJhbGci.only-two", {"x-api-key": "eyJhbGci.only-two"}),
        ("a.b.c", {"x-api-key": "a.b.c"}),
    ],
)
async def test_a_token_goes_into_the_header_of_its_kind(
    token: str, headers: dict[str, str]
) -> None:
    seen = Seen(healthy(), done())
    operator = answering(seen, credentials=StaticToken(token))

    await operator.doctor()
    await operator.force_redeploy(URL)

    for request in seen.requests:
        sent = {name: request.headers.get(name) for name in ("x-api-key", "authorization")}
        assert {name: value for name, value in sent.items() if value is not None} == headers


async def test_a_token_never_goes_to_another_machine_in_the_clear() -> None:
    seen = Seen()
    operator = answering(seen, "http://host", credentials=StaticToken(TOKEN))

    for call in (operator.doctor(), operator.recover_stuck_workflow(KEY)):
        with pytest.raises(InvalidConfig, match="for all to read") as caught:
            await call
        assert TOKEN not in str(caught.value)

    assert seen.requests == []


async def test_a_token_is_shown_nowhere() -> None:
    echo = {"error": {"message": f"who is {TOKEN}?"}}
    operator = saying(409, echo, credentials=StaticToken(TOKEN))

    for call in (operator.doctor(), operator.recover_stuck_workflow(KEY)):
        with pytest.raises(Exception, match=r"who is \*\*\*\?") as caught:
            await call
        assert TOKEN not in f"{caught.value!r}{caught.value}{attrs.asdict(caught.value)}"  # type: ignore[arg-type]
    assert TOKEN not in repr(operator)


async def test_a_password_of_a_service_url_is_not_echoed() -> None:
    operator = saying(409, {"message": "cannot call http://ada:s3c@orders"})

    for call in (operator.force_redeploy, operator.plan_redeploy):
        with pytest.raises(Exception, match=r"http://\*\*\*@orders") as caught:
            await call("http://ada:s3c@orders")
        assert "s3c" not in f"{caught.value!r}{caught.value}"


async def test_every_request_asks_for_all_and_has_an_id() -> None:
    seen = Seen(healthy(), done())
    operator = answering(seen)

    await operator.doctor()
    await operator.force_redeploy(URL)

    ids = {one.headers["x-request-id"] for one in seen.requests}
    assert [one.headers["prefer"] for one in seen.requests] == ["return=representation"] * 2
    assert len(ids) == 2
    assert all("if-match" not in one.headers for one in seen.requests)
    assert {one.method for one in seen.requests} == {"POST"}


async def test_a_reason_is_in_every_body_of_the_copy_and_in_none_of_the_original() -> None:
    seen = Seen(*(done() for _ in range(3)), healthy(), healthy())
    operator = answering(seen)
    reason = "ticket 7: \u00fc \U0001f600"
    with_reason = operator.because(reason)

    await with_reason.force_redeploy(URL)
    await operator.force_redeploy(URL)
    await with_reason.because(None).force_redeploy(URL)
    await with_reason.doctor()
    await operator.doctor()

    reasons = [body_of(one).get("reason") for one in seen.requests]
    assert reasons == [
        "ticket 7: \u00fc \U0001f600",
        None,
        None,
        "ticket 7: \u00fc \U0001f600",
        None,
    ]
    assert body_of(seen.requests[4]) == {}


async def test_a_reason_is_on_record_at_the_host() -> None:
    scene = Scene()
    scene.failed()

    async with far_from(scene) as operator:
        await operator.because("ticket 7").recover_stuck_workflow(KEY)

    last = scene.audit.records[-1]
    assert (last.actor, last.reason, last.outcome) == ("ada", "ticket 7", "confirmed")


async def test_a_copy_is_of_the_same_class_and_place() -> None:
    operator = saying(200, HEALTHY)

    assert isinstance(operator.because("x"), RemoteOperator)
    assert operator.because("x").address == operator.address


# --- what the API cannot carry -------------------------------------------------------------------

SECOND = timedelta(seconds=1)
CANNOT = [
    (lambda op: op.force_redeploy(URL, register_timeout=SECOND), "register_timeout"),
    (lambda op: op.plan_redeploy(URL, register_timeout=SECOND), "register_timeout"),
    (lambda op: op.cleanup_stale_deployments(URL, also_keep=[URL]), "also_keep"),
    (lambda op: op.cleanup_stale_deployments(URL, wait=SECOND), "wait"),
    (lambda op: op.plan_cleanup(URL, also_keep=[URL]), "also_keep"),
    (lambda op: op.plan_cleanup(URL, wait=SECOND), "wait"),
    (lambda op: op.recover_stuck_workflow(KEY, policy=RecoveryPolicy()), "policy of the caller"),
    (lambda op: op.plan_recover(KEY, policy=RecoveryPolicy()), "policy of the caller"),
    (lambda op: op.plan_steering(Verb.PAUSE, KEY), "pause"),
    (lambda op: op.resume(KEY), "resume"),
    (lambda op: op.pause(KEY), "pause"),
    (lambda op: op.cancel(KEY), "cancel"),
]


@pytest.mark.parametrize(("call", "what"), CANNOT)
async def test_what_the_api_cannot_carry_is_refused_before_anything_is_sent(
    call: Any,  # noqa: ANN401 - a verb
    what: str,
) -> None:
    seen = Seen()

    with pytest.raises(NotSupported) as caught:
        await call(answering(seen))

    error = caught.value
    assert (error.engine, error.what, error.sent) == ("operator-api", what, Sent.NO)
    assert error.advice
    assert seen.requests == []


@pytest.mark.parametrize("url", ["orders", "ftp://orders", "http://"])
async def test_a_service_url_that_is_none_is_not_sent(url: str) -> None:
    seen = Seen()
    operator = answering(seen)

    for call in (operator.force_redeploy, operator.plan_redeploy, operator.plan_cleanup):
        with pytest.raises(InvalidServiceUrl):
            await call(url)

    assert seen.requests == []


# --- the end -------------------------------------------------------------------------------------


async def test_a_client_that_was_given_stays_open() -> None:
    client = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: healthy()))

    async with RemoteOperator("http://localhost", client=client) as operator:
        await operator.doctor()
    await operator.aclose()

    assert not client.is_closed
