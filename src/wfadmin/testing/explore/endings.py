"""What no operation may end with, as properties: what it says is held against the engine."""

from collections.abc import Callable, Iterable, Iterator

from wfadmin.domain.errors import OutcomeUnknown, Sent, WfadminError
from wfadmin.domain.keys import Incarnation
from wfadmin.domain.model import Invocation, InvocationStatus
from wfadmin.domain.plan import Action, Verb
from wfadmin.domain.results import (
    CleanupResult,
    CommandResult,
    Effect,
    RecoverResult,
    RedeployResult,
    Result,
    StateAfter,
)
from wfadmin.domain.text import shown
from wfadmin.testing.explore.diary import Diary, Did, Look, Write
from wfadmin.testing.explore.harm import Harm, Operation, bug
from wfadmin.testing.explore.moment import Moment, is_shared

__all__ = ["harms_of_a_crash", "harms_of_a_verb"]

_PURGES = frozenset({Action.PURGE, Action.FORCE_PURGE})
_READS = (Did.LOOKED, Did.READ_STATE, Did.LISTED, Did.LISTED_SERVICES)


def harms_of_a_crash(operation: Operation) -> Iterator[Harm]:
    """An operation that ends with an error that nobody may expect of it."""
    error = operation.ending
    if not isinstance(error, BaseException) or isinstance(error, WfadminError):
        return
    if operation.is_interrupted or isinstance(error, operation.raises):
        return
    message = f" ({shown(str(error))})" if str(error) else ""
    yield bug(f"ends with {type(error).__name__}{message}")


def harms_of_a_verb(operation: Operation, last: int, ending: object, now: Moment) -> Iterator[Harm]:
    """
    What a verb says that is not true, or leaves behind without saying so.

    Args:
        operation: Which called it.
        last: The place of its last page.
        ending: What it gave or raised.
        now: The engine as it is.
    """
    diary = operation.diary.chapter(last)
    if isinstance(ending, WfadminError) and ending.sent is Sent.NO and diary.writes:
        yield bug("says that nothing was sent")
    if isinstance(ending, Result):
        yield from map(bug, _unseen(ending, diary))
    for kind, untrue in _UNTRUE:
        if isinstance(ending, kind):
            yield from map(bug, untrue(ending, diary))
    intents, outcomes = diary.places(Did.INTENDED), diary.places(Did.ENDED)
    if len(intents) != len(outcomes) or intents > outcomes:
        yield bug("leaves an intent without an outcome")
    said = _said_of_pauses(ending, diary)
    if any(_is_left(write, now) and write.target not in said for write in _parked(diary)):
        yield bug("leaves a run paused and does not say so")


def _unseen(result: Result, diary: Diary) -> Iterator[str]:
    sent = diary.places(Did.SENT)
    read = [place for did in _READS for place in diary.places(did)]
    if result.effect is Effect.CONFIRMED and sent and max(sent) > max(read, default=-1):
        yield "confirms what it did not read again"


# --- what a recovery says ------------------------------------------------------------------------


def _untrue_recovery(result: RecoverResult, diary: Diary) -> Iterator[str]:
    page = diary.last_page(Did.LOOKED)
    if page is None or page.moment is None:
        return
    look: Look = page.what
    # As the engine really was at the last look, whatever the answer said.
    there = page.moment.of_key(result.key)
    planned = {(one.id, one.ref.incarnation) for one in diary.planned()}
    still = [one for one in there if (one.id, one.ref.incarnation) in planned]
    if not result.matched and diary.writes and there:
        yield "confirms a clear, and a run is there"
    sent = {(one.action, one.target) for one in diary.writes}
    if any(not {(one, gone) for one in _PURGES} & sent for gone in result.purged):
        yield "counts a purge that it did not send"
    if any((Action.KILL, one) not in sent for one in result.killed):
        yield "counts a kill that it did not send"
    # What is left of a shared call that has ended is nobody's trouble.
    ended = [one for one in still if one.is_completed and is_shared(one, page.moment.services)]
    if result.matched and len(still) > len(ended):
        yield "confirms, and what was planned to go is there"
    if _is_stored_still(result, diary, planned):
        yield "says that nothing is stored, and something is"
    state = diary.last(Did.READ_STATE)
    if state is not None and result.state is not _state_word(diary, look.runs, state.entries):
        yield f"says {result.state} of the state"


def _is_stored_still(
    result: RecoverResult,
    diary: Diary,
    planned: set[tuple[str, Incarnation | None]],
) -> bool:
    page = diary.last_page(Did.LOOKED, Did.READ_STATE)
    # It has looked, or nobody would ask.
    assert page is not None and page.moment is not None  # noqa: S101, PT018
    there = page.moment.of_key(result.key)
    # What a newer run has stored is its own.
    is_newer = any((one.id, one.ref.incarnation) not in planned for one in there)
    is_gone = result.state in (StateAfter.CLEARED, StateAfter.WAS_EMPTY)
    return is_gone and not is_newer and result.key in page.moment.stored


def _state_word(diary: Diary, look: tuple[Invocation, ...], entries: object) -> StateAfter:
    """What became of the state, by the first look at it and the last one."""
    planned = {(one.id, one.ref.incarnation) for one in diary.planned()}
    newer = [one for one in look if (one.id, one.ref.incarnation) not in planned]
    if entries:
        return StateAfter.IN_USE if newer else StateAfter.NOT_EMPTY
    first = diary.pages[diary.places(Did.READ_STATE)[0]].what
    return StateAfter.CLEARED if first.entries else StateAfter.WAS_EMPTY


# --- what other verbs say ------------------------------------------------------------------------


def _untrue_command(result: CommandResult, diary: Diary) -> Iterator[str]:
    first, last = diary.first_page(Did.LOOKED), diary.last_page(Did.LOOKED)
    meant = None if first is None else first.what.find(result.invocation_id)
    # As it was told: the engine has words of its own for where a run stands, and may not say
    # which one it is before it begins.
    seen = None if last is None else last.what.find(result.invocation_id)
    is_same = seen is not None and meant is not None and seen.ref == meant.ref
    status = seen.status.value if is_same and seen is not None else "gone"
    if result.status != status:
        yield f"says {result.status} of a run that it last saw otherwise"


def _untrue_cleanup(result: CleanupResult, diary: Diary) -> Iterator[str]:
    page = diary.last_page(Did.LISTED)
    there = () if page is None or page.moment is None else page.moment.deployments
    if {one.id for one in there} & set(result.removed):
        yield "says that a deployment is removed, and it is there"
    sent = {one.target for one in diary.writes if one.action is Action.REMOVE}
    if not set(result.removed) <= sent:
        yield "counts a removal that it did not send"


def _untrue_redeploy(result: RedeployResult, diary: Diary) -> Iterator[str]:
    page = diary.last_page(Did.LISTED_SERVICES)
    routed = () if page is None or page.moment is None else page.moment.services
    there = {one.name for one in routed if one.deployment_id == result.deployment_id}
    if result.confirmed and not {one.name for one in result.services} <= there:
        yield "confirms a deployment, and a service does not go there"


_UNTRUE: tuple[tuple[type, Callable[..., Iterable[str]]], ...] = (
    (RecoverResult, _untrue_recovery),
    (CommandResult, _untrue_command),
    (CleanupResult, _untrue_cleanup),
    (RedeployResult, _untrue_redeploy),
)


# --- what is left behind -------------------------------------------------------------------------


def _parked(diary: Diary) -> list[Write]:
    """The pauses that it sent for a purpose of its own."""
    if diary.began is not None and diary.began.verb == Verb.PAUSE:
        return []
    return [one for one in diary.writes if one.action is Action.PAUSE]


def _is_left(write: Write, now: Moment) -> bool:
    run = now.runs.get(write.target)
    is_paused = run is not None and run.status is InvocationStatus.PAUSED
    return is_paused and run is not None and run.ref.incarnation == write.incarnation


def _said_of_pauses(ending: object, diary: Diary) -> str:
    """What was said of runs that may be paused; of an interrupted verb, to the audit log."""
    if isinstance(ending, WfadminError):
        message = ending.message if isinstance(ending, OutcomeUnknown) else ""
        return " ".join((message, *ending.also))
    is_raised = isinstance(ending, BaseException)
    return str(diary.last(Did.ENDED) or "") if is_raised else ""
