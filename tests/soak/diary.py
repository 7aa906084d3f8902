"""What one operation asked, sent and stored, in its order: the base of every judgement."""

from enum import StrEnum
from typing import Any

import attrs

from wfadmin.domain.keys import Incarnation
from wfadmin.domain.model import Invocation
from wfadmin.domain.plan import Action

#: The one shared handler of every story.
SHARED = "watch"


class Did(StrEnum):
    """What an operation did."""

    #: Was told the runs of a whole key.
    LOOKED = "looked at the key"
    READ_STATE = "read the state"
    ASKED = "asked something else"
    SAVED = "saved the evidence"
    INTENDED = "stored the intent"
    SENT = "sent a write"
    HEARD = "heard the answer"
    LOST = "heard no answer"
    ENDED = "stored the outcome"
    NOTED = "noted an attempt that sent nothing"


@attrs.frozen
class Write:
    """One write, as it was sent."""

    action: Action
    target: str
    incarnation: Incarnation | None


@attrs.define(eq=False)
class Diary:
    """All that one operation did, with what came of it."""

    pages: list[tuple[Did, Any]] = attrs.field(factory=list)

    @property
    def writes(self) -> list[Write]:
        """Everything that was sent."""
        return [what for did, what in self.pages if did is Did.SENT]

    def place_of(self, write: Write) -> int:
        """Where the write was sent: the last time, if it was sent again."""
        return max(n for n, page in enumerate(self.pages) if page == (Did.SENT, write))

    def last(self, did: Did, *, before: int | None = None) -> Any:  # noqa: ANN401 - of any kind
        """What came of it the last time; None where it was not done."""
        return next((what for one, what in reversed(self.pages[:before]) if one is did), None)

    def places(self, did: Did) -> list[int]:
        """Where it was done."""
        return [n for n, (one, _) in enumerate(self.pages) if one is did]

    def planned(self) -> tuple[Invocation, ...]:
        """The runs of the last look before the intent."""
        intended = self.places(Did.INTENDED)
        return self.last(Did.LOOKED, before=intended[0] if intended else None) or ()
