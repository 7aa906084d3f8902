"""Bytes to fields and back: as the library reads and writes them, and stricter."""

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from tests.adapters.dapr_grpc import oracle
from wfadmin.adapters.dapr.grpc.codec import (
    Fields,
    WrongBytesError,
    fields_of,
    flag,
    number,
    text,
    wrapped,
)
from wfadmin.adapters.dapr.grpc.messages import rerun_request

_TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(_TEXTS, st.integers(0, 2**32 - 1), _TEXTS, st.none() | _TEXTS)
def test_a_request_is_what_the_library_writes(
    source: str,
    event: int,
    new: str,
    payload: str | None,
) -> None:
    told = {"sourceInstanceID": source, "eventID": event, "newInstanceID": new}
    more = {} if payload is None else {"input": payload, "overwriteInput": True}
    expected = oracle.encoded("RerunWorkflowFromEventRequest", told | more)

    assert rerun_request(source, event, new, payload) == expected


@given(st.integers(-(2**31), 2**31 - 1), _TEXTS, st.lists(_TEXTS), st.booleans())
def test_a_message_of_the_library_is_read(
    event: int,
    name: str,
    patches: list[str],
    recurse: bool,  # noqa: FBT001 - drawn
) -> None:
    version = {"patches": patches, "name": name}
    data = oracle.encoded(
        "HistoryEvent",
        {
            "eventId": event,
            "workflowStarted": {"version": version},
            "executionTerminated": {"recurse": recurse},
        },
    )
    fields = fields_of(data)

    assert fields.int32(1) == event
    assert _inner(_inner(fields, 14), 1).texts(1) == tuple(patches)
    assert _inner(_inner(fields, 14), 1).text(2) == name
    assert _inner(fields, 5).flag(2) is recurse


def _inner(fields: Fields, field: int) -> Fields:
    inner = fields.inner(field)
    assert inner is not None
    return inner


@given(st.binary(max_size=40))
def test_whatever_the_library_refuses_is_refused(data: bytes) -> None:
    # A message without any field: all of them are unknown, and skipped.
    try:
        oracle.message("Nothing").ParseFromString(data)
    except DecodeError:
        with pytest.raises(WrongBytesError):
            fields_of(data)


@given(st.binary(max_size=40))
def test_any_bytes_are_fields_or_wrong(data: bytes) -> None:
    try:
        found = fields_of(data)
    except WrongBytesError:
        return
    assert all(one > 0 for one in found.numbers)


def test_a_message_that_is_cut_anywhere_is_wrong_or_lacks_whole_fields() -> None:
    data = oracle.instance("li-0", input='"in"')
    lengths = [size for size in range(len(data)) if _is_whole(data[:size])]

    assert lengths == [0, 2]  # nothing at all, and what says that it exists


def _is_whole(data: bytes) -> bool:
    try:
        fields_of(data)
    except WrongBytesError:
        return False
    return True


def test_unknown_fields_of_every_type_are_passed_over() -> None:
    # A number, eight bytes, a text and four bytes.
    unknown = b"\x78\x01" + b"\x81\x01" + b"12345678" + b"\x8a\x01\x02hi" + b"\x95\x01" + b"1234"

    fields = fields_of(text(1, "a") + unknown + number(2, 7))

    assert (fields.text(1), fields.unsigned(2)) == ("a", 7)
    assert fields.numbers == (1, 15, 16, 17, 18, 2)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"\x08", "it ends in the middle of a number, or a number has no end"),
        (b"\x08" + b"\xff" * 10, "it ends in the middle of a number, or a number has no end"),
        (b"\x0a\x05abc", "it ends in the middle"),
        (b"\x09123", "it ends in the middle"),
        (b"\x0d123", "it ends in the middle"),
        (b"\x00\x01", "there is no field 0"),
        (b"\xf8\xff\xff\xff\x1f\x01", "there is no field 1073741823"),
        (b"\x0b\x0c", "there is no wire type 3"),
        (b"\x0f", "there is no wire type 7"),
    ],
)
def test_bytes_that_are_no_message_are_named(data: bytes, problem: str) -> None:
    with pytest.raises(WrongBytesError) as raised:
        fields_of(data)

    assert str(raised.value) == problem


@pytest.mark.parametrize("data", [b"\x0a\x01a", b"\x0912345678", b"\x0d1234"])
def test_a_number_of_another_wire_type_is_wrong(data: bytes) -> None:
    with pytest.raises(WrongBytesError, match="field 1 is no number"):
        fields_of(data).unsigned(1)


@pytest.mark.parametrize("data", [b"\x08\x01", b"\x0912345678", b"\x0d1234", b"\x0a\x00\x08\x01"])
def test_a_text_of_another_wire_type_is_wrong(data: bytes) -> None:
    with pytest.raises(WrongBytesError, match="field 1 holds no bytes"):
        fields_of(data).text(1)


def test_a_text_that_is_not_utf_8_is_wrong() -> None:
    with pytest.raises(WrongBytesError, match="field 1 is not UTF-8"):
        fields_of(b"\x0a\x01\xff").text(1)


def test_what_is_not_there_has_the_value_that_it_has_on_the_wire() -> None:
    fields = fields_of(b"")

    assert (fields.unsigned(1), fields.int32(1), fields.int64(1)) == (0, 0, 0)
    assert (fields.flag(1), fields.text(1), fields.texts(1)) == (False, "", ())
    assert (fields.text_or_none(1), fields.inner(1), fields.wrapped_text(1)) == (None, None, None)


def test_of_a_single_field_the_last_value_holds_and_a_message_is_merged() -> None:
    twice = fields_of(number(1, 1) + text(2, "a") + number(1, 2) + text(2, "b"))
    parts = fields_of(wrapped(3, "a") + b"\x1a\x02\x10\x05")

    assert (twice.unsigned(1), twice.text(2)) == (2, "b")
    assert (parts.wrapped_text(3), _inner(parts, 3).unsigned(2)) == ("a", 5)


def test_nothing_is_written_for_what_is_not_set() -> None:
    assert text(1, "") + flag(2, value=False) == b""
    assert wrapped(1, "") == b"\x0a\x00"
    assert number(1, 300) == b"\x08\xac\x02"
