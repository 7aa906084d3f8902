"""
What a fault does to one call of a port, as the adapter of a real engine would tell it.

Laws:

- Only a `WfadminError` is raised, and its `sent` is true.
- Nothing happens twice at the engine, but by `duplicate`.
- A call that is cancelled asks no more.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Any

import anyio
import attrs

from wfadmin.adapters.memory.points import Step
from wfadmin.domain.commands import Command
from wfadmin.domain.error import Sent, WfadminError
from wfadmin.domain.errors import (
    EngineRejected,
    EngineUnreachable,
    NotFound,
    OutcomeUnknown,
    UnexpectedAnswer,
    UsageError,
)
from wfadmin.domain.model import Survey, Usage
from wfadmin.ports.clock import Clock
from wfadmin.ports.history import HistoryEntry
from wfadmin.ports.points import Point
from wfadmin.ports.wrapping import PortCall, Proceed

__all__ = [
    "Fault",
    "Hit",
    "Kind",
    "break_off",
    "duplicate",
    "entries_of",
    "hang",
    "late",
    "lose_answer",
    "malformed",
    "reject",
    "slow",
    "stale",
    "truncated",
    "unreachable",
]


class Kind(StrEnum):
    """What can go wrong with a call."""

    UNREACHABLE = "unreachable"
    SLOW = "slow"
    HANG = "hang"
    REJECT = "reject"
    MALFORMED = "malformed"
    TRUNCATED = "truncated"
    LOSE_ANSWER = "lose_answer"
    DUPLICATE = "duplicate"
    LATE = "late"
    STALE = "stale"
    BREAK_OFF = "break_off"

    def fits(self, point: Point) -> bool:
        """Whether it can happen to the call of `point`: some only to reads, one to writes."""
        return self not in (_WRITES_ONLY if not point.is_write else _READS_ONLY)


_READS_ONLY = (Kind.TRUNCATED, Kind.STALE, Kind.BREAK_OFF)
_WRITES_ONLY = (Kind.LATE,)


@attrs.frozen
class Hit:
    """
    A call that meets a fault.

    Attributes:
        ask: Asks the engine behind.
        where: The address of the engine.
        earlier: The last real answer to each question, this one too as soon as it was asked; the
            entries of a history as a tuple.
        postpone: Keeps what is to be asked after so much time.
    """

    call: PortCall
    ask: Proceed
    where: str
    clock: Clock
    earlier: dict[PortCall, Any]
    postpone: Callable[[timedelta, Proceed], None]

    def unanswered(self, problem: str) -> WfadminError:
        """Make the error for a request that left, and that no answer settles."""
        if not self.call.point.is_write:
            return EngineUnreachable(self.where, problem)
        word = self.call.point.value.partition(".")[2].replace("_", " ")
        what = self.call.arguments[0]
        # A service URL may hold a password: it is not repeated.
        target = what.ref.id if isinstance(what, Command) else self.where
        return OutcomeUnknown(word, target, problem)

    async def whole(self) -> Any:  # noqa: ANN401 - any answer
        """Ask, and read a history to its end."""
        answer = await self.ask()
        if self.call.point is Point.HISTORY:
            return tuple([entry async for entry in answer])
        return answer


@attrs.frozen
class Fault:
    """
    One kind of trouble, with its details.

    Attributes:
        strike: Gives what the caller of the port gets.
    """

    kind: Kind
    strike: Callable[[Hit], Awaitable[Any]] = attrs.field(repr=False)


async def entries_of(
    entries: Sequence[HistoryEntry], error: WfadminError | None = None
) -> AsyncIterator[HistoryEntry]:
    """Give the entries one by one, and then the error if there is one."""
    for entry in entries:
        yield entry
    if error is not None:
        raise error


def unreachable() -> Fault:
    """Nothing is sent."""

    async def strike(hit: Hit) -> None:
        raise EngineUnreachable(hit.where, "Connection refused")

    return Fault(Kind.UNREACHABLE, strike)


def slow(duration: timedelta, *, after_effect: bool = False) -> Fault:
    """
    Answer late.

    Raises:
        UsageError: The duration is not above zero.
    """
    _above_zero("duration", duration)

    async def strike(hit: Hit) -> Any:  # noqa: ANN401 - any answer
        if not after_effect:
            await hit.clock.sleep(duration)
            return await hit.ask()
        try:
            answer = await hit.ask()
        except WfadminError:
            await hit.clock.sleep(duration)
            raise
        await hit.clock.sleep(duration)
        return answer

    return Fault(Kind.SLOW, strike)


def hang() -> Fault:
    """Nothing is done, and nothing ever answered: cancelling ends it."""

    async def strike(hit: Hit) -> None:
        try:
            await anyio.sleep_forever()
        except RuntimeError:
            # No event loop: a scheduler made by hand drives this call.
            while True:
                await Step(hit.call.point)

    return Fault(Kind.HANG, strike)


def reject(status: int) -> Fault:
    """
    Nothing is done, and an error status comes back.

    Raises:
        UsageError: It is no error status.
    """
    if not HTTPStatus.BAD_REQUEST <= status <= _LAST_STATUS:
        raise UsageError("status", "it is not from 400 to 599")

    async def strike(hit: Hit) -> None:
        is_write = hit.call.point.is_write
        if is_write and status in _ANSWER_LOST:
            # Nobody can tell from these whether the engine got it.
            raise hit.unanswered(f"What stands before the engine answered {status}")
        sent = Sent.YES if is_write else Sent.NO
        raise EngineRejected(hit.where, status, None, "rejected by a scripted fault", sent=sent)

    return Fault(Kind.REJECT, strike)


def malformed() -> Fault:
    """All is done, and what says so cannot be read."""

    async def strike(hit: Hit) -> None:
        await hit.whole()
        if hit.call.point.is_write:
            raise hit.unanswered("Its answer cannot be read")
        raise UnexpectedAnswer(hit.where, "it is not what was asked for")

    return Fault(Kind.MALFORMED, strike)


def truncated() -> Fault:
    """Half of an answer comes: said honestly where an answer can say so, else refused."""

    async def strike(hit: Hit) -> Any:  # noqa: ANN401 - any answer
        answer = await hit.whole()
        not_whole = UnexpectedAnswer(hit.where, "it is not whole")
        match answer:
            case Survey():
                return _half_survey(answer)
            case Usage():
                return _half_usage(answer)
            case _ if hit.call.point is Point.HISTORY:
                return entries_of(_half(answer), not_whole)
            case _:
                raise not_whole

    return Fault(Kind.TRUNCATED, strike)


def lose_answer() -> Fault:
    """All is done, and the answer is lost, whatever it was."""

    async def strike(hit: Hit) -> None:
        # Any other error says that no answer was on its way.
        with suppress(EngineRejected, UnexpectedAnswer, NotFound):
            await hit.whole()
        raise hit.unanswered("The connection broke before the answer")

    return Fault(Kind.LOSE_ANSWER, strike)


def duplicate() -> Fault:
    """A proxy sends it twice; the first answer is given, and nobody hears the second."""

    async def strike(hit: Hit) -> Any:  # noqa: ANN401 - any answer
        try:
            answer = await hit.ask()
        except WfadminError:
            with suppress(WfadminError):
                await hit.whole()
            raise
        with suppress(WfadminError):
            await hit.whole()
        return answer

    return Fault(Kind.DUPLICATE, strike)


def late(by: timedelta) -> Fault:
    """
    No answer comes, and it is done later, once.

    Raises:
        UsageError: The time is not above zero.
    """
    _above_zero("by", by)

    async def strike(hit: Hit) -> None:
        hit.postpone(by, hit.ask)
        raise hit.unanswered("No answer within the time limit")

    return Fault(Kind.LATE, strike)


def stale() -> Fault:
    """The last real answer to the same question comes again; the first is kept from then on."""

    async def strike(hit: Hit) -> Any:  # noqa: ANN401 - any answer
        if hit.call not in hit.earlier:
            await hit.whole()
        known = hit.earlier[hit.call]
        return entries_of(known) if hit.call.point is Point.HISTORY else known

    return Fault(Kind.STALE, strike)


def break_off(after: int = 0) -> Fault:
    """
    The connection breaks in the middle of an answer.

    Args:
        after: How many entries of a history come before; other answers come whole or not at all.

    Raises:
        UsageError: Below zero.
    """
    if after < 0:
        raise UsageError("after", "it is below zero")

    async def strike(hit: Hit) -> Any:  # noqa: ANN401 - any answer
        answer = await hit.whole()
        broken = hit.unanswered("The connection broke in the middle of the answer")
        if hit.call.point is Point.HISTORY:
            return entries_of(answer[:after], broken)
        raise broken

    return Fault(Kind.BREAK_OFF, strike)


_LAST_STATUS = 599
_ANSWER_LOST = (HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT)


def _above_zero(argument: str, duration: timedelta) -> None:
    if duration <= timedelta(0):
        raise UsageError(argument, "it is not above zero")


def _half(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return values[: len(values) // 2]


def _half_usage(usage: Usage) -> Usage:
    return Usage(_half(usage.rows), complete=False)


def _half_survey(survey: Survey) -> Survey:
    return attrs.evolve(
        survey,
        failures=_half(survey.failures),
        failed=None,
        unfinished=_half(survey.unfinished),
        usage=None if survey.usage is None else _half_usage(survey.usage),
        truncated="the engine listed only half of its invocations",
    )
