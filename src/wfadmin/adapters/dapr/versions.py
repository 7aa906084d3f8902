"""
What a version of the sidecar can do: the one place where versions decide anything.

A sidecar that was not stamped with a version calls itself ``edge``. Nobody knows what that one
can do, so it gets the conservative answer, like every version that is not known here.
"""

import re
from datetime import timedelta

import attrs

from wfadmin.domain.capabilities import Capabilities, CommandName, Fence, Reach
from wfadmin.domain.model import InvocationStatus, ServiceKind

__all__ = ["WRITE_FLOOR", "Version"]

#: The sidecar repeats a start three times, a second apart, and looks for a worker for five
#: seconds, before it says no: who leaves earlier misses a definite answer.
WRITE_FLOOR = timedelta(seconds=8)

_Minor = tuple[int, int]
_NUMBERS = re.compile(r"v?(\d{1,4})\.(\d{1,4})(?:\.|\Z)", re.ASCII)

# From which version on something holds, up to the last one that was read.
_OLDEST: _Minor = (1, 14)
_STABLE_ROUTES: _Minor = (1, 15)
_COUNTS_WORKERS: _Minor = (1, 16)
_STALLS: _Minor = (1, 17)
_LISTS: _Minor = (1, 17)
_NAMES_SCHEDULERS: _Minor = (1, 18)
_FORCES: _Minor = (1, 18)
_OTHER_APPS: _Minor = (1, 19)
_NEWEST: _Minor = (1, 19)

_CONSERVATIVE = Capabilities(write_floor=WRITE_FLOOR)
_SEEN = Capabilities(
    commands=frozenset(
        {
            CommandName.START,
            CommandName.PAUSE,
            CommandName.RESUME,
            CommandName.KILL,
            CommandName.PURGE,
            CommandName.RAISE_EVENT,
        },
    ),
    # No route compares anything: the creation time is read right before.
    fence=Fence.CHECKED,
    # All that is kept of an instance is its history, and that goes.
    purge_clears_state=frozenset({ServiceKind.WORKFLOW}),
    # A worker has to run the turn that ends it.
    kill_is_immediate=False,
    kill_reach=Reach.WITH_CHILDREN,
    purge_reach=Reach.WITH_CHILDREN,
    # An activity of an ended run that finishes late completes the next run of the id (seen live).
    late_results=True,
    # Only the app is listed: which workflows its workers know, nobody can ask.
    services_cover_names=False,
    # Each of the others does harm when it lands twice (seen live).
    repeatable=frozenset({CommandName.KILL, CommandName.PURGE}),
    # A second pause and one resume poison an instance for ever; and what waits for its planned
    # start is started by a pause (both seen live).
    pausable=frozenset({InvocationStatus.RUNNING}),
    # It is one more event, and the time of the last event is all that tells progress.
    pause_keeps_progress=False,
    # What is stalled refuses every command; what waits for its planned start is started by a
    # terminate, which comes too late then (both seen live).
    unkillable=frozenset({InvocationStatus.PENDING, InvocationStatus.STALLED}),
    write_floor=WRITE_FLOOR,
)


@attrs.frozen
class Version:
    """
    What the sidecar calls its version.

    Attributes:
        text: As it says; None where it does not say.
    """

    text: str | None

    @property
    def is_known(self) -> bool:
        """Whether this minor version was read or seen."""
        minor = self._minor
        return minor is not None and _OLDEST <= minor <= _NEWEST

    @property
    def has_stable_routes(self) -> bool:
        """Whether the routes are surely at ``v1.0``."""
        return self._is_from(_STABLE_ROUTES)

    @property
    def counts_workers(self) -> bool:
        """Whether a missing number of workers means none: elsewhere it means unknown."""
        return self._is_from(_COUNTS_WORKERS)

    @property
    def stalls(self) -> bool:
        """Whether the status ``UNKNOWN`` means stalled, which HTTP has no word for."""
        return self._is_from(_STALLS)

    @property
    def lists(self) -> bool:
        """Whether its gRPC API lists instances."""
        return self._is_from(_LISTS)

    @property
    def names_schedulers(self) -> bool:
        """Whether a missing list of schedulers means that none is configured."""
        return self._is_from(_NAMES_SCHEDULERS)

    @property
    def forces(self) -> bool:
        """Whether a forced purge takes children along; an older one leaves them, or refuses."""
        return self._is_from(_FORCES)

    @property
    def reaches_other_apps(self) -> bool:
        """Whether ``appID`` is obeyed: an older one ignores it and acts on its own app."""
        return self._is_from(_OTHER_APPS)

    @property
    def capabilities(self) -> Capabilities:
        """What this version can do."""
        return _SEEN if self.is_known else _CONSERVATIVE

    @property
    def _minor(self) -> _Minor | None:
        found = None if self.text is None else _NUMBERS.match(self.text)
        return None if found is None else (int(found[1]), int(found[2]))

    def _is_from(self, first: _Minor) -> bool:
        minor = self._minor
        return minor is not None and self.is_known and minor >= first
