"""An instance as a run: whose it is, where it stands, and what cannot be said."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.adapters.dapr.fake import (
    CREATED,
    GET,
    KEY,
    METADATA,
    NO_INSTANCE,
    SILENCE,
    UPDATED,
    FakeSidecar,
    instance,
    metadata,
    never_ran,
    ref,
)
from wfadmin.domain.errors import (
    EngineRejected,
    EngineUnreachable,
    InvalidWorkflowKey,
    NotSupported,
    UnexpectedAnswer,
)
from wfadmin.domain.keys import Incarnation, InvocationRef, Progress, WorkflowKey
from wfadmin.domain.model import (
    HandlerKind,
    Invocation,
    InvocationOutcome,
    InvocationStatus,
    ServiceKind,
)

pytestmark = pytest.mark.asyncio

COMPLETED = InvocationStatus.COMPLETED
UPDATED_AT = datetime(2026, 11, 20, 23, 11, 56, 751462, UTC)


async def read(answer: object, version: str | None = "1.18.3") -> Invocation:
    """The only run of `KEY`."""
    fake = FakeSidecar({GET: answer, METADATA: metadata(version)})
    (found,) = await fake.engine().invocations.for_key(KEY)
    return found


# --- what it is ----------------------------------------------------------------------------------


async def test_an_instance_is_the_run_of_its_workflow_and_id() -> None:
    assert await read(instance()) == Invocation(
        ref=InvocationRef(KEY, "o-1", Incarnation(CREATED)),
        service_name="Order",
        handler_name=None,
        service_kind=ServiceKind.WORKFLOW,
        status=InvocationStatus.RUNNING,
        engine_status="RUNNING",
        handler_kind=HandlerKind.MAIN,
        created_at=datetime(2026, 11, 20, 23, 11, 55, 744307, UTC),
        modified_at=UPDATED_AT,
        progress=Progress(UPDATED),
    )


async def test_an_instance_that_never_ran_has_no_fence_and_may_be_anybodys() -> None:
    found = await read(never_ran())

    assert found.status is InvocationStatus.PENDING
    assert found.handler_kind is HandlerKind.UNKNOWN
    assert found.ref == InvocationRef(KEY, "o-1", None)
    assert (found.created_at, found.modified_at, found.progress) == (None, None, None)


@pytest.mark.parametrize("name", [None, ""])
async def test_of_an_instance_without_a_name_and_a_key_the_service_is_not_known(
    name: str | None,
) -> None:
    fake = FakeSidecar({GET: instance(workflowName=name)})

    found = await fake.engine().invocations.get(ref(key=None))

    assert found is not None
    assert (found.key, found.service_name) == (None, "")


async def test_a_name_that_no_key_can_hold_gives_a_run_without_a_key() -> None:
    fake = FakeSidecar({GET: instance(workflowName="x" * 3000)})

    found = await fake.engine().invocations.get(ref())

    assert found is not None
    assert found.key is None


async def test_a_name_that_is_not_the_instances_is_refused_and_both_are_named() -> None:
    fake = FakeSidecar({GET: instance(workflowName="Refund")})

    with pytest.raises(InvalidWorkflowKey, match="belongs to the workflow Refund, not to Order"):
        await fake.engine().invocations.for_key(KEY)


async def test_a_reference_finds_whoever_bears_the_id_now() -> None:
    fake = FakeSidecar({GET: instance(workflowName="Refund", createdAt=UPDATED)})

    found = await fake.engine().invocations.get(ref())

    assert found is not None
    assert found.ref == InvocationRef(WorkflowKey("Refund", "o-1"), "o-1", Incarnation(UPDATED))


async def test_what_is_not_there_is_not_there() -> None:
    engine = FakeSidecar({GET: NO_INSTANCE}).engine()

    assert await engine.invocations.for_key(KEY) == ()
    assert await engine.invocations.get(ref()) is None


@pytest.mark.parametrize("name", [".", ".."])
async def test_a_key_that_no_path_can_hold_is_never_called_free(name: str) -> None:
    fake = FakeSidecar()
    engine = fake.engine()

    with pytest.raises(InvalidWorkflowKey, match="service key is not usable"):
        await engine.invocations.for_key(WorkflowKey("Order", name))
    assert await engine.invocations.get(ref(name)) is None
    assert fake.asked == []


async def test_children_cannot_be_told() -> None:
    fake = FakeSidecar()

    with pytest.raises(NotSupported, match="A kill and a purge take them along"):
        await fake.engine().invocations.children(ref())

    assert fake.asked == []


# --- where it stands -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "status", "outcome"),
    [
        ("RUNNING", InvocationStatus.RUNNING, None),
        ("PENDING", InvocationStatus.PENDING, None),
        ("SUSPENDED", InvocationStatus.PAUSED, None),
        ("STALLED", InvocationStatus.STALLED, None),
        ("COMPLETED", COMPLETED, InvocationOutcome.SUCCEEDED),
        ("FAILED", COMPLETED, InvocationOutcome.FAILED),
        ("TERMINATED", COMPLETED, InvocationOutcome.KILLED),
        ("CANCELED", COMPLETED, InvocationOutcome.CANCELLED),
        # Never seen, and nobody knows what they would mean.
        ("CONTINUED_AS_NEW", InvocationStatus.UNKNOWN, None),
        ("running", InvocationStatus.UNKNOWN, None),
        ("", InvocationStatus.UNKNOWN, None),
    ],
)
async def test_every_status_has_one_meaning(
    word: str,
    status: InvocationStatus,
    outcome: InvocationOutcome | None,
) -> None:
    found = await read(instance(word))

    assert (found.status, found.outcome, found.engine_status) == (status, outcome, word)
    assert found.completed_at == (UPDATED_AT if outcome is not None else None)


@pytest.mark.parametrize(
    ("version", "status"),
    [
        ("1.18.3", InvocationStatus.STALLED),
        ("1.17.0", InvocationStatus.STALLED),
        ("1.16.9", InvocationStatus.UNKNOWN),
        ("edge", InvocationStatus.UNKNOWN),
        (None, InvocationStatus.UNKNOWN),
    ],
)
async def test_unknown_means_stalled_only_where_the_version_is_known_to_stall(
    version: str | None,
    status: InvocationStatus,
) -> None:
    assert (await read(instance("UNKNOWN"), version)).status is status


async def test_the_version_is_asked_for_only_where_the_status_depends_on_it() -> None:
    fake = FakeSidecar({GET: instance(), METADATA: metadata()})
    engine = fake.engine()

    await engine.invocations.get(ref())
    fake.routes[GET] = instance("UNKNOWN")
    await engine.invocations.get(ref())

    assert fake.asked == [GET, GET, METADATA]


@pytest.mark.parametrize("answer", [(401, "invalid api token"), SILENCE])
async def test_a_version_that_cannot_be_read_is_an_error_and_no_guess(answer: object) -> None:
    fake = FakeSidecar({GET: instance("UNKNOWN"), METADATA: answer})

    with pytest.raises((EngineRejected, EngineUnreachable)):
        await fake.engine().invocations.get(ref())


# --- why it failed -------------------------------------------------------------------------------


def failure(**parts: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """The properties of a failed instance."""
    return {f"dapr.workflow.failure.{name}": text for name, text in parts.items()}


@pytest.mark.parametrize(
    ("properties", "told"),
    [
        (
            failure(error_type="ValueError", error_message="no", stack_trace="  File\n    raise\n"),
            "ValueError: no\n  File\n    raise",
        ),
        (failure(error_type="ValueError", error_message="no"), "ValueError: no"),
        (failure(error_message="no"), "no"),
        (failure(stack_trace="  File"), "  File"),
        (failure(error_message=""), None),
        (failure(error_message=7), None),
        ({"dapr.workflow.output": '"no"'}, None),
        (None, None),
        ("text", None),
    ],
)
async def test_a_failure_is_told_with_its_trace(properties: object, told: str | None) -> None:
    found = await read(instance("FAILED", properties=properties))

    assert found.failure == told
    assert found.failure_at == (UPDATED_AT if told is not None else None)


async def test_a_failed_instance_may_have_no_output() -> None:
    assert (await read(instance("FAILED", properties={}))).outcome is InvocationOutcome.FAILED


# --- shapes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ((200, ""), "it is empty"),
        ((200, "<html>"), "it is a web page"),
        ([], "expected an object"),
        ({"instanceID": "o-1"}, r"nothing stands at \$.runtimeStatus"),
        (instance(workflowName=7), r"expected a string at \$.workflowName"),
        (instance(createdAt=7), r"expected a string at \$.createdAt"),
        (instance(createdAt="yesterday"), r"expected a time with its zone at \$.createdAt"),
        (instance(lastUpdatedAt="2026-11-20T23:11:55"), r"with its zone at \$.lastUpdatedAt"),
    ],
)
async def test_what_does_not_fit_is_refused(answer: object, problem: str) -> None:
    with pytest.raises(UnexpectedAnswer, match=problem):
        await read(answer)


async def test_times_may_be_missing() -> None:
    found = await read(instance(createdAt=None, lastUpdatedAt=None))

    assert (found.ref.incarnation, found.created_at, found.progress) == (None, None, None)


@pytest.mark.parametrize("text", ["2026-11-20T23:11:56Z", "2026-11-20T23:11:56.5Z"])
async def test_times_of_any_length_are_read(text: str) -> None:
    found = await read(instance(createdAt=text))

    assert found.ref.incarnation == Incarnation(text)
    assert found.created_at == datetime.fromisoformat(text)
