"""The operator over an engine that is reached from here."""

import attrs
from typing_extensions import override

from wfadmin.domain.doctor import DoctorReport
from wfadmin.domain.inspection import Inspection
from wfadmin.domain.keys import WorkflowKey
from wfadmin.operations.doctor import doctor
from wfadmin.operations.host import Host
from wfadmin.operations.inspect import inspect
from wfadmin.operations.operator import Operator
from wfadmin.ports.engine import Engine

__all__ = ["LocalOperator"]


@attrs.frozen
class LocalOperator(Operator):
    """
    The verbs over one engine. Making one does no I/O; closing it closes the engine.

    Use `wfadmin.connect` to get one with working defaults.
    """

    engine: Engine
    host: Host

    @override
    async def doctor(self) -> DoctorReport:
        """See `Operator.doctor`."""
        return await doctor(self.engine, self.host)

    @override
    async def inspect(self, key: WorkflowKey, *, show_state: bool = False) -> Inspection:
        """See `Operator.inspect`."""
        return await inspect(self.engine, self.host, key, show_state=show_state)

    @override
    async def aclose(self) -> None:
        """See `Operator.aclose`."""
        await self.engine.aclose()
