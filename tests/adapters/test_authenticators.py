"""Every way to know a caller keeps the contract, on both event loops."""

import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import attrs
import pytest
from typing_extensions import override

from tests.wire.issuers import AUDIENCE, CLAIMS, ISSUER, signer
from wfadmin.adapters.api_keys import ApiKeys
from wfadmin.adapters.host_auth import HostAuthenticator
from wfadmin.adapters.jwt_auth import JwtAuthenticator, PemKey
from wfadmin.adapters.key_store import KeyStore
from wfadmin.adapters.several_auth import SeveralAuthenticators
from wfadmin.ports.auth import Authenticator, Principal
from wfadmin.testing import Clause, Outcome
from wfadmin.testing.hosts import AuthenticatorBench, authenticator_clauses, examine_host

ADA = Principal("ada", frozenset({"system:read"}), frozenset({"prod"}))


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class KeyBench(AuthenticatorBench):
    """A file with one key, sent so."""

    def __init__(self, header: str, form: str) -> None:
        self._header = header
        self._form = form
        self._folder = tempfile.TemporaryDirectory()
        self._key = ""

    @property
    def path(self) -> Path:
        return Path(self._folder.name, "keys.json")

    @override
    async def __aenter__(self) -> Self:
        store = KeyStore(self.path)
        made = await store.make("ada", permissions=ADA.permissions, engines=ADA.engines)
        self._key = made.key
        return self

    @override
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._folder.cleanup()

    @override
    def authenticator(self) -> Authenticator:
        return ApiKeys(self.path)

    @property
    @override
    def known(self) -> Principal:
        return ADA

    @property
    @override
    def proof(self) -> Mapping[str, str]:
        return {self._header: self._form.format(self._key)}

    @property
    @override
    def secrets(self) -> tuple[str, ...]:
        return (self._key, self._key[17:])


class SessionBench(AuthenticatorBench):
    """A host with one session, found in a table without a look at what else was sent."""

    @override
    def authenticator(self) -> Authenticator:
        async def of_session(headers: Mapping[str, str]) -> Principal | None:
            return {"session=s3cret": ADA}[headers["cookie"]]

        return HostAuthenticator(of_session)

    @property
    @override
    def known(self) -> Principal:
        return ADA

    @property
    @override
    def proof(self) -> Mapping[str, str]:
        return {"cookie": "session=s3cret"}

    @property
    @override
    def secrets(self) -> tuple[str, ...]:
        return ("s3cret",)


class JwtBench(AuthenticatorBench):
    """An issuer with one key, and a token that it signed."""

    def __init__(self, kind: str) -> None:
        self._signer = signer(kind)
        self._token = self._signer.sign({**CLAIMS, "exp": datetime.now(UTC).timestamp() + 60})

    @override
    def authenticator(self) -> Authenticator:
        return JwtAuthenticator(PemKey(self._signer.pem), issuer=ISSUER, audience=AUDIENCE)

    @property
    @override
    def known(self) -> Principal:
        return attrs.evolve(ADA, engines=None)

    @property
    @override
    def proof(self) -> Mapping[str, str]:
        return {"authorization": f"Bearer {self._token}"}

    @property
    @override
    def secrets(self) -> tuple[str, ...]:
        return (self._token, self._token.split(".")[2])


class SeveralBench(KeyBench):
    """A door for keys, tokens and sessions, and somebody with a key."""

    @override
    def authenticator(self) -> Authenticator:
        others = (JwtBench("ed25519").authenticator(), SessionBench().authenticator())
        return SeveralAuthenticators(others[0], super().authenticator(), others[1])


BENCHES: dict[str, Callable[[], AuthenticatorBench]] = {
    "x-api-key": lambda: KeyBench("x-api-key", "{}"),
    "bearer": lambda: KeyBench("authorization", "Bearer {}"),
    "host": SessionBench,
    "several, x-api-key": lambda: SeveralBench("x-api-key", "{}"),
    "several, bearer": lambda: SeveralBench("authorization", "Bearer {}"),
    "jwt rsa": lambda: JwtBench("rsa"),
    "jwt p256": lambda: JwtBench("p256"),
    "jwt ed25519": lambda: JwtBench("ed25519"),
}


@pytest.mark.anyio
@pytest.mark.parametrize("clause", authenticator_clauses(contract=1), ids=str)
@pytest.mark.parametrize("name", BENCHES)
async def test_it_keeps_the_contract(clause: Clause[AuthenticatorBench], name: str) -> None:
    verdict = await examine_host(clause, BENCHES[name]())

    assert verdict.outcome is Outcome.PASSED, verdict
