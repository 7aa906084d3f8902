"""Everybody who acts besides the operations: clients, engine, other tools, time, the network."""

from collections.abc import Callable, Coroutine, Hashable, Iterator
from typing import Any, Protocol

import attrs

from wfadmin.adapters.memory import World
from wfadmin.adapters.memory.table import Call
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import Invocation, InvocationStatus
from wfadmin.testing.explore.moment import is_shared
from wfadmin.testing.explore.scenario import Loss, Played, Scenario
from wfadmin.testing.explore.turns import Actor, Bare, Turn, turns_of

__all__ = ["Place", "cast_of"]

_GETS_ON = frozenset(
    {
        InvocationStatus.PENDING,
        InvocationStatus.READY,
        InvocationStatus.RUNNING,
        InvocationStatus.SUSPENDED,
        InvocationStatus.BACKING_OFF,
    }
)


class Place(Protocol):
    """Where they act."""

    world: World
    armed: Loss | None


_Act = Coroutine[Any, Any, None]


def cast_of(scenario: Scenario, place: Place) -> Iterator[Actor]:
    """Everybody of a scenario who is no operation."""
    for one in scenario.others:
        if one.kind == "engine":
            yield _Engine(place.world)
        else:
            name, act = _ACTS.get(one.kind, ("somebody", _happens))
            yield Bare(name, act(one, place), _nothing)
    if place.world.store.backlog.delay:
        yield Bare("engine", _settles(place.world), _nothing)


def _nothing() -> None:
    """What somebody knows who goes by nothing but the world."""


def _main(world: World, key: WorkflowKey) -> Invocation | None:
    return world.store.find(world.store.id_for(Call(key.service_name, key)))


@attrs.frozen(eq=False)
class _Engine(Actor):
    """Gets on with any run, to a success; a shared call does not end."""

    _world: World
    name: str = "engine"

    @property
    def turns(self) -> tuple[Turn, ...]:
        """See `Actor.turns`."""
        return turns_of(f"gets on with {_name(one)}" for one in self._able())

    def knows(self) -> Hashable:
        """See `Actor.knows`."""
        return None

    def take(self, turn: Turn) -> None:
        """See `Actor.take`."""
        _get_on(self._world, self._able()[self.turns.index(turn)])

    def leave(self) -> None:
        """See `Actor.leave`."""

    def _able(self) -> list[Invocation]:
        store = self._world.store
        services = store.registry.services
        able = [one for one in store.runs if one.status in _GETS_ON]
        return [one for one in able if not is_shared(one, services)]


def _name(run: Invocation) -> str:
    return run.id if run.key is None else f"{run.key.service_name}/{run.key.service_key}"


def _get_on(world: World, run: Invocation) -> None:
    store = world.store
    if run.status is InvocationStatus.RUNNING:
        store.succeed(run.id)
        return
    if run.status is InvocationStatus.READY and run.key is not None:
        store.store(run.key, {"stage": b"new"})
    store.progress(run.id)
    if run.status is InvocationStatus.BACKING_OFF:
        store.progress(run.id)


async def _settles(world: World) -> None:
    while True:
        await Turn("does what it accepted", lambda: bool(world.store.backlog.waiting))
        world.settle()


def _is_free(world: World, key: WorkflowKey) -> bool:
    """Whether a submission of `key` makes a new run."""
    run = _main(world, key)
    return run is None or (run.is_completed and world.store.profile.replaces_ended)


async def _client(one: Played, place: Place) -> None:
    key, world = _key(one), place.world
    for left in range(one.times, 0, -1):
        label = f"submits {key.service_name}/{key.service_key} ({left} left)"
        await Turn(label, lambda: _is_free(world, key))
        world.store.submit(key)


async def _caller(one: Played, place: Place) -> None:
    store = place.world.store
    await Turn("calls a shared handler")
    call = store.submit(_key(one), handler=one.handler)
    if call.invocation_id is not None:
        store.progress(call.invocation_id)


def _tool(command: str) -> Callable[[Played, Place], _Act]:
    async def act(one: Played, place: Place) -> None:
        key, world = _key(one), place.world
        ended = command == "purge"

        def when() -> bool:
            run = _main(world, key)
            return run is not None and run.is_completed is ended

        await Turn(f"{command}s {key.service_name}/{key.service_key}", when)
        run = _main(world, key)
        assert run is not None  # noqa: S101 - it was asked when the turn came
        getattr(world.store, command)(run.id)

    return act


async def _retention(one: Played, place: Place) -> None:
    runs = place.world.store
    await Turn("expires what has ended", lambda: any(run.is_completed for run in runs.runs))
    place.world.advance(one.duration)


async def _network(one: Played, place: Place) -> None:
    assert one.loss is not None  # noqa: S101 - as it is made
    await Turn(one.loss.value)
    place.armed = one.loss


async def _happens(one: Played, place: Place) -> None:
    does, when = one.does, one.when
    assert does is not None  # noqa: S101 - as it is made
    await Turn(one.kind, lambda: when is None or when(place.world))
    does(place.world)


def _key(one: Played) -> WorkflowKey:
    assert one.key is not None  # noqa: S101 - as it is made
    return one.key


_ACTS: dict[str, tuple[str, Callable[[Played, Place], _Act]]] = {
    "client": ("client", _client),
    "caller": ("caller", _caller),
    "kill": ("tool that kills", _tool("kill")),
    "purge": ("tool that purges", _tool("purge")),
    "retention": ("retention", _retention),
    "network": ("network", _network),
}
