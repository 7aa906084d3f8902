"""Doors for those who have a token, and what their observers are told."""

import json
from collections.abc import Mapping
from typing import Any

import attrs
from typing_extensions import override

from tests.adapters.hosts import StillClock
from tests.wire.issuers import AT, AUDIENCE, CLAIMS, ISSUER, Signer, key_set, signer
from wfadmin.adapters.jwt_auth import JwtAuthenticator, KeySource, PemKey
from wfadmin.ports.auth import Principal
from wfadmin.ports.observer import Observer
from wfadmin.wire.jwks import VerifyingKey, keys_of_set

ADA = Principal("ada", frozenset({"system:read"}))
ED = signer("ed25519")
RSA = signer("rsa")


class Journal(Observer):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, object]]] = []

    @override
    def event(self, name: str, fields: Mapping[str, object]) -> None:
        self.told.append((name, dict(fields)))


@attrs.define
class Given(KeySource):
    """Keys that are there, and a problem with the others."""

    keys: tuple[VerifyingKey, ...]
    problem: str | None = None  # type: ignore[misc]  # a field is a property to its readers

    @override
    async def keys_for(self, key_id: str | None) -> tuple[VerifyingKey, ...]:
        return self.keys


def holding(*told: dict[str, Any]) -> Given:
    """A set with these keys."""
    keys = keys_of_set(json.loads(key_set(*told)))
    assert keys is not None
    return Given(keys)


class Door:
    """An authenticator, and what its observer is told."""

    def __init__(self, keys: KeySource, **options: Any) -> None:  # noqa: ANN401 - handed on
        self.journal = Journal()
        self.clock = StillClock(AT)
        rules = {"issuer": ISSUER, "audience": AUDIENCE, "clock": self.clock, **options}
        self.authenticator = JwtAuthenticator(keys, observer=self.journal, **rules)

    async def lets_in(self, token: str) -> Principal | None:
        return await self.authenticator.authenticate({"authorization": f"Bearer {token}"})

    async def reason(self, token: str) -> str:
        """The reason that is told to the observer only, and nothing else is."""
        assert await self.lets_in(token) is None
        ((name, fields),) = self.journal.told
        self.journal.told.clear()
        assert name == "authenticate.denied"
        return " ".join(str(one) for one in fields.values())


def at_door(one: Signer = ED, **options: Any) -> Door:  # noqa: ANN401 - handed on
    return Door(PemKey(one.pem), **options)


def claims(**more: object) -> dict[str, Any]:
    return CLAIMS | more


def without(name: str) -> dict[str, Any]:
    return {one: value for one, value in CLAIMS.items() if one != name}
