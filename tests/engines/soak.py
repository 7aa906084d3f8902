"""
Many seeded stories over one real Restate that is killed, and comes back with what it had stored.

Each story has a key of its own. Its seed draws the state of the key, what operators and a client
do to it, and the faults over the adapter. What is being sent when the server is killed is not
drawn: the same seed tells a similar story, not the same one.
"""

import asyncio
import signal
import subprocess
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from random import Random
from typing import Any

import attrs
import httpx
from typing_extensions import override

import wfadmin
from tests.engines.desk import ClockAhead
from tests.engines.restate_lab import RestateLab, quoted
from tests.engines.restate_server import STOP_SECONDS, RestateServer, own_environment
from tests.engines.waiting import wait_until
from tests.soak.acts import Act
from tests.soak.claims import untrue_as_shown
from tests.soak.conduct import misconduct, names, open_writes, word_for
from tests.soak.diary import Did
from tests.soak.watching import PAGES, Operation, Records, Saved, refusal, write_of
from wfadmin.adapters.lease_memory import MemoryLease
from wfadmin.adapters.memory import Point
from wfadmin.adapters.restate import connect
from wfadmin.adapters.runtime import SystemClock
from wfadmin.domain.doctor import DoctorReport
from wfadmin.domain.errors import EngineUnreachable, NotSupported, RetryBlocked
from wfadmin.domain.finding import FindingCode
from wfadmin.domain.inspection import Inspection
from wfadmin.domain.keys import Incarnation, WorkflowKey
from wfadmin.domain.model import InvocationOutcome, InvocationStatus
from wfadmin.domain.plan import Action, Verb
from wfadmin.domain.policy import BackingOff, Paused, RecoveryPolicy, Running, Suspended
from wfadmin.domain.results import RecoverResult
from wfadmin.ports.engine import Engine, EngineSettings
from wfadmin.ports.wrapping import Around, PortCall, Proceed, wrapped
from wfadmin.testing.faults import Faults, Kind

_SECOND, _HOUR = timedelta(seconds=1), timedelta(hours=1)
EVERYTHING = RecoveryPolicy(
    (Paused(), BackingOff(1), Suspended(_SECOND), Running(_SECOND)), with_children=True
)
_POLICIES = (RecoveryPolicy(), RecoveryPolicy((Paused(), BackingOff(1))), EVERYTHING, EVERYTHING)
_AT_ONCE = 6
#: A write is under way for less: the kill meets it before, while, or after it is done.
_MOMENT = 0.004
_SETTLE = timedelta(seconds=1.5)
_PATIENCE = 1.0
# What moves while it is repaired may need another look.
_TRIES = 4


class SturdyServer(RestateServer):
    """A server that can be killed, and started again on what it had stored."""

    def crash(self) -> None:
        """Kill it, as a machine that loses its power would."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(STOP_SECONDS)

    def come_back(self) -> None:
        """Start it again in the same folder, and return when it answers."""
        assert self._folder is not None
        command = [str(self.binary), "--no-logo", "--listen-mode", self.listen]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self._folder,
                env=own_environment(self._folder),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        wait_until(self._is_ready, what="Restate came back", explain=self.log_tail)


class Hurry(SystemClock):
    """A clock for faults alone: what is slow or late takes a fiftieth of its time."""

    @override
    def monotonic(self) -> timedelta:
        return super().monotonic() * 50

    @override
    async def sleep(self, duration: timedelta) -> None:
        await super().sleep(duration / 50)


Doing = Callable[[wfadmin.Operator], Awaitable[object]]


@attrs.define(eq=False)
class Story:
    """
    What one seed drew.

    Attributes:
        acts: What the operators do; None where a client submits.
        together: Whether the first two act at the same time.
    """

    seed: int
    key: WorkflowKey
    state: str
    faults: Faults
    acts: list[Act | None]
    together: bool
    operations: list[Operation] = attrs.field(factory=list[Operation])


def draw_story(seed: int) -> Story:
    """Draw a story."""
    draw = Random(seed)  # noqa: S311 - not for secrets
    key = WorkflowKey("Order", f"soak-{seed}")
    faults = Faults.random(seed=seed, rate=draw.choice((0.0, 0.1, 0.3)), clock=Hurry())
    acts = [_draw_act(draw, key) for _ in range(draw.randint(1, 3))]
    return Story(seed, key, draw.choice(sorted(STATES)), faults, acts, draw.random() < 1 / 3)


def _draw_act(draw: Random, key: WorkflowKey) -> Act | None:
    word = draw.choice(("submit", "inspect", "steer", "plan", *["recover"] * 4))
    policy, verb = draw.choice(_POLICIES), draw.choice((Verb.PAUSE, Verb.RESUME, Verb.CANCEL))

    async def plan_and_apply(operator: wfadmin.Operator) -> object:
        return await operator.apply(await operator.plan_recover(key, policy=policy))

    def steer(operator: wfadmin.Operator) -> Awaitable[object]:
        steps = {Verb.PAUSE: operator.pause, Verb.RESUME: operator.resume}
        return steps.get(verb, operator.cancel)(key)

    match word:
        case "submit":
            return None
        case "inspect":
            return Act("inspect", word, lambda operator: operator.inspect(key), key)
        case "steer":
            return Act(verb.value, verb.value, steer, key)
        case "plan":
            return Act("recover", "plan and apply recover", plan_and_apply, key, policy)
        case _:
            return Act("recover", word, _recover(key, policy), key, policy)


def _recover(key: WorkflowKey, policy: RecoveryPolicy) -> Doing:
    return lambda operator: operator.recover_stuck_workflow(key, policy=policy)


#: How a key is when its story begins.
STATES: Mapping[str, Callable[[RestateLab, str], object]] = {
    "failed": lambda lab, key: lab.failed(key),
    "killed": lambda lab, key: lab.killed(key),
    "waiting": lambda lab, key: lab.waiting(key),
    "backing off": lambda lab, key: lab.backing_off(key),
    "paused": lambda lab, key: lab.paused(key),
    "watched": lambda lab, key: lab.watched(key),
    "succeeded": lambda lab, key: lab.succeeded(key),
    "unused": lambda _, key: key,
}


@attrs.define(eq=False)
class Soak:
    """
    Stories over one server.

    Attributes:
        crash_at: The numbers of the writes, over all stories, during which it is killed; or
            during the next one, where it is just coming back.
        failures: What must never be.
        shaken: Who was at work when the server was killed. For some milliseconds after its start
            it says of keys that they have no rows: what was confirmed then may be there again.
    """

    lab: RestateLab
    server: SturdyServer
    stories: list[Story]
    crash_at: list[int]
    failures: list[str] = attrs.field(factory=list[str])
    shaken: set[str] = attrs.field(factory=set[str])
    outcomes: Counter[str] = attrs.field(factory=Counter)
    crashes: int = 0
    _writes: int = 0
    _count: int = 0
    _draw: Random = attrs.field(factory=lambda: Random(0))  # noqa: S311
    _lease: MemoryLease = attrs.field(factory=MemoryLease)
    _records: Records = attrs.field(
        factory=lambda: Records(ClockAhead(_HOUR), Random(0))  # noqa: S311
    )
    _up: asyncio.Event = attrs.field(factory=asyncio.Event)
    _returns: list[asyncio.Task[None]] = attrs.field(factory=list[asyncio.Task[None]])

    def run(self) -> None:
        """Put the keys into their states, tell the stories, and look at what is left."""
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            list(threads.map(self._prepare, self.stories))
        kept = self._successes()
        asyncio.run(self._play())
        if lost := kept - self._successes():
            self.failures.append(f"successes are lost: {sorted(lost)}")

    def _prepare(self, story: Story) -> None:
        STATES[story.state](self.lab, story.key.service_key)

    @property
    def struck(self) -> Counter[str]:
        """How often which fault struck."""
        return Counter(one.kind.value for story in self.stories for one in story.faults.struck)

    # --- the stories ---------------------------------------------------------------------------

    async def _play(self) -> None:
        settings = EngineSettings(
            admin_url=self.server.admin_url, timeout=timedelta(seconds=_PATIENCE)
        )
        engine = connect(settings)
        gate = asyncio.Semaphore(_AT_ONCE)
        self._up.set()
        try:
            async with asyncio.TaskGroup() as group:
                for story in self.stories:
                    group.create_task(self._tell(story, engine, gate))
            await asyncio.gather(*self._returns)
            await self._aftermath(engine, gate)
        finally:
            await engine.aclose()

    async def _tell(self, story: Story, engine: Engine, gate: asyncio.Semaphore) -> None:
        async with gate:
            whole = story.faults.over(wrapped(engine, self._at_risk))
            calls = [self._act(story, act, whole) for act in story.acts]
            if story.together:
                await asyncio.gather(*calls[:2])
                calls = calls[2:]
            for call in calls:
                await call
            await self._up.wait()
            await story.faults.settle()

    async def _act(self, story: Story, act: Act | None, engine: Engine) -> None:
        await self._up.wait()
        if act is None:
            # While the server is away a client hears nothing, or that it is not ready.
            with suppress(httpx.TransportError, AssertionError):
                await asyncio.to_thread(self._submit, story.key)
            return
        operation = await self._perform(act, engine)
        story.operations.append(operation)
        for what in (*misconduct(operation, self._records), *untrue_as_shown(operation)):
            self._fail(story, f"{act.said} {what}")

    def _submit(self, key: WorkflowKey) -> None:
        self.lab.start(key.service_name, key.service_key, do="succeed")

    async def _perform(self, act: Act, engine: Engine, *, ahead: bool = False) -> Operation:
        self._count += 1
        operation = Operation(f"operator {self._count}", act)
        self._records.operations[operation.actor] = operation
        operator = wfadmin.connect(
            wrapped(engine, noted(operation)),
            actor=operation.actor,
            timeout=_PATIENCE,
            audit=self._records,
            lease=self._lease,
            evidence=Saved(operation, None if ahead else self._draw),
            clock=ClockAhead(_HOUR / 2) if ahead else None,
        )
        operator = attrs.evolve(operator, host=attrs.evolve(operator.host, settle=_SETTLE))
        try:
            operation.ending = await act.do(operator)
        except Exception as error:  # noqa: BLE001 - judged: it must be one of ours
            operation.ending = error
        operation.has_ended = True
        self.outcomes[f"{act.verb}: {word_for(operation.ending)}"] += 1
        return operation

    async def _at_risk(self, call: PortCall, proceed: Proceed) -> Any:  # noqa: ANN401 - any answer
        """Kill the server while some of the writes are under way."""
        if not call.point.is_write:
            return await proceed()
        self._writes += 1
        if not self.crash_at or self._writes < self.crash_at[0] or not self._up.is_set():
            return await proceed()
        self.crash_at.pop(0)
        asking = asyncio.ensure_future(proceed())
        await asyncio.sleep(self._draw.uniform(0, _MOMENT))
        self._up.clear()
        self.crashes += 1
        operations = self._records.operations.values()
        self.shaken |= {one.actor for one in operations if not one.has_ended}
        self.server.crash()
        self._returns.append(asyncio.create_task(self._come_back()))
        return await asking

    async def _come_back(self) -> None:
        await asyncio.to_thread(self.server.come_back)
        self._up.set()

    # --- what is left --------------------------------------------------------------------------

    async def _aftermath(self, engine: Engine, gate: asyncio.Semaphore) -> None:
        self._records.mend()
        if self._lease._held:
            self.failures.append(f"still held: {sorted(self._lease._held)}")
        await self._report(engine)
        async with asyncio.TaskGroup() as group:
            for story in self.stories:
                group.create_task(self._examine(story, engine, gate))
        await asyncio.to_thread(self._all_are_submittable)

    async def _report(self, engine: Engine) -> None:
        act = Act("doctor", "doctor", lambda operator: operator.doctor())
        found = (await self._perform(act, engine)).ending
        if not isinstance(found, DoctorReport):
            self.failures.append(f"a doctor without faults ends with {found!r}")
            return
        codes = (one for one in found.findings if one.code is FindingCode.OPEN_INTENT)
        reported = {sample.id for one in codes for sample in one.samples}
        if wrong := reported ^ set(open_writes(self._records.records)):
            self.failures.append(f"open writes are not what is reported: {sorted(wrong)}")

    async def _examine(self, story: Story, engine: Engine, gate: asyncio.Semaphore) -> None:
        async with gate:
            runs = await engine.invocations.for_key(story.key)
            there = {(one.id, one.ref.incarnation) for one in runs}
            for operation in story.operations:
                if not _purged(operation) & there:
                    continue
                if operation.actor in self.shaken:
                    self.outcomes["window: confirmed while the server came back"] += 1
                else:
                    self._fail(story, "a run that was purged is there again")
            for one in runs:
                is_paused = one.status is InvocationStatus.PAUSED
                if is_paused and not self._is_accounted_for(story, one.id):
                    self._fail(story, f"{one.id} was left paused, and is named nowhere")
            act = Act("inspect", "inspect", lambda operator: operator.inspect(story.key), story.key)
            shown = (await self._perform(act, engine)).ending
            found = {one.id for one in shown.runs} if isinstance(shown, Inspection) else None
            if found != {one.id for one in runs}:
                self._fail(story, f"an inspection shows {shown!r}, and there is {runs}")
            await self._repair(story, engine)

    def _is_accounted_for(self, story: Story, invocation_id: str) -> bool:
        """Whether somebody wanted it paused, or said that he left it so."""
        pauses = [
            one
            for one in story.operations
            if any(write.action is Action.PAUSE for write in one.diary.writes)
        ]
        struck = {(one.kind, one.point) for one in story.faults.struck}
        wanted = story.state == "paused" or any(one.act.verb == "pause" for one in pauses)
        if wanted or (Kind.LATE, Point.PAUSE) in struck:
            return True
        return any(names(one, invocation_id, self._records) for one in pauses)

    async def _repair(self, story: Story, engine: Engine) -> None:
        act = Act("recover", "recover", _recover(story.key, EVERYTHING), story.key, EVERYTHING)
        ending: object = None
        for _ in range(_TRIES):
            ending = (await self._perform(act, engine, ahead=True)).ending
            if isinstance(ending, RecoverResult):
                await asyncio.to_thread(self._submit, story.key)
                return
            runs = await engine.invocations.for_key(story.key)
            succeeded = any(one.outcome is InvocationOutcome.SUCCEEDED for one in runs)
            if isinstance(ending, RetryBlocked) and ending.reason == "succeeded" and succeeded:
                return
            await asyncio.sleep(0.2)
        self._fail(story, f"a recovery without faults ends with {ending!r}")

    def _all_are_submittable(self) -> None:
        wanted = {one.key.service_key for one in self.stories}
        wait_until(
            lambda: {key for key, _ in self._successes()},
            lambda keys: wanted <= keys,
            what="every key has succeeded in the end",
        )

    def _successes(self) -> set[tuple[str, str]]:
        rows = self.server.query(
            "select target_service_key as key, created_at from sys_invocation"
            f" where target_service_name = 'Order' and target_handler_name = {quoted('run')}"
            " and completion_result = 'success'"
        )
        return {(str(row["key"]), str(row["created_at"])) for row in rows}

    def _fail(self, story: Story, what: str) -> None:
        self.failures.append(f"seed {story.seed}, a key that was {story.state}: {what}")


def _purged(operation: Operation) -> set[tuple[str, Incarnation | None]]:
    """The runs that an operation says it purged: no other run will ever be one of these."""
    result = operation.ending
    purged = result.purged if isinstance(result, RecoverResult) else ()
    planned = {(one.id, one.ref.incarnation) for one in operation.diary.planned()}
    return {one for one in planned if one[0] in purged}


def noted(operation: Operation) -> Around:
    """Write the diary of an operation: what it sent, and what it was told."""

    async def around(call: PortCall, proceed: Proceed) -> Any:  # noqa: ANN401 - any answer
        if not call.point.is_write:
            answer = await proceed()
            page = PAGES.get(call.point)
            operation.note(page or Did.ASKED, answer if page else (call.point, answer))
            return answer
        operation.note(Did.SENT, write_of(call))
        try:
            answer = await proceed()
        except (EngineUnreachable, NotSupported):
            operation.unsent.append(write_of(call))
            raise
        except BaseException as error:
            operation.note(Did.LOST, refusal(error))
            raise
        operation.note(Did.HEARD, answer)
        return answer

    return around
