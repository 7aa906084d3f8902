"""Whom `wfadmin serve` lets in, as its options say it."""

import os
from pathlib import Path
from typing import Annotated

import attrs
from cyclopts import Parameter

from wfadmin.adapters.api_keys import ApiKeys
from wfadmin.adapters.jwt_auth import JwksFile, JwksUrl, JwtAuthenticator, KeySource, PemKey
from wfadmin.adapters.several_auth import SeveralAuthenticators
from wfadmin.cli.writing import flag, option
from wfadmin.domain.errors import InvalidConfig, UsageError
from wfadmin.ports.auth import Authenticator
from wfadmin.ports.observer import Observer
from wfadmin.wire.files import named_path, opened_file, problem_of

__all__ = ["NOBODY", "Callers"]

# Far more than a public key has.
_LONGEST_PEM = 64 * 1024


@Parameter(name="*")
@attrs.frozen(kw_only=True)
class Callers:
    """The options that say who may call, as they were given."""

    keys_file: Annotated[
        str | None, option("The file that keys are known by: see wfadmin keys.")
    ] = None
    jwt_issuer: Annotated[
        str | None, option("Who signs tokens: what iss has to be, to the letter.")
    ] = None
    jwt_audience: Annotated[
        str | None, option("What this API is called there: what aud has to be or hold.")
    ] = None
    jwt_jwks_url: Annotated[
        str | None, option("Where the issuer serves its keys: https, or on this machine.")
    ] = attrs.field(default=None, repr=False)
    jwt_jwks_file: Annotated[str | None, option("File with the keys of the issuer.")] = None
    jwt_pem: Annotated[
        str | None, option("File with the one public key of the issuer, as PEM.")
    ] = None
    unsafe_allow_anonymous: Annotated[
        bool, flag("Ask nobody who they are. On this machine only.")
    ] = False

    async def authenticator(self, observer: Observer) -> Authenticator | None:
        """
        Who tells callers; None where nobody is asked.

        Args:
            observer: Is told why a token proves nobody.

        Raises:
            UsageError: Nobody could be known, options contradict each other, or the keys cannot
                be read.
        """
        found = [*await self._by_key(), *self._by_token(observer)]
        if self.unsafe_allow_anonymous and found:
            problem = "callers are known by a key or a token: leave one of the two out"
            raise UsageError("--unsafe-allow-anonymous", problem)
        if not found:
            self._refuse_everybody()
            return None
        return found[0] if len(found) == 1 else SeveralAuthenticators(*found)

    def _refuse_everybody(self) -> None:
        if not self.unsafe_allow_anonymous:
            problem = (
                "nobody could be let in: give --keys-file (wfadmin keys new makes one), "
                "--jwt-issuer with its keys, or --unsafe-allow-anonymous"
            )
            raise UsageError("--keys-file", problem)

    async def _by_key(self) -> list[Authenticator]:
        if self.keys_file is None:
            return []
        keys = ApiKeys(_own(self.keys_file))
        # Whatever is asked for, it is looked up: now, and not when the first caller comes.
        await keys.authenticate({"x-api-key": "-"})
        return [keys]

    def _by_token(self, observer: Observer) -> list[Authenticator]:
        options = (
            self.jwt_issuer,
            self.jwt_audience,
            self.jwt_jwks_url,
            self.jwt_jwks_file,
            self.jwt_pem,
        )
        if all(one is None for one in options):
            return []
        if self.jwt_issuer is None or self.jwt_audience is None:
            missing = "--jwt-issuer" if self.jwt_issuer is None else "--jwt-audience"
            raise UsageError(missing, "tokens are known by an issuer and an audience: give both")
        return [
            JwtAuthenticator(
                self._keys(),
                issuer=self.jwt_issuer,
                audience=self.jwt_audience,
                observer=observer,
            )
        ]

    def _keys(self) -> KeySource:
        match self.jwt_jwks_url, self.jwt_jwks_file, self.jwt_pem:
            case str() as url, None, None:
                return JwksUrl(url)
            case None, str() as path, None:
                return JwksFile(_own(path))
            case None, None, str() as path:
                return PemKey(_text_of(_own(path)))
            case _:
                problem = "the keys of the issuer: give it, --jwt-jwks-file or --jwt-pem, just one"
                raise UsageError("--jwt-jwks-url", problem)


#: No option was given.
NOBODY = Callers()


def _own(path: str) -> Path:
    return Path(path).expanduser()


def _text_of(path: Path) -> str:
    source = "--jwt-pem"
    try:
        # Mounted files are links.
        name = os.path.realpath(named_path(path, argument=source))
        with opened_file(name, os.O_RDONLY) as file:
            return os.read(file, _LONGEST_PEM).decode("latin-1")
    except OSError as error:
        raise InvalidConfig(source, problem_of(path, error)) from None
