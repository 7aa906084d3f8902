"""
What no write may bring about, as properties: each judges one step.

What a write did is judged by the engine before and after it, never by what the operation says of
itself. The words of a harm are its name: they stand in stories and in tests.
"""

from collections.abc import Iterator

import attrs

from wfadmin.domain.capabilities import Fence
from wfadmin.domain.model import Invocation, InvocationOutcome, InvocationStatus
from wfadmin.domain.plan import Action
from wfadmin.domain.policy import RecoveryPolicy
from wfadmin.testing.explore.diary import Diary, Did, Look, Write
from wfadmin.testing.explore.harm import Harm, Landed, Operation, Window, bug
from wfadmin.testing.explore.moment import is_shared

__all__ = ["harms_of_a_write", "harms_of_sending"]

_KILLS = frozenset({Action.KILL, Action.FORCE_PURGE})
_FORGETS = frozenset({Action.PURGE, Action.FORCE_PURGE})
_OF_RUNS = frozenset({Action.PAUSE, Action.RESUME, Action.CANCEL, *_KILLS, *_FORGETS})
_LISTS = (Did.LISTED, Did.LISTED_SERVICES, Did.ASKED_USAGE)


# --- a write that lands --------------------------------------------------------------------------


@attrs.frozen
class _Sent:
    """A write that landed, with what was known when it was sent."""

    landed: Landed
    diary: Diary
    place: int
    fence: Fence

    @property
    def look(self) -> Look | None:
        """The last look that can be a reason for it."""
        found = next(self.diary.looks_for(self.landed.write, before=self.place), None)
        return None if found is None else found[1]

    def seen(self, invocation_id: str) -> Invocation | None:
        """The run of that id at that look."""
        return None if self.look is None else self.look.find(invocation_id)

    def window(self, declared: Window, *, allowed: bool, fenced: bool) -> Window:
        """In which window a harm lies that a look allowed, or did not."""
        if not (fenced and allowed):
            return Window.BUG
        return Window.C if self.landed.late else declared

    @property
    def is_fenced(self) -> bool:
        """Whether the last thing before it was that look."""
        look, before = self.look, self.diary.pages[self.place - 1] if self.place else None
        return look is not None and before is not None and before.what is look


def harms_of_a_write(landed: Landed, operation: Operation, fence: Fence) -> Iterator[Harm]:
    """What a write did that it must not do, each in its window."""
    place = operation.diary.place_of(landed.write)
    diary = operation.diary.chapter(place)
    sent = _Sent(landed, diary, diary.place_of(landed.write), fence)
    if landed.write.action is Action.REMOVE:
        if not operation.forces:
            yield from _of_a_removal(sent)
        return
    yield from _of_a_hit(sent)
    yield from _of_a_stranded_call(sent)
    yield from _of_a_clear(sent)
    policy = operation.policy if diary.began is None else diary.began.policy
    if policy is not None and _is_unlisted(sent, policy):
        yield bug(f"{landed.write.action.value}s what the policy does not list")


def _of_a_hit(sent: _Sent) -> Iterator[Harm]:
    # Of one request an atomic fence leaves nothing.
    declared = Window.BUG if sent.fence is Fence.ATOMIC else Window.A
    for what, allowed in _hits(sent):
        yield Harm(sent.window(declared, allowed=allowed, fenced=sent.is_fenced), what)


def _changed(landed: Landed) -> Invocation | None:
    """The run that it was for, if it did something to it."""
    run = landed.before.runs.get(landed.write.target)
    is_same = run == landed.after.runs.get(landed.write.target)
    return None if is_same or landed.write.action not in _OF_RUNS else run


def _hits(sent: _Sent) -> Iterator[tuple[str, bool]]:
    """What was done to a main run that must not be done, and whether the look allowed it."""
    write, run = sent.landed.write, _changed(sent.landed)
    if run is None or is_shared(run, sent.landed.before.services):
        return
    seen = sent.seen(run.id)
    is_planned = run.ref.incarnation == write.incarnation
    allowed = seen is not None and seen.ref.incarnation == write.incarnation
    verb = f"{write.action.value}s"
    if run.outcome is InvocationOutcome.SUCCEEDED:
        newer = "" if is_planned else " of a newer run"
        yield f"{verb} a success{newer}", allowed and seen != run
    elif not is_planned:
        yield f"{verb} a newer run", allowed
    elif write.action is Action.RESUME and _is_failed_by_it(run, sent.landed):
        # One engine fails a run that is resumed while it runs (seen live).
        yield "fails a run by a resume", allowed and seen != run
    elif write.action is Action.PAUSE and run.status is InvocationStatus.PAUSED:
        # On one engine no resume ends two pauses (seen live).
        yield "pauses a paused run", allowed and seen != run
    elif write.action not in _KILLS or run.is_completed:
        return
    elif seen is None:
        yield f"{verb} a run that was not looked at", False
    elif seen.progress != run.progress:
        yield f"{verb} a run that got on", allowed


def _is_failed_by_it(run: Invocation, landed: Landed) -> bool:
    after = landed.after.runs.get(run.id)
    failed = after is not None and after.outcome is InvocationOutcome.FAILED
    return failed and not run.is_completed


def _of_a_stranded_call(sent: _Sent) -> Iterator[Harm]:
    """The unfinished shared calls of a key whose main run has gone."""
    landed, run = sent.landed, _changed(sent.landed)
    if landed.write.action not in _FORGETS or run is None or run.id in landed.after.runs:
        return
    if is_shared(run, landed.before.services):
        return
    for one in landed.before.of_key(run.key):
        if one.id == run.id or one.is_completed:
            continue
        seen, look = sent.seen(one.id), sent.look
        is_new = look is not None and look.is_whole and (seen is None or seen.is_completed)
        window = sent.window(Window.B, allowed=is_new, fenced=sent.is_fenced)
        yield Harm(window, "strands a shared call")


def _of_a_clear(sent: _Sent) -> Iterator[Harm]:
    landed, look, key = sent.landed, sent.look, sent.landed.write.key
    if landed.write.action is not Action.CLEAR_STATE or key is None:
        return
    is_cleared = key in landed.before.stored and key not in landed.after.stored
    live = [one for one in landed.after.of_key(key) if not one.is_completed]
    if not is_cleared or not (live or landed.after.mains_of(key)):
        return
    services = landed.before.services
    free = look is not None and look.is_whole
    allowed = (
        free
        and look is not None
        and all(one.is_completed and is_shared(one, services) for one in look.runs)
    )
    # A version is of the content, not of a run: no fence closes this one.
    window = sent.window(Window.A, allowed=allowed, fenced=sent.is_fenced)
    yield Harm(window, "clears the state of a run")


def _is_unlisted(sent: _Sent, policy: RecoveryPolicy) -> bool:
    """Whether it ended a run that no look showed to be stuck."""
    write, run = sent.landed.write, _changed(sent.landed)
    if write.action not in _KILLS or run is None or run.is_completed:
        return False
    if run.ref.incarnation != write.incarnation:
        return False
    looks = [
        (place, look, one)
        for place, look in sent.diary.looks_for(write, before=sent.place)
        if (one := look.find(run.id)) is not None and one.ref == run.ref
    ]
    last = looks[0][2] if looks else None
    parked = Write(Action.PAUSE, run.id, write.incarnation, write.key)
    if last is not None and last.status is InvocationStatus.PAUSED and parked in sent.diary.writes:
        # It parked the run itself: as that stood before, it must have been stuck.
        before = sent.diary.place_of(parked)
        looks = [one for one in looks if one[0] < before and one[2].progress == last.progress]
    return not looks or not policy.is_stuck(looks[0][2], looks[0][1].at)


def _of_a_removal(sent: _Sent) -> Iterator[Harm]:
    landed, diary = sent.landed, sent.diary
    gone = landed.write.target
    is_there = [
        any(one.id == gone for one in moment.deployments)
        for moment in (landed.before, landed.after)
    ]
    if is_there != [True, False]:
        return
    fenced = sent.place > 0 and diary.pages[sent.place - 1].did in _LISTS
    services = diary.last(Did.LISTED_SERVICES, before=sent.place)
    if any(one.deployment_id == gone for one in landed.before.services):
        free = services is not None and all(one.deployment_id != gone for one in services)
        window = sent.window(Window.A, allowed=free, fenced=fenced)
        yield Harm(window, "removes a deployment that serves")
    runs = landed.before.runs.values()
    if any(one.deployment_id == gone and not one.is_completed for one in runs):
        usage = diary.last(Did.ASKED_USAGE, before=sent.place)
        rows = () if usage is None else usage.rows
        free = usage is not None and usage.complete
        held = any(row.deployment_id == gone and row.count for row in rows)
        window = sent.window(Window.A, allowed=free and not held, fenced=fenced)
        yield Harm(window, "orphans a run")


# --- a write that is sent ------------------------------------------------------------------------


def harms_of_sending(operation: Operation, sent: Write) -> Iterator[Harm]:
    """What is wrong with a write before it has any effect: each of it is a bug."""
    diary = operation.diary.chapter()
    began = diary.began
    if operation.reads_only or (began is not None and began.reads_only):
        yield bug("writes although it only looks")
    if diary.writes.count(sent) > 1:
        yield bug("sends the same write twice")
    if not operation.is_ours:
        return
    if not diary.places(Did.INTENDED):
        yield bug("sends without a stored intent")
    if diary.places(Did.ENDED):
        yield bug("sends after its outcome was stored")
    if not diary.holds_lease:
        yield bug("sends without the lease")
    planned = {(one.id, one.ref.incarnation) for one in diary.planned()}
    if sent.action in _OF_RUNS and (sent.target, sent.incarnation) not in planned:
        yield bug("sends for a run that was not planned")
