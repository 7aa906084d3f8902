"""What a repair did, and how sure we are of it."""

from enum import StrEnum

import attrs

from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import ServiceRevision

__all__ = [
    "CleanupResult",
    "CommandResult",
    "Effect",
    "Held",
    "RecoverResult",
    "RedeployResult",
    "Result",
    "StateAfter",
]


class Effect(StrEnum):
    """How sure we are that it happened."""

    #: The engine said yes.
    ACCEPTED = "accepted"
    #: We read it again, and it shows.
    CONFIRMED = "confirmed"
    #: It was so already; nothing was sent.
    NO_CHANGE = "no_change"
    #: No answer came, and reading does not settle it.
    UNKNOWN = "unknown"


class StateAfter(StrEnum):
    """What became of the data stored under a key."""

    CLEARED = "cleared"
    WAS_EMPTY = "was_empty"
    NOT_EMPTY = "not_empty"
    #: A newer run of the key exists: what is stored now is its own.
    IN_USE = "in_use"


@attrs.frozen
class Result:
    """
    What every repair says besides.

    Attributes:
        effect: How sure we are that it happened.
        warnings: What the caller must know besides.
    """

    effect: Effect = attrs.field(kw_only=True)
    warnings: tuple[str, ...] = attrs.field(default=(), kw_only=True)

    @property
    def confirmed(self) -> bool:
        """Whether it was read again and shows, or was so already."""
        return self.effect in (Effect.CONFIRMED, Effect.NO_CHANGE)


@attrs.frozen
class RecoverResult(Result):
    """
    What a recovery did.

    Attributes:
        matched: How many runs it was about; completed shared calls do not count.
        state: None where the engine stores nothing by key.
        evidence: Where what was destroyed is kept; None where nothing was.
    """

    key: WorkflowKey
    matched: int
    killed: tuple[str, ...]
    purged: tuple[str, ...]
    state: StateAfter | None
    evidence: str | None = None


@attrs.frozen
class RedeployResult(Result):
    """What a registration did; not confirmed: some service does not route to it."""

    deployment_id: str
    services: tuple[ServiceRevision, ...]


@attrs.frozen
class Held:
    """A deployment that stays, and why."""

    deployment_id: str
    reasons: tuple[str, ...]


@attrs.frozen
class CleanupResult(Result):
    """
    What a cleanup did.

    Attributes:
        orphaned: Up to a hundred invocations that a forced removal left without a deployment.
        orphaned_count: How many there are.
    """

    kept: tuple[str, ...]
    removed: tuple[str, ...]
    held: tuple[Held, ...]
    orphaned: tuple[str, ...] = ()
    orphaned_count: int = 0


@attrs.frozen
class CommandResult(Result):
    """What a command did to one run."""

    invocation_id: str
    status: str
