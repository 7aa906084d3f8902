"""Which records a filter takes."""

from datetime import UTC, datetime, timedelta, timezone

import attrs
import pytest

from wfadmin.domain.audit_filters import EVERY_RECORD, AuditFilter
from wfadmin.domain.errors import UsageError
from wfadmin.ports.audit import AuditRecord

AT = datetime(2026, 5, 9, 10, tzinfo=UTC)
KEY = (("service_name", "Order"), ("service_key", "o-1"))
RECORD = AuditRecord("op_1", AT, "ada", "http://engine", "recover", KEY, outcome="confirmed")
NOTHING = AuditRecord("", AT, "", "", "")


def test_without_a_wish_every_record_is_taken() -> None:
    assert EVERY_RECORD.takes(RECORD)
    assert EVERY_RECORD.takes(NOTHING)


@pytest.mark.parametrize(
    ("name", "own", "other"),
    [
        ("verb", "recover", "recove"),
        ("key", "o-1", "o-10"),
        ("key", "o-1", "Order"),
        ("target", "o-1", "o"),
        ("target", "Order", "service_name"),
        ("actor", "ada", "Ada"),
        ("actor", "ada", ""),
        ("engine", "http://engine", "http://engine/"),
        ("outcome", "confirmed", "unknown"),
        ("outcome", "confirmed", "intent"),
        ("since", AT, AT + timedelta(microseconds=1)),
        ("until", AT + timedelta(microseconds=1), AT),
        ("since", AT.astimezone(timezone(timedelta(hours=9))), AT + timedelta(1)),
    ],
)
def test_a_record_is_taken_by_what_it_says_and_by_nothing_else(
    name: str, own: object, other: object
) -> None:
    assert AuditFilter(**{name: own}).takes(RECORD)  # type: ignore[arg-type]
    assert not AuditFilter(**{name: other}).takes(RECORD)  # type: ignore[arg-type]


def test_a_record_without_an_outcome_is_an_intent() -> None:
    intent = attrs.evolve(RECORD, outcome=None)

    assert AuditFilter(outcome="intent").takes(intent)
    assert not AuditFilter(outcome="confirmed").takes(intent)


def test_all_of_it_has_to_be_so() -> None:
    assert AuditFilter(verb="recover", key="o-1", since=AT).takes(RECORD)
    assert not AuditFilter(verb="recover", key="o-2", since=AT).takes(RECORD)


@pytest.mark.parametrize("name", ["since", "until"])
def test_a_time_without_a_zone_is_a_usage_error(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        AuditFilter(**{name: AT.replace(tzinfo=None)})  # type: ignore[arg-type]

    assert caught.value.message == f"{name} is not usable: it is a time without a zone."
