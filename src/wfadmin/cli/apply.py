"""`wfadmin apply`: do what a saved plan says, as far as it is still true."""

import hmac
from typing import Annotated

from cyclopts import Parameter

from wfadmin.cli.elsewhere import Verbs
from wfadmin.cli.output import Said
from wfadmin.cli.target import NOWHERE, Target
from wfadmin.cli.writing import UNASKED, Call, Write, carried_out, option
from wfadmin.domain.errors import InvalidPlan
from wfadmin.domain.plan import Plan
from wfadmin.domain.results import Result
from wfadmin.wire.plan_files import load_plan

__all__ = ["apply"]


async def apply(
    plan_file: Annotated[str, Parameter(help="A file that --plan-out wrote.")],
    /,
    *,
    digest: Annotated[
        str | None,
        option("The digest that was approved; another plan is refused."),
    ] = None,
    evidence: Annotated[
        str | None,
        option("Folder for what a purge destroys; unless given, in your state folder."),
    ] = None,
    write: Write = UNASKED,
    target: Target = NOWHERE,
) -> Said:
    """Plan again, show that, and do it where it is what the file says, or what is left of it."""
    saved = load_plan(plan_file)
    if digest is not None and not hmac.compare_digest(
        digest.lower().encode(), saved.digest.encode()
    ):
        raise InvalidPlan("plan", "its digest is not the one that was approved")

    async def plan(operator: Verbs) -> Plan:
        return await operator.plan_again(saved)

    async def do(operator: Verbs) -> Result:
        return await operator.apply(saved)

    return await carried_out(
        Call(saved.verb.value, f"plan {saved.digest}", plan, do, saved),
        write,
        target,
        evidence=evidence,
    )
