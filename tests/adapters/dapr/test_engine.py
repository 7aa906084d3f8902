"""How an engine is made, and what it says that it lacks."""

import importlib

import httpx
import pytest

from tests.adapters.dapr.fake import METADATA, URL, FakeSidecar, metadata
from wfadmin.adapters.dapr import connect
from wfadmin.adapters.dapr.engine import DaprEngine
from wfadmin.adapters.dapr.versions import Version
from wfadmin.domain.capabilities import CommandName, EngineFacts
from wfadmin.domain.errors import InvalidConfig, InvalidEngineUrl
from wfadmin.ports.engine import EngineSettings


def test_making_one_needs_a_url_and_does_no_io() -> None:
    engine = connect(EngineSettings(URL))

    assert (engine.name, engine.address) == ("dapr", URL)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        (EngineSettings(), "admin URL is not usable: it is missing"),
        (EngineSettings("127.0.0.1:50001"), "admin URL is not usable"),
        (EngineSettings(URL, "ftp://x"), "ingress URL is not usable"),
    ],
)
def test_a_url_that_is_none_is_refused(settings: EngineSettings, problem: str) -> None:
    with pytest.raises(InvalidEngineUrl, match=problem):
        connect(settings)


@pytest.mark.parametrize("client", [object(), httpx.Client()])
def test_a_client_that_blocks_is_refused(client: object) -> None:
    with pytest.raises(InvalidConfig, match=r"it is no httpx\.AsyncClient"):
        connect(EngineSettings(URL, client=client))


@pytest.mark.parametrize(
    ("admin", "ingress"),
    [("unix:///run/dapr.sock", None), (URL, "unix:///run/dapr.sock")],
)
def test_a_client_that_would_not_use_the_socket_is_refused(admin: str, ingress: str | None) -> None:
    with pytest.raises(InvalidConfig, match="it would not use the socket"):
        connect(EngineSettings(admin, ingress, client=httpx.AsyncClient()))


def test_what_http_lacks_is_none_and_says_what_to_do_instead() -> None:
    engine = FakeSidecar().engine()

    assert [getattr(engine, name) for name in ("deployments", "listing", "history", "state")] == (
        [None] * 4
    )
    assert set(engine.instead) == {
        "deployments",
        "listing",
        "history",
        "state",
        "cancel",
        "force_purge",
    }
    assert CommandName.CANCEL not in Version("1.18.3").capabilities.commands
    assert "Restart or roll the workers" in engine.instead["deployments"]
    assert "retention policy" in engine.instead["deployments"]


@pytest.mark.asyncio
@pytest.mark.parametrize("version", ["1.18.3", "edge", None])
async def test_the_facts_are_read_each_time_from_the_metadata(version: str | None) -> None:
    fake = FakeSidecar({METADATA: metadata(version)})
    engine = fake.engine()

    assert await engine.facts() == EngineFacts(version, Version(version).capabilities, None)
    fake.routes[METADATA] = metadata("1.19.0")
    assert (await engine.facts()).version == "1.19.0"
    assert fake.asked == [METADATA, METADATA]


@pytest.mark.asyncio
async def test_closing_twice_leaves_an_injected_client_open() -> None:
    fake = FakeSidecar({METADATA: metadata()})
    engine = fake.engine()

    await engine.aclose()
    await engine.aclose()

    assert (await engine.facts()).version == "1.18.3"


def test_the_front_door_is_the_factory() -> None:
    assert importlib.import_module("wfadmin.adapters.dapr").connect is connect
    assert isinstance(connect(EngineSettings(URL)), DaprEngine)


# --- what keeps it from any write ----------------------------------------------------------------

NO_WORKER = (
    "No worker of the app is connected. Start the app, or see why it does not connect, and look"
    " again; nothing was done."
)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("app_id", "obstacle"),
    [(None, NO_WORKER), ("wf", NO_WORKER), ("another", None)],
)
async def test_a_missing_worker_is_an_obstacle_for_the_app_beside_the_sidecar_only(
    app_id: str | None,
    obstacle: str | None,
) -> None:
    fake = FakeSidecar({METADATA: metadata("1.19.0", workflows=None)})

    assert (await fake.engine(app_id=app_id).facts()).obstacle == obstacle


@pytest.mark.asyncio
@pytest.mark.parametrize("app_id", [None, "another"])
async def test_what_the_sidecar_itself_lacks_is_an_obstacle_for_every_app(
    app_id: str | None,
) -> None:
    fake = FakeSidecar({METADATA: metadata("1.19.0", scheduler=None)})

    assert (await fake.engine(app_id=app_id).facts()).obstacle == (
        "No scheduler is configured. Start the sidecar with --scheduler-host-address."
    )


@pytest.mark.asyncio
@pytest.mark.parametrize("version", ["1.15.9", "edge"])
async def test_where_nobody_counts_the_workers_none_is_missed(version: str) -> None:
    fake = FakeSidecar({METADATA: metadata(version, workflows=None)})

    assert (await fake.engine().facts()).obstacle is None
