"""Both APIs of the model show one world, and gRPC does to it what it did to the real one."""

import asyncio
from datetime import timedelta
from itertools import pairwise

import attrs
import pytest

from tests.adapters.dapr_grpc import oracle
from tests.adapters.dapr_model.conditions import Placement
from tests.adapters.dapr_model.grpc_asking import (
    asked,
    called,
    history,
    kinds,
    over_http,
    state,
    tale,
)
from tests.adapters.dapr_model.grpc_driver import DaprBothDriver
from tests.adapters.dapr_model.grpc_side import GrpcSide
from tests.adapters.dapr_model.stage import Bring, Stage
from wfadmin.adapters.dapr import connect
from wfadmin.adapters.dapr.grpc import client, connect_grpc
from wfadmin.domain.keys import InvocationRef, WorkflowKey

pytestmark = pytest.mark.asyncio


# --- one world -----------------------------------------------------------------------------------

_LIVES: dict[str, Bring] = {
    "running": Stage.running,
    "suspended": Stage.suspended,
    "completed": Stage.completed,
    "failed": Stage.failed,
    "terminated": Stage.terminated,
    "stalled": Stage.stalled,
    "told something": lambda stage: stage.running().post("raiseEvent/other", "1").settle(),
}


@pytest.mark.parametrize("life", _LIVES)
async def test_both_apis_tell_the_same_times_and_the_last_event_bears_the_last_of_them(
    life: str,
) -> None:
    stage = Stage("a")
    side = GrpcSide(stage.sidecar)
    _LIVES[life](stage)

    seen, told = over_http(stage), await state(side, "a")
    events = await history(side, "a")
    started = next(one for one in events if "executionStarted" in one)

    assert (told["createdTimestamp"], told["name"]) == (seen["createdAt"], seen["workflowName"])
    assert told["lastUpdatedTimestamp"] == seen["lastUpdatedAt"] == events[-1]["timestamp"]
    assert started["timestamp"] == seen["createdAt"]


@pytest.mark.parametrize("life", [*_LIVES, "planned"])
async def test_the_adapter_reads_the_same_run_over_both_apis(
    life: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = DaprBothDriver()
    monkeypatch.setattr(client, "open_channel", driver.open_channel)
    (_LIVES | {"planned": Stage.planned})[life](Stage("a", driver.sidecar))
    engine = connect(attrs.evolve(driver.settings, grpc_url=None))
    over_grpc = connect_grpc("127.0.0.1:50001", timeout=timedelta(seconds=5))
    ref = InvocationRef(WorkflowKey("wait", "a"), "a", None)

    one, other = await engine.invocations.get(ref), await over_grpc.invocations.get(ref)

    assert one is not None
    assert other is not None
    # HTTP has no word for what is stalled, and no reason.
    only_there = {"engine_status": "STALLED", "failure": other.failure} if life == "stalled" else {}
    assert other == attrs.evolve(one, **only_there)
    await engine.aclose()
    await over_grpc.aclose()


async def test_a_history_only_grows_and_tells_what_was_asked_over_http() -> None:
    stage = Stage("a")
    side = GrpcSide(stage.sidecar)
    stage.running()
    reads = [await history(side, "a")]
    for tail in ("pause", "resume", "raiseEvent/other", "pause", "pause", "terminate"):
        stage.post(tail, "1" if "/" in tail else "").settle()
        reads.append(await history(side, "a"))

    for before, after in pairwise(reads):
        assert (after[: len(before)], len(after) > len(before)) == (before, True)
    assert kinds(reads[-1]) == [
        *("executionStarted", "timerCreated", "executionSuspended", "executionResumed"),
        *("executionSuspended", "executionSuspended"),
        *("executionTerminated", "executionCompleted"),
    ]


async def test_a_second_pause_with_no_resume_between_stands_in_the_history() -> None:
    stage = Stage("a").suspended()
    side = GrpcSide(stage.sidecar)
    once = (await tale(side, "a")).suspended_twice

    stage.post("pause").settle()

    assert (once, (await tale(side, "a")).suspended_twice) == (False, True)


async def test_activities_without_a_result_are_told_of_whoever_waits_for_them() -> None:
    stage = Stage("a").start("long", "60").start("ok", instance_id="b")
    side = GrpcSide(stage.sidecar)
    side.open_tasks["b"] = ["pay", "ship"]

    found = [[task.name for task in (await tale(side, one)).open_tasks] for one in "ab"]

    assert found == [["nap"], ["pay", "ship"]]


async def test_a_parent_tells_of_a_child_that_was_purged_since() -> None:
    stage = Stage("p")
    side = GrpcSide(stage.sidecar)
    stage.family("p", "c").post("raiseEvent/go", "1", instance_id="c").settle()
    stage.post("purge", instance_id="c").settle()

    told = await tale(side, "p")

    assert (await state(side, "c"), await state(side, "p") != {}) == ({}, True)
    assert [(one.id, one.name) for one in told.children] == [("c", "child")]
    assert told.open_children == ()


async def test_a_parent_that_was_ended_hears_no_more_of_its_child() -> None:
    stage = Stage("p").family("p", "c").post("terminate").settle()
    side = GrpcSide(stage.sidecar)

    assert (await state(side, "c"))["workflowStatus"].endswith("_TERMINATED")
    assert kinds(await history(side, "p"))[-1] == "executionCompleted"
    assert [one.id for one in (await tale(side, "p")).open_children] == ["c"]


async def test_a_child_that_fails_is_told_before_the_end_of_its_parent() -> None:
    stage = Stage("p").family("p", "c").post("terminate", instance_id="c").settle()
    side = GrpcSide(stage.sidecar)

    assert kinds(await history(side, "p"))[-2:] == [
        "childWorkflowInstanceFailed",
        "executionCompleted",
    ]


async def test_a_list_of_several_pages_is_read_to_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    driver = DaprBothDriver()
    monkeypatch.setattr(client, "open_channel", driver.open_channel)
    for number in range(5):
        Stage(f"a-{number}", driver.sidecar).running()
    connected = connect_grpc("127.0.0.1:50001", timeout=timedelta(seconds=5))

    listing = attrs.evolve(connected.listing, page_size=2)
    found = await listing.survey(failures=9, unfinished=9)

    assert [one.id for one in found.unfinished] == [f"a-{number}" for number in range(5)]
    assert driver.side.methods.count("ListInstanceIDs") == 3
    await connected.aclose()


# --- purges and reruns in order ------------------------------------------------------------------


async def test_without_force_a_purge_takes_what_has_ended_alone_or_with_its_children() -> None:
    stage = Stage("p").family("p", "c").post("terminate").settle().family("q", "d")
    stage.post("terminate", instance_id="q").settle()
    side = GrpcSide(stage.sidecar)

    alone = await asked(side, "PurgeInstances", instanceId="p")
    both = await asked(side, "PurgeInstances", instanceId="q", recursive=True)

    assert [one["deletedInstanceCount"] for one in (alone, both)] == [1, 2]
    assert [run.id for run in stage.sidecar.world.store.runs] == ["c"]


async def test_a_rerun_is_a_copy_that_both_apis_show() -> None:
    stage = Stage("a").start("fail_unless_good", '"bad"')
    side = GrpcSide(stage.sidecar)
    told = {"sourceInstanceID": "a", "eventID": 1, "newInstanceID": "b", "input": '"good"'}

    await asked(side, "RerunWorkflowFromEvent", **told, overwriteInput=True)
    stage.settle()

    assert (over_http(stage, "b")["runtimeStatus"]) == "COMPLETED"
    assert (await state(side, "a"))["workflowStatus"].endswith("_FAILED")
    assert (await state(side, "b"))["output"] == '"good run"'


# --- conditions ----------------------------------------------------------------------------------


@pytest.mark.parametrize("placement", [Placement.LOST, Placement.DOWN])
async def test_where_actors_cannot_be_reached_reads_go_on_and_a_purge_hangs(
    placement: Placement,
) -> None:
    stage = Stage("a").completed().switched(placement=placement)
    driver = DaprBothDriver(stage.sidecar)
    told = oracle.encoded("PurgeInstancesRequest", {"instanceId": "a"})

    assert await state(driver.side, "a") != {}
    call = driver.open_channel(None).unary_unary("/TaskHubSidecarService/PurgeInstances")
    task = call(told, timeout=1, metadata=[])
    await _a_while()

    assert (task.done(), len(stage.sidecar.world.store.runs)) == (False, 1)
    task.cancel()


async def test_a_sidecar_before_1_17_has_neither_lists_nor_histories() -> None:
    side = GrpcSide(Stage("a").running().switched(version="1.16.9").sidecar)

    said = [
        (await called(side, method, **told)).details.partition(":")[0]
        for method, told in (("ListInstanceIDs", {}), ("GetInstanceHistory", {"instanceId": "a"}))
    ]

    assert said == ["failed to proxy request"] * 2
    assert (await state(side, "a"))["name"] == "wait"


async def test_a_step_that_nobody_asked_for_is_a_turn() -> None:
    stage = Stage("a").running()
    side = GrpcSide(stage.sidecar)
    before = await history(side, "a")

    stage.sidecar.pass_time(timedelta(seconds=1))
    stage.sidecar.world.store.progress("a")

    new = (await history(side, "a"))[len(before) :]
    assert [set(one) for one in new] == [{"eventId", "timestamp", "workflowStarted"}]


async def _a_while() -> None:
    for _ in range(20):
        await asyncio.sleep(0)
