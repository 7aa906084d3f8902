"""One story, told from one seed: the same seed tells the same story, word for word."""

import asyncio
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import count
from random import Random

import anyio
import attrs
from typing_extensions import override

import wfadmin
from tests.soak import virtual_time
from tests.soak.acts import Act, draw_act
from tests.soak.aftermath import EVERYTHING, Aftermath
from tests.soak.claims import untrue_as_shown, untrue_now
from tests.soak.conduct import misconduct, word_for
from tests.soak.judge import Judge
from tests.soak.others import Event, draw_ambush, draw_event
from tests.soak.scene import Scene, draw_scene
from tests.soak.watching import Operation, Records, Saved, TwoFaults, Watch
from wfadmin.adapters.lease_memory import MemoryLease
from wfadmin.adapters.memory import Point
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.plan import Action
from wfadmin.domain.results import Result
from wfadmin.ports.ids import Ids
from wfadmin.testing.faults import Faults, Kind

_RATES_OF_READS = (0.0, 0.02, 0.02, 0.1, 0.3)
_RATES_OF_WRITES = (0.0, 0.2, 0.5, 0.9)


@attrs.frozen
class Told:
    """
    What became of one story.

    Attributes:
        lines: What was drawn, done and struck, in order.
        failures: What must never be; empty where all is well.
        outcomes: How often each verb ended how.
        windows: What happened that no check can close.
    """

    seed: int
    lines: tuple[str, ...]
    failures: tuple[str, ...]
    struck: Counter[str]
    outcomes: Counter[str]
    windows: Counter[str]

    def __str__(self) -> str:
        failed = (f"FAILED: {one}" for one in self.failures)
        return "\n".join((f"seed {self.seed}", *self.lines, *failed))


def tell(seed: int) -> Told:
    """Tell the story of a seed, and judge it."""
    story = _Story(seed)
    try:
        virtual_time.run(story.clock, story.play())
    except Exception:  # noqa: BLE001 - whatever stops a story is a failure of its seed
        story.judge.failures.append(traceback.format_exc())
    return story.told()


class _Story:
    def __init__(self, seed: int) -> None:
        self.seed = seed
        # Not for secrets: it must come out the same each time.
        draw = Random(seed)  # noqa: S311
        self.scene: Scene = draw_scene(draw)
        world = self.scene.world
        assert isinstance(world.clock, virtual_time.LoopClock)
        self.clock = world.clock
        self.faults = _draw_faults(draw, seed, self.clock)
        self.lines = [str(self.faults.reads), str(self.faults.writes), *self.scene.told]
        self.judge = Judge(self.scene)
        self.records = Records(self.clock, Random(f"{seed} records"))  # noqa: S311
        self.lease = MemoryLease()
        self.outcomes: Counter[str] = Counter()
        network = Random(f"{seed} network")  # noqa: S311
        self.watch = Watch(world, self.faults, network, self.judge.done, self._ambush)
        self._draw = draw
        self._count = 0
        self._ids = _Numbers()

    async def play(self) -> None:
        """Let everybody act, and then look at what is left."""
        draw, scene = self._draw, self.scene
        operators = [
            [draw_act(draw, scene) for _ in range(draw.randint(2, 5))]
            for _ in range(draw.choice((1, 2)))
        ]
        events = [draw_event(draw, scene) for _ in range(draw.randint(0, 12))]
        async with asyncio.TaskGroup() as group:
            for number, acts in enumerate(operators, 1):
                group.create_task(self._operate(f"operator {number}", acts))
            group.create_task(self._others(events))
        await self.faults.settle()
        self.records.mend()
        if held := sorted(self.lease._held):
            self.judge.fail(f"still held: {held}")
        await Aftermath(scene, self.judge, self.records, self._afterwards).examine()

    def told(self) -> Told:
        """Give the whole story."""
        struck = Counter(one.kind.value for one in self.faults.struck)
        lines = (*self.lines, *(f"  {one}" for one in self.faults.struck))
        failures = tuple(dict.fromkeys(self.judge.failures))
        return Told(self.seed, lines, failures, struck, self.outcomes, self.judge.windows)

    # --- who acts ------------------------------------------------------------------------------

    async def _operate(self, name: str, acts: list[Act]) -> None:
        for act in acts:
            await self.clock.sleep(act.pause)
            await self._perform(f"{name}.{self._next()}", act, faults=True)

    async def _others(self, events: list[Event]) -> None:
        for event in events:
            await self.clock.sleep(event.pause)
            self._say(event.said)
            event.do()
            self.watch.changes += 1

    def _ambush(self, key: WorkflowKey, action: Action | None) -> None:
        for event in draw_ambush(self.watch.draw, self.scene, key, action):
            self._say(f"  meanwhile {event.said}")
            event.do()
            self.watch.changes += 1

    async def _afterwards(
        self, verb: str, do: Callable[[wfadmin.Operator], Awaitable[object]]
    ) -> Operation:
        act = Act(verb, f"{verb} afterwards", do)
        if verb == "recover":
            act = attrs.evolve(act, policy=EVERYTHING)
        return await self._perform(f"afterwards.{self._next()}", act, faults=False)

    async def _perform(self, actor: str, act: Act, *, faults: bool) -> Operation:
        operation = Operation(actor, act)
        self.records.operations[actor] = operation
        self._say(f"{actor}: {act.said}")
        operator = self._connect(operation, faults=faults)
        limit = None if act.patience is None else act.patience.total_seconds()
        try:
            with anyio.move_on_after(limit):
                operation.ending = await act.do(operator)
        except Exception as error:  # noqa: BLE001 - judged: it must be one of ours
            operation.ending = error
        operation.has_ended = True
        self._ended(operation)
        return operation

    def _ended(self, operation: Operation) -> None:
        word = word_for(operation.ending)
        self._say(f"{operation.actor}: {word}: {self._shown(operation.ending)}")
        self.outcomes[f"{operation.act.verb}: {word}"] += 1
        for what in (*misconduct(operation, self.records), *untrue_as_shown(operation)):
            self.judge.fail(what, operation)
        for what in self._untrue_now(operation):
            if operation.stale:
                self.judge.windows[f"stale: {what}"] += 1
            else:
                self.judge.fail(what, operation)

    def _untrue_now(self, operation: Operation) -> list[str]:
        if operation.seen_at != self.watch.changes or self.scene.world.store.backlog.waiting:
            return []
        return list(untrue_now(operation, self.scene))

    def _connect(self, operation: Operation, *, faults: bool) -> wfadmin.Operator:
        ill = Random(f"{self.seed} {operation.actor}") if faults else None  # noqa: S311
        operator = wfadmin.connect(
            self.watch.over(operation, faults=faults),
            actor=operation.actor,
            audit=self.records,
            lease=self.lease,
            evidence=Saved(operation, ill),
            clock=self.clock,
        )
        # Random ones would be others each time the story is told.
        return attrs.evolve(operator, host=attrs.evolve(operator.host, ids=self._ids))

    # --- what is said --------------------------------------------------------------------------

    def _say(self, line: str) -> None:
        self.lines.append(f"{self.clock.monotonic().total_seconds():9.3f} {line}")

    def _shown(self, ending: object) -> str:
        if not isinstance(ending, Exception | Result):
            return type(ending).__name__
        return str(ending)

    def _next(self) -> int:
        self._count += 1
        return self._count


class _Numbers(Ids):
    def __init__(self) -> None:
        self._numbers = count(1)

    @override
    def fresh(self) -> str:
        return f"op_{next(self._numbers)}"


def _draw_faults(draw: Random, seed: int, clock: virtual_time.LoopClock) -> TwoFaults:
    reads = Faults.random(
        seed=seed,
        rate=draw.choice(_RATES_OF_READS),
        clock=clock,
        kinds=Kind,
        points=[one for one in Point if not one.is_write],
    )
    writes = Faults.random(
        seed=seed,
        rate=draw.choice(_RATES_OF_WRITES),
        clock=clock,
        kinds=Kind,
        points=[one for one in Point if one.is_write],
    )
    return TwoFaults(reads, writes)
