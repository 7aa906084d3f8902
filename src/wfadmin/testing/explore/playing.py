"""Plays a scenario."""

import time
from collections.abc import Callable, Iterable

from anyio.lowlevel import current_token

from wfadmin.domain.errors import UsageError
from wfadmin.testing.explore.harm import Harm
from wfadmin.testing.explore.orders import Orders, every_order, random_walks, replayed
from wfadmin.testing.explore.report import Explored
from wfadmin.testing.explore.scenario import Scenario
from wfadmin.testing.explore.stage import ServicesChange, Stage
from wfadmin.testing.explore.turns import Scene

__all__ = ["explore", "replay"]

_LONGEST_WALK = 1000


def explore(
    scenario: Scenario,
    *,
    at_most: int = 20_000,
    walks: int = 0,
    seed: int = 0,
) -> Explored:
    """
    Play every order of `scenario`, shorter ones first.

    Of two orders that lead to the same scene only one is followed. Do not call it from a running
    event loop.

    Args:
        at_most: How many different scenes are looked at; then it stops, and says so.
        walks: How many random orders are played after that, where it stopped.
        seed: What these are drawn from.

    Returns:
        What went wrong, each with a shortest order that leads to it.

    Raises:
        NotRepeatable: The same order led elsewhere: something goes by what nobody told it.
        UsageError: A bound is not above zero, an event loop runs already, trio is not installed
            and code is for it, or code awaits something else than the engine and no loop was said.
    """
    _check_no_loop()
    if at_most < 1 or walks < 0:
        raise UsageError("at_most", "the bounds are not above zero")

    def play(make: Callable[[], Scene[Harm]]) -> Orders[Harm]:
        found = every_order(make, at_most=at_most)
        if found.is_complete or not walks:
            return found
        more = random_walks(make, walks=walks, seed=seed, at_most_steps=_LONGEST_WALK)
        return Orders(
            found.orders + more.orders,
            # Scenes of walks may be among those that were seen before.
            max(found.states, more.states),
            found.steps + more.steps,
            False,  # noqa: FBT003 - in its order
            more.failures | found.failures,
        )

    return _explored(scenario, play)


def replay(scenario: Scenario, story: Iterable[str]) -> Explored:
    """
    Play one order of `scenario`, given by the lines of its story.

    Do not call it from a running event loop.

    Raises:
        NotRepeatable: A line cannot be played.
        UsageError: As `explore`.
    """
    _check_no_loop()
    lines = tuple(story)
    return _explored(scenario, lambda make: replayed(make, lines))


def _check_no_loop() -> None:
    try:
        current_token()
    except RuntimeError:
        return
    problem = "an event loop runs here: explore from a plain function, not from a coroutine"
    raise UsageError("scenario", problem)


def _explored(
    scenario: Scenario,
    play: Callable[[Callable[[], Scene[Harm]]], Orders[Harm]],
) -> Explored:
    began = time.perf_counter()
    endings, found = _played(scenario, play)
    return Explored(
        orders=found.orders,
        states=found.states,
        steps=found.steps,
        seconds=time.perf_counter() - began,
        is_complete=found.is_complete,
        endings=frozenset(endings),
        harms=dict(found.failures),
    )


def _played(
    scenario: Scenario,
    play: Callable[[Callable[[], Scene[Harm]]], Orders[Harm]],
) -> tuple[set[str], Orders[Harm]]:
    endings: set[str] = set()
    if not any(one.does for one in scenario.others):
        try:
            return endings, play(lambda: Stage(scenario, endings, stands=True))
        except ServicesChange:
            endings.clear()
    return endings, play(lambda: Stage(scenario, endings))
