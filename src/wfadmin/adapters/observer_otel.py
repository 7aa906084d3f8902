"""
What happens, as OpenTelemetry spans, and as events of the span that is current.

Laws:

- A span holds names, codes and durations. Of an error it holds one line of its message, without
  what looks like a secret, and no stack: lines of a stack quote what a call was made with.
- Whatever a tracer or a span raises, what is traced goes on as if there were none.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, suppress
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, TypeVar

import attrs
from typing_extensions import override

from wfadmin.domain.answers import Answer
from wfadmin.domain.doctor import DoctorReport
from wfadmin.domain.errors import (
    MissingDependency,
    OutcomeUnknown,
    Refused,
    RetryBlocked,
    Sent,
    WfadminError,
)
from wfadmin.domain.inspection import Inspection
from wfadmin.domain.plan import Plan
from wfadmin.domain.results import Result
from wfadmin.ports.observer import Observer
from wfadmin.wire.facts import facts, text_of

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

__all__ = ["OtelObserver", "Spans"]

_T = TypeVar("_T")
_EXTRA = "otel"


class OtelObserver(Observer):
    """
    Adds each event to the current span, such as that of the verb of `wfadmin.tracing`.

    The event has the name that it was told by, and each fact as `wfadmin.` and its name, bounded
    and without what looks like a secret. Without a span that records, nothing happens.

    Raises:
        MissingDependency: The extra `otel` is not installed.
    """

    __slots__ = ("_trace",)

    def __init__(self) -> None:
        self._trace = _trace_api()

    @override
    def event(self, name: str, fields: Mapping[str, object]) -> None:
        """See `Observer.event`."""
        with suppress(Exception):
            span = self._trace.get_current_span()
            if span.is_recording():
                told = {
                    f"wfadmin.{key}": value
                    for key, value in facts(fields).items()
                    if value is not None
                }
                span.add_event(text_of(name), told)


@attrs.frozen(eq=False)
class Spans:
    """
    Makes spans around calls, and says in each how its call ended. Make one with `of`.

    Attributes:
        engine: The name of the engine; None where nobody knows it.
    """

    _trace: ModuleType
    _tracer: "Tracer"
    engine: str | None

    @classmethod
    def of(cls, tracer: "Tracer | None", engine: str | None) -> "Spans":
        """
        Spans of `tracer`, or of that which the global provider has for wfadmin.

        Raises:
            MissingDependency: The extra `otel` is not installed.
        """
        trace = _trace_api()
        return cls(trace, trace.get_tracer("wfadmin") if tracer is None else tracer, engine)

    async def over(self, name: str, action: str, call: Callable[[], Awaitable[_T]]) -> _T:
        """
        Call it inside a span. What it gives or raises is what the caller gets.

        Args:
            name: Of the span, after `wfadmin.`.
            action: What is done: a verb, or a call of a port.
            call: What the span lasts as long as.
        """
        span = self.started(name, action)
        try:
            with self.current(span):
                result = await call()
        except BaseException as error:
            self.failed(span, error)
            raise
        else:
            _say_outcome(span, _outcome_of(result))
            return result
        finally:
            self.end(span)

    def started(self, name: str, action: str) -> "Span":
        """Start a span; one that records nothing where the tracer fails. It has to be ended."""
        told = {"wfadmin.action": action}
        if self.engine is not None:
            told["wfadmin.engine"] = self.engine
        try:
            return self._tracer.start_span(f"wfadmin.{name}", attributes=told)
        except Exception:  # noqa: BLE001 - no repair fails because it cannot be watched
            nothing: Span = self._trace.INVALID_SPAN
            return nothing

    def current(self, span: "Span") -> AbstractContextManager["Span"]:
        """Make it the span below which others start, until the block ends. Does not end it."""
        # Left to itself it would store the error in full.
        used: AbstractContextManager[Span] = self._trace.use_span(
            span, record_exception=False, set_status_on_exception=False
        )
        return used

    def failed(self, span: "Span", error: BaseException) -> None:
        """Say with what error the call of a span ended."""
        kind = type(error).__qualname__
        with suppress(Exception):
            _say_outcome(span, _ending_of(error))
            span.set_attribute(
                "error.type", error.code if isinstance(error, WfadminError) else kind
            )
            if isinstance(error, Refused):
                span.set_attribute("wfadmin.refusal", error.code)
            if isinstance(error, RetryBlocked):
                span.set_attribute("wfadmin.reason", text_of(error.reason))
            span.set_status(self._trace.StatusCode.ERROR, kind)
            words = error.message if isinstance(error, WfadminError) else str(error)
            told = {"exception.type": kind, "exception.message": text_of(words)}
            span.add_event("exception", told)

    def end(self, span: "Span") -> None:
        """End a span. What stores spans may raise; nobody hears of it."""
        with suppress(Exception):
            span.end()


def _trace_api() -> ModuleType:
    try:
        return import_module("opentelemetry.trace")
    except ImportError as error:
        problem = "opentelemetry-api is not installed"
        raise MissingDependency("Tracing with OpenTelemetry", problem, _EXTRA) from error


def _say_outcome(span: "Span", outcome: str | None) -> None:
    if outcome is not None:
        with suppress(Exception):
            span.set_attribute("wfadmin.outcome", outcome)


def _outcome_of(result: object) -> str | None:
    match result:
        case Result():
            return result.effect.value
        case DoctorReport():
            return result.verdict.value
        case Plan():
            return "planned"
        case Inspection():
            return "read"
        case Answer():
            return result.value
        case _:
            return None


def _ending_of(error: BaseException) -> str:
    match error:
        case Refused():
            return "refused"
        case OutcomeUnknown():
            return "unknown"
        case WfadminError():
            return "failed" if error.sent is Sent.NO else "unknown"
        case Exception():
            return "failed"
        case _:
            return "interrupted"
