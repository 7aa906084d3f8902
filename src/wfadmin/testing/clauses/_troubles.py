"""What every port owes to its caller while the network is in trouble, whatever is asked."""

import traceback
from collections.abc import Awaitable, Callable, Iterable, Iterator
from functools import partial
from typing import TypeVar, cast

import anyio
import attrs

from wfadmin.domain.error import Sent, WfadminError
from wfadmin.domain.errors import EngineError, EngineRejected, EngineUnreachable
from wfadmin.testing.bench import Bench, expect
from wfadmin.testing.network import Garbage
from wfadmin.testing.verdicts import Broken, NotExercised

__all__ = [
    "Asked",
    "Call",
    "error_in",
    "expect_safe",
    "finds_cut",
    "finds_garbage",
    "finds_rejection",
    "finds_silence",
    "garbage_of",
    "in_time",
]

_T = TypeVar("_T")

Call = Callable[[], Awaitable[object]]

# How often the time limit of one request may pass: one call may send several.
_TIMES = 5
# The start of an answer is a line or two; this is a page.
_LONGEST_FACT = 5000
# The first answer again is what a call that sends one request would have got anyway.
_WRONG_FOR_ALL = tuple(one for one in Garbage if one is not Garbage.REPEATED)


@attrs.frozen
class Asked:
    """A question to an engine: one that answers it while all is well, and changes nothing."""

    what: str
    call: Call


async def error_in(bench: Bench, start: Callable[[], None], call: Call, what: str) -> WfadminError:
    """
    The error with which `call` ends in the trouble that `start` makes. The trouble is over then.

    Raises:
        Broken: It ends with an answer, or with an error of another kind.
    """
    start()
    try:
        return await bench.error_of(call, what)
    finally:
        bench.driver.network.mend()


async def in_time(bench: Bench, call: Callable[[], Awaitable[_T]], what: str) -> _T:
    """
    What `call` gives.

    Raises:
        Broken: It takes much longer than the settings allow for a request.
    """
    limit = bench.settings.timeout.total_seconds() * _TIMES
    with anyio.move_on_after(limit):
        return await call()
    raise Broken(f"{what} goes on for {limit:g} s where one request may take a part of it")


def garbage_of(bench: Bench, kinds: Iterable[Garbage] = _WRONG_FOR_ALL) -> tuple[Garbage, ...]:
    """
    Those of `kinds` that can come in place of an answer.

    Raises:
        NotExercised: None of them can.
    """
    made: list[Garbage] = []
    for kind in kinds:
        try:
            bench.driver.network.garble(kind)
        except NotExercised:
            continue
        bench.driver.network.mend()
        made.append(kind)
    if not made:
        raise NotExercised("answers cannot be replaced by garbage")
    return tuple(made)


# --- questions in trouble ------------------------------------------------------------------------


async def finds_cut(bench: Bench, asked: Iterable[Asked]) -> None:
    """Go on where each question over a cut connection ends as unreachable."""
    for one in asked:
        error = await error_in(
            bench, bench.driver.network.cut, one.call, f"{one.what} without a connection"
        )
        _judge(error, EngineUnreachable, f"{one.what} without a connection")


async def finds_silence(bench: Bench, asked: Iterable[Asked]) -> None:
    """Go on where each question to a silent engine ends as unreachable, and in time."""
    for one in asked:
        what = f"{one.what} of a silent engine"
        ended = partial(error_in, bench, bench.driver.network.silence, one.call, what)
        _judge(await in_time(bench, ended, what), EngineUnreachable, what)


async def finds_rejection(bench: Bench, asked: Iterable[Asked]) -> None:
    """Go on where each question that is answered with an error status ends as rejected."""
    for one in asked:
        what = f"{one.what} that is answered with an error"
        error = await error_in(bench, bench.driver.network.reject, one.call, what)
        _judge(error, EngineRejected, what)


async def finds_garbage(
    bench: Bench, asked: Iterable[Asked], kinds: Iterable[Garbage] = _WRONG_FOR_ALL
) -> None:
    """Go on where no question takes garbage for an answer."""
    possible = garbage_of(bench, kinds)
    for one in asked:
        for kind in possible:
            what = f"{one.what} that is answered with garbage ({kind.value})"
            error = await error_in(
                bench, partial(bench.driver.network.garble, kind), one.call, what
            )
            _judge(error, EngineError, what)


def _judge(error: WfadminError, kind: type[WfadminError], what: str) -> None:
    found = type(error).__name__
    expect(isinstance(error, kind), f"{what} ends with {found} and not {kind.__name__}")
    expect(error.sent is Sent.NO, f"{what} says of itself that a write was sent")


# --- what an error may show ----------------------------------------------------------------------


def expect_safe(error: WfadminError, secrets: Iterable[str], what: str) -> None:
    """
    Go on where `error`, and what it was raised from, shows no secret and stays on its line.

    Raises:
        Broken: It does not. The message does not repeat what was found.
    """
    texts = [str(error), repr(error), *_facts(error)]
    for text in texts:
        expect(text.isprintable(), f"the error of {what} holds control characters")
        expect(len(text) <= _LONGEST_FACT, f"the error of {what} holds {len(text)} characters")
    # What a log writes of an error: with what it was raised from, and the notes of each.
    texts.extend(traceback.TracebackException.from_exception(error).format())
    shown = any(secret in text for text in texts for secret in secrets)
    expect(not shown, f"the error of {what} shows a secret")


def _facts(error: WfadminError) -> Iterator[str]:
    for value in vars(error).values():
        yield from (part for part in _flat(value) if isinstance(part, str))


def _flat(value: object) -> tuple[object, ...]:
    return cast("tuple[object, ...]", value) if isinstance(value, tuple) else (value,)
