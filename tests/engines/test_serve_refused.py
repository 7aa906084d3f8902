"""What `wfadmin serve` refuses on a real Restate: the whole error, and what is on record of it."""

from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest

from tests.engines.restate_lab import RestateLab, Run
from tests.engines.served import BASE, NOWHERE, Office, Record, Served, argument

pytestmark = pytest.mark.engine

RECOVER, CLEANUP, REDEPLOY = "recover-stuck-workflow", "cleanup-stale-deployments", "force-redeploy"
FAR = "https://workflow-service.example.com"


@attrs.frozen
class Refusal:
    """What a caller is told, less its sentences."""

    status: int
    id: str
    category: str
    details: Any = None
    retryable: bool = False


def key_of(run: Run) -> dict[str, object]:
    return {"serviceName": run.service_name, "serviceKey": run.service_key}


def refused(served: Served, who: str | None, route: str, body: object) -> tuple[Refusal, str]:
    """Ask; give what was told, and its message. The id of the request is that of the refusal."""
    with served.client(who) as client:
        answer = client.post(route, json=body, headers={"x-request-id": f"{route}.{who}"})
    assert answer.headers["x-request-id"] == f"{route}.{who}"
    assert ("www-authenticate" in answer.headers) is (answer.status_code == 401)
    (error,) = answer.json().values()
    assert all(error.pop(name) for name in ("why", "fix"))
    message = error.pop("message")
    assert answer.status_code == error["status"]
    return Refusal(**error), message


def recorded(records: list[Record], who: str, route: str) -> dict[str, Any]:
    """What the log holds of a refused request, by the fields of a record and its arguments."""
    asked = f"{route}.{who}"
    (record,) = (one for one in records if argument(one, "request_id") == asked)
    assert argument(record, "route") == f"{BASE}/{route}"
    named = {one["name"]: one["value"] for one in record["arguments"]}
    assert named.pop("latency_ms").isdecimal()
    kept = {name: record[name] for name in ("actor", "verb", "outcome", "error", "reason")}
    return {**named, **kept}


def test_a_key_that_is_not_failed_is_refused_with_its_reason_and_its_runs(
    restate: RestateLab, tmp_path: Path
) -> None:
    office, waiting, succeeded = Office(tmp_path), restate.waiting(), restate.succeeded()

    with Served(office, restate.server) as served:
        told = [
            refused(served, who, RECOVER, key_of(run))
            for who, run in (("ada", waiting), ("bo", succeeded))
        ]

    assert [one for one, _ in told] == [
        blocked("active", waiting.invocation_id),
        blocked("succeeded", succeeded.invocation_id),
    ]
    records = office.records()
    for (_, message), who, run in zip(told, ("ada", "bo"), (waiting, succeeded), strict=True):
        assert recorded(records, who, RECOVER) == {
            "service_name": run.service_name,
            "service_key": run.service_key,
            "with_children": "no",
            "force_purge": "no",
            **on_record(who, RECOVER, "recover", "workflow_retry_blocked", message),
        }
    assert restate.row(waiting)["status"] == "suspended"
    assert restate.row(succeeded)["completion_result"] == "success"
    restate.release(waiting)


def test_a_url_that_is_not_registered_is_not_found_and_nothing_is_removed(
    restate: RestateLab, tmp_path: Path
) -> None:
    office, before = Office(tmp_path), restate.deployments()

    with Served(office, restate.server) as served:
        told, message = refused(served, "ada", CLEANUP, {"serviceUrl": FAR})

    assert told == Refusal(404, "deployment_not_found", "domain", {"name": FAR})
    assert FAR in message
    assert restate.deployments() == before
    records = office.records()
    assert recorded(records, "ada", CLEANUP) == {
        "service_url": FAR,
        "force_drain": "no",
        "wait": "0s",
        **on_record("ada", CLEANUP, "cleanup", "deployment_not_found", message),
    }


def test_who_lacks_the_permission_or_is_not_known_is_told_so_and_nothing_is_done(
    restate: RestateLab, tmp_path: Path
) -> None:
    office, run = Office(tmp_path), restate.failed()

    with Served(office, restate.server) as served:
        reader, lacks = refused(served, "rosa", RECOVER, key_of(run))
        nobody, unknown = refused(served, None, RECOVER, key_of(run))

    assert reader == Refusal(
        403, "operate_permission_missing", "permission", {"permission": "system:operate"}
    )
    assert nobody == Refusal(401, "not_authenticated", "auth")
    records = office.records()
    assert recorded(records, "rosa", RECOVER) == {
        "service_name": run.service_name,
        "service_key": run.service_key,
        **on_record("rosa", RECOVER, "recover", "operate_permission_missing", lacks),
    }
    assert recorded(records, "None", RECOVER) == {
        "peer": "127.0.0.1",
        "attempts": "1",
        **on_record("nobody", RECOVER, "recover", "not_authenticated", unknown),
        "request_id": f"{RECOVER}.None",
    }
    assert restate.row(run)["completion_result"] == "failure"


# What is sent, and what is said about it: the route, its verb, a body, the error, field, problem.
UNUSABLE = (
    (
        RECOVER,
        "recover",
        {"serviceName": "a/b", "serviceKey": "o-1"},
        "invalid_workflow_key",
        "serviceName",
        "only letters, digits, hyphens and _ are allowed",
    ),
    (
        REDEPLOY,
        "redeploy",
        {"serviceUrl": "nowhere"},
        "invalid_service_url",
        "serviceUrl",
        "it does not start with http:// or https://",
    ),
    (
        CLEANUP,
        "cleanup",
        {"serviceUrl": FAR, "forceDrain": "yes"},
        "invalid_request",
        "body",
        "forceDrain: true or false is expected, this is text",
    ),
    (
        "doctor",
        "doctor",
        {"deep": True},
        "invalid_request",
        "body",
        "deep is not a known key (known: reason)",
    ),
)


def test_a_body_that_cannot_be_used_is_refused_by_the_name_of_its_field(
    restate: RestateLab, tmp_path: Path
) -> None:
    office = Office(tmp_path)

    with Served(office, restate.server) as served:
        told = [refused(served, "ada", route, body) for route, _, body, *_ in UNUSABLE]

    records = office.records()
    for (route, verb, _, error, field, problem), (refusal, message) in zip(
        UNUSABLE, told, strict=True
    ):
        details = {"argument": field, "problem": problem}
        assert refusal == Refusal(422, error, "client", details)
        assert message == f"{field} is not usable: {problem}."
        expected = on_record("ada", route, verb, error, message)
        assert recorded(records, "ada", route) == {"attempts": "1", **expected}


def test_what_others_serve_is_not_removed_and_an_engine_that_dies_is_unreachable(
    fresh_restate: RestateLab, tmp_path: Path
) -> None:
    lab, office = fresh_restate, Office(tmp_path)
    other, run = lab.deploy("Mailer"), lab.failed()
    keep = {"serviceUrl": lab.main.url}

    with Served(office, lab.server) as served:
        in_use, message = refused(served, "ada", CLEANUP, keep)
        assert lab.deployments() == {lab.main.id, other.id}
        url = lab.server.admin_url
        lab.server.stop()
        with served.client("bo") as client:
            report = client.post("doctor", json={}).json()
        asked = {CLEANUP: keep, REDEPLOY: keep, RECOVER: key_of(run)}
        told = {route: refused(served, "bo", route, body) for route, body in asked.items()}

    details = {"deploymentIds": [other.id], "services": ["Mailer"]}
    assert in_use == Refusal(409, "deployment_in_use", "domain", details)
    records = office.records()
    kept = {"service_url": lab.main.url, "force_drain": "no", "wait": "0s"}
    expected = on_record("ada", CLEANUP, "cleanup", "deployment_in_use", message)
    assert recorded(records, "ada", CLEANUP) == {**kept, **expected}
    assert {part["status"] for part in report.values()} == {"unreachable"}
    for route, verb in ((CLEANUP, "cleanup"), (REDEPLOY, "redeploy"), (RECOVER, "recover")):
        check_unreachable(records, told[route], route, verb)
        assert told[route][0].details == {"where": url, "problem": "There is no such socket"}
    assert {one["outcome"] for one in records} == {
        "deployment_in_use",
        "workflow_engine_unreachable",
        "error",
    }


@attrs.frozen
class DeadEnd:
    """An engine that was never there."""

    admin_url: str = NOWHERE
    ingress_url: str = NOWHERE


def test_a_server_of_an_engine_that_is_not_there_answers_and_says_so(tmp_path: Path) -> None:
    office = Office(tmp_path)

    with Served(office, DeadEnd()) as served:
        with served.client("bo") as client:
            report = client.post("doctor", json={})
        told = refused(served, "bo", RECOVER, {"serviceName": "Order", "serviceKey": "o-1"})

    assert report.status_code == httpx.codes.OK
    assert {part["status"] for part in report.json().values()} == {"unreachable"}
    check_unreachable(office.records(), told, RECOVER, "recover")
    problem = "Nothing listens there (connection refused)"
    assert told[0].details == {"where": NOWHERE, "problem": problem}


def check_unreachable(
    records: list[Record], told: tuple[Refusal, str], route: str, verb: str
) -> None:
    refusal, message = told
    error = "workflow_engine_unreachable"
    assert refusal == Refusal(503, error, "dependency", refusal.details, retryable=True)
    assert message == f"No answer from {refusal.details['where']}."
    on = on_record("bo", route, verb, error, message)
    assert recorded(records, "bo", route).items() >= on.items()


def blocked(reason: str, invocation_id: str) -> Refusal:
    one = {"reason": reason, "invocationIds": [invocation_id]}
    return Refusal(409, "workflow_retry_blocked", "domain", {**one, "blocked": [one]})


def on_record(who: str, route: str, verb: str, outcome: str, error: str) -> dict[str, Any]:
    """What is on record of every refusal."""
    return {
        "route": f"{BASE}/{route}",
        "request_id": f"{route}.{who}",
        "actor": who,
        "verb": verb,
        "outcome": outcome,
        "error": error,
        "reason": None,
    }
