"""`wfadmin runs`: let one run go on, stop, or end."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from cyclopts import Parameter

from wfadmin.cli.elsewhere import Verbs
from wfadmin.cli.output import Said
from wfadmin.cli.target import NOWHERE, Target
from wfadmin.cli.writing import UNASKED, Call, Write, carried_out, option
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.plan import Plan, Verb
from wfadmin.domain.results import Result

__all__ = ["cancel", "pause", "resume"]

_Name = Annotated[str, Parameter(help="Name of the service.")]
_Key = Annotated[str, Parameter(help="Key; write -- before one that starts with -.")]
_Id = Annotated[
    str | None,
    Parameter(name="--id", help="Which run; needed where more than one is unfinished."),
]


async def resume(  # noqa: PLR0913 - each is an option of the command
    service_name: _Name,
    service_key: _Key,
    /,
    *,
    invocation_id: _Id = None,
    deployment: Annotated[str, option("keep, latest, or the id of a deployment.")] = "keep",
    write: Write = UNASKED,
    target: Target = NOWHERE,
) -> Said:
    """Let a paused run go on, or move one that backs off to another deployment."""
    key = WorkflowKey(service_name, service_key)

    async def plan(operator: Verbs) -> Plan:
        return await operator.plan_steering(
            Verb.RESUME, key, invocation_id=invocation_id, deployment=deployment
        )

    async def do(operator: Verbs) -> Result:
        return await operator.resume(key, invocation_id=invocation_id, deployment=deployment)

    return await carried_out(Call("resume", _told(key), plan, do), write, target)


async def pause(
    service_name: _Name,
    service_key: _Key,
    /,
    *,
    invocation_id: _Id = None,
    write: Write = UNASKED,
    target: Target = NOWHERE,
) -> Said:
    """Let a run stop where it is."""
    key = WorkflowKey(service_name, service_key)

    async def do(operator: Verbs) -> Result:
        return await operator.pause(key, invocation_id=invocation_id)

    plan = _plan(Verb.PAUSE, key, invocation_id)
    return await carried_out(Call("pause", _told(key), plan, do), write, target)


async def cancel(
    service_name: _Name,
    service_key: _Key,
    /,
    *,
    invocation_id: _Id = None,
    write: Write = UNASKED,
    target: Target = NOWHERE,
) -> Said:
    """Ask a run to stop; it may clean up first."""
    key = WorkflowKey(service_name, service_key)

    async def do(operator: Verbs) -> Result:
        return await operator.cancel(key, invocation_id=invocation_id)

    plan = _plan(Verb.CANCEL, key, invocation_id)
    return await carried_out(Call("cancel", _told(key), plan, do), write, target)


def _told(key: WorkflowKey) -> str:
    return f"{key.service_name} {key.service_key}"


def _plan(
    verb: Verb, key: WorkflowKey, invocation_id: str | None
) -> Callable[[Verbs], Awaitable[Plan]]:
    async def plan(operator: Verbs) -> Plan:
        return await operator.plan_steering(verb, key, invocation_id=invocation_id)

    return plan
