"""Which routes there are, what each takes, and who may use it."""

from collections.abc import Iterator

import attrs

from wfadmin.asgi.bodies import (
    Body,
    CleanupBody,
    DoctorBody,
    InspectBody,
    RecoverBody,
    RedeployBody,
)
from wfadmin.domain.errors import NotPermitted
from wfadmin.ports.auth import Principal

__all__ = ["ACTIONS", "OPERATE", "PREFIXES", "READ", "Action", "check_permission", "may_operate"]

READ = "system:read"
OPERATE = "system:operate"

_OPERATORS = frozenset({OPERATE})
# An account that may operate needs no second permission to look first.
_READERS = frozenset({READ, OPERATE})

#: Where the default engine answers; both answer alike.
PREFIXES = (
    "/api/v2/admin/operator/workflow-engine",
    "/api/v2/admin/operator/restate",
)


@attrs.frozen
class Action:
    """
    One route, under whatever prefix.

    Attributes:
        verb: Its name in the audit log.
        allowed: Any of these permissions will do.
        is_plan: Whether it only says what the verb would do.
        is_write: Whether it makes the engine act.
    """

    path: str
    verb: str
    body: type[Body]
    allowed: frozenset[str] = _OPERATORS
    is_plan: bool = False
    is_write: bool = False


def _writing(path: str, verb: str, body: type[Body]) -> Iterator[Action]:
    yield Action(path, verb, body, is_write=True)
    # A plan needs as much as its verb: it may make the engine call a URL.
    yield Action(f"{path}/plan", f"plan {verb}", body, is_plan=True)


ACTIONS: tuple[Action, ...] = (
    Action("doctor", "doctor", DoctorBody, _READERS),
    Action("inspect", "inspect", InspectBody, _READERS),
    *_writing("force-redeploy", "redeploy", RedeployBody),
    *_writing("cleanup-stale-deployments", "cleanup", CleanupBody),
    *_writing("recover-stuck-workflow", "recover", RecoverBody),
)


def may_operate(caller: Principal) -> bool:
    """Whether a caller may see what an operator sees."""
    return OPERATE in caller.permissions


def check_permission(caller: Principal, action: Action) -> None:
    """
    Whether a caller may use a route.

    Raises:
        NotPermitted: They lack every permission that would do.
    """
    if not action.allowed & caller.permissions:
        raise NotPermitted(READ if READ in action.allowed else OPERATE)
