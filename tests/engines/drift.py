"""
One stage for two engines: a story is a list of steps, and each step gives a line to compare.

    stage = Stage(driver, engine, dead_url)
    await stage.tell("put paused")
    await stage.tell("kill")        # accepted
    await stage.tell("stands")      # killed, with state
"""

import attrs

from wfadmin.domain.commands import Cancel, Command, Kill, Pause, Purge, Resume
from wfadmin.domain.errors import EngineRejected, WfadminError
from wfadmin.domain.keys import InvocationRef, WorkflowKey
from wfadmin.domain.model import Invocation
from wfadmin.domain.urls import same_url
from wfadmin.ports.control import InvocationControl
from wfadmin.ports.deployments import DeploymentRegistry
from wfadmin.ports.engine import Engine
from wfadmin.ports.listing import InvocationListing
from wfadmin.ports.state import StateStore
from wfadmin.testing import Driver, Situation

#: A story's steps whose answer may take a moment to come about.
SLOW = ("stands", "child", "pinned", "routes", "holds", "listed", "counts")

_UNKNOWN = "dp_11nGQpCRmau6ypL82KH2TnP"


@attrs.define(eq=False)
class Stage:
    """Tells the steps of one story to one engine."""

    driver: Driver
    engine: Engine
    dead_url: str
    _key: WorkflowKey = attrs.field(init=False)
    _child: WorkflowKey = attrs.field(init=False)
    _refs: list[InvocationRef] = attrs.field(factory=list[InvocationRef], init=False)
    _urls: dict[str, str] = attrs.field(factory=dict[str, str], init=False)
    _ids: dict[str, str] = attrs.field(factory=dict[str, str], init=False)
    _version: str = attrs.field(default="", init=False)
    _before: dict[str, int] = attrs.field(factory=dict[str, int], init=False)

    def __attrs_post_init__(self) -> None:
        self._key, self._child = self.driver.fresh_key(), self.driver.fresh_key()

    async def tell(self, step: str) -> str:
        """What the engine says to a step, without what differs from run to run."""
        word, *rest = step.split()
        try:
            return str(await getattr(self, f"do_{word}")(*rest))
        except EngineRejected as error:
            return f"EngineRejected {error.http_status} {error.engine_code}"
        except WfadminError as error:
            return type(error).__name__

    # --- ports ---------------------------------------------------------------------------------

    @property
    def control(self) -> InvocationControl:
        assert self.engine.control is not None
        return self.engine.control

    @property
    def registry(self) -> DeploymentRegistry:
        assert self.engine.deployments is not None
        return self.engine.deployments

    @property
    def state(self) -> StateStore:
        assert self.engine.state is not None
        return self.engine.state

    @property
    def listing(self) -> InvocationListing:
        assert self.engine.listing is not None
        return self.engine.listing

    # --- runs ----------------------------------------------------------------------------------

    async def do_put(self, situation: str) -> str:
        await self.driver.put(self._key, Situation(situation))
        # A real run leaves state by itself.
        await self.do_store("paid")
        self._refs.append((await self._run()).ref)
        return "done"

    async def do_family(self) -> str:
        await self.driver.put_with_child(self._key, self._child)
        await self.do_store("paid")
        self._refs.append((await self._run()).ref)
        return "done"

    async def do_finish(self) -> str:
        await self.driver.finish(self._key)
        return "done"

    async def _run(self) -> Invocation:
        (found,) = await self.engine.invocations.for_key(self._key)
        return found

    async def _perform(self, command: Command) -> str:
        return str(await self.control.perform(command))

    async def do_pause(self) -> str:
        return await self._perform(Pause(self._refs[-1]))

    async def do_cancel(self) -> str:
        return await self._perform(Cancel(self._refs[-1]))

    async def do_kill(self) -> str:
        return await self._perform(Kill(self._refs[-1]))

    async def do_purge(self) -> str:
        return await self._perform(Purge(self._refs[-1]))

    async def do_resume(self, place: str | None = None) -> str:
        named = {"latest": "latest", "unknown": _UNKNOWN, **self._ids}
        deployment = None if place is None else named[place]
        return await self._perform(Resume(self._refs[-1], deployment))

    async def do_stands(self) -> str:
        """Where the run stands, and whether its row and its state are left."""
        await self.driver.settle()
        found = await self.driver.look(self._key)
        kept = await self.state.read(self._key, values=False)
        rows = await self.engine.invocations.for_key(self._key)
        stands = "nowhere" if found is None else found.value
        row = rows[0].outcome or "unfinished" if rows else "no row"
        return f"{stands}, {row}, {'with' if kept.entries else 'no'} state"

    async def do_child(self) -> str:
        await self.driver.settle()
        found = await self.driver.look(self._child)
        return "nowhere" if found is None else found.value

    async def do_same(self) -> str:
        """Whether the last two runs of the key share their id, and their incarnation."""
        first, second = self._refs[-2:]
        return f"id {first.id == second.id}, incarnation {first == second}"

    # --- state ---------------------------------------------------------------------------------

    async def do_store(self, value: str) -> str:
        await self.driver.store(self._key, {"step": value.encode()})
        return "done"

    async def do_read(self) -> str:
        found = await self.state.read(self._key, values=True)
        # What a version looks like is the engine's own matter.
        self._version = found.version or ""
        return " ".join(f"{one.name}={one.value!r}" for one in found.entries) or "nothing"

    async def do_clear(self) -> str:
        return str(await self.state.clear(self._key, expected_version=self._version))

    # --- deployments ---------------------------------------------------------------------------

    async def do_deploy(self, name: str) -> str:
        self._urls[name] = await self.driver.deploy()
        listed = await self.registry.list()
        self._ids[name] = next(
            one.id
            for one in listed
            if one.service_url and same_url(one.service_url, self._urls[name])
        )
        return "done"

    async def do_place(self, name: str) -> str:
        self._urls[name] = await self.driver.a_place()
        return "done"

    async def do_register(self, name: str, *flags: str) -> str:
        url = self.dead_url if name == "dead" else self._urls[name]
        dry_run = "dry" in flags
        before = await self._revision()
        found = await self.registry.register(url, force="force" in flags, dry_run=dry_run)
        is_known = self._ids.get(name) == found.deployment_id
        if not dry_run:
            self._ids[name] = found.deployment_id
        revisions = ", ".join(f"{one.name} +{one.revision - before}" for one in found.services)
        # The id that a dry run gives need not be the one that a registration gets.
        told = "asked" if dry_run else "known" if is_known else "new"
        return f"{told}: {revisions}"

    async def do_remove(self, name: str) -> str:
        return str(await self.registry.remove(self._ids.get(name, _UNKNOWN)))

    async def do_listed(self, name: str) -> str:
        await self.driver.settle()
        listed = await self.registry.list()
        urls = [one.service_url for one in listed if one.service_url is not None]
        return str(any(same_url(one, self._urls[name]) for one in urls))

    async def do_routes(self) -> str:
        """Where new work goes."""
        services = await self.engine.admin.list_services()
        name = self.driver.service_name
        serving = [one.deployment_id for one in services if one.name == name]
        return self._name_of(serving[0]) if serving else "nowhere"

    async def do_holds(self, name: str) -> str:
        """How much unfinished work a deployment has."""
        rows = (await self.registry.usage()).rows
        return str(sum(one.count for one in rows if one.deployment_id == self._ids[name]))

    async def do_pinned(self) -> str:
        await self.driver.settle()
        return self._name_of((await self._run()).deployment_id)

    def _name_of(self, deployment_id: str | None) -> str:
        names = [name for name, one in self._ids.items() if one == deployment_id]
        return names[0] if names else "another"

    async def _revision(self) -> int:
        services = await self.engine.admin.list_services()
        return next(one.revision for one in services if one.name == self.driver.service_name)

    # --- all of them ---------------------------------------------------------------------------

    async def _counts_of_all(self) -> dict[str, int]:
        survey = await self.listing.survey(failures=5, unfinished=5)
        found = {one.engine_status: one.count for one in survey.counts}
        return {**found, "failed": survey.failed or 0, "unfinished": survey.unfinished_total}

    async def do_count(self) -> str:
        self._before = await self._counts_of_all()
        return "done"

    async def do_counts(self) -> str:
        """What there is more of since `count`."""
        now = await self._counts_of_all()
        more = {name: n - self._before.get(name, 0) for name, n in now.items()}
        return ", ".join(f"{name} {n:+}" for name, n in sorted(more.items()) if n)
