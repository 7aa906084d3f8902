"""
The one place from which anything is written to an engine.

Lease, plan, evidence, intent, send, confirm, outcome, release: in this order for every verb. A
write is sent at most once. A write without an answer is settled by reading, never by sending.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

import attrs

from wfadmin.domain.errors import (
    EngineError,
    EngineRejected,
    EngineUnreachable,
    NotSupported,
    OutcomeUnknown,
    Sent,
    UnexpectedAnswer,
)
from wfadmin.domain.plan import Step
from wfadmin.operations.host import Host
from wfadmin.ports.engine import Engine

__all__ = ["Lost", "Writing"]

_T = TypeVar("_T")
_A = TypeVar("_A")

_FIRST_PAUSE = timedelta(milliseconds=20)
_SECOND_LOOK = timedelta(milliseconds=100)
_LONGEST_PAUSE = timedelta(milliseconds=500)
# An adapter keeps its own time limits, and knows what came of the request that it ended: this one
# only ends the wait for one that does not.
_PATIENCE = 3


@attrs.frozen
class Lost:
    """No answer came to a write: only reading can tell what became of it."""

    problem: str


@attrs.define(eq=False)
class Writing:
    """
    One operation that writes, while it is under way.

    Attributes:
        operation_id: Names it in the audit log and among the evidence.
        sent: Whether any write has left us.
        warnings: What the result has to say besides.
        paused: Runs that this operation paused only for its own purpose and has not set going
            again, each with the sentence to say if it ends so.
        floor: The shortest time that an answer to a write gets, and its effect to show: known to
            be late.
    """

    engine: Engine
    host: Host
    operation_id: str
    sent: Sent = Sent.NO
    warnings: list[str] = attrs.field(factory=list)
    paused: dict[str, str] = attrs.field(factory=dict)
    floor: timedelta = timedelta(0)

    async def send(
        self,
        call: Callable[[], Awaitable[_A]],
        *,
        timeout: timedelta | None = None,
    ) -> _A | Lost:
        """
        Send one write, once; its adapter may take `timeout` for it (the host's, if not given).

        Returns:
            What the engine said, or `Lost` where no answer came, or one that says nothing.

        Raises:
            EngineUnreachable: It was not sent.
            EngineRejected: The engine said no.
            NotSupported: It was not sent.
        """
        before = self.sent
        limit = _PATIENCE * max(timeout or timedelta(0), self.host.timeout, self.floor)
        # Before the wait: whatever ends it, a cancellation too, the write may have left us.
        self.sent = Sent.UNKNOWN
        (answer,) = await self.host.tasks.gather((call,), timeout=limit)
        match answer:
            case EngineUnreachable() | NotSupported():
                self.sent = before
                raise answer
            case EngineRejected():
                self.sent = Sent.YES
                raise answer
            case OutcomeUnknown(problem=problem) | UnexpectedAnswer(message=problem):
                return Lost(problem.rstrip("."))
            case TimeoutError():
                return Lost(f"No answer came within {limit.total_seconds():g} s")
            case Exception():
                raise answer
            case _:
                self.sent = Sent.YES
        said: _A = answer  # type: ignore[assignment]  # what is no exception, the call gave
        return said

    async def confirm(
        self,
        step: Step,
        answer: object,
        read: Callable[[], Awaitable[_T]],
        done: Callable[[_T], bool],
    ) -> _T:
        """
        Read until the effect of a write shows.

        After an answer that was lost, or a reading that failed, it has to show twice.

        Args:
            step: What was sent.
            answer: What the engine said to it, or `Lost`.
            read: Reads what the effect shows in.
            done: Whether a reading shows it.

        Returns:
            The reading that shows it.

        Raises:
            OutcomeUnknown: It did not show in time. Never `EngineUnreachable`: a write left us.
        """
        clock, settle = self.host.clock, max(self.host.settle, self.floor)
        deadline = clock.monotonic() + settle
        pause = _FIRST_PAUSE
        # An engine that just came back was seen to hold nothing of what it holds.
        is_sure, was_shown = not isinstance(answer, Lost), False
        while True:
            trouble = None
            try:
                reading = await read()
            except EngineError as error:
                trouble = error.message
                is_sure = was_shown = False
            else:
                is_shown = done(reading)
                if is_shown and (is_sure or was_shown):
                    self._settled(step, answer)
                    return reading
                was_shown = is_shown
                if was_shown:
                    await clock.sleep(_SECOND_LOOK)
                    continue
            if clock.monotonic() >= deadline:
                problem = _unsettled(answer, trouble, settle)
                raise OutcomeUnknown(step.action.value, step.target, problem, sent=self.sent)
            await clock.sleep(pause)
            if pause < _LONGEST_PAUSE <= pause * 2:
                # Once, when it takes long: somebody may sit and wait.
                fields = {"action": step.action.value, "target": step.target}
                self.host.observer.event("repair.waiting", fields)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _settled(self, step: Step, answer: object) -> None:
        self.sent = Sent.YES
        if isinstance(answer, Lost):
            what = f"{step.action.value} of {step.target}"
            self.warnings.append(f"The answer to {what} was lost; its effect was seen by reading.")


def _unsettled(answer: object, trouble: str | None, settle: timedelta) -> str:
    said = answer.problem if isinstance(answer, Lost) else "The engine accepted it"
    seen = "no effect showed" if trouble is None else f"reading it failed ({trouble})"
    return f"{said}; {seen} within {settle.total_seconds():g} s"
