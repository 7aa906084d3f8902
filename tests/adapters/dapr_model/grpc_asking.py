"""Questions to the model over gRPC, and what a test wants to know of the answers."""

import json
from typing import Any

from google.protobuf import json_format

from tests.adapters.dapr_grpc import oracle
from tests.adapters.dapr_grpc.servers import Answered, Asked
from tests.adapters.dapr_model.grpc_side import GrpcSide
from tests.adapters.dapr_model.stage import Stage
from wfadmin.adapters.dapr.grpc.events import events_from
from wfadmin.adapters.dapr.grpc.tale import Tale, tale_of

__all__ = ["asked", "called", "history", "kinds", "over_http", "state", "tale"]


async def called(side: GrpcSide, method: str, **told: object) -> Answered:
    return await side(Asked(method, oracle.encoded(f"{method}Request", told), {}, 20.0))


async def asked(side: GrpcSide, method: str, **told: object) -> dict[str, Any]:
    answered = await called(side, method, **told)
    assert (answered.code, answered.details) == ("OK", "")
    message = oracle.message(f"{method}Response").FromString(answered.data)
    found: dict[str, Any] = json_format.MessageToDict(message)
    return found


async def state(side: GrpcSide, instance_id: str) -> dict[str, Any]:
    found = await asked(side, "GetInstance", instanceId=instance_id, getInputsAndOutputs=True)
    told: dict[str, Any] = found.get("workflowState", {})
    return told


async def history(side: GrpcSide, instance_id: str) -> list[dict[str, Any]]:
    found = await asked(side, "GetInstanceHistory", instanceId=instance_id)
    events: list[dict[str, Any]] = found.get("events", [])
    return events


async def tale(side: GrpcSide, instance_id: str) -> Tale:
    return tale_of(
        events_from((await called(side, "GetInstanceHistory", instanceId=instance_id)).data)
    )


def over_http(stage: Stage, instance_id: str = "") -> dict[str, Any]:
    reply = stage.ask("GET", f"/v1.0/workflows/dapr/{instance_id or stage.id}")
    assert reply is not None
    found: dict[str, Any] = json.loads(reply.body)
    return found


def kinds(events: list[dict[str, Any]]) -> list[str]:
    """What happened, without the turns and the names of the app."""
    silent = ("eventId", "timestamp", "router", "workflowStarted")
    return [kind for event in events for kind in event if kind not in silent]
