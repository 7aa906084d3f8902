"""What an engine can be told to do with a run, for adapter authors."""

from wfadmin.domain.commands import (
    Cancel,
    Command,
    ForcePurge,
    Kill,
    Pause,
    Purge,
    RaiseEvent,
    Resume,
    Start,
    command_name,
)

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
