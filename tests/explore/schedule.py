"""
Every order of what several actors do, without an event loop.

An actor is a coroutine. Where it awaits a `Turn` it stops until it is its turn; what it does from
there to its next turn is one step, which nobody interrupts. `explore` tries every order of steps.

A coroutine cannot be copied, so each order is played from its beginning, on a fresh scene. Of two
orders that lead to the same scene, seen by actors that know the same, only one is followed; and
shorter orders come first, so the first one that fails is among the shortest that do.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator, Hashable, Iterable, Iterator
from typing import Any, Generic, TypeVar

import attrs

__all__ = ["Actor", "Explored", "Scene", "TooManyOrders", "Turn", "explore"]

_F = TypeVar("_F", bound=Hashable)
_Order = tuple[int, ...]


def _always() -> bool:
    return True


@attrs.frozen
class Turn(Awaitable[None]):
    """
    Waits for one's turn.

    Attributes:
        label: What is done then, for people.
        when: Whether it can be done now; asked again before every step.
    """

    label: str
    when: Callable[[], bool] = attrs.field(default=_always, eq=False)

    def __await__(self) -> Generator["Turn", None, None]:
        yield self


@attrs.define(eq=False)
class Actor:
    """
    Somebody who acts, one step at a time.

    Attributes:
        name: For people.
        knows: All that decides what it does next, beside the scene and where it stands.
        turn: What it waits for; None when it has ended.
    """

    name: str
    _coroutine: Coroutine[Any, Any, None]
    knows: Callable[[], Hashable]
    turn: Turn | None = attrs.field(init=False, default=None)

    def __attrs_post_init__(self) -> None:
        self.step()

    def step(self) -> None:
        """Do what it waited for, up to its next turn."""
        try:
            self.turn = self._coroutine.send(None)
        except StopIteration:
            self.turn = None


class Scene(ABC, Generic[_F]):
    """
    What one order is played on. Made anew for each order, always the same.

    Attributes:
        actors: Everybody, in the order in which they came. Some may come later.
        story: What was done, one line for each step.
    """

    def __init__(self) -> None:
        self.actors: list[Actor] = []
        self.story: list[str] = []

    def enter(
        self,
        name: str,
        coroutine: Coroutine[Any, Any, None],
        knows: Callable[[], Hashable] = lambda: None,
    ) -> None:
        """Let somebody act from now on. Up to its first turn it acts at once."""
        self.actors.append(Actor(name, coroutine, knows))

    def take(self, place: int) -> list[_F]:
        """Let the actor at that place take a step; give what it did wrong."""
        actor = self.actors[place]
        assert actor.turn is not None
        self.story.append(f"{actor.name}: {actor.turn.label}")
        actor.step()
        return list(self.failures())

    @abstractmethod
    def state(self) -> Hashable:
        """All that actors can find here: two scenes with the same state are the same scene."""

    @abstractmethod
    def failures(self) -> Iterable[_F]:
        """What the last step did wrong. Called once after every step."""

    def ready(self) -> list[int]:
        """The places of those who can act now; nobody where nothing can go wrong any more."""
        turns = ((place, actor.turn) for place, actor in enumerate(self.actors))
        return [place for place, turn in turns if turn is not None and turn.when()]

    def fingerprint(self) -> int:
        """
        The same number for the same scene; that two share one is not to be expected.

        Two actors who know the same and wait for the same are the same; who has ended is gone.
        """
        waiting = (one for one in self.actors if one.turn is not None)
        actors = sorted(hash((one.turn, one.knows())) for one in waiting)
        return hash((self.state(), tuple(actors)))


class TooManyOrders(Exception):
    """The bound was reached: not every order was tried, so nothing is shown."""


@attrs.frozen
class Explored(Generic[_F]):
    """
    What became of all orders.

    Attributes:
        orders: How many were played from the beginning to where nothing new came.
        states: How many different scenes there are.
        failures: Each that occurred, with a shortest order that leads to it.
    """

    orders: int
    states: int
    failures: dict[_F, tuple[str, ...]]

    def __str__(self) -> str:
        told = [f"{self.orders} orders, {self.states} states"]
        for failure, story in self.failures.items():
            told += [f"{failure}:", *(f"  {line}" for line in story)]
        return "\n".join(told)


def explore(make: Callable[[], Scene[_F]], *, at_most: int = 20_000) -> Explored[_F]:
    """
    Play every order on scenes that `make` makes.

    Raises:
        TooManyOrders: There are more than `at_most` states.
    """
    scene = make()
    known = {scene.fingerprint()}
    failures: dict[_F, tuple[str, ...]] = {}
    orders = 0
    waiting = deque(_onward((), scene))
    while waiting:
        order, kept = waiting.popleft()
        scene = make() if kept is None else kept
        if kept is None:
            for place in order[:-1]:
                scene.take(place)
            orders += 1
        for failure in scene.take(order[-1]):
            failures.setdefault(failure, tuple(scene.story))
        state = scene.fingerprint()
        if state in known:
            continue
        if len(known) == at_most:
            raise TooManyOrders(f"more than {at_most} states")
        known.add(state)
        waiting.extend(_onward(order, scene))
    return Explored(orders + 1, len(known), failures)


def _onward(order: _Order, scene: Scene[_F]) -> Iterator[tuple[_Order, Scene[_F] | None]]:
    """Every order that is one step longer; the first of them goes on where this one stands."""
    kept: Scene[_F] | None = scene
    for place in scene.ready():
        yield (*order, place), kept
        kept = None
