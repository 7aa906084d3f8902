"""Plays orders of turns: every one up to a bound, and seeded ones beyond it."""

import random
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Generic, TypeVar

import attrs

from wfadmin.testing.explore.turns import Choice, NotRepeatable, Scene, after

__all__ = ["Orders", "every_order", "random_walks", "replayed"]

_F = TypeVar("_F", bound=Hashable)
_Order = tuple[Choice, ...]
_Make = Callable[[], Scene[_F]]
# Orders to play, each with the scene that stands right before its last step, if one does.
_Waiting = deque[tuple[_Order, Scene[_F] | None]]


@attrs.frozen
class Orders(Generic[_F]):
    """
    What became of the orders that were played.

    Attributes:
        orders: How many were played to where nothing new came.
        states: How many different scenes there are.
        steps: How many steps were taken for it.
        is_complete: Whether every order was tried, but for those that lead to a known scene.
        failures: Each that occurred, with a shortest order that leads to it.
    """

    orders: int
    states: int
    steps: int
    is_complete: bool
    failures: dict[_F, tuple[str, ...]]


@attrs.define(eq=False)
class _Search(Generic[_F]):
    make: _Make[_F]
    known: set[int] = attrs.field(factory=set)
    failures: dict[_F, tuple[str, ...]] = attrs.field(factory=dict)
    orders: int = 0
    steps: int = 0
    scene: Scene[_F] | None = None

    def follow(self, waiting: "_Waiting[_F]") -> None:
        """Take the last step of the first order that waits; what is new there waits too."""
        order, kept = waiting.popleft()
        scene = self.scene = self._arrive(order) if kept is None else kept
        if self.take(scene, order[-1]):
            waiting.extend(_onward(order, scene))
        else:
            scene.leave()
        self.scene = None

    def _arrive(self, order: _Order) -> Scene[_F]:
        """A scene on which all of the order but its last step was played."""
        scene = self.begin()
        for choice in order[:-1]:
            scene.take(choice)
            self.steps += 1
        if scene.fingerprint() not in self.known:
            raise NotRepeatable(f"the same order led elsewhere, {after(scene.story)}")
        return scene

    def begin(self) -> Scene[_F]:
        """A new scene, before the first step."""
        self.orders += 1
        self.scene = scene = self.make()
        self.note(scene, scene.failures())
        return scene

    def leave(self) -> None:
        """Let go of the scene that is being played, if any."""
        if self.scene is not None:
            self.scene.leave()
            self.scene = None

    def note(self, scene: Scene[_F], failures: Iterable[_F]) -> None:
        """Keep the first story of each failure."""
        for failure in failures:
            self.failures.setdefault(failure, tuple(scene.story))

    def take(self, scene: Scene[_F], choice: Choice) -> bool:
        """Take one more step; whether it leads to a scene that was not known."""
        self.steps += 1
        self.note(scene, scene.take(choice))
        state = scene.fingerprint()
        is_new = state not in self.known
        self.known.add(state)
        return is_new

    def result(self, *, is_complete: bool) -> Orders[_F]:
        """What it found."""
        return Orders(self.orders, len(self.known), self.steps, is_complete, self.failures)


def every_order(make: _Make[_F], *, at_most: int) -> Orders[_F]:
    """
    Play every order on scenes that `make` makes, shorter ones first, up to `at_most` scenes.

    Raises:
        NotRepeatable: The same order led elsewhere.
    """
    search = _Search(make)
    waiting: _Waiting[_F] = deque()
    try:
        first = search.begin()
        search.known.add(first.fingerprint())
        waiting.extend(_onward((), first))
        while waiting and len(search.known) < at_most:
            search.follow(waiting)
    finally:
        search.leave()
        for _, kept in waiting:
            if kept is not None:
                kept.leave()
    return search.result(is_complete=not waiting)


def _onward(order: _Order, scene: Scene[_F]) -> Iterator[tuple[_Order, Scene[_F] | None]]:
    """Every order that is one step longer; the first of them goes on where this one stands."""
    choices = scene.ready()
    kept: Scene[_F] | None = scene
    if not choices or not scene.can_wait:
        scene.leave()
        kept = None
    for choice in choices:
        yield (*order, choice), kept
        kept = None


def random_walks(make: _Make[_F], *, walks: int, seed: int, at_most_steps: int) -> Orders[_F]:
    """
    Play so many orders to their end, each step drawn from `seed`.

    Raises:
        NotRepeatable: Never; each is played once.
    """
    search = _Search(make)
    try:
        for walk in range(walks):
            drawn = random.Random(f"{seed}/{walk}")  # noqa: S311 - orders, no secrets
            scene = search.begin()
            for _ in range(at_most_steps):
                choices = scene.ready()
                if not choices:
                    break
                search.take(scene, drawn.choice(choices))
            search.leave()
    finally:
        search.leave()
    return search.result(is_complete=False)


def replayed(make: _Make[_F], story: tuple[str, ...]) -> Orders[_F]:
    """
    Play one order, given by the lines of its story.

    Raises:
        NotRepeatable: A line names nobody who waits for that.
    """
    search = _Search(make)
    try:
        scene = search.begin()
        for line in story:
            search.take(scene, _choice(scene, line))
    finally:
        search.leave()
    return search.result(is_complete=False)


def _choice(scene: Scene[_F], line: str) -> Choice:
    choices = scene.ready()
    choice = next((one for one in choices if _line(scene, one) == line), None)
    if choice is None:
        told = ", ".join(repr(_line(scene, one)) for one in choices) or "nothing"
        raise NotRepeatable(f"{line!r} cannot be done then, but {told}")
    return choice


def _line(scene: Scene[_F], choice: Choice) -> str:
    return f"{scene.actors[choice.actor].name}: {choice.label}"
