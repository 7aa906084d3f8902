"""A write keeps its time and its place in the log when its outcome turns out to be unknown."""

from datetime import UTC, datetime, timedelta

from wfadmin.domain.auditing import RUNNING_FOR, UNKNOWN, EntryKind, open_intents
from wfadmin.domain.finding import OpenIntent
from wfadmin.ports.audit import AuditRecord

AT = datetime(2026, 5, 9, 10, tzinfo=UTC)
ENGINE = "http://engine:9070"
KEY = (("service_name", "Order"), ("service_key", "42"))

Entry = tuple[EntryKind, AuditRecord]


def intent(one_id: str) -> Entry:
    """Say that something is about to be sent."""
    return EntryKind.INTENT, AuditRecord(one_id, AT, "ada", ENGINE, "recover", KEY)


def ended(one_id: str, outcome: str, at: datetime = AT) -> Entry:
    """Say how a write ended, and when that was stored."""
    record = AuditRecord(one_id, at, "ada", ENGINE, "recover", KEY, outcome=outcome)
    return EntryKind.OUTCOME, record


def found(*entries: Entry) -> tuple[OpenIntent, ...]:
    """Give the writes that are open when none can be running any more."""
    return open_intents(entries, engine=ENGINE, now=AT + RUNNING_FOR)


def test_an_unknown_outcome_leaves_the_write_before_those_that_began_after_it() -> None:
    assert found(intent("a"), intent("b"), ended("a", UNKNOWN), ended("b", "confirmed")) == ()


def test_an_unknown_outcome_leaves_the_write_after_those_that_began_before_it() -> None:
    entries = [intent("b"), intent("a"), ended("a", UNKNOWN), ended("b", "confirmed")]

    assert [one.id for one in found(*entries)] == ["a"]


def test_the_time_of_an_open_write_is_that_of_its_intent() -> None:
    later = AT + timedelta(seconds=30)

    assert found(intent("a"), ended("a", UNKNOWN, later)) == (
        OpenIntent("a", "recover", "Order/42", AT),
    )
