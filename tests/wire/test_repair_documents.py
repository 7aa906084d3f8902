"""What a repair did, as JSON, and the exit code of each ending."""

from datetime import UTC, datetime

import pytest

from wfadmin.domain.errors import LeaseHeld, RetryBlocked, Sent
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import ServiceRevision
from wfadmin.domain.results import (
    CleanupResult,
    CommandResult,
    Effect,
    Held,
    RecoverResult,
    RedeployResult,
    Result,
    StateAfter,
)
from wfadmin.ports.audit import AuditListing, AuditRecord
from wfadmin.wire.documents import error_document
from wfadmin.wire.outcomes import exit_of_result
from wfadmin.wire.repair_documents import audit_document, closed_document, result_document

KEY = WorkflowKey("Order", "o-1")
DONE = Effect.CONFIRMED


def recovered(effect: Effect) -> RecoverResult:
    return RecoverResult(KEY, 1, ("a",), ("a",), StateAfter.CLEARED, "/x", effect=effect)


def redeployed(effect: Effect) -> RedeployResult:
    return RedeployResult("dp_1", (ServiceRevision("Order", 2),), effect=effect)


def cleaned(effect: Effect, *held: Held) -> CleanupResult:
    return CleanupResult(("dp_2",), ("dp_1",), held, ("i",), 3, effect=effect, warnings=("w",))


HELD = Held("dp_0", ("a run",))


@pytest.mark.parametrize(
    ("result", "code"),
    [
        (recovered(DONE), 0),
        (recovered(Effect.NO_CHANGE), 0),
        (recovered(Effect.ACCEPTED), 7),
        (recovered(Effect.UNKNOWN), 7),
        (redeployed(DONE), 0),
        (redeployed(Effect.ACCEPTED), 6),
        (redeployed(Effect.UNKNOWN), 7),
        (cleaned(DONE), 0),
        (cleaned(DONE, HELD), 6),
        (cleaned(Effect.NO_CHANGE, HELD), 6),
        (cleaned(Effect.UNKNOWN, HELD), 7),
        (CommandResult("i", "paused", effect=DONE), 0),
        (CommandResult("i", "running", effect=Effect.ACCEPTED), 7),
    ],
)
def test_each_ending_has_its_exit_code(result: Result, code: int) -> None:
    assert exit_of_result(result) == code


def test_a_cleanup_is_told_like_this() -> None:
    assert result_document(cleaned(DONE, HELD)) == {
        "acknowledged": True,
        "effect": "confirmed",
        "kept": ["dp_2"],
        "removed": ["dp_1"],
        "held": [{"id": "dp_0", "reasons": ["a run"]}],
        "orphaned": ["i"],
        "orphanedCount": 3,
        "confirmed": True,
        "warnings": ["w"],
    }


def test_an_engine_without_state_tells_none() -> None:
    result = RecoverResult(KEY, 0, (), (), None, effect=Effect.NO_CHANGE)
    assert result_document(result)["state"] is None


def test_records_are_told_like_this() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    record = AuditRecord("op_1", at, "ann", "memory", "recover", (("a", "b"),), None, "confirmed")
    told = {
        "id": "op_1",
        "at": "2026-01-01T00:00:00.000Z",
        "actor": "ann",
        "engine": "memory",
        "verb": "recover",
        "arguments": [{"name": "a", "value": "b"}],
        "reason": None,
        "outcome": "confirmed",
        "error": None,
    }
    assert audit_document(AuditListing((record,), 2)) == [told]
    assert audit_document(AuditListing((), 2)) == []
    assert closed_document(record) == {"acknowledged": True, "record": told}


def test_what_else_an_error_says_stands_among_its_details() -> None:
    also = ("inv_1 was left paused.",)
    blocked = RetryBlocked("active", ("inv_1",), sent=Sent.YES, also=also)
    details = error_document(blocked)["error"]["details"]
    assert (details["reason"], details["also"]) == ("active", list(also))
    assert details["sent"] == "yes"
    held = {"scope": "x", "holder": None}
    assert error_document(LeaseHeld("x"))["error"]["details"] == held
    told = error_document(LeaseHeld("x", also=also))["error"]["details"]
    assert told == {**held, "also": list(also)}
