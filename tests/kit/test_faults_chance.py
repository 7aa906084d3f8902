"""Faults by chance: the same seed strikes the same, and operators stay typed under all of them."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wfadmin
from tests.operations.repairs import KEY, PAUSED
from wfadmin.adapters.memory import Point, World
from wfadmin.errors import UsageError, WfadminError
from wfadmin.testing.faults import Faults, Kind
from wfadmin.testing.faults.chance import Chance
from wfadmin.testing.faults.kinds import Fault

NEW = "http://orders-v2:9080"

Verb = Callable[[wfadmin.Operator], Awaitable[object]]
VERBS: dict[str, Verb] = {
    "doctor": lambda operator: operator.doctor(),
    "inspect": lambda operator: operator.inspect(KEY, show_state=True),
    "plan": lambda operator: operator.plan_recover(KEY),
    "recover": lambda operator: operator.recover_stuck_workflow(KEY, policy=PAUSED),
    "redeploy": lambda operator: operator.force_redeploy(NEW),
    "cleanup": lambda operator: operator.cleanup_stale_deployments(NEW, force_drain=True),
    "resume": lambda operator: operator.resume(KEY),
    "pause": lambda operator: operator.pause(KEY),
    "cancel": lambda operator: operator.cancel(KEY),
}


def scene() -> World:
    world = World()
    world.deployment("http://orders-v1:9080", serves=("Order",))
    order = world.workflow("Order")
    order.key("o-1").state({"step": b"pay"}).paused(failure="gave up")
    order.key("o-2").failed("boom")
    world.place(NEW, serves=("Order",))
    return world


async def soak(faults: Faults, world: World, verbs: list[str]) -> list[str]:
    """Call one verb after the other, and say how each ended."""
    endings = []
    operator = wfadmin.connect(faults.over(world.engine), clock=world.clock)
    for verb in verbs:
        try:
            endings.append(type(await VERBS[verb](operator)).__name__)
        except WfadminError as error:
            endings.append(error.code)
        world.advance(timedelta(seconds=1))
    await faults.settle()
    return endings


@given(
    seed=st.integers(0, 2**32),
    rate=st.sampled_from([0.05, 0.3, 0.8]),
    verbs=st.lists(st.sampled_from(sorted(VERBS)), min_size=1, max_size=6),
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_any_verbs_end_in_a_result_or_a_typed_error_and_the_same_seed_tells_the_same_story(
    seed: int, rate: float, verbs: list[str]
) -> None:
    runs = []
    for _ in range(2):
        world = scene()
        faults = Faults.random(seed=seed, rate=rate, clock=world.clock)
        endings = asyncio.run(soak(faults, world, verbs))
        runs.append((endings, faults.story(), faults.struck))

    assert runs[0] == runs[1]


# --- what is drawn -------------------------------------------------------------------------------


def drawn(chance: Chance, *points: Point, calls: int = 300) -> list[Fault]:
    found = [chance.draw(point, nth) for point in points for nth in range(calls)]
    return [one for one in found if one is not None]


def test_reads_and_writes_draw_every_kind_that_fits_them_but_never_a_hang() -> None:
    chance = Chance.of(1, 1.0, None, None)

    read = {one.kind for one in drawn(chance, Point.SURVEY)}
    write = {one.kind for one in drawn(chance, Point.KILL)}

    assert read == set(Kind) - {Kind.HANG, Kind.LATE}
    assert write == set(Kind) - {Kind.HANG, Kind.STALE, Kind.TRUNCATED, Kind.BREAK_OFF}


def test_a_hang_is_drawn_where_it_is_named() -> None:
    chance = Chance.of(1, 1.0, [Kind.HANG], None)

    assert {one.kind for one in drawn(chance, Point.KILL)} == {Kind.HANG}


@pytest.mark.parametrize(("rate", "share"), [(0.0, 0), (1.0, 1000), (0.1, 100)])
def test_as_many_calls_are_struck_as_the_rate_says(rate: float, share: int) -> None:
    struck = drawn(Chance.of(1, rate, None, None), Point.GET, calls=1000)

    assert abs(len(struck) - share) <= 30 * (0 < rate < 1)


def test_only_the_points_that_are_named_are_struck() -> None:
    chance = Chance.of(1, 1.0, None, [Point.KILL])

    assert len(drawn(chance, Point.KILL, calls=9)) == 9
    assert drawn(chance, Point.GET, calls=9) == []


def test_a_call_that_none_of_the_kinds_fits_is_left_alone() -> None:
    chance = Chance.of(1, 1.0, [Kind.LATE], None)

    assert drawn(chance, Point.GET, calls=9) == []


def test_seeds_points_and_calls_draw_for_themselves() -> None:
    def row(seed: int, point: Point, first: int = 0) -> list[bool]:
        chance = Chance.of(seed, 0.5, None, None)
        return [chance.draw(point, first + nth) is not None for nth in range(64)]

    rows = [row(1, Point.GET), row(2, Point.GET), row(1, Point.FOR_KEY), row(1, Point.GET, 1)]

    assert len({tuple(one) for one in rows}) == 4
    assert rows[0] == row(1, Point.GET)


# --- how it is said ------------------------------------------------------------------------------


def test_random_faults_show_how_to_have_them_again() -> None:
    assert repr(Faults.random(seed=42)) == "Faults.random(seed=42, rate=0.1)"
    some = Faults.random(
        seed=7, rate=0.5, kinds={Kind.STALE, Kind.SLOW}, points={Point.KILL, Point.GET}
    )
    words = str(some)
    assert words == (
        "Faults.random(seed=7, rate=0.5, kinds=(Kind.SLOW, Kind.STALE,), "
        "points=(Point.GET, Point.KILL,))"
    )
    names = {"Faults": Faults, "Kind": Kind, "Point": Point}
    assert repr(eval(words, names)) == words  # noqa: S307 - it is what a reader would paste


def test_without_a_seed_a_new_one_is_drawn_and_shown() -> None:
    words = {repr(Faults.random()) for _ in range(3)}

    assert len(words) == 3
    assert all(one.startswith("Faults.random(seed=") for one in words)


@pytest.mark.parametrize(
    ("said", "about"),
    [
        (lambda: Faults.random(rate=-0.1), "rate"),
        (lambda: Faults.random(rate=1.1), "rate"),
        (lambda: Faults.random(kinds=()), "kinds"),
        (lambda: Faults.random(points=()), "points"),
    ],
)
def test_chances_that_cannot_be_are_refused(said: Callable[[], Faults], about: str) -> None:
    with pytest.raises(UsageError) as caught:
        said()

    assert caught.value.argument == about


def test_a_line_goes_before_chance_and_takes_nothing_from_it() -> None:
    async def kinds_of(faults: Faults) -> list[Kind]:
        engine = faults.over(World(clock=None).engine)
        for _ in range(5):
            try:
                await engine.admin.probe_admin()
            except WfadminError:
                continue
        return [one.kind for one in faults.struck]

    def by_chance() -> Faults:
        return Faults.random(
            seed=5, rate=1.0, clock=World().clock, kinds=[Kind.STALE, Kind.UNREACHABLE]
        )

    alone, said = by_chance(), by_chance()
    said.on(Point.PROBE_ADMIN).nth(2).malformed()

    chance = asyncio.run(kinds_of(alone))
    both = asyncio.run(kinds_of(said))

    assert both == [chance[0], Kind.MALFORMED, *chance[2:]]
