"""How much an app takes on: a body that comes slowly, and more who wait than may."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import anyio
import pytest

from tests.asgi.http import KEY, Scene, client_of, error_of, post
from wfadmin.adapters.memory import Point
from wfadmin.asgi import Limits
from wfadmin.asgi.failures import Failure
from wfadmin.asgi.gate import Gate
from wfadmin.errors import UsageError

pytestmark = pytest.mark.anyio

JSON = {"content-type": "application/json"}
A_MOMENT = timedelta(milliseconds=30)


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("name", ["waiting", "body_patience"])
def test_a_limit_is_above_zero(name: str) -> None:
    for nothing in (0, -1) if name == "waiting" else (timedelta(0), timedelta(-1)):
        with pytest.raises(UsageError, match=name):
            Limits(**{name: nothing})  # type: ignore[arg-type]


def test_unless_told_otherwise_there_is_patience_for_what_is_usual() -> None:
    assert Limits().body_patience == timedelta(seconds=10)
    assert Limits().waiting == 256


# --- a body that comes slowly --------------------------------------------------------------------


async def dripping(whole: bytes) -> AsyncIterator[bytes]:
    """Send a body byte by byte, each in time and all of them not."""
    for number in range(len(whole)):
        await anyio.sleep(0.01)
        yield whole[number : number + 1]


async def never() -> AsyncIterator[bytes]:
    yield b"{"
    await anyio.sleep_forever()


@pytest.mark.parametrize("send", [never, lambda: dripping(b"{" + b" " * 50 + b"}")])
async def test_a_body_that_does_not_come_in_time_is_408_and_counted_as_misuse(
    send: Callable[[], AsyncIterator[bytes]],
) -> None:
    scene = Scene()

    async with client_of(scene.app(limits=Limits(body_patience=A_MOMENT))) as client:
        answer = await client.post("doctor", content=send(), headers=JSON)

    error = error_of(answer)
    assert (answer.status_code, error["id"], error["category"]) == (408, "body_too_slow", "client")
    assert error["message"] == "body is not usable: it did not come within 0.03 seconds."
    assert scene.points == []
    (record,) = scene.audit.records
    assert (record.actor, record.verb, record.outcome) == ("ada", "doctor", "body_too_slow")
    assert dict(record.arguments)["attempts"] == "1"


async def test_a_body_that_comes_in_time_is_taken() -> None:
    scene = Scene()

    async with client_of(scene.app()) as client:
        answer = await client.post("doctor", content=dripping(b"{ }"), headers=JSON)

    assert answer.status_code == 200


async def test_who_may_not_is_not_told_that_they_were_slow() -> None:
    scene = Scene()
    limits = Limits(body_patience=A_MOMENT)

    async with client_of(scene.app(limits=limits), caller="rob") as client:
        answer = await client.post("force-redeploy", content=never(), headers=JSON)

    assert answer.status_code == 403


async def test_a_slow_body_takes_no_turn() -> None:
    scene = Scene()
    app = scene.app(limits=Limits(at_once=1, patience=A_MOMENT))

    async with client_of(app) as client, anyio.create_task_group() as group:

        async def slow() -> None:
            await client.post("doctor", content=never(), headers=JSON)

        group.start_soon(slow)
        await anyio.sleep(0.01)
        answer = await post(app, "inspect", KEY)
        group.cancel_scope.cancel()

    # It was worked on: there is no such service.
    assert answer.status_code == 404


# --- more who wait than may ----------------------------------------------------------------------


async def test_beyond_so_many_who_wait_one_is_refused_at_once() -> None:
    scene, opened = Scene(), anyio.Event()

    async def hold(point: Point) -> None:
        if point is Point.PROBE_ADMIN:
            await opened.wait()

    scene.world.engine.points.hook = hold
    app = scene.app(limits=Limits(at_once=1, waiting=2, patience=timedelta(seconds=30)))
    answers: list[int] = []

    async def ask() -> None:
        answers.append((await post(app, "doctor")).status_code)

    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(ask)
            await anyio.sleep(0.01)
        with anyio.fail_after(5):
            refused = await post(app, "doctor")
        opened.set()

    assert answers == [200] * 3
    assert (refused.status_code, error_of(refused)["id"]) == (503, "too_busy")
    assert (refused.headers["retry-after"], error_of(refused)["retryable"]) == ("30", True)
    assert [one.outcome for one in scene.audit.records].count("too_busy") == 1
    # There is room again.
    assert (await post(app, "doctor")).status_code == 200


async def test_who_gave_up_waiting_leaves_a_place() -> None:
    gate = Gate(1, A_MOMENT, 1)
    async with gate.turn():
        for _ in range(3):
            with pytest.raises(Failure):
                async with gate.turn():
                    raise AssertionError
