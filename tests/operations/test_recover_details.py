"""Recoveries in detail: what is said of a parked run, of what was saved, and of what is left."""

from datetime import timedelta

import attrs
import pytest

import wfadmin
from tests.domain.build import run as invocation
from tests.operations.engines import Parents, declaring
from tests.operations.repairs import (
    BACKING_OFF,
    KEY,
    PAUSED,
    acts,
    fails,
    lost,
    nothing,
    operator_of,
    watch,
    writes,
)
from wfadmin.adapters.evidence_memory import MemoryEvidence
from wfadmin.adapters.memory import MemoryEngine, Point, World
from wfadmin.adapters.memory.placing import Run
from wfadmin.domain.capabilities import EngineFacts, Reach
from wfadmin.domain.keys import InvocationRef
from wfadmin.domain.model import Invocation, InvocationStatus
from wfadmin.domain.policy import RecoveryPolicy, Running
from wfadmin.errors import EngineRejected, NotSupported, RetryBlocked, Sent
from wfadmin.operations.recovery_loop import left_paused
from wfadmin.ports import InvocationHistory

pytestmark = pytest.mark.asyncio

WITH_CHILDREN = RecoveryPolicy(PAUSED.stuck, with_children=True)
LATE = "Work that a killed run began may still be under way"


def backing_off() -> tuple[World, Run]:
    world = World()
    return world, world.workflow("Order").key("o-1").backing_off(attempts=7)


def gets_on(world: World, run: Run) -> None:
    """It leaves the loop of failing attempts."""
    world.store.progress(run.id)
    world.store.progress(run.id)


# --- parked runs ---------------------------------------------------------------------------------


async def test_a_parked_run_without_a_key_is_named_without_a_line() -> None:
    assert left_paused(invocation("inv_1", key=None)) == (
        "inv_1 was paused by this operation and may be paused still."
    )


async def test_a_parked_run_with_a_key_is_named_with_the_line_that_resumes_it() -> None:
    assert left_paused(invocation("inv_1")) == (
        "inv_1 was paused by this operation and may be paused still. "
        "To let it go on: wfadmin runs resume --id=inv_1 -- Order 42"
    )


async def test_a_run_that_rested_for_long_is_parked_and_still_counts_as_resting() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").running(since=timedelta(hours=2))
    policy = RecoveryPolicy((Running(timedelta(hours=1)),))
    points = watch(world)

    result = await operator_of(world).recover_stuck_workflow(KEY, policy=policy)

    assert (result.killed, result.purged) == ((run.id,), (run.id,))
    assert writes(points) == [Point.PAUSE, Point.KILL, Point.PURGE]


async def test_a_parked_run_is_set_going_also_where_a_needless_resume_does_harm() -> None:
    world, run = backing_off()
    points = watch(world, acts(Point.PAUSE, lambda: gets_on(world, run)))
    engine = declaring(world, repeatable=frozenset())

    with pytest.raises(RetryBlocked) as caught:
        await wfadmin.connect(engine, clock=world.clock).recover_stuck_workflow(
            KEY, policy=BACKING_OFF
        )

    assert (caught.value.also, writes(points)) == ((), [Point.PAUSE, Point.RESUME])
    assert run.now is not None
    assert run.now.status is not InvocationStatus.PAUSED


async def test_a_resume_that_does_not_show_leaves_the_parked_run_named() -> None:
    world, run = backing_off()
    watch(
        world,
        acts(Point.PAUSE, lambda: gets_on(world, run)),
        lost(Point.RESUME, nothing),
    )

    with pytest.raises(RetryBlocked) as caught:
        await operator_of(world).recover_stuck_workflow(KEY, policy=BACKING_OFF)

    assert [line.partition(" ")[0] for line in caught.value.also] == [run.id]


# --- what is refused -----------------------------------------------------------------------------


async def test_a_refusal_names_every_reason_with_its_runs() -> None:
    world = World()
    key = world.workflow("Order").key("o-1")
    key.running()
    watcher = key.shared("watch").running()
    (main, _) = world.store.runs

    with pytest.raises(RetryBlocked) as caught:
        await operator_of(world).recover_stuck_workflow(KEY)

    assert caught.value.blocked == (("active", (main.id, watcher.id)),)


async def test_what_was_sent_before_a_refusal_is_said() -> None:
    world = World()
    world.workflow("Order").key("o-1").failed()
    watch(world, fails(Point.PURGE, EngineRejected("memory", 500)))

    with pytest.raises(EngineRejected) as caught:
        await operator_of(world).recover_stuck_workflow(KEY)

    assert caught.value.sent is Sent.YES


async def test_children_that_go_on_keep_a_purge_off_although_others_are_not_known() -> None:
    world = World()
    key = world.workflow("Order").key("o-1")
    watcher = key.shared("watch").paused()
    key.failed()
    child = world.workflow("Payment").key("p-1").running()
    points = watch(world)

    def found(ref: InvocationRef) -> tuple[Invocation, ...]:
        if ref.id == watcher.id:
            raise NotSupported("memory", "children")
        assert child.now is not None
        return (child.now,)

    engine = attrs.evolve(
        declaring(world, purge_reach=Reach.WITH_CHILDREN),
        runs=Parents(world.engine.invocations, found),
    )
    with pytest.raises(RetryBlocked) as caught:
        await wfadmin.connect(engine, clock=world.clock).recover_stuck_workflow(
            KEY, policy=WITH_CHILDREN
        )

    assert (caught.value.reason, caught.value.invocation_ids) == ("has_children", (child.id,))
    assert writes(points) == []


# --- what is left --------------------------------------------------------------------------------


async def test_a_clear_of_what_is_left_warns_before_and_says_where_it_was_saved() -> None:
    world, evidence = World(), MemoryEvidence()
    world.workflow("Order").key("o-1").state({"step": b"pay"})
    operator = operator_of(world, evidence=evidence)

    plan = await operator.plan_recover(KEY)
    result = await operator.recover_stuck_workflow(KEY)

    (warning,) = plan.warnings
    assert warning.startswith("No run is left: only what is stored goes.")
    assert result.evidence is not None
    assert result.evidence in evidence.saved


async def test_every_call_that_is_stranded_is_named() -> None:
    world = World()
    key = world.workflow("Order").key("o-1")
    key.shared("watch").succeeded()
    run = key.failed()
    calls: list[str] = []

    def strand() -> None:
        calls.extend(key.shared("watch").running().id for _ in range(2))

    watch(world, acts(Point.PURGE, strand))
    result = await operator_of(world).recover_stuck_workflow(KEY)

    assert result.purged == (run.id,)
    told = f"Shared calls began meanwhile, and may wait for ever: {', '.join(calls)}."
    assert told in result.warnings


async def test_every_newer_run_is_named() -> None:
    """Of a handler that was not listed when the service was looked up, nobody knows the kind."""
    world = World()
    key = world.workflow("Order").key("o-1")
    key.failed()
    newer: list[str] = []

    def begin() -> None:
        newer.extend(key.shared("watch").running().id for _ in range(2))

    watch(world, acts(Point.PURGE, begin))
    result = await operator_of(world).recover_stuck_workflow(KEY)

    assert f"A newer run holds the key already: {', '.join(newer)}." in result.warnings


@attrs.frozen(eq=False)
class Untold(MemoryEngine):
    """The engine in memory, with late results and without histories."""

    @property
    def history(self) -> InvocationHistory | None:  # type: ignore[override]
        return None

    async def facts(self) -> EngineFacts:
        facts = await super().facts()
        late = attrs.evolve(facts.capabilities, late_results=True)
        return attrs.evolve(facts, capabilities=late)


@pytest.mark.parametrize(("status", "warned"), [("killed", True), ("failed", False)])
async def test_without_histories_only_a_run_that_was_ended_from_outside_is_warned_of(
    status: str, *, warned: bool
) -> None:
    world = World()
    getattr(world.workflow("Order").key("o-1"), status)()
    whole = world.engine
    engine = Untold(whole.store, whole.points, whole.commands)

    plan = await wfadmin.connect(engine, clock=world.clock).plan_recover(KEY)

    assert any(one.startswith(LATE) for one in plan.warnings) is warned
