"""What became of a run, status by status, for as long as the engine holds it."""

from collections.abc import Callable
from datetime import timedelta

import attrs
import pytest

from tests.adapters.memory.calls import history_of
from tests.adapters.memory.command_table import an_order, tell
from tests.adapters.memory.driving import LOOPS, answer_of, on
from wfadmin.adapters.memory import Run, World
from wfadmin.domain.capabilities import Fence
from wfadmin.domain.commands import Kill, Pause, Resume
from wfadmin.domain.keys import Incarnation, InvocationRef
from wfadmin.errors import InvocationNotFound
from wfadmin.ports.history import HistoryEntry

MINUTE = timedelta(minutes=1)


def entries(world: World, ref: InvocationRef) -> list[HistoryEntry]:
    return answer_of(history_of(world.engine, ref))


def submitted(world: World) -> InvocationRef:
    submission = an_order(world).submit()
    run = world.store.find(submission.invocation_id or "")
    assert run is not None
    return run.ref


def test_every_change_of_status_is_one_entry_with_its_time_and_failure() -> None:
    world = World()
    start, store = world.clock.now(), world.store
    ref = submitted(world)
    world.clock.advance(MINUTE)
    store.progress(ref.id)
    world.clock.advance(MINUTE)
    store.back_off(ref.id, "no route to host")
    store.give_up(ref.id)
    world.clock.advance(MINUTE)
    tell(world, Resume(ref))
    store.suspend(ref.id)
    store.progress(ref.id)
    store.fail(ref.id, "boom")

    assert entries(world, ref) == [
        HistoryEntry(0, "pending", at=start),
        HistoryEntry(1, "ready", at=start),
        HistoryEntry(2, "running", at=start + MINUTE),
        HistoryEntry(3, "backing-off", at=start + 2 * MINUTE, detail="no route to host"),
        HistoryEntry(4, "paused", at=start + 2 * MINUTE, detail="no route to host"),
        HistoryEntry(5, "running", at=start + 3 * MINUTE, detail="no route to host"),
        HistoryEntry(6, "suspended", at=start + 3 * MINUTE),
        HistoryEntry(7, "running", at=start + 3 * MINUTE),
        HistoryEntry(8, "completed", at=start + 3 * MINUTE, detail="boom"),
    ]


def test_what_changes_no_status_is_no_entry() -> None:
    world = World()
    run = an_order(world).backing_off(attempts=7, failure="down")
    before = entries(world, run.ref)

    world.store.back_off(run.id, "still down")

    assert entries(world, run.ref) == before
    assert [(one.kind, one.detail) for one in before] == [("running", ""), ("backing-off", "down")]


def test_each_run_has_its_own() -> None:
    world = World()
    key = an_order(world)
    main, shared = key.suspended(), key.shared("watch").running()

    assert [one.kind for one in entries(world, main.ref)] == ["running", "suspended"]
    assert [one.kind for one in entries(world, shared.ref)] == ["running"]


# --- as long as the run ---------------------------------------------------------------------------


def killed_without_retention(world: World) -> Run:
    run = world.workflow("Brief", retention=timedelta(0)).key("b-1").running()
    world.store.kill(run.id)
    return run


def purged(world: World) -> Run:
    run = an_order(world).failed("boom")
    world.store.purge(run.id)
    return run


def expired(world: World) -> Run:
    run = an_order(world).failed("boom")
    world.advance(timedelta(days=1))
    return run


def dropped(world: World) -> Run:
    run = an_order(world).scheduled()
    world.store.kill(run.id)
    return run


@pytest.mark.parametrize("gone", [killed_without_retention, purged, expired, dropped])
def test_it_is_forgotten_with_the_run(gone: Callable[[World], Run]) -> None:
    world = World()
    run = gone(world)

    with pytest.raises(InvocationNotFound) as caught:
        entries(world, run.ref)

    assert caught.value.name == run.id
    assert world.store.chronicle.of(run.id) == ()


@pytest.mark.parametrize("fence", [Fence.CHECKED, Fence.ATOMIC])
def test_the_history_of_a_run_is_not_that_of_the_run_before_it(fence: Fence) -> None:
    world = World(fence=fence)
    first = an_order(world).failed("boom").ref
    world.store.purge(first.id)
    second = submitted(world)

    assert second.id == first.id
    assert [one.kind for one in entries(world, second)] == ["pending", "ready"]
    with pytest.raises(InvocationNotFound):
        entries(world, first)


def test_where_nothing_tells_two_runs_apart_the_id_alone_counts() -> None:
    world = World(fence=Fence.NONE)
    first = an_order(world).failed("boom").ref
    world.store.purge(first.id)
    submitted(world)

    known = attrs.evolve(first, incarnation=Incarnation("earlier"))
    for ref in (first, known):
        assert [one.kind for one in entries(world, ref)] == ["pending", "ready"]


def test_a_reference_without_an_incarnation_means_whichever_run_it_is() -> None:
    world = World()
    ref = attrs.evolve(an_order(world).running().ref, incarnation=None)

    assert [one.kind for one in entries(world, ref)] == ["running"]


# --- beside everything else ----------------------------------------------------------------------


def test_it_makes_no_difference_between_two_worlds() -> None:
    one, other = World(), World()
    straight, round_about = an_order(one).paused(), an_order(other).running()
    tell(other, Pause(round_about.ref))

    assert len(entries(one, straight.ref)) == len(entries(other, round_about.ref)) == 2
    tell(other, Resume(round_about.ref))
    tell(other, Pause(round_about.ref))
    assert len(entries(other, round_about.ref)) == 4
    assert one.store.fingerprint() == other.store.fingerprint()


@pytest.mark.parametrize("loop", LOOPS)
def test_one_who_reads_only_the_first_entry_leaves_nothing_behind(loop: str) -> None:
    world = World()
    run = an_order(world).suspended()

    async def first() -> str:
        iterator = world.engine.history.entries(run.ref)
        entry = await anext(iterator)
        await iterator.aclose()
        return entry.kind

    assert on(loop, first) == "running"


def test_an_accepted_write_that_is_due_has_happened_when_it_is_read() -> None:
    world = World(acceptance=timedelta(seconds=2))
    run = an_order(world).running()
    tell(world, Kill(run.ref))
    at = world.clock.now()
    world.clock.advance(timedelta(seconds=3))

    assert entries(world, run.ref) == [
        HistoryEntry(0, "running", at=at),
        HistoryEntry(1, "completed", at=at + timedelta(seconds=3), detail="[409] killed"),
    ]
