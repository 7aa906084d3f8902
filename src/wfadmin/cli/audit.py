"""`wfadmin audit`: what was done from this host, and what nobody knows the end of."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated

import attrs
from cyclopts import Parameter

from wfadmin.cli.output import Said
from wfadmin.cli.plan_board import audit_board, record_line, unread_lines
from wfadmin.cli.records import audit_log
from wfadmin.cli.target import Form, actor
from wfadmin.cli.writing import Write, option
from wfadmin.domain.audit_filters import AuditFilter
from wfadmin.domain.errors import InvalidConfig, UsageError
from wfadmin.domain.policy import parse_duration
from wfadmin.ports.audit import AuditListing
from wfadmin.wire.repair_documents import audit_document, closed_document

__all__ = ["Wanted", "close", "list_records", "show"]

_Log = Annotated[
    str | None,
    Parameter(
        name="--audit-log", help="jsonl:PATH or sqlite:PATH; unless given, in your state folder."
    ),
]


@Parameter(name="*")
@attrs.frozen(kw_only=True)
class Wanted:
    """Which records are meant, as it was given."""

    verb: Annotated[str | None, option("Only this verb, such as recover.")] = None
    key: Annotated[str | None, option("Only this service key.")] = None
    target: Annotated[
        str | None,
        option("Only what concerns it: a service, a key, a URL or an id."),
    ] = None
    actor: Annotated[str | None, option("Only what this actor did.")] = None
    engine: Annotated[str | None, option("Only the engine at this address.")] = None
    outcome: Annotated[
        str | None,
        option("Only what ended so; intent for what was about to be sent."),
    ] = None
    since: Annotated[
        str | None,
        option("Not before: 2026-05-09T10:00Z, or so long ago: 30m, 2h, 7d."),
    ] = None
    until: Annotated[str | None, option("Before; in the same forms.")] = None

    def filter(self) -> AuditFilter:
        """
        The filter that is meant.

        Raises:
            UsageError: A time is not usable.
        """
        now = datetime.now(UTC)
        return AuditFilter(
            verb=self.verb,
            key=self.key,
            target=self.target,
            actor=self.actor,
            engine=self.engine,
            outcome=self.outcome,
            since=_time("--since", self.since, now),
            until=_time("--until", self.until, now),
        )


def _time(name: str, given: str | None, now: datetime) -> datetime | None:
    if given is None:
        return None
    with suppress(UsageError, OverflowError):
        return now - parse_duration(given, argument=name)
    try:
        at = datetime.fromisoformat(given)
        # Without a zone it is one of those that the table shows.
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        problem = "it is no time such as 2026-05-09T10:00Z, and no length of time such as 2h"
        raise InvalidConfig(name, problem) from None


_EVERY = Wanted()


async def list_records(
    *,
    limit: Annotated[int, option("How many of the newest records.")] = 50,
    wanted: Wanted = _EVERY,
    log: _Log = None,
    output: Form = "table",  # noqa: ARG001 - known before it is parsed
) -> Said:
    """The newest records, oldest first."""
    return _listed(await audit_log(log).newest(limit, wanted.filter()))


async def show(
    attempt_id: Annotated[str, Parameter(help="Its id, as doctor and audit list tell it.")],
    /,
    *,
    log: _Log = None,
    output: Form = "table",  # noqa: ARG001 - known before it is parsed
) -> Said:
    """Everything about one attempt: what was to be sent, how it ended, who closed it."""
    found = await audit_log(log).get(attempt_id)
    if not found.records:
        raise UsageError("id", f"no attempt {attempt_id} is on record")
    return _listed(found)


def _listed(found: AuditListing) -> Said:
    return Said(
        document=lambda: audit_document(found),
        board=lambda paint: audit_board(found, paint),
        beside=unread_lines(found),
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
