"""
What to do about a finding: ready command lines, mildest first.

The order is that of `Mildness`: what touches least comes first, and a remedy never says less
than it does.
"""

from collections.abc import Sequence
from enum import IntEnum

import attrs

from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.text import command_line

__all__ = [
    "Mildness",
    "Remedy",
    "advise",
    "cleanup",
    "inspect",
    "recover",
    "redeploy",
    "resume",
    "resume_latest",
]


class Mildness(IntEnum):
    """How much a remedy touches, from nothing to a run's stored data."""

    LOOK = 0
    RESUME = 1
    RESUME_LATEST = 2
    REDEPLOY = 3
    CLEANUP = 4
    RECOVER = 5


@attrs.frozen
class Remedy:
    """
    One way to help.

    Attributes:
        title: What it does, as a sentence without its full stop.
        verb: The words of the wfadmin command; empty for something to do outside of wfadmin.
        options: Options of that command. A value that an engine may have chosen is one word with
            its option (``--id=...``), or else it could pass for an option itself.
        arguments: Its arguments: names and keys that an engine may have chosen, so they always
            stand behind ``--``.
    """

    title: str
    mildness: Mildness
    verb: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()

    def command(self, target: Sequence[str] = ()) -> str | None:
        """
        The line to paste into a shell.

        None for something to do outside of wfadmin, and where no command line can hold the
        arguments (see `command_line`).

        Args:
            target: The options that name the engine, as they were given to doctor.
        """
        if not self.verb:
            return None
        return command_line(
            ("wfadmin", *self.verb, *target, *self.options, "--", *self.arguments),
        )


def _of_key(key: WorkflowKey) -> tuple[str, str]:
    return (key.service_name, key.service_key)


def advise(title: str, mildness: Mildness = Mildness.LOOK) -> Remedy:
    """Something to do outside of wfadmin."""
    return Remedy(title, mildness)


def inspect(key: WorkflowKey) -> Remedy:
    """Look at one key; changes nothing."""
    return Remedy("Look at the key", Mildness.LOOK, ("inspect",), (), _of_key(key))


def resume(key: WorkflowKey, invocation_id: str) -> Remedy:
    """Let a paused run go on where it stopped."""
    options = (f"--id={invocation_id}",)
    title = "Once the cause is mended, let the run go on where it stopped"
    return Remedy(title, Mildness.RESUME, ("runs", "resume"), options, _of_key(key))


def resume_latest(key: WorkflowKey, invocation_id: str) -> Remedy:
    """Move a run to the deployment that serves its service now, and let it go on."""
    options = (f"--id={invocation_id}", "--deployment", "latest")
    title = "Move the run to the latest deployment and let it go on"
    return Remedy(title, Mildness.RESUME_LATEST, ("runs", "resume"), options, _of_key(key))


def redeploy(service_url: str) -> Remedy:
    """Register a service URL again."""
    title = "Mend the service, then register it again"
    return Remedy(title, Mildness.REDEPLOY, ("redeploy",), (), (service_url,))


def cleanup(service_urls: Sequence[str], *, wait: bool) -> Remedy:
    """Remove the drained deployments, keeping those at `service_urls`."""
    kept, *more = service_urls
    options = tuple(f"--also-keep={url}" for url in more)
    if wait:
        title = "Wait for the work to end, then remove what is drained"
        options = ("--wait", "30s", *options)
    else:
        title = "Remove what is drained"
    return Remedy(title, Mildness.CLEANUP, ("cleanup",), options, (kept,))


def recover(
    key: WorkflowKey,
    *,
    stuck: str | None = None,
    with_children: bool = False,
    force: bool = False,
) -> Remedy:
    """
    Make a key submittable again: its failed runs and its stored data are purged.

    Args:
        stuck: The rule by which its unfinished run may be killed first; None kills nothing.
        with_children: Whether runs that it called go along, or may do so.
        force: Whether no kill and no purge reaches it, so that it is forgotten by force.
    """
    if stuck is None:
        options: tuple[str, ...] = ()
        title = "If it is safe to run it all again: purge the run and its state"
    else:
        options = ("--stuck", stuck)
        title = "If it is safe to run it all again: kill the run, then purge it and its state"
    if force:
        options = (*options, "--force-purge")
        title = "If nothing else helps, and it is safe to run it all again: forget it by force"
    if with_children:
        options = (*options, "--with-children")
        title = f"{title}, and whatever it called"
    return Remedy(title, Mildness.RECOVER, ("recover",), options, _of_key(key))
