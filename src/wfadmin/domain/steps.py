"""
From a verdict to steps: which write comes first, which after it.

Shared handlers go before the main run: purged first, they would be stranded for ever (seen on a
live engine). Whatever still moves is parked before anything is killed, where its engine can do
that: a parked run cannot succeed between the last look and the kill, and nothing is killed for a
run that then turns out to be alive.
"""

from collections.abc import Collection, Iterator

from wfadmin.domain.capabilities import Capabilities, CommandName
from wfadmin.domain.model import Invocation
from wfadmin.domain.plan import Action, Step
from wfadmin.domain.recovery import Allowed, KeyReading

__all__ = ["steps_of"]


def steps_of(
    verdict: Allowed,
    reading: KeyReading,
    capabilities: Capabilities,
    *,
    parked: Collection[str] = (),
) -> tuple[Step, ...]:
    """
    What an allowed recovery sends, in order; nothing for a key without runs.

    Args:
        verdict: Made from `reading`.
        reading: The key, as it was read.
        capabilities: What the engine can do.
        parked: The ids of runs that this operation paused itself: they are not paused again.
    """
    runs = {one.id: one for one in reading.invocations}
    return tuple(_steps(verdict, runs, capabilities, parked))


def _steps(
    verdict: Allowed,
    runs: dict[str, Invocation],
    capabilities: Capabilities,
    parked: Collection[str],
) -> Iterator[Step]:
    can_park = CommandName.PAUSE in capabilities.commands and capabilities.pause_keeps_progress
    to_kill = [runs[id_] for id_ in verdict.to_kill]
    for one in to_kill:
        if can_park and one.status in capabilities.pausable and one.id not in parked:
            yield _step(Action.PAUSE, one)
    for one in to_kill:
        yield _step(Action.KILL, one)
    for one in (runs[id_] for id_ in verdict.to_force_purge):
        yield _step(Action.FORCE_PURGE, one)
    for one in (runs[id_] for id_ in verdict.to_purge):
        yield _step(Action.PURGE, one)


def _step(action: Action, one: Invocation) -> Step:
    return Step(action, one.id, one.ref.incarnation)
