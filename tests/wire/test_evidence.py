"""What a purge destroys, as a file that outlives it."""

import hashlib
import json
from datetime import timedelta, timezone

import attrs
import pytest

from tests.domain.build import KEY, NOW, ended, service
from wfadmin.domain.keys import Progress, WorkflowKey
from wfadmin.domain.model import Invocation, KeyedState, StateEntry
from wfadmin.domain.recovery import KeyReading
from wfadmin.wire.evidence import evidence_document, evidence_name

RUN = ended(failure="boom\nat line 1\ud800", progress=Progress("9"), due_at=NOW)
READING = KeyReading(KEY, service(), (RUN,), incomplete="cut")
STATE = KeyedState((StateEntry("a", 2, b"\xff\0"), StateEntry("b", 1)), "v1")


def test_everything_that_was_read_is_in_it() -> None:
    assert evidence_document(READING, STATE, operation_id="op_1") == {
        "operationId": "op_1",
        "reading": {
            "key": {"serviceName": "Order", "serviceKey": "42"},
            "service": {
                "name": "Order",
                "kind": "workflow",
                "revision": 1,
                "deploymentId": "dp_1",
                "handlers": [
                    {"name": "run", "kind": "main"},
                    {"name": "status", "kind": "shared"},
                ],
                "workers": None,
            },
            "invocations": [
                {
                    "ref": {
                        "key": {"serviceName": "Order", "serviceKey": "42"},
                        "id": "inv_1",
                        "incarnation": {"token": "first"},
                    },
                    "serviceName": "Order",
                    "handlerName": "run",
                    "serviceKind": "workflow",
                    "status": "completed",
                    "engineStatus": "completed",
                    "handlerKind": "main",
                    "outcome": "failed",
                    "deploymentId": None,
                    "createdAt": "2026-03-01T11:50:00Z",
                    "modifiedAt": "2026-03-01T11:55:00Z",
                    "completedAt": "2026-03-01T11:56:00Z",
                    "dueAt": "2026-03-01T12:00:00Z",
                    "failedAttempts": 0,
                    "failure": "boom\nat line 1\ud800",
                    "failureAt": None,
                    "nextRetryAt": None,
                    "progress": {"token": "9"},
                    "retention": 86400.0,
                    "parentId": None,
                },
            ],
            "incomplete": "cut",
            "isTakenOver": False,
        },
        "state": {
            "entries": [
                {"name": "a", "size": 2, "value": "/wA="},
                {"name": "b", "size": 1, "value": None},
            ],
            "version": "v1",
        },
    }


def test_every_field_of_an_invocation_is_in_it() -> None:
    (run,) = evidence_document(READING, None, operation_id="op_1")["reading"]["invocations"]

    assert [name.lower() for name in run] == [
        field.name.replace("_", "") for field in attrs.fields(Invocation)
    ]


def test_state_that_was_not_read_is_null() -> None:
    document = evidence_document(KeyReading(KEY, None), None, operation_id="op_1")

    assert document["state"] is None
    assert document["reading"]["service"] is None


def test_it_is_json_whatever_its_texts_hold() -> None:
    document = evidence_document(READING, STATE, operation_id="\ud800\0")

    assert json.loads(json.dumps(document)) == document


def test_a_time_of_another_zone_is_told_in_utc() -> None:
    there = NOW.astimezone(timezone(timedelta(hours=2)))
    reading = KeyReading(KEY, None, (attrs.evolve(RUN, created_at=there),))

    (run,) = evidence_document(reading, None, operation_id="op_1")["reading"]["invocations"]

    assert run["createdAt"] == "2026-03-01T12:00:00Z"


def test_its_name_tells_nothing_and_is_the_same_every_time() -> None:
    expected = hashlib.sha256(b'["Order", "42", "op_1"]').hexdigest()

    assert evidence_name(KEY, "op_1") == f"{expected}.json"


@pytest.mark.parametrize(
    ("key", "operation_id"),
    [
        (KEY, "op_2"),
        (WorkflowKey("Order", "43"), "op_1"),
        (WorkflowKey("Order4", "2"), "op_1"),
        (WorkflowKey("Order", '42", "op_1'), ""),
        (KEY, "\ud800"),
    ],
)
def test_no_other_key_or_operation_has_its_name(key: WorkflowKey, operation_id: str) -> None:
    assert evidence_name(key, operation_id) != evidence_name(KEY, "op_1")
