"""
Every order of what several actors do, without an event loop.

An actor stops before each thing that it does until it is its turn; what it does from there to its
next turn is one step, which nobody interrupts.

A coroutine cannot be copied, so each order is played from its beginning, on a fresh scene. Of two
orders that lead to the same scene, seen by actors that know the same, only one is followed; and
shorter orders come first, so the first one that fails is among the shortest that do.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Generator, Hashable, Iterable, Sequence
from contextlib import suppress
from typing import Any, Generic, Protocol, TypeVar

import attrs

from wfadmin.domain.errors import UsageError

__all__ = [
    "LAST_CALLS",
    "Actor",
    "Bare",
    "Choice",
    "NotRepeatable",
    "Scene",
    "Turn",
    "Wait",
    "after",
    "turns_of",
]

_F = TypeVar("_F", bound=Hashable)
#: Waits for the turn to do what is said.
Wait = Callable[[str], Coroutine[Any, Any, None]]
# How often code that is left may go on waiting before it is given up.
LAST_CALLS = 1000


class NotRepeatable(Exception):
    """The same order led elsewhere: an actor goes by something other than what it was told."""


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


def after(story: Sequence[str]) -> str:
    """When something is so, for people."""
    return "\n".join(("after:", *story)) if story else "at the beginning"


def turns_of(labels: Iterable[str]) -> tuple[Turn, ...]:
    """Turns with these labels, of which each names one: a second one of the same is told apart."""
    seen: Counter[str] = Counter()
    turns = []
    for label in labels:
        seen[label] += 1
        turns.append(Turn(label if seen[label] == 1 else f"{label} ({seen[label]})"))
    return tuple(turns)


@attrs.frozen
class Choice:
    """Which actor takes which of its turns."""

    actor: int
    label: str


class Actor(Protocol):
    """Somebody who acts, one step at a time."""

    __slots__ = ()

    @property
    @abstractmethod
    def name(self) -> str:
        """For people."""

    @property
    @abstractmethod
    def turns(self) -> tuple[Turn, ...]:
        """What it waits for: more than one where it does several things at once."""

    @abstractmethod
    def knows(self) -> Hashable:
        """All that decides what it does next, beside the scene and where it stands."""

    @abstractmethod
    def take(self, turn: Turn) -> None:
        """Do what it waited for, up to its next turn."""

    @abstractmethod
    def leave(self) -> None:
        """Let go of what it holds. Nothing is taken any more."""


@attrs.define(eq=False)
class Bare(Actor):
    """An actor that awaits nothing but turns: it needs no event loop."""

    name: str
    _coroutine: Coroutine[Any, Any, None]
    _knows: Callable[[], Hashable]
    _turn: Turn | None = attrs.field(init=False, default=None)

    def __attrs_post_init__(self) -> None:
        self._step()

    @property
    def turns(self) -> tuple[Turn, ...]:
        """See `Actor.turns`."""
        return () if self._turn is None else (self._turn,)

    def knows(self) -> Hashable:
        """See `Actor.knows`."""
        return self._knows()

    def take(self, turn: Turn) -> None:  # noqa: ARG002 - it has one
        """See `Actor.take`."""
        self._step()

    def interrupt(self, error: BaseException) -> None:
        """Raise `error` where it waits; what it does in answer are turns as others."""
        with suppress(type(error)):
            self._go_on(lambda: self._coroutine.throw(error))

    def leave(self) -> None:
        """See `Actor.leave`."""
        for _ in range(LAST_CALLS):
            try:
                self._coroutine.close()
            except RuntimeError:
                continue  # what it tidies up waits for a turn: that will not come
            return

    def _step(self) -> None:
        self._go_on(lambda: self._coroutine.send(None))

    def _go_on(self, go: Callable[[], object]) -> None:
        self._turn = None
        try:
            turn = go()
        except StopIteration:
            return
        if not isinstance(turn, Turn):
            problem = f"{self.name} awaits something else than the engine: say asyncio or trio"
            raise UsageError("loop", problem)
        self._turn = turn


class Scene(ABC, Generic[_F]):
    """
    What one order is played on. Made anew for each order, always the same.

    Attributes:
        actors: Everybody, in the order in which they came. Some may come later.
        story: What was done, one line for each step.
        can_wait: Whether many of them can stand at the same time.
    """

    can_wait: bool = True

    def __init__(self) -> None:
        self.actors: list[Actor] = []
        self.story: list[str] = []

    def enter(
        self,
        name: str,
        coroutine: Coroutine[Any, Any, None],
        knows: Callable[[], Hashable] = lambda: None,
    ) -> Bare:
        """Let somebody act from now on. Up to its first turn it acts at once."""
        actor = Bare(name, coroutine, knows)
        self.actors.append(actor)
        return actor

    def take(self, choice: Choice) -> list[_F]:
        """
        Let an actor take a step; give what it did wrong.

        Raises:
            NotRepeatable: It does not wait for that turn.
            UsageError: It awaits something else than a turn.
        """
        actor = self.actors[choice.actor] if choice.actor < len(self.actors) else None
        turns = () if actor is None else actor.turns
        turn = next((one for one in turns if one.label == choice.label), None)
        if actor is None or turn is None:
            told = f"nobody waits for {choice.label!r} any more, {after(self.story)}"
            raise NotRepeatable(told)
        self.story.append(f"{actor.name}: {turn.label}")
        actor.take(turn)
        return list(self.failures())

    @abstractmethod
    def state(self) -> Hashable:
        """All that actors can find here: two scenes with the same state are the same scene."""

    @abstractmethod
    def failures(self) -> Iterable[_F]:
        """What the last step did wrong. Called once at the beginning, and after every step."""

    def ready(self) -> list[Choice]:
        """What can be done now; nothing where nothing can go wrong any more."""
        return [
            Choice(place, turn.label)
            for place, actor in enumerate(self.actors)
            for turn in actor.turns
            if turn.when()
        ]

    def leave(self) -> None:
        """Let go of everything; nothing is played on it any more."""
        for actor in self.actors:
            actor.leave()

    def fingerprint(self) -> int:
        """
        The same number for the same scene; that two share one is not to be expected.

        Two actors who know the same and wait for the same are the same; who has ended is gone.
        """
        waiting = (one for one in self.actors if one.turns)
        actors = sorted(hash((one.turns, one.knows())) for one in waiting)
        return hash((self.state(), tuple(actors)))
