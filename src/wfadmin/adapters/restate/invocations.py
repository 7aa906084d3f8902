"""Single runs, by key or by reference."""

import attrs
from typing_extensions import override

from wfadmin.adapters.restate.api import RestateApi
from wfadmin.adapters.restate.details import Details
from wfadmin.adapters.restate.rows import InvocationRow, columns
from wfadmin.adapters.restate.sharding import Sharding
from wfadmin.adapters.restate.sql import INVOCATIONS, is_id, literal, select
from wfadmin.domain.errors import EngineRejected
from wfadmin.domain.keys import InvocationRef, WorkflowKey
from wfadmin.domain.model import Invocation
from wfadmin.ports.invocations import InvocationStore

__all__ = ["RestateInvocations"]

# What 500 says where an id is none of the engine's.
_NO_ID = "non valid invocation id"


@attrs.frozen(eq=False)
class RestateInvocations(InvocationStore):
    """See `InvocationStore`. Sends: queries."""

    _api: RestateApi
    _sharding: Sharding
    _details: Details

    @override
    async def for_key(self, key: WorkflowKey) -> tuple[Invocation, ...]:
        """See `InvocationStore.for_key`. Sends: one query where all runs have ended."""
        wanted = columns(view=False, is_scoped=(await self._sharding.version()).is_scoped)
        rows = await self._sharding.rows_of(INVOCATIONS, key, wanted, InvocationRow)
        return await self._details.refined(rows)

    @override
    async def get(self, ref: InvocationRef) -> Invocation | None:
        """See `InvocationStore.get`. Sends: nothing for an id that the engine cannot have made."""
        if not is_id(ref.id):
            return None
        try:
            found = await self._details.of((ref.id,))
        except EngineRejected as error:
            if _NO_ID in error.excerpt:
                return None
            raise
        return next(iter(found), None)

    @override
    async def children(self, ref: InvocationRef) -> tuple[Invocation, ...]:
        """See `InvocationStore.children`. A scan: nothing is stored by the caller."""
        wanted = columns(view=False, is_scoped=(await self._sharding.version()).is_scoped)
        where = f"invoked_by_id = {literal(ref.id)} and status <> 'completed'"
        rows = await self._api.rows(select(wanted, INVOCATIONS.name, where), InvocationRow)
        found = await self._details.refined(rows)
        return tuple(one for one in found if not one.is_completed)
