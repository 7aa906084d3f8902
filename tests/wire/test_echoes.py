"""What we sent in secret does not come back in the open."""

import pytest

from wfadmin.wire.echoes import without, without_bytes

TOKEN = "tok/en+1234567890"  # noqa: S105 - made up


@pytest.mark.parametrize(
    ("secrets", "text", "expected"),
    [
        ((TOKEN,), f"got {TOKEN}, twice {TOKEN}", "got ***, twice ***"),
        ((TOKEN,), "got tok%2Fen%2B1234567890", "got ***"),
        (("abc", "abcdef"), "abcdef abc", "*** ***"),
        ((), "abc", "abc"),
        (("",), "abc", "abc"),
        (("short",), "a short text", "a *** text"),
        ((TOKEN,), r'{"got": "tok\/en+1234567890"}', '{"got": "***"}'),
        ((TOKEN,), r'{"got": "\u0074ok\/en\u002B1234567890"}', '{"got": "***"}'),
        (("", "s/t"), r"s\/t and \/", r"*** and \/"),
    ],
)
def test_a_secret_is_masked_where_it_is_shown(
    secrets: tuple[str, ...], text: str, expected: str
) -> None:
    assert without(secrets, text) == expected


@pytest.mark.parametrize(
    ("secrets", "data", "expected"),
    [
        ((TOKEN,), f"got {TOKEN}".encode(), b"got ***"),
        ((TOKEN,), b"got tok%2Fen%2B1234567890", b"got ***"),
        ((), b"abc", b"abc"),
        (
            (TOKEN,),
            rb'{"got": "tok\/en\u002b1234567890", "\n": "\xff"}',
            b'{"got": "***", "\\n": "\\xff"}',
        ),
        ((TOKEN,), b"tok\\/en+1234567890 \xff", b"*** \xff"),
        ((TOKEN,), rb"\u00e9", rb"\u00e9"),
        ((), rb"\u00e9", rb"\u00e9"),
    ],
)
def test_a_secret_is_masked_in_data(secrets: tuple[str, ...], data: bytes, expected: bytes) -> None:
    assert without_bytes(secrets, data) == expected


def test_a_short_secret_stays_in_data_because_it_may_be_part_of_a_key() -> None:
    assert without_bytes(("order", ""), b"order-42") == b"order-42"
