"""Single instances, by key or by reference."""

import attrs
from typing_extensions import override

from wfadmin.adapters.dapr.answers import Instance, invocation_of
from wfadmin.adapters.dapr.api import NAME, DaprApi
from wfadmin.adapters.dapr.grpc.invocations import DaprGrpcInvocations
from wfadmin.adapters.dapr.identifiers import segment
from wfadmin.adapters.dapr.workflows import DaprWorkflows
from wfadmin.domain.errors import InvalidWorkflowKey, NotSupported
from wfadmin.domain.keys import InvocationRef, WorkflowKey
from wfadmin.domain.model import Invocation, InvocationStatus
from wfadmin.domain.text import shown
from wfadmin.ports.invocations import InvocationStore

__all__ = ["DaprInvocations"]

_NO_CHILDREN = (
    "Look for them in the app: HTTP names none. A kill and a purge take them along, and a child"
    " that is ended by itself fails its parent."
)


@attrs.frozen(eq=False)
class DaprInvocations(InvocationStore):
    """See `InvocationStore`. The key of a run is the name of its workflow and its id."""

    _api: DaprApi
    _workflows: DaprWorkflows
    _over_grpc: DaprGrpcInvocations | None = None

    @override
    async def for_key(self, key: WorkflowKey) -> tuple[Invocation, ...]:
        """
        See `InvocationStore.for_key`.

        Sends: one GET, one more for one that may be stalled, and over gRPC a call for its reason.

        Raises:
            InvalidWorkflowKey: The instance of that id belongs to another workflow.
        """
        found = await self._workflows.get(key.service_key)
        if found is None:
            return ()
        if found.name is not None and found.name != key.service_name:
            problem = (
                f"the instance {shown(key.service_key)} belongs to the workflow"
                f" {shown(found.name)}, not to {shown(key.service_name)}"
            )
            raise InvalidWorkflowKey("service name", problem)
        return (await self._invocation(found, key),)

    @override
    async def get(self, ref: InvocationRef) -> Invocation | None:
        """See `InvocationStore.get`. Sends: as `for_key`."""
        if segment(ref.id) is None:
            return None  # no path can hold it
        found = await self._workflows.get(ref.id)
        return None if found is None else await self._invocation(found, ref.key)

    @override
    async def children(self, ref: InvocationRef) -> tuple[Invocation, ...]:
        """
        See `InvocationStore.children`. Sends: over gRPC a call, and one per child; else nothing.

        Raises:
            NotSupported: There is no gRPC to ask.
        """
        if self._over_grpc is not None:
            return await self._over_grpc.children(ref)
        raise NotSupported(NAME, "list of the children of a run over HTTP", _NO_CHILDREN)

    async def _invocation(self, found: Instance, asked: WorkflowKey | None) -> Invocation:
        version = (await self._api.metadata()).version if found.may_be_stalled else None
        run = invocation_of(found, asked, version)
        if run.status is InvocationStatus.STALLED and self._over_grpc is not None:
            return await self._over_grpc.with_reason(run)
        return run
