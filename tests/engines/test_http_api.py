"""The operator API over HTTP on a real Restate: a client that knows only the pages of that API."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

import wfadmin
from tests.engines.restate_lab import RestateLab
from wfadmin.adapters.audit_memory import MemoryAuditLog
from wfadmin.asgi import operator_app

pytestmark = pytest.mark.engine

PREFIXES = ("workflow-engine", "restate")
_Talk = Callable[[httpx.AsyncClient], Awaitable[Any]]


def over_http(
    lab: RestateLab, prefix: str, talk: _Talk, audit: MemoryAuditLog | None = None
) -> Any:  # noqa: ANN401
    """What comes of talking to the API."""

    async def run() -> Any:  # noqa: ANN401 - as above
        server = lab.server
        operator = wfadmin.connect(
            "restate", admin_url=server.admin_url, ingress_url=server.ingress_url, audit=audit
        )
        app = operator_app(operator, unsafe_allow_anonymous=True)
        base = f"http://host/api/v2/admin/operator/{prefix}/"
        transport = httpx.ASGITransport(app)
        async with operator, httpx.AsyncClient(transport=transport, base_url=base) as client:
            return await talk(client)

    return asyncio.run(run())


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_failed_key_is_seen_recovered_and_not_seen_any_more(
    restate: RestateLab, prefix: str
) -> None:
    run = restate.failed()
    key = {"serviceName": run.service_name, "serviceKey": run.service_key}

    async def talk(client: httpx.AsyncClient) -> list[httpx.Response]:
        nothing: dict[str, str] = {}
        calls = (("doctor", nothing), ("recover-stuck-workflow", key), ("doctor", nothing))
        return [await client.post(path, json=body) for path, body in calls]

    audit = MemoryAuditLog()
    before, done, after = over_http(restate, prefix, talk, audit)

    def failed_keys(report: httpx.Response) -> list[str]:
        return [one["serviceKey"] for one in report.json()["invocations"]["recentFailures"]]

    assert set(before.json()) == {"ingress", "admin", "deployments", "services", "invocations"}
    assert before.json()["admin"]["status"] == "ok"
    assert run.service_key in failed_keys(before)
    assert (done.status_code, done.json()) == (200, {"acknowledged": True})
    assert run.service_key not in failed_keys(after)
    assert [one.verb for one in audit.records] == ["doctor", "recover", "recover", "doctor"]


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_service_is_registered_again(restate: RestateLab, prefix: str) -> None:
    async def talk(client: httpx.AsyncClient) -> httpx.Response:
        return await client.post("force-redeploy", json={"serviceUrl": restate.main.url})

    done = over_http(restate, prefix, talk)

    assert (done.status_code, done.json()) == (
        200,
        {"acknowledged": True, "deploymentId": restate.main.id},
    )


def test_what_must_not_be_done_is_an_error_with_its_reason(restate: RestateLab) -> None:
    waiting = restate.waiting()
    key = {"serviceName": waiting.service_name, "serviceKey": waiting.service_key}
    nowhere = {"serviceUrl": "http://nobody.invalid:9080"}

    async def talk(client: httpx.AsyncClient) -> list[dict[str, Any]]:
        calls = (
            ("recover-stuck-workflow", key),
            ("cleanup-stale-deployments", nowhere),
            ("force-redeploy", {"serviceUrl": "nowhere"}),
            ("doctor", {"deep": True}),
        )
        return [(await client.post(path, json=body)).json()["error"] for path, body in calls]

    active, unknown, invalid, field = over_http(restate, "workflow-engine", talk)

    assert (active["status"], active["id"]) == (409, "workflow_retry_blocked")
    assert active["details"]["reason"] == "active"
    assert active["details"]["invocationIds"] == [waiting.invocation_id]
    assert (unknown["status"], unknown["id"]) == (404, "deployment_not_found")
    assert invalid["status"] == 422
    assert (field["status"], "deep" in field["message"]) == (422, True)
    restate.release(waiting)
