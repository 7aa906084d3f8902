"""Ways to run a port call: without any event loop, and on each of the two."""

from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import TypeVar

import anyio

from wfadmin.adapters.memory import Step

T = TypeVar("T")

LOOPS = ("asyncio", "trio")


def answer_of(call: Coroutine[object, None, T]) -> T:
    """Run a call to its end with a single `send`, as nothing in it suspends."""
    try:
        suspended_at = call.send(None)
    except StopIteration as ended:
        answer: T = ended.value
        return answer
    call.close()
    message = f"it suspends at {suspended_at!r}"
    raise AssertionError(message)


def awaited(thing: Awaitable[T]) -> Coroutine[object, None, T]:
    """Make a coroutine of anything that can be awaited."""

    async def wait() -> T:
        return await thing

    return wait()


def steps_of(call: Coroutine[object, None, T]) -> Generator[Step, None, T]:
    """Drive a call by hand: give each step at which it suspends, return its answer."""
    while True:
        try:
            step = call.send(None)
        except StopIteration as ended:
            answer: T = ended.value
            return answer
        assert isinstance(step, Step)
        yield step


def on(loop: str, function: Callable[[], Awaitable[T]]) -> T:
    """Run a function on one of the event loops."""
    return anyio.run(function, backend=loop)
