"""What came instead of an answer, and which error of ours that is: for a read and for a write."""

import pytest

from wfadmin.adapters.dapr.grpc.channel import grpc_place
from wfadmin.adapters.dapr.grpc.failures import Call, Failure, of_read, of_write
from wfadmin.domain.answers import Answer
from wfadmin.domain.errors import (
    EngineRejected,
    EngineUnreachable,
    InvocationNotFound,
    NotSupported,
    OutcomeUnknown,
    Sent,
    UnexpectedAnswer,
)
from wfadmin.wire.http import Write

CALL = Call(grpc_place("127.0.0.1:50001"), "PurgeInstances", "li-0")
WRITE = Write("force purge", "li-0")
NOT_SERVED = "failed to proxy request: required metadata dapr-app-id not found"
NO_KEYS = "state store postgres.PostgreSQL does not support listing keys"


def read_of(code: str, details: str = "") -> Exception:
    return of_read(CALL, Failure(code, details))


@pytest.mark.parametrize("code", ["UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED"])
def test_where_nothing_of_the_sidecar_came_a_read_is_unreachable_and_a_write_unknown(
    code: str,
) -> None:
    failure = Failure(code, "Socket closed.")
    read, written = of_read(CALL, failure), of_write(CALL, failure, WRITE)

    assert isinstance(read, EngineUnreachable)
    assert (read.where, read.problem) == ("http://127.0.0.1:50001", "Socket closed")
    assert isinstance(written, OutcomeUnknown)
    assert (written.sent, written.problem) == (Sent.UNKNOWN, "Socket closed")


def test_a_stream_that_broke_off_is_no_answer_whatever_its_status() -> None:
    failure = Failure("UNKNOWN", "Stream removed")

    assert isinstance(of_read(CALL, failure), EngineUnreachable)
    assert isinstance(of_write(CALL, failure, WRITE), OutcomeUnknown)


@pytest.mark.parametrize(
    "failure",
    [
        Failure("UNAVAILABLE", "failed to connect to all addresses; last error: refused"),
        Failure("UNAVAILABLE", "DNS resolution failed for nowhere"),
        Failure("UNAVAILABLE", "errors resolving nowhere:50001"),
        Failure("DEADLINE_EXCEEDED", "It did not answer within 8 s", left=False),
    ],
)
def test_a_write_that_never_left_is_unreachable(failure: Failure) -> None:
    error = of_write(CALL, failure, WRITE)

    assert isinstance(error, EngineUnreachable)
    assert error.sent is Sent.NO


@pytest.mark.parametrize("code", ["INTERNAL", "ABORTED", "DATA_LOSS", "RESOURCE_EXHAUSTED"])
def test_an_error_that_settles_nothing_leaves_a_write_unknown(code: str) -> None:
    assert isinstance(of_write(CALL, Failure(code, "odd"), WRITE), OutcomeUnknown)
    assert isinstance(read_of(code, "odd"), EngineRejected)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("UNAUTHENTICATED", 401),
        ("PERMISSION_DENIED", 403),
        ("INVALID_ARGUMENT", 400),
        ("FAILED_PRECONDITION", 400),
        ("OUT_OF_RANGE", 400),
        ("ALREADY_EXISTS", 409),
        ("UNKNOWN", 500),
    ],
)
def test_a_no_of_the_sidecar_is_told_with_the_status_of_http(code: str, status: int) -> None:
    read, written = read_of(code, "No."), of_write(CALL, Failure(code, "No."), WRITE)

    for error, sent in ((read, Sent.NO), (written, Sent.YES)):
        assert isinstance(error, EngineRejected)
        assert error.where == "PurgeInstances at http://127.0.0.1:50001"
        assert (error.http_status, error.engine_code, error.excerpt) == (status, code, "No")
        assert error.sent is sent


@pytest.mark.parametrize(("code", "status"), [("INTERNAL", 500), ("ABORTED", 409)])
def test_a_read_tells_a_failure_inside_of_the_sidecar(code: str, status: int) -> None:
    error = read_of(code)

    assert isinstance(error, EngineRejected)
    assert (error.http_status, error.excerpt) == (status, f"It gave {code} and no reason")


@pytest.mark.parametrize(
    ("code", "details"),
    [("NOT_FOUND", "workflow instance 'x' not found"), ("UNKNOWN", "no such instance exists")],
)
def test_what_is_not_there_is_not_found(code: str, details: str) -> None:
    error = read_of(code, details)

    assert isinstance(error, InvocationNotFound)
    assert error.name == "li-0"
    assert of_write(CALL, Failure(code, details), WRITE) is Answer.NOT_FOUND


@pytest.mark.parametrize(
    ("code", "details"),
    [
        ("UNKNOWN", "failed to purge workflow state: orchestration has not yet completed"),
        ("UNKNOWN", "failed to invoke method for workflow 'vs': actor is stalled"),
        ("INVALID_ARGUMENT", "'li-run' is not in a terminal state"),
    ],
)
def test_a_status_that_does_not_allow_it_is_an_answer(code: str, details: str) -> None:
    assert of_write(CALL, Failure(code, details), WRITE) is Answer.WRONG_STATUS


def test_words_inside_of_an_id_are_no_answer() -> None:
    failure = Failure("UNKNOWN", "cannot load 'no such instance exists', sorry")

    assert isinstance(of_write(CALL, failure, WRITE), EngineRejected)
    assert isinstance(of_read(CALL, failure), EngineRejected)


@pytest.mark.parametrize(
    ("code", "details"),
    [("UNIMPLEMENTED", "unknown method"), ("UNKNOWN", NOT_SERVED)],
)
def test_a_sidecar_that_is_too_old_is_told_so(code: str, details: str) -> None:
    read, written = read_of(code, details), of_write(CALL, Failure(code, details), WRITE)

    for error, sent in ((read, Sent.NO), (written, Sent.YES)):
        assert isinstance(error, NotSupported)
        assert error.message == "dapr has no PurgeInstances in this version."
        assert error.fix == "Upgrade the sidecar: 1.17 is the first version that has it."
        assert error.sent is sent


def test_a_store_that_cannot_list_is_told_in_its_words() -> None:
    error = read_of("UNKNOWN", NO_KEYS)

    assert isinstance(error, NotSupported)
    assert error.message == f"dapr has no list of its runs: {NO_KEYS}."
    assert "Redis" in error.fix


@pytest.mark.parametrize("words", ["placement service is not configured"])
def test_a_trouble_that_the_sidecar_tells_settles_also_a_write(words: str) -> None:
    error = of_write(CALL, Failure("UNAVAILABLE", words), WRITE)

    assert isinstance(error, EngineRejected)
    assert (error.http_status, error.sent) == (503, Sent.YES)
    assert error.excerpt == f"no placement service is configured ({words})"
    assert error.fix == "Start the sidecar with --placement-host-address."


def test_another_protocol_is_unexpected() -> None:
    details = "failed to connect to all addresses; Trying to connect an http1.x server"

    assert isinstance(read_of("UNAVAILABLE", details), UnexpectedAnswer)


def test_too_many_calls_are_no_long_answer() -> None:
    assert isinstance(read_of("RESOURCE_EXHAUSTED", "too many"), EngineRejected)
    assert isinstance(
        read_of("RESOURCE_EXHAUSTED", "CLIENT: Received message larger than max (9 vs. 8)"),
        UnexpectedAnswer,
    )


def test_words_are_shown_on_one_line_and_without_secrets() -> None:
    call = Call(CALL.place, "GetInstance", secrets=("hunter2-hunter2-hunter2",))
    error = of_read(call, Failure("UNKNOWN", "a\nb \x1b[31m hunter2-hunter2-hunter2"))

    assert isinstance(error, EngineRejected)
    assert error.excerpt == "a b ?[31m ***"
    assert "hunter2" not in repr(call)
