"""Whatever everybody does to an engine, in any order: what must always be so."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from tests.adapters.memory.calls import history_of
from tests.adapters.memory.driving import answer_of
from tests.domain.hostile import names
from wfadmin.adapters.memory import Submitted, World
from wfadmin.adapters.memory.table import version_of
from wfadmin.domain.answers import Answer
from wfadmin.domain.capabilities import Fence
from wfadmin.domain.commands import Cancel, Command, Kill, Pause, Purge, Resume
from wfadmin.domain.drain import routing
from wfadmin.domain.keys import InvocationRef, WorkflowKey
from wfadmin.domain.model import (
    Invocation,
    InvocationOutcome,
    InvocationStatus,
    ServiceKind,
    Survey,
    Usage,
    UsageRow,
)
from wfadmin.errors import EngineRejected, InvocationNotFound

KINDS = {
    "Order": ServiceKind.WORKFLOW,
    "Brief": ServiceKind.WORKFLOW,
    "Cart": ServiceKind.VIRTUAL_OBJECT,
}
HANDLERS = {"Order": "run", "Brief": "run", "Cart": "handle"}
URLS = ("http://a:9080", "http://b:9080", "http://c:9080")
EVERYTHING = 10_000

services = st.sampled_from(sorted(KINDS))
# Few keys, so that they meet; a hostile one, so that nothing is lost on the way.
keys = st.builds(WorkflowKey, services, st.sampled_from(["k", "K", "k%", "k'"]) | names)
places = st.lists(services, min_size=1, max_size=3, unique=True).map(tuple)
commands = st.sampled_from(
    [
        Kill,
        Purge,
        Cancel,
        Pause,
        Resume,
        lambda ref: Resume(ref, "latest"),
        lambda ref: Resume(ref, "dp_2"),
    ]
)


class Engine(RuleBasedStateMachine):
    """Clients, operators, other tools, the engine and time, all at once."""

    def __init__(self) -> None:
        super().__init__()
        # Every reference that was ever given out: ids to what they name, and each but once.
        self.named: dict[str, tuple[WorkflowKey | None, str | None]] = {}
        self.refs: list[InvocationRef] = []
        self.ended: dict[tuple[str, datetime | None], Invocation] = {}
        # What was told to end, and to which URL each id of a deployment belongs.
        self.doomed: set[InvocationRef] = set()
        self.urls: dict[str, str] = {}

    @initialize(
        fence=st.sampled_from(Fence),
        acceptance=st.sampled_from([0, 0, 2]).map(lambda hours: timedelta(hours=hours)),
        listing_limit=st.sampled_from([None, None, 1, 3]),
    )
    def begin(self, fence: Fence, acceptance: timedelta, listing_limit: int | None) -> None:
        self.world = World(fence=fence, acceptance=acceptance, listing_limit=listing_limit)
        self.world.workflow("Order").key("k").shared("watch")
        self.world.workflow("Brief", retention=timedelta(0))
        self.world.virtual_object("Cart").key("k").shared("items")
        self.store, self.engine = self.world.store, self.world.engine
        self.fence, self.is_slow = fence, bool(acceptance)

    # --- what they do --------------------------------------------------------------------------

    @rule(key=keys, due=st.none() | st.integers(-1, 5), shared=st.booleans())
    def submit(self, key: WorkflowKey, due: int | None, *, shared: bool) -> None:
        handler = {"Order": "watch", "Cart": "items"}.get(key.service_name) if shared else None
        held = {one.id for one in self.runs_of(key) if one.handler_name == "run"}
        wait = None if due is None else timedelta(hours=due)

        answer = self.store.submit(key, handler=handler, due=wait)

        if answer.answer is Submitted.PREVIOUSLY_ACCEPTED:
            assert answer.invocation_id in held
        elif answer.answer is Submitted.ACCEPTED:
            assert answer.invocation_id is not None
            assert answer.invocation_id not in held
            self.remember(answer.invocation_id, key)
            self.store.store(key, {"by": answer.invocation_id.encode()})

    def remember(self, invocation_id: str, key: WorkflowKey | None) -> None:
        run = self.store.find(invocation_id)
        assert run is not None
        named = (key, run.handler_name)
        assert self.named.setdefault(invocation_id, named) == named
        assert (run.ref in self.refs) <= (self.fence is Fence.NONE)
        self.refs.append(run.ref)

    @precondition(lambda self: self.refs)
    @rule(data=st.data(), step=st.sampled_from(["progress", "suspend", "give_up", "succeed"]))
    def get_on(self, data: st.DataObject, step: str) -> None:
        getattr(self.store, step)(self.pick(data).id)

    @precondition(lambda self: self.refs)
    @rule(data=st.data())
    def fail_an_attempt(self, data: st.DataObject) -> None:
        ref = self.pick(data)
        before = self.store.find(ref.id)
        self.store.back_off(ref.id, "down")
        after = self.store.find(ref.id)
        assert (before and before.progress) == (after and after.progress)

    @precondition(lambda self: self.refs)
    @rule(data=st.data(), make=commands)
    def command(self, data: st.DataObject, make: type[Kill]) -> None:
        command: Command = make(self.pick(data))
        before = self.store.find(command.ref.id)
        fingerprint = self.store.fingerprint()
        try:
            answer = answer_of(self.engine.control.perform(command))
        except EngineRejected:
            answer = None
        if answer is not Answer.ACCEPTED:
            assert self.store.fingerprint() == fingerprint
        else:
            self.doomed |= {command.ref} if isinstance(command, (Kill, Cancel)) else set()
            self.expect_effect(command, before, fingerprint)
        assert (answer is Answer.NOT_FOUND) == (before is None)
        replaced = before is not None and before.ref.incarnation != command.ref.incarnation
        assert (answer is Answer.CHANGED) == (replaced and self.fence is Fence.ATOMIC)

    def expect_effect(
        self, command: Command, before: Invocation | None, fingerprint: tuple[object, ...]
    ) -> None:
        if self.is_slow:
            assert self.store.fingerprint() != fingerprint
            assert self.store.fingerprint()[:-1] == fingerprint[:-1]
        elif isinstance(command, Purge):
            self.expect_purged(before)

    def expect_purged(self, run: Invocation | None) -> None:
        assert run is not None
        assert run.is_completed
        assert self.store.find(run.id) is None
        if KINDS[run.service_name] is ServiceKind.WORKFLOW and run.handler_name == "run":
            assert run.key is not None
            assert self.store.state_of(run.key) == {}

    @rule(key=keys, right=st.booleans())
    def clear(self, key: WorkflowKey, *, right: bool) -> None:
        stored = self.store.state_of(key)
        version = version_of(stored if right else {**stored, "other": b""})
        call = self.engine.state.clear(key, expected_version=version)
        refused = self.fence is Fence.ATOMIC and not right
        assert answer_of(call) is (Answer.CHANGED if refused else Answer.ACCEPTED)
        cleared = right or self.fence is Fence.NONE
        waits = self.is_slow or self.store.holder_of(key) is not None
        assert self.store.state_of(key) == ({} if cleared and not waits else stored)

    @rule(url=st.sampled_from(URLS), serves=places, force=st.booleans(), dry_run=st.booleans())
    def register(self, url: str, serves: tuple[str, ...], *, force: bool, dry_run: bool) -> None:
        self.world.place(url, serves=serves)
        before = self.store.fingerprint()
        call = self.engine.deployments.register(url, force=force, dry_run=dry_run)
        registration = answer_of(call)
        found = {d.id: d.services for d in answer_of(self.engine.deployments.list())}
        if dry_run:
            assert self.store.fingerprint() == before
            return
        assert self.urls.setdefault(registration.deployment_id, f"{url}/") == f"{url}/"
        if self.is_slow:
            assert self.store.fingerprint()[:-1] == before[:-1]
        else:
            assert found[registration.deployment_id] == registration.services

    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        known = [one.id for one in answer_of(self.engine.deployments.list())]
        chosen = data.draw(st.sampled_from([*known, "dp_99"]))
        expected = Answer.ACCEPTED if chosen in known else Answer.NOT_FOUND
        assert answer_of(self.engine.deployments.remove(chosen)) is expected

    @rule(hours=st.sampled_from([0, 1, 5, 24]))
    def let_time_pass(self, hours: int) -> None:
        self.world.advance(timedelta(hours=hours))

    @rule()
    def settle(self) -> None:
        self.world.settle()
        assert self.store.backlog.waiting == ()

    def pick(self, data: st.DataObject) -> InvocationRef:
        return data.draw(st.sampled_from(self.refs))

    # --- what must always be so ----------------------------------------------------------------

    def runs(self) -> list[Invocation]:
        refs = {ref.id: ref for ref in self.refs}.values()
        found = [answer_of(self.engine.invocations.get(ref)) for ref in refs]
        return [one for one in found if one is not None]

    def runs_of(self, key: WorkflowKey) -> tuple[Invocation, ...]:
        return answer_of(self.engine.invocations.for_key(key))

    @invariant()
    def a_key_is_read_by_equality_and_whole(self) -> None:
        by_key: dict[WorkflowKey | None, set[str]] = {}
        for run in self.runs():
            by_key.setdefault(run.key, set()).add(run.id)
        for key in {ref.key for ref in self.refs if ref.key is not None}:
            assert {one.id for one in self.runs_of(key)} == by_key.get(key, set())

    @invariant()
    def a_survey_counts_exactly_what_is_there(self) -> None:
        runs = self.runs()
        listing = self.engine.listing
        found = answer_of(listing.survey(failures=EVERYTHING, unfinished=EVERYTHING))
        unfinished = [one for one in runs if not one.is_completed]
        assert found.usage == answer_of(self.engine.deployments.usage())
        limit = self.store.listing_limit
        if limit is not None and limit < len(runs):
            self.expect_only_the_newest(found, limit, runs)
            return

        assert found.truncated is None
        assert sum(one.count for one in found.counts) == len(runs)
        completed = sum(one.count for one in found.counts if one.engine_status == "completed")
        assert completed == len(runs) - len(unfinished)
        assert {one.ref for one in found.unfinished} == {one.ref for one in unfinished}
        assert found.unfinished_total == len(unfinished)
        failed = {one.ref for one in runs if one.is_completed and one.outcome != "succeeded"}
        assert {one.ref for one in found.failures} == failed
        assert found.failed == len(failed)
        ends = [one.completed_at for one in found.failures]
        assert ends == sorted(ends, key=str, reverse=True)
        held = Counter((one.service_name, one.deployment_id) for one in unfinished)
        assert found.usage == Usage(
            tuple(
                UsageRow(name, place, held[name, place])
                for name, place in sorted(held, key=lambda row: (row[0], row[1] or ""))
            )
        )

    def expect_only_the_newest(self, found: Survey, limit: int, runs: list[Invocation]) -> None:
        assert sum(one.count for one in found.counts) == limit
        assert (found.failed, found.truncated is None) == (None, False)
        assert found.usage is not None
        assert not found.usage.complete
        assert found.unfinished_total == len(found.unfinished)
        assert sum(one.count for one in found.usage.rows) == len(found.unfinished)
        listed = {*found.unfinished, *found.failures}
        assert listed <= set(runs)
        ages = sorted((one.created_at for one in runs), key=str)
        for one in runs:
            listable = one.created_at in ages[-limit:]
            assert listable or one not in listed
            if ages.count(one.created_at) == 1 and listable:
                assert one in listed or one.outcome is InvocationOutcome.SUCCEEDED

    @invariant()
    def a_run_has_its_own_history_and_nobody_else_has_it(self) -> None:
        for ref in self.refs:
            run = self.store.find(ref.id)
            if run is None or run.ref != ref:
                with pytest.raises(InvocationNotFound):
                    answer_of(history_of(self.engine, ref))
                continue
            entries = answer_of(history_of(self.engine, ref))
            assert [one.index for one in entries] == list(range(len(entries)))
            assert entries[-1].kind == run.engine_status
            times = [one.at for one in entries]
            assert times == sorted(times, key=str)
            assert times[0] is not None
            assert times[0] <= self.world.clock.now()

    @invariant()
    def nothing_is_ended_that_nobody_named(self) -> None:
        ids = {ref.id for ref in self.doomed}
        for run in self.runs():
            if run.outcome in (InvocationOutcome.KILLED, InvocationOutcome.CANCELLED):
                # Only an atomic fence keeps a run safe from what was meant for the one before it.
                assert run.ref in self.doomed if self.fence is Fence.ATOMIC else run.id in ids

    @invariant()
    def what_is_due_has_happened(self) -> None:
        waiting = self.store.backlog.waiting
        assert all(one.due_at > self.world.clock.now() for one in waiting)
        assert list(waiting) == sorted(waiting, key=lambda one: one.due_at)
        assert self.is_slow or not waiting

    @invariant()
    def new_work_goes_where_the_deployments_say(self) -> None:
        deployments = answer_of(self.engine.deployments.list())
        for one in deployments:
            assert self.urls.setdefault(one.id, one.service_url) == one.service_url
        listed = {
            one.name: (one.deployment_id, one.revision)
            for one in answer_of(self.engine.admin.list_services())
        }
        routes = routing(deployments)
        assert listed == {name: (at.deployment_id, at.revision) for name, at in routes.items()}
        for name in {served.name for one in deployments for served in one.services}:
            revisions = [
                (served.revision, one.id)
                for one in deployments
                for served in one.services
                if served.name == name
            ]
            assert len({revision for revision, _ in revisions}) == len(revisions)
            assert listed[name] == max(revisions)[::-1]

    @invariant()
    def one_call_holds_a_key_of_a_virtual_object_and_none_waits_for_a_free_one(self) -> None:
        started: Counter[WorkflowKey | None] = Counter()
        waiting = set()
        for run in self.runs():
            if run.service_name != "Cart" or run.handler_name != "handle" or run.is_completed:
                continue
            if run.status is InvocationStatus.PENDING:
                waiting.add(run.key)
            elif run.status is not InvocationStatus.SCHEDULED:
                started[run.key] += 1
        assert set(started.values()) <= {1}
        assert waiting <= set(started)

    @invariant()
    def what_has_ended_never_changes(self) -> None:
        for run in self.runs():
            if run.is_completed:
                assert self.ended.setdefault((run.id, run.created_at), run) == run
            else:
                assert (run.id, run.created_at) not in self.ended
                assert run.outcome is None

    @invariant()
    def only_what_has_started_is_pinned(self) -> None:
        for run in self.runs():
            unstarted = ("scheduled", "pending", "ready")
            if run.engine_status in unstarted:
                assert run.deployment_id is None


TestEngine = pytest.mark.timeout(180)(Engine.TestCase)
TestEngine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
