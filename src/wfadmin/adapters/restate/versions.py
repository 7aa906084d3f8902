"""
What a version of Restate can do, and where it keeps the rows of a key.

Declared, not guessed: what stands here was seen on live servers of these versions.
"""

import re
from datetime import timedelta
from typing import Any

import attrs

from wfadmin.domain.capabilities import Capabilities, CommandName, Fence, Listing, Reach
from wfadmin.domain.model import InvocationStatus, ServiceKind

__all__ = ["REGISTER_FLOOR", "Version"]

#: Registering makes the engine call a URL; a dead one takes seconds to be called dead.
REGISTER_FLOOR = timedelta(seconds=30)

_KNOWN = ((1, 6), (1, 7))
_MINOR = re.compile(r"(\d{1,4})\.(\d{1,4})\.", re.ASCII)

# Of a version that nobody has seen: no command, no fence, no proof by a list.
_CONSERVATIVE = Capabilities(register_floor=REGISTER_FLOOR)
_SEEN = Capabilities(
    commands=frozenset(
        {
            CommandName.PAUSE,
            CommandName.RESUME,
            CommandName.CANCEL,
            CommandName.KILL,
            CommandName.PURGE,
        },
    ),
    repeatable=frozenset(
        {
            CommandName.PAUSE,
            CommandName.RESUME,
            CommandName.CANCEL,
            CommandName.KILL,
            CommandName.PURGE,
        },
    ),
    # Ids recur, and no route compares: we read created_at right before.
    fence=Fence.CHECKED,
    purge_clears_state=frozenset({ServiceKind.WORKFLOW}),
    kill_is_immediate=True,
    kill_reach=Reach.WITH_CHILDREN,
    purge_reach=Reach.ALONE,
    # The results of an attempt come over its own connection, which ends with the run.
    late_results=False,
    listing=Listing.COMPLETE,
    services_cover_names=True,
    # A pause waits for the end of the attempt that is under way: 40 ms where a handler waits, and
    # as long as it works where it works; then it may end instead. A suspended run ignores it.
    pausable=frozenset(
        {InvocationStatus.RUNNING, InvocationStatus.READY, InvocationStatus.BACKING_OFF},
    ),
    register_floor=REGISTER_FLOOR,
)


@attrs.frozen
class Version:
    """
    What ``GET /version`` answers.

    Attributes:
        ingress_endpoint: Where the engine says that new work comes in.
        features: What is switched on, by name; 1.6 does not say.
    """

    version: str
    ingress_endpoint: str | None = None
    features: Any = None

    @property
    def is_known(self) -> bool:
        """Whether a server of this minor version was seen."""
        found = _MINOR.match(self.version)
        return found is not None and (int(found[1]), int(found[2])) in _KNOWN

    @property
    def is_scoped(self) -> bool:
        """
        Whether a key may exist once in every scope.

        A key in a scope is not a workflow key: it lies elsewhere (seen on 1.7), and the id of a
        service and a key alone does not name it.
        """
        if self.features is None:
            return False
        if not isinstance(self.features, dict):
            return True  # whatever it says, we do not understand it
        switches: dict[str, object] = self.features
        return any(n.startswith("scoped_") and on is not False for n, on in switches.items())

    @property
    def has_point_reads(self) -> bool:
        """Whether the rows of a key lie where the hash of the key says."""
        return self.is_known and not self.is_scoped

    @property
    def capabilities(self) -> Capabilities:
        """What this version can do."""
        return _SEEN if self.is_known else _CONSERVATIVE
