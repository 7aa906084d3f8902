"""
What an engine in memory holds at one moment, and in words what differs at another.

Two snapshots are equal exactly when the fingerprints of the store are: the words only explain.
"""

from collections.abc import Hashable, Iterator, Mapping
from typing import cast

import attrs

from wfadmin.adapters.memory import MemoryEngine, World
from wfadmin.adapters.memory.backlog import Accepted
from wfadmin.adapters.memory.effects import Perform
from wfadmin.adapters.memory.queues import WaitingClear
from wfadmin.domain.commands import command_name
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import Deployment, Invocation
from wfadmin.domain.text import shown

__all__ = ["Snapshot", "snapshot"]

_State = frozenset[tuple[WorkflowKey, tuple[tuple[str, bytes], ...]]]
_Queues = frozenset[tuple[WorkflowKey, tuple[str | WaitingClear, ...]]]
_Turns = tuple[int, frozenset[str], frozenset[str], frozenset[str]]
# What `Table.fingerprint` gives.
_Parts = tuple[
    tuple[Invocation, ...], _State, _Queues, tuple[Deployment, ...], _Turns, tuple[Accepted, ...]
]

# What people look at first.
_FIRST = ("status", "outcome", "failure")
_REORDERED = "it holds the same, in another order or number"
_LONGEST_VALUE = 120
_LONGEST_THING = 120


@attrs.frozen
class _Thing:
    """
    One thing that an engine holds.

    Attributes:
        facts: What is known of it, by name, in the order in which to tell it.
    """

    title: str
    facts: Mapping[str, object]


_Things = dict[Hashable, _Thing]


@attrs.frozen
class Snapshot:
    """
    What an engine held at one moment.

    Attributes:
        fingerprint: All of it as one value: equal when nothing differs.
    """

    fingerprint: tuple[object, ...] = attrs.field(repr=False)

    def changes(self, later: "Snapshot") -> tuple[str, ...]:
        """What differs at a later moment, as indented lines; empty when nothing does."""
        if self == later:
            return ()
        lines = _changes(_things(self.fingerprint), _things(later.fingerprint))
        return tuple(lines) or (_REORDERED,)


def snapshot(of: World | MemoryEngine) -> Snapshot:
    """What an engine in memory holds now: runs, state, queues, deployments, accepted writes."""
    return Snapshot(of.store.fingerprint())


def _changes(before: _Things, after: _Things) -> Iterator[str]:
    for name, thing in before.items():
        later = after.get(name)
        if later is None:
            yield f"{thing.title} is gone, which was: {_summary(thing)}"
        else:
            yield from _differences(thing, later)
    for name, thing in after.items():
        if name not in before:
            yield f"{thing.title} is new: {_summary(thing)}"


def _differences(before: _Thing, after: _Thing) -> Iterator[str]:
    if before.facts != after.facts:
        yield after.title
    for name in dict.fromkeys((*before.facts, *after.facts)):
        old, new = before.facts.get(name), after.facts.get(name)
        if old != new:
            yield f"  {shown(name)}: {_told(old)} -> {_told(new)}"


def _summary(thing: _Thing) -> str:
    known = ((name, value) for name, value in thing.facts.items() if value is not None)
    told = (f"{shown(name)} {_told(value)}" for name, value in known)
    return shown(", ".join(told), limit=_LONGEST_THING)


def _told(value: object) -> str:
    return "nothing" if value is None else shown(str(value), limit=_LONGEST_VALUE)


# --- the things ----------------------------------------------------------------------------------


def _things(fingerprint: tuple[object, ...]) -> _Things:
    runs, state, queues, deployments, turns, waiting = cast("_Parts", fingerprint)
    by_key = sorted(state, key=lambda one: one[0])
    queued = sorted(queues, key=lambda one: one[0])
    return {
        **{("run", run.id): _of_run(run) for run in runs},
        **{("state", key): _Thing(f"state of {_name(key)}", {**dict(e)}) for key, e in by_key},
        **{("queue", key): _of_queue(key, queue) for key, queue in queued},
        **{("deployment", one.id): _of_deployment(one) for one in deployments},
        "workers": _of_workers(turns),
        **{("accepted", one): _of_write(one) for one in waiting},
    }


def _name(key: WorkflowKey) -> str:
    return f"{shown(key.service_name)}/{shown(key.service_key)}"


def _of_run(run: Invocation) -> _Thing:
    what = shown(run.service_name) if run.key is None else _name(run.key)
    incarnation = run.ref.incarnation
    facts = {
        **dict.fromkeys(_FIRST),
        **attrs.asdict(run, recurse=False),
        "progress": None if run.progress is None else run.progress.token,
        "incarnation": None if incarnation is None else incarnation.token,
    }
    del facts["ref"], facts["service_name"]  # the title tells them
    words = {name.replace("_", " "): value for name, value in facts.items()}
    return _Thing(f"run {what} ({shown(run.id)})", words)


def _of_queue(key: WorkflowKey, queue: tuple[str | WaitingClear, ...]) -> _Thing:
    names = ("a clear" if isinstance(one, WaitingClear) else one for one in queue)
    return _Thing(f"queue of {_name(key)}", {"holds": ", ".join(names)})


def _of_deployment(one: Deployment) -> _Thing:
    facts: dict[str, object] = {"location": one.location, "created at": one.created_at}
    revisions = {f"revision of {each.name}": each.revision for each in one.services}
    return _Thing(f"deployment {one.id}", {**facts, **revisions})


def _of_workers(turns: _Turns) -> _Thing:
    count, stuck, twice, ghosts = turns
    facts: dict[str, object] = {"connected": count}
    facts |= {f"code of {one}": "blocks" for one in sorted(stuck)}
    facts |= {f"pauses of {one}": "two" for one in sorted(twice)}
    facts |= {f"ghost of {one}": "there" for one in sorted(ghosts)}
    return _Thing("workers", facts)


def _of_write(one: Accepted) -> _Thing:
    effect: object = one.effect
    if isinstance(effect, Perform):
        effect = f"{command_name(effect.command).value} {effect.command.ref.id}"
    return _Thing("accepted write", {"does": effect, "due at": one.due_at})
