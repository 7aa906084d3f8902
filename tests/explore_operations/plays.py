"""A play: a world, who acts on it, and exactly what may go wrong in which window."""

from collections.abc import Callable, Collection

import attrs

from wfadmin.adapters.memory import World
from wfadmin.testing.explore import Explored, Scenario, explore

#: More scenes than any play has: every order is played.
EVERY = 60_000


@attrs.frozen
class Play:
    """
    One scenario of the real operations.

    Attributes:
        name: Who acts, as a sentence.
        make: Makes the world.
        act: Says who acts on it.
        harms: All that goes wrong in some order, each with its window.
        endings: All the ways in which an operation ends in some order.
    """

    name: str
    make: Callable[[], World]
    act: Callable[[Scenario], object]
    harms: frozenset[str]
    endings: frozenset[str]

    def explored(self) -> Explored:
        scenario = Scenario(self.make)
        self.act(scenario)
        return explore(scenario, at_most=EVERY)


@attrs.define
class Bill:
    """The plays of one verb, in the order in which they were written."""

    verb: str
    plays: list[Play] = attrs.field(factory=list)

    def play(
        self,
        make: Callable[[], World],
        *,
        harms: Collection[str] = (),
        endings: Collection[str],
    ) -> Callable[[Callable[[Scenario], object]], Callable[[Scenario], object]]:
        """Put what is decorated on the bill; its name is the sentence."""

        def put(act: Callable[[Scenario], object]) -> Callable[[Scenario], object]:
            name = act.__name__.replace("_", " ")
            self.plays.append(Play(name, make, act, frozenset(harms), frozenset(endings)))
            return act

        return put


def harms_of(explored: Explored) -> frozenset[str]:
    """Everything that went wrong, each with its window."""
    return frozenset(map(str, explored.harms))
