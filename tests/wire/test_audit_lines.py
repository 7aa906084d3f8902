"""Records as lines of JSON, and back."""

import io
import json
from datetime import UTC, datetime, timedelta, timezone

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.hostile import anything
from wfadmin.domain.auditing import EntryKind
from wfadmin.ports.audit import AuditRecord
from wfadmin.wire import audit_lines
from wfadmin.wire.audit_lines import entries_of, entry_of, line_of, lines_of, may_matter

AT = datetime(2026, 5, 9, 10, 0, 0, 123456, tzinfo=UTC)
RECORD = AuditRecord(
    id="op_1",
    at=AT,
    actor="ada@host",
    engine="http://engine",
    verb="recover",
    arguments=(("service_name", "Order"), ("service_key", "42")),
    reason="stuck",
)
LINE = (
    b'{"kind":"intent","outcome":null,"id":"op_1","at":"2026-05-09T10:00:00.123456Z",'
    b'"actor":"ada@host","engine":"http://engine","verb":"recover",'
    b'"arguments":[["service_name","Order"],["service_key","42"]],'
    b'"reason":"stuck","error":null}\n'
)


def test_a_record_is_one_line_of_json() -> None:
    assert line_of(EntryKind.INTENT, RECORD) == LINE


def test_what_was_written_is_read() -> None:
    assert entry_of(LINE) == (EntryKind.INTENT, RECORD)
    assert entry_of(LINE.rstrip()) == (EntryKind.INTENT, RECORD)


@given(anything, st.none() | anything, st.none() | anything, st.sampled_from(EntryKind))
def test_a_record_is_one_ascii_line_whatever_its_texts_hold(
    text: str, reason: str | None, outcome: str | None, kind: EntryKind
) -> None:
    arguments = (("service_key", text), (text, text))
    record = AuditRecord(text, AT, text, text, text, arguments, reason, outcome, reason)

    line = line_of(kind, record)

    assert line is not None
    assert line.isascii()
    assert line.decode().splitlines(keepends=True) == [line.decode()]
    assert entry_of(line) is not None


@pytest.mark.parametrize("text", ["a\nb\r\n", "\x85\u2028\0\x1b[2J", "鍵🔑", "\ud800", '"\\'])
def test_hostile_text_comes_back_as_it_was(text: str) -> None:
    record = attrs.evolve(RECORD, id=text, arguments=((text, text),), reason=text)

    line = line_of(EntryKind.OUTCOME, record)

    assert entry_of(line) == (EntryKind.OUTCOME, record)


def test_a_time_of_another_zone_is_told_in_utc() -> None:
    there = AT.astimezone(timezone(timedelta(hours=2)))

    assert line_of(EntryKind.INTENT, attrs.evolve(RECORD, at=there)) == LINE


def test_a_time_without_a_zone_is_read_as_utc() -> None:
    assert entry_of(LINE.replace(b"Z", b"")) == (EntryKind.INTENT, RECORD)


def test_secrets_are_masked() -> None:
    line = line_of(EntryKind.INTENT, attrs.evolve(RECORD, reason="Bearer s3cret"))

    assert line == LINE.replace(b"stuck", b"Bearer ***")


def test_what_another_version_added_is_passed_over() -> None:
    assert entry_of(LINE.replace(b"{", b'{"new":1,', 1)) == (EntryKind.INTENT, RECORD)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"null",
        b"[]",
        b'"text"',
        b"{}",
        b"\xff\xfe",
        b"[" * 100_000,
        b"9" * 5000,
        LINE[:-10],
        LINE + LINE,
        LINE.replace(b'"intent"', b'"other"'),
        LINE.replace(b'"intent"', b"[]"),
        LINE.replace(b'"op_1"', b"1"),
        LINE.replace(b'"stuck"', b"1"),
        LINE.replace(b'"2026-05-09T10:00:00.123456Z"', b"5"),
        LINE.replace(b"2026-05-09", b"2026-99-99"),
        LINE.replace(b"2026-05-09T10:00:00.123456Z", b"0001-01-01T00:00:00+10:00"),
        LINE.replace(b'["service_key","42"]', b"7"),
        LINE.replace(b'["service_key","42"]', b'["a","b","c"]'),
        LINE.replace(b'["service_key","42"]', b'["a",null]'),
        LINE.replace(b'[["service_name","Order"],["service_key","42"]]', b"null"),
        None,
    ],
)
def test_what_is_no_record_is_none_and_no_error(line: bytes | None) -> None:
    assert entry_of(line) is None


@given(st.binary(max_size=60))
def test_no_bytes_are_an_error(line: bytes) -> None:
    assert entry_of(line) is None


def test_only_what_can_be_read_is_given() -> None:
    assert list(entries_of([LINE, b"torn", None])) == [(EntryKind.INTENT, RECORD)]


def test_a_record_that_is_too_long_for_a_line_is_not_written() -> None:
    room = audit_lines.LONGEST_LINE - (len(LINE) - 1) + len("42")
    longest = attrs.evolve(
        RECORD, arguments=(("service_name", "Order"), ("service_key", "k" * room))
    )
    too_long = attrs.evolve(longest, actor="ada@hosts")

    line = line_of(EntryKind.INTENT, longest)

    assert line is not None
    assert len(line) == audit_lines.LONGEST_LINE + 1
    assert list(lines_of(io.BytesIO(line))) == [line]
    assert line_of(EntryKind.INTENT, too_long) is None


def test_lines_come_one_by_one_and_the_last_may_lack_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(audit_lines, "LONGEST_LINE", 4)

    assert list(lines_of(io.BytesIO(b"1234\n1\n\n1234"))) == [b"1234\n", b"1\n", b"\n", b"1234"]


@pytest.mark.parametrize("length", [5, 8, 9, 12, 13])
def test_a_line_that_is_too_long_is_skipped_to_its_end(
    length: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_lines, "LONGEST_LINE", 4)
    long = b"x" * length

    assert list(lines_of(io.BytesIO(b"1\n" + long + b"\n2\n"))) == [b"1\n", None, b"2\n"]
    assert list(lines_of(io.BytesIO(long))) == [None]


@pytest.mark.parametrize(
    ("kind", "outcome", "expected"),
    [
        (EntryKind.INTENT, None, True),
        (EntryKind.OUTCOME, "failed", True),
        (EntryKind.NOTE, "no_change", True),
        (EntryKind.NOTE, "confirmed", True),
        (EntryKind.NOTE, "ok", False),
        (EntryKind.NOTE, None, False),
    ],
)
def test_only_notes_that_can_settle_a_write_matter(
    kind: EntryKind, outcome: str | None, *, expected: bool
) -> None:
    line = line_of(kind, attrs.evolve(RECORD, outcome=outcome))

    assert may_matter(line) is expected


def test_a_line_that_is_too_long_does_not_matter() -> None:
    assert may_matter(None) is False


def test_a_line_that_was_written_by_hand_matters() -> None:
    assert may_matter(json.dumps({"outcome": "ok", "kind": "note"}).encode()) is True
