"""What every failure answers."""

from collections.abc import Mapping
from typing import Any

import attrs

__all__ = ["ErrorAnswer", "ErrorBody"]


@attrs.frozen
class ErrorBody:
    """
    One failure.

    Attributes:
        id: A stable word for it; it never changes meaning.
        category: Who has to do something: `client`, `auth`, `permission`, `domain`,
            `dependency` or `internal`.
        status: The HTTP status.
        retryable: Whether the same request may simply be sent again.
        message: What happened, in one line.
        why: Why it happened, as far as is known.
        fix: What to do next.
        details: What it is about, by the names of its class; left out where there is nothing.
    """

    id: str
    category: str
    status: int
    retryable: bool
    message: str
    why: str
    fix: str
    details: Mapping[str, Any] | None = attrs.field(default=None, repr=False)


@attrs.frozen
class ErrorAnswer:
    """
    The body of every failure.

    Attributes:
        error: The failure.
    """

    error: ErrorBody
