"""An operation with one mistake in it, and the scenario that finds the mistake."""

from collections.abc import Callable
from functools import cache
from unittest.mock import patch

import attrs

from tests.explore_operations.worlds import Act
from wfadmin.adapters.memory import World
from wfadmin.operations.local import LocalOperator
from wfadmin.operations.recovery_loop import RecoveryLoop
from wfadmin.operations.repair import Repair, carry_out
from wfadmin.testing.explore import Explored, Scenario, Window, explore


@attrs.frozen(eq=False)
class Mutant:
    """
    One mistake.

    Attributes:
        verb: Whose mistake it is.
        name: The class or function that makes it.
        wrong: What it does, as sentences.
        harm: What that brings about, as the explorer says it.
        make: Makes the world.
        act: Says who acts, given what the operator does.
        broken: The verb with the mistake.
        real: The verb without it.
        loop: The loop of a recovery with the mistake, where it is there.
    """

    verb: str
    name: str
    wrong: str
    harm: str
    make: Callable[[], World]
    act: Callable[[Scenario, Act], object]
    broken: Act
    real: Act
    loop: type[RecoveryLoop] = RecoveryLoop

    @property
    def title(self) -> str:
        """Its name as words."""
        return "".join(f" {one.lower()}" if one.isupper() else one for one in self.name).strip()

    def story(self) -> tuple[str, ...]:
        """The shortest story of its harm."""
        stories = explored(self).harms.items()
        return next(
            story for harm, story in stories if (harm.window, harm.what) == (Window.BUG, self.harm)
        )


@cache
def explored(mutant: Mutant) -> Explored:
    """Every order with the mistake."""
    with patch("wfadmin.operations.recover.RecoveryLoop", mutant.loop):
        return _every_order(mutant, mutant.broken)


def without_the_mistake(mutant: Mutant) -> Explored:
    """The same scenario with the real operation."""
    return _every_order(mutant, mutant.real)


def _every_order(mutant: Mutant, operate: Act) -> Explored:
    scenario = Scenario(mutant.make)
    mutant.act(scenario, operate)
    return explore(scenario)


def repairing(make: Callable[[LocalOperator], Repair]) -> Act:  # type: ignore[type-arg]
    """An operator who carries out the repair that `make` makes."""

    async def act(operator: LocalOperator) -> object:
        return await carry_out(operator.engine, operator.host, make(operator))

    return act
