"""Words that a newer host may know more of, and fields that are null where nothing is known."""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final, TypeVar

from wfadmin.domain.model import HandlerKind, InvocationOutcome, InvocationStatus, ServiceKind
from wfadmin.domain.recovery import BlockReason

__all__ = [
    "ALWAYS",
    "block_reason",
    "handler_kind",
    "invocation_outcome",
    "invocation_status",
    "service_kind",
]

#: The metadata of a field that our own API always tells, although another vendor's may not.
ALWAYS: Final[Mapping[str, bool]] = MappingProxyType({"wfadmin.always_told": True})

_E = TypeVar("_E", bound=Enum)


def _known(value: object, unknown: _E) -> _E:
    """The member of that value; `unknown` where there is none."""
    return next((one for one in type(unknown) if one.value == value), unknown)


def block_reason(value: object) -> BlockReason:
    """Why a recovery is blocked, by its word."""
    return _known(value, BlockReason.UNKNOWN)


def handler_kind(value: object) -> HandlerKind:
    """What a handler is, by its word."""
    return _known(value, HandlerKind.UNKNOWN)


def invocation_outcome(value: object) -> InvocationOutcome:
    """How an invocation ended, by its word."""
    return _known(value, InvocationOutcome.UNKNOWN)


def invocation_status(value: object) -> InvocationStatus:
    """Where an invocation stands, by its word."""
    return _known(value, InvocationStatus.UNKNOWN)


def service_kind(value: object) -> ServiceKind:
    """What a service is, by its word."""
    return _known(value, ServiceKind.UNKNOWN)
