"""
What must be true whatever happens: judged by what the engine did, not by what operations say.

What a plan declares that no check can close is counted by its window, and is no failure:

``a``      one request: the look right before a write allowed it, and what it hit came after
``b``      a shared call that started in that one request
``c``      a write whose answer was lost, and which landed later
``stale``  an answer that was out of date allowed it: no client can tell
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

import attrs

from tests.soak.conduct import names
from tests.soak.diary import SHARED, Did, Write
from tests.soak.scene import DAPR, Scene
from tests.soak.watching import Done, Operation, Records
from wfadmin.adapters.memory import Point
from wfadmin.domain.capabilities import Fence
from wfadmin.domain.model import Invocation, InvocationOutcome, InvocationStatus
from wfadmin.domain.plan import Action

BUG, STALE, ONE_REQUEST, SHARED_CALL, LATER = "bug", "stale", "a", "b", "c"
_DESTROYS = frozenset({Action.KILL, Action.PURGE, Action.FORCE_PURGE})


@attrs.frozen
class Park:
    """A run that an operation paused for a purpose of its own; late: after it was given up."""

    operation: Operation
    invocation_id: str
    paused_at: datetime | None
    is_late: bool


@attrs.define(eq=False)
class Judge:
    """
    Judges one story.

    Attributes:
        failures: What must never be.
        windows: What is declared, by window and in words.
        parks: The runs that operations paused to kill or move them.
    """

    scene: Scene
    failures: list[str] = attrs.field(factory=list)
    windows: Counter[str] = attrs.field(factory=Counter)
    parks: list[Park] = attrs.field(factory=list)

    def fail(self, what: str, operation: Operation | None = None) -> None:
        """Put down what must never be."""
        who = "" if operation is None else f"{operation.actor}, {operation.act.said}: "
        self.failures.append(f"{who}{what}")

    # --- what a write did ----------------------------------------------------------------------

    def done(self, done: Done) -> None:
        """Judge what a write did to the engine."""
        write, operation = done.write, done.operation
        if write.action is Action.REMOVE:
            self._of_a_removal(done)
            return
        place = operation.diary.place_of(write)
        look = operation.diary.last(Did.LOOKED, before=place) or ()
        for what, allowed, window in self._harms(done, look):
            self._put_down(done, what, self._window(done, place, window, allowed=allowed))
        for one in _others_ended(done):
            self.fail(f"ends {one}, which is none of its business", operation)
        if write.action is Action.PAUSE and operation.act.verb != "pause":
            self._note_park(done)

    def _window(self, done: Done, place: int, declared: str, *, allowed: bool) -> str:
        pages = done.operation.diary.pages
        was_fenced = place > 0 and pages[place - 1][0] is Did.LOOKED
        if not (was_fenced and allowed):
            return BUG
        if place - 1 in done.operation.stale:
            return STALE
        return LATER if done.is_late else declared

    def _put_down(self, done: Done, what: str, window: str) -> None:
        if window == BUG:
            self.fail(what, done.operation)
        else:
            self.windows[f"{window}: {what}"] += 1

    def _harms(self, done: Done, look: tuple[Invocation, ...]) -> Iterator[tuple[str, bool, str]]:
        """What a write did that it must not, whether its look allowed that, and the window."""
        write = done.write
        run, after = done.before.runs.get(write.target), done.after.runs.get(write.target)
        if write.action is Action.CLEAR_STATE:
            yield from self._cleared(done, look)
        if run is None or run == after:
            return
        seen = next((one for one in look if one.id == run.id), None)
        allowed = seen is not None and seen.ref.incarnation == write.incarnation
        nameless = write.incarnation is None
        word = write.action.value
        one_request = BUG if self.scene.world.store.fence is Fence.ATOMIC else ONE_REQUEST
        if run.outcome is InvocationOutcome.SUCCEEDED:
            was_seen = seen is not None and seen.outcome is InvocationOutcome.SUCCEEDED
            yield f"{word}s a success", allowed and not was_seen, one_request
        elif not nameless and run.ref.incarnation != write.incarnation:
            yield f"{word}s a newer run", allowed, one_request
        elif write.action is Action.KILL and seen is not None and seen.progress != run.progress:
            yield "kills a run that got on", allowed, ONE_REQUEST
        if write.action in _DESTROYS:
            yield from self._unasked(done, seen)
            yield from self._children(done)
        if after is None:
            yield from self._stranded(done, look)

    def _unasked(self, done: Done, seen: Invocation | None) -> Iterator[tuple[str, bool, str]]:
        """A run that is killed must be paused if it was parked, or one that the policy names."""
        if seen is None or seen.is_completed:
            return
        operation, now = done.operation, self.scene.world.clock.now()
        pause = Write(Action.PAUSE, seen.id, seen.ref.incarnation)
        if pause in operation.diary.writes:
            if seen.status is not InvocationStatus.PAUSED:
                yield "kills what it parked, and somebody else let go on", False, BUG
        elif not operation.act.policy.is_stuck(seen, now):
            yield f"{done.write.action.value}s what no rule calls stuck", False, BUG

    def _children(self, done: Done) -> Iterator[tuple[str, bool, str]]:
        if done.operation.act.policy.with_children:
            return
        reaches = done.write.action is Action.KILL or self.scene.like == DAPR
        children = [
            one
            for one in done.before.runs.values()
            if one.parent_id == done.write.target and reaches
        ]
        answers = done.operation.answers(Point.CHILDREN)
        seen = {one.id for answer in answers for one in answer}
        for one in children:
            if not one.is_completed or self.scene.like == DAPR:
                allowed = bool(done.operation.stale) and one.id not in seen
                yield "takes a child along that nobody agreed to", allowed, STALE

    def _stranded(
        self, done: Done, look: tuple[Invocation, ...]
    ) -> Iterator[tuple[str, bool, str]]:
        for one in done.before.runs.values():
            if one.key != done.key or one.handler_name != SHARED or one.is_completed:
                continue
            seen = next((run for run in look if run.id == one.id), None)
            yield "strands a shared call", seen is None or seen.is_completed, SHARED_CALL

    def _cleared(self, done: Done, look: tuple[Invocation, ...]) -> Iterator[tuple[str, bool, str]]:
        was_cleared = done.key in done.before.stored and done.key not in done.after.stored
        mains = [one for one in done.after.runs.values() if _is_main(one, done)]
        if was_cleared and mains:
            # A version is of the content, not of a run: no fence closes this one.
            allowed = all(one.handler_name == SHARED and one.is_completed for one in look)
            yield "clears the state of a run", allowed, ONE_REQUEST

    def _of_a_removal(self, done: Done) -> None:
        held = [
            one
            for one in done.before.runs.values()
            if one.deployment_id == done.write.target and not one.is_completed
        ]
        if done.operation.act.forces or not held:
            return
        usages = done.operation.answers(Point.USAGE)
        rows = usages[-1].rows if usages else ()
        saw = not usages or any(one.deployment_id == done.write.target for one in rows)
        window = STALE if done.operation.stale else LATER if done.is_late else ONE_REQUEST
        self._put_down(done, "removes a deployment that is in use", BUG if saw else window)

    def _note_park(self, done: Done) -> None:
        before = done.before.runs.get(done.write.target)
        after = done.after.runs.get(done.write.target)
        if before is None or after is None or after.status is not InvocationStatus.PAUSED:
            return
        is_same = after.ref.incarnation == done.write.incarnation
        if before.status is not InvocationStatus.PAUSED and is_same:
            self.parks.append(Park(done.operation, after.id, after.modified_at, done.is_late))

    # --- what is left --------------------------------------------------------------------------

    def left_parked(self, records: Records) -> None:
        """Judge what is still paused: whoever paused it for his own purpose must have named it."""
        for park in self.parks:
            run = self.scene.world.store.find(park.invocation_id)
            if run is None or run.status is not InvocationStatus.PAUSED:
                continue
            if run.modified_at != park.paused_at:
                continue
            if names(park.operation, park.invocation_id, records):
                continue
            if park.is_late:
                self.windows[f"{LATER}: leaves a run paused"] += 1
            else:
                self.fail("leaves a run paused and names it nowhere", park.operation)


def _others_ended(done: Done) -> Iterator[str]:
    """The runs, successes too, that went or ended by a write for another one; no children."""
    for one in done.before.runs.values():
        after, target = done.after.runs.get(one.id), done.write.target
        is_family = target in (one.id, one.parent_id)
        has_ended = after is None or (after.is_completed and not one.is_completed)
        if has_ended and not is_family:
            yield one.id


def _is_main(one: Invocation, done: Done) -> bool:
    return one.key == done.key and one.handler_name != SHARED
