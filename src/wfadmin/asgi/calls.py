"""From a body to the verb that it asks for, and from its end to an answer."""

from collections.abc import Mapping
from typing import assert_never, cast

import attrs

from wfadmin.asgi.bodies import Body, CleanupBody, InspectBody, RecoverBody, RedeployBody
from wfadmin.asgi.failures import stale
from wfadmin.asgi.routes import Action
from wfadmin.asgi.shapes import (
    View,
    doctor_body,
    failure_of,
    inspection_body,
    planned_as,
    result_body,
    to_the_minute,
)
from wfadmin.asgi.surveys import Surveys
from wfadmin.domain.errors import StalePlan
from wfadmin.domain.plan import Plan
from wfadmin.domain.results import Result
from wfadmin.operations.auditing import Attempt, note
from wfadmin.operations.local import LocalOperator
from wfadmin.wire.documents import JsonObject
from wfadmin.wire.plan_files import plan_document

__all__ = ["Answer", "Wish", "perform"]

_Repair = RedeployBody | CleanupBody | RecoverBody


@attrs.frozen
class Answer:
    """A body, and the headers that belong to it."""

    document: JsonObject
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])


@attrs.frozen
class Wish:
    """
    What a request asks for.

    Attributes:
        action: The route.
        body: Of the class that the route takes.
        view: How much is told.
        digest: Of the plan that was approved; a write then does that or nothing.
    """

    action: Action
    body: Body
    view: View = attrs.field(factory=View)
    digest: str | None = None


async def perform(operator: LocalOperator, wish: Wish, surveys: Surveys) -> Answer:
    """
    Do what a request asks for.

    Args:
        operator: Acts for the caller.
        wish: What is to be done.
        surveys: Of the engine of the operator.

    Raises:
        Failure: The plan is stale (412), or what was done is no success over HTTP.
        WfadminError: What the verb raises.
    """
    action, body, view = wish.action, wish.body, wish.view
    if action.is_plan:
        plan = to_the_minute(await _planned(operator, cast("_Repair", body)))
        return Answer(plan_document(plan), {"etag": f'"{plan.digest}"'})
    if action.is_write:
        result = await _written(operator, action, cast("_Repair", body), wish.digest)
        failure = failure_of(result)
        if failure is not None:
            raise failure
        return Answer(result_body(result, view))
    if isinstance(body, InspectBody):
        show_state = view.in_full and view.as_operator
        return Answer(
            inspection_body(await operator.inspect(body.key, show_state=show_state), view)
        )
    return Answer(doctor_body(await surveys.report(operator), view))


async def _written(
    operator: LocalOperator,
    action: Action,
    body: _Repair,
    digest: str | None,
) -> Result:
    if digest is None:
        return await _done(operator, body)
    fresh = await _planned(operator, body)
    approved = planned_as(fresh, digest, now=operator.host.clock.now())
    if approved is None:
        error = StalePlan("it is not what was approved, or it has expired")
        attempt = Attempt(action.verb, error.code, fresh.arguments, error.message)
        await note(operator.engine, operator.host, attempt)
        raise stale(error)
    try:
        # Plans once more, under the lease: what was approved is what is done.
        return await operator.apply(approved)
    except StalePlan as error:
        raise stale(error) from None


async def _planned(operator: LocalOperator, body: _Repair) -> Plan:
    match body:
        case RedeployBody():
            return await operator.plan_redeploy(body.serviceUrl, force=body.force)
        case CleanupBody():
            return await operator.plan_cleanup(body.serviceUrl, force_drain=body.forceDrain)
        case RecoverBody():
            return await operator.plan_recover(body.key)
        case _:
            assert_never(body)


async def _done(operator: LocalOperator, body: _Repair) -> Result:
    match body:
        case RedeployBody():
            return await operator.force_redeploy(body.serviceUrl, force=body.force)
        case CleanupBody():
            return await operator.cleanup_stale_deployments(
                body.serviceUrl, force_drain=body.forceDrain
            )
        case RecoverBody():
            return await operator.recover_stuck_workflow(body.key)
        case _:
            assert_never(body)
