"""A client that was written from the documentation of the operator API alone gets what it says."""

import httpx
import pytest

from tests.asgi.http import Scene, client_of, post, shape

pytestmark = pytest.mark.asyncio

PREFIXES = ("/api/v2/admin/operator/workflow-engine", "/api/v2/admin/operator/restate")
URL = "https://workflow-service.example.com"
KEY = {
    "serviceName": "IdentityRecoveryWorkflow",
    "serviceKey": "invitation_01j8m7k2q3r4s5t6u7v8w9x0y1",
}
HEALTHY = {
    "ingress": {"status": "ok", "latencyMs": 12},
    "admin": {"status": "ok", "latencyMs": 9, "version": "1.4.0"},
    "deployments": {
        "status": "ok",
        "items": [
            {
                "id": "dp_01j8m7k2q3r4s5t6u7v8w9x0y1",
                "serviceUrl": URL,
                "createdAt": "2026-05-09T10:00:00.000Z",
            }
        ],
        "error": None,
    },
    "services": {
        "status": "ok",
        "items": [{"name": "IdentityRecoveryWorkflow", "revision": 3}],
        "error": None,
    },
    "invocations": {
        "status": "ok",
        "byStatus": {"invoked": 2, "suspended": 1},
        "recentFailures": [],
        "error": None,
    },
}


def scene() -> Scene:
    made = Scene()
    made.world.deployment(URL, serves=("IdentityRecoveryWorkflow",))
    return made


@pytest.mark.parametrize("prefix", PREFIXES)
async def test_doctor_has_the_shape_of_the_sample(prefix: str) -> None:
    made = scene()
    made.world.workflow("IdentityRecoveryWorkflow").key("a").running()
    made.world.workflow("IdentityRecoveryWorkflow").key("b").suspended()

    answer = await post(made.app(), "doctor", base=prefix)

    body = answer.json()
    counts = body["invocations"].pop("byStatus")
    sample = {**HEALTHY, "invocations": {**HEALTHY["invocations"]}}  # type: ignore[dict-item]
    del sample["invocations"]["byStatus"]  # type: ignore[attr-defined]
    assert answer.status_code == httpx.codes.OK
    assert shape(body) == shape(sample)
    assert {type(one) for one in counts.values()} == {int}
    assert body["deployments"]["items"][0]["createdAt"] == "2026-01-01T12:00:00.000Z"


async def test_a_recent_failure_has_its_five_fields() -> None:
    made = Scene()
    run_id = made.failed()

    body = (await post(made.app(), "doctor")).json()

    assert body["invocations"]["recentFailures"] == [
        {
            "id": run_id,
            "serviceName": "Order",
            "serviceKey": "o-1",
            "failedAt": "2026-01-01T12:00:00.000Z",
            "errorMessage": "boom",
        }
    ]


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize(
    ("route", "body"),
    [
        ("force-redeploy", {"serviceUrl": URL, "force": True}),
        ("force-redeploy", {"serviceUrl": URL}),
        ("force-redeploy", {"serviceUrl": URL, "reason": "ticket 7"}),
        ("cleanup-stale-deployments", {"serviceUrl": URL, "forceDrain": False}),
        ("cleanup-stale-deployments", {"serviceUrl": URL}),
        ("recover-stuck-workflow", KEY),
        ("recover-stuck-workflow", {**KEY, "reason": None}),
    ],
)
async def test_the_sample_bodies_get_the_sample_answers(
    prefix: str, route: str, body: dict[str, object]
) -> None:
    made = scene()
    made.world.workflow(KEY["serviceName"]).key(KEY["serviceKey"]).failed("boom")

    answer = await post(made.app(), route, body, base=prefix)

    deployment = {"deploymentId": "dp_1"} if route == "force-redeploy" else {}
    assert (answer.status_code, answer.json()) == (200, {"acknowledged": True, **deployment})
    assert answer.headers["content-type"] == "application/json"


async def test_the_recovery_order_ends_with_nothing_failed() -> None:
    made = scene()
    made.world.workflow(KEY["serviceName"]).key(KEY["serviceKey"]).failed("boom")

    async with client_of(made.app()) as client:
        before = (await client.post("doctor", json={})).json()
        done = (await client.post("recover-stuck-workflow", json=KEY)).json()
        after = (await client.post("doctor", json={})).json()

    failures = [one["invocations"]["recentFailures"] for one in (before, after)]
    assert [len(one) for one in failures] == [1, 0]
    assert done == {"acknowledged": True}


async def test_force_is_meant_unless_it_is_said_otherwise_and_force_drain_is_not() -> None:
    made = scene()

    async with client_of(made.app()) as client:
        await client.post("force-redeploy", json={"serviceUrl": URL})
        await client.post("cleanup-stale-deployments", json={"serviceUrl": URL})

    arguments = [dict(one.arguments) for one in made.audit.records]
    assert [one["force"] for one in arguments if "force" in one] == ["yes", "yes"]
    assert {one["force_drain"] for one in arguments if "force_drain" in one} == {"no"}
