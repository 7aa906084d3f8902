"""
Classes as JSON Schema (2020-12): of request bodies and of answers.

Laws:

- A request body takes no key that it does not name; an answer may come to have more.
- What is checked of a text is what is told of it: both are the rules on its field.
- Of an answer, a key is required where our own API always tells it.
"""

import inspect
import re
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import attrs

from wfadmin.asgi.rules import rules_of
from wfadmin.asgi.settings import KeyCharset
from wfadmin.wire.answers.words import ALWAYS
from wfadmin.wire.documents import JsonObject

__all__ = ["Schemas"]

_PLAIN: dict[object, JsonObject] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    datetime: {"type": "string", "format": "date-time"},
    NoneType: {"type": "null"},
    Any: {},
}
_ATTRIBUTE = re.compile(r"^    (\w+): (.+(?:\n {8}.+)*)", re.MULTILINE)


@attrs.frozen(eq=False)
class Schemas:
    """
    The schemas of classes, each once; they refer to each other by name.

    Attributes:
        charset: Which keys the host takes.
        named: What was asked for, and what that refers to, by the names of the classes.
    """

    charset: KeyCharset = "word"
    named: dict[str, JsonObject] = attrs.field(factory=dict[str, JsonObject], init=False)

    def of_request(self, kind: type) -> JsonObject:
        """Give a reference to the schema of a request body."""
        return self._reference(kind, is_closed=True)

    def of_answer(self, kind: type) -> JsonObject:
        """Give a reference to the schema of an answer."""
        return self._reference(kind, is_closed=False)

    def _reference(self, kind: type, *, is_closed: bool) -> JsonObject:
        if kind.__name__ not in self.named:
            # First its name, so that they stand in the order in which they are met.
            self.named[kind.__name__] = {}
            self.named[kind.__name__] |= self._object(kind, is_closed=is_closed)
        return {"$ref": f"#/components/schemas/{kind.__name__}"}

    def _object(self, kind: type, *, is_closed: bool) -> JsonObject:
        hints, told = get_type_hints(kind), _told_of(kind)
        fields = attrs.fields(kind)
        required = [
            one.name
            for one in fields
            if one.default is attrs.NOTHING or one.metadata.keys() >= ALWAYS.keys()
        ]
        properties = {
            one.name: self._field(one, hints[one.name], told, is_closed=is_closed) for one in fields
        }
        schema: JsonObject = {
            "type": "object",
            "description": _summary(kind),
            "properties": properties,
        }
        schema |= {"required": required} if required else {}
        return schema | ({"additionalProperties": False} if is_closed else {})

    def _field(
        self,
        field: "attrs.Attribute[Any]",
        hint: object,
        told: Mapping[str, str],
        *,
        is_closed: bool,
    ) -> JsonObject:
        rules = rules_of(field, self.charset)
        text: JsonObject = {"type": "string"}
        for rule in rules:
            text |= rule.keywords
        schema = self._value(hint, text)
        words = " ".join(filter(None, (told.get(field.name), *(rule.words for rule in rules))))
        schema = schema | ({"description": words} if words else {})
        is_told = is_closed and field.default is not attrs.NOTHING
        return schema | ({"default": field.default} if is_told else {})

    def _value(  # noqa: PLR0911 - one for each kind of type
        self,
        hint: Any,  # noqa: ANN401 - any type
        text: JsonObject,
    ) -> JsonObject:
        """
        The schema of a value.

        Args:
            hint: Its type.
            text: The schema of a text in it.
        """
        origin, parts = get_origin(hint), get_args(hint)
        if hint is str:
            return text
        if hint in _PLAIN:
            return _PLAIN[hint]
        if origin in (Union, UnionType):
            return {"anyOf": [self._value(one, text) for one in parts]}
        if origin is Literal:
            return {"type": "string", "enum": list(parts)}
        if origin is tuple:
            return {"type": "array", "items": self._value(parts[0], text)}
        if origin is not None:
            return {"type": "object", "additionalProperties": self._value(parts[1], text)}
        if issubclass(hint, Enum):
            return {"type": "string", "enum": [one.value for one in hint]}
        return self.of_answer(hint)


def _summary(kind: type) -> str:
    return " ".join(_doc(kind).partition("\nAttributes:")[0].split())


def _told_of(kind: type) -> dict[str, str]:
    """What the class, and those above it, say of their fields."""
    told: dict[str, str] = {}
    for one in reversed(kind.__mro__[:-1]):
        attributes = _doc(one).partition("\nAttributes:")[2]
        told |= {name: " ".join(words.split()) for name, words in _ATTRIBUTE.findall(attributes)}
    return told


def _doc(kind: type) -> str:
    return inspect.cleandoc(kind.__doc__ or "")
