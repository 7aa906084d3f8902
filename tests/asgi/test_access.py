"""Who gets in, what they may do, and what of it is on record."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import attrs
import httpx
import pytest

from tests.asgi.http import (
    ADA,
    KEY,
    OPERATE,
    V1,
    Names,
    Scene,
    client_of,
    error_of,
    post,
    told,
)
from wfadmin.adapters.api_keys import ApiKeys
from wfadmin.adapters.key_store import KeyStore
from wfadmin.asgi import Limits, operator_app
from wfadmin.asgi.routes import ACTIONS, check_permission
from wfadmin.domain.inspection import Inspection
from wfadmin.domain.keys import WorkflowKey
from wfadmin.errors import NotPermitted
from wfadmin.operations.local import LocalOperator
from wfadmin.ports import Principal
from wfadmin.ports.auth import Authenticator

READERS = ("doctor", "inspect")
BODIES = {
    "doctor": {},
    "inspect": KEY,
    "force-redeploy": {"serviceUrl": V1},
    "cleanup-stale-deployments": {"serviceUrl": V1},
    "recover-stuck-workflow": KEY,
}
PERMISSIONS = [
    (action.path, caller, caller in ("ada", "ola") or action.path in READERS)
    for action in ACTIONS
    for caller in ("ada", "ola", "rob", "eve")
    if not (caller == "eve" and action.path in READERS)
]


def scene_of(*, deployment: bool = True) -> Scene:
    scene = Scene()
    if deployment:
        scene.world.deployment(V1, serves=("Order",))
    scene.failed()
    return scene


# --- permissions ---------------------------------------------------------------------------------


def test_there_are_two_routes_to_look_and_six_to_act() -> None:
    assert [one.path for one in ACTIONS] == [
        "doctor",
        "inspect",
        "force-redeploy",
        "force-redeploy/plan",
        "cleanup-stale-deployments",
        "cleanup-stale-deployments/plan",
        "recover-stuck-workflow",
        "recover-stuck-workflow/plan",
    ]


@pytest.mark.asyncio
@pytest.mark.parametrize(("route", "caller", "may"), PERMISSIONS)
async def test_looking_needs_one_permission_and_acting_the_other(
    route: str,
    caller: str,
    may: bool,  # noqa: FBT001 - a column
) -> None:
    scene = scene_of()

    answer = await post(scene.app(), route, BODIES[route.removesuffix("/plan")], caller=caller)

    assert answer.status_code == (200 if may else 403)
    if not may:
        assert error_of(answer)["id"] == "operate_permission_missing"
        assert (error_of(answer)["category"], scene.points) == ("permission", [])
        (record,) = scene.audit.records
        assert (record.actor, record.outcome) == (caller, "operate_permission_missing")
        named = {"service_key", "service_url"} & dict(record.arguments).keys()
        assert len(named) == 1


@pytest.mark.parametrize("action", ACTIONS, ids=lambda one: one.path)
def test_a_permission_is_exact(action: object) -> None:
    for permission in ("system", "system:operate ", "system:*", "SYSTEM:OPERATE", "operate"):
        with pytest.raises(NotPermitted):
            check_permission(Principal("eve", frozenset({permission})), action)  # type: ignore[arg-type]


@pytest.mark.asyncio
async def test_who_may_not_is_told_so_before_what_is_wrong_with_the_body() -> None:
    scene = scene_of()

    answer = await post(scene.app(), "force-redeploy", {"nonsense": 1}, caller="rob")

    assert answer.status_code == 403


@pytest.mark.asyncio
async def test_a_reader_sees_no_values_and_only_the_first_line_of_a_failure() -> None:
    scene = Scene()
    scene.failed(failure="\nboom token=hunter2\n  at pay.py:7")
    wish = {"prefer": "return=representation"}

    async def looked(caller: str, route: str, body: object) -> httpx.Response:
        return await post(scene.app(), route, body, caller=caller, headers=wish)

    reader, operator = await looked("rob", "inspect", KEY), await looked("ada", "inspect", KEY)
    plain = (await post(scene.app(), "inspect", KEY)).json()
    failure = (await looked("rob", "doctor", {})).json()["invocations"]["recentFailures"][0]

    entry = {"name": "step", "size": 3}
    assert reader.json()["state"] == {"entries": [entry]}
    assert plain["state"] == {"entries": [entry]}
    value = {"value": "pay", "encoding": "utf-8"}
    assert operator.json()["state"] == {"entries": [entry | value]}
    assert failure["errorMessage"] == "boom token=***"
    for part in ("runs", "failures"):
        assert reader.json()[part][0]["errorMessage"] == "boom token=***"
        assert "pay.py:7" in operator.json()[part][0]["errorMessage"]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("caller", "wish", "asked"),
    [
        ("rob", {"prefer": "return=representation"}, False),
        ("ada", {}, False),
        ("ada", {"prefer": "return=representation"}, True),
    ],
)
async def test_values_that_are_not_told_are_not_even_read(
    caller: str,
    wish: dict[str, str],
    asked: bool,  # noqa: FBT001 - a column
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scene, seen = Scene(), list[bool]()
    scene.failed()
    inspect = LocalOperator.inspect

    async def noted(self: LocalOperator, key: WorkflowKey, *, show_state: bool) -> Inspection:
        seen.append(show_state)
        return await inspect(self, key, show_state=show_state)

    monkeypatch.setattr(LocalOperator, "inspect", noted)
    await post(scene.app(), "inspect", KEY, caller=caller, headers=wish)

    assert seen == [asked]


@pytest.mark.asyncio
async def test_a_run_that_did_not_fail_has_no_failure_to_leave_out() -> None:
    scene = Scene()
    scene.world.workflow("Order").key("o-1").running()

    body = (await post(scene.app(), "inspect", KEY, caller="rob")).json()

    assert [one["errorMessage"] for one in body["runs"]] == [None]


# --- authentication ------------------------------------------------------------------------------


@pytest.mark.asyncio
@pytest.mark.parametrize("caller", [None, "", "nobody", "ada "])
async def test_who_proves_nothing_gets_nothing(caller: str | None) -> None:
    scene = scene_of()

    answer = await post(scene.app(), "doctor", caller=caller)

    error = error_of(answer)
    assert (answer.status_code, error["id"], error["category"]) == (
        401,
        "not_authenticated",
        "auth",
    )
    assert answer.headers["www-authenticate"] == "Bearer"
    assert scene.points == []
    assert all(known not in answer.text for known in ("ada", "rob"))
    (record,) = scene.audit.records
    assert told(record) == {"actor": "nobody", "verb": "doctor", "outcome": "not_authenticated"}
    assert dict(record.arguments)["peer"] == "192.0.2.1"


@pytest.mark.asyncio
async def test_a_body_is_not_read_for_a_stranger() -> None:
    answer = await post(Scene().app(), "doctor", {"nonsense": 1}, caller=None)
    assert answer.status_code == 401


@pytest.mark.asyncio
async def test_two_different_proofs_prove_nobody() -> None:
    async with client_of(Scene().app(), caller=None) as client:
        twice = [("x-api-key", "ada"), ("x-api-key", "rob")]
        answer = await client.post("doctor", json={}, headers=twice)
        same = [("x-api-key", "ada"), ("x-api-key", "ada")]
        proved = await client.post("doctor", json={}, headers=same)

    assert [answer.status_code, proved.status_code] == [401, 200]


@pytest.mark.asyncio
async def test_the_actor_is_the_principal_whatever_is_sent() -> None:
    scene = scene_of()
    headers = {"x-forwarded-user": "root", "x-actor": "root"}

    await post(scene.app(), "recover-stuck-workflow", KEY, headers=headers)

    assert [told(one) for one in scene.audit.records] == [
        {"actor": "ada", "verb": "recover", "outcome": None},
        {"actor": "ada", "verb": "recover", "outcome": "confirmed"},
    ]


@attrs.frozen
class Answering(Authenticator):
    """Answers whatever it is told to."""

    answer: object

    async def authenticate(self, _headers: Mapping[str, str]) -> Principal | None:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer  # type: ignore[return-value]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "answer",
    [
        "ada",
        True,
        Principal("ada", "system:operate"),  # type: ignore[arg-type]
        Principal(None, frozenset({OPERATE})),  # type: ignore[arg-type]
        Principal("ada", frozenset({OPERATE}), "default"),  # type: ignore[arg-type]
    ],
)
async def test_what_is_no_sound_principal_is_nobody(answer: object) -> None:
    scene = Scene()

    refused = await post(scene.app(authenticator=Answering(answer)), "doctor")

    assert (refused.status_code, scene.points) == (401, [])


@pytest.mark.asyncio
async def test_an_authenticator_that_raises_is_503_and_its_text_is_not_told() -> None:
    scene = Scene()
    broken = Answering(ValueError("/etc/keys.json is open to others"))

    answer = await post(scene.app(authenticator=broken), "doctor")

    assert (answer.status_code, error_of(answer)["id"]) == (503, "authentication_unavailable")
    assert "keys.json" not in answer.text
    assert (answer.headers["retry-after"], scene.points) == ("5", [])
    assert scene.events.named("http.authentication_failed") == [{"error": "ValueError"}]
    (record,) = scene.audit.records
    assert told(record)["outcome"] == "authentication_unavailable"
    assert "keys.json" not in str(record)


@pytest.mark.asyncio
async def test_a_file_of_keys_lets_in_whom_it_knows_and_nobody_once_it_is_spoiled(
    tmp_path: Path,
) -> None:
    path, scene = tmp_path / "keys.json", Scene()
    made = await KeyStore(path).make("ci", permissions=["system:read"], engines=["default"])
    app = scene.app(authenticator=ApiKeys(path))

    by_key = await post(app, "doctor", caller=made.key)
    headers = {"authorization": f"Bearer {made.key}"}
    by_token = await post(app, "doctor", caller=None, headers=headers)
    path.write_text("{")
    spoiled = await post(app, "doctor", caller=made.key)

    assert [by_key.status_code, by_token.status_code, spoiled.status_code] == [200, 200, 503]
    assert {one.actor for one in scene.audit.records} == {"ci", "nobody"}
    assert made.key not in str(scene.audit.records)


# --- too many failures ---------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_an_address_that_fails_too_often_has_to_wait() -> None:
    scene = Scene()
    app = scene.app(limits=Limits(failures=3, failures_per=timedelta(seconds=30)))

    failed = [(await post(app, "doctor", caller="guess")).status_code for _ in range(4)]
    right = await post(app, "doctor", caller="ada")
    elsewhere = await post(app, "doctor", caller="ada", peer="192.0.2.2")
    scene.world.advance(timedelta(seconds=11))
    later = await post(app, "doctor", caller="ada")

    assert failed == [401, 401, 401, 429]
    assert (right.status_code, error_of(right)["id"]) == (429, "too_many_failures")
    assert (right.headers["retry-after"], error_of(right)["retryable"]) == ("10", True)
    assert [elsewhere.status_code, later.status_code] == [200, 200]


@pytest.mark.asyncio
async def test_who_gets_in_uses_nothing_up() -> None:
    app = Scene().app(limits=Limits(failures=2))

    answers = [(await post(app, "doctor")).status_code for _ in range(10)]

    assert answers == [200] * 10


@pytest.mark.asyncio
async def test_a_forwarded_address_counts_only_from_a_proxy_that_is_trusted() -> None:
    app = Scene().app(limits=Limits(failures=1), trusted_proxies=["10.0.0.1"])

    async def ask(peer: str, forwarded: str) -> int:
        headers = {"x-forwarded-for": forwarded}
        return (await post(app, "doctor", caller="no", peer=peer, headers=headers)).status_code

    assert [await ask("192.0.2.1", f"198.51.100.{n}") for n in range(2)] == [401, 429]
    assert [await ask("10.0.0.1", f"198.51.100.{n}") for n in range(2)] == [401, 401]
    assert await ask("10.0.0.1", "198.51.100.9, 198.51.100.1") == 429


@pytest.mark.asyncio
async def test_a_flood_of_strangers_cannot_fill_the_record() -> None:
    scene = Scene()
    app = scene.app()

    for number in range(300):
        await post(app, "doctor", caller=None, peer=f"198.51.{number // 200}.{number % 200}")
    scene.world.advance(timedelta(minutes=1))
    for _ in range(3):
        await post(app, "doctor")

    strangers = [one for one in scene.audit.records if one.actor == "nobody"]
    attempts = [int(dict(one.arguments)["attempts"]) for one in strangers]
    assert attempts == [1, 1, 1, 1, 1, 295]


@pytest.mark.asyncio
async def test_nonsense_of_somebody_known_is_counted_too() -> None:
    scene = Scene()
    app = scene.app()

    for _ in range(100):
        await post(app, "doctor", {"nonsense": 1})
    scene.world.advance(timedelta(minutes=1))
    await post(app, "doctor")

    nonsense = [one for one in scene.audit.records if one.outcome == "invalid_request"]
    attempts = [int(dict(one.arguments)["attempts"]) for one in nonsense]
    assert (len(attempts), sum(attempts), attempts[-1]) == (61, 100, 40)


@pytest.mark.asyncio
async def test_an_authenticator_that_hangs_ends_in_503(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wfadmin.asgi.door._PATIENCE", 0.01)

    class Hanging(Names):
        async def authenticate(self, _headers: Mapping[str, str]) -> Principal | None:
            await asyncio.sleep(60)
            return ADA

    answer = await post(Scene().app(authenticator=Hanging()), "doctor")

    assert answer.status_code == 503


class Slow(Names):
    """Takes its time, and every guess but one is wrong."""

    async def authenticate(self, headers: Mapping[str, str]) -> Principal | None:
        await asyncio.sleep(0.02 if headers["x-api-key"] == "ada" else 0)
        return await super().authenticate(headers)


@pytest.mark.asyncio
async def test_guesses_at_the_same_time_are_no_more_than_guesses_one_by_one() -> None:
    app = Scene().app(authenticator=Slow(), limits=Limits(failures=3))

    right, *wrong = await asyncio.gather(
        post(app, "doctor", caller="ada"),
        *(post(app, "doctor", caller=f"guess-{number}") for number in range(20)),
    )

    assert [one.status_code for one in wrong].count(401) == 3
    assert right.status_code == 429


# --- engines -------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_a_key_for_one_engine_opens_no_other_and_does_not_learn_which_there_are() -> None:
    scene, other = Scene(), Scene()
    operators = {"prod": scene.operator, "staging": other.operator}
    app = operator_app(operators, default="prod", authenticator=Names())

    async def ask(name: str, caller: str) -> httpx.Response:
        return await post(app, "doctor", caller=caller, base=f"/api/v1/engines/{name}")

    own, others, none = [await ask(name, "bea") for name in ("staging", "prod", "nowhere")]
    by_default = await post(app, "doctor", caller="bea")
    missing, odd = await ask("nowhere", "ada"), await ask("a%20b", "ada")

    assert (own.status_code, len(other.audit.records)) == (200, 1)
    assert [one.status_code for one in (others, none, by_default)] == [403, 403, 403]
    assert error_of(others) == error_of(none)
    assert (missing.status_code, error_of(missing)["id"]) == (404, "engine_not_found")
    assert odd.status_code == 404
    assert scene.points == []
    assert {one.outcome for one in scene.audit.records} == {
        "operate_permission_missing",
        "engine_not_found",
    }


# --- what may be registered ----------------------------------------------------------------------


@pytest.mark.asyncio
@pytest.mark.parametrize("route", ["force-redeploy", "force-redeploy/plan"])
async def test_only_an_allowed_url_may_be_registered(route: str) -> None:
    scene = scene_of()
    app = scene.app(allowed_service_urls=[f"{V1}/"])

    for url in ("http://evil:9080", f"{V1}/other", f"{V1}?x=1", f"{V1}@evil", "http://orders-v1"):
        refused = await post(app, route, {"serviceUrl": url})
        assert (refused.status_code, error_of(refused)["id"]) == (403, "service_url_not_allowed")
    assert scene.points == []
    assert {one.outcome for one in scene.audit.records} == {"service_url_not_allowed"}

    allowed = await post(app, route, {"serviceUrl": V1.upper().replace("HTTP", "http")})
    assert allowed.status_code == 200
