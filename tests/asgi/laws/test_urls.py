"""What may be registered: a caller who may operate tries to have another place called."""

import json
from urllib.parse import urlsplit

import pytest

from tests.asgi.http import SEEDS, V1, Names, Scene
from tests.asgi.laws.attacks import CLEANUP, REDEPLOY, asked, healthy, over
from wfadmin.adapters.memory import World
from wfadmin.asgi import operator_app

pytestmark = pytest.mark.asyncio

HOST = "orders-v1:9080"
# What some parser takes for the allowed place, and another one for somewhere else.
ELSEWHERE = [
    "http://evil:9080",
    f"http://{HOST}@evil",
    f"http://{HOST}:x@evil",
    f"http://{HOST}%40evil",
    f"http://{HOST}.evil",
    "http://orders-v1",
    "http://orders-v1:80",
    "http://orders-v1:443",
    "http://orders-v1:9081",
    "http://orders-v1:90800",
    "http://orders-v1:0",
    "http://orders-v1:-9080",
    "http://orders-v1:\uff19\uff10\uff18\uff10",
    f"https://{HOST}",
    f"ftp://{HOST}",
    f"unix://{HOST}",
    "unix:///run/orders.sock",
    f"http+unix://{HOST}",
    f"file://{HOST}",
    f"gopher://{HOST}",
    f"//{HOST}",
    HOST,
    f"http:{HOST}",
    f"http:/{HOST}",
    f"http:///{HOST}",
    f"http:\\\\{HOST}",
    "http://orders-v1.:9080",
    "http://.orders-v1:9080",
    "http://orders-v1%00:9080",
    "http://orders-v1%2e:9080",
    "http://%6frders-v1:9080",
    "http://\u043erders-v1:9080",  # a Cyrillic letter
    "http://\uff4frders-v1:9080",  # as wide as two letters
    "http://xn--rders-v1-5fg:9080",
    "http://orders-v1\u200b:9080",
    "http://orders-v1\u00ad:9080",
    "http://orders-v1\u3002:9080",
    "http://orders-v1\uff0f@evil:9080",
    "http://evil\uff0forders-v1:9080",
    f"http://{HOST}/other",
    f"http://{HOST}/./other",
    f"http://{HOST}/../other",
    f"http://{HOST}/..",
    f"http://{HOST}/.",
    f"http://{HOST}/%2e%2e",
    f"http://{HOST}/;x",
    f"http://{HOST}/\\",
    f"http://{HOST}\\",
    f"http://{HOST}\\@evil",
    f"http://{HOST}?x=1",
    f"http://{HOST}/?next=http://evil",
    f" http://{HOST}",
    f"http://{HOST} ",
    f"http://{HOST}\t",
    f"http://{HOST}\n",
    f"http://{HOST}\r\nhost: evil",
    f"ht\ttp://{HOST}",
    "http://orders\t-v1:9080",
    f"http://{HOST}\x00",
    f"http://{HOST}\x00.evil",
    f"\x01http://{HOST}",
    "http://127.0.0.1:9080",
    "http://2130706433:9080",
    "http://0x7f000001:9080",
    "http://0177.0.0.1:9080",
    "http://127.1:9080",
    "http://0:9080",
    "http://[::1]:9080",
    "http://[::ffff:127.0.0.1]:9080",
    "http://[0:0:0:0:0:0:0:1]:9080",
    "http://[fe80::1%25eth0]:9080",
    "http://[::1",
    "http://[evil]:9080",
    f"http://[{HOST}]",
    "http://169.254.169.254/latest/meta-data",
    f"http://evil\\@{HOST}",
    f"http://evil:80\\@{HOST}",
    f"http://evil\\.x@{HOST}",
    f"http://evil\\\\@{HOST}",
]
# The empty question at the end says nothing, so this is the allowed place.
SAME = [
    f"http://{HOST}",
    f"http://{HOST}/",
    f"HTTP://{HOST}",
    "http://ORDERS-V1:9080",
    f"http://{HOST}/?",
]


REFUSED = {(403, "service_url_not_allowed"), (422, "invalid_service_url")}


def is_allowed_place(uri: str) -> bool:
    """Whether it is the allowed place to a reader by the book, and to a lenient one."""
    readings = (uri, uri.replace("\\", "/"))
    return all(urlsplit(one).netloc.rpartition("@")[2].lower() == HOST for one in readings)


def fetched(fake: object) -> list[str]:
    """Which URLs the engine was told to call."""
    requests = fake.requests  # type: ignore[attr-defined]
    made = [one for one in requests if (one.method, one.url.path) == ("POST", "/deployments")]
    return [json.loads(one.content)["uri"] for one in made]


@pytest.mark.parametrize("route", [REDEPLOY, f"{REDEPLOY}/plan", f"{REDEPLOY} if-match"])
async def test_the_engine_is_made_to_call_only_what_is_allowed(route: str) -> None:
    fake = healthy()
    app = operator_app(over(fake), authenticator=Names(), allowed_service_urls=[V1])
    path, _, bound = route.partition(" ")
    headers = [(bound, f'"{"0" * 64}"')] if bound else []

    got_through = []
    for url in ELSEWHERE:
        answer = await asked(app, f"{SEEDS}/{path}", {"serviceUrl": url}, headers=headers)
        if (answer.status, answer.status < 400 or answer.id) not in REFUSED:
            got_through.append(url)

    assert got_through == []
    assert fetched(fake) == []


@pytest.mark.parametrize("url", SAME)
async def test_the_allowed_place_is_itself_in_any_writing(url: str) -> None:
    fake = healthy()
    app = operator_app(over(fake), authenticator=Names(), allowed_service_urls=[V1])

    answer = await asked(app, f"{SEEDS}/{REDEPLOY}/plan", {"serviceUrl": url})

    assert answer.status == 200
    assert [is_allowed_place(one) for one in fetched(fake)] == [True]


@pytest.mark.parametrize("route", [CLEANUP, f"{CLEANUP}/plan"])
async def test_a_cleanup_makes_the_engine_call_nothing_that_it_does_not_know(route: str) -> None:
    fake = healthy()
    old = {"id": "dp_0", "created_at": "2026-05-09T10:00:00Z", "uri": "http://old"}
    fake.routes["GET /deployments"]["deployments"].append(old | {"services": []})
    # The removal shows no effect, and this clock need not be waited for.
    app = operator_app(
        over(fake, clock=World().clock), authenticator=Names(), allowed_service_urls=[V1]
    )

    for url in (V1, *ELSEWHERE):
        await asked(app, f"{SEEDS}/{route}", {"serviceUrl": url, "forceDrain": True})

    called = fetched(fake)
    assert called[0] == V1
    assert [one for one in called if not is_allowed_place(one)] == []


async def test_no_url_is_allowed_where_the_list_is_empty() -> None:
    scene = Scene()
    scene.world.place(V1, serves=("Order",))
    app = scene.app(allowed_service_urls=[])

    answers = [
        await asked(app, f"{SEEDS}/{route}", {"serviceUrl": V1})
        for route in (REDEPLOY, f"{REDEPLOY}/plan")
    ]

    assert [one.status for one in answers] == [403, 403]
    assert scene.points == []


async def test_where_any_url_may_be_registered_that_is_said_at_the_start() -> None:
    scene = Scene()

    app = scene.app()

    said = [one for one in app.warnings if "allowed_service_urls" in one]
    assert len(said) == 1
    assert {"problem": said[0]} in scene.events.named("http.warning")
