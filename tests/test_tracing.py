"""A span for each verb, and below it one for each call of the engine."""

import anyio
import attrs
import pytest
from opentelemetry.trace import get_current_span

import wfadmin
from tests.operations.repairs import KEY, PAUSED, lost, nothing, operator_of, watch
from tests.spans import Recorder, Told
from wfadmin.adapters.memory import Point, World
from wfadmin.adapters.observer_otel import OtelObserver
from wfadmin.domain.components import Component
from wfadmin.errors import EngineUnreachable, OutcomeUnknown, RetryBlocked
from wfadmin.tracing import TracedOperator, instrumented

UNREACHABLE = EngineUnreachable("memory", "https://ops:hunter2@engine refused")


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


def verb_span(name: str, outcome: str) -> Told:
    """Make the span of a verb that ended well."""
    action = name.removeprefix("plan_")
    attributes = {
        "wfadmin.action": action,
        "wfadmin.engine": "memory",
        "wfadmin.outcome": outcome,
    }
    return Told(f"wfadmin.{name}", None, attributes)


def call_span(point: Point, parent: str, **outcome: str) -> Told:
    """Make the span of a call that ended well."""
    attributes = {"wfadmin.action": point.value, "wfadmin.engine": "memory"}
    ours = {f"wfadmin.{name}": value for name, value in outcome.items()}
    return Told(f"wfadmin.{point.value}", f"wfadmin.{parent}", attributes | ours)


#: What every recovery reads before it decides.
LOOKS = [
    call_span(one, "recover")
    for one in (Point.FACTS, Point.LIST_SERVICES, Point.FOR_KEY, Point.READ_STATE)
]
LOOK_AGAIN = [call_span(Point.READ_STATE, "recover"), call_span(Point.FOR_KEY, "recover")]


# --- whole stories --------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_a_recovery_that_confirms(recorder: Recorder) -> None:
    world = World()
    world.workflow("Order").key("o-1").failed()

    result = await instrumented(operator_of(world), recorder.tracer).recover_stuck_workflow(KEY)

    assert result.confirmed
    assert recorder.told == [
        *LOOKS,
        call_span(Point.FOR_KEY, "recover"),
        call_span(Point.PURGE, "recover", outcome="accepted"),
        *LOOK_AGAIN,
        verb_span("recover", "confirmed"),
    ]


@pytest.mark.anyio
async def test_a_recovery_that_is_blocked(recorder: Recorder) -> None:
    world = World()
    run = world.workflow("Order").key("o-1").running()

    with pytest.raises(RetryBlocked):
        await instrumented(operator_of(world), recorder.tracer).recover_stuck_workflow(KEY)

    message = f"Recovery is blocked: active (invocations: {run.id})."
    assert recorder.told == [
        *LOOKS,
        Told(
            "wfadmin.recover",
            None,
            {
                "wfadmin.action": "recover",
                "wfadmin.engine": "memory",
                "wfadmin.outcome": "refused",
                "wfadmin.refusal": "workflow_retry_blocked",
                "wfadmin.reason": "active",
                "error.type": "workflow_retry_blocked",
            },
            ("ERROR", "RetryBlocked"),
            (
                (
                    "exception",
                    {"exception.type": "RetryBlocked", "exception.message": message},
                ),
            ),
        ),
    ]


@pytest.mark.anyio
async def test_a_doctor_with_an_ill_engine(recorder: Recorder) -> None:
    world = World()
    world.engine.points.fail(Component.INVOCATIONS, UNREACHABLE)

    report = await instrumented(operator_of(world), recorder.tracer).doctor()

    assert report.verdict is wfadmin.Verdict.ERROR
    by_name = {one.name: one for one in recorder.told}
    assert recorder.told[-1] == verb_span("doctor", "error")
    assert by_name.pop("wfadmin.listing.survey") == Told(
        "wfadmin.listing.survey",
        "wfadmin.doctor",
        {
            "wfadmin.action": "listing.survey",
            "wfadmin.engine": "memory",
            "wfadmin.outcome": "failed",
            "error.type": "workflow_engine_unreachable",
        },
        ("ERROR", "EngineUnreachable"),
        (
            (
                "exception",
                {
                    "exception.type": "EngineUnreachable",
                    "exception.message": "No answer from memory.",
                },
            ),
        ),
    )
    del by_name["wfadmin.doctor"]
    # They run at once, each in a task of its own, and still belong to the doctor.
    points = (
        Point.PROBE_INGRESS,
        Point.PROBE_ADMIN,
        Point.LIST_DEPLOYMENTS,
        Point.LIST_SERVICES,
    )
    assert by_name == {f"wfadmin.{one}": call_span(one, "doctor") for one in points}
    assert "hunter2" not in "".join(span.to_json() for span in recorder.raw)


@pytest.mark.anyio
async def test_a_lost_answer_whose_effect_shows(recorder: Recorder) -> None:
    world = World()
    run = world.workflow("Order").key("o-1").failed()
    watch(world, lost(Point.PURGE, lambda: world.store.purge(run.id)))

    result = await instrumented(operator_of(world), recorder.tracer).recover_stuck_workflow(KEY)

    assert result.confirmed
    purge = call_span(Point.PURGE, "recover", outcome="unknown")
    assert recorder.told == [
        *LOOKS,
        call_span(Point.FOR_KEY, "recover"),
        attrs.evolve(
            purge,
            attributes={**purge.attributes, "error.type": "outcome_unknown"},
            status=("ERROR", "OutcomeUnknown"),
            events=(
                (
                    "exception",
                    {
                        "exception.type": "OutcomeUnknown",
                        "exception.message": "Whether control.purge of it happened is not known.",
                    },
                ),
            ),
        ),
        # Twice, because nobody said that it was done.
        *LOOK_AGAIN,
        *LOOK_AGAIN,
        verb_span("recover", "confirmed"),
    ]


@pytest.mark.anyio
async def test_a_lost_answer_whose_effect_does_not_show(recorder: Recorder) -> None:
    world = World()
    world.workflow("Order").key("o-1").paused()
    watch(world, lost(Point.KILL, nothing))
    operator = operator_of(world, observer=OtelObserver())

    with pytest.raises(OutcomeUnknown):
        await instrumented(operator, recorder.tracer).recover_stuck_workflow(KEY, policy=PAUSED)

    told = recorder.one("wfadmin.recover")
    assert (told.attributes["wfadmin.outcome"], told.attributes["error.type"]) == (
        "unknown",
        "outcome_unknown",
    )
    assert told.status == ("ERROR", "OutcomeUnknown")
    assert [name for name, _ in told.events] == ["repair.waiting", "exception"]


@pytest.mark.anyio
async def test_a_plan_an_inspection_and_the_plan_applied(recorder: Recorder) -> None:
    world = World()
    world.workflow("Order").key("o-1").failed()
    operator = TracedOperator(operator_of(world), recorder.tracer)

    await operator.inspect(KEY)
    plan = await operator.plan_recover(KEY)
    await operator.plan_again(plan)
    await operator.apply(plan)

    apply = verb_span("apply", "confirmed")
    assert recorder.told == [
        verb_span("inspect", "read"),
        verb_span("plan_recover", "planned"),
        verb_span("plan_recover", "planned"),
        attrs.evolve(apply, attributes={**apply.attributes, "wfadmin.action": "recover"}),
    ]


# --- who is cancelled -----------------------------------------------------------------------------


@pytest.mark.anyio
async def test_a_verb_that_is_cancelled_ends_its_spans_with_an_error(recorder: Recorder) -> None:
    world = World()
    world.hang(Component.INVOCATIONS)
    operator = instrumented(operator_of(world), recorder.tracer)

    with anyio.move_on_after(0.05) as scope:
        await operator.recover_stuck_workflow(KEY)

    cancelled = anyio.get_cancelled_exc_class().__name__
    assert scope.cancelled_caught
    assert [one for one in recorder.told if one.status[0] == "ERROR"] == recorder.told[-2:]
    assert [one.name for one in recorder.told[-2:]] == [
        "wfadmin.invocations.for_key",
        "wfadmin.recover",
    ]
    for one in recorder.told[-2:]:
        assert one.status == ("ERROR", cancelled)
        assert one.attributes["wfadmin.outcome"] == "interrupted"
        assert one.attributes["error.type"] == cancelled


@pytest.mark.anyio
async def test_a_probe_that_hangs_ends_its_span_when_the_doctor_gives_it_up(
    recorder: Recorder,
) -> None:
    world = World()
    world.hang(Component.INVOCATIONS)
    operator = instrumented(operator_of(world, timeout=0.05), recorder.tracer)

    await operator.doctor()

    assert recorder.one("wfadmin.listing.survey").attributes["wfadmin.outcome"] == "interrupted"
    assert recorder.one("wfadmin.doctor").status == ("UNSET", None)


# --- who calls whom -------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_the_span_of_the_caller_goes_on_in_tasks_and_is_current_again_afterwards(
    recorder: Recorder,
) -> None:
    world = World()
    world.workflow("Order").key("o-1").running()
    operator = instrumented(operator_of(world), recorder.tracer)

    with recorder.tracer.start_as_current_span("of the caller") as span:
        async with anyio.create_task_group() as group:
            group.start_soon(operator.doctor)
            group.start_soon(operator.inspect, KEY)
        assert get_current_span() is span

    parents = {one.name: one.parent for one in recorder.told}
    assert (parents["wfadmin.doctor"], parents["wfadmin.inspect"]) == (
        "of the caller",
        "of the caller",
    )
    assert parents["wfadmin.listing.survey"] == "wfadmin.doctor"
    assert parents["wfadmin.invocations.for_key"] == "wfadmin.inspect"


def test_without_an_event_loop_the_span_of_the_caller_goes_on_too(recorder: Recorder) -> None:
    operator = instrumented(operator_of(World()), recorder.tracer)

    caller = recorder.tracer.start_as_current_span("of the caller")
    with wfadmin.BlockingOperator(operator) as blocking, caller:
        blocking.doctor()

    assert recorder.one("wfadmin.doctor").parent == "of the caller"
