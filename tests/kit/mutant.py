"""
Broken adapters: each is the engine in memory with one mistake, which its name tells.

A mutant is written as what happens to one call on its way:

    @mutant("IC-03")
    def reports_every_kill_as_done(driver: MemoryDriver) -> Around:
        async def around(call: PortCall, proceed: Proceed) -> object:
            return Answer.ACCEPTED if call.point is Point.KILL else await proceed()

        return around

or, where the mistake is in the engine as a whole, as the function that makes the engine:

    @broken_engine("EN-05")
    def cannot_be_closed_twice(driver: MemoryDriver) -> EngineFactory: ...
"""

from collections.abc import Callable

import attrs

from wfadmin.adapters.memory import World
from wfadmin.ports.engine import Engine, EngineFactory, EngineSettings
from wfadmin.testing import Around, Subject, wrapped
from wfadmin.testing.memory import MemoryDriver

NewWorld = Callable[[], World]


@attrs.frozen
class Mutant:
    """
    One mistake.

    Attributes:
        name: The mistake, in words.
        breaks: The id of the clause that must find it.
        world: On which engine it is found.
    """

    name: str
    breaks: str
    factory: Callable[[MemoryDriver], EngineFactory]
    world: NewWorld = World

    def __str__(self) -> str:
        return f"{self.breaks} {self.name.replace('_', ' ')}"

    def subject(self) -> Subject:
        driver = MemoryDriver(self.world())
        return Subject(self.factory(driver), driver)

    def healthy(self) -> Subject:
        """The same engine without the mistake."""
        driver = MemoryDriver(self.world())
        return Subject(driver.connect, driver)


#: Every mutant that was written down, by file.
MUTANTS: list[Mutant] = []

AroundMaker = Callable[[MemoryDriver], Around]
FactoryMaker = Callable[[MemoryDriver], EngineFactory]


def mutant(breaks: str, *, world: NewWorld = World) -> Callable[[AroundMaker], AroundMaker]:
    """A mistake in what becomes of a call."""

    def keep(make: AroundMaker) -> AroundMaker:
        def factory(driver: MemoryDriver) -> EngineFactory:
            around = make(driver)

            def connect(settings: EngineSettings) -> Engine:
                return wrapped(driver.connect(settings), around)

            return connect

        MUTANTS.append(Mutant(make.__name__, breaks, factory, world))
        return make

    return keep


def broken_engine(
    breaks: str, *, world: NewWorld = World
) -> Callable[[FactoryMaker], FactoryMaker]:
    """A mistake in the engine as a whole, or in how it is made."""

    def keep(make: FactoryMaker) -> FactoryMaker:
        MUTANTS.append(Mutant(make.__name__, breaks, make, world))
        return make

    return keep
