"""Of keys that others tell, those are taken that can verify, each for what it is for."""

import sys
from typing import Any

import pytest

from tests.wire.issuers import signer
from wfadmin.domain.errors import InvalidConfig, MissingDependency
from wfadmin.wire.jwks import ALGORITHMS, VerifyingKey, key_of_pem, keys_of_set, load_jwt

FITTING = {
    "rsa": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "p256": ("ES256",),
    "p384": ("ES384",),
    "p521": ("ES512",),
    "ed25519": ("EdDSA",),
    "ed448": ("EdDSA",),
}


def only(told: dict[str, Any]) -> VerifyingKey | None:
    """What becomes of a set with this one key."""
    keys = keys_of_set({"keys": [told]})
    assert keys is not None
    return keys[0] if keys else None


def test_all_algorithms_are_asymmetric() -> None:
    assert {one[:2] for one in ALGORITHMS} == {"RS", "PS", "ES", "Ed"}


@pytest.mark.parametrize(("kind", "algorithms"), FITTING.items())
def test_a_key_of_a_set_fits_its_own_kind(kind: str, algorithms: tuple[str, ...]) -> None:
    found = only(signer(kind).jwk("k1"))

    assert found is not None
    assert (found.key_id, found.algorithms, found.is_only) == ("k1", algorithms, False)


@pytest.mark.parametrize(("kind", "algorithms"), FITTING.items())
def test_a_key_of_a_pem_fits_its_own_kind(kind: str, algorithms: tuple[str, ...]) -> None:
    found = key_of_pem(signer(kind).pem)

    assert (found.key_id, found.algorithms, found.is_only) == (None, algorithms, True)


def test_a_key_that_says_what_it_is_for_is_for_nothing_else() -> None:
    found = only(signer("rsa").jwk("k1", alg="PS384"))

    assert found is not None
    assert found.algorithms == ("PS384",)


@pytest.mark.parametrize(
    "more",
    [
        {"use": "sig"},
        {"key_ops": ["verify"]},
        {"key_ops": ["sign", "verify"], "use": "sig"},
        {"x5c": ["MII"], "x-else": 1},
    ],
)
def test_what_else_a_key_says_may_be(more: dict[str, object]) -> None:
    assert only(signer("p256").jwk("k1", **more)) is not None


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("p256", {"use": "enc"}),
        ("p256", {"key_ops": ["encrypt"]}),
        ("p256", {"key_ops": "verify"}),
        ("p256", {"alg": "ES384"}),
        ("p256", {"alg": "HS256"}),
        ("p256", {"alg": "none"}),
        ("p256", {"alg": 7}),
        ("p256", {"kid": 7}),
        ("p256", {"kid": "k" * 501}),
        ("p256", {"kty": "oct", "k": "c2VjcmV0"}),
        ("p256", {"kty": ["EC"]}),
        ("p256", {"crv": {}}),
        ("p256", {"crv": "P-384"}),
        ("p256", {"x": "AA"}),
        ("p256", {"x": None}),
        ("p256", {"d": "AA"}),
        ("rsa", {"alg": "RSA-OAEP"}),
        ("rsa", {"n": "AQAB"}),
        ("koblitz", {}),
        ("short", {}),
    ],
)
def test_a_key_that_is_of_no_use_is_left_out(kind: str, more: dict[str, object]) -> None:
    told = signer(kind).jwk("k1") | more
    good = signer("ed25519").jwk("k2")
    keys = keys_of_set({"keys": [told, None, "key", good]})

    assert keys is not None
    assert [one.key_id for one in keys] == ["k2"]


@pytest.mark.parametrize("kind", ["rsa", "p256", "ed25519"])
def test_a_private_key_in_a_set_is_betrayed_and_left_out(kind: str) -> None:
    assert keys_of_set({"keys": [signer(kind).private_jwk()]}) == ()


def test_a_shared_secret_is_never_a_key() -> None:
    assert keys_of_set({"keys": [{"kty": "oct", "k": "c2VjcmV0", "alg": "HS256"}]}) == ()


@pytest.mark.parametrize(
    "document", [None, [], "keys", {}, {"keys": None}, {"keys": {}}, {"keys": [{}] * 101}]
)
def test_what_is_no_set_is_told_from_one_without_keys(document: object) -> None:
    assert keys_of_set(document) is None
    assert keys_of_set({"keys": []}) == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it is no public key in the form of PEM"),
        ("hunter2", "it is no public key in the form of PEM"),
        ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "it is no public key"),
        ("\ud800", "it is no public key in the form of PEM"),
        (signer("ed25519").private_pem, "it is a private key, which only the issuer may have"),
        (signer("short").pem, "it is of a kind or a length that is not used here"),
        (signer("x25519").pem, "it is of a kind or a length that is not used here"),
        (signer("koblitz").pem, "it is of a kind or a length that is not used here"),
    ],
)
def test_a_pem_that_cannot_be_used_is_refused_and_not_repeated(text: str, problem: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        key_of_pem(text)

    assert caught.value.problem.startswith(problem)
    assert not any(line in str(caught.value) for line in text.splitlines() if line.isascii())


def test_a_key_fits_a_token_by_name_and_algorithm() -> None:
    named = VerifyingKey("k1", ("ES256",), None)
    nameless = VerifyingKey(None, ("ES256",), None)
    only_one = VerifyingKey(None, ("ES256",), None, is_only=True)
    asked = [("k1", "ES256"), ("k2", "ES256"), (None, "ES256"), ("k1", "ES384")]

    assert [named.fits(*one) for one in asked] == [True, False, True, False]
    assert [nameless.fits(*one) for one in asked] == [False, False, True, False]
    assert [only_one.fits(*one) for one in asked] == [True, True, True, False]


@pytest.mark.parametrize("module", ["jwt", "cryptography"])
def test_without_the_extra_it_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingDependency) as caught:
        load_jwt()

    assert caught.value.fix == "Install it with: pip install 'wfadmin[jwt]'"
    assert f"{module} is not installed" in caught.value.message
