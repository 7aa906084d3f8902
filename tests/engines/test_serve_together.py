"""Many who ask one `wfadmin serve` at the same time: nothing is lost, and nothing is done twice."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.engines.restate_lab import RestateLab, Run
from tests.engines.served import BASE, Office, Proxy, Record, Served, argument

pytestmark = pytest.mark.engine

RECOVER = "recover-stuck-workflow"
DOCTORS, RECOVERS, RIVALS = 64, 32, 8


def all_at_once(
    served: Served, key: str, route: str, bodies: Sequence[dict[str, str]]
) -> list[httpx.Response]:
    """Send one request for each body, every one on a connection of its own."""

    async def run() -> list[httpx.Response]:
        limits = httpx.Limits(max_connections=len(bodies))
        headers = {"x-api-key": key}
        async with httpx.AsyncClient(
            base_url=f"{served.url}{BASE}/",
            headers=headers,
            limits=limits,
            timeout=30,
            trust_env=False,
        ) as client:
            asked = (
                client.post(route, json=body, headers={"x-request-id": f"call-{number}"})
                for number, body in enumerate(bodies)
            )
            return await asyncio.gather(*asked)

    return asyncio.run(run())


def key_of(run: Run) -> dict[str, str]:
    return {"serviceName": run.service_name, "serviceKey": run.service_key}


def failed_runs(restate: RestateLab, count: int) -> list[Run]:
    """Let as many runs fail as are wanted, all of them at once."""
    started = [restate.start("Order", restate.new_key("many"), do="fail") for _ in range(count)]
    ended = {"status": "completed", "completion_result": "failure"}
    return [restate.until(run, **ended) for run in started]


def calls_of(records: Sequence[Record], wanted: Callable[[Record], bool]) -> list[str]:
    """The requests that records are of, in the order of their numbers."""
    ids = (str(argument(one, "request_id")) for one in records if wanted(one))
    return sorted(ids, key=lambda one: int(one.removeprefix("call-")))


def test_as_many_doctors_as_come_are_answered_and_each_is_on_record(
    restate: RestateLab, tmp_path: Path
) -> None:
    office = Office(tmp_path)

    with Served(office, restate.server) as served:
        answers = all_at_once(served, office.keys["rosa"], "doctor", [{}] * DOCTORS)

    records = office.records()
    assert [one.status_code for one in answers] == [200] * DOCTORS
    assert {one.json()["admin"]["status"] for one in answers} == {"ok"}
    assert calls_of(records, lambda _: True) == [f"call-{number}" for number in range(DOCTORS)]
    assert {(one["actor"], one["verb"]) for one in records} == {("rosa", "doctor")}
    assert office.is_whole()


def test_as_many_keys_as_are_recovered_at_once_are_all_free_again(
    restate: RestateLab, tmp_path: Path
) -> None:
    office, runs = Office(tmp_path), failed_runs(restate, RECOVERS)

    with Proxy(restate.server) as proxy, Served(office, proxy) as served:
        bodies = [key_of(run) for run in runs]
        answers = all_at_once(served, office.keys["ada"], RECOVER, bodies)

    records, calls = office.records(), [f"call-{number}" for number in range(RECOVERS)]
    assert [(one.status_code, one.json()) for one in answers] == [
        (200, {"acknowledged": True})
    ] * RECOVERS
    assert calls_of(records, lambda one: one["outcome"] is None) == calls
    assert calls_of(records, lambda one: one["outcome"] == "confirmed") == calls
    assert len(records) == 2 * RECOVERS
    assert purges(proxy) == {run.invocation_id: 1 for run in runs}
    again = [restate.start("Order", run.service_key, do="succeed") for run in runs]
    for run in again:
        restate.until(run, status="completed", completion_result="success")
    assert [run.invocation_id for run in again] == [run.invocation_id for run in runs]


def test_who_comes_while_a_key_is_recovered_is_told_that_somebody_works_on_it(
    restate: RestateLab, tmp_path: Path
) -> None:
    office, run = Office(tmp_path), restate.failed()

    with (
        Proxy(restate.server) as proxy,
        Served(office, proxy) as served,
        served.client("ada") as ada,
        served.client("bo") as bo,
        ThreadPoolExecutor(1) as pool,
    ):
        proxy.hold_request("/purge")
        first = pool.submit(ada.post, RECOVER, json=key_of(run))
        proxy.until_held(served.said)
        second = bo.post(RECOVER, json=key_of(run))
        proxy.release()
        done = first.result()
        third = bo.post(RECOVER, json=key_of(run), headers={"prefer": "return=representation"})

    error = second.json()["error"]
    assert (second.status_code, error["id"], error["retryable"]) == (409, "lease_held", True)
    assert (done.status_code, done.json()) == (200, {"acknowledged": True})
    assert (third.json()["matched"], third.json()["purged"]) == (0, [])
    assert purges(proxy) == {run.invocation_id: 1}
    assert [(one["actor"], one["outcome"]) for one in office.records()] == [
        ("ada", None),
        ("bo", "lease_held"),
        ("ada", "confirmed"),
        ("bo", "no_change"),
    ]


def test_of_rivals_for_one_key_only_one_acts(restate: RestateLab, tmp_path: Path) -> None:
    office, run = Office(tmp_path), restate.failed()

    with Proxy(restate.server) as proxy, Served(office, proxy) as served:
        bodies = [key_of(run)] * RIVALS
        answers = all_at_once(served, office.keys["ada"], RECOVER, bodies)

    # Who came late found nothing left; everybody else was told to wait.
    counts = Counter(one["outcome"] for one in office.records())
    acknowledged = [one for one in answers if one.status_code == 200]
    held = [one.json()["error"]["id"] for one in answers if one.status_code != 200]
    assert set(held) <= {"lease_held"}
    assert len(acknowledged) == 1 + counts["no_change"]
    assert counts["lease_held"] == len(held)
    assert (counts[None], counts["confirmed"], counts.total()) == (1, 1, RIVALS + 1)
    assert purges(proxy) == {run.invocation_id: 1}
    assert restate.succeeded(run.service_key).invocation_id == run.invocation_id


def purges(proxy: Proxy) -> dict[str, int]:
    """How often each run was purged, by what the engine got."""
    ends = [one.split("/") for one in proxy.requests if one.endswith("/purge")]
    return dict(Counter(invocation_id for _, _, invocation_id, _ in ends))
