"""Faults that give another answer: twice, an old one, or a part of one."""

from typing import Any

import attrs
import pytest

from tests.kit.faulty import Scene, a_scene, error_of
from tests.operations.repairs import KEY
from wfadmin.adapters.memory import Point, World
from wfadmin.domain.answers import Answer
from wfadmin.domain.commands import Purge
from wfadmin.domain.model import Survey, Usage, UsageRow
from wfadmin.errors import (
    EngineRejected,
    EngineUnreachable,
    UnexpectedAnswer,
)
from wfadmin.ports.wrapping import PortCall, Proceed, wrapped
from wfadmin.testing.faults import Faults

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def scene() -> Scene:
    return a_scene()


# --- twice, and again ----------------------------------------------------------------------------


async def test_a_duplicate_is_done_twice_and_the_first_answer_is_given(scene: Scene) -> None:
    scene.faults.on(Point.PURGE, Point.FOR_KEY, Point.HISTORY).always().duplicate()

    entries = await scene.history([])
    found = await scene.read()
    answer = await scene.purge()

    assert [one.kind for one in entries] == ["running", "completed"]
    assert (found, answer) == ((scene.first,), Answer.ACCEPTED)
    assert scene.asked == [Point.HISTORY] * 2 + [Point.FOR_KEY] * 2 + [Point.PURGE] * 2
    assert scene.is_purged


@pytest.mark.parametrize("nth", [1, 2])
async def test_the_second_of_two_is_sent_whatever_became_of_the_first(
    scene: Scene, nth: int
) -> None:
    behind = Faults(clock=scene.world.clock)
    behind.on(Point.PURGE).nth(nth).reject(500)
    engine = scene.faults.over(behind.over(scene.world.engine))
    assert engine.control is not None
    scene.faults.on(Point.PURGE).duplicate()

    answers: list[object] = []
    try:
        answers.append(await engine.control.perform(Purge(scene.run.ref)))
    except EngineRejected as error:
        answers.append(error.http_status)

    assert answers == [500 if nth == 1 else Answer.ACCEPTED]
    assert (scene.asked, scene.is_purged) == ([Point.PURGE], True)


async def test_both_of_two_may_fail_and_the_first_error_is_heard(scene: Scene) -> None:
    behind = Faults(clock=scene.world.clock)
    behind.on(Point.PURGE).reject(500)
    behind.on(Point.PURGE).nth(2).reject(503)
    engine = scene.faults.over(behind.over(scene.world.engine))
    assert engine.control is not None
    scene.faults.on(Point.PURGE).duplicate()

    error = await error_of(engine.control.perform(Purge(scene.run.ref)))

    assert isinstance(error, EngineRejected)
    assert (error.http_status, len(behind.struck)) == (500, 2)


async def test_a_stale_read_repeats_the_last_real_answer_to_the_same_question(
    scene: Scene,
) -> None:
    before = await scene.read()
    scene.world.store.purge(scene.run.id)
    scene.faults.on(Point.FOR_KEY).stale()

    assert (await scene.read(), before) == (before, (scene.first,))
    assert await scene.read() == ()
    assert scene.asked == [Point.FOR_KEY] * 2


async def test_of_two_answers_the_later_one_comes_again(scene: Scene) -> None:
    first = await scene.read()
    scene.world.workflow("Order").key("o-1").shared("watch").running()
    second = await scene.read()
    scene.world.store.purge(scene.run.id)
    scene.faults.on(Point.FOR_KEY).stale()

    assert await scene.read() == second != first


async def test_a_stale_read_that_nobody_asked_before_keeps_the_first_answer(scene: Scene) -> None:
    scene.faults.on(Point.FOR_KEY, Point.HISTORY).always().stale()
    before, entries = await scene.read(), await scene.history([])
    scene.world.store.purge(scene.run.id)

    assert await scene.read() == before == (scene.first,)
    assert await scene.history([]) == entries
    assert [one.kind for one in entries] == ["running", "completed"]
    assert await scene.engine.invocations.for_key(attrs.evolve(KEY, service_key="o-2")) == ()
    assert scene.asked == [Point.FOR_KEY, Point.HISTORY, Point.FOR_KEY]


async def test_a_history_that_was_read_is_repeated_when_it_is_stale(scene: Scene) -> None:
    before = await scene.history([])
    scene.world.store.purge(scene.run.id)
    scene.faults.on(Point.HISTORY).stale()

    assert await scene.history([]) == before
    assert scene.asked == [Point.HISTORY]


async def test_what_was_read_of_one_engine_is_not_stale_for_another(scene: Scene) -> None:
    other = scene.faults.over(World().engine)
    await scene.read()
    scene.faults.on(Point.FOR_KEY).stale()

    assert await other.invocations.for_key(KEY) == ()


# --- not whole -----------------------------------------------------------------------------------


async def test_a_survey_that_is_cut_says_so_and_lists_half(scene: Scene) -> None:
    order = scene.world.workflow("Order")
    order.key("o-2").failed()
    waiting = order.key("o-3").suspended()
    scene.world.workflow("Mail").key("m-1").suspended()
    whole = await scene.survey()
    scene.faults.on(Point.SURVEY).truncated()

    half = await scene.survey()

    assert (len(whole.failures), len(whole.unfinished)) == (2, 2)
    assert whole.usage is not None
    assert half == attrs.evolve(
        whole,
        failures=whole.failures[:1],
        failed=None,
        unfinished=(waiting.now,),
        usage=Usage(whole.usage.rows[:1], complete=False),
        truncated="the engine listed only half of its invocations",
    )


async def test_a_survey_of_an_engine_without_deployments_is_cut_too() -> None:
    world = World()

    async def without_usage(_: PortCall, proceed: Proceed) -> Survey:
        survey: Survey = await proceed()
        return attrs.evolve(survey, usage=None)

    faults = Faults(clock=world.clock)
    faults.on(Point.SURVEY).truncated()
    engine = faults.over(wrapped(world.engine, without_usage))
    assert engine.listing is not None

    cut = await engine.listing.survey(failures=1, unfinished=1)

    assert (cut.usage, cut.truncated) == (None, "the engine listed only half of its invocations")


async def test_a_usage_that_is_cut_says_that_it_is_not_complete(scene: Scene) -> None:
    deployment = scene.world.workflow("Mail").key("m-1").suspended().now
    assert deployment is not None
    scene.faults.on(Point.USAGE).truncated()

    cut, whole = await scene.usage(), await scene.usage()

    assert whole == Usage((UsageRow("Mail", deployment.deployment_id, 1),))
    assert cut == Usage((), complete=False)


async def test_what_cannot_say_that_it_is_cut_is_not_understood(scene: Scene) -> None:
    scene.faults.on(Point.FOR_KEY).truncated()

    error = await error_of(scene.read())

    assert isinstance(error, UnexpectedAnswer)
    assert (error.problem, scene.asked) == ("it is not whole", [Point.FOR_KEY])


async def test_a_history_that_is_cut_gives_half_and_is_not_whole(scene: Scene) -> None:
    scene.faults.on(Point.HISTORY).truncated()
    entries: list[Any] = []

    error = await error_of(scene.history(entries))

    assert isinstance(error, UnexpectedAnswer)
    assert [one.kind for one in entries] == ["running"]


@pytest.mark.parametrize(
    ("after", "kinds"), [(0, []), (1, ["running"]), (9, ["running", "completed"])]
)
async def test_a_history_breaks_off_after_so_many_entries(
    scene: Scene, after: int, kinds: list[str]
) -> None:
    scene.faults.on(Point.HISTORY).break_off(after=after)
    entries: list[Any] = []

    error = await error_of(scene.history(entries))

    assert isinstance(error, EngineUnreachable)
    assert [one.kind for one in entries] == kinds


async def test_a_read_that_breaks_off_was_asked_and_gives_nothing(scene: Scene) -> None:
    scene.faults.on(Point.FOR_KEY).break_off(after=2)

    assert isinstance(await error_of(scene.read()), EngineUnreachable)

    assert scene.asked == [Point.FOR_KEY]
