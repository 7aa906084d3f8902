"""Everybody else: clients, the engine itself, its workers, the vendor's tool, and time."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from random import Random

import attrs

from tests.soak.diary import SHARED
from tests.soak.scene import DAPR, RESTATE, Scene
from wfadmin.adapters.memory import Store
from wfadmin.domain.commands import Command, Pause, Resume
from wfadmin.domain.error import WfadminError
from wfadmin.domain.keys import InvocationRef, WorkflowKey
from wfadmin.domain.plan import Action

_Does = Callable[[Scene, str], object]


@attrs.frozen
class Event:
    """Something that somebody else does, after a while."""

    said: str
    do: Callable[[], object] = attrs.field(repr=False, eq=False)
    pause: timedelta


def draw_event(draw: Random, scene: Scene) -> Event:
    """Draw what happens next beside the operators, and to which key."""
    key = draw.choice(scene.keys)
    word = draw.choice(_WORDS[scene.like])
    target = key.service_key
    if draw.random() < _CHILDREN:
        target += "-child"
    pause = timedelta(milliseconds=draw.choice((0, 20, 100, 400, 1500)))
    return _event(scene, word, target, pause)


def draw_ambush(draw: Random, scene: Scene, key: WorkflowKey, action: Action | None) -> list[Event]:
    """Draw what happens to a key while a write to it, or a question for it, is on its way."""
    parks = action is Action.PAUSE and scene.like == RESTATE
    words = draw.choice(_WHILE_PARKED if parks else _AMBUSHES[scene.like])
    return [_event(scene, word, key.service_key, timedelta(0)) for word in words]


def _event(scene: Scene, word: str, target: str, pause: timedelta) -> Event:
    return Event(f"{word}: {target}", lambda: _happens(scene, word, target), pause)


_CHILDREN = 0.1


def _happens(scene: Scene, word: str, service_key: str) -> None:
    # Of what another tool gets for an answer nobody here hears.
    with suppress(WfadminError):
        _EVENTS[word](scene, service_key)


def _on_main(what: Callable[[Store, str], object]) -> _Does:
    def does(scene: Scene, service_key: str) -> None:
        store = scene.world.store
        key = attrs.evolve(scene.keys[0], service_key=service_key)
        ids = [one.id for one in store.runs if one.key == key and store.is_main(one)]
        for one in ids:
            what(store, one)

    return does


def _submit(handler: str | None) -> _Does:
    def does(scene: Scene, service_key: str) -> None:
        key = attrs.evolve(scene.keys[0], service_key=service_key)
        made = scene.world.store.submit(key, handler=handler)
        if made.invocation_id is not None:
            scene.world.store.progress(made.invocation_id)

    return does


def _tell(command: Callable[[InvocationRef], Command]) -> Callable[[Store, str], object]:
    def tell(store: Store, one: str) -> None:
        run = store.find(one)
        if run is not None:
            store.perform(command(run.ref))

    return tell


def _pass(duration: timedelta) -> _Does:
    return lambda scene, _: scene.world.advance(duration)


def _end_well(store: Store, one: str) -> None:
    store.progress(one)
    store.succeed(one)


def _end_badly(store: Store, one: str) -> None:
    store.progress(one)
    store.fail(one, "payment was refused")


_EVENTS: Mapping[str, _Does] = {
    "a client submits": _submit(None),
    "a client watches": _submit(SHARED),
    "it gets on": _on_main(lambda store, one: store.progress(one)),
    "it succeeds": _on_main(_end_well),
    "it fails": _on_main(_end_badly),
    "it waits": _on_main(lambda store, one: store.suspend(one)),
    "its attempt fails": _on_main(lambda store, one: store.back_off(one, "no route to host")),
    "it gives up": _on_main(lambda store, one: store.give_up(one)),
    "a tool kills it": _on_main(lambda store, one: store.kill(one)),
    "a tool purges it": _on_main(lambda store, one: store.purge(one)),
    "a tool pauses it": _on_main(_tell(Pause)),
    "a tool resumes it": _on_main(_tell(Resume)),
    "no worker is connected": lambda scene, _: scene.world.connect_workers(0),
    "a worker connects": lambda scene, _: scene.world.connect_workers(1),
    "seconds pass": _pass(timedelta(seconds=7)),
    "an hour passes": _pass(timedelta(hours=1)),
    "a day passes": _pass(timedelta(days=1)),
}
_EVERYWHERE = (
    *["a client submits"] * 5,
    *["it gets on"] * 3,
    *["it succeeds"] * 3,
    *["it fails"] * 3,
    "a tool kills it",
    "a tool purges it",
    "a tool pauses it",
    "a tool resumes it",
    "seconds pass",
)
_WORDS = {
    RESTATE: (
        *_EVERYWHERE,
        "a client watches",
        "it waits",
        "its attempt fails",
        "its attempt fails",
        "it gives up",
        "an hour passes",
        "a day passes",
    ),
    DAPR: (*_EVERYWHERE, "no worker is connected", "a worker connects"),
}
_AMBUSHED = (
    ("a tool purges it",),
    ("a tool purges it", "a client submits", "it succeeds"),
    ("a tool purges it", "a client submits", "it fails"),
    ("a tool kills it",),
    ("it gets on",),
    ("it succeeds",),
    ("it fails", "a tool purges it", "a client submits"),
)
# What makes it wrong to kill a run that is about to be paused for that.
_WHILE_PARKED = (
    ("a tool pauses it",),
    ("a client watches",),
    ("a client watches",),
    ("it gets on",),
    ("it gets on", "its attempt fails"),
)
_AMBUSHES = {
    RESTATE: (
        *_AMBUSHED,
        ("a client submits",),
        ("a client watches",),
        ("it gets on", "it waits"),
        ("a tool resumes it",),
        ("a tool resumes it", "its attempt fails"),
        ("a tool pauses it",),
        ("a day passes",),
        ("a day passes", "a client submits", "it succeeds"),
    ),
    DAPR: (*_AMBUSHED, ("no worker is connected",), ("a client submits", "it succeeds")),
}
