"""
What is sent to the sidecar and what comes back, by the numbers of the fields.

The service is `TaskHubSidecarService`, without a package. The numbers are those of 1.17 to 1.19;
nothing here is about what the fields mean to an operator.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import attrs

from wfadmin.adapters.dapr.answers import Instance
from wfadmin.adapters.dapr.grpc.codec import (
    Fields,
    WrongBytesError,
    fields_of,
    flag,
    number,
    text,
    wrapped,
)

__all__ = [
    "STATUSES",
    "Method",
    "Moment",
    "Page",
    "Purged",
    "failure_in",
    "history_request",
    "instance_from",
    "instance_request",
    "moment_in",
    "page_from",
    "page_request",
    "purge_request",
    "purged_from",
    "rerun_from",
    "rerun_request",
]


class Method:
    """The names of the methods that are called, and of no other."""

    LIST: Final = "ListInstanceIDs"
    GET: Final = "GetInstance"
    HISTORY: Final = "GetInstanceHistory"
    PURGE: Final = "PurgeInstances"
    RERUN: Final = "RerunWorkflowFromEvent"


#: The words that the HTTP API has for these numbers; it has none for the last one.
STATUSES: Final[Mapping[int, str]] = {
    0: "RUNNING",
    1: "COMPLETED",
    2: "CONTINUED_AS_NEW",
    3: "FAILED",
    4: "CANCELED",
    5: "TERMINATED",
    6: "PENDING",
    7: "SUSPENDED",
    8: "STALLED",
}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_SECOND: Final = -62_135_596_800
_LAST_SECOND: Final = 253_402_300_799
_LAST_NANOSECOND: Final = 999_999_999


# --- parts of messages ---------------------------------------------------------------------------


@attrs.frozen
class Moment:
    """
    A time.

    Attributes:
        text: To the nanosecond, character by character as the HTTP API writes it.
        at: To the microsecond.
    """

    text: str
    at: datetime


def moment_in(fields: Fields, field: int) -> Moment | None:
    """A time; None where it is not there, or is the year 1, which stands for none."""
    inner = fields.inner(field)
    if inner is None:
        return None
    seconds, nanoseconds = inner.int64(1), inner.int32(2)
    is_time = _FIRST_SECOND <= seconds <= _LAST_SECOND
    if not is_time or not 0 <= nanoseconds <= _LAST_NANOSECOND:
        raise WrongBytesError(f"field {field} is no time")
    if (seconds, nanoseconds) == (_FIRST_SECOND, 0):
        return None
    whole = _EPOCH + timedelta(seconds=seconds)
    day = whole.replace(tzinfo=None).isoformat()
    at = whole + timedelta(microseconds=nanoseconds // 1000)
    return Moment(f"{day}{_fraction(nanoseconds)}Z", at)


def _fraction(nanoseconds: int) -> str:
    # None, three, six or nine digits: so many as are needed.
    digits = f"{nanoseconds:09}"
    while digits.endswith("000"):
        digits = digits[:-3]
    return f".{digits}" if digits else ""


def failure_in(fields: Fields, field: int) -> tuple[str, str] | None:
    """What went wrong, in one line, and its trace; None where nothing is told."""
    inner = fields.inner(field)
    if inner is None:
        return None
    said = ": ".join(one for one in (inner.text(1), inner.text(2)) if one)
    return said, (inner.wrapped_text(3) or "").rstrip("\n")


# --- instances -----------------------------------------------------------------------------------


@attrs.frozen
class Page:
    """
    Some of the ids.

    Attributes:
        token: What asks for the next page; None where there is none.
    """

    ids: tuple[str, ...]
    token: str | None


def page_request(page_size: int, token: str | None) -> bytes:
    """Ask for so many ids; a size of 0 ends the sidecar, or never ends."""
    return text(1, token or "") + number(2, page_size)


def page_from(data: bytes) -> Page:
    """A page of ids."""
    fields = fields_of(data)
    return Page(fields.texts(1), fields.text(2) or None)


def instance_request(instance_id: str, *, payloads: bool) -> bytes:
    """Ask for one instance; with payloads also for what it failed with."""
    return text(1, instance_id) + flag(2, value=payloads)


def instance_from(data: bytes, instance_id: str) -> Instance | None:
    """The instance that was asked for by that id; None where it surely is none."""
    fields = fields_of(data)
    state = fields.inner(2)
    if not fields.flag(1):
        if state is not None:
            raise WrongBytesError("it tells of an instance that does not exist")
        return None
    if state is None:
        raise WrongBytesError("it does not tell of the instance")
    if state.text(1) != instance_id:
        raise WrongBytesError("it is about another instance")
    created, updated = moment_in(state, 6), moment_in(state, 7)
    told = failure_in(state, 11)
    status = state.int32(4)
    return Instance(
        id=instance_id,
        name=state.text(2) or None,
        status=STATUSES.get(status, f"STATUS_{status}"),
        created=None if created is None else created.text,
        updated=None if updated is None else updated.text,
        created_at=None if created is None else created.at,
        updated_at=None if updated is None else updated.at,
        failure=None if told is None else "\n".join(one for one in told if one) or None,
    )


def history_request(instance_id: str) -> bytes:
    """Ask for the history of one instance."""
    return text(1, instance_id)


# --- writes --------------------------------------------------------------------------------------


@attrs.frozen
class Purged:
    """What a purge did; `is_complete` is True also where nothing is said about it."""

    deleted: int
    is_complete: bool


def purge_request(instance_id: str, *, recursive: bool) -> bytes:
    """Purge by force."""
    return text(1, instance_id) + flag(3, value=recursive) + flag(4, value=True)


def purged_from(data: bytes) -> Purged:
    """What a purge did."""
    fields = fields_of(data)
    complete = fields.inner(2)
    return Purged(fields.int32(1), complete is None or complete.flag(1))


def rerun_request(source_id: str, event: int, new_id: str, payload: str | None) -> bytes:
    """Run again from an event on, as another instance, perhaps with another input."""
    told = text(1, source_id) + (number(2, event) if event else b"") + text(3, new_id)
    return told if payload is None else told + wrapped(4, payload) + flag(5, value=True)


def rerun_from(data: bytes) -> str:
    """The id of the new instance."""
    return fields_of(data).text(1)
