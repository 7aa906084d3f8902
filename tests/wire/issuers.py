"""Issuers of tokens: their keys, and what they sign or serve."""

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from typing import Any

import attrs
import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from wfadmin.wire.jwks_sources import KeySource

AT = datetime(2026, 5, 9, 10, tzinfo=UTC)
NOW = int(AT.timestamp())
ISSUER, AUDIENCE = "https://login.example.com/", "wfadmin"
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "aud": AUDIENCE,
    "sub": "ada",
    "exp": NOW + 300,
    "permissions": ["system:read"],
}


@attrs.frozen
class Signer:
    """A private key with the algorithms that it is for."""

    private: Any
    algorithms: tuple[str, ...]

    @property
    def pem(self) -> str:
        told: bytes = self.private.public_key().public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        )
        return told.decode()

    @property
    def private_pem(self) -> str:
        told: bytes = self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return told.decode()

    def jwk(self, key_id: str | None = None, **more: object) -> dict[str, Any]:
        """The public key, as a set tells it."""
        kind = jwt.get_algorithm_by_name(self.algorithms[0])
        told = json.loads(kind.to_jwk(self.private.public_key()))
        told.pop("key_ops", None)
        return told | ({} if key_id is None else {"kid": key_id}) | more

    def private_jwk(self) -> dict[str, Any]:
        """What no set should tell."""
        kind = jwt.get_algorithm_by_name(self.algorithms[0])
        told: dict[str, Any] = json.loads(kind.to_jwk(self.private))
        told.pop("key_ops", None)
        return told

    def sign(
        self,
        claims: Mapping[str, Any] = CLAIMS,
        *,
        algorithm: str | None = None,
        header: dict[str, Any] | None = None,
    ) -> str:
        """A token with these claims."""
        # Not by `jwt.encode`, which would not sign some of what has to be refused.
        payload = json.dumps(dict(claims)).encode()
        return jwt.PyJWS().encode(
            payload, self.private, algorithm or self.algorithms[0], headers=header
        )


_RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
_KINDS: Mapping[str, tuple[Callable[[], Any], tuple[str, ...]]] = {
    "rsa": (lambda: rsa.generate_private_key(65537, 2048), _RSA),
    "short": (lambda: rsa.generate_private_key(65537, 1024), _RSA),  # noqa: S505 - to be refused
    "p256": (lambda: ec.generate_private_key(ec.SECP256R1()), ("ES256",)),
    "p384": (lambda: ec.generate_private_key(ec.SECP384R1()), ("ES384",)),
    "p521": (lambda: ec.generate_private_key(ec.SECP521R1()), ("ES512",)),
    "koblitz": (lambda: ec.generate_private_key(ec.SECP256K1()), ("ES256K",)),
    "ed25519": (ed25519.Ed25519PrivateKey.generate, ("EdDSA",)),
    "x25519": (x25519.X25519PrivateKey.generate, ()),
    "ed448": (ed448.Ed448PrivateKey.generate, ("EdDSA",)),
}


@cache
def signer(name: str) -> Signer:
    """The same key for the same name; what stands before the hyphen is its kind."""
    make, algorithms = _KINDS[name.partition("-")[0]]
    return Signer(make(), algorithms)


def key_set(*keys: dict[str, Any]) -> bytes:
    """A key set as an issuer serves it."""
    return json.dumps({"keys": list(keys)}).encode()


async def ids(source: KeySource, key_id: str | None = "k1") -> list[str | None]:
    """The names of the keys that a source gives."""
    return [one.key_id for one in await source.keys_for(key_id)]


def by_hand(header: Mapping[str, Any], claims: Mapping[str, Any], secret: bytes = b"") -> str:
    """A token that no honest issuer makes: signed with a shared secret, or not at all."""
    parts = [_segment(json.dumps(part).encode()) for part in (header, claims)]
    signature = hmac.digest(secret, ".".join(parts).encode(), sha256) if secret else b""
    return ".".join((*parts, _segment(signature)))


def _segment(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
