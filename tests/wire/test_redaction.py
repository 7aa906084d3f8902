"""What is kept of a call gives no secret away."""

from datetime import UTC, datetime

import pytest
from hypothesis import given

from tests.domain.hostile import anything
from wfadmin.ports.audit import AuditRecord
from wfadmin.wire.redaction import masked, redacted

AT = datetime(2026, 5, 9, 10, tzinfo=UTC)

MASKED = [
    ("http://ada:s3cret@svc:9080/x", "http://***@svc:9080/x"),
    ("see http://ada:s3c/r@et@svc and https://ok/", "see http://***@svc and https://ok/"),
    ("Authorization: Bearer s3cret.s3cret-1=", "Authorization: ***"),
    ("authorization: Token s3cret s3cret\nnext line", "authorization: ***\nnext line"),
    ("{'Authorization': 'Bearer s3cret', 'b': 1}", "{'Authorization': '***', 'b': 1}"),
    ("Set-Cookie: id=s3cret; Path=/", "Set-Cookie: ***"),
    ("it sent BEARER s3cret, twice", "it sent BEARER ***, twice"),
    ("bearer%20s3cret", "bearer ***"),
    ('Bearer "s3cret', "Bearer ***"),
    ("Basic czNjcmV0OnMzY3JldA==", "Basic ***"),
    ("got eyJhbGciOi.eyJzdWIi.s3cret_x-1.", "got ***"),
    ("http://svc/?token=s3cret&x=1#a", "http://svc/?token=***&x=1#a"),
    ("redirect=a%3Faccess_token%3Ds3cret", "redirect=a%3Faccess_token%3D***"),
    ("X-Api-Key: s3cret", "X-Api-Key: ***"),
    ("password: 's3cret s3cret' api_key=s3cret", "password: *** api_key=***"),
    ('{"client_secret": "s3cret", "a": 1}', '{"client_secret": ***, "a": 1}'),
    ("passwd='s3cret without an end", "passwd=***"),
]

KEPT = [
    "",
    "http://svc:9080/x?y=1#z",
    "mail ada@example.com about http://svc",
    "order-42/a=b",
    "inv_1eXampLE0000",
    "basic authentication failed",
    "the token has expired",
    "eyJ is no token",
    "password=",
]


@pytest.mark.parametrize(("text", "expected"), MASKED)
def test_a_secret_is_masked_with_all_that_belongs_to_it(text: str, expected: str) -> None:
    assert masked(text) == expected
    assert "s3c" not in masked(text)


@pytest.mark.parametrize("text", KEPT)
def test_other_text_is_kept(text: str) -> None:
    assert masked(text) == text


@pytest.mark.parametrize("expected", [each for _, each in MASKED])
def test_what_is_masked_stays_as_it_is(expected: str) -> None:
    assert masked(expected) == expected


@given(anything, anything)
def test_a_password_in_a_url_is_masked_whatever_stands_around_it(one: str, other: str) -> None:
    assert "s3cret" not in masked(f"{one}http://ada:s3cret@svc{other}")


@pytest.mark.parametrize(
    "part",
    ["token", "token ", "token=' ", "bearer ", "bearer=", "basic ", "eyJ-", "eyJa.", "://", "a@"],
)
@pytest.mark.timeout(10)
def test_long_text_takes_no_longer_than_its_length(part: str) -> None:
    masked(part * 100_000)


def test_a_record_is_kept_without_secrets() -> None:
    url, word = "http://ada:s3cret@svc", "Bearer s3cret"
    record = AuditRecord(
        id="op_1",
        at=AT,
        actor=word,
        engine="http://engine",
        verb="redeploy",
        arguments=(("service_url", url), ("api_token", "s3cret"), ("service_key", "42")),
        reason=word,
        outcome="failed",
        error=f"no answer from {url}",
    )

    assert redacted(record) == AuditRecord(
        id="op_1",
        at=AT,
        actor="Bearer ***",
        engine="http://engine",
        verb="redeploy",
        arguments=(("service_url", "http://***@svc"), ("api_token", "***"), ("service_key", "42")),
        reason="Bearer ***",
        outcome="failed",
        error="no answer from http://***@svc",
    )


def test_a_record_without_texts_stays_as_it_is() -> None:
    record = AuditRecord("op_1", AT, "ada", "http://engine", "doctor", outcome="ok")

    assert redacted(record) == record


def test_a_long_text_is_cut_but_no_argument_is() -> None:
    key = (("service_key", "k" * 10_000),)
    record = AuditRecord("op_1", AT, "ada", "http://engine", "recover", key, "r" * 10_000)

    kept = redacted(record)

    assert kept.reason == "r" * 3997 + "..."
    assert kept.arguments == key
