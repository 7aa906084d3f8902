"""
Accepted writes as values, and what each does when it happens.

The engine may accept first and act later. So each goes by names alone, as the engine does, and
looks anew when its time has come: what does not fit any more does nothing, and nobody is told.
"""

import attrs

from wfadmin.adapters.memory.profile import Effect
from wfadmin.adapters.memory.registry import Registry
from wfadmin.adapters.memory.table import Table
from wfadmin.domain.answers import Answer, Registration
from wfadmin.domain.capabilities import Fence
from wfadmin.domain.commands import Command
from wfadmin.domain.errors import EngineRejected, OutcomeUnknown
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.urls import same_url

__all__ = ["ClearState", "Perform", "Register", "Remove", "perform", "register"]


@attrs.frozen
class Perform:
    """A command: for whichever run bears the id when it happens, unless the fence is atomic."""

    _table: Table = attrs.field(repr=False, eq=False)
    command: Command

    def __call__(self) -> None:
        """Ask the table of commands anew, and do what it says."""
        try:
            decided = _decided(self._table, self.command)
        except (EngineRejected, OutcomeUnknown):
            return
        if not isinstance(decided, Answer):
            decided()


@attrs.frozen
class Register:
    """A registration, with the id that was promised for it."""

    _registry: Registry = attrs.field(repr=False, eq=False)
    service_url: str = attrs.field(repr=False)
    force: bool
    deployment_id: str

    def __call__(self) -> None:
        """Discover what is there now, and keep it."""
        try:
            found = self._registry.discover(self.service_url, force=self.force)
        except EngineRejected:
            return
        is_known = self._registry.find(found.id) is not None
        kept = found if is_known else attrs.evolve(found, id=self.deployment_id)
        self._registry.keep(kept)


@attrs.frozen
class Remove:
    """The removal of a deployment."""

    _registry: Registry = attrs.field(repr=False, eq=False)
    deployment_id: str

    def __call__(self) -> None:
        """Remove whatever has the id now."""
        self._registry.remove(self.deployment_id)


@attrs.frozen
class ClearState:
    """A clear; it compares the version when it happens, None with none."""

    _table: Table = attrs.field(repr=False, eq=False)
    key: WorkflowKey
    expected_version: str | None

    def __call__(self) -> None:
        """Clear the key, or wait for it."""
        self._table.clear(self.key, self.expected_version)


def perform(table: Table, command: Command) -> Answer:
    """
    Let the engine answer `command`, and do it, now or later, if it says yes.

    Raises:
        EngineRejected: An error status, such as for a deployment that is not registered.
        OutcomeUnknown: It never answers.
    """
    decided = _decided(table, command)
    if isinstance(decided, Answer):
        return decided
    table.happen(Perform(table, command))
    return Answer.ACCEPTED


def register(table: Table, service_url: str, *, force: bool) -> Registration:
    """
    Accept the registration of what is at a URL, and promise the id that it gets.

    Raises:
        EngineRejected: Not a URL, or nothing answers there.
    """
    registry = table.registry
    found = registry.discover(service_url, force=force)
    promised = found.id
    if registry.find(promised) is None:
        promised = _promised_before(table, service_url) or promised
        registry.promise(promised)
    table.happen(Register(registry, service_url, force, promised))
    return Registration(promised, found.services)


def _promised_before(table: Table, service_url: str) -> str | None:
    accepted = (one.effect for one in table.backlog.waiting)
    return next(
        (
            one.deployment_id
            for one in accepted
            if isinstance(one, Register) and same_url(one.service_url, service_url)
        ),
        None,
    )


def _decided(table: Table, command: Command) -> Answer | Effect:
    run = table.find(command.ref.id)
    fenced = table.fence is Fence.ATOMIC
    if fenced and run is not None and run.ref.incarnation != command.ref.incarnation:
        return Answer.CHANGED
    return table.profile.decide(table, command, run)
