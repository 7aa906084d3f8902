"""
Measure several calls as ratios: in every round each is called once, in another order.

What disturbs the machine for a moment then disturbs all of them, and two figures are compared
within the same round before the median over the rounds is taken.
"""

import random
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

Call = Callable[[int], Awaitable[object]]

# The first rounds open connections, compile byte-code and fill caches.
WARM_UP = 3


@dataclass(frozen=True)
class Times:
    """How long each call took in each round, in milliseconds."""

    of: Mapping[str, list[float]]

    def median(self, name: str) -> float:
        return statistics.median(self.of[name])

    def ratio(self, name: str, to: str) -> float:
        pairs = zip(self.of[name], self.of[to], strict=True)
        return statistics.median(one / other for one, other in pairs)

    def over(self, name: str, other: str) -> float:
        pairs = zip(self.of[name], self.of[other], strict=True)
        return statistics.median(one - less for one, less in pairs)

    def below(self, limit: float) -> "Times":
        """Leave out the rounds in which any call took as long as `limit`."""
        rounds = list(zip(*self.of.values(), strict=True))
        kept = [each for each in rounds if max(each) < limit]
        return Times({name: [each[at] for each in kept] for at, name in enumerate(self.of)})

    def slowest(self, names: list[str]) -> str:
        return max(names, key=self.median)

    def share(self, name: str, least: float, most: float) -> float:
        """The share of calls that took between `least` and `most`, in percent."""
        taken = self.of[name]
        return 100 * sum(least <= each <= most for each in taken) / len(taken)


async def interleaved(calls: Mapping[str, Call], rounds: int) -> Times:
    """Call each once a round; a call is told the number of the round."""
    order = list(calls)
    chance = random.Random(0)
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(-WARM_UP, rounds):
        chance.shuffle(order)
        for name in order:
            started = time.perf_counter()
            await calls[name](number + WARM_UP)
            elapsed = 1000 * (time.perf_counter() - started)
            if number >= 0:
                taken[name].append(elapsed)
    return Times(taken)
