"""
What a text of a body has to be beyond text, said once: it is checked, and the document tells it.

A rule stands in the metadata of the field that it is for, so that the two cannot drift apart.
"""

import re
from typing import Any, Protocol

import attrs

from wfadmin.asgi.settings import KeyCharset
from wfadmin.domain.errors import InvalidWorkflowKey, UsageError
from wfadmin.domain.keys import MAX_NAME_BYTES, WorkflowKey
from wfadmin.domain.urls import normalised_url
from wfadmin.wire.documents import JsonObject

__all__ = ["HttpUrl", "Name", "Rule", "Unicode", "UpTo", "Word", "ruled", "rules_of"]

_RULES = "wfadmin.rules"


class Rule(Protocol):
    """One such rule."""

    @property
    def keywords(self) -> JsonObject:
        """The keywords of JSON Schema that tell it, as far as there are any."""
        ...

    @property
    def words(self) -> str:
        """What no keyword tells, as a sentence; empty for nothing."""
        ...

    def check(self, field: str, text: str) -> None:
        """
        Whether a text obeys it.

        Raises:
            UsageError: It does not.
        """
        ...


@attrs.frozen
class UpTo:
    """So many characters."""

    limit: int
    error: type[UsageError] = UsageError
    words: str = attrs.field(default="", init=False)

    @property
    def keywords(self) -> JsonObject:
        """See `Rule.keywords`."""
        return {"maxLength": self.limit}

    def check(self, field: str, text: str) -> None:
        """See `Rule.check`."""
        if len(text) > self.limit:
            raise self.error(field, f"it is longer than {self.limit} characters")


@attrs.frozen
class Unicode:
    """No half of a character."""

    words: str = attrs.field(default="No half of a surrogate pair.", init=False)

    @property
    def keywords(self) -> JsonObject:
        """See `Rule.keywords`."""
        return {}

    def check(self, field: str, text: str) -> None:
        """See `Rule.check`."""
        if any("\ud800" <= one <= "\udfff" for one in text):
            raise UsageError(field, "it is not valid Unicode")


@attrs.frozen
class Name:
    """What an engine can hold as a name."""

    words: str = attrs.field(
        default=f"At most {MAX_NAME_BYTES} bytes in UTF-8, and no half of a surrogate pair.",
        init=False,
    )

    @property
    def keywords(self) -> JsonObject:
        """See `Rule.keywords`."""
        # No text has fewer bytes than characters.
        return {"minLength": 1, "maxLength": MAX_NAME_BYTES}

    def check(self, field: str, text: str) -> None:
        """See `Rule.check`."""
        try:
            WorkflowKey(text, text)
        except InvalidWorkflowKey as error:
            raise InvalidWorkflowKey(field, error.problem) from None


@attrs.frozen
class Word:
    """Characters that stand for themselves in every path and shell."""

    pattern: str = attrs.field(default=r"^[A-Za-z0-9_-]+$", init=False)
    words: str = attrs.field(default="", init=False)

    @property
    def keywords(self) -> JsonObject:
        """See `Rule.keywords`."""
        return {"pattern": self.pattern}

    def check(self, field: str, text: str) -> None:
        """See `Rule.check`."""
        if not re.fullmatch(self.pattern, text):
            raise InvalidWorkflowKey(field, "only letters, digits, hyphens and _ are allowed")


@attrs.frozen
class HttpUrl:
    """An address that a deployment can be registered at."""

    words: str = attrs.field(
        default="An absolute http or https URL with a host, without blanks.", init=False
    )

    @property
    def keywords(self) -> JsonObject:
        """See `Rule.keywords`."""
        return {"format": "uri", "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://"}

    def check(self, field: str, text: str) -> None:
        """See `Rule.check`."""
        normalised_url(text, argument=field)


def ruled(*rules: Rule, unless_any: Rule | None = None) -> dict[str, object]:
    """
    The metadata of a field.

    Args:
        rules: What it has to obey, in the order in which it is checked.
        unless_any: What it has to obey besides, unless the host takes any key.
    """
    return {_RULES: (rules, unless_any)}


def rules_of(field: "attrs.Attribute[Any]", charset: KeyCharset) -> tuple[Rule, ...]:
    """The rules of a field of a body, on a host that takes such keys."""
    rules, unless_any = field.metadata.get(_RULES, ((), None))
    return rules if unless_any is None or charset == "any" else (*rules, unless_any)
