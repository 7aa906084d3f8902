"""The forced purge as the port has it: for the one run that was read, and no other."""

import attrs

from wfadmin.adapters.dapr.grpc.sidecar import DaprSidecar, InstanceSeen
from wfadmin.domain.answers import Answer
from wfadmin.domain.errors import (
    EngineRejected,
    EngineUnreachable,
    InvocationNotFound,
    StalePlan,
    UnexpectedAnswer,
)
from wfadmin.domain.keys import InvocationRef

__all__ = ["DaprForcing"]


@attrs.frozen(eq=False)
class DaprForcing:
    """Purges by force what HTTP cannot."""

    _sidecar: DaprSidecar
    address: str

    async def purge(self, ref: InvocationRef) -> Answer:
        """
        Purge a run by force, with its children; one that never ran has none. Sent once.

        Sends: two reads and a write. Between the second read and the write a gap remains.

        Returns:
            `not_found` where it is gone, `changed` where another run bears its id.

        Raises:
            EngineUnreachable: Not sent; also where the look before it was answered wrongly.
            EngineRejected: An error status that is no `Answer`.
            OutcomeUnknown: Sent, and no answer that settles it: read, never send again.
            NotSupported: This sidecar or this event loop cannot do that.
        """
        seen = await self._look(ref)
        if seen is None:
            return Answer.NOT_FOUND
        created = seen.instance.created
        if created != (None if ref.incarnation is None else ref.incarnation.token):
            return Answer.CHANGED
        try:
            # What never ran is only reached without its children (seen live).
            return await self._sidecar.force_purge(seen, recursive=created is not None)
        except StalePlan:
            return Answer.CHANGED

    async def _look(self, ref: InvocationRef) -> InstanceSeen | None:
        try:
            return await self._sidecar.get_instance(ref.id)
        except InvocationNotFound:
            return None
        except (EngineRejected, UnexpectedAnswer) as error:
            # A look that fails must not pass for an answer to the write.
            problem = f"The look before it failed: {error.message.rstrip('.')}"
            raise EngineUnreachable(self.address, problem) from error
