"""Where API keys are made and revoked: the file that `ApiKeys` reads."""

import errno
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NoReturn, TypeVar

import attrs
from anyio import to_thread
from typing_extensions import override

from wfadmin.domain.errors import InvalidConfig, KeyNotFound, UsageError
from wfadmin.ports.clock import Clock
from wfadmin.wire.files import (
    make_folder,
    named_path,
    opened_file,
    problem_of,
    sync_folder,
    write_whole,
)
from wfadmin.wire.key_files import (
    ID,
    MAX_BYTES,
    KeyInfo,
    Permission,
    StoredKey,
    check_name,
    digest_of,
    id_of,
    keys_of_text,
    read_text,
    source_of,
    text_of_keys,
)
from wfadmin.wire.locks import lock_file

__all__ = ["KeyStore", "NewKey"]

_PATIENCE = timedelta(seconds=5)
_ID_BYTES = 6
_SECRET_BYTES = 32

_T = TypeVar("_T")
_Keys = tuple[StoredKey, ...]


@attrs.frozen
class NewKey:
    """
    A key that was just made, and the one time that it can be read.

    Attributes:
        info: What the file tells about it.
        key: The key itself. It is in no `repr`, and the object cannot be pickled.
    """

    info: KeyInfo
    key: str = attrs.field(repr=False)

    @override
    def __reduce__(self) -> NoReturn:
        message = "a new key is not stored anywhere"
        raise TypeError(message)


class KeyStore:
    """
    Makes, lists and revokes the keys of one file.

    Several processes may do so at once: each change is made under a lock on a file beside it,
    to a new file that takes the place of the old one when it is safe on the medium. Who reads
    meanwhile sees the keys before or after it, never a part.

    Args:
        path: The file, made private by the first key; so are the folders that are missing.
            Neither `~` nor a link in its place is followed.
        clock: The time of day; this machine's, unless given.
        patience: How long to wait for another process that changes it.

    Raises:
        UsageError: No file can have that name.
    """

    __slots__ = ("_clock", "_path", "_patience")

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        clock: Clock | None = None,
        patience: timedelta = _PATIENCE,
    ) -> None:
        self._path = named_path(path, argument="keys file")
        if not self._path.name:
            raise UsageError("keys file", "it names no file")
        self._clock = clock
        self._patience = patience

    async def make(
        self,
        name: str,
        *,
        permissions: Iterable[str],
        engines: Iterable[str] | None = None,
        expires_in: timedelta | None = None,
    ) -> NewKey:
        """
        Make a key, safe on the medium when this returns.

        Args:
            name: Whom it stands for: the actor in every audit record. Several keys may share it.
            permissions: Exact names, at least one.
            engines: The only engines that it is for, by name; None for all.
            expires_in: How long it is good for; None for ever.

        Returns:
            The key, which nobody can read again.

        Raises:
            UsageError: A name, a permission or the time is not usable.
            InvalidConfig: The file cannot be read, understood or written.
        """
        made_at = self._now()
        info = KeyInfo(
            id="",
            name=_checked("name", name),
            permissions=_permissions(permissions),
            engines=None if engines is None else _engines(engines),
            made_at=made_at,
            expires_at=None if expires_in is None else _end(made_at, expires_in),
        )
        change = partial(_with_new, info=info)
        return await to_thread.run_sync(self._changed, change, self._stored_or_none)

    async def keys(self) -> tuple[KeyInfo, ...]:
        """
        What is known about each key, the oldest first, revoked ones too.

        Raises:
            InvalidConfig: The file cannot be read or understood.
        """
        found = await to_thread.run_sync(self._stored, abandon_on_cancel=True)
        return tuple(one.info for one in found)

    async def revoke(self, key_id: str) -> KeyInfo:
        """
        Let nobody in with this key any more: from the next request on, without a restart.

        A key that is revoked already stays as it is.

        Raises:
            UsageError: This is not the id of a key.
            KeyNotFound: The file knows no such key.
            InvalidConfig: The file cannot be read, understood or written.
        """
        if not ID.fullmatch(key_id):
            raise UsageError("key id", _problem_of_id(key_id))
        at = self._now()
        change = partial(_with_revoked, key_id=key_id, at=at, source=source_of(self._path))
        return await to_thread.run_sync(self._changed, change, self._stored)

    # --- in a worker thread ----------------------------------------------------------------------

    def _now(self) -> datetime:
        return datetime.now(UTC) if self._clock is None else self._clock.now()

    def _stored(self) -> _Keys:
        with self._translated():
            return keys_of_text(read_text(self._path), source_of(self._path))

    def _stored_or_none(self) -> _Keys:
        try:
            return keys_of_text(read_text(self._path), source_of(self._path))
        except FileNotFoundError:
            return ()

    def _changed(
        self, change: Callable[[_Keys], tuple[_Keys, _T]], read: Callable[[], _Keys]
    ) -> _T:
        with self._translated():
            # What cannot be used is told before anything is made beside it.
            read()
            make_folder(self._path.parent)
            beside = self._path.with_name(f".{self._path.name}.lock")
            with opened_file(beside, os.O_RDWR | os.O_CREAT) as lock:
                self._lock(lock)
                before = read()
                after, answer = change(before)
                if after != before:
                    self._write(text_of_keys(after))
                return answer

    def _lock(self, file: int) -> None:
        lock_file(file, patience=self._patience, problem="another process changes it")

    def _write(self, text: bytes) -> None:
        if len(text) > MAX_BYTES:
            raise OSError(errno.EFBIG, f"it would be larger than {MAX_BYTES} bytes")
        # Always the same name: what a crash leaves behind is replaced by the next change.
        new = self._path.with_name(f".{self._path.name}.new")
        with suppress(FileNotFoundError):
            new.unlink()
        try:
            with opened_file(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL) as file:
                write_whole(file, text)
            new.replace(self._path)
        except OSError:
            with suppress(OSError):
                new.unlink()
            raise
        sync_folder(self._path.parent)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise InvalidConfig(source_of(self._path), problem_of(self._path, error)) from error


# --- what is asked for ---------------------------------------------------------------------------


def _checked(argument: str, name: str) -> str:
    problem = check_name(name)
    if problem is not None:
        raise UsageError(argument, problem)
    return name


def _permissions(names: Iterable[str]) -> frozenset[Permission]:
    known = ", ".join(Permission)
    try:
        found = frozenset(map(Permission, names))
    except ValueError:
        raise UsageError("permission", f"it is none of {known}") from None
    if not found:
        raise UsageError("permission", f"a key needs at least one of {known}")
    return found


def _engines(names: Iterable[str]) -> frozenset[str]:
    found = frozenset(_checked("engine", one) for one in names)
    if not found:
        raise UsageError("engine", "a key that is bound to no engine is of no use")
    return found


def _end(made_at: datetime, expires_in: timedelta) -> datetime:
    if expires_in <= timedelta(0):
        raise UsageError("expiry", "it is not after now")
    try:
        return made_at + expires_in
    except OverflowError:
        raise UsageError("expiry", "it is too far away") from None


def _problem_of_id(given: str) -> str:
    if id_of(given) is not None:
        return "it is a whole key, which is now in the history of your shell; give its middle part"
    return "it is not 12 hexadecimal digits, as keys list tells them"


# --- changes -------------------------------------------------------------------------------------


def _with_new(keys: _Keys, info: KeyInfo) -> tuple[_Keys, NewKey]:
    taken = {one.info.id for one in keys}
    key_id = next(one for one in _ids() if one not in taken)
    info = attrs.evolve(info, id=key_id)
    key = f"wfa_{key_id}_{secrets.token_hex(_SECRET_BYTES)}"
    return (*keys, StoredKey(info, digest_of(key))), NewKey(info, key)


def _ids() -> Iterator[str]:
    while True:
        yield secrets.token_hex(_ID_BYTES)


def _with_revoked(keys: _Keys, *, key_id: str, at: datetime, source: str) -> tuple[_Keys, KeyInfo]:
    found = next((one.info for one in keys if one.info.id == key_id), None)
    if found is None:
        raise KeyNotFound(f"{key_id} in {source}")
    if found.revoked_at is not None:
        return keys, found
    revoked = attrs.evolve(found, revoked_at=at)
    after = (StoredKey(revoked, None) if one.info is found else one for one in keys)
    return tuple(after), revoked
