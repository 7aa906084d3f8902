"""`wfadmin inspect`: one key, and what a recovery would do."""

from typing import Annotated

from cyclopts import Parameter

from wfadmin.cli.key_board import key_board
from wfadmin.cli.output import Said
from wfadmin.cli.target import NOWHERE, Target, opened, page_of
from wfadmin.domain.keys import WorkflowKey
from wfadmin.wire.documents import inspection_document

__all__ = ["inspect"]


async def inspect(
    service_name: Annotated[str, Parameter(help="Name of the service.")],
    service_key: Annotated[str, Parameter(help="Key; write -- before one that starts with -.")],
    /,
    *,
    show_state: Annotated[
        bool,
        Parameter(help="Also show what is stored. It may hold secrets.", negative=()),
    ] = False,
    target: Target = NOWHERE,
) -> Said:
    """Look at one key; exit code 5 where the engine does not know the service."""
    key = WorkflowKey(service_name, service_key)
    async with opened(target) as operator:
        found = await operator.inspect(key, show_state=show_state)
    return Said(
        document=lambda: inspection_document(found, show_state=show_state, target=target.words),
        board=lambda paint: key_board(
            found,
            page_of(operator, target, paint),
            show_state=show_state,
        ),
    )
