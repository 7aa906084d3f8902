"""What one actor asked, heard and sent, in its order: the base of every judgement."""

from collections.abc import Hashable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import attrs

from wfadmin.domain.keys import Incarnation, WorkflowKey
from wfadmin.domain.model import Invocation
from wfadmin.domain.plan import Action
from wfadmin.domain.policy import RecoveryPolicy
from wfadmin.testing.explore.moment import Moment

__all__ = ["Began", "Diary", "Did", "Look", "Page", "Write"]


class Did(StrEnum):
    """What was done."""

    #: Called a verb of wfadmin: a chapter begins.
    BEGAN = "called a verb"
    #: Read runs.
    LOOKED = "looked at runs"
    READ_STATE = "read the state"
    LISTED = "listed the deployments"
    LISTED_SERVICES = "listed the services"
    ASKED_USAGE = "asked what holds the deployments"
    ASKED = "asked something else"
    #: A question or a write that found nobody: nothing was sent.
    MISSED = "found nobody"
    LEASED = "asked for the lease"
    SAVED = "saved the evidence"
    INTENDED = "stored the intent"
    SENT = "sent a write"
    HEARD = "heard the answer"
    ENDED = "stored the outcome"
    NOTED = "noted an attempt that sent nothing"


@attrs.frozen
class Write:
    """
    One write, as it was sent.

    Attributes:
        target: The id of a run or deployment, a URL, or the name of a key.
        key: Of the run, or of what is cleared; None where nobody says.
        detail: What else makes it another write, such as the deployment to resume on.
    """

    action: Action
    target: str
    incarnation: Incarnation | None = None
    key: WorkflowKey | None = attrs.field(default=None, eq=False)
    detail: str = ""


@attrs.frozen
class Look:
    """
    One look at runs.

    Attributes:
        key: Whose; None where it was at one run without a key.
        is_whole: Whether it was at all runs of the key.
        at: When. What goes by it sees the time itself.
    """

    key: WorkflowKey | None
    runs: tuple[Invocation, ...]
    is_whole: bool
    at: datetime = attrs.field(eq=False)

    def find(self, invocation_id: str) -> Invocation | None:
        """The run of that id, as it was seen."""
        return next((one for one in self.runs if one.id == invocation_id), None)

    def is_about(self, write: Write) -> bool:
        """Whether it can be the reason for a write."""
        has_key = write.key is not None and self.key == write.key
        return has_key or self.find(write.target) is not None


@attrs.frozen
class Began:
    """
    A call of a verb.

    Attributes:
        reads_only: Whether it must not write anything.
        policy: By which it may kill.
    """

    verb: str
    reads_only: bool
    policy: RecoveryPolicy


@attrs.frozen
class Page:
    """One thing that was done, what came of it, and how the engine really was then."""

    did: Did
    what: Any = None
    moment: Moment | None = attrs.field(default=None, eq=False, repr=False)


@attrs.define(eq=False)
class Diary:
    """
    All that one actor did and learned.

    Attributes:
        knows: One number for all of it: equal where everything was the same.
        holds_lease: Whether it holds a lease now.
    """

    pages: list[Page] = attrs.field(factory=list)
    knows: int = 0
    holds_lease: bool = False
    _time: timedelta | None = None

    def add(self, did: Did, what: Hashable = None, moment: Moment | None = None) -> None:
        """Write down what was done, and what came of it."""
        self.pages.append(Page(did, what, moment))
        self.knows = hash((self.knows, did, what))

    def tell_time(self, time: timedelta) -> None:
        """Note that the actor saw the time, if it is another one than before."""
        if time != self._time:
            self._time = time
            self.knows = hash((self.knows, time))

    def chapter(self, place: int | None = None) -> "Diary":
        """What the verb did that was under way at that page; the last one, unless it is given."""
        at = len(self.pages) if place is None else place
        starts = self.places(Did.BEGAN)
        first = max((one for one in starts if one <= at), default=0)
        end = min((one for one in starts if one > at), default=len(self.pages))
        return Diary(self.pages[first:end], holds_lease=self.holds_lease)

    @property
    def began(self) -> Began | None:
        """The verb of the first page; None where it is not the page of one."""
        first = self.pages[0] if self.pages else None
        return first.what if first is not None and first.did is Did.BEGAN else None

    @property
    def writes(self) -> list[Write]:
        """Everything that was sent."""
        return [one.what for one in self.pages if one.did is Did.SENT]

    def place_of(self, write: Write) -> int:
        """Where the write was sent: the last time, if it was sent again."""
        return max(n for n, page in enumerate(self.pages) if page == Page(Did.SENT, write))

    def first_page(self, did: Did) -> Page | None:
        """Where it was done the first time; None where it was not."""
        return next((one for one in self.pages if one.did is did), None)

    def last_page(self, *kinds: Did, before: int | None = None) -> Page | None:
        """Where one of these was done the last time; None where it was not."""
        pages = reversed(self.pages[:before])
        return next((one for one in pages if one.did in kinds), None)

    def last(self, did: Did, *, before: int | None = None) -> Any:  # noqa: ANN401 - of any kind
        """What came of it the last time; None where it was not done."""
        page = self.last_page(did, before=before)
        return None if page is None else page.what

    def places(self, did: Did) -> list[int]:
        """Where it was done."""
        return [n for n, one in enumerate(self.pages) if one.did is did]

    def looks_for(self, write: Write, *, before: int) -> Iterator[tuple[int, Look]]:
        """Every look that can be a reason for `write`, the last one first, with its place."""
        for place in reversed(self.places(Did.LOOKED)):
            look: Look = self.pages[place].what
            if place < before and look.is_about(write):
                yield place, look

    def planned(self) -> tuple[Invocation, ...]:
        """The runs of the last look before the intent."""
        intended = self.places(Did.INTENDED)
        look: Look | None = self.last(Did.LOOKED, before=intended[0] if intended else None)
        return () if look is None else look.runs
