"""The engine as a whole: made without I/O, strict about its settings, and read only."""

from datetime import timedelta
from typing import Any

import httpx
import httpx2
import pytest

from tests.adapters.restate.fake import INGRESS, KEY, URL, V16, FakeRestate, ref, row
from wfadmin.adapters.restate import connect
from wfadmin.domain.capabilities import Capabilities
from wfadmin.domain.errors import InvalidConfig, InvalidEngineUrl
from wfadmin.ports.engine import Engine, EngineSettings

pytestmark = pytest.mark.asyncio


def settings(**given: Any) -> EngineSettings:  # noqa: ANN401 - as for EngineSettings
    return EngineSettings(**({"admin_url": URL} | given))


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://Localhost:9070/", URL),
        ("https://engine.example:443", "https://engine.example"),
        ("unix:///run/n/admin.sock", "unix:///run/n/admin.sock"),
    ],
)
async def test_an_engine_is_known_by_its_name_and_address(url: str, address: str) -> None:
    engine: Engine = connect(settings(admin_url=url))

    assert (engine.name, engine.address, engine.history) == ("restate", address, None)
    await engine.aclose()
    await engine.aclose()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"admin_url": None}, "admin URL is not usable: it is missing"),
        ({"admin_url": "localhost"}, "admin URL is not usable"),
        ({"ingress_url": "localhost"}, "ingress URL is not usable"),
        ({"admin_url": "http://ada:s3cret@localhost"}, "--token-env"),
    ],
)
async def test_an_unusable_url_is_refused_when_it_is_given(
    given: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidEngineUrl, match=message) as caught:
        connect(settings(**given))

    assert "s3cret" not in str(caught.value)


async def test_a_client_that_blocks_is_refused() -> None:
    with httpx.Client() as client, pytest.raises(InvalidConfig, match=r"no httpx\.AsyncClient"):
        connect(settings(client=client))
    with pytest.raises(InvalidConfig, match=r"no httpx\.AsyncClient"):
        connect(settings(client=object()))


@pytest.mark.parametrize(
    "urls", [{"admin_url": "unix:///a.sock"}, {"ingress_url": "unix:///b.sock"}]
)
async def test_a_client_that_would_not_use_the_socket_is_refused(urls: dict[str, str]) -> None:
    async with httpx.AsyncClient() as client:
        with pytest.raises(InvalidConfig, match="it would not use the socket"):
            connect(settings(client=client, **urls))


async def test_an_injected_client_of_either_library_is_used_and_stays_open() -> None:
    for module in (httpx, httpx2):
        answer = module.Response(200, json=V16)
        transport = module.MockTransport(lambda _, answer=answer: answer)
        async with module.AsyncClient(transport=transport) as client:
            engine = connect(settings(client=client))
            assert (await engine.facts()).version == "1.6.2"
            await engine.aclose()
            assert not client.is_closed


async def test_facts_are_read_each_time() -> None:
    fake = FakeRestate(routes={"GET /version": V16})
    engine = fake.engine()
    before = await engine.facts()
    fake.routes["GET /version"] = {"version": "1.99.0"}

    after = await engine.facts()

    assert (before.version, after.version) == ("1.6.2", "1.99.0")
    assert after.capabilities == Capabilities(register_floor=timedelta(seconds=30))
    assert fake.asked == ["GET /version"] * 2


async def test_the_token_is_not_in_any_repr() -> None:
    engine = FakeRestate().engine()

    assert "s3cret" not in repr(engine)
    assert INGRESS in repr(engine)


async def test_everything_that_reads_sends_only_gets_and_queries() -> None:
    fake = FakeRestate(
        routes={
            "GET /restate/health": {"services": []},
            "GET /services": {"services": []},
            "GET /deployments": {"deployments": []},
        },
        queries=[
            ("from state", []),
            ("invoked_by_id = 'inv_1'", []),
            ("group by", []),
            ("select", [row()]),
        ],
    )
    engine = fake.engine()

    await engine.facts()
    await engine.admin.probe_admin()
    await engine.admin.probe_ingress()
    await engine.admin.list_services()
    await engine.deployments.list()
    await engine.deployments.usage()
    await engine.listing.survey(failures=20, unfinished=0)
    await engine.invocations.for_key(KEY)
    await engine.invocations.get(ref("inv_1"))
    await engine.invocations.children(ref("inv_1"))
    await engine.state.read(KEY, values=True)

    kinds = {one if one.endswith(" /query") else one.split()[0] for one in fake.asked}
    assert kinds == {"GET", "POST /query"}
    assert all(statement.startswith("select ") for statement in fake.statements)
