"""What a recovery decides from, in short forms, and what it may answer."""

from tests.domain.build import KEY, NOW, service
from wfadmin.domain.capabilities import Reach
from wfadmin.domain.model import Invocation, InvocationStatus, Service
from wfadmin.domain.policy import Paused, RecoveryPolicy
from wfadmin.domain.recovery import (
    Blocked,
    Blocker,
    BlockReason,
    KeyReading,
    PriorEffect,
    Snapshot,
)

BY_DEFAULT = RecoveryPolicy()
IF_PAUSED = RecoveryPolicy(stuck=(Paused(),))
WITH_CHILDREN = RecoveryPolicy(stuck=(Paused(),), with_children=True)

WORKFLOW = service()


def snapshot(  # noqa: PLR0913 - each makes one thing special
    *runs: Invocation,
    listed: Service | None = WORKFLOW,
    incomplete: str | None = None,
    children: tuple[Invocation, ...] | None = (),
    effect: PriorEffect = PriorEffect.NOT_ASKED,
    purge_reach: Reach = Reach.ALONE,
    unkillable: frozenset[InvocationStatus] = frozenset(),
    is_hindered: bool = False,
) -> Snapshot:
    """Give a reading of KEY, whole and of a listed workflow service if nothing else is said."""
    reading = KeyReading(KEY, listed, runs, incomplete)
    return Snapshot(
        reading,
        NOW,
        children,
        effect,
        purge_reach=purge_reach,
        unkillable=unkillable,
        is_hindered=is_hindered,
    )


def blocked(**reasons: tuple[str, ...]) -> Blocked:
    """Give a refusal from reasons, in order, with the ids that each names."""
    return Blocked(tuple(Blocker(BlockReason(word), ids) for word, ids in reasons.items()))
