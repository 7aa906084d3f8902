"""A command is one request, and what the sidecar says to it is told as it was seen live."""

import json

import pytest

from tests.adapters.dapr.fake import METADATA, NO_INSTANCE, FakeSidecar, metadata, post, ref
from wfadmin.adapters.dapr.workflows import Operation
from wfadmin.domain.answers import Answer
from wfadmin.domain.commands import (
    Cancel,
    Command,
    Kill,
    Pause,
    Purge,
    RaiseEvent,
    Resume,
    Start,
)
from wfadmin.domain.errors import (
    EngineRejected,
    InvalidWorkflowKey,
    NotSupported,
    OutcomeUnknown,
    Sent,
    UsageError,
)
from wfadmin.domain.keys import InvocationRef, WorkflowKey

pytestmark = pytest.mark.asyncio

START = post("Order/start?instanceID=o-1")
EVENT = post("o-1/raiseEvent/go")
_LOG = "Check that this is the URL of the engine, then read the engine's log."


def failed(words: str, code: str = "ERR_X", status: int = 500) -> tuple[int, str]:
    """An error in the sidecar's shape."""
    return status, json.dumps({"errorCode": code, "message": f"error with 'it': {words}"})


# --- commands ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "tail"),
    [
        (Pause(ref()), "o-1/pause"),
        (Resume(ref()), "o-1/resume"),
        (Kill(ref()), "o-1/terminate"),
        (Purge(ref()), "o-1/purge"),
        (Kill(ref("parent:0001")), "parent%3A0001/terminate"),
        (Kill(ref("a/../o-1?x#y")), "a%2F..%2Fo-1%3Fx%23y/terminate"),
    ],
)
async def test_a_command_is_one_request_without_a_body(command: Command, tail: str) -> None:
    fake = FakeSidecar({post(tail): (202, {})})

    assert await fake.engine().control.perform(command) is Answer.ACCEPTED
    assert fake.asked == [post(tail)]
    assert fake.requests[0].content == b""
    assert "content-type" not in fake.requests[0].headers


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        (Cancel(ref()), "no command cancel. .* Kill it"),
        (Resume(ref(), "latest"), "no deployment to resume on. .* Resume it without a deployment"),
        (Resume(ref(), "dp_1"), "no deployment to resume on"),
    ],
)
async def test_what_it_has_no_word_for_is_not_sent(command: Command, problem: str) -> None:
    fake = FakeSidecar()

    with pytest.raises(NotSupported, match=problem):
        await fake.engine().control.perform(command)

    assert fake.asked == []


@pytest.mark.parametrize("name", ["", ".", "..", "a\udc80"])
async def test_an_id_that_no_path_can_hold_names_nothing_and_is_not_sent(name: str) -> None:
    fake = FakeSidecar()
    engine = fake.engine()

    assert await engine.control.perform(Kill(ref(name))) is Answer.NOT_FOUND
    assert await engine.control.workflows.raise_event(name, "go") is Answer.NOT_FOUND
    assert fake.asked == []


async def test_all_operations_of_the_api_are_there() -> None:
    assert [one.value for one in Operation] == ["pause", "resume", "terminate", "purge"]


# --- what an error says --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (failed("no such instance exists"), Answer.NOT_FOUND),
        (failed("orchestration has not yet completed"), Answer.WRONG_STATUS),
        (failed("failed to invoke method for workflow 'x': actor is stalled"), Answer.WRONG_STATUS),
        (failed("workflow is stalled."), Answer.WRONG_STATUS),
        (failed("an active workflow with ID 'o-1' already exists"), Answer.WRONG_STATUS),
        (failed("whatever", status=409), Answer.WRONG_STATUS),
        (
            failed("unable%!(EXTRA *fmt.wrapError=x)", "ERR_INSTANCE_ID_NOT_FOUND", 404),
            Answer.NOT_FOUND,
        ),
        (NO_INSTANCE, Answer.NOT_FOUND),
    ],
)
async def test_an_error_that_answers(error: object, answer: Answer) -> None:
    fake = FakeSidecar({post("o-1/terminate"): error})

    assert await fake.engine().control.perform(Kill(ref())) is answer


@pytest.mark.parametrize(
    ("error", "words", "fix"),
    [
        (
            failed("did not find address for actor 'a.b.workflow/o-1'"),
            "no worker of the app is connected (error with 'it': did not find address",
            "Start the app, or see why it does not connect, and look again; nothing was done.",
        ),
        (
            failed("scheduler clients are disabled"),
            "no scheduler is configured (",
            "Start the sidecar with --scheduler-host-address.",
        ),
        (
            failed("not configured", "ERR_ACTOR_NO_PLACEMENT", 400),
            "no placement service is configured (",
            "Start the sidecar with --placement-host-address.",
        ),
        (
            failed("closed", "ERR_ACTOR_RUNTIME_CLOSED", 503),
            "the sidecar is shutting down (",
            "Wait until it is back.",
        ),
        (
            failed("access denied by workflow access policy: x"),
            "a workflow access policy denies it (",
            "Have the policy changed by its owner.",
        ),
        (
            failed("declared in metadata x but missing from state store y"),
            "the stored history was read while it changed, or is broken (",
            "Ask again; if it stays, the history is broken.",
        ),
        (failed("placement is disseminating"), "error with 'it': placement is disseminating", _LOG),
        (failed("cannot recreate workflow with ID 'o-1'"), "error with 'it': cannot recr", _LOG),
    ],
)
async def test_another_error_is_a_rejection_that_says_what_helps(
    error: object,
    words: str,
    fix: str,
) -> None:
    fake = FakeSidecar({post("o-1/terminate"): error})

    with pytest.raises(EngineRejected) as caught:
        await fake.engine().control.perform(Kill(ref()))

    assert caught.value.excerpt.startswith(words)
    assert caught.value.fix == fix
    assert caught.value.sent is Sent.YES
    assert fake.asked == [post("o-1/terminate")]


@pytest.mark.parametrize(
    "body", ["", "no such instance exists", '"x"', '{"message": "no such instance exists"}', "{}"]
)
async def test_words_without_a_code_are_not_the_sidecars(body: str) -> None:
    fake = FakeSidecar({post("o-1/terminate"): (500, body)})

    with pytest.raises(EngineRejected) as caught:
        await fake.engine().control.perform(Kill(ref()))

    assert (caught.value.http_status, caught.value.engine_code) == (500, None)


async def test_a_code_without_words_is_a_rejection() -> None:
    fake = FakeSidecar({post("o-1/terminate"): (500, '{"errorCode": "ERR_X", "message": 7}')})

    with pytest.raises(EngineRejected) as caught:
        await fake.engine().control.perform(Kill(ref()))

    assert (caught.value.engine_code, caught.value.excerpt) == ("ERR_X", "")


async def test_the_name_of_an_event_cannot_answer_for_the_sidecar() -> None:
    event = "no such instance exists"
    words = f"failed to raise event {event} on workflow o-1: failed to raise event: boom"
    fake = FakeSidecar({post("o-1/raiseEvent/no%20such%20instance%20exists"): failed(words)})

    with pytest.raises(EngineRejected, match="boom"):
        await fake.engine().control.workflows.raise_event("o-1", event)


# --- start ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "body"),
    [(None, b""), ("null", b"null"), ('{"a": 1}', b'{"a": 1}')],
)
async def test_a_start_names_its_id_and_sends_its_input_as_it_is(
    payload: str | None,
    body: bytes,
) -> None:
    fake = FakeSidecar({START: (202, {"instanceID": "o-1"})})

    answer = await fake.engine().control.workflows.start("Order", "o-1", payload)

    assert answer is Answer.ACCEPTED
    assert fake.asked == [START]
    assert fake.requests[0].content == body


async def test_a_start_quotes_every_name() -> None:
    path = post("a%2Fb%3F/start?instanceID=%C3%A9")
    fake = FakeSidecar({path: (202, {"instanceID": "\u00e9"})})

    assert await fake.engine().control.workflows.start("a/b?", "\u00e9") is Answer.ACCEPTED


async def test_a_start_of_what_has_not_ended_is_a_wrong_status() -> None:
    fake = FakeSidecar({START: failed("an active workflow with ID 'o-1' already exists")})

    assert await fake.engine().control.workflows.start("Order", "o-1") is Answer.WRONG_STATUS
    assert fake.asked == [START]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ('{"instanceID": "6e96c617"}', "It started 6e96c617 instead"),
        ("{}", r"nothing stands at \$.instanceID"),
        ("", "it is empty"),
    ],
)
async def test_a_start_that_did_something_else_is_unknown(body: str, problem: str) -> None:
    fake = FakeSidecar({START: (202, body)})

    with pytest.raises(OutcomeUnknown, match=problem) as caught:
        await fake.engine().control.workflows.start("Order", "o-1")

    assert (caught.value.command, caught.value.target) == ("start", "o-1")


@pytest.mark.parametrize(
    ("name", "instance_id", "payload"),
    [("", "o-1", None), ("..", "o-1", None), ("Order", "a b", None), ("Order", "o-1", "plain")],
)
async def test_a_wrong_start_is_not_sent(name: str, instance_id: str, payload: str | None) -> None:
    fake = FakeSidecar()

    with pytest.raises(UsageError):
        await fake.engine().control.workflows.start(name, instance_id, payload)

    assert fake.asked == []


# --- events --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("payload", "body"), [(None, b""), ('"x"', b'"x"')])
async def test_an_event_is_one_request(payload: str | None, body: bytes) -> None:
    fake = FakeSidecar({EVENT: (202, {})})

    answer = await fake.engine().control.workflows.raise_event("o-1", "go", payload)

    assert answer is Answer.ACCEPTED
    assert fake.asked == [EVENT]
    assert fake.requests[0].content == body


@pytest.mark.parametrize(("event", "payload"), [("", None), (".", None), ("go", "plain")])
async def test_a_wrong_event_is_not_sent(event: str, payload: str | None) -> None:
    fake = FakeSidecar()

    with pytest.raises(UsageError):
        await fake.engine().control.workflows.raise_event("o-1", event, payload)

    assert fake.asked == []


# --- both of them as commands --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "path", "answered", "body"),
    [
        (Start(ref()), START, {"instanceID": "o-1"}, b""),
        (Start(ref(), "1"), START, {"instanceID": "o-1"}, b"1"),
        (RaiseEvent(ref(), "go"), EVENT, {}, b""),
        (RaiseEvent(ref(), "go", '{"v": 1}'), EVENT, {}, b'{"v": 1}'),
        (RaiseEvent(ref(key=None), "go"), EVENT, {}, b""),
    ],
)
async def test_a_start_and_an_event_are_commands_of_one_request(
    command: Command,
    path: str,
    answered: object,
    body: bytes,
) -> None:
    fake = FakeSidecar({path: (202, answered)})

    assert await fake.engine().control.perform(command) is Answer.ACCEPTED
    assert fake.asked == [path]
    assert fake.requests[0].content == body


@pytest.mark.parametrize(
    ("command", "error"),
    [
        (Start(ref(key=None)), InvalidWorkflowKey),
        (Start(InvocationRef(WorkflowKey("Order", "o-1"), "o-2", None)), InvalidWorkflowKey),
        (Start(InvocationRef(WorkflowKey("Order", "a b"), "a b", None)), InvalidWorkflowKey),
        (Start(ref(), "plain"), UsageError),
        (RaiseEvent(ref(), ""), UsageError),
        (RaiseEvent(ref(), "go", "plain"), UsageError),
    ],
)
async def test_a_start_or_an_event_that_cannot_be_is_not_sent(
    command: Command,
    error: type[UsageError],
) -> None:
    fake = FakeSidecar()

    with pytest.raises(error):
        await fake.engine().control.perform(command)

    assert fake.asked == []


@pytest.mark.parametrize("command", [Start(ref()), RaiseEvent(ref(), "go")])
async def test_of_a_version_that_nobody_knows_nothing_is_started_or_told(command: Command) -> None:
    fake = FakeSidecar({METADATA: metadata("edge")}, is_met=False)

    with pytest.raises(NotSupported, match="in this version"):
        await fake.engine().control.perform(command)

    assert fake.asked == [METADATA]
