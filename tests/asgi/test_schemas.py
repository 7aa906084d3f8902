"""Classes as JSON Schema, and that it says of a body what is checked of it."""

import json
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

import attrs
import pytest
from jsonschema import Draft202012Validator

from wfadmin.asgi.bodies import (
    CleanupBody,
    DoctorBody,
    InspectBody,
    RecoverBody,
    RedeployBody,
    read_body,
)
from wfadmin.asgi.rules import rules_of
from wfadmin.asgi.schemas import Schemas
from wfadmin.asgi.settings import KeyCharset
from wfadmin.errors import InvalidWorkflowKey, UsageError
from wfadmin.wire.answers.words import ALWAYS

BODIES = (DoctorBody, InspectBody, RecoverBody, RedeployBody, CleanupBody)
URL = "http://orders:9080"
TEXT = {"type": "string"}


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@attrs.frozen
class Part:
    """A part."""


@attrs.frozen
class Base:
    """
    The base.

    Attributes:
        name: What it is called,
            in two lines.
    """

    name: str


@attrs.frozen
class Whole(Base):
    """
    A whole, of
    some parts.

    Attributes:
        at: When.
        colour: Which.
        count: How many.
        parts: Its parts.
        told: Whether it is.
    """

    at: datetime
    colour: Colour | None
    parts: tuple[Part, ...]
    by_name: Mapping[str, int]
    anything: Mapping[str, Any]
    how: Literal["a", "b"]
    count: int | None = attrs.field(default=None, metadata=ALWAYS)
    told: bool = True


PROPERTIES = {
    "name": TEXT | {"description": "What it is called, in two lines."},
    "at": TEXT | {"format": "date-time", "description": "When."},
    "colour": {
        "anyOf": [TEXT | {"enum": ["red", "blue"]}, {"type": "null"}],
        "description": "Which.",
    },
    "parts": {
        "type": "array",
        "items": {"$ref": "#/components/schemas/Part"},
        "description": "Its parts.",
    },
    "by_name": {"type": "object", "additionalProperties": {"type": "integer"}},
    "anything": {"type": "object", "additionalProperties": {}},
    "how": TEXT | {"enum": ["a", "b"]},
    "count": {"anyOf": [{"type": "integer"}, {"type": "null"}], "description": "How many."},
    "told": {"type": "boolean", "description": "Whether it is."},
}
REQUIRED = ["name", "at", "colour", "parts", "by_name", "anything", "how"]


def schema(kind: type, charset: KeyCharset = "word") -> dict[str, Any]:
    schemas = Schemas(charset)
    schemas.of_request(kind)
    return schemas.named[kind.__name__]


def test_an_answer_may_come_to_have_more_and_has_what_is_always_told() -> None:
    schemas = Schemas()

    assert schemas.of_answer(Whole) == {"$ref": "#/components/schemas/Whole"}
    assert list(schemas.named) == ["Whole", "Part"]
    assert schemas.named["Part"] == {
        "type": "object",
        "description": "A part.",
        "properties": {},
    }
    assert schemas.named["Whole"] == {
        "type": "object",
        "description": "A whole, of some parts.",
        "properties": PROPERTIES,
        "required": [*REQUIRED, "count"],
    }


def test_a_request_takes_nothing_else_and_says_what_may_be_left_out() -> None:
    assert schema(RedeployBody) == {
        "type": "object",
        "description": "Which URL to register.",
        "properties": {
            "reason": {
                "anyOf": [TEXT | {"maxLength": 500}, {"type": "null"}],
                "description": "Why, in the caller's own words, for the record. "
                "No half of a surrogate pair.",
                "default": None,
            },
            "serviceUrl": {
                "type": "string",
                "maxLength": 2048,
                "format": "uri",
                "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://",
                "description": "Where the deployment answers. "
                "An absolute http or https URL with a host, without blanks.",
            },
            "force": {
                "type": "boolean",
                "description": "Whether what is registered for the URL is replaced, with new "
                "revisions.",
                "default": True,
            },
        },
        "required": ["serviceUrl"],
        "additionalProperties": False,
    }


@pytest.mark.parametrize(
    ("charset", "pattern"), [("word", {"pattern": "^[A-Za-z0-9_-]+$"}), ("any", {})]
)
def test_a_key_is_told_as_the_host_takes_it(
    charset: KeyCharset, pattern: Mapping[str, str]
) -> None:
    told = schema(InspectBody, charset)["properties"]

    assert told["serviceKey"] == {
        "type": "string",
        "minLength": 1,
        "maxLength": 2048,
        **pattern,
        "description": "The key itself. At most 2048 bytes in UTF-8, and no half of a surrogate "
        "pair.",
    }
    assert told["serviceName"].keys() == told["serviceKey"].keys()


@pytest.mark.parametrize("kind", BODIES)
def test_every_schema_of_a_body_is_one(kind: type) -> None:
    Draft202012Validator.check_schema(schema(kind))


# --- what is told is what is checked -------------------------------------------------------------

FITS: list[tuple[type, KeyCharset, str]] = [
    (DoctorBody, "word", "{}"),
    (DoctorBody, "word", '{"reason": null}'),
    (DoctorBody, "word", f'{{"reason": "{"x" * 500}"}}'),
    (InspectBody, "word", f'{{"serviceName": "O_-1", "serviceKey": "{"k" * 2048}"}}'),
    (InspectBody, "any", '{"serviceName": "a/b", "serviceKey": "\\u00e9\\n"}'),
    (RedeployBody, "word", f'{{"serviceUrl": "HTTP{URL[4:]}", "force": false}}'),
    (CleanupBody, "word", f'{{"serviceUrl": "{URL}/{"x" * (2047 - len(URL))}"}}'),
]
FITS_NOT: list[tuple[type, KeyCharset, str]] = [
    (DoctorBody, "word", "[]"),
    (DoctorBody, "word", '{"verbose": true}'),
    (DoctorBody, "word", '{"reason": 7}'),
    (DoctorBody, "word", f'{{"reason": "{"x" * 501}"}}'),
    (InspectBody, "word", '{"serviceName": "O"}'),
    (InspectBody, "word", '{"serviceName": "O", "serviceKey": ""}'),
    (InspectBody, "word", '{"serviceName": "O", "serviceKey": "a b"}'),
    (InspectBody, "word", f'{{"serviceName": "O", "serviceKey": "{"k" * 2049}"}}'),
    (InspectBody, "any", '{"serviceName": "O", "serviceKey": ""}'),
    (InspectBody, "any", f'{{"serviceName": "O", "serviceKey": "{"k" * 2049}"}}'),
    (InspectBody, "any", '{"serviceName": "O", "serviceKey": null}'),
    (RedeployBody, "word", '{"serviceUrl": "orders:9080"}'),
    (RedeployBody, "word", f'{{"serviceUrl": "{URL}", "force": 1}}'),
    (CleanupBody, "word", f'{{"serviceUrl": "{URL}/{"x" * (2048 - len(URL))}"}}'),
    (CleanupBody, "word", f'{{"serviceUrl": "{URL}", "force": true}}'),
]


def is_valid(kind: type, charset: KeyCharset, text: str) -> bool:
    return Draft202012Validator(schema(kind, charset)).is_valid(json.loads(text))


@pytest.mark.parametrize(("kind", "charset", "text"), FITS)
def test_what_the_schema_takes_is_read(kind: type, charset: KeyCharset, text: str) -> None:
    assert is_valid(kind, charset, text)
    assert isinstance(read_body(text.encode(), kind, key_charset=charset), kind)


@pytest.mark.parametrize(("kind", "charset", "text"), FITS_NOT)
def test_what_the_schema_refuses_is_refused(kind: type, charset: KeyCharset, text: str) -> None:
    assert not is_valid(kind, charset, text)
    with pytest.raises(UsageError):
        read_body(text.encode(), kind, key_charset=charset)


def test_a_field_without_rules_has_none() -> None:
    assert rules_of(attrs.fields(RedeployBody).force, "word") == ()


def test_a_limit_in_bytes_is_in_words_alone() -> None:
    # JSON Schema counts characters.
    text = json.dumps({"serviceName": "O", "serviceKey": "\N{EURO SIGN}" * 2048})

    assert is_valid(InspectBody, "any", text)
    with pytest.raises(InvalidWorkflowKey, match="6144 bytes"):
        read_body(text.encode(), InspectBody, key_charset="any")
