"""
The messages once more, by `google.protobuf`: what our own reading and writing is compared with.

The tables name every field that the recordings hold, whether the adapter reads it or not.
"""

from functools import cache
from typing import Any

from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    json_format,
    message_factory,
    timestamp_pb2,
    wrappers_pb2,
)

_PACKAGE = "oracle"
_SCALARS = {"string": 9, "bool": 8, "int32": 5, "uint32": 13}
_KNOWN = ("StringValue", "BoolValue", "Timestamp")
_REASONS = ("PATCH_MISMATCH", "VERSION_NOT_AVAILABLE", "PAYLOAD_SIZE_EXCEEDED")
_STATUSES = (
    *("RUNNING", "COMPLETED", "CONTINUED_AS_NEW", "FAILED", "CANCELED"),
    *("TERMINATED", "PENDING", "SUSPENDED", "STALLED"),
)

# Number, name and type; a star stands for any number of them.
MESSAGES = {
    "ListInstanceIDsRequest": "1 continuationToken string, 2 pageSize uint32",
    "ListInstanceIDsResponse": "1 instanceIds *string, 2 continuationToken string",
    "GetInstanceRequest": "1 instanceId string, 2 getInputsAndOutputs bool",
    "GetInstanceResponse": "1 exists bool, 2 workflowState WorkflowState",
    "WorkflowState": (
        "1 instanceId string, 2 name string, 3 version StringValue, 4 workflowStatus Status,"
        " 5 scheduledStartTimestamp Timestamp, 6 createdTimestamp Timestamp,"
        " 7 lastUpdatedTimestamp Timestamp, 8 input StringValue, 9 output StringValue,"
        " 10 customStatus StringValue, 11 failureDetails Failure, 12 executionId StringValue,"
        " 13 completedTimestamp Timestamp, 14 parentInstanceId StringValue"
    ),
    "Failure": (
        "1 errorType string, 2 errorMessage string, 3 stackTrace StringValue,"
        " 4 innerFailure Failure, 5 isNonRetriable bool"
    ),
    "GetInstanceHistoryRequest": "1 instanceId string",
    "GetInstanceHistoryResponse": "1 events *HistoryEvent",
    "PurgeInstancesRequest": "1 instanceId string, 3 recursive bool, 4 force bool",
    "PurgeInstancesResponse": "1 deletedInstanceCount int32, 2 isComplete BoolValue",
    "RerunWorkflowFromEventRequest": (
        "1 sourceInstanceID string, 2 eventID uint32, 3 newInstanceID string,"
        " 4 input StringValue, 5 overwriteInput bool"
    ),
    "RerunWorkflowFromEventResponse": "1 newInstanceID string",
    "HistoryEvent": (
        "1 eventId int32, 2 timestamp Timestamp, 3 executionStarted Started,"
        " 4 executionCompleted Completed, 5 executionTerminated Terminated,"
        " 6 taskScheduled Task, 7 taskCompleted Done, 8 taskFailed Failed,"
        " 9 childWorkflowInstanceCreated Child, 10 childWorkflowInstanceCompleted Done,"
        " 11 childWorkflowInstanceFailed Failed, 12 timerCreated Timer, 13 timerFired Fired,"
        " 14 workflowStarted Turn, 15 workflowCompleted Nothing, 16 eventSent Sent,"
        " 17 eventRaised Raised, 20 continueAsNew Payload, 21 executionSuspended Payload,"
        " 22 executionResumed Payload, 30 router Router, 31 executionStalled Stalled"
    ),
    "Started": (
        "1 name string, 2 version StringValue, 3 input StringValue, 4 workflowInstance Run,"
        " 5 parentInstance Parent"
    ),
    "Run": "1 instanceId string, 2 executionId StringValue",
    "Parent": (
        "1 taskScheduledId int32, 2 name StringValue, 3 version StringValue,"
        " 4 workflowInstance Run, 5 appID string"
    ),
    "Completed": "1 workflowStatus Status, 2 result StringValue, 3 failureDetails Failure",
    "Terminated": "1 input StringValue, 2 recurse bool",
    "Task": (
        "1 name string, 2 version StringValue, 3 input StringValue, 5 taskExecutionId string,"
        " 6 rerunParentInstanceInfo Rerun"
    ),
    "Rerun": "1 instanceID string",
    "Done": "1 taskScheduledId int32, 2 result StringValue, 3 taskExecutionId string",
    "Failed": "1 taskScheduledId int32, 2 failureDetails Failure, 3 taskExecutionId string",
    "Child": "1 instanceId string, 2 name string, 3 version StringValue, 4 input StringValue",
    "Timer": (
        "1 fireAt Timestamp, 2 name string, 3 rerunParentInstanceInfo Rerun,"
        " 4 createTimer Nothing, 5 externalEvent Awaited"
    ),
    "Awaited": "1 name string",
    "Nothing": "",
    "Fired": "1 fireAt Timestamp, 2 timerId int32",
    "Turn": "1 version Version",
    "Version": "1 patches *string, 2 name string",
    "Sent": "1 instanceId string, 2 name string, 3 input StringValue",
    "Raised": "1 name string, 2 input StringValue",
    "Payload": "1 input StringValue",
    "Stalled": "1 reason Reason, 2 description string",
    "Router": "1 sourceAppID string, 2 targetAppID string",
}


@cache
def _pool() -> descriptor_pool.DescriptorPool:
    pool = descriptor_pool.DescriptorPool()
    file = descriptor_pb2.FileDescriptorProto(
        name=f"{_PACKAGE}.proto", package=_PACKAGE, syntax="proto3"
    )
    for known in (timestamp_pb2, wrappers_pb2):
        pool.AddSerializedFile(known.DESCRIPTOR.serialized_pb)
        file.dependency.append(known.DESCRIPTOR.name)
    statuses = tuple(f"ORCHESTRATION_STATUS_{word}" for word in _STATUSES)
    for name, words in (("Status", statuses), ("Reason", _REASONS)):
        enum = file.enum_type.add(name=name)
        for number, word in enumerate(words):
            enum.value.add(name=word, number=number)
    for name, fields in MESSAGES.items():
        _add(file.message_type.add(name=name), fields)
    pool.AddSerializedFile(file.SerializeToString())
    return pool


def _add(message: descriptor_pb2.DescriptorProto, fields: str) -> None:
    for one in filter(None, fields.split(", ")):
        number, name, kind = one.split()
        label = 3 if kind.startswith("*") else 1
        field = message.field.add(name=name, json_name=name, number=int(number), label=label)
        kind = kind.lstrip("*")
        if kind in _SCALARS:
            field.type = _SCALARS[kind]
            continue
        field.type = 14 if kind in ("Status", "Reason") else 11
        field.type_name = f".google.protobuf.{kind}" if kind in _KNOWN else f".{_PACKAGE}.{kind}"


def message(name: str) -> Any:  # noqa: ANN401 - a class that the library makes
    """A new message of that name."""
    return message_factory.GetMessageClass(_pool().FindMessageTypeByName(f"{_PACKAGE}.{name}"))()


def encoded(name: str, told: Any) -> bytes:  # noqa: ANN401 - JSON
    """A message, given as JSON."""
    made = json_format.ParseDict(told, message(name))
    return made.SerializeToString(deterministic=True)


def known(name: str, data: bytes) -> bytes:
    """The same message with its fields in order, and without those that the table lacks."""
    made = message(name).FromString(data)
    # 1.18.3 sends one in every instance that the stubs of the recorder did not know either.
    made.DiscardUnknownFields()
    return made.SerializeToString(deterministic=True)


def instance(instance_id: str, **state: Any) -> bytes:  # noqa: ANN401 - JSON
    """What GetInstance answers for an instance that is there."""
    word = f"ORCHESTRATION_STATUS_{state.pop('status', 'RUNNING')}"
    told = {
        "instanceId": instance_id,
        "name": "steps",
        "workflowStatus": word,
        "createdTimestamp": "2026-11-20T23:00:00.000000001Z",
        "lastUpdatedTimestamp": "2026-11-20T23:00:01Z",
    }
    kept = {name: value for name, value in (told | state).items() if value is not None}
    return encoded("GetInstanceResponse", {"exists": True, "workflowState": kept})


def history(*events: dict[str, Any]) -> bytes:
    """What GetInstanceHistory answers."""
    return encoded("GetInstanceHistoryResponse", {"events": list(events)})


def page(*ids: str, then: str = "") -> bytes:
    """What ListInstanceIDs answers."""
    told = {"instanceIds": list(ids), "continuationToken": then}
    return encoded("ListInstanceIDsResponse", told)
