"""Faults by chance, from a seed."""

import random
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import attrs

from wfadmin.domain.errors import UsageError
from wfadmin.ports.points import Point
from wfadmin.testing.faults import kinds
from wfadmin.testing.faults.kinds import Fault, Kind

__all__ = ["Chance"]

_ANY_KIND = tuple(one for one in Kind if one is not Kind.HANG)
_ANY_POINT = tuple(Point)
_SEEDS = 2**32
# All of them are errors, for every call: 404 and 409 may be answers.
_STATUSES = (400, 401, 403, 429, 500, 502, 503, 504)


@attrs.frozen
class Chance:
    """
    Draws what happens to each call.

    What the nth call of a point draws depends on the seed, the point and n alone: calls that are
    made at once draw the same in whatever order an event loop lets them come.

    Raises:
        UsageError: The rate is not from 0 to 1, or there are no kinds or no points.
    """

    seed: int
    rate: float
    kinds: tuple[Kind, ...]
    points: tuple[Point, ...]

    @classmethod
    def of(
        cls,
        seed: int | None,
        rate: float,
        kinds: Iterable[Kind] | None,
        points: Iterable[Point] | None,
    ) -> "Chance":
        """See the class; None stands for a new seed, every kind but hang, and every point."""
        if not 0 <= rate <= 1:
            raise UsageError("rate", "it is not from 0 to 1")
        chosen_kinds = _ANY_KIND if kinds is None else _in_order(kinds, Kind)
        chosen_points = _ANY_POINT if points is None else _in_order(points, Point)
        if not chosen_kinds:
            raise UsageError("kinds", "there are none")
        if not chosen_points:
            raise UsageError("points", "there are none")
        new = random.SystemRandom().randrange(_SEEDS) if seed is None else seed
        return cls(new, rate, chosen_kinds, chosen_points)

    def draw(self, point: Point, nth: int) -> Fault | None:
        """Say what happens to the nth call of a point: None for nothing."""
        fitting = [one for one in self.kinds if one.fits(point)]
        # Not for secrets: it must come out the same each time.
        drawn = random.Random(f"{self.seed} {point.value} {nth}")  # noqa: S311
        if point not in self.points or not fitting or drawn.random() >= self.rate:
            return None
        return _fault(drawn.choice(fitting), drawn)

    def __str__(self) -> str:
        words = [f"seed={self.seed}", f"rate={self.rate}"]
        if self.kinds != _ANY_KIND:
            words.append(f"kinds={_tuple_of(self.kinds)}")
        if self.points != _ANY_POINT:
            words.append(f"points={_tuple_of(self.points)}")
        return f"Faults.random({', '.join(words)})"


def _in_order(chosen: Iterable[Kind | Point], every: type[Kind] | type[Point]) -> tuple[Any, ...]:
    wanted = frozenset(chosen)
    return tuple(one for one in every if one in wanted)


def _tuple_of(members: tuple[Kind, ...] | tuple[Point, ...]) -> str:
    return "(" + "".join(f"{type(one).__name__}.{one.name}, " for one in members).rstrip() + ")"


def _fault(kind: Kind, drawn: random.Random) -> Fault:
    seconds = timedelta(seconds=round(drawn.uniform(0.1, 5), 1))
    match kind:
        case Kind.SLOW:
            return kinds.slow(seconds, after_effect=drawn.random() < 0.5)  # noqa: PLR2004
        case Kind.REJECT:
            return kinds.reject(drawn.choice(_STATUSES))
        case Kind.LATE:
            return kinds.late(seconds)
        case Kind.BREAK_OFF:
            return kinds.break_off(drawn.randrange(4))
        case _:
            return _PLAIN[kind]()


_PLAIN = {
    Kind.UNREACHABLE: kinds.unreachable,
    Kind.HANG: kinds.hang,
    Kind.MALFORMED: kinds.malformed,
    Kind.TRUNCATED: kinds.truncated,
    Kind.LOSE_ANSWER: kinds.lose_answer,
    Kind.DUPLICATE: kinds.duplicate,
    Kind.STALE: kinds.stale,
}
