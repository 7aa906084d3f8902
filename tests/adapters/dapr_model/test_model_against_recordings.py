"""The model answers as the real sidecar did, in every recorded exchange that it models."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.dapr_model.conditions import Asked
from tests.adapters.dapr_model.messages import Reply
from tests.adapters.dapr_model.named import NAMED
from tests.adapters.dapr_model.situations import NOT_MODELLED, SITUATIONS
from tests.adapters.dapr_model.stage import Stage, instance_of_request

_FILE = Path(__file__).parent.parent / "dapr" / "recordings" / "http-v1.18.3.json"
_HUGE = "<5 MiB JSON string>"
_ZERO = "0001-01-01T00:00:00Z"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}Z")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
# In seconds: what took longer was no accident.
_REMARKABLE = 0.9


@cache
def _recorded() -> dict[str, dict[str, Any]]:
    """Every recorded exchange, by its name."""
    exchanges = json.loads(_FILE.read_text())["exchanges"]
    return {one["name"]: one for one in exchanges}


def test_every_recorded_exchange_is_modelled_or_has_a_reason_why_not() -> None:
    names = set(_recorded())

    assert len(names) == 426
    assert names - set(NOT_MODELLED) <= set(SITUATIONS)
    assert set(NOT_MODELLED) <= names


def test_no_exchange_is_both_modelled_and_not() -> None:
    assert not set(NOT_MODELLED) & set(SITUATIONS)
    assert all(NOT_MODELLED.values())


def test_every_situation_that_is_written_down_was_recorded() -> None:
    assert set(NAMED) <= set(_recorded())


def test_nearly_everything_is_modelled() -> None:
    assert len(NOT_MODELLED) == 18


@pytest.mark.parametrize("name", sorted(set(_recorded()) & set(SITUATIONS)))
def test_the_model_answers_as_the_sidecar_did(name: str) -> None:
    exchange = _recorded()[name]
    request = exchange["request"]
    body = b"x" * 5 * 1024**2 if request["body"] == _HUGE else request["body"].encode()
    stage = Stage(instance_of_request(request["path"]))
    SITUATIONS[name](stage)

    asked = Asked(request["method"], request["path"], request["headers"], body)
    answered = stage.sidecar.answer(asked)

    assert _said(answered) == _was_said(exchange)
    assert _took(answered) == _had_taken(exchange)


# --- what is compared ----------------------------------------------------------------------------


def _said(reply: Reply | None) -> object:
    return None if reply is None else (reply.status, reply.kind, _content(reply.body))


def _was_said(exchange: dict[str, Any]) -> object:
    response = exchange["response"]
    if response["status"] is None:
        return None
    kind = response["headers"].get("content-type")
    return response["status"], kind, _content(response["body"])


def _content(body: str) -> object:
    try:
        told = json.loads(body)
    except ValueError:
        return body
    if "runtimeVersion" in told:
        return _metadata(told)
    return {key: _value(key, one) for key, one in told.items()}


def _value(key: str, value: Any) -> object:  # noqa: ANN401 - JSON
    match key, value:
        case "message", str():
            # Its maker writes one blank or another, by chance.
            return value.replace("\N{NO-BREAK SPACE}", " ")
        case "createdAt" | "lastUpdatedAt", str():
            return value if value == _ZERO or not _TIME.fullmatch(value) else "a time"
        case "instanceID", str() if _UUID.fullmatch(value):
            return "a random id"
        case "properties", dict():
            trace = "dapr.workflow.failure.stack_trace"
            return value | ({trace: "a trace"} if value.get(trace) else {})
    return value


def _metadata(told: dict[str, Any]) -> object:
    """What is compared of the metadata: all but the order of lists and the counts of actors."""
    runtime = told["actorRuntime"]
    for where in (told, runtime):
        for name in ("actors", "activeActors"):
            if name in where:
                where[name] = sorted(one["type"] for one in where[name])
    told["enabledFeatures"].sort()
    for component in told["components"]:
        # Of the store alone, whatever it is.
        component.pop("capabilities")
    return told


def _took(reply: Reply | None) -> int | None:
    return None if reply is None else round(reply.after.total_seconds())


def _had_taken(exchange: dict[str, Any]) -> int | None:
    if exchange["response"]["status"] is None:
        return None
    seconds = exchange["elapsed_ms"] / 1000
    return round(seconds) if seconds > _REMARKABLE else 0
