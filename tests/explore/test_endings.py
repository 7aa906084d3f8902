"""What an operation must not end with: of each property the smallest case, and its neighbour."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import attrs
import pytest

from tests.explore.plays import KEY
from wfadmin.adapters.memory import World
from wfadmin.domain.errors import LeaseHeld, OutcomeUnknown, RetryBlocked, Sent
from wfadmin.domain.model import (
    HandlerKind,
    Invocation,
    InvocationStatus,
    KeyedState,
    StateEntry,
)
from wfadmin.domain.plan import Action
from wfadmin.domain.policy import RecoveryPolicy
from wfadmin.domain.results import (
    CleanupResult,
    CommandResult,
    Effect,
    RecoverResult,
    RedeployResult,
    StateAfter,
)
from wfadmin.testing.explore.diary import Began, Diary, Did, Look, Write
from wfadmin.testing.explore.endings import harms_of_a_crash, harms_of_a_verb
from wfadmin.testing.explore.harm import Operation
from wfadmin.testing.explore.judging import harms_of_sending
from wfadmin.testing.explore.moment import Moment, moment_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def a_world() -> World:
    world = World()
    world.deployment("http://old:9080", serves=("Order",))
    world.workflow("Order").key("o-1").failed("no")
    return world


WORLD = moment_of(a_world(), set())
(RUN,) = WORLD.runs.values()
(PLACE,) = WORLD.deployments
NEWER = attrs.evolve(RUN, ref=attrs.evolve(RUN.ref, incarnation="of another time"))
NOTHING = attrs.evolve(WORLD, runs={}, stored=frozenset(), deployments=())
PURGE = Write(Action.PURGE, RUN.id, RUN.ref.incarnation, KEY)
STORED = KeyedState((StateEntry("stage", 3),))
EMPTY = KeyedState()


@attrs.define(eq=False)
class Story:
    """A diary, told page by page."""

    diary: Diary = attrs.field(factory=Diary)
    now: Moment = WORLD
    is_interrupted: bool = False

    def looks(self, *runs: Invocation, stored: bool = False) -> "Story":
        keys = frozenset({KEY}) if stored else frozenset()
        self.now = attrs.evolve(self.now, runs={one.id: one for one in runs}, stored=keys)
        self.diary.add(Did.LOOKED, Look(KEY, runs, is_whole=True, at=NOW), self.now)
        return self

    def reads(self, state: KeyedState, *, stored: bool = False) -> "Story":
        keys = frozenset({KEY}) if stored else frozenset()
        self.diary.add(Did.READ_STATE, state, attrs.evolve(self.now, stored=keys))
        return self

    def does(self, did: Did, what: object = None) -> "Story":
        self.diary.add(did, what, self.now)
        return self

    def sends(self, *writes: Write) -> "Story":
        self.diary.holds_lease = True
        self.diary.add(Did.INTENDED)
        for one in writes:
            self.diary.add(Did.SENT, one)
        return self

    def ends(self, ending: object, *, outcome: bool = True, words: str | None = None) -> set[str]:
        """What is wrong with that."""
        if outcome and self.diary.places(Did.INTENDED):
            self.diary.add(Did.ENDED, words)
        operation = Operation(self.diary, is_ours=True)
        last = len(self.diary.pages) - 1
        return {one.what for one in harms_of_a_verb(operation, last, ending, self.now)}


def recovered(
    state: StateAfter = StateAfter.CLEARED,
    *,
    matched: int = 1,
    killed: tuple[str, ...] = (),
    purged: tuple[str, ...] = (RUN.id,),
) -> RecoverResult:
    return RecoverResult(KEY, matched, killed, purged, state, effect=Effect.CONFIRMED)


def purges() -> Story:
    """A recovery up to its write."""
    return Story().looks(RUN, stored=True).reads(STORED, stored=True).sends(PURGE)


# --- a recovery ----------------------------------------------------------------------------------


def test_what_is_confirmed_and_gone_is_true() -> None:
    assert purges().reads(EMPTY).looks().ends(recovered()) == set()


def test_what_is_confirmed_and_there_is_found() -> None:
    found = purges().reads(EMPTY).looks(RUN).ends(recovered())

    assert found == {"confirms, and what was planned to go is there"}


def test_a_shared_call_that_has_ended_may_stay() -> None:
    call = attrs.evolve(RUN, handler_kind=HandlerKind.SHARED)
    story = Story().looks(call).reads(STORED, stored=True).sends(PURGE).reads(EMPTY)

    assert story.looks(call).ends(recovered()) == set()


def test_what_is_confirmed_and_not_read_again_is_found() -> None:
    assert "confirms what it did not read again" in purges().ends(recovered())


def test_what_is_only_accepted_need_not_be_read_again() -> None:
    accepted = attrs.evolve(recovered(), effect=Effect.ACCEPTED)

    assert "confirms what it did not read again" not in purges().ends(accepted)


def test_the_engine_is_believed_and_not_the_answer() -> None:
    story = purges().reads(EMPTY)
    story.diary.add(Did.LOOKED, Look(KEY, (), is_whole=True, at=NOW), WORLD)

    assert story.ends(recovered()) == {"confirms, and what was planned to go is there"}


def test_state_that_is_there_is_not_cleared() -> None:
    found = purges().reads(EMPTY).looks(stored=True).ends(recovered())

    assert found == {"says that nothing is stored, and something is"}


def test_what_a_newer_run_stored_since_is_its_own() -> None:
    assert purges().reads(EMPTY).looks(NEWER, stored=True).ends(recovered()) == set()


@pytest.mark.parametrize(
    ("before", "after", "last", "word"),
    [
        (STORED, EMPTY, (), StateAfter.CLEARED),
        (EMPTY, EMPTY, (), StateAfter.WAS_EMPTY),
        (STORED, STORED, (), StateAfter.NOT_EMPTY),
        (STORED, STORED, (NEWER,), StateAfter.IN_USE),
    ],
)
def test_the_word_for_the_state_is_that_of_its_looks(
    before: KeyedState, after: KeyedState, last: tuple[Invocation, ...], word: StateAfter
) -> None:
    def told(said: StateAfter) -> set[str]:
        story = Story().looks(RUN).reads(before).sends(PURGE).reads(after).looks(*last)
        return story.ends(recovered(said))

    assert told(word) == set()
    for other in set(StateAfter) - {word}:
        assert told(other) == {f"says {other.value} of the state"}


def test_a_recovery_without_a_look_says_nothing_that_can_be_held_against_it() -> None:
    nothing = RecoverResult(KEY, 0, (), (), None, effect=Effect.NO_CHANGE)

    assert Story().ends(nothing) == set()


def test_a_recovery_that_never_read_the_state_says_what_the_engine_holds() -> None:
    found = Story().looks(RUN, stored=True).sends(PURGE).looks(stored=True).ends(recovered())

    assert found == {"says that nothing is stored, and something is"}


def test_a_recovery_that_read_only_state_is_not_held_against_runs() -> None:
    nothing = RecoverResult(KEY, 0, (), (), None, effect=Effect.NO_CHANGE)

    assert Story().looks().ends(nothing) == set()


def test_a_clear_that_meets_a_run_is_not_confirmed() -> None:
    clear = Write(Action.CLEAR_STATE, "o-1", None, KEY)
    story = Story().looks().reads(STORED, stored=True).sends(clear).reads(EMPTY).looks(NEWER)

    found = story.ends(recovered(matched=0, purged=()))

    assert found == {"confirms a clear, and a run is there"}


def test_only_what_was_sent_is_counted() -> None:
    found = Story().looks(RUN).reads(STORED).reads(EMPTY).looks().ends(recovered(killed=(RUN.id,)))

    assert found == {"counts a purge that it did not send", "counts a kill that it did not send"}


# --- a command -----------------------------------------------------------------------------------

RESUME = Write(Action.RESUME, RUN.id, RUN.ref.incarnation, KEY)


def commanded(status: str) -> CommandResult:
    return CommandResult(RUN.id, status, effect=Effect.CONFIRMED)


def test_a_command_says_how_its_run_was_seen_last() -> None:
    paused = attrs.evolve(RUN, status=InvocationStatus.PAUSED)
    running = attrs.evolve(RUN, status=InvocationStatus.RUNNING)

    def told(said: str) -> set[str]:
        return Story().looks(paused).sends(RESUME).looks(running).ends(commanded(said))

    assert told("running") == set()
    assert told("paused") == {"says paused of a run that it last saw otherwise"}


@pytest.mark.parametrize("last", [(), (NEWER,)])
def test_a_run_that_gave_way_is_gone(last: tuple[Invocation, ...]) -> None:
    assert Story().looks(RUN).sends(RESUME).looks(*last).ends(commanded("gone")) == set()


def test_a_run_that_the_engine_has_and_the_answer_had_not_is_gone_by_what_was_seen() -> None:
    story = Story().looks(RUN).sends(RESUME)
    story.diary.add(Did.LOOKED, Look(KEY, (), is_whole=True, at=NOW), WORLD)

    assert story.ends(commanded("gone")) == set()


def test_a_command_without_a_look_knows_nothing() -> None:
    assert "says running of a run that it last saw otherwise" in Story().ends(commanded("running"))


# --- deployments ---------------------------------------------------------------------------------

REMOVE = Write(Action.REMOVE, PLACE.id)


def cleaned(*removed: str) -> CleanupResult:
    return CleanupResult((), removed, (), effect=Effect.CONFIRMED)


def test_what_is_removed_is_not_there() -> None:
    there = Story().does(Did.LISTED, (PLACE,)).sends(REMOVE).does(Did.LISTED, (PLACE,))
    gone = Story().does(Did.LISTED, (PLACE,)).sends(REMOVE)
    gone.now = NOTHING

    assert there.ends(cleaned(PLACE.id)) == {"says that a deployment is removed, and it is there"}
    assert gone.does(Did.LISTED, ()).ends(cleaned(PLACE.id)) == set()


def test_only_a_removal_that_was_sent_is_counted() -> None:
    story = Story(now=NOTHING).does(Did.LISTED, ())

    assert story.ends(cleaned(PLACE.id)) == {"counts a removal that it did not send"}
    assert Story().ends(cleaned()) == set()


def deployed(place: str, effect: Effect = Effect.CONFIRMED) -> RedeployResult:
    return RedeployResult(place, PLACE.services, effect=effect)


def test_a_deployment_is_confirmed_when_its_services_go_there() -> None:
    what = "confirms a deployment, and a service does not go there"

    def told(result: RedeployResult) -> set[str]:
        return Story().does(Did.LISTED_SERVICES, ()).ends(result)

    assert told(deployed(PLACE.id)) == set()
    assert told(deployed("another")) == {what}
    assert told(deployed("another", Effect.ACCEPTED)) == set()
    assert Story().ends(deployed(PLACE.id)) == {what}


# --- what is said, and left behind ---------------------------------------------------------------


def test_who_sent_something_does_not_say_that_he_did_not() -> None:
    blocked = RetryBlocked("active")

    assert purges().ends(blocked) == {"says that nothing was sent"}
    assert purges().ends(attrs.evolve(blocked, sent=Sent.YES)) == set()
    assert Story().looks(RUN).ends(blocked) == set()


def test_every_intent_gets_its_outcome() -> None:
    unknown = OutcomeUnknown("purge", RUN.id, "it is late")

    assert purges().ends(unknown) == set()
    assert purges().ends(unknown, outcome=False) == {"leaves an intent without an outcome"}
    early = Story().does(Did.ENDED).sends(PURGE)
    assert early.ends(unknown, outcome=False) == {"leaves an intent without an outcome"}


PAUSE = Write(Action.PAUSE, RUN.id, RUN.ref.incarnation, KEY)
SILENCE = "leaves a run paused and does not say so"


def parks(verb: str = "recover", run: Invocation = RUN) -> Story:
    began = Began(verb, reads_only=False, policy=RecoveryPolicy())
    story = Story().does(Did.BEGAN, began).looks(RUN).sends(PAUSE)
    paused = attrs.evolve(run, status=InvocationStatus.PAUSED)
    story.now = attrs.evolve(story.now, runs={run.id: paused})
    return story


def blocked_and(*also: str) -> RetryBlocked:
    return RetryBlocked("active", sent=Sent.YES, also=also)


def test_a_run_that_is_left_parked_is_named() -> None:
    assert parks().ends(blocked_and()) == {SILENCE}
    assert parks().ends(blocked_and(f"{RUN.id} is paused")) == set()
    assert parks().ends(OutcomeUnknown("pause", RUN.id, "no answer")) == set()


def test_of_an_interrupted_verb_the_audit_log_must_name_it() -> None:
    assert parks().ends(KeyError(), words="KeyError") == {SILENCE}
    assert parks().ends(KeyError(), words=f"KeyError {RUN.id} was paused") == set()


def test_a_result_names_nothing() -> None:
    assert SILENCE in parks().ends(recovered())


def test_who_was_asked_to_pause_leaves_it_paused() -> None:
    paused = attrs.evolve(RUN, status=InvocationStatus.PAUSED)
    story = parks("pause").looks(paused)

    assert story.ends(commanded("paused")) == set()


def test_a_newer_run_that_is_paused_is_not_ours() -> None:
    assert parks(run=NEWER).ends(blocked_and()) == set()


def test_each_verb_is_judged_by_its_own_chapter() -> None:
    began = Began("recover", reads_only=False, policy=RecoveryPolicy())
    story = purges()
    first = len(story.diary.pages)
    story.does(Did.ENDED).does(Did.BEGAN, began).looks(RUN)

    operation = Operation(story.diary, is_ours=True)
    blocked = RetryBlocked("active")

    def told(last: int) -> set[str]:
        return {one.what for one in harms_of_a_verb(operation, last, blocked, WORLD)}

    assert told(first) == {"says that nothing was sent"}
    assert told(len(story.diary.pages) - 1) == set()


# --- a crash -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ending", "raises", "expected"),
    [
        ("done", (), []),
        (LeaseHeld("x", None), (), []),
        (KeyError("o-1"), (), ["ends with KeyError ('o-1')"]),
        (KeyError(), (), ["ends with KeyError"]),
        (KeyError("o-1"), (LookupError,), []),
    ],
)
def test_an_error_that_nobody_expects_is_found(
    ending: object, raises: tuple[type[Exception], ...], expected: list[str]
) -> None:
    operation = Operation(Diary(), is_ours=False, raises=raises, ending=ending)

    assert [one.what for one in harms_of_a_crash(operation)] == expected


def test_who_was_interrupted_may_end_so() -> None:
    operation = Operation(Diary(), is_ours=True, ending=KeyError(), is_interrupted=True)

    assert list(harms_of_a_crash(operation)) == []


# --- a write that is sent ------------------------------------------------------------------------


def sent(tell: Callable[[Story], object], **told: bool) -> set[str]:
    story = Story()
    tell(story)
    operation = Operation(story.diary, is_ours=True, **told)
    write = story.diary.writes[-1]
    return words(harms_of_sending(operation, write))


def words(found: Iterable[object]) -> set[str]:
    return {str(one).removeprefix("bug: ") for one in found}


def test_a_write_that_keeps_the_rules_is_none() -> None:
    assert sent(lambda story: story.looks(RUN).sends(PURGE)) == set()


def test_a_write_needs_the_lease() -> None:
    def tell(story: Story) -> None:
        story.looks(RUN).sends(PURGE)
        story.diary.holds_lease = False

    assert sent(tell) == {"sends without the lease"}


def test_a_write_needs_a_stored_intent() -> None:
    def tell(story: Story) -> None:
        story.looks(RUN).does(Did.SENT, PURGE)
        story.diary.holds_lease = True

    assert sent(tell) == {"sends without a stored intent"}


def test_a_write_comes_before_its_outcome() -> None:
    def tell(story: Story) -> None:
        story.looks(RUN).sends().does(Did.ENDED).does(Did.SENT, PURGE)

    assert sent(tell) == {"sends after its outcome was stored"}


def test_a_write_is_for_what_was_planned() -> None:
    assert sent(lambda story: story.looks(NEWER).sends(PURGE)) == {
        "sends for a run that was not planned"
    }
    assert sent(lambda story: story.sends(PURGE)) == {"sends for a run that was not planned"}
    assert sent(lambda story: story.sends(REMOVE)) == set()


def test_who_only_looks_does_not_write() -> None:
    what = {"writes although it only looks"}
    looks = Began("inspect", reads_only=True, policy=RecoveryPolicy())

    assert sent(lambda story: story.looks(RUN).sends(PURGE), reads_only=True) == what
    assert sent(lambda story: story.does(Did.BEGAN, looks).looks(RUN).sends(PURGE)) == what
