"""Every call that can be made to an engine by its ports, each with the point that it passes."""

from collections.abc import Callable, Coroutine
from datetime import timedelta

from wfadmin.adapters.memory import MemoryEngine, Point, World
from wfadmin.adapters.memory.table import version_of
from wfadmin.domain.capabilities import CommandName
from wfadmin.domain.commands import Cancel, ForcePurge, Kill, Pause, Purge, Resume
from wfadmin.domain.keys import InvocationRef, WorkflowKey
from wfadmin.ports.history import HistoryEntry

URL = "http://place:9080"
KEY = WorkflowKey("Order", "o-1")
STATE = {"stage": b"paying"}


async def history_of(engine: MemoryEngine, ref: InvocationRef) -> list[HistoryEntry]:
    return [entry async for entry in engine.history.entries(ref)]


_Call = Callable[[MemoryEngine, InvocationRef], Coroutine[object, None, object]]

CALLS: dict[Point, _Call] = {
    Point.FACTS: lambda engine, _: engine.facts(),
    Point.PROBE_INGRESS: lambda engine, _: engine.admin.probe_ingress(),
    Point.PROBE_ADMIN: lambda engine, _: engine.admin.probe_admin(),
    Point.LIST_SERVICES: lambda engine, _: engine.admin.list_services(),
    Point.FOR_KEY: lambda engine, _: engine.invocations.for_key(KEY),
    Point.GET: lambda engine, ref: engine.invocations.get(ref),
    Point.CHILDREN: lambda engine, ref: engine.invocations.children(ref),
    Point.LIST_DEPLOYMENTS: lambda engine, _: engine.deployments.list(),
    Point.USAGE: lambda engine, _: engine.deployments.usage(),
    Point.DRY_RUN: lambda engine, _: engine.deployments.register(URL, force=True, dry_run=True),
    Point.REGISTER: lambda engine, _: engine.deployments.register(URL, force=True, dry_run=False),
    Point.REMOVE: lambda engine, _: engine.deployments.remove("dp_1"),
    Point.SURVEY: lambda engine, _: engine.listing.survey(failures=20, unfinished=1000),
    Point.PAUSE: lambda engine, ref: engine.control.perform(Pause(ref)),
    Point.RESUME: lambda engine, ref: engine.control.perform(Resume(ref)),
    Point.CANCEL: lambda engine, ref: engine.control.perform(Cancel(ref)),
    Point.KILL: lambda engine, ref: engine.control.perform(Kill(ref)),
    Point.PURGE: lambda engine, ref: engine.control.perform(Purge(ref)),
    Point.FORCE_PURGE: lambda engine, ref: engine.control.perform(ForcePurge(ref)),
    Point.HISTORY: history_of,
    Point.EXAMINE: lambda engine, ref: engine.history.examine(ref),
    Point.READ_STATE: lambda engine, _: engine.state.read(KEY, values=True),
    Point.CLEAR_STATE: lambda engine, _: engine.state.clear(
        KEY, expected_version=version_of(STATE)
    ),
}


def world_for(point: Point, acceptance: timedelta = timedelta(0)) -> tuple[World, InvocationRef]:
    """Give a world in which the call of that point does something."""
    if point is Point.FORCE_PURGE:
        forced = frozenset({CommandName.FORCE_PURGE})
        dapr = World(like="dapr", commands=forced, acceptance=acceptance)
        return dapr, dapr.workflow("Order").key(KEY.service_key).running().ref
    world = World(acceptance=acceptance)
    key = world.workflow("Order").key(KEY.service_key).state(STATE)
    world.place(URL, serves=("Order",))
    if point is Point.PURGE:
        return world, key.failed("boom").ref
    if point is Point.RESUME:
        return world, key.backing_off().ref
    return world, key.running().ref
