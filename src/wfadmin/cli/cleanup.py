"""`wfadmin cleanup`: remove the deployments that nothing needs any more."""

from typing import Annotated

from cyclopts import Parameter

from wfadmin.cli.elsewhere import Verbs
from wfadmin.cli.output import Said
from wfadmin.cli.target import NOWHERE, Target
from wfadmin.cli.writing import UNASKED, Call, Write, carried_out, flag, option
from wfadmin.domain.plan import Plan
from wfadmin.domain.policy import parse_duration
from wfadmin.domain.results import Result
from wfadmin.domain.urls import without_secrets

__all__ = ["cleanup"]


async def cleanup(  # noqa: PLR0913 - each is an option of the command
    service_url: Annotated[str, Parameter(help="The URL to keep.")],
    /,
    *,
    force_drain: Annotated[
        bool,
        flag("Remove them whatever holds them: runs lose their deployment."),
    ] = False,
    wait: Annotated[str, option("How long what drains is waited for: 30s, 5m, 1h.")] = "0s",
    also_keep: Annotated[tuple[str, ...], option("Another URL to keep; may be repeated.")] = (),
    write: Write = UNASKED,
    target: Target = NOWHERE,
) -> Said:
    """Remove what is stale; exit code 6 where something still holds one of them."""
    length = parse_duration(wait, argument="--wait")

    async def plan(operator: Verbs) -> Plan:
        return await operator.plan_cleanup(
            service_url, force_drain=force_drain, also_keep=also_keep, wait=length
        )

    async def do(operator: Verbs) -> Result:
        return await operator.cleanup_stale_deployments(
            service_url, force_drain=force_drain, also_keep=also_keep, wait=length
        )

    return await carried_out(Call("cleanup", without_secrets(service_url), plan, do), write, target)
