"""
An engine around another engine: every call of every port comes through one function.

That function sees what is asked, may ask the engine behind it once, twice or not at all, and
says what the caller gets. Faults, recorders and broken adapters are such functions.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import attrs
from typing_extensions import override

from wfadmin.domain.answers import Answer, Registration
from wfadmin.domain.capabilities import EngineFacts
from wfadmin.domain.commands import Command, command_name
from wfadmin.domain.keys import InvocationRef, WorkflowKey
from wfadmin.domain.model import Deployment, Invocation, KeyedState, Service, Survey, Usage
from wfadmin.ports.admin import AdminApi
from wfadmin.ports.control import InvocationControl
from wfadmin.ports.deployments import DeploymentRegistry
from wfadmin.ports.engine import Engine
from wfadmin.ports.history import Examination, HistoryEntry, InvocationHistory
from wfadmin.ports.invocations import InvocationStore
from wfadmin.ports.listing import InvocationListing
from wfadmin.ports.points import POINT_OF_COMMAND, Point
from wfadmin.ports.state import StateStore

__all__ = ["Around", "PortCall", "Proceed", "close_entries", "wrapped"]


@attrs.frozen
class PortCall:
    """
    One call of a port method.

    Attributes:
        point: Which method; a command has a point of its own name.
        arguments: What the method was given, in the order of its parameters. May hold secrets.
    """

    point: Point
    arguments: tuple[object, ...] = attrs.field(default=(), repr=False)


#: Asks the engine behind: each call of it is one call of the port method.
Proceed = Callable[[], Awaitable[Any]]

#: Gives what the caller of the port method gets, or raises what that is to raise. The value that
#: `history.entries` gives is the iterator.
Around = Callable[[PortCall, Proceed], Awaitable[Any]]


def wrapped(engine: Engine, around: Around) -> Engine:
    """
    `engine`, with `around` between it and whoever calls its ports.

    Ports that it does not have stay None. Closing the one closes the other.
    """
    return _Engine(engine, around)


async def close_entries(entries: AsyncIterator[object]) -> None:
    """Close an iterator whose reader may have stopped early, where it can be closed."""
    aclose = getattr(entries, "aclose", None)
    if aclose is not None:
        await aclose()


@attrs.frozen(eq=False)
class _Admin(AdminApi):
    _inner: AdminApi
    _around: Around

    @override
    async def probe_ingress(self) -> None:
        await self._around(PortCall(Point.PROBE_INGRESS), self._inner.probe_ingress)

    @override
    async def probe_admin(self) -> str | None:
        found: str | None = await self._around(PortCall(Point.PROBE_ADMIN), self._inner.probe_admin)
        return found

    @override
    async def list_services(self) -> tuple[Service, ...]:
        call = PortCall(Point.LIST_SERVICES)
        found: tuple[Service, ...] = await self._around(call, self._inner.list_services)
        return found


@attrs.frozen(eq=False)
class _Invocations(InvocationStore):
    _inner: InvocationStore
    _around: Around

    @override
    async def for_key(self, key: WorkflowKey) -> tuple[Invocation, ...]:
        call = PortCall(Point.FOR_KEY, (key,))
        found: tuple[Invocation, ...] = await self._around(call, lambda: self._inner.for_key(key))
        return found

    @override
    async def get(self, ref: InvocationRef) -> Invocation | None:
        call = PortCall(Point.GET, (ref,))
        found: Invocation | None = await self._around(call, lambda: self._inner.get(ref))
        return found

    @override
    async def children(self, ref: InvocationRef) -> tuple[Invocation, ...]:
        call = PortCall(Point.CHILDREN, (ref,))
        found: tuple[Invocation, ...] = await self._around(call, lambda: self._inner.children(ref))
        return found


@attrs.frozen(eq=False)
class _Deployments(DeploymentRegistry):
    _inner: DeploymentRegistry
    _around: Around

    @override
    async def list(self) -> tuple[Deployment, ...]:
        call = PortCall(Point.LIST_DEPLOYMENTS)
        found: tuple[Deployment, ...] = await self._around(call, self._inner.list)
        return found

    @override
    async def usage(self) -> Usage:
        found: Usage = await self._around(PortCall(Point.USAGE), self._inner.usage)
        return found

    @override
    async def register(self, service_url: str, *, force: bool, dry_run: bool) -> Registration:
        point = Point.DRY_RUN if dry_run else Point.REGISTER
        made: Registration = await self._around(
            PortCall(point, (service_url, force, dry_run)),
            lambda: self._inner.register(service_url, force=force, dry_run=dry_run),
        )
        return made

    @override
    async def remove(self, deployment_id: str) -> Answer:
        call = PortCall(Point.REMOVE, (deployment_id,))
        answer: Answer = await self._around(call, lambda: self._inner.remove(deployment_id))
        return answer


@attrs.frozen(eq=False)
class _Listing(InvocationListing):
    _inner: InvocationListing
    _around: Around

    @override
    async def survey(self, *, failures: int, unfinished: int) -> Survey:
        found: Survey = await self._around(
            PortCall(Point.SURVEY, (failures, unfinished)),
            lambda: self._inner.survey(failures=failures, unfinished=unfinished),
        )
        return found


@attrs.frozen(eq=False)
class _Control(InvocationControl):
    _inner: InvocationControl
    _around: Around

    @override
    async def perform(self, command: Command) -> Answer:
        point = POINT_OF_COMMAND.get(command_name(command))
        if point is None:
            # A command that no verb sends has no point, and so nothing is around it.
            return await self._inner.perform(command)
        call = PortCall(point, (command,))
        answer: Answer = await self._around(call, lambda: self._inner.perform(command))
        return answer


@attrs.frozen(eq=False)
class _History(InvocationHistory):
    _inner: InvocationHistory
    _around: Around

    @override
    async def entries(self, ref: InvocationRef) -> AsyncIterator[HistoryEntry]:
        async def proceed() -> AsyncIterator[HistoryEntry]:
            return self._inner.entries(ref)

        found: AsyncIterator[HistoryEntry] = await self._around(
            PortCall(Point.HISTORY, (ref,)), proceed
        )
        try:
            async for entry in found:
                yield entry
        finally:
            await close_entries(found)

    @override
    async def examine(self, ref: InvocationRef) -> Examination:
        call = PortCall(Point.EXAMINE, (ref,))
        found: Examination = await self._around(call, lambda: self._inner.examine(ref))
        return found


@attrs.frozen(eq=False)
class _State(StateStore):
    _inner: StateStore
    _around: Around

    @override
    async def read(self, key: WorkflowKey, *, values: bool) -> KeyedState:
        found: KeyedState = await self._around(
            PortCall(Point.READ_STATE, (key, values)),
            lambda: self._inner.read(key, values=values),
        )
        return found

    @override
    async def clear(self, key: WorkflowKey, *, expected_version: str) -> Answer:
        answer: Answer = await self._around(
            PortCall(Point.CLEAR_STATE, (key, expected_version)),
            lambda: self._inner.clear(key, expected_version=expected_version),
        )
        return answer


@attrs.frozen(eq=False)
class _Engine(Engine):
    _inner: Engine
    _around: Around

    @property
    @override
    def name(self) -> str:
        return self._inner.name

    @property
    @override
    def address(self) -> str:
        return self._inner.address

    @property
    @override
    def admin(self) -> AdminApi:
        return _Admin(self._inner.admin, self._around)

    @property
    @override
    def invocations(self) -> InvocationStore:
        return _Invocations(self._inner.invocations, self._around)

    @property
    @override
    def deployments(self) -> DeploymentRegistry | None:
        inner = self._inner.deployments
        return None if inner is None else _Deployments(inner, self._around)

    @property
    @override
    def listing(self) -> InvocationListing | None:
        inner = self._inner.listing
        return None if inner is None else _Listing(inner, self._around)

    @property
    @override
    def control(self) -> InvocationControl | None:
        inner = self._inner.control
        return None if inner is None else _Control(inner, self._around)

    @property
    @override
    def history(self) -> InvocationHistory | None:
        inner = self._inner.history
        return None if inner is None else _History(inner, self._around)

    @property
    @override
    def state(self) -> StateStore | None:
        inner = self._inner.state
        return None if inner is None else _State(inner, self._around)

    @property
    @override
    def instead(self) -> Mapping[str, str]:
        return self._inner.instead

    @override
    async def facts(self) -> EngineFacts:
        found: EngineFacts = await self._around(PortCall(Point.FACTS), self._inner.facts)
        return found

    @override
    async def aclose(self) -> None:
        await self._inner.aclose()
