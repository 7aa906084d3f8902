"""A name for each port method, which faults, traces and schedulers go by."""

from collections.abc import Mapping
from enum import StrEnum

from wfadmin.domain.capabilities import CommandName
from wfadmin.domain.components import Component

__all__ = ["POINT_OF_COMMAND", "Point"]


class Point(StrEnum):
    """The point that each port method passes; a command passes the one of its own name."""

    FACTS = "engine.facts"
    PROBE_INGRESS = "admin.probe_ingress"
    PROBE_ADMIN = "admin.probe_admin"
    LIST_SERVICES = "admin.list_services"
    FOR_KEY = "invocations.for_key"
    GET = "invocations.get"
    CHILDREN = "invocations.children"
    LIST_DEPLOYMENTS = "deployments.list"
    USAGE = "deployments.usage"
    #: A registration that stores nothing.
    DRY_RUN = "deployments.dry_run"
    REGISTER = "deployments.register"
    REMOVE = "deployments.remove"
    SURVEY = "listing.survey"
    PAUSE = "control.pause"
    RESUME = "control.resume"
    CANCEL = "control.cancel"
    KILL = "control.kill"
    PURGE = "control.purge"
    FORCE_PURGE = "control.force_purge"
    HISTORY = "history.entries"
    EXAMINE = "history.examine"
    READ_STATE = "state.read"
    CLEAR_STATE = "state.clear"

    @property
    def is_write(self) -> bool:
        """Whether what follows it may change the engine."""
        return self in _WRITES

    @property
    def component(self) -> Component:
        """The component that is asked, and whose faults show here."""
        return _ASKED.get(self, _BY_PORT[self.value.partition(".")[0]])


_WRITES = frozenset(
    {
        Point.REGISTER,
        Point.REMOVE,
        Point.PAUSE,
        Point.RESUME,
        Point.CANCEL,
        Point.KILL,
        Point.PURGE,
        Point.FORCE_PURGE,
        Point.CLEAR_STATE,
    }
)
_BY_PORT = {
    "engine": Component.ADMIN,
    "admin": Component.ADMIN,
    "deployments": Component.DEPLOYMENTS,
    "invocations": Component.INVOCATIONS,
    "listing": Component.INVOCATIONS,
    "control": Component.INVOCATIONS,
    "history": Component.INVOCATIONS,
    "state": Component.INVOCATIONS,
}
_ASKED = {
    Point.PROBE_INGRESS: Component.INGRESS,
    Point.LIST_SERVICES: Component.SERVICES,
}

#: The point of each command that has one.
POINT_OF_COMMAND: Mapping[CommandName, Point] = {
    CommandName.PAUSE: Point.PAUSE,
    CommandName.RESUME: Point.RESUME,
    CommandName.CANCEL: Point.CANCEL,
    CommandName.KILL: Point.KILL,
    CommandName.PURGE: Point.PURGE,
    CommandName.FORCE_PURGE: Point.FORCE_PURGE,
}
