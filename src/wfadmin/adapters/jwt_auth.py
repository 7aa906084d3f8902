"""Callers known by a JSON Web Token that an issuer signed, such as a company's single sign-on."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any, Final

import attrs
from typing_extensions import override

from wfadmin.domain.errors import UsageError
from wfadmin.ports.auth import Authenticator, Principal
from wfadmin.ports.clock import Clock
from wfadmin.ports.observer import Observer
from wfadmin.wire.jwks import ALGORITHMS, VerifyingKey, load_jwt
from wfadmin.wire.jwks_sources import JwksFile, JwksUrl, KeySource, PemKey

__all__ = ["Claims", "JwksFile", "JwksUrl", "JwtAuthenticator", "KeySource", "PemKey"]

# A header of that length is refused by most servers anyway.
_LONGEST = 16 * 1024
_LONGEST_NAME = 200
_MOST_LEEWAY = timedelta(minutes=5)
_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_REQUIRED = ("exp", "iss", "aud", "sub")
#: What a token can give where nobody says what its words mean.
_PERMISSIONS: Final = ("system:read", "system:operate")


class _DeniedError(Exception):
    """Why a token proves nobody, as one word for those who run this host."""


@attrs.frozen
class Claims:
    """
    Where a token says what its bearer may do, and where.

    Attributes:
        path: The name of the claim, or the names that lead to it. Unless given, `permissions`,
            or where a token has none, `scope`. Its value is a list of words, or words with
            blanks between them.
        grants: Which permissions each word gives. Unless given, the words are the permissions:
            `system:read`, `system:operate`. A word that is not there gives nothing.
        engines: The name of a claim, or the names that lead to it, whose words are the only
            engines that its bearer may use, by the names that the host calls them. Unless given,
            nobody is bound to engines. Where it is given, and a token has no such claim, or one
            that cannot be understood, its bearer may use none.
    """

    path: str | Sequence[str] | None = None
    grants: Mapping[str, Collection[str]] = attrs.field(
        factory=lambda: {name: (name,) for name in _PERMISSIONS}
    )
    engines: str | Sequence[str] | None = None

    def permissions_in(self, claims: Mapping[str, Any]) -> frozenset[str]:
        """What the claims of a token permit; nothing, where they cannot be understood."""
        words = _words(self._granted(claims))
        return frozenset(name for word in words for name in self.grants.get(word, ()))

    def engines_in(self, claims: Mapping[str, Any]) -> frozenset[str] | None:
        """The engines that the claims of a token bind its bearer to; None: they are not bound."""
        if self.engines is None:
            return None
        value = _value(claims, self.engines)
        words = _words(value)
        # One that cannot be read might have been the one that matters.
        is_whole = not isinstance(value, list) or len(words) == len(value)
        return frozenset(words if is_whole else ()) - {""}

    def _granted(self, claims: Mapping[str, Any]) -> object:
        if self.path is None:
            return claims["permissions"] if "permissions" in claims else claims.get("scope")
        return _value(claims, self.path)


def _value(claims: Mapping[str, Any], path: str | Sequence[str]) -> object:
    value: object = claims
    for name in (path,) if isinstance(path, str) else path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _words(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(value.split(" "))
    if isinstance(value, list):
        return tuple(one for one in value if isinstance(one, str))
    return ()


class JwtAuthenticator(Authenticator):
    """
    Knows callers by ``Authorization: Bearer TOKEN``. Making one does no I/O.

    Laws:

    - Only asymmetric signatures count, and a key only for the algorithms of its kind. Keys and
      addresses that a token brings along are never looked at.
    - A token must say `exp`, `iss`, `aud` and `sub`. Its `sub` is the name of the caller.
    - Whatever is wrong, the caller is told nothing. The observer is told a reason, and never
      the token.

    Args:
        keys: Whose signatures count: `JwksUrl`, `JwksFile` or `PemKey`.
        issuer: What `iss` must be, to the letter.
        audience: What `aud` must be or hold: the name of this API at the issuer. Without it,
            a token for any other of its services would do here.
        claims: Where a token says what its bearer may do.
        algorithms: Those that are allowed, out of RS*, PS*, ES* and EdDSA.
        leeway: By how much the clock of the issuer may be wrong; at most five minutes.
        clock: The time of day; this machine's, unless given.
        observer: Is told `authenticate.denied`.

    Raises:
        UsageError: An argument is not usable.
        MissingDependency: The extra `jwt` is not installed.
    """

    __slots__ = (
        "_algorithms",
        "_audience",
        "_claims",
        "_clock",
        "_issuer",
        "_jwt",
        "_keys",
        "_leeway",
        "_observer",
    )

    def __init__(  # noqa: PLR0913 - each is a rule of the host, by name, with a default
        self,
        keys: KeySource,
        *,
        issuer: str,
        audience: str,
        claims: Claims | None = None,
        algorithms: Collection[str] = ALGORITHMS,
        leeway: timedelta = timedelta(seconds=30),
        clock: Clock | None = None,
        observer: Observer | None = None,
    ) -> None:
        self._jwt = load_jwt()
        self._keys = keys
        self._issuer = _text("issuer", issuer)
        self._audience = _text("audience", audience)
        self._claims = Claims() if claims is None else claims
        self._algorithms = _checked_algorithms(algorithms)
        self._leeway = _checked_leeway(leeway)
        self._clock = clock
        self._observer = observer

    @override
    async def authenticate(self, headers: Mapping[str, str]) -> Principal | None:
        """See `Authenticator.authenticate`."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            return await self._proved(token)
        except _DeniedError as denied:
            reason = str(denied)
        except Exception:  # noqa: BLE001 - whatever it is, it proves nobody
            reason = "failed"
        self._tell(reason)
        return None

    def _tell(self, reason: str) -> None:
        if self._observer is not None:
            problem = self._keys.problem if reason == "key" else None
            fields = (
                {"reason": reason} if problem is None else {"reason": reason, "problem": problem}
            )
            self._observer.event("authenticate.denied", fields)

    async def _proved(self, token: str) -> Principal:
        if len(token) > _LONGEST or not _TOKEN.fullmatch(token):
            raise _DeniedError("form")
        algorithm, key_id = self._header(token)
        keys = await self._keys.keys_for(key_id)
        fitting = [one for one in keys if one.fits(key_id, algorithm)]
        if len(fitting) != 1:
            # None, or several: which of them would be meant is anybody's guess.
            raise _DeniedError("key")
        claims = self._verified(token, algorithm, fitting[0])
        self._check_times(claims)
        granted = self._claims
        return Principal(
            _name(claims["sub"]), granted.permissions_in(claims), granted.engines_in(claims)
        )

    def _header(self, token: str) -> tuple[str, str | None]:
        try:
            header: dict[str, Any] = self._jwt.get_unverified_header(token)
        except self._jwt.PyJWTError:
            raise _DeniedError("form") from None
        algorithm, key_id = header.get("alg"), header.get("kid")
        if algorithm not in self._algorithms:
            raise _DeniedError("algorithm")
        return algorithm, key_id

    def _verified(self, token: str, algorithm: str, key: VerifyingKey) -> dict[str, Any]:
        # Times are compared below, with the clock of this host.
        options = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
        try:
            claims: dict[str, Any] = self._jwt.decode(
                token,
                key.key,
                algorithms=[algorithm],
                audience=self._audience,
                issuer=self._issuer,
                options={**options, "require": [*_REQUIRED], "enforce_minimum_key_length": True},
            )
        except self._jwt.InvalidSignatureError:
            raise _DeniedError("signature") from None
        except self._jwt.PyJWTError:
            raise _DeniedError("claims") from None
        return claims

    def _check_times(self, claims: Mapping[str, Any]) -> None:
        now = (datetime.now(UTC) if self._clock is None else self._clock.now()).timestamp()
        if now - self._leeway >= _seconds(claims["exp"]):
            raise _DeniedError("expired")
        for name in ("nbf", "iat"):
            if name in claims and _seconds(claims[name]) > now + self._leeway:
                raise _DeniedError("too_early")


def _seconds(moment: object) -> float:
    if isinstance(moment, bool) or not isinstance(moment, int | float) or not isfinite(moment):
        raise _DeniedError("claims")
    return float(moment)


def _name(subject: str) -> str:
    if not subject.strip() or len(subject) > _LONGEST_NAME or not subject.isprintable():
        raise _DeniedError("claims")
    return subject


def _text(argument: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise UsageError(argument, "it is empty or no text")
    return value


def _checked_algorithms(names: Collection[str]) -> frozenset[str]:
    found = frozenset({names} if isinstance(names, str) else names)
    if not found or not found <= set(ALGORITHMS):
        raise UsageError(
            "algorithms", f"some of these are needed, and no others: {', '.join(ALGORITHMS)}"
        )
    return found


def _checked_leeway(leeway: timedelta) -> float:
    if not timedelta(0) <= leeway <= _MOST_LEEWAY:
        raise UsageError("leeway", f"it is not from 0 to {_MOST_LEEWAY.total_seconds():g} seconds")
    return leeway.total_seconds()
