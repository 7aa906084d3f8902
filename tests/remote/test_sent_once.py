"""A write is sent once; what is not known about it is unknown, and slow hosts get their time."""

from typing import Any

import anyio
import attrs
import httpx
import pytest

from tests.remote.far import KEY, Seen, answering, saying
from tests.remote.test_requests import DONE, ROOT, URL, healthy
from tests.wire.servers import request_from, serving, silent
from wfadmin.adapters.restate.versions import REGISTER_FLOOR
from wfadmin.asgi import Limits
from wfadmin.errors import EngineUnreachable, OutcomeUnknown, Sent, UnexpectedAnswer
from wfadmin.operations.host import Host
from wfadmin.remote import RemoteOperator
from wfadmin.remote.api import READ_FLOOR, URL_FLOOR, WRITE_FLOOR

pytestmark = pytest.mark.asyncio

# --- how often -----------------------------------------------------------------------------------

LOST = [
    httpx.ReadTimeout("late"),
    httpx.ReadError("reset"),
    httpx.RemoteProtocolError("Server disconnected without sending a response."),
    httpx.RemoteProtocolError("garbage"),
    httpx.DecodingError("broken"),
]
WRITES = [
    lambda op: op.recover_stuck_workflow(KEY),
    lambda op: op.force_redeploy(URL),
    lambda op: op.cleanup_stale_deployments(URL),
]


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("error", LOST, ids=lambda one: type(one).__name__)
async def test_a_write_whose_answer_is_lost_is_unknown_and_not_sent_again(
    write: Any,  # noqa: ANN401 - a verb
    error: Exception,
) -> None:
    seen = Seen(error)

    with pytest.raises(OutcomeUnknown) as caught:
        await write(answering(seen))

    (request,) = seen.requests
    assert caught.value.sent is Sent.UNKNOWN
    (told,) = caught.value.also
    assert f"look for the request {request.headers['x-request-id']} in its audit log" in told


@pytest.mark.parametrize("write", WRITES)
async def test_a_write_that_never_left_us_is_an_unreachable_api(write: Any) -> None:  # noqa: ANN401
    seen = Seen(httpx.ConnectError("refused"))

    with pytest.raises(EngineUnreachable) as caught:
        await write(answering(seen))

    assert len(seen.requests) == 1
    assert (caught.value.where, caught.value.sent) == (f"http://localhost{ROOT}", Sent.NO)


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize(
    "body",
    [b"", b"<h1>hello</h1>", b"{}", b"[]", b'{"acknowledged": "yes", "deploymentId": "dp_1"}'],
)
async def test_a_success_that_cannot_be_read_is_unknown(write: Any, body: bytes) -> None:  # noqa: ANN401
    seen = Seen(httpx.Response(200, content=body))

    with pytest.raises(OutcomeUnknown, match="Its answer cannot be read"):
        await write(answering(seen))

    assert len(seen.requests) == 1


@pytest.mark.parametrize("write", WRITES)
async def test_a_success_that_acknowledges_nothing_is_unknown(write: Any) -> None:  # noqa: ANN401
    with pytest.raises(OutcomeUnknown, match="It did not acknowledge it"):
        await write(saying(200, DONE | {"acknowledged": False}))


async def test_a_read_is_asked_again_where_its_answer_was_lost() -> None:
    seen = Seen(httpx.ReadError("reset"), healthy())

    await answering(seen).doctor()

    assert seen.paths == ["/doctor", "/doctor"]
    assert len({one.headers["x-request-id"] for one in seen.requests}) == 1


@pytest.mark.parametrize(("plan", "often"), [("plan_redeploy", 1), ("plan_cleanup", 1)])
async def test_a_plan_that_makes_the_engine_call_a_url_is_asked_for_once(
    plan: str, often: int
) -> None:
    seen = Seen(httpx.ReadError("reset"))

    with pytest.raises(EngineUnreachable):
        await getattr(answering(seen), plan)(URL)

    assert len(seen.requests) == often


async def test_an_api_that_does_not_answer_is_no_report() -> None:
    async with serving(silent) as url:
        pass  # the port was ours, and is free again

    async with RemoteOperator(url) as operator:
        with pytest.raises(EngineUnreachable, match="Nothing listens there"):
            await operator.doctor()


async def test_what_is_no_operator_api_is_no_report() -> None:
    with pytest.raises(UnexpectedAnswer, match="it is a web page, not JSON"):
        await saying(200, b"<html>").doctor()


async def test_a_cancelled_write_is_cancelled() -> None:
    arrived: list[bytes] = []

    async def swallow(reader: Any, _: Any) -> None:  # noqa: ANN401 - streams
        arrived.append(await request_from(reader))
        await reader.read()

    async with serving(swallow) as url, RemoteOperator(url) as operator:
        with anyio.move_on_after(0.2) as scope:
            await operator.recover_stuck_workflow(KEY)

    assert scope.cancelled_caught
    assert len(arrived) == 1


# --- how long ------------------------------------------------------------------------------------


async def test_the_limits_cover_what_a_host_with_its_defaults_may_take() -> None:
    turn = Limits().patience
    fields = attrs.fields_dict(Host)
    ask, settle = fields["timeout"].default, fields["settle"].default
    plan = 2 * ask + REGISTER_FLOOR

    assert turn + 4 * ask <= READ_FLOOR
    assert turn + plan <= URL_FLOOR
    assert turn + 2 * plan + REGISTER_FLOOR + settle + 2 * ask <= WRITE_FLOOR


async def test_each_request_has_the_limit_of_what_it_asks_for() -> None:
    limits: list[float] = []

    def hello(request: httpx.Request) -> httpx.Response:
        timeout = request.extensions["timeout"]
        assert timeout["connect"] == 4.0
        limits.append(timeout["read"])
        return healthy() if request.url.path.endswith("doctor") else httpx.Response(404)

    operator = answering(hello)
    await operator.doctor()
    for call in (
        operator.inspect(KEY),
        operator.plan_recover(KEY),
        operator.plan_redeploy(URL),
        operator.force_redeploy(URL),
    ):
        with pytest.raises(Exception, match=r"operator-api|404"):
            await call

    reads, urls, writes = (one.total_seconds() for one in (READ_FLOOR, URL_FLOOR, WRITE_FLOOR))
    assert limits == [reads, reads, reads, urls, writes]
