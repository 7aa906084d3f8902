"""Who may do what: a caller with few rights tries to have more."""

from collections.abc import Mapping

import pytest

from tests.asgi.http import CALLERS, KEY, SEEDS, told
from tests.asgi.laws.attacks import (
    ACTING,
    RECOVER,
    WHOLE,
    asked,
    healthy,
    over,
    stuck,
    two_engines,
)

pytestmark = pytest.mark.asyncio

OLD = "/api/v2/admin/operator/restate"
NAMED = "/api/v1/engines/default"
# Each has opened a door somewhere.
PRETENDING: list[tuple[str, str]] = [
    ("x-http-method-override", "POST"),
    ("x-method-override", "PUT"),
    ("x-original-url", f"{SEEDS}/doctor"),
    ("x-rewrite-url", f"{SEEDS}/doctor"),
    ("x-forwarded-user", "ada"),
    ("x-remote-user", "ada"),
    ("x-actor", "ada"),
    ("x-permissions", "system:operate"),
    ("x-scope", "system:operate"),
    ("authorization", "Basic YWRhOg=="),
    ("cookie", "x-api-key=ada; permissions=system:operate"),
    ("prefer", "return=representation, permissions=system:operate"),
    ("forwarded", "for=127.0.0.1"),
    ("x-forwarded-for", "127.0.0.1"),
]


# --- reading is not acting -----------------------------------------------------------------------


@pytest.mark.parametrize("prefix", [SEEDS, OLD, NAMED])
@pytest.mark.parametrize(("route", "body"), ACTING.items())
async def test_a_read_key_makes_the_engine_neither_act_nor_fetch(
    route: str, body: Mapping[str, object], prefix: str
) -> None:
    scene = stuck()
    before, app = scene.world.store.fingerprint(), scene.app()

    plain = await asked(app, f"{prefix}/{route}", body, caller="rob")
    dressed = await asked(app, f"{prefix}/{route}", body, caller="rob", headers=PRETENDING)
    bound = [("if-match", f'"{"0" * 64}"')]
    planned = await asked(app, f"{prefix}/{route}", body, caller="rob", headers=bound)

    assert [one.status for one in (plain, dressed, planned)] == [403] * 3
    assert {one.id for one in (plain, dressed)} == {"operate_permission_missing"}
    assert (scene.points, scene.world.store.fingerprint()) == ([], before)
    assert {one.actor for one in scene.audit.records} == {"rob"}


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "post"])
async def test_another_method_is_no_way_round(method: str) -> None:
    scene = stuck()

    answers = [
        await asked(scene.app(), f"{SEEDS}/{route}", body, caller="rob", method=method)
        for route, body in ACTING.items()
    ]

    assert {one.status for one in answers} == {405}
    assert scene.points == []


async def test_two_proofs_are_not_added_up() -> None:
    scene = stuck()

    for sent in (
        [("x-api-key", "rob"), ("x-api-key", "ola")],
        [("x-api-key", "ola"), ("x-api-key", "rob")],
        [("x-api-key", "rob, ola")],
        [("X-Api-Key", "rob"), ("x-API-key", "ola")],
    ):
        answer = await asked(scene.app(), f"{SEEDS}/{RECOVER}", KEY, caller=None, headers=sent)
        assert answer.status == 401

    assert scene.points == []


# --- values and failures -------------------------------------------------------------------------

ASKING: list[tuple[str, Mapping[str, str], Mapping[str, object]]] = [
    ("", {}, {}),
    ("", WHOLE, {}),
    ("", {"prefer": "return=representation, show-state"}, {}),
    ("?showState=true&full=1", WHOLE, {}),
    ("", {**WHOLE, "accept": "text/plain", "range": "bytes=0-"}, {}),
    ("", {**WHOLE, "x-permissions": "system:operate"}, {}),
    ("", WHOLE, {"showState": True}),
    ("", WHOLE, {"permissions": ["system:operate"]}),
]


@pytest.mark.parametrize("route", ["doctor", "inspect"])
@pytest.mark.parametrize(("query", "headers", "more"), ASKING)
async def test_a_read_key_gets_no_value_and_no_second_line_of_a_failure(
    route: str, query: str, headers: Mapping[str, str], more: Mapping[str, object]
) -> None:
    scene = stuck()
    body = {**({} if route == "doctor" else KEY), **more}

    answer = await asked(
        scene.app(), f"{SEEDS}/{route}{query}", body, caller="rob", headers=headers.items()
    )

    assert answer.status == (422 if more else 200)
    assert all(word not in answer.body for word in (b"pay.py", b"4111", b'"value"', b'"pay"'))


@pytest.mark.parametrize("route", ["doctor", "inspect"])
async def test_what_is_masked_of_a_failure_is_masked_wherever_it_is_told(route: str) -> None:
    body = {} if route == "doctor" else KEY

    answer = await asked(
        stuck().app(), f"{SEEDS}/{route}", body, caller="rob", headers=WHOLE.items()
    )

    assert b"boom password=***" in answer.body
    assert b"hunter2" not in answer.body


@pytest.mark.parametrize("route", ["doctor", "inspect"])
async def test_an_answer_that_is_not_understood_is_not_quoted_to_a_read_key(route: str) -> None:
    fake = healthy()
    # A row that comes with a word of a new version: the run's failure stands before it.
    broken = b'{"rows":[{"completion_failure":"boom\\n at pay.py:7 card 4111","id":7}]}'
    fake.queries = [("", (200, broken))]
    app = stuck().app(operators=over(fake))
    body = {} if route == "doctor" else KEY

    answer = await asked(app, f"{SEEDS}/{route}", body, caller="rob", headers=WHOLE.items())

    assert b"unexpected answer" in answer.body
    assert b"4111" not in answer.body


async def test_an_operator_gets_what_a_reader_does_not() -> None:
    answer = await asked(stuck().app(), f"{SEEDS}/inspect", KEY, headers=WHOLE.items())
    assert all(word in answer.body for word in (b"4111", b'"value"', b'"pay"'))


# --- bound to one engine -------------------------------------------------------------------------

ELSEWHERE = [
    "/api/v1/engines/prod",
    SEEDS,
    OLD,
    "/api/v1/engines/Prod",
    "/api/v1/engines/PROD",
    "/api/v1/engines/Staging",
    "/api/v1/engines/p%72od",
    "/api/v1/engines/%70%72%6f%64",
    "/api/v1/engines/staging/../prod",
    "/api/v1/engines/staging%2f..%2fprod",
    "/api/v1/engines/staging/%2e%2e/prod",
    "/api/v1/engines/%2e%2e/engines/prod",
    "/api/v1/engines/prod%00",
    "/api/v1/engines/staging%00prod",
    "/api/v1/engines/staging,prod",
    "/api/v1/engines/staging;prod",
    "/api/v1/engines/staging%0a",
    "/api/v1/engines/staging%20",
    "/api/v1/engines/%EF%BD%90rod",
    "/api/v1/engines/st%D0%B0ging",
    "/api/v1/engines/*",
    "/api/v1/engines/default",
    "/api/v1/engines//prod",
    "//api/v1/engines/prod",
    "/api/v1/engines/prod/",
    "/API/V1/engines/prod",
    "/./api/v1/engines/prod",
    "http://host/api/v1/engines/prod",
]


@pytest.mark.parametrize("base", ELSEWHERE)
async def test_a_key_for_one_engine_reaches_no_other_by_any_spelling(base: str) -> None:
    prod, staging, app = two_engines()
    before = [one.world.store.fingerprint() for one in (prod, staging)]

    answers = [
        await asked(app, f"{base}/{route}", KEY, caller="bea") for route in (RECOVER, "inspect")
    ]
    slash = await asked(app, f"{base}/{RECOVER}/", KEY, caller="bea")

    assert {one.status for one in answers} <= {403, 404}
    assert slash.status == 404
    assert b"location" not in b"".join(one.whole for one in (*answers, slash))
    assert (prod.points, staging.points) == ([], [])
    assert [one.world.store.fingerprint() for one in (prod, staging)] == before


@pytest.mark.parametrize("base", ["/api/v1/engines/staging", "/api/v1/engines/stag%69ng"])
async def test_its_own_engine_does_what_the_key_may(base: str) -> None:
    prod, staging, app = two_engines()

    answer = await asked(app, f"{base}/{RECOVER}", KEY, caller="bea")

    assert (answer.status, prod.points) == (200, [])
    assert staging.world.store.runs == ()


async def test_who_is_bound_cannot_tell_an_engine_that_is_there_from_one_that_is_not() -> None:
    app = two_engines()[2]
    same = [("x-request-id", "r")]

    names = ("prod", "nowhere", "Prod", "Staging", "STAGING", "staging%20")
    answers = {
        await asked(app, f"/api/v1/engines/{name}/doctor", caller="bea", headers=same)
        for name in names
    }

    assert [(one.status, one.id) for one in answers] == [(403, "operate_permission_missing")]


# --- the actor -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["actor", "principal", "permissions", "caller", "user", "role", "engine", "engines", "Reason"],
)
@pytest.mark.parametrize("value", ["ada", ["system:operate"], {"name": "ada"}, True])
async def test_a_body_says_neither_who_acts_nor_what_they_may(name: str, value: object) -> None:
    scene = stuck()
    body = {**KEY, name: value}

    reader = await asked(scene.app(), f"{SEEDS}/{RECOVER}", body, caller="rob")
    operator = await asked(scene.app(), f"{SEEDS}/{RECOVER}", body, caller="ola")

    assert (reader.status, operator.status) == (403, 422)
    assert scene.points == []
    assert [one.actor for one in scene.audit.records] == ["rob", "ola"]


async def test_the_record_of_a_repair_bears_the_principal_through_all_that_is_sent() -> None:
    scene = stuck()
    body = {**KEY, "reason": '"actor": "root"\n{"actor": "root"}'}
    headers = [*PRETENDING, ("x-request-id", "actor")]

    answer = await asked(scene.app(), f"{SEEDS}/{RECOVER}", body, caller="ola", headers=headers)

    assert answer.status == 200
    assert [told(one) for one in scene.audit.records] == [
        {"actor": "ola", "verb": "recover", "outcome": None},
        {"actor": "ola", "verb": "recover", "outcome": "confirmed"},
    ]


async def test_no_caller_is_two_at_once() -> None:
    scene = stuck()

    for name in CALLERS:
        if name != "bea":
            await asked(scene.app(), f"{SEEDS}/doctor", caller=name)

    assert [one.actor for one in scene.audit.records] == ["ada", "rob", "ola", "eve"]


# --- strangers -----------------------------------------------------------------------------------


async def test_a_stranger_learns_nothing_of_what_is_served() -> None:
    prod, staging, app = two_engines()
    prod.failed("tenant-8841")
    targets = ["/", "/healthz", "/docs", "/metrics", "/openapi.json", f"{SEEDS}/openapi.json"]
    targets += [f"{SEEDS}/{route}" for route in ("doctor", RECOVER, "nope")]
    targets += [f"/api/v1/engines/{name}/doctor" for name in ("prod", "nope", "..")]

    answers = [
        await asked(app, target, KEY, caller=None, method=method)
        for target in targets
        for method in ("GET", "POST", "HEAD", "OPTIONS")
    ]

    assert {one.status for one in answers} <= {200, 401, 404, 405, 429}
    same = [("x-request-id", "r")]
    elsewhere = [
        await asked(app, f"/api/v1/engines/{name}/doctor", caller=None, headers=same, peer="::1")
        for name in ("prod", "staging", "nowhere")
    ]
    assert (len(set(elsewhere)), elsewhere[0].status) == (1, 401)
    all_of_it = b"".join(one.whole for one in answers)
    known = (
        b'"prod"',
        b"staging",
        b'"bea"',
        b"tenant-8841",
        b"orders-v1",
        b"hunter2",
        b"/engines/prod",
    )
    assert [word for word in known if word in all_of_it] == []
    assert (prod.points, staging.points) == ([], [])
