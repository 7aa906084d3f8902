"""
Which command a status calls for: a command that it does not call for is not sent.

Engines are not safe against needless commands: one accepts a pause that does nothing, another
fails a run that is resumed while it runs (both seen live).
"""

from collections.abc import Callable, Mapping

import attrs

from wfadmin.domain.capabilities import Capabilities
from wfadmin.domain.model import Invocation, InvocationOutcome, InvocationStatus
from wfadmin.domain.plan import Action, Verb

__all__ = ["NoChange", "NotNow", "Send", "steering"]


@attrs.frozen
class Send:
    """Send these, in order, each confirmed before the next."""

    actions: tuple[Action, ...]


@attrs.frozen
class NoChange:
    """It is so already: nothing is sent."""


@attrs.frozen
class NotNow:
    """The status does not allow it."""


_WORKING = frozenset(
    {
        InvocationStatus.SCHEDULED,
        InvocationStatus.PENDING,
        InvocationStatus.READY,
        InvocationStatus.RUNNING,
        InvocationStatus.SUSPENDED,
        InvocationStatus.BACKING_OFF,
    }
)


def steering(
    verb: Verb,
    run: Invocation,
    capabilities: Capabilities,
    *,
    moves: bool = False,
) -> Send | NoChange | NotNow:
    """
    What `verb` means for `run` as it stands.

    Args:
        verb: Pause, resume or cancel.
        run: As it was just read.
        capabilities: In which statuses a pause lands.
        moves: A resume that is also to move the run to another deployment.
    """
    if run.status is InvocationStatus.UNKNOWN:
        return NotNow()
    return _RULES[verb](run, capabilities, moves)


def _pause(run: Invocation, capabilities: Capabilities, _: bool) -> Send | NoChange | NotNow:  # noqa: FBT001 - one signature
    if run.status is InvocationStatus.PAUSED:
        return NoChange()
    return Send((Action.PAUSE,)) if run.status in capabilities.pausable else NotNow()


def _resume(run: Invocation, capabilities: Capabilities, moves: bool) -> Send | NoChange | NotNow:  # noqa: FBT001 - one signature
    if run.status is InvocationStatus.PAUSED:
        return Send((Action.RESUME,))
    if not moves:
        return NoChange() if run.status in _WORKING else NotNow()
    if run.status is InvocationStatus.SUSPENDED:
        return Send((Action.RESUME,))  # it sleeps: moved without a pause (seen live)
    # One that backs off is moved only when paused (409, seen live), and parking one that makes
    # progress would disturb it.
    parks = run.is_backing_off and run.status in capabilities.pausable
    return Send((Action.PAUSE, Action.RESUME)) if parks else NotNow()


def _cancel(run: Invocation, _: Capabilities, __: bool) -> Send | NoChange | NotNow:  # noqa: FBT001 - one signature
    if not run.is_completed:
        return Send((Action.CANCEL,))
    return NoChange() if run.outcome is InvocationOutcome.CANCELLED else NotNow()


_RULES: Mapping[Verb, Callable[[Invocation, Capabilities, bool], Send | NoChange | NotNow]] = {
    Verb.PAUSE: _pause,
    Verb.RESUME: _resume,
    Verb.CANCEL: _cancel,
}
