"""Two meanings of 404, routes of old sidecars, the token, and other apps."""

import pytest

from tests.adapters.dapr.fake import (
    GET,
    KEY,
    METADATA,
    NO_INSTANCE,
    NO_ROUTE,
    NOBODY,
    NOT_DAPR,
    PROBE,
    SILENCE,
    FakeSidecar,
    Token,
    instance,
    metadata,
    post,
    ref,
)
from wfadmin.domain.answers import Answer
from wfadmin.domain.commands import Kill, Pause
from wfadmin.domain.errors import (
    EngineRejected,
    EngineUnreachable,
    NotSupported,
    OutcomeUnknown,
    Sent,
    UnexpectedAnswer,
    UsageError,
    WfadminError,
)
from wfadmin.domain.model import Service, ServiceKind

pytestmark = pytest.mark.asyncio

BETA, ALPHA = GET.replace("v1.0", "v1.0-beta1"), GET.replace("v1.0", "v1.0-alpha1")
REFUSED = (401, "invalid api token\n")


# --- routes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [NO_ROUTE, NOT_DAPR, (404, ""), (404, "[]"), (404, '{"a": 1}')])
async def test_a_404_without_its_code_means_an_older_route(answer: object) -> None:
    fake = FakeSidecar({GET: answer, BETA: answer, ALPHA: instance()}, is_met=False)

    (found,) = await fake.engine().invocations.for_key(KEY)

    assert found.engine_status == "RUNNING"
    assert fake.asked == [GET, BETA, ALPHA]


@pytest.mark.parametrize("answer", [NO_ROUTE, NOT_DAPR])
async def test_a_404_without_its_code_never_proves_that_there_is_none(answer: object) -> None:
    fake = FakeSidecar(dict.fromkeys([GET, BETA, ALPHA], answer))

    with pytest.raises(UnexpectedAnswer, match="none of the routes for workflows"):
        await fake.engine().invocations.for_key(KEY)


async def test_a_404_with_its_code_proves_that_there_is_none() -> None:
    fake = FakeSidecar({GET: NO_ROUTE, BETA: NO_INSTANCE})

    assert await fake.engine().invocations.for_key(KEY) == ()
    assert fake.asked == [GET, BETA]


async def test_a_route_that_was_found_is_asked_first() -> None:
    fake = FakeSidecar({GET: NO_ROUTE, BETA: NO_INSTANCE}, is_met=False)
    engine = fake.engine()

    await engine.invocations.for_key(KEY)
    await engine.invocations.for_key(KEY)

    assert fake.asked == [GET, BETA, BETA]


async def test_a_sidecar_that_was_replaced_by_a_newer_one_is_found_again() -> None:
    fake = FakeSidecar({BETA: NO_ROUTE, GET: instance()})
    engine = fake.engine()
    engine._api._prefix = "v1.0-beta1"

    assert await engine.invocations.get(ref()) is not None
    assert fake.asked == [BETA, GET]


async def test_a_write_goes_to_the_route_that_a_read_has_found_and_is_not_tried_out() -> None:
    kill = post("o-1/terminate", "v1.0-beta1")
    old = PROBE.replace("v1.0", "v1.0-beta1")
    routes = {METADATA: metadata("1.14.4"), PROBE: NO_ROUTE, old: NO_INSTANCE, kill: (202, {})}
    fake = FakeSidecar(routes, is_met=False)
    engine = fake.engine()

    assert await engine.control.perform(Kill(ref())) is Answer.ACCEPTED
    assert await engine.control.perform(Kill(ref())) is Answer.ACCEPTED

    assert fake.asked == [METADATA, PROBE, old, kill, kill]


async def test_a_version_with_stable_routes_is_all_that_a_first_write_asks_for() -> None:
    fake = FakeSidecar({METADATA: metadata(), post("o-1/pause"): (202, {})}, is_met=False)

    await fake.engine().control.perform(Pause(ref()))

    assert fake.asked == [METADATA, post("o-1/pause")]


@pytest.mark.parametrize("version", ["edge", None, "1.20.0"])
async def test_nothing_is_sent_to_a_version_that_nobody_knows(version: str | None) -> None:
    fake = FakeSidecar({METADATA: metadata(version)}, is_met=False)

    with pytest.raises(NotSupported, match="no command kill in this version"):
        await fake.engine().control.perform(Kill(ref()))

    assert fake.asked == [METADATA]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (REFUSED, EngineRejected),
        ((500, {"errorCode": "ERR_GET_WORKFLOW", "message": "boom"}), EngineRejected),
        (instance(instanceID=NOBODY), UnexpectedAnswer),
        ((200, "<html>hello</html>"), UnexpectedAnswer),
        (SILENCE, EngineUnreachable),
    ],
)
async def test_a_write_whose_route_cannot_be_found_is_not_sent(
    answer: object,
    error: type[WfadminError],
) -> None:
    fake = FakeSidecar({METADATA: metadata("1.14.4"), PROBE: answer}, is_met=False)

    with pytest.raises(error) as caught:
        await fake.engine().control.perform(Kill(ref()))

    assert caught.value.sent is Sent.NO
    assert fake.asked == [METADATA, PROBE]


@pytest.mark.parametrize("answer", [NO_ROUTE, NOT_DAPR])
async def test_a_write_to_a_route_that_is_gone_is_rejected_and_learned_anew(answer: object) -> None:
    pause = post("o-1/pause")
    fake = FakeSidecar({pause: answer, METADATA: metadata("1.14.4"), PROBE: NO_INSTANCE})
    engine = fake.engine()

    for _ in range(2):
        with pytest.raises(EngineRejected) as caught:
            await engine.control.perform(Pause(ref()))
        assert (caught.value.http_status, caught.value.sent) == (404, Sent.YES)

    assert fake.asked == [pause, METADATA, PROBE, pause]


async def test_where_a_read_found_no_route_a_write_looks_again() -> None:
    fake = FakeSidecar(dict.fromkeys([GET, BETA, ALPHA], NO_ROUTE) | {METADATA: SILENCE})
    engine = fake.engine()

    with pytest.raises(UnexpectedAnswer):
        await engine.invocations.for_key(KEY)
    with pytest.raises(EngineUnreachable):
        await engine.control.perform(Kill(ref()))

    assert fake.asked == [GET, BETA, ALPHA, METADATA]


async def test_an_answer_about_another_instance_is_not_taken() -> None:
    fake = FakeSidecar({GET: instance(instanceID="o-2")})

    with pytest.raises(UnexpectedAnswer, match=r"another instance, at \$.instanceID"):
        await fake.engine().invocations.for_key(KEY)


# --- the token -----------------------------------------------------------------------------------


async def test_the_token_has_a_header_of_its_own() -> None:
    kill = post("o-1/terminate")
    fake = FakeSidecar({GET: instance(), METADATA: metadata(), kill: (202, {})})
    engine = fake.engine(credentials=Token())

    await engine.invocations.for_key(KEY)
    await engine.facts()
    await engine.control.perform(Kill(ref()))

    assert [r.headers.get("dapr-api-token") for r in fake.requests] == ["s3cret-s3cret"] * 3
    assert all("authorization" not in r.headers for r in fake.requests)
    assert "s3cret" not in repr(engine)


async def test_a_plain_text_refusal_of_the_token_names_the_option() -> None:
    fake = FakeSidecar({GET: REFUSED, post("o-1/terminate"): REFUSED})
    engine = fake.engine()

    with pytest.raises(EngineRejected) as read:
        await engine.invocations.for_key(KEY)
    with pytest.raises(EngineRejected) as write:
        await engine.control.perform(Kill(ref()))

    for error in (read.value, write.value):
        assert (error.http_status, error.engine_code) == (401, None)
        assert error.excerpt == "invalid api token"
        assert "--token-env" in error.fix
    assert (read.value.sent, write.value.sent) == (Sent.NO, Sent.YES)


# --- other apps ----------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1.18.3", "edge", None])
async def test_another_app_is_refused_where_the_sidecar_would_act_on_its_own(
    version: str | None,
) -> None:
    fake = FakeSidecar({METADATA: metadata(version)})
    engine = fake.engine(app_id="other")

    with pytest.raises(NotSupported, match="way to another app"):
        await engine.control.perform(Kill(ref()))
    with pytest.raises(NotSupported, match="way to another app"):
        await engine.invocations.for_key(KEY)

    assert fake.asked == [METADATA, METADATA]


async def test_another_app_is_named_in_every_request_after_a_look_at_the_version() -> None:
    kill, start = post("o-1/terminate?appID=other"), post("Order/start?instanceID=o-1&appID=other")
    fake = FakeSidecar(
        {
            METADATA: metadata("1.19.0"),
            f"{GET}?appID=other": instance(),
            kill: (202, {}),
            start: (202, {"instanceID": "o-1"}),
        }
    )
    engine = fake.engine(app_id="other")

    await engine.invocations.for_key(KEY)
    await engine.control.perform(Kill(ref()))
    await engine.control.workflows.start("Order", "o-1")

    assert fake.asked == [METADATA, f"{GET}?appID=other", METADATA, kill, METADATA, start]


@pytest.mark.parametrize(("app_id", "workers"), [("other", None), ("wf", 1)])
async def test_of_another_app_nobody_knows_the_workers(app_id: str, workers: int | None) -> None:
    fake = FakeSidecar({METADATA: metadata("1.19.0")})

    services = await fake.engine(app_id=app_id).admin.list_services()

    assert services == (Service(app_id, ServiceKind.WORKFLOW, workers=workers),)


async def test_an_app_id_that_no_app_can_bear_is_refused_at_once() -> None:
    with pytest.raises(UsageError, match="app id is not usable"):
        FakeSidecar().engine(app_id="a&b")


# --- writes --------------------------------------------------------------------------------------


async def test_a_write_waits_longer_than_the_latest_answers_that_are_known() -> None:
    fake = FakeSidecar({GET: instance(), post("o-1/terminate"): (202, {})})
    engine = fake.engine()

    await engine.invocations.for_key(KEY)
    await engine.control.perform(Kill(ref()))

    read, write = (r.extensions["timeout"]["read"] for r in fake.requests)
    assert (read, write) == (5.0, 8.0)


@pytest.mark.parametrize("answer", [SILENCE, (502, ""), (504, "")])
async def test_a_write_without_an_answer_is_not_sent_again(answer: object) -> None:
    fake = FakeSidecar({post("o-1/terminate"): answer})

    with pytest.raises(OutcomeUnknown) as caught:
        await fake.engine().control.perform(Kill(ref()))

    assert (caught.value.command, caught.value.target) == ("kill", "o-1")
    assert fake.asked == [post("o-1/terminate")]


@pytest.mark.parametrize("body", ["", " \n", "{}", '{"any": "JSON"}'])
async def test_an_acceptance_may_say_nothing(body: str) -> None:
    fake = FakeSidecar({post("o-1/terminate"): (202, body)})

    assert await fake.engine().control.perform(Kill(ref())) is Answer.ACCEPTED


async def test_a_page_in_the_place_of_an_acceptance_leaves_it_unknown() -> None:
    fake = FakeSidecar({post("o-1/terminate"): (200, "<html>please log in</html>")})

    with pytest.raises(OutcomeUnknown, match="it is a web page, not JSON"):
        await fake.engine().control.perform(Kill(ref()))
