"""What the three repairs answer: the keys that the API fixes, and more where all is preferred."""

# ruff: noqa: N815 - fields are named as the JSON names them

import attrs

from wfadmin.domain.results import Effect, StateAfter
from wfadmin.wire.answers.doctor import ServiceItem

__all__ = ["CleanupAnswer", "HeldItem", "RecoverAnswer", "RedeployAnswer", "RepairAnswer"]


@attrs.frozen(kw_only=True)
class RepairAnswer:
    """
    What every repair says.

    Attributes:
        acknowledged: Always true: anything else is an error.
        effect: How sure it is that it happened.
        confirmed: Whether it was read again and shows, or was so already.
        warnings: What the caller must know besides.
    """

    acknowledged: bool
    effect: Effect | None = attrs.field(default=None, converter=attrs.converters.optional(Effect))
    confirmed: bool | None = None
    warnings: tuple[str, ...] | None = None


@attrs.frozen(kw_only=True)
class RedeployAnswer(RepairAnswer):
    """
    What a registration did.

    Attributes:
        acknowledged: Always true: anything else is an error.
        effect: How sure it is that it happened.
        deploymentId: The deployment at the URL.
        services: What it serves, with the revisions that were registered.
        confirmed: Whether it was read again and shows, or was so already.
        warnings: What the caller must know besides.
    """

    deploymentId: str
    services: tuple[ServiceItem, ...] | None = None


@attrs.frozen
class HeldItem:
    """
    One deployment that stays.

    Attributes:
        id: As the engine names it.
        reasons: Why it stays.
    """

    id: str
    reasons: tuple[str, ...]


@attrs.frozen(kw_only=True)
class CleanupAnswer(RepairAnswer):
    """
    What a cleanup did.

    Attributes:
        acknowledged: Always true: anything else is an error.
        effect: How sure it is that it happened.
        kept: The deployments at the URL to keep.
        removed: Those that were removed.
        held: Those that stay although they are stale, and why.
        orphaned: Up to a hundred invocations that a forced removal left without a deployment.
        orphanedCount: How many there are.
        confirmed: Whether it was read again and shows, or was so already.
        warnings: What the caller must know besides.
    """

    kept: tuple[str, ...] | None = None
    removed: tuple[str, ...] | None = None
    held: tuple[HeldItem, ...] | None = None
    orphaned: tuple[str, ...] | None = None
    orphanedCount: int | None = None


@attrs.frozen(kw_only=True)
class RecoverAnswer(RepairAnswer):
    """
    What a recovery did.

    Attributes:
        acknowledged: Always true: anything else is an error.
        effect: How sure it is that it happened.
        matched: How many runs it was about.
        killed: Those that were killed.
        purged: Those that were purged.
        state: What became of the stored data; null where the engine stores nothing by key.
        evidence: Where what was destroyed is kept; null where nothing was.
        confirmed: Whether it was read again and shows, or was so already.
        warnings: What the caller must know besides.
    """

    matched: int | None = None
    killed: tuple[str, ...] | None = None
    purged: tuple[str, ...] | None = None
    state: StateAfter | None = attrs.field(
        default=None, converter=attrs.converters.optional(StateAfter)
    )
    evidence: str | None = None
