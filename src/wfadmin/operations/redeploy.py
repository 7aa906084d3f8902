"""
Redeploy: register a service URL, then prove that its services route to it. It removes nothing.

An engine that knows the URL already may answer yes and change nothing, so the proof is what it
lists afterwards and never what it answers.
"""

from datetime import timedelta

import attrs

from wfadmin.domain.answers import Registration
from wfadmin.domain.errors import Sent
from wfadmin.domain.model import Deployment, Service
from wfadmin.domain.plan import Action, Item, Step, Verb
from wfadmin.domain.results import Effect, RedeployResult
from wfadmin.domain.text import shown
from wfadmin.domain.urls import normalised_url, same_url, without_secrets
from wfadmin.operations.able import facts_to_write
from wfadmin.operations.asking import ask_all
from wfadmin.operations.host import Host
from wfadmin.operations.places import Places, dry_run, read_places, registry_of
from wfadmin.operations.repair import Planned, Repair
from wfadmin.operations.writing import Lost, Writing
from wfadmin.ports.engine import Engine

__all__ = ["Redeploy"]


def _is_cut(service_url: str) -> bool:
    """Whether the URL says more than what may be shown and kept of it."""
    return any(mark in service_url for mark in "@?#")


@attrs.define(eq=False)
class Redeploy(Repair[RedeployResult]):
    """
    Register `service_url`. Used once.

    Attributes:
        force: Replace what is registered for the URL, and give its services new revisions.
        register_timeout: How long the engine may take to discover what is at the URL.
    """

    engine: Engine
    host: Host
    service_url: str = attrs.field(repr=False)
    force: bool = True
    register_timeout: timedelta = timedelta(0)
    _before: Deployment | None = attrs.field(init=False, default=None)
    _found: Registration | None = attrs.field(init=False, default=None)
    _limit: timedelta = attrs.field(init=False, default=timedelta(0))

    @property
    def verb(self) -> Verb:
        """See `Repair.verb`."""
        return Verb.REDEPLOY

    @property
    def arguments(self) -> tuple[tuple[str, str], ...]:
        """See `Repair.arguments`."""
        return (
            ("service_url", without_secrets(self.service_url)),
            ("force", "yes" if self.force else "no"),
            ("url_is_cut", "yes" if _is_cut(self.service_url) else "no"),
            ("register_timeout", f"{-(-self.register_timeout // timedelta(seconds=1))}s"),
        )

    @property
    def scope(self) -> str:
        """See `Repair.scope`."""
        return f"{self.engine.address} deployments"

    async def plan(self) -> Planned:
        """
        See `Repair.plan`.

        The lists are read first, within the short time limit: an engine that hangs costs that,
        and not the long one of a registration.
        """
        normalised_url(self.service_url)
        places = await read_places(self.engine, self.host)
        self._before = next(
            (d for d in places.deployments if same_url(d.service_url, self.service_url)),
            None,
        )
        timeout = await self._timeout()
        self._found = await dry_run(self.engine, self.host, self.service_url, timeout=timeout)
        if self._before is not None and not self.force:
            return Planned((), ("The URL is known: without force nothing is registered again.",))
        url = without_secrets(self.service_url)
        # What is served is part of the step: an approval is for these services and revisions.
        served = ", ".join(f"{one.name} {one.revision}" for one in self._found.services)
        step = Step(Action.REGISTER, url, None, f"force: {served}" if self.force else served)
        return Planned((Item(url, (step,)),), self._warnings(places))

    async def _timeout(self) -> timedelta:
        facts = await facts_to_write(self.engine, self.host)
        floor = facts.capabilities.register_floor
        self._limit = max(self.host.timeout, floor, self.register_timeout)
        return self._limit

    def _warnings(self, places: Places) -> tuple[str, ...]:
        before = self._before
        if before is None:
            return ()
        held = sum(one.count for one in places.usage.rows if one.deployment_id == before.id)
        if not held:
            return ()
        fit = "Their journals may not fit code that has changed."
        return (f"Unfinished runs that are pinned to this URL: {held}. {fit}",)

    async def save_evidence(self, writing: Writing) -> None:
        """A registration destroys nothing: there is nothing to save."""

    async def execute(self, writing: Writing, items: tuple[Item, ...]) -> RedeployResult:
        """See `Repair.execute`."""
        registry, before, found = registry_of(self.engine), self._before, self._found
        assert found is not None  # noqa: S101 - planned before
        if not items:
            assert before is not None  # noqa: S101 - or there would be an item
            _, services = await self._look()
            return self._result(writing, before, found, services)
        (step,) = items[0].steps

        async def call() -> Registration:
            return await registry.register(self.service_url, force=self.force, dry_run=False)

        answer = await writing.send(call, timeout=self._limit)
        promised = found if isinstance(answer, Lost) else answer

        def done(seen: tuple[tuple[Deployment, ...], tuple[Service, ...]]) -> bool:
            return self._registered(seen[0], answer) is not None

        deployments, services = await writing.confirm(step, answer, self._look, done)
        now = self._registered(deployments, answer)
        assert now is not None  # noqa: S101 - this reading showed it
        return self._result(writing, now, promised, services)

    async def _look(self) -> tuple[tuple[Deployment, ...], tuple[Service, ...]]:
        questions = (registry_of(self.engine).list, self.engine.admin.list_services)
        deployments, services = await ask_all(self.engine, self.host, questions)
        return deployments.unwrap(), services.unwrap()

    def _registered(
        self,
        deployments: tuple[Deployment, ...],
        answer: Registration | Lost,
    ) -> Deployment | None:
        """The deployment that the registration made; None while it does not show."""
        if not isinstance(answer, Lost):
            return next((one for one in deployments if one.id == answer.deployment_id), None)
        now = next((d for d in deployments if same_url(d.service_url, self.service_url)), None)
        # Without an answer only a change proves that it happened.
        return None if now == self._before else now

    def _result(
        self,
        writing: Writing,
        now: Deployment,
        found: Registration,
        services: tuple[Service, ...],
    ) -> RedeployResult:
        """Judge by every service that was discovered, also one that the list does not show."""
        routes = {one.name: one.deployment_id for one in services}
        names = dict.fromkeys(one.name for one in (*found.services, *now.services))
        astray = [name for name in names if routes.get(name) != now.id]
        if astray or not names:
            names_shown = ", ".join(map(shown, astray)) or "no service"
            fix = "" if self.force else " Register it with force."
            writing.warnings.append(f"Not routed to it: {names_shown}.{fix}")
            effect = Effect.ACCEPTED
        else:
            effect = Effect.NO_CHANGE if writing.sent is Sent.NO else Effect.CONFIRMED
        return RedeployResult(now.id, now.services, effect=effect)
