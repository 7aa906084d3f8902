"""
Cleanup: remove the deployments that nothing needs any more, and say what holds the others.

Removing has no undo: a service that nothing else serves is gone, and one that an older
deployment serves falls back to it without a word. So without force a single deployment that
still serves refuses the whole call, before anything is touched.
"""

from collections.abc import Collection
from datetime import timedelta
from itertools import islice
from typing import assert_never

import attrs

from wfadmin.domain.answers import Answer
from wfadmin.domain.drain import (
    Draining,
    DrainVerdict,
    Removable,
    Selection,
    Serving,
    Unknown,
    drain_verdict,
    select_stale,
)
from wfadmin.domain.errors import (
    DeploymentInUse,
    EngineRejected,
    Sent,
    StalePlan,
    WfadminError,
)
from wfadmin.domain.model import Deployment, Invocation, UsageRow
from wfadmin.domain.plan import Action, Item, Step, Verb
from wfadmin.domain.results import CleanupResult, Effect, Held
from wfadmin.domain.text import shown
from wfadmin.domain.urls import same_url, without_secrets
from wfadmin.operations.able import facts_to_write
from wfadmin.operations.asking import ask
from wfadmin.operations.host import Host
from wfadmin.operations.places import Places, dry_run, read_places, registry_of
from wfadmin.operations.repair import Planned, Repair
from wfadmin.operations.writing import Lost, Writing
from wfadmin.ports.engine import Engine

__all__ = ["MAX_ORPHANS", "Cleanup"]

#: How many orphaned invocations are named at most; all are counted.
MAX_ORPHANS = 100
# How many unfinished runs are looked through for those.
_LOOKED_THROUGH = 1000
_LOOK_AGAIN = timedelta(seconds=1)


@attrs.define(eq=False)
class Cleanup(Repair[CleanupResult]):
    """
    Remove every deployment but those at `service_url` and `also_keep`. Used once.

    Attributes:
        force_drain: Remove without draining: services may vanish or fall back, runs are orphaned.
        wait: How long what drains is waited for.
    """

    engine: Engine
    host: Host
    service_url: str
    force_drain: bool = False
    also_keep: tuple[str, ...] = ()
    wait: timedelta = timedelta(0)
    _selection: Selection = attrs.field(init=False, default=Selection((), ()))
    _held: dict[str, Held] = attrs.field(init=False, factory=dict)
    _losing: frozenset[str] = attrs.field(init=False, default=frozenset())
    _vanishing: frozenset[str] = attrs.field(init=False, default=frozenset())
    _removed: list[str] = attrs.field(init=False, factory=list)
    _rows: tuple[UsageRow, ...] = attrs.field(init=False, default=())
    _unfinished: tuple[Invocation, ...] = attrs.field(init=False, default=())
    _write_floor: timedelta = attrs.field(init=False, default=timedelta(0))

    @property
    def verb(self) -> Verb:
        """See `Repair.verb`."""
        return Verb.CLEANUP

    @property
    def arguments(self) -> tuple[tuple[str, str], ...]:
        """See `Repair.arguments`."""
        return (
            ("service_url", without_secrets(self.service_url)),
            *(("also_keep", without_secrets(url)) for url in self.also_keep),
            ("force_drain", "yes" if self.force_drain else "no"),
            ("wait", f"{self.wait // timedelta(seconds=1)}s"),
        )

    @property
    def scope(self) -> str:
        """See `Repair.scope`."""
        return f"{self.engine.address} deployments"

    async def plan(self) -> Planned:
        """See `Repair.plan`."""
        places = await read_places(self.engine, self.host)
        protection = self.host.protection
        self._selection = select_stale(
            places.deployments,
            self.service_url,
            also_keep=self.also_keep,
            protected_urls=protection.urls,
            protected_services=protection.services,
        )
        stale = self._selection.stale
        if not stale:
            return Planned(())
        facts = await facts_to_write(self.engine, self.host)
        self._write_floor = facts.capabilities.write_floor
        floor = max(self.host.timeout, facts.capabilities.register_floor)
        # A kept place that is dead would leave nothing that works.
        await dry_run(self.engine, self.host, self.service_url, timeout=floor)
        return self._planned(places, stale)

    def _planned(self, places: Places, stale: Collection[Deployment]) -> Planned:
        ids = [one.id for one in stale]
        verdicts = {one.id: self._verdict(one, places, ids) for one in stale}
        serving = {i: v for i, v in verdicts.items() if isinstance(v, Serving)}
        changes = [change for verdict in serving.values() for change in verdict.services]
        names = tuple(dict.fromkeys(one.service_name for one in changes))
        if serving and not self.force_drain:
            raise DeploymentInUse(tuple(serving), names)
        self._rows = places.usage.rows
        self._losing = frozenset(names)
        self._vanishing = frozenset(
            one.service_name for one in changes if one.falls_back_to is None
        )
        items = []
        for one in stale:
            reason = None if self.force_drain else self._reason(one, verdicts[one.id])
            waits = isinstance(verdicts[one.id], Draining) and self.wait > timedelta(0)
            if reason is None or waits:
                items.append(Item(one.id, (Step(Action.REMOVE, one.id),)))
            else:
                self._held[one.id] = Held(one.id, (reason,))
        return Planned(tuple(items), tuple(self._warnings(places, verdicts)))

    def _verdict(
        self,
        one: Deployment,
        places: Places,
        after: Collection[str],
    ) -> DrainVerdict:
        return drain_verdict(
            one,
            deployments=places.deployments,
            services=places.services,
            usage=places.usage,
            after=after,
        )

    def _reason(self, one: Deployment, verdict: DrainVerdict) -> str | None:
        """Why a deployment stays; None when it may go."""
        match verdict:
            case Removable() if one.service_url is None:
                return "it has no URL, so it goes only with force"
            case Removable():
                return None
            case Draining(pinned):
                return f"unfinished runs hold it: {pinned}"
            case Serving(changes):
                return f"it serves {', '.join(shown(one.service_name) for one in changes)}"
            case Unknown(why):
                return why
            case other:
                assert_never(other)

    def _warnings(self, places: Places, verdicts: dict[str, DrainVerdict]) -> list[str]:
        if not self.force_drain:
            return []
        found = []
        for one, verdict in verdicts.items():
            for change in verdict.services if isinstance(verdict, Serving) else ():
                back = change.falls_back_to
                fate = "vanishes" if back is None else f"falls back to revision {back.revision}"
                found.append(f"{shown(change.service_name)} {fate} with {one}.")
        held = sum(row.count for row in places.usage.rows if self._loses(row, verdicts))
        if held:
            found.append(f"Unfinished runs that lose their deployment: {held}.")
        return found

    def _loses(self, row: UsageRow, ids: Collection[str]) -> bool:
        """Whether runs lose their deployment with these; one without a pin goes by its service."""
        if row.deployment_id is None:
            return bool(ids) and row.service_name in self._vanishing
        return row.deployment_id in ids

    async def save_evidence(self, writing: Writing) -> None:
        """A removal destroys no run and no state: there is nothing to save."""

    async def execute(self, writing: Writing, items: tuple[Item, ...]) -> CleanupResult:
        """See `Repair.execute`."""
        planned = [item.target for item in items]
        writing.floor = self._write_floor
        try:
            if self.force_drain and planned:
                await self._look_for_orphans()
            deadline = self.host.clock.monotonic() + self.wait
            for one in planned:
                if await self._remove(writing, one, planned, deadline):
                    self._removed.append(one)
        except WfadminError as error:
            if self._removed:
                ids = ", ".join(map(shown, self._removed))
                error.also = (*error.also, f"Removed before that: {ids}.")
            raise
        return CleanupResult(
            tuple(one.id for one in self._selection.kept),
            tuple(self._removed),
            tuple(self._held.values()),
            self._orphans() if self.force_drain else (),
            self._orphan_count() if self.force_drain else 0,
            effect=self._effect(writing),
        )

    async def _remove(
        self,
        writing: Writing,
        deployment_id: str,
        planned: Collection[str],
        deadline: timedelta,
    ) -> bool:
        """Remove one, as it stands right now; False: it stays, and why is noted."""
        before = next(one for one in self._selection.stale if one.id == deployment_id)
        while True:
            places = await read_places(self.engine, self.host)
            self._check_kept(places, writing)
            now = places.find(deployment_id)
            if now is None:
                return False  # somebody else removed it
            reason = self._stays(now, before, places, planned)
            if reason is None:
                break
            clock = self.host.clock
            waits = isinstance(self._verdict(now, places, planned), Draining)
            if not waits or clock.monotonic() >= deadline:
                self._held[deployment_id] = Held(deployment_id, (reason,))
                return False
            fields = {"deployment_id": deployment_id, "reason": reason}
            self.host.observer.event("cleanup.waiting", fields)
            await clock.sleep(_LOOK_AGAIN)
        return await self._send(writing, deployment_id)

    def _stays(
        self,
        now: Deployment,
        before: Deployment,
        places: Places,
        planned: Collection[str],
    ) -> str | None:
        # Not by its time of creation: registering it again with force rewrites that.
        if (now.service_url, now.services) != (before.service_url, before.services):
            return "it was registered again meanwhile"
        verdict = self._verdict(now, places, planned)
        if not self.force_drain:
            return self._reason(now, verdict)
        changes = verdict.services if isinstance(verdict, Serving) else ()
        more = [one.service_name for one in changes if one.service_name not in self._losing]
        return f"by now it also serves {', '.join(map(shown, more))}" if more else None

    def _check_kept(self, places: Places, writing: Writing) -> None:
        """Without what was to be kept, a removal would leave nothing that works."""
        for url in (self.service_url, *self.also_keep):
            if not any(same_url(one.service_url, url) for one in places.deployments):
                problem = f"{without_secrets(url)} is no longer registered"
                raise StalePlan(problem, sent=writing.sent)

    async def _look_for_orphans(self) -> None:
        """Before anything is sent: afterwards nobody can say which run was pinned to what."""
        listing = self.engine.listing
        ids = [one.id for one in self._selection.stale]
        if listing is None or not any(self._loses(row, ids) for row in self._rows):
            return
        survey = await ask(
            self.engine,
            self.host,
            lambda: listing.survey(failures=0, unfinished=_LOOKED_THROUGH),
        )
        self._unfinished = survey.unfinished

    def _orphans(self) -> tuple[str, ...]:
        rows = ((one.id, _row_of(one)) for one in self._unfinished)
        found = (one_id for one_id, row in rows if self._loses(row, self._removed))
        return tuple(islice(found, MAX_ORPHANS))

    def _orphan_count(self) -> int:
        return sum(row.count for row in self._rows if self._loses(row, self._removed))

    def _effect(self, writing: Writing) -> Effect:
        if self._removed:
            return Effect.CONFIRMED
        return Effect.NO_CHANGE if writing.sent is Sent.NO else Effect.ACCEPTED

    async def _send(self, writing: Writing, deployment_id: str) -> bool:
        registry = registry_of(self.engine)
        step = Step(Action.REMOVE, deployment_id)
        try:
            answer: Answer | Lost = await writing.send(lambda: registry.remove(deployment_id))
        except EngineRejected as error:
            self._held[deployment_id] = Held(deployment_id, (f"{error.message} {error.why}",))
            return False
        if answer in (Answer.WRONG_STATUS, Answer.CHANGED):
            self._held[deployment_id] = Held(deployment_id, ("the engine declined",))
            return False

        async def look() -> tuple[Deployment, ...]:
            return await ask(self.engine, self.host, registry.list)

        def gone(deployments: tuple[Deployment, ...]) -> bool:
            return all(one.id != deployment_id for one in deployments)

        await writing.confirm(step, answer, look, gone)
        return answer is not Answer.NOT_FOUND


def _row_of(one: Invocation) -> UsageRow:
    return UsageRow(one.service_name, one.deployment_id, 1)
