"""What differs between the engines that this one can be like: words, answers, and ports."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING

import attrs

from wfadmin.adapters.memory.views import View
from wfadmin.domain.answers import Answer
from wfadmin.domain.capabilities import Capabilities, CommandName, Fence
from wfadmin.domain.commands import Command
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import Invocation, InvocationOutcome, InvocationStatus, ServiceKind

if TYPE_CHECKING:
    from wfadmin.adapters.memory.table import Table

__all__ = ["Decide", "Effect", "Profile", "Slot", "hashed_id"]

#: What an accepted write does when it happens.
Effect = Callable[[], None]

#: What the engine says to a command for the run that bears its id now, None where there is none:
#: an effect is accepted, an `Answer` is all that happens. May raise `EngineRejected`, and
#: `OutcomeUnknown` where it never answers.
Decide = Callable[["Table", Command, Invocation | None], Answer | Effect]


class Slot(StrEnum):
    """The ports that not every engine has."""

    DEPLOYMENTS = "deployments"
    LISTING = "listing"
    STATE = "state"
    HISTORY = "history"


def hashed_id(key: WorkflowKey) -> str:
    """An id that follows from the key, and shows nothing of it."""
    # The length keeps ("a", "bc") and ("ab", "c") apart.
    text = f"{len(key.service_name)}:{key.service_name}{key.service_key}"
    return f"inv_{sha256(text.encode()).hexdigest()[:24]}"


@attrs.frozen
class Profile:
    """
    One engine that the engine in memory can be like.

    Attributes:
        name: Of that engine.
        version: What it says it is.
        words: What it calls the status of one invocation. It knows no other status.
        coarse_words: What it calls them where it counts, and when it says that one changed.
        killed: What it says is the failure of a run that was killed; None where it says nothing.
        cancelled: The same of one that heard that it was cancelled.
        lost_deployment: The failure of an attempt whose deployment is not registered.
        lost_service: The failure of one whose deployment does not serve the service any more.
        commands: All that it may be told to do.
        capabilities: What it declares, with this fence and no more than these commands.
        decide: What it says to a command, and what that does.
        slots: The ports that it has. Without deployments no run is pinned to one.
        ends: What it calls the end of a run, by outcome: no run ends otherwise. Empty where
            every end has the word for a completed run.
        kinds: The kinds of service that it has.
        shares_handlers: Whether a key can have calls beside its main run.
        counts_workers: Whether it says how many workers are connected.
        replaces_ended: Whether a submission takes the place of a completed run of its id.
        retention: How long it keeps a completed run, unless told; None for ever.
        acceptance: How long it takes until an accepted write happens, unless told.
        main_id: The id of the main run of a key.
        view: How it shows what it holds.
        instead: What to do instead of what it has not: see `Engine.instead`.
    """

    name: str
    version: str
    words: Mapping[InvocationStatus, str]
    coarse_words: Mapping[InvocationStatus, str]
    killed: str | None
    cancelled: str
    lost_deployment: str
    lost_service: str
    commands: frozenset[CommandName]
    capabilities: Callable[[Fence, frozenset[CommandName]], Capabilities]
    decide: Decide
    slots: frozenset[Slot] = frozenset(Slot)
    ends: Mapping[InvocationOutcome, str] = attrs.field(factory=dict)
    kinds: frozenset[ServiceKind] = frozenset(ServiceKind)
    shares_handlers: bool = True
    counts_workers: bool = False
    replaces_ended: bool = False
    retention: timedelta | None = timedelta(days=1)
    acceptance: timedelta = timedelta(0)
    main_id: Callable[[WorkflowKey], str] = hashed_id
    view: View = attrs.field(factory=View)
    instead: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False)

    def has(self, slot: Slot) -> bool:
        """Whether it has that port."""
        return slot in self.slots

    def can_end(self, outcome: InvocationOutcome) -> bool:
        """Whether a run of it can end so."""
        return not self.ends or outcome in self.ends

    def end_word(self, outcome: InvocationOutcome) -> str:
        """What it calls the status of a run that ended so."""
        return self.ends.get(outcome, self.words[InvocationStatus.COMPLETED])
