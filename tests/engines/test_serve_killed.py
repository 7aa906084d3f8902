"""What is left when `wfadmin serve` ends in the middle of a repair, and how it is mended."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.engines.restate_lab import RestateLab, Run
from tests.engines.served import Office, Proxy, Record, Served, argument
from tests.engines.waiting import wait_until

pytestmark = pytest.mark.engine

RECOVER = "recover-stuck-workflow"
IN_FULL = {"prefer": "return=representation"}


def key_of(run: Run) -> dict[str, object]:
    return {"serviceName": run.service_name, "serviceKey": run.service_key}


@contextmanager
def recovering(served: Served, run: Run) -> Iterator["Future[httpx.Response]"]:
    """Have a caller who waits for a recover meanwhile."""
    with served.client("ada") as client, ThreadPoolExecutor(1) as pool:
        headers = {"x-request-id": "held-1"}
        yield pool.submit(client.post, RECOVER, json=key_of(run), headers=headers)


def killed_while_holding(proxy: Proxy, office: Office, run: Run) -> Record:
    """Kill a server whose purge is held; give the intent, which is all that is on record."""
    with Served(office, proxy) as served, recovering(served, run) as asked:
        proxy.until_held(served.said)
        served.kill()
        with pytest.raises(httpx.TransportError):
            asked.result()
    proxy.drop()
    assert office.is_whole()
    (intent,) = office.records()
    return intent


def findings(served: Served) -> list[dict[str, Any]]:
    with served.client("rosa") as client:
        answer = client.post("doctor", json={}, headers=IN_FULL)
    assert answer.headers["preference-applied"] == "return=representation"
    found: list[dict[str, Any]] = answer.json()["findings"]
    return found


def open_intents(served: Served) -> list[str]:
    """The ids that doctor names in its findings about open writes."""
    codes = (one for one in findings(served) if one["code"] == "open_intent")
    return [one["samples"][0]["id"] for one in codes]


def is_gone(restate: RestateLab, run: Run) -> bool:
    return restate.rows(run.service_name, run.service_key) == []


def test_a_write_that_never_left_is_found_and_the_next_recover_does_it(
    restate: RestateLab, tmp_path: Path
) -> None:
    run, office = restate.failed(), Office(tmp_path)

    with Proxy(restate.server) as proxy:
        proxy.hold_request("/purge")
        intent = killed_while_holding(proxy, office, run)
        assert [one for one in proxy.requests if one.endswith("/purge")] == []
        assert restate.row(run)["completion_result"] == "failure"

        with Served(office, proxy, is_later=True) as later:
            assert open_intents(later) == [intent["id"]]
            with later.client("bo") as client:
                done = client.post(RECOVER, json=key_of(run), headers=IN_FULL).json()
            assert open_intents(later) == []

    assert (intent["actor"], intent["verb"], intent["outcome"]) == ("ada", "recover", None)
    assert argument(intent, "request_id") == "held-1"
    assert (done["acknowledged"], done["purged"]) == (True, [run.invocation_id])
    assert is_gone(restate, run)
    assert ended_as(office, "bo") == [None, "confirmed"]
    assert restate.succeeded(run.service_key).invocation_id == run.invocation_id


def test_a_write_whose_answer_never_came_is_found_and_the_next_recover_sees_it_done(
    restate: RestateLab, tmp_path: Path
) -> None:
    run, office = restate.failed(), Office(tmp_path)

    with Proxy(restate.server) as proxy:
        proxy.hold_answer("/purge")
        intent = killed_while_holding(proxy, office, run)
        wait_until(lambda: is_gone(restate, run), what="the engine has purged the run")

        with Served(office, proxy, is_later=True) as later:
            assert open_intents(later) == [intent["id"]]
            with later.client("bo") as client:
                done = client.post(RECOVER, json=key_of(run), headers=IN_FULL).json()
            assert open_intents(later) == []
        purges = [one for one in proxy.requests if one.endswith("/purge")]

    assert purges == [f"PATCH /invocations/{run.invocation_id}/purge"]
    assert (done["acknowledged"], done["matched"], done["purged"]) == (True, 0, [])
    assert ended_as(office, "bo") == ["no_change"]
    assert restate.succeeded(run.service_key).invocation_id == run.invocation_id


def test_an_open_write_is_closed_by_who_looked_at_it_as_doctor_says(
    restate: RestateLab, tmp_path: Path
) -> None:
    run, office = restate.failed(), Office(tmp_path)

    with Proxy(restate.server) as proxy:
        proxy.hold_answer("/purge")
        intent = killed_while_holding(proxy, office, run)
        wait_until(lambda: is_gone(restate, run), what="the engine has purged the run")

        with Served(office, proxy, is_later=True) as later:
            (found,) = (one for one in findings(later) if one["code"] == "open_intent")
            with later.client("rosa") as client:
                looked = client.post("inspect", json=key_of(run)).json()
            closed = office.close(intent["id"], "the run is gone")
            assert open_intents(later) == []

    told = f"wfadmin audit close --reason TEXT -- {intent['id']}"
    assert [told in one for one in found["advice"]] == [True]
    assert f"recover of {run.service_name}/{run.service_key}" in found["message"]
    assert looked["runs"] == []
    assert (closed["outcome"], closed["id"]) == ("closed", intent["id"])


def test_a_write_that_may_still_be_under_way_is_not_reported_yet(
    restate: RestateLab, tmp_path: Path
) -> None:
    run, office = restate.failed(), Office(tmp_path)

    with Proxy(restate.server) as proxy:
        proxy.hold_request("/purge")
        killed_while_holding(proxy, office, run)
        with Served(office, proxy) as at_once:
            assert open_intents(at_once) == []


def test_a_server_that_is_asked_to_stop_ends_what_it_has_begun(
    restate: RestateLab, tmp_path: Path
) -> None:
    run, office = restate.failed(), Office(tmp_path)

    with Proxy(restate.server) as proxy, Served(office, proxy) as served:
        proxy.hold_answer("/purge")
        with recovering(served, run) as asked:
            proxy.until_held(served.said)
            served.terminate()
            stopping = served.event("serve.stopping")
            wait_until(lambda: not served.is_open(), what="it takes no more", explain=served.said)
            assert served.is_running()
            proxy.release()
            done, code = asked.result(), served.exit_code()

    assert (done.status_code, done.json()) == (200, {"acknowledged": True})
    assert (stopping["in_hand"], served.event("serve.stopped")["unfinished"], code) == (1, 0, 0)
    assert ended_as(office, "ada") == [None, "confirmed"]
    assert office.is_whole()
    assert is_gone(restate, run)


def test_a_write_that_is_cut_off_by_a_second_signal_is_on_record_as_unknown(
    restate: RestateLab, tmp_path: Path
) -> None:
    run, office = restate.failed(), Office(tmp_path)

    with Proxy(restate.server) as proxy:
        proxy.hold_answer("/purge")
        with Served(office, proxy) as served, recovering(served, run) as asked:
            proxy.until_held(served.said)
            served.terminate()
            served.event("serve.stopping")
            served.terminate()
            code = served.exit_code()
            with pytest.raises(httpx.TransportError):
                asked.result()
        proxy.drop()

        # No grace here: this one is known not to be under way any more.
        with Served(office, proxy) as again:
            opened = open_intents(again)
            with again.client("bo") as client:
                assert client.post(RECOVER, json=key_of(run)).json() == {"acknowledged": True}
            assert open_intents(again) == []

    assert (code, served.event("serve.stopped")["unfinished"]) == (7, 1)
    assert ended_as(office, "ada") == [None, "unknown"]
    assert opened == [office.records("--actor", "ada")[0]["id"]]
    assert ended_as(office, "bo") == ["no_change"]


def ended_as(office: Office, actor: str) -> list[str | None]:
    """How the recovers of somebody stand in the log, oldest first; None is an intent."""
    return [one["outcome"] for one in office.records("--actor", actor, "--verb", "recover")]
