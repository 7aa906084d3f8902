"""What is known of one request, for its record and for those who watch."""

from collections.abc import Callable
from datetime import timedelta

import attrs

from wfadmin.asgi.records import Marked, marked
from wfadmin.asgi.routes import Action
from wfadmin.domain.text import shown
from wfadmin.operations.local import LocalOperator
from wfadmin.ports.auth import Principal

__all__ = ["Call", "Visit"]

_STRANGER = "nobody"
_LONGEST_ACTOR = 200


@attrs.define(eq=False, kw_only=True)
class Visit:
    """
    A request on any path.

    Attributes:
        id: Of the request.
        peer: Whose attempts it counts with.
        operator: Of the engine that it is about, or of the default one.
        since: When it came, by the clock of that engine's host.
        route: The template of its path; None where it is on no route.
        engine: The name of the engine that it is about; None where there is none of that name.
        caller: Who sent it, once that is known.
        error: The slug of the error that it ended with.
    """

    id: str
    peer: str
    operator: LocalOperator
    since: timedelta
    route: str | None = None
    engine: str | None = None
    caller: Principal | None = None
    error: str | None = None

    @property
    def actor(self) -> str | None:
        """The name of the caller, as it is on record; None where nobody is known."""
        return None if self.caller is None else shown(self.caller.name, limit=_LONGEST_ACTOR)

    def took(self) -> timedelta:
        """How long ago it came."""
        return self.operator.host.clock.monotonic() - self.since

    def answered(self, status: int) -> None:
        """Tell the observer that it was answered. Nothing of its path is told, nor of its body."""
        fields = {
            "route": self.route,
            "engine": self.engine,
            "status": status,
            "error": self.error,
            "actor": self.actor,
            "peer": self.peer,
            "latency_ms": self.took() / timedelta(milliseconds=1),
            "request_id": self.id,
        }
        self.operator.host.observer.event("http.answered", fields)


@attrs.define(eq=False, kw_only=True)
class Call(Visit):
    """
    A request on a route.

    Attributes:
        action: What the route is for.
        arguments: What was asked for, as it may be kept.
        reason: Why, in the words of the caller.
        log: Where the verbs keep what they do for it.
    """

    route: str
    action: Action
    arguments: tuple[tuple[str, str], ...] = ()
    reason: str | None = None
    log: Marked | None = None

    def acting(self, took: Callable[[], timedelta] | None = None) -> LocalOperator:
        """
        The verbs, for this caller and on record.

        Args:
            took: What the record says about how long it took; unless given, until it is made.
        """
        marks = (("route", self.route), ("request_id", self.id))
        operator = self.operator.acting_as(self.actor or _STRANGER, reason=self.reason)
        operator, self.log = marked(operator, marks, took or self.took)
        return operator
