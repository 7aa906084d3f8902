"""
A client that knows only the pages of the operator API, against `wfadmin serve` on a real Restate.

Nothing of ours is used to ask or to read: the paths, bodies and samples are those of the pages.
"""

import re
import statistics
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import httpx
import pytest

from tests.engines.restate_lab import RestateLab, Run
from tests.engines.served import Office, Served, argument

pytestmark = pytest.mark.engine

PREFIXES = ("/api/v2/admin/operator/workflow-engine", "/api/v2/admin/operator/restate")
DOCTOR: dict[str, Any] = {
    "ingress": {"status": "ok", "latencyMs": 12},
    "admin": {"status": "ok", "latencyMs": 9, "version": "1.4.0"},
    "deployments": {
        "status": "ok",
        "items": [
            {
                "id": "dp_01j8m7k2q3r4s5t6u7v8w9x0y1",
                "serviceUrl": "https://workflow-service.example.com",
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
# The words of the page: "Each item includes".
FAILURE_FIELDS = {"id", "serviceName", "serviceKey", "failedAt", "errorMessage"}
REDEPLOYED = {"acknowledged": True, "deploymentId": "dp_01j8m7k2q3r4s5t6u7v8w9x0y1"}
ACKNOWLEDGED = {"acknowledged": True}
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z")


class Client:
    """Written from the pages: a URL, a key, and the four routes."""

    def __init__(self, url: str, key: str, prefix: str) -> None:
        self._http = httpx.Client(
            base_url=f"{url}{prefix}/", headers={"X-Api-Key": key}, timeout=30, trust_env=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def post(self, route: str, body: Mapping[str, object]) -> Any:  # noqa: ANN401 - it is JSON
        answer = self._http.post(route, json=body)
        assert answer.headers["content-type"] == "application/json"
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer.json()

    def failed_keys(self) -> set[str]:
        failures = self.post("doctor", {})["invocations"]["recentFailures"]
        return {one["serviceKey"] for one in failures}


def shape(document: object) -> object:
    """Names and JSON types; lists are as long as they are, and their items all of one shape."""
    if isinstance(document, dict):
        return {name: shape(value) for name, value in document.items()}
    if isinstance(document, list):
        shapes = [shape(one) for one in document]
        return shapes[:1] if all(one == shapes[0] for one in shapes) else shapes
    return type(document).__name__


@pytest.mark.parametrize("prefix", PREFIXES)
def test_doctor_answers_as_the_sample_does(
    restate: RestateLab, tmp_path: Path, prefix: str
) -> None:
    failed, waiting = restate.failed(message="payment was refused"), restate.waiting()
    office = Office(tmp_path)

    with (
        Served(office, restate.server) as served,
        Client(served.url, office.keys["rosa"], prefix) as client,
    ):
        report = client.post("doctor", {})

    invocations = report["invocations"]
    counts, failures = invocations.pop("byStatus"), invocations.pop("recentFailures")
    sample = {**DOCTOR["invocations"]}
    del sample["byStatus"], sample["recentFailures"]
    assert shape(report) == shape({**DOCTOR, "invocations": sample})
    statuses = {name: part["status"] for name, part in report.items()}
    assert statuses == dict.fromkeys(DOCTOR, "ok")
    assert report["admin"]["version"] == restate.server.version
    items = {one["id"]: one for one in report["deployments"]["items"]}
    assert items[restate.main.id]["serviceUrl"].rstrip("/") == restate.main.url
    assert all(MOMENT.fullmatch(one["createdAt"]) for one in items.values())
    assert {one["name"] for one in report["services"]["items"]} >= {"Order", "Cart"}
    assert {type(one) for one in counts.values()} == {int}
    assert counts["suspended"] >= 1
    assert counts["completed"] >= 1
    ours = next(one for one in failures if one["serviceKey"] == failed.service_key)
    assert set(ours) == FAILURE_FIELDS
    assert len(failures) <= 20
    assert MOMENT.fullmatch(ours.pop("failedAt"))
    assert ours == {
        "id": failed.invocation_id,
        "serviceName": failed.service_name,
        "serviceKey": failed.service_key,
        "errorMessage": ours["errorMessage"],
    }
    assert "payment was refused" in ours["errorMessage"]
    restate.release(waiting)


def test_the_recovery_order_mends_what_doctor_showed_on_both_paths(
    fresh_restate: RestateLab, tmp_path: Path
) -> None:
    lab, office = fresh_restate, Office(tmp_path)

    with Served(office, lab.server) as served:
        for prefix in PREFIXES:
            with Client(served.url, office.keys["ada"], prefix) as client:
                mend(lab, client)

    writes = [one for one in office.records() if one["outcome"] == "confirmed"]
    told = [(one["verb"], one["actor"], argument(one, "route")) for one in writes]
    assert told == [
        (verb, "ada", f"{prefix}/{route}")
        for prefix in PREFIXES
        for verb, route in (
            ("redeploy", "force-redeploy"),
            ("cleanup", "cleanup-stale-deployments"),
            ("recover", "recover-stuck-workflow"),
        )
    ]


def mend(lab: RestateLab, client: Client) -> None:
    """Redeploy, clean up and recover, each seen by a doctor."""
    stale, _ = lab.drained_deployment()
    failed = lab.failed()
    key = {"serviceName": failed.service_name, "serviceKey": failed.service_key}
    deployments = client.post("doctor", {})["deployments"]["items"]
    urls = {one["id"]: one["serviceUrl"] for one in deployments}
    assert set(urls) == {stale.id, lab.main.id}
    # "Use the URL returned by doctor".
    url = urls[lab.main.id]

    redeployed = client.post("force-redeploy", {"serviceUrl": url, "force": True})
    assert shape(redeployed) == shape(REDEPLOYED)
    assert redeployed["deploymentId"] == lab.main.id

    cleanup = {"serviceUrl": url, "forceDrain": False}
    assert client.post("cleanup-stale-deployments", cleanup) == ACKNOWLEDGED
    left = client.post("doctor", {})["deployments"]["items"]
    assert [one["id"] for one in left] == [lab.main.id]

    assert failed.service_key in client.failed_keys()
    assert client.post("recover-stuck-workflow", key) == ACKNOWLEDGED
    assert failed.service_key not in client.failed_keys()
    assert submitted_again(lab, failed)


def submitted_again(lab: RestateLab, run: Run) -> bool:
    """Say whether the key can be used once more: the new run bears the id of the old one."""
    assert lab.rows(run.service_name, run.service_key) == []
    return lab.succeeded(run.service_key).invocation_id == run.invocation_id


def test_no_answer_waits_for_the_acknowledgement_of_another(
    restate: RestateLab, tmp_path: Path
) -> None:
    office = Office(tmp_path)
    took = []

    with Served(office, restate.server) as served, served.client("rosa") as client:
        for _ in range(21):
            started = time.perf_counter()
            assert client.get(f"{served.url}/healthz").json() == {"status": "ok"}
            took.append(time.perf_counter() - started)

    # Without TCP_NODELAY the second packet of an answer waits for 40 ms; it all takes 1 ms.
    assert statistics.median(took) < 0.03


def test_an_idle_server_stops_when_it_is_asked_to(restate: RestateLab, tmp_path: Path) -> None:
    office = Office(tmp_path)

    with Served(office, restate.server) as served, served.client("rosa") as client:
        assert client.post("doctor", json={}).status_code == httpx.codes.OK
        served.terminate()
        code = served.exit_code()

    assert code == 0
    assert office.is_whole()
