"""
The histories of the instances of a sidecar, made of what the world holds.

Each is made of the statuses that an instance came through, of what its code is known to do in its
first turn, and of whom it called. Its last event is as old as HTTP says that the instance was last
updated. What else an instance took in (an event, a step that a test let it make) is a turn without
more: the model does not keep its words.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any

import attrs

from tests.adapters.dapr_model.grpc_book import Book
from tests.adapters.dapr_model.grpc_state import NEVER_RAN, STALLED
from tests.adapters.dapr_model.sidecar import Sidecar
from wfadmin.domain.model import Invocation

__all__ = ["Histories"]

# An instance: its id, and when it was made.
_Name = tuple[str, datetime | None]
# When something happened, and how it is written.
_Turn = tuple[datetime, Callable[[datetime], None]]


@attrs.define(eq=False)
class Histories:
    """
    What a sidecar tells of the past of its instances.

    Attributes:
        open_tasks: Activities without a result, by the id of whichever instance waits for them.
    """

    sidecar: Sidecar
    open_tasks: dict[str, list[str]] = attrs.field(factory=dict)
    # What nobody else keeps: when each got on, whom it called, and who called it at which number.
    _steps: dict[_Name, list[datetime]] = attrs.field(factory=dict)
    _called: dict[_Name, dict[str, Invocation]] = attrs.field(factory=dict)
    _callers: dict[_Name, tuple[Invocation, int]] = attrs.field(factory=dict)

    def watch(self) -> None:
        """See what the world holds now: a child that is purged stays in the tale of its parent."""
        runs = {run.id: run for run in self.sidecar.world.store.runs}
        begun = [run for run in runs.values() if run.engine_status != NEVER_RAN]
        for run in begun:
            steps = self._steps.setdefault(_name(run), [])
            if run.modified_at is not None and run.modified_at not in steps:
                steps.append(run.modified_at)
            parent = None if run.parent_id is None else runs.get(run.parent_id)
            if parent is not None:
                self._meet(parent, run)

    def children_of(self, run: Invocation) -> tuple[Invocation, ...]:
        """Those that it called and that are there; not those of an earlier run of its id."""
        self.watch()
        return tuple(
            one for one in self.sidecar.world.store.runs if self._caller(one) == _name(run)
        )

    def of(self, run: Invocation) -> list[dict[str, Any]]:
        """The events of a run; none where it never ran."""
        return [] if run.engine_status == NEVER_RAN else self._book(run).events

    def _caller(self, child: Invocation) -> _Name | None:
        met = self._callers.get(_name(child))
        return None if met is None else _name(met[0])

    def _meet(self, parent: Invocation, child: Invocation) -> None:
        if self._caller(child) not in (None, _name(parent)):
            return
        self._called.setdefault(_name(parent), {})[child.id] = child
        if _name(child) not in self._callers:
            self._callers[_name(child)] = parent, self._book(parent).numbers[child.id]

    def _book(self, run: Invocation) -> Book:
        book = Book(self.sidecar.app_id, self.sidecar.world.store, run)
        for at, write in sorted(self._turns(run, book), key=_at):
            write(at)
        return book

    # --- turns -----------------------------------------------------------------------------------

    def _turns(self, run: Invocation, book: Book) -> Iterator[_Turn]:
        """What happened; of the same time what is to be written first comes first."""
        statuses = self._statuses(run)
        begun = statuses[0][0]
        tasks = self.open_tasks.get(run.id, [])
        yield begun, lambda at: book.begin(at, self._callers.get(_name(run)), tasks)
        yield from self._of_children(run, book, begun)
        end = [(statuses[-1][0], book.end)] if run.is_completed else []
        moves = statuses[1 : len(statuses) - len(end)]
        for (at, kind), (_, before) in zip(moves, statuses, strict=False):
            yield at, partial(_MOVES.get((before, kind), Book.turn), book)
        told = {at for at, _ in (*moves, *end)}
        steps = [at for at in self._steps.get(_name(run), ()) if at > begun and at not in told]
        if self.sidecar.world.store.turns.was_paused_twice(run.id):
            paused_at = max(at for at, kind in statuses if kind == _PAUSED)
            again = next((at for at in steps if at > paused_at), paused_at)
            steps = [at for at in steps if at != again]
            yield again, partial(Book.take, book, kind="executionSuspended")
        yield from ((at, book.turn) for at in steps)
        yield from end

    def _statuses(self, run: Invocation) -> list[tuple[datetime, str]]:
        """What it came through; HTTP says that nothing of it is later than its last update."""
        assert run.modified_at is not None
        entries = self.sidecar.world.store.chronicle.of(run.id)
        return [
            (min(one.at or run.modified_at, run.modified_at), one.kind)
            for one in entries
            if one.kind != NEVER_RAN
        ]

    def _of_children(self, run: Invocation, book: Book, begun: datetime) -> Iterator[_Turn]:
        for child in self._called.get(_name(run), {}).values():
            yield max(begun, child.created_at or begun), partial(book.call, child=child)
            ended_at = child.completed_at
            # What comes after the end is not taken in.
            if ended_at is not None and not (run.completed_at and ended_at > run.completed_at):
                yield ended_at, partial(book.hear, child=child)


_PAUSED = "SUSPENDED"
_RUNS = "RUNNING"
_MOVES: dict[tuple[str, str], Callable[..., None]] = {
    (_RUNS, _PAUSED): partial(Book.take, kind="executionSuspended"),
    (_PAUSED, _RUNS): partial(Book.take, kind="executionResumed"),
    (_RUNS, STALLED): partial(
        Book.take,
        kind="executionStalled",
        reason="VERSION_NOT_AVAILABLE",
        description="Version not available: v1",
    ),
}


def _name(run: Invocation) -> _Name:
    return run.id, run.created_at


def _at(turn: _Turn) -> datetime:
    return turn[0]
