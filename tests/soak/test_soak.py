"""A slice of the soak, and what it finds when something is wrong: planted, found, told again."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from tests.soak.story import Told, tell
from tests.soak.summary import Summary, replay
from tests.soak.virtual_time import EverybodyWaits, LoopClock, run
from wfadmin.adapters.lease_memory import MemoryLease
from wfadmin.domain import recovery
from wfadmin.domain.model import InvocationOutcome
from wfadmin.operations import repair
from wfadmin.operations.keys import KeyReader
from wfadmin.operations.recover import Recover
from wfadmin.operations.recovery_loop import RecoveryLoop
from wfadmin.operations.writing import Lost, Writing
from wfadmin.testing.faults import Kind

SLICE = range(200)
#: A planted mistake shows within so many stories.
SOON = range(120)


def test_nothing_is_lost_and_every_outcome_is_typed() -> None:
    summary = Summary()
    for seed in SLICE:
        summary.add(tell(seed))

    assert summary.failed == [], summary.text()
    # What was not reached was not shown.
    assert set(summary.struck) == {kind.value for kind in Kind}
    wanted = {"recover: confirmed", "recover: outcome_unknown", "recover: cancelled"}
    wanted |= {"recover: lease_held", "recover: stale_plan", "cleanup: confirmed"}
    wanted |= {"pause: confirmed", "resume: confirmed", "redeploy: confirmed"}
    assert wanted <= set(summary.outcomes)


def test_the_same_seed_tells_the_same_story() -> None:
    assert [str(tell(seed)) for seed in range(20)] == [str(tell(seed)) for seed in range(20)]


# --- planted -------------------------------------------------------------------------------------


def sends_again(patch: pytest.MonkeyPatch) -> None:
    """A write without an answer is sent once more."""
    send = Writing.send

    async def twice(self: Writing, call: Callable[[], Awaitable[Any]], **given: Any) -> Any:  # noqa: ANN401
        answer = await send(self, call, **given)
        return await send(self, call, **given) if isinstance(answer, Lost) else answer

    patch.setattr(Writing, "send", twice)


def takes_any_look_for_the_effect(patch: pytest.MonkeyPatch) -> None:
    """The first look after a write is taken for one that shows its effect."""

    async def confirm(self: Writing, _step: Any, _answer: Any, read: Any, _done: Any) -> Any:  # noqa: ANN401
        del self
        return await read()

    patch.setattr(Writing, "confirm", confirm)


def stores_no_intent(patch: pytest.MonkeyPatch) -> None:
    """Nothing is on record before it is sent."""

    async def nothing(*_: object) -> None:
        return

    patch.setattr(repair, "_store_intent", nothing)


def saves_no_evidence(patch: pytest.MonkeyPatch) -> None:
    """What is purged is not saved."""

    async def nothing(*_: object) -> None:
        return

    patch.setattr(Recover, "save_evidence", nothing)


def takes_a_success_for_a_failure(patch: pytest.MonkeyPatch) -> None:
    """A success is purged like a failure."""
    patch.setitem(recovery._ENDED, InvocationOutcome.SUCCEEDED, "ended_main")


def keeps_the_lease(patch: pytest.MonkeyPatch) -> None:
    """A lease is never let go."""

    @asynccontextmanager
    async def hold(self: MemoryLease, scope: str) -> AsyncIterator[None]:
        self._held.setdefault(scope, self)
        yield

    patch.setattr(MemoryLease, "hold", hold)


def forgets_what_it_parked(patch: pytest.MonkeyPatch) -> None:
    """A run that was parked and not killed stays paused, and nobody says so."""

    async def let_go(self: RecoveryLoop, _: Exception) -> None:
        self.writing.paused.clear()

    patch.setattr(RecoveryLoop, "_let_go", let_go)


def does_not_ask_for_children(patch: pytest.MonkeyPatch) -> None:
    """Whoever was not asked for is taken for nobody."""

    async def ask(self: KeyReader, runs: tuple[Any, ...]) -> None:
        self.children.update((one.id, ()) for one in runs)

    patch.setattr(KeyReader, "ask_children", ask)


def trips(patch: pytest.MonkeyPatch) -> None:
    """A plain mistake, which no caller can catch as ours."""

    def count(self: RecoveryLoop, done: list[str], step: Any, answer: Any) -> None:  # noqa: ANN401
        del self, answer
        done.remove(step.target)

    patch.setattr(RecoveryLoop, "_count", count)


@pytest.mark.parametrize(
    ("plant", "said"),
    [
        (sends_again, "sends the same write twice"),
        (takes_any_look_for_the_effect, "is blocked without a reason"),
        (stores_no_intent, "sends without a stored intent"),
        (saves_no_evidence, "destroys what was not saved before"),
        (takes_a_success_for_a_failure, "purges a success"),
        (keeps_the_lease, "still held"),
        (forgets_what_it_parked, "leaves a run paused and names it nowhere"),
        (does_not_ask_for_children, "takes a child along that nobody agreed to"),
        (trips, "ends with ValueError"),
    ],
)
def test_a_planted_mistake_is_found_and_its_seed_tells_it_again(
    plant: Callable[[pytest.MonkeyPatch], None], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)

    found = first_with(said)

    assert str(tell(found.seed)) == str(found)
    monkeypatch.undo()
    assert tell(found.seed).failures == ()


def first_with(said: str) -> Told:
    """Tell stories until one fails with these words."""
    stories = map(tell, SOON)
    found = next((one for one in stories if any(said in what for what in one.failures)), None)
    assert found is not None, f"none of {len(SOON)} stories: {said}"
    return found


# --- time ----------------------------------------------------------------------------------------


def test_a_day_of_waiting_takes_no_time_and_passes_in_order() -> None:
    clock, woke = LoopClock(), []

    async def sleep(hours: int) -> None:
        await clock.sleep(timedelta(hours=hours))
        woke.append(hours)

    async def all_of_them() -> None:
        async with asyncio.TaskGroup() as group:
            for hours in (24, 1, 5):
                group.create_task(sleep(hours))

    began = clock.now()
    run(clock, all_of_them())

    assert woke == [1, 5, 24]
    assert timedelta(0) <= clock.now() - began - timedelta(days=1) < timedelta(milliseconds=1)


def test_who_waits_for_nobody_is_told_so() -> None:
    async def wait() -> None:
        await asyncio.Event().wait()

    with pytest.raises(EverybodyWaits):
        run(LoopClock(), wait())


# --- the command ---------------------------------------------------------------------------------


def test_a_summary_names_the_command_that_replays_a_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keeps_the_lease(monkeypatch)
    found = first_with("still held")
    summary = Summary()
    summary.add(found)

    text = summary.text(seconds=1.0)

    assert text.startswith("1 runs, 1.0 s\n")
    assert f"  seed {found.seed}: {found.failures[0]}" in text
    assert text.endswith(f"    python -m tests.soak --runs 1 --seed {found.seed} --story")


def test_the_command_tells_a_story_and_sums_it_up() -> None:
    command = replay(7).split()[1:]

    ran = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=True)

    assert str(tell(7)) in ran.stdout
    assert "1 runs" in ran.stdout
    assert ran.stdout.endswith("failed: 0\n")
