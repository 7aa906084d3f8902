"""Tokens of an issuer: who has a good one is known, by what it says and nothing else."""

import pickle
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import httpx
import pytest
from typing_extensions import override

from tests.adapters.jwt_doors import ADA, ED, Door, Given, at_door, claims, holding, without
from tests.wire.issuers import AT, AUDIENCE, CLAIMS, ISSUER, NOW, by_hand, key_set, signer
from wfadmin.adapters.jwt_auth import Claims, JwksUrl, JwtAuthenticator, PemKey
from wfadmin.domain.errors import MissingDependency, UsageError
from wfadmin.ports.auth import Principal
from wfadmin.wire.jwks import VerifyingKey

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


# --- good ones -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "algorithm"),
    [
        (kind, one)
        for kind in ("rsa", "p256", "p384", "p521", "ed25519", "ed448")
        for one in signer(kind).algorithms
    ],
)
async def test_every_allowed_algorithm_lets_in(kind: str, algorithm: str) -> None:
    token = signer(kind).sign(algorithm=algorithm)
    for keys in (PemKey(signer(kind).pem), holding(signer(kind).jwk())):
        assert await Door(keys).lets_in(token) == ADA


@pytest.mark.parametrize(
    "more",
    [
        {"aud": ["other", AUDIENCE]},
        {"exp": NOW + 0.5},
        {"nbf": NOW, "iat": NOW},
        {"else": {"deep": [1, None]}},
    ],
)
async def test_what_else_a_token_says_may_be(more: dict[str, object]) -> None:
    door = at_door()

    assert await door.lets_in(ED.sign(claims(**more))) == ADA
    assert door.journal.told == []


@pytest.mark.parametrize("scheme", ["", "Basic ", "bearer", "Bearer\t", "JWT "])
async def test_after_another_scheme_no_token_is_looked_at(scheme: str) -> None:
    door = at_door()
    sent = {"authorization": f"{scheme}{ED.sign()}"}

    assert await door.authenticator.authenticate(sent) is None
    assert await door.authenticator.authenticate({}) is None
    assert door.journal.told == []


async def test_the_scheme_may_be_in_any_case() -> None:
    sent = {"authorization": f"bEARER {ED.sign()}", "x-api-key": "whatever"}

    assert await at_door().authenticator.authenticate(sent) == ADA


# --- what it says --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["exp", "iss", "aud", "sub"])
async def test_what_a_token_must_say_it_must_say(name: str) -> None:
    assert await at_door().reason(ED.sign(without(name))) == "claims"
    assert await at_door().reason(ED.sign(claims(**{name: None}))) == "claims"


@pytest.mark.parametrize(
    "more",
    [
        {"aud": "other"},
        {"aud": ["other"]},
        {"aud": []},
        {"aud": "wfadmin2"},
        {"aud": "wfadmi"},
        {"aud": {"wfadmin": 1}},
        {"aud": [7, AUDIENCE]},
        {"iss": "https://evil.example.com/"},
        {"iss": ISSUER[:-1]},
        {"iss": ISSUER + "x"},
        {"iss": ""},
        {"sub": 7},
        {"sub": ""},
        {"sub": "  "},
        {"sub": "a\nb"},
        {"sub": "\u202eada"},
        {"sub": "x" * 201},
        {"exp": str(NOW + 300)},
        {"exp": True},
        {"exp": [NOW + 300]},
        {"exp": float("nan")},
        {"exp": float("inf")},
        {"nbf": "now"},
        {"iat": {}},
        {"jti": 7},
    ],
)
async def test_what_does_not_fit_lets_nobody_in(more: dict[str, object]) -> None:
    assert await at_door().reason(ED.sign(claims(**more))) == "claims"


async def test_a_time_that_is_no_number_of_this_world_lets_nobody_in() -> None:
    assert await at_door().reason(ED.sign(claims(exp=10**400))) == "failed"
    assert await at_door().lets_in(ED.sign(claims(exp=10**15))) == ADA


@pytest.mark.parametrize(
    ("name", "last_good", "first_bad", "reason"),
    [
        ("exp", NOW - 29.999, NOW - 30, "expired"),
        ("nbf", NOW + 30, NOW + 30.001, "too_early"),
        ("iat", NOW + 30, NOW + 30.001, "too_early"),
    ],
)
async def test_times_count_to_the_moment_with_some_leeway(
    name: str, last_good: float, first_bad: float, reason: str
) -> None:
    door = at_door()

    assert await door.lets_in(ED.sign(claims(**{name: last_good}))) == ADA
    assert await door.reason(ED.sign(claims(**{name: first_bad}))) == reason


async def test_without_leeway_a_token_is_good_until_the_very_moment() -> None:
    door = at_door(leeway=timedelta(0))
    token = ED.sign(claims(exp=NOW + 60))
    told = []
    for seconds in (59.999, 60, 61):
        door.clock.time = AT + timedelta(seconds=seconds)
        told.append(await door.lets_in(token))

    assert told == [ADA, None, None]


async def test_without_a_clock_the_time_is_that_of_this_machine() -> None:
    now = datetime.now(UTC).timestamp()
    door = at_door(clock=None)

    assert await door.lets_in(ED.sign(claims(exp=now + 60))) == ADA
    assert await door.reason(ED.sign(claims(exp=now - 60))) == "expired"


# --- what its bearer may do ----------------------------------------------------------------------

GOOD = ED.sign()
READ, OPERATE = "system:read", "system:operate"


@pytest.mark.parametrize(
    ("told", "permissions"),
    [
        ({"permissions": [READ, OPERATE]}, {READ, OPERATE}),
        ({"permissions": f"{READ} {OPERATE}"}, {READ, OPERATE}),
        ({"scope": f"openid {OPERATE}"}, {OPERATE}),
        ({"permissions": [], "scope": OPERATE}, set()),
        ({"permissions": None, "scope": OPERATE}, set()),
        ({}, set()),
        ({"permissions": ["system:*", "*", "system", "SYSTEM:READ", f" {READ}"]}, set()),
        ({"permissions": [[READ], {READ: True}, 7, None]}, set()),
        ({"permissions": {READ: True}}, set()),
        ({"permissions": True}, set()),
        ({"permissions": f"{READ},{OPERATE}"}, set()),
        ({"permissions": f"{READ}\n{OPERATE}"}, set()),
    ],
)
async def test_permissions_are_exact_words_of_a_claim(
    told: dict[str, object], permissions: set[str]
) -> None:
    found = await at_door().lets_in(ED.sign(without("permissions") | told))

    assert found == Principal("ada", frozenset(permissions))


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("roles", {"roles": ["ops", "staff"]}),
        ("https://example.com/roles", {"https://example.com/roles": "ops staff"}),
        (("realm_access", "roles"), {"realm_access": {"roles": ["ops"]}}),
    ],
)
async def test_a_claim_of_another_name_can_give_permissions(
    path: Any,  # noqa: ANN401 - a name, or several
    told: dict[str, object],
) -> None:
    door = at_door(claims=Claims(path, {"ops": (READ, OPERATE), "audit": (READ,)}))

    assert await door.lets_in(ED.sign(claims(**told))) == Principal(
        "ada", frozenset({READ, OPERATE})
    )
    assert await door.lets_in(ED.sign()) == Principal("ada")


async def test_a_path_that_ends_early_gives_nothing() -> None:
    door = at_door(claims=Claims(("a", "b", "c")))
    for told in ({"a": {"b": READ}}, {"a": [READ]}, {"a": READ}, {}):
        assert await door.lets_in(ED.sign(claims(**told))) == Principal("ada")


# --- where its bearer may do it ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "told", "engines"),
    [
        ("engines", {"engines": ["prod", "staging"]}, {"prod", "staging"}),
        ("engines", {"engines": "prod  staging"}, {"prod", "staging"}),
        (("wfadmin", "engines"), {"wfadmin": {"engines": ["prod"]}}, {"prod"}),
        ("engines", {"engines": ["prod", ""]}, {"prod"}),
        ("engines", {"engines": "Prod*"}, {"Prod*"}),
        # Nothing that could be understood: nowhere, and not everywhere.
        ("engines", {}, set()),
        ("engines", {"engines": None}, set()),
        ("engines", {"engines": []}, set()),
        ("engines", {"engines": ""}, set()),
        ("engines", {"engines": {"prod": True}}, set()),
        ("engines", {"engines": True}, set()),
        ("engines", {"engines": ["prod", 7]}, set()),
        ("engines", {"engines": ["prod", ["staging"]]}, set()),
        ("engines", {"Engines": ["prod"]}, set()),
        (("wfadmin", "engines"), {"wfadmin": ["prod"]}, set()),
        (("wfadmin", "engines"), {"wfadmin": "prod", "engines": "prod"}, set()),
        ((), {"engines": ["prod"]}, set()),
    ],
)
async def test_a_claim_can_bind_to_engines(
    path: Any,  # noqa: ANN401 - a name, or several
    told: dict[str, object],
    engines: set[str],
) -> None:
    door = at_door(claims=Claims(engines=path))

    found = await door.lets_in(ED.sign(claims(**told)))

    assert found == attrs.evolve(ADA, engines=frozenset(engines))
    assert door.journal.told == []


async def test_without_a_path_no_claim_binds_to_engines() -> None:
    token = ED.sign(claims(engines=["prod"], wfadmin_engines=["prod"]))

    assert await at_door().lets_in(token) == ADA
    assert await at_door(claims=Claims("permissions")).lets_in(token) == ADA


# --- all of it -----------------------------------------------------------------------------------


@pytest.fixture
def issuer() -> dict[str, bytes]:
    """What an issuer serves, by path."""
    return {"/keys": key_set(signer("ed25519-1").jwk("k1"))}


@pytest.fixture
def company_door(issuer: dict[str, bytes]) -> Door:
    """A door for those whom the issuer knows, made before there is an event loop."""

    def served(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=issuer[request.url.path])

    time = iter(range(0, 10_000, 40))
    client = httpx.AsyncClient(transport=httpx.MockTransport(served))
    url = "https://login.example.com/keys"
    return Door(JwksUrl(url, client=client, monotonic=lambda: next(time)))


async def test_an_issuer_can_change_its_keys(issuer: dict[str, bytes], company_door: Door) -> None:
    first, second = signer("ed25519-1"), signer("ed25519-2")
    old, new = first.sign(header={"kid": "k1"}), second.sign(header={"kid": "k2"})
    before = (await company_door.lets_in(old), await company_door.lets_in(new))
    issuer["/keys"] = key_set(second.jwk("k2"))
    after = (await company_door.lets_in(new), await company_door.lets_in(old))

    assert (before, after) == ((ADA, None), (ADA, None))


# --- who is told what ----------------------------------------------------------------------------


async def test_a_problem_of_the_issuer_is_told_to_the_observer() -> None:
    door = Door(Given((), "No answer from https://login.example.com."))

    assert await door.reason(GOOD) == "key No answer from https://login.example.com."


async def test_a_source_of_keys_that_breaks_lets_nobody_in() -> None:
    class Broken(Given):
        @override
        async def keys_for(self, key_id: str | None) -> tuple[VerifyingKey, ...]:
            message = "hunter2"
            raise ZeroDivisionError(message)

    assert await Door(Broken(())).reason(GOOD) == "failed"


async def test_without_an_observer_nobody_is_told() -> None:
    door = JwtAuthenticator(PemKey(ED.pem), issuer=ISSUER, audience=AUDIENCE)

    assert await door.authenticate({"authorization": "Bearer x"}) is None


async def test_nothing_that_is_told_holds_a_part_of_the_token() -> None:
    door = at_door()
    tokens = [
        signer("ed25519-other").sign(),
        ED.sign(claims(aud="hunter2")),
        by_hand({"alg": "hunter2"}, CLAIMS, b"x"),
    ]
    for token in tokens:
        await door.lets_in(token)
    told = f"{door.journal.told!r}{door.authenticator!r}{door.authenticator}"

    assert len(door.journal.told) == 3
    assert not any(part in told for token in tokens for part in token.split("."))
    assert "hunter2" not in told


# --- how it is made ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"issuer": ""}, "issuer is not usable: it is empty or no text"),
        ({"issuer": None}, "issuer is not usable: it is empty or no text"),
        ({"audience": " "}, "audience is not usable: it is empty or no text"),
        ({"audience": ["wfadmin"]}, "audience is not usable: it is empty or no text"),
        ({"algorithms": []}, "algorithms is not usable: some of these are needed, and no others"),
        ({"algorithms": ["RS256", "HS256"]}, "algorithms is not usable: some of these are needed"),
        ({"algorithms": "none"}, "algorithms is not usable: some of these are needed"),
        (
            {"leeway": timedelta(seconds=-1)},
            "leeway is not usable: it is not from 0 to 300 seconds",
        ),
        ({"leeway": timedelta(minutes=6)}, "leeway is not usable: it is not from 0 to 300 seconds"),
    ],
)
async def test_a_rule_that_would_let_too_many_in_is_refused(
    options: dict[str, Any], told: str
) -> None:
    with pytest.raises(UsageError) as caught:
        at_door(**options)
    assert caught.value.message.startswith(told)
    assert pickle.loads(pickle.dumps(caught.value)).problem == caught.value.problem  # noqa: S301


async def test_one_algorithm_may_be_given_by_its_name() -> None:
    assert await at_door(algorithms="EdDSA").lets_in(GOOD) == ADA


async def test_without_the_extra_it_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keys = PemKey(ED.pem)
    monkeypatch.setitem(sys.modules, "jwt", None)
    with pytest.raises(MissingDependency, match=r"pip install 'wfadmin\[jwt\]'"):
        JwtAuthenticator(keys, issuer=ISSUER, audience=AUDIENCE)
    with pytest.raises(MissingDependency, match=r"pip install 'wfadmin\[jwt\]'"):
        JwksUrl("https://login.example.com/keys")
