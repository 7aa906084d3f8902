"""What a forced purge over gRPC did to the real sidecar, it does to both APIs of the model."""

from collections.abc import Mapping

import httpx
import pytest

from tests.adapters.dapr_grpc.servers import Answered
from tests.adapters.dapr_model.conditions import Asked as HttpAsked
from tests.adapters.dapr_model.grpc_asking import asked, called, over_http, state, tale
from tests.adapters.dapr_model.grpc_driver import DaprBothDriver
from tests.adapters.dapr_model.grpc_side import GrpcSide
from tests.adapters.dapr_model.grpc_situations import purged_by_force
from tests.adapters.dapr_model.situations import _FORCED, NOT_MODELLED
from tests.adapters.dapr_model.stage import Bring, Stage
from tests.adapters.dapr_model.test_model_against_recordings import (
    _had_taken,
    _recorded,
    _said,
    _took,
    _was_said,
)
from wfadmin.adapters.dapr import connect
from wfadmin.adapters.dapr.grpc import client
from wfadmin.domain.errors import EngineUnreachable
from wfadmin.domain.keys import InvocationRef

pytestmark = pytest.mark.asyncio


async def test_a_forced_purge_of_nothing_ends_the_sidecar_for_both_apis(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    driver = DaprBothDriver()
    monkeypatch.setattr(client, "open_channel", driver.open_channel)
    engine = connect(driver.settings)
    Stage("a", driver.sidecar).running()

    ended = await called(driver.side, "PurgeInstances", instanceId="nope", force=True)

    assert ended == Answered(code="UNAVAILABLE", details="Stream removed (Socket closed)")
    with pytest.raises(httpx.ConnectError):
        driver.sidecar.answer(HttpAsked("GET", "/v1.0/healthz"))
    assert (await called(driver.side, "GetInstance", instanceId="a")).code == "UNAVAILABLE"
    assert engine.listing is not None
    with pytest.raises(EngineUnreachable):
        await engine.listing.survey(failures=1, unfinished=1)
    with pytest.raises(EngineUnreachable):
        await engine.invocations.get(InvocationRef(None, "a", None))
    await engine.aclose()


async def test_with_its_children_a_forced_purge_of_nothing_is_an_error_and_no_more() -> None:
    side = GrpcSide(Stage("a").running().sidecar)

    said = await called(side, "PurgeInstances", instanceId="nope", force=True, recursive=True)

    assert said.details.endswith("no such instance exists")
    assert await state(side, "a") != {}


def _ghost(stage: Stage) -> None:
    stage.stalled()
    purged_by_force(stage, stage.id, recursive=True)


def _orphan(stage: Stage) -> None:
    stage.family("orp", "orp-c")
    purged_by_force(stage, "orp")


def _told_orphan(stage: Stage) -> None:
    _orphan(stage)
    stage.post("raiseEvent/go", "1", instance_id="orp-c").settle()


def _ended_orphan(stage: Stage) -> None:
    _told_orphan(stage)
    stage.post("terminate", instance_id="orp-c").settle()


def _purged_orphan(stage: Stage) -> None:
    _ended_orphan(stage)
    purged_by_force(stage, "orp-c")


def _purged_poison(stage: Stage) -> None:
    stage.suspended().post("pause").settle().post("resume").settle().leave()
    purged_by_force(stage, stage.id)


def _purged_poison_with_a_worker(stage: Stage) -> None:
    _purged_poison(stage)
    stage.come_back()


def _ghost_asked(stage: Stage) -> None:
    _ghost(stage)
    stage.start("ver")


_AFTER: Mapping[str, Bring] = {
    "raise-orphan-child": _orphan,
    "get-orphan-child-cannot-finish": _told_orphan,
    "terminate-orphan-child": _told_orphan,
    "get-orphan-child-after-terminate": _ended_orphan,
    "get-orphan-child-after-force-purge": _purged_orphan,
    "get-poisoned-after-force-purge": _purged_poison,
    "get-poisoned-after-worker-restart": _purged_poison_with_a_worker,
    "start-after-force-purge-stalled": _ghost,
    "get-after-start-after-force-purge-stalled": _ghost_asked,
    "terminate-after-force-purge-stalled": _ghost,
}


async def test_whatever_a_forced_purge_leaves_is_modelled() -> None:
    assert set(_AFTER) == {one for one, reason in NOT_MODELLED.items() if reason == _FORCED}


@pytest.mark.parametrize("name", _AFTER)
async def test_http_after_a_forced_purge_answers_as_the_sidecar_did(name: str) -> None:
    exchange = _recorded()[name]
    request = exchange["request"]
    stage = Stage({"start": "vs", "termi": "gs"}.get(name[:5], request["path"].split("/")[4]))
    _AFTER[name](stage)

    answered = stage.ask(request["method"], request["path"], request["body"])

    assert (_said(answered), _took(answered)) == (_was_said(exchange), _had_taken(exchange))


async def test_a_ghost_goes_when_a_worker_connects_again() -> None:
    stage = Stage("vs")
    _ghost(stage)
    haunted = stage.ask("POST", "/v1.0/workflows/dapr/vs/raiseEvent/go", "1")

    stage.leave().come_back().start("ok")

    assert haunted is not None
    assert haunted.body.endswith('actor is stalled"}')
    assert over_http(stage)["runtimeStatus"] == "COMPLETED"


async def test_what_runs_is_purged_alone_or_with_its_children() -> None:
    stage = Stage("p")
    side = GrpcSide(stage.sidecar)
    left: list[list[str]] = []
    for recursive in (False, True):
        stage.family("p", f"c-{recursive}")
        told = {"instanceId": "p", "force": True, "recursive": recursive}
        gone = (await asked(side, "PurgeInstances", **told))["deletedInstanceCount"]
        left.append([str(gone), *(run.id for run in stage.sidecar.world.store.runs)])

    assert left == [["1", "c-False"], ["2", "c-False"]]


async def test_a_new_run_of_the_id_tells_nothing_of_the_children_of_the_old_one() -> None:
    stage = Stage("p").family("p", "old")
    side = GrpcSide(stage.sidecar)
    await asked(side, "PurgeInstances", instanceId="p", force=True)

    stage.family("p", "new")

    assert [one.id for one in (await tale(side, "p")).children] == ["new"]
    assert (await tale(side, "old")).parent_id == "p"
