"""Recovery of one key on the in-memory engine: what it does, and what it leaves alone."""

from datetime import timedelta

import pytest

import wfadmin
from tests.operations.engines import BareEngine
from tests.operations.repairs import KEY, PAUSED, SHARED_TOO, acts, operator_of, watch, writes
from wfadmin.adapters.evidence_memory import MemoryEvidence
from wfadmin.adapters.memory import Point, World
from wfadmin.domain.capabilities import Fence
from wfadmin.domain.plan import Action
from wfadmin.domain.policy import Protection, RecoveryPolicy
from wfadmin.domain.recovery import PriorEffect
from wfadmin.domain.results import Effect, StateAfter
from wfadmin.errors import (
    NotSupported,
    Protected,
    RetryBlocked,
    Sent,
    ServiceNotFound,
    StalePlan,
    UnexpectedAnswer,
)

pytestmark = pytest.mark.asyncio

READ_STATE_AND_RUNS = [Point.READ_STATE, Point.FOR_KEY]


async def test_a_failed_key_is_purged_with_its_state_in_eight_requests() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").state({"step": b"pay"}).failed("boom")
    points, evidence = watch(world), MemoryEvidence()

    result = await operator_of(world, evidence=evidence).recover_stuck_workflow(KEY)

    assert (result.matched, result.killed, result.purged) == (1, (), (run.id,))
    assert (result.state, result.effect) == (StateAfter.CLEARED, Effect.CONFIRMED)
    assert points == [
        Point.FACTS,
        Point.LIST_SERVICES,
        Point.FOR_KEY,
        Point.READ_STATE,
        Point.FOR_KEY,
        Point.PURGE,
        Point.READ_STATE,
        Point.FOR_KEY,
    ]
    (saved,) = evidence.saved.items()
    assert result.evidence == saved[0]
    assert saved[1]["state"]["entries"][0]["name"] == "step"
    assert (world.store.runs, world.store.state_of(KEY)) == ((), {})


async def test_a_key_that_was_recovered_has_nothing_left_to_do() -> None:
    world = World()
    world.workflow("Order").key("o-1").failed()
    operator = operator_of(world)
    await operator.recover_stuck_workflow(KEY)
    points = watch(world)

    again = await operator.recover_stuck_workflow(KEY)

    assert (again.matched, again.purged, again.effect) == (0, (), Effect.NO_CHANGE)
    assert (again.state, again.evidence, again.warnings) == (StateAfter.WAS_EMPTY, None, ())
    assert points == [Point.FACTS, Point.LIST_SERVICES, Point.FOR_KEY, Point.READ_STATE]


async def test_a_killed_run_is_purged_where_the_operator_died_before() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").paused()
    world.store.kill(run.id)

    result = await operator_of(world).recover_stuck_workflow(KEY)

    assert (result.killed, result.purged) == ((), (run.id,))


async def test_a_paused_run_is_killed_and_purged_where_the_policy_says_so() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").paused(failure="gave up")
    points = watch(world)

    result = await operator_of(world).recover_stuck_workflow(KEY, policy=PAUSED)

    assert (result.killed, result.purged) == ((run.id,), (run.id,))
    assert points == [
        Point.FACTS,
        Point.LIST_SERVICES,
        Point.FOR_KEY,
        Point.CHILDREN,
        Point.FOR_KEY,
        Point.READ_STATE,
        Point.FOR_KEY,
        Point.KILL,
        Point.FOR_KEY,
        Point.PURGE,
        Point.READ_STATE,
        Point.FOR_KEY,
    ]


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("running", "active"),
        ("backing_off", "active"),
        ("paused", "active"),
        ("suspended", "active"),
        ("scheduled", "active"),
        ("succeeded", "succeeded"),
    ],
)
async def test_what_is_not_failed_is_refused_and_left_as_it_was(status: str, reason: str) -> None:
    world = World()
    run = getattr(world.workflow("Order").key("o-1"), status)()
    before, points = world.store.fingerprint(), watch(world)

    with pytest.raises(RetryBlocked) as caught:
        await operator_of(world).recover_stuck_workflow(KEY)

    assert (caught.value.reason, caught.value.invocation_ids) == (reason, (run.id,))
    assert caught.value.sent is Sent.NO
    assert (world.store.fingerprint(), writes(points)) == (before, [])


async def test_a_virtual_object_is_refused_also_without_any_call() -> None:
    world = World()
    cart = wfadmin.WorkflowKey("Cart", "c-1")
    world.virtual_object("Cart").key("c-1").state({"items": b"3"})

    with pytest.raises(RetryBlocked) as caught:
        await operator_of(world).recover_stuck_workflow(cart)

    assert caught.value.reason == "not_a_workflow"
    assert world.store.state_of(cart) == {"items": b"3"}


async def test_a_service_that_nobody_knows_is_not_found() -> None:
    world = World()
    world.workflow("Order").key("o-1").failed()

    with pytest.raises(ServiceNotFound):
        await operator_of(world).recover_stuck_workflow(wfadmin.WorkflowKey("Ordre", "o-1"))


async def test_a_protected_service_is_not_even_read() -> None:
    world = World()
    world.workflow("Order").key("o-1").failed()
    points = watch(world)
    operator = operator_of(world, protection=Protection(services=("Order",)))

    with pytest.raises(Protected):
        await operator.recover_stuck_workflow(KEY)

    assert points == []


async def test_retention_0_is_refused_because_the_state_would_stay() -> None:
    world = World()
    run = world.workflow("Order", retention=timedelta(0)).key("o-1").paused()

    with pytest.raises(RetryBlocked) as caught:
        await operator_of(world).recover_stuck_workflow(KEY, policy=PAUSED)

    assert (caught.value.reason, caught.value.invocation_ids) == ("not_retained", (run.id,))


async def test_a_running_shared_handler_blocks() -> None:
    world = World()
    key = world.workflow("Order").key("o-1")
    key.failed()
    watcher = key.shared("watch").running()

    with pytest.raises(RetryBlocked) as caught:
        await operator_of(world).recover_stuck_workflow(KEY)

    assert (caught.value.reason, caught.value.invocation_ids) == ("active", (watcher.id,))


async def test_a_stuck_shared_handler_is_killed_before_the_run_is_purged() -> None:
    world = World()
    key = world.workflow("Order").key("o-1")
    run = key.failed()
    watcher = key.shared("watch").suspended(since=timedelta(hours=2))
    points = watch(world)

    result = await operator_of(world).recover_stuck_workflow(KEY, policy=SHARED_TOO)

    assert writes(points) == [Point.KILL, Point.PURGE]
    assert (result.matched, result.killed, result.purged) == (2, (watcher.id,), (run.id,))
    assert all(one.is_completed for one in world.store.runs)


async def test_a_stuck_shared_handler_without_a_run_leaves_the_state_and_says_so() -> None:
    world = World()
    key = world.workflow("Order").key("o-1").state({"step": b"pay"})
    watcher = key.shared("watch").suspended(since=timedelta(hours=2))
    operator = operator_of(world)

    first = await operator.recover_stuck_workflow(KEY, policy=SHARED_TOO)
    second = await operator.recover_stuck_workflow(KEY, policy=SHARED_TOO)

    assert (first.killed, first.purged, first.state) == ((watcher.id,), (), StateAfter.NOT_EMPTY)
    assert first.warnings[-1].startswith("What is stored under the key is left over")
    assert (second.matched, second.state) == (0, StateAfter.CLEARED)


async def test_children_block_until_the_policy_includes_them() -> None:
    world = World()
    parent = world.workflow("Order").key("o-1").paused()
    child = parent.child(world.workflow("Payment").key("p-1")).running()
    operator = operator_of(world)

    with pytest.raises(RetryBlocked) as caught:
        await operator.recover_stuck_workflow(KEY, policy=PAUSED)
    policy = RecoveryPolicy(PAUSED.stuck, with_children=True)
    result = await operator.recover_stuck_workflow(KEY, policy=policy)

    assert (caught.value.reason, caught.value.invocation_ids) == ("has_children", (child.id,))
    assert result.killed == (parent.id,)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (PriorEffect.HAPPENED, "effect_happened"),
        (PriorEffect.UNKNOWN, "effect_unknown"),
        (PriorEffect.NOT_ASKED, "effect_unknown"),
        (None, "effect_unknown"),
        (True, "effect_unknown"),
    ],
)
async def test_a_guard_that_does_not_say_no_refuses(answer: object, reason: str) -> None:
    world = World()
    world.workflow("Order").key("o-1").failed()

    with pytest.raises(RetryBlocked) as caught:
        await operator_of(world, guard=Guard(answer)).recover_stuck_workflow(KEY)

    assert caught.value.reason == reason


async def test_a_guard_that_says_no_allows() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").failed()
    guard = Guard(PriorEffect.DID_NOT_HAPPEN)

    result = await operator_of(world, guard=guard).recover_stuck_workflow(KEY)

    assert result.purged == (run.id,)


class Guard:
    def __init__(self, answer: object) -> None:
        self.answer = answer

    async def effect_of(self, _key: wfadmin.WorkflowKey) -> object:
        return self.answer


# --- what is left without a run ------------------------------------------------------------------


async def test_leftover_state_is_cleared_between_two_looks_at_the_runs() -> None:
    world = World()
    world.workflow("Order").key("o-1").state({"step": b"pay"})
    points = watch(world)

    result = await operator_of(world).recover_stuck_workflow(KEY)

    assert (result.matched, result.state, result.effect) == (
        0,
        StateAfter.CLEARED,
        Effect.CONFIRMED,
    )
    assert points[2:] == [
        Point.FOR_KEY,
        Point.READ_STATE,
        Point.FOR_KEY,
        Point.CLEAR_STATE,
        Point.READ_STATE,
        Point.FOR_KEY,
    ]


async def test_leftover_state_beside_a_finished_shared_call_is_cleared() -> None:
    world = World()
    key = world.workflow("Order").key("o-1").state({"step": b"pay"})
    watcher = key.shared("watch").succeeded()

    result = await operator_of(world).recover_stuck_workflow(KEY)

    assert (result.matched, result.state) == (0, StateAfter.CLEARED)
    assert [one.id for one in world.store.runs] == [watcher.id]


async def test_leftover_state_of_a_service_that_is_not_listed_is_refused() -> None:
    world = World()
    place = world.deployment("http://orders:9080", serves=("Order",))
    world.workflow("Order").key("o-1").state({"step": b"pay"})
    world.remove_deployment(place)

    with pytest.raises(RetryBlocked) as caught:
        await operator_of(world).recover_stuck_workflow(KEY)

    assert caught.value.reason == "unknown"
    assert world.store.state_of(KEY) == {"step": b"pay"}


async def test_a_run_that_appears_before_the_clear_stops_it() -> None:
    world = World()
    key = world.workflow("Order").key("o-1").state({"step": b"pay"})
    points = watch(world, acts(Point.READ_STATE, key.submit))

    with pytest.raises(StalePlan) as caught:
        await operator_of(world).recover_stuck_workflow(KEY)

    assert (caught.value.sent, writes(points)) == (Sent.NO, [])


async def test_an_engine_that_compares_refuses_to_clear_other_state() -> None:
    world = World(fence=Fence.ATOMIC)
    key = world.workflow("Order").key("o-1").state({"step": b"pay"})
    watch(world, acts(Point.CLEAR_STATE, lambda: key.state({"step": b"ship"})))

    with pytest.raises(StalePlan) as caught:
        await operator_of(world).recover_stuck_workflow(KEY)

    assert caught.value.sent is Sent.YES
    assert world.store.state_of(KEY) == {"step": b"ship"}


# --- engines that can do less --------------------------------------------------------------------


async def test_an_engine_without_commands_is_refused_before_anything_is_stored() -> None:
    world, evidence = World(), MemoryEvidence()
    world.workflow("Order").key("o-1").failed()
    operator = wfadmin.connect(BareEngine(world.engine), clock=world.clock, evidence=evidence)

    with pytest.raises(NotSupported):
        await operator.recover_stuck_workflow(KEY)

    assert evidence.saved == {}


async def test_an_engine_that_cannot_purge_is_refused() -> None:
    world = World(commands=frozenset())
    world.workflow("Order").key("o-1").failed()

    with pytest.raises(NotSupported):
        await operator_of(world).recover_stuck_workflow(KEY)


async def test_without_a_list_that_covers_names_an_unknown_service_is_only_warned_of() -> None:
    world = World()
    operator = wfadmin.connect(BareEngine(world.engine), clock=world.clock)

    result = await operator.recover_stuck_workflow(KEY)

    assert (result.matched, result.state) == (0, None)
    assert result.warnings == ("Whether the service exists cannot be told on this engine.",)


async def test_a_plan_names_its_steps_and_the_windows_that_stay_open() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").failed()
    points = watch(world)

    plan = await operator_of(world).plan_recover(KEY)

    assert [(one.action, one.target) for one in plan.steps] == [(Action.PURGE, run.id)]
    assert plan.warnings[0].startswith("Ids recur")
    assert writes(points) == []


async def test_a_reading_that_is_not_understood_blocks() -> None:
    world = World()
    world.workflow("Order").key("o-1").failed()
    error = UnexpectedAnswer("memory", "odd")

    def odd() -> None:
        raise error

    watch(world, acts(Point.FOR_KEY, odd))

    with pytest.raises(RetryBlocked) as caught:
        await operator_of(world).recover_stuck_workflow(KEY)

    assert caught.value.reason == "query_failed"
