"""Names and payloads are checked before anything is sent."""

import pytest

from wfadmin.adapters.dapr.identifiers import app_query, json_body, name_segment, new_id, segment
from wfadmin.domain.errors import InvalidWorkflowKey, UsageError


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("a-b_c-1", "a-b_c-1"),
        ("x" * 64, "x" * 64),
        ("\N{LATIN SMALL LETTER E WITH ACUTE}" * 32, "%C3%A9" * 32),
        ("\N{ARABIC-INDIC DIGIT ONE}", "%D9%A1"),
        ("\N{MODIFIER LETTER SMALL H}\N{LATIN CAPITAL LETTER DZ}", "%CA%B0%C7%B1"),
    ],
)
def test_letters_digits_dashes_and_underscores_make_an_id(text: str, quoted: str) -> None:
    assert new_id(text) == quoted


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it is empty"),
        ("x" * 65, "65 bytes long, at most 64"),
        ("\N{LATIN SMALL LETTER E WITH ACUTE}" * 33, "66 bytes long"),
        ("a b", "something else than letters"),
        ("parent:0001", "something else than letters"),
        ("a\0b", "something else than letters"),
        ("a\udc80", "something else than letters"),
        # A number that is no digit, and a mark that is no letter.
        ("\N{SUPERSCRIPT TWO}", "something else than letters"),
        ("e\N{COMBINING ACUTE ACCENT}", "something else than letters"),
    ],
)
def test_another_id_of_a_new_instance_is_refused(text: str, problem: str) -> None:
    with pytest.raises(InvalidWorkflowKey, match=problem):
        new_id(text)


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("parent:0001", "parent%3A0001"),
        ("a/../b", "a%2F..%2Fb"),
        ("...", "..."),
        ("a?b#c%2e", "a%3Fb%23c%252e"),
        (" \n", "%20%0A"),
    ],
)
def test_any_other_text_is_one_part_of_a_path(text: str, quoted: str) -> None:
    assert segment(text) == quoted


@pytest.mark.parametrize("text", ["", ".", "..", "a\udc80"])
def test_what_no_path_can_hold_is_no_part_of_one(text: str) -> None:
    assert segment(text) is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [("", "it is empty"), ("..", "cannot stand in the path"), ("\udc80", "cannot stand in")],
)
def test_a_name_that_no_path_can_hold_is_refused(text: str, problem: str) -> None:
    with pytest.raises(UsageError, match=f"event name is not usable: .*{problem}"):
        name_segment("event name", text)


@pytest.mark.parametrize("text", ["null", '"x"', '{"a": 1}', "1e400", " [] ", '"\u00e9"'])
def test_json_is_sent_as_it_stands(text: str) -> None:
    assert json_body("input", text) == text.encode()


def test_no_payload_is_not_the_same_as_null() -> None:
    assert json_body("input", None) is None


@pytest.mark.parametrize(
    "text", ["", "plain text", "{'a': 1}", "NaN", "[Infinity]", "{} {}", '"\udc80"', "[" * 100_000]
)
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="input is not usable: it is not JSON"):
        json_body("input", text)


def test_an_app_id_is_named_in_the_query() -> None:
    assert app_query("other-App_1") == "appID=other-App_1"


@pytest.mark.parametrize("text", ["", "a b", "a&x=1", "a\n", "\u00e9"])
def test_what_no_app_can_bear_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="app id is not usable"):
        app_query(text)
