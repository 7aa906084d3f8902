"""Tokens that were forged, changed or mangled let nobody in."""

import base64
import json

import pytest

from tests.adapters.jwt_doors import ADA, ED, RSA, Door, at_door, claims, holding
from tests.wire.issuers import CLAIMS, NOW, Signer, by_hand, signer

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


# --- forged ones ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE", "", None, 7, ["EdDSA"], {}])
async def test_a_token_without_a_signature_is_none(name: object) -> None:
    for header in ({"alg": name, "typ": "JWT"}, {"typ": "JWT"}):
        assert await at_door().reason(by_hand(header, CLAIMS, b"x")) in ("algorithm", "failed")
        assert await at_door().reason(by_hand(header, CLAIMS)) == "form"


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
@pytest.mark.parametrize("one", [RSA, ED, signer("p256")])
async def test_the_public_key_is_no_shared_secret(one: Signer, algorithm: str) -> None:
    for secret in (one.pem, one.pem.strip(), json.dumps(one.jwk())):
        token = by_hand({"alg": algorithm, "typ": "JWT"}, CLAIMS, secret.encode())
        assert await at_door(one).reason(token) == "algorithm"
        assert await Door(holding(one.jwk())).reason(token) == "algorithm"


async def test_a_shared_secret_in_a_key_set_lets_nobody_in() -> None:
    secret = {"kty": "oct", "k": "c2VjcmV0", "kid": "k1"}
    for algorithm in ("HS256", "RS256", "EdDSA"):
        token = by_hand({"alg": algorithm, "kid": "k1"}, CLAIMS, b"secret")
        assert await Door(holding(secret)).lets_in(token) is None


async def test_the_key_of_somebody_else_lets_nobody_in() -> None:
    assert await at_door().reason(signer("ed25519-other").sign()) == "signature"
    assert await at_door(RSA).reason(signer("rsa-other").sign()) == "signature"


async def test_a_key_is_for_the_algorithms_of_its_kind_only() -> None:
    assert await at_door(RSA).reason(ED.sign()) == "key"
    assert await at_door(ED).reason(RSA.sign()) == "key"
    pss = holding(RSA.jwk(alg="PS256"))
    assert await Door(pss).reason(RSA.sign(algorithm="RS256")) == "key"
    assert await Door(pss).lets_in(RSA.sign(algorithm="PS256")) == ADA


async def test_of_the_algorithms_only_those_that_are_allowed_count() -> None:
    door = at_door(RSA, algorithms=["PS256", "ES256"])

    assert await door.reason(RSA.sign(algorithm="RS256")) == "algorithm"
    assert await door.lets_in(RSA.sign(algorithm="PS256")) == ADA


async def test_a_key_id_names_the_one_key_that_counts() -> None:
    first, second = signer("ed25519-1"), signer("ed25519-2")
    door = Door(holding(first.jwk("k1"), second.jwk("k2")))

    assert await door.lets_in(first.sign(header={"kid": "k1"})) == ADA
    assert await door.lets_in(second.sign(header={"kid": "k2"})) == ADA
    # Signed by the one, and said to be of the other.
    assert await door.reason(first.sign(header={"kid": "k2"})) == "signature"
    assert await door.reason(first.sign(header={"kid": "k3"})) == "key"
    # Which of the two is meant is not said.
    assert await door.reason(first.sign()) == "key"


async def test_two_keys_with_one_name_are_of_no_use_unless_their_kinds_differ() -> None:
    first, second = signer("ed25519-1"), signer("ed25519-2")
    token = first.sign(header={"kid": "k1"})

    assert await Door(holding(first.jwk("k1"), second.jwk("k1"))).reason(token) == "key"
    assert await Door(holding(first.jwk("k1"), RSA.jwk("k1"))).lets_in(token) == ADA


async def test_a_key_without_a_name_is_not_that_of_a_token_that_names_one() -> None:
    assert await Door(holding(ED.jwk())).reason(ED.sign(header={"kid": "k1"})) == "key"
    assert await Door(holding(ED.jwk())).lets_in(ED.sign()) == ADA


@pytest.mark.parametrize("key_id", [7, None, ["k1"], {"k": 1}, True])
async def test_a_key_id_that_is_no_text_lets_nobody_in(key_id: object) -> None:
    token = by_hand({"alg": "EdDSA", "kid": key_id}, CLAIMS, b"x")

    assert await Door(holding(ED.jwk("k1"))).reason(token) == "form"


async def test_keys_that_a_token_brings_along_are_not_looked_at() -> None:
    evil = signer("ed25519-evil")
    for header in (
        {"jwk": evil.jwk("k1")},
        {"jku": "http://127.0.0.1:1/keys"},
        {"x5u": "http://127.0.0.1:1/x"},
        {"kid": "../../../dev/null"},
        {"kid": "k1' OR 1=1"},
    ):
        assert await at_door().reason(evil.sign(header=header)) == "signature"


@pytest.mark.parametrize(
    "header",
    [{"crit": ["exp"], "exp": 1}, {"crit": []}, {"crit": "b64"}, {"b64": False, "crit": ["b64"]}],
)
async def test_extensions_that_are_not_known_let_nobody_in(header: dict[str, object]) -> None:
    token = by_hand({"alg": "EdDSA", **header}, CLAIMS, b"x")

    assert await at_door().lets_in(token) is None


def changed(token: str, part: int, **more: object) -> str:
    """A good token with another header or other claims, and its old signature."""
    parts = token.split(".")
    told = json.loads(base64.urlsafe_b64decode(parts[part] + "=="))
    told.update(more)
    parts[part] = base64.urlsafe_b64encode(json.dumps(told).encode()).rstrip(b"=").decode()
    return ".".join(parts)


async def test_what_was_signed_cannot_be_changed() -> None:
    token = ED.sign()

    assert await at_door().reason(changed(token, 1, sub="root")) == "signature"
    assert await at_door().reason(changed(token, 1, exp=NOW + 10**9)) == "signature"
    assert await at_door().reason(changed(token, 0, typ="at+jwt")) == "signature"
    assert await at_door().reason(changed(token, 0, alg="HS256")) == "algorithm"
    assert await at_door().reason(changed(token, 0, alg="RS256")) == "key"


# --- what is no token ----------------------------------------------------------------------------

GOOD = ED.sign()


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "a.b.c",
        "wfa_0123456789ab_" + "0" * 64,
        GOOD + "=",
        GOOD + "==",
        GOOD + "A",
        GOOD[:-1],
        GOOD + ".x",
        GOOD.replace(".", ".."),
        GOOD + "\n",
        f" {GOOD}",
        f"{GOOD}, {GOOD}",
        GOOD + "\x00",
        GOOD + "\xe9",
        "鍵.鍵.鍵",
        "\ud800.a.b",
        GOOD + "A" * 1_000_000,
        "A" * 16_384 + GOOD,
        GOOD.replace(".", "." + "A" * 20_000),
    ],
)
async def test_what_is_no_token_lets_nobody_in(token: str) -> None:
    assert await at_door().reason(token) in ("form", "signature")


async def test_a_token_that_is_too_long_is_not_looked_into() -> None:
    long = ED.sign(claims(filler="x" * 12_300))
    assert len(long) > 16_384
    assert await at_door().reason(long) == "form"
    assert await at_door().lets_in(ED.sign(claims(filler="x" * 11_000))) == ADA
