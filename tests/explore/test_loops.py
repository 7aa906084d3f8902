"""Code for asyncio and for trio: every order, in a loop that leaves nothing behind."""

import asyncio
import gc
import logging
import random
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Literal

import pytest
import trio

from tests.explore.plays import KEY, failed
from wfadmin.adapters.memory import VirtualClock, World
from wfadmin.domain.commands import Purge
from wfadmin.domain.errors import UsageError
from wfadmin.ports.engine import Engine
from wfadmin.testing.explore import Explored, Scenario, Window, explore, replay
from wfadmin.testing.explore.loops import in_a_loop
from wfadmin.testing.explore.turns import Actor, Wait

LoopName = Literal["asyncio", "trio"]
Act = Callable[[Engine], Awaitable[object]]

LOOKS = "my code: invocations.for_key Order/o-1"
LISTS = "my code: deployments.list"
SLEEPS = "my code: lets time pass"


def a_failed_order() -> World:
    world = World()
    failed(world.workflow("Order").key("o-1"))
    return world


def of(act: Act, loop: LoopName) -> Scenario:
    scenario = Scenario(a_failed_order)
    scenario.code(act, loop=loop)
    return scenario


def played(act: Act, loop: LoopName) -> Explored:
    return explore(of(act, loop))


def sleeping(loop: LoopName) -> Callable[[float], Awaitable[None]]:
    return asyncio.sleep if loop == "asyncio" else trio.sleep


async def look(engine: Engine) -> None:
    await engine.invocations.for_key(KEY)


async def list_places(engine: Engine) -> None:
    assert engine.deployments is not None
    await engine.deployments.list()


async def both_in_asyncio(engine: Engine) -> None:
    await asyncio.gather(look(engine), list_places(engine))


async def both_in_trio(engine: Engine) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(look, engine)
        nursery.start_soon(list_places, engine)


async def both_in_a_group(engine: Engine) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(look(engine))
        group.create_task(list_places(engine))


BOTH: list[tuple[Act, LoopName]] = [
    (both_in_asyncio, "asyncio"),
    (both_in_a_group, "asyncio"),
    (both_in_trio, "trio"),
]
EACH = pytest.mark.parametrize("loop", ["asyncio", "trio"])


@pytest.fixture(autouse=True)
def nothing_is_left(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No thread is left, and no loop has anything to say of what it lost."""
    before = threading.active_count()
    yield
    gc.collect()
    assert threading.active_count() == before
    assert [one for one in caplog.records if one.levelno >= logging.WARNING] == []


@pytest.mark.parametrize(("act", "loop"), BOTH)
def test_two_calls_at_once_are_two_turns_in_both_orders(act: Act, loop: LoopName) -> None:
    explored = played(act, loop)

    # The beginning, each of the two first, and the end, in which the diary says which was.
    assert (explored.states, explored.is_complete) == (4, True)
    for story in [(LOOKS, LISTS), (LISTS, LOOKS)]:
        assert replay(of(act, loop), story).endings == {"done"}


@EACH
def test_two_calls_of_the_same_words_are_told_apart(loop: LoopName) -> None:
    seen: set[tuple[int, ...]] = set()

    async def act(engine: Engine) -> None:
        came: list[int] = []

        async def one(number: int) -> None:
            await look(engine)
            came.append(number)

        if loop == "asyncio":
            await asyncio.gather(one(1), one(2))
        else:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(one, 1)
                nursery.start_soon(one, 2)
        seen.add(tuple(came))

    played(act, loop)

    assert seen == {(1, 2), (2, 1)}


@EACH
def test_time_that_passes_is_a_turn_and_the_worlds_time(loop: LoopName) -> None:
    times: set[float] = set()

    async def act(engine: Engine) -> None:
        await sleeping(loop)(2.5)
        await look(engine)
        await sleeping(loop)(1)
        await look(engine)

    def make() -> World:
        made = a_failed_order()
        clocks.append(made.clock)
        return made

    clocks: list[VirtualClock] = []
    scenario = Scenario(make)
    scenario.code(act, loop=loop)
    explored = replay(scenario, (SLEEPS, LOOKS, SLEEPS, LOOKS))
    times.add(clocks[-1].monotonic().total_seconds())

    assert explored.endings == {"done"}
    assert times == {3.5}


@EACH
def test_what_comes_after_two_sleeps_in_a_row_is_played(loop: LoopName) -> None:
    async def act(engine: Engine) -> None:
        for _ in range(3):
            await sleeping(loop)(0)
            await sleeping(loop)(0.000_000_1)
        run = (await engine.invocations.for_key(KEY))[0]
        assert engine.control is not None
        await engine.control.perform(Purge(run.ref))
        await engine.control.perform(Purge(run.ref))

    assert played(act, loop).bugs == {"sends the same write twice"}


@EACH
def test_a_timeout_may_strike_while_a_call_waits(loop: LoopName) -> None:
    ends: set[str] = set()

    async def act(engine: Engine) -> None:
        try:
            if loop == "asyncio":
                async with asyncio.timeout(1):
                    await look(engine)
            else:
                with trio.fail_after(1):
                    await look(engine)
        except (TimeoutError, trio.TooSlowError):
            ends.add("timeout")
        else:
            ends.add("in time")

    explored = played(act, loop)

    assert ends == {"timeout", "in time"}
    assert explored.harms == {}


@EACH
def test_what_others_do_at_the_same_time_comes_in_between(loop: LoopName) -> None:
    async def act(engine: Engine) -> None:
        run = (await engine.invocations.for_key(KEY))[0]
        assert engine.control is not None
        await engine.control.perform(Purge(run.ref))

    scenario = of(act, loop)
    scenario.tool(KEY, "purge")
    scenario.client(KEY)
    scenario.engine()

    assert "purges a success of a newer run" in explore(scenario).words(Window.A)


@EACH
def test_time_that_somebody_else_lets_pass_passes_for_all(loop: LoopName) -> None:
    async def act(engine: Engine) -> None:
        await sleeping(loop)(60)
        await look(engine)

    scenario = of(act, loop)
    scenario.happens("an hour passes", lambda world: world.advance(timedelta(hours=1)))
    story = ("somebody: an hour passes", SLEEPS, LOOKS)

    assert replay(scenario, story).endings == {"done"}


@EACH
def test_an_error_of_the_code_is_a_bug_with_its_words(loop: LoopName) -> None:
    async def act(engine: Engine) -> None:
        await look(engine)
        raise ValueError("no such key")

    explored = played(act, loop)

    assert explored.bugs == {"ends with ValueError (no such key)"}
    assert explored.endings == {"ValueError"}


def test_a_task_that_is_cancelled_by_its_own_code_is_no_end() -> None:
    async def act(engine: Engine) -> None:
        task = asyncio.ensure_future(look(engine))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await list_places(engine)

    explored = played(act, "asyncio")

    assert explored.endings == {"done"}
    assert replay(of(act, "asyncio"), (LISTS,)).endings == {"done"}


def test_a_scope_that_is_cancelled_by_its_own_code_is_no_end() -> None:
    async def act(engine: Engine) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(look, engine)
            await trio.lowlevel.checkpoint()
            nursery.cancel_scope.cancel()
        await list_places(engine)

    assert replay(of(act, "trio"), (LISTS,)).endings == {"done"}


def test_code_that_cancels_itself_is_told() -> None:
    async def act(_: Engine) -> None:
        raise asyncio.CancelledError

    assert played(act, "asyncio").bugs == {"ends with CancelledError"}


@EACH
def test_what_waits_for_something_that_never_comes_is_told(loop: LoopName) -> None:
    async def act(engine: Engine) -> None:
        await look(engine)
        if loop == "asyncio":
            await asyncio.Event().wait()
        else:
            await trio.Event().wait()

    explored = played(act, loop)

    assert explored.bugs == {"waits for what is no call of the engine"}
    assert explored.endings == frozenset()


@EACH
def test_code_that_is_left_in_the_middle_is_let_go_of(loop: LoopName) -> None:
    tidied: list[str] = []

    async def act(engine: Engine) -> None:
        try:
            await look(engine)
            await sleeping(loop)(5)
        finally:
            tidied.append("tidied up")

    replay(of(act, loop), (LOOKS,))

    assert tidied == ["tidied up"]


@EACH
def test_code_that_tidies_up_by_calls_is_let_go_of_too(loop: LoopName) -> None:
    left: list[str] = []

    async def act(engine: Engine) -> None:
        try:
            await look(engine)
        finally:
            try:
                if loop == "asyncio":
                    await list_places(engine)
                else:
                    with trio.CancelScope(shield=True):
                        await trio.sleep(3)
                        await list_places(engine)
            finally:
                left.append("left")

    replay(of(act, loop), ())

    assert left == ["left"]


def test_a_call_behind_a_shield_is_let_go_of_too() -> None:
    left: list[str] = []

    async def act(engine: Engine) -> None:
        with trio.CancelScope(shield=True):
            try:
                await look(engine)
            finally:
                left.append("left")

    replay(of(act, "trio"), ())

    assert left == ["left"]


def test_code_that_never_gives_in_is_given_up() -> None:
    calls: list[int] = []

    async def act(_: Wait) -> None:
        while len(calls) < 1500:
            try:
                await asyncio.sleep(1)
            except asyncio.CancelledError:
                calls.append(1)

    actor = in_a_loop("asyncio", "somebody", act, lambda: None, VirtualClock())

    actor.leave()

    assert len(calls) == 1000


@EACH
def test_what_must_not_be_caught_comes_through(loop: LoopName) -> None:
    class Stop(BaseException):
        """Nobody may hold it back."""

    async def act(engine: Engine) -> None:
        await look(engine)
        raise Stop

    with pytest.raises((Stop, BaseExceptionGroup)) as raised:
        played(act, loop)

    assert raised.group_contains(Stop) if loop == "trio" else raised.type is Stop


def test_trio_draws_the_same_order_each_time() -> None:
    async def act(engine: Engine) -> None:
        came: list[int] = []

        async def one(number: int) -> None:
            came.append(number)

        async with trio.open_nursery() as nursery:
            for number in range(6):
                nursery.start_soon(one, number)
        seen.add(tuple(came))
        await look(engine)

    seen: set[tuple[int, ...]] = set()

    for _ in range(20):
        replay(of(act, "trio"), (LOOKS,))

    assert len(seen) == 1


def test_trios_own_luck_is_left_as_it_was() -> None:
    core = trio._core._run
    before = (core._r, core._ALLOW_DETERMINISTIC_SCHEDULING)

    played(look, "trio")

    assert (core._r, core._ALLOW_DETERMINISTIC_SCHEDULING) == before
    assert isinstance(core._r, random.Random)


def test_without_trio_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trio", None)

    expected = "trio is not installed: install it with pip install trio"
    with pytest.raises(UsageError, match=expected):
        explore(of(look, "trio"))


@EACH
def test_it_knows_where_it_stands(loop: LoopName) -> None:
    async def act(wait: Wait) -> None:
        await wait("first")
        await wait("second")

    actor: Actor = in_a_loop(loop, "somebody", act, lambda: "as told", VirtualClock())
    known = [actor.knows()]
    while actor.turns:
        actor.take(actor.turns[0])
        known.append(actor.knows())
    actor.leave()

    assert len(set(known)) == 3
