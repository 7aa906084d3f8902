"""The operator over an engine that is reached from here."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar

import attrs
from typing_extensions import override

from wfadmin.domain.doctor import DoctorReport
from wfadmin.domain.inspection import Inspection
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.plan import Plan, Verb
from wfadmin.domain.policy import RecoveryPolicy
from wfadmin.domain.results import (
    CleanupResult,
    CommandResult,
    RecoverResult,
    RedeployResult,
    Result,
)
from wfadmin.operations.apply import repair_of
from wfadmin.operations.cleanup import Cleanup
from wfadmin.operations.doctor import doctor
from wfadmin.operations.host import Host
from wfadmin.operations.inspect import inspect
from wfadmin.operations.operator import Operator
from wfadmin.operations.recover import Recover
from wfadmin.operations.redeploy import Redeploy
from wfadmin.operations.repair import Repair, carry_out, plan_of
from wfadmin.operations.steer import Steer
from wfadmin.ports.engine import Engine

__all__ = ["LocalOperator"]

_R = TypeVar("_R", bound=Result)
_NO_TIME = timedelta(0)


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
    async def plan_redeploy(
        self,
        service_url: str,
        *,
        force: bool = True,
        register_timeout: timedelta = _NO_TIME,
    ) -> Plan:
        """See `Operator.plan_redeploy`."""
        return await self._plan(
            Redeploy(self.engine, self.host, service_url, force, register_timeout)
        )

    @override
    async def force_redeploy(
        self,
        service_url: str,
        *,
        force: bool = True,
        register_timeout: timedelta = _NO_TIME,
    ) -> RedeployResult:
        """See `Operator.force_redeploy`."""
        return await self._do(
            Redeploy(self.engine, self.host, service_url, force, register_timeout)
        )

    @override
    async def plan_cleanup(
        self,
        service_url: str,
        *,
        force_drain: bool = False,
        also_keep: Sequence[str] = (),
        wait: timedelta = _NO_TIME,
    ) -> Plan:
        """See `Operator.plan_cleanup`."""
        return await self._plan(self._cleanup(service_url, force_drain, also_keep, wait))

    @override
    async def cleanup_stale_deployments(
        self,
        service_url: str,
        *,
        force_drain: bool = False,
        also_keep: Sequence[str] = (),
        wait: timedelta = _NO_TIME,
    ) -> CleanupResult:
        """See `Operator.cleanup_stale_deployments`."""
        return await self._do(self._cleanup(service_url, force_drain, also_keep, wait))

    def _cleanup(
        self,
        service_url: str,
        force_drain: bool,  # noqa: FBT001 - private, and named by its callers
        also_keep: Sequence[str],
        wait: timedelta,
    ) -> Cleanup:
        keep = tuple(also_keep)
        return Cleanup(self.engine, self.host, service_url, force_drain, keep, wait)

    @override
    async def plan_recover(
        self,
        key: WorkflowKey,
        *,
        policy: RecoveryPolicy | None = None,
    ) -> Plan:
        """See `Operator.plan_recover`."""
        chosen = self.host.policy if policy is None else policy
        return await self._plan(Recover(self.engine, self.host, key, chosen))

    @override
    async def recover_stuck_workflow(
        self,
        key: WorkflowKey,
        *,
        policy: RecoveryPolicy | None = None,
    ) -> RecoverResult:
        """See `Operator.recover_stuck_workflow`."""
        chosen = self.host.policy if policy is None else policy
        return await self._do(Recover(self.engine, self.host, key, chosen))

    @override
    async def plan_steering(
        self,
        verb: Verb,
        key: WorkflowKey,
        *,
        invocation_id: str | None = None,
        deployment: str = "keep",
    ) -> Plan:
        """See `Operator.plan_steering`."""
        return await self._plan(
            Steer(self.engine, self.host, verb, key, invocation_id, deployment),
        )

    @override
    async def resume(
        self,
        key: WorkflowKey,
        *,
        invocation_id: str | None = None,
        deployment: str = "keep",
    ) -> CommandResult:
        """See `Operator.resume`."""
        repair = Steer(self.engine, self.host, Verb.RESUME, key, invocation_id, deployment)
        return await self._do(repair)

    @override
    async def pause(
        self,
        key: WorkflowKey,
        *,
        invocation_id: str | None = None,
    ) -> CommandResult:
        """See `Operator.pause`."""
        return await self._do(Steer(self.engine, self.host, Verb.PAUSE, key, invocation_id))

    @override
    async def cancel(
        self,
        key: WorkflowKey,
        *,
        invocation_id: str | None = None,
    ) -> CommandResult:
        """See `Operator.cancel`."""
        return await self._do(Steer(self.engine, self.host, Verb.CANCEL, key, invocation_id))

    @override
    async def plan_again(self, plan: Plan) -> Plan:
        """See `Operator.plan_again`."""
        return await self._plan(repair_of(self.engine, self.host, plan))

    @override
    async def apply(self, plan: Plan) -> Result:
        """See `Operator.apply`."""
        repair = repair_of(self.engine, self.host, plan)
        return await carry_out(self.engine, self.host, repair, approved=plan)

    def acting_as(self, actor: str, *, reason: str | None = None) -> "LocalOperator":
        """The same verbs for one caller, so that the records say who acted and why."""
        return attrs.evolve(self, host=attrs.evolve(self.host, actor=actor, reason=reason))

    async def _plan(self, repair: Repair[Result]) -> Plan:
        return await plan_of(self.engine, self.host, repair)

    async def _do(self, repair: Repair[_R]) -> _R:
        return await carry_out(self.engine, self.host, repair)

    @override
    async def aclose(self) -> None:
        """See `Operator.aclose`."""
        await self.engine.aclose()
