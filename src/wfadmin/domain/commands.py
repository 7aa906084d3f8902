"""What an engine can be told to do with a run: values, one adapter `match`, one audit path."""

import attrs

from wfadmin.domain.capabilities import CommandName
from wfadmin.domain.keys import InvocationRef

__all__ = [
    "Cancel",
    "Command",
    "ForcePurge",
    "Kill",
    "Pause",
    "Purge",
    "RaiseEvent",
    "Resume",
    "Start",
    "command_name",
]


@attrs.frozen
class Pause:
    """Let a run stop where it is."""

    ref: InvocationRef


@attrs.frozen
class Resume:
    """
    Let a paused run go on.

    Attributes:
        deployment: None keeps its deployment, `latest` moves it to the one that serves its
            service now, anything else is the id of a deployment.
    """

    ref: InvocationRef
    deployment: str | None = None


@attrs.frozen
class Cancel:
    """Ask a run to stop: it may clean up first, or take its time."""

    ref: InvocationRef


@attrs.frozen
class Kill:
    """Stop a run now, without letting it clean up."""

    ref: InvocationRef


@attrs.frozen
class Purge:
    """Forget a completed run. What goes with it is declared by the engine's capabilities."""

    ref: InvocationRef


@attrs.frozen
class ForcePurge:
    """
    Forget a run whatever its status, past the order of the engine, with whatever it called.

    For what no kill and no purge reaches. What of it executes right now goes on, and may break
    what is stored.
    """

    ref: InvocationRef


@attrs.frozen
class Start:
    """
    Start a run of a key. Never repeated: of two starts nobody knows which one ran.

    Attributes:
        ref: Its key says what to run; its id is the one that the new run is to bear.
        payload: The input as JSON text; None for no input.
    """

    ref: InvocationRef
    payload: str | None = attrs.field(default=None, repr=False)


@attrs.frozen
class RaiseEvent:
    """
    Give an unfinished run an event that it waits for, or will wait for.

    Attributes:
        payload: What the event carries, as JSON text; None for nothing.
    """

    ref: InvocationRef
    event_name: str
    payload: str | None = attrs.field(default=None, repr=False)


Command = Pause | Resume | Cancel | Kill | Purge | ForcePurge | Start | RaiseEvent

_NAMES: dict[type[Command], CommandName] = {
    Pause: CommandName.PAUSE,
    Resume: CommandName.RESUME,
    Cancel: CommandName.CANCEL,
    Kill: CommandName.KILL,
    Purge: CommandName.PURGE,
    ForcePurge: CommandName.FORCE_PURGE,
    Start: CommandName.START,
    RaiseEvent: CommandName.RAISE_EVENT,
}


def command_name(command: Command) -> CommandName:
    """The word for a command, as capabilities declare it."""
    return _NAMES[type(command)]
