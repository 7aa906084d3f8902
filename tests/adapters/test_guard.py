"""The host's knowledge about effects, as a function."""

import functools
import threading
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar

import anyio
import anyio.lowlevel
import pytest

from wfadmin.adapters.guard import CallableGuard
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.recovery import PriorEffect

pytestmark = pytest.mark.anyio

KEY = WorkflowKey("Order", "42")
ANSWERS: list[tuple[object, PriorEffect]] = [
    (True, PriorEffect.HAPPENED),
    (False, PriorEffect.DID_NOT_HAPPEN),
    (None, PriorEffect.UNKNOWN),
    (1, PriorEffect.UNKNOWN),
    (0, PriorEffect.UNKNOWN),
    ("no", PriorEffect.UNKNOWN),
    ([], PriorEffect.UNKNOWN),
    (PriorEffect.DID_NOT_HAPPEN, PriorEffect.UNKNOWN),
]


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def plain(answer: object) -> Callable[[WorkflowKey], object]:
    return lambda _: answer


def asynchronous(answer: object) -> Callable[[WorkflowKey], Awaitable[object]]:
    async def function(_: WorkflowKey) -> object:
        await anyio.lowlevel.checkpoint()
        return answer

    return function


def giving_an_awaitable(answer: object) -> Callable[[WorkflowKey], Awaitable[object]]:
    function = asynchronous(answer)
    return lambda key: function(key)  # noqa: PLW0108 - not seen to be an async def


def a_part_of_one(answer: object) -> Callable[[WorkflowKey], Awaitable[object]]:
    async def function(given: object, _: WorkflowKey) -> object:
        await anyio.lowlevel.checkpoint()
        return given

    return functools.partial(function, answer)


def an_object(answer: object) -> Callable[[WorkflowKey], Awaitable[object]]:
    class Callee:
        async def __call__(self, _: WorkflowKey) -> object:
            await anyio.lowlevel.checkpoint()
            return answer

    return Callee()


@pytest.mark.parametrize(("answer", "effect"), ANSWERS)
@pytest.mark.parametrize(
    "make", [plain, asynchronous, giving_an_awaitable, a_part_of_one, an_object]
)
async def test_only_true_and_false_say_something(
    make: Callable[[object], Callable[[WorkflowKey], object]], answer: object, effect: PriorEffect
) -> None:
    guard = CallableGuard(make(answer))  # type: ignore[arg-type]  # wrong answers on purpose

    assert await guard.effect_of(KEY) is effect


async def test_the_function_is_asked_about_the_key() -> None:
    asked: list[WorkflowKey] = []

    await CallableGuard(asked.append).effect_of(KEY)

    assert asked == [KEY]


@pytest.mark.parametrize("error", [LookupError, StopIteration, StopAsyncIteration, TimeoutError])
async def test_an_error_says_nothing(error: type[Exception]) -> None:
    def plainly(_: WorkflowKey) -> bool:
        raise error

    async def asynchronously(_: WorkflowKey) -> bool:
        raise error

    assert await CallableGuard(plainly).effect_of(KEY) is PriorEffect.UNKNOWN
    assert await CallableGuard(asynchronously).effect_of(KEY) is PriorEffect.UNKNOWN


async def test_a_function_that_takes_no_key_says_nothing() -> None:
    assert await CallableGuard(lambda: True).effect_of(KEY) is PriorEffect.UNKNOWN  # type: ignore[arg-type,misc]


async def test_a_plain_function_does_not_hold_up_the_event_loop() -> None:
    asked_in: list[int] = []

    def slow(_: WorkflowKey) -> bool:
        asked_in.append(threading.get_ident())
        time.sleep(0.01)
        return True

    await CallableGuard(slow).effect_of(KEY)

    assert asked_in != [threading.get_ident()]


async def test_an_async_function_runs_in_the_event_loop() -> None:
    asked_in: list[int] = []

    async def function(_: WorkflowKey) -> bool:
        await anyio.lowlevel.checkpoint()
        asked_in.append(threading.get_ident())
        return True

    await CallableGuard(function).effect_of(KEY)

    assert asked_in == [threading.get_ident()]


async def test_the_function_sees_the_context_of_the_caller() -> None:
    tenant: ContextVar[str] = ContextVar("tenant")
    tenant.set("ada")

    assert (
        await CallableGuard(lambda _: tenant.get() == "ada").effect_of(KEY) is PriorEffect.HAPPENED
    )


@pytest.mark.parametrize("is_async", [True, False])
async def test_cancellation_passes(*, is_async: bool) -> None:
    end = threading.Event()

    async def asynchronously(_: WorkflowKey) -> bool:
        await anyio.sleep_forever()
        return True

    guard = CallableGuard(asynchronously if is_async else lambda _: end.wait(10))
    answers: list[PriorEffect] = []

    with anyio.move_on_after(0.01) as scope:
        answers.append(await guard.effect_of(KEY))
    end.set()

    assert scope.cancelled_caught
    assert answers == []
