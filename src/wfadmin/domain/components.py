"""
How one component of an engine is doing, judged from one answer.

=================  ===============================================================
ok                 it answered in the expected shape
degraded           it answered with an error status or an unexpected payload
unreachable        it was not reached, or the probe did not finish in time
not_supported      this engine has no such thing: never counts against it
=================  ===============================================================
"""

from collections.abc import Iterable
from enum import StrEnum

from wfadmin.domain.errors import (
    EngineRejected,
    EngineUnreachable,
    NotSupported,
    UnexpectedAnswer,
)

__all__ = ["Component", "ComponentStatus", "component_status", "join"]


class Component(StrEnum):
    """The five things that doctor looks at, in the order of the report."""

    INGRESS = "ingress"
    ADMIN = "admin"
    DEPLOYMENTS = "deployments"
    SERVICES = "services"
    INVOCATIONS = "invocations"


class ComponentStatus(StrEnum):
    """How a component is doing."""

    OK = "ok"
    DEGRADED = "degraded"
    UNREACHABLE = "unreachable"
    NOT_SUPPORTED = "not_supported"


_BY_ERROR: tuple[tuple[type[BaseException], ComponentStatus], ...] = (
    (NotSupported, ComponentStatus.NOT_SUPPORTED),
    (EngineRejected, ComponentStatus.DEGRADED),
    (UnexpectedAnswer, ComponentStatus.DEGRADED),
    (EngineUnreachable, ComponentStatus.UNREACHABLE),
)

# From best to worst. "Not supported" is the identity: it says nothing about the others.
_RANK = {
    ComponentStatus.NOT_SUPPORTED: 0,
    ComponentStatus.OK: 1,
    ComponentStatus.DEGRADED: 2,
    ComponentStatus.UNREACHABLE: 3,
}


def component_status(error: BaseException | None) -> ComponentStatus:
    """
    The status of a component that answered (None) or whose probe ended with `error`.

    An error of any other kind means that the probe could not be completed: unreachable.
    """
    if error is None:
        return ComponentStatus.OK
    return next(
        (status for kind, status in _BY_ERROR if isinstance(error, kind)),
        ComponentStatus.UNREACHABLE,
    )


def join(statuses: Iterable[ComponentStatus]) -> ComponentStatus:
    """
    The worst of `statuses`: a join, so order and repetition do not matter.

    Of no status at all, or of unsupported ones only, the answer is `not_supported`, never `ok`.
    """
    return max(statuses, key=_RANK.__getitem__, default=ComponentStatus.NOT_SUPPORTED)
