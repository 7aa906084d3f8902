"""
Where the keys of an issuer come from.

Laws:

- Nothing is fetched before a token needs it, and never more often than the issuer can bear:
  however many tokens name keys that nobody has, there is one request at a time, and a pause
  between one and the next.
- An issuer that does not answer changes nothing for a while; then its keys are forgotten.
- A key set comes over https, or from this machine.
"""

import errno
import os
import stat
import time
from abc import abstractmethod
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

import anyio
import attrs
from typing_extensions import override

from wfadmin.domain.errors import InvalidConfig, InvalidEngineUrl, UsageError, WfadminError
from wfadmin.wire.clients import HttpClient
from wfadmin.wire.files import named_path, opened_file, problem_of
from wfadmin.wire.http import EngineHttp, Request
from wfadmin.wire.jwks import VerifyingKey, key_of_pem, keys_of_set, load_jwt
from wfadmin.wire.places import Place, place_of
from wfadmin.wire.replies import Reply

__all__ = ["JwksFile", "JwksUrl", "KeySource", "PemKey"]

#: The largest key set that is understood, in bytes.
MAX_BYTES: Final = 256 * 1024
_WRITABLE_BY_OTHERS = 0o022
_WHAT = "JWKS URL"

_Keys = tuple[VerifyingKey, ...]


class KeySource(Protocol):
    """Knows the keys of an issuer."""

    __slots__ = ()

    @abstractmethod
    async def keys_for(self, key_id: str | None) -> tuple[VerifyingKey, ...]:
        """All keys that are known now, after a look for this one if it is not among them."""

    @property
    @abstractmethod
    def problem(self) -> str | None:
        """What went wrong with the last look, without any secret; None where nothing did."""


class PemKey(KeySource):
    """
    One public key, for issuers that have no key set. It is meant whatever a token calls its key.

    Raises:
        InvalidConfig: It is no public key, or none that can be used.
        MissingDependency: The extra `jwt` is not installed.
    """

    __slots__ = ("_key",)

    def __init__(self, text: str) -> None:
        self._key = key_of_pem(text)

    @override
    async def keys_for(self, key_id: str | None) -> tuple[VerifyingKey, ...]:
        """See `KeySource.keys_for`."""
        return (self._key,)

    @property
    @override
    def problem(self) -> str | None:
        """See `KeySource.problem`."""
        return None


class JwksFile(KeySource):
    """
    A key set in a file, which counts anew when it changes. Links are followed.

    A file that cannot be read, that others may write, or that is no key set has no keys.

    Raises:
        UsageError: No file can have that name.
        MissingDependency: The extra `jwt` is not installed.
    """

    __slots__ = ("_keys", "_path", "_problem", "_text")

    def __init__(self, path: str | os.PathLike[str]) -> None:
        load_jwt()
        self._path = named_path(path, argument="JWKS file")
        self._keys: _Keys = ()
        self._problem: str | None = None
        self._text: bytes | None = None

    @override
    async def keys_for(self, key_id: str | None) -> tuple[VerifyingKey, ...]:
        """See `KeySource.keys_for`."""
        try:
            text = _content(self._path)
        except OSError as error:
            self._text = None
            self._keys, self._problem = (), problem_of(self._path, error)
        else:
            if text != self._text:
                self._text = text
                self._keys, self._problem = _understood(text, str(self._path))
        return self._keys

    @property
    @override
    def problem(self) -> str | None:
        """See `KeySource.problem`."""
        return self._problem


def _content(path: Path) -> bytes:
    # Mounted files are links.
    with opened_file(os.path.realpath(path), os.O_RDONLY) as file:
        if stat.S_IMODE(os.fstat(file).st_mode) & _WRITABLE_BY_OTHERS:
            raise PermissionError(errno.EPERM, "others may write it (mode 644 is enough)")
        with os.fdopen(os.dup(file), "rb") as stream:
            return stream.read(MAX_BYTES + 1)


def _understood(text: bytes, where: str) -> tuple[_Keys, str | None]:
    try:
        return _keys_of(Reply(where, 200, text)), None
    except WfadminError as error:
        return (), error.message


def _keys_of(reply: Reply) -> _Keys:
    if len(reply.body) > MAX_BYTES:
        raise reply.unexpected(f"it is larger than {MAX_BYTES} bytes")
    keys = keys_of_set(reply.json())
    if keys is None:
        raise reply.unexpected("it is no JSON Web Key Set")
    return keys


# --- from the issuer -----------------------------------------------------------------------------


@attrs.frozen
class _Held:
    keys: _Keys
    since: float

    def has(self, key_id: str | None) -> bool:
        return key_id is None or any(one.key_id == key_id for one in self.keys)


@attrs.define(eq=False)
class JwksUrl(KeySource):
    """
    A key set that the issuer serves. Making one does no I/O.

    Redirects are not followed, proxies of the environment not used, and certificates verified.

    Attributes:
        url: https, or http on this machine.
        timeout: Bounds one request, from connecting to the last byte.
        fresh_for: How old keys may be before they are fetched again.
        good_for: How old they may be where they cannot be: a key that the issuer withdrew lets
            nobody in after that.
        pause: The shortest time between the end of one request and the next.
        client: An HTTP client to use, which stays open.
        monotonic: Seconds since some moment.

    Raises:
        InvalidConfig: It cannot be fetched from there.
        UsageError: A length of time is not above zero, or not `pause` <= `fresh_for` <= `good_for`.
        MissingDependency: The extra `jwt` is not installed.
    """

    url: str
    timeout: timedelta = attrs.field(default=timedelta(seconds=5), kw_only=True)
    fresh_for: timedelta = attrs.field(default=timedelta(minutes=10), kw_only=True)
    good_for: timedelta = attrs.field(default=timedelta(hours=1), kw_only=True)
    pause: timedelta = attrs.field(default=timedelta(seconds=30), kw_only=True)
    client: HttpClient | None = attrs.field(default=None, kw_only=True, repr=False)
    monotonic: Callable[[], float] = attrs.field(default=time.monotonic, kw_only=True, repr=False)
    _place: Place = attrs.field(init=False, repr=False)
    _path: str = attrs.field(init=False, repr=False)
    _held: _Held | None = attrs.field(default=None, init=False, repr=False)
    _asked_at: float | None = attrs.field(default=None, init=False, repr=False)
    _problem: str | None = attrs.field(default=None, init=False, repr=False)
    _turn: anyio.Lock = attrs.field(factory=anyio.Lock, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        load_jwt()
        self._place, self._path = _parted(self.url)
        for name in ("timeout", "pause"):
            if getattr(self, name) <= timedelta(0):
                raise UsageError(name, "it is not above zero")
        # Otherwise there would be times at which there are no keys and nobody asks.
        if self.fresh_for < self.pause:
            raise UsageError("fresh_for", "it is shorter than the pause")
        if self.good_for < self.fresh_for:
            raise UsageError("good_for", "it is shorter than fresh_for")

    @property
    @override
    def problem(self) -> str | None:
        """See `KeySource.problem`."""
        return self._problem

    @override
    async def keys_for(self, key_id: str | None) -> tuple[VerifyingKey, ...]:
        """See `KeySource.keys_for`."""
        held = self._good()
        # Who has what it needs does not wait for somebody else's request.
        if self._is_due(key_id) and not (
            held is not None and held.has(key_id) and self._turn.locked()
        ):
            async with self._turn:
                # In the meantime, somebody else may have asked.
                if self._is_due(key_id):
                    await self._ask()
            held = self._good()
        return () if held is None else held.keys

    def _good(self) -> _Held | None:
        """What may still be used."""
        held = self._held
        return (
            held if held is not None and self._age(held.since) < _seconds(self.good_for) else None
        )

    def _is_due(self, key_id: str | None) -> bool:
        if self._asked_at is not None and self._age(self._asked_at) < _seconds(self.pause):
            return False
        held = self._held
        is_fresh = held is not None and self._age(held.since) < _seconds(self.fresh_for)
        return not (is_fresh and held is not None and held.has(key_id))

    def _age(self, since: float) -> float:
        return self.monotonic() - since

    async def _ask(self) -> None:
        # To its end, and it has one: a caller that goes away must neither cost the others the
        # keys, nor make us ask again at once.
        with anyio.CancelScope(shield=True):
            try:
                await self._fetch()
            except WfadminError as error:
                self._problem = error.message
            except BaseException:
                # asyncio can cancel what is shielded. Without any keys, the next one may ask.
                self._asked_at = None if self._held is None else self.monotonic()
                raise
            self._asked_at = self.monotonic()

    async def _fetch(self) -> None:
        http = EngineHttp(self.timeout, injected=self.client)
        request = Request("GET", self._path, is_admin=False, is_repeatable=False)
        try:
            keys = _keys_of(await http.read(self._place, request))
        finally:
            await http.aclose()
        self._held, self._problem = _Held(keys, self.monotonic()), None


def _seconds(length: timedelta) -> float:
    return length.total_seconds()


def _parted(url: str) -> tuple[Place, str]:
    """Where to ask, and for what: unlike that of an engine, the path may hold a query."""
    try:
        parts = urlsplit(url)
        place = place_of(f"{parts.scheme}://{parts.netloc}", _WHAT)
    except InvalidEngineUrl as error:
        raise InvalidConfig(_WHAT, error.problem) from None
    except ValueError:
        raise InvalidConfig(_WHAT, "its host cannot be read") from None
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    if place.socket_path is not None or not (place.is_tls or place.is_private):
        raise InvalidConfig(_WHAT, "it is neither https:// nor on this machine")
    if parts.fragment or not all("!" <= one <= "~" for one in path):
        raise InvalidConfig(_WHAT, "it holds a fragment, or what has to be escaped")
    return place, path
