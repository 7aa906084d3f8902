"""The ports that write. An accepted write goes through `Table.happen`, and through nothing else."""

import attrs
from typing_extensions import override

from wfadmin.adapters.memory.effects import ClearState, Remove
from wfadmin.adapters.memory.effects import register as accept_registration
from wfadmin.adapters.memory.port import Port
from wfadmin.adapters.memory.reading import usage_of
from wfadmin.adapters.memory.registry import WHERE
from wfadmin.adapters.memory.table import version_of
from wfadmin.domain.answers import Answer, Registration
from wfadmin.domain.capabilities import CommandName, Fence
from wfadmin.domain.commands import Command, command_name
from wfadmin.domain.errors import EngineRejected, NotSupported
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import Deployment, KeyedState, ServiceKind, StateEntry, Usage
from wfadmin.ports.control import InvocationControl
from wfadmin.ports.deployments import DeploymentRegistry
from wfadmin.ports.points import POINT_OF_COMMAND, Point
from wfadmin.ports.state import StateStore

__all__ = ["MemoryControl", "MemoryDeployments", "MemoryState"]


@attrs.frozen(eq=False)
class MemoryDeployments(Port, DeploymentRegistry):
    """
    Registered deployments.

    A removal asks nothing: services vanish or fall back, and runs lose their deployment.
    """

    @override
    async def list(self) -> tuple[Deployment, ...]:
        """See `DeploymentRegistry.list`."""
        await self._reach(Point.LIST_DEPLOYMENTS)
        return self._store.registry.deployments

    @override
    async def usage(self) -> Usage:
        """See `DeploymentRegistry.usage`."""
        await self._reach(Point.USAGE)
        return usage_of(self._store)

    @override
    async def register(self, service_url: str, *, force: bool, dry_run: bool) -> Registration:
        """
        See `DeploymentRegistry.register`.

        Without `force` a known URL is not called, dry run or not: that it answers is then not
        proven.
        """
        await self._reach(Point.DRY_RUN if dry_run else Point.REGISTER)
        if not dry_run:
            return accept_registration(self._store, service_url, force=force)
        registry = self._store.registry
        found = registry.discover(service_url, force=force)
        # Each discovery of an unknown place makes an id of its own: this is not the one to come.
        is_known = registry.find(found.id) is not None
        return Registration(found.id if is_known else f"{found.id}_dry_run", found.services)

    @override
    async def remove(self, deployment_id: str) -> Answer:
        """See `DeploymentRegistry.remove`."""
        await self._reach(Point.REMOVE)
        registry = self._store.registry
        if registry.find(deployment_id) is None:
            return Answer.NOT_FOUND
        self._store.happen(Remove(registry, deployment_id))
        return Answer.ACCEPTED


@attrs.frozen(eq=False)
class MemoryControl(Port, InvocationControl):
    """Commands on runs; the answers are those of the profile of the engine that this is like."""

    _commands: frozenset[CommandName]

    @override
    async def perform(self, command: Command) -> Answer:
        """See `InvocationControl.perform`."""
        name = command_name(command)
        point = POINT_OF_COMMAND.get(name)
        if name not in self._commands or point is None:
            raise NotSupported(WHERE, name.value)
        await self._reach(point)
        return self._store.perform(command)


@attrs.frozen(eq=False)
class MemoryState(Port, StateStore):
    """
    Stored state by key.

    A clear is always accepted, for an unknown service and another version too, unless the fence
    is atomic: then another version is `changed`.
    """

    @override
    async def read(self, key: WorkflowKey, *, values: bool) -> KeyedState:
        """See `StateStore.read`."""
        await self._reach(Point.READ_STATE)
        stored = self._store.state_of(key)
        entries = tuple(
            StateEntry(name, len(value), value if values else None)
            for name, value in sorted(stored.items())
        )
        return KeyedState(entries, version_of(stored) if values else None)

    @override
    async def clear(self, key: WorkflowKey, *, expected_version: str) -> Answer:
        """See `StateStore.clear`."""
        await self._reach(Point.CLEAR_STATE)
        store = self._store
        listed = store.registry.route(key.service_name) is not None
        if listed and store.registry.shape(key.service_name).kind is ServiceKind.PLAIN:
            raise EngineRejected(WHERE, 400, None, "a plain service has no state")
        if store.fence is Fence.ATOMIC and expected_version != version_of(store.state_of(key)):
            return Answer.CHANGED
        version = None if store.fence is Fence.NONE else expected_version
        store.happen(ClearState(store, key, version))
        return Answer.ACCEPTED
