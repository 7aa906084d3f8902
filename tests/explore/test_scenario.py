"""Operations in a scenario, and how it is explored."""

import asyncio
from collections.abc import Callable

import pytest
import trio

from tests.explore.plays import (
    BACKING_OFF,
    KEY,
    NO_PAUSE,
    PAUSED,
    backing_off,
    failed,
    paused,
)
from tests.explore.scenes import (
    LOOKS,
    OTHER,
    RECOVERS,
    nothing,
    on,
    recover,
    recovering,
)
from wfadmin.adapters.memory import World
from wfadmin.domain.commands import Purge
from wfadmin.domain.errors import LeaseHeld, UsageError
from wfadmin.operations.local import LocalOperator
from wfadmin.ports.engine import Engine
from wfadmin.testing.explore import Loss, Scenario, explore, replay

# --- operators -----------------------------------------------------------------------------------


def test_an_operator_that_nobody_disturbs_has_one_order() -> None:
    explored = explore(recovering())

    assert (explored.orders, explored.states, explored.steps) == (1, 7, 6)
    assert (explored.endings, explored.harms) == ({"confirmed"}, {})
    assert replay(recovering(), RECOVERS).endings == {"confirmed"}


def test_who_does_nothing_has_ended_before_the_first_step() -> None:
    scenario = on(failed)
    scenario.code(nothing)
    scenario.operator(nothing)

    explored = explore(scenario)

    assert (explored.steps, explored.endings) == (0, {"done"})


def test_where_nobody_is_to_be_judged_nothing_is_played() -> None:
    scenario = on(failed)
    scenario.tool(KEY, "purge")

    assert explore(scenario).steps == 0


def test_operators_and_code_have_names_and_numbers() -> None:
    scenario = on(failed)
    scenario.operator(recover)
    scenario.operator(recover)
    for _ in range(2):
        scenario.code(nothing)
    scenario.code(nothing, name="the job")

    names = [one.name for one in scenario.parts]

    assert names == ["operator 1", "operator 2", "my code", "my code 2", "the job"]


def test_an_operation_may_be_done_several_times() -> None:
    scenario = on(failed)
    scenario.operator(recover, times=2)

    explored = explore(scenario)

    assert explored.endings == {"confirmed", "no_change"}


def test_a_policy_that_the_call_says_counts() -> None:
    async def act(operator: LocalOperator) -> object:
        return await operator.recover_stuck_workflow(KEY, policy=PAUSED)

    scenario = on(paused)
    scenario.operator(act)

    explored = explore(scenario)

    assert (explored.harms, explored.endings) == ({}, {"confirmed"})


def test_a_plan_that_is_applied_is_judged_by_its_policy() -> None:
    async def act(operator: LocalOperator) -> object:
        return await operator.apply(await operator.plan_recover(KEY, policy=PAUSED))

    scenario = on(paused)
    scenario.operator(act)

    explored = explore(scenario)

    assert (explored.harms, explored.endings) == ({}, {"confirmed"})


def test_two_recoveries_of_one_operator_are_two_chapters() -> None:
    async def act(operator: LocalOperator) -> object:
        await operator.recover_stuck_workflow(KEY)
        return await operator.recover_stuck_workflow(OTHER)

    def make() -> World:
        world = World(commands=NO_PAUSE)
        for name in ("o-1", "o-2"):
            failed(world.workflow("Order").key(name))
        return world

    scenario = Scenario(make)
    scenario.operator(act)
    scenario.network(Loss.ANSWER)

    assert explore(scenario).harms == {}


def test_a_verb_is_judged_although_its_result_is_thrown_away() -> None:
    async def act(operator: LocalOperator) -> None:
        await operator.recover_stuck_workflow(KEY)
        # Its own writes keep no rule: who calls the ports calls them at its own risk.
        control = operator.engine.control
        assert control is not None
        (run,) = await operator.engine.invocations.for_key(KEY) or (None,)
        if run is not None:
            await control.perform(Purge(run.ref))

    scenario = on(failed)
    scenario.operator(act)
    scenario.client(KEY)

    explored = explore(scenario)

    assert "sends after its outcome was stored" in explored.bugs


async def look_around(operator: LocalOperator) -> None:
    await operator.doctor()
    await operator.inspect(KEY, show_state=True)
    await operator.plan_recover(KEY)


def test_who_only_looks_writes_nothing() -> None:
    scenario = on(failed)
    scenario.operator(look_around, reads_only=True)
    scenario.client(KEY)
    scenario.engine()
    scenario.tool(KEY, "purge")

    assert explore(scenario).harms == {}


def test_what_must_only_look_and_writes_is_a_bug() -> None:
    scenario = on(failed)
    scenario.operator(recover, reads_only=True)

    assert explore(scenario).bugs == {"writes although it only looks"}


# --- a lease -------------------------------------------------------------------------------------


def test_a_lease_that_is_shared_is_a_turn_and_keeps_the_second_one_out() -> None:
    scenario = on(failed)
    scenario.share_a_lease()
    scenario.operator(recover)
    scenario.operator(recover)
    story = ("operator 1: takes the lease", "operator 2: takes the lease")

    explored = replay(scenario, story)

    assert (explored.endings, explored.harms) == ({"lease_held"}, {})


def test_who_was_kept_out_may_ask_again() -> None:
    async def act(operator: LocalOperator) -> object:
        for _ in range(2):
            try:
                return await operator.recover_stuck_workflow(KEY)
            except LeaseHeld:
                continue
        return None

    scenario = on(failed)
    scenario.share_a_lease()
    scenario.operator(act)
    scenario.operator(act)

    explored = explore(scenario)

    # Kept out twice, kept out once, and not at all.
    assert explored.endings == {"done", "confirmed", "no_change"}
    assert explored.harms == {}


# --- to be interrupted ---------------------------------------------------------------------------


def test_an_operator_can_be_cancelled_at_any_moment() -> None:
    scenario = on(backing_off, pauses=True)
    scenario.operator(recover, policy=BACKING_OFF)
    scenario.interrupt()

    explored = explore(scenario)

    # Before each of its turns, of which one follows its end.
    assert explored.endings == {"confirmed", "CancelledError"}
    assert explored.harms == {}


def test_who_is_cancelled_goes_on_with_what_comes_next() -> None:
    scenario = on(failed)
    scenario.operator(recover, times=2)
    scenario.interrupt()
    story = (LOOKS, "somebody: cancels operator 1", *RECOVERS)

    assert replay(scenario, story).endings == {"CancelledError", "confirmed"}


def test_only_the_one_who_is_cancelled_is_excused() -> None:
    async def act(_: LocalOperator) -> None:
        raise KeyError("o-1")

    async def wait(operator: LocalOperator) -> None:
        await operator.engine.invocations.for_key(KEY)
        raise KeyError("o-2")

    scenario = on(failed)
    scenario.operator(recover)
    scenario.operator(wait)
    scenario.interrupt(1)
    story = ("somebody: cancels operator 1", "operator 2: invocations.for_key Order/o-1")

    assert replay(scenario, story).bugs == {"ends with KeyError ('o-2')"}


@pytest.mark.parametrize("number", [0, 2])
def test_there_must_be_an_operator_of_that_number(number: int) -> None:
    scenario = on(failed)
    scenario.operator(recover)
    scenario.code(nothing)

    with pytest.raises(UsageError, match=f"there is no operator {number}"):
        scenario.interrupt(number)


# --- how it is called ----------------------------------------------------------------------------


@pytest.mark.parametrize("bounds", [{"at_most": 0}, {"walks": -1}])
def test_bounds_that_make_no_sense_are_refused(bounds: dict[str, int]) -> None:
    with pytest.raises(UsageError, match="the bounds are not above zero"):
        explore(recovering(), **bounds)


def in_asyncio(call: Callable[[], object]) -> None:
    async def main() -> None:
        call()

    asyncio.run(main())


def in_trio(call: Callable[[], object]) -> None:
    async def main() -> None:
        call()

    trio.run(main)


@pytest.mark.parametrize("within", [in_asyncio, in_trio])
@pytest.mark.parametrize("call", [explore, lambda scenario: replay(scenario, ())])
def test_within_a_loop_it_says_what_to_do(
    within: Callable[[Callable[[], object]], None], call: Callable[[Scenario], object]
) -> None:
    expected = "an event loop runs here: explore from a plain function, not from a coroutine"

    with pytest.raises(UsageError, match=expected):
        within(lambda: call(recovering()))


def test_code_that_sleeps_without_a_loop_is_told_to_say_which() -> None:
    class Tick:
        def __await__(self) -> object:
            yield None

    async def act(engine: Engine) -> None:
        await engine.invocations.for_key(KEY)
        await Tick()  # type: ignore[misc]  # as `asyncio.sleep(0)` does

    scenario = on(failed)
    scenario.code(act)

    expected = "my code awaits something else than the engine: say asyncio or trio"
    with pytest.raises(UsageError, match=expected):
        explore(scenario)


def test_code_that_needs_a_loop_and_has_none_ends_with_that() -> None:
    async def act(_: Engine) -> None:
        await asyncio.sleep(1)

    scenario = on(failed)
    scenario.code(act)

    assert explore(scenario).bugs == {"ends with RuntimeError (no running event loop)"}


def test_beyond_the_bound_random_walks_go_to_the_end() -> None:
    def walked(seed: int) -> object:
        scenario = recovering()
        scenario.client(KEY, times=2)
        scenario.tool(KEY, "purge")
        scenario.engine()
        found = explore(scenario, at_most=5, walks=40, seed=seed)
        assert not found.is_complete
        return found.orders, found.states, found.steps, found.harms

    assert walked(1) == walked(1)
    assert walked(1) != walked(2)


def test_without_walks_it_stops_at_the_bound() -> None:
    found = explore(recovering(), at_most=5)

    assert (found.states, found.is_complete, found.endings) == (5, False, frozenset())


def test_what_was_complete_is_not_walked() -> None:
    assert explore(recovering(), walks=5).orders == 1
