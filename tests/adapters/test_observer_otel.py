"""What happens becomes events of the current span, and spans say how their calls ended."""

import sys
from collections.abc import Callable
from typing import cast

import pytest
from opentelemetry.trace import INVALID_SPAN, Tracer, get_current_span
from typing_extensions import override

from tests.spans import Recorder
from wfadmin.adapters.observer_otel import OtelObserver, Spans
from wfadmin.domain.answers import Answer
from wfadmin.errors import (
    EngineRejected,
    LeaseHeld,
    MissingDependency,
    OutcomeUnknown,
    RetryBlocked,
    Sent,
)
from wfadmin.testing import Clause
from wfadmin.testing.hosts import HostBench, ObserverBench, observer_clauses, run_host


class Broken:
    """A span or a tracer all of whose methods raise."""

    def __getattr__(self, name: str) -> object:
        raise OSError(name)


class Unprintable(Exception):
    @override
    def __str__(self) -> str:
        raise RuntimeError


class SpanBench(ObserverBench):
    """In a span that records, and later in one that is broken."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        super().__init__(OtelObserver())

    @override
    async def break_medium(self) -> None:
        self._monkeypatch.setattr("opentelemetry.trace.get_current_span", Broken)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.mark.asyncio
@pytest.mark.parametrize("clause", observer_clauses(contract=1), ids=str)
async def test_the_contract_of_observers_is_kept(
    clause: Clause[HostBench], monkeypatch: pytest.MonkeyPatch, recorder: Recorder
) -> None:
    with recorder.tracer.start_as_current_span("of the caller"):
        await run_host(clause, SpanBench(monkeypatch))


def test_an_event_is_added_to_the_current_span(recorder: Recorder) -> None:
    with recorder.tracer.start_as_current_span("of the caller"):
        OtelObserver().event(
            "repair.waiting", {"action": "purge", "n": 3, "none": None, "token": "hunter2"}
        )

    assert recorder.one("of the caller").events == (
        (
            "repair.waiting",
            {"wfadmin.action": "purge", "wfadmin.n": 3, "wfadmin.token": "***"},
        ),
    )


def test_without_a_span_an_event_costs_no_look_at_the_facts(recorder: Recorder) -> None:
    looked: list[str] = []

    class Value:
        @override
        def __str__(self) -> str:
            looked.append("at it")
            return "x"

    OtelObserver().event("repair.waiting", {"action": Value()})

    assert (recorder.told, looked) == ([], [])


@pytest.mark.parametrize("make", [OtelObserver, lambda: Spans.of(None, None)])
def test_without_the_extra_it_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, make: Callable[[], object]
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.trace", None)
    with pytest.raises(MissingDependency) as caught:
        make()

    assert caught.value.fix == "Install it with: pip install 'wfadmin[otel]'"
    assert "opentelemetry-api is not installed" in str(caught.value)


# --- how a call ended -----------------------------------------------------------------------------


async def over(spans: Spans, error: BaseException | None = None, result: object = None) -> object:
    async def call() -> object:
        if error is not None:
            raise error
        return result

    return await spans.over("control.purge", "control.purge", call)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("error", "attributes"),
    [
        (
            RetryBlocked("active", ("inv_1",)),
            {
                "wfadmin.outcome": "refused",
                "wfadmin.refusal": "workflow_retry_blocked",
                "wfadmin.reason": "active",
                "error.type": "workflow_retry_blocked",
            },
        ),
        (
            LeaseHeld("Order/1", sent=Sent.YES),
            {
                "wfadmin.outcome": "refused",
                "wfadmin.refusal": "lease_held",
                "error.type": "lease_held",
            },
        ),
        (
            OutcomeUnknown("purge", "it", "no answer"),
            {"wfadmin.outcome": "unknown", "error.type": "outcome_unknown"},
        ),
        (
            EngineRejected("memory", 500, "odd"),
            {"wfadmin.outcome": "failed", "error.type": "workflow_engine_rejected"},
        ),
        (
            EngineRejected("memory", 500, "odd", sent=Sent.UNKNOWN),
            {"wfadmin.outcome": "unknown", "error.type": "workflow_engine_rejected"},
        ),
        (LookupError("x"), {"wfadmin.outcome": "failed", "error.type": "LookupError"}),
        (
            KeyboardInterrupt(),
            {"wfadmin.outcome": "interrupted", "error.type": "KeyboardInterrupt"},
        ),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_an_error_ends_its_span_with_an_error(
    recorder: Recorder, error: BaseException, attributes: dict[str, object]
) -> None:
    with pytest.raises(type(error)) as caught:
        await over(Spans.of(recorder.tracer, None), error)

    assert caught.value is error
    told = recorder.one("wfadmin.control.purge")
    assert told.attributes == {"wfadmin.action": "control.purge", **attributes}
    assert told.status == ("ERROR", type(error).__name__)
    assert [name for name, _ in told.events] == ["exception"]


@pytest.mark.asyncio
async def test_of_an_error_a_span_holds_one_line_without_secrets(recorder: Recorder) -> None:
    error = LookupError("no\nhttps://ops:hunter2@engine token=hunter2")
    error.__cause__ = ValueError("hunter2")
    with pytest.raises(LookupError):
        await over(Spans.of(recorder.tracer, None), error)

    (span,) = recorder.raw
    assert recorder.told[0].events == (
        (
            "exception",
            {
                "exception.type": "LookupError",
                "exception.message": "no https://***@engine token=***",
            },
        ),
    )
    assert "hunter2" not in span.to_json()


@pytest.mark.asyncio
async def test_an_error_that_cannot_be_shown_still_ends_its_span_with_an_error(
    recorder: Recorder,
) -> None:
    with pytest.raises(Unprintable):
        await over(Spans.of(recorder.tracer, None), Unprintable())

    told = recorder.one("wfadmin.control.purge")
    assert (told.status, told.events) == (("ERROR", "Unprintable"), ())


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("result", "outcome"),
    [(Answer.WRONG_STATUS, {"wfadmin.outcome": "wrong_status"}), (None, {}), ((1,), {})],
)
async def test_an_answer_is_the_outcome_and_what_was_read_is_none(
    recorder: Recorder, result: object, outcome: dict[str, object]
) -> None:
    assert await over(Spans.of(recorder.tracer, "memory"), result=result) is result

    told = recorder.one("wfadmin.control.purge")
    assert told.status == ("UNSET", None)
    assert told.attributes == {
        "wfadmin.action": "control.purge",
        "wfadmin.engine": "memory",
        **outcome,
    }


# --- a tracer that fails --------------------------------------------------------------------------


class Half:
    """A tracer whose spans raise in all that is not needed to make them current."""

    def start_span(self, *_: object, **__: object) -> object:
        return Broken()


@pytest.mark.asyncio
@pytest.mark.parametrize("tracer", [Broken(), Half()], ids=["tracer", "span"])
async def test_a_tracer_that_raises_changes_neither_answers_nor_errors(tracer: object) -> None:
    spans = Spans.of(cast("Tracer", tracer), "memory")
    error = LookupError("x")

    assert await over(spans, result=Answer.ACCEPTED) is Answer.ACCEPTED
    with pytest.raises(LookupError) as caught:
        await over(spans, error)

    assert caught.value is error
    assert get_current_span() is INVALID_SPAN


@pytest.mark.asyncio
async def test_without_an_sdk_nothing_records() -> None:
    seen: list[bool] = []

    async def call() -> None:
        seen.append(get_current_span().is_recording())

    await Spans.of(None, "memory").over("doctor", "doctor", call)

    assert seen == [False]


def test_a_tracer_may_be_given(recorder: Recorder) -> None:
    tracer: Tracer = recorder.tracer
    spans = Spans.of(tracer, "memory")
    spans.end(spans.started("doctor", "doctor"))

    assert recorder.names == ["wfadmin.doctor"]
