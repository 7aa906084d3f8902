"""Which calls a script of faults strikes, what it tells of them, and what it leaves alone."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

import wfadmin
from tests.operations.engines import BareEngine
from tests.operations.repairs import KEY, watch, writes
from wfadmin.adapters.memory import Point, World
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.results import Effect
from wfadmin.errors import EngineRejected, EngineUnreachable, OutcomeUnknown, UsageError
from wfadmin.ports.engine import Engine
from wfadmin.ports.wrapping import PortCall
from wfadmin.testing.faults import Faults, Kind, Struck

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def faults(world: World) -> Faults:
    return Faults(clock=world.clock)


async def answers(engine: Engine, count: int) -> list[str]:
    """Ask for the runs of a key so often, and say what is heard: a dot for an answer."""
    heard = []
    for _ in range(count):
        try:
            await engine.invocations.for_key(KEY)
            heard.append(".")
        except EngineUnreachable:
            heard.append("unreachable")
        except EngineRejected as error:
            heard.append(str(error.http_status))
    return heard


# --- which calls ---------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_a_line_strikes_the_first_call_from_now_on_and_only_that(
    world: World, faults: Faults
) -> None:
    engine = faults.over(world.engine)
    await answers(engine, 2)
    faults.on(Point.FOR_KEY).reject(503)

    assert await answers(engine, 3) == ["503", ".", "."]


@pytest.mark.asyncio
async def test_lines_count_and_strike_as_they_are_said(world: World, faults: Faults) -> None:
    faults.on(Point.FOR_KEY).nth(2).reject(500)
    faults.on(Point.FOR_KEY).nth(4).times(2).reject(501)
    faults.on(Point.FOR_KEY).nth(7).always().reject(503)

    heard = await answers(faults.over(world.engine), 8)

    assert heard == [".", "500", ".", "501", "501", ".", "503", "503"]


@pytest.mark.asyncio
async def test_where_two_lines_name_one_call_the_older_strikes_and_both_have_counted_it(
    world: World, faults: Faults
) -> None:
    faults.on(Point.FOR_KEY).reject(500)
    faults.on(Point.FOR_KEY).times(2).reject(501)

    assert await answers(faults.over(world.engine), 3) == ["500", "501", "."]


@pytest.mark.asyncio
async def test_a_line_about_two_points_counts_them_together(world: World, faults: Faults) -> None:
    faults.on(Point.FOR_KEY, Point.PROBE_ADMIN).nth(2).unreachable()
    engine = faults.over(world.engine)

    await engine.admin.probe_admin()
    await engine.admin.list_services()

    assert await answers(engine, 2) == ["unreachable", "."]


@pytest.mark.asyncio
async def test_only_calls_that_match_are_meant_and_counted(world: World, faults: Faults) -> None:
    other = WorkflowKey("Order", "o-2")
    seen: list[PortCall] = []

    def is_about_the_other(call: PortCall) -> bool:
        seen.append(call)
        return call.arguments == (other,)

    faults.on(Point.FOR_KEY).matching(is_about_the_other).reject(503)
    engine = faults.over(world.engine)

    assert await answers(engine, 2) == [".", "."]
    with pytest.raises(EngineRejected):
        await engine.invocations.for_key(other)
    await engine.admin.probe_admin()
    assert [one.arguments for one in seen] == [(KEY,), (KEY,), (other,)]


@pytest.mark.asyncio
async def test_a_line_is_in_force_between_its_start_and_its_end(
    world: World, faults: Faults
) -> None:
    world.advance(timedelta(hours=1))
    line = faults.on(Point.FOR_KEY).always()
    line.after(timedelta(minutes=5)).until(timedelta(minutes=7)).unreachable()
    engine = faults.over(world.engine)
    heard = []

    for _ in range(8):
        heard += await answers(engine, 1)
        world.advance(timedelta(minutes=1))

    assert heard == [".", ".", ".", ".", ".", "unreachable", "unreachable", "."]


@pytest.mark.asyncio
async def test_calls_before_the_start_of_a_line_are_not_counted(
    world: World, faults: Faults
) -> None:
    faults.on(Point.FOR_KEY).after(timedelta(minutes=5)).nth(2).unreachable()
    engine = faults.over(world.engine)
    await answers(engine, 3)
    world.advance(timedelta(minutes=5))

    assert await answers(engine, 3) == [".", "unreachable", "."]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("script", "heard"),
    [
        (Faults.on_any, ["admin", "runs", "register"]),
        (Faults.on_any_read, ["admin", "runs"]),
        (Faults.on_any_write, ["register"]),
    ],
)
async def test_a_line_is_about_reads_or_writes_or_all(
    world: World, faults: Faults, script: object, heard: list[str]
) -> None:
    script(faults).always().unreachable()  # type: ignore[operator]
    world.place("http://orders:9080", serves=("Order",))
    engine = faults.over(world.engine)
    deployments = engine.deployments
    assert deployments is not None
    calls = {
        "admin": engine.admin.probe_admin(),
        "runs": engine.invocations.for_key(KEY),
        "register": deployments.register("http://orders:9080", force=False, dry_run=False),
    }
    struck = []

    for name, call in calls.items():
        try:
            await call
        except EngineUnreachable:
            struck.append(name)

    assert struck == heard


@pytest.mark.parametrize(
    ("said", "about"),
    [
        (lambda faults: faults.on(), "points"),
        (lambda faults: faults.on(Point.GET).nth(0), "number"),
        (lambda faults: faults.on(Point.GET).times(0), "count"),
        (lambda faults: faults.on(Point.GET).after(timedelta(seconds=-1)), "duration"),
        (lambda faults: faults.on(Point.GET).until(timedelta(0)), "duration"),
        (
            lambda faults: (
                faults.on(Point.GET).until(timedelta(seconds=3)).after(timedelta(seconds=3))
            ),
            "duration",
        ),
    ],
)
def test_a_line_that_could_strike_nothing_is_refused(
    faults: Faults, said: object, about: str
) -> None:
    with pytest.raises(UsageError) as caught:
        said(faults)  # type: ignore[operator]

    assert caught.value.argument == about


# --- what it tells -------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_what_struck_is_told_with_its_call_and_its_time(world: World, faults: Faults) -> None:
    faults.on(Point.FOR_KEY).nth(2).slow(timedelta(seconds=90))
    faults.on(Point.FOR_KEY).nth(3).unreachable()
    engine = faults.over(world.engine)
    await engine.admin.probe_admin()
    await answers(engine, 4)

    assert faults.struck == (
        Struck(Point.FOR_KEY, 2, Kind.SLOW, NOON),
        Struck(Point.FOR_KEY, 3, Kind.UNREACHABLE, NOON + timedelta(seconds=90)),
    )
    assert faults.story().splitlines() == [
        "12:00:00 invocations.for_key #2: slow",
        "12:01:30 invocations.for_key #3: unreachable",
    ]
    assert repr(faults) == str(faults) == "Faults(lines=2)"


@pytest.mark.asyncio
async def test_a_script_that_struck_nothing_has_no_story(world: World, faults: Faults) -> None:
    await answers(faults.over(world.engine), 1)

    assert (faults.struck, faults.story()) == ((), "")


@pytest.mark.asyncio
async def test_faults_without_a_clock_go_by_the_time_of_this_machine(world: World) -> None:
    faults = Faults()
    faults.on(Point.FOR_KEY).unreachable()
    begun = datetime.now(UTC)

    await answers(faults.over(world.engine), 1)

    assert begun <= faults.struck[0].at <= datetime.now(UTC)


# --- what it leaves alone ------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_the_engine_behind_stays_as_it_was(world: World, faults: Faults) -> None:
    faults.on_any().always().unreachable()
    faults.over(world.engine)

    assert await world.engine.invocations.for_key(KEY) == ()


def test_what_an_engine_lacks_it_lacks_with_faults_too(world: World, faults: Faults) -> None:
    bare = BareEngine(world.engine)

    engine = faults.over(bare)

    assert (engine.name, engine.address) == (bare.name, bare.address)
    slots = (engine.deployments, engine.listing, engine.control, engine.history, engine.state)
    assert slots == (None,) * 5


@pytest.mark.asyncio
async def test_facts_are_struck_and_closing_never_is(world: World, faults: Faults) -> None:
    faults.on_any().always().unreachable()
    engine = faults.over(world.engine)

    with pytest.raises(EngineUnreachable):
        await engine.facts()
    await engine.aclose()

    assert [one.point for one in faults.struck] == [Point.FACTS]


@pytest.mark.asyncio
async def test_faults_over_faults_strike_in_turn(world: World, faults: Faults) -> None:
    outer = Faults(clock=world.clock)
    outer.on(Point.FOR_KEY).reject(500)
    faults.on(Point.FOR_KEY).reject(503)

    heard = await answers(outer.over(faults.over(world.engine)), 3)

    assert heard == ["500", "503", "."]


@pytest.mark.asyncio
async def test_one_script_over_two_engines_counts_their_calls_together(
    world: World, faults: Faults
) -> None:
    faults.on(Point.FOR_KEY).nth(2).reject(503)

    heard = [await answers(faults.over(one), 1) for one in (world.engine, World().engine)]

    assert heard == [["."], ["503"]]


# --- a real recovery -----------------------------------------------------------------------------


@pytest.fixture
def purges(world: World) -> Iterator[list[Point]]:
    seen = watch(world)
    yield seen
    assert writes(seen) in ([], [Point.PURGE])


@pytest.mark.asyncio
async def test_a_recovery_settles_a_lost_answer_by_reading_and_sends_once(
    world: World, faults: Faults, purges: list[Point]
) -> None:
    run = world.workflow("Order").key("o-1").failed()
    faults.on(Point.PURGE).lose_answer()
    operator = wfadmin.connect(faults.over(world.engine), clock=world.clock)

    result = await operator.recover_stuck_workflow(KEY)

    assert (result.purged, result.effect) == ((run.id,), Effect.CONFIRMED)
    assert writes(purges) == [Point.PURGE]


@pytest.mark.asyncio
async def test_a_recovery_whose_purge_comes_late_is_unknown_and_sends_once(
    world: World, faults: Faults, purges: list[Point]
) -> None:
    run = world.workflow("Order").key("o-1").failed()
    faults.on(Point.PURGE).late(by=timedelta(days=1))
    operator = wfadmin.connect(faults.over(world.engine), clock=world.clock)

    with pytest.raises(OutcomeUnknown):
        await operator.recover_stuck_workflow(KEY)

    assert (writes(purges), run.now is None) == ([], False)
    await faults.settle()
    assert (writes(purges), run.now) == ([Point.PURGE], None)
