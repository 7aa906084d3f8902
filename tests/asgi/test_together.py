"""Several at once: turns, leases, and callers who go away."""

import asyncio
from datetime import timedelta

import anyio.lowlevel
import httpx
import pytest
import trio

from tests.asgi.http import KEY, Full, Scene, client_of, error_of, post
from wfadmin.adapters.memory import Point
from wfadmin.asgi import Limits
from wfadmin.asgi.gate import Gate, to_its_end

RECOVER = "recover-stuck-workflow"


async def tick(_: Point) -> None:
    """Let others go on at every point."""
    await anyio.lowlevel.checkpoint()


class Stopping:
    """A hook that holds everybody who comes to a point until it is opened."""

    def __init__(self, scene: Scene, point: Point) -> None:
        self.there, self.open, self.point = asyncio.Event(), asyncio.Event(), point
        scene.world.engine.points.hook = self.hook

    async def hook(self, point: Point) -> None:
        if point is self.point:
            self.there.set()
            await self.open.wait()


@pytest.mark.asyncio
async def test_sixteen_recoveries_of_different_keys_are_all_done_and_on_record() -> None:
    scene = Scene()
    keys = [f"o-{number}" for number in range(16)]
    for key in keys:
        scene.failed(key)
    scene.world.engine.points.hook = tick

    async with client_of(scene.app(limits=Limits(at_once=4))) as client:
        bodies = [KEY | {"serviceKey": key} for key in keys]
        answers = await asyncio.gather(*(client.post(RECOVER, json=body) for body in bodies))

    assert [one.json() for one in answers] == [{"acknowledged": True}] * 16
    ids = {one.headers["x-request-id"] for one in answers}
    confirmed = [dict(r.arguments) for r in scene.audit.records if r.outcome == "confirmed"]
    assert sorted(one["service_key"] for one in confirmed) == sorted(keys)
    assert {one["request_id"] for one in confirmed} == ids
    assert len(ids) == 16
    assert scene.world.store.runs == ()


@pytest.mark.asyncio
async def test_of_two_recoveries_of_one_key_one_acts() -> None:
    scene = Scene()
    scene.failed()
    stop = Stopping(scene, Point.PURGE)
    app = scene.app()

    first = asyncio.create_task(post(app, RECOVER, KEY))
    await stop.there.wait()
    second = await post(app, RECOVER, KEY)
    stop.open.set()

    assert (second.status_code, error_of(second)["id"]) == (409, "lease_held")
    assert (await first).json() == {"acknowledged": True}
    outcomes = sorted(str(one.outcome) for one in scene.audit.records)
    assert outcomes == ["None", "confirmed", "lease_held"]


def test_it_runs_on_trio_too() -> None:
    scene = Scene()
    run_id = scene.failed()

    async def main() -> httpx.Response:
        wish = {"prefer": "return=representation"}
        return await post(scene.app(), RECOVER, KEY, headers=wish)

    answer = trio.run(main)

    assert (answer.status_code, answer.json()["purged"]) == (200, [run_id])


@pytest.mark.asyncio
async def test_doctors_who_come_together_share_a_survey_and_are_each_on_record() -> None:
    scene = Scene()
    stop, surveys = Stopping(scene, Point.PROBE_ADMIN), 0

    async def counted(point: Point) -> None:
        nonlocal surveys
        surveys += point is Point.SURVEY
        await stop.hook(point)

    scene.world.engine.points.hook = counted
    app = scene.app()

    first = asyncio.create_task(post(app, "doctor"))
    await stop.there.wait()
    scene.failed()
    others = [asyncio.create_task(post(app, "doctor", caller=name)) for name in ("rob", "ola")]
    others += [asyncio.create_task(post(app, "doctor")) for _ in range(6)]
    await asyncio.sleep(0.02)
    stop.open.set()
    reports = [(await one).json() for one in (first, *others)]

    assert surveys == 2
    # Nobody is told what was so before they asked.
    assert [len(one["invocations"]["recentFailures"]) for one in reports[1:]] == [1] * 8
    assert sorted(one.actor for one in scene.audit.records) == ["ada"] * 7 + ["ola", "rob"]


@pytest.mark.asyncio
async def test_who_shares_a_survey_goes_on_when_its_first_caller_went_away() -> None:
    scene = Scene()
    stop = Stopping(scene, Point.PROBE_ADMIN)
    app = scene.app()

    first = asyncio.create_task(post(app, "doctor"))
    await stop.there.wait()
    second, third = (asyncio.create_task(post(app, "doctor", caller="rob")) for _ in range(2))
    await asyncio.sleep(0.01)
    first.cancel()
    await asyncio.sleep(0.01)
    second.cancel()
    await asyncio.sleep(0.01)
    stop.open.set()

    assert (await third).status_code == 200
    assert [(one.actor, one.verb) for one in scene.audit.records] == [("rob", "doctor")]


@pytest.mark.asyncio
async def test_a_shared_report_says_that_its_own_record_is_missing() -> None:
    scene = Scene(audit=Full())
    stop = Stopping(scene, Point.PROBE_ADMIN)
    app, wish = scene.app(), {"prefer": "return=representation"}

    asked = [asyncio.create_task(post(app, "doctor", headers=wish)) for _ in range(3)]
    await stop.there.wait()
    stop.open.set()

    for one in asked:
        (warning,) = (await one).json()["warnings"]
        assert warning.startswith("The audit record was not stored: ")


# --- turns ---------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_who_gets_no_turn_in_time_is_told_when_to_come_back() -> None:
    scene = Scene()
    stop = Stopping(scene, Point.PROBE_ADMIN)
    limits = Limits(at_once=1, patience=timedelta(milliseconds=20))
    app = scene.app(limits=limits)

    first = asyncio.create_task(post(app, "doctor"))
    await stop.there.wait()
    second = await post(app, "doctor")
    stop.open.set()
    third = await post(app, "doctor")

    assert ((await first).status_code, third.status_code) == (200, 200)
    assert (second.status_code, error_of(second)["id"]) == (503, "too_busy")
    assert (second.headers["retry-after"], error_of(second)["retryable"]) == ("1", True)
    assert [one.outcome for one in scene.audit.records].count("too_busy") == 1


@pytest.mark.asyncio
async def test_who_waits_gets_the_next_turn() -> None:
    scene = Scene()
    stop = Stopping(scene, Point.PROBE_ADMIN)
    app = scene.app(limits=Limits(at_once=1))

    first = asyncio.create_task(post(app, "doctor"))
    await stop.there.wait()
    second = asyncio.create_task(post(app, "doctor"))
    await asyncio.sleep(0.01)
    waited = not second.done()
    stop.open.set()

    assert [(await one).status_code for one in (first, second)] == [200, 200]
    assert waited


@pytest.mark.asyncio
async def test_healthz_and_a_refusal_need_no_turn() -> None:
    scene = Scene()
    stop = Stopping(scene, Point.PROBE_ADMIN)
    app = scene.app(limits=Limits(at_once=1, patience=timedelta(milliseconds=20)))
    first = asyncio.create_task(post(app, "doctor"))
    await stop.there.wait()

    async with client_of(app, caller=None, base="") as client:
        health = await client.get("healthz")
    refused = await post(app, "doctor", {"nonsense": 1})

    stop.open.set()
    await first
    assert (health.status_code, refused.status_code) == (200, 422)


@pytest.mark.asyncio
async def test_a_turn_is_given_back_by_who_fails() -> None:
    gate = Gate(1, timedelta(milliseconds=20), 1)
    for _ in range(3):
        with pytest.raises(KeyError):
            async with gate.turn():
                raise KeyError


# --- callers who go away -------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_a_write_in_hand_is_finished_though_the_caller_went_away() -> None:
    scene = Scene()
    scene.failed()
    stop = Stopping(scene, Point.PURGE)

    request = asyncio.create_task(post(scene.app(), RECOVER, KEY))
    await stop.there.wait()
    request.cancel()
    await asyncio.sleep(0.01)
    request.cancel()
    await asyncio.sleep(0.01)
    stop.open.set()
    with pytest.raises(asyncio.CancelledError):
        await request

    assert scene.world.store.runs == ()
    assert [one.outcome for one in scene.audit.records] == [None, "confirmed"]


@pytest.mark.asyncio
async def test_a_look_is_not_finished_for_nobody() -> None:
    scene = Scene()
    stop = Stopping(scene, Point.PROBE_ADMIN)

    request = asyncio.create_task(post(scene.app(), "doctor"))
    await stop.there.wait()
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request

    assert not stop.open.is_set()


@pytest.mark.asyncio
async def test_what_is_brought_to_its_end_raises_what_it_raised() -> None:
    async def breaks() -> None:
        raise KeyError

    async def answers() -> int:
        return 7

    with pytest.raises(KeyError):
        await to_its_end(breaks)
    assert await to_its_end(answers) == 7
