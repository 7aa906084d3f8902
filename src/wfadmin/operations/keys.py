"""Reading one key as a whole, for a decision: in the order that keeps the decision true."""

from collections.abc import Awaitable, Callable, Collection

import attrs

from wfadmin.domain.capabilities import Reach
from wfadmin.domain.errors import InvalidWorkflowKey, NotSupported, UnexpectedAnswer
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import (
    HandlerKind,
    Invocation,
    InvocationOutcome,
    InvocationStatus,
    KeyedState,
    Service,
)
from wfadmin.domain.policy import RecoveryPolicy
from wfadmin.domain.recovery import KeyReading, Parked, PriorEffect, Snapshot
from wfadmin.operations.asking import ask, ask_all
from wfadmin.operations.host import Host
from wfadmin.ports.engine import Engine

__all__ = ["KeyReader", "key_name", "takes_children"]


def key_name(key: WorkflowKey) -> str:
    """A key as one word for people and plans; two keys never give the same one."""
    return f"{key.service_name!r} {key.service_key!r}"


def takes_children(reading: KeyReading, one: Invocation, purge_reach: Reach) -> bool:
    """Whether purging an ended run may take children along; a success is never purged."""
    ends_badly = one.is_completed and one.outcome is not InvocationOutcome.SUCCEEDED
    is_purged = ends_badly and reading.handler_kind(one) is not HandlerKind.SHARED
    return is_purged and purge_reach is not Reach.ALONE


@attrs.define(eq=False)
class KeyReader:
    """
    Reads a key, the children of its runs, and what the host says of its effect.

    Services, children and the guard are asked first and kept: between a reading and the write
    that it allows, nothing may be awaited.

    Attributes:
        service: As it was listed when it was asked for; None where it is not listed.
        children: Of the runs that were asked, by the id of the run.
        settled: The ids of the runs that had ended when they were asked: they call nobody more.
        effect: What the host said.
        purge_reach: Whether a purge takes children along, as the engine declares.
        unkillable: The statuses in which a kill ends nothing, as it declares.
        is_hindered: Whether it now does no write but a forced purge.
        is_planned: Whether a plan was made from what was read.
    """

    engine: Engine
    host: Host
    key: WorkflowKey
    service: Service | None = None
    children: dict[str, tuple[Invocation, ...]] = attrs.field(factory=dict)
    settled: set[str] = attrs.field(factory=set)
    effect: PriorEffect = PriorEffect.NOT_ASKED
    purge_reach: Reach = Reach.UNKNOWN
    unkillable: frozenset[InvocationStatus] = frozenset()
    is_hindered: bool = False
    is_planned: bool = False

    async def ask_service(self) -> None:
        """
        Look the service up. Where an engine cannot list services, the runs say what they are.

        Raises:
            EngineError: The services could not be listed.
        """
        try:
            services = await ask(self.engine, self.host, self.engine.admin.list_services)
        except NotSupported:
            services = ()
        name = self.key.service_name
        self.service = next((one for one in services if one.name == name), None)

    async def ask_guard(self) -> None:
        """Ask the host whether the effect already happened; any error counts as not known."""
        guard = self.host.guard
        if guard is not None:
            (asked,) = await ask_all(
                self.engine,
                self.host,
                (lambda: guard.effect_of(self.key),),
            )
            # Whatever is not one of the two answers that it may give counts as not known.
            answers = (PriorEffect.HAPPENED, PriorEffect.DID_NOT_HAPPEN)
            said = (one for one in answers if asked.value is one)
            self.effect = next(said, PriorEffect.UNKNOWN)

    async def ask_children(self, runs: tuple[Invocation, ...]) -> None:
        """
        Ask for the children of `runs`, again for those that were asked before.

        What an engine cannot say stays unasked, and so blocks.

        Raises:
            EngineError: They could not be read: never the same as none.
        """
        for one in runs:
            self.children.pop(one.id, None)
            if one.is_completed:
                self.settled.add(one.id)
            try:
                found = await ask(self.engine, self.host, self._children_of(one))
            except NotSupported:
                continue
            self.children[one.id] = found

    async def read(self) -> KeyReading:
        """
        Every invocation of the key. An answer that is not understood is an incomplete reading.

        Raises:
            EngineUnreachable: No answer.
            EngineRejected: An error status.
        """
        try:
            return await self.read_whole()
        except UnexpectedAnswer as error:
            return KeyReading(self.key, self.service, (), error.message)

    async def read_whole(self) -> KeyReading:
        """
        Every invocation of the key, all of them understood.

        Once there is a plan, a key that the engine refuses is one that was taken over: the runs
        of the plan are gone, and whoever asked made no mistake.

        Raises:
            InvalidWorkflowKey: The run that bears the key belongs to another service, and there
                is no plan yet.
            EngineError: It could not be read.
        """
        store = self.engine.invocations
        try:
            runs = await ask(self.engine, self.host, lambda: store.for_key(self.key))
        except InvalidWorkflowKey:
            if not self.is_planned:
                raise
            return KeyReading(self.key, self.service, is_taken_over=True)
        return KeyReading(self.key, self.service, runs)

    async def read_state(self, *, values: bool) -> KeyedState | None:
        """
        What is stored under the key; None where the engine stores nothing by key.

        Raises:
            EngineError: It could not be read.
        """
        store = self.engine.state
        if store is None:
            return None
        return await ask(self.engine, self.host, lambda: store.read(self.key, values=values))

    def parents(
        self,
        reading: KeyReading,
        policy: RecoveryPolicy,
        parked: Collection[Parked] = (),
    ) -> tuple[Invocation, ...]:
        """
        The runs whose children a recovery may take along.

        They are the unfinished ones that the policy, or a park by this operation, calls stuck,
        and where a purge reaches that far also those that it would purge.
        """
        now = self.host.clock.now()
        ids = {one.invocation_id for one in parked}
        return tuple(
            one
            for one in reading.invocations
            if takes_children(reading, one, self.purge_reach)
            or (not one.is_completed and (one.id in ids or policy.is_stuck(one, now)))
        )

    def snapshot(
        self,
        reading: KeyReading,
        policy: RecoveryPolicy,
        parked: Collection[Parked] = (),
    ) -> Snapshot:
        """What a decision reads: `reading`, with what was asked before it."""
        runs = self.parents(reading, policy, parked)
        asked = all(one.id in self.children for one in runs)
        children = tuple(child for one in runs for child in self.children.get(one.id, ()))
        return Snapshot(
            reading,
            self.host.clock.now(),
            children if asked else None,
            self.effect,
            tuple(parked),
            self.purge_reach,
            self.unkillable,
            self.is_hindered,
        )

    def _children_of(self, one: Invocation) -> Callable[[], Awaitable[tuple[Invocation, ...]]]:
        return lambda: self.engine.invocations.children(one.ref)
