"""Callers known by an API key, out of a file that holds only hashes."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from hmac import compare_digest
from typing import Final

import attrs
from typing_extensions import override

from wfadmin.domain.errors import InvalidConfig
from wfadmin.ports.auth import Authenticator, Principal
from wfadmin.ports.clock import Clock
from wfadmin.wire.files import named_path, problem_of
from wfadmin.wire.key_files import (
    KeyInfo,
    StoredKey,
    digest_of,
    id_of,
    keys_of_text,
    read_text,
    source_of,
)

__all__ = ["ApiKeys"]

# Far more than a key has, and little to hash.
_LONGEST = 256
_SCHEME = "bearer"


@attrs.frozen
class _Known:
    """What is compared with what was sent, and whom it proves."""

    digest: bytes = attrs.field(repr=False)
    info: KeyInfo | None


#: For ids that nobody has: no text has this hash, and if one had, it would prove nobody.
_NOBODY: Final = _Known(bytes(32), None)


@attrs.frozen
class _Read:
    """What the file held, and what that means: keys, or a problem."""

    text: bytes = attrs.field(repr=False)
    known: Mapping[str, _Known] = attrs.field(factory=dict[str, _Known], repr=False)
    problem: str | None = None


class ApiKeys(Authenticator):
    """
    Knows callers by ``X-Api-Key: KEY`` or ``Authorization: Bearer KEY``.

    The file is read for every request that sends a key, and understood again when it says
    something else: a key that is made or revoked counts from the next request on.

    Laws:

    - A file that cannot be read or understood lets nobody in.
    - An unknown id costs what a known one does: one hash, one comparison in constant time.
    - Two proofs in one request that are not the same prove nobody.

    Args:
        path: The file, as `wfadmin keys new` makes it. Neither `~` nor a link in its place is
            followed.
        clock: The time of day, for keys that expire; this machine's, unless given.

    Raises:
        UsageError: No file can have that name.
    """

    __slots__ = ("_clock", "_path", "_read")

    def __init__(self, path: str | os.PathLike[str], *, clock: Clock | None = None) -> None:
        self._path = named_path(path, argument="keys file")
        self._clock = clock
        self._read: _Read | None = None

    @override
    async def authenticate(self, headers: Mapping[str, str]) -> Principal | None:
        """
        See `Authenticator.authenticate`.

        Raises:
            InvalidConfig: The file cannot be read, is open to others, or is not understood.
        """
        key = _sent(headers)
        return None if key is None else self._proved(key)

    def _proved(self, key: str) -> Principal | None:
        known = self._keys().get(id_of(key) or "", _NOBODY)
        info = known.info
        is_right = compare_digest(digest_of(key), known.digest)
        is_live = info is not None and info.is_live(self._now())
        # Only now, so that how long it takes does not tell which of them failed.
        if info is None or not (is_right and is_live):
            return None
        permissions = frozenset(one.value for one in info.permissions)
        return Principal(info.name, permissions, info.engines)

    def _now(self) -> datetime:
        return datetime.now(UTC) if self._clock is None else self._clock.now()

    def _keys(self) -> Mapping[str, _Known]:
        source = source_of(self._path)
        try:
            text = read_text(self._path)
        except OSError as error:
            self._read = None
            raise InvalidConfig(source, problem_of(self._path, error)) from None
        # By its content: times of files are too coarse to tell a revocation from what was before.
        if self._read is None or self._read.text != text:
            self._read = _understood(text, source)
        if self._read.problem is not None:
            raise InvalidConfig(source, self._read.problem)
        return self._read.known


def _sent(headers: Mapping[str, str]) -> str | None:
    """The one key that was sent, if it was one."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    sent = {token} if scheme.lower() == _SCHEME else set[str]()
    if "x-api-key" in headers:
        sent.add(headers["x-api-key"])
    key = sent.pop() if len(sent) == 1 else ""
    return key if 0 < len(key) <= _LONGEST else None


def _understood(text: bytes, source: str) -> _Read:
    try:
        keys = keys_of_text(text, source)
    except InvalidConfig as error:
        return _Read(text, problem=error.problem)
    return _Read(text, {one.info.id: _known(one) for one in keys})


def _known(one: StoredKey) -> _Known:
    return _NOBODY if one.digest is None else _Known(one.digest, one.info)
