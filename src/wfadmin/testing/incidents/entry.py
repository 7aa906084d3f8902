"""One incident: a world in trouble, everybody who goes on meanwhile, and what it teaches."""

from collections.abc import Callable

import attrs
from typing_extensions import override

from wfadmin.adapters.memory import World
from wfadmin.domain.keys import WorkflowKey
from wfadmin.testing.explore import Scenario

__all__ = ["Incident"]


@attrs.frozen
class Incident:
    """
    Something that happened to somebody, to be met again without a server.

    Attributes:
        id: Its name, in lower case and with dashes.
        origin: Where it comes from: the issue that tells it, or the engine on which it was seen.
        story: What happened, in two or three sentences.
        lesson: What a careful operator must do, or must not do.
        key: The key that somebody calls about.
        make: Makes the world at the moment of the call, always the same.
        happens: Lets everybody else into a scenario: clients, the engine, tools, time.
        instead: What the engine in memory cannot show, and what it shows instead; None where it
            shows all of it.
    """

    id: str
    origin: str
    story: str
    lesson: str
    key: WorkflowKey
    make: Callable[[], World] = attrs.field(repr=False)
    happens: Callable[[Scenario], None] = attrs.field(repr=False)
    instead: str | None = None

    def world(self) -> World:
        """A new world, at the moment when somebody calls for help."""
        return self.make()

    def scenario(self) -> Scenario:
        """A new scenario with everybody else in it: add your own operation, and explore it."""
        scenario = Scenario(self.make)
        self.happens(scenario)
        return scenario

    @override
    def __str__(self) -> str:
        return self.id
