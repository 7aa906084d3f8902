"""
What no order may bring about, and which of it lies in a window that is declared.

``a``  one request: the look right before a write allowed it, and what it hit came after the look
``b``  a shared call that started in that one request
``c``  a write whose answer was lost, and which landed later

A bug is everything else. What a write did is judged by the engine before and after it, never by
what the operation says of itself.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum

import attrs

from tests.explore.diary import Diary, Did, Write
from wfadmin.domain.capabilities import Fence
from wfadmin.domain.error import Sent, WfadminError
from wfadmin.domain.model import Invocation, InvocationOutcome, InvocationStatus
from wfadmin.domain.plan import Action
from wfadmin.domain.results import RecoverResult, StateAfter

#: The one shared handler on the stage.
SHARED = "watch"


class Window(StrEnum):
    """The windows that plans declare."""

    A = "a"
    B = "b"
    C = "c"
    BUG = "bug"


@attrs.frozen
class Harm:
    """Something that went wrong."""

    window: Window
    what: str

    def __str__(self) -> str:
        return f"{self.window.value}: {self.what}"


@attrs.frozen
class Moment:
    """The engine at one moment, as far as the key goes."""

    main: Invocation | None
    shared: tuple[Invocation, ...]
    has_state: bool

    @property
    def unfinished_shared(self) -> frozenset[str]:
        """The ids of the shared calls that are under way."""
        return frozenset(one.id for one in self.shared if not one.is_completed)


@attrs.frozen
class Landed:
    """A write that reached the engine, between two moments; `late`: after it was given up."""

    write: Write
    before: Moment
    after: Moment
    late: bool = False


def harms_of_a_write(landed: Landed, diary: Diary, fence: Fence) -> Iterator[Harm]:
    """What a write did that it must not do, each in its window."""
    place = diary.place_of(landed.write)
    look = diary.last(Did.LOOKED, before=place) or ()
    was_fenced = place > 0 and diary.pages[place - 1][0] is Did.LOOKED

    def window(*, allowed: bool, declared: Window) -> Window:
        if not (was_fenced and allowed):
            return Window.BUG
        return Window.C if landed.late else declared

    in_one_request = Window.BUG if fence is Fence.ATOMIC else Window.A
    for what, allowed in _hits(landed, look):
        yield Harm(window(allowed=allowed, declared=in_one_request), what)
    for one in _stranded(landed):
        seen = next((run for run in look if run.id == one), None)
        allowed = seen is None or seen.is_completed
        yield Harm(window(allowed=allowed, declared=Window.B), "strands a shared call")
    if _clears_a_run(landed):
        what = "clears the state of a run"
        # A version is of the content, not of a run: no fence closes this one.
        yield Harm(window(allowed=not look, declared=Window.A), what)


def _hits(landed: Landed, look: tuple[Invocation, ...]) -> Iterator[tuple[str, bool]]:
    """What was done to a main run that must not be done, and whether the look allowed it."""
    write, run = landed.write, landed.before.main
    if run is None or run.id != write.target or run == landed.after.main:
        return
    seen = next((one for one in look if one.id == run.id), None)
    is_planned = run.ref.incarnation == write.incarnation
    allowed = seen is not None and seen.ref.incarnation == write.incarnation
    if run.outcome is InvocationOutcome.SUCCEEDED:
        newer = "" if is_planned else " of a newer run"
        yield f"{write.action.value}s a success{newer}", allowed and seen != run
    elif not is_planned:
        yield f"{write.action.value}s a newer run", allowed
    elif write.action is Action.KILL and (seen is None or seen.progress != run.progress):
        yield "kills a run that got on", allowed


def _stranded(landed: Landed) -> frozenset[str]:
    gone = landed.before.main is not None and landed.after.main is None
    return landed.before.unfinished_shared if gone else frozenset()


def _clears_a_run(landed: Landed) -> bool:
    cleared = landed.before.has_state and not landed.after.has_state
    return landed.write.action is Action.CLEAR_STATE and cleared and landed.after.main is not None


def harms_of_sending(diary: Diary, sent: Write) -> Iterator[Harm]:
    """What is wrong with a write before it has any effect: each of it is a bug."""
    place = diary.place_of(sent)
    if diary.writes.count(sent) > 1:
        yield _bug("sends the same write twice")
    if not diary.places(Did.INTENDED) or diary.places(Did.INTENDED)[0] > place:
        yield _bug("sends without a stored intent")
    planned = {(one.id, one.ref.incarnation) for one in diary.planned()}
    if sent.action is not Action.CLEAR_STATE and (sent.target, sent.incarnation) not in planned:
        yield _bug("sends for a run that was not planned")


def harms_at_the_end(ending: object, diary: Diary, now: Moment) -> Iterator[Harm]:
    """What an operation says that is not true, or leaves behind without saying so."""
    if isinstance(ending, RecoverResult):
        yield from map(_bug, _untrue(ending, diary))
    elif isinstance(ending, WfadminError):
        if ending.sent is Sent.NO and diary.writes:
            yield _bug("says that nothing was sent")
    else:
        yield _bug(f"ends with {type(ending).__name__}")
    intents, outcomes = diary.places(Did.INTENDED), diary.places(Did.ENDED)
    if len(intents) != len(outcomes) or intents > outcomes:
        yield _bug("leaves an intent without an outcome")
    if _left_paused(ending, diary, now):
        yield _bug("leaves a run paused and does not say so")


def _untrue(result: RecoverResult, diary: Diary) -> Iterable[str]:
    look, state = diary.last(Did.LOOKED), diary.last(Did.READ_STATE)
    planned = {(one.id, one.ref.incarnation) for one in diary.planned()}
    still = [one for one in look if (one.id, one.ref.incarnation) in planned]
    if not result.matched and diary.writes and look:
        yield "confirms a clear, and a run is there"
    sent = {(one.action, one.target) for one in diary.writes}
    if any((Action.PURGE, one) not in sent for one in result.purged):
        yield "counts a purge that it did not send"
    if any((Action.KILL, one) not in sent for one in result.killed):
        yield "counts a kill that it did not send"
    if result.matched and any(_is_to_go(one) for one in still):
        yield "confirms, and what was planned to go is there"
    if result.state is not _state_word(diary, look, has_entries=bool(state.entries)):
        yield f"says {result.state} of the state"


def _state_word(diary: Diary, look: tuple[Invocation, ...], *, has_entries: bool) -> StateAfter:
    """What became of the state, by the first look at it and the last one."""
    planned = {(one.id, one.ref.incarnation) for one in diary.planned()}
    newer = [one for one in look if (one.id, one.ref.incarnation) not in planned]
    if has_entries:
        return StateAfter.IN_USE if newer else StateAfter.NOT_EMPTY
    first = diary.pages[diary.places(Did.READ_STATE)[0]][1]
    return StateAfter.CLEARED if first.entries else StateAfter.WAS_EMPTY


def _is_to_go(one: Invocation) -> bool:
    # What is left of a shared call that has ended is nobody's trouble.
    return one.handler_name != SHARED or not one.is_completed


def _left_paused(ending: object, diary: Diary, now: Moment) -> bool:
    run = now.main
    if run is None or run.status is not InvocationStatus.PAUSED:
        return False
    ours = Write(Action.PAUSE, run.id, run.ref.incarnation)
    named = isinstance(ending, WfadminError) and any(run.id in line for line in ending.also)
    return ours in diary.writes and not named


def _bug(what: str) -> Harm:
    return Harm(Window.BUG, what)
