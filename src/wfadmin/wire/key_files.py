"""
API keys, and the file that they are known by.

Laws:

- A key is `wfa_<id>_<secret>`: its id may be shown, its secret is 32 random bytes and is told once.
- The file holds SHA-256 hashes of whole keys. A secret that long cannot be guessed, so a slow hash
  would only slow down those who are let in.
- The file is read strictly: what is not understood makes all of it unusable. And it is its
  owner's alone: whoever could write it could make keys.
- A key that was revoked stays in the file without its hash: its id never comes again, and no
  edit of a time brings it back.
"""

import errno
import json
import os
import re
import stat
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Final

import attrs

from wfadmin.domain.errors import InvalidConfig
from wfadmin.wire.files import opened_file
from wfadmin.wire.strict import parsed_json, structured

__all__ = [
    "ID",
    "LONGEST_NAME",
    "MAX_BYTES",
    "KeyInfo",
    "Permission",
    "StoredKey",
    "check_name",
    "digest_of",
    "id_of",
    "keys_of_text",
    "read_text",
    "source_of",
    "text_of_keys",
]

#: The largest file that is read and written: about 3,000 keys.
MAX_BYTES: Final = 1024 * 1024
#: The longest name of a key or of an engine, in characters.
LONGEST_NAME: Final = 100
#: What the id of a key looks like.
ID: Final = re.compile(r"[0-9a-f]{12}")

_KEY = re.compile(r"wfa_([0-9a-f]{12})_[0-9a-f]{64}")
_HASH = re.compile(r"[0-9a-f]{64}")
_VERSION = 1
_OTHERS = 0o077


class Permission(StrEnum):
    """What a key can permit. Nothing is implied: who operates and reads has both."""

    READ = "system:read"
    OPERATE = "system:operate"


@attrs.frozen
class KeyInfo:
    """
    What may be told about a key.

    Attributes:
        id: The middle part of the key; never used twice in one file.
        name: Whom it stands for; it goes into every audit record as the actor.
        engines: The only engines that it is for, by name; None for all.
        expires_at: From this moment on it is nobody's; None where it does not expire.
        revoked_at: When it was revoked; None where it was not.
    """

    id: str
    name: str
    permissions: frozenset[Permission]
    engines: frozenset[str] | None
    made_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    def is_live(self, now: datetime) -> bool:
        """Whether it lets anybody in at this moment."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


@attrs.frozen
class StoredKey:
    """
    A key as the file knows it.

    Attributes:
        digest: The SHA-256 of the whole key; None where it is revoked.
    """

    info: KeyInfo
    digest: bytes | None = attrs.field(repr=False)


def id_of(key: str) -> str | None:
    """The id in a text that has the form of a key; None where it has not."""
    found = _KEY.fullmatch(key)
    return None if found is None else found[1]


def digest_of(key: str) -> bytes:
    """What is stored of a key. Any text has one, also one that is not valid Unicode."""
    return sha256(key.encode("utf-8", "surrogatepass")).digest()


def check_name(name: str) -> str | None:
    """What is wrong with the name of a key or of an engine; None where nothing is."""
    if not name or name != name.strip():
        return "it is empty, or begins or ends with white space"
    if len(name) > LONGEST_NAME:
        return f"it is longer than {LONGEST_NAME} characters"
    return None if name.isprintable() else "it holds characters that cannot be shown"


# --- the file ------------------------------------------------------------------------------------


@attrs.frozen
class _Key:
    id: str
    name: str
    hash: str | None
    permissions: tuple[Permission, ...]
    engines: tuple[str, ...] | None
    madeAt: str  # noqa: N815 - as the file names it
    expiresAt: str | None  # noqa: N815
    revokedAt: str | None  # noqa: N815


@attrs.frozen
class _File:
    version: int
    keys: tuple[_Key, ...]


def source_of(path: Path) -> str:
    """What errors call the file."""
    return f"the keys file {path}"


def read_text(path: Path) -> bytes:
    """
    The content of a keys file, not yet understood.

    Raises:
        OSError: It cannot be read, is a link, or is open to anybody but its owner.
    """
    with opened_file(path, os.O_RDONLY) as file:
        found = os.fstat(file)
        if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & _OTHERS:
            raise PermissionError(errno.EPERM, "it must be yours, and closed to others (mode 600)")
        with os.fdopen(os.dup(file), "rb") as stream:
            return stream.read(MAX_BYTES + 1)


def keys_of_text(text: bytes, source: str) -> tuple[StoredKey, ...]:
    """
    The keys that a file knows, in their order.

    Raises:
        InvalidConfig: It is not what `text_of_keys` writes; the problem names the field.
    """
    if len(text) > MAX_BYTES:
        raise InvalidConfig(source, f"it is larger than {MAX_BYTES} bytes")
    told = structured(_parsed(text, source), _File, argument=source, error=InvalidConfig)
    if told.version != _VERSION:
        raise InvalidConfig(source, f"version: only {_VERSION} is known")
    keys: dict[str, StoredKey] = {}
    for number, one in enumerate(told.keys):
        problem = _problem(one) or ("id: it stands there twice" if one.id in keys else None)
        if problem is not None:
            raise InvalidConfig(source, f"keys[{number}].{problem}")
        keys[one.id] = _stored(one)
    return tuple(keys.values())


def _parsed(text: bytes, source: str) -> object:
    try:
        return parsed_json(text)
    except (ValueError, RecursionError):
        raise InvalidConfig(source, "it is no JSON that wfadmin writes") from None


def _problem(one: _Key) -> str | None:
    """What is wrong with a key whose fields all have the right type, after the field's name."""
    checks = (
        ("id", None if ID.fullmatch(one.id) else "it is not 12 hexadecimal digits"),
        ("name", check_name(one.name)),
        ("hash", _problem_of_hash(one)),
        ("permissions", None if one.permissions else "it is empty"),
        ("engines", _problem_of_engines(one.engines)),
        ("madeAt", None if _moment(one.madeAt) else "it is no time with a zone"),
        ("expiresAt", _problem_of_moment(one.expiresAt)),
        ("revokedAt", _problem_of_moment(one.revokedAt)),
    )
    return next((f"{name}: {wrong}" for name, wrong in checks if wrong is not None), None)


def _problem_of_hash(one: _Key) -> str | None:
    if one.hash is None:
        return "it is missing, and the key is not revoked" if one.revokedAt is None else None
    if one.revokedAt is not None:
        return "a key that is revoked has none"
    return None if _HASH.fullmatch(one.hash) else "it is not 64 hexadecimal digits"


def _problem_of_engines(engines: tuple[str, ...] | None) -> str | None:
    if engines is None:
        return None
    if not engines:
        return "it is empty: null is for all of them"
    return next((wrong for wrong in map(check_name, engines) if wrong is not None), None)


def _problem_of_moment(text: str | None) -> str | None:
    return None if text is None or _moment(text) else "it is no time with a zone"


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
        return None if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _stored(one: _Key) -> StoredKey:
    made_at = _moment(one.madeAt)
    assert made_at is not None  # noqa: S101 - it was checked
    info = KeyInfo(
        id=one.id,
        name=one.name,
        permissions=frozenset(one.permissions),
        engines=None if one.engines is None else frozenset(one.engines),
        made_at=made_at,
        expires_at=None if one.expiresAt is None else _moment(one.expiresAt),
        revoked_at=None if one.revokedAt is None else _moment(one.revokedAt),
    )
    return StoredKey(info, None if one.hash is None else bytes.fromhex(one.hash))


def text_of_keys(keys: Iterable[StoredKey]) -> bytes:
    """The file that knows these keys."""
    document = {"version": _VERSION, "keys": [_told(one) for one in keys]}
    return json.dumps(document, indent=2).encode("ascii") + b"\n"


def _told(one: StoredKey) -> dict[str, object]:
    info = one.info
    return {
        "id": info.id,
        "name": info.name,
        "hash": None if one.digest is None else one.digest.hex(),
        "permissions": sorted(info.permissions),
        "engines": None if info.engines is None else sorted(info.engines),
        "madeAt": _written(info.made_at),
        "expiresAt": _written(info.expires_at),
        "revokedAt": _written(info.revoked_at),
    }


def _written(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")
