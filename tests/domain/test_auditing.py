"""Which writes on record nobody knows the end of."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfadmin.domain.auditing import (
    CLOSED,
    FINISHED,
    RUNNING_FOR,
    UNKNOWN,
    EntryKind,
    intent_to_close,
    open_intents,
)
from wfadmin.domain.errors import UsageError
from wfadmin.domain.finding import OpenIntent
from wfadmin.ports.audit import AuditRecord

AT = datetime(2026, 5, 9, 10, tzinfo=UTC)
LATER = AT + RUNNING_FOR
ENGINE = "http://engine:9070"
KEY = (("service_name", "Order"), ("service_key", "42"))
OTHER_KEY = (("service_name", "Order"), ("service_key", "43"))
URL = (("service_url", "http://svc:9080"),)

Entry = tuple[EntryKind, AuditRecord]


def record(
    one_id: str,
    outcome: str | None = None,
    arguments: tuple[tuple[str, str], ...] = KEY,
    verb: str = "recover",
) -> AuditRecord:
    """Give a record of an ordinary write."""
    return AuditRecord(one_id, AT, "ada", ENGINE, verb, arguments, outcome=outcome)


def intent(one_id: str, arguments: tuple[tuple[str, str], ...] = KEY) -> Entry:
    """Say that something is about to be sent."""
    return EntryKind.INTENT, record(one_id, None, arguments)


def ended(
    one_id: str,
    outcome: str = "confirmed",
    arguments: tuple[tuple[str, str], ...] = KEY,
    verb: str = "recover",
) -> Entry:
    """Say how a write ended."""
    return EntryKind.OUTCOME, record(one_id, outcome, arguments, verb)


def note(one_id: str, outcome: str, arguments: tuple[tuple[str, str], ...] = KEY) -> Entry:
    """Say what an attempt that sent nothing came to."""
    return EntryKind.NOTE, record(one_id, outcome, arguments)


def open_ids(*entries: Entry, now: datetime = LATER) -> list[str]:
    """Name the writes that are open."""
    return [one.id for one in open_intents(entries, engine=ENGINE, now=now)]


def test_an_intent_that_is_older_than_any_operation_is_open() -> None:
    found = open_intents([intent("a")], engine=ENGINE, now=LATER)

    assert found == (OpenIntent("a", "recover", "Order/42", AT),)


def test_an_intent_that_is_younger_may_be_a_running_operation() -> None:
    assert open_ids(intent("a"), now=LATER - timedelta(microseconds=1)) == []


def test_how_long_an_operation_runs_can_be_said() -> None:
    now, running_for = AT + timedelta(seconds=5), timedelta(seconds=5)

    found = open_intents([intent("a")], engine=ENGINE, now=now, running_for=running_for)

    assert [one.id for one in found] == ["a"]


def test_an_intent_from_far_in_the_future_is_not_taken_for_a_running_operation() -> None:
    assert open_ids(intent("a"), now=AT - RUNNING_FOR) == ["a"]


def test_a_write_whose_outcome_is_unknown_is_open_at_once() -> None:
    assert open_ids(intent("a"), ended("a", UNKNOWN), now=AT) == ["a"]


def test_a_write_whose_outcome_is_unknown_is_open_although_its_intent_was_rotated_away() -> None:
    assert open_ids(ended("a", UNKNOWN), now=AT) == ["a"]


@pytest.mark.parametrize("outcome", ["confirmed", "no_change", "accepted", "refused", CLOSED])
def test_any_other_outcome_ends_the_write(outcome: str) -> None:
    assert open_ids(intent("a"), ended("a", outcome)) == []


def test_a_closed_write_is_no_longer_open_although_it_was_unknown() -> None:
    assert open_ids(intent("a"), ended("a", UNKNOWN), ended("a", CLOSED)) == []


def test_the_last_word_about_a_write_counts() -> None:
    assert open_ids(intent("a"), ended("a", CLOSED), ended("a", UNKNOWN)) == ["a"]
    assert open_ids(intent("a"), ended("a", UNKNOWN), ended("a")) == []


def test_an_outcome_that_was_stored_before_its_intent_ends_it() -> None:
    assert open_ids(ended("a", "cancelled"), intent("a")) == []


def test_an_unknown_outcome_that_was_stored_before_its_intent_keeps_it_open() -> None:
    assert open_ids(ended("a", UNKNOWN), intent("a"), now=AT) == ["a"]


def test_a_write_to_another_engine_is_neither_shown_nor_does_it_settle_anything() -> None:
    mine, other = record("a"), AuditRecord("b", AT, "ada", "http://other", "recover", KEY)
    done = AuditRecord("b", AT, "ada", "http://other", "recover", KEY, outcome="confirmed")
    entries = [
        (EntryKind.INTENT, mine),
        (EntryKind.INTENT, other),
        (EntryKind.OUTCOME, done),
    ]

    assert open_ids(*entries) == ["a"]
    assert open_ids(entries[1]) == []


@pytest.mark.parametrize("outcome", sorted(FINISHED))
def test_a_later_finished_operation_on_the_same_target_settles_it_whatever_its_verb(
    outcome: str,
) -> None:
    later = [intent("b"), ended("b", outcome, verb="cancel")]

    assert open_ids(intent("a"), ended("a", UNKNOWN), *later) == []


@pytest.mark.parametrize("outcome", ["accepted", "refused", "failed", CLOSED, UNKNOWN])
def test_a_later_operation_that_proved_nothing_does_not_settle_it(outcome: str) -> None:
    found = open_ids(intent("a"), intent("b"), ended("b", outcome))

    assert found == (["a", "b"] if outcome == UNKNOWN else ["a"])


def test_a_finished_operation_on_another_target_does_not_settle_it() -> None:
    assert open_ids(intent("a"), intent("b", OTHER_KEY), ended("b", "confirmed", OTHER_KEY)) == [
        "a"
    ]
    assert open_ids(intent("a"), intent("b", URL), ended("b", "confirmed", URL)) == ["a"]


def test_an_operation_that_began_earlier_does_not_settle_it() -> None:
    assert open_ids(intent("b"), intent("a"), ended("b")) == ["a"]


def test_a_finished_operation_whose_intent_was_rotated_away_settles_what_came_before_it() -> None:
    assert open_ids(intent("a"), ended("b"), intent("c")) == ["c"]


def test_a_finished_operation_settles_every_earlier_write_to_its_target() -> None:
    entries = [intent("a"), intent("b", OTHER_KEY), intent("c"), intent("d"), ended("d")]

    assert open_ids(*entries) == ["b"]


def test_an_attempt_that_found_nothing_to_do_settles_it() -> None:
    assert open_ids(intent("a"), note("b", "no_change")) == []


@pytest.mark.parametrize("outcome", ["ok", "refused", "planned", UNKNOWN])
def test_any_other_note_says_nothing_about_a_write(outcome: str) -> None:
    assert open_ids(intent("a"), note("b", outcome)) == ["a"]
    assert open_ids(note("b", outcome)) == []


def test_urls_of_the_same_place_are_the_same_target() -> None:
    same = (("service_url", "HTTP://u:p@SVC:9080/"), ("force", "true"))

    assert open_ids(intent("a", URL), intent("b", same), ended("b", "confirmed", same)) == []


@pytest.mark.parametrize(
    "arguments",
    [
        (("service_name", "Order"), ("service_key", "a ***")),
        (("service_name", "***"), ("service_key", "42")),
        (("service_url", "http://svc:9080/?..."),),
        (("service_url", "http://svc:9080/***"),),
        (("service_url", "(a URL that cannot be read)"),),
        (("service_key", "42"),),
        (),
    ],
)
def test_a_target_that_is_not_known_in_full_equals_none(
    arguments: tuple[tuple[str, str], ...],
) -> None:
    entries = [intent("a", arguments), intent("b", arguments), ended("b", "confirmed", arguments)]

    assert open_ids(*entries) == ["a"]


def test_a_slash_in_a_name_makes_no_other_target() -> None:
    one = (("service_name", "a/b"), ("service_key", "c"))
    other = (("service_name", "a"), ("service_key", "b/c"))

    assert open_ids(intent("a", one), intent("b", other), ended("b", "confirmed", other)) == ["a"]


@pytest.mark.parametrize(
    ("arguments", "target"),
    [
        (KEY, "Order/42"),
        ((("service_url", "http://u:p@svc:80/"),), "http://svc"),
        ((("service_key", "42"), ("force", "true")), "42/true"),
        ((), ""),
    ],
)
def test_the_target_is_told(arguments: tuple[tuple[str, str], ...], target: str) -> None:
    (found,) = open_intents([intent("a", arguments)], engine=ENGINE, now=LATER)

    assert found.target == target


@given(
    st.lists(
        st.tuples(
            st.sampled_from(EntryKind),
            st.sampled_from("abc"),
            st.sampled_from(["confirmed", "no_change", "failed", CLOSED, UNKNOWN]),
            st.sampled_from([KEY, OTHER_KEY, URL, ()]),
        ),
        max_size=12,
    ),
)
def test_whatever_happened_an_unknown_last_word_is_open_and_closing_all_leaves_none(
    steps: list[tuple[EntryKind, str, str, tuple[tuple[str, str], ...]]],
) -> None:
    entries = [
        (kind, record(one_id, None if kind is EntryKind.INTENT else outcome, arguments))
        for kind, one_id, outcome, arguments in steps
    ]

    assert "z" in open_ids(*entries, intent("z"), ended("z", UNKNOWN))
    assert open_ids(*entries, *(ended(one, CLOSED) for one in open_ids(*entries))) == []


def test_the_write_to_close_is_its_newest_record() -> None:
    unknown = ended("a", UNKNOWN)

    assert intent_to_close([intent("b"), intent("a")], "a") == record("a")
    assert intent_to_close([intent("a"), unknown], "a") is unknown[1]
    assert intent_to_close([unknown, intent("a")], "a") is unknown[1]


def test_a_write_that_is_not_on_record_cannot_be_closed() -> None:
    with pytest.raises(UsageError) as caught:
        intent_to_close([intent("b"), note("a", "ok")], "a")

    assert caught.value.message == "intent id is not usable: no write a is on record."


@pytest.mark.parametrize("outcome", ["confirmed", "failed", CLOSED])
def test_a_write_that_has_ended_cannot_be_closed(outcome: str) -> None:
    with pytest.raises(UsageError) as caught:
        intent_to_close([ended("a", outcome), intent("a")], "a")

    assert caught.value.message == f"intent id is not usable: a has ended already: {outcome}."
