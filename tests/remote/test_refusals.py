"""Errors come back as what they were; what is no error of ours is told by its status."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import attrs
import httpx
import pytest

from tests.domain.errors_of_each_kind import EACH_KIND, every_kind
from tests.remote.far import KEY, saying
from tests.remote.test_same import essence
from wfadmin import errors
from wfadmin.asgi import failures
from wfadmin.domain.error import Sent
from wfadmin.domain.results import Effect
from wfadmin.errors import (
    EngineRejected,
    NotAuthenticated,
    NotFound,
    NotPermitted,
    NotReady,
    NotSupported,
    OutcomeUnknown,
    RetryBlocked,
    WfadminError,
)
from wfadmin.remote.fields import _kinds, error_from
from wfadmin.wire.documents import error_document
from wfadmin.wire.outcomes import ending_of

pytestmark = pytest.mark.asyncio

ALSO = ("The run inv_1 was left paused.", "Second.")
WITH_MORE: tuple[WfadminError, ...] = (
    errors.UnknownAdapter("engine", "no adapter is named x"),
    errors.LeaseHeld("Order/42"),
    errors.RetryBlocked("active"),
    errors.CommandNotAllowed("resume", "inv_1", "paused", "It would be ruined."),
    errors.EngineRejected("http://h:9070", 500),
    errors.EngineRejected("http://h:9070", 409, "META1", "no", "Ask the leader."),
    errors.UnexpectedAnswer("http://h:9070", "it is empty"),
    errors.NotSupported("dapr", "deployments"),
    errors.StalePlan("\x1b[2J\nit changed", sent=Sent.YES),
)


def body_of(error: WfadminError) -> tuple[int, dict[str, Any]]:
    status = ending_of(error).http_status
    assert status is not None
    return status, error_document(error)


async def of_read(status: int, body: object) -> WfadminError:
    with pytest.raises(WfadminError) as caught:
        await saying(status, body).doctor()
    return caught.value


async def of_write(status: int, body: object) -> WfadminError:
    with pytest.raises(WfadminError) as caught:
        await saying(status, body).recover_stuck_workflow(KEY)
    return caught.value


# --- our own errors ------------------------------------------------------------------------------


async def test_there_is_a_sample_of_every_class() -> None:
    assert {type(one) for one in EACH_KIND} == set(every_kind())


async def test_no_two_classes_have_one_id() -> None:
    codes = [kind.code for kind in every_kind()]

    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("error", [*EACH_KIND, *WITH_MORE], ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("also", [(), ALSO], ids=["", "also"])
async def test_an_error_comes_back_as_it_was(error: WfadminError, also: tuple[str, ...]) -> None:
    for sent in Sent:
        told = attrs.evolve(error, also=also, sent=sent)
        if isinstance(error, OutcomeUnknown) and sent is Sent.NO:
            continue  # it would contradict itself

        assert essence(await of_read(*body_of(told))) == essence(told)
        assert essence(await of_write(*body_of(told))) == essence(told)


async def test_an_unknown_outcome_that_says_nothing_of_it_may_have_been_sent() -> None:
    status, body = body_of(OutcomeUnknown("purge", "inv_1", "no answer"))
    del body["error"]["details"]["sent"]

    assert (await of_write(status, body)).sent is Sent.UNKNOWN


def broken(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the body with each of its details missing or of another kind."""
    details = body["error"]["details"]
    for name in details:
        others = [{k: v for k, v in details.items() if k != name}]
        wrong: list[object] = [7.5, {"a": 1}, [1], [{"reason": 1}], True, "\ud800", "x" * 20_000]
        others += [details | {name: value} for value in wrong]
        for other in others:
            yield {"error": body["error"] | {"details": other}}


@pytest.mark.parametrize("error", [*EACH_KIND, *WITH_MORE], ids=lambda one: type(one).__name__)
async def test_a_class_is_never_called_with_what_does_not_fit(error: WfadminError) -> None:
    status, body = body_of(attrs.evolve(error, sent=Sent.YES, also=("a",)))

    for other in broken(body):
        found = await of_read(status, other)
        if type(found) is type(error):
            for field in attrs.fields(type(found)):
                assert isinstance(getattr(found, field.name), str | int | tuple | None)
        assert len(str(found)) < 10_000


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ({"name": "x"}, NotFound("x")),
        ({"name": "x", "more": 1}, NotFound("x")),
        ({"name": "x", "also": ["y"], "sent": "yes"}, NotFound("x", also=("y",), sent=Sent.YES)),
        ({"name": "x", "sent": "perhaps"}, None),
        ({"name": "x", "sent": None}, None),
        ({"name": "x", "also": "y"}, None),
        ({"name": None}, None),
        ({"name": 1}, None),
        ({}, None),
    ],
)
async def test_fields_are_checked_one_by_one(
    details: dict[str, object], expected: WfadminError | None
) -> None:
    found = error_from("not_found", details)

    assert (found and essence(found)) == (expected and essence(expected))


async def test_an_error_of_an_adapter_is_none_of_ours() -> None:
    @attrs.define(slots=False, eq=False, repr=False)
    class Strange(WfadminError):
        code = "strange"

    _kinds.cache_clear()
    assert Strange in WfadminError.__subclasses__()
    assert error_from("strange", {}) is None


# --- what only happens over HTTP -----------------------------------------------------------------

SOON = timedelta(seconds=5)


@pytest.mark.parametrize(
    "failure",
    [
        failures.authentication_unavailable(),
        failures.busy(SOON),
        failures.too_many_failures(SOON),
    ],
    ids=lambda one: one.slug,
)
async def test_what_passes_by_itself_is_not_ready(failure: failures.Failure) -> None:
    for found in (
        await of_read(failure.status, failure.document),
        await of_write(failure.status, failure.document),
    ):
        assert isinstance(found, NotReady)
        assert found.why == f"{failure.message} {failure.document['error']['fix']}"
        assert found.retryable
        assert found.sent is Sent.NO


async def test_a_url_that_may_not_be_registered_is_a_permission() -> None:
    failure = failures.service_url_not_allowed()

    with pytest.raises(NotPermitted) as caught:
        await saying(failure.status, failure.document).force_redeploy("http://orders")

    assert caught.value.message == "The caller lacks the permission to register this URL."


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://localhost/api/v1/engines/prod", "Not found: the engine prod."),
        ("http://localhost", "Not found: the engine."),
    ],
)
async def test_an_engine_that_is_not_served_is_not_found(url: str, message: str) -> None:
    failure = failures.engine_not_found()

    with pytest.raises(NotFound) as caught:
        await saying(failure.status, failure.document, url=url).doctor()

    assert caught.value.message == message


@pytest.mark.parametrize(
    "failure",
    [
        failures.not_json("it is empty"),
        failures.too_large(1),
        failures.too_slow(SOON),
        failures.wrong_type("Content-Type"),
        failures.on_path(404),
        failures.on_path(405),
    ],
    ids=lambda one: one.slug,
)
async def test_what_else_is_refused_names_its_id_and_its_words(failure: failures.Failure) -> None:
    for found in (
        await of_read(failure.status, failure.document),
        await of_write(failure.status, failure.document),
    ):
        assert isinstance(found, EngineRejected)
        assert (found.http_status, found.engine_code) == (failure.status, failure.slug)
        assert f"{found.excerpt}." == failure.message
        assert found.fix == failure.document["error"]["fix"]
        assert found.sent is Sent.NO


async def test_a_mistake_of_the_server_leaves_a_write_unknown() -> None:
    failure = failures.unexpected()

    read = await of_read(failure.status, failure.document)
    write = await of_write(failure.status, failure.document)

    assert isinstance(read, EngineRejected)
    assert read.engine_code == "unexpected_error"
    assert isinstance(write, OutcomeUnknown)
    assert write.why == "It answered 500: Something went wrong inside the operator API."
    assert write.sent is Sent.UNKNOWN


async def test_services_that_are_not_routed_are_a_result() -> None:
    failure = failures.not_routed("Not routed to it: Order.", {"deploymentId": "dp_1"})

    done = await saying(failure.status, failure.document).force_redeploy("http://orders")

    assert (done.deployment_id, done.effect) == ("dp_1", Effect.ACCEPTED)
    assert done.warnings == ("Not routed to it: Order.",)


async def test_services_that_are_not_routed_without_a_deployment_are_rejected() -> None:
    failure = failures.not_routed("Not routed to it: Order.", {"deploymentId": 1})

    with pytest.raises(EngineRejected) as caught:
        await saying(failure.status, failure.document).force_redeploy("http://orders")

    assert caught.value.sent is Sent.YES


# --- what is none of ours ------------------------------------------------------------------------

NOT_OURS: list[tuple[int, object, type[WfadminError], type[WfadminError], Sent]] = [
    (302, b"", EngineRejected, EngineRejected, Sent.YES),
    (400, b"<h1>no</h1>", EngineRejected, EngineRejected, Sent.NO),
    (401, b"", NotAuthenticated, NotAuthenticated, Sent.NO),
    (403, b"", NotPermitted, NotPermitted, Sent.NO),
    (404, b"", EngineRejected, EngineRejected, Sent.NO),
    (409, b"", EngineRejected, EngineRejected, Sent.YES),
    (422, {"message": "no"}, EngineRejected, EngineRejected, Sent.NO),
    (429, b"", EngineRejected, EngineRejected, Sent.NO),
    (500, b"", EngineRejected, OutcomeUnknown, Sent.UNKNOWN),
    (502, b"<h1>Bad gateway</h1>", EngineRejected, OutcomeUnknown, Sent.UNKNOWN),
    (504, {"error": "late"}, EngineRejected, OutcomeUnknown, Sent.UNKNOWN),
    (503, {"error": {"id": "x"}}, EngineRejected, OutcomeUnknown, Sent.UNKNOWN),
]


@pytest.mark.parametrize(("status", "body", "read", "write", "sent"), NOT_OURS)
async def test_what_is_none_of_ours_is_told_by_its_status(
    status: int,
    body: object,
    read: type[WfadminError],
    write: type[WfadminError],
    sent: Sent,
) -> None:
    of_reading, of_writing = await of_read(status, body), await of_write(status, body)

    assert (type(of_reading), of_reading.sent) == (read, Sent.NO)
    if isinstance(of_reading, EngineRejected):
        assert of_reading.fix == "Check that this is the URL of an operator API, then read its log."
    assert (type(of_writing), of_writing.sent) == (write, sent)


INNER = {"id": "DALP-0006", "message": "Nobody may.\x1b[2J", "fix": "Ask.", "details": {}}
ENVELOPES = [
    {"error": INNER},
    {"code": "CONFLICT", "status": 409, "message": "Nobody may.\x1b[2J", "data": {**INNER}},
    {"data": {"dapiError": INNER}},
]


@pytest.mark.parametrize("body", ENVELOPES)
async def test_another_vendor_s_words_are_found_in_its_envelope(body: object) -> None:
    found = await of_write(409, body)

    assert isinstance(found, EngineRejected)
    assert (found.engine_code, found.excerpt) == ("DALP-0006", "Nobody may.?[2J")
    assert found.fix == "Ask."


BLOCKED = {"reason": "active", "invocationIds": ["inv_1", 7]}
BLOCKED_BODIES: list[object] = [
    BLOCKED,
    {"error": {**INNER, "details": BLOCKED}},
    {"code": "CONFLICT", "data": {"id": "DALP-1", "details": BLOCKED}},
]


@pytest.mark.parametrize("body", BLOCKED_BODIES)
@pytest.mark.parametrize(
    ("reason", "sent"),
    [
        ("active", Sent.NO),
        ("succeeded", Sent.NO),
        ("purge_failed", Sent.UNKNOWN),
        ("PURGE FAILED", Sent.UNKNOWN),
    ],
)
async def test_a_blocked_retry_is_found_in_any_envelope(
    body: object, reason: str, sent: Sent
) -> None:
    text = httpx.Response(409, json=body).content.replace(b"active", reason.encode())

    found = await of_write(409, text)

    assert isinstance(found, RetryBlocked)
    assert (found.reason, found.invocation_ids) == (reason, ("inv_1",))
    assert found.blocked == ((reason, ("inv_1",)),)
    assert found.sent is sent


@pytest.mark.parametrize("body", [b"", {"a": {"b": {"c": {"d": {"e": BLOCKED}}}}}, {"reason": "x"}])
async def test_what_is_not_told_where_it_could_be_is_not_searched_for(body: object) -> None:
    assert isinstance(await of_write(409, body), EngineRejected)


@pytest.mark.parametrize("body", [b"", b"<h1>Not found</h1>", {"code": "NOT_FOUND"}])
@pytest.mark.parametrize("status", [404, 405])
async def test_a_server_without_our_own_routes_does_not_support_them(
    status: int, body: object
) -> None:
    operator = saying(status, body)

    with pytest.raises(NotSupported, match="operator-api has no inspect"):
        await operator.inspect(KEY)
    with pytest.raises(NotSupported, match="operator-api has no plans"):
        await operator.plan_recover(KEY)
    with pytest.raises(EngineRejected):
        await operator.doctor()


async def test_a_wrong_path_at_a_server_of_ours_is_no_lack() -> None:
    failure = failures.on_path(404)

    with pytest.raises(EngineRejected, match="route_not_found"):
        await saying(404, failure.document).inspect(KEY)


async def test_what_is_not_found_at_a_server_of_ours_is_no_lack() -> None:
    with pytest.raises(errors.ServiceNotFound):
        await saying(*body_of(errors.ServiceNotFound("Order"))).inspect(KEY)


async def test_a_vendor_s_own_body_in_our_shape_is_a_lack_as_well() -> None:
    body = {"category": "client", "status": 404, "retryable": False, "why": "w", **INNER}

    with pytest.raises(NotSupported):
        await saying(404, {"error": body}).plan_recover(KEY)
