"""The ports over gRPC: history, children and status of one run."""

from datetime import UTC, datetime

import pytest

from tests.adapters.dapr_grpc import oracle
from tests.adapters.dapr_grpc.servers import (
    Answered,
    Asked,
    GrpcServer,
    as_recorded,
    replaying,
    serving,
)
from tests.adapters.dapr_grpc.test_events import event
from wfadmin.adapters.dapr.grpc.history import DaprHistory
from wfadmin.adapters.dapr.grpc.invocations import ELSEWHERE, DaprGrpcInvocations
from wfadmin.domain.capabilities import CommandName
from wfadmin.domain.errors import EngineUnreachable, InvocationNotFound
from wfadmin.domain.keys import Incarnation, InvocationRef, WorkflowKey
from wfadmin.domain.model import InvocationOutcome, InvocationStatus
from wfadmin.ports.history import Examination, HistoryEntry

pytestmark = pytest.mark.asyncio

RUN = Incarnation("2026-11-20T23:37:13.125009636Z")


def ref(instance_id: str, incarnation: Incarnation | None = None) -> InvocationRef:
    return InvocationRef(None, instance_id, incarnation)


def at(minute: int, second: int, microsecond: int) -> datetime:
    return datetime(2026, 11, 20, 23, minute, second, microsecond, tzinfo=UTC)


async def entries(name: str, asked: InvocationRef) -> list[HistoryEntry]:
    async with replaying(as_recorded(name)) as (_, sidecar):
        return [one async for one in DaprHistory(sidecar).entries(asked)]


async def test_a_history_is_told_oldest_first_and_without_payloads() -> None:
    assert await entries("history-stalled", ref("vs", RUN)) == [
        HistoryEntry(0, "executionStarted", "ver", at(37, 13, 125009)),
        HistoryEntry(1, "workflowStarted", None, at(37, 13, 126902), "version v1"),
        HistoryEntry(2, "timerCreated", "go", at(37, 13, 129683), "waits for this event"),
        HistoryEntry(
            3,
            "executionStalled",
            None,
            at(37, 28, 689706),
            "VERSION_NOT_AVAILABLE: Version not available: v1",
        ),
    ]


async def test_without_an_incarnation_any_run_of_the_id_is_told() -> None:
    assert len(await entries("history-stalled", ref("vs"))) == 4


async def test_the_history_of_what_never_ran_is_empty() -> None:
    assert await entries("history-pending", ref("pend-a")) == []


@pytest.mark.parametrize(("name", "instance_id"), [("history-pending", "pend-a")])
async def test_the_history_of_another_incarnation_is_not_told(name: str, instance_id: str) -> None:
    with pytest.raises(InvocationNotFound, match=instance_id):
        await entries(name, ref(instance_id, RUN))


async def test_the_history_of_a_later_run_is_not_told() -> None:
    with pytest.raises(InvocationNotFound, match="vs"):
        await entries("history-stalled", ref("vs", Incarnation("2026-11-20T23:37:13.125009635Z")))


async def test_the_history_of_an_unknown_run_is_not_found() -> None:
    with pytest.raises(InvocationNotFound, match="nope"):
        await entries("history-unknown", ref("nope"))


async def test_an_event_without_a_time_comes_first() -> None:
    untimed = event("executionResumed")
    del untimed["timestamp"]
    data = oracle.history(event("executionSuspended"), untimed)

    async def answers(_: Asked) -> Answered:
        return Answered(data)

    async with serving(answers) as (_, sidecar):
        found = [one async for one in DaprHistory(sidecar).entries(ref("a"))]
    assert [one.kind for one in found] == ["executionResumed", "executionSuspended"]


# --- one run -------------------------------------------------------------------------------------


async def test_a_run_is_told_as_over_http() -> None:
    async with replaying(as_recorded("get-failed")) as (_, sidecar):
        found = await DaprGrpcInvocations(sidecar).get(ref("li-fail"))

    assert found is not None
    assert found.ref == InvocationRef(
        WorkflowKey("fail", "li-fail"),
        "li-fail",
        Incarnation("2026-11-20T23:29:56.789500384Z"),
    )
    assert (found.status, found.engine_status) == (InvocationStatus.COMPLETED, "FAILED")
    assert found.outcome is InvocationOutcome.FAILED
    assert found.failure is not None
    assert found.failure.startswith("ValueError: lab failure\n")


async def test_a_stalled_run_is_called_so() -> None:
    stalled = oracle.instance("vs", status="STALLED")

    async def answers(_: Asked) -> Answered:
        return Answered(stalled)

    async with serving(answers) as (_, sidecar):
        found = await DaprGrpcInvocations(sidecar).get(ref("vs"))

    assert found is not None
    assert (found.status, found.engine_status) == (InvocationStatus.STALLED, "STALLED")


async def test_a_run_that_is_not_there_is_none() -> None:
    async with replaying(as_recorded("get-unknown")) as (_, sidecar):
        assert await DaprGrpcInvocations(sidecar).get(ref("nope")) is None


# --- children ------------------------------------------------------------------------------------


def world(*children: str, answers: dict[str, Answered]) -> GrpcServer:
    """A server that knows a parent `p` and what it called."""
    elsewhere = {"sourceAppID": "here", "targetAppID": "there"}
    created = [
        event(
            "childWorkflowInstanceCreated",
            number,
            elsewhere if one.startswith("far") else None,
            instanceId=one,
            name="ship",
        )
        for number, one in enumerate(children)
    ]
    history = Answered(oracle.history(*created))

    async def answer(asked: Asked) -> Answered:
        if asked.method == "GetInstanceHistory":
            return history
        wanted = oracle.message("GetInstanceRequest").FromString(asked.request)
        return answers[wanted.instanceId]

    return GrpcServer(answer)


async def test_the_children_are_all_that_are_there_each_with_its_status() -> None:
    server = world(
        *("c-1", "gone", "c-2", "ended"),
        answers={
            "c-1": Answered(oracle.instance("c-1", name="ship")),
            "c-2": Answered(oracle.instance("c-2", name="ship", status="SUSPENDED")),
            "gone": Answered(),
            "ended": Answered(oracle.instance("ended", name="ship", status="COMPLETED")),
        },
    )
    async with serving(server.answers) as (asked, sidecar):
        found = await DaprGrpcInvocations(sidecar).children(ref("p"))

    assert [(one.id, one.service_name, one.status, one.parent_id) for one in found] == [
        ("c-1", "ship", InvocationStatus.RUNNING, "p"),
        ("c-2", "ship", InvocationStatus.PAUSED, "p"),
        ("ended", "ship", InvocationStatus.COMPLETED, "p"),
    ]
    assert found[-1].outcome is InvocationOutcome.SUCCEEDED
    assert asked.methods[0] == "GetInstanceHistory"
    assert len(asked.methods) == 5


async def test_a_child_that_ended_and_was_answered_is_still_a_child() -> None:
    history = oracle.history(
        event("childWorkflowInstanceCreated", 1, instanceId="c", name="ship"),
        event("childWorkflowInstanceFailed", taskScheduledId=1),
    )
    instance = oracle.instance("c", name="ship", status="FAILED")

    async def answers(asked: Asked) -> Answered:
        return Answered(history if asked.method == "GetInstanceHistory" else instance)

    async with serving(answers) as (_, sidecar):
        found = await DaprGrpcInvocations(sidecar).children(ref("p"))

    assert [(one.id, one.outcome) for one in found] == [("c", InvocationOutcome.FAILED)]


async def test_a_child_that_was_called_twice_is_one_child() -> None:
    server = world("c", "c", answers={"c": Answered(oracle.instance("c", name="ship"))})
    async with serving(server.answers) as (asked, sidecar):
        found = await DaprGrpcInvocations(sidecar).children(ref("p"))

    assert [one.id for one in found] == ["c"]
    assert asked.methods == ["GetInstanceHistory", "GetInstance"]


async def test_a_child_in_another_app_counts_as_unfinished_and_is_not_asked_for() -> None:
    async with serving(world("far-1", answers={}).answers) as (asked, sidecar):
        (found,) = await DaprGrpcInvocations(sidecar).children(ref("p"))

    assert (found.id, found.service_name) == ("far-1", "ship")
    assert (found.status, found.engine_status) == (InvocationStatus.UNKNOWN, ELSEWHERE)
    assert not found.is_completed
    assert asked.methods == ["GetInstanceHistory"]


async def test_a_child_that_cannot_be_read_is_an_error_and_not_left_out() -> None:
    server = world(
        *("c-1", "c-2"),
        answers={
            "c-1": Answered(oracle.instance("c-1")),
            "c-2": Answered(code="UNAVAILABLE", details="gone"),
        },
    )
    async with serving(server.answers) as (_, sidecar):
        with pytest.raises(EngineUnreachable):
            await DaprGrpcInvocations(sidecar).children(ref("p"))


async def test_what_is_not_there_has_no_children() -> None:
    async with replaying(as_recorded("history-unknown")) as (_, sidecar):
        assert await DaprGrpcInvocations(sidecar).children(ref("nope")) == ()


# --- what the status does not say ----------------------------------------------------------------


async def examined(*events: dict[str, object], asked: InvocationRef | None = None) -> Examination:
    data = oracle.history(*events)

    async def answers(_: Asked) -> Answered:
        return Answered(data)

    async with serving(answers) as (_, sidecar):
        return await DaprHistory(sidecar).examine(asked or ref("a"))


async def test_an_activity_without_a_result_is_work_under_way() -> None:
    found = await examined(
        event("taskScheduled", 1, name="charge"),
        event("taskScheduled", 2, name="mail"),
        event("taskScheduled", 3),
        event("taskCompleted", taskScheduledId=2),
    )

    assert found == Examination(open_work=("the activity charge", "the activity 3"))


async def test_two_suspends_in_a_row_forbid_a_resume() -> None:
    found = await examined(event("executionSuspended"), event("executionSuspended"))

    assert found.open_work == ()
    assert set(found.harmful) == {CommandName.RESUME}
    assert "loop for ever" in found.harmful[CommandName.RESUME]


async def test_the_history_of_another_run_is_not_examined() -> None:
    with pytest.raises(InvocationNotFound, match="a"):
        await examined(event("executionStarted"), asked=ref("a", RUN))


@pytest.mark.parametrize(
    ("name", "work"), [("history-activity-in-flight", 1), ("history-completed", 0)]
)
async def test_a_recorded_history_is_examined(name: str, work: int) -> None:
    async with replaying(as_recorded(name)) as (_, sidecar):
        asked = oracle.message("GetInstanceHistoryRequest").FromString(as_recorded(name)[1])
        found = await DaprHistory(sidecar).examine(ref(asked.instanceId))

    assert (len(found.open_work or ()), found.harmful) == (work, {})
