"""Single instances and what they called, over gRPC: for what HTTP cannot say."""

from typing import Final

import attrs

from wfadmin.adapters.dapr.answers import invocation_of
from wfadmin.adapters.dapr.grpc.sidecar import DaprSidecar
from wfadmin.adapters.dapr.grpc.tale import Child
from wfadmin.adapters.dapr.grpc.walking import each
from wfadmin.domain.errors import InvocationNotFound, WfadminError
from wfadmin.domain.keys import InvocationRef
from wfadmin.domain.model import Invocation, InvocationStatus, ServiceKind

__all__ = ["ELSEWHERE", "DaprGrpcInvocations", "why_stalled"]

#: What stands for the status of a child that only the sidecar of its own app can read.
ELSEWHERE: Final = "IN_ANOTHER_APP"


@attrs.frozen(eq=False)
class DaprGrpcInvocations:
    """What an `InvocationStore` over HTTP can ask here. All of it reads only."""

    _sidecar: DaprSidecar

    async def get(self, ref: InvocationRef) -> Invocation | None:
        """
        As `InvocationStore.get`. Sends: one call.

        Unlike over HTTP a stalled one is called so, whatever the version.
        """
        seen = await self._sidecar.get_instance(ref.id, payloads=True)
        return None if seen is None else invocation_of(seen.instance, ref.key)

    async def with_reason(self, one: Invocation) -> Invocation:
        """A stalled one with what it wants, as far as it can be read. Sends: one call."""
        return attrs.evolve(one, failure=await why_stalled(self._sidecar, one))

    async def children(self, ref: InvocationRef) -> tuple[Invocation, ...]:
        """
        As `InvocationStore.children`, ended ones too. Sends: a call, and one for each.

        One in another app cannot be read here: its status is unknown, so it counts as unfinished.
        What the run called before it continued as new is not in its history.
        """
        try:
            tale = await self._sidecar.tell(ref.id)
        except InvocationNotFound:
            return ()
        found: dict[str, Invocation] = {}

        async def read(child: Child) -> None:
            one = await self._child(child, ref.id)
            if one is not None:
                found[child.id] = one

        # One that is called again, after it failed, bears the same id.
        called = {child.id: child for child in tale.children}
        await each(called.values(), read)
        return tuple(found[child_id] for child_id in called if child_id in found)

    async def _child(self, child: Child, parent_id: str) -> Invocation | None:
        if child.is_elsewhere:
            return _elsewhere(child, parent_id)
        seen = await self._sidecar.get_instance(child.id)
        if seen is None:
            return None
        return attrs.evolve(invocation_of(seen.instance, None), parent_id=parent_id)


async def why_stalled(sidecar: DaprSidecar, one: Invocation) -> str | None:
    """
    Why a run stands still, such as a version that no worker has; None where nobody says.

    Never raises what went wrong with the question: an explanation is not worth an answer.
    """
    try:
        return (await sidecar.tell(one.id)).stalled
    except WfadminError:
        return None


def _elsewhere(child: Child, parent_id: str) -> Invocation:
    return Invocation(
        ref=InvocationRef(None, child.id, None),
        service_name=child.name or "",
        handler_name=None,
        service_kind=ServiceKind.WORKFLOW,
        status=InvocationStatus.UNKNOWN,
        engine_status=ELSEWHERE,
        parent_id=parent_id,
    )
