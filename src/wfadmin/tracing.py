"""
OpenTelemetry spans around an operator: one per verb, and below it one per call of the engine.

::

    operator = instrumented(wfadmin.connect("restate", admin_url="http://localhost:9070"))

Laws:

- A span says names, codes and durations, and nothing of what was asked for or read. Only the
  message of an error may name a run or a key; it holds nothing that looks like a secret.
- A tracer that raises is not noticed: what the verb gives or raises is what the caller gets.
- Without an SDK that is set up, the spans record nothing.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

import attrs
from typing_extensions import override

from wfadmin.adapters.observer_otel import Spans
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
from wfadmin.operations.local import LocalOperator
from wfadmin.operations.operator import Operator
from wfadmin.ports.engine import Engine
from wfadmin.ports.points import Point
from wfadmin.ports.wrapping import PortCall, Proceed, close_entries, wrapped

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

__all__ = ["TracedOperator", "instrumented", "traced"]

_T = TypeVar("_T")
_NO_TIME = timedelta(0)


def instrumented(operator: LocalOperator, tracer: "Tracer | None" = None) -> "TracedOperator":
    """
    `operator` with a span for each verb, and one for each call that it makes of its engine.

    Args:
        operator: As `wfadmin.connect` gives it. It is closed together with this.
        tracer: Who makes the spans; that of the global provider, unless given.

    Raises:
        MissingDependency: The extra `otel` is not installed.
    """
    engine = traced(operator.engine, tracer)
    return TracedOperator(attrs.evolve(operator, engine=engine), tracer)


def traced(engine: Engine, tracer: "Tracer | None" = None) -> Engine:
    """
    `engine` with a span for each call of a port, such as `wfadmin.control.purge`.

    Args:
        engine: Whose calls are seen. Closing the one closes the other.
        tracer: Who makes the spans; that of the global provider, unless given.

    Raises:
        MissingDependency: The extra `otel` is not installed.
    """
    spans = Spans.of(tracer, engine.name)

    async def around(call: PortCall, proceed: Proceed) -> object:
        if call.point is Point.HISTORY:
            # Nothing is asked yet: the span is that of the reading.
            return _read(spans, call.point.value, await proceed())
        return await spans.over(call.point.value, call.point.value, proceed)

    return wrapped(engine, around)


async def _read(spans: Spans, action: str, found: AsyncIterator[_T]) -> AsyncIterator[_T]:
    # The span lasts until the last entry, and is current only while one is read: what a reader
    # does with an entry is no part of it.
    span = spans.started(action, action)
    try:
        while True:
            with spans.current(span):
                try:
                    entry = await anext(found)
                except StopAsyncIteration:
                    return
            yield entry
    except GeneratorExit:
        raise  # the reader has enough
    except BaseException as error:
        spans.failed(span, error)
        raise
    finally:
        spans.end(span)
        await close_entries(found)


class TracedOperator(Operator):
    """
    The verbs of another operator, each in a span: `wfadmin.recover`, `wfadmin.plan_recover`.

    Attributes of a span: `wfadmin.engine`, `wfadmin.action` (the verb), `wfadmin.outcome`, and
    where it ended with an error `error.type`, for one that was refused `wfadmin.refusal`, and for
    a recovery that is blocked `wfadmin.reason`. Who ends with an error, or is cancelled, ends its
    span with the status error.

    Args:
        operator: Whose verbs they are. It is closed together with this.
        tracer: Who makes the spans; that of the global provider, unless given.
        engine: The name of the engine; that of the operator's own, unless given.

    Raises:
        MissingDependency: The extra `otel` is not installed.
    """

    __slots__ = ("_operator", "_spans")

    def __init__(
        self,
        operator: Operator,
        tracer: "Tracer | None" = None,
        *,
        engine: str | None = None,
    ) -> None:
        if engine is None and isinstance(operator, LocalOperator):
            engine = operator.engine.name
        self._operator = operator
        self._spans = Spans.of(tracer, engine)

    @override
    async def doctor(self) -> DoctorReport:
        """See `Operator.doctor`."""
        return await self._spans.over("doctor", "doctor", self._operator.doctor)

    @override
    async def inspect(self, key: WorkflowKey, *, show_state: bool = False) -> Inspection:
        """See `Operator.inspect`."""
        return await self._spans.over(
            "inspect", "inspect", lambda: self._operator.inspect(key, show_state=show_state)
        )

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
            Verb.REDEPLOY,
            lambda: self._operator.plan_redeploy(
                service_url, force=force, register_timeout=register_timeout
            ),
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
            Verb.REDEPLOY,
            lambda: self._operator.force_redeploy(
                service_url, force=force, register_timeout=register_timeout
            ),
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
        return await self._plan(
            Verb.CLEANUP,
            lambda: self._operator.plan_cleanup(
                service_url, force_drain=force_drain, also_keep=also_keep, wait=wait
            ),
        )

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
        return await self._do(
            Verb.CLEANUP,
            lambda: self._operator.cleanup_stale_deployments(
                service_url, force_drain=force_drain, also_keep=also_keep, wait=wait
            ),
        )

    @override
    async def plan_recover(
        self,
        key: WorkflowKey,
        *,
        policy: RecoveryPolicy | None = None,
    ) -> Plan:
        """See `Operator.plan_recover`."""
        return await self._plan(
            Verb.RECOVER, lambda: self._operator.plan_recover(key, policy=policy)
        )

    @override
    async def recover_stuck_workflow(
        self,
        key: WorkflowKey,
        *,
        policy: RecoveryPolicy | None = None,
    ) -> RecoverResult:
        """See `Operator.recover_stuck_workflow`."""
        return await self._do(
            Verb.RECOVER, lambda: self._operator.recover_stuck_workflow(key, policy=policy)
        )

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
            verb,
            lambda: self._operator.plan_steering(
                verb, key, invocation_id=invocation_id, deployment=deployment
            ),
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
        return await self._do(
            Verb.RESUME,
            lambda: self._operator.resume(key, invocation_id=invocation_id, deployment=deployment),
        )

    @override
    async def pause(
        self,
        key: WorkflowKey,
        *,
        invocation_id: str | None = None,
    ) -> CommandResult:
        """See `Operator.pause`."""
        return await self._do(
            Verb.PAUSE, lambda: self._operator.pause(key, invocation_id=invocation_id)
        )

    @override
    async def cancel(
        self,
        key: WorkflowKey,
        *,
        invocation_id: str | None = None,
    ) -> CommandResult:
        """See `Operator.cancel`."""
        return await self._do(
            Verb.CANCEL, lambda: self._operator.cancel(key, invocation_id=invocation_id)
        )

    @override
    async def plan_again(self, plan: Plan) -> Plan:
        """See `Operator.plan_again`."""
        return await self._plan(plan.verb, lambda: self._operator.plan_again(plan))

    @override
    async def apply(self, plan: Plan) -> Result:
        """See `Operator.apply`."""
        return await self._spans.over("apply", str(plan.verb), lambda: self._operator.apply(plan))

    async def _plan(self, verb: Verb, call: Callable[[], Awaitable[Plan]]) -> Plan:
        return await self._spans.over(f"plan_{verb}", str(verb), call)

    async def _do(self, verb: Verb, call: Callable[[], Awaitable[_T]]) -> _T:
        return await self._spans.over(str(verb), str(verb), call)

    @override
    async def aclose(self) -> None:
        """See `Operator.aclose`."""
        await self._operator.aclose()
