"""Deployments: listed without secrets, registered and removed by one request each."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.adapters.restate.fake import FakeRestate
from wfadmin.domain.answers import Answer, Registration
from wfadmin.domain.errors import (
    EngineRejected,
    EngineUnreachable,
    InvalidServiceUrl,
    OutcomeUnknown,
    Sent,
    UnexpectedAnswer,
)
from wfadmin.domain.model import Deployment, ServiceRevision, Usage, UsageRow

pytestmark = pytest.mark.asyncio

LIST = "GET /deployments"
REGISTER = "POST /deployments"
REMOVE = "DELETE /deployments/dp_1?force=true"
CREATED = datetime(2026, 5, 9, 10, tzinfo=UTC)
REGISTERED = {"id": "dp_1", "services": [{"name": "Order", "revision": 3, "ty": "Workflow"}]}


def deployment(**values: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    services = [{"name": "Order", "revision": 2}]
    common = {"id": "dp_1", "created_at": "2026-05-09T10:00:00.000000000Z", "services": services}
    return common | values


async def listed(**values: Any) -> Deployment:  # noqa: ANN401 - JSON
    fake = FakeRestate(routes={LIST: {"deployments": [deployment(**values)]}})
    (found,) = await fake.engine().deployments.list()
    return found


async def test_a_deployment_is_listed_with_its_services() -> None:
    assert await listed(uri="http://svc:9080/") == Deployment(
        "dp_1", "http://svc:9080/", "http://svc:9080/", CREATED, (ServiceRevision("Order", 2),)
    )


async def test_a_password_in_its_url_is_neither_kept_nor_shown() -> None:
    found = await listed(uri="http://ada:s3cret@svc:9080/?key=s3cret")

    assert found.service_url == "http://svc:9080/?key=s3cret"
    assert found.location == "http://svc:9080/?..."


async def test_a_function_has_a_name_and_no_url() -> None:
    found = await listed(arn="arn:aws:lambda:eu:1:function:order")

    assert (found.service_url, found.location) == (None, "arn:aws:lambda:eu:1:function:order")


async def test_a_place_of_another_kind_is_shown_by_its_id() -> None:
    found = await listed(kind="of tomorrow")

    assert (found.service_url, found.location) == (None, "dp_1")


async def test_a_url_that_cannot_be_read_is_no_url_and_not_shown() -> None:
    found = await listed(uri="ada:s3cret@svc")

    assert (found.service_url, found.location) == (None, "(a URL that cannot be read)")


async def test_nothing_registered_is_an_empty_list() -> None:
    fake = FakeRestate(routes={LIST: {"deployments": []}})

    assert await fake.engine().deployments.list() == ()


@pytest.mark.parametrize("answer", [{}, {"deployments": None}, {"deployments": [{"id": "dp_1"}]}])
async def test_half_a_list_is_none(answer: Any) -> None:  # noqa: ANN401 - JSON
    with pytest.raises(UnexpectedAnswer):
        await FakeRestate(routes={LIST: answer}).engine().deployments.list()


async def test_usage_is_counted_by_service_and_pin() -> None:
    rows = [
        {"service": "Order", "deployment": "dp_1", "n": 2},
        {"service": "Order", "n": 1},
    ]
    fake = FakeRestate(queries=[("where status <> 'completed' group by 1, 2", rows)])

    assert await fake.engine().deployments.usage() == Usage(
        (UsageRow("Order", "dp_1", 2), UsageRow("Order", None, 1))
    )


# --- register ------------------------------------------------------------------------------------


@pytest.mark.parametrize("force", [True, False])
@pytest.mark.parametrize("dry_run", [True, False])
async def test_a_registration_always_says_what_it_wants(force: bool, dry_run: bool) -> None:  # noqa: FBT001
    fake = FakeRestate(routes={REGISTER: REGISTERED})
    url = "http://svc:9080"

    found = await fake.engine().deployments.register(url, force=force, dry_run=dry_run)

    assert found == Registration("dp_1", (ServiceRevision("Order", 3),))
    assert fake.asked == [REGISTER]
    assert fake.body == {"uri": url, "force": force, "dry_run": dry_run}


@pytest.mark.parametrize(("dry_run", "sent"), [(True, Sent.NO), (False, Sent.YES)])
@pytest.mark.parametrize("status", [400, 422, 500, 503])
async def test_a_registration_that_is_rejected(dry_run: bool, sent: Sent, status: int) -> None:  # noqa: FBT001
    told = b'{"message": "[META0003] cannot call http://svc/", "restate_code": "META0003"}'
    fake = FakeRestate(routes={REGISTER: (status, told)})

    with pytest.raises(EngineRejected) as caught:
        await fake.engine().deployments.register("http://svc", force=True, dry_run=dry_run)

    assert (caught.value.engine_code, caught.value.sent) == ("META0003", sent)
    assert len(fake.asked) == 1


async def test_what_the_engine_repeats_of_a_password_is_masked() -> None:
    told = b'{"message": "cannot call http://ada:s3%2Fcret@svc/?key=other, s3/cret"}'
    fake = FakeRestate(routes={REGISTER: (500, told)})
    url = "http://ada:s3%2Fcret@svc/?key=other"

    with pytest.raises(EngineRejected) as caught:
        await fake.engine().deployments.register(url, force=True, dry_run=False)

    assert caught.value.excerpt == "cannot call http://***@svc/?***, ***"


async def test_a_success_that_cannot_be_read_leaves_it_unknown() -> None:
    fake = FakeRestate(routes={REGISTER: {"id": None}})

    with pytest.raises(OutcomeUnknown, match=r"expected a string at \$\.id") as caught:
        await fake.engine().deployments.register("http://a:b@svc", force=True, dry_run=False)

    assert (caught.value.command, caught.value.target) == ("register", "http://svc")


async def test_a_dry_run_that_cannot_be_read_is_an_unexpected_answer() -> None:
    fake = FakeRestate(routes={REGISTER: {"id": None}})

    with pytest.raises(UnexpectedAnswer) as caught:
        await fake.engine().deployments.register("http://svc", force=True, dry_run=True)

    assert caught.value.sent is Sent.NO


async def test_a_url_that_cannot_be_read_is_not_sent() -> None:
    fake = FakeRestate()

    with pytest.raises(InvalidServiceUrl):
        await fake.engine().deployments.register("http://[::1", force=True, dry_run=False)

    assert fake.asked == []


@pytest.mark.parametrize(("dry_run", "error"), [(True, EngineUnreachable), (False, OutcomeUnknown)])
async def test_a_lost_answer(dry_run: bool, error: type[Exception]) -> None:  # noqa: FBT001
    def lose(_: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("gone")

    async with httpx.AsyncClient(transport=httpx.MockTransport(lose)) as client:
        deployments = FakeRestate().engine(client=client).deployments
        with pytest.raises(error):
            await deployments.register("http://svc", force=True, dry_run=dry_run)


# --- remove --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "answer"),
    [
        (202, b"", Answer.ACCEPTED),
        (404, b'{"message": "not found in the schema registry"}', Answer.NOT_FOUND),
    ],
)
async def test_a_removal_is_one_request(status: int, body: bytes, answer: Answer) -> None:
    fake = FakeRestate(routes={REMOVE: (status, body)})

    assert await fake.engine().deployments.remove("dp_1") is answer
    assert fake.asked == [REMOVE]


@pytest.mark.parametrize("status", [400, 404, 501])
async def test_a_removal_that_is_refused_without_a_word(status: int) -> None:
    fake = FakeRestate(routes={REMOVE: (status, b"")})

    with pytest.raises(EngineRejected) as caught:
        await fake.engine().deployments.remove("dp_1")

    assert caught.value.sent is Sent.YES


@pytest.mark.parametrize("name", ["", "..", "dp_1/x", "dp_1?force=false"])
async def test_what_is_no_id_is_not_sent(name: str) -> None:
    fake = FakeRestate()

    assert await fake.engine().deployments.remove(name) is Answer.NOT_FOUND
    assert fake.asked == []
