"""What differs between the engines that this one can be like: words, answers, and ports."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

import attrs

from wfadmin.domain.answers import Answer
from wfadmin.domain.capabilities import Capabilities, CommandName, Fence
from wfadmin.domain.commands import Command
from wfadmin.domain.model import Invocation, InvocationStatus

if TYPE_CHECKING:
    from wfadmin.adapters.memory.table import Table

__all__ = ["Decide", "Effect", "Profile", "Slot"]

#: What an accepted write does when it happens.
Effect = Callable[[], None]

#: What the engine says to a command for the run that bears its id now, None where there is none:
#: an effect is accepted, an `Answer` is all that happens. May raise `EngineRejected`.
Decide = Callable[["Table", Command, Invocation | None], Answer | Effect]


class Slot(StrEnum):
    """The ports that not every engine has."""

    DEPLOYMENTS = "deployments"
    LISTING = "listing"
    STATE = "state"
    HISTORY = "history"


@attrs.frozen
class Profile:
    """
    One engine that the engine in memory can be like.

    Attributes:
        name: Of that engine.
        version: What it says it is.
        words: What it calls the status of one invocation.
        coarse_words: What it calls them where it counts, and when it says that one changed.
        killed: What it says is the failure of a run that was killed.
        cancelled: The same of one that heard that it was cancelled.
        lost_deployment: The failure of an attempt whose deployment is not registered.
        lost_service: The failure of one whose deployment does not serve the service any more.
        commands: All that it may be told to do.
        capabilities: What it declares, with this fence and no more than these commands.
        decide: What it says to a command, and what that does.
        slots: The ports that it has. Without deployments no run is pinned to one.
    """

    name: str
    version: str
    words: Mapping[InvocationStatus, str]
    coarse_words: Mapping[InvocationStatus, str]
    killed: str
    cancelled: str
    lost_deployment: str
    lost_service: str
    commands: frozenset[CommandName]
    capabilities: Callable[[Fence, frozenset[CommandName]], Capabilities]
    decide: Decide
    slots: frozenset[Slot] = frozenset(Slot)

    def has(self, slot: Slot) -> bool:
        """Whether it has that port."""
        return slot in self.slots
