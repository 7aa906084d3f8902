"""The verbs, whoever offers them: over an engine here, or over HTTP elsewhere."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import timedelta
from types import TracebackType
from typing import Protocol, Self

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

__all__ = ["Operator"]

_NO_TIME = timedelta(0)


class Operator(Protocol):
    """
    Whoever offers the verbs. Use it with ``async with``, or close it.

    Start with `doctor`, choose one repair, then run `doctor` again.
    """

    __slots__ = ()

    @abstractmethod
    async def doctor(self) -> DoctorReport:
        """
        Say what is wrong with the engine, with evidence, and what to do.

        Asks all components at the same time, each within the timeout; an ill engine is a report,
        never an error. Reads only.

        Returns:
            The report. Its `verdict` is the worst of its findings.
        """

    @abstractmethod
    async def inspect(self, key: WorkflowKey, *, show_state: bool = False) -> Inspection:
        """
        Look at one key: its runs, failures, children and state, and what a recovery would do.

        Reads only. A key without any run is a report without runs.

        Args:
            key: The service name and the service key.
            show_state: Also read what the entries of the state hold. They may hold secrets.

        Raises:
            ServiceNotFound: The engine does not know the service, and nothing of it is left.
                Check the name.
            EngineUnreachable: No answer. Run doctor.
            EngineRejected: An error status. Run doctor.
            UnexpectedAnswer: An answer that was not understood. Run doctor.
        """

    @abstractmethod
    async def plan_redeploy(
        self,
        service_url: str,
        *,
        force: bool = True,
        register_timeout: timedelta = _NO_TIME,
    ) -> Plan:
        """
        What `force_redeploy` would do now. The engine calls the URL; nothing is stored.

        Raises:
            As `force_redeploy`, before anything is sent.
        """

    @abstractmethod
    async def force_redeploy(
        self,
        service_url: str,
        *,
        force: bool = True,
        register_timeout: timedelta = _NO_TIME,
    ) -> RedeployResult:
        """
        Register a service URL, and confirm that its services route to it. Removes nothing.

        Args:
            service_url: Where the service answers.
            force: Replace what is registered for the URL, with new revisions.
            register_timeout: How long the engine may take to discover what is there; never
                shorter than what its adapter declares.

        Returns:
            The deployment. Not `confirmed`: some service does not route to it; use force.

        Raises:
            InvalidServiceUrl: Not an absolute http or https URL.
            EngineRejected: The engine could not discover a service there. Nothing changed.
            EngineUnreachable: No answer from the engine. Nothing was sent.
            OutcomeUnknown: Sent, and no effect showed in time. Run doctor; do not repeat it.
        """

    @abstractmethod
    async def plan_cleanup(
        self,
        service_url: str,
        *,
        force_drain: bool = False,
        also_keep: Sequence[str] = (),
        wait: timedelta = _NO_TIME,
    ) -> Plan:
        """
        What `cleanup_stale_deployments` would do now. Changes nothing.

        Raises:
            As `cleanup_stale_deployments`, before anything is sent.
        """

    @abstractmethod
    async def cleanup_stale_deployments(
        self,
        service_url: str,
        *,
        force_drain: bool = False,
        also_keep: Sequence[str] = (),
        wait: timedelta = _NO_TIME,
    ) -> CleanupResult:
        """
        Remove every deployment but those at `service_url` and `also_keep`.

        Those that still serve refuse the whole call; those that unfinished runs hold stay.

        Args:
            service_url: The URL to keep. It must answer.
            force_drain: Remove them whatever holds them. Services may vanish or fall back to an
                older revision, and runs lose their deployment.
            also_keep: More URLs to keep.
            wait: How long what drains is waited for.

        Returns:
            What was removed, and what stays and why.

        Raises:
            DeploymentNotFound: A URL to keep is not registered. Nothing was touched.
            DeploymentInUse: One of the others still serves. Nothing was touched.
            EngineRejected: The one to keep does not answer. Nothing was touched.
            EngineUnreachable: No answer from the engine. Nothing was sent.
            OutcomeUnknown: Sent, and no effect showed in time. Run doctor; do not repeat it.
        """

    @abstractmethod
    async def plan_recover(
        self,
        key: WorkflowKey,
        *,
        policy: RecoveryPolicy | None = None,
    ) -> Plan:
        """
        What `recover_stuck_workflow` would do now. Changes nothing.

        Raises:
            As `recover_stuck_workflow`, before anything is sent.
        """

    @abstractmethod
    async def recover_stuck_workflow(
        self,
        key: WorkflowKey,
        *,
        policy: RecoveryPolicy | None = None,
    ) -> RecoverResult:
        """
        Make a failed key submittable again: purge its failed run with its state. Never submits.

        Args:
            key: The service name and the service key.
            policy: Which unfinished runs are stuck and may be killed; the host's, if not given.

        Raises:
            RetryBlocked: It is not safe, with the reason. With `sent` other than no, something
                was done before; `also` names a run that was left paused.
            ServiceNotFound: Nobody knows the service, and nothing of it is left.
            Protected: The host protects the service.
            LeaseHeld: Another operator works on the key.
            AuditUnavailable: The intent could not be stored. Nothing was sent.
            EvidenceUnavailable: What would be destroyed could not be saved. Nothing was sent.
            OutcomeUnknown: Sent, and no effect showed in time. Inspect; do not repeat it.
        """

    @abstractmethod
    async def plan_steering(
        self,
        verb: Verb,
        key: WorkflowKey,
        *,
        invocation_id: str | None = None,
        deployment: str = "keep",
    ) -> Plan:
        """
        What `resume`, `pause` or `cancel` would do now. Changes nothing.

        Raises:
            As those, before anything is sent.
        """

    @abstractmethod
    async def resume(
        self,
        key: WorkflowKey,
        *,
        invocation_id: str | None = None,
        deployment: str = "keep",
    ) -> CommandResult:
        """
        Let a paused run go on, or move one that backs off to another deployment.

        Args:
            key: The service name and the service key.
            invocation_id: Which run; may be left out where only one is unfinished.
            deployment: `keep`, `latest`, or the id of a deployment.

        Raises:
            CommandNotAllowed: Its status does not call for it. Nothing was sent.
            InvocationNotFound: No such run.
            OutcomeUnknown: Sent, and no effect showed in time. Inspect; do not repeat it.
        """

    @abstractmethod
    async def pause(
        self,
        key: WorkflowKey,
        *,
        invocation_id: str | None = None,
    ) -> CommandResult:
        """
        Let a run stop where it is.

        Raises:
            CommandNotAllowed: Its status does not call for it. Nothing was sent.
            InvocationNotFound: No such run.
            OutcomeUnknown: Sent, and no effect showed in time. Inspect; do not repeat it.
        """

    @abstractmethod
    async def cancel(
        self,
        key: WorkflowKey,
        *,
        invocation_id: str | None = None,
    ) -> CommandResult:
        """
        Ask a run to stop; it may clean up first.

        Raises:
            CommandNotAllowed: It ended already, otherwise than by being cancelled.
            InvocationNotFound: No such run.
            OutcomeUnknown: Sent, and it did not end in time. Inspect; do not repeat it.
        """

    @abstractmethod
    async def plan_again(self, plan: Plan) -> Plan:
        """
        What would be planned now in the place of `plan`. Changes nothing.

        Show this before `apply`: it is the new plan that counts, and not what an old one says.

        Raises:
            InvalidPlan: wfadmin did not make it.
            WfadminError: What its verb raises before anything is sent.
        """

    @abstractmethod
    async def apply(self, plan: Plan) -> Result:
        """
        Do what a plan says, as far as it is still what would be planned now.

        Returns:
            The result of its verb.

        Raises:
            InvalidPlan: wfadmin did not make it.
            StalePlan: It is not what would be done now. Nothing was sent.
            WfadminError: What its verb raises.
        """

    @abstractmethod
    async def aclose(self) -> None:
        """Let go of what was opened. May be called twice."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()
