"""A server that knows the documentation of the API alone: its samples, and nothing of ours."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import wfadmin
from tests.asgi.test_seeds import HEALTHY, URL
from tests.remote.far import far
from wfadmin.domain.components import ComponentStatus
from wfadmin.domain.doctor import Verdict
from wfadmin.domain.error import Sent
from wfadmin.domain.finding import FindingCode, Severity
from wfadmin.domain.plan import Plan, Verb
from wfadmin.domain.results import Effect
from wfadmin.errors import (
    EngineRejected,
    NotPermitted,
    NotSupported,
    OutcomeUnknown,
    RetryBlocked,
)

pytestmark = pytest.mark.asyncio

KEY = wfadmin.WorkflowKey("IdentityRecoveryWorkflow", "invitation_01j8m7k2q3r4s5t6u7v8w9x0y1")
OLD_PREFIX = "/api/v2/admin/operator/restate"
NEW_PREFIX = "/api/v2/admin/operator/workflow-engine"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
FAILURE = {
    "id": "inv_1",
    "serviceName": KEY.service_name,
    "serviceKey": KEY.service_key,
    "failedAt": "2026-05-09T10:00:00.000Z",
    "errorMessage": "boom\n at line 1",
}


class Vendor:
    """Answers as the documentation says; unknown fields and routes it does not know at all."""

    def __init__(self, prefix: str = NEW_PREFIX) -> None:
        self.doctor: dict[str, Any] = json.loads(json.dumps(HEALTHY))
        self.asked: list[tuple[str, object]] = []
        self.refusal: tuple[int, object] | None = None
        names = ("doctor", "force-redeploy", "cleanup-stale-deployments", "recover-stuck-workflow")
        self.app = Starlette(
            routes=[Route(f"{prefix}/{name}", self.answer, methods=["POST"]) for name in names]
        )

    async def answer(self, request: Request) -> Response:
        """Answer one of the four routes."""
        name = request.url.path.rpartition("/")[2]
        self.asked.append((name, await request.json()))
        if self.refusal is not None:
            status, body = self.refusal
            return JSONResponse(body, status)
        if name == "doctor":
            return JSONResponse(self.doctor)
        deployment = {"deploymentId": "dp_1"} if name == "force-redeploy" else {}
        return JSONResponse({"acknowledged": True, **deployment})


# --- doctor --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prefix", "url"),
    [(NEW_PREFIX, "http://localhost"), (OLD_PREFIX, f"http://localhost{OLD_PREFIX}")],
)
async def test_its_healthy_sample_is_a_healthy_report(prefix: str, url: str) -> None:
    vendor = Vendor(prefix)

    async with far(vendor.app, url=url) as operator:
        report = await operator.doctor()

    assert (report.verdict, report.status) == (Verdict.OK, ComponentStatus.OK)
    assert (report.admin.version, report.admin.latency_ms) == ("1.4.0", 9)
    assert [one.service_url for one in report.deployments.items] == [URL]
    assert [(one.name, one.revision) for one in report.services.items] == [(KEY.service_name, 3)]
    counts = {one.engine_status: one.count for one in report.invocations.by_status}
    assert counts == {"invoked": 2, "suspended": 1}
    assert len(report.warnings) == 1
    assert report.warnings[0].startswith("The server tells no findings.")


async def test_an_ill_component_closes_the_gate() -> None:
    vendor = Vendor()
    vendor.doctor["ingress"] = {"status": "unreachable"}
    vendor.doctor["services"] = {"status": "degraded", "items": [], "error": "status 500"}

    async with far(vendor.app) as operator:
        report = await operator.doctor()

    assert report.verdict is Verdict.ERROR
    assert [(one.code, one.message) for one in report.findings] == [
        (FindingCode.COMPONENT_UNREACHABLE, "ingress is unreachable: no details"),
        (FindingCode.COMPONENT_DEGRADED, "services is degraded: status 500"),
    ]


async def test_what_an_ok_component_says_besides_is_no_finding() -> None:
    vendor = Vendor()
    vendor.doctor["services"]["error"] = "slow"

    async with far(vendor.app) as operator:
        report = await operator.doctor()

    assert (report.findings, report.services.error) == ((), "slow")


async def test_a_failure_is_a_finding_without_a_line_that_it_could_not_carry() -> None:
    vendor = Vendor()
    vendor.doctor["invocations"]["recentFailures"] = [FAILURE]

    async with far(vendor.app) as operator:
        report = await operator.doctor()

    (finding,) = report.findings
    assert (finding.code, finding.severity) == (FindingCode.FAILED_RETAINED, Severity.INFO)
    assert [(one.id, one.detail) for one in finding.samples] == [("inv_1", "boom")]
    assert [one.command() for one in finding.remedies] == [None]
    assert finding.remedies[0].title.startswith("Look at the key with the engine's own tools")
    assert report.invocations.recent_failures[0].failure == "boom\n at line 1"


async def test_a_failure_may_lack_what_is_not_known() -> None:
    vendor = Vendor()
    vendor.doctor["invocations"]["recentFailures"] = [{"id": "inv_1", "serviceName": "Mail"}]

    async with far(vendor.app) as operator:
        (failure,) = (await operator.doctor()).invocations.recent_failures

    assert (failure.key, failure.failure, failure.failure_at) == (None, None, None)


@pytest.mark.parametrize(
    ("told", "url", "location"),
    [
        ("https://ada:s3c@host/a?b=c", "https://host/a?b=c", "https://host/a?..."),
        ("arn:aws:lambda:eu:1:function:f", None, "arn:aws:lambda:eu:1:function:f"),
    ],
)
async def test_a_place_is_shown_without_secrets(told: str, url: str | None, location: str) -> None:
    vendor = Vendor()
    vendor.doctor["deployments"]["items"] = [{"id": "dp_1", "serviceUrl": told}]

    async with far(vendor.app) as operator:
        (found,) = (await operator.doctor()).deployments.items

    assert (found.service_url, found.location, found.created_at) == (url, location, None)


# --- the rest ------------------------------------------------------------------------------------


async def test_a_repair_is_accepted_and_never_called_confirmed() -> None:
    vendor = Vendor()

    async with far(vendor.app) as operator:
        redeployed = await operator.force_redeploy(URL)
        cleaned = await operator.cleanup_stale_deployments(URL)
        recovered = await operator.recover_stuck_workflow(KEY)

    for result in (redeployed, cleaned, recovered):
        assert result.effect is Effect.ACCEPTED
        assert not result.confirmed
        assert [one[:49] for one in result.warnings] == [
            "The server only says that it accepted this: nothi"
        ]
    assert (redeployed.deployment_id, redeployed.services) == ("dp_1", ())
    assert (cleaned.kept, cleaned.removed, cleaned.held) == ((), (), ())
    assert (recovered.key, recovered.matched, recovered.purged) == (KEY, 0, ())
    assert (recovered.state, recovered.evidence) == (None, None)
    assert vendor.asked == [
        ("force-redeploy", {"serviceUrl": URL, "force": True}),
        ("cleanup-stale-deployments", {"serviceUrl": URL, "forceDrain": False}),
        (
            "recover-stuck-workflow",
            {"serviceName": KEY.service_name, "serviceKey": KEY.service_key},
        ),
    ]


async def test_it_has_no_inspect_and_no_plans_and_nothing_is_sent_for_them() -> None:
    vendor = Vendor()
    asked = (("service_name", KEY.service_name), ("service_key", KEY.service_key))
    plan = Plan(Verb.RECOVER, asked, (), (), "x y", NOON)

    async with far(vendor.app) as operator:
        for call in (
            operator.inspect(KEY),
            operator.plan_recover(KEY),
            operator.plan_redeploy(URL),
            operator.plan_cleanup(URL),
            operator.plan_again(plan),
            operator.apply(plan),
        ):
            with pytest.raises(NotSupported) as caught:
                await call
            assert caught.value.sent is Sent.NO

    assert vendor.asked == []


async def test_a_blocked_retry_comes_with_its_reason() -> None:
    vendor = Vendor()
    vendor.refusal = (409, {"error": {"reason": "active", "invocationIds": ["inv_1"]}})

    async with far(vendor.app) as operator:
        with pytest.raises(RetryBlocked) as caught:
            await operator.recover_stuck_workflow(KEY)

    assert (caught.value.reason, caught.value.invocation_ids) == ("active", ("inv_1",))


async def test_a_missing_permission_is_named() -> None:
    vendor = Vendor()
    vendor.refusal = (403, {"code": "USER_NOT_AUTHORIZED", "data": {"id": "DALP-0006"}})

    async with far(vendor.app) as operator:
        with pytest.raises(NotPermitted, match="system:operate"):
            await operator.doctor()


async def test_an_unreachable_engine_leaves_its_write_unknown() -> None:
    vendor = Vendor()
    vendor.refusal = (503, {"code": "UNREACHABLE", "message": "The admin API is not reachable."})

    async with far(vendor.app) as operator:
        with pytest.raises(OutcomeUnknown, match="The admin API is not reachable"):
            await operator.cleanup_stale_deployments(URL)


async def test_a_deployment_that_is_not_found_is_told_in_its_words() -> None:
    vendor = Vendor()
    vendor.refusal = (404, {"code": "NOT_FOUND", "message": "No such deployment."})

    async with far(vendor.app) as operator:
        with pytest.raises(EngineRejected, match="No such deployment"):
            await operator.cleanup_stale_deployments(URL)
