"""The verbs over a sidecar: what they send, and what they decline before anything is sent."""

import pytest

import wfadmin
from tests.adapters.dapr.fake import (
    GET,
    KEY,
    METADATA,
    NO_INSTANCE,
    PROBE,
    SILENCE,
    FakeSidecar,
    instance,
    metadata,
    never_ran,
    post,
)
from wfadmin.domain.components import ComponentStatus
from wfadmin.domain.errors import (
    EngineRejected,
    InvalidWorkflowKey,
    NotSupported,
    RetryBlocked,
    Sent,
)
from wfadmin.domain.finding import FindingCode
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.policy import RecoveryPolicy

pytestmark = pytest.mark.asyncio

OUTBOUND = "GET /v1.0/healthz/outbound"
PURGE = post("o-1/purge")
WITH_CHILDREN = RecoveryPolicy(with_children=True)
SOUND = {METADATA: metadata(), PROBE: NO_INSTANCE, OUTBOUND: (204, "")}


def writes(fake: FakeSidecar) -> list[str]:
    """The writes that were sent."""
    return [one for one in fake.asked if not one.startswith("GET ")]


# --- doctor --------------------------------------------------------------------------------------


async def test_a_doctor_of_a_sound_sidecar_says_what_there_is_and_what_there_is_not() -> None:
    fake = FakeSidecar(dict(SOUND))

    async with wfadmin.connect(fake.engine()) as operator:
        report = await operator.doctor()

    ok, none = ComponentStatus.OK, ComponentStatus.NOT_SUPPORTED
    assert (report.ingress.status, report.admin.status, report.services.status) == (ok, ok, ok)
    assert (report.deployments.status, report.invocations.status) == (none, none)
    assert (report.admin.version, report.findings) == ("1.18.3", ())
    assert [one.name for one in report.services.items] == ["wf"]
    assert sorted(fake.asked) == sorted([OUTBOUND, METADATA, METADATA, PROBE])


async def test_a_doctor_finds_that_no_worker_is_connected() -> None:
    fake = FakeSidecar(SOUND | {METADATA: metadata(workflows=None)})

    async with wfadmin.connect(fake.engine()) as operator:
        report = await operator.doctor()

    assert [one.code for one in report.findings] == [FindingCode.NO_WORKER]


async def test_a_doctor_finds_that_placement_is_lost_while_health_stays_green() -> None:
    lost = {"runtimeStatus": "RUNNING", "hostReady": False, "placement": "placement: disconnected"}
    fake = FakeSidecar(SOUND | {METADATA: metadata(actorRuntime=lost)})

    async with wfadmin.connect(fake.engine()) as operator:
        report = await operator.doctor()

    assert report.ingress.status is ComponentStatus.OK
    assert report.admin.status is ComponentStatus.DEGRADED
    (finding,) = report.findings
    assert finding.code is FindingCode.COMPONENT_DEGRADED
    assert "the sidecar is not connected to the placement service" in (report.admin.error or "")


# --- recover -------------------------------------------------------------------------------------


async def test_a_failed_key_is_purged_once_and_seen_to_be_gone() -> None:
    fake = FakeSidecar(
        SOUND | {GET: instance("FAILED"), PURGE: (202, {})}, then={PURGE: {GET: NO_INSTANCE}}
    )

    async with wfadmin.connect(fake.engine(), policy=WITH_CHILDREN) as operator:
        result = await operator.recover_stuck_workflow(KEY)

    assert (result.purged, result.confirmed) == (("o-1",), True)
    assert writes(fake) == [PURGE]
    assert fake.asked[-3:] == [GET, PURGE, GET]


async def test_a_failed_key_whose_children_nobody_knows_is_refused() -> None:
    fake = FakeSidecar(SOUND | {GET: instance("FAILED")})

    async with wfadmin.connect(fake.engine()) as operator:
        with pytest.raises(RetryBlocked) as caught:
            await operator.recover_stuck_workflow(KEY)

    assert (caught.value.reason, caught.value.invocation_ids) == ("has_children", ("o-1",))
    assert caught.value.sent is Sent.NO
    assert writes(fake) == []


async def test_a_key_that_was_never_used_needs_no_write() -> None:
    fake = FakeSidecar(SOUND | {GET: NO_INSTANCE})

    async with wfadmin.connect(fake.engine()) as operator:
        result = await operator.recover_stuck_workflow(KEY)

    assert result.matched == 0
    assert writes(fake) == []


@pytest.mark.parametrize(
    ("stands", "reason"),
    [
        (instance("COMPLETED"), "succeeded"),
        (instance("RUNNING"), "active"),
        (instance("SUSPENDED"), "active"),
        (instance("UNKNOWN"), "active"),
        (never_ran(), "unknown"),
        (instance("SOMETHING_NEW"), "unknown"),
    ],
)
async def test_a_key_that_is_not_free_to_go_is_refused(stands: object, reason: str) -> None:
    fake = FakeSidecar(SOUND | {GET: stands})

    async with wfadmin.connect(fake.engine()) as operator:
        with pytest.raises(RetryBlocked) as caught:
            await operator.recover_stuck_workflow(KEY)

    assert (caught.value.reason, caught.value.sent) == (reason, Sent.NO)
    assert writes(fake) == []


async def test_a_key_of_another_workflow_is_refused() -> None:
    fake = FakeSidecar(SOUND | {GET: instance("FAILED")})

    async with wfadmin.connect(fake.engine()) as operator:
        with pytest.raises(InvalidWorkflowKey):
            await operator.recover_stuck_workflow(WorkflowKey("Refund", "o-1"))

    assert writes(fake) == []


async def test_a_worker_that_leaves_before_the_purge_is_told_with_its_remedy() -> None:
    words = "x: did not find address for actor 'dapr.internal.default.wf.workflow/o-1'"
    no_worker = (500, {"errorCode": "ERR_PURGE_WORKFLOW", "message": words})
    fake = FakeSidecar(SOUND | {GET: instance("FAILED"), PURGE: no_worker})

    async with wfadmin.connect(fake.engine(), policy=WITH_CHILDREN) as operator:
        with pytest.raises(EngineRejected, match="no worker of the app is connected") as caught:
            await operator.recover_stuck_workflow(KEY)

    assert caught.value.fix.startswith("Start the app")
    assert caught.value.sent is Sent.YES
    assert writes(fake) == [PURGE]


async def test_a_lost_answer_is_settled_by_reading_and_never_by_sending_again() -> None:
    fake = FakeSidecar(
        SOUND | {GET: instance("FAILED"), PURGE: SILENCE}, then={PURGE: {GET: NO_INSTANCE}}
    )

    async with wfadmin.connect(fake.engine(), policy=WITH_CHILDREN) as operator:
        result = await operator.recover_stuck_workflow(KEY)

    assert (result.purged, result.confirmed) == (("o-1",), True)
    assert writes(fake) == [PURGE]


# --- what it has not -----------------------------------------------------------------------------


async def test_redeploy_and_cleanup_are_not_supported_and_send_nothing() -> None:
    fake = FakeSidecar()

    async with wfadmin.connect(fake.engine()) as operator:
        with pytest.raises(NotSupported, match="dapr has no deployments"):
            await operator.force_redeploy("http://127.0.0.1:9080")
        with pytest.raises(NotSupported, match="dapr has no deployments"):
            await operator.cleanup_stale_deployments("http://127.0.0.1:9080")

    assert fake.asked == []
