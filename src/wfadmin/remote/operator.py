"""The operator over an operator API that runs elsewhere."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Self

import attrs
from typing_extensions import override

from wfadmin.adapters.runtime import SystemClock
from wfadmin.domain.doctor import DoctorReport
from wfadmin.domain.errors import StalePlan, UsageError
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
from wfadmin.ports.clock import Clock
from wfadmin.ports.credentials import Credentials
from wfadmin.ports.engine import OPERATOR_API
from wfadmin.remote import calls
from wfadmin.remote.api import OperatorApi, token_header
from wfadmin.remote.calls import Call
from wfadmin.remote.places import place_of_api
from wfadmin.remote.readings import inspection_of, report_of, understood
from wfadmin.remote.refusals import astray_of, refusal_of_write
from wfadmin.remote.repairs import cleaned, planned, recovered, redeployed, registered_astray
from wfadmin.remote.words import lacks
from wfadmin.wire.answers import DoctorAnswer, InspectionAnswer
from wfadmin.wire.clients import injected_client
from wfadmin.wire.http import EngineHttp, Write
from wfadmin.wire.replies import Reply

__all__ = ["RemoteOperator"]

_NO_TIME = timedelta(0)
_OWN_POLICY = "The host of the API has a policy of its own: leave yours out."


@attrs.frozen(init=False, eq=False)
class RemoteOperator(Operator):
    """
    The verbs over one operator API. Making one does no I/O; closing it closes its connections.

    Who acts is known to the server by the token; `because` says why. What stands in a docstring of
    `Operator` holds here too, and these differ:

    - `plan_steering`, `resume`, `pause`, `cancel`, and the arguments `also_keep`, `wait`,
      `register_timeout` and `policy` are `NotSupported`: the API has no word for them.
    - Another vendor's API has no `inspect` and no plans: those are `NotSupported` there, and a
      repair is only ever `accepted`.
    - Where the API itself does not answer, doctor raises: then not the engine is ill.
    """

    _api: OperatorApi
    _clock: Clock = attrs.field(repr=False)

    def __init__(
        self,
        url: str,
        *,
        credentials: Credentials | None = None,
        client: object | None = None,
        timeout: float = 5.0,
    ) -> None:
        """
        Make one. Does no I/O.

        Args:
            url: The root of the host, or the whole path up to the engine: https, http, or
                unix:///path.
            credentials: Where the token comes from. It is sent as `X-Api-Key`, and a JSON web
                token as `Authorization: Bearer`.
            client: An `httpx.AsyncClient` or `httpx2.AsyncClient` to use. It stays open.
            timeout: Seconds in which a connection has to be there. An answer gets longer, by what
                the host itself may take for it.

        Raises:
            InvalidEngineUrl: The URL cannot be used, or holds a user name, query or fragment.
            InvalidConfig: The client cannot be used.
            UsageError: The timeout is no number of seconds above zero.
        """
        if isinstance(timeout, bool) or not 0 < timeout < float("inf"):
            raise UsageError("timeout", "it is not a number of seconds above zero")
        place = place_of_api(url)
        http = EngineHttp(
            timedelta(seconds=timeout),
            credentials,
            injected_client(client, place),
            token_header=token_header,
        )
        self.__attrs_init__(OperatorApi(place, http), SystemClock())

    @property
    def name(self) -> str:
        """What stands for the name of the adapter, which the API does not tell."""
        return OPERATOR_API

    @property
    def address(self) -> str:
        """Where the API is, for people."""
        return self._api.place.shown

    def because(self, reason: str | None) -> Self:
        """
        The same verbs, whose requests say why, for the record of the host.

        Both share their connections: closing one closes those of both.
        """
        copy = object.__new__(type(self))
        copy.__attrs_init__(attrs.evolve(self._api, reason=reason), self._clock)
        return copy

    @override
    async def doctor(self) -> DoctorReport:
        """
        See `Operator.doctor`.

        The name of the engine is not told, so the report calls it `operator-api`. From a server
        that tells no findings come those that follow from the five components by our own rules;
        single runs and deployments are not judged then, and a warning says so.

        Raises:
            EngineUnreachable: The API does not answer. Of the engine nothing is known.
            EngineRejected: The API answered with an error status.
            UnexpectedAnswer: What answered is no operator API.
            NotAuthenticated: The token is not known there.
            NotPermitted: The caller may not look.
        """
        at = self._clock.now()
        reply = await self._api.read("/doctor", {})
        return understood(reply, DoctorAnswer, lambda answer: report_of(answer, at=at))

    @override
    async def inspect(self, key: WorkflowKey, *, show_state: bool = False) -> Inspection:
        """
        See `Operator.inspect`.

        Raises:
            NotSupported: The server has no such route.
            WfadminError: What the server raised.
        """
        body = {"serviceName": key.service_name, "serviceKey": key.service_key}
        reply = await self._api.read("/inspect", body, own="inspect")
        return understood(
            reply,
            InspectionAnswer,
            lambda answer: inspection_of(answer, key, show_state=show_state),
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
        _check_absent(register_timeout=register_timeout)
        return await self._plan(calls.redeploy(service_url, force=force))

    @override
    async def force_redeploy(
        self,
        service_url: str,
        *,
        force: bool = True,
        register_timeout: timedelta = _NO_TIME,
    ) -> RedeployResult:
        """See `Operator.force_redeploy`."""
        _check_absent(register_timeout=register_timeout)
        return await self._redeploy(calls.redeploy(service_url, force=force))

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
        _check_absent(also_keep=also_keep, wait=wait)
        return await self._plan(calls.cleanup(service_url, force_drain=force_drain))

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
        _check_absent(also_keep=also_keep, wait=wait)
        return await self._cleanup(calls.cleanup(service_url, force_drain=force_drain))

    @override
    async def plan_recover(
        self,
        key: WorkflowKey,
        *,
        policy: RecoveryPolicy | None = None,
    ) -> Plan:
        """See `Operator.plan_recover`."""
        _check_policy(policy)
        return await self._plan(calls.recover(key))

    @override
    async def recover_stuck_workflow(
        self,
        key: WorkflowKey,
        *,
        policy: RecoveryPolicy | None = None,
    ) -> RecoverResult:
        """See `Operator.recover_stuck_workflow`."""
        _check_policy(policy)
        return await self._recover(calls.recover(key))

    @override
    async def plan_steering(
        self,
        verb: Verb,
        key: WorkflowKey,
        *,
        invocation_id: str | None = None,
        deployment: str = "keep",
    ) -> Plan:
        """Refused: the API has no such verb."""
        raise lacks(verb.value)

    @override
    async def resume(
        self,
        key: WorkflowKey,
        *,
        invocation_id: str | None = None,
        deployment: str = "keep",
    ) -> CommandResult:
        """Refused: the API has no such verb."""
        raise lacks("resume")

    @override
    async def pause(
        self,
        key: WorkflowKey,
        *,
        invocation_id: str | None = None,
    ) -> CommandResult:
        """Refused: the API has no such verb."""
        raise lacks("pause")

    @override
    async def cancel(
        self,
        key: WorkflowKey,
        *,
        invocation_id: str | None = None,
    ) -> CommandResult:
        """Refused: the API has no such verb."""
        raise lacks("cancel")

    @override
    async def plan_again(self, plan: Plan) -> Plan:
        """
        See `Operator.plan_again`.

        Raises:
            NotSupported: The API cannot carry the verb or an argument of it, or knows no plans.
            InvalidPlan: wfadmin did not make it.
            WfadminError: What the server raised.
        """
        return await self._plan(calls.of_plan(plan))

    @override
    async def apply(self, plan: Plan) -> Result:
        """
        See `Operator.apply`. Sends: one plan, then one write that is bound to the digest.

        Who does not know plans would not know what binds a write to one, and just do it: so a
        plan is asked for first, and nothing is sent to a server that has none.

        Raises:
            NotSupported: The API cannot carry the verb or an argument of it, or knows no plans.
            InvalidPlan: wfadmin did not make it.
            StalePlan: It is not what would be done now, or it was not the API that told it.
            WfadminError: What its verb raises.
        """
        call = calls.of_plan(plan)
        fresh = await self._plan(call)
        if fresh.engine != plan.engine:
            raise StalePlan(f"it is for the engine {plan.engine}")
        match call.verb:
            case Verb.RECOVER:
                return await self._recover(call, plan.digest)
            case Verb.CLEANUP:
                return await self._cleanup(call, plan.digest)
            case _:
                return await self._redeploy(call, plan.digest)

    async def _plan(self, call: Call) -> Plan:
        return planned(await self._api.plan(call), call)

    async def _redeploy(self, call: Call, digest: str | None = None) -> RedeployResult:
        write = _write(call)
        reply = await self._api.write(call, write, digest=digest)
        astray = astray_of(reply)
        if astray is not None:
            return registered_astray(astray)
        return redeployed(self._success(reply, write), write)

    async def _cleanup(self, call: Call, digest: str | None = None) -> CleanupResult:
        write = _write(call)
        reply = await self._api.write(call, write, digest=digest)
        return cleaned(self._success(reply, write), write)

    async def _recover(self, call: Call, digest: str | None = None) -> RecoverResult:
        write = _write(call)
        reply = await self._api.write(call, write, digest=digest)
        return recovered(self._success(reply, write), write, call)

    def _success(self, reply: Reply, write: Write) -> Reply:
        if not reply.is_success:
            raise refusal_of_write(reply, self._api.engine, write)
        return reply

    @override
    async def aclose(self) -> None:
        """See `Operator.aclose`. A client that was given stays open."""
        await self._api.http.aclose()


def _write(call: Call) -> Write:
    # Our own API answers 502 and 504 itself, and then says what was sent.
    return Write(call.verb.value, call.target, judges_gateways=True)


def _check_absent(**given: object) -> None:
    """Refuse what the API has no word for, where it was asked for."""
    for name, value in given.items():
        if value:
            raise lacks(name)


def _check_policy(policy: RecoveryPolicy | None) -> None:
    if policy is not None:
        raise lacks("policy of the caller", _OWN_POLICY)
