"""
Error bodies, back to errors.

Laws:

- An id that we know, with details that fit its class, gives an error that is equal to the one that
  the server raised. What does not fit is told by its status, never by a class called wrongly.
- Of a write, a status of 500 and above whose body does not say what was sent leaves it unknown.
- A body of another vendor is searched for what its documentation promises and for its own words.
"""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

import attrs

from wfadmin.domain.errors import (
    EngineRejected,
    NotAuthenticated,
    NotFound,
    NotPermitted,
    NotReady,
    RetryBlocked,
    Sent,
    UnexpectedAnswer,
    WfadminError,
)
from wfadmin.domain.recovery import BlockReason
from wfadmin.domain.text import shown
from wfadmin.ports.engine import OPERATOR_API
from wfadmin.remote.fields import error_from
from wfadmin.wire.answers import ErrorAnswer, ErrorBody
from wfadmin.wire.http import Write
from wfadmin.wire.replies import Reply

__all__ = ["Astray", "astray_of", "has_no_route", "refusal", "refusal_of_write"]

_OPERATE = "system:operate"
_NOT_NOW = ("too_busy", "authentication_unavailable", "too_many_failures")
# These are answered before anything is done.
_CHECKED_FIRST = (400, 401, 403, 404, 405, 406, 408, 411, 413, 414, 415, 422, 429)
# Said by our own API, which has them all: then the URL is wrong.
_OUR_ROUTES = ("route_not_found", "method_not_allowed")
_NO_ROUTE = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)
_BEFORE_A_WRITE = {one.value for one in BlockReason if one is not BlockReason.PURGE_FAILED}
_CHECK_THE_URL = "Check that this is the URL of an operator API, then read its log."
# How deep another vendor's envelope holds what it has to say.
_DEPTH = 4


@attrs.frozen
class Astray:
    """A registration that was done, and that some service does not get."""

    deployment_id: str
    why: str


def refusal(reply: Reply, engine: str) -> WfadminError:
    """
    The error that an answer to a read is.

    Args:
        reply: With an error status, or a redirect.
        engine: What to call the engine that was asked.
    """
    body = _ours(reply)
    known = None if body is None else _known(body, engine)
    return known or _by_status(reply, Sent.NO)


def refusal_of_write(reply: Reply, engine: str, write: Write) -> WfadminError:
    """
    The error that an answer to a write is. Not for a registration that went astray.

    Args:
        reply: With an error status, or a redirect.
        engine: What to call the engine that was asked.
        write: What was sent.
    """
    body = _ours(reply)
    known = None if body is None else _known(body, engine)
    if known is not None:
        return known
    if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return write.unknown(f"It answered {reply.status}: {_words(reply) or 'it gave no reason'}")
    blocked = _blocked(reply)
    if blocked is not None:
        return blocked
    return _by_status(reply, Sent.NO if reply.status in _CHECKED_FIRST else Sent.YES)


def astray_of(reply: Reply) -> Astray | None:
    """What a registration says that went astray; None where the answer is none."""
    body = _ours(reply)
    if body is None or body.id != "services_not_routed":
        return None
    deployment_id = (body.details or {}).get("deploymentId")
    return Astray(deployment_id, body.why) if isinstance(deployment_id, str) else None


def has_no_route(reply: Reply) -> bool:
    """Whether the server has no such route at all, as another vendor's would say it."""
    if reply.status not in _NO_ROUTE:
        return False
    body = _ours(reply)
    return body is None or (body.id not in _OUR_ROUTES and _known(body, "") is None)


# --- our own bodies ------------------------------------------------------------------------------


def _ours(reply: Reply) -> ErrorBody | None:
    try:
        return reply.read(ErrorAnswer).error
    except UnexpectedAnswer:
        return None


def _known(body: ErrorBody, engine: str) -> WfadminError | None:
    """The error that an id stands for; None where it is not known, or its details do not fit."""
    if body.id in _NOT_NOW:
        return NotReady(OPERATOR_API, f"{body.message} {body.fix}")
    if body.id == "service_url_not_allowed":
        return NotPermitted("to register this URL")
    if body.id == "engine_not_found":
        return NotFound(engine)
    return error_from(body.id, body.details or {})


# --- by status, and others' bodies ---------------------------------------------------------------


def _by_status(reply: Reply, sent: Sent) -> WfadminError:
    if reply.status == HTTPStatus.UNAUTHORIZED:
        return NotAuthenticated()
    if reply.status == HTTPStatus.FORBIDDEN:
        return NotPermitted(_OPERATE)
    tables = list(_tables(reply))
    code = _first(tables, "id") or _first(tables, "code")
    return EngineRejected(
        reply.where,
        reply.status,
        None if code is None else reply.safe(code),
        _words(reply),
        reply.safe(_first(tables, "fix") or _CHECK_THE_URL),
        sent=sent,
    )


def _words(reply: Reply) -> str:
    """What the server says itself, safe to show and without its full stop."""
    message = _first(_tables(reply), "message")
    return (reply.excerpt if message is None else reply.safe(message)).rstrip(".")


def _blocked(reply: Reply) -> RetryBlocked | None:
    """A retry-blocked error as the documentation of the API promises it, in any envelope."""
    for table in _tables(reply):
        reason, ids = table.get("reason"), table.get("invocationIds")
        if isinstance(reason, str) and isinstance(ids, list):
            named = tuple(shown(one) for one in ids if isinstance(one, str))
            # Its last condition is a purge that failed, and its words are not ours.
            sent = Sent.NO if reason in _BEFORE_A_WRITE else Sent.UNKNOWN
            return RetryBlocked(
                reply.safe(reason), named, ((reply.safe(reason), named),), sent=sent
            )
    return None


def _tables(reply: Reply) -> Iterator[Mapping[str, Any]]:
    """The object of a body and those inside, the outermost first."""
    try:
        waiting: list[tuple[object, int]] = [(reply.json(), 0)]
    except UnexpectedAnswer:
        return
    while waiting:
        value, depth = waiting.pop(0)
        if isinstance(value, dict) and depth < _DEPTH:
            yield value
            waiting += [(inner, depth + 1) for inner in value.values()]


def _first(
    tables: "Iterator[Mapping[str, Any]] | list[Mapping[str, Any]]", name: str
) -> str | None:
    return next((one[name] for one in tables if isinstance(one.get(name), str)), None)
