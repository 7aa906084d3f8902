"""
What a command does, by the status of the run that it names: as seen on Restate 1.6 and 1.7.

=========  ==========================================================================
pause      pauses what runs, is ready or backs off; a suspended run is *accepted* and
           not paused: it goes on when what it waits for comes
resume     of what runs: nothing; of a suspended run: at most another deployment;
           naming a deployment while a run runs or backs off: wrong status
cancel     asks the code: a run whose attempts fail does not hear it
kill       ends it with its unfinished children; what has not started leaves no row
purge      completed only; never stops anything
=========  ==========================================================================
"""

from collections.abc import Callable
from functools import partial
from typing import assert_never

from wfadmin.adapters.memory.profile import Effect
from wfadmin.adapters.memory.registry import WHERE
from wfadmin.adapters.memory.table import NOT_STARTED, Table
from wfadmin.adapters.memory.words import CANCELLED, KILLED, PAUSABLE
from wfadmin.domain.answers import Answer
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
from wfadmin.domain.errors import EngineRejected, NotSupported
from wfadmin.domain.model import Invocation, InvocationOutcome, InvocationStatus

__all__ = ["decide"]

_Effect = Callable[[Table, Invocation], None]
_Known = Pause | Resume | Cancel | Kill | Purge

_LATEST = "latest"


def decide(table: Table, command: Command, run: Invocation | None) -> Answer | Effect:
    """
    What the engine says to `command` for the run that bears its id now: see `Decide`.

    Raises:
        EngineRejected: The deployment to resume on is not registered.
        NotSupported: The engine that this is like knows no such command.
    """
    if isinstance(command, ForcePurge | Start | RaiseEvent):
        raise NotSupported(WHERE, command_name(command).value)
    if run is None:
        return Answer.NOT_FOUND
    effect = _effect_of(table, command, run)
    return Answer.WRONG_STATUS if effect is None else partial(effect, table, run)


def _effect_of(table: Table, command: _Known, run: Invocation) -> _Effect | None:
    """What the command would do to the run; None where its status does not allow it."""
    begun = not run.is_completed and run.status not in NOT_STARTED
    effect: _Effect
    match command:
        case Purge():
            allowed, effect = run.is_completed, Table.forget
        case Kill():
            allowed, effect = not run.is_completed, _kill
        case Cancel():
            allowed, effect = not run.is_completed, _cancel
        case Pause():
            allowed, effect = begun, _pause
        case Resume(deployment=None):
            allowed, effect = begun, _resume
        case Resume(deployment=wanted):
            allowed = begun and run.status not in PAUSABLE
            effect = _move(table, run, wanted) if allowed else _resume
        case _:
            assert_never(command)
    return effect if allowed else None


def _pause(table: Table, run: Invocation) -> None:
    if run.status in PAUSABLE:
        table.change(run, InvocationStatus.PAUSED)


def _resume(table: Table, run: Invocation) -> None:
    if run.status in (InvocationStatus.READY, InvocationStatus.RUNNING):
        return
    tried = table.attempt(run)
    if run.status is InvocationStatus.SUSPENDED and tried.status is InvocationStatus.RUNNING:
        # What it waits for has not come: it looks, and waits on.
        table.change(tried, InvocationStatus.SUSPENDED)


def _move(table: Table, run: Invocation, wanted: str | None) -> _Effect:
    """Resume on another deployment, whether or not it serves the service."""
    route = table.registry.route(run.service_name)
    latest = route.deployment_id if route is not None else None
    chosen = latest if wanted == _LATEST else wanted
    if chosen is None or table.registry.find(chosen) is None:
        raise EngineRejected(WHERE, 400, None, "the deployment to resume on was not found")
    return partial(_resume_on, deployment_id=chosen)


def _resume_on(table: Table, run: Invocation, *, deployment_id: str) -> None:
    _resume(table, table.change(run, run.status, deployment_id=deployment_id))


def _cancel(table: Table, run: Invocation) -> None:
    """Leave the wish in the journal: the code hears it when an attempt gets that far."""
    if run.status in NOT_STARTED:
        table.drop(run)
        return
    asked = table.journal(run)
    if run.status is InvocationStatus.BACKING_OFF:
        return
    heard = table.attempt(asked)
    if heard.status is not InvocationStatus.RUNNING or heard.failed_attempts:
        return
    for child in table.children_of(run.id):
        _cancel(table, child)
    if table.children_of(run.id):
        table.change(heard, InvocationStatus.SUSPENDED)
    else:
        table.end(heard, InvocationOutcome.CANCELLED, CANCELLED)


def _kill(table: Table, run: Invocation) -> None:
    if run.status in NOT_STARTED:
        table.drop(run)
    else:
        table.end(run, InvocationOutcome.KILLED, KILLED)
    # Asked again each time: the end of one may start another.
    while children := table.children_of(run.id):
        _kill(table, children[0])
