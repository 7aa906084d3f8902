"""An operator of which each verb is a chapter in its diary, and is judged by itself."""

from collections.abc import Awaitable
from typing import TypeVar

import attrs
from typing_extensions import override

from wfadmin.domain.doctor import DoctorReport
from wfadmin.domain.inspection import Inspection
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.plan import Plan
from wfadmin.domain.policy import RecoveryPolicy
from wfadmin.domain.results import Result
from wfadmin.operations.apply import repair_of
from wfadmin.operations.local import LocalOperator
from wfadmin.operations.recover import Recover
from wfadmin.operations.repair import Repair
from wfadmin.testing.explore.diary import Began, Did
from wfadmin.testing.explore.harm import Operation

__all__ = ["WatchedOperator"]

_T = TypeVar("_T")
_R = TypeVar("_R", bound=Result)


@attrs.frozen
class WatchedOperator(LocalOperator):
    """The verbs, each from its call to its end written down."""

    operation: Operation

    @override
    async def doctor(self) -> DoctorReport:
        """See `Operator.doctor`."""
        return await self._watch(super().doctor(), self._looks("doctor"))

    @override
    async def inspect(self, key: WorkflowKey, *, show_state: bool = False) -> Inspection:
        """See `Operator.inspect`."""
        call = super().inspect(key, show_state=show_state)
        return await self._watch(call, self._looks("inspect"))

    @override
    async def apply(self, plan: Plan) -> Result:
        """See `Operator.apply`."""
        repair = repair_of(self.engine, self.host, plan)
        return await self._watch(super().apply(plan), self._writes(repair))

    @override
    async def _plan(self, repair: Repair[Result]) -> Plan:
        return await self._watch(super()._plan(repair), self._looks("plan"))

    @override
    async def _do(self, repair: Repair[_R]) -> _R:
        return await self._watch(super()._do(repair), self._writes(repair))

    def _looks(self, verb: str) -> Began:
        return Began(verb, reads_only=True, policy=RecoveryPolicy())

    def _writes(self, repair: Repair[Result]) -> Began:
        # What the call says, it may kill; its host says it for what the call leaves out.
        policy = repair.policy if isinstance(repair, Recover) else self.host.policy
        return Began(repair.verb.value, reads_only=False, policy=policy)

    async def _watch(self, call: Awaitable[_T], began: Began) -> _T:
        diary = self.operation.diary
        diary.add(Did.BEGAN, began)
        ending: object = None
        try:
            ending = result = await call
        except BaseException as error:
            ending = error
            raise
        finally:
            self.operation.verbs.append((len(diary.pages) - 1, ending))
        return result
