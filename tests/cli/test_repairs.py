"""The verbs that write, from what was typed to what is printed, sent, and the exit code."""

import json
import os
import re
import signal
from pathlib import Path

import anyio
import pytest

from tests.cli.conftest import document
from tests.cli.lab import LAB, Lab, install
from tests.cli.samples import assert_like_text
from wfadmin.adapters.memory import Point, World
from wfadmin.cli import main
from wfadmin.domain.components import Component
from wfadmin.domain.errors import EngineUnreachable

KEY = ("--", "Order", "o-1")
URL = "http://orders-v2:9080"


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Lab:
    """An engine with two deployments, the older one drained, and a failed run of Order o-1."""
    lab = install(monkeypatch, World())
    lab.world.deployment("http://orders-v1:9080", serves=("Order",))
    lab.world.deployment(URL, serves=("Order",))
    lab.world.workflow("Order").key("o-1").state({"password": b"hunter2"}).failed("boom")
    return lab


def writes(lab: Lab) -> list[str]:
    """Watch `lab`: the writes that reach the engine from now on."""
    seen: list[str] = []

    async def look(point: Point) -> None:
        if point.is_write:
            seen.append(point.value)

    lab.hook(look)
    return seen


def run_of(lab: Lab) -> str:
    return lab.world.store.runs[0].id


# --- what each verb does -------------------------------------------------------------------------


def test_a_failed_key_is_recovered(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    name = run_of(lab)
    assert main(["recover", *LAB, "--yes", "-o", "json", *KEY]) == 0
    found = document(capsys)
    evidence = Path(found.pop("evidence"))
    assert found == {
        "acknowledged": True,
        "effect": "confirmed",
        "matched": 1,
        "killed": [],
        "purged": [name],
        "state": "cleared",
        "confirmed": True,
        "warnings": found["warnings"],
    }
    assert "boom" in evidence.read_text()
    assert evidence.parent == Path.home() / ".local/state/wfadmin/evidence"
    assert evidence.stat().st_mode & 0o777 == 0o600


def test_a_key_that_is_recovered_twice_is_acknowledged_twice(
    lab: Lab,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert lab.closed == 0
    main(["recover", *LAB, "--yes", *KEY])
    capsys.readouterr()
    assert main(["recover", *LAB, "--yes", "-o", "json", *KEY]) == 0
    found = document(capsys)
    assert (found["acknowledged"], found["matched"], found["purged"]) == (True, 0, [])


def test_the_evidence_goes_where_it_is_told_to(
    lab: Lab,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    folder = tmp_path / "kept"
    assert main(["recover", *LAB, "--yes", "--evidence", str(folder), *KEY]) == 0
    out = capsys.readouterr().out
    assert f"  evidence: {folder}/" in out
    assert f"  purged: {run_of(lab) if lab.world.store.runs else 'inv_'}" in out
    assert "  state: the stored data was cleared" in out
    assert "hunter2" not in out


def test_a_running_key_is_refused_and_nothing_is_sent(
    lab: Lab,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lab.world.workflow("Order").key("o-2").running()
    sent = writes(lab)
    assert main(["recover", *LAB, "--yes", "-o", "json", "--", "Order", "o-2"]) == 4
    error = document(capsys)["error"]
    assert (error["id"], error["details"]["reason"]) == ("workflow_retry_blocked", "active")
    assert sent == []


def test_a_service_that_nobody_knows_exits_5(capsys: pytest.CaptureFixture[str], lab: Lab) -> None:
    assert main(["recover", *LAB, "--yes", "--", "Odrer", "o-1"]) == 5
    assert capsys.readouterr().out == ""
    assert lab.closed == 1


def test_a_paused_run_is_recovered_where_a_rule_says_so(
    lab: Lab,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lab.world.workflow("Order").key("o-2").paused()
    words = ("--yes", "-o", "json", "--", "Order", "o-2")
    assert main(["recover", *LAB, *words]) == 4
    capsys.readouterr()
    rules = ("--stuck", "paused", "--stuck=backing_off:attempts=5", "--with-children")
    assert main(["recover", *LAB, *rules, *words]) == 0
    found = document(capsys)
    assert found["killed"] == found["purged"] != []


def test_a_cleanup_removes_what_is_drained(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cleanup", *LAB, "--yes", "-o", "json", "--wait", "30s", "--", URL]) == 0
    found = document(capsys)
    assert list(found) == [
        "acknowledged",
        "effect",
        "kept",
        "removed",
        "held",
        "orphaned",
        "orphanedCount",
        "confirmed",
        "warnings",
    ]
    assert (found["removed"], found["held"]) == (["dp_1"], [])
    assert lab.closed == 1


def test_a_deployment_that_is_held_exits_6(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    old = lab.world.engine.store.registry.find("dp_1")
    lab.world.workflow("Order").key("o-9").suspended(on=old)
    assert main(["cleanup", *LAB, "--yes", "--", URL]) == 6
    assert "  held: dp_1: " in capsys.readouterr().out
    assert main(["cleanup", *LAB, "--yes", "--force-drain", "--", URL]) == 0
    assert "  orphaned: 1 invocations" in capsys.readouterr().out


def test_more_urls_are_kept(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    kept = "--also-keep=http://orders-v1:9080"
    assert main(["cleanup", *LAB, "--yes", kept, "-o", "json", "--", URL]) == 0
    assert sorted(document(capsys)["kept"]) == ["dp_1", "dp_2"]
    assert lab.closed == 1


def test_a_url_is_registered_again(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["redeploy", *LAB, "--yes", "-o", "json", "--", URL]) == 0
    assert document(capsys) == {
        "acknowledged": True,
        "effect": "confirmed",
        "deploymentId": "dp_2",
        "services": [{"name": "Order", "revision": 3}],
        "confirmed": True,
        "warnings": [],
    }
    assert lab.closed == 1


def test_without_force_a_known_url_stays(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    sent = writes(lab)
    assert main(["redeploy", *LAB, "--yes", "--no-force", "--", URL]) == 0
    assert "NOTHING TO DO" in capsys.readouterr().out
    assert sent == []


def test_an_older_url_that_is_not_routed_to_exits_6(
    lab: Lab,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ("--yes", "--no-force", "--register-timeout", "3", "--", "http://orders-v1:9080")
    assert main(["redeploy", *LAB, *words]) == 6
    assert "Note: Not routed to it: Order. Register it with force." in capsys.readouterr().out
    assert lab.closed == 1


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "3601"])
def test_a_register_timeout_is_a_number_of_seconds(
    capsys: pytest.CaptureFixture[str],
    seconds: str,
) -> None:
    assert main(["redeploy", *LAB, "--yes", f"--register-timeout={seconds}", "--", URL]) == 2
    assert "--register-timeout is not usable" in capsys.readouterr().err


def test_a_dead_url_exits_8(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab.world.stop(URL)
    assert main(["redeploy", *LAB, "--yes", "--", URL]) == 8
    assert capsys.readouterr().out == ""


def test_a_run_is_paused_resumed_and_cancelled(
    lab: Lab,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = lab.world.workflow("Order").key("o-3").backing_off(attempts=3, failure="boom").now
    assert run is not None
    words = (*LAB, "--yes", "-o", "json", f"--id={run.id}", "--", "Order", "o-3")
    assert main(["runs", "pause", *words]) == 0
    assert document(capsys) == {
        "acknowledged": True,
        "invocationId": run.id,
        "status": "paused",
        "effect": "confirmed",
        "confirmed": True,
        "warnings": [],
    }
    assert main(["runs", "resume", *words]) == 0
    assert document(capsys)["effect"] == "confirmed"
    assert main(["runs", "resume", "--deployment", "dp_2", *words]) in {0, 4}
    capsys.readouterr()

    async def get_on(point: Point) -> None:
        if point in {Point.GET, Point.FOR_KEY}:
            lab.world.store.progress(run.id)

    lab.hook(get_on)
    assert main(["runs", "cancel", *words]) == 0
    assert document(capsys)["status"] == "completed"


# --- plans ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ("recover", *LAB, "--dry-run", *KEY),
        ("cleanup", *LAB, "--dry-run", "--", URL),
        ("runs", "cancel", *LAB, "--dry-run", *KEY),
        ("runs", "resume", *LAB, "--dry-run", *KEY),
        ("recover", *LAB, "--dry-run", "--", "Order", "other"),
    ],
)
def test_a_dry_run_sends_nothing(
    lab: Lab,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
) -> None:
    lab.world.workflow("Order").key("o-1")
    sent = writes(lab)
    assert main(words) in {0, 4}
    capsys.readouterr()
    assert sent == []


def test_a_plan_is_shown(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recover", *LAB, "--dry-run", *KEY]) == 0
    out = capsys.readouterr().out
    assert f"  1. purge {run_of(lab)}" in out
    assert "PLAN: recover at memory" in out


def saved(capsys: pytest.CaptureFixture[str], *words: str) -> Path:
    path = Path("plan.json").absolute()
    assert main(["recover", *LAB, "--plan-out", str(path), *words, *KEY]) == 0
    capsys.readouterr()
    return path


def test_a_saved_plan_is_applied(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    path = saved(capsys)
    assert path.stat().st_mode & 0o777 == 0o600
    assert run_of(lab)
    digest = json.loads(path.read_text())["digest"]
    assert main(["apply", *LAB, "--yes", "--digest", digest.upper(), str(path)]) == 0
    assert "CONFIRMED" in capsys.readouterr().out


def test_a_saved_plan_names_the_line_that_applies_it(
    lab: Lab,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["recover", *LAB, "--plan-out", "plan.json", *KEY]) == 0
    digest = json.loads(Path("plan.json").read_text())["digest"]
    assert f"wfadmin apply --digest {digest} -- plan.json" in capsys.readouterr().out
    assert lab.closed == 1


def test_another_digest_is_refused(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    path = saved(capsys)
    sent = writes(lab)
    assert main(["apply", *LAB, "--yes", "--digest", "0" * 64, str(path)]) == 2
    assert "its digest is not the one that was approved" in capsys.readouterr().err
    assert sent == []


def test_a_plan_of_a_world_that_moved_is_stale(
    lab: Lab,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = saved(capsys)
    lab.world.store.purge(run_of(lab))
    lab.world.workflow("Order").key("o-1").failed("again")
    sent = writes(lab)
    assert main(["apply", *LAB, "--yes", "-o", "json", str(path)]) == 4
    assert document(capsys)["error"]["id"] == "stale_plan"
    assert sent == []


def test_a_saved_plan_can_be_looked_at_again(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    path = saved(capsys)
    assert main(["apply", *LAB, "--dry-run", "-o", "json", str(path)]) == 0
    again = document(capsys)
    assert again["items"] == json.loads(path.read_text())["items"]
    assert lab.closed == 2


def test_a_plan_never_overwrites_a_file(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    Path("target").write_text("kept")
    Path("plan.json").symlink_to("target")
    assert main(["recover", *LAB, "--plan-out", "plan.json", *KEY]) == 2
    assert "plan.json: File exists" in capsys.readouterr().err
    assert (Path("target").read_text(), lab.closed) == ("kept", 1)


# --- asking --------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["table", "json"])
def test_without_a_terminal_nothing_is_done_unless_yes_is_said(
    lab: Lab,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    form: str,
) -> None:
    monkeypatch.setenv("CI", "true")
    sent = writes(lab)
    assert main(["recover", *LAB, "-o", form, *KEY]) == 2
    out, err = capsys.readouterr()
    told = json.loads(out)["error"]["message"] if form == "json" else err
    assert "Nobody can be asked here, so nothing was sent." in told
    assert (sent, lab.closed) == ([], 0)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--yes", "--dry-run"), "--yes is not usable"),
        (("--yes", "--plan-out", "x"), "--yes is not usable"),
        (("--yes", "--reason", "x" * 501), "--reason is not usable: it is longer than 500"),
        (("--yes", "--actor", " "), "--actor is not usable"),
        (("--yes", "--audit-log", "hunter2"), "--audit-log is not usable"),
        (("--yes", "--stuck", "hunter2"), "stuck rule is not usable"),
    ],
)
def test_options_that_do_not_fit_exit_2(
    lab: Lab,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    told: str,
) -> None:
    assert main(["recover", *LAB, *words, *KEY]) == 2
    err = capsys.readouterr().err
    assert told in err
    assert "hunter2" not in err
    assert lab.closed == 0


# --- what is on record ---------------------------------------------------------------------------


def test_a_write_that_is_stopped_before_its_first_step_was_not_sent(
    lab: Lab,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def interrupt(point: Point) -> None:
        if point is Point.FOR_KEY and os.path.exists("log"):  # noqa: ASYNC240, PTH110 - at once
            signal.raise_signal(signal.SIGINT)
            await anyio.sleep(20)

    lab.hook(interrupt)
    assert main(["recover", *LAB, "--yes", "--audit-log=jsonl:log", *KEY]) == 130
    assert "Nothing has to be repaired" in capsys.readouterr().err


def test_every_attempt_is_on_record(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--yes", "--actor", "ann", "--reason", "the pager said so", "--audit-log=jsonl:a/log")
    assert main(["recover", *LAB, *words, *KEY]) == 0
    capsys.readouterr()
    assert main(["audit", "list", "--audit-log", "jsonl:a/log", "-o", "json"]) == 0
    found = document(capsys)
    told = [(one["actor"], one["verb"], one["outcome"]) for one in found]
    assert told == [("ann", "recover", None), ("ann", "recover", "confirmed")]
    assert {one["reason"] for one in found} == {"the pager said so"}
    assert main(["audit", "list", "--audit-log", "jsonl:a/log", "--limit", "1"]) == 0
    assert "confirmed     ann  recover service_name=Order" in capsys.readouterr().out
    assert lab.closed == 1


def test_where_the_intent_cannot_be_stored_nothing_is_sent(
    lab: Lab,
    capsys: pytest.CaptureFixture[str],
) -> None:
    sent = writes(lab)
    assert main(["recover", *LAB, "--yes", "--audit-log", "jsonl:/dev/null", *KEY]) == 4
    assert "The audit log cannot be used" in capsys.readouterr().err
    assert sent == []


def test_where_the_evidence_cannot_be_stored_nothing_is_sent(
    lab: Lab,
    capsys: pytest.CaptureFixture[str],
) -> None:
    sent = writes(lab)
    assert main(["recover", *LAB, "--yes", "--evidence", "/dev/null", *KEY]) == 4
    assert "The evidence cannot be stored" in capsys.readouterr().err
    assert sent == []


def test_a_doctor_whose_log_cannot_be_used_answers_with_a_warning(
    lab: Lab,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["doctor", *LAB, "--audit-log", "jsonl:/dev/null"]) == 0
    assert "Note: The audit record was not stored" in capsys.readouterr().out
    assert lab.closed == 1


def test_a_doctor_without_any_state_folder_answers(
    lab: Lab,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nowhere() -> Path:
        raise RuntimeError

    monkeypatch.setattr(Path, "home", nowhere)
    assert main(["doctor", *LAB]) == 0
    assert main(["doctor", *LAB, "--audit-log", "nowhere"]) == 2
    assert main(["recover", *LAB, "--yes", *KEY]) == 2
    assert "XDG_STATE_HOME" in capsys.readouterr().err
    assert lab.closed == 1


@pytest.mark.parametrize("form", ["table", "json"])
def test_ctrl_c_after_a_send_exits_7_and_doctor_names_the_write(
    lab: Lab,
    capsys: pytest.CaptureFixture[str],
    form: str,
) -> None:
    async def interrupt(point: Point) -> None:
        if point is Point.PURGE:
            signal.raise_signal(signal.SIGINT)
            await anyio.sleep(20)

    lab.hook(interrupt)
    assert main(["recover", *LAB, "--yes", "-o", form, *KEY]) == 7
    out, err = capsys.readouterr()
    told = json.loads(out)["error"]["message"] if form == "json" else err
    assert "Whether recover of Order o-1 happened is not known." in told
    writes(lab)
    main(["doctor", *LAB, "-o", "json"])
    findings = document(capsys)["findings"]
    assert [one["samples"][0]["id"] for one in findings if one["code"] == "open_intent"]


def test_ctrl_c_before_a_send_exits_130(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    async def interrupt(point: Point) -> None:
        if point is Point.FOR_KEY:
            signal.raise_signal(signal.SIGINT)
            await anyio.sleep(20)

    lab.hook(interrupt)
    assert main(["recover", *LAB, "--yes", *KEY]) == 130
    assert "wfadmin: Interrupted." in capsys.readouterr().err


def test_an_open_write_is_closed(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    test_ctrl_c_after_a_send_exits_7_and_doctor_names_the_write(lab, capsys, "json")
    main(["audit", "list", "-o", "json"])
    name = next(r["id"] for r in document(capsys) if r["outcome"] == "unknown")
    assert main(["audit", "close", "--reason", "seen", "-o", "json", "--", name]) == 0
    record = document(capsys)["record"]
    assert (record["id"], record["outcome"], record["reason"]) == (name, "closed", "seen")
    assert main(["audit", "close", "--reason", "seen", "--", name]) == 2
    assert "has ended already" in capsys.readouterr().err
    main(["audit", "close", "--reason", "", "--actor", "ann", "--", name])
    assert "reason is not usable" in capsys.readouterr().err


def test_an_engine_that_is_down_exits_8_and_nothing_is_done(
    lab: Lab,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for component in Component:
        lab.world.break_component(component, EngineUnreachable("http://lab:9070", "refused"))
    assert main(["recover", *LAB, "--yes", *KEY]) == 8
    capsys.readouterr()
    main(["audit", "list", "-o", "json"])
    outcomes = [one["outcome"] for one in document(capsys)]
    assert outcomes == ["workflow_engine_unreachable"]


def test_the_boards_are_like_their_samples(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    assert lab.closed == 0
    main(["recover", *LAB, "--dry-run", *KEY])
    main(["cleanup", *LAB, "--dry-run", "--", URL])
    main(["redeploy", *LAB, "--dry-run", "--", URL])
    main(["redeploy", *LAB, "--yes", "--", URL])
    main(["cleanup", *LAB, "--yes", "--", URL])
    out = re.sub(r"Digest [0-9a-f]{64}, until .*", "Digest D, until T.", capsys.readouterr().out)
    assert_like_text("repairs.txt", out)
