"""The words of Restate, and what it declares: one half of its profile."""

from wfadmin.domain.capabilities import Capabilities, CommandName, Fence, Listing, Reach
from wfadmin.domain.model import InvocationStatus, ServiceKind

__all__ = [
    "ALL_COMMANDS",
    "CANCELLED",
    "COARSE_WORDS",
    "KILLED",
    "MISSING_DEPLOYMENT",
    "MISSING_SERVICE",
    "PAUSABLE",
    "VERSION",
    "WORDS",
    "capabilities",
]

#: What it says it is.
VERSION = "1.0"

#: What the engine calls the status of one invocation.
WORDS = {
    InvocationStatus.SCHEDULED: "scheduled",
    InvocationStatus.PENDING: "pending",
    InvocationStatus.READY: "ready",
    InvocationStatus.RUNNING: "running",
    InvocationStatus.BACKING_OFF: "backing-off",
    InvocationStatus.SUSPENDED: "suspended",
    InvocationStatus.PAUSED: "paused",
    InvocationStatus.COMPLETED: "completed",
}

#: What it calls them where it counts: fewer words.
COARSE_WORDS = {
    InvocationStatus.SCHEDULED: "scheduled",
    InvocationStatus.PENDING: "inboxed",
    InvocationStatus.READY: "invoked",
    InvocationStatus.RUNNING: "invoked",
    InvocationStatus.BACKING_OFF: "invoked",
    InvocationStatus.SUSPENDED: "suspended",
    InvocationStatus.PAUSED: "paused",
    InvocationStatus.COMPLETED: "completed",
}

#: In these a pause lands; a suspended run is told "accepted" and goes on as it was.
PAUSABLE = frozenset(
    {InvocationStatus.READY, InvocationStatus.RUNNING, InvocationStatus.BACKING_OFF}
)

KILLED = "[409] killed"
CANCELLED = "[409] cancelled"
MISSING_DEPLOYMENT = "[RT0011] the deployment that it is pinned to is not registered"
MISSING_SERVICE = "[RT0012] the deployment that it is pinned to does not serve it"

ALL_COMMANDS = frozenset(
    {
        CommandName.PAUSE,
        CommandName.RESUME,
        CommandName.CANCEL,
        CommandName.KILL,
        CommandName.PURGE,
    }
)


def capabilities(fence: Fence, commands: frozenset[CommandName]) -> Capabilities:
    """What the engine declares; all but `fence` and `commands` is how it always behaves."""
    return Capabilities(
        commands=commands,
        fence=fence,
        purge_clears_state=frozenset({ServiceKind.WORKFLOW}),
        kill_is_immediate=True,
        kill_reach=Reach.WITH_CHILDREN,
        purge_reach=Reach.ALONE,
        late_results=False,
        listing=Listing.COMPLETE,
        services_cover_names=True,
        repeatable=ALL_COMMANDS,
        pausable=PAUSABLE,
    )
