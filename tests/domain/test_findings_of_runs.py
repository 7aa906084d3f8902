"""What is wrong with runs: one row for each code, with its remedies, mildest first."""

import pytest

from tests.domain.build import ago, backing_off, ended, paused, run, service, shared, suspended
from tests.domain.build_findings import DEPLOYMENTS, SERVICES, advice, facts, survey, told
from wfadmin.domain.finding import Finding, Sample
from wfadmin.domain.findings import findings_from
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import (
    HandlerKind,
    Invocation,
    InvocationStatus,
    ServiceKind,
)

_RESUME = "wfadmin runs resume --id=inv_1 -- Order 42"
_MOVE = "wfadmin runs resume --id=inv_1 --deployment latest -- Order 42"
_INSPECT = "wfadmin inspect -- Order 42"
_REDEPLOY = "wfadmin redeploy -- http://new:9080"
_REGISTER = "Register a deployment that serves it: wfadmin redeploy URL"
_KEYLESS = "It has no key: use the engine's own tool on 'inv_1'"

_ZOMBIE = "pinned to a deployment that is no longer registered, so it can never go on by itself"
_PAUSED = "paused: it gave up retrying, or somebody paused it, and holds its key until resumed"
_STALLED = "stalled: the code that it started with is not there"


def found(*unfinished: Invocation) -> Finding:
    """Give the only finding about these runs."""
    (finding,) = findings_from(facts(survey=survey(*unfinished)))
    return finding


@pytest.mark.parametrize(
    ("one", "code", "severity", "message", "expected"),
    [
        pytest.param(
            run(deployment_id="dp_gone"),
            "zombie",
            "error",
            _ZOMBIE,
            [_MOVE],
            id="a zombie is moved to the latest deployment",
        ),
        pytest.param(
            paused(deployment_id="dp_gone"),
            "zombie",
            "error",
            _ZOMBIE,
            [_MOVE],
            id="a paused zombie is a zombie: a mere resume would not help",
        ),
        pytest.param(
            backing_off(attempts=9, deployment_id="dp_gone"),
            "zombie",
            "error",
            _ZOMBIE,
            [_MOVE],
            id="so is one that retries for ever",
        ),
        pytest.param(
            run(status=InvocationStatus.UNKNOWN, deployment_id="dp_gone"),
            "zombie",
            "error",
            _ZOMBIE,
            [_MOVE],
            id="so is one of a status that we do not know",
        ),
        pytest.param(
            paused(deployment_id="dp_new"),
            "paused",
            "error",
            _PAUSED,
            [_RESUME, "wfadmin recover --stuck paused -- Order 42"],
            id="a paused run is resumed, or else recovered",
        ),
        pytest.param(
            paused(deployment_id="dp_old"),
            "paused",
            "error",
            _PAUSED,
            [_RESUME, _MOVE, "wfadmin recover --stuck paused -- Order 42"],
            id="one on an older deployment may be moved before it is recovered",
        ),
        pytest.param(
            paused(service_kind=ServiceKind.VIRTUAL_OBJECT),
            "paused",
            "error",
            _PAUSED,
            [_RESUME],
            id="a virtual object is never recovered",
        ),
        pytest.param(
            shared(paused()),
            "paused",
            "error",
            _PAUSED,
            [_RESUME],
            id="a paused shared handler is no reason to purge the run",
        ),
        pytest.param(
            paused(handler_name="status", handler_kind=HandlerKind.UNKNOWN),
            "paused",
            "error",
            _PAUSED,
            [_RESUME],
            id="also where only the list of services says that it is shared",
        ),
        pytest.param(
            paused(key=None),
            "paused",
            "error",
            _PAUSED,
            [_KEYLESS],
            id="a paused run without a key is for the engine's own tool",
        ),
        pytest.param(
            run(status=InvocationStatus.STALLED),
            "stalled",
            "error",
            _STALLED,
            [_INSPECT],
            id="a stalled run is looked at",
        ),
        pytest.param(
            backing_off(attempts=5, deployment_id="dp_new"),
            "backing_off",
            "error",
            "failing again and again",
            [_REDEPLOY, "wfadmin recover --stuck backing_off:attempts=5 -- Order 42"],
            id="five failed attempts are an error",
        ),
        pytest.param(
            backing_off(attempts=4, deployment_id="dp_new"),
            "backing_off",
            "warning",
            "retrying after a failure",
            [_REDEPLOY, "wfadmin recover --stuck backing_off:attempts=4 -- Order 42"],
            id="four are a warning",
        ),
        pytest.param(
            run(failed_attempts=5),
            "backing_off",
            "error",
            "failing again and again",
            [_REDEPLOY, "wfadmin recover --stuck backing_off:attempts=5 -- Order 42"],
            id="a loop whose attempt is on its way is still a loop",
        ),
        pytest.param(
            backing_off(attempts=5, deployment_id="dp_old"),
            "backing_off",
            "error",
            "failing again and again",
            [_MOVE, "wfadmin recover --stuck backing_off:attempts=5 -- Order 42"],
            id="one on an older deployment is moved first",
        ),
        pytest.param(
            backing_off(attempts=0),
            "backing_off",
            "warning",
            "retrying after a failure",
            [_REDEPLOY, "wfadmin recover --stuck backing_off:attempts=1 -- Order 42"],
            id="an engine may not count the attempts",
        ),
        pytest.param(
            backing_off(key=None),
            "backing_off",
            "warning",
            "retrying after a failure",
            [_REDEPLOY],
            id="a service without keys is only redeployed",
        ),
        pytest.param(
            backing_off(attempts=4, service_kind=ServiceKind.VIRTUAL_OBJECT),
            "backing_off",
            "warning",
            "retrying after a failure",
            [_REDEPLOY],
            id="a virtual object that retries is never recovered",
        ),
        pytest.param(
            suspended(modified_at=ago(minutes=61)),
            "suspended_long",
            "warning",
            "waiting for a long time without moving",
            [_INSPECT],
            id="a long wait is looked at",
        ),
        pytest.param(
            suspended(modified_at=ago(minutes=61), key=None),
            "suspended_long",
            "warning",
            "waiting for a long time without moving",
            [_KEYLESS],
            id="one without a key is for the engine's own tool",
        ),
        pytest.param(
            run(status=InvocationStatus.RUNNING, modified_at=ago(minutes=61)),
            "quiet_long",
            "info",
            "running, and its last event is old: it works or waits for long, or it hangs",
            [_INSPECT],
            id="one that runs without an event for long is looked at",
        ),
        pytest.param(
            run(status=InvocationStatus.PENDING, created_at=ago(minutes=61)),
            "pending_long",
            "warning",
            "waiting for a long time to start",
            [_INSPECT],
            id="one that never started is looked at",
        ),
        pytest.param(
            run(status=InvocationStatus.READY, created_at=ago(minutes=61)),
            "pending_long",
            "warning",
            "waiting for a long time to start",
            [_INSPECT],
            id="so is one that is about to start for too long",
        ),
        pytest.param(
            run(status=InvocationStatus.PENDING, created_at=None),
            "pending_undated",
            "info",
            "not started, and the engine does not say since when it waits",
            [_INSPECT],
            id="one that waits for nobody knows how long is told, and not called long",
        ),
        pytest.param(
            run(status=InvocationStatus.SCHEDULED, due_at=ago(minutes=6)),
            "timer_overdue",
            "warning",
            "scheduled for a time that is past",
            [_INSPECT],
            id="a timer that did not fire is looked at",
        ),
    ],
)
def test_one_run(
    one: Invocation, code: str, severity: str, message: str, expected: list[str]
) -> None:
    finding = found(one)
    assert told(finding) == (code, severity, "invocations", f"1 run of Order: {message}")
    assert (finding.service_name, finding.count) == ("Order", 1)
    assert [sample.id for sample in finding.samples] == ["inv_1"]
    assert advice(finding) == expected


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(run(), id="a running one"),
        pytest.param(run(deployment_id="dp_old"), id="one that runs on an older deployment"),
        pytest.param(run(status=InvocationStatus.UNKNOWN), id="a status that we do not know"),
        pytest.param(run(status=InvocationStatus.WAITING_APPROVAL), id="one that awaits a person"),
        pytest.param(suspended(modified_at=ago(minutes=60)), id="a wait of just an hour"),
        pytest.param(suspended(modified_at=None), id="a wait of nobody knows how long"),
        pytest.param(
            run(status=InvocationStatus.PENDING, created_at=ago(minutes=60)),
            id="an hour in the queue",
        ),
        pytest.param(
            run(status=InvocationStatus.READY, created_at=None), id="one that is about to start"
        ),
        pytest.param(
            run(status=InvocationStatus.SCHEDULED, due_at=ago(minutes=5)), id="a timer just due"
        ),
        pytest.param(
            run(status=InvocationStatus.SCHEDULED, due_at=ago(hours=-5)), id="a timer to come"
        ),
        pytest.param(run(status=InvocationStatus.SCHEDULED), id="a timer without a time"),
        pytest.param(ended(deployment_id="dp_gone"), id="one that has ended on a removed one"),
    ],
)
def test_nothing_is_wrong_with(one: Invocation) -> None:
    assert findings_from(facts(survey=survey(one))) == ()


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        pytest.param(run(deployment_id="dp_gone"), [_REGISTER], id="a zombie needs a deployment"),
        pytest.param(
            backing_off(attempts=4),
            [_REGISTER, "wfadmin recover --stuck backing_off:attempts=4 -- Order 42"],
            id="so does one that retries against nothing",
        ),
        pytest.param(
            paused(deployment_id="dp_old"),
            [_RESUME, "wfadmin recover --stuck paused -- Order 42"],
            id="a paused run cannot be moved to a latest that is not there",
        ),
    ],
)
def test_where_the_service_is_no_longer_listed(one: Invocation, expected: list[str]) -> None:
    cart = DEPLOYMENTS[:1]
    seen = facts(survey=survey(one), deployments=cart, services=SERVICES[:1])
    of_run = [one for one in findings_from(seen) if one.component.value == "invocations"]
    assert [advice(finding) for finding in of_run] == [expected]


def test_a_service_whose_place_has_no_url_is_registered_by_hand() -> None:
    seen = facts(
        survey=survey(backing_off()), deployments=None, services=(service(deployment_id=None),)
    )
    assert advice(findings_from(seen)[0])[0] == _REGISTER


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        pytest.param(run(deployment_id="dp_gone"), [_INSPECT], id="a zombie"),
        pytest.param(run(deployment_id="dp_gone", key=None), [_KEYLESS], id="one without a key"),
    ],
)
def test_where_services_did_not_answer_nothing_is_registered_for(
    one: Invocation, expected: list[str]
) -> None:
    (finding,) = findings_from(facts(survey=survey(one), services=None))
    assert (finding.code.value, advice(finding)) == ("zombie", expected)


def test_a_zombie_without_a_key_is_for_the_engine_s_own_tool() -> None:
    assert advice(found(run(deployment_id="dp_gone", key=None))) == [_KEYLESS]


def test_where_deployments_did_not_answer_nothing_is_a_zombie() -> None:
    gone = paused(deployment_id="dp_gone")
    (finding,) = findings_from(facts(survey=survey(gone), deployments=None))
    assert finding.code.value == "paused"


def test_runs_are_grouped_by_trouble_and_service() -> None:
    other = WorkflowKey("Cart", "7")
    seen = facts(survey=survey(paused("inv_1"), paused("inv_2", key=other), paused("inv_3")))
    assert [
        (one.service_name, one.count, [sample.id for sample in one.samples])
        for one in findings_from(seen)
    ] == [("Cart", 1, ["inv_2"]), ("Order", 2, ["inv_1", "inv_3"])]


def test_those_that_fail_for_long_are_told_apart_from_those_that_began_to() -> None:
    seen = facts(survey=survey(backing_off("inv_1", 1), backing_off("inv_2", 9)))
    assert [
        (one.code.value, one.severity.value, [sample.id for sample in one.samples])
        for one in findings_from(seen)
    ] == [("backing_off", "error", ["inv_2"]), ("backing_off", "warning", ["inv_1"])]


def test_remedies_are_for_the_first_sample_and_no_wider_than_it_needs() -> None:
    finding = found(backing_off("inv_1", 9), backing_off("inv_2", 5))
    assert advice(finding)[-1] == "wfadmin recover --stuck backing_off:attempts=9 -- Order 42"


def test_more_than_five_are_counted_and_five_are_shown() -> None:
    finding = found(*(paused(f"inv_{number}") for number in range(7)))
    assert finding.count == 7
    assert finding.message == f"7 runs of Order: {_PAUSED}"
    assert [one.id for one in finding.samples] == ["inv_0", "inv_1", "inv_2", "inv_3", "inv_4"]


@pytest.mark.parametrize(
    ("one", "sample"),
    [
        pytest.param(
            paused(failure="\n out of stock\n  at line 7"),
            Sample("inv_1", "Order", "42", "out of stock"),
            id="the first line of the last failure",
        ),
        pytest.param(
            paused(engine_status="paused\x1b[31m"),
            Sample("inv_1", "Order", "42", "paused?[31m"),
            id="without a failure the engine's own word, made safe",
        ),
        pytest.param(
            paused(failure=" \n"),
            Sample("inv_1", "Order", "42", "paused"),
            id="a blank failure says nothing",
        ),
        pytest.param(
            paused(key=None), Sample("inv_1", "Order", None, "paused"), id="there may be no key"
        ),
    ],
)
def test_a_sample_shows(one: Invocation, sample: Sample) -> None:
    assert found(one).samples == (sample,)
