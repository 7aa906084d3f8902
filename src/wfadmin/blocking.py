"""The verbs for code without an event loop: a thread behind a thin facade."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from types import TracebackType
from typing import Self, TypeVar

from anyio.from_thread import BlockingPortal, start_blocking_portal

from wfadmin.domain.doctor import DoctorReport
from wfadmin.domain.errors import UsageError
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
from wfadmin.operations.operator import Operator

__all__ = ["BlockingOperator"]

_T = TypeVar("_T")
_NO_TIME = timedelta(0)


class BlockingOperator:
    """
    The verbs of an `Operator`, without ``await``.

    Every call runs in a thread of its own event loop, started by the first call. An interrupt
    (Ctrl-C) cancels the call there before it goes on here. Close it, or use it with ``with``.

    Args:
        operator: Whose verbs to offer. It is closed together with this.
    """

    __slots__ = ("_closed", "_operator", "_portal", "_stack")

    def __init__(self, operator: Operator) -> None:
        self._operator = operator
        self._stack = ExitStack()
        self._portal: BlockingPortal | None = None
        self._closed = False

    def doctor(self) -> DoctorReport:
        """See `Operator.doctor`."""
        return self._run(self._operator.doctor)

    def inspect(self, key: WorkflowKey, *, show_state: bool = False) -> Inspection:
        """See `Operator.inspect`."""
        return self._run(partial(self._operator.inspect, key, show_state=show_state))

    def plan_redeploy(
        self,
        service_url: str,
        *,
        force: bool = True,
        register_timeout: timedelta = _NO_TIME,
    ) -> Plan:
        """See `Operator.plan_redeploy`."""
        plan = self._operator.plan_redeploy
        return self._run(
            partial(plan, service_url, force=force, register_timeout=register_timeout),
        )

    def force_redeploy(
        self,
        service_url: str,
        *,
        force: bool = True,
        register_timeout: timedelta = _NO_TIME,
    ) -> RedeployResult:
        """See `Operator.force_redeploy`."""
        redeploy = self._operator.force_redeploy
        return self._run(
            partial(redeploy, service_url, force=force, register_timeout=register_timeout),
        )

    def plan_cleanup(
        self,
        service_url: str,
        *,
        force_drain: bool = False,
        also_keep: Sequence[str] = (),
        wait: timedelta = _NO_TIME,
    ) -> Plan:
        """See `Operator.plan_cleanup`."""
        plan = self._operator.plan_cleanup
        return self._run(
            partial(plan, service_url, force_drain=force_drain, also_keep=also_keep, wait=wait),
        )

    def cleanup_stale_deployments(
        self,
        service_url: str,
        *,
        force_drain: bool = False,
        also_keep: Sequence[str] = (),
        wait: timedelta = _NO_TIME,
    ) -> CleanupResult:
        """See `Operator.cleanup_stale_deployments`."""
        clean = self._operator.cleanup_stale_deployments
        return self._run(
            partial(clean, service_url, force_drain=force_drain, also_keep=also_keep, wait=wait),
        )

    def plan_recover(
        self,
        key: WorkflowKey,
        *,
        policy: RecoveryPolicy | None = None,
    ) -> Plan:
        """See `Operator.plan_recover`."""
        return self._run(partial(self._operator.plan_recover, key, policy=policy))

    def recover_stuck_workflow(
        self,
        key: WorkflowKey,
        *,
        policy: RecoveryPolicy | None = None,
    ) -> RecoverResult:
        """See `Operator.recover_stuck_workflow`."""
        return self._run(partial(self._operator.recover_stuck_workflow, key, policy=policy))

    def plan_steering(
        self,
        verb: Verb,
        key: WorkflowKey,
        *,
        invocation_id: str | None = None,
        deployment: str = "keep",
    ) -> Plan:
        """See `Operator.plan_steering`."""
        plan = self._operator.plan_steering
        return self._run(
            partial(plan, verb, key, invocation_id=invocation_id, deployment=deployment),
        )

    def resume(
        self,
        key: WorkflowKey,
        *,
        invocation_id: str | None = None,
        deployment: str = "keep",
    ) -> CommandResult:
        """See `Operator.resume`."""
        resume = self._operator.resume
        return self._run(
            partial(resume, key, invocation_id=invocation_id, deployment=deployment),
        )

    def pause(self, key: WorkflowKey, *, invocation_id: str | None = None) -> CommandResult:
        """See `Operator.pause`."""
        return self._run(partial(self._operator.pause, key, invocation_id=invocation_id))

    def cancel(self, key: WorkflowKey, *, invocation_id: str | None = None) -> CommandResult:
        """See `Operator.cancel`."""
        return self._run(partial(self._operator.cancel, key, invocation_id=invocation_id))

    def plan_again(self, plan: Plan) -> Plan:
        """See `Operator.plan_again`."""
        return self._run(partial(self._operator.plan_again, plan))

    def apply(self, plan: Plan) -> Result:
        """See `Operator.apply`."""
        return self._run(partial(self._operator.apply, plan))

    def close(self) -> None:
        """Let go of what was opened, and end the thread. May be called twice."""
        if self._closed:
            return
        try:
            self._run(self._operator.aclose)
        finally:
            self._closed = True
            self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _run(self, call: Callable[[], Awaitable[_T]]) -> _T:
        if self._closed:
            raise UsageError("operator", "it is closed")
        if self._portal is None:
            # Not before the first call: a process may fork after making this.
            self._portal = self._stack.enter_context(start_blocking_portal())
        future = self._portal.start_task_soon(call)
        try:
            return future.result()
        except BaseException:
            # Without this an interrupted call would go on behind the caller's back.
            future.cancel()
            raise
