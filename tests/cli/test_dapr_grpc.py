"""The command line on both APIs of a sidecar, over real sockets."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.dapr_model.stage import Stage
from tests.cli.conftest import document
from tests.cli.grpc_places import Fate, RealSidecar
from wfadmin.adapters.memory import KeyedService
from wfadmin.cli import main

KEY = ("--", "Order", "o-1")
IMPATIENT = ("--timeout", "0.5")
TOKEN = "right-token-51c7"  # noqa: S105 - what must not be shown


@pytest.fixture
def place() -> Iterator[RealSidecar]:
    """A sidecar with both APIs. What must never be asked of it has not been."""
    with RealSidecar() as place:
        yield place
    place.side.check()


def orders(place: RealSidecar) -> KeyedService:
    return place.sidecar.world.workflow("Order")


def with_child(place: RealSidecar) -> None:
    """A failed parent, o-1, whose child s-1 has succeeded."""
    child = place.sidecar.world.workflow("Shipment").key("s-1")
    orders(place).key("o-1").running().child(child).running()
    place.sidecar.world.store.succeed("s-1")
    place.sidecar.world.store.fail("o-1", "ValueError: boom")


def error_of(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The error that stands in the place of a document."""
    found: dict[str, Any] = json.loads(capsys.readouterr().out)["error"]
    return found


# --- looking -------------------------------------------------------------------------------------


def test_doctor_lists_the_invocations_and_what_it_finds(
    place: RealSidecar, capsys: pytest.CaptureFixture[str]
) -> None:
    orders(place).key("o-1").failed("ValueError: boom")
    orders(place).key("o-2").succeeded()
    orders(place).key("o-3").paused()
    orders(place).key("o-4").stalled()
    orders(place).key("o-5").scheduled()

    assert main(["doctor", *place.options, "-o", "json"]) == 3

    found = document(capsys)
    invocations = found["invocations"]
    assert invocations["status"] == "ok"
    words = ("COMPLETED", "FAILED", "PENDING", "STALLED", "SUSPENDED")
    assert invocations["byStatus"] == dict.fromkeys(words, 1)
    (failure,) = invocations["recentFailures"]
    assert (failure["id"], failure["serviceName"]) == ("o-1", "Order")
    assert failure["errorMessage"].startswith("ValueError: boom\n")
    codes = {one["code"] for one in found["findings"]}
    assert {"paused", "stalled", "failed_retained"} <= codes
    assert (found["deployments"]["status"], place.writes) == ("not_supported", [])


def test_doctor_of_a_sidecar_where_all_is_well(
    place: RealSidecar, capsys: pytest.CaptureFixture[str]
) -> None:
    orders(place).key("o-1").succeeded()

    assert main(["doctor", *place.options, "-o", "json"]) == 0
    found = document(capsys)
    assert (found["invocations"]["byStatus"], found["findings"]) == ({"COMPLETED": 1}, [])
    assert place.calls.count("ListInstanceIDs") == 1


def test_inspect_names_the_children_with_their_status(
    place: RealSidecar, capsys: pytest.CaptureFixture[str]
) -> None:
    with_child(place)

    assert main(["inspect", *place.options, *KEY]) == 0

    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    at = lines.index("CHILDREN that would go along")
    assert lines[at + 1].startswith("s-1  Shipment s-1  completed")
    assert f"wfadmin recover {' '.join(place.options)} --with-children -- Order o-1" in lines
    assert place.writes == []


def test_inspect_of_a_run_without_children_says_so(
    place: RealSidecar, capsys: pytest.CaptureFixture[str]
) -> None:
    orders(place).key("o-1").failed("ValueError: boom")

    assert main(["inspect", *place.options, *KEY]) == 0

    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert lines[lines.index("CHILDREN that would go along") + 1] == "none"
    assert f"wfadmin recover {' '.join(place.options)} -- Order o-1" in lines


# --- repairing -----------------------------------------------------------------------------------


def test_a_failed_run_without_children_needs_no_option(
    place: RealSidecar, capsys: pytest.CaptureFixture[str]
) -> None:
    orders(place).key("o-1").failed("ValueError: boom")

    assert main(["recover", *place.options, "--yes", "-o", "json", *KEY]) == 0

    found = document(capsys)
    assert (found["purged"], found["confirmed"]) == (["o-1"], True)
    assert place.writes == ["POST /v1.0/workflows/dapr/o-1/purge"]
    assert place.ids == []


def test_a_failed_parent_is_recovered_only_when_its_children_may_go_along(
    place: RealSidecar, capsys: pytest.CaptureFixture[str]
) -> None:
    with_child(place)

    assert main(["recover", *place.options, "--yes", "-o", "json", *KEY]) == 4
    details = error_of(capsys)["details"]
    assert (details["reason"], details["invocationIds"]) == ("has_children", ["s-1"])
    assert (place.writes, place.ids) == ([], ["o-1", "s-1"])

    assert main(["recover", *place.options, "--yes", "--with-children", "-o", "json", *KEY]) == 0
    assert document(capsys)["purged"] == ["o-1"]
    assert (place.writes, place.ids) == (["POST /v1.0/workflows/dapr/o-1/purge"], [])


def test_the_plan_names_the_children_that_go_along_with_their_status(
    place: RealSidecar, capsys: pytest.CaptureFixture[str]
) -> None:
    with_child(place)

    words = ["recover", *place.options, "--dry-run", "--with-children", "-o", "json", *KEY]
    assert main(words) == 0
    assert "A child goes along: s-1 of Shipment (succeeded)." in document(capsys)["warnings"]
    assert place.writes == []


def test_what_is_stalled_is_removed_by_force_and_by_nothing_less(
    place: RealSidecar, capsys: pytest.CaptureFixture[str]
) -> None:
    orders(place).key("o-1").stalled()
    stuck = ["recover", *place.options, "--yes", "--stuck", "stalled", "-o", "json"]

    assert main([*stuck, *KEY]) == 4
    assert error_of(capsys)["details"]["reason"] == "not_killable"
    assert place.writes == []

    assert main([*stuck, "--force-purge", *KEY]) == 0
    assert document(capsys)["purged"] == ["o-1"]
    assert (place.writes, place.ids) == (["PurgeInstances"], [])


def test_a_forced_purge_takes_the_children_along(
    place: RealSidecar, capsys: pytest.CaptureFixture[str]
) -> None:
    child = place.sidecar.world.workflow("Shipment").key("s-1")
    orders(place).key("o-1").stalled().child(child).running()
    words = ["recover", *place.options, "--yes", "--stuck", "stalled", "--force-purge"]

    assert main([*words, "-o", "json", *KEY]) == 4
    assert error_of(capsys)["details"]["reason"] == "has_children"
    assert main([*words, "--with-children", "-o", "json", *KEY]) == 0

    assert document(capsys)["purged"] == ["o-1"]
    assert (place.writes, place.ids) == (["PurgeInstances"], [])


def test_a_pause_and_a_resume_go_over_http_and_show_in_both(
    place: RealSidecar, capsys: pytest.CaptureFixture[str]
) -> None:
    orders(place).key("o-1").running()

    for verb, word in (("pause", "SUSPENDED"), ("resume", "RUNNING")):
        assert main(["runs", verb, *place.options, "--yes", "-o", "json", *KEY]) == 0
        assert document(capsys)["effect"] == "confirmed"
        main(["doctor", *place.options, "-o", "json"])
        assert document(capsys)["invocations"]["byStatus"] == {word: 1}
    assert [one.rpartition("/")[2] for one in place.writes] == ["pause", "resume"]


# --- what only the history tells -----------------------------------------------------------------


def test_after_a_kill_it_is_said_what_may_still_execute(
    place: RealSidecar, capsys: pytest.CaptureFixture[str]
) -> None:
    orders(place).key("o-1").paused()
    place.side.open_tasks["o-1"] = ["pay"]

    words = ["recover", *place.options, "--yes", "--stuck", "paused", "-o", "json", *KEY]
    assert main(words) == 0

    told = [one for one in document(capsys)["warnings"] if "pay" in one]
    assert told == ["Of o-1 this may still be under way: the activity pay."]
    assert [one.rpartition("/")[2] for one in place.writes] == ["terminate", "purge"]


def test_what_was_paused_twice_is_not_resumed(
    place: RealSidecar, capsys: pytest.CaptureFixture[str]
) -> None:
    Stage("o-1", place.sidecar).suspended().post("pause").settle()

    words = ["runs", "resume", *place.options, "--yes", "-o", "json", "--", "wait", "o-1"]
    assert main(words) == 4

    error = error_of(capsys)
    assert error["id"] == "command_not_allowed"
    assert error["why"].startswith("It was paused twice with no resume between")
    assert place.writes == []


# --- a gRPC side in trouble ----------------------------------------------------------------------

_TROUBLES = [Fate.HANGS, Fate.ENDS, Fate.REFUSED]
_NAMES = ["hangs", "dies", "refuses the token"]


@pytest.mark.parametrize("fate", _TROUBLES, ids=_NAMES)
def test_no_repair_is_sent_that_grpc_could_not_be_asked_about(
    place: RealSidecar, fate: Fate, capsys: pytest.CaptureFixture[str]
) -> None:
    orders(place).key("o-1").failed("ValueError: boom")
    place.fates["GetInstanceHistory"] = fate

    words = ["recover", *place.options, *IMPATIENT, "--yes", "-o", "json", *KEY]
    assert main(words) == 8

    error = error_of(capsys)
    if fate is Fate.REFUSED:
        assert error["id"] == "workflow_engine_rejected"
        details = error["details"]
        assert (details["engineStatus"], details["engineCode"]) == (401, "UNAUTHENTICATED")
        assert "--token-env" in error["fix"]
    else:
        assert error["id"] == "workflow_engine_unreachable"
    assert (place.writes, place.ids) == ([], ["o-1"])


@pytest.mark.parametrize(
    ("fate", "status"),
    [
        (Fate.HANGS, "unreachable"),
        (Fate.ENDS, "unreachable"),
        (Fate.REFUSED, "degraded"),
    ],
    ids=_NAMES,
)
def test_doctor_loses_only_the_invocations_when_grpc_fails_in_the_middle(
    place: RealSidecar, fate: Fate, status: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(20):
        orders(place).key(f"o-{number}").succeeded()
    place.fates["GetInstance"], place.spares = fate, 9

    assert main(["doctor", *place.options, *IMPATIENT, "-o", "json"]) == 3

    found = document(capsys)
    told = {name: found[name]["status"] for name in ("ingress", "admin", "services")}
    assert told == dict.fromkeys(told, "ok")
    assert (found["invocations"]["status"], found["invocations"]["byStatus"]) == (status, {})
    assert [one["component"] for one in found["findings"]] == ["invocations"]


def test_after_the_trouble_the_same_repair_works(
    place: RealSidecar, capsys: pytest.CaptureFixture[str]
) -> None:
    orders(place).key("o-1").failed("ValueError: boom")
    words = ["recover", *place.options, *IMPATIENT, "--yes", "-o", "json", *KEY]
    place.fates["GetInstanceHistory"] = Fate.HANGS
    assert main(words) == 8
    capsys.readouterr()

    place.fates.clear()

    assert main(words) == 0
    assert (document(capsys)["purged"], place.ids) == (["o-1"], [])


def test_a_forced_purge_whose_answer_is_lost_is_looked_for_over_http(
    place: RealSidecar, capsys: pytest.CaptureFixture[str]
) -> None:
    orders(place).key("o-1").stalled()
    place.fates["PurgeInstances"] = Fate.LOST

    words = ["recover", *place.options, "--yes", "--stuck", "stalled", "--force-purge"]
    assert main([*words, "-o", "json", *KEY]) == 0

    found = document(capsys)
    assert (found["purged"], found["confirmed"]) == (["o-1"], True)
    assert (place.writes, place.ids) == (["PurgeInstances"], [])


# --- the token -----------------------------------------------------------------------------------


def test_the_token_goes_out_over_both_and_is_shown_nowhere(
    place: RealSidecar, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    orders(place).key("o-1").failed("ValueError: boom")
    place.sidecar.token = TOKEN
    named = ("--token-env", "SIDECAR_TOKEN")

    monkeypatch.setenv("SIDECAR_TOKEN", "wrong-token-51c7")
    assert main(["doctor", *place.options, *named]) == 3
    told = capsys.readouterr()
    assert "invalid api token" in told.out
    assert "51c7" not in told.out + told.err

    monkeypatch.setenv("SIDECAR_TOKEN", TOKEN)
    assert main(["recover", *place.options, *named, "--yes", *KEY]) == 0
    told = capsys.readouterr()
    assert TOKEN not in told.out + told.err
    assert place.ids == []


# --- an HTTP side that ends ----------------------------------------------------------------------


def test_when_http_ends_between_the_last_look_and_the_write_nothing_was_sent(
    place: RealSidecar, capsys: pytest.CaptureFixture[str]
) -> None:
    orders(place).key("o-1").failed("ValueError: boom")
    # It is looked at for the plan, and once more right before each write.
    looks = _looks_of_a_recovery(place, capsys)
    place.fates["GET /v1.0/workflows/dapr/o-1"], place.spares = Fate.LAST, looks - 1

    assert main(["recover", *place.options, "--yes", "-o", "json", *KEY]) == 8

    assert error_of(capsys)["id"] == "workflow_engine_unreachable"
    assert (place.writes, place.ids) == ([], ["o-1"])


def _looks_of_a_recovery(place: RealSidecar, capsys: pytest.CaptureFixture[str]) -> int:
    """How often a run is looked at before it is purged."""
    orders(place).key("o-2").failed("ValueError: boom")
    assert main(["recover", *place.options, "--yes", "--", "Order", "o-2"]) == 0
    capsys.readouterr()
    before = place.calls[: place.calls.index("POST /v1.0/workflows/dapr/o-2/purge")]
    place.calls.clear()
    return before.count("GET /v1.0/workflows/dapr/o-2")


def test_a_saved_plan_is_not_applied_to_a_sidecar_that_ended_since(
    place: RealSidecar, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    orders(place).key("o-1").failed("ValueError: boom")
    file = str(tmp_path / "plan.json")
    assert main(["recover", *place.options, "--plan-out", file, *KEY]) == 0
    capsys.readouterr()

    place.end()

    assert main(["apply", *place.options, "--yes", "-o", "json", file]) == 8
    assert error_of(capsys)["id"] == "workflow_engine_unreachable"
    assert (place.writes, place.ids) == ([], ["o-1"])


def test_a_sidecar_that_ended_is_unreachable_in_all_its_parts(
    place: RealSidecar, capsys: pytest.CaptureFixture[str]
) -> None:
    place.end()

    assert main(["doctor", *place.options, "-o", "json"]) == 3
    found = document(capsys)
    parts = ("ingress", "admin", "services", "invocations")
    assert [found[name]["status"] for name in parts] == ["unreachable"] * 4
