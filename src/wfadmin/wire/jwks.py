"""
Keys that verify signatures: out of a PEM text, or out of a JSON Web Key Set.

Laws:

- A key fits the algorithms of its own kind and no others: no public key is ever a shared secret,
  and none verifies what its issuer says it is not for.
- Of a set, keys that are of no use here are left out, and the others count (RFC 7517, section 5).
"""

from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Any, Final

import attrs

from wfadmin.domain.errors import InvalidConfig, MissingDependency

__all__ = ["ALGORITHMS", "VerifyingKey", "key_of_pem", "keys_of_set", "load_jwt"]

_RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
_EDWARDS = ("EdDSA",)

#: Every algorithm that can be allowed. All of them are asymmetric.
ALGORITHMS: Final = (*_RSA, "ES256", "ES384", "ES512", *_EDWARDS)

# By type and curve, as RFC 7518 and RFC 8037 name them.
_FITTING: Mapping[tuple[object, object], tuple[str, ...]] = {
    ("RSA", None): _RSA,
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("EC", "P-521"): ("ES512",),
    ("OKP", "Ed25519"): _EDWARDS,
    ("OKP", "Ed448"): _EDWARDS,
}
_ASYMMETRIC = "cryptography.hazmat.primitives.asymmetric."
_CLASSES = (
    ("rsa", "RSAPublicKey", "RSA", None),
    ("ec", "EllipticCurvePublicKey", "EC", None),
    ("ed25519", "Ed25519PublicKey", "OKP", "Ed25519"),
    ("ed448", "Ed448PublicKey", "OKP", "Ed448"),
)
_CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
_EXTRA = "jwt"
_MOST_KEYS = 100
_LONGEST_ID = 500
# Below, they can be broken; above, every forged token costs us time.
_RSA_BITS = range(2048, 8192 + 1)
_PRIVATE_PARTS = frozenset({"d", "k"})


@attrs.frozen
class VerifyingKey:
    """
    A public key.

    Attributes:
        key_id: What tokens call it; None where it has no name.
        algorithms: What it may verify.
        key: The key of the cryptography library.
        is_only: Whether it is meant whatever a token calls its key.
    """

    key_id: str | None
    algorithms: tuple[str, ...]
    key: Any = attrs.field(repr=False, eq=False)
    is_only: bool = False

    def fits(self, key_id: str | None, algorithm: str) -> bool:
        """Whether a token with this header may be signed with it."""
        is_meant = self.is_only or key_id is None or key_id == self.key_id
        return is_meant and algorithm in self.algorithms


def load_jwt() -> ModuleType:
    """
    PyJWT, able to verify.

    Raises:
        MissingDependency: It is not installed, or without the cryptography library.
    """
    try:
        import_module("cryptography")
        return import_module("jwt")
    except ImportError as error:
        problem = f"{error.name or 'a part of it'} is not installed"
        raise MissingDependency("Signing in with a JWT", problem, _EXTRA) from error


def key_of_pem(text: str) -> VerifyingKey:
    """
    The public key of a PEM text.

    Raises:
        InvalidConfig: It is none, or none that can be used.
        MissingDependency: The extra is not installed.
    """
    load_jwt()
    if "PRIVATE KEY" in text:
        raise _unusable("it is a private key, which only the issuer may have")
    serialization = import_module("cryptography.hazmat.primitives.serialization")
    try:
        key = serialization.load_pem_public_key(text.encode())
    except Exception:  # noqa: BLE001 - several kinds, and what they say may quote the text
        raise _unusable("it is no public key in the form of PEM") from None
    fitting = _FITTING.get(_kind_of(key), ())
    if not fitting or not _is_long_enough(key):
        raise _unusable("it is of a kind or a length that is not used here")
    return VerifyingKey(None, fitting, key, is_only=True)


def _unusable(problem: str) -> InvalidConfig:
    return InvalidConfig("PEM key", problem)


def _kind_of(key: object) -> tuple[str, str | None]:
    for module, name, kind, curve in _CLASSES:
        if isinstance(key, getattr(import_module(_ASYMMETRIC + module), name)):
            named = getattr(getattr(key, "curve", None), "name", "")
            return kind, _CURVES.get(named, curve)
    return "", None


def _is_long_enough(key: object) -> bool:
    # The length of the others follows from their curve.
    return _kind_of(key) != ("RSA", None) or getattr(key, "key_size", 0) in _RSA_BITS


def keys_of_set(document: object) -> tuple[VerifyingKey, ...] | None:
    """
    The keys of a JSON Web Key Set that can be used here; None where it is no such set.

    Raises:
        MissingDependency: The extra is not installed.
    """
    jwt = load_jwt()
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list) or len(keys) > _MOST_KEYS:
        return None
    found = (_key_of(jwt, one) for one in keys if isinstance(one, dict))
    return tuple(one for one in found if one is not None)


def _key_of(jwt: ModuleType, told: dict[str, Any]) -> VerifyingKey | None:
    key_id, fitting = told.get("kid"), _fitting(told)
    is_named = key_id is None or (isinstance(key_id, str) and len(key_id) <= _LONGEST_ID)
    if not fitting or not is_named or not _is_for_us(told):
        return None
    try:
        key = jwt.PyJWK(told, algorithm=fitting[0]).key
    except Exception:  # noqa: BLE001 - several kinds; the key is of no use, the others may be
        return None
    return VerifyingKey(key_id, fitting, key) if _is_long_enough(key) else None


def _fitting(told: dict[str, Any]) -> tuple[str, ...]:
    kind, curve, algorithm = told.get("kty"), told.get("crv"), told.get("alg")
    if not isinstance(kind, str) or not isinstance(curve, str | None):
        return ()
    fitting = _FITTING.get((kind, curve), ())
    return fitting if algorithm is None else tuple(one for one in fitting if one == algorithm)


def _is_for_us(told: dict[str, Any]) -> bool:
    operations = told.get("key_ops")
    verifies = operations is None or (isinstance(operations, list) and "verify" in operations)
    # A set that tells a private key has betrayed it.
    is_public = told.keys().isdisjoint(_PRIVATE_PARTS)
    return verifies and is_public and told.get("use") in (None, "sig")
