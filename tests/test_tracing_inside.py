"""What traced operators and engines do with what is inside them."""

import inspect
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import attrs
import pytest
from opentelemetry.trace import get_current_span
from typing_extensions import override

import wfadmin
from tests.operations.repairs import KEY, PAUSED, operator_of
from tests.spans import Recorder, Told
from wfadmin.adapters.memory import World
from wfadmin.domain.keys import InvocationRef
from wfadmin.domain.plan import Plan, Verb
from wfadmin.errors import EngineUnreachable, MissingDependency
from wfadmin.ports.history import Examination, HistoryEntry, InvocationHistory
from wfadmin.tracing import TracedOperator, instrumented, traced

URL = "http://orders:9080"
FORCED: dict[str, object] = {"force": False, "register_timeout": timedelta(seconds=9)}
WAITING: dict[str, object] = {
    "force_drain": True,
    "also_keep": (URL,),
    "wait": timedelta(seconds=9),
}
POLICY: dict[str, object] = {"policy": PAUSED}
MOVED: dict[str, object] = {"invocation_id": "inv_1", "deployment": "latest"}
UNREACHABLE = EngineUnreachable("memory", "https://ops:hunter2@engine refused")


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


# --- reading a history ----------------------------------------------------------------------------


@attrs.frozen(eq=False)
class Tale(InvocationHistory):
    """A history of as many entries as are wanted, which then goes on or breaks off."""

    count: int
    error: Exception | None = None
    seen: list[object] = attrs.field(factory=list)

    @override
    async def entries(self, ref: InvocationRef) -> AsyncIterator[HistoryEntry]:
        try:
            for index in range(self.count):
                self.seen.append(get_current_span())
                yield HistoryEntry(index, "step")
            if self.error is not None:
                raise self.error
        finally:
            self.seen.append("closed")

    @override
    async def examine(self, ref: InvocationRef) -> Examination:
        raise NotImplementedError


@attrs.frozen(eq=False)
class Telling:
    """The engine in memory, with another history."""

    whole: object
    history: Tale | None

    def __getattr__(self, name: str) -> object:
        return getattr(self.whole, name)


def history_of(tale: Tale, recorder: Recorder) -> InvocationHistory:
    engine = traced(Telling(World().engine, tale), recorder.tracer)  # type: ignore[arg-type]
    assert engine.history is not None
    return engine.history


REF = InvocationRef(KEY, "inv_1", None)


@pytest.mark.anyio
async def test_the_span_of_a_history_lasts_until_its_last_entry(recorder: Recorder) -> None:
    tale = Tale(2)
    reading = history_of(tale, recorder).entries(REF)
    outside = get_current_span()

    read = []
    async for entry in reading:
        read.append(entry.index)
        assert recorder.names == []
        assert get_current_span() is outside

    assert read == [0, 1]
    assert recorder.told == [
        Told(
            "wfadmin.history.entries",
            None,
            {"wfadmin.action": "history.entries", "wfadmin.engine": "memory"},
        )
    ]
    (span,) = recorder.raw
    assert [getattr(one, "name", one) for one in tale.seen] == [span.name, span.name, "closed"]


@pytest.mark.anyio
async def test_who_has_read_enough_of_a_history_ends_its_span_without_an_error(
    recorder: Recorder,
) -> None:
    tale = Tale(2)
    reading = history_of(tale, recorder).entries(REF)

    assert (await anext(reading)).index == 0
    await reading.aclose()  # type: ignore[attr-defined]

    assert tale.seen[-1] == "closed"
    assert recorder.one("wfadmin.history.entries").status == ("UNSET", None)


@pytest.mark.anyio
async def test_a_history_that_breaks_off_ends_its_span_with_an_error(recorder: Recorder) -> None:
    reading = history_of(Tale(1, UNREACHABLE), recorder).entries(REF)

    with pytest.raises(EngineUnreachable):
        [_ async for _ in reading]

    told = recorder.one("wfadmin.history.entries")
    assert told.status == ("ERROR", "EngineUnreachable")
    assert told.attributes["wfadmin.outcome"] == "failed"


# --- the operator inside --------------------------------------------------------------------------


def noting(name: str) -> Callable[..., Awaitable[object]]:
    """Make a verb that notes its arguments, and answers with its name."""

    async def verb(self: "Inside", *arguments: object, **named: object) -> object:
        self.calls.append((name, arguments, named))
        return name

    return verb


@attrs.define(slots=False)
class Inside(wfadmin.Operator):
    """An operator that remembers what it was asked."""

    calls: list[object] = attrs.field(factory=list)

    doctor = noting("doctor")  # type: ignore[assignment]
    inspect = noting("inspect")  # type: ignore[assignment]
    plan_redeploy = noting("plan_redeploy")  # type: ignore[assignment]
    force_redeploy = noting("force_redeploy")  # type: ignore[assignment]
    plan_cleanup = noting("plan_cleanup")  # type: ignore[assignment]
    cleanup_stale_deployments = noting("cleanup_stale_deployments")  # type: ignore[assignment]
    plan_recover = noting("plan_recover")  # type: ignore[assignment]
    recover_stuck_workflow = noting("recover_stuck_workflow")  # type: ignore[assignment]
    plan_steering = noting("plan_steering")  # type: ignore[assignment]
    resume = noting("resume")  # type: ignore[assignment]
    pause = noting("pause")  # type: ignore[assignment]
    cancel = noting("cancel")  # type: ignore[assignment]
    plan_again = noting("plan_again")  # type: ignore[assignment]
    apply = noting("apply")  # type: ignore[assignment]
    aclose = noting("aclose")  # type: ignore[assignment]


async def a_plan() -> Plan:
    world = World()
    world.workflow("Order").key("o-1").failed()
    return await operator_of(world).plan_recover(KEY)


VERBS: list[tuple[str, tuple[object, ...], dict[str, object], str]] = [
    ("doctor", (), {}, "doctor"),
    ("inspect", (KEY,), {"show_state": True}, "inspect"),
    ("plan_redeploy", (URL,), FORCED, "plan_redeploy"),
    ("force_redeploy", (URL,), FORCED, "redeploy"),
    ("plan_cleanup", (URL,), WAITING, "plan_cleanup"),
    ("cleanup_stale_deployments", (URL,), WAITING, "cleanup"),
    ("plan_recover", (KEY,), POLICY, "plan_recover"),
    ("recover_stuck_workflow", (KEY,), POLICY, "recover"),
    ("plan_steering", (Verb.RESUME, KEY), MOVED, "plan_resume"),
    ("resume", (KEY,), MOVED, "resume"),
    ("pause", (KEY,), {"invocation_id": "inv_1"}, "pause"),
    ("cancel", (KEY,), {"invocation_id": "inv_1"}, "cancel"),
]


@pytest.mark.anyio
@pytest.mark.parametrize(("verb", "arguments", "named", "span"), VERBS)
async def test_every_verb_reaches_the_operator_with_its_arguments(
    recorder: Recorder,
    verb: str,
    arguments: tuple[object, ...],
    named: dict[str, object],
    span: str,
) -> None:
    inside = Inside()
    operator = TracedOperator(inside, recorder.tracer)

    assert await getattr(operator, verb)(*arguments, **named) == verb

    assert inside.calls == [(verb, arguments, named)]
    assert recorder.told == [
        Told(f"wfadmin.{span}", None, {"wfadmin.action": span.removeprefix("plan_")})
    ]


@pytest.mark.anyio
async def test_a_plan_reaches_the_operator_that_applies_it(recorder: Recorder) -> None:
    inside, plan = Inside(), await a_plan()

    await TracedOperator(inside, recorder.tracer, engine="prod").apply(plan)

    assert inside.calls == [("apply", (plan,), {})]
    assert recorder.one("wfadmin.apply").attributes == {
        "wfadmin.action": "recover",
        "wfadmin.engine": "prod",
    }


@pytest.mark.anyio
async def test_the_name_that_is_given_counts_more_than_that_of_the_engine(
    recorder: Recorder,
) -> None:
    await TracedOperator(operator_of(World()), recorder.tracer, engine="prod").doctor()

    assert recorder.one("wfadmin.doctor").attributes["wfadmin.engine"] == "prod"


@pytest.mark.anyio
async def test_closing_it_closes_the_operator_and_is_no_verb(recorder: Recorder) -> None:
    inside = Inside()

    async with TracedOperator(inside, recorder.tracer):
        pass

    assert (inside.calls, recorder.told) == ([("aclose", (), {})], [])


def test_every_verb_looks_the_same_from_outside() -> None:
    for name, member in inspect.getmembers(wfadmin.Operator, inspect.isfunction):
        if not name.startswith("_"):
            twin = getattr(TracedOperator, name)
            assert twin is not member
            assert inspect.signature(twin) == inspect.signature(member)


@pytest.mark.anyio
async def test_ports_that_an_engine_lacks_stay_absent(recorder: Recorder) -> None:
    world = World()

    assert traced(Telling(world.engine, None), recorder.tracer).history is None  # type: ignore[arg-type]


def test_without_the_extra_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    operator = operator_of(World())
    monkeypatch.setitem(sys.modules, "opentelemetry.trace", None)

    for make in (instrumented, TracedOperator, lambda one: traced(one.engine)):
        with pytest.raises(MissingDependency) as caught:
            make(operator)
        assert caught.value.fix == "Install it with: pip install 'wfadmin[otel]'"
