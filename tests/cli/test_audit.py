"""What is on record, from the command line: in a file and in a database alike."""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest

from tests.cli.lab import LAB, install
from tests.cli.samples import assert_like_sample, assert_like_text
from wfadmin.adapters.audit_jsonl import JsonLinesAuditLog
from wfadmin.adapters.audit_sqlite import SqliteAuditLog
from wfadmin.cli import main
from wfadmin.ports.audit import AuditRecord

AT = datetime(2026, 5, 9, 10, tzinfo=UTC)
KEY = (("service_name", "Order"), ("service_key", "o-1"))
INTENT = AuditRecord("op_1", AT, "ada", "http://engine", "recover", KEY, "stuck since noon")
UNKNOWN = attrs.evolve(
    INTENT, at=AT + timedelta(seconds=5), outcome="unknown", error="no answer came"
)
NOTE = AuditRecord("op_2", AT + timedelta(minutes=1), "ben", "http://other", "doctor", outcome="ok")


@pytest.fixture(params=["jsonl", "sqlite"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the option that names a log with three records."""
    make = JsonLinesAuditLog if request.param == "jsonl" else SqliteAuditLog
    log = make(tmp_path / "kept")

    async def store() -> None:
        await log.intent(INTENT)
        await log.outcome(UNKNOWN)
        await log.note(NOTE)

    asyncio.run(store())
    return f"--audit-log={request.param}:kept"


def told(capsys: pytest.CaptureFixture[str]) -> list[tuple[str, str | None]]:
    return [(one["id"], one["outcome"]) for one in listed(capsys)]


def listed(capsys: pytest.CaptureFixture[str], *, complaint: str = "") -> list[dict[str, Any]]:
    """Tell the one document on stdout, which is a list; and whatever is on stderr is this."""
    out, err = capsys.readouterr()
    assert err == complaint
    found = json.loads(out)
    assert isinstance(found, list)
    return found


def test_both_logs_are_listed_like_the_samples(
    place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", "list", place, "-o", "json"]) == 0
    assert_like_sample("audit", listed(capsys))
    assert main(["audit", "list", place]) == 0
    assert_like_text("audit.txt", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--verb", "doctor"), [("op_2", "ok")]),
        (("--key", "o-1", "--limit", "1"), [("op_1", "unknown")]),
        (("--target", "Order"), [("op_1", None), ("op_1", "unknown")]),
        (("--actor", "ben"), [("op_2", "ok")]),
        (("--engine", "http://other"), [("op_2", "ok")]),
        (("--outcome", "intent"), [("op_1", None)]),
        (("--since", "2026-05-09T10:00:05Z"), [("op_1", "unknown"), ("op_2", "ok")]),
        (("--since", "2026-05-09 12:00:06+02:00"), [("op_2", "ok")]),
        (("--until", "2026-05-09T10:00:05"), [("op_1", None)]),
        (("--until", "2026-05-09T10:01", "--outcome", "unknown"), [("op_1", "unknown")]),
        (("--since", "1s"), []),
        (("--verb", "recover", "--key", "o-2"), []),
    ],
)
def test_a_listing_can_be_narrowed(
    place: str,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    expected: list[tuple[str, str | None]],
) -> None:
    assert main(["audit", "list", place, "-o", "json", *words]) == 0
    assert told(capsys) == expected


def test_a_length_of_time_counts_back_from_now(capsys: pytest.CaptureFixture[str]) -> None:
    async def store() -> None:
        for name, age in (("old", timedelta(hours=3)), ("young", timedelta(hours=1))):
            await log.note(attrs.evolve(NOTE, id=name, at=datetime.now(UTC) - age))

    log = SqliteAuditLog("kept")
    asyncio.run(store())
    place = "--audit-log=sqlite:kept"

    assert main(["audit", "list", place, "-o", "json", "--since", "2h"]) == 0
    assert told(capsys) == [("young", "ok")]
    assert main(["audit", "list", place, "-o", "json", "--until", "2h"]) == 0
    assert told(capsys) == [("old", "ok")]


def test_a_time_without_a_zone_is_in_utc_as_the_table_shows_it(
    place: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "UTC-9")
        time.tzset()
        assert main(["audit", "list", place, "-o", "json", "--since", "2026-05-09T10:01"]) == 0
    time.tzset()

    assert told(capsys) == [("op_2", "ok")]


@pytest.mark.parametrize("option", ["--since", "--until"])
@pytest.mark.parametrize(
    "value", ["yesterday", "2", "h", "", "0001-01-01T00:00+23:59", "9" * 9 + "d"]
)
def test_a_time_that_is_none_exits_2(
    place: str, capsys: pytest.CaptureFixture[str], option: str, value: str
) -> None:
    assert main(["audit", "list", place, f"{option}={value}"]) == 2
    assert f"{option} is not usable: it is no time such as" in capsys.readouterr().err


def test_one_attempt_is_shown_with_all_that_is_on_record_of_it(
    place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", "close", place, "--reason", "seen", "--actor", "eve", "op_1"]) == 0
    capsys.readouterr()

    assert main(["audit", "show", place, "-o", "json", "--", "op_1"]) == 0
    assert told(capsys) == [("op_1", None), ("op_1", "unknown"), ("op_1", "closed")]
    assert main(["audit", "show", place, "op_2"]) == 0
    _, line = capsys.readouterr().out.splitlines()
    assert line == "2026-05-09 10:01:00Z  ok            ben  doctor   [op_2]"


@pytest.mark.parametrize("words", [("list",), ("show", "op_2")])
def test_lines_that_cannot_be_read_are_told_beside_the_list_and_in_the_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    asyncio.run(JsonLinesAuditLog(tmp_path / "kept").note(NOTE))
    with (tmp_path / "kept").open("a") as log:
        log.write("{}\n[]\n")
    command = ("audit", words[0], "--audit-log=jsonl:kept", *words[1:])
    note = "Note: 2 lines could not be read."

    assert main([*command, "-o", "json"]) == 0
    (record,) = listed(capsys, complaint=f"{note}\n")
    assert record["id"] == "op_2"
    assert main(command) == 0
    out, err = capsys.readouterr()
    assert (out.splitlines()[-1], err) == (note, "")


def test_an_empty_log_is_an_empty_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "list", "--audit-log=sqlite:kept", "-o", "json"]) == 0
    assert listed(capsys) == []


def test_an_attempt_that_is_not_on_record_exits_2(
    place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", "show", place, "op_3\x1b"]) == 2
    assert "id is not usable: no attempt op_3? is on record." in capsys.readouterr().err


def test_a_log_that_cannot_be_used_exits_4(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["list"], ["list", "--verb", "x"], ["show", "op_1"]):
        assert main(["audit", *words, "--audit-log", "sqlite:/dev/null"]) == 4
        assert "/dev/null: it is not a regular file" in capsys.readouterr().err


@pytest.mark.parametrize("value", ["sqlite:", "sqlite", "jsonl:", "csv:kept", "kept", ":kept"])
def test_a_place_is_named_with_its_kind(capsys: pytest.CaptureFixture[str], value: str) -> None:
    assert main(["audit", "list", "--audit-log", value]) == 2
    assert "it is not of the form jsonl:PATH or sqlite:PATH" in capsys.readouterr().err


def test_a_repair_is_on_record_in_a_database_and_not_done_without_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lab = install(monkeypatch)
    lab.world.workflow("Order").key("o-1").failed("boom")
    repair = ("recover", *LAB, "--yes", "Order", "o-1", "--audit-log")

    assert main([*repair, "sqlite:/dev/null"]) == 4
    assert len(lab.world.store.runs) == 1
    assert main([*repair, "sqlite:kept"]) == 0
    capsys.readouterr()
    assert main(["audit", "list", "--audit-log=sqlite:kept", "-o", "json"]) == 0
    assert [outcome for _, outcome in told(capsys)] == [None, "confirmed"]


def test_the_home_of_the_user_is_meant_by_a_tilde(tmp_path: Path) -> None:
    assert main(["audit", "list", "--audit-log", "sqlite:~/kept"]) == 0
    asyncio.run(SqliteAuditLog(tmp_path / "kept").note(NOTE))
    assert main(["audit", "show", "--audit-log", "sqlite:~/kept", "op_2"]) == 0
