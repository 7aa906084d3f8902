"""`wfadmin recover`: make a failed key submittable again."""

from typing import Annotated

import attrs
from cyclopts import Parameter

import wfadmin
from wfadmin.cli.elsewhere import Verbs
from wfadmin.cli.output import Said
from wfadmin.cli.target import NOWHERE, Target
from wfadmin.cli.writing import UNASKED, Call, Write, carried_out, flag, option
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.plan import Plan
from wfadmin.domain.policy import RecoveryPolicy, parse_stuck
from wfadmin.domain.results import Result

__all__ = ["recover"]


async def recover(  # noqa: PLR0913 - each is an option of the command
    service_name: Annotated[str, Parameter(help="Name of the service.")],
    service_key: Annotated[str, Parameter(help="Key; write -- before one that starts with -.")],
    /,
    *,
    stuck: Annotated[
        tuple[str, ...],
        option(
            "An unfinished run that may be killed: paused, stalled, pending, "
            "backing_off:attempts=5, suspended:older=1h, running:older=1h; may be repeated. "
            "Unless given, your configuration says.",
        ),
    ] = (),
    with_children: Annotated[
        bool,
        flag("Children may go along with a kill, or with a purge that reaches them."),
    ] = False,
    force_purge: Annotated[
        bool,
        flag("The last resort: forget by force what no kill and no purge reaches."),
    ] = False,
    evidence: Annotated[
        str | None,
        option("Folder for what a purge destroys; unless given, in your state folder."),
    ] = None,
    write: Write = UNASKED,
    target: Target = NOWHERE,
) -> Said:
    """Purge the failed run of a key with its state. Never submits."""
    key = WorkflowKey(service_name, service_key)
    rules = parse_stuck(stuck)

    def policy(operator: Verbs) -> RecoveryPolicy | None:
        if isinstance(operator, wfadmin.LocalOperator):
            usual = operator.host.policy
        elif rules or with_children or force_purge:
            usual = RecoveryPolicy()  # which is refused, because it has to be the host's own
        else:
            return None
        return attrs.evolve(
            usual,
            stuck=rules or usual.stuck,
            with_children=with_children,
            force_purge=force_purge,
        )

    async def plan(operator: Verbs) -> Plan:
        return await operator.plan_recover(key, policy=policy(operator))

    async def do(operator: Verbs) -> Result:
        return await operator.recover_stuck_workflow(key, policy=policy(operator))

    call = Call("recover", f"{service_name} {service_key}", plan, do)
    return await carried_out(call, write, target, evidence=evidence)
