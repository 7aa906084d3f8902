"""Our own JSON says what the operator API says, and what the command line promises."""

import json
from datetime import UTC, datetime, timedelta, timezone

import attrs
import pytest

from tests.cli import examples
from tests.cli.samples import assert_like_sample
from wfadmin.domain.components import ComponentStatus
from wfadmin.domain.doctor import DeploymentsReport, DoctorReport, IngressReport
from wfadmin.domain.errors import (
    CommandNotAllowed,
    DeploymentInUse,
    EngineError,
    EngineRejected,
    EngineUnreachable,
    NotAuthenticated,
    OutcomeUnknown,
    RetryBlocked,
    Sent,
    UnknownAdapter,
    WfadminError,
)
from wfadmin.wire.documents import doctor_document, error_document, inspection_document

TARGET = ("--admin-url", "http://engine:9070")

# The sample of the operator API, word for word.
OF_THE_API = """
{
  "ingress": { "status": "ok", "latencyMs": 12 },
  "admin": { "status": "ok", "latencyMs": 9, "version": "1.4.0" },
  "deployments": {
    "status": "ok",
    "items": [
      {
        "id": "dp_01j8m7k2q3r4s5t6u7v8w9x0y1",
        "serviceUrl": "https://workflow-service.example.com",
        "createdAt": "2026-05-09T10:00:00.000Z"
      }
    ],
    "error": null
  },
  "services": {
    "status": "ok",
    "items": [{ "name": "IdentityRecoveryWorkflow", "revision": 3 }],
    "error": null
  },
  "invocations": {
    "status": "ok",
    "byStatus": { "invoked": 2, "suspended": 1 },
    "recentFailures": [],
    "error": null
  }
}
"""


def of_the_api() -> DoctorReport:
    deployment = attrs.evolve(
        examples.DEPLOYMENT,
        id="dp_01j8m7k2q3r4s5t6u7v8w9x0y1",
        service_url="https://workflow-service.example.com",
    )
    listed = attrs.evolve(examples.HEALTHY.deployments, items=(deployment,))
    return attrs.evolve(examples.HEALTHY, deployments=listed)


def test_a_healthy_report_is_the_object_of_the_operator_api() -> None:
    document = doctor_document(of_the_api())
    expected = json.loads(OF_THE_API) | {"verdict": "ok", "findings": []}
    assert json.dumps(document) == json.dumps(expected)


def test_an_ill_report_is_like_its_sample() -> None:
    assert_like_sample("doctor", doctor_document(examples.ILL, target=TARGET))


def test_a_failed_component_has_all_its_keys() -> None:
    problem = "No answer from http://engine:9070."
    unreachable = ComponentStatus.UNREACHABLE
    report = attrs.evolve(
        examples.HEALTHY,
        ingress=IngressReport(unreachable, error=problem),
        deployments=DeploymentsReport(unreachable, error=problem),
    )
    document = doctor_document(report)
    assert document["ingress"] == {"status": "unreachable", "latencyMs": None}
    assert document["deployments"] == {"status": "unreachable", "items": [], "error": problem}


def test_times_are_told_in_utc_and_milliseconds() -> None:
    berlin = timezone(timedelta(hours=2))
    at = datetime(2026, 5, 9, 12, 0, 0, 123_456, tzinfo=berlin)
    deployment = attrs.evolve(examples.DEPLOYMENT, created_at=at)
    listed = attrs.evolve(examples.HEALTHY.deployments, items=(deployment,))
    document = doctor_document(attrs.evolve(examples.HEALTHY, deployments=listed))
    assert document["deployments"]["items"][0]["createdAt"] == "2026-05-09T10:00:00.123Z"


def test_a_blocked_inspection_is_like_its_sample() -> None:
    document = inspection_document(examples.INSPECTED, show_state=True, target=TARGET)
    assert_like_sample("inspect_blocked", document)


def test_an_allowed_inspection_is_like_its_sample() -> None:
    assert_like_sample("inspect_allowed", inspection_document(examples.ALLOWED, show_state=False))


def test_a_key_without_runs_is_like_its_sample() -> None:
    assert_like_sample("inspect_empty", inspection_document(examples.EMPTY, show_state=False))


def test_values_of_the_state_are_told_only_when_asked_for() -> None:
    document = inspection_document(examples.INSPECTED, show_state=False)
    assert document["state"]["entries"] == [
        {"name": "step", "size": 6},
        {"name": "photo", "size": 3},
        {"name": "unread", "size": 9},
    ]


@pytest.mark.parametrize(
    ("error", "details"),
    [
        (
            RetryBlocked("active", ("inv_1",), (("active", ("inv_1",)), ("unknown", ("inv_2",)))),
            {
                "reason": "active",
                "invocationIds": ["inv_1"],
                "blocked": [
                    {"reason": "active", "invocationIds": ["inv_1"]},
                    {"reason": "unknown", "invocationIds": ["inv_2"]},
                ],
            },
        ),
        (
            DeploymentInUse(("dp_1",), ("Order",)),
            {"deploymentIds": ["dp_1"], "services": ["Order"]},
        ),
        (
            CommandNotAllowed("resume", "inv_1", "running"),
            {
                "command": "resume",
                "invocationId": "inv_1",
                "status": "running",
                "because": "",
            },
        ),
        (
            EngineRejected("http://engine:9070", 500, "META0009", "it went wrong"),
            {
                "where": "http://engine:9070",
                "engineStatus": 500,
                "engineCode": "META0009",
                "excerpt": "it went wrong",
                "remedy": "",
            },
        ),
        (
            OutcomeUnknown("purge", "inv_1", "no answer came"),
            {
                "command": "purge",
                "target": "inv_1",
                "problem": "no answer came",
                "sent": "unknown",
            },
        ),
        (
            UnknownAdapter("engine", "there is no adapter x", "x", ("memory",)),
            {
                "argument": "engine",
                "problem": "there is no adapter x",
                "name": "x",
                "known": ["memory"],
            },
        ),
    ],
)
def test_what_a_program_branches_on_stands_in_the_details(
    error: WfadminError,
    details: dict[str, object],
) -> None:
    assert error_document(error)["error"]["details"] == details


def test_an_error_is_like_its_sample() -> None:
    error = EngineRejected("http://engine:9070", 500, "META0009", "it went wrong")
    assert_like_sample("error", error_document(error))


def test_an_error_without_details_has_no_such_key() -> None:
    assert "details" not in error_document(NotAuthenticated())["error"]


def test_details_of_an_adapters_own_error_are_what_json_can_hold() -> None:
    @attrs.define(slots=False, eq=False, repr=False)
    class Throttled(EngineError):
        until: datetime
        shards: tuple[timedelta, ...]

    error = Throttled(datetime(2026, 1, 1, tzinfo=UTC), (timedelta(seconds=1),))
    assert error_document(error)["error"]["details"] == {
        "until": "2026-01-01 00:00:00+00:00",
        "shards": ["0:00:01"],
    }


def test_what_may_have_been_sent_may_not_be_called_again() -> None:
    lost = EngineUnreachable("http://engine:9070", "connection reset", sent=Sent.YES)
    error = error_document(lost)["error"]
    assert (error["status"], error["retryable"]) == (504, False)


def test_a_document_has_no_text_that_json_cannot_hold() -> None:
    report = attrs.evolve(examples.HEALTHY, checked_at=datetime.now(UTC), engine="\udcff")
    assert json.loads(json.dumps(doctor_document(report), allow_nan=False))
