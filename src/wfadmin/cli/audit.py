"""`wfadmin audit`: what was done from this host, and what nobody knows the end of."""

from typing import Annotated

from cyclopts import Parameter

from wfadmin.cli.output import Said
from wfadmin.cli.plan_board import audit_board, record_line
from wfadmin.cli.records import audit_log
from wfadmin.cli.target import Form, actor
from wfadmin.cli.writing import Write, option
from wfadmin.wire.repair_documents import audit_document, closed_document

__all__ = ["close", "list_records"]

_Log = Annotated[
    str | None,
    Parameter(name="--audit-log", help="jsonl:PATH; unless given, in your state folder."),
]


async def list_records(
    *,
    limit: Annotated[int, option("How many of the newest records.")] = 50,
    log: _Log = None,
    output: Form = "table",  # noqa: ARG001 - known before it is parsed
) -> Said:
    """The newest records, oldest first."""
    found = await audit_log(log).newest(limit)
    return Said(
        document=lambda: audit_document(found),
        board=lambda paint: audit_board(found, paint),
    )


async def close(
    intent_id: Annotated[str, Parameter(help="Its id, as doctor and audit list tell it.")],
    /,
    *,
    reason: Annotated[str, option("What you found, in up to 500 characters.")],
    name: Annotated[
        str | None,
        Parameter(name="--actor", help="Who says so; user@host, unless given."),
    ] = None,
    log: _Log = None,
    output: Form = "table",
) -> Said:
    """Put on record that you looked at an open write and know how it ended."""
    Write(yes=True, reason=reason, actor=name).check(json=output == "json")
    record = await audit_log(log).close(intent_id, reason=reason, actor=name or actor())
    return Said(
        document=lambda: closed_document(record),
        board=lambda _: (record_line(record),),
    )
