"""
What a command does, by the status of the instance that it names: as seen on Dapr 1.18.3.

=========  ==========================================================================
ended      accepted and without effect, all but a purge
planned    accepted; whatever it was, the instance is started by it and the command
           comes too late. A purge says that there is no such instance
pause      pauses what runs; a second one is accepted and is half of a poison
resume     of what is paused once: it runs. Of what is paused twice: its turn never
           ends, and nothing asked of it is answered any more. Of what runs: fails it
terminate  ends it, its children a little later; a child ended alone fails its parent
purge      ended only, with its children
force      goes past all that: also what has not ended, and without a worker; of what
           was stalled a ghost remains until no worker was connected for a moment
stalled    wrong status for everything else
no worker  an error for everything but the reading part of a purge
=========  ==========================================================================
"""

from collections.abc import Callable
from functools import partial

import attrs

from wfadmin.adapters.memory.profile import Effect
from wfadmin.adapters.memory.registry import WHERE
from wfadmin.adapters.memory.table import NOT_STARTED, Table
from wfadmin.domain.answers import Answer
from wfadmin.domain.commands import (
    Command,
    ForcePurge,
    Kill,
    Pause,
    Purge,
    Resume,
    command_name,
)
from wfadmin.domain.errors import EngineRejected, NotSupported, OutcomeUnknown, Sent
from wfadmin.domain.model import Invocation, InvocationOutcome, InvocationStatus

__all__ = ["decide"]

_NEEDLESS_RESUME = "WorkflowStateError: Don't know how to handle event of type 'executionResumed'"
_CHILD_ENDED = "TaskFailedError: Sub-orchestration task #1 failed: "
_PLANNED = NOT_STARTED | {InvocationStatus.READY}
_CODES: dict[type[Command], str] = {
    Pause: "ERR_PAUSE_WORKFLOW",
    Resume: "ERR_RESUME_WORKFLOW",
    Kill: "ERR_TERMINATE_WORKFLOW",
    Purge: "ERR_PURGE_WORKFLOW",
}


def decide(table: Table, command: Command, run: Invocation | None) -> Answer | Effect:
    """
    What the engine says to `command` for the run that bears its id now: see `Decide`.

    Raises:
        EngineRejected: No worker is connected.
        OutcomeUnknown: A turn of the run never ends, so nothing answers.
        NotSupported: The command does not exist there.
    """
    if isinstance(command, ForcePurge):
        return Answer.NOT_FOUND if run is None else partial(_forget_by_force, table, run)
    if type(command) not in _CODES:
        raise NotSupported(WHERE, command_name(command).value)
    if isinstance(command, Resume) and command.deployment is not None:
        raise NotSupported(WHERE, "deployment to resume on")
    if isinstance(command, Purge):
        return _purge(table, command, run)
    if not table.turns.workers:
        raise _no_worker(command)
    if run is None:
        is_ghost = table.turns.is_haunted(command.ref.id)
        return Answer.WRONG_STATUS if is_ghost else Answer.NOT_FOUND
    if run.is_completed:
        return Answer.ACCEPTED
    if table.turns.is_stuck(run.id):
        raise OutcomeUnknown(command_name(command).value, run.id, "No answer within the time limit")
    if run.status is InvocationStatus.STALLED:
        return Answer.WRONG_STATUS
    effect = _wake if run.status in _PLANNED else _EFFECTS[type(command)]
    return partial(effect, table, run)


def _no_worker(command: Command) -> EngineRejected:
    said = "no worker of the app is connected"
    return EngineRejected(WHERE, 500, _CODES[type(command)], said, sent=Sent.YES)


# --- what each does ------------------------------------------------------------------------------


def _purge(table: Table, command: Command, run: Invocation | None) -> Answer | Effect:
    """It reads first, which needs no worker."""
    if run is None or run.status in _PLANNED:
        return Answer.NOT_FOUND
    if not all(one.is_completed for one in _family(table, run)):
        return Answer.WRONG_STATUS
    if not table.turns.workers:
        raise _no_worker(command)
    return partial(_forget, table, run)


def _family(table: Table, run: Invocation) -> tuple[Invocation, ...]:
    """The run, its children, and theirs."""
    children = tuple(one for one in table.runs if one.parent_id == run.id)
    return (run, *(one for child in children for one in _family(table, child)))


def _forget(table: Table, run: Invocation) -> None:
    for one in _family(table, run):
        table.forget(one)


def _forget_by_force(table: Table, run: Invocation) -> None:
    for one in _family(table, run):
        if one.status is InvocationStatus.STALLED:
            table.turns.haunt(one.id)
        table.forget(one)


def _wake(table: Table, run: Invocation) -> None:
    table.start(table.change(run, InvocationStatus.READY))


def _pause(table: Table, run: Invocation) -> None:
    if run.status is InvocationStatus.PAUSED:
        table.turns.pause_again(run.id)
    table.journal(table.change(run, InvocationStatus.PAUSED))


def _resume(table: Table, run: Invocation) -> None:
    if run.status is InvocationStatus.RUNNING:
        _fail(table, run, _NEEDLESS_RESUME)
    elif table.turns.was_paused_twice(run.id):
        table.turns.stick(run.id)
    else:
        table.journal(table.change(run, InvocationStatus.RUNNING))


def _kill(table: Table, run: Invocation) -> None:
    _terminate(table, run)
    _tell_parent(table, run)


def _terminate(table: Table, run: Invocation) -> None:
    table.end(run, InvocationOutcome.KILLED, table.profile.killed)
    for child in table.children_of(run.id):
        table.happen(_Cascade(table, child.id))


@attrs.frozen
class _Cascade:
    """The end of a child, after that of its parent."""

    _table: Table = attrs.field(repr=False, eq=False)
    child_id: str

    def __call__(self) -> None:
        child = self._table.find(self.child_id)
        if child is not None and not child.is_completed:
            _terminate(self._table, child)


def _fail(table: Table, run: Invocation, failure: str) -> None:
    table.end(run, InvocationOutcome.FAILED, failure)
    _tell_parent(table, run)


def _tell_parent(table: Table, run: Invocation) -> None:
    """A parent that waits for a child which did not succeed fails by it."""
    parent = None if run.parent_id is None else table.find(run.parent_id)
    if parent is not None and parent.status is InvocationStatus.RUNNING:
        _fail(table, parent, _CHILD_ENDED)


_EFFECTS: dict[type[Command], Callable[[Table, Invocation], None]] = {
    Pause: _pause,
    Resume: _resume,
    Kill: _kill,
}
