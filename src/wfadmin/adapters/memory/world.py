"""
Puts an engine into a state, in words that say what is there.

::

    world = World()
    v1 = world.deployment("http://orders-v1:9080", serves=("Order",))
    world.deployment("http://orders-v2:9080", serves=("Order",))

    order = world.workflow("Order")
    order.key("o-1").state({"stage": b"paying"}).failed("boom")
    order.key("o-2").backing_off(attempts=7, failure="payment service is down")
    order.key("o-3").suspended(since=timedelta(hours=2), on=v1)
    order.key("o-3").shared("watch").running()
    world.remove_deployment(v1)  # o-3 is a zombie now

A state that no real engine can be in is refused: two main runs of one key, two calls that hold
one key of a virtual object, a run of a service that nothing serves.
"""

from datetime import timedelta

import attrs

from wfadmin.adapters.memory.clock import VirtualClock
from wfadmin.adapters.memory.engine import MemoryEngine
from wfadmin.adapters.memory.placing import Key, KeyedService, Placing, Run
from wfadmin.adapters.memory.points import Points
from wfadmin.adapters.memory.profiles import profile_of
from wfadmin.adapters.memory.registry import Registry, Shape
from wfadmin.adapters.memory.store import Store
from wfadmin.adapters.memory.table import Call
from wfadmin.domain.capabilities import CommandName, Fence
from wfadmin.domain.components import Component
from wfadmin.domain.errors import DeploymentNotFound, UsageError, WfadminError
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import Deployment, ServiceKind, ServiceRevision

__all__ = ["Key", "KeyedService", "Placing", "Run", "World"]

_DEFAULT_URL = "http://default:9080"
_MAIN_HANDLERS = {
    ServiceKind.WORKFLOW: "run",
    ServiceKind.VIRTUAL_OBJECT: "handle",
    ServiceKind.PLAIN: "call",
}

_PLURALS = {
    ServiceKind.WORKFLOW: "workflows",
    ServiceKind.VIRTUAL_OBJECT: "virtual objects",
    ServiceKind.PLAIN: "plain services",
}


class World:
    """
    An engine, its clock, and everything that can be on it.

    While no deployment is declared, one at `http://default:9080` serves every service. It is gone
    as soon as a deployment is declared, unless a run is there already: then it is the oldest.

    Args:
        like: The name of the real engine that it is like.
        fence: How a write is kept from hitting another run that bears the same id.
        commands: What it may be told to do; all that the real engine can, unless given.
        clock: One of your own.
        acceptance: How long it takes until an accepted write happens; as with the real engine,
            unless given. Until then it may come to nothing, or to hit another run that got the id
            meanwhile.
        listing_limit: How many invocations it lists at most, the newest ones; None for all.

    Raises:
        UsageError: No such engine is known, or an acceptance or a limit makes no sense.

    Attributes:
        clock: The only time that there is.
        store: What the engine holds; what clients, the engine itself and other tools do.
        engine: What operators work on.
    """

    def __init__(  # noqa: PLR0913 - each is a way to be another engine, by name, with a default
        self,
        *,
        like: str = "restate",
        fence: Fence = Fence.CHECKED,
        commands: frozenset[CommandName] | None = None,
        clock: VirtualClock | None = None,
        acceptance: timedelta | None = None,
        listing_limit: int | None = None,
    ) -> None:
        profile = profile_of(like)
        can = profile.commands if commands is None else commands
        self.clock: VirtualClock = clock if clock is not None else VirtualClock()
        self.store: Store = Store(
            self.clock,
            Registry(self.clock),
            fence,
            profile=profile,
            acceptance=profile.acceptance if acceptance is None else acceptance,
            listing_limit=listing_limit,
        )
        self.engine: MemoryEngine = MemoryEngine(self.store, Points(), can)
        self._default: str | None = None
        self._declared = False

    # --- services ------------------------------------------------------------------------------

    def workflow(
        self,
        name: str,
        *,
        handler: str | None = None,
        retention: timedelta | None = None,
    ) -> KeyedService:
        """
        A service of which each key runs once; named again, it is the same one.

        Args:
            name: Of the service.
            handler: The main handler; `run`, unless given.
            retention: How long a completed run is kept; as the engine does, unless given.
        """
        self._define(name, ServiceKind.WORKFLOW, handler, retention)
        return KeyedService(self.store, name)

    def virtual_object(
        self,
        name: str,
        *,
        handler: str | None = None,
        retention: timedelta | None = None,
    ) -> KeyedService:
        """A service of which each key runs one call at a time, over data that outlives it."""
        self._define(name, ServiceKind.VIRTUAL_OBJECT, handler, retention)
        return KeyedService(self.store, name)

    def plain(
        self,
        name: str,
        *,
        handler: str | None = None,
        retention: timedelta | None = None,
    ) -> Placing:
        """A service without keys: say at once in which status a call of it is."""
        self._define(name, ServiceKind.PLAIN, handler, retention)
        return Placing(self.store, Call(name))

    def _define(
        self,
        name: str,
        kind: ServiceKind,
        handler: str | None,
        retention: timedelta | None,
    ) -> None:
        WorkflowKey(name, "any")  # refuses a name that no engine can hold
        profile, registry = self.store.profile, self.store.registry
        if kind not in profile.kinds:
            raise UsageError("like", f"{profile.name} has no {_PLURALS[kind]}")
        known = registry.knows(name)
        fresh = Shape(name, kind, _MAIN_HANDLERS[kind], retention=profile.retention)
        shape = registry.shape(name) if known else fresh
        if shape.kind is not kind:
            raise UsageError("service", f"it is a {shape.kind.value} already")
        if known and handler not in (None, shape.main):
            raise UsageError("handler", f"the main one is {shape.main} already")
        main = shape.main if handler is None else handler
        kept = shape.retention if retention is None else retention
        registry.define(attrs.evolve(shape, main=main, retention=kept))
        if not self._declared and registry.route(name) is None:
            self._serve_by_default(name)

    def _serve_by_default(self, name: str) -> None:
        registry = self.store.registry
        default = registry.find(self._default) if self._default is not None else None
        served = default.services if default is not None else ()
        registry.host(_DEFAULT_URL, (*(one.name for one in served), name))
        if default is None:
            default = registry.discover(_DEFAULT_URL, force=True)
        services = (*served, ServiceRevision(name, 1))
        registry.keep(attrs.evolve(default, services=services))
        self._default = default.id

    # --- deployments ---------------------------------------------------------------------------

    def deployment(self, service_url: str, *, serves: tuple[str, ...]) -> Deployment:
        """
        Register a place that runs and serves these: their new work goes there from now on.

        A URL that is registered already gets new revisions and keeps its id. A service that
        nothing else is said about is a workflow.

        Raises:
            UsageError: Not a URL, it serves nothing, or this engine has no deployments.
        """
        if not self.store.has_deployments:
            raise UsageError("like", f"{self.store.profile.name} has no deployments")
        registry = self.store.registry
        registry.host(service_url, serves)
        if self._default is not None and not self.store.runs:
            registry.remove(self._default)
            registry.stop(_DEFAULT_URL)
        self._default, self._declared = None, True
        registered = registry.discover(service_url, force=True)
        registry.keep(registered)
        return registered

    def place(self, service_url: str, *, serves: tuple[str, ...]) -> None:
        """Let a place run that is not registered yet, or serve others than it did."""
        self.store.registry.host(service_url, serves)

    def stop(self, service_url: str) -> None:
        """Let the place at a URL answer no more; its deployment stays registered."""
        self.store.registry.stop(service_url)

    def remove_deployment(self, deployment: Deployment) -> None:
        """
        Remove a deployment, as another tool may, whatever it serves and whoever is pinned to it.

        Raises:
            DeploymentNotFound: It is not registered.
        """
        if self.store.registry.find(deployment.id) is None:
            raise DeploymentNotFound(deployment.id)
        self.store.registry.remove(deployment.id)

    # --- workers -------------------------------------------------------------------------------

    def connect_workers(self, count: int) -> None:
        """
        Let so many workers be connected from now on.

        With none no run gets on, nothing is submitted, and a command is answered as then.

        Raises:
            UsageError: This engine does not say which workers are connected, or a negative number.
        """
        profile = self.store.profile
        if not profile.counts_workers:
            raise UsageError("like", f"{profile.name} does not say which workers are connected")
        if count < 0:
            raise UsageError("count", "there are no negative workers")
        self.store.turns.connect(count)

    # --- time and faults -----------------------------------------------------------------------

    def advance(self, duration: timedelta) -> None:
        """
        Let time pass: timers fire, what was kept for long enough expires, accepted writes happen.

        Each accepted write happens at its own time, however long the time that passes.

        Raises:
            UsageError: Time would go back.
        """
        end = self.clock.now() + duration
        while (due_at := self.store.backlog.next_at) is not None and due_at <= end:
            self._pass(max(due_at - self.clock.now(), timedelta(0)))
        self._pass(end - self.clock.now())

    def settle(self) -> None:
        """Let everything that the engine has accepted happen now, in the order of acceptance."""
        self.store.backlog.settle()

    def break_component(self, component: Component, error: WfadminError) -> None:
        """From now on raise `error` in every port call that asks `component`."""
        self.engine.points.fail(component, error)

    def hang(self, component: Component) -> None:
        """From now on never answer a port call that asks `component`; cancelling ends it."""
        self.engine.points.hang(component)

    def mend(self, component: Component) -> None:
        """End the faults of `component`."""
        self.engine.points.mend(component)

    def _pass(self, duration: timedelta) -> None:
        self.clock.advance(duration)
        self.store.fire_timers()
        self.store.expire()
        self.store.settle_due()
