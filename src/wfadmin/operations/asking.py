"""Asking several questions at once: each answer with how long it took, or with what went wrong."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, Generic, TypeVar

import attrs

from wfadmin.domain.errors import EngineUnreachable, NotSupported, WfadminError
from wfadmin.operations.host import Host
from wfadmin.ports.engine import Engine

__all__ = ["Asked", "ask", "ask_all"]

_T = TypeVar("_T")


@attrs.frozen
class Asked(Generic[_T]):
    """
    One question that was asked.

    Attributes:
        value: The answer; None where there is none.
        error: What went wrong; None where an answer came.
        latency: How long the answer took; None where none came.
    """

    value: _T | None = None
    error: Exception | None = None
    latency: timedelta | None = None

    @property
    def problem(self) -> str | None:
        """What went wrong, in one line; None when nothing did."""
        if self.error is None:
            return None
        if isinstance(self.error, NotSupported):
            # Nobody else tells what helps: that an engine lacks something is no finding.
            return f"{self.error.message} {self.error.advice or self.error.why}"
        if isinstance(self.error, WfadminError):
            return f"{self.error.message} {self.error.why}"
        # An adapter's mistake. Its own words may hold anything, so only its kind is told.
        return f"The adapter failed with {type(self.error).__name__}."

    @property
    def fix(self) -> str | None:
        """What to do about it, where that is known."""
        return self.error.fix if isinstance(self.error, WfadminError) else None

    def unwrap(self) -> _T:
        """The answer; raises what went wrong where there is none."""
        if self.error is not None:
            raise self.error
        return self.value  # type: ignore[return-value]  # without an error there is an answer


async def ask_all(
    engine: Engine,
    host: Host,
    questions: Sequence[Callable[[], Awaitable[Any]]],
    *,
    timeout: timedelta | None = None,
) -> tuple[Asked[Any], ...]:
    """
    Ask all questions at once, each for at most `timeout` (the host's, if not given).

    Never raises for an ill engine or a faulty adapter: the answer holds what went wrong.
    """
    limit = host.timeout if timeout is None else timeout

    def timed(question: Callable[[], Awaitable[Any]]) -> Callable[[], Awaitable[Asked[Any]]]:
        async def call() -> Asked[Any]:
            started = host.clock.monotonic()
            value = await question()
            return Asked(value, latency=host.clock.monotonic() - started)

        return call

    answers = await host.tasks.gather([timed(one) for one in questions], timeout=limit)
    return tuple(_asked(one, engine, limit) for one in answers)


def _asked(answer: object, engine: Engine, limit: timedelta) -> Asked[Any]:
    if isinstance(answer, Asked):
        return answer
    if isinstance(answer, TimeoutError):
        problem = f"It did not finish within {limit.total_seconds():g} s"
        return Asked(error=EngineUnreachable(engine.address, problem))
    if isinstance(answer, Exception):
        return Asked(error=answer)
    raise TypeError(type(answer).__name__)  # a TaskRunner that breaks its promise


async def ask(
    engine: Engine,
    host: Host,
    question: Callable[[], Awaitable[_T]],
    *,
    timeout: timedelta | None = None,
) -> _T:
    """Ask one question within `timeout` (the host's, if not given); raise what went wrong."""
    (asked,) = await ask_all(engine, host, (question,), timeout=timeout)
    answer: _T = asked.unwrap()
    return answer
