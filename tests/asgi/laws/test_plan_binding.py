"""An approval is for one plan: a caller tries to have another one done with it."""

import json
from collections.abc import Mapping
from datetime import timedelta

import pytest
from starlette.types import ASGIApp

from tests.asgi.http import KEY, SEEDS, V1, V2, Scene
from tests.asgi.laws.attacks import (
    ACTING,
    CLEANUP,
    RECOVER,
    REDEPLOY,
    Heard,
    asked,
    healthy,
    over,
    stuck,
)
from wfadmin.asgi import operator_app

pytestmark = pytest.mark.asyncio

OTHER_KEY = KEY | {"serviceKey": "o-2"}


async def tag_of(app: ASGIApp, route: str = RECOVER, body: object = KEY, base: str = SEEDS) -> str:
    answer = await asked(app, f"{base}/{route}/plan", body)
    assert answer.status == 200
    return dict(answer.headers)[b"etag"].decode()


async def write(
    app: ASGIApp,
    *tags: str,
    route: str = RECOVER,
    body: Mapping[str, object] = KEY,
    base: str = SEEDS,
) -> Heard:
    headers = [("if-match", one) for one in tags]
    return await asked(app, f"{base}/{route}", body, headers=headers)


async def test_what_is_no_single_strong_tag_approves_nothing() -> None:
    scene = stuck()
    app = scene.app()
    tag = await tag_of(app)
    digest = tag.strip('"')
    before = scene.world.store.fingerprint()

    tries: list[tuple[str, ...]] = [
        ("*",),
        ("",),
        (digest,),
        (f"W/{tag}",),
        (f"w/{tag}",),
        (f"'{digest}'",),
        (f'"{digest}',),
        (f'"{digest.upper()}"',),
        (f'" {digest}"',),
        (f'"{digest}"x',),
        (f'"{digest}" ; q=1',),
        (f"{tag}, {tag}",),
        (f'{tag}, "{"0" * 64}"',),
        (tag, f'"{"0" * 64}"'),
        (f'"{"0" * 64}"', tag),
        (tag, "*"),
        (f"*, {tag}",),
        (f'"{digest[:-1]}"',),
        (f'"{digest}0"',),
        (f"sha256={digest}",),
        (f'"{digest.replace("a", "а")[:64]}"'.encode().decode("latin-1"),),  # noqa: RUF001
    ]
    answers = {one: await write(app, *one) for one in tries}

    assert {one: heard.status for one, heard in answers.items()} == dict.fromkeys(tries, 422)
    assert scene.world.store.fingerprint() == before
    assert not any(one.is_write for one in scene.points)
    assert (await write(app, tag)).status == 200


async def test_an_altered_digest_is_the_digest_of_nothing() -> None:
    scene = stuck()
    app = scene.app()
    digest = (await tag_of(app)).strip('"')

    flips = [
        digest[:at] + ("0" if digest[at] != "0" else "1") + digest[at + 1 :] for at in range(64)
    ]
    answers = [await write(app, f'"{one}"') for one in flips]

    assert {one.status for one in answers} == {412}
    assert not any(one.is_write for one in scene.points)


async def test_a_plan_of_another_key_verb_url_or_wish_approves_nothing() -> None:
    scene = stuck()
    scene.failed("o-2")
    app = scene.app()
    force, mild = {"serviceUrl": V1, "forceDrain": True}, {"serviceUrl": V1}
    asked_for: list[tuple[str, Mapping[str, object]]] = [
        (RECOVER, KEY),
        (RECOVER, OTHER_KEY),
        (REDEPLOY, mild),
        (REDEPLOY, {"serviceUrl": V1, "force": False}),
        (REDEPLOY, {"serviceUrl": V2}),
        (CLEANUP, mild),
        (CLEANUP, force),
    ]
    tags = [await tag_of(app, route, body) for route, body in asked_for]
    scene.points.clear()

    crossed = [
        (await write(app, tag, route=route, body=body)).status
        for own, tag in enumerate(tags)
        for other, (route, body) in enumerate(asked_for)
        if own != other
    ]

    assert len(set(tags)) == len(tags)
    assert crossed == [412] * (7 * 6)
    assert not any(one.is_write for one in scene.points)


async def test_a_plan_of_another_engine_approves_nothing() -> None:
    prod, staging = healthy(), healthy()
    addresses = ("http://localhost:9070", "http://localhost:9071")
    operators = {
        name: over(fake, settings={"admin_url": url})
        for name, fake, url in zip(("prod", "staging"), (prod, staging), addresses, strict=True)
    }
    app = operator_app(operators, default="prod", unsafe_allow_anonymous=True)
    base = "/api/v1/engines/staging"
    tag = await tag_of(app, REDEPLOY, {"serviceUrl": V1}, base)
    prod.requests.clear()

    answer = await write(app, tag, route=REDEPLOY, body={"serviceUrl": V1})

    assert (answer.status, answer.id) == (412, "stale_plan")
    sent = [
        json.loads(one.content)
        for one in prod.requests
        if one.url.path == "/deployments" and one.method == "POST"
    ]
    assert [one["dry_run"] for one in sent] == [True]


@pytest.mark.parametrize("route", [RECOVER, REDEPLOY, CLEANUP])
async def test_an_approval_ends_with_its_plan_and_does_not_come_back(route: str) -> None:
    scene = stuck()
    app, body = scene.app(), ACTING[route]
    tag = await tag_of(app, route, body)

    statuses = []
    for _ in range(4):
        scene.world.advance(timedelta(minutes=15))
        statuses.append((await write(app, tag, route=route, body=body)).status)

    assert statuses == [412] * 4
    assert not any(one.is_write for one in scene.points)


async def test_an_approval_is_not_for_what_became_of_the_key() -> None:
    scene = stuck()
    app = scene.app()
    tag = await tag_of(app)

    first, again = await write(app, tag), await write(app, tag)
    scene.world.advance(timedelta(seconds=1))
    scene.failed()
    later = await write(app, tag)

    assert [one.status for one in (first, again, later)] == [200, 412, 412]
    assert len(scene.world.store.runs) == 1


STEPS = [{"action": "purge", "target": "inv_1", "incarnation": None, "detail": ""}]


@pytest.mark.parametrize("route", list(ACTING))
@pytest.mark.parametrize(
    "more",
    [
        {"steps": STEPS},
        {"items": [{"target": "o-2", "steps": STEPS}]},
        {"plan": {"verb": "recover", "items": [{"target": "o-2", "steps": STEPS}]}},
        {"digest": "0" * 64},
        {"verb": "cleanup"},
        {"expiresAt": "2999-01-01T00:00:00Z"},
        {"invocationId": "inv_1"},
        {"policy": {"stuck": ["paused"]}},
        {"dryRun": False},
        {"alsoKeep": []},
        {"registerTimeout": 1},
    ],
    ids=lambda one: next(iter(one)),
)
async def test_a_body_is_no_source_of_steps(route: str, more: Mapping[str, object]) -> None:
    scene = stuck()

    answer = await asked(scene.app(), f"{SEEDS}/{route}", {**ACTING[route], **more})

    assert (answer.status, answer.id) == (422, "invalid_request")
    assert scene.points == []


async def test_a_plan_document_sent_back_is_no_body() -> None:
    scene = Scene()
    scene.failed()
    app = scene.app()
    plan = await asked(app, f"{SEEDS}/{RECOVER}/plan", KEY)

    whole = await asked(app, f"{SEEDS}/{RECOVER}", plan.body)
    mixed = await asked(app, f"{SEEDS}/{RECOVER}", {**json.loads(plan.body), **KEY})

    assert [whole.status, mixed.status] == [422, 422]
    assert not any(one.is_write for one in scene.points)
