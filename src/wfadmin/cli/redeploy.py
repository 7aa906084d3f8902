"""`wfadmin redeploy`: register a service URL, and see that its services route to it."""

from datetime import timedelta
from typing import Annotated

from cyclopts import Parameter

import wfadmin
from wfadmin.cli.elsewhere import Verbs
from wfadmin.cli.output import Said
from wfadmin.cli.target import NOWHERE, Target
from wfadmin.cli.writing import UNASKED, Call, Write, carried_out, option
from wfadmin.domain.errors import UsageError
from wfadmin.domain.plan import Plan
from wfadmin.domain.results import Result
from wfadmin.domain.urls import without_secrets

__all__ = ["redeploy"]

_LONGEST = 3600.0
_USUAL = timedelta(seconds=30)


async def redeploy(
    service_url: Annotated[str, Parameter(help="Where the service answers.")],
    /,
    *,
    no_force: Annotated[
        bool,
        Parameter(
            help="Leave a URL that is registered already as it is.",
            negative=(),
        ),
    ] = False,
    register_timeout: Annotated[
        float | None,
        option("Seconds that the engine may take to discover what is there; 30, unless given."),
    ] = None,
    write: Write = UNASKED,
    target: Target = NOWHERE,
) -> Said:
    """Register; exit code 6 where some service does not route to it."""
    if register_timeout is not None and not 0 < register_timeout <= _LONGEST:
        problem = f"it is not a number of seconds above zero and at most {_LONGEST:.0f}"
        raise UsageError("--register-timeout", problem)

    def limit(operator: Verbs) -> timedelta:
        if register_timeout is None:
            # An operator API takes as long as its host thinks right.
            return _USUAL if isinstance(operator, wfadmin.LocalOperator) else timedelta(0)
        return timedelta(seconds=register_timeout)

    async def plan(operator: Verbs) -> Plan:
        return await operator.plan_redeploy(
            service_url, force=not no_force, register_timeout=limit(operator)
        )

    async def do(operator: Verbs) -> Result:
        return await operator.force_redeploy(
            service_url, force=not no_force, register_timeout=limit(operator)
        )

    return await carried_out(
        Call("redeploy", without_secrets(service_url), plan, do), write, target
    )
