"""The gRPC side of the model answers as the real sidecar did, in every call that it models."""

import re
from typing import Any

import pytest
from google.protobuf import json_format

from tests.adapters.dapr_grpc import oracle
from tests.adapters.dapr_grpc.servers import Answered, Asked, Exchange, recorded
from tests.adapters.dapr_model.grpc_side import GrpcSide
from tests.adapters.dapr_model.grpc_situations import CALLED, NOT_CALLED
from tests.adapters.dapr_model.stage import Stage

_TIME = re.compile(r"2026-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# So many pages come before it: its token is the one that the last of them gave.
_PAGES_BEFORE = {"list-page-2": 1, "list-page-3": 2}


def test_every_recorded_call_is_modelled_or_has_a_reason_why_not() -> None:
    assert sorted([*CALLED, *NOT_CALLED]) == sorted(recorded())
    assert all(NOT_CALLED.values())


def test_whatever_the_adapter_may_ask_is_modelled() -> None:
    asked = {"ListInstanceIDs", "GetInstance", "GetInstanceHistory", "PurgeInstances"}
    not_modelled = [one for one in NOT_CALLED if recorded()[one].method in asked]

    assert (len(CALLED), len(not_modelled)) == (106, 18)


@pytest.mark.asyncio
@pytest.mark.parametrize("name", sorted(CALLED))
async def test_the_model_answers_as_the_sidecar_did(name: str) -> None:
    call = recorded()[name]
    stage = Stage(_instance_of(call))
    CALLED[name](stage)
    side = GrpcSide(stage.sidecar)
    metadata = {"dapr-api-token": "lab-token"} if name == "token-right" else {}

    request = await _request(side, call)
    answered = await side(Asked(call.method, request, metadata, 20.0))

    assert _said(call.method, answered) == _said(call.method, call.answered)
    assert side.forbidden == _forbidden(name)


@pytest.mark.asyncio
async def test_what_is_asked_and_must_never_be_fails_the_test() -> None:
    side = GrpcSide(Stage("a").running().sidecar)
    side.check()

    await side(Asked("ListInstanceIDs", oracle.encoded("ListInstanceIDsRequest", {}), {}, 20.0))
    side.check()

    await side(Asked("ListInstanceIDs", b"\x10\x00", {}, 20.0))
    await side(Asked("TerminateInstance", b"", {}, 20.0))

    with pytest.raises(AssertionError, match="a page size of 0 ends the sidecar"):
        side.check()
    assert side.forbidden[1] == "TerminateInstance waits for a worker: HTTP has it too"


# --- what is compared ----------------------------------------------------------------------------


def _instance_of(call: Exchange) -> str:
    told = call.asked
    return str(told.get("instanceId") or told.get("sourceInstanceID") or "nobody")


async def _request(side: GrpcSide, call: Exchange) -> bytes:
    before = _PAGES_BEFORE.get(call.name)
    if before is None:
        return call.request
    told = {"pageSize": call.asked["pageSize"]}
    for _ in range(before):
        request = oracle.encoded("ListInstanceIDsRequest", told)
        page = await side(Asked(call.method, request, {}, 20.0))
        message = oracle.message("ListInstanceIDsResponse").FromString(page.data)
        told["continuationToken"] = message.continuationToken
    return oracle.encoded("ListInstanceIDsRequest", told)


def _forbidden(name: str) -> list[str]:
    if name != "list-page-size-0":
        return []
    return ["a page size of 0 ends the sidecar, or the list never does"]


def _said(method: str, answered: Answered) -> object:
    if answered.code != "OK":
        return answered.code, answered.details
    message = oracle.message(f"{method}Response").FromString(answered.data)
    return {name: _value(name, one) for name, one in json_format.MessageToDict(message).items()}


def _value(name: str, value: Any) -> object:  # noqa: ANN401 - JSON
    match value:
        case dict():
            return {inner: _value(inner, one) for inner, one in value.items()}
        case list():
            return [_value(name, one) for one in value]
        case str():
            return _text(name, value)
    return value


def _text(name: str, text: str) -> str:
    if name in ("continuationToken", "stackTrace"):
        return f"some {name}"
    if _TIME.fullmatch(text):
        return "a time"
    return "a random id" if _UUID.fullmatch(text) else text
