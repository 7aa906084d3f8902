"""Where a story takes place: an engine with a few keys, each in a state that was drawn."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from random import Random

import attrs

from tests.soak.diary import SHARED
from tests.soak.virtual_time import LoopClock
from wfadmin.adapters.memory import Key, World
from wfadmin.adapters.memory.profiles import profile_of
from wfadmin.domain.capabilities import CommandName, Fence
from wfadmin.domain.keys import WorkflowKey

V1 = "http://orders-v1:9080"
V2 = "http://orders-v2:9080"
V3 = "http://orders-v3:9080"
NOWHERE = "http://nowhere:9080"
SERVICE = "Order"
RESTATE, DAPR = "restate", "dapr"

_HOUR = timedelta(hours=1)
_Place = Callable[[Key, Key, Random], object]


@attrs.frozen(eq=False)
class Scene:
    """
    The engine, and what there is to talk about.

    Attributes:
        keys: Those that operators care for.
        told: What was drawn, one line each.
    """

    world: World
    like: str
    keys: tuple[WorkflowKey, ...]
    told: tuple[str, ...]


def draw_scene(draw: Random) -> Scene:
    """Make an engine, mostly one like Restate, and put some keys into states."""
    like = DAPR if draw.random() < _SOMETIMES else RESTATE
    world = _world(draw, like)
    keys, told = [], [f"like {like}, {world.store.fence.value}, {world.store.acceptance}"]
    old = None
    if like == RESTATE:
        old = world.deployment(V1, serves=(SERVICE,))
        world.place(V3, serves=(SERVICE,))
    service = world.workflow(SERVICE)
    if like == RESTATE:
        # That it has this handler is known from the beginning.
        service.key("o-1").shared(SHARED)
    moves = like == RESTATE and draw.random() < _HALF
    for number in range(1, draw.choice((2, 3, 3)) + 1):
        if moves and number == _SECOND:
            world.deployment(V2, serves=(SERVICE,))
            told.append(f"{V2} is registered")
        key = service.key(f"o-{number}")
        word = draw.choice((*sorted(_PLACES[like]), *_OFTEN[like]))
        _PLACES[like][word](key, service.key(f"o-{number}-child"), draw)
        keys.append(key.workflow_key)
        told.append(f"{key.workflow_key.service_key} is {word}")
    if old is not None and moves and draw.random() < _SOMETIMES:
        world.remove_deployment(old)
        told.append(f"{V1} was removed")
    return Scene(world, like, tuple(keys), tuple(told))


_SOMETIMES, _HALF, _SECOND = 0.2, 0.5, 2


def _world(draw: Random, like: str) -> World:
    is_atomic = like == RESTATE and draw.random() < _SOMETIMES
    fence = Fence.ATOMIC if is_atomic else Fence.CHECKED
    late = timedelta(seconds=round(draw.uniform(0.1, 4), 1))
    acceptance = late if like == RESTATE and draw.random() < _SOMETIMES else None
    commands = None
    if like == DAPR and draw.random() < _HALF:
        # As over gRPC.
        commands = profile_of(DAPR).commands | {CommandName.FORCE_PURGE}
    return World(
        like=like, fence=fence, commands=commands, clock=LoopClock(), acceptance=acceptance
    )


def _stored(key: Key) -> Key:
    return key.state({"stage": b"paying"})


def _with_a_child(key: Key, child: Key, _: Random) -> None:
    _stored(key).paused().child(child).running()


def _waits_for_a_child(key: Key, child: Key, _: Random) -> None:
    _stored(key).suspended(since=2 * _HOUR).child(child).suspended()


def _watched(key: Key, _: Key, draw: Random) -> None:
    _stored(key)
    draw.choice((key.paused, key.failed, key.suspended))()
    shared = key.shared(SHARED)
    draw.choice((shared.paused, shared.suspended, shared.running, shared.succeeded))()


def _parent_that_failed(key: Key, child: Key, draw: Random) -> None:
    target = key.failed("boom").child(child)
    draw.choice((target.running, target.failed, target.succeeded))()


_PLACES: Mapping[str, Mapping[str, _Place]] = {
    RESTATE: {
        "failed": lambda key, _, __: _stored(key).failed("boom"),
        "killed": lambda key, _, __: _stored(key).killed(),
        "given up": lambda key, _, __: _stored(key).paused(failure="no route to host"),
        "paused": lambda key, _, __: _stored(key).paused(),
        "backing off": lambda key, _, draw: _stored(key).backing_off(attempts=draw.randint(1, 9)),
        "suspended": lambda key, _, draw: _stored(key).suspended(since=draw.randint(0, 3) * _HOUR),
        "succeeded": lambda key, _, __: _stored(key).succeeded(),
        "running": lambda key, _, draw: _stored(key).running(since=draw.randint(0, 3) * _HOUR),
        "scheduled": lambda key, _, __: key.scheduled(),
        "left over": lambda key, _, __: _stored(key),
        "unused": lambda key, _, __: key,
        "a parent": _with_a_child,
        "waiting for a child": _waits_for_a_child,
        "watched": _watched,
    },
    DAPR: {
        "failed": lambda key, _, __: key.failed("boom"),
        "killed": lambda key, _, __: key.killed(),
        "paused": lambda key, _, __: key.paused(),
        "succeeded": lambda key, _, __: key.succeeded(),
        "running": lambda key, _, draw: key.running(since=draw.randint(0, 3) * _HOUR),
        "pending": lambda key, _, __: key.pending(),
        "stalled": lambda key, _, __: key.stalled(),
        "unused": lambda key, _, __: key,
        "a parent": lambda key, child, _: key.running().child(child).running(),
        "a parent that failed": _parent_that_failed,
    },
}
# What a recovery does most to.
_OFTEN = {RESTATE: (*["backing off"] * 4, "failed", "watched"), DAPR: ("failed", "paused")}
