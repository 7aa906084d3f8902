"""Values that documents and boards are made from in the tests: one of everything."""

from datetime import UTC, datetime, timedelta

from wfadmin.domain import remedies
from wfadmin.domain.components import Component, ComponentStatus
from wfadmin.domain.doctor import (
    AdminReport,
    DeploymentsReport,
    DoctorReport,
    IngressReport,
    InvocationsReport,
    ServicesReport,
)
from wfadmin.domain.finding import Finding, FindingCode, Sample, Severity
from wfadmin.domain.inspection import Inspection
from wfadmin.domain.keys import Incarnation, InvocationRef, WorkflowKey
from wfadmin.domain.model import (
    Deployment,
    Handler,
    HandlerKind,
    Invocation,
    InvocationOutcome,
    InvocationStatus,
    KeyedState,
    Service,
    ServiceKind,
    ServiceRevision,
    StateEntry,
    StatusCount,
)
from wfadmin.domain.recovery import Allowed, Blocked, Blocker, BlockReason

OK = ComponentStatus.OK
NOW = datetime(2026, 5, 9, 10, 0, 0, tzinfo=UTC)
KEY = WorkflowKey("IdentityRecoveryWorkflow", "invitation_1")
SERVICE = Service(
    KEY.service_name,
    ServiceKind.WORKFLOW,
    3,
    "dp_1",
    (Handler("run", HandlerKind.MAIN), Handler("ask", HandlerKind.SHARED)),
)
REVISION = ServiceRevision(KEY.service_name, 3)
DEPLOYMENT = Deployment("dp_1", "https://service.example.com", "https://service.example.com", NOW)
FUNCTION = Deployment("dp_2", None, "arn:aws:lambda:eu:1:function:f", None)


def run(name: str, status: InvocationStatus, **fields: object) -> Invocation:
    """An invocation of KEY."""
    given: dict[str, object] = {
        "ref": InvocationRef(KEY, name, Incarnation(name)),
        "service_name": KEY.service_name,
        "handler_name": "run",
        "service_kind": ServiceKind.WORKFLOW,
        "status": status,
        "engine_status": status.value,
        "created_at": NOW - timedelta(minutes=10),
        **fields,
    }
    return Invocation(**given)  # type: ignore[arg-type]


FAILED = run(
    "inv_failed",
    InvocationStatus.COMPLETED,
    outcome=InvocationOutcome.FAILED,
    failure="TypeError: no such user\n  at line 3\n\x1b[31mred",
    failure_at=NOW - timedelta(minutes=5),
    completed_at=NOW - timedelta(minutes=5),
)
PLAIN_FAILED = Invocation(
    ref=InvocationRef(None, "inv_plain", None),
    service_name="Mailer",
    handler_name="send",
    service_kind=ServiceKind.PLAIN,
    status=InvocationStatus.COMPLETED,
    engine_status="completed",
    outcome=InvocationOutcome.KILLED,
    completed_at=NOW - timedelta(minutes=6),
)
BACKING_OFF = run(
    "inv_retry",
    InvocationStatus.BACKING_OFF,
    engine_status="backing-off",
    deployment_id="dp_1",
    modified_at=NOW - timedelta(minutes=2),
    failed_attempts=7,
    failure="ConnectError: refused",
    failure_at=NOW - timedelta(minutes=1),
    next_retry_at=NOW + timedelta(minutes=1),
    due_at=NOW - timedelta(minutes=9),
)
CHILD = run("inv_child", InvocationStatus.RUNNING, parent_id="inv_retry")
CHILD_WITHOUT_KEY = Invocation(
    ref=InvocationRef(None, "inv_mail", None),
    service_name="Mailer",
    handler_name="send",
    service_kind=ServiceKind.PLAIN,
    status=InvocationStatus.RUNNING,
    engine_status="running",
    parent_id="inv_retry",
)
STATE = KeyedState(
    (
        StateEntry("step", 6, b'"paid"'),
        StateEntry("photo", 3, b"\xff\xd8\xff"),
        StateEntry("unread", 9, None),
    ),
)

HEALTHY = DoctorReport(
    engine="restate",
    checked_at=NOW,
    ingress=IngressReport(OK, 12),
    admin=AdminReport(OK, 9, "1.4.0"),
    deployments=DeploymentsReport(OK, 10, (DEPLOYMENT,)),
    services=ServicesReport(OK, 11, (SERVICE,)),
    invocations=InvocationsReport(OK, 25, (StatusCount("invoked", 2), StatusCount("suspended", 1))),
)

RETRYING = Finding(
    FindingCode.BACKING_OFF,
    Severity.ERROR,
    Component.INVOCATIONS,
    "7 runs of IdentityRecoveryWorkflow: failing again and again",
    KEY.service_name,
    7,
    (Sample("inv_retry", KEY.service_name, KEY.service_key, "ConnectError: refused"),),
    (
        remedies.redeploy("https://service.example.com"),
        remedies.recover(KEY, stuck="backing_off:attempts=7"),
    ),
)
RETAINED = Finding(
    FindingCode.FAILED_RETAINED,
    Severity.INFO,
    Component.INVOCATIONS,
    "2 failures of IdentityRecoveryWorkflow retained",
    KEY.service_name,
    2,
    (Sample("inv_failed", KEY.service_name, KEY.service_key, "TypeError: no such user"),),
    (remedies.inspect(KEY), remedies.recover(KEY)),
)
UNREACHABLE = Finding(
    FindingCode.COMPONENT_UNREACHABLE,
    Severity.ERROR,
    Component.INGRESS,
    "ingress is unreachable: No answer from http://engine:8080. It says nothing.",
    remedies=(remedies.advise("Check the URL"),),
)
DEGRADED = Finding(
    FindingCode.COMPONENT_DEGRADED,
    Severity.ERROR,
    Component.SERVICES,
    "services is degraded: http://engine:9070 answered 500. It gave no reason.",
    remedies=(remedies.advise("Check the URL"),),
)
DRAINING = Finding(
    FindingCode.DRAINING,
    Severity.WARNING,
    Component.DEPLOYMENTS,
    "https://old.example.com serves nothing new; unfinished runs that hold it: 2",
    None,
    1,
    (Sample("dp_0", detail="pinned 2"),),
    (remedies.cleanup(("https://service.example.com",), wait=True),),
)
OVERDUE = Finding(
    FindingCode.TIMER_OVERDUE,
    Severity.WARNING,
    Component.INVOCATIONS,
    "1 run of Mailer: scheduled for a time that is past",
    "Mailer",
)

ILL = DoctorReport(
    engine="restate",
    checked_at=NOW,
    ingress=IngressReport(
        ComponentStatus.UNREACHABLE,
        error="No answer from http://engine:8080. It says nothing.",
    ),
    admin=AdminReport(OK, 9),
    deployments=DeploymentsReport(OK, 10, (DEPLOYMENT, FUNCTION)),
    services=ServicesReport(
        ComponentStatus.DEGRADED,
        error="http://engine:9070 answered 500. It gave no reason.",
    ),
    invocations=InvocationsReport(
        OK,
        25,
        (StatusCount("completed", 2), StatusCount("backing-off", 7)),
        (FAILED, PLAIN_FAILED),
    ),
    findings=(UNREACHABLE, DEGRADED, RETRYING, DRAINING, OVERDUE, RETAINED),
    warnings=("The audit record was not stored: the disk is full",),
)

INSPECTED = Inspection(
    engine="restate",
    key=KEY,
    service=SERVICE,
    runs=(BACKING_OFF, FAILED),
    children=(CHILD, CHILD_WITHOUT_KEY),
    state=STATE,
    recover=Blocked(
        (
            Blocker(BlockReason.ACTIVE, ("inv_retry",)),
            Blocker(BlockReason.EFFECT_UNKNOWN),
        ),
    ),
    findings=(RETRYING, RETAINED),
    warnings=("Not read: deployments. No answer from http://engine:9070.",),
)
ALLOWED = Inspection(
    engine="restate",
    key=KEY,
    service=None,
    runs=(FAILED,),
    children=None,
    state=None,
    recover=Allowed(to_kill=("inv_retry",), to_purge=("inv_retry", "inv_failed")),
)
EMPTY = Inspection(
    engine="restate",
    key=KEY,
    service=Service(KEY.service_name, ServiceKind.VIRTUAL_OBJECT),
    runs=(),
    children=(),
    state=KeyedState(),
    recover=Allowed(),
)
