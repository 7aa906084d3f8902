"""What an engine can do, as its adapter declares it: facts that decisions read."""

from datetime import timedelta
from enum import StrEnum

import attrs

from wfadmin.domain.model import InvocationStatus, ServiceKind

__all__ = ["Capabilities", "CommandName", "EngineFacts", "Fence", "Listing", "Reach"]


class CommandName(StrEnum):
    """The commands that some engine can perform on a run."""

    START = "start"
    START_BATCH = "start_batch"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    KILL = "kill"
    PURGE = "purge"
    FORCE_PURGE = "force_purge"
    RESTART = "restart"
    RETRY_FAILED = "retry_failed"
    RAISE_EVENT = "raise_event"
    APPROVE = "approve"
    REJECT = "reject"
    TICK = "tick"


class Fence(StrEnum):
    """How a write is kept from hitting another run that bears the same id."""

    #: The engine compares and acts in one step.
    ATOMIC = "atomic"
    #: We read right before; a window of one request remains.
    CHECKED = "checked"
    #: Nothing tells two runs apart.
    NONE = "none"


class Listing(StrEnum):
    """How much of its invocations an engine lists."""

    COMPLETE = "complete"
    TRUNCATED = "truncated"
    NONE = "none"


class Reach(StrEnum):
    """What a kill or a purge does beyond the run that it names."""

    ALONE = "alone"
    WITH_CHILDREN = "with_children"
    UNKNOWN = "unknown"


@attrs.frozen
class Capabilities:
    """
    What this engine, in this version, can do. The defaults are the conservative answers.

    Attributes:
        commands: What `InvocationControl` may be asked to perform.
        fence: For every command, state clear and deployment removal.
        purge_clears_state: The kinds of service whose stored data a purge takes along.
        kill_is_immediate: Whether the answer to a kill means that the run has ended.
        kill_reach: Whether a kill takes unfinished children along.
        purge_reach: Whether a purge takes children along, ended ones too.
        late_results: Whether work of an ended run may be delivered to a new run of its id.
        services_cover_names: Whether a name that no listed service bears is a typing error.
        write_floor: The shortest time to wait for the answer to a write: known to be late.
        register_floor: The same for the registration of a deployment.
        repeatable: The commands that do no harm when they are sent again, though an earlier one
            may still land.
        pausable: The statuses in which a pause lands; in others it is refused or does nothing.
        pause_keeps_progress: Whether a pause is no progress of the run: else nobody could tell
            whether a run that was parked has moved since, and none is parked.
        unkillable: The statuses in which a kill ends nothing: it is refused, or sets the run going.
    """

    commands: frozenset[CommandName] = frozenset()
    fence: Fence = Fence.NONE
    purge_clears_state: frozenset[ServiceKind] = frozenset()
    kill_is_immediate: bool = False
    kill_reach: Reach = Reach.UNKNOWN
    purge_reach: Reach = Reach.UNKNOWN
    late_results: bool = True
    listing: Listing = Listing.NONE
    services_cover_names: bool = False
    repeatable: frozenset[CommandName] = frozenset()
    pausable: frozenset[InvocationStatus] = frozenset()
    pause_keeps_progress: bool = True
    unkillable: frozenset[InvocationStatus] = frozenset()
    write_floor: timedelta = timedelta(0)
    register_floor: timedelta = timedelta(0)


@attrs.frozen
class EngineFacts:
    """
    What an engine says about itself, read when it is needed.

    Attributes:
        version: None where it does not say; then the capabilities are the conservative ones.
        obstacle: What keeps any write from being done now, and its remedy, as sentences; None
            where nothing is known that does.
        unhindered: The commands that the obstacle does not keep from being done.
    """

    version: str | None
    capabilities: Capabilities
    obstacle: str | None = None
    unhindered: frozenset[CommandName] = frozenset()
