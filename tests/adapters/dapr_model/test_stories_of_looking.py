"""What is seen, and what is refused by it: over HTTP to the model of a sidecar, and in memory."""

import pytest

from tests.adapters.dapr_model.places import KEY, Place, Put, Trouble, words
from wfadmin.adapters.memory import Key
from wfadmin.domain.components import ComponentStatus
from wfadmin.domain.finding import FindingCode
from wfadmin.domain.policy import Paused, RecoveryPolicy
from wfadmin.domain.recovery import Allowed, Blocked
from wfadmin.errors import (
    InvalidWorkflowKey,
    RetryBlocked,
    Sent,
)
from wfadmin.wire.outcomes import ending_of

pytestmark = pytest.mark.asyncio

WITH_CHILDREN = RecoveryPolicy(with_children=True)
STUCK = RecoveryPolicy((Paused(),), with_children=True)


# --- doctor --------------------------------------------------------------------------------------


async def test_a_doctor_of_a_sound_sidecar_finds_nothing(place: Place) -> None:
    async with place.operator() as operator:
        report = await operator.doctor()

    ok, none = ComponentStatus.OK, ComponentStatus.NOT_SUPPORTED
    assert (report.ingress.status, report.admin.status, report.services.status) == (ok, ok, ok)
    assert (report.deployments.status, report.invocations.status) == (none, none)
    assert (report.admin.version, report.findings) == ("1.18.3", ())
    assert [(one.name, one.workers) for one in report.services.items] == [("app", 1)]
    assert place.writes == []


async def test_a_doctor_finds_that_no_worker_is_connected(place: Place) -> None:
    place.befall(Trouble.LOSES_WORKER)

    async with place.operator() as operator:
        report = await operator.doctor()

    assert [one.code for one in report.findings] == [FindingCode.NO_WORKER]
    assert report.ingress.status is ComponentStatus.OK


async def test_a_doctor_finds_that_placement_is_lost(place: Place) -> None:
    place.lose_placement()

    async with place.operator() as operator:
        report = await operator.doctor()

    assert report.ingress.status is ComponentStatus.OK
    assert report.admin.status is ComponentStatus.DEGRADED
    assert [one.code for one in report.findings] == [FindingCode.COMPONENT_DEGRADED]
    assert "the sidecar is not connected to the placement service" in (report.admin.error or "")


# --- inspect -------------------------------------------------------------------------------------

REFUSED: dict[str, tuple[Put, str]] = {
    "completed": (Key.succeeded, "succeeded"),
    "running": (Key.running, "active"),
    "suspended": (Key.paused, "active"),
    "stalled": (Key.stalled, "active"),
    "pending": (Key.pending, "unknown"),
    "planned": (Key.scheduled, "unknown"),
    "failed": (Key.failed, "has_children"),
    "terminated": (Key.killed, "has_children"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_an_inspection_says_why_a_recovery_would_refuse(place: Place, name: str) -> None:
    put, reason = REFUSED[name]
    put(place.key())

    async with place.operator() as operator:
        found = await operator.inspect(KEY)

    assert isinstance(found.recover, Blocked)
    assert found.recover.reason == reason
    assert [one.id for one in found.runs] == ["o-1"]
    assert place.writes == []


async def test_an_inspection_tells_a_failed_run_with_its_failure(place: Place) -> None:
    place.key().failed("ValueError: boom")

    async with place.operator(policy=WITH_CHILDREN) as operator:
        found = await operator.inspect(KEY)

    (run,) = found.runs
    assert run.engine_status == "FAILED"
    assert (run.failure or "").startswith("ValueError: boom")
    assert (found.children, found.state, found.warnings) == (None, None, ())
    assert found.recover == Allowed(to_purge=("o-1",))
    assert [one.code for one in found.findings] == [FindingCode.FAILED_RETAINED]


async def test_a_key_without_a_run_is_no_proof_that_there_is_such_a_workflow(place: Place) -> None:
    async with place.operator() as operator:
        found = await operator.inspect(KEY)

    assert found.runs == ()
    assert "Whether a service 'Order' exists cannot be told on this engine." in found.warnings


# --- recover: what is refused --------------------------------------------------------------------


@pytest.mark.parametrize("name", REFUSED)
async def test_a_key_that_is_not_free_to_go_is_refused(place: Place, name: str) -> None:
    put, reason = REFUSED[name]
    put(place.key())
    before = words(place)

    async with place.operator() as operator:
        with pytest.raises(RetryBlocked) as caught:
            await operator.recover_stuck_workflow(KEY)

    assert (caught.value.reason, caught.value.sent) == (reason, Sent.NO)
    assert (place.writes, words(place)) == ([], before)


async def test_a_key_whose_run_belongs_to_another_workflow_is_refused(place: Place) -> None:
    place.world.workflow("Bill").key("o-1").failed()

    async with place.operator(policy=STUCK) as operator:
        with pytest.raises(InvalidWorkflowKey) as caught:
            await operator.recover_stuck_workflow(KEY)

    assert (caught.value.sent, ending_of(caught.value).exit_code) == (Sent.NO, 2)
    assert (place.writes, words(place)) == ([], ["FAILED"])


async def test_a_running_run_is_not_stuck_because_a_paused_one_would_be(place: Place) -> None:
    place.key().running()

    async with place.operator(policy=STUCK) as operator:
        with pytest.raises(RetryBlocked):
            await operator.recover_stuck_workflow(KEY)

    assert (place.writes, words(place)) == ([], ["RUNNING"])
