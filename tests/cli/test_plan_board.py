"""What a repair did, for people."""

import sys
from datetime import UTC, datetime

import pytest

from wfadmin.adapters.audit_memory import MemoryAuditLog
from wfadmin.cli.output import Output, Paint
from wfadmin.cli.plan_board import audit_board, result_board
from wfadmin.cli.records import WatchedAuditLog
from wfadmin.cli.watch import watched, watching
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.results import CleanupResult, Effect, RecoverResult
from wfadmin.ports.audit import AuditListing, AuditRecord
from wfadmin.wire.documents import failure_document
from wfadmin.wire.outcomes import MISUSE


def test_an_engine_without_state_says_nothing_of_it() -> None:
    result = RecoverResult(WorkflowKey("O", "k"), 0, (), (), None, effect=Effect.UNKNOWN)
    told = "\n".join(result_board(result, Paint()))
    assert told.startswith("UNKNOWN: no answer came\n  O k\n  runs found: 0\n\nNext:")


def test_what_an_engine_wrote_is_made_safe() -> None:
    result = CleanupResult(("\x1b[2J",), (), (), ("\x1b",), 1, effect=Effect.CONFIRMED)
    told = "\n".join(result_board(result, Paint()))
    assert "\x1b" not in told
    assert "orphaned: 1 invocations" in told


def test_a_record_is_one_line() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    one = AuditRecord("op", at, "ann", "e", "recover", (("a", "b\n"),), "why", None, "boom")
    head, line, note = audit_board(AuditListing((one,), 3), Paint())
    assert head.startswith("AT ")
    assert line.endswith("intent        ann  recover a=b   [op]  because: why  error: boom")
    assert note == "Note: 3 lines could not be read."


def test_what_else_an_error_says_is_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    details = {"also": ["inv_1 was left paused."]}
    document = failure_document("x", MISUSE, message="M", why="W", fix="F", details=details)
    Output(sys.stdout, sys.stderr, json=False).fail(document)
    assert capsys.readouterr().err.endswith("  fix: F\n  also: inv_1 was left paused.\n")


@pytest.mark.asyncio
async def test_a_watched_log_tells_what_is_open() -> None:
    assert await WatchedAuditLog(MemoryAuditLog()).open_intents("memory") == ()


def test_where_nobody_watches_nothing_is_kept() -> None:
    watching().verb = "recover"
    assert watching().verb is None
    with watched() as watch:
        watching().verb = "recover"
    assert watch.verb == "recover"
