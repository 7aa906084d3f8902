"""Applying a plan: it can do nothing that its verb would not do now."""

from datetime import timedelta

import attrs
import pytest

from tests.operations.repairs import (
    BACKING_OFF,
    KEY,
    PAUSED,
    SHARED_TOO,
    operator_of,
    outcomes,
    watch,
    writes,
)
from wfadmin.adapters.audit_memory import MemoryAuditLog
from wfadmin.adapters.memory import Point, World
from wfadmin.domain.plan import Action, Item, Plan, Step, Verb
from wfadmin.domain.policy import Protection, RecoveryPolicy
from wfadmin.domain.results import CleanupResult, CommandResult, Effect, RecoverResult
from wfadmin.errors import InvalidPlan, Protected, RetryBlocked, Sent, StalePlan

pytestmark = pytest.mark.asyncio

V1, V2 = "http://v1:9080", "http://v2:9080"


def stuck() -> World:
    world = World()
    world.workflow("Order").key("o-1").state({"step": b"pay"}).paused()
    return world


async def refused(world: World, plan: Plan, kind: type[Exception] = StalePlan) -> Exception:
    """Apply, and see that nothing is sent and nothing changes."""
    before, points = world.store.fingerprint(), watch(world)
    with pytest.raises(kind) as caught:
        await operator_of(world).apply(plan)
    assert (world.store.fingerprint(), writes(points)) == (before, [])
    return caught.value


async def test_a_plan_of_a_recovery_does_what_it_says() -> None:
    world = stuck()
    operator = operator_of(world)
    plan = await operator.plan_recover(KEY, policy=PAUSED)

    result = await operator.apply(plan)

    assert isinstance(result, RecoverResult)
    assert (len(result.killed), len(result.purged)) == (1, 1)


@pytest.mark.parametrize("policy", [SHARED_TOO, RecoveryPolicy(PAUSED.stuck, with_children=True)])
async def test_a_plan_keeps_its_policy(policy: RecoveryPolicy) -> None:
    world = stuck()
    operator = operator_of(world)
    plan = await operator.plan_recover(KEY, policy=policy)

    again = await operator.plan_recover(KEY, policy=policy)
    await operator.apply(plan)

    assert (again.digest, again.arguments) == (plan.digest, plan.arguments)
    assert world.store.runs == ()


async def test_a_plan_of_which_half_has_happened_runs_the_rest() -> None:
    world = stuck()
    operator = operator_of(world)
    plan = await operator.plan_recover(KEY, policy=PAUSED)
    world.store.kill(world.store.runs[0].id)
    points = watch(world)

    result = await operator.apply(plan)

    assert (writes(points), result.effect) == ([Point.PURGE], Effect.CONFIRMED)


async def test_a_plan_of_which_all_has_happened_has_nothing_to_do() -> None:
    world = stuck()
    operator = operator_of(world)
    plan = await operator.plan_recover(KEY, policy=PAUSED)
    await operator.apply(plan)

    assert (await operator.apply(plan)).effect is Effect.NO_CHANGE


async def test_what_would_be_planned_now_in_the_place_of_a_plan_can_be_seen_before() -> None:
    world = stuck()
    operator = operator_of(world)
    plan = await operator.plan_recover(KEY, policy=PAUSED)
    same = await operator.plan_again(plan)
    world.store.kill(world.store.runs[0].id)
    points = watch(world)

    rest = await operator.plan_again(plan)

    assert same == plan
    assert rest.arguments == plan.arguments
    assert [step.action for step in rest.steps] == [Action.PURGE]
    assert writes(points) == []


async def test_a_plan_that_nobody_made_is_not_planned_again() -> None:
    world = stuck()
    plan = await operator_of(world).plan_recover(KEY, policy=PAUSED)
    forged = attrs.evolve(plan, arguments=(("service_name", "Order"),))

    with pytest.raises(InvalidPlan):
        await operator_of(world).plan_again(forged)


async def test_a_plan_after_which_a_shared_call_started_is_stale() -> None:
    world = stuck()
    plan = await operator_of(world).plan_recover(KEY, policy=SHARED_TOO)
    world.workflow("Order").key("o-1").shared("watch").suspended(since=timedelta(hours=2))

    await refused(world, plan)


async def test_a_plan_after_which_a_live_shared_call_started_is_blocked() -> None:
    world = stuck()
    plan = await operator_of(world).plan_recover(KEY, policy=PAUSED)
    world.workflow("Order").key("o-1").shared("watch").running()

    await refused(world, plan, RetryBlocked)


async def test_a_plan_for_a_run_that_was_replaced_is_stale() -> None:
    world = stuck()
    plan = await operator_of(world).plan_recover(KEY, policy=PAUSED)
    run = world.store.runs[0]
    world.store.kill(run.id)
    world.store.purge(run.id)
    world.workflow("Order").key("o-1").paused()

    await refused(world, plan)


@pytest.mark.parametrize(
    ("passed", "is_stale"), [(timedelta(minutes=14), False), (timedelta(minutes=15), True)]
)
async def test_a_plan_expires_after_fifteen_minutes(passed: timedelta, *, is_stale: bool) -> None:
    world = stuck()
    operator = operator_of(world)
    plan = await operator.plan_recover(KEY, policy=PAUSED)
    world.clock.advance(passed)

    if is_stale:
        error = await refused(world, plan)
        assert "it has expired" in str(error)
    else:
        assert (await operator.apply(plan)).effect is Effect.CONFIRMED


async def test_a_plan_for_another_engine_is_stale() -> None:
    world = stuck()
    plan = await operator_of(world).plan_recover(KEY, policy=PAUSED)

    error = await refused(world, attrs.evolve(plan, engine="restate http://elsewhere"))

    assert "it is for the engine restate http://elsewhere" in str(error)


async def test_a_stale_plan_is_one_note_and_says_that_nothing_was_sent() -> None:
    world, audit = stuck(), MemoryAuditLog()
    operator = operator_of(world, audit=audit)
    plan = attrs.evolve(await operator.plan_recover(KEY, policy=PAUSED), engine="other")

    with pytest.raises(StalePlan) as caught:
        await operator.apply(plan)

    assert caught.value.sent is Sent.NO
    assert outcomes(audit) == [("plan recover", "planned"), ("recover", "stale_plan")]


async def test_a_forged_plan_is_blocked_as_its_verb_is() -> None:
    """It names the steps; the run is alive, so the verb would refuse."""
    world = World()
    run = world.workflow("Order").key("o-1").running()
    ref = run.ref
    steps = (
        Step(Action.KILL, ref.id, ref.incarnation),
        Step(Action.PURGE, ref.id, ref.incarnation),
    )
    plan = Plan(
        Verb.RECOVER,
        (
            ("service_name", "Order"),
            ("service_key", "o-1"),
            ("with_children", "no"),
            ("force_purge", "no"),
        ),
        (Item("'Order' 'o-1'", steps),),
        (),
        "memory memory",
        world.clock.now() + timedelta(days=9),
    )

    await refused(world, plan, RetryBlocked)


async def test_an_edited_plan_that_says_less_than_would_be_done_is_stale() -> None:
    world = stuck()
    plan = await operator_of(world).plan_recover(KEY, policy=PAUSED)
    (item,) = plan.items

    await refused(world, attrs.evolve(plan, items=(attrs.evolve(item, steps=item.steps[:1]),)))
    await refused(world, attrs.evolve(plan, items=()))


async def test_an_edited_plan_does_not_lift_a_protection() -> None:
    world = stuck()
    plan = await operator_of(world).plan_recover(KEY, policy=PAUSED)

    with pytest.raises(Protected):
        await operator_of(world, protection=Protection(services=("Order",))).apply(plan)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"service_key": None}, "does not name one service_key"),
        ({"service_key": ""}, "service key: it is empty"),
        ({"with_children": "maybe"}, "with_children is neither yes nor no"),
        ({"force_purge": "maybe"}, "force_purge is neither yes nor no"),
        ({"stuck": "backing_off"}, "stuck rule"),
        ({"more": "x"}, "the argument more is not known"),
    ],
)
async def test_arguments_that_the_verb_does_not_have_are_an_invalid_plan(
    change: dict[str, str | None], problem: str
) -> None:
    world = stuck()
    plan = await operator_of(world).plan_recover(KEY, policy=PAUSED)
    arguments = {**dict(plan.arguments), **change}
    pairs = tuple((name, value) for name, value in arguments.items() if value is not None)

    error = await refused(world, attrs.evolve(plan, arguments=pairs), InvalidPlan)

    assert problem in str(error)


async def test_an_argument_that_is_given_twice_is_an_invalid_plan() -> None:
    world = stuck()
    plan = await operator_of(world).plan_steering(Verb.RESUME, KEY, invocation_id=_id(world))
    twice = (*plan.arguments, ("id", "inv_9"))

    error = await refused(world, attrs.evolve(plan, arguments=twice), InvalidPlan)

    assert "more than one id" in str(error)


def _id(world: World) -> str:
    return world.store.runs[0].id


async def test_plans_of_the_mild_verbs_are_applied() -> None:
    world = stuck()
    operator = operator_of(world)
    done = []

    for verb in (Verb.RESUME, Verb.PAUSE, Verb.RESUME, Verb.CANCEL):
        result = await operator.apply(await operator.plan_steering(verb, KEY))
        assert isinstance(result, CommandResult)
        done.append(result.status)

    assert done == ["running", "paused", "running", "completed"]


async def test_a_plan_of_a_cleanup_removes_what_is_left_of_it() -> None:
    world = World()
    old = world.deployment("http://v0:9080", serves=("Order",))
    middle = world.deployment(V1, serves=("Order",))
    world.deployment(V2, serves=("Order",))
    operator = operator_of(world)
    plan = await operator.plan_cleanup(V2, also_keep=(V2,), wait=timedelta(seconds=3))
    world.remove_deployment(old)

    result = await operator.apply(plan)

    assert isinstance(result, CleanupResult)
    assert [one.target for one in plan.items] == [old.id, middle.id]
    assert result.removed == (middle.id,)


async def test_a_plan_of_a_cleanup_after_which_another_became_stale_is_stale() -> None:
    world = World()
    world.deployment(V1, serves=("Order",))
    world.deployment(V2, serves=("Order",))
    plan = await operator_of(world).plan_cleanup(V2)
    world.deployment("http://v3:9080", serves=("Cart",))
    world.deployment(V2, serves=("Order", "Cart"))

    await refused(world, plan)


async def test_a_plan_of_a_registration_is_for_the_services_that_it_shows() -> None:
    world = World()
    world.place(V1, serves=("Order",))
    operator = operator_of(world)
    plan = await operator.plan_redeploy(V1)
    world.place(V1, serves=("Order", "Payment"))

    await refused(world, plan)
    assert (await operator.apply(await operator.plan_redeploy(V1))).effect is Effect.CONFIRMED


@pytest.mark.parametrize("url", ["http://ada:pw@v1:9080", "http://v1:9080/?token=1"])
async def test_a_plan_does_not_keep_all_of_a_url_and_registers_no_other_one(url: str) -> None:
    world = World()
    world.place(url, serves=("Order",))
    plan = await operator_of(world).plan_redeploy(url)

    error = await refused(world, plan, InvalidPlan)

    assert "call the verb itself" in str(error)
    assert "pw" not in str(plan)
    assert "token=1" not in str(plan)


async def test_a_plan_does_not_keep_all_of_a_url_and_cleans_up_for_no_other_one() -> None:
    world = World()
    world.deployment(V1, serves=("Order",))
    world.deployment(f"{V2}/?token=1", serves=("Order",))
    plan = await operator_of(world).plan_cleanup(f"{V2}/?token=1")

    await refused(world, plan, InvalidPlan)


async def test_a_plan_of_a_loop_that_attempts_by_now_is_applied() -> None:
    world = World()
    run = world.workflow("Order").key("o-1").backing_off(attempts=7)
    operator = operator_of(world)
    plan = await operator.plan_recover(KEY, policy=BACKING_OFF)
    world.store.progress(run.id)

    assert (await operator.apply(plan)).effect is Effect.CONFIRMED
