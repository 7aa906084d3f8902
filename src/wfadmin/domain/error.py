"""The root of the errors: what every one of them says."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, ClassVar

import attrs

from wfadmin.domain.text import shown

__all__ = ["IT_BEGINS", "IT_SAYS", "Sent", "WfadminError"]

#: What stands before the words of an engine where an error quotes them.
IT_SAYS, IT_BEGINS = "It says: ", "It begins: "


class Sent(StrEnum):
    """Whether any write had left us when an error arose."""

    NO = "no"
    YES = "yes"
    UNKNOWN = "unknown"


def _rebuild(kind: Callable[..., "WfadminError"], fields: dict[str, Any]) -> "WfadminError":
    return kind(**fields)


# How many things one sentence names; the fields hold them all.
_NAMED = 5


def _worded(value: object) -> str:
    if isinstance(value, tuple):
        first = ", ".join(_worded(one) for one in value[:_NAMED]) or "none"
        more = len(value) - _NAMED
        return first if more <= 0 else f"{first} and {more} more"
    return shown(str(value))


@attrs.define(slots=False, eq=False, repr=False)
class WfadminError(Exception):
    """
    The root of the tree: catch it to catch all that wfadmin raises on purpose.

    Attributes:
        code: A stable slug for machines; never changes meaning.
        retryable: Whether the same call may succeed later without anybody changing anything.
        sent: Whether any write had left us. With `yes` or `unknown`, read before acting again.
        also: What else the caller must know, such as a run that was left paused.
    """

    code: ClassVar[str] = "error"
    retryable: ClassVar[bool] = False
    # Sentences with the names of fields in braces. What the fields hold is made safe to show.
    _message: ClassVar[str] = "wfadmin failed."
    _why: ClassVar[str] = "The cause is not known."
    _fix: ClassVar[str] = "Run doctor, then try again."

    sent: Sent = attrs.field(default=Sent.NO, kw_only=True)
    also: tuple[str, ...] = attrs.field(default=(), kw_only=True)

    @property
    def message(self) -> str:
        """What happened, in one line."""
        return self._filled(self._message)

    @property
    def why(self) -> str:
        """Why it happened, as far as is known."""
        return self._filled(self._why)

    @property
    def fix(self) -> str:
        """What to do next."""
        return self._filled(self._fix)

    def _fields(self) -> dict[str, Any]:
        return {one.name: getattr(self, one.name) for one in attrs.fields(type(self))}

    def _filled(self, sentence: str) -> str:
        return sentence.format_map({n: _worded(v) for n, v in self._fields().items()})

    def __str__(self) -> str:
        return f"{self.message} {self.why} {self.fix}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.message!r}, sent={self.sent.value!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        # The default would call the class with `args`, which keyword-only fields do not survive.
        return (_rebuild, (type(self), self._fields()))
