"""
One incident, told of any engine: what doctor and inspect must say of it.

A workflow service `Order` and a virtual object service `Cart`; runs that failed, succeeded, wait,
back off and are paused; one that is pinned to a removed deployment; a deployment that drains and
one that is drained.
"""

from dataclasses import dataclass

import wfadmin
from wfadmin.domain.components import ComponentStatus
from wfadmin.domain.doctor import DoctorReport
from wfadmin.domain.model import HandlerKind
from wfadmin.domain.recovery import Allowed, Blocked


@dataclass(frozen=True)
class Ill:
    """The keys of the incident, and what else its findings name."""

    failed: wfadmin.WorkflowKey
    succeeded: wfadmin.WorkflowKey
    waiting: wfadmin.WorkflowKey
    backing_off: wfadmin.WorkflowKey
    paused: wfadmin.WorkflowKey
    zombie: wfadmin.WorkflowKey
    cart: wfadmin.WorkflowKey
    failure: str
    draining_id: str
    drained_id: str


#: Code, severity and the verb of the mildest remedy, in the order of the report.
FINDINGS = [
    ("zombie", "error", ("runs", "resume")),
    ("paused", "error", ("runs", "resume")),
    ("backing_off", "error", ("redeploy",)),
    ("draining", "warning", ("cleanup",)),
    ("drained", "info", ("cleanup",)),
]


async def doctor_names_every_trouble(operator: wfadmin.Operator, ill: Ill) -> DoctorReport:
    report = await operator.doctor()

    assert report.status is ComponentStatus.OK
    found = {
        (one.code.value, one.severity.value, one.remedies[0].verb)
        for one in report.findings
        if one.code != "failed_retained"
    }
    assert found == set(FINDINGS)
    assert report.verdict == "error"
    zombie = next(one for one in report.findings if one.code == "zombie")
    assert zombie.remedies[0].options[-2:] == ("--deployment", "latest")
    places = {one.code.value: one.samples[0].id for one in report.findings if one.samples}
    assert (places["draining"], places["drained"]) == (ill.draining_id, ill.drained_id)
    return report


async def doctor_shows_the_newest_failure(report: DoctorReport, ill: Ill) -> None:
    failures = [
        (one.key, one.failure)
        for one in report.invocations.recent_failures
        if one.key == ill.failed
    ]
    assert failures == [(ill.failed, ill.failure)]


async def inspect_says_what_a_recovery_would_do(operator: wfadmin.Operator, ill: Ill) -> None:
    failed = await operator.inspect(ill.failed)
    (run,) = failed.runs
    assert failed.recover == Allowed(to_purge=(run.id,))
    expected = {
        ill.succeeded: "succeeded",
        ill.waiting: "active",
        ill.backing_off: "active",
        ill.paused: "active",
        ill.zombie: "active",
        ill.cart: "not_a_workflow",
    }
    assert {key: await _reason(operator, key) for key in expected} == expected


async def _reason(operator: wfadmin.Operator, key: wfadmin.WorkflowKey) -> str:
    found = await operator.inspect(key)
    assert isinstance(found.recover, Blocked)
    assert found.service is not None
    kinds = {one.id: found.service.handler_kind(one.handler_name) for one in found.runs}
    main = {invocation_id for invocation_id, kind in kinds.items() if kind is HandlerKind.MAIN}
    assert set(found.recover.invocation_ids) == main
    return found.recover.reason.value
