"""The front doors tell what really works, and the app tells its workers."""

from typing import Any

import pytest

from tests.adapters.dapr.fake import (
    METADATA,
    NO_INSTANCE,
    NO_ROUTE,
    NOBODY,
    PROBE,
    SILENCE,
    FakeSidecar,
    Token,
    instance,
    metadata,
)
from wfadmin.domain.components import ComponentStatus, component_status
from wfadmin.domain.errors import EngineRejected, EngineUnreachable, UnexpectedAnswer
from wfadmin.domain.model import Service, ServiceKind

pytestmark = pytest.mark.asyncio

OUTBOUND = "GET /v1.0/healthz/outbound"
NOT_READY = (500, {"errorCode": "ERR_OUTBOUND_HEALTH_NOT_READY", "message": "dapr is not ready"})


def running(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """The part of the metadata about what runs workflows."""
    common = {"runtimeStatus": "RUNNING", "hostReady": True, "placement": "placement: connected"}
    return {key: value for key, value in (common | more).items() if value is not None}


# --- ingress -------------------------------------------------------------------------------------


async def test_an_ingress_that_is_ready_says_nothing_and_gets_no_token() -> None:
    fake = FakeSidecar({OUTBOUND: (204, "")})

    await fake.engine(credentials=Token()).admin.probe_ingress()

    assert fake.asked == [OUTBOUND]
    assert "dapr-api-token" not in fake.requests[0].headers


async def test_the_ingress_may_be_elsewhere() -> None:
    fake = FakeSidecar({OUTBOUND: (204, "")})

    await fake.engine(ingress_url="http://127.0.0.1:3600").admin.probe_ingress()

    assert [str(one.url) for one in fake.requests] == [
        "http://127.0.0.1:3600/v1.0/healthz/outbound"
    ]


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (NOT_READY, ComponentStatus.DEGRADED),
        ((200, "<html>hello</html>"), ComponentStatus.DEGRADED),
        ((200, "{}"), ComponentStatus.DEGRADED),
        (SILENCE, ComponentStatus.UNREACHABLE),
    ],
)
async def test_an_ingress_that_says_something_else_is_not_healthy(
    answer: object,
    status: ComponentStatus,
) -> None:
    with pytest.raises((EngineRejected, UnexpectedAnswer, EngineUnreachable)) as caught:
        await FakeSidecar({OUTBOUND: answer}).engine().admin.probe_ingress()

    assert component_status(caught.value) is status


# --- admin ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1.18.3", "edge", None])
async def test_a_sound_sidecar_says_its_version_and_reads_its_store(version: str | None) -> None:
    fake = FakeSidecar({METADATA: metadata(version), PROBE: NO_INSTANCE})

    assert await fake.engine().admin.probe_admin() == version
    assert fake.asked == [METADATA, PROBE]


async def test_an_empty_version_is_none() -> None:
    fake = FakeSidecar({METADATA: metadata(""), PROBE: NO_INSTANCE})

    assert await fake.engine().admin.probe_admin() is None


async def test_nobody_is_another_one_each_time() -> None:
    api = FakeSidecar().engine()._api
    fresh = type(api)(api.http, api.place)

    assert fresh.nobody() != fresh.nobody()
    assert len(fresh.nobody()) <= 64


async def test_a_sidecar_that_knows_everybody_is_none() -> None:
    fake = FakeSidecar({METADATA: metadata(), PROBE: instance(instanceID=NOBODY)})

    with pytest.raises(UnexpectedAnswer, match="an instance whose id was just made up"):
        await fake.engine().admin.probe_admin()


@pytest.mark.parametrize(
    ("parts", "excerpt"),
    [
        ({"actorRuntime": running(runtimeStatus="DISABLED")}, "no placement service is configured"),
        ({"actorRuntime": running(runtimeStatus="INITIALIZING")}, "the sidecar waits for its app"),
        ({"actorRuntime": running(hostReady=False)}, "the sidecar is not connected to the placem"),
        ({"actorRuntime": running(placement="placement: disconnected")}, "the sidecar is not conn"),
        ({"scheduler": None}, "no scheduler is configured"),
        ({"scheduler": {}}, "no scheduler is configured"),
    ],
)
async def test_what_the_sidecar_says_is_missing_degrades_it(
    parts: dict[str, Any],
    excerpt: str,
) -> None:
    fake = FakeSidecar({METADATA: metadata(**parts)})

    with pytest.raises(EngineRejected) as caught:
        await fake.engine().admin.probe_admin()

    assert caught.value.excerpt.startswith(excerpt)
    assert component_status(caught.value) is ComponentStatus.DEGRADED
    assert fake.asked == [METADATA]


@pytest.mark.parametrize(
    ("version", "parts"),
    [
        ("1.17.9", {"scheduler": None}),
        ("edge", {"scheduler": None}),
        ("1.18.3", {"actorRuntime": None}),
        ("1.18.3", {"actorRuntime": {}}),
        ("1.18.3", {"actorRuntime": {"runtimeStatus": "SOMETHING_NEW"}}),
    ],
)
async def test_what_a_sidecar_does_not_say_is_not_held_against_it(
    version: str,
    parts: dict[str, Any],
) -> None:
    fake = FakeSidecar({METADATA: metadata(version, **parts), PROBE: NO_INSTANCE})

    assert await fake.engine().admin.probe_admin() == version


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (NO_ROUTE, EngineRejected),
        ((401, "invalid api token\n"), EngineRejected),
        ((200, "[]"), UnexpectedAnswer),
        ({"runtimeVersion": "1.18.3"}, UnexpectedAnswer),
        (metadata(workflows={"connectedWorkers": "1"}), UnexpectedAnswer),
        (SILENCE, EngineUnreachable),
    ],
)
async def test_metadata_that_cannot_be_read_is_an_error(
    answer: object,
    error: type[Exception],
) -> None:
    engine = FakeSidecar({METADATA: answer}).engine()

    for question in (engine.facts, engine.admin.probe_admin, engine.admin.list_services):
        with pytest.raises(error):
            await question()


# --- services ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "workflows", "workers"),
    [
        ("1.18.3", {"connectedWorkers": 2}, 2),
        ("1.18.3", None, 0),
        ("1.16.0", None, 0),
        ("1.16.0", {}, 0),
        # Before 1.16 nobody said it, and of a version without a number nobody knows.
        ("1.15.9", None, None),
        ("edge", None, None),
        (None, None, None),
        ("edge", {"connectedWorkers": 2}, 2),
    ],
)
async def test_the_app_is_the_service_and_tells_its_workers(
    version: str | None,
    workflows: dict[str, int] | None,
    workers: int | None,
) -> None:
    fake = FakeSidecar({METADATA: metadata(version, workflows=workflows)})

    services = await fake.engine().admin.list_services()

    assert services == (Service("wf", ServiceKind.WORKFLOW, workers=workers),)
    assert fake.asked == [METADATA]
