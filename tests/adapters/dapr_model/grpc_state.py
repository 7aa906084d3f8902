"""What the gRPC of a sidecar tells of an instance, made of what its HTTP says of it."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.adapters.dapr_model.app import stored
from tests.adapters.dapr_model.messages import instance_of
from wfadmin.adapters.memory.table import Table
from wfadmin.domain.model import Invocation

__all__ = ["NEVER_RAN", "STALLED", "details_of", "moment", "state_of", "status_of", "version_of"]

#: The words that HTTP has for what waits to begin, and for what is stalled.
NEVER_RAN = "PENDING"
STALLED = "UNKNOWN"

_FAILURE = "dapr.workflow.failure."


def state_of(store: Table, run: Invocation, *, payloads: bool) -> dict[str, Any]:
    """The state of an instance, as JSON of its message."""
    told = json.loads(instance_of(store, run).body)
    state = {
        "instanceId": run.id,
        "workflowStatus": status_of(told["runtimeStatus"]),
        "createdTimestamp": told["createdAt"],
        "lastUpdatedTimestamp": told["lastUpdatedAt"],
    }
    if "workflowName" in told:
        state |= {"name": told["workflowName"], "version": version_of(run)}
        state |= _payloads(store, run, told["properties"]) if payloads else {}
    return {name: value for name, value in state.items() if value is not None}


def status_of(word: str) -> str:
    """The status that HTTP has that word for."""
    return f"ORCHESTRATION_STATUS_{'STALLED' if word == STALLED else word}"


def version_of(run: Invocation) -> str | None:
    """The version of the workflow that it began with."""
    return "v1" if run.service_name == "ver" else None


def moment(at: datetime) -> str:
    """A time, as JSON of its message."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def details_of(store: Table, run: Invocation) -> dict[str, str] | None:
    """What it failed with; None where it did not."""
    return _details(json.loads(instance_of(store, run).body)["properties"])


def _payloads(store: Table, run: Invocation, properties: Mapping[str, str]) -> dict[str, Any]:
    kept = stored(store, run)
    return {
        "input": kept.get("input", ""),
        "output": kept.get("output"),
        "customStatus": kept.get("custom_status"),
        "failureDetails": _details(properties),
    }


def _details(properties: Mapping[str, str]) -> dict[str, str] | None:
    if f"{_FAILURE}error_type" not in properties:
        return None
    return {
        "errorType": properties[f"{_FAILURE}error_type"],
        "errorMessage": properties[f"{_FAILURE}error_message"],
        "stackTrace": properties[f"{_FAILURE}stack_trace"],
    }
